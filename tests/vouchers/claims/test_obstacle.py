"""What has to be true of a claim: each condition broken by itself, and the audit that finds it."""

from typing import Any

import pytest

from ledger.claim_state import STATES, State
from ledger.codec import Event, encode
from ledger.events import (
    CheckedItem,
    ClaimApproved,
    ClaimChecked,
    ClaimCleared,
    ClaimCut,
    ClaimData,
    ClaimLapsed,
    ClaimNoticed,
    ClaimObjected,
    ClaimObjectionSettled,
    ClaimOrdered,
    ClaimPaid,
    ClaimRejected,
    ClaimResubmitted,
    ClaimStep,
    Data,
    RoleGranted,
)
from ledger.roster import Roster
from tests.vouchers.claims.story import ENTERPRISE, OTHER, PEOPLE, Story, story_to
from vouchers.claims.audit import History, audit_claims
from vouchers.claims.obstacle import find_obstacle

ITEM = CheckedItem(item="x", computed="met", confirmed="met", basis="x")

BROKEN: list[tuple[State, type[Data], dict[str, Any]]] = [
    ("checked", ClaimApproved, {"amount_fen": 99}),
    ("checked", ClaimApproved, {"amount_fen": 100, "revision": 2}),
    ("checked", ClaimApproved, {"amount_fen": 100, "programme": "wuhan"}),
    ("checked", ClaimApproved, {"amount_fen": 100, "year": 2023}),
    ("checked", ClaimApproved, {"amount_fen": 100, "effective_on": "2022-10-31"}),
    ("checked", ClaimRejected, {"amount_fen": 100, "at": "objection", "reason": "x"}),
    ("checked", ClaimCut, {"amount_fen": 1, "at": "check", "reason": "x"}),
    ("submitted", ClaimChecked, {"items": ()}),
    ("submitted", ClaimChecked, {"items": (ITEM, ITEM)}),
    ("submitted", ClaimCut, {"amount_fen": 1, "at": "objection", "reason": "x"}),
    ("submitted", ClaimCut, {"amount_fen": 1, "at": "check", "reason": "x", "fund": "wuhan"}),
    ("returned", ClaimResubmitted, {"amount_fen": 9, "before_fen": 99, "revision": 2}),
    ("returned", ClaimResubmitted, {"amount_fen": 9, "before_fen": 100, "revision": 1}),
    ("submitted", ClaimResubmitted, {"amount_fen": 9, "before_fen": 100, "revision": 2}),
    ("returned", ClaimLapsed, {"amount_fen": 100, "reason": "x"}),
    (
        "approved",
        ClaimNoticed,
        {
            "notice": "G",
            "line": 1,
            "amount_fen": 100,
            "first_day": "2022-11-01",
            "last_day": "2022-11-09",
        },
    ),
    (
        "approved",
        ClaimNoticed,
        {
            "notice": "G",
            "line": 1,
            "amount_fen": 101,
            "first_day": "2022-11-11",
            "last_day": "2022-11-19",
        },
    ),
    ("noticed", ClaimRejected, {"amount_fen": 100, "at": "objection", "reason": "x"}),
    (
        "noticed",
        ClaimObjected,
        {"objection": "Y", "digest": "c" * 64, "matter": "x", "effective_on": "2022-11-25"},
    ),
    ("objected", ClaimObjected, {"objection": "YY-1", "digest": "c" * 64, "matter": "x"}),
    ("objected", ClaimObjectionSettled, {"objection": "N", "outcome": "upheld", "reason": "x"}),
    ("noticed", ClaimCleared, {"amount_fen": 100, "notice": "GS-1", "line": 1}),
    (
        "noticed",
        ClaimCleared,
        {"amount_fen": 100, "notice": "GS-1", "line": 2, "effective_on": "2022-11-29"},
    ),
    (
        "noticed",
        ClaimCleared,
        {"amount_fen": 99, "notice": "GS-1", "line": 1, "effective_on": "2022-11-29"},
    ),
    (
        "objected",
        ClaimCleared,
        {"amount_fen": 100, "notice": "GS-1", "line": 1, "effective_on": "2022-11-29"},
    ),
    ("cleared", ClaimOrdered, {"amount_fen": 99, "order": "Z"}),
    ("ordered", ClaimPaid, {"amount_fen": 100, "order": "ZF-2", "bank_reference": "B"}),
]


