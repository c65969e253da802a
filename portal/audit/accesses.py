"""Who read what: each look is kept in a file before its answer leaves, and recorded with others.

A process appends a line to a file of its own, so that looking waits for no lock and no database.
Every few seconds the files go into the log of accesses. A line is the event as it will be recorded,
with its name, so that a file that is read twice is recorded once. The file of a process that is
gone has no lock, and whoever looks next takes it in. What the machine lost with its power before
that, some seconds, is lost; what a process lost by ending is not.
"""

import errno
import fcntl
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

from ledger.codec import Event, encode, parse
from ledger.errors import InvalidInputError, RuleViolationError, TamperedLogError
from ledger.events import Access, AccessRecorded, Way
from ledger.period import render_instant
from ledger.text import Text
from portal.shell import Shell, now_ms, salt_of

SOURCE: Final = "urn:suanquan:access"
STREAM: Final = "access"

# Somebody who goes back and forth between pages, or leaves a live one open, looks once.
SAME_LOOK_MS: Final = 10 * 60_000

# Looks that are remembered to tell a second one: a day's of everybody, some 3 MB.
REMEMBERED_MAX: Final = 20_000

# One transaction's; after a day without its database a portal has some ten thousand.
BATCH_MAX: Final = 5_000

_OVERTAKEN: Final = frozenset({"stream_moved", "head_moved"})
"""Another process recorded at the same time and was faster: the file waits for the next turn."""

_SUFFIX: Final = ".ndjson"

LOG: Final = logging.getLogger("suanquan.portal")


class Look(NamedTuple):
    """What somebody was shown: `enterprise` is empty where it was of several, or of none."""

    person: str
    enterprise: str
    access: Access
    place: str
    way: Way


class Accesses:
    """The accesses of one process, and the way into the log for those of all."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._directory = shell.settings.home / "accesses"
        self._lock = Lock()
        self._file: int | None = None
        self._name, self._key = "", b""
        self._count = 0
        self._last: dict[tuple[str, str, Way], int] = {}

    def note(self, look: Look, at_ms: int) -> None:
        """Keep a look, unless it is the same as one of some minutes ago; a file counts each time.

        Raises `OSError` where it cannot be kept: then nothing may be shown.
        """
        key = (look.person, look.place, look.way)
        with self._lock:
            since = at_ms - self._last.get(key, -SAME_LOOK_MS)
            if look.access == "read" and 0 <= since < SAME_LOOK_MS:
                return
            self._write(look, at_ms)
            if len(self._last) >= REMEMBERED_MAX:
                self._last.clear()
            self._last[key] = at_ms

    def _write(self, look: Look, at_ms: int) -> None:
        """Append the line of a look."""
        file = self._file if self._file is not None else self._open()
        self._count += 1
        data = AccessRecorded(
            at=render_instant(at_ms),
            person=look.person,
            access=look.access,
            place=look.place,
            way=look.way,
        )
        event_id = f"{self._name}/{self._count}"
        salt = salt_of(self._key, SOURCE, event_id)
        line = encode(SOURCE, event_id, look.enterprise, data, salt).raw + b"\n"
        if os.write(file, line) != len(line):
            # Half a line, of a look that is refused now, must be the last one of its file.
            self._close()
            raise OSError(errno.ENOSPC, "half a line was written", self._name)

    def _open(self) -> int:
        """Return a new file, locked as long as this process has it open."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Once a file: to read it takes as long as to write a line.
        self._key = self._shell.signer.salt_key()
        # Names grow with time, as those of events should.
        self._name, self._count = f"{now_ms():011x}{secrets.token_hex(4)}", 0
        path = self._directory / f"{self._name}{_SUFFIX}"
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        self._file = file
        return file

    def _close(self) -> None:
        """Let go of the file, which is for the log from now on."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def take_in(self) -> int:
        """Record what is in files that no process writes, and return how much was new.

        A file with a line that is no access stays, and the portal's log names it.
        """
        with self._lock:
            self._close()
        return sum(self._take(path) for path in sorted(self._directory.glob(f"*{_SUFFIX}")))

    def _take(self, path: Path) -> int:
        """Record a file and remove it; nothing while somebody writes it, or takes it in."""
        with suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            try:
                recorded = self._record(list(_events(path, file.read())))
            except TamperedLogError as error:
                LOG.error("%s", error)  # noqa: TRY400 - it says what is wrong; there is no trace
                return 0
            except RuleViolationError as error:
                if error.code in _OVERTAKEN:
                    return 0
                raise
            path.unlink()
            return recorded
        return 0

    def _record(self, events: list[Event]) -> int:
        """Append events to the log and return how many were new."""
        recorded, at_ms = 0, self._shell.by_clock(now_ms())
        with self._shell.writing() as engine:
            store = self._shell.store(engine)
            for first in range(0, len(events), BATCH_MAX):
                part = events[first : first + BATCH_MAX]
                recorded += store.append_own(part, at_ms, STREAM).recorded
        return recorded


def _events(path: Path, content: bytes) -> Iterator[Event]:
    """Yield the events of a file; its last line may be half of one, of a look that was refused.

    Raises `TamperedLogError` (`bad_access`) for what is no access.
    """
    *lines, _ = content.split(b"\n")
    for number, line in enumerate(lines, 1):
        try:
            event = parse(line)
        except InvalidInputError as error:
            raise _bad_access(path, number, str(error)) from error
        if event.kind is not AccessRecorded or event.source != SOURCE:
            raise _bad_access(path, number, event.kind.type)
        yield event


def _bad_access(path: Path, number: int, detail: str) -> TamperedLogError:
    """Return the error for a line that no portal wrote."""
    return TamperedLogError(
        "bad_access",
        Text(f"{path} 第 {number} 行不是访问记录：{detail}", f"{path}:{number}: {detail}"),
        Text("文件已保留，请查明何人改动", "the file is kept; find out who changed it"),
    )
