"""Who may do what with a claim: one question for every command, and again for every leaf.

- The table names the roles of an act; a role counts for its programme, or for all.
- A person acts in one capacity on one revision: who claimed, assisted, reviewed, approved or paid
  does nothing else on it. Whoever assisted, with the claim or with its papers, has acted.
- Nobody acts as an official on a claim of an enterprise that he acts for.
- An administrator is nobody here: the role gives no part in any claim, and lifts no rule.
"""

from collections.abc import Collection
from typing import Final

from ledger.events import FundData, FundTransferred, Role
from ledger.roster import Roster
from ledger.text import Text
from vouchers.claims.fold import Claim
from vouchers.claims.obstacle import find_bar
from vouchers.claims.table import (
    ACTION_NAMES,
    CAPACITY_NAMES,
    SCHEDULER,
    STATE_NAMES,
    TABLE,
    Action,
    Capacity,
    Doer,
    actions_in,
    name_doer,
)

OFFICIALS: Final[tuple[Role, ...]] = ("task_force", "authority", "finance")
"""Who works on claims, each for his programmes."""

_NOBODY: Final[frozenset[str]] = frozenset()


def authorise(
    roster: Roster,
    actor: str,
    action: Action,
    claim: Claim,
    helped: Collection[str] = _NOBODY,
) -> Capacity | Text:
    """Return in which capacity somebody may do an act, or why he may not.

    `helped` are the people who entered the claim's papers for the enterprise. A new claim already
    names its enterprise and programme.
    """
    step = TABLE.get((claim.state, action))
    if step is None:
        return _no_such_act(claim, action)
    found = [step.by[doer] for doer in step.by if _is(roster, actor, doer, claim)]
    if not found:
        return _wrong_role(actor, action, tuple(step.by))
    # An official of the enterprise's own, and a person who has acted, may keep another capacity.
    refusals = []
    for capacity in found:
        refusal = _conflict(roster, actor, capacity, claim, helped)
        if refusal is None:
            return capacity
        refusals.append(refusal)
    return refusals[0]


def actions_of(
    roster: Roster, actor: str, claim: Claim, day: str, helped: Collection[str] = _NOBODY
) -> list[Action]:
    """Return what somebody may do with a claim on a day, in the order of the table.

    What the claim as it stands rules out is left out; an act may still be refused for what it says.
    """
    return [
        action
        for action in actions_in(claim.state)
        if find_bar(claim, action, day) is None
        and not isinstance(authorise(roster, actor, action, claim, helped), Text)
    ]


def authorise_fund(roster: Roster, actor: str | None, data: FundData) -> Text | None:
    """Return why somebody may not decide on a fund, None where he may: finance of its programme.

    The console may before the ledger has an administrator.
    """
    if not actor:
        if not roster.administrators_ever:
            return None
        return Text("已有账号，资金须由财政办理", "there are accounts: finance decides on funds")
    funds = {data.fund, data.to_fund} if isinstance(data, FundTransferred) else {data.fund}
    lacking = sorted(fund for fund in funds if not roster.holds(actor, "finance", fund))
    if not lacking:
        return None
    return Text(
        f"{actor} 不是 {'、'.join(lacking)} 的财政经办人",
        f"{actor} holds finance of neither all funds nor {', '.join(lacking)}",
    )


def may_see(roster: Roster, person: str, enterprise: str, programme: str) -> bool:
    """Return whether somebody may know of a claim: its enterprise, its officials, an auditor."""
    officials = any(roster.holds(person, role, programme) for role in OFFICIALS)
    return officials or roster.has(person, "auditor") or roster.acts_for(person, enterprise)


def _is(roster: Roster, actor: str, doer: Doer, claim: Claim) -> bool:
    """Return whether somebody holds the role of a row for this claim."""
    if doer == "scheduler":
        return actor == SCHEDULER
    if doer == "enterprise":
        return roster.acts_for(actor, claim.enterprise)
    return roster.holds(actor, doer, claim.programme)


def _conflict(
    roster: Roster, actor: str, capacity: Capacity, claim: Claim, helped: Collection[str]
) -> Text | None:
    """Return why somebody with the role may not use it, None where he may."""
    if capacity in ("claimant", "machine"):
        return None
    if roster.acts_for(actor, claim.enterprise):
        return Text(
            f"{actor} 代表本企业，不能经办本企业的申请",
            f"{actor} acts for this enterprise, and is no official on its claims",
        )
    acted = set(claim.acted.get(actor, ()))
    if actor in claim.assistants or actor in helped:
        acted.add("assistant")
    others = sorted(acted - {capacity})
    if not others:
        return None
    before, now = CAPACITY_NAMES[others[0]], CAPACITY_NAMES[capacity]
    return Text(
        f"{actor} 已以“{before.zh}”身份经办本版申请，不能再以“{now.zh}”身份经办",
        f"{actor} already acted on this revision as {before.en}, so not as {now.en}",
    )


def _no_such_act(claim: Claim, action: Action) -> Text:
    """Return that a state has no such act, and which it has."""
    name, state = ACTION_NAMES[action], STATE_NAMES[claim.state]
    there = [ACTION_NAMES[one] for one in actions_in(claim.state)]
    zh = "、".join(one.zh for one in there) or "无"
    en = ", ".join(one.en for one in there) or "nothing"
    return Text(
        f"申请处于“{state.zh}”，不能{name.zh}；可办：{zh}",
        f"the claim is {state.en}, where nobody can {name.en}; possible: {en}",
    )


def _wrong_role(actor: str, action: Action, doers: tuple[Doer, ...]) -> Text:
    """Return that somebody lacks the role for an act."""
    zh = "、".join(name_doer(one).zh for one in doers)
    en = ", ".join(name_doer(one).en for one in doers)
    name = ACTION_NAMES[action]
    return Text(
        f"{name.zh}须由本项目的{zh}办理，{actor} 不是",
        f"to {name.en} takes the {en} of this programme, which {actor} is not",
    )
