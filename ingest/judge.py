"""When too much of what comes is bad: a change in a producer's format, which a person must see.

It must not put a day of money into quarantine silently, be it in large batches or in a trickle of
small ones. So many records at once are judged by themselves; fewer are judged together with those
that came just before them.
"""

from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from ingest.topic import Record

# Fewer say little: one agent that starts up with a wrong clock is no change of format.
JUDGED_RECORDS: Final = 100

BAD_SHARE_MAX: Final = Fraction(1, 2)
"""The share of bad records up to which a partition goes on, unless another one is set."""


class Verdict(NamedTuple):
    """How many of how many records were bad, the newest ones of their partition."""

    bad: int
    seen: int


class Judge:
    """Knows the newest records of each partition, so far as they were let pass."""

    def __init__(self, share_max: Fraction = BAD_SHARE_MAX) -> None:
        """More than `share_max` of the records is too much; with 1 everything may pass."""
        self._share_max = share_max
        self._newest: dict[int, list[bool]] = {}

    def find_too_much(
        self, partition: int, records: Sequence[Record], bad: Collection[int]
    ) -> Verdict | None:
        """Return the verdict on a run whose records at some offsets are bad, None to let it pass.

        A run without a bad record passes. Of one that passes the newest records are remembered.
        """
        newest = _newest(self._newest.get(partition, []), records, bad)
        verdict = Verdict(len(bad), len(records))
        if len(records) < JUDGED_RECORDS:
            verdict = Verdict(sum(newest), len(newest))
        judged = bool(bad) and verdict.seen >= JUDGED_RECORDS
        if judged and verdict.bad > self._share_max * verdict.seen:
            return verdict
        self._newest[partition] = newest
        return None

    def recall(self, partition: int, newest: Sequence[bool]) -> None:
        """Take up a partition where others left it: whether each of the newest was bad."""
        self._newest[partition] = list(newest[-JUDGED_RECORDS:])


def _newest(before: list[bool], records: Sequence[Record], bad: Collection[int]) -> list[bool]:
    """Return whether each of the newest records is bad."""
    run = [record.offset in bad for record in records[-JUDGED_RECORDS:]]
    return (before + run)[-JUDGED_RECORDS:]
