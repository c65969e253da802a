"""Time two ways of doing one thing in turn, and keep the median of the pairs' ratios.

Machines are shared and their speed drifts; a ratio of two runs that follow each other holds where
a single time does not.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

REPEATS = 3

Run = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Measurement:
    """How many things a second ours does and the ceiling does, and the median ratio of the two."""

    name: str
    ceiling: str
    size: int
    rate: float
    ceiling_rate: float
    ratio: float


def compare(name: str, size: int, ours: Run, ceiling_name: str, ceiling: Run) -> Measurement:
    """Return the comparison of two runs that each handle `size` things, timed in turn."""
    pairs = [(_time(ours), _time(ceiling)) for _ in range(REPEATS)]
    return Measurement(
        name,
        ceiling_name,
        size,
        size / statistics.median(own for own, _ in pairs),
        size / statistics.median(other for _, other in pairs),
        statistics.median(other / own for own, other in pairs),
    )


def _time(run: Run) -> float:
    """Return the seconds that one run takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
