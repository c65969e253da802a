"""What an act on a claim becomes: the events that record it, in their order.

Nothing is decided here about who may: that was asked before. Amounts follow from where the claim
stands, so that no request can name one that does not fit.
"""

from dataclasses import dataclass
from functools import singledispatch
from typing import Any, Literal

from ledger.errors import InvalidInputError
from ledger.events import (
    CheckedItem,
    ClaimApproved,
    ClaimChecked,
    ClaimClawbackAssessed,
    ClaimClawbackRecovered,
    ClaimCleared,
    ClaimClosed,
    ClaimCut,
    ClaimFailed,
    ClaimLapsed,
    ClaimObjected,
    ClaimObjectionSettled,
    ClaimPaid,
    ClaimRejected,
    ClaimReturned,
    ClaimWithdrawn,
    Data,
    LogName,
    VoucherReleased,
)
from ledger.money import render_yuan
from ledger.text import Text
from vouchers.claims.first_review import Cut, Marks
from vouchers.claims.fold import Claim
from vouchers.claims.requests import (
    AssessRequest,
    EmptyRequest,
    FailRequest,
    ObjectRequest,
    PaperRequest,
    PayRequest,
    ReasonRequest,
    RecoverRequest,
    RejectRequest,
    Request,
    ReturnRequest,
    SettleRequest,
)
from vouchers.claims.table import Action, Capacity


@dataclass(frozen=True, slots=True)
class Setting:
    """Who acts on a claim, in which capacity, when, and what he saw of the ledger.

    `cuts` is what a reviewer's cuts take off, `items` the check list as he leaves it, `digest`
    stands for the objector, `is_closed` says that the fund's year is.
    """

    claim: Claim
    action: Action
    capacity: Capacity
    actor: str
    day: str
    acted_at: str
    sizes: dict[LogName, int]
    rules: str
    cuts: tuple[Cut, ...] = ()
    items: tuple[CheckedItem, ...] = ()
    digest: str | None = None
    is_closed: bool = False

    def said(self) -> dict[str, Any]:
        """Return what every event of the claim says."""
        claim = self.claim
        return {
            "claim": claim.claim,
            "revision": claim.revision,
            "programme": claim.programme,
            "year": claim.year,
            "effective_on": self.day,
            "acted_at": self.acted_at,
            "sizes": self.sizes,
            "rules": self.rules,
            "actor": self.actor,
        }

    def money(self, amount_fen: int) -> dict[str, Any]:
        """Return the same with an amount of the claim's fund."""
        return {**self.said(), "fund": self.claim.fund, "amount_fen": amount_fen}

    @property
    def back_to(self) -> Literal["available", "appropriated"]:
        """Return where what was expended goes when it comes back, or is not paid after all."""
        return "appropriated" if self.is_closed else "available"

    def revoking(self, document: str | None) -> dict[str, Any]:
        """Return what a cut or a rejection says beside its amount of the stage that it is at.

        Raises `InvalidInputError` (`no_document`) for a clearance revoked without one, and for a
        document where there is nothing to revoke (`document_unused`).
        """
        if self.claim.stage != "payment":
            if document is not None:
                raise _document(
                    "document_unused", "付款阶段之前不写文号", "a document is for what was cleared"
                )
            return {}
        if document is None:
            raise _document(
                "no_document", "撤销公示无异议的认定须写明文号", "revoking takes a document"
            )
        return {"document": document, "to": self.back_to}

    def release(self, amount_fen: int) -> VoucherReleased:
        """Return that an amount of the voucher may be drawn again."""
        claim = self.claim
        return VoucherReleased(
            programme=claim.programme,
            year=claim.year,
            amount_fen=amount_fen,
            released_on=self.day,
            claim=claim.claim,
            invoices=claim.invoices,
        )


def _document(code: str, zh: str, en: str) -> InvalidInputError:
    """Return the refusal of an act whose document is missing, or says nothing there."""
    return InvalidInputError(
        code,
        Text(zh, en),
        Text('以 --file 写明 "document"', 'name it as "document" in --file')
        if code == "no_document"
        else Text('请去掉 "document"', 'leave "document" out'),
    )


def record(request: Request, at: Setting) -> list[Data]:
    """Return the events of an act on one claim.

    Raises `InvalidInputError` (`bad_cut`, `cut_changes_nothing`) for a cut that cannot be, and what
    `Setting.revoking` does.
    """
    return _record(request, at)


@singledispatch
def _record(request: Request, at: Setting) -> list[Data]:
    """Return the events of an act."""
    raise AssertionError(request, at)


@_record.register
def _(request: ReturnRequest, at: Setting) -> list[Data]:
    stage: Literal["check", "approval"] = "check" if at.capacity == "reviewer" else "approval"
    returned = ClaimReturned(**at.said(), stage=stage, items=request.items)
    # What is reserved in the fund keeps its place; the voucher may serve another claim meanwhile.
    return [returned, at.release(at.claim.reserved_fen)]


@_record.register
def _(request: Marks, at: Setting) -> list[Data]:
    assert len(at.cuts) == len(request.cuts), request
    made: list[Data] = []
    stage: Literal["check", "payment"] = "payment" if at.claim.stage == "payment" else "check"
    told = at.revoking(request.document)
    for cut in at.cuts:
        if not cut.amount_fen:
            raise _no_cut(cut)
        said = at.money(cut.amount_fen)
        made.append(
            ClaimCut(
                **said,
                **told,
                at=stage,
                reason=cut.reason,
                item=cut.invoice,
                base_cut_fen=cut.base_cut_fen,
            )
        )
        made.append(at.release(cut.amount_fen))
    if at.action == "check":
        made.append(ClaimChecked(**at.said(), items=at.items))
    return made


