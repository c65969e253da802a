"""Rebuild every projection, and the root, from the bytes of the logs alone.

What the tiles promise is proved first: they must lead to the head's root. Then each span of entries
is hashed and folded, wherever, and must give the tree that was promised; where it does not, the
tile is named. At the end the joined tree gives the root once more, from the entries alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from ledger import compact, merkle
from ledger.compact import Compact, Node
from ledger.errors import LedgerError
from ledger.events import LogName
from ledger.finding import FINDINGS_MAX, Finding
from ledger.head import Head
from ledger.history import History, root_of
from ledger.partial import SPAN, Partial, Span, cut
from ledger.projection import Projection, Rows
from ledger.resume import Kept
from ledger.spans import Runner
from ledger.text import Text

Progress = Callable[[int], None]


@dataclass(slots=True)
class Rebuilt:
    """What the logs give at some sizes: rows, roots, what disagrees, and how much was not redone.

    `resumed` counts the spans whose rows an earlier, interrupted run had kept.
    """

    rows: dict[str, Rows]
    heads: dict[LogName, Head] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    resumed: int = 0


def merge_into(
    rows: dict[str, Rows], projections: Sequence[Projection], more: dict[str, Rows]
) -> None:
    """Merge the rows of a run of events into those of others."""
    for projection in projections:
        into = rows[projection.name]
        for key, values in more[projection.name].items():
            old = into.get(key)
            into[key] = values if old is None else projection.merge(old, values)


def rebuild(  # noqa: PLR0913 - what, of what, how; the last two are options
    history: History,
    projections: Sequence[Projection],
    sizes: dict[LogName, int],
    run: Runner,
    *,
    kept: Kept | None = None,
    progress: Progress = lambda _: None,
    width: int = SPAN,
) -> Rebuilt:
    """Return what the logs of a history give at sizes that they have.

    Raises `TamperedLogError` where an entry is missing, cannot be read or is no event.
    """
    result = Rebuilt({projection.name: Rows() for projection in projections})
    heads = history.heads()
    spans = {log: list(cut(log, size, width)) for log, size in sizes.items()}
    promised: dict[Span, Compact] = {}
    for log, size in sizes.items():
        promised |= _promises(history, log, size, spans[log])
    trees: dict[Span, Compact] = {}
    for partial in _partials(
        heads,
        [span for log in sizes for span in spans[log]],
        run,
        promised=promised,
        kept=kept,
        result=result,
    ):
        span = partial.span
        trees[span] = partial.tree
        merge_into(result.rows, projections, partial.rows)
        if partial.tree != promised.get(span, partial.tree):
            result.findings += _name_tiles(history, span)
        progress(span.end - span.start)
    for log, size in sizes.items():
        joined: Compact = ()
        for span in spans[log]:
            joined = compact.join(joined, trees[span])
        root = compact.root(joined)
        result.heads[log] = Head(log, heads[log].origin, size, root)
        result.findings += _check_root(history, log, size, root)
    del result.findings[FINDINGS_MAX:]
    if kept is not None:
        kept.clear()
    return result


def _promises(
    history: History, log: LogName, size: int, spans: Sequence[Span]
) -> dict[Span, Compact]:
    """Return the tree of each span as tiles tell it that lead to the head; none if they do not."""
    root = root_of(history, log, size)
    if root is None:
        return {}
    places = [compact.positions(span.start, span.end) for span in spans]
    try:
        hashes = iter(history.tiles(log)([place for part in places for place in part]))
    except LedgerError:
        return {}
    trees = [tuple(Node(*place, next(hashes)) for place in part) for part in places]
    # The hashes of the spans are under the root that was proved: join them and see.
    joined: Compact = ()
    for tree in trees:
        joined = compact.join(joined, tree)
    return dict(zip(spans, trees, strict=True)) if compact.root(joined) == root else {}


def _partials(  # noqa: PLR0913 - one loop taken out of `rebuild`
    heads: dict[LogName, Head],
    spans: Sequence[Span],
    run: Runner,
    *,
    promised: dict[Span, Compact],
    kept: Kept | None,
    result: Rebuilt,
) -> Iterator[Partial]:
    """Yield the partial result of every span: what was kept of it, or else done again and kept."""
    waiting = []
    for span in spans:
        origin, tree = heads[span.log].origin, promised.get(span)
        found = kept.load(origin, span, tree) if kept and tree else None
        if found is None:
            waiting.append(span)
        else:
            result.resumed += 1
            yield found
    for partial in run(waiting):
        if kept and promised.get(partial.span) == partial.tree:
            kept.save(heads[partial.span.log].origin, partial)
        yield partial


def _name_tiles(history: History, span: Span) -> Iterator[Finding]:
    """Yield the tiles of a span whose entries are not those under the root."""
    read = history.tiles(span.log)
    for first, entries in _by_tile(history, span):
        end = first + len(entries)
        places = compact.positions(first, end)
        tree = compact.compact(first, merkle.leaf_hashes(entries))
        if [node.hash for node in tree] != list(read(places)):
            name = history.name_tile(span.log, first // merkle.TILE_WIDTH)
            what = Text(
                f"{name}：第 {first} 至 {end - 1} 条与根不符",
                f"{name}: entries {first} to {end - 1} are not those under the root",
            )
            yield Finding(span.log, first, "chunk", "body", what)


def _by_tile(history: History, span: Span) -> Iterator[tuple[int, list[bytes]]]:
    """Yield the entries of each tile of a span."""
    for first in range(span.start, span.end, merkle.TILE_WIDTH):
        end = min(first + merkle.TILE_WIDTH, span.end)
        yield first, [entry for _, run in history.runs(span.log, first, end) for entry in run]


def _check_root(history: History, log: LogName, size: int, root: bytes) -> Iterator[Finding]:
    """Yield that the entries give another root than the head, or that no tile can tell."""
    head = history.heads()[log]
    expected = head.root if size == head.size else root_of(history, log, size)
    if expected is None:
        what = Text(
            f"哈希块推不出大小 {head.size} 时的根，无法核对大小 {size} 时的根",
            f"the tiles do not lead to the root at {head.size}, so the one at {size} is unproved",
        )
        yield Finding(log, None, "tile", "hashes", what)
    elif expected != root:
        what = Text(
            f"大小 {size}：条目得根 {root.hex()}，应为 {expected.hex()}",
            f"size {size}: the entries give root {root.hex()}, not {expected.hex()}",
        )
        yield Finding(log, None, "log", "root", what)
