"""Numbers that are missing: a source that numbers its events shows what never arrived.

CloudEvents' extension `sequence`. A log cannot prove what it was never told; a hole between two
numbers of one source is the trace that it leaves. Before the first number that arrived, and after
the last one, nothing is known to be missing.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple

# CloudEvents' extension `sequence`, where it is a number; 18 digits stay within 64 bits.
_SEQUENCE_DIGITS_MAX: Final = 18

Block = tuple[str, int, int]
"""A source, a block's number, and a bit for each number of the block that arrived."""


def read_sequence(said: str | int | None) -> int | None:
    """Return the number of an event among its source's, None where it is none that we can count."""
    if said is None:
        return None
    text = str(said)
    countable = text.isascii() and text.isdecimal() and len(text) <= _SEQUENCE_DIGITS_MAX
    return int(text) if countable else None


class Gap(NamedTuple):
    """Numbers of a source that are missing, from the first through the last."""

    source: str
    first: int
    last: int

    @property
    def missing(self) -> int:
        """Return how many numbers are missing."""
        return self.last - self.first + 1


def find_gaps(blocks: Iterable[Block], width: int) -> Iterator[Gap]:
    """Yield the gaps of each source in order; the blocks come by source and number.

    `width` is how many numbers a block holds.
    """
    for source, group in groupby(blocks, key=itemgetter(0)):
        expected: int | None = None
        for first, last in _runs(group, width):
            if expected is not None and first > expected:
                yield Gap(source, expected, first - 1)
            expected = last + 1


def _runs(blocks: Iterable[Block], width: int) -> Iterator[tuple[int, int]]:
    """Yield the runs of numbers that arrived; a run that passes a block's edge comes in parts."""
    for _, block, arrived in blocks:
        at, bits = block * width, arrived
        while bits:
            zeros = (bits & -bits).bit_length() - 1
            at, bits = at + zeros, bits >> zeros
            ones = (~bits & bits + 1).bit_length() - 1
            yield at, at + ones - 1
            at, bits = at + ones, bits >> ones
