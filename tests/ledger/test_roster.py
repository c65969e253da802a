"""Who may do what: a small table of acts, each allowed or refused for the reason given."""

import pytest

from ledger.codec import encode
from ledger.errors import InvalidInputError, RuleViolationError
from ledger.events import (
    AccountInvited,
    AccountOpened,
    AdoptedVersion,
    CalendarAdopted,
    ContactRecorded,
    CreditCodeAccepted,
    Data,
    EnterpriseForgotten,
    FactReported,
    ForgetRequested,
    ProgrammeAdopted,
    Role,
    RoleGranted,
    RoleRequested,
    RoleRevoked,
    TokenIssued,
    VoucherGranted,
)
from ledger.events.rules import hash_calendar
from ledger.period import parse_instant
from ledger.roster import Roster, digest_of
from tests.ledger.people import FIRST, FORGOTTEN, KEPT, SECOND

AT = "2022-08-01T00:00:00Z"
LATER = "2022-08-14T23:59:59Z"
TOO_LATE = "2022-08-15T00:00:00Z"
DIGEST = "7" * 64

THIRD = RoleGranted(at=AT, person="c", role="administrator", granted_by="a", consented_by="b")
HELPER = RoleGranted(at=AT, person="t", role="task_force", scope="hubei", granted_by="a")
ASK_FINANCE = RoleRequested(at=AT, person="f", role="finance", requested_by="a")
ASK_THIRD = RoleRequested(at=AT, person="c", role="administrator", requested_by="a")
ASK_FORGET = ForgetRequested(at=AT, requested_by="a", reason="1")
CONTACT = ContactRecorded(at=AT, digest=DIGEST, recorded_by="t")
TWO = (FIRST, SECOND)


def token(person: str, issued_by: str, expires_at: str = TOO_LATE, mark: str = "s") -> Data:
    return TokenIssued(
        at=AT,
        person=person,
        token_sha256=digest_of(mark + person),
        expires_at=expires_at,
        issued_by=issued_by,
    )


def invited(person: str, issued_by: str, expires_at: str = TOO_LATE) -> Data:
    return AccountInvited(
        at=AT, person=person, renews="password", expires_at=expires_at, issued_by=issued_by
    )


def opened(person: str) -> Data:
    return AccountOpened(at=AT, person=person)


def granted(
    role: Role, by: str, consent: str | None = None, at: str = AT, person: str = "f"
) -> Data:
    return RoleGranted(at=at, person=person, role=role, granted_by=by, consented_by=consent)


def forgotten(by: str, consent: str, at: str = AT) -> Data:
    return EnterpriseForgotten(at=at, requested_by=by, consented_by=consent)


def roster_of(*events: Data) -> Roster:
    """Return the roster after events, each of which is allowed where it stands."""
    roster = Roster()
    for number, data in enumerate(events):
        subject = KEPT if data.about_enterprise else ""
        assert roster.objection(data, subject) is None, data
        roster.apply(encode("urn:x", str(number), subject, data, "0" * 32))
    return roster


def adopted(by: str, programme: str = "hubei") -> Data:
    version = AdoptedVersion(id="1", document="x", hash=DIGEST)
    return ProgrammeAdopted(
        programme=programme,
        level="city",
        name="x",
        name_en="x",
        versions=(version,),
        adopted_on="2022-08-01",
        at=AT,
        recorded_by=by,
    )


def calendar(by: str) -> Data:
    days = 2023, ("2023-01-02",), ()
    return CalendarAdopted(
        year=2023,
        off=days[1],
        worked=(),
        document="x",
        digest=hash_calendar(*days),
        adopted_on="2022-12-09",
        at=AT,
        recorded_by=by,
    )


def paper(by: str | None) -> Data:
    return FactReported(name="sales_fen", year=2021, value=1, recorded_by=by)


def accepted(by: str) -> Data:
    return CreditCodeAccepted(at=AT, reason="x", evidence_sha256=DIGEST, accepted_by=by)


OWN = RoleGranted(at=AT, person="q", role="enterprise", scope=KEPT, granted_by="a")
FOREIGN = RoleGranted(at=AT, person="q", role="enterprise", scope=FORGOTTEN, granted_by="a")


def voucher(actor: str | None, programme: str = "hubei") -> Data:
    return VoucherGranted(
        programme=programme, year=2022, quota_fen=1, granted_on="2022-11-01", actor=actor
    )


ASK_AUTHORITY = RoleRequested(at=AT, person="w", role="authority", scope="hubei", requested_by="a")
AUTHORITY = RoleGranted(
    at=AT, person="w", role="authority", scope="hubei", granted_by="a", consented_by="b"
)
EVERY = (
    *TWO,
    RoleRequested(at=AT, person="w", role="authority", requested_by="a"),
    RoleGranted(at=AT, person="w", role="authority", granted_by="a", consented_by="b"),
)
OPENED = (invited("a", ""), opened("a"))
DECIDING = (*TWO, ASK_AUTHORITY, AUTHORITY, HELPER)


