"""Deflated bytes unpacked a block at a time, to a stated size and not a byte further (RFC 1951)."""

import zlib
from collections.abc import Iterator
from typing import Final

from ledger.errors import InvalidInputError
from ledger.media.refusal import broken, refusal

# A block is all that is held of what comes out, and a piece is fed at a time.
BLOCK_BYTES: Final = 1 << 16

# What the largest document that we take may unpack to: a hundred scanned pages. Whoever opens it
# later does so on a desk, and checking it takes a second.
UNPACKED_BYTES_MAX: Final = 100_000_000

ZLIB: Final = zlib.MAX_WBITS
RAW: Final = -zlib.MAX_WBITS


def inflate(packed: memoryview, wbits: int, size_max: int, what: str) -> Iterator[bytes]:
    """Yield what a deflated stream holds, block by block, up to the stream's own end.

    Raises `InvalidInputError`: `archive_bomb` as soon as it is more than `size_max` bytes,
    `broken_document` for a stream that is cut short or is none.
    """
    unpacker, size = zlib.decompressobj(wbits), 0
    for start in range(0, len(packed), BLOCK_BYTES):
        piece = bytes(packed[start : start + BLOCK_BYTES])
        while True:
            try:
                block = unpacker.decompress(piece, BLOCK_BYTES)
            except zlib.error as error:
                raise broken(what, "压缩数据无法解开", f"it does not unpack ({error})") from None
            size += len(block)
            if size > size_max:
                raise bomb(what)
            if block:
                yield block
            piece = unpacker.unconsumed_tail
            if unpacker.eof:
                return
            if not block and not piece:
                break
    raise broken(what, "压缩数据被截断", "a packed part is cut short")


def bomb(what: str) -> InvalidInputError:
    """Return the refusal of something that unpacks to far more than it is, or than it says."""
    return refusal(
        "archive_bomb",
        f"{what} 解压后远大于其自身或超出可受理的大小，疑为压缩炸弹",
        f"the {what} unpacks to far more than it says, or than is taken,"
        " as a decompression bomb does",
    )
