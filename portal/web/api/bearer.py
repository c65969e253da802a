"""Who asks through the interface: the holder of the token in `Authorization: Bearer` (RFC 6750)."""

from dataclasses import dataclass
from typing import Final, Literal

from ledger.erasable import read_holder
from ledger.events import Scope
from ledger.read import read_heads
from ledger.roster import Roster
from portal.acting import require_exchanged
from portal.shell import Shell

SCHEME: Final = "bearer "

UNNAMED: Final[tuple[Scope, ...]] = ("read",)
"""What a token reaches that names no scope: to do more, a program has to be given more."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """The holder of a valid token, as a session: what it is limited to, and until when it counts.

    `rights` are his alone. A token that names no scope is for commands, and here it only reads.
    """

    person: str
    rights: Roster
    scopes: tuple[Scope, ...]
    expires_at: str
    state: Literal["full"] = "full"


def token_in(authorization: str) -> str:
    """Return the token of a header, empty where it has none of this scheme."""
    is_bearer = authorization[: len(SCHEME)].lower() == SCHEME
    return authorization[len(SCHEME) :].strip() if is_bearer else ""


def find_bearer(shell: Shell, token: str, at_ms: int) -> Bearer:
    """Return a token's holder, with what he may do.

    Raises `RuleViolationError`: `unknown_token`, `expired_token`, `exchange_token`.
    """
    with shell.reading() as connection:
        roster = read_holder(connection, token, read_heads(connection)["book"].size)
    issued = roster.holder(token, at_ms)
    require_exchanged(issued)
    return Bearer(issued.person, roster, issued.scopes or UNNAMED, issued.expires_at)
