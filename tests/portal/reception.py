"""The portal's reception without its pages: links, passwords, codes, and a clock that we set."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pyotp
import pytest
from argon2 import PasswordHasher

from ledger.config import Settings
from ledger.errors import LedgerError
from ledger.events import Renewal
from portal.accounts import passwords
from portal.accounts.enrolment import Enrolled, begin_enrolment, confirm_enrolment
from portal.accounts.invitations import Link, accept_invitation, invite
from portal.accounts.sessions import Session, SignedIn, find_session
from portal.accounts.sign_in import sign_in
from portal.acting import Act, at_console
from portal.shell import Shell
from tests.portal.office import Office, office

__all__ = ["office"]

PASSWORD: Final = "七只骆驼走过三座桥，去看海 seven"  # noqa: S105 - a test's
ANOTHER: Final = "一艘蓝船载着两棵梨树顺流而下 pears"
HERE: Final = "192.0.2.7"
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS


class Reception:
    """Whoever comes to an office's portal."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.shell = Shell(Settings.load(), "en", as_json=True)
        self.now_ms = office.at_ms()
        self.apps: dict[str, pyotp.TOTP] = {}

    @contextmanager
    def act(self, person: str) -> Iterator[Act]:
        """Yield an act of somebody, or of the console."""
        with at_console(self.shell, at_ms=self.now_ms) as act:
            act.actor = person or None
            yield act

    def invite(self, person: str, by: str = "", renews: Renewal = "password") -> Link:
        """Return a link that somebody gives a person, or the console."""
        with self.act(by) as act:
            return invite(act, person, renews)

    def accept(self, link: Link, password: str = PASSWORD) -> str:
        """Return whose password it is now."""
        return accept_invitation(self.shell, link.secret, password, self.now_ms)

    def sign_in(
        self, name: str, password: str = PASSWORD, code: str | None = None, address: str = HERE
    ) -> SignedIn:
        """Return somebody's session; the code is that of his app, if he has one."""
        if code is None:
            code = self.code(name) if name in self.apps else ""
        return sign_in(self.shell, name, password, code, address, self.now_ms)

    def refusal(self, name: str, *more: str, **said: str) -> str:
        """Return the code with which somebody is refused."""
        with pytest.raises(LedgerError) as refused:
            self.sign_in(name, *more, **said)
        return refused.value.code

    def find(self, signed_in: SignedIn) -> Session | None:
        """Return the session of what a browser keeps."""
        return find_session(self.shell, signed_in.secret, self.now_ms)

    def code(self, person: str) -> str:
        """Return what somebody's app shows; it shows another one half a minute later."""
        return self.apps[person].at(self.now_ms // 1000)

    def enrol(self, signed_in: SignedIn) -> Enrolled:
        """Return what somebody gets who has set his app up."""
        person = signed_in.session.person
        self.apps[person] = pyotp.TOTP(begin_enrolment(self.shell, signed_in.session).secret)
        enrolled = confirm_enrolment(self.shell, signed_in.session, self.code(person), self.now_ms)
        self.now_ms += MINUTE_MS
        return enrolled

    def open(self, person: str, by: str = "") -> Enrolled:
        """Return what somebody gets who has accepted an invitation and set his app up."""
        self.accept(self.invite(person, by))
        return self.enrol(self.sign_in(person))


@pytest.fixture
def reception(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reception]:
    """Yield the reception of an office where nobody has signed in yet, and hashes are cheap."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 1024, 1))
    made = Reception(office)
    with made.shell.staying_connected():
        yield made