@pytest.mark.parametrize(
    ("before", "act"),
    [
        ((), FIRST),
        ((), adopted("")),
        ((FIRST,), adopted("a")),
        (DECIDING, adopted("w")),
        ((), calendar("")),
        ((FIRST,), calendar("a")),
        (EVERY, calendar("w")),
        ((), paper(None)),
        ((FIRST,), accepted("a")),
        ((FIRST, HELPER), accepted("t")),
        ((FIRST, HELPER), paper("t")),
        ((FIRST, OWN), paper("q")),
        ((FIRST,), SECOND),
        (TWO, voucher(None)),
        ((*TWO, HELPER), voucher("t")),
        (
            (*TWO, RoleGranted(at=AT, person="e", role="enterprise", scope=KEPT, granted_by="a")),
            voucher("e"),
        ),
        ((FIRST,), HELPER),
        ((*TWO, ASK_FINANCE), granted("finance", "a", "b")),
        ((*TWO, ASK_FINANCE), granted("finance", "a", "b", LATER)),
        ((*TWO, ASK_THIRD), THIRD),
        (TWO, RoleRevoked(at=AT, person="a", role="administrator", revoked_by="b")),
        ((FIRST,), token("a", "")),
        ((FIRST, token("a", "", AT)), token("a", "")),
        ((*TWO, token("a", ""), token("b", "a")), token("b", "b")),
        ((*TWO, HELPER, token("t", "a"), token("t", "t")), token("t", "a")),
        ((FIRST,), invited("a", "")),
        ((FIRST, invited("a", "")), invited("a", "")),
        ((*TWO, invited("b", "a")), invited("b", "a")),
        ((*TWO, invited("a", "a")), opened("a")),
        ((FIRST, HELPER, *OPENED), invited("t", "a")),
        ((FIRST, HELPER, invited("t", "a"), opened("t")), invited("t", "a")),
        ((FIRST, *OPENED), invited("a", "a")),
        ((*TWO, HELPER), CONTACT),
        ((*TWO, HELPER, CONTACT, ASK_FORGET), forgotten("a", "b")),
        ((*TWO, HELPER, CONTACT, ASK_FORGET), forgotten("a", "b", LATER)),
    ],
)
def test_what_the_rules_allow_is_done(before: tuple[Data, ...], act: Data) -> None:
    roster_of(*before, act)


