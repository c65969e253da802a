"""A claim's lawful histories, written step by step: what tests of claims begin with."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from ledger.claim_state import State
from ledger.codec import Event, encode
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
    Verdict,
    VoucherDrawn,
    VoucherGranted,
    VoucherReleased,
)
from ledger.rights import Grant
from ledger.roster import Roster
from vouchers.claims.checklist import REVIEWED
from vouchers.claims.fold import Claim
from vouchers.claims.table import SCHEDULER

ENTERPRISE: Final = "91420100MA4K2XY18X"
OTHER: Final = "91350100M000100Y43"
PROGRAMME: Final = "hubei"
CLAIM: Final = "SQ-1"

ACTORS: Final = {
    "enterprise": "clerk",
    "task_force": "reviewer",
    "authority": "approver",
    "finance": "payer",
    "scheduler": SCHEDULER,
}
"""Who does the lawful acts of each role."""

PEOPLE: Final[dict[str, frozenset[Grant]]] = {
    "clerk": frozenset({Grant("enterprise", ENTERPRISE)}),
    "stranger": frozenset({Grant("enterprise", OTHER)}),
    "reviewer": frozenset({Grant("task_force", PROGRAMME)}),
    "reviewer-all": frozenset({Grant("task_force")}),
    "reviewer-wuhan": frozenset({Grant("task_force", "wuhan")}),
    "approver": frozenset({Grant("authority", PROGRAMME)}),
    "approver-all": frozenset({Grant("authority")}),
    "approver-wuhan": frozenset({Grant("authority", "wuhan")}),
    "payer": frozenset({Grant("finance", PROGRAMME)}),
    "payer-all": frozenset({Grant("finance")}),
    "payer-wuhan": frozenset({Grant("finance", "wuhan")}),
    "admin": frozenset({Grant("administrator")}),
    "auditor": frozenset({Grant("auditor")}),
    "nobody": frozenset(),
}


REVOKED: Final = {"document": "撤1号", "to": "available"}
"""What a cut or a rejection says beside the rest once a claim was cleared."""


def roster(**more: set[Grant]) -> Roster:
    """Return a roster of everybody, and of whom a test adds."""
    return Roster(grants={name: set(held) for name, held in PEOPLE.items()} | dict(more))


def reviewed(confirmed: Verdict = "met") -> tuple[CheckedItem, ...]:
    """Return a check list on which every item was found alike."""
    return tuple(
        CheckedItem(item=item, computed=confirmed, confirmed=confirmed, basis="x")
        for item in REVIEWED
    )


class Story:
    """Writes a claim's events, one after another, and keeps the claim that they make."""

    def __init__(self, claim: str = CLAIM, enterprise: str = ENTERPRISE) -> None:
        self.claim = Claim(claim)
        self.events: list[Event] = []
        self.book: list[Event] = []
        self._enterprise = enterprise
        self._day = 0

    def said(self, actor: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields
        """Return what every event of the claim says, on a day after the last one."""
        return {
            "claim": self.claim.claim,
            "revision": self.claim.revision,
            "programme": PROGRAMME,
            "year": 2022,
            "effective_on": f"2022-11-{1 + self._day:02}",
            "acted_at": "2022-11-01T00:00:00Z",
            "sizes": {"book": 1},
            "rules": "0" * 64,
            "actor": actor,
            **changes,
        }

    def event(self, data: Data) -> Event:
        """Return an event of the claim without taking it in."""
        event_id = f"{self.claim.claim}/{len(self.book)}"
        return encode("urn:suanquan:claims", event_id, self._enterprise, data, "0" * 32)

    def do(self, cls: type[ClaimData | ClaimStep], actor: str, **changes: Any) -> "Story":  # noqa: ANN401
        """Take in the claim's next event."""
        self._day += 1
        fields = self.said(actor, **changes)
        if issubclass(cls, ClaimData):
            fields.setdefault("fund", PROGRAMME)
        data = cls(**fields)
        if isinstance(data, ClaimSubmitted | ClaimResubmitted):
            self._draw(data)
        event = self.event(data)
        self.events.append(event)
        self._take(event)
        if self.claim.owed_fen:
            self._release()
        return self

    def _take(self, event: Event) -> None:
        """Take in an event of the claim or its voucher."""
        self.book.append(event)
        self.claim.apply(event)

    def _draw(self, data: ClaimSubmitted | ClaimResubmitted) -> None:
        """Draw what is asked on the claim's voucher, granted first where it is the first time."""
        of = data.programme, data.year
        if isinstance(data, ClaimSubmitted):
            self._take(self.event(VoucherGranted(*of, 1_000, data.effective_on, data.actor)))
        drawn = VoucherDrawn(*of, data.amount_fen, data.effective_on, "0" * 64, data.invoices)
        self._take(self.event(msgspec.structs.replace(drawn, claim=data.claim)))

    def _release(self) -> None:
        """Give back what the claim holds of its voucher beyond what it asks for."""
        claim = self.claim
        of = claim.programme, claim.year
        released = VoucherReleased(*of, claim.owed_fen, claim.since, claim.claim, claim.invoices)
        self._take(self.event(released))

    # --- the acts ---

    def draft(self, actor: str = "clerk", **more: Any) -> "Story":  # noqa: ANN401
        """Save a draft."""
        return self.do(ClaimDrafted, actor, content="{}", **more)

    def submit(self, actor: str = "clerk", amount_fen: int = 100, **more: Any) -> "Story":  # noqa: ANN401
        """Hand the claim in."""
        more.setdefault("invoices", ("22420000000000000001",))
        return self.do(ClaimSubmitted, actor, amount_fen=amount_fen, **more)

    def send_back(self, actor: str = "reviewer", stage: str = "check") -> "Story":
        """Return the claim."""
        remarks = (Remark(item="payments", reason="缺回单"),)
        return self.do(ClaimReturned, actor, stage=stage, items=remarks)

    def resubmit(self, actor: str = "clerk", amount_fen: int = 90) -> "Story":
        """Hand the claim in again."""
        return self.do(
            ClaimResubmitted,
            actor,
            amount_fen=amount_fen,
            before_fen=self.claim.reserved_fen,
            revision=self.claim.revision + 1,
        )

    def withdraw(self, actor: str = "clerk") -> "Story":
        """Take the claim back."""
        return self.do(ClaimWithdrawn, actor, amount_fen=self.claim.reserved_fen)

    def lapse(self) -> "Story":
        """Let the claim lapse."""
        amount_fen = self.claim.reserved_fen or 1
        return self.do(
            ClaimLapsed,
            SCHEDULER,
            amount_fen=amount_fen,
            reason="年度结束",
            effective_on="2023-01-01",
        )

    def cut(self, actor: str = "reviewer", amount_fen: int = 10) -> "Story":
        """Cut the claim at the first review, or what was cleared by the approver."""
        at = "check" if self.claim.stage == "approval" else self.claim.stage
        actor = actor if at == "check" else "approver"
        told = REVOKED if at == "payment" else {}
        return self.do(ClaimCut, actor, amount_fen=amount_fen, at=at, reason="超出", **told)

    def check(self, actor: str = "reviewer", confirmed: Verdict = "met") -> "Story":
        """Conclude the first review."""
        return self.do(ClaimChecked, actor, items=reviewed(confirmed))

    def reject(self, actor: str = "approver") -> "Story":
        """Reject the claim, or revoke its clearance."""
        fen, at = self.claim.amount_fen, self.claim.stage
        told = REVOKED if at == "payment" else {}
        return self.do(ClaimRejected, actor, amount_fen=fen, at=at, reason="不符合", **told)

    def approve(self, actor: str = "approver") -> "Story":
        """Approve what is reserved."""
        return self.do(ClaimApproved, actor, amount_fen=self.claim.reserved_fen)

    def notice(self, actor: str = "approver") -> "Story":
        """Give notice from today on for a week."""
        first, last = f"2022-11-{2 + self._day:02}", f"2022-11-{8 + self._day:02}"
        fen = self.claim.approved_fen
        days = {"first_day": first, "last_day": last}
        return self.do(ClaimNoticed, actor, notice="GS-1", line=1, amount_fen=fen, **days)

    def object(self, actor: str = "approver", objection: str = "YY-1") -> "Story":
        """Record an objection."""
        return self.do(ClaimObjected, actor, objection=objection, digest="c" * 64, matter="虚假")

    def settle(
        self, actor: str = "approver", objection: str = "YY-1", outcome: str = "dismissed"
    ) -> "Story":
        """Settle an objection."""
        return self.do(
            ClaimObjectionSettled, actor, objection=objection, outcome=outcome, reason="已核"
        )

    def clear(self, actor: str = "approver") -> "Story":
        """Clear the claim after its notice."""
        self._day += 8
        fen = self.claim.reserved_fen
        return self.do(ClaimCleared, actor, amount_fen=fen, notice="GS-1", line=1)

    def order(self, actor: str = "payer", order: str = "ZF-1", **more: Any) -> "Story":  # noqa: ANN401
        """Order the payment."""
        return self.do(ClaimOrdered, actor, amount_fen=self.claim.amount_fen, order=order, **more)

    def pay(self, actor: str = "payer") -> "Story":
        """Record that the bank paid."""
        assert self.claim.order is not None
        fen, order = self.claim.amount_fen, self.claim.order.order
        return self.do(ClaimPaid, actor, amount_fen=fen, order=order, bank_reference="B1")

    def fail(self, actor: str = "payer") -> "Story":
        """Record that the bank did not pay."""
        assert self.claim.order is not None
        fen, order = self.claim.amount_fen, self.claim.order.order
        return self.do(ClaimFailed, actor, amount_fen=fen, order=order, reason="户名不符")

    def close(self, actor: str = "payer") -> "Story":
        """Close the claim."""
        return self.do(ClaimClosed, actor)

    def assess(self, actor: str = "approver", amount_fen: int = 20) -> "Story":
        """Claim an amount back."""
        return self.do(
            ClaimClawbackAssessed, actor, amount_fen=amount_fen, document="追1号", reason="红冲"
        )

    def recover(self, actor: str = "payer", amount_fen: int = 20) -> "Story":
        """Record what came back."""
        return self.do(
            ClaimClawbackRecovered,
            actor,
            amount_fen=amount_fen,
            document="追1号",
            bank_reference="B2",
            to="available",
        )


def story_to(state: State) -> Story:
    """Return the shortest lawful history that leads to a state."""
    story = Story()
    story.claim.enterprise, story.claim.programme, story.claim.year = ENTERPRISE, PROGRAMME, 2022
    for act in _WAYS[state]:
        act(story)
    assert story.claim.state == state, state
    return story


_NOTICED: Final = (Story.submit, Story.check, Story.approve, Story.notice)
_ORDERED: Final = (*_NOTICED, Story.clear, Story.order)
_WAYS: Final[dict[State, tuple[Callable[[Story], Story], ...]]] = {
    "new": (),
    "draft": (Story.draft,),
    "submitted": (Story.submit,),
    "returned": (Story.submit, Story.send_back),
    "checked": (Story.submit, Story.check),
    "approved": (Story.submit, Story.check, Story.approve),
    "noticed": _NOTICED,
    "objected": (*_NOTICED, Story.object),
    "cleared": (*_NOTICED, Story.clear),
    "ordered": _ORDERED,
    "failed": (*_ORDERED, Story.fail),
    "paid": (*_ORDERED, Story.pay),
    "closed": (*_ORDERED, Story.pay, Story.close),
    "rejected": (Story.submit, Story.check, Story.reject),
    "withdrawn": (Story.submit, Story.withdraw),
    "lapsed": (Story.submit, Story.send_back, Story.lapse),
}
