"""An office whose portal knows an identity provider, and whoever goes there and comes back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from ledger.errors import LedgerError
from ledger.events import Renewal
from ledger.sign_on import LinkedSignOn, list_linked
from portal.accounts.provider import Answer
from portal.accounts.sessions import SignedIn
from portal.accounts.sign_on import Arrived, Here, Leaving, come_back, leave, leave_with_invitation
from tests.portal.office import Office, office
from tests.portal.reception import HERE, Reception, reception
from tests.servers.openid import CLIENT, SECRET, OpenId, follow, openid

__all__ = ["office", "reception"]

PORTAL: Final = "http://127.0.0.1:9"
"""Where the provider sends people back to; nothing listens there, as the test looks itself."""

TRUSTED: Final = "urn:example:two-factors"


@pytest.fixture
def provider(office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[OpenId]:
    """Yield a provider that the settings name, on the office's clock."""
    folder = tmp_path / "provider"
    folder.mkdir(mode=0o700)
    secret = folder / "secret"
    secret.touch(mode=0o600)
    secret.write_text(f"{SECRET}\n", "utf-8")
    with openid(lambda: office.at_ms() // 1000) as found:
        for name, value in {
            "PUBLIC_URL": PORTAL,
            "OIDC_ISSUER": found.issuer,
            "OIDC_CLIENT_ID": CLIENT,
            "OIDC_CLIENT_SECRET_FILE": str(secret),
            "OIDC_SECOND_FACTOR": f"mfa {TRUSTED}",
        }.items():
            monkeypatch.setenv(f"SUANQUAN_{name}", value)
        yield found


class Comer:
    """Somebody at a browser that keeps what it is given, without the pages."""

    def __init__(self, reception: Reception, provider: OpenId) -> None:
        self.reception = reception
        self.provider = provider
        self.signed_in: SignedIn | None = None

    def here(self, address: str = HERE) -> Here:
        """Return what the browser comes with."""
        kept = self.signed_in
        now_ms = self.reception.now_ms
        return Here(kept.session if kept else None, kept.secret if kept else None, address, now_ms)

    def leave(self, back: str = "/", address: str = HERE) -> Leaving:
        """Leave for the provider to sign in."""
        return leave(self.reception.shell, back, address, self.reception.now_ms)

    def come(self, leaving: Leaving, answer: Answer | None = None) -> Arrived:
        """Come back from the provider with its answer, or with another one."""
        answer = follow(leaving.address) if answer is None else answer
        arrived = come_back(self.reception.shell, leaving.secret, answer, self.here())
        self.signed_in = arrived.signed_in or self.signed_in
        return arrived

    def sign_on(self) -> Arrived:
        """Sign in by the provider."""
        return self.come(self.leave())

    def accept(self, person: str, by: str = "", renews: Renewal = "password") -> Arrived:
        """Accept an invitation of a person by the identity that the provider gives."""
        secret = self.reception.invite(person, by, renews).secret
        shell, now_ms = self.reception.shell, self.reception.now_ms
        return self.come(leave_with_invitation(shell, secret, HERE, now_ms))

    def refusal(self, leaving: Leaving | None = None, answer: Answer | None = None) -> str:
        """Return the code with which whoever comes back is refused."""
        with pytest.raises(LedgerError) as refused:
            self.come(leaving or self.leave(), answer)
        return refused.value.code

    def linked(self) -> list[LinkedSignOn]:
        """Return whose identities are linked."""
        with self.reception.shell.reading("keep") as connection:
            return list_linked(connection)


@pytest.fixture
def comer(provider: OpenId, reception: Reception) -> Comer:
    """Return somebody who comes to an office whose portal knows a provider."""
    return Comer(reception, provider)
