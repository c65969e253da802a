"""The lines of a file, plain or compressed, in bounded memory.

A file is read twice: once for the SHA-256 of its content, which names it, then for its lines. What
a decompressor cannot vouch for is never handed out: of a stream that was cut off every whole line
counts, of one that was altered only the members before (a flipped bit shows at the end of its
member, long after the figures that it changed). Sources: RFC 1952 (gzip), RFC 8878 (Zstandard).
"""

import hashlib
import shutil
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Literal

import zstandard

from ledger.codec import ENTRY_BYTES_MAX
from ledger.errors import InvalidInputError
from ledger.rejection import REJECTION_BODY_BYTES_MAX, Rejection
from ledger.text import Text

LINE_BYTES_MAX: Final = ENTRY_BYTES_MAX
"""The longest line that is held, its end not counted."""

BLOCK_BYTES: Final = 1 << 18

# One byte of Zstandard may stand for 32 KiB, and its decompressor takes no limit on its output.
_ZSTD_FEED_BYTES: Final = 256

Form = Literal["plain", "gzip", "zstd"]
Progress = Callable[[int], None]
"""Told how many more bytes of the file itself, compressed as it is, were read."""

Record = tuple[int, bytes] | Rejection
"""A line's number, from 1, and its bytes without the line end; or what is no usable line."""

_FETCH_AGAIN: Final = Text(
    "请重新取得完整文件后再运行；已记录的行会算作重复",
    "fetch the whole file again and rerun; lines recorded already count as duplicates",
)


_NOT_TEXT: Final = Text(
    "本行不是 UTF-8 文本；请转成 UTF-8 后重新送来（GBK 文件可用 iconv -f GBK -t UTF-8）",
    "not UTF-8 text; convert the file to UTF-8 and send it again (iconv -f GBK -t UTF-8)",
)


class BrokenStreamError(Exception):
    """A compressed stream ended early or was altered after `trusted` bytes of content."""

    def __init__(self, trusted: int, reason: Text) -> None:
        super().__init__(trusted, reason)
        self.trusted = trusted
        self.reason = reason


def _silent(_steps: int) -> None:
    """Tell nobody."""


class Content:
    """A file's content: its hash, and its lines as often as they are asked for.

    `sha256` covers the uncompressed bytes that can be trusted; `broken` says why there are no more.
    """

    def __init__(self, file: BinaryIO, form: Form) -> None:
        self._file = file
        self._form = form
        self.broken: Text | None = None
        self._trusted = 0
        digest = hashlib.sha256()
        try:
            for block in self._blocks(_silent):
                self._trusted += len(block)
                digest.update(block)
        except BrokenStreamError as error:
            self.broken = error.reason
            if error.trusted != self._trusted:
                self._trusted = error.trusted
                digest = hashlib.sha256()
                for block in self._trusted_blocks(_silent):
                    digest.update(block)
        self.sha256 = digest.hexdigest()

    def records(self, progress: Progress = _silent) -> Iterator[Record]:
        """Yield the lines that are not blank, in order.

        Raises `InvalidInputError` (`file_changed`) at the end when the content is no longer what
        was hashed.
        """
        digest = hashlib.sha256()
        for number, line in self._lines(self._hashed(digest, progress)):
            if isinstance(line, _Refused):
                yield self._refuse(line)
            elif not _is_text(line):
                yield Rejection.of(number, "not_text", _NOT_TEXT, line)
            elif line and not line.isspace():
                yield number, line
        if digest.hexdigest() != self.sha256:
            raise InvalidInputError(
                "file_changed",
                Text("文件在读取过程中被改动", "the file was changed while it was read"),
                Text("请等文件写完后重新运行", "run it again when nobody writes to it"),
            )

    def _refuse(self, line: "_Refused") -> Rejection:
        """Return the rejection of a line that is too long, or at which the file breaks."""
        if line.is_rest:
            reason = self.broken or Text("", "")
            return line.rejection(
                "broken_file",
                Text(
                    f"文件从第 {line.number} 行起不可读：{reason.zh}；{_FETCH_AGAIN.zh}",
                    f"unreadable from line {line.number} on: {reason.en}; {_FETCH_AGAIN.en}",
                ),
            )
        return line.rejection(
            "line_too_long",
            Text(
                f"本行 {line.length} 字节，超过 {LINE_BYTES_MAX}；请把长内容存为文件，只送哈希",
                f"{line.length} bytes, over {LINE_BYTES_MAX}; file long content, send its hash",
            ),
        )

    def _lines(self, blocks: Iterator[bytes]) -> "Iterator[tuple[int, bytes | _Refused]]":
        """Yield (number, line without its end) of all lines, blank ones too."""
        number, pending, long = 1, b"", None
        for block in blocks:
            parts = block.split(b"\n")
            parts[0] = pending + parts[0]
            pending = parts.pop()
            for part in parts:
                line = part[:-1] if part.endswith(b"\r") else part
                if long is not None or len(line) > LINE_BYTES_MAX:
                    long = long or _Refused(number)
                    long.feed(part)
                    yield number, long
                    long = None
                else:
                    yield number, line
                number += 1
            if long is not None or len(pending) > LINE_BYTES_MAX + 1:
                long = long or _Refused(number)
                long.feed(pending)
                pending = b""
        if self.broken is not None:
            rest = long or _Refused(number)
            rest.feed(pending)
            rest.is_rest = True
            yield number, rest
        elif long is not None or len(pending) > LINE_BYTES_MAX:
            long = long or _Refused(number)
            long.feed(pending)
            yield number, long
        elif pending:
            yield number, pending.removesuffix(b"\r")

    def _hashed(self, digest: "hashlib._Hash", progress: Progress) -> Iterator[bytes]:
        """Yield the trusted blocks, each added to a digest."""
        for block in self._trusted_blocks(progress):
            digest.update(block)
            yield block

    def _trusted_blocks(self, progress: Progress) -> Iterator[bytes]:
        """Yield the content's blocks up to the last byte that can be trusted."""
        left = self._trusted
        blocks = self._blocks(progress)
        while left > 0:
            try:
                block = next(blocks, b"")[:left]
            except BrokenStreamError:
                return
            if not block:
                return
            left -= len(block)
            yield block

    def _blocks(self, progress: Progress) -> Iterator[bytes]:
        """Yield the uncompressed content; raise `BrokenStreamError` where it breaks."""
        self._file.seek(0)
        if self._form == "plain":
            return self._raw_blocks(progress, BLOCK_BYTES)
        if self._form == "gzip":
            return _decode(self._raw_blocks(progress, BLOCK_BYTES), _Gzip)
        return _decode(self._raw_blocks(progress, _ZSTD_FEED_BYTES), _Zstd)

    def _raw_blocks(self, progress: Progress, length: int) -> Iterator[bytes]:
        """Yield the file's own bytes and report them a block at a time."""
        unreported = 0
        try:
            while block := self._file.read(length):
                unreported += len(block)
                if unreported >= BLOCK_BYTES:
                    progress(unreported)
                    unreported = 0
                yield block
        finally:
            progress(unreported)


