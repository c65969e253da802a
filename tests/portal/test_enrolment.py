"""Setting up a second factor, and what is kept of it."""

import re

import pyotp
import pytest

from ledger.errors import InvalidInputError, RuleViolationError
from portal.accounts.enrolment import (
    begin_enrolment,
    confirm_enrolment,
    recovery_codes_left,
    renew_recovery_codes,
)
from portal.accounts.keys import AccountKeys
from portal.accounts.recovery import CODES
from tests.portal.reception import Reception, office, reception

__all__ = ["office", "reception"]


def test_a_reviewer_sets_a_second_factor_up_before_anything_else(reception: Reception) -> None:
    reception.accept(reception.invite("task-1"))
    first, other = reception.sign_in("task-1"), reception.sign_in("task-1")
    assert first.session.state == "enrolling"
    enrolled = reception.enrol(first)
    assert enrolled.signed_in.session.state == "full"
    assert enrolled.signed_in.session.expires_at_ms == first.session.expires_at_ms
    found = [reception.find(one) is None for one in (first, other, enrolled.signed_in)]
    assert found == [True, True, False]
    assert len(set(enrolled.recovery_codes)) == CODES
    assert recovery_codes_left(reception.shell, enrolled.signed_in.session) == CODES


def test_whoever_needs_none_may_have_one(reception: Reception) -> None:
    reception.open("firm-1")
    assert reception.refusal("firm-1", code="") == "code_required"
    reception.sign_in("firm-1")


def test_the_secret_is_the_same_until_a_code_has_shown_that_it_works(reception: Reception) -> None:
    reception.accept(reception.invite("task-1"))
    session = reception.sign_in("task-1").session
    with pytest.raises(RuleViolationError, match="code"):
        confirm_enrolment(reception.shell, session, "000000", reception.now_ms)
    first, again = (begin_enrolment(reception.shell, session) for _ in range(2))
    assert first == again
    assert pyotp.parse_uri(first.uri).secret == first.secret
    with pytest.raises(RuleViolationError, match="code"):
        confirm_enrolment(reception.shell, session, "000000", reception.now_ms)
    assert reception.sign_in("task-1").session.state == "enrolling"


def test_there_is_no_second_one_beside_it(reception: Reception) -> None:
    session = reception.open("task-1").signed_in.session
    for act in (
        lambda: begin_enrolment(reception.shell, session),
        lambda: confirm_enrolment(reception.shell, session, "000000", reception.now_ms),
    ):
        with pytest.raises(RuleViolationError) as refused:
            act()
        assert refused.value.code == "has_second_factor"


def test_the_code_of_the_enrolment_does_not_sign_in(reception: Reception) -> None:
    reception.accept(reception.invite("task-1"))
    reception.enrol(reception.sign_in("task-1"))
    reception.now_ms -= 60_000
    assert reception.refusal("task-1") == "wrong_code"


def test_new_recovery_codes_take_the_place_of_the_old(reception: Reception) -> None:
    enrolled = reception.open("task-1")
    session = enrolled.signed_in.session
    codes = renew_recovery_codes(reception.shell, session)
    assert reception.refusal("task-1", code=enrolled.recovery_codes[0]) == "wrong_code"
    reception.sign_in("task-1", code=codes[0])
    assert recovery_codes_left(reception.shell, session) == CODES - 1


def test_the_database_alone_gives_no_code_away(reception: Reception) -> None:
    reception.accept(reception.invite("task-1"))
    session = reception.sign_in("task-1").session
    enrolment = begin_enrolment(reception.shell, session)
    reception.enrol(reception.sign_in("task-1"))
    with reception.shell.reading("keep") as connection:
        (row,) = connection.exec_driver_sql("SELECT * FROM account").all()
        assert enrolment.secret not in str(row)
    key = reception.office.folder / "home" / "keys" / "accounts.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.unlink()
    with pytest.raises(InvalidInputError) as refused:
        reception.sign_in("task-1")
    assert refused.value.code == "other_key"


def test_a_sealed_secret_is_one_persons_alone(reception: Reception) -> None:
    keys = AccountKeys(reception.shell.settings.home)
    sealed = keys.seal("a", "secret")
    assert keys.open("a", sealed) == "secret"
    assert keys.seal("a", "secret") != sealed
    for person, changed in (
        ("b", sealed),
        ("a", sealed[:-1] + bytes([sealed[-1] ^ 1])),
        ("a", b""),
    ):
        with pytest.raises(InvalidInputError):
            keys.open(person, changed)


def test_what_is_digested_is_told_apart(reception: Reception) -> None:
    keys = AccountKeys(reception.shell.settings.home)
    made = [("x", "a", "bc"), ("x", "ab", "c"), ("x", "abc"), ("y", "abc"), ("x", "a", "b", "c")]
    assert len({keys.digest(*one) for one in made}) == len(made)


def test_the_qr_code_is_drawn_in_its_square(reception: Reception) -> None:
    reception.accept(reception.invite("task-1"))
    drawing = begin_enrolment(reception.shell, reception.sign_in("task-1").session).qr
    places = [(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", drawing.path)]
    assert len(places) > 400
    assert {4, drawing.size - 5} == {min(x for x, _ in places), max(x for x, _ in places)}
    assert {4, drawing.size - 5} == {min(y for _, y in places), max(y for _, y in places)}
