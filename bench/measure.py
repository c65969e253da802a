"""Time two ways of doing one thing in turn, and keep the median of the pairs' ratios.

Machines are shared and their speed drifts; a ratio of two runs that follow each other holds where
a single time does not.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

REPEATS: Final = 3

Run = Callable[[], object]

HEAD: Final = (
    f"| {'measured':<42} | {'size':>9} | {'per second':>10} | {'against':>10} | {'ratio':>5} |"
    f" {'against what':<40} |\n"
    f"| {':---':<42} | {'---:':>9} | {'---:':>10} | {'---:':>10} | {'---:':>5} | {':---':<40} |"
)


@dataclass(frozen=True, slots=True)
class Measurement:
    """How many things a second ours does and another does, and the median ratio of the two."""

    name: str
    against: str
    size: int
    rate: float
    other_rate: float
    ratio: float

    def render(self) -> str:
        """Return it as a row of a table in Markdown."""
        return (
            f"| {self.name:<42} | {self.size:>9,} | {self.rate:>10,.0f} | {self.other_rate:>10,.0f}"
            f" | {self.ratio:>5.2f} | {self.against:<40} |"
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read off a run that has nothing to be held against."""

    name: str
    size: int
    said: str

    def render(self) -> str:
        """Return it as a row of the same table."""
        return f"| {self.name:<42} | {self.size:>9,} | {self.said:<74} |"


def compare(name: str, size: int, ours: Run, against: str, other: Run) -> Measurement:
    """Return the comparison of two runs that each handle `size` things, timed in turn."""
    pairs = [(size / _time(ours), size / _time(other)) for _ in range(REPEATS)]
    return of_rates(name, size, pairs, against)


def compare_computing(name: str, size: int, ours: Run, against: str, other: Run) -> Measurement:
    """Return the comparison of two runs that wait for nothing, by the processor time they take."""
    clock = time.process_time
    pairs = [(size / _time(ours, clock), size / _time(other, clock)) for _ in range(REPEATS)]
    return of_rates(name, size, pairs, against)


def of_rates(
    name: str, size: int, pairs: Sequence[tuple[float, float]], against: str
) -> Measurement:
    """Return the comparison of pairs of rates, ours first, each pair measured in turn."""
    return Measurement(
        name,
        against,
        size,
        statistics.median(own for own, _ in pairs),
        statistics.median(other for _, other in pairs),
        statistics.median(own / other for own, other in pairs),
    )


def _time(run: Run, clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the seconds that one run takes."""
    start = clock()
    run()
    return clock() - start
