"""One request's visitor: who, in which language, with which roles."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Protocol, Self

from litestar.di import NamedDependency

from ledger.events import Role
from ledger.period import day_of
from ledger.rights import Rights
from ledger.roster import Roster
from ledger.text import Language, Text
from portal.accounts.sessions import State
from portal.shell import Shell
from portal.web.figures import days_in


class SignedIn(Protocol):
    """Somebody who is known: by a session of the browser's, or by a token."""

    @property
    def person(self) -> str:
        """Return who it is."""

    @property
    def state(self) -> State:
        """Return whether all is open to him, or what is left to set up."""

    @property
    def rights(self) -> Roster:
        """Return what he may do."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Whoever asks for a page.

    `shell` acts as this person and speaks his language. `session` is a token's holder for a program
    and None for the public, whose `rights` are nobody's. `path` is the address within the site,
    with its query; `enterprise` the one that the page is about, empty where it is about none.
    `token` gives what forms carry. Only a page asks for it: a stranger's browser has to keep a
    number for it, and an answer that caches keep may give nobody one.
    """

    shell: Shell
    session: SignedIn | None
    rights: Rights
    path: str
    at_ms: int
    request_id: str
    enterprise: str = ""
    token: Callable[[], str] = field(default=str, repr=False)

    def with_token(self, token: Callable[[], str]) -> Self:
        """Return the visit with what gives the token of its forms."""
        return replace(self, token=token)

    @property
    def csrf(self) -> str:
        """Return the token that the forms of this visit carry."""
        return self.token()

    def about(self, enterprise: str) -> Self:
        """Return the visit of a page whose address does not say which enterprise it is about."""
        return replace(self, enterprise=enterprise)

    @property
    def person(self) -> str:
        """Return the visitor's name, empty for the public."""
        return self.session.person if self.session else ""

    @property
    def language(self) -> Language:
        """Return the language of the page."""
        return self.shell.language

    @property
    def today(self) -> date:
        """Return the centre's day of the visit."""
        return date.fromisoformat(day_of(self.at_ms))

    def say(self, text: Text) -> str:
        """Return a sentence in the visitor's language, with days as that writes them."""
        return days_in(text.render(self.language), self.language)

    def has(self, *roles: Role) -> bool:
        """Return whether the visitor holds one of the roles."""
        return self.rights.has(self.person, *roles)

    def acts_for(self, enterprise: str) -> bool:
        """Return whether the visitor acts for an enterprise."""
        return self.rights.acts_for(self.person, enterprise)

    @property
    def roles(self) -> list[Role]:
        """Return the visitor's roles, in order."""
        return sorted({grant.role for grant in self.rights.grants.get(self.person, ())})

    @property
    def enterprises(self) -> list[str]:
        """Return the enterprises that the visitor acts for, in order."""
        grants: set[Any] = self.rights.grants.get(self.person, set())
        return sorted(one.scope for one in grants if one.role == "enterprise" and one.scope)

    @property
    def acting_for(self) -> str:
        """Return the enterprise for which the visitor acts on this page, empty for none.

        The page says so; on one that is about none of his own it is his only one.
        """
        if self.enterprise and self.acts_for(self.enterprise):
            return self.enterprise
        return self.enterprises[0] if len(self.enterprises) == 1 else ""


Visitor = NamedDependency[Visit]
"""What a handler asks for to be told who asks: `def handler(visit: Visitor)`."""
