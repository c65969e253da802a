"""Read snapshots: from the projections as they stand, or from the logs' bytes at any size."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from ledger.database import Connection
from ledger.errors import TamperedLogError
from ledger.events import LogName
from ledger.head import Head
from ledger.history import History, events_of, frontier_root, history_of
from ledger.partial import SPAN, Span, facts_of
from ledger.projection import USAGE_DAY, Rows
from ledger.query import read_usage_days, read_usage_months
from ledger.read import CHECK_THE_LOG, decisive, read_data, read_heads, usage_logs_of
from ledger.rebuild import merge_into
from ledger.text import Text
from reports.snapshot import Fold, Sizes, Snapshot
from vouchers.book import Account, Book
from vouchers.case_series import is_monthly
from vouchers.rating import DayUsage


def read_snapshot(connection: Connection) -> Snapshot:
    """Return the ledger as it stands, daily usage taken from its projection."""
    heads = decisive(read_heads(connection))
    fold = read_fold(connection, heads["book"])
    usage: dict[str, list[DayUsage]] = {}
    for key, quantity in read_usage_days(connection):
        usage.setdefault(key[0], []).append((key, quantity))
    return fold.snapshot(usage, tuple(heads.values()))


def read_book(connection: Connection, head: Head) -> Book:
    """Return the book as it stands at its head."""
    return read_fold(connection, head).book


def read_fold(connection: Connection, head: Head) -> Fold:
    """Return the book as snapshots see it, as it stands at its head."""
    fold = Fold()
    for event, data in read_data(connection, "book", 0, head.size):
        fold.take(data, event.subject)
    return fold


def read_enterprises(
    connection: Connection, book: Book
) -> Iterator[tuple[Account, list[DayUsage]]]:
    """Yield each enterprise's account with its usage, one enterprise at a time, for `cases_on`.

    Usage comes in sums of months where that says the same. Enterprises with usage come first, by
    credit code; the others follow in the book's order.
    """
    seen = set()
    for enterprise, rows in groupby(read_usage_months(connection), lambda row: row[0][0]):
        account, months = book.account(enterprise), list(rows)
        seen.add(enterprise)
        is_exact = is_monthly(book, account, months)
        yield account, months if is_exact else list(read_usage_days(connection, enterprise))
    for enterprise, account in book.accounts.items():
        if enterprise not in seen:
            yield account, []


def replay_snapshots(source: Connection | History, sizes: Iterable[Sizes]) -> Iterator[Snapshot]:
    """Yield the ledger at each of the sizes, folded from the logs' bytes alone.

    While the sizes grow, each log is read once; where one shrinks, all is read again. One book
    grows under all snapshots: use each before asking for the next. Raises `TamperedLogError`
    (`rolled_back`) for a size that a log does not have.
    """
    history = history_of(source)
    heads = decisive(history.heads())
    fold, rows, at = Fold(), Rows(), dict.fromkeys(heads, 0)
    for stated in sizes:
        wanted = _complete(heads, stated)
        _require_sizes(heads, wanted)
        if any(wanted[log] < size for log, size in at.items()):
            fold, rows, at = Fold(), Rows(), dict.fromkeys(heads, 0)
        for event in events_of(history, "book", at["book"], wanted["book"]):
            fold.take(event.data, event.subject)
        for log in usage_logs_of(heads):
            for start in range(at[log], wanted[log], SPAN):
                _add_usage(rows, history, Span(log, start, min(start + SPAN, wanted[log])))
        at = dict(wanted)
        seen = {name: heads[name] for name in heads if name in stated}
        yield fold.snapshot(_group(rows), _heads_at(history, seen, wanted))


def read_near(connection: Connection, sizes: Sizes, enterprise: str) -> Snapshot:
    """Return the book and the tree heads at earlier sizes beside one enterprise's usage of today.

    It costs no reading of usage logs. What is made of it counts only where it is held against a
    digest of what was made then.
    """
    history = history_of(connection)
    heads = decisive(history.heads())
    _require_sizes(heads, _complete(heads, sizes))
    fold = Fold()
    for event in events_of(history, "book", 0, sizes["book"]):
        fold.take(event.data, event.subject)
    usage = {enterprise: list(read_usage_days(connection, enterprise))}
    seen = {name: heads[name] for name in heads if name in sizes}
    return fold.snapshot(usage, _heads_at(history, seen, sizes))


def _add_usage(rows: Rows, history: History, span: Span) -> None:
    """Merge the daily usage of a run of entries into rows."""
    entries = [entry for _, run in history.runs(*span) for entry in run]
    derived = USAGE_DAY.derive(facts_of(span.log, span.start, entries))
    merge_into({USAGE_DAY.name: rows}, [USAGE_DAY], {USAGE_DAY.name: derived})


def _complete(heads: dict[LogName, Head], stated: Sizes) -> Sizes:
    """Return sizes with the usage logs that were added after they were stated, then empty."""
    later = [log for log in usage_logs_of(heads) if log != "usage"]
    return {**dict.fromkeys(later, 0), **stated}


def _require_sizes(heads: dict[LogName, Head], wanted: Sizes) -> None:
    """Raise unless every log has reached the size that is referred to."""
    for name, head in heads.items():
        size = wanted.get(name, -1)
        if not 0 <= size <= head.size:
            raise TamperedLogError(
                "rolled_back",
                Text(
                    f"日志 {name} 有 {head.size} 条，却引用了第 {size} 条时的状态",
                    f"{name} has {head.size} entries, but its state at {size} is referred to",
                ),
                CHECK_THE_LOG,
            )


def _group(rows: Rows) -> dict[str, list[DayUsage]]:
    """Return folded rows by enterprise, in order."""
    usage: dict[str, list[DayUsage]] = {}
    for (enterprise, contract, resource, day), (quantity,) in sorted(rows.items()):
        usage.setdefault(enterprise, []).append(((enterprise, contract, resource, day), quantity))
    return usage


def _heads_at(history: History, heads: dict[LogName, Head], sizes: Sizes) -> tuple[Head, ...]:
    """Return the tree heads that the logs had at earlier sizes, computed from the tiles."""
    return tuple(
        Head(name, head.origin, sizes[name], frontier_root(history, name, sizes[name]))
        for name, head in heads.items()
    )
