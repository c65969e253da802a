"""Signing in: the same answer to every guess, codes that serve once, and waits that end."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Final, Literal

import pytest
from argon2 import PasswordHasher

from ledger.accounts import find_account, set_password
from ledger.errors import LedgerError, RuleViolationError
from portal.accounts import passwords
from portal.accounts.backoff import FREE_OF_ACCOUNT, WAIT_MS_MAX, network_of, wait_ms
from portal.accounts.passwords import is_outdated
from portal.accounts.sign_in import change_password, sign_in
from tests.portal.reception import (
    ANOTHER,
    HERE,
    MINUTE_MS,
    PASSWORD,
    Reception,
    office,
    reception,
)

__all__ = ["office", "reception"]

ELSEWHERE: Final = "198.51.100.1"


def test_an_enterprise_signs_in_by_a_password_alone(reception: Reception) -> None:
    reception.accept(reception.invite("firm-1"))
    signed_in = reception.sign_in("firm-1")
    assert (signed_in.session.person, signed_in.session.state) == ("firm-1", "full")
    assert reception.find(signed_in) == signed_in.session
    assert signed_in.secret not in repr(signed_in.session)


def test_whoever_fails_is_told_the_same(reception: Reception) -> None:
    reception.accept(reception.invite("firm-1"))
    reception.accept(reception.invite("task-2"))
    reception.office.ask("admin-1", "user", "revoke", "task-2", "--role", "task_force")
    told = set()
    for name, password in (
        ("firm-1", ANOTHER),
        ("firm-1", PASSWORD * 20),
        ("firm-1", ""),
        ("stranger-1", PASSWORD),
        ("nobody-1", PASSWORD),
        ("task-2", PASSWORD),
        ("", ""),
        ("no name\0\ud800", PASSWORD + "\0\ud800"),
    ):
        with pytest.raises(RuleViolationError) as refused:
            reception.sign_in(name, password)
        told.add((refused.value.code, str(refused.value)))
    assert len(told) == 1
    assert {code for code, _ in told} == {"wrong_credentials"}


def test_a_password_is_one_however_it_was_composed(reception: Reception) -> None:
    reception.accept(reception.invite("firm-1"), "é" * 5 + "caffè latte corretto")
    reception.sign_in("firm-1", "e\u0301" * 5 + "caffe\u0300 latte corretto")


def test_a_new_session_ends_the_browsers_last_one(reception: Reception) -> None:
    reception.accept(reception.invite("firm-1"))
    first, other = reception.sign_in("firm-1"), reception.sign_in("firm-1")
    said = ("firm-1", PASSWORD, "", HERE, reception.now_ms)
    second = sign_in(reception.shell, *said, previous=first.secret)
    assert second.secret not in {first.secret, other.secret}
    assert [reception.find(one) is None for one in (first, other, second)] == [True, False, False]


def test_a_hash_of_older_parameters_is_made_anew(reception: Reception) -> None:
    reception.accept(reception.invite("firm-1"))
    old = PasswordHasher(time_cost=2, memory_cost=1024, parallelism=1).hash(PASSWORD)
    with reception.shell.writing() as engine, engine.begin() as connection:
        set_password(connection, "firm-1", old, reception.now_ms)
    reception.sign_in("firm-1")
    with reception.shell.reading("keep") as connection:
        account = find_account(connection, "firm-1")
    assert account is not None
    assert not is_outdated(account.password_hash)
    reception.sign_in("firm-1")


def test_a_password_that_was_replaced_while_it_was_looked_at_signs_nobody_in(
    reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    reception.accept(reception.invite("firm-1"))
    reception.now_ms += 1
    link = reception.invite("firm-1")

    class Meanwhile(PasswordHasher):
        """Somebody accepts an invitation while a password is being looked at."""

        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
            reception.accept(link, ANOTHER)
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "HASHER", Meanwhile(1, 1024, 1))
    assert reception.refusal("firm-1") == "wrong_credentials"


# --- codes ---


def test_reviewers_are_asked_for_a_code_that_serves_once(reception: Reception) -> None:
    reception.open("task-1")
    assert reception.refusal("task-1", code="") == "code_required"
    assert reception.refusal("task-1", code="000000") == "wrong_code"
    assert reception.sign_in("task-1").session.state == "full"
    assert reception.refusal("task-1") == "wrong_code"
    before = reception.code("task-1")
    reception.now_ms += MINUTE_MS // 2
    assert reception.refusal("task-1", code=before) == "wrong_code"
    reception.sign_in("task-1")


def test_a_clock_half_a_minute_off_signs_in_and_no_more(reception: Reception) -> None:
    reception.open("task-1")
    code = reception.code("task-1")
    reception.now_ms += MINUTE_MS
    assert reception.refusal("task-1", code=code) == "wrong_code"
    code = reception.code("task-1")
    reception.now_ms += MINUTE_MS // 2
    reception.sign_in("task-1", code=code)


def test_one_code_used_by_many_at_once_signs_in_once(reception: Reception) -> None:
    reception.open("task-1")
    told = at_once(reception, "task-1", PASSWORD, 4)
    assert sorted(told) == ["", "wrong_code", "wrong_code", "wrong_code"]


def test_a_recovery_code_serves_once_however_it_is_typed(reception: Reception) -> None:
    codes = reception.open("task-1").recovery_codes
    reception.sign_in("task-1", code=codes[3].lower().replace("-", " "))
    assert reception.refusal("task-1", code=codes[3]) == "wrong_code"
    reception.sign_in("task-1", code=codes[4])


def test_another_persons_recovery_code_is_none(reception: Reception) -> None:
    codes = reception.open("task-1").recovery_codes
    reception.open("task-2")
    assert reception.refusal("task-2", code=codes[0]) == "wrong_code"


def at_once(reception: Reception, name: str, password: str, count: int) -> list[str]:
    """Return what each of several is told who sign in at the same moment, nothing if he is in."""
    together = Barrier(count)
    code = reception.code(name) if name in reception.apps else ""

    def one(_: int) -> str:
        together.wait()
        try:
            reception.sign_in(name, password, code)
        except LedgerError as error:
            return error.code
        return ""

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


# --- waits ---


def test_waits_double_up_to_a_limit() -> None:
    waits = [wait_ms(failures, 5) for failures in range(5, 17)]
    assert [wait_ms(failures, 5) for failures in range(5)] == [0] * 5
    assert waits[:4] == [1_000, 2_000, 4_000, 8_000]
    assert waits[-2:] == [WAIT_MS_MAX] * 2
    assert wait_ms(10**9, 5) == WAIT_MS_MAX


def test_guessing_is_slowed_down_and_waiting_ends(reception: Reception) -> None:
    reception.accept(reception.invite("firm-1"))
    told = [reception.refusal("firm-1", ANOTHER) for _ in range(FREE_OF_ACCOUNT + 1)]
    assert told == ["wrong_credentials"] * FREE_OF_ACCOUNT + ["throttled"]
    with pytest.raises(RuleViolationError) as refused:
        reception.sign_in("firm-1")
    assert "1 seconds" in refused.value.next_step.en
    reception.now_ms += 1_000
    assert reception.refusal("firm-1", ANOTHER) == "wrong_credentials"
    reception.now_ms += 1_999
    assert reception.refusal("firm-1") == "throttled"
    reception.now_ms += 1
    reception.sign_in("firm-1")
    assert reception.refusal("firm-1", ANOTHER) == "wrong_credentials"
    reception.sign_in("firm-1")


def test_many_guesses_at_once_get_no_further(reception: Reception) -> None:
    reception.accept(reception.invite("firm-1"))
    told = at_once(reception, "firm-1", ANOTHER, FREE_OF_ACCOUNT + 3)
    assert sorted(told) == ["throttled"] * 3 + ["wrong_credentials"] * FREE_OF_ACCOUNT


def test_guessing_from_everywhere_keeps_nobody_out_of_his_own_office(reception: Reception) -> None:
    reception.accept(reception.invite("firm-1"))
    reception.sign_in("firm-1", address=HERE)
    told = [
        reception.refusal("firm-1", ANOTHER, address=f"198.51.100.{number}")
        for number in range(FREE_OF_ACCOUNT + 2)
    ]
    assert told[-2:] == ["throttled"] * 2
    assert reception.refusal("firm-1", address=ELSEWHERE) == "throttled"
    reception.sign_in("firm-1", address=HERE)


def test_an_account_that_is_not_there_is_slowed_down_as_well(reception: Reception) -> None:
    told = [reception.refusal("nobody-1") for _ in range(FREE_OF_ACCOUNT + 1)]
    assert told == ["wrong_credentials"] * FREE_OF_ACCOUNT + ["throttled"]


def test_codes_are_guessed_no_faster(reception: Reception) -> None:
    reception.open("task-1")
    told = [reception.refusal("task-1", code="000000") for _ in range(FREE_OF_ACCOUNT)]
    assert told == ["wrong_code"] * FREE_OF_ACCOUNT
    assert reception.refusal("task-1", code="") == "throttled"
    reception.now_ms += 1_000
    assert reception.refusal("task-1", code="") == "code_required"
    assert reception.refusal("task-1", code="000000") == "wrong_code"
    assert reception.refusal("task-1") == "throttled"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unix", "unix"),
    ],
)
def test_an_address_counts_as_its_customers_network(address: str, network: str) -> None:
    assert network_of(address) == network


# --- another password ---


def test_a_new_password_ends_every_other_session(reception: Reception) -> None:
    reception.accept(reception.invite("firm-1"))
    here, there = reception.sign_in("firm-1"), reception.sign_in("firm-1")
    said = (reception.shell, here.session)
    with pytest.raises(RuleViolationError, match="wrong"):
        change_password(*said, ANOTHER, ANOTHER, HERE, reception.now_ms)
    with pytest.raises(LedgerError, match="characters"):
        change_password(*said, PASSWORD, "short", HERE, reception.now_ms)
    assert reception.find(there) is not None
    reception.now_ms += 1
    new = change_password(*said, PASSWORD, ANOTHER, HERE, reception.now_ms)
    assert [reception.find(one) is None for one in (here, there, new)] == [True, True, False]
    assert new.session.expires_at_ms == here.session.expires_at_ms
    assert reception.refusal("firm-1") == "wrong_credentials"
    reception.sign_in("firm-1", ANOTHER)
