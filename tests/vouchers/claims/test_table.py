"""The transition table: every state, act and person, each allowed or refused with a reason."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.claim_state import STATES, State
from ledger.codec import encode
from ledger.events import QualificationGranted
from ledger.rights import Grant
from ledger.text import Language, Text
from tests.vouchers.claims.story import (
    ENTERPRISE,
    OTHER,
    PEOPLE,
    PROGRAMME,
    Story,
    roster,
    story_to,
)
from vouchers.claims.authorise import actions_of, authorise, may_see
from vouchers.claims.fold import ACTION_OF, Claim, fold_claim
from vouchers.claims.helped import Papers
from vouchers.claims.table import (
    ACTION_NAMES,
    ACTIONS,
    CAPACITY_NAMES,
    FINAL,
    SCHEDULER,
    STATE_NAMES,
    STEPS,
    Action,
    Step,
    render_mermaid,
)

# The rules as they were agreed, written down by hand and apart from the table: e enterprise, t task
# force, a authority, f finance, s scheduler.
AGREED = """
new        draft:et submit:et
draft      draft:et submit:et
submitted  withdraw:et return:t cut:t check:t
returned   submit:et withdraw:et lapse:s
checked    withdraw:et return:a reject:a approve:a
approved   return:a reject:a notice:a
noticed    object:a reject:a clear:as
objected   object:a settle:a reject:a
cleared    order:f cut:a reject:a
ordered    pay:f fail:f
failed     order:f cut:a reject:a
paid       close:f assess:a recover:f
closed     assess:a recover:f
rejected
withdrawn
lapsed
"""
HOLDERS = {
    "e": {"clerk"},
    "t": {"reviewer", "reviewer-all"},
    "a": {"approver", "approver-all"},
    "f": {"payer", "payer-all"},
    "s": {SCHEDULER},
}


def agreed() -> dict[tuple[str, str], set[str]]:
    """Return who may do each act in each state."""
    who: dict[tuple[str, str], set[str]] = {}
    for line in AGREED.strip().splitlines():
        state, *acts = line.split()
        for act in acts:
            action, letters = act.split(":")
            who[state, action] = set().union(*(HOLDERS[letter] for letter in letters))
    return who


# --- every state, act and person ---


@pytest.mark.parametrize("state", STATES)
def test_every_act_of_everybody_is_allowed_or_refused_with_a_reason(state: State) -> None:
    who, people = agreed(), roster()
    seen = 0
    for action in ACTIONS:
        for person in (*PEOPLE, SCHEDULER):
            # Somebody who has not acted, so that only the role decides.
            claim = untouched(state)
            found = authorise(people, person, action, claim)
            may = person in who.get((state, action), set())
            assert isinstance(found, Text) != may, (state, action, person, found)
            if isinstance(found, Text):
                assert found.zh
                assert found.en
            seen += 1
    assert seen == len(ACTIONS) * (len(PEOPLE) + 1)


def untouched(state: State) -> Claim:
    """Return a claim in a state on whose revision nobody of the roster has acted."""
    claim = story_to(state).claim
    claim.acted = {}
    return claim


def test_every_state_is_reached_and_named() -> None:
    for state in STATES:
        assert story_to(state).claim.state == state
    assert set(STATE_NAMES) == set(STATES)
    assert set(ACTION_NAMES) == set(ACTIONS) == {one.action for one in STEPS}
    assert set(ACTION_OF.values()) == set(ACTIONS)


@pytest.mark.parametrize("step", STEPS, ids=lambda one: f"{one.state}-{one.action}")
def test_the_fold_goes_where_the_table_says(step: Step) -> None:
    state, action, to, _ = step
    story = story_to(state)
    acts: dict[Action, Callable[[], Story]] = {
        "draft": story.draft,
        "submit": story.resubmit if state == "returned" else story.submit,
        "withdraw": story.withdraw,
        "return": lambda: story.send_back(stage="approval"),
        "cut": story.cut,
        "check": story.check,
        "reject": story.reject,
        "approve": story.approve,
        "notice": story.notice,
        "object": lambda: story.object(objection="YY-9"),
        "settle": story.settle,
        "clear": story.clear,
        "order": story.order,
        "pay": story.pay,
        "fail": story.fail,
        "close": story.close,
        "assess": story.assess,
        "recover": story.recover,
        "lapse": story.lapse,
    }
    acts[action]()
    assert story.claim.state == to
    assert fold_claim(story.claim.claim, story.book) == story.claim


def test_the_states_at_the_end_are_known() -> None:
    assert {"rejected", "withdrawn", "lapsed"} == FINAL


# --- four eyes ---


def everybody(name: str) -> dict[str, set[Grant]]:
    """Return somebody who holds every role of officials."""
    return {name: {Grant("task_force"), Grant("authority"), Grant("finance")}}


@pytest.mark.parametrize(
    ("before", "state", "action"),
    [
        (Story.check, "checked", "approve"),
        (Story.check, "checked", "return"),
        (Story.check, "checked", "reject"),
        (Story.approve, "cleared", "order"),
        (Story.notice, "cleared", "order"),
        (Story.clear, "cleared", "order"),
        (Story.pay, "paid", "assess"),
    ],
)
def test_nobody_acts_twice_on_a_revision(
    before: Callable[[Story], Story], state: State, action: Action
) -> None:
    people = roster(**everybody("both"))
    story = Story().submit()
    ways = (Story.check, Story.approve, Story.notice, Story.clear, Story.order, Story.pay)
    for act in ways:
        if story.claim.state == state:
            break
        act(story, "both") if act is before else act(story)
    found = authorise(people, "both", action, story.claim)
    assert isinstance(found, Text)
    assert "both" in found.zh
    assert not isinstance(authorise(people, "approver-all", action, story.claim), Text) or (
        not isinstance(authorise(people, "payer-all", action, story.claim), Text)
    )


def test_whoever_assisted_has_acted_on_every_revision() -> None:
    people = roster(**everybody("helper"))
    story = Story().submit("helper", assisted=True)
    assert isinstance(authorise(people, "helper", "check", story.claim), Text)
    assert isinstance(authorise(people, "helper", "return", story.claim), Text)
    story.send_back().resubmit()
    assert story.claim.revision == 2
    assert isinstance(authorise(people, "helper", "check", story.claim), Text)
    story.check().approve().notice().clear()
    assert isinstance(authorise(people, "helper", "order", story.claim), Text)


def test_whoever_claimed_once_is_no_official_on_the_claim_later() -> None:
    story = Story().submit("mover").send_back().resubmit()
    moved = roster(mover={Grant("task_force"), Grant("authority"), Grant("finance")})
    assert isinstance(authorise(moved, "mover", "check", story.claim), Text)
    story.check()
    assert isinstance(authorise(moved, "mover", "approve", story.claim), Text)
    story.approve().notice().clear()
    assert isinstance(authorise(moved, "mover", "order", story.claim), Text)


def test_whoever_entered_the_papers_has_assisted() -> None:
    story = Story().submit()
    assert authorise(roster(), "reviewer", "check", story.claim) == "reviewer"
    assert isinstance(authorise(roster(), "reviewer", "check", story.claim, {"reviewer"}), Text)


def test_whoever_entered_what_the_enterprise_is_has_assisted() -> None:
    papers, claim = Papers(), Story().submit().claim
    status = QualificationGranted(kind="high_tech_enterprise", recorded_by="reviewer")
    cases: list[tuple[str, set[str]]] = [(OTHER, set()), (ENTERPRISE, {"reviewer"})]
    for enterprise, helpers in cases:
        papers.apply(encode("urn:test", enterprise, enterprise, status, "0" * 32))
        assert papers.helpers(claim) == helpers


def test_a_return_voids_what_was_decided_and_who_decided_it() -> None:
    people = roster(**everybody("both"))
    story = Story().submit().check("both").approve()
    story.send_back("approver", "approval")
    claim = story.claim
    assert (claim.state, claim.approved_fen, claim.items) == ("returned", None, ())
    story.resubmit()
    assert (claim.state, claim.revision, list(claim.acted)) == ("submitted", 2, ["clerk"])
    # Another capacity on another revision is lawful.
    story.check()
    assert authorise(people, "both", "approve", claim) == "approver"


def test_nobody_is_an_official_on_his_own_companys_claim() -> None:
    own = {"own": {Grant("enterprise", ENTERPRISE), Grant("authority"), Grant("finance")}}
    cases: list[tuple[State, Action]] = [
        ("checked", "approve"),
        ("approved", "notice"),
        ("cleared", "order"),
    ]
    for state, action in cases:
        found = authorise(roster(**own), "own", action, untouched(state))
        assert isinstance(found, Text), (state, action)
        assert "own" in found.zh


def test_administrators_are_nobody_here() -> None:
    ruler = {"ruler": {Grant("administrator"), Grant("task_force")}}
    people = roster(**ruler)
    assert actions_of(people, "admin", untouched("checked"), LATE) == []
    story = Story().submit().check("ruler")
    assert isinstance(authorise(people, "ruler", "approve", story.claim), Text)


def test_each_sees_what_is_his() -> None:
    people = roster()
    seers = {one for one in PEOPLE if may_see(people, one, ENTERPRISE, PROGRAMME)}
    assert seers == {
        "clerk",
        "reviewer",
        "reviewer-all",
        "approver",
        "approver-all",
        "payer",
        "payer-all",
        "auditor",
    }


# Nothing was claimed back of the claims of the stories, and no objection upheld.
LATE = "2023-01-01"
BARRED = {
    *(("noticed", "reject"), ("objected", "reject"), ("objected", "clear")),
    *(("paid", "recover"), ("closed", "recover")),
}


def test_what_may_be_done_is_what_is_authorised_and_not_ruled_out() -> None:
    people = roster()
    for state in STATES:
        for person in (*PEOPLE, SCHEDULER):
            claim = untouched(state)
            may = [
                action
                for action in ACTIONS
                if not isinstance(authorise(people, person, action, claim), Text)
                and (state, action) not in BARRED
            ]
            assert set(actions_of(people, person, claim, LATE)) == set(may)


# --- objections ---


def test_a_claim_is_objected_to_until_the_last_objection_is_settled() -> None:
    story = story_to("noticed").object().object(objection="YY-2")
    assert story.claim.state == "objected"
    assert story.settle().claim.state == "objected"
    assert story.settle(objection="YY-2").claim.state == "noticed"


# --- the diagram ---


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_diagram_has_a_line_for_each_row(language: Language) -> None:
    lines = render_mermaid(language).splitlines()
    guide = (Path(__file__).parents[3] / "docs" / "claims.md").read_text("utf-8")
    assert render_mermaid(language) in guide, "print the diagram again: see docs/claims.md"
    assert len(lines) == 1 + len(STATES) - 1 + len(STEPS) + len(FINAL)
    assert set(CAPACITY_NAMES) == {one for step in STEPS for one in step.by.values()}
