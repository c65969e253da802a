"""Whether a file is a statement as it was issued: looked up by its hash, never by its name."""

import hashlib
import operator
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.database import Connection
from ledger.events import StatementSealed
from ledger.read import read_heads
from reports.issue import Issued
from reports.register import find_by_file, find_issued

# A number as the title in the PDF's metadata has it: UTF-16BE, whose zero bytes are escaped.
_NUMBER: Final = re.compile(
    rb"SQ-[A-Z]-[0-9]{4}-[0-9]{2}-[0-9A-Za-z][0-9A-Za-z._-]{0,63}-[1-9][0-9]{0,8}"
)
_OF_ENTERPRISE: Final = re.compile(r"SQ-[A-Z]-[0-9]{4}-[0-9]{2}-([0-9A-Z]{18})-[1-9][0-9]{0,8}")


ALIKE_BYTES_MAX: Final = 256
"""More bytes than a number and an amount have; two statements differ in thousands."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What the ledger knows of a file: the statement that it is, the one that it claims to be.

    `issued` is None for bytes that were never issued; `claimed` is then the issued statement whose
    number the file bears, or whose file it is but for some bytes, None where it is like none.
    `seal` is what the book says of the seal where the file is the sealed one. `superseded_by` is
    the latest statement for the same period, None where that is this one.
    """

    sha256: str
    number: str | None
    issued: Issued | None
    seal: StatementSealed | None
    claimed: Issued | None
    superseded_by: Issued | None


def verify(connection: Connection, pdf: bytes) -> Verified:
    """Return what the book says of a file."""
    sha256 = hashlib.sha256(pdf).hexdigest()
    number = read_number(pdf)
    size = read_heads(connection)["book"].size
    found = find_by_file(connection, sha256, size)
    if found is not None:
        issued = found.issued
        seal = issued.seal if issued.data.pdf_sha256 != sha256 else None
        return Verified(sha256, number, issued, seal, None, found.superseded_by)
    claimed = find_issued(connection, number, size) if number else None
    if claimed is None:
        return Verified(sha256, number, None, None, None, None)
    return Verified(sha256, number, None, None, claimed.issued, claimed.superseded_by)


def find_latest(statements: Sequence[Issued]) -> dict[str, Issued]:
    """Return the latest statement for its period by the number of each that was superseded."""
    latest = {one.series: one for one in statements}
    return {
        one.data.statement: latest[one.series]
        for one in statements
        if one.data.statement != latest[one.series].data.statement
    }


def find_alike(connection: Connection, pdf: bytes, home: Path) -> Verified | None:
    """Return what the book says of the statement of whose kept file a file has nearly all bytes.

    So what was changed in the number itself is traced to the statement that it was made from. None
    where the home keeps no such file. Every kept file of the same length is read.
    """
    found: list[tuple[int, str]] = []
    for path in sorted((home / "statements").rglob("*.pdf")):
        if path.stat().st_size == len(pdf):
            differing = sum(map(operator.ne, path.read_bytes(), pdf))
            if differing <= ALIKE_BYTES_MAX:
                name = path.name.removesuffix(".pdf").removesuffix(".sealed")
                found.append((differing, name))
    size = read_heads(connection)["book"].size
    claimed = find_issued(connection, min(found)[1], size) if found else None
    if claimed is None:
        return None
    sha256, number = hashlib.sha256(pdf).hexdigest(), read_number(pdf)
    return Verified(sha256, number, None, None, claimed.issued, claimed.superseded_by)


def enterprise_of(number: str) -> str:
    """Return the credit code in a statement's number, empty for what is no number."""
    found = _OF_ENTERPRISE.fullmatch(number)
    return found[1] if found else ""


def read_number(pdf: bytes) -> str | None:
    """Return the statement's number that a PDF bears in its metadata, None where it bears none.

    The first one found: whatever else a file says does not make it a statement, its hash does.
    """
    found = _NUMBER.search(pdf.replace(rb"\000", b"").replace(b"\0", b""))
    return None if found is None else found[0].decode()
