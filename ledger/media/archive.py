"""A ZIP archive read strictly: every entry accounted for, unpacked within limits, nothing trusted.

Readers of ZIP differ in what they believe, the directory at the end or the headers before each
entry. Here both must say the same, no two entries may share bytes, and what is not plain
deflate or stored is refused. Source: PKWARE APPNOTE 6.3, sections 4.3 and 4.4.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from ledger.errors import InvalidInputError
from ledger.media.inflate import RAW, UNPACKED_BYTES_MAX, bomb, inflate
from ledger.media.refusal import broken, refusal

WHAT: Final = "OFD"

# An OFD has three or four entries a page; 500 pages are a thick file.
ENTRIES_MAX: Final = 2_000

# Markup packs to a twentieth, rarely to a fiftieth. What is small may be as uniform as it likes.
RATIO_MAX: Final = 200
RATIO_FLOOR_BYTES: Final = 1_000_000

_STORED, _DEFLATED = 0, 8
_ENCRYPTED_FLAGS: Final = 0x1 | 0x40 | 0x2000
_UNIX, _LINK, _FILE_TYPE = 3, 0o120000, 0o170000

_END: Final = struct.Struct("<4s4H2LH")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_COMMENT_BYTES_MAX: Final = 65_535

# Of a path inside: no way up or out, no drive, nothing that a terminal or a disk takes otherwise.
_UNSAFE: Final = re.compile(r"^/|^$|\\|:|[\x00-\x1f\x7f]|(?:^|/)\.\.?(?:/|$)|//")

# ZIP in its three openings, gzip, bzip2, xz, zstd, RAR, 7-Zip, compound files of old offices.
_ARCHIVES: Final = (
    *(b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00"),
    *(b"\x28\xb5\x2f\xfd", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\xd0\xcf\x11\xe0"),
)


class Member(NamedTuple):
    """One entry: its path, where its packed bytes lie, how they are packed, what comes out."""

    name: str
    start: int
    end: int
    method: int
    size: int
    crc: int


def read_members(data: bytes) -> list[Member]:
    """Return the entries of an archive in the order of its directory, before any is unpacked.

    Raises `InvalidInputError`: `broken_document`, `encrypted_document`, `unsafe_name`,
    `archive_bomb`, `too_many_entries`.
    """
    count, start, end = _find_directory(data)
    if count > ENTRIES_MAX:
        raise refusal(
            "too_many_entries",
            f"{WHAT} 内有 {count:,} 个文件，至多 {ENTRIES_MAX:,} 个",
            f"the {WHAT} holds {count:,} files, {ENTRIES_MAX:,} at most",
        )
    members, at = list[Member](), start
    for _ in range(count):
        member, at = _read_entry(data, at, end, start)
        members.append(member)
    if at != end:
        raise broken(WHAT, "目录长度不符", "its directory is longer than its entries")
    _require_apart(members)
    _require_small(members)
    return members


def unpack(data: bytes, member: Member) -> Iterator[bytes]:
    """Yield the content of an entry, block by block.

    Raises `InvalidInputError`: `archive_bomb`, `broken_document`, `nested_archive`.
    """
    packed = memoryview(data)[member.start : member.end]
    if member.method == _STORED:
        blocks: Iterator[bytes] = iter([bytes(packed)])
    else:
        blocks = inflate(packed, RAW, member.size, WHAT)
    size = crc = 0
    for block in blocks:
        if size == 0 and block.startswith(_ARCHIVES):
            raise refusal(
                "nested_archive",
                f"{WHAT} 内的 {member.name} 又是一个压缩包",
                f"{member.name} inside the {WHAT} is an archive itself",
            )
        size += len(block)
        crc = zlib.crc32(block, crc)
        yield block
    if (size, crc) != (member.size, member.crc):
        raise broken(WHAT, f"{member.name} 校验不符", f"{member.name} fails its check sum")


def _find_directory(data: bytes) -> tuple[int, int, int]:
    """Return how many entries there are, and where the directory begins and ends."""
    lowest = max(0, len(data) - _END.size - _COMMENT_BYTES_MAX)
    at = data.rfind(b"PK\x05\x06", lowest)
    if at < 0 or at + _END.size > len(data):
        raise broken(WHAT, "结尾缺失，可能被截断", "its end is missing, as if it were cut short")
    _, disk, first_disk, here, count, size, start, comment = _END.unpack_from(data, at)
    if (disk, first_disk, here) != (0, 0, count) or at + _END.size + comment != len(data):
        raise broken(WHAT, "结尾之后另有内容或为分卷", "bytes follow its end, or it is split")
    if start + size != at:
        raise broken(WHAT, "目录位置不符", "its directory is not where it should be")
    return count, start, at


def _read_entry(data: bytes, at: int, end: int, directory: int) -> tuple[Member, int]:
    """Return an entry of the directory, its local header compared, and where the next one is."""
    if at + _CENTRAL.size > end:
        raise broken(WHAT, "目录被截断", "its directory is cut short")
    fields = _CENTRAL.unpack_from(data, at)
    signature, made_by, _, flags, method, _, _, crc, packed, size = fields[:10]
    name_length, extra, comment, disk, _, attributes, offset = fields[10:]
    raw_name = data[at + _CENTRAL.size : at + _CENTRAL.size + name_length]
    following = at + _CENTRAL.size + name_length + extra + comment
    if signature != b"PK\x01\x02" or disk or following > end:
        raise broken(WHAT, "目录项不可读", "an entry of its directory cannot be read")
    name = _name_of(raw_name)
    is_link = made_by >> 8 == _UNIX and (attributes >> 16) & _FILE_TYPE == _LINK
    if is_link or _UNSAFE.search(name):
        raise refusal(
            "unsafe_name",
            f"{WHAT} 内的路径不可接受：{name[:80]!r}",
            f"a path inside the {WHAT} is not safe: {name[:80]!r}",
        )
    if flags & _ENCRYPTED_FLAGS:
        raise encrypted(WHAT)
    if method not in (_STORED, _DEFLATED):
        raise broken(WHAT, f"压缩方法 {method} 不支持", f"it is packed by method {method}")
    start = _require_local(data, offset, raw_name, method)
    if start + packed > directory or (method == _STORED and packed != size):
        raise broken(WHAT, f"{name} 的长度不符", f"the length of {name} cannot be")
    return Member(name, start, start + packed, method, size, crc), following


def _name_of(raw: bytes) -> str:
    """Return an entry's path as a person reads it; Chinese tools write it in either encoding."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


