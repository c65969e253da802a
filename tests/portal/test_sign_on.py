"""Signing in by an identity provider over HTTP: whose account it is, and how one is refused."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest
from joserfc.jwk import ECKey, RSAKey

from ledger.errors import LedgerError
from portal.accounts.backoff import FREE_OF_ADDRESS
from portal.accounts.sign_on import (
    Arrived,
    awaits_code,
    come_back,
    give_code,
    leave_to_link,
    unlink,
)
from tests.portal.lobby import on_sqlite
from tests.portal.reception import (
    ANOTHER,
    HERE,
    MINUTE_MS,
    PASSWORD,
    Reception,
    office,
    reception,
)
from tests.portal.sign_ons import TRUSTED, Comer, comer, provider
from tests.servers.openid import CLIENT, OpenId, follow, signed_by_public_key, unsigned

__all__ = ["comer", "office", "provider", "reception"]

NEW_KEY: Final = ECKey.generate_key("P-256", {"kid": "second"})


def link(comer: Comer, password: str = PASSWORD) -> Arrived:
    """Link the provider's identity to the account of whoever has signed in."""
    assert comer.signed_in is not None
    shell, now_ms = comer.reception.shell, comer.reception.now_ms
    return comer.come(leave_to_link(shell, comer.signed_in.session, password, HERE, now_ms))


def take_away(reception: Reception, by: str, person: str) -> int:
    """Return how many identities of a person somebody takes away."""
    with reception.act(by) as act:
        return unlink(act, person)


def refused(code: str, do: Callable[..., object], *said: object) -> None:
    """Hold that something is refused with a code."""
    with pytest.raises(LedgerError) as error:
        do(*said)
    assert error.value.code == code


# --- whose account an identity is ---


def test_whoever_is_invited_opens_an_account_by_an_identity(comer: Comer) -> None:
    arrived = comer.accept("firm-1")
    assert arrived.signed_in is not None
    session = arrived.signed_in.session
    assert (session.person, session.state, arrived.back) == ("firm-1", "full", "/account")
    (linked,) = comer.linked()
    assert (linked.person, linked.subject) == ("firm-1", comer.provider.subject)
    assert comer.reception.refusal("firm-1") == "wrong_credentials"
    assert comer.reception.refusal("firm-1", "") == "wrong_credentials"
    again = comer.sign_on().signed_in
    assert again is not None
    assert again.session.person == "firm-1"
    assert again.secret != arrived.signed_in.secret
    assert comer.reception.find(arrived.signed_in) is None, "the browser's previous session"


def test_an_account_is_linked_by_its_password(comer: Comer) -> None:
    comer.reception.accept(comer.reception.invite("firm-1"))
    comer.signed_in = comer.reception.sign_in("firm-1")
    with pytest.raises(LedgerError) as wrong:
        link(comer, ANOTHER)
    assert wrong.value.code == "wrong_credentials"
    assert link(comer) == Arrived("/account")
    refused("has_sign_on", link, comer)
    assert comer.reception.find(comer.signed_in) is not None
    comer.signed_in = None
    arrived = comer.sign_on().signed_in
    assert arrived is not None
    assert arrived.session.person == "firm-1"
    comer.reception.sign_in("firm-1")


def test_whose_identity_is_linked_shows_it_anew(comer: Comer) -> None:
    comer.accept("firm-1")
    comer.sign_on()
    assert comer.provider.prompts == ["login", None]


def test_an_identity_that_nobody_linked_gets_no_account(comer: Comer) -> None:
    comer.provider.said = {"email": "firm-1@example.cn", "preferred_username": "firm-1"}
    comer.reception.accept(comer.reception.invite("firm-1"))
    assert comer.refusal() == "unknown_sign_on"
    comer.accept("stranger-1")
    comer.provider.subject = "somebody else"
    assert comer.refusal() == "unknown_sign_on"


