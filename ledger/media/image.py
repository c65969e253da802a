"""PNG and JPEG: whole, and no larger than a page can be, by their headers alone.

A header of thirty bytes can promise an image that takes the memory of the machine that shows it,
so dimensions are read before anybody decodes anything. Sources: PNG (ISO/IEC 15948), JPEG
(ITU-T T.81).
"""

import re
import struct
import zlib
from typing import Final

from ledger.media.refusal import broken, refusal
from ledger.text import Text

# A3 at 600 dots an inch has 70 million.
PIXELS_MAX: Final = 100_000_000

# Writers make chunks of 8 KB, and a JPEG has some dozens of segments. Each is looked at one by one:
# millions of empty ones take seconds, in which nobody else is served.
PARTS_MAX: Final = 100_000

PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
JPEG_SIGNATURE: Final = b"\xff\xd8\xff"

_CHUNK: Final = struct.Struct(">L4s")
_CRC: Final = struct.Struct(">L")
_HEADER_BYTES: Final = 13

# Start of frame in each of its kinds; C4, C8 and CC are tables and a reserve.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_RESTARTS: Final = range(0xD0, 0xD8)
_SCAN, _END, _ALONE = 0xDA, 0xD9, 0x01
_FILLING: Final = re.compile(rb"\xff+")

# Within a scan FF is followed by a zero, or restarts it.
_AFTER_SCAN: Final = re.compile(rb"\xff[^\x00\xd0-\xd7]", re.DOTALL)
_FRAME_BYTES_MIN: Final = 8
_LENGTH_BYTES: Final = 2


def check_png(data: bytes) -> None:
    """Raise `InvalidInputError` unless some bytes are a whole PNG of a size that can be shown.

    Codes: `broken_document`, `image_too_large`, `too_many_entries`.
    """
    at, kind, has_image, parts = len(PNG_SIGNATURE), b"", False, 0
    while kind != b"IEND":
        parts += 1
        _require_few("PNG", parts)
        if at + _CHUNK.size > len(data):
            raise broken("PNG", "被截断", "it is cut short")
        is_first = not kind
        length, kind = _CHUNK.unpack_from(data, at)
        end = at + _CHUNK.size + length
        if end + _CRC.size > len(data):
            raise broken("PNG", "被截断", "it is cut short")
        if zlib.crc32(data[at + 4 : end]) != _CRC.unpack_from(data, end)[0]:
            raise broken("PNG", "校验和不符", "a check sum fails")
        if is_first:
            if kind != b"IHDR" or length != _HEADER_BYTES:
                raise broken("PNG", "没有文件头", "it has no header")
            _require_shown("PNG", *struct.unpack_from(">LL", data, at + _CHUNK.size))
        has_image = has_image or kind == b"IDAT"
        at = end + _CRC.size
    if not has_image or at != len(data):
        raise broken("PNG", "没有图像，或结尾之后另有内容", "no image, or bytes after its end")


def check_jpeg(data: bytes) -> None:
    """Raise `InvalidInputError` unless some bytes are a whole JPEG of a size that can be shown.

    Telephones put further images behind the first one; nothing else may follow its end. Codes:
    `broken_document`, `image_too_large`, `too_many_entries`.
    """
    at, has_frame, parts = 2, False, 0
    while True:
        parts += 1
        _require_few("JPEG", parts)
        marker, at = _next_marker(data, at)
        if marker == _END:
            break
        if marker in _RESTARTS or marker == _ALONE:
            continue
        if at + _LENGTH_BYTES > len(data):
            raise broken("JPEG", "被截断", "it is cut short")
        length = int.from_bytes(data[at : at + _LENGTH_BYTES], "big")
        if length < _LENGTH_BYTES or at + length > len(data):
            raise broken("JPEG", "被截断", "it is cut short")
        if marker in _FRAMES:
            if length < _FRAME_BYTES_MIN:
                raise broken("JPEG", "没有文件头", "it has no header")
            height, width = struct.unpack_from(">HH", data, at + 3)
            _require_shown("JPEG", width, height)
            has_frame = True
        at += length
        if marker == _SCAN:
            at = _skip_scan(data, at)
    rest = data[at:].lstrip(b"\x00")
    if not has_frame or not (not rest or rest.startswith(JPEG_SIGNATURE)):
        raise broken("JPEG", "没有图像，或结尾之后另有内容", "no image, or bytes after its end")


def _next_marker(data: bytes, at: int) -> tuple[int, int]:
    """Return the marker at a place, past the filling before it, and where its segment begins."""
    if data[at : at + 1] != b"\xff":
        raise broken("JPEG", "被截断，或标记不可读", "it is cut short, or a marker is unreadable")
    filled = _FILLING.match(data, at)
    at = filled.end() if filled else at
    if at >= len(data):
        raise broken("JPEG", "被截断", "it is cut short")
    return data[at], at + 1


def _skip_scan(data: bytes, at: int) -> int:
    """Return where the marker after a scan stands."""
    found = _AFTER_SCAN.search(data, at)
    if found is None:
        raise broken("JPEG", "被截断", "it is cut short")
    return found.start()


def _require_few(what: str, parts: int) -> None:
    """Raise where an image is in more parts than any writer makes."""
    if parts > PARTS_MAX:
        raise refusal(
            "too_many_entries",
            f"{what} 图片的数据段多于 {PARTS_MAX:,} 个",
            f"the {what} is in more than {PARTS_MAX:,} parts",
        )


def _require_shown(what: str, width: int, height: int) -> None:
    """Raise unless an image has a size that a page can have."""
    if width and height and width * height <= PIXELS_MAX:
        return
    raise refusal(
        "image_too_large",
        f"{what} 图片为 {width:,}×{height:,} 像素，总数应在 1 与 {PIXELS_MAX:,} 之间",
        f"the {what} has {width:,} by {height:,} pixels; 1 to {PIXELS_MAX:,} in all are taken",
        Text("请以不高于 600 dpi 重新扫描", "scan it again at 600 dots an inch or less"),
    )
