"""A small centre with two enterprises, a fund and a schedule, under a clock that is set."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from ledger import runs
from ledger.codec import encode
from ledger.config import Settings
from ledger.events import FundAppropriated
from ledger.finding import Finding
from ledger.period import parse_instant
from ledger.runs import Run
from portal.schedule.scheduler import Scheduler
from portal.schedule.work import Told
from portal.shell import Shell
from reports.issue import Issued, Press, list_issued
from reports.reading import read_snapshot
from tests.portal.office import OTHER
from tests.small_ledger import CODE, SALT, SmallLedger, events

BOOK: Final = """
    resource      a100 accelerator card 2021-12-01 0.32
    enterprise    420100 华智科技
    fact          sales_fen 2021 15000000000
    declaration   2022
    qualification high_tech_enterprise 2021-11-15
    contract      C-1 2022-03-01 2022-12-31 0.06 a100=12.50/card_hour
    invoice       1 C-1 2022-08-05 300000 16981.13 2022-07-01 2022-07-31
    usage         a100 50 2022-07-01T00:00 2022-07-21T00:00
    payment       1 2022-08-10 300000
    usage         a100 50 2022-08-01T00:00 2022-08-21T00:00
"""
ANOTHER: Final = """
    enterprise    420100 云栖智能
    contract      C-9 2022-03-01 2022-12-31 0.06 a100=10/card_hour
    usage         a100 1 2022-07-01T00:00 2022-07-02T00:00
"""
FUND: Final = FundAppropriated(
    fund="hubei",
    year=2022,
    amount_fen=100_000_000,
    effective_on="2022-07-05",
    document="鄂财〔2022〕1号",
)

# July is settled at the end of August, for no calendar is adopted here; August a month later.
JULY: Final = parse_instant("2022-09-01T00:00:00+08:00")
AUGUST: Final = parse_instant("2022-10-01T00:00:00+08:00")

JULY_NUMBERS: Final = [f"SQ-C-2022-07-{OTHER}-1", f"SQ-C-2022-07-{CODE}-1", "SQ-F-2022-07-hubei-1"]
AUGUST_NUMBERS: Final = [
    f"SQ-C-2022-08-{CODE}-1",
    "SQ-F-2022-08-hubei-1",
    f"SQ-S-2022-08-{CODE}-1",
]


class Centre:
    """A ledger, its home, and schedulers that look at an instant that a test sets."""

    def __init__(self, url: str, home: Path, **settings: Any) -> None:  # noqa: ANN401 - by field
        self.ledger = SmallLedger(url)
        self.settings = Settings.of_home(home, url)
        for name, value in settings.items():
            object.__setattr__(self.settings, name, value)
        self.shell = Shell(self.settings, "en", as_json=True)
        self.now = JULY
        budget = encode("urn:test", "budget", "", FUND, SALT)
        self.ledger.append(*events(BOOK), *events(ANOTHER, OTHER), budget)

    def scheduler(
        self, name: str = "one", stopped: Callable[[], bool] = lambda: False
    ) -> Scheduler:
        """Return a scheduler of a name."""
        return Scheduler(self.shell, lambda: self.now, name, stopped)

    def look(self, now: int | None = None) -> dict[tuple[str, str, str], Told]:
        """Return what came of each run that was due at an instant, by its name."""
        self.now = self.now if now is None else now
        return {one.key[:3]: one for one in self.scheduler().look()}

    def runs(self, kind: str | None = None) -> list[Run]:
        """Return the runs."""
        with self.shell.reading() as connection:
            return runs.read_runs(connection, kind)

    def issued(self) -> list[Issued]:
        """Return every statement of the log."""
        with self.shell.reading() as connection:
            return list_issued(read_snapshot(connection))

    def numbers(self) -> list[str]:
        """Return the number of every statement of the log, in order; one that came twice, twice."""
        return sorted(one.data.statement for one in self.issued())

    def files(self, folder: str = "statements") -> dict[str, bytes]:
        """Return the bytes of every file among the statements, by name."""
        paths = (self.settings.home / folder).rglob("*")
        return {one.name: one.read_bytes() for one in paths if one.is_file()}

    def replay(self) -> list[Finding]:
        """Return what a replay of all statements finds."""
        press: Press = self.shell.press()
        with self.shell.auditing() as connection:
            return list(press.replay(connection, self.issued()))

    def size(self) -> int:
        """Return how many entries the book has."""
        with self.shell.reading() as connection:
            return read_snapshot(connection).sizes["book"]

    def close(self) -> None:
        self.ledger.close()
