"""What a run of events says, counted in one pass for every projection that is derived from it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from ledger import merkle
from ledger.codec import Event
from ledger.events import LogName
from ledger.period import cut_by_day

# As many numbers as fit into a positive 64-bit integer, a bit each, in a round figure.
SEQUENCE_BITS: Final = 60

# Entries of a log among which usage is found again. Whoever looks for some reads a block in some
# hundredths of a second; a small one would have nearly as many rows as the log has entries.
BLOCK_ENTRIES: Final = 64 * merkle.TILE_WIDTH

Cell = tuple[str, str, str, str, str, int]
"""Source, enterprise, contract (empty where none is named), resource, policy day, block."""


@dataclass(slots=True)
class Facts:
    """Sums over events; they do not depend on the events' order.

    `held` is, for each cell, how many slices start on its day, the micro-unit-seconds during it,
    and how many slices of an earlier day go on in it. A cell's block is that of its entries in the
    log, their index over `BLOCK_ENTRIES`.
    `spans` is each source's first start and last end in UTC milliseconds. `numbers` has a bit for
    each number that a source gave, by source and block of `SEQUENCE_BITS`. `others` are the events
    that are no usage, `indexes` the index of each of them in its log. All are of one log.
    """

    held: dict[Cell, list[int]] = field(default_factory=dict)
    spans: dict[str, list[int]] = field(default_factory=dict)
    numbers: dict[tuple[str, int], int] = field(default_factory=dict)
    others: list[Event] = field(default_factory=list)
    indexes: list[int] = field(default_factory=list)
    log: LogName = "usage"


def gather(events: Iterable[Event], into: Facts | None = None, first: int = 0) -> Facts:
    """Return what a run of events of one log says, added to the facts that are given.

    `first` is the index of the first one in its log; the others follow it there.
    """
    facts = Facts() if into is None else into
    # Local names and dictionaries of small lists: each event of the ledger passes here.
    held, spans, numbers = facts.held, facts.spans, facts.numbers
    for index, event in enumerate(events, first):
        source, piece, sequence = event.source, event.usage, event.sequence
        if sequence is not None:
            block = source, sequence // SEQUENCE_BITS
            numbers[block] = numbers.get(block, 0) | 1 << sequence % SEQUENCE_BITS
        if piece is None:
            facts.others.append(event)
            facts.indexes.append(index)
            continue
        start_ms, end_ms = piece.start_ms, piece.end_ms
        span = spans.get(source)
        if span is None:
            spans[source] = [start_ms, end_ms]
        elif start_ms < span[0] or end_ms > span[1]:
            spans[source] = [min(start_ms, span[0]), max(end_ms, span[1])]
        place = index // BLOCK_ENTRIES
        starts = 1
        for day, duration_ms in cut_by_day(start_ms, end_ms):
            cell = source, event.subject, piece.contract, piece.resource, day, place
            micro = piece.amount_milli * duration_ms
            sums = held.get(cell)
            if sums is None:
                held[cell] = [starts, micro, 1 - starts]
            else:
                sums[0] += starts
                sums[1] += micro
                sums[2] += 1 - starts
            starts = 0
    return facts
