"""The store of documents: files of a home, named by the SHA-256 of what is in them.

A document is copied into the home and looked at (`stage`), put under its digest (`place`), and only
then named by an event; all of it reaches the disk before the event does. So a crash leaves a file
that no event names, which `find_unnamed` lists, and never an event whose file was not there. What
is read is hashed again. Nothing here is ever written over: what disagrees is named and left.
"""

import errno
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from io import BufferedReader, BufferedWriter
from pathlib import Path, PureWindowsPath
from typing import IO, Final, NamedTuple

from sqlalchemy import Connection

from ledger.codec import parse
from ledger.errors import InvalidInputError, TamperedLogError
from ledger.events import DocumentFiled, MediaType
from ledger.finding import FINDINGS_MAX, Finding
from ledger.history import History, history_of
from ledger.media import DOCUMENT_BYTES_MAX, inspect, require_size
from ledger.partial import bad_entry
from ledger.secret import sync_directory
from ledger.text import Text

FOLDER: Final = "documents"
DAY_S: Final = 24 * 60 * 60

_STAGING: Final = ".staging"
_FILE_MODE: Final = 0o600
_DIRECTORY_MODE: Final = 0o700
_BLOCK_BYTES: Final = 1 << 20
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)

# Every leaf of ours is canonical JSON, so that only those that hold this are read.
_MARK: Final = DocumentFiled.type.encode()


class Staged(NamedTuple):
    """A document that was copied and looked at, and that nothing names yet."""

    draft: Path
    name: str
    sha256: str
    media_type: MediaType
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Filing:
    """A document that the book names: by which leaf, and for whom."""

    index: int
    enterprise: str
    data: DocumentFiled


class Unnamed(NamedTuple):
    """A file of the store that no event names: a crash left it, or a writer is at work."""

    path: Path
    size_bytes: int
    written_at_s: int


def read_filings(source: Connection | History, size: int) -> list[Filing]:
    """Return every document that the book's first entries name, in the order of filing."""
    return list(_read_filings(history_of(source), size))


def _read_filings(history: History, size: int) -> Iterator[Filing]:
    """Yield the filings among the book's first entries."""
    for first, entries in history.runs("book", 0, size):
        for index, entry in enumerate(entries, first):
            if _MARK not in entry:
                continue
            try:
                event = parse(entry)
            except InvalidInputError as error:
                raise bad_entry("book", index, error) from error
            if isinstance(data := event.data, DocumentFiled):
                yield Filing(index, event.subject, data)


@dataclass(frozen=True, slots=True)
class DocumentStore:
    """The documents of one home."""

    home: Path

    @property
    def folder(self) -> Path:
        """Return where they lie."""
        return self.home / FOLDER

    def path_of(self, sha256: str) -> Path:
        """Return where a document lies, or would."""
        return self.folder / sha256[:2] / sha256

    def staging(self, sources: Sequence[Path]) -> AbstractContextManager[list[Staged]]:
        """Return files copied and looked at, all of them or none; what is not placed is gone after.

        Entering it raises what `stage` raises for the first that cannot be taken.
        """
        return _together(map(self.stage, sources))

    def receiving(
        self, uploads: Sequence[tuple[str, IO[bytes]]]
    ) -> AbstractContextManager[list[Staged]]:
        """Return what was sent, by name and content, as `staging` does files.

        A name may be a path of any system: its last part is what a refusal names.
        """
        return _together(
            self._stage(PureWindowsPath(name).name or "?", content) for name, content in uploads
        )

    def stage(self, source: Path) -> Staged:
        """Return a file copied into the home, once it is one that may be filed.

        What is looked at is the copy, so nobody changes the file meanwhile. It is read a block at a
        time, and never through a link. Raises `InvalidInputError` with the file's name in front:
        `not_a_file` and the codes of `ledger.media.inspect`.
        """
        try:
            file = _open_plain(source)
        except InvalidInputError as error:
            raise _named(source.name, error) from error
        with file:
            return self._stage(source.name, file)

    def _stage(self, name: str, content: IO[bytes]) -> Staged:
        """Return what can be read, copied into the home, once it is what may be filed."""
        draft = self._new_draft()
        try:
            with _create(draft) as copy:
                sha256 = _copy(content, copy)
            data = draft.read_bytes()
            media_type = inspect(data, name)
        except InvalidInputError as error:
            draft.unlink(missing_ok=True)
            raise _named(name, error) from error
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        return Staged(draft, name, sha256, media_type, len(data))

    def _new_draft(self) -> Path:
        """Return a path for a new draft, on the file system where documents stay."""
        staging = self.folder / _STAGING
        self.folder.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
        staging.mkdir(mode=_DIRECTORY_MODE, exist_ok=True)
        return staging / secrets.token_hex(16)

    def place(self, staged: Staged) -> None:
        """Put a staged document under its digest; it is on the disk when this returns.

        To be done while the book stands still (`ledger.erasable.lock_book`), in the transaction of
        the event that names it: so nobody prunes the file before that is written. One that lies
        there already is hashed again. Raises `TamperedLogError` (`document_altered`).
        """
        path = self.path_of(staged.sha256)
        wrong = self.find_fault(staged.sha256, staged.size_bytes)
        if wrong is None:
            staged.draft.unlink()
        elif os.path.lexists(path):
            raise _disagrees("document_altered", wrong)
        else:
            path.parent.mkdir(mode=_DIRECTORY_MODE, exist_ok=True)
            staged.draft.rename(path)
        for directory in (path.parent, self.folder, self.home):
            sync_directory(directory)

    def read(self, data: DocumentFiled) -> bytes:
        """Return a document that the book names, once it is shown to be what was filed.

        Raises `TamperedLogError`: `document_missing`, `document_altered`.
        """
        path, found = self.path_of(data.sha256), b""
        with suppress(OSError, InvalidInputError), _open_plain(path) as file:
            found = file.read(data.size_bytes + 1)
        if hashlib.sha256(found).hexdigest() == data.sha256:
            return found
        wrong = self.find_fault(data.sha256, data.size_bytes) or _altered(path)
        is_there = os.path.lexists(path)
        raise _disagrees("document_altered" if is_there else "document_missing", wrong)

    def copy_from(self, other: "DocumentStore", data: DocumentFiled) -> None:
        """Copy a document from another home, verified while it is copied.

        A copy and no link: whoever alters the one must not alter the other. Raises
        `TamperedLogError`: `document_missing`, `document_altered`.
        """
        draft = self._new_draft()
        content = other.read(data)
        with _create(draft) as copy:
            copy.write(content)
            _flush(copy)
        self.place(Staged(draft, "", data.sha256, data.media_type, data.size_bytes))

    def find_fault(self, sha256: str, size_bytes: int) -> Text | None:
        """Return what is wrong with a document of the store, None where it is what it should be."""
        path = self.path_of(sha256)
        try:
            with _open_plain(path) as file:
                if os.fstat(file.fileno()).st_size == size_bytes:
                    found = hashlib.file_digest(file, "sha256").hexdigest()
                    if found == sha256:
                        return None
        except FileNotFoundError:
            return Text(f"文件缺失：{path}", f"{path} is missing")
        except (InvalidInputError, OSError) as error:
            return Text(f"文件不可读：{path}（{error}）", f"{path} cannot be read ({error})")
        return _altered(path)

    def check(self, filings: Sequence[Filing], *, must_be_kept: bool = True) -> Iterator[Finding]:
        """Yield each filing whose document is missing or not what was filed.

        Where documents need not be kept here, only those are looked at that are.
        """
        faults: dict[tuple[str, int], Text | None] = {}
        count = 0
        for filing in filings:
            data, sha256 = filing.data, filing.data.sha256
            key = sha256, data.size_bytes
            if key not in faults:
                is_here = must_be_kept or os.path.lexists(self.path_of(sha256))
                faults[key] = self.find_fault(*key) if is_here else None
            wrong = faults[key]
            if wrong is not None and count < FINDINGS_MAX:
                count += 1
                what = Text(
                    f"{filing.enterprise} 的文件（{data.kind}）{sha256}：{wrong.zh}",
                    f"{data.kind} {sha256} of {filing.enterprise}: {wrong.en}",
                )
                yield Finding("book", filing.index, "document", "sha256", what)

    def find_unnamed(self, named: Collection[str], before_s: int) -> list[Unnamed]:
        """Return the files written before an instant that no event names, drafts included, by path.

        Files whose name is no digest are somebody else's and not among them. Whoever removes what
        is returned holds the book meanwhile, as `place` says.
        """
        found = []
        for path in sorted(self.folder.glob("*/*")):
            is_draft = path.parent.name == _STAGING
            if not is_draft and (_SHA256.fullmatch(path.name) is None or path.name in named):
                continue
            info = path.lstat()
            if stat.S_ISREG(info.st_mode) and info.st_mtime < before_s:
                found.append(Unnamed(path, info.st_size, int(info.st_mtime)))
        return found


