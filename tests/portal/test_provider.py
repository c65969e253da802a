"""An identity provider over HTTP: how it is found, how often it is asked, and when it is away."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from joserfc.jwk import ECKey, RSAKey

from ledger.config import Settings
from ledger.errors import LedgerError
from ledger.text import Text
from portal.accounts.provider import (
    AWAY_S,
    BODY_MAX,
    FRESH_S,
    KEYS_EVERY_S,
    WITHIN_S,
    Identity,
    Provider,
    Ticket,
    provider_of,
)
from portal.accounts.provider_settings import ProviderSettings, is_secure, label_of, read_provider
from tests.servers.kafka import free_ports
from tests.servers.openid import CLIENT, SECRET, OpenId, follow, openid

NOW_S: Final = 1_700_000_000
TICKET: Final = Ticket("s" * 64, "n" * 64, "v" * 64)


class Clock:
    """A clock that we set."""

    def __init__(self) -> None:
        self.at_s = 1_000.0

    def __call__(self) -> float:
        """Return what it shows."""
        return self.at_s


class Client:
    """The portal's side, without the portal."""

    def __init__(self, issuer: str, secret: str = SECRET) -> None:
        self.clock = Clock()
        told = Text("认证平台", "the provider")
        settings = ProviderSettings(
            issuer, CLIENT, secret, told, frozenset(), "http://127.0.0.1:9/sign-in/return"
        )
        self.provider = Provider(settings, self.clock)

    def identify(self) -> Identity:
        """Return whom the provider says that somebody is."""
        answer = follow(self.provider.address(TICKET, anew=False))
        return self.provider.identify(answer, TICKET, NOW_S * 1000)

    def refusal(self) -> str:
        """Return the code of what goes wrong."""
        with pytest.raises(LedgerError) as refused:
            self.identify()
        return refused.value.code


@pytest.fixture
def found() -> Iterator[OpenId]:
    """Yield a provider."""
    with openid(lambda: NOW_S) as made:
        yield made


@pytest.fixture
def client(found: OpenId) -> Client:
    """Return a client of it."""
    return Client(found.issuer)


def test_a_provider_is_asked_once_for_what_does_not_change(found: OpenId, client: Client) -> None:
    for _ in range(3):
        assert client.identify() == Identity(found.issuer, found.subject, is_vouched=False)
    assert (found.asked["openid-configuration"], found.asked["keys"]) == (1, 1)
    client.clock.at_s += FRESH_S + 1
    client.identify()
    assert (found.asked["openid-configuration"], found.asked["keys"]) == (2, 2)


@pytest.mark.parametrize("kind", ["RSA", "EC"])
def test_a_new_key_is_fetched_when_a_token_names_it(
    found: OpenId, client: Client, kind: str
) -> None:
    client.identify()
    client.clock.at_s += KEYS_EVERY_S + 1
    rsa = RSAKey.generate_key(2048, {"kid": "second"})
    found.rotate(rsa if kind == "RSA" else ECKey.generate_key("P-256", {"kid": "second"}))
    client.identify()
    assert found.asked["keys"] == 2


def test_tokens_of_unknown_keys_have_nobody_asked_again_and_again(
    found: OpenId, client: Client
) -> None:
    client.identify()
    client.clock.at_s += KEYS_EVERY_S + 1
    found.key = RSAKey.generate_key(2048, {"kid": "of nobody"})
    assert {client.refusal() for _ in range(3)} == {"bad_identity"}
    assert found.asked["keys"] == 2


def test_a_key_that_was_taken_away_counts_for_ten_minutes_at_most(
    found: OpenId, client: Client
) -> None:
    client.identify()
    found.published = [RSAKey.generate_key(2048, {"kid": "second"})]
    client.clock.at_s += FRESH_S + 1
    assert client.refusal() == "bad_identity"


def test_keys_that_we_cannot_use_stand_beside_those_that_we_can(
    found: OpenId, client: Client
) -> None:
    found.published = [ECKey.generate_key("P-384", {"kid": "other", "use": "enc"}), found.key]
    assert client.identify().subject == found.subject


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://other.example"},
        {"issuer": None},
        {"token_endpoint": "http://provider.example/token"},
        {"jwks_uri": "http://provider.example/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://user@provider.example/authorize"},
        {"jwks_uri": 7},
        {"more": "x" * BODY_MAX},
    ],
)
def test_a_provider_that_is_not_described_as_it_should_be_is_not_asked(
    found: OpenId, client: Client, described: dict[str, Any]
) -> None:
    found.described = described
    assert client.refusal() == "provider_away"
    assert found.asked["token"] == 0


@pytest.mark.parametrize("status", [302, 401, 404, 500])
def test_whoever_answers_otherwise_is_away(found: OpenId, client: Client, status: int) -> None:
    found.status = status
    assert client.refusal() == "provider_away"


