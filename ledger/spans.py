"""Run spans: one after the other here, or by processes of this machine, of which any may die.

What is done for a span is the same everywhere: open the place, read the entries, and call the one
pure function. A span that was lost with its process is done again.
"""

import signal
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Final

from ledger.errors import LedgerError
from ledger.history import History, Place
from ledger.partial import Derive, Partial, Span, partial_of
from ledger.text import Text

# A span whose processes die this often is not unlucky: it is too large for the machine.
DEATHS_MAX: Final = 5


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
    return lambda spans: _run(job, processes, spans)


def _run(job: Job, processes: int, spans: Sequence[Span]) -> Iterator[Partial]:
    """Yield each span's result as it comes."""
    waiting, deaths = deque(spans), Counter[Span]()
    crew: dict[Connection, tuple[SpawnProcess, Span]] = {}
    try:
        while waiting or crew:
            while waiting and len(crew) < processes:
                pipe, process = _hire(job)
                _give(crew, pipe, process, waiting.popleft())
            for ready in wait(list(crew)):
                assert isinstance(ready, Connection), ready
                process, span = crew.pop(ready)
                try:
                    answer = ready.recv()
                except (EOFError, OSError):
                    process.join()
                    ready.close()
                    deaths[span] += 1
                    _require_life(span, deaths[span], process.exitcode)
                    waiting.appendleft(span)
                    continue
                if isinstance(answer, Exception):
                    _dismiss(ready, process)
                    raise answer
                if waiting:
                    _give(crew, ready, process, waiting.popleft())
                else:
                    _dismiss(ready, process)
                yield answer
    finally:
        for pipe, (process, _) in crew.items():
            process.kill()
            _dismiss(pipe, process)


def _hire(job: Job) -> tuple[Connection, SpawnProcess]:
    """Return a new process and the pipe to it."""
    # Spawned, not forked: a fork would share this process's database connections and threads.
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(job, theirs), daemon=True)
    # Ctrl-C reaches the whole group, and whoever hired decides: a mask is inherited from the start.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    theirs.close()
    return ours, process


def _give(
    crew: dict[Connection, tuple[SpawnProcess, Span]],
    pipe: Connection,
    process: SpawnProcess,
    span: Span,
) -> None:
    """Hand a span to a process; if it is dead already, its pipe's end will say so."""
    crew[pipe] = process, span
    with suppress(OSError):
        pipe.send(span)


def _dismiss(pipe: Connection, process: SpawnProcess) -> None:
    """End a process that has nothing in hand, or that was killed."""
    pipe.close()
    process.join()


def _serve(job: Job, pipe: Connection) -> None:
    """Do spans until nobody gives any more: the pipe ends with the process that hired this one."""
    with suppress(EOFError, OSError):
        while True:
            span = pipe.recv()
            try:
                answer: Partial | Exception = job.work(span)
            except Exception as error:  # noqa: BLE001 - raised again where the result is awaited
                answer = error
            pipe.send(answer)


def _require_life(span: Span, deaths: int, status: int | None) -> None:
    """Raise when a span has cost too many processes their lives."""
    if deaths >= DEATHS_MAX:
        name = f"{span.log} [{span.start}, {span.end})"
        raise LedgerError(
            "processes_die",
            Text(
                f"处理 {name} 的进程 {deaths} 次中途退出（状态 {status}）",
                f"the process for {name} died {deaths} times (status {status})",
            ),
            Text(
                "请检查内存；可减少 --processes",
                "see whether memory runs out; use fewer --processes",
            ),
        )