def _open_plain(path: Path) -> BufferedReader:
    """Return a file opened for reading that is a file itself: no link, no pipe, no device."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _no_file(Text("是符号链接", "it is a symbolic link")) from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _no_file(Text("是目录、管道或设备", "it is a directory, a pipe or a device"))
    return os.fdopen(descriptor, "rb")


def _no_file(what: Text) -> InvalidInputError:
    """Return the refusal of something that is not a file itself."""
    return InvalidInputError(
        "not_a_file", what, Text("请给出文件本身的路径", "name the file itself")
    )


@contextmanager
def _together(drafts: Iterable[Staged]) -> Iterator[list[Staged]]:
    """Yield documents that are staged one by one; what is not placed is gone after."""
    with ExitStack() as stack:
        staged = []
        for one in drafts:
            stack.callback(one.draft.unlink, missing_ok=True)
            staged.append(one)
        yield staged


def _create(path: Path) -> BufferedWriter:
    """Return a new file that only its owner may read."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    return os.fdopen(os.open(path, flags, _FILE_MODE), "wb")


def _copy(file: IO[bytes], copy: BufferedWriter) -> str:
    """Return the digest of what was copied and is on the disk; no more than a document may hold."""
    hashed, size = hashlib.sha256(), 0
    while block := file.read(_BLOCK_BYTES):
        size += len(block)
        if size > DOCUMENT_BYTES_MAX:
            break
        hashed.update(block)
        copy.write(block)
    require_size(size)
    _flush(copy)
    return hashed.hexdigest()


def _flush(file: BufferedWriter) -> None:
    """Return when what was written to a file is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def _named(name: str, error: InvalidInputError) -> InvalidInputError:
    """Return a refusal with the file's name in front."""
    name = name if name.isprintable() else repr(name)[1:-1]
    message = Text(f"{name}：{error.message.zh}", f"{name}: {error.message.en}")
    return InvalidInputError(error.code, message, error.next_step)


def _altered(path: Path) -> Text:
    return Text(f"文件被改动：{path}", f"{path} was altered")


def _disagrees(code: str, wrong: Text) -> TamperedLogError:
    """Return the error for a document that is not what the book says."""
    return TamperedLogError(
        code,
        wrong,
        Text(
            "请保留现场；把该文件移走留作证据后，重新提交同一文件或从备份放回，"
            "再运行 suanquan document check",
            "keep it as evidence: move the file away, then file the same document again or take it"
            " from a backup, and run suanquan document check",
        ),
    )