class _Refused:
    """Bytes that are not held: their first ones, their length and digest, and where they began."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.length = 0
        self.is_rest = False
        self._head = b""
        self._digest = hashlib.sha256()

    def feed(self, part: bytes) -> None:
        """Add bytes."""
        if len(self._head) < REJECTION_BODY_BYTES_MAX:
            self._head += part[: REJECTION_BODY_BYTES_MAX - len(self._head)]
        self.length += len(part)
        self._digest.update(part)

    def rejection(self, code: str, message: Text) -> Rejection:
        """Return the rejection at the line where the bytes began."""
        return Rejection(self.number, code, message, self._head, self.length, self._digest.digest())


def _is_text(line: bytes) -> bool:
    """Return whether a line is UTF-8 without NUL."""
    if not line.isascii():
        try:
            line.decode()
        except UnicodeDecodeError:
            return False
    return b"\0" not in line


class _Gzip:
    """One gzip member; `wbits` 31 reads the header and checks the trailer's CRC-32 and length."""

    error = zlib.error

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)

    def decompress(self, data: bytes) -> bytes:
        """Return at most a block of content."""
        return self._member.decompress(data, BLOCK_BYTES)

    @property
    def eof(self) -> bool:
        """Return whether the member ended and its checks passed."""
        return self._member.eof

    @property
    def rest(self) -> bytes:
        """Return the input that was not used; zeros after a member are padding."""
        unused = self._member.unused_data.lstrip(b"\0")
        return unused if self._member.eof else self._member.unconsumed_tail


class _Zstd:
    """One Zstandard frame, skippable ones included."""

    error = zstandard.ZstdError

    def __init__(self) -> None:
        self._frame = zstandard.ZstdDecompressor().decompressobj()

    def decompress(self, data: bytes) -> bytes:
        """Return the content of a few bytes."""
        return self._frame.decompress(data)

    @property
    def eof(self) -> bool:
        """Return whether the frame ended and its check passed."""
        return bool(self._frame.eof)

    @property
    def rest(self) -> bytes:
        """Return the input after the frame's end."""
        return self._frame.unused_data


def _decode(raw: Iterator[bytes], method: type[_Gzip] | type[_Zstd]) -> Iterator[bytes]:
    """Yield the content of a stream of members; raise `BrokenStreamError` where it breaks."""
    verified = produced = 0
    data = next(raw, b"")
    while True:
        member = method()
        while not member.eof:
            try:
                block = member.decompress(data)
            except method.error as error:
                raise BrokenStreamError(
                    verified, Text(f"压缩数据已损坏（{error}）", f"the data is damaged ({error})")
                ) from None
            if block:
                produced += len(block)
                yield block
            given, data = data, member.rest
            if not data and not member.eof:
                data = next(raw, b"")
                if not (data or given or block):
                    raise BrokenStreamError(
                        produced, Text("压缩数据不完整", "the compressed stream is cut off")
                    )
        verified = produced
        data = data or next(raw, b"")
        if not data:
            return


_MAGIC: Final[dict[bytes, Form]] = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_SUFFIXES: Final[dict[str, Form]] = {".gz": "gzip", ".zst": "zstd"}


@contextmanager
def open_content(path: str | Path) -> Iterator[Content]:
    """Yield the content of a file, of standard input for `-`.

    What cannot be read twice is first copied to a temporary file. Raises `InvalidInputError`
    (`no_file`) for a path that cannot be opened.
    """
    name = str(path)
    with ExitStack() as stack:
        file = sys.stdin.buffer if name == "-" else stack.enter_context(_open(name))
        if not file.seekable():
            spool = stack.enter_context(tempfile.TemporaryFile())
            shutil.copyfileobj(file, spool, BLOCK_BYTES)
            file = spool
        yield Content(file, _form(name, file))


def _open(name: str) -> BinaryIO:
    """Return the opened file."""
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise InvalidInputError(
            "no_file",
            Text(f"打不开文件 {name}：{error.strerror}", f"cannot open {name}: {error.strerror}"),
            Text("请检查路径与权限", "check the path and its permissions"),
        ) from None


def _form(name: str, file: BinaryIO) -> Form:
    """Return how a file is compressed: by its name, else by its first bytes."""
    file.seek(0)
    start = file.read(4)
    for magic, form in _MAGIC.items():
        if start.startswith(magic):
            return form
    return _SUFFIXES.get(Path(name).suffix, "plain") if start else "plain"
