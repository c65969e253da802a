"""A claim folded from its events: where it stands, what it asks for, who acted in what capacity.

An event that may not be is taken in all the same; whether it may is `authorise`'s and `obstacle`'s
question, which a command asks before and an audit asks again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import Final, Literal

from ledger.claim_state import STATE_OF, State
from ledger.codec import Event
from ledger.events import (
    CheckedItem,
    ClaimApproved,
    ClaimChecked,
    ClaimClawbackAssessed,
    ClaimClawbackRecovered,
    ClaimCleared,
    ClaimClosed,
    ClaimCut,
    ClaimData,
    ClaimDrafted,
    ClaimFailed,
    ClaimLapsed,
    ClaimNoticed,
    ClaimObjected,
    ClaimObjectionSettled,
    ClaimOrdered,
    ClaimPaid,
    ClaimRejected,
    ClaimResubmitted,
    ClaimReturned,
    ClaimStep,
    ClaimSubmitted,
    ClaimWithdrawn,
    Data,
    Remark,
    VoucherDrawn,
    VoucherReleased,
)
from vouchers.claims.table import Action, Capacity

ClaimEvent = ClaimData | ClaimStep

ACTION_OF: Final[dict[type[Data], Action]] = {
    ClaimDrafted: "draft",
    ClaimSubmitted: "submit",
    ClaimResubmitted: "submit",
    ClaimWithdrawn: "withdraw",
    ClaimReturned: "return",
    ClaimCut: "cut",
    ClaimChecked: "check",
    ClaimRejected: "reject",
    ClaimApproved: "approve",
    ClaimNoticed: "notice",
    ClaimObjected: "object",
    ClaimObjectionSettled: "settle",
    ClaimCleared: "clear",
    ClaimOrdered: "order",
    ClaimPaid: "pay",
    ClaimFailed: "fail",
    ClaimClosed: "close",
    ClaimClawbackAssessed: "assess",
    ClaimClawbackRecovered: "recover",
    ClaimLapsed: "lapse",
}
"""The act that each event is the record of; a cut at an objection is part of its settling."""

Stage = Literal["approval", "objection", "payment"]
"""What a refusal rests on: a review, an objection to the notice, or a clearance that is revoked."""

_CAPACITIES: Final[dict[type[Data], Capacity]] = {
    ClaimReturned: "reviewer",
    ClaimCut: "reviewer",
    ClaimChecked: "reviewer",
    ClaimRejected: "approver",
    ClaimApproved: "approver",
    ClaimNoticed: "approver",
    ClaimObjected: "approver",
    ClaimObjectionSettled: "approver",
    ClaimCleared: "approver",
    ClaimClawbackAssessed: "approver",
    ClaimOrdered: "payer",
    ClaimPaid: "payer",
    ClaimFailed: "payer",
    ClaimClosed: "payer",
    ClaimClawbackRecovered: "payer",
    ClaimLapsed: "machine",
}


_ASKING_NOTHING: Final[frozenset[State]] = frozenset(
    {"new", "draft", "returned", "rejected", "withdrawn", "lapsed"}
)
"""States in which a claim holds nothing of its voucher."""


def action_of(data: ClaimEvent) -> Action:
    """Return the act that an event is the record of."""
    if isinstance(data, ClaimCut) and data.at == "objection":
        return "settle"
    return ACTION_OF[type(data)]


def capacity_of(data: ClaimEvent) -> Capacity:
    """Return in which capacity whoever wrote an event acted."""
    if isinstance(data, ClaimDrafted | ClaimSubmitted | ClaimResubmitted | ClaimWithdrawn):
        return "assistant" if data.assisted else "claimant"
    if isinstance(data, ClaimReturned) and data.stage == "approval":
        return "approver"
    if isinstance(data, ClaimCut | ClaimRejected) and data.at != "check":
        return "approver"
    return _CAPACITIES[type(data)]


@dataclass(slots=True)
class Claim:
    """Where a claim stands; `state` is `new` before its first event.

    `since` is the day from which it stands as it does, `last_on` the latest day of any act on it,
    `applied_on` the day on which it was last handed in: the day of its case. `asked_fen` is what
    was handed in, `amount_fen` what is left of it after cuts, `drawn_fen` what it holds of its
    voucher by its last `draw`. `acted` has the people who acted on this revision, `assistants`
    whoever claimed or helped with any. `items` is the check list as the first review left it,
    `remarks` why the claim was returned.
    """

    claim: str
    enterprise: str = ""
    programme: str = ""
    fund: str = ""
    year: int = 0
    moved_to: State = "new"
    since: str = ""
    last_on: str = ""
    applied_on: str = ""
    revision: int = 1
    asked_fen: int = 0
    amount_fen: int = 0
    reserved_fen: int = 0
    paid_fen: int = 0
    receivable_fen: int = 0
    recovered_fen: int = 0
    drawn_fen: int = 0
    draw: VoucherDrawn | None = None
    content: str = ""
    invoices: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    account: str | None = None
    version: str | None = None
    base_cuts: dict[str, int] = field(default_factory=dict)
    acted: dict[str, set[Capacity]] = field(default_factory=dict)
    assistants: set[str] = field(default_factory=set)
    items: tuple[CheckedItem, ...] = ()
    remarks: tuple[Remark, ...] = ()
    approved_fen: int | None = None
    noticed: ClaimNoticed | None = None
    objections: dict[str, ClaimObjected] = field(default_factory=dict)
    settled: dict[str, ClaimObjectionSettled] = field(default_factory=dict)
    order: ClaimOrdered | None = None
    orders: int = 0
    events: int = 0

    @property
    def open_objections(self) -> list[str]:
        """Return the objections that are not settled, in the order in which they came."""
        return [one for one in self.objections if one not in self.settled]

    @property
    def state(self) -> State:
        """Return where the claim stands: under notice it is `objected` while one is open."""
        if self.moved_to == "noticed" and self.open_objections:
            return "objected"
        return self.moved_to

    @property
    def stage(self) -> Stage:
        """Return on what grounds the authority would refuse the claim now, or a part of it."""
        if self.moved_to in ("cleared", "failed"):
            return "payment"
        return "objection" if self.noticed else "approval"

    @property
    def owed_fen(self) -> int:
        """Return what the claim holds of its voucher beyond what it still asks for."""
        asks_nothing = self.moved_to in _ASKING_NOTHING
        return self.drawn_fen - (0 if asks_nothing else self.amount_fen)

    def apply(self, event: Event) -> None:
        """Take in the claim's next event, lawful or not."""
        self.take(event.data, event.subject)

    def take(self, data: Data, subject: str) -> None:
        """Take in what the claim's next event says, lawful or not."""
        if isinstance(data, VoucherDrawn):
            self.drawn_fen, self.draw = self.drawn_fen + data.amount_fen, data
        elif isinstance(data, VoucherReleased):
            self.drawn_fen -= data.amount_fen
        if not isinstance(data, ClaimData | ClaimStep):
            return
        self.enterprise, self.programme, self.year = subject, data.programme, data.year
        self.events += 1
        self.last_on = max(self.last_on, data.effective_on)
        if isinstance(data, ClaimData):
            self.fund = data.fund
        if isinstance(data, ClaimResubmitted):
            self.acted = {}
        self.revision = data.revision
        if data.actor is not None:
            self.acted.setdefault(data.actor, set()).add(capacity_of(data))
            if capacity_of(data) in ("claimant", "assistant"):
                self.assistants.add(data.actor)
        self._apply(data)
        moved = STATE_OF.get(type(data))
        if moved is not None:
            self.moved_to, self.since = moved, data.effective_on

    @singledispatchmethod
    def _apply(self, data: Data) -> None:
        """Leave what says nothing but that it was done."""

    @_apply.register
    def _(self, data: ClaimDrafted) -> None:
        self.content = data.content

    @_apply.register(ClaimSubmitted)
    @_apply.register(ClaimResubmitted)
    def _(self, data: ClaimSubmitted | ClaimResubmitted) -> None:
        self.asked_fen = self.amount_fen = self.reserved_fen = data.amount_fen
        self.applied_on = data.effective_on
        self.invoices, self.documents = data.invoices, data.documents
        self.account, self.version = data.account, data.version
        self.base_cuts, self.items, self.remarks = {}, (), ()

    @_apply.register
    def _(self, data: ClaimReturned) -> None:
        self.remarks, self.items, self.approved_fen = data.items, (), None

    @_apply.register
    def _(self, data: ClaimCut) -> None:
        self.amount_fen -= data.amount_fen
        if not data.revokes:
            self.reserved_fen -= data.amount_fen
        if data.item is not None and data.base_cut_fen is not None:
            self.base_cuts[data.item] = self.base_cuts.get(data.item, 0) + data.base_cut_fen

    @_apply.register
    def _(self, data: ClaimChecked) -> None:
        self.items = data.items

    @_apply.register
    def _(self, data: ClaimRejected) -> None:
        if not data.revokes:
            self.reserved_fen -= data.amount_fen

    @_apply.register(ClaimWithdrawn)
    @_apply.register(ClaimLapsed)
    def _(self, data: ClaimWithdrawn | ClaimLapsed) -> None:
        self.reserved_fen -= data.amount_fen

    @_apply.register
    def _(self, data: ClaimApproved) -> None:
        self.approved_fen = data.amount_fen

    @_apply.register
    def _(self, data: ClaimNoticed) -> None:
        self.noticed = data

    @_apply.register
    def _(self, data: ClaimObjected) -> None:
        self.objections[data.objection] = data

    @_apply.register
    def _(self, data: ClaimObjectionSettled) -> None:
        self.settled[data.objection] = data

    @_apply.register
    def _(self, data: ClaimCleared) -> None:
        self.reserved_fen -= data.amount_fen

    @_apply.register
    def _(self, data: ClaimOrdered) -> None:
        self.order, self.orders = data, self.orders + 1
        self.account = data.account_sha256 or self.account

    @_apply.register
    def _(self, data: ClaimPaid) -> None:
        self.paid_fen += data.amount_fen

    @_apply.register
    def _(self, data: ClaimClawbackAssessed) -> None:
        self.receivable_fen += data.amount_fen

    @_apply.register
    def _(self, data: ClaimClawbackRecovered) -> None:
        self.receivable_fen -= data.amount_fen
        self.recovered_fen += data.amount_fen


def fold_claim(claim: str, events: Iterable[Event]) -> Claim:
    """Return a claim as its events leave it; `new` where there are none."""
    folded = Claim(claim)
    for event in events:
        folded.apply(event)
    return folded