def test_an_identity_is_one_accounts_and_an_invitation_is_kept(comer: Comer) -> None:
    comer.accept("firm-1")
    with pytest.raises(LedgerError) as taken:
        comer.accept("stranger-1")
    assert taken.value.code == "taken_sign_on"
    assert [one.person for one in comer.linked()] == ["firm-1"]
    comer.provider.subject = "another"
    comer.accept("stranger-1")
    assert [one.person for one in comer.linked()] == ["firm-1", "stranger-1"]


def test_an_invitation_leaves_no_way_in_of_before(comer: Comer) -> None:
    reception = comer.reception
    reception.accept(reception.invite("firm-1"))
    comer.accept("firm-1")
    assert reception.refusal("firm-1") == "wrong_credentials"
    reception.accept(reception.invite("firm-1"), ANOTHER)
    assert comer.linked() == []
    assert comer.refusal() == "unknown_sign_on"
    reception.sign_in("firm-1", ANOTHER)


def test_whoever_lost_his_last_role_does_not_come_in(comer: Comer) -> None:
    comer.accept("firm-1")
    roles = comer.reception.office.ask("admin-1", "user", "list")["rows"]
    (grant,) = next(one["roles"] for one in roles if one["name"] == "firm-1")
    scope = ("--role", "enterprise", "--enterprise", grant["scope"])
    comer.reception.office.ask("admin-1", "user", "revoke", "firm-1", *scope)
    assert comer.refusal() == "unknown_sign_on"


def test_a_link_is_taken_away_by_its_owner_or_by_an_administrator(comer: Comer) -> None:
    reception = comer.reception
    arrived = comer.accept("firm-1").signed_in
    assert arrived is not None
    refused("not_allowed", take_away, reception, "stranger-1", "firm-1")
    refused("not_allowed", take_away, reception, "firm-1", "firm-1")
    assert reception.find(arrived) is not None
    assert take_away(reception, "admin-1", "firm-1") == 1
    assert reception.find(arrived) is None
    assert comer.refusal() == "unknown_sign_on"
    reception.accept(reception.invite("firm-1"))
    comer.signed_in = reception.sign_in("firm-1")
    link(comer)
    assert take_away(reception, "firm-1", "firm-1") == 1
    assert reception.find(comer.signed_in) is None


# --- second factors ---


def test_an_official_sets_a_code_up_here_and_gives_it(comer: Comer) -> None:
    reception = comer.reception
    arrived = comer.accept("task-1").signed_in
    assert arrived is not None
    assert arrived.session.state == "enrolling"
    reception.enrol(arrived)
    comer.signed_in = None
    waiting = comer.sign_on()
    assert waiting.signed_in is None
    assert waiting.code_secret is not None
    assert awaits_code(reception.shell, waiting.code_secret, reception.now_ms) == "task-1"
    said = (give_code, reception.shell, waiting.code_secret)
    refused("wrong_code", *said, "000000", comer.here())
    done = give_code(reception.shell, waiting.code_secret, reception.code("task-1"), comer.here())
    assert done.signed_in is not None
    assert (done.signed_in.session.person, done.signed_in.session.state) == ("task-1", "full")
    reception.now_ms += MINUTE_MS
    refused("stale_sign_on", *said, reception.code("task-1"), comer.here())


def test_codes_are_guessed_no_faster_than_passwords(comer: Comer) -> None:
    comer.reception.enrol(comer.accept("task-1").signed_in)  # type: ignore[arg-type]
    waiting = comer.sign_on().code_secret
    assert waiting is not None
    codes = []
    for _ in range(7):
        with pytest.raises(LedgerError) as wrong:
            give_code(comer.reception.shell, waiting, "000000", comer.here())
        codes.append(wrong.value.code)
    assert codes == ["wrong_code"] * 5 + ["throttled"] * 2


