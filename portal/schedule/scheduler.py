"""One look at what is due: add it, claim it, run it, until nothing is left or it is told to stop.

The database decides who does what: two schedulers, or one that was ended and started again, add and
claim the same runs (`ledger.runs`), and each is somebody's alone. Time is handed in.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ledger import runs
from ledger.database import Connection, OperationalError
from ledger.erasable import lock_book
from ledger.events import ClaimData, Data, FundData
from ledger.head import Head
from ledger.period import months_between
from ledger.query import read_users
from ledger.read import read_heads
from ledger.runs import FIRST_REVISION, Key
from portal.schedule.jobs import JOBS, Entry
from portal.schedule.work import Leases, StoppedError, Told, Work, as_error
from portal.shell import Shell
from reports.due import Due, Holdings, Timetable, due
from reports.reading import read_fold
from vouchers.book import Book
from vouchers.claims.calendar import WorkingDays


@dataclass(slots=True)
class Scheduler:
    """Who looks, by which clock, and what it may do."""

    shell: Shell
    clock: Callable[[], int]
    holder: str
    stopped: Callable[[], bool] = lambda: False
    entries: Sequence[Entry] = JOBS
    _read: tuple[int, Holdings] | None = None

    @property
    def timetable(self) -> Timetable:
        """Return when the centre settles a month."""
        settings = self.shell.settings
        return Timetable(
            settings.settlement_working_day, settings.settlement_hour, settings.settlement_since
        )

    def look(self, tell: Callable[[Told], None] = lambda _: None) -> list[Told]:
        """Return what came of each run that was due, each told as soon as its group is done."""
        self.add_due()
        told: list[Told] = []
        while not self.stopped() and (work := self._claim()) is not None:
            self._run(work)
            for one in work.told:
                tell(one)
            told += work.told
        return told

    def add_due(self) -> None:
        """Add the runs that are due and were not there."""
        now_ms = self.clock()
        found = due(now_ms, self.holdings(), self.timetable, [one.job for one in self.entries])
        with self.shell.writing() as engine, engine.begin() as connection:
            lock_book(connection)
            runs.add_due(connection, [(_key(one), one.at_ms) for one in found])

    def holdings(self) -> Holdings:
        """Return what the ledger holds; the book is read again once it has grown."""
        with self.shell.reading() as connection:
            head = read_heads(connection)["book"]
            if self._read is None or self._read[0] != head.size:
                self._read = head.size, _read_book(connection, head)
            return self._read[1]._replace(used=_used(connection))

    def _claim(self) -> Work | None:
        """Return runs of one kind and period that are ours now, None where nothing is to be had."""
        leases = Leases(self.shell, self.clock, self.stopped, self.holder)
        order = {one.job.kind: number for number, one in enumerate(self.entries)}
        with self.shell.writing() as engine, engine.begin() as connection:
            lock_book(connection)
            found = runs.list_claimable(connection, self.clock(), leases.horizon_ms)
            known = [one for one in found if one.kind in order]
            for group in sorted(known, key=lambda one: (one.due_at_ms, order[one.kind], one)):
                if work := leases.take(connection, group):
                    return work
        return None

    def _run(self, work: Work) -> None:
        """Run what is held; nothing that it raises ends the scheduler but a database that is away.

        Of that nothing can be written down: the runs are held until their lease is over.
        """
        (entry,) = (one for one in self.entries if one.job.kind == work.group.kind)
        try:
            entry.run(work)
        except StoppedError:
            work.give_back()
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 - it is told with the run, and the next one runs
            work.set_back([run.key for run in work.runs], as_error(error))


def _key(one: Due) -> Key:
    """Return the name of the first run of what is due."""
    return Key(one.kind, one.period, one.subject, FIRST_REVISION)


def read_holdings(connection: Connection) -> Holdings:
    """Return what the ledger holds; the whole book is read."""
    holdings = _read_book(connection, read_heads(connection)["book"])
    return holdings._replace(used=_used(connection))


def _read_book(connection: Connection, head: Head) -> Holdings:
    """Return what the book holds, but for who used something."""
    fold = read_fold(connection, head)
    bought, budgeted = _bought(fold.book), _budgeted(fold.budget)
    return Holdings({}, bought, _billed(fold.book), budgeted, WorkingDays(fold.book.calendars))


def _used(connection: Connection) -> dict[str, set[str]]:
    """Return who used something, by month."""
    found: dict[str, set[str]] = {}
    for month, enterprise in read_users(connection):
        found.setdefault(month, set()).add(enterprise)
    return found


def _bought(book: Book) -> dict[str, set[str]]:
    """Return who was invoiced, paid, or took either back, by month."""
    found: dict[str, set[str]] = {}
    for code, account in book.accounts.items():
        days = [
            *(one.issued_on for one in account.invoices.values()),
            *(one.paid_on for one in account.payments.values()),
            *(one.issued_on for one in account.red_invoices.values()),
            *(one.reversed_on for one in account.payments_back.values()),
        ]
        for day in days:
            found.setdefault(day[: len("2022-07")], set()).add(code)
    return found


def _billed(book: Book) -> set[str]:
    """Return the months whose service was billed, or paid for without an invoice that is known."""
    found: set[str] = set()
    for account in book.accounts.values():
        for one in account.invoices.values():
            found.update(months_between(one.service_from[:7], one.service_to[:7]))
        found.update(
            one.paid_on[:7]
            for one in account.payments.values()
            if one.invoice not in account.invoices
        )
    return found


def _budgeted(budget: Iterable[tuple[Data, str]]) -> dict[str, set[str]]:
    """Return whose budget moved, by month; a month in which claims alone did has no fund."""
    found: dict[str, set[str]] = {}
    for data, _ in budget:
        assert isinstance(data, ClaimData | FundData), data
        funds = found.setdefault(data.effective_on[: len("2022-07")], set())
        if isinstance(data, FundData):
            funds.add(data.fund)
    return found
