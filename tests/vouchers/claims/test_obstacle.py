"""What has to be true of a claim: each condition broken by itself, and the audit that finds it."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from ledger.claim_state import STATES, State
from ledger.codec import Event, encode
from ledger.events import (
    ClaimApproved,
    ClaimChecked,
    ClaimClawbackAssessed,
    ClaimClawbackRecovered,
    ClaimCleared,
    ClaimClosed,
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
    VoucherDrawn,
    VoucherGranted,
    VoucherLapsed,
    VoucherReleased,
)
from ledger.roster import Roster
from tests.vouchers.claims.story import (
    ENTERPRISE,
    OTHER,
    PEOPLE,
    REVOKED,
    Story,
    reviewed,
    story_to,
)
from vouchers.claims.audit import History, audit_claims
from vouchers.claims.fold import Claim
from vouchers.claims.obstacle import find_bar, find_obstacle
from vouchers.claims.table import Action, actions_in
from vouchers.claims.transfers import Served, Transfers

ITEMS = reviewed()

BROKEN: list[tuple[State, type[Data], dict[str, Any]]] = [
    ("checked", ClaimApproved, {"amount_fen": 99}),
    ("checked", ClaimApproved, {"amount_fen": 100, "revision": 2}),
    ("checked", ClaimApproved, {"amount_fen": 100, "programme": "wuhan"}),
    ("checked", ClaimApproved, {"amount_fen": 100, "year": 2023}),
    ("checked", ClaimApproved, {"amount_fen": 100, "effective_on": "2022-10-31"}),
    ("checked", ClaimRejected, {"amount_fen": 100, "at": "objection", "reason": "x"}),
    ("checked", ClaimCut, {"amount_fen": 1, "at": "check", "reason": "x"}),
    ("submitted", ClaimChecked, {"items": ()}),
    ("submitted", ClaimChecked, {"items": ITEMS[:1]}),
    ("submitted", ClaimChecked, {"items": ITEMS[1:]}),
    ("submitted", ClaimChecked, {"items": (*ITEMS, ITEMS[0])}),
    ("submitted", ClaimChecked, {"items": (*ITEMS[1:], ITEMS[1])}),
    ("submitted", ClaimChecked, {"items": (*ITEMS, replace(ITEMS[0], item="notice"))}),
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
    ("cleared", ClaimCut, {"amount_fen": 1, "at": "objection", "reason": "x"}),
    ("cleared", ClaimRejected, {"amount_fen": 100, "at": "objection", "reason": "x"}),
    ("failed", ClaimRejected, {"amount_fen": 100, "at": "approval", "reason": "x"}),
    ("objected", ClaimCut, {"amount_fen": 1, "at": "payment", "reason": "x", **REVOKED}),
    ("submitted", ClaimCut, {"amount_fen": 1, "at": "payment", "reason": "x", **REVOKED}),
    ("checked", ClaimRejected, {"amount_fen": 100, "at": "payment", "reason": "x", **REVOKED}),
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
    assert "status, parties" in wrong.en


# --- what can be told before anything is said ---

# The acts that a claim and a day may rule out, each as it would be recorded.
SAID: dict[Action, Callable[[Claim], tuple[type[ClaimData | ClaimStep], dict[str, Any]]]] = {
    "approve": lambda claim: (ClaimApproved, {"amount_fen": claim.reserved_fen}),
    "reject": lambda claim: (
        ClaimRejected,
        {
            "amount_fen": claim.amount_fen,
            "at": claim.stage,
            "reason": "x",
            **(REVOKED if claim.stage == "payment" else {}),
        },
    ),
    "object": lambda _: (ClaimObjected, {"objection": "Y", "digest": "c" * 64, "matter": "x"}),
    "clear": lambda claim: (
        ClaimCleared,
        {"amount_fen": claim.reserved_fen, "notice": "GS-1", "line": 1},
    ),
    "close": lambda _: (ClaimClosed, {}),
    "assess": lambda _: (
        ClaimClawbackAssessed,
        {"amount_fen": 1, "document": "x", "reason": "x"},
    ),
    "recover": lambda _: (
        ClaimClawbackRecovered,
        {"amount_fen": 1, "document": "x", "bank_reference": "B", "to": "available"},
    ),
    "lapse": lambda claim: (ClaimLapsed, {"amount_fen": claim.reserved_fen, "reason": "x"}),
}
STORIES: dict[str, Callable[[], Story]] = {
    **{state: lambda state=state: story_to(state) for state in STATES},  # type: ignore[misc]
    "not met": lambda: Story().submit().check(confirmed="not_met"),
    "upheld": lambda: story_to("objected").settle(outcome="upheld"),
    "due": lambda: story_to("paid").assess(),
    "all due": lambda: story_to("paid").assess(amount_fen=100),
    "back": lambda: story_to("closed").assess().recover(),
}


@pytest.mark.parametrize("name", STORIES)
def test_what_is_ruled_out_is_what_would_be_refused(name: str) -> None:
    story = STORIES[name]()
    claim = story.claim
    for day in ("2022-10-31", "2022-11-05", "2022-11-11", "2022-11-12", "2022-12-31", "2023-01-01"):
        for action in set(actions_in(claim.state)) & set(SAID):
            cls, fields = SAID[action](claim)
            said = story.said("x", effective_on=day) | fields
            if issubclass(cls, ClaimData):
                said["fund"] = "hubei"
            bar = find_bar(claim, action, day)
            why = find_obstacle(claim, cls(**said), ENTERPRISE)
            # An objection that came in time may be entered after the notice, with its own day.
            late = action == "object" and claim.noticed and day > claim.noticed.last_day
            assert bar is None if late else bar == why, (action, day)


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
    assert found(story_to(state).book) == []


def test_a_check_list_that_leaves_items_out_is_found() -> None:
    book = story_to("closed").book
    at = next(at for at, one in enumerate(book) if one.kind is ClaimChecked)
    short = rewritten(book[at], items=reviewed()[:1])
    (said,) = found([*book[:at], short, *book[at + 1 :]])
    assert "payee" in said


def test_every_step_left_out_is_found() -> None:
    events = story_to("closed").book
    for at in range(len(events) - 1):
        assert found(events[:at] + events[at + 1 :]), events[at].kind


def test_every_step_done_by_somebody_else_is_found() -> None:
    for state in STATES:
        events = story_to(state).book
        for at, event in enumerate(events):
            if not hasattr(event.data, "acted_at"):
                continue
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
    assert found([*story_to("submitted").book, *old])
    assert found([*old, *story_to("checked").events[1:]])


def test_an_audit_takes_in_what_it_objects_to() -> None:
    history = History()
    for event in [*staffed(), *story_to("submitted").book]:
        history.apply(event)
    late = story_to("approved").events[2]
    assert list(history.objections(late))
    history.apply(late)
    assert history.claims["SQ-1"].state == "approved"
    assert isinstance(history.roster, Roster)


# --- a clearance that is revoked ---


def test_what_was_cleared_is_cut_and_paid_for_less_or_rejected() -> None:
    for state in ("cleared", "failed"):
        cut = story_to(state).cut()
        assert (cut.claim.state, cut.claim.amount_fen, cut.claim.drawn_fen) == (state, 90, 90)
        assert found(cut.order(order="ZF-9").pay().book) == []
        assert cut.claim.paid_fen == 90
        rejected = story_to(state).reject()
        assert (rejected.claim.state, rejected.claim.drawn_fen) == ("rejected", 0)
        assert found(rejected.book) == []


def test_a_revocation_by_another_capacity_is_found() -> None:
    *book, cut, released = story_to("cleared").cut().book
    for actor in ("reviewer", "payer", "clerk"):
        assert found([*book, rewritten(cut, actor=actor), released]), actor


# --- transfers ---


def other(changes: dict[str, Any], *, paid: bool = True) -> list[Event]:
    """Return the history of a second claim, whose last event says something else."""
    elsewhere = ("22420000000000000002",)
    story = (
        Story("SQ-2")
        .submit(invoices=elsewhere)
        .check()
        .approve()
        .notice()
        .clear()
        .order(order="ZF-2")
        .pay()
    )
    if not paid:
        story.assess().recover()
    book = [one for one in story.book if one.kind is not VoucherGranted]
    *rest, last = book
    return [*rest, rewritten(last, **changes)]


def test_a_transfer_that_pays_two_claims_is_found() -> None:
    first = story_to("paid").book
    assert found([*first, *other({"bank_reference": "B-other"})]) == []
    (said,) = found([*first, *other({})])
    assert "the bank's reference B1 is recorded of a payment of SQ-1 already" in said


def test_a_transfer_is_one_however_its_reference_is_typed() -> None:
    first = story_to("paid").book
    for typed in (" B1", "B1 ", "b1", "Ｂ１", "B 1"):
        (said,) = found([*first, *other({"bank_reference": typed})])
        assert "is recorded of a payment of SQ-1 already" in said


def test_an_invoice_in_two_claims_of_a_programme_is_found() -> None:
    first = story_to("submitted").book
    again = [one for one in Story("SQ-2").submit().book if one.kind is not VoucherGranted]
    (said,) = [one for one in found([*first, *again]) if "is claimed already" in one]
    assert "in SQ-1" in said
    over = story_to("withdrawn").book
    assert not any("claimed already" in one for one in found([*over, *again]))


@pytest.mark.parametrize("earlier", ["2022-11-01", "2022-11-02"])
def test_no_act_counts_from_a_day_before_one_that_moved_no_state(earlier: str) -> None:
    story = story_to("paid")
    late = {"amount_fen": 30, "document": "x", "reason": "x", "effective_on": "2022-12-20"}
    story.do(ClaimClawbackAssessed, "approver", **late)
    assert story.claim.since < "2022-12-20"
    said = story.said("payer", effective_on=earlier) | {
        "amount_fen": 1,
        "document": "x",
        "bank_reference": "B",
        "to": "available",
        "fund": "hubei",
    }
    data = ClaimClawbackRecovered(**said)
    assert find_obstacle(story.claim, data, ENTERPRISE) is not None
    then = ClaimClawbackRecovered(**said | {"effective_on": "2022-12-20"})
    assert find_obstacle(story.claim, then, ENTERPRISE) is None


def test_a_transfer_that_comes_back_twice_is_found() -> None:
    first = story_to("paid").assess().recover().book
    paid = other({"bank_reference": "B-other"})
    back = other({}, paid=False)[len(paid) :]
    assert any("B2 is recorded of a recovery" in one for one in found([*first, *paid, *back]))
    own = Story().submit().check().approve().notice().clear().order().pay()
    again = own.assess(amount_fen=30).recover().recover(amount_fen=10).book
    assert any("B2 is recorded of a recovery" in one for one in found(again))


def test_another_fund_has_another_bank_and_what_comes_in_is_no_payment() -> None:
    transfers = Transfers()
    (paid,) = (one for one in story_to("paid").events if one.kind is ClaimPaid)
    transfers.apply(paid)
    data = paid.data
    assert isinstance(data, ClaimPaid)
    assert transfers.find(data) == Served("SQ-1", ENTERPRISE, "hubei")
    assert transfers.find(replace(data, fund="wuhan")) is None
    back = story_to("paid").assess().recover().events[-1].data
    assert isinstance(back, ClaimClawbackRecovered)
    assert transfers.find(replace(back, bank_reference="B1")) is None


# --- vouchers ---


def voucher(data: Data, enterprise: str = ENTERPRISE) -> Event:
    """Return an event of a voucher that somebody appended below the program."""
    return encode("urn:forged", "1", enterprise, data, "0" * 32)


DRAW = VoucherDrawn("hubei", 2022, 50, "2022-11-02", "0" * 64)
GIVEN_BACK = VoucherReleased("hubei", 2022, 50, "2022-11-02", "SQ-1")
FORGED: dict[str, tuple[State, Data, str]] = {
    "drawn without a claim": ("submitted", DRAW, "no claim is being handed in"),
    "drawn again": ("submitted", replace(DRAW, claim="SQ-1"), "no claim is being handed in"),
    "drawn and never asked": ("closed", replace(DRAW, claim="SQ-2"), "beyond what it asks for"),
    "drawn beyond the quota": (
        "submitted",
        replace(DRAW, claim="SQ-2", amount_fen=901),
        "CNY 9.00 of the voucher is left, the event draws 9.01",
    ),
    "drawn of nobody's": ("submitted", replace(DRAW, claim="SQ-2", year=2021), "CNY 0.00"),
    "given back while it is asked": ("submitted", GIVEN_BACK, "CNY 0.00 to give back"),
    "given back twice": ("rejected", GIVEN_BACK, "CNY 0.00 to give back"),
    "given back of no claim": ("submitted", replace(GIVEN_BACK, claim="SQ-9"), "CNY 0.00"),
    "granted twice": (
        "submitted",
        VoucherGranted("hubei", 2022, 9_000, "2022-11-02", "clerk"),
        "granted before",
    ),
    "granted by nobody": ("submitted", VoucherGranted("hubei", 2023, 9, "x"), "who took it out"),
    "lapsed of more": ("submitted", VoucherLapsed("hubei", 2022, 901, "x"), "CNY 9.00 was left"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_event_of_a_voucher_is_found(name: str) -> None:
    state, data, why = FORGED[name]
    assert any(why in one for one in found([*story_to(state).book, voucher(data)]))


def test_what_a_claim_draws_is_what_it_asks_for() -> None:
    book = Story().submit().book
    for changes in ({"amount_fen": 99}, {"invoices": ()}, {"year": 2021}):
        granted, drawn, submitted = book
        forged = [granted, rewritten(drawn, **changes), submitted]
        assert any("have to be the voucher's" in one for one in found(forged)), changes


def test_what_was_cut_has_to_be_given_back_before_anything_else() -> None:
    kept = [one for one in Story().submit().cut().check().book if one.kind is not VoucherReleased]
    assert any("10 fen of the voucher back" in one for one in found(kept))
    assert any("beyond what it asks for" in one for one in found(kept[:-1]))


def test_a_lapsed_voucher_is_not_drawn_on() -> None:
    book = story_to("submitted").book
    lapsed = voucher(VoucherLapsed("hubei", 2022, 900, "2022-12-31"))
    assert found([*book, lapsed]) == []
    again = found([*book, lapsed, lapsed, voucher(replace(DRAW, claim="SQ-2"))])
    assert len([one for one in again if "CNY 0.00" in one]) == 2, again
