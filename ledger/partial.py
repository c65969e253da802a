"""What one span of a log gives to a replay: its part of the tree, and its part of each projection.

One pure function from the entries of a span to its partial result, whoever runs it and wherever.
Parts of the tree join in the log's order; parts of the rows merge in any order.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ledger import merkle
from ledger.codec import parse
from ledger.compact import Compact, compact
from ledger.errors import InvalidInputError, TamperedLogError
from ledger.events import LogName
from ledger.facts import Facts
from ledger.skim import skim
from ledger.text import Text

# A complete subtree: some megabytes of entries, and a fraction of a second's work.
SPAN: Final = 64 * merkle.TILE_WIDTH

CHECK_THE_LOG: Final = Text(
    "请运行 suanquan log check，并与上次签名的检查点和备份核对",
    "run suanquan log check and compare with the last signed checkpoint and a backup",
)

Rows = dict[tuple[Any, ...], tuple[int, ...]]
Derive = Callable[[Facts], Rows]


class Span(NamedTuple):
    """The entries `[start, end)` of a log, of which the first opens a tile."""

    log: LogName
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Partial:
    """A span's compact range, and the rows that each projection gives for it alone."""

    span: Span
    tree: Compact
    rows: dict[str, Rows]


def cut(log: LogName, size: int, width: int = SPAN) -> Iterator[Span]:
    """Yield the spans of a log at a size, all whole but the last; a width is of whole tiles."""
    assert width % merkle.TILE_WIDTH == 0, width
    for start in range(0, size, width):
        yield Span(log, start, min(start + width, size))


def partial_of(
    derives: Mapping[str, Derive],
    span: Span,
    entries: Sequence[bytes],
    name_tile: Callable[[int], str] | None = None,
) -> Partial:
    """Return the partial result of a span's entries.

    Raises `TamperedLogError` (`bad_entry`) for the first entry that is no event, with the name of
    its tile where tiles have one.
    """
    assert len(entries) == span.end - span.start, (span, len(entries))
    tree = compact(span.start, merkle.leaf_hashes(entries))
    facts = facts_of(span.log, span.start, entries, name_tile)
    return Partial(span, tree, {name: derive(facts) for name, derive in derives.items()})


def facts_of(
    log: LogName,
    start: int,
    entries: Sequence[bytes],
    name_tile: Callable[[int], str] | None = None,
) -> Facts:
    """Return what the entries of a log from an index on say.

    Raises `TamperedLogError` (`bad_entry`) for the first entry that is no event.
    """
    try:
        return skim(entries, start, log)
    except InvalidInputError:
        for index, entry in enumerate(entries, start):
            try:
                parse(entry)
            except InvalidInputError as error:
                where = name_tile(index // merkle.TILE_WIDTH) if name_tile else ""
                raise bad_entry(log, index, error, where) from error
        raise


def bad_entry(
    log: LogName, index: int, error: InvalidInputError, where: str = ""
) -> TamperedLogError:
    """Return the error for an entry that is no event."""
    place = f" {where}" if where else ""
    return TamperedLogError(
        "bad_entry",
        Text(
            f"{log} 第 {index} 条不是事件{place}：{error}",
            f"{log}[{index}] is no event{place}: {error}",
        ),
        CHECK_THE_LOG,
    )
