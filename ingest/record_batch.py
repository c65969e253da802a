"""A batch of Kafka's records taken apart, also where the library gives up or memory would burst.

Apache Kafka's record batch, version 2, under the library's own reading of it.
"""

import gzip
import io
from collections.abc import Callable, Mapping
from typing import Any, Final

import lz4.frame
import zstandard
from kafka.errors import CorruptRecordError
from kafka.record.default_records import DefaultRecordBatch

# Producers make batches of some megabytes at most; a batch that was made to unpack to gigabytes
# must not end the worker.
UNPACKED_BYTES_MAX: Final = 1 << 26
_TOO_LARGE: Final = f"a batch of records unpacks to more than {UNPACKED_BYTES_MAX} bytes"


def _open_zstd(packed: io.BytesIO) -> Any:  # noqa: ANN401 - a reader
    """Return a reader of what was packed with zstd, however many frames it is."""
    return zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True)


_UNPACKED_BY: Final[Mapping[int, Callable[[io.BytesIO], Any]]] = {
    DefaultRecordBatch.CODEC_GZIP: lambda packed: gzip.GzipFile(fileobj=packed),
    DefaultRecordBatch.CODEC_LZ4: lz4.frame.LZ4FrameFile,
    DefaultRecordBatch.CODEC_ZSTD: _open_zstd,
}
"""How each codec is read bit by bit; snappy is not read."""


class _Escaped(bytearray):
    r"""A batch in whose texts each byte that is not UTF-8 is read as `\xhh`."""

    def __getitem__(self, place: Any) -> Any:  # noqa: ANN401 - as of any sequence
        found = super().__getitem__(place)
        return _Escaped(found) if isinstance(found, bytearray) else found

    def decode(self, encoding: str = "utf-8", _errors: str = "strict") -> str:
        """Return the text."""
        return super().decode(encoding, "backslashreplace")


class Batch(DefaultRecordBatch):  # type: ignore[misc]  # the library has no types
    """A batch of records, those too whose headers have names that are not UTF-8.

    Kafka takes them, and the library gives up the whole partition for one of them. One that unpacks
    to more than memory is for is corrupt: the broker's own limit is on what was packed.
    """

    __slots__ = ()

    def _maybe_uncompress(self) -> None:
        """Unpack the records unless that was done."""
        unpack = _UNPACKED_BY.get(self.compression_type)
        if not self._decompressed and unpack is not None:  # type: ignore[has-type]
            packed = io.BytesIO(memoryview(self._buffer)[self._pos :])  # type: ignore[has-type]
            with unpack(packed) as unpacked:
                data = unpacked.read(UNPACKED_BYTES_MAX + 1)
            if len(data) > UNPACKED_BYTES_MAX:
                raise CorruptRecordError(_TOO_LARGE)
            self._buffer, self._pos = bytearray(data), 0  # type: ignore[misc]
            self._decompressed = True  # type: ignore[misc]
        super()._maybe_uncompress()

    def _read_msg(self) -> Any:  # noqa: ANN401 - the library's record
        """Return the next record."""
        try:
            return super()._read_msg()
        except UnicodeDecodeError:
            plain: Any = self._buffer
            self._buffer = _Escaped(plain)  # type: ignore[misc]
            try:
                return super()._read_msg()
            finally:
                self._buffer = plain  # type: ignore[misc]
