"""Many statements printed at once, here or by processes of this machine, and kept once recorded.

Files stand aside, in a directory of the same home, until the events are recorded: then a number is
its own. So nobody holds more than what the events say, however many statements there are, and
whoever ends in between leaves no file that the ledger does not know.
"""

import fcntl
import os
import shutil
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Generic, NamedTuple, TypeVar

from ledger.crew import by_crew
from ledger.errors import InvalidInputError
from ledger.secret import sync_directory
from reports.formats import Format
from reports.issue import Composed, Issued, Press, path_in
from reports.snapshot import Snapshot
from reports.statement import Kind

_LOCK: Final = ".lock"

# A process takes a second to start and to read the fonts, in which some sixty are printed.
_WORTH_A_PROCESS: Final = 90

Wanted = tuple[Kind, str, str]
"""A kind of statement, its period, and what it is about."""

Key = TypeVar("Key")


class Made(NamedTuple, Generic[Key]):
    """What came of a statement that was asked for: it is new, or stands, or cannot be made."""

    key: Key
    outcome: Issued | Exception
    is_new: bool


@dataclass(frozen=True, slots=True)
class PrintRoom:
    """A press whose files stand aside, and the home and the formats that they are for."""

    press: Press
    home: Path
    others: tuple[Format, ...]

    def make(
        self, snapshot: Snapshot, wanted: Iterable[tuple[Key, Wanted]], processes: int
    ) -> Generator[Made[Key], None, None]:
        """Yield what came of each statement as it comes, which with processes is any order.

        One is composed when a process is free to print it. One that cannot be made stops no other.
        """
        told: list[Made[Key]] = []

        def compose() -> Iterator[tuple[Key, Composed]]:
            for key, one in wanted:
                try:
                    found = self.press.compose(snapshot, *one)
                except Exception as error:  # noqa: BLE001 - the others have none of it
                    told.append(Made(key, error, is_new=False))
                    continue
                if isinstance(found, Composed):
                    yield key, found
                else:
                    told.append(Made(key, found, is_new=False))

        pieces = compose()
        printed = (
            by_crew(self.print, processes, pieces, _name)
            if processes > 1
            else (self.print(piece) for piece in pieces)
        )
        with closing(printed):
            for one in printed:
                yield one
                yield from told
                told.clear()
        yield from told

    def print(self, piece: tuple[Key, Composed]) -> Made[Key]:
        """Return a statement that is printed and not recorded yet, or why it cannot be."""
        key, composed = piece
        try:
            draft = self.press.print(composed)
            self.press.keep(draft)
            for form in self.others:
                # What stands beside it is not issued: whoever asked for it is told by itself.
                with suppress(InvalidInputError):
                    self.press.keep_beside(draft, form)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others have none of it
            return Made(key, error, is_new=False)
        return Made(key, draft.issued, is_new=True)

    def keep(self, issued: Iterable[Issued]) -> None:
        """Bring home the files of statements whose events are recorded."""
        directories = set()
        for one in issued:
            for form in ("pdf", *self.others):
                aside, home = (path_in(place, one, form) for place in (self.press.home, self.home))
                if aside.exists():
                    home.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                    aside.replace(home)
                    directories.add(home.parent)
        for directory in sorted(directories):
            sync_directory(directory)


@contextmanager
def print_room(press: Press, others: Iterable[Format] = ()) -> Iterator[PrintRoom]:
    """Yield a room in which statements are printed; what was not brought home is gone after it.

    So is what others left who were killed: their locks are gone with them.
    """
    rooms = press.home / ".printing"
    rooms.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as held:
        with (rooms / _LOCK).open("w") as door:
            fcntl.flock(door, fcntl.LOCK_EX)
            for left in [one for one in rooms.iterdir() if one.is_dir()]:
                _remove_abandoned(left)
            aside = Path(held.enter_context(TemporaryDirectory(dir=rooms)))
            lock = held.enter_context((aside / _LOCK).open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield PrintRoom(replace(press, home=aside), press.home, tuple(others))


def _remove_abandoned(directory: Path) -> None:
    """Remove a room in which nobody is alive."""
    with (directory / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        shutil.rmtree(directory)


def count_processes(statements: int) -> int:
    """Return how many processes are worth their start, up to one for each processor."""
    return max(1, min(len(os.sched_getaffinity(0)), statements // _WORTH_A_PROCESS))


def _name(piece: tuple[object, Composed]) -> str:
    """Return what a piece is called in an error."""
    return piece[1].content.number