def test_nobody_waits_for_a_provider_that_was_away_just_now(found: OpenId) -> None:
    client = Client(f"http://127.0.0.1:{free_ports(1)[0]}")
    assert client.refusal() == "provider_away"
    client.provider.settings = client.provider.settings._replace(issuer=found.issuer)
    assert client.refusal() == "provider_away"
    assert not found.asked
    client.clock.at_s += AWAY_S
    assert client.identify().subject == found.subject


def test_an_answer_that_takes_too_long_is_none(found: OpenId) -> None:
    client = Client(found.issuer)
    ticks = iter(range(0, 10_000, WITHIN_S + 1))
    client.provider = Provider(client.provider.settings, lambda: float(next(ticks)))
    assert client.refusal() == "provider_away"


@pytest.mark.parametrize("secret", ["another", ""])
def test_whoever_is_not_known_there_is_refused(found: OpenId, secret: str) -> None:
    assert Client(found.issuer, secret).refusal() == "provider_refused"


@pytest.mark.parametrize("methods", [["client_secret_post"], ["client_secret_basic", "none"]])
def test_the_secret_is_shown_as_the_provider_wants_it(
    found: OpenId, client: Client, methods: list[str]
) -> None:
    found.described = {"token_endpoint_auth_methods_supported": methods}
    client.identify()
    assert found.shown == [methods[0]]


# --- settings ---


@pytest.mark.parametrize(
    ("address", "right"),
    [
        ("https://sso.example.gov.cn", True),
        ("https://sso.example.gov.cn/realms/city", True),
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:8080", True),
        ("http://localhost", True),
        ("http://sso.example.gov.cn", False),
        ("http://127.0.0.1.example.cn", False),
        ("http://localhost.example.cn", False),
        ("https://", False),
        ("https://a@sso.example.gov.cn", False),
        ("https://sso.example.gov.cn#x", False),
        ("https://sso.example.gov.cn:x", False),
        ("https://sso.example.gov.cn/\n", False),
        ("javascript:alert(1)", False),
        ("", False),
    ],
)
def test_nothing_goes_over_the_network_in_the_clear(address: str, right: bool) -> None:  # noqa: FBT001 - a table's
    assert is_secure(address) == right


def test_settings_are_looked_at_before_anybody_is_sent_away(tmp_path: Path) -> None:
    off = Settings.of_home(tmp_path)
    assert read_provider(off) is None
    assert label_of(off) is None
    with pytest.raises(LedgerError) as none:
        provider_of(off)
    assert none.value.code == "unknown_provider"
    right = replace(
        off,
        oidc_issuer="https://sso.example.gov.cn",
        oidc_client_id="suanquan",
        public_url="https://suanquan.example.gov.cn",
    )
    assert provider_of(right) is provider_of(replace(right))
    for wrong in (
        {"oidc_issuer": "http://sso.example.gov.cn"},
        {"oidc_client_id": ""},
        {"public_url": ""},
        {"public_url": "http://suanquan.example.gov.cn"},
    ):
        with pytest.raises(LedgerError) as refused:
            read_provider(replace(right, **wrong))  # type: ignore[arg-type]
        assert refused.value.code == "bad_setting", wrong


def test_the_provider_is_called_what_people_call_it(tmp_path: Path) -> None:
    on = replace(Settings.of_home(tmp_path), oidc_issuer="https://sso.example.gov.cn")
    assert label_of(on) == Text("统一身份认证", "single sign-on")
    assert label_of(replace(on, oidc_label_zh="鄂汇办")) == Text("鄂汇办", "鄂汇办")
    both = replace(on, oidc_label_zh="鄂汇办", oidc_label_en="Ehuiban")
    assert label_of(both) == Text("鄂汇办", "Ehuiban")


def test_a_secret_is_read_from_a_file_that_nobody_else_reads(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("hush\n", "utf-8")
    tmp_path.chmod(0o700)
    settings = replace(
        Settings.of_home(tmp_path),
        oidc_issuer="https://sso.example.gov.cn",
        oidc_client_id="suanquan",
        oidc_client_secret_file=str(file),
        public_url="https://suanquan.example.gov.cn",
    )
    file.chmod(0o644)
    with pytest.raises(LedgerError) as opened:
        read_provider(settings)
    assert opened.value.code == "open_key"
    file.chmod(0o600)
    read = read_provider(settings)
    assert read is not None
    assert (read.client_secret, "hush" in repr(read)) == ("hush", False)
    file.write_text("\n", "utf-8")
    with pytest.raises(LedgerError) as empty:
        read_provider(settings)
    assert empty.value.code == "bad_setting"
