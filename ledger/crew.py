"""A crew: processes of this machine that each have one piece of work in hand, and may die.

What they do is one function of a piece and of nothing else, so that it does not matter which of
them does it, nor when. A piece that was lost with its process is done again.
"""

import signal
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Final, Generic, NamedTuple, TypeVar

from ledger.errors import LedgerError
from ledger.text import Text

# A piece whose processes die this often is not unlucky: it is too large for the machine.
DEATHS_MAX: Final = 5

Piece = TypeVar("Piece")
Made = TypeVar("Made")


class _Hand(NamedTuple, Generic[Piece]):
    """A process, the piece that it has in hand, and how many others died of that piece."""

    process: SpawnProcess
    piece: Piece
    deaths: int


def by_crew(
    work: Callable[[Piece], Made],
    processes: int,
    pieces: Iterable[Piece],
    name: Callable[[Piece], str] = str,
) -> Generator[Made, None, None]:
    """Yield what is made of each piece as it comes, by as many processes.

    `work` and the pieces are pickled: it is a function of a module, or a method of frozen data. A
    piece is taken when a process is free for it, so that no more are held than there are processes.
    Raises what the work raises, and `LedgerError` (`processes_die`) for a piece that no process
    outlives, by its name.
    """
    waiting, lost = ((piece, 0) for piece in pieces), list[tuple[Piece, int]]()
    crew: dict[Connection, _Hand[Piece]] = {}

    def take() -> tuple[Piece, int] | None:
        return lost.pop() if lost else next(waiting, None)

    try:
        while True:
            while len(crew) < processes and (taken := take()):
                pipe, process = _hire(work)
                _give(crew, pipe, _Hand(process, *taken))
            if not crew:
                return
            for ready in wait(list(crew)):
                assert isinstance(ready, Connection), ready
                process, piece, deaths = crew[ready]
                try:
                    answer = ready.recv()
                except (EOFError, OSError):
                    del crew[ready]
                    _dismiss(ready, process)
                    _require_life(name(piece), deaths + 1, process.exitcode)
                    lost.append((piece, deaths + 1))
                    continue
                if isinstance(answer, Exception):
                    raise answer
                if taken := take():
                    _give(crew, ready, _Hand(process, *taken))
                else:
                    del crew[ready]
                    _dismiss(ready, process)
                yield answer
    finally:
        for pipe, hand in crew.items():
            hand.process.kill()
            _dismiss(pipe, hand.process)


def _hire(work: Callable[[Piece], Made]) -> tuple[Connection, SpawnProcess]:
    """Return a new process and the pipe to it."""
    # Spawned, not forked: a fork would share this process's database connections and threads.
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(work, theirs), daemon=True)
    start_apart(process)
    theirs.close()
    return ours, process


def start_apart(process: SpawnProcess) -> None:
    """Start a process that Ctrl-C does not reach.

    It is for the whole group of a terminal's processes, and the one that started others decides
    what becomes of them. A mask is inherited, so that there is no moment before it holds.
    """
    # The first process of all starts Python's tracker of resources, which unmasks signals.
    resource_tracker.ensure_running()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _give(crew: dict[Connection, _Hand[Piece]], pipe: Connection, hand: _Hand[Piece]) -> None:
    """Hand a piece to a process; if it is dead already, its pipe's end will say so."""
    crew[pipe] = hand
    with suppress(OSError):
        pipe.send(hand.piece)


def _dismiss(pipe: Connection, process: SpawnProcess) -> None:
    """End a process that has nothing in hand, or that was killed."""
    pipe.close()
    process.join()


def _serve(work: Callable[[Piece], Made], pipe: Connection) -> None:
    """Do pieces until nobody gives any more: the pipe ends with the process that hired this one."""
    with suppress(EOFError, OSError):
        while True:
            piece = pipe.recv()
            try:
                answer: Made | Exception = work(piece)
            except Exception as error:  # noqa: BLE001 - raised again where the result is awaited
                answer = error
            pipe.send(answer)


def _require_life(name: str, deaths: int, status: int | None) -> None:
    """Raise when a piece has cost too many processes their lives."""
    if deaths >= DEATHS_MAX:
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