def _no_cut(cut: Cut) -> InvalidInputError:
    """Return the refusal of a cut of a base that leaves the amount as it is."""
    return InvalidInputError(
        "cut_changes_nothing",
        Text(
            f"核减发票 {cut.invoice} 的基数 {cut.base_cut_fen} 分，金额不变（受上限约束）",
            f"cutting {cut.base_cut_fen} fen of invoice {cut.invoice} changes nothing: a cap binds",
        ),
        Text(
            "请在该事项的意见中写明，不必核减",
            "say so in the item's reason; there is nothing to cut",
        ),
    )


@_record.register
def _(request: ReasonRequest, at: Setting) -> list[Data]:
    fen = at.claim.reserved_fen
    assisted = at.capacity == "assistant"
    ended = ClaimWithdrawn(**at.money(fen), reason=request.reason, assisted=assisted)
    # What was returned is released already.
    return [ended] if at.claim.state == "returned" else [ended, at.release(fen)]


@_record.register
def _(request: RejectRequest, at: Setting) -> list[Data]:
    fen, told = at.claim.amount_fen, at.revoking(request.document)
    rejected = ClaimRejected(**at.money(fen), **told, at=at.claim.stage, reason=request.reason)
    return [rejected, at.release(fen)]


@_record.register
def _(request: PaperRequest, at: Setting) -> list[Data]:
    if at.action == "close":
        return [ClaimClosed(**at.said(), document=request.document)]
    fen = at.claim.reserved_fen
    return [ClaimApproved(**at.said(), amount_fen=fen, document=request.document)]


@_record.register
def _(request: ObjectRequest, at: Setting) -> list[Data]:
    assert at.digest is not None, request
    number = request.objection or f"{at.claim.claim}-{len(at.claim.objections) + 1}"
    said = at.said()
    return [ClaimObjected(**said, objection=number, digest=at.digest, matter=request.matter)]


@_record.register
def _(request: SettleRequest, at: Setting) -> list[Data]:
    settled = ClaimObjectionSettled(
        **at.said(),
        objection=request.objection,
        outcome=request.outcome,
        reason=request.reason,
        document=request.document,
    )
    if request.outcome == "dismissed":
        if request.cut_fen is not None:
            raise _bad_settlement(
                Text("异议不成立，不能核减", "a dismissed objection cuts nothing")
            )
        return [settled]
    fen = at.claim.reserved_fen
    if request.cut_fen is None:
        rejected = ClaimRejected(**at.money(fen), at="objection", reason=request.reason)
        return [settled, rejected, at.release(fen)]
    if not 0 < request.cut_fen < fen:
        what = Text(
            f"核减 {render_yuan(request.cut_fen)} 元，冻结为 {render_yuan(fen)} 元",
            f"a cut of CNY {render_yuan(request.cut_fen)} from {render_yuan(fen)} reserved",
        )
        raise _bad_settlement(what)
    cut = ClaimCut(**at.money(request.cut_fen), at="objection", reason=request.reason)
    return [cut, at.release(request.cut_fen), settled]


def _bad_settlement(what: Text) -> InvalidInputError:
    """Return the refusal of an outcome and a cut that do not go together."""
    return InvalidInputError(
        "bad_cut",
        what,
        Text(
            "异议成立：核减一部分则填核减金额，全部不予支持则不填",
            "where it is upheld, cut_fen cuts a part; leave it out to reject the claim",
        ),
    )


@_record.register
def _(request: EmptyRequest, at: Setting) -> list[Data]:  # noqa: ARG001
    noticed = at.claim.noticed
    assert noticed is not None, at.claim
    fen = at.claim.reserved_fen
    return [ClaimCleared(**at.money(fen), notice=noticed.notice, line=noticed.line)]


@_record.register
def _(request: PayRequest, at: Setting) -> list[Data]:
    fen, order = at.claim.amount_fen, _order(request.order, at)
    return [ClaimPaid(**at.money(fen), order=order, bank_reference=request.bank_reference)]


@_record.register
def _(request: FailRequest, at: Setting) -> list[Data]:
    fen, order = at.claim.amount_fen, _order(request.order, at)
    return [
        ClaimFailed(
            **at.money(fen),
            order=order,
            reason=request.reason,
            bank_reference=request.bank_reference,
        )
    ]


@_record.register
def _(request: AssessRequest, at: Setting) -> list[Data]:
    return [
        ClaimClawbackAssessed(
            **at.money(request.amount_fen), document=request.document, reason=request.reason
        )
    ]


@_record.register
def _(request: RecoverRequest, at: Setting) -> list[Data]:
    return [
        ClaimClawbackRecovered(
            **at.money(request.amount_fen),
            document=request.document,
            bank_reference=request.bank_reference,
            to=at.back_to,
        )
    ]


def record_lapse(at: Setting, reason: str) -> list[Data]:
    """Return the events of a claim whose time is over."""
    fen = at.claim.reserved_fen
    return [ClaimLapsed(**at.money(fen), reason=reason)]


def _order(order: str | None, at: Setting) -> str:
    """Return the order that is under way, where none is named."""
    under_way = at.claim.order
    assert under_way is not None, at.claim
    return order or under_way.order
