"""Run spans: one after the other here, or by processes of this machine, of which any may die.

What is done for a span is the same everywhere: open the place, read the entries, and call the one
pure function.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ledger.crew import by_crew
from ledger.history import History, Place
from ledger.partial import Derive, Partial, Span, partial_of


@dataclass(frozen=True, slots=True)
class Job:
    """Where entries are read, and what is derived from them: all that a process must know."""

    place: Place
    derives: Mapping[str, Derive]

    def work(self, span: Span) -> Partial:
        """Return the partial result of a span."""
        with self.place.open() as history:
            return read_partial(history, self.derives, span)


Runner = Callable[[Sequence[Span]], Iterator[Partial]]
"""Yields the partial result of each span, in any order."""


def read_partial(history: History, derives: Mapping[str, Derive], span: Span) -> Partial:
    """Return the partial result of a span of a history.

    Raises `TamperedLogError` where an entry is missing, cannot be read or is no event.
    """
    entries: list[bytes] = []
    for _, run in history.runs(span.log, span.start, span.end):
        entries += run
    return partial_of(
        derives, span, entries, lambda index: f"({history.name_tile(span.log, index)})"
    )


def here(history: History, derives: Mapping[str, Derive]) -> Runner:
    """Return the runner that reads a history one span after the other."""
    return lambda spans: (read_partial(history, derives, span) for span in spans)


def by_processes(job: Job, processes: int) -> Runner:
    """Return the runner that keeps as many processes busy; each has one span in hand.

    Raises what a span raises, and `LedgerError` (`processes_die`) for one that no process outlives.
    """
    return lambda spans: by_crew(job.work, processes, spans, _name)


def _name(span: Span) -> str:
    return f"{span.log} [{span.start}, {span.end})"
