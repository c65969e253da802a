"""A steady pace: how many records are due at an instant that is handed in. Whole nanoseconds."""

from typing import Final

SECOND_NS: Final = 1_000_000_000

# Fifty slices a second: nobody sees the steps, and sleeping costs nothing beside sending.
SLICE_NS: Final = SECOND_NS // 50

# Without a rate so many go at a time, so that a signal or an error is noticed soon.
FREE: Final = 1000


class Pace:
    """So many records a second; without a rate as many as can be sent.

    What a slice fell behind is made good at no more than twice the rate, and what is more than a
    second behind is given up: a sender that was held up does not flood the topic afterwards.
    """

    def __init__(self, rate: int, now_ns: int) -> None:
        """Begin at an instant; a rate of 0 is none."""
        self._rate = rate
        self._since_ns = self._slice_ns = now_ns
        self._taken = 0

    def take(self, now_ns: int) -> int:
        """Return how many records to send in the slice that begins now."""
        self._slice_ns = now_ns
        if self._rate == 0:
            return FREE
        due = (now_ns - self._since_ns) * self._rate // SECOND_NS - self._taken
        if due > self._rate:
            self._since_ns += (due - self._rate) * SECOND_NS // self._rate
            due = self._rate
        count = min(due, max(1, 2 * self._rate * SLICE_NS // SECOND_NS))
        self._taken += count
        return count

    def rest_ns(self, now_ns: int) -> int:
        """Return how long to rest until the next slice begins."""
        return max(0, self._slice_ns + SLICE_NS - now_ns) if self._rate else 0