@pytest.mark.parametrize(
    ("before", "act", "why"),
    [
        ((FIRST,), granted("administrator", "", person="b"), "administrators, who grant"),
        ((FIRST,), adopted(""), "they or the authority adopt"),
        ((), adopted("a"), "a is neither"),
        (TWO, voucher("a"), "may not take out"),
        ((*TWO, HELPER), voucher("t", "wuhan"), "may not take out"),
        (TWO, granted("auditor", "a", person="scheduler"), "no account's"),
        ((), granted("administrator", "", person="scheduler"), "no account's"),
        (
            TWO,
            RoleRequested(at=AT, person="scheduler", role="finance", requested_by="a"),
            "no account's",
        ),
        (DECIDING, adopted("t"), "t is neither"),
        ((FIRST,), calendar(""), "they or the authority adopt"),
        ((), calendar("a"), "a is neither"),
        (DECIDING, calendar("w"), "w is neither"),
        ((FIRST,), paper("a"), "a is neither of the task force"),
        ((FIRST, OWN), accepted("q"), "q may not accept"),
        ((), accepted(""), "may not accept"),
        ((FIRST, FOREIGN), paper("q"), f"nor an account of {KEPT}"),
        (
            DECIDING,
            adopted("w", "wuhan"),
            "nor the authority of wuhan",
        ),
        ((), invited("a", ""), "no account a"),
        ((FIRST, *OPENED), invited("a", ""), "a has an account"),
        ((FIRST, HELPER, *OPENED), invited("t", ""), "a has an account"),
        ((*TWO, HELPER), invited("a", "t"), "t is no administrator"),
        ((*TWO, *OPENED), invited("a", "b"), "whose sign-in nobody else renews"),
        ((), opened("a"), "no account a"),
        ((FIRST,), opened("a"), "no open invitation"),
        ((FIRST, *OPENED), opened("a"), "no open invitation"),
        ((FIRST, invited("a", "", AT)), opened("a"), "no open invitation"),
        ((), granted("auditor", ""), "administrators, who grant"),
        ((), granted("auditor", "x"), "x is no administrator"),
        ((*TWO, HELPER), granted("auditor", "t"), "t is no administrator"),
        (TWO, granted("auditor", "a", person="a"), "cannot do this for themselves"),
        (TWO, granted("finance", "a", "b"), "no open request"),
        (TWO, THIRD, "no open request"),
        ((*TWO, ASK_FINANCE), granted("finance", "a"), "no administrator"),
        ((*TWO, ASK_FINANCE), granted("finance", "a", "a"), "another administrator"),
        ((*TWO, ASK_FINANCE), granted("finance", "b", "a"), "no open request"),
        ((*TWO, ASK_FINANCE), granted("authority", "a", "b"), "no open request"),
        ((*TWO, ASK_FINANCE), granted("finance", "a", "b", person="g"), "no open request"),
        ((*TWO, ASK_FINANCE), granted("finance", "a", "b", TOO_LATE), "no open request"),
        ((*TWO, HELPER, ASK_FINANCE), granted("finance", "a", "t"), "t is no administrator"),
        (
            (*TWO, RoleRequested(at=AT, person="b", role="finance", requested_by="a")),
            granted("finance", "a", "b", person="b"),
            "cannot do this for themselves",
        ),
        (
            (*TWO, RoleRevoked(at=AT, person="a", role="administrator", revoked_by="b")),
            granted("administrator", "b", person="c"),
            "no open request",
        ),
        ((FIRST,), RoleRevoked(at=AT, person="a", role="administrator", revoked_by="a"), "last"),
        (TWO, RoleRevoked(at=AT, person="a", role="auditor", revoked_by="b"), "does not hold"),
        ((FIRST,), token("z", "a"), "no account"),
        ((FIRST, token("a", "")), token("a", ""), "holds a valid token"),
        ((*TWO, HELPER), token("a", "t"), "t is no administrator"),
        ((*TWO, token("b", "a")), token("b", "a"), "nobody else gives a new token"),
        (TWO, CONTACT, "t may not enter"),
        ((*TWO, HELPER, CONTACT), CONTACT, "used before"),
        ((*TWO, HELPER), ForgetRequested(at=AT, requested_by="t", reason="1"), "no administrator"),
        ((*TWO, HELPER, CONTACT), forgotten("a", "b"), "no open request"),
        ((*TWO, ASK_FORGET), forgotten("a", "a"), "another administrator"),
        ((*TWO, HELPER, ASK_FORGET), forgotten("a", "t"), "t is no administrator"),
        ((*TWO, ASK_FORGET), forgotten("b", "a"), "no open request"),
        ((*TWO, ASK_FORGET), forgotten("a", "b", TOO_LATE), "no open request"),
        ((*TWO, ASK_FORGET, forgotten("a", "b")), forgotten("a", "b"), "no open request"),
    ],
)
def test_what_the_rules_forbid_is_refused(before: tuple[Data, ...], act: Data, why: str) -> None:
    objection = roster_of(*before).objection(act, KEPT if act.about_enterprise else "")
    assert objection is not None
    assert why in objection.en


def test_a_token_is_its_holders_until_it_expires_or_is_replaced() -> None:
    roster = roster_of(FIRST, token("a", "", AT, "old"), token("a", "", TOO_LATE, "new"))
    now = parse_instant(LATER)
    assert roster.holder("newa", now).person == "a"
    for wrong in ("olda", "newb", "", digest_of("newa")):
        with pytest.raises(RuleViolationError, match="unknown_token"):
            roster.holder(wrong, now)
    with pytest.raises(RuleViolationError, match="expired_token"):
        roster.holder("newa", parse_instant(TOO_LATE))


def test_who_holds_no_role_has_no_use_of_a_token() -> None:
    revoked = RoleRevoked(at=AT, person="t", role="task_force", scope="hubei", revoked_by="a")
    roster = roster_of(FIRST, HELPER, token("t", "a"), revoked)
    with pytest.raises(RuleViolationError, match="unknown_token"):
        roster.holder("st", parse_instant(AT))


def test_forgetting_covers_what_came_before_and_nothing_after() -> None:
    later = ContactRecorded(at=AT, digest="9" * 64, recorded_by="t")
    roster = roster_of(*TWO, HELPER, CONTACT, ASK_FORGET, forgotten("a", "b"), later)
    assert roster.held[DIGEST].forgotten == forgotten("a", "b")
    assert roster.held["9" * 64].forgotten is None


@pytest.mark.parametrize(
    ("role", "scope"),
    [("enterprise", None), ("enterprise", "hubei"), ("auditor", "hubei"), ("administrator", "x")],
)
def test_a_role_has_a_scope_that_fits_it(role: Role, scope: str | None) -> None:
    with pytest.raises(InvalidInputError):
        RoleGranted(at=AT, person="a", role=role, scope=scope)


@pytest.mark.parametrize("name", ["", "A", "张三", "a b", "-a", "a" * 65, "a\n"])
def test_an_account_is_not_named_like_a_person(name: str) -> None:
    with pytest.raises(InvalidInputError, match="bad_person"):
        RoleGranted(at=AT, person=name, role="auditor")
