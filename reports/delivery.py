"""Issued statements as they are handed over: a year's tree, its zips, its manifest and hashes.

    2022/2022-07/华智科技_91420100MA4K2XY18X/SQ-C-2022-07-91420100MA4K2XY18X-1.pdf
    2022/2022-07/不属单一企业/SQ-N-2022-07-hubei-20220704-1.pdf
    2022/华智科技_91420100MA4K2XY18X_2022.zip
    2022/manifest.json
    2022/SHA256SUMS

The same statements give the same bytes: no time stands in a zip or in the manifest, and nothing is
compressed, since builds of zlib differ.
"""

import hashlib
import io
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from ledger.errors import TamperedLogError
from ledger.text import Text
from reports.formats import FORMATS
from reports.issue import Issued, path_in, sealed_path_in

NOBODYS: Final = "不属单一企业"
"""The folder of statements that are for no single enterprise."""

NAME_BYTES_MAX: Final = 150
"""Of an enterprise's name; a file system takes 255 for name, code and ending together."""

_FORBIDDEN: Final = frozenset('/\\:*?"<>|')
_RESERVED: Final = frozenset(
    ["CON", "PRN", "AUX", "NUL", *(f"{port}{i}" for port in ("COM", "LPT") for i in range(10))]
)
# The first day that a zip can name.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


class Kept(NamedTuple):
    """A file that a home keeps of a statement, and the hash that an event recorded of it, if any.

    Only what was issued and what was sealed has one; other formats are made from them at will.
    """

    issued: Issued
    path: Path
    sha256: str | None


def folder_name(name: str, code: str) -> str:
    """Return an enterprise's folder: its name, fit for every file system, and its credit code.

    The code keeps apart two enterprises of one name, or whose names look alike once cut.
    """
    shown = "".join(_printed(sign) for sign in unicodedata.normalize("NFC", name))
    shown = " ".join(shown.split()).strip(" ._-~")
    if shown.partition(".")[0].strip().upper() in _RESERVED:
        shown = f"〔{shown}〕"
    shown = shown.encode()[:NAME_BYTES_MAX].decode(errors="ignore").rstrip(" ._-")
    return f"{shown}_{code}" if shown else code


def _printed(sign: str) -> str:
    """Return a character of a name, or what stands for one that no file's name should have."""
    if sign in _FORBIDDEN:
        return "_"
    # Separators of lines, controls, marks that turn the direction of reading, halves of pairs.
    return " " if unicodedata.category(sign)[0] in "CZ" else sign


def kept_files(home: Path, issued: Issued) -> Iterator[Kept]:
    """Yield a statement's files: as issued, as sealed, and the other formats that are there."""
    yield Kept(issued, path_in(home, issued), issued.data.pdf_sha256)
    if issued.seal is not None:
        yield Kept(issued, sealed_path_in(home, issued), issued.seal.sha256)
    for form in FORMATS:
        if form != "pdf" and (path := path_in(home, issued, form)).exists():
            yield Kept(issued, path, None)


def paper_of(home: Path, issued: Issued) -> Kept:
    """Return the file that counts as the paper: the sealed one where there is one."""
    return list(kept_files(home, issued))[issued.seal is not None]


def read_kept(kept: Kept) -> bytes:
    """Return a file's bytes; `TamperedLogError` (`statement_changed`) if they are not as recorded.

    A file with a recorded hash that is missing is told in the same way.
    """
    found = kept.path.read_bytes() if kept.sha256 is None or kept.path.exists() else b""
    if kept.sha256 not in (None, hashlib.sha256(found).hexdigest()):
        raise _changed(kept.path)
    return found


def _changed(path: Path) -> TamperedLogError:
    """Return the error for a file that is not what an event says of it."""
    return TamperedLogError(
        "statement_changed",
        Text(
            f"{path} 不是签发（或盖章）时的文件，或已缺失",
            f"{path} is not the file as issued or sealed, or missing",
        ),
        Text(
            "请查明改动，再从备份恢复该文件；交付目录中的，移走后重新运行",
            "find out who changed it, then restore it from a backup; one that was delivered, move"
            " away and run this again",
        ),
    )


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """Return files by their names as a zip that has the same bytes whenever it is made."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, files[name])
    return made.getvalue()


def render_sums(hashes: Iterable[tuple[str, str]]) -> bytes:
    """Return what `sha256sum -c` reads of (path, SHA-256 in hexadecimal), in the paths' order.

    No path may hold a backslash or a line end, which that program writes otherwise.
    """
    return "".join(f"{sha256}  {path}\n" for path, sha256 in sorted(hashes)).encode()
