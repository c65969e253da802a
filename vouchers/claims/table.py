"""The transition table of a claim: which act leads from which state to which, and by whom.

A claim is where its last event left it. An act that no row names is refused, and so is one by a
role that the row does not name. The diagram in the documents is printed from this table.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple, get_args

from ledger import roster
from ledger.claim_state import STATES, State
from ledger.events import Role
from ledger.text import Language, Text

Action = Literal[
    "draft",
    "submit",
    "withdraw",
    "return",
    "cut",
    "check",
    "reject",
    "approve",
    "notice",
    "object",
    "settle",
    "clear",
    "order",
    "pay",
    "fail",
    "close",
    "assess",
    "recover",
    "lapse",
]
Capacity = Literal["claimant", "assistant", "reviewer", "approver", "payer", "machine"]

ACTIONS: Final[tuple[Action, ...]] = get_args(Action)

STATE_NAMES: Final[Mapping[State, Text]] = {
    "new": Text("尚未提出", "not begun"),
    "draft": Text("草稿", "draft"),
    "submitted": Text("已提交，待初审", "submitted"),
    "returned": Text("已退回，待补正", "returned"),
    "checked": Text("初审完成，待审批", "checked"),
    "approved": Text("已批准，待公示", "approved"),
    "noticed": Text("公示中", "under public notice"),
    "objected": Text("公示有异议，待处理", "objected to"),
    "cleared": Text("公示无异议，待付款", "cleared"),
    "ordered": Text("已下达付款", "payment ordered"),
    "failed": Text("付款失败，待重付", "payment failed"),
    "paid": Text("已支付", "paid"),
    "closed": Text("已办结", "closed"),
    "rejected": Text("不予支持", "rejected"),
    "withdrawn": Text("已撤回", "withdrawn"),
    "lapsed": Text("已失效", "lapsed"),
}

ACTION_NAMES: Final[Mapping[Action, Text]] = {
    "draft": Text("保存草稿", "save a draft"),
    "submit": Text("提交", "submit"),
    "withdraw": Text("撤回", "withdraw"),
    "return": Text("退回补正", "return"),
    "cut": Text("核减", "cut"),
    "check": Text("完成初审", "conclude the first review"),
    "reject": Text("不予支持", "reject"),
    "approve": Text("批准", "approve"),
    "notice": Text("公示", "give public notice"),
    "object": Text("登记异议", "record an objection"),
    "settle": Text("处理异议", "settle an objection"),
    "clear": Text("公示期满确认", "clear after the notice"),
    "order": Text("下达付款", "order the payment"),
    "pay": Text("登记付款成功", "record the payment"),
    "fail": Text("登记付款失败", "record the payment's failure"),
    "close": Text("办结归档", "close"),
    "assess": Text("认定追缴", "assess a clawback"),
    "recover": Text("登记追回", "record what came back"),
    "lapse": Text("失效", "lapse"),
}

CAPACITY_NAMES: Final[Mapping[Capacity, Text]] = {
    "claimant": Text("申请企业", "the claimant"),
    "assistant": Text("协助填报", "the assistant"),
    "reviewer": Text("初审", "the reviewer"),
    "approver": Text("审批", "the approver"),
    "payer": Text("付款", "the payer"),
    "machine": Text("系统", "the scheduler"),
}

_ROLE_NAMES: Final[Mapping[Role | Literal["scheduler"], Text]] = {
    "enterprise": Text("企业", "enterprise"),
    "task_force": Text("专班", "task force"),
    "authority": Text("主管部门", "authority"),
    "finance": Text("财政", "finance"),
    "scheduler": Text("系统", "scheduler"),
    "administrator": Text("管理员", "administrator"),
    "auditor": Text("审计", "auditor"),
}

SCHEDULER: Final = roster.SCHEDULER

Doer = Role | Literal["scheduler"]


class Step(NamedTuple):
    """One row: from a state, by an act, to a state; who may, and in which capacity."""

    state: State
    action: Action
    to: State
    by: Mapping[Doer, Capacity]


_CLAIMANT: Final[Mapping[Doer, Capacity]] = {"enterprise": "claimant", "task_force": "assistant"}
_REVIEWER: Final[Mapping[Doer, Capacity]] = {"task_force": "reviewer"}
_APPROVER: Final[Mapping[Doer, Capacity]] = {"authority": "approver"}
_PAYER: Final[Mapping[Doer, Capacity]] = {"finance": "payer"}
_MACHINE: Final[Mapping[Doer, Capacity]] = {"scheduler": "machine"}

STEPS: Final[tuple[Step, ...]] = (
    Step("new", "draft", "draft", _CLAIMANT),
    Step("new", "submit", "submitted", _CLAIMANT),
    Step("draft", "draft", "draft", _CLAIMANT),
    Step("draft", "submit", "submitted", _CLAIMANT),
    Step("submitted", "withdraw", "withdrawn", _CLAIMANT),
    Step("submitted", "return", "returned", _REVIEWER),
    Step("submitted", "cut", "submitted", _REVIEWER),
    Step("submitted", "check", "checked", _REVIEWER),
    Step("returned", "submit", "submitted", _CLAIMANT),
    Step("returned", "withdraw", "withdrawn", _CLAIMANT),
    Step("returned", "lapse", "lapsed", _MACHINE),
    Step("checked", "withdraw", "withdrawn", _CLAIMANT),
    Step("checked", "return", "returned", _APPROVER),
    Step("checked", "reject", "rejected", _APPROVER),
    Step("checked", "approve", "approved", _APPROVER),
    Step("approved", "return", "returned", _APPROVER),
    Step("approved", "reject", "rejected", _APPROVER),
    Step("approved", "notice", "noticed", _APPROVER),
    Step("noticed", "object", "objected", _APPROVER),
    Step("noticed", "reject", "rejected", _APPROVER),
    Step("noticed", "clear", "cleared", {**_APPROVER, **_MACHINE}),
    Step("objected", "object", "objected", _APPROVER),
    Step("objected", "settle", "noticed", _APPROVER),
    Step("objected", "reject", "rejected", _APPROVER),
    Step("cleared", "order", "ordered", _PAYER),
    Step("cleared", "cut", "cleared", _APPROVER),
    Step("cleared", "reject", "rejected", _APPROVER),
    Step("ordered", "pay", "paid", _PAYER),
    Step("ordered", "fail", "failed", _PAYER),
    Step("failed", "order", "ordered", _PAYER),
    Step("failed", "cut", "failed", _APPROVER),
    Step("failed", "reject", "rejected", _APPROVER),
    Step("paid", "close", "closed", _PAYER),
    Step("paid", "assess", "paid", _APPROVER),
    Step("paid", "recover", "paid", _PAYER),
    Step("closed", "assess", "closed", _APPROVER),
    Step("closed", "recover", "closed", _PAYER),
)
"""Every lawful act. An objection leads back to `noticed` once none is open."""

TABLE: Final[Mapping[tuple[State, Action], Step]] = {(one.state, one.action): one for one in STEPS}
assert len(TABLE) == len(STEPS)

TURN: Final[Mapping[State, Doer]] = {
    "draft": "enterprise",
    "returned": "enterprise",
    "submitted": "task_force",
    "checked": "authority",
    "approved": "authority",
    "noticed": "authority",
    "objected": "authority",
    "cleared": "finance",
    "ordered": "finance",
    "failed": "finance",
    "paid": "finance",
}
"""Whose turn it is in each state in which a claim waits for somebody."""

FINAL: Final[frozenset[State]] = frozenset(STATES) - {one.state for one in STEPS}
"""States that no act leads out of."""


HOLDING_NOTHING: Final[frozenset[State]] = FINAL | {"new", "draft"}
"""States of a claim that holds no invoice."""


def actions_in(state: State) -> Iterator[Action]:
    """Yield what may be done in a state, by somebody."""
    return (one.action for one in STEPS if one.state == state)


def render_mermaid(language: Language) -> str:
    """Return the table as a state diagram, one line a row, in Mermaid's language."""
    lines = ["stateDiagram-v2"]
    lines += [f"    {state} : {STATE_NAMES[state].render(language)}" for state in STATES[1:]]
    for one in STEPS:
        who = "、".join if language == "zh" else ", ".join
        by = who(_ROLE_NAMES[doer].render(language) for doer in one.by)
        begin = "[*]" if one.state == "new" else one.state
        name = ACTION_NAMES[one.action].render(language)
        lines.append(f"    {begin} --> {one.to} : {name} ({by})")
    lines += [f"    {state} --> [*]" for state in STATES if state in FINAL]
    return "\n".join(lines) + "\n"


def name_doer(doer: Doer) -> Text:
    """Return what a role is called."""
    return _ROLE_NAMES[doer]
