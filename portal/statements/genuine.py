"""Whether a file is a statement of ours, as anybody is told who has the file or its hash.

A number names an enterprise by its credit code and can be guessed, so a number alone is answered
with nothing: neither that there is such a statement nor that there is none. A hash can be known
only from the file; whoever has that reads there whatever is told here.
"""

import re
from typing import Final, Literal, NamedTuple

from ledger.database import Connection
from ledger.errors import InvalidInputError
from ledger.read import read_heads
from ledger.text import Text
from reports.issue import Issued
from reports.kinds import FORMS
from reports.register import find_by_file

Verdict = Literal["latest", "superseded", "unknown"]

NUMBER_LENGTH_MAX: Final = 100
"""A statement's number is shorter; nothing longer is shown again on a page."""

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_BETWEEN: Final = re.compile(r"[\s:]+")


class Genuine(NamedTuple):
    """The answer on a file: `issued` is None where it is none of ours.

    `is_sealed` where it is the sealed file, `is_other` where its number is another one than asked.
    """

    verdict: Verdict
    sha256: str
    issued: Issued | None = None
    is_sealed: bool = False
    is_other: bool = False
    superseded_by: str | None = None

    @property
    def title(self) -> Text:
        """Return what kind of statement it is."""
        assert self.issued is not None
        return FORMS[self.issued.data.kind].title


def judge_file(connection: Connection, sha256: str, number: str = "") -> Genuine:
    """Return what is told of a file by its hash; `number` is the one that it is said to bear.

    Raises `InvalidInputError` (`bad_hash`) for what is no SHA-256.
    """
    digest = read_hash(sha256)
    found = find_by_file(connection, digest, read_heads(connection)["book"].size)
    if found is None:
        return Genuine("unknown", digest)
    issued, later = found.issued, found.superseded_by
    return Genuine(
        "latest" if later is None else "superseded",
        digest,
        issued,
        is_sealed=issued.data.pdf_sha256 != digest,
        is_other=number not in {"", issued.data.statement},
        superseded_by=later.data.statement if later else None,
    )


def read_hash(typed: str) -> str:
    """Return a SHA-256 as the tools of every system print it: in capitals, in groups."""
    digest = _BETWEEN.sub("", typed).lower()
    if _SHA256.fullmatch(digest) is None:
        raise InvalidInputError(
            "bad_hash",
            Text("这不是一个 SHA-256 哈希值", "this is no SHA-256"),
            Text(
                "应为 64 位的数字和字母 a 至 f，请完整复制",
                "it has 64 digits and letters from a to f: copy all of it",
            ),
        )
    return digest
