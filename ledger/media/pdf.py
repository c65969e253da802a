"""PDF looked at without rendering: whole, readable by anybody, and inert (ISO 32000-1).

Names are looked for in the file as it is and in its object streams, which are unpacked within
limits. That finds what stands there plainly; it is no virus scanner, and whoever wants one runs it
over the store.
"""

import re
from typing import Final

from ledger.media.archive import encrypted
from ledger.media.inflate import ZLIB, inflate
from ledger.media.markup import active
from ledger.media.refusal import broken, refusal
from ledger.text import Text

WHAT: Final = "PDF"

_HEADER: Final = re.compile(rb"%PDF-[12]\.[0-9]")
_END: Final = re.compile(rb"startxref\s+([0-9]{1,10})\s+%%EOF[\s\x00]*\Z")

# Where the last cross-reference is named, within this of the end.
_TAIL_BYTES: Final = 2_048
_DICTIONARY_BYTES_MAX: Final = 4_096

# A writer puts a hundred objects into each, and no file that we take has so many pages.
OBJECT_STREAMS_MAX: Final = 20_000


def _names(*words: str) -> re.Pattern[bytes]:
    """Return the expression for PDF names, each letter as it is or as `#` and two digits."""
    spelt = (
        f"(?P<{word}>{''.join(f'(?:{char}|#{ord(char):02x}|#{ord(char):02X})' for char in word)})"
        for word in words
    )
    return re.compile(f"/(?:{'|'.join(spelt)})(?![A-Za-z0-9])".encode())


# What runs, starts a program, or plays. A GoTo or a link on paper is no harm, and neither is an
# attachment: accounting data travel so in electronic vouchers (XBRL).
_ACTIVE: Final = {
    "JavaScript": Text("脚本", "a script"),
    "Launch": Text("启动程序", "the start of a program"),
    "RichMedia": Text("富媒体", "rich media"),
    "SubmitForm": Text("提交表单", "a form that sends itself"),
    "ImportData": Text("导入数据", "the import of data"),
}
_WORDS: Final = (*_ACTIVE, "Encrypt")
_FORBIDDEN: Final = re.compile(
    f"/(?=[{''.join({word[0] for word in _WORDS})}])({'|'.join(_WORDS)})(?![A-Za-z0-9])".encode()
)

# How a name may spell the letters of these words (ISO 32000-1, 7.3.5).
_SPELT: Final = {
    spelling.encode(): char.encode()
    for char in sorted({*"".join(_WORDS)})
    for spelling in (f"#{ord(char):02x}", f"#{ord(char):02X}")
}

# A search holds up every thread of the process until it ends: it goes on from block to block.
_BLOCK_BYTES: Final = 1 << 20
_WORD_BYTES_MAX: Final = 64

# Objects are words and numbers; what takes room in a file, its pages' images, is in none of them.
OBJECTS_BYTES_MAX: Final = 20_000_000
_OBJECT_STREAM: Final = _names("ObjStm")
_FILTER: Final = _names("Filter")
_FLATE: Final = re.compile(
    rb"/Filter\s*(?:/(?:FlateDecode|Fl)(?![A-Za-z0-9])|\[\s*/(?:FlateDecode|Fl)\s*\])"
)


def check_pdf(data: bytes) -> None:
    """Raise `InvalidInputError` unless some bytes are a whole PDF, not encrypted, not active.

    Codes: `broken_document`, `encrypted_document`, `active_document`, `archive_bomb`,
    `too_many_entries`.
    """
    if _HEADER.match(data) is None:
        raise broken(WHAT, "版本号不可读", "its header names no version")
    end = _END.search(data, max(0, len(data) - _TAIL_BYTES))
    if end is None:
        raise broken(
            WHAT,
            "结尾（%%EOF）缺失，或其后另有内容，可能被截断",
            "its end (%%EOF) is missing or not the last thing, as if it were cut short",
        )
    if int(end[1]) >= end.start():
        raise broken(WHAT, f"交叉引用位置 {int(end[1])} 越界", f"no table at {int(end[1])}")
    _require_inert(data)
    room = OBJECTS_BYTES_MAX
    for number, found in enumerate(_OBJECT_STREAM.finditer(data), 1):
        if number > OBJECT_STREAMS_MAX:
            raise refusal(
                "too_many_entries",
                f"{WHAT} 的对象流多于 {OBJECT_STREAMS_MAX:,} 个",
                f"the {WHAT} has more than {OBJECT_STREAMS_MAX:,} object streams",
            )
        objects = _unpack_objects(data, found.start(), found.end(), room)
        room -= len(objects)
        _require_inert(objects)


def _require_inert(data: bytes) -> None:
    """Raise where a run of objects is encrypted or does something."""
    word = _find_forbidden(data)
    if word is None:
        return
    what = _ACTIVE.get(word)
    if what is None:
        raise encrypted(WHAT)
    raise active(WHAT, f"{what.zh}（/{word}）", f"{what.en} (/{word})")


def _find_forbidden(data: bytes) -> str | None:
    """Return the first name of those that are not taken, however it is spelt, None without one."""
    if b"#" in data:
        for spelling, char in _SPELT.items():
            data = data.replace(spelling, char)
    for start in range(0, len(data), _BLOCK_BYTES):
        found = _FORBIDDEN.search(data, start, start + _BLOCK_BYTES + _WORD_BYTES_MAX)
        # One that begins in the next block may be cut short here.
        if found is not None and found.start() < start + _BLOCK_BYTES:
            return found[1].decode()
    return None


def _unpack_objects(data: bytes, first: int, last: int, room: int) -> bytes:
    """Return the objects of an object stream whose type stands at `[first, last)`.

    Nothing for one that is not packed, which was looked at as it is.
    """
    lowest = max(first - _DICTIONARY_BYTES_MAX, 0)
    begin = max(data.rfind(b"obj", lowest, first), lowest)
    at = data.find(b"stream", last, last + _DICTIONARY_BYTES_MAX)
    if at < 0:
        return b""
    dictionary = data[begin:at]
    if _FILTER.search(dictionary) is None:
        return b""
    if _FLATE.search(dictionary) is None or b"/Predictor" in dictionary:
        raise broken(
            WHAT,
            "对象流的压缩方式少见，无法查看其内容",
            "an object stream is packed in a way that cannot be looked into",
        )
    at += len(b"stream")
    at += 2 if data[at : at + 2] == b"\r\n" else 1
    return b"".join(inflate(memoryview(data)[at:], ZLIB, room, WHAT))