def _require_local(data: bytes, offset: int, name: bytes, method: int) -> int:
    """Return where an entry's packed bytes begin, once its own header says what the directory does.

    Sizes are not compared: a writer that streams leaves them out there.
    """
    if offset + _LOCAL.size > len(data):
        raise broken(WHAT, "文件项越界", "an entry lies outside of it")
    signature, _, _, own_method, *_, length, extra = _LOCAL.unpack_from(data, offset)
    start = offset + _LOCAL.size + length
    if (signature, own_method, data[start - length : start]) != (b"PK\x03\x04", method, name):
        raise broken(WHAT, "目录与文件项不符", "its directory and its entries do not agree")
    return int(start + extra)


def _require_apart(members: list[Member]) -> None:
    """Raise where two entries have one name, in any case, or share bytes."""
    if len({one.name.casefold() for one in members}) != len(members):
        raise broken(WHAT, "有同名文件", "two entries have one name")
    spans = sorted((one.start, one.end) for one in members)
    for (_, end), (start, _) in pairwise(spans):
        if start < end:
            raise broken(WHAT, "文件项相互重叠", "two entries share bytes")


def _require_small(members: list[Member]) -> None:
    """Raise where entries say that they unpack to more than a document may, or than they can."""
    for one in members:
        packed = max(1, one.end - one.start)
        if one.size > RATIO_FLOOR_BYTES and one.size > RATIO_MAX * packed:
            raise bomb(WHAT)
    if sum(one.size for one in members) > UNPACKED_BYTES_MAX:
        raise bomb(WHAT)


def encrypted(what: str) -> InvalidInputError:
    """Return the refusal of a document that nobody can read without a password."""
    return refusal(
        "encrypted_document",
        f"{what} 文件已加密，审核人员打不开",
        f"the {what} is encrypted, so nobody who checks it can read it",
    )