@pytest.mark.parametrize("said", [{"amr": ["pwd", "mfa"]}, {"acr": TRUSTED}])
def test_a_provider_that_is_believed_has_seen_the_second_factor(
    comer: Comer, said: dict[str, Any]
) -> None:
    comer.provider.said = said
    arrived = comer.accept("task-1").signed_in
    assert arrived is not None
    assert (arrived.session.state, arrived.session.has_second_factor) == ("full", False)
    found = comer.reception.find(arrived)
    assert found is not None
    assert found.vouched_by == comer.provider.issuer
    comer.provider.said = {"amr": "mfa", "acr": f"{TRUSTED} "}
    again = comer.sign_on().signed_in
    assert again is not None
    assert again.session.state == "enrolling"


def test_a_link_that_is_taken_away_ends_what_waits_for_a_code(comer: Comer) -> None:
    comer.reception.enrol(comer.accept("task-1").signed_in)  # type: ignore[arg-type]
    waiting = comer.sign_on().code_secret
    assert waiting is not None
    take_away(comer.reception, "admin-1", "task-1")
    code = comer.reception.code("task-1")
    refused("stale_sign_on", give_code, comer.reception.shell, waiting, code, comer.here())


# --- what a browser brings back ---


def test_nobody_comes_back_with_anothers_answer(comer: Comer) -> None:
    comer.accept("firm-1")
    mine, others = comer.leave(), comer.leave()
    stolen = follow(others.address)
    assert comer.refusal(mine, stolen) == "stale_sign_on"
    assert comer.refusal(mine, stolen._replace(state="")) == "stale_sign_on"
    assert comer.refusal(mine, stolen._replace(state="é\ud800")) == "stale_sign_on"
    refused("stale_sign_on", come_back, comer.reception.shell, "", stolen, comer.here())
    # What was refused by its state alone has used nothing up.
    assert comer.come(mine).signed_in is not None
    assert comer.come(others, stolen).signed_in is not None


def test_a_code_of_another_sign_in_serves_nobody(comer: Comer) -> None:
    comer.accept("firm-1")
    mine, others = comer.leave(), comer.leave()
    stolen = follow(others.address)
    injected = follow(mine.address)._replace(code=stolen.code)
    assert comer.refusal(mine, injected) == "provider_refused", "PKCE"


def test_an_answer_serves_once(comer: Comer) -> None:
    comer.accept("firm-1")
    leaving = comer.leave()
    answer = follow(leaving.address)
    asked = comer.provider.asked["token"]
    with ThreadPoolExecutor(4) as threads:
        tried = [threads.submit(comer.come, leaving, answer) for _ in range(4)]
        found = [one.exception() for one in tried]
    assert [one.code for one in found if isinstance(one, LedgerError)] == ["stale_sign_on"] * 3
    assert comer.provider.asked["token"] == asked + 1


def test_whoever_is_away_for_long_begins_anew(comer: Comer) -> None:
    comer.accept("firm-1")
    leaving = comer.leave()
    comer.reception.now_ms += 10 * MINUTE_MS
    assert comer.refusal(leaving) == "stale_sign_on"


def test_a_link_is_made_in_the_session_that_asked_for_it(comer: Comer) -> None:
    reception = comer.reception
    for person in ("firm-1", "stranger-1"):
        reception.accept(reception.invite(person))
    mine = reception.sign_in("firm-1")
    now_ms = reception.now_ms
    leaving = leave_to_link(reception.shell, mine.session, PASSWORD, HERE, now_ms)
    comer.signed_in = reception.sign_in("stranger-1")
    assert comer.refusal(leaving) == "stale_sign_on"
    leaving = leave_to_link(reception.shell, mine.session, PASSWORD, HERE, now_ms)
    comer.signed_in = None
    assert comer.refusal(leaving) == "stale_sign_on"
    assert comer.linked() == []