@pytest.mark.parametrize(("state", "cls", "changes"), BROKEN)
def test_what_is_not_true_of_the_claim_is_refused(
    state: State, cls: type[ClaimData | ClaimStep], changes: dict[str, Any]
) -> None:
    story = story_to(state)
    fields = story.said("x", effective_on=story.claim.since) | changes
    if issubclass(cls, ClaimData):
        fields.setdefault("fund", "hubei")
    wrong = find_obstacle(story.claim, cls(**fields), ENTERPRISE)
    assert wrong is not None
    assert wrong.zh
    assert wrong.en


def test_a_claim_stays_its_enterprises() -> None:
    story = story_to("checked")
    data = ClaimApproved(**story.said("x"), amount_fen=100)
    assert find_obstacle(story.claim, data, ENTERPRISE) is None
    assert find_obstacle(story.claim, data, OTHER) is not None


def test_an_approval_needs_every_item_met() -> None:
    story = Story().submit().check(confirmed="not_met")
    data = ClaimApproved(**story.said("x"), amount_fen=100)
    wrong = find_obstacle(story.claim, data, ENTERPRISE)
    assert wrong is not None
    assert "payments" in wrong.en


def test_money_is_paid_to_the_account_that_the_claim_names() -> None:
    story = Story().submit(account="a" * 64).check().approve().notice().clear()
    said = {**story.said("x"), "fund": "hubei", "amount_fen": 100, "order": "Z"}
    wrong = ClaimOrdered(**said, account_sha256="b" * 64)
    assert find_obstacle(story.claim, wrong, ENTERPRISE) is not None
    right = ClaimOrdered(**said, account_sha256="a" * 64)
    assert find_obstacle(story.claim, right, ENTERPRISE) is None


# --- the whole history ---


def staffed() -> list[Event]:
    """Return the events that make the people of the stories."""
    events: list[Event] = []
    for name, held in sorted(PEOPLE.items()):
        for grant in sorted(held):
            data = RoleGranted(at="2022-01-01T00:00:00Z", person=name, **grant._asdict())
            events.append(encode("urn:suanquan:people", str(len(events)), "", data, "0" * 32))
    return events


def found(events: list[Event]) -> list[str]:
    """Return what an audit says of events."""
    return [one.what.en for one in audit_claims(enumerate([*staffed(), *events]))]


@pytest.mark.parametrize("state", STATES)
def test_a_lawful_history_has_no_findings(state: State) -> None:
    assert found(story_to(state).events) == []


def test_every_step_left_out_is_found() -> None:
    events = story_to("closed").events
    for at in range(len(events) - 1):
        assert found(events[:at] + events[at + 1 :]), events[at].kind


def test_every_step_done_by_somebody_else_is_found() -> None:
    for state in STATES:
        events = story_to(state).events
        for at, event in enumerate(events):
            for person in ("stranger", "admin", "nobody", "reviewer-wuhan", "payer-wuhan"):
                assert found([*events[:at], rewritten(event, actor=person), *events[at + 1 :]])


def rewritten(event: Event, **changes: Any) -> Event:  # noqa: ANN401 - fields
    """Return an event with other values in it."""
    fields = {name: getattr(event.data, name) for name in event.data.__struct_fields__}
    data = type(event.data)(**{**fields, **changes})
    return encode(event.source, event.id, event.subject, data, "0" * 32)


def test_claims_of_the_time_before_accounts_are_left_to_the_books() -> None:
    old = [rewritten(one, actor=None, acted_at=None) for one in story_to("submitted").events]
    assert found(old) == []
    assert found([*story_to("submitted").events, *old])
    assert found([*old, *story_to("checked").events[1:]])


def test_an_audit_takes_in_what_it_objects_to() -> None:
    history = History()
    for event in [*staffed(), *story_to("checked").events[:1]]:
        history.apply(event)
    late = story_to("approved").events[2]
    assert list(history.objections(late))
    history.apply(late)
    assert history.claims["SQ-1"].state == "approved"
    assert isinstance(history.roster, Roster)
