"""Statements that were issued, superseded and sealed, as events without any file behind them."""

import hashlib

from ledger.codec import Event, encode
from ledger.events import Data, StatementIssued, StatementSealed
from tests.small_ledger import CODE, SALT

ISSUED = {
    "period": "2022-07",
    "sizes": {"usage": 1, "book": 1},
    "renderer": "-",
    "total_fen": 1,
    "values_sha256": "0" * 64,
}


def name(number: int, revision: int = 1) -> str:
    """Return the number of a made-up statement."""
    return f"SQ-C-2022-07-{number:018}-{revision}"


def digest(number: int, revision: int = 1, mark: str = "a") -> str:
    """Return the hash of its file: `a` as issued, others as sealed."""
    return mark + f"{number:055}{revision:08}"


def event(data: Data, subject: str = "") -> Event:
    """Return an event that says something."""
    name = hashlib.sha256(repr(data).encode()).hexdigest()
    return encode("urn:test", name, subject, data, SALT)


def issue(number: int, revision: int = 1, of: str = CODE, **said: object) -> Event:
    """Return that an enterprise's statement was issued; later revisions supplement the first."""
    data = StatementIssued(
        **{**ISSUED, "pdf_sha256": digest(number, revision), **said},  # type: ignore[arg-type]
        statement=name(number, revision),
        kind="compute",
        revision=revision,
        supplements=name(number, 1) if revision > 1 else None,
    )
    return event(data, of)


def seal(number: int, revision: int, mark: str) -> Event:
    """Return that a statement's file was sealed."""
    data = StatementSealed(
        statement=name(number, revision),
        profile="PAdES-B-B",
        sha256=digest(number, revision, mark),
        certificate_sha256="0" * 64,
        signer="CN=x",
        sealed_at="2022-08-01T00:00:00Z",
    )
    return event(data)