@on_sqlite
@pytest.mark.parametrize(
    ("brought", "code"),
    [
        ({"iss": "https://other.example"}, "bad_identity"),
        ({"iss": None}, "bad_identity"),
        ({"iss": ""}, "bad_identity"),
        ({"code": None, "error": "access_denied"}, "provider_refused"),
        ({"code": None}, "provider_refused"),
        ({"code": "guessed"}, "provider_refused"),
    ],
)
def test_an_answer_is_of_the_issuer_and_has_its_code(
    comer: Comer, brought: dict[str, str | None], code: str
) -> None:
    comer.accept("firm-1")
    comer.provider.brought = brought
    assert comer.refusal() == code


# --- what an ID token says ---

Spoil = Callable[[OpenId], None]


def _says(**said: Any) -> Spoil:  # noqa: ANN401 - a claim
    return lambda provider: provider.said.update(said)


def _by_public_key(form: str) -> Spoil:
    def spoil(provider: OpenId) -> None:
        provider.forge = signed_by_public_key(provider.key, form)

    return spoil


def _unsigned(provider: OpenId) -> None:
    provider.forge = unsigned


def _unpublished(provider: OpenId) -> None:
    provider.key = RSAKey.generate_key(2048, {"kid": "first"})


def _stripped(provider: OpenId) -> None:
    provider.forge = lambda claims: provider.sign(claims).rpartition(".")[0] + "."


ATTACKS: Final[dict[str, Spoil]] = {
    "another nonce": _says(nonce="0" * 64),
    "no nonce": _says(nonce=None),
    "another audience": _says(aud="another client"),
    "no audience": _says(aud=None),
    "several audiences": _says(aud=[CLIENT, "another client"]),
    "another party": _says(aud=[CLIENT, "another client"], azp="another client"),
    "another party alone": _says(azp="another client"),
    "another issuer": _says(iss="https://other.example"),
    "no issuer": _says(iss=None),
    "no end": _says(exp=None),
    "an end that is none": _says(exp="later"),
    "expired": _says(exp=1_600_000_000),
    "not yet": _says(nbf=4_000_000_000),
    "of the future": _says(iat=4_000_000_000),
    "no subject": _says(sub=None),
    "an empty subject": _says(sub=""),
    "a long subject": _says(sub="x" * 256),
    "a subject of numbers": _says(sub=7),
    "a subject that breaks lines": _says(sub="firm\n1"),
    "none": _unsigned,
    "HS256 by the public key": _by_public_key("pem"),
    "HS256 by the public key in DER": _by_public_key("der"),
    "a key of the same name": _unpublished,
    "no signature": _stripped,
    "no token": lambda provider: setattr(provider, "forge", lambda _: "no.token"),
    "an empty token": lambda provider: setattr(provider, "forge", lambda _: ""),
}


@on_sqlite
def test_a_token_that_is_wrong_in_one_thing_is_nobodys(comer: Comer) -> None:
    comer.accept("firm-1")
    key, subject = comer.provider.key, comer.provider.subject
    for name, spoil in ATTACKS.items():
        spoil(comer.provider)
        assert comer.refusal() == "bad_identity", name
        comer.provider.said, comer.provider.forge, comer.provider.key = {}, None, key
        assert comer.sign_on().signed_in is not None, name
    assert [one.subject for one in comer.linked()] == [subject]


@on_sqlite
def test_several_audiences_are_right_where_the_token_is_given_to_us(comer: Comer) -> None:
    comer.accept("firm-1")
    comer.provider.said = {"aud": [CLIENT, "another client"], "azp": CLIENT}
    assert comer.sign_on().signed_in is not None
    comer.provider.said = {"aud": [CLIENT]}
    assert comer.sign_on().signed_in is not None


# --- how often ---


def test_whoever_leaves_and_never_comes_back_waits(comer: Comer) -> None:
    comer.accept("firm-1")
    for _ in range(FREE_OF_ADDRESS):
        last = comer.leave()
    refused("throttled", comer.leave)
    comer.leave(address="198.51.100.7")
    assert comer.come(last).signed_in is not None
    comer.leave()
