"""The first review (初审): a reviewer confirms or overrides each item, and cuts what is too much.

The marks come from one JSON file; unknown keys are refused with the nearest known name:

    {"items": [{"item": "status", "verdict": "met"},
               {"item": "sums", "verdict": "met", "reason": "票面已核对"}],
     "cuts": [{"invoice": "22420000000000000001", "base_cut_fen": 100000, "reason": "含存储费用"}]}
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Final, NamedTuple

from msgspec import Meta, Struct

from ledger.errors import InvalidInputError, RuleViolationError
from ledger.events import CheckedItem, Verdict
from ledger.money import render_yuan
from ledger.text import Text
from vouchers.case import Fen
from vouchers.claims.evidence import Item
from vouchers.claims.fold import Claim
from vouchers.claims.worth import Worth
from vouchers.decision import Reason
from vouchers.spelling import find_nearest
from vouchers.strict_json import decode, refuse

Word = Annotated[str, Meta(max_length=500)]

# The basis of an item stands in the log, where a text is a paragraph at most.
_BASIS_LENGTH_MAX: Final = 500


class Mark(Struct, frozen=True, kw_only=True):
    """What a reviewer finds of an item; a reason where it is not what was computed."""

    item: Word
    verdict: Verdict
    reason: Word | None = None


class CutMark(Struct, frozen=True, kw_only=True):
    """A reviewer's cut: of an invoice's base, or of the amount, in fen."""

    reason: Word
    invoice: Word | None = None
    base_cut_fen: Fen | None = None
    amount_fen: Fen | None = None


class Marks(Struct, frozen=True, kw_only=True):
    """All that a reviewer says of a claim.

    `document` is by which the authority cuts what was cleared already.
    """

    items: tuple[Mark, ...] = ()
    cuts: tuple[CutMark, ...] = ()
    document: Word | None = None


class Cut(NamedTuple):
    """What a cut takes off the claim's amount: 0 where a cap leaves it as it is all the same."""

    invoice: str | None
    base_cut_fen: int | None
    amount_fen: int
    reason: str


class ReviewIncompleteError(InvalidInputError):
    """A review in which something is left to say, of the items named."""

    def __init__(self, items: Sequence[str], code: str, message: Text, next_step: Text) -> None:
        super().__init__(code, message, next_step)
        self.items = tuple(items)


WorthOf = Callable[[Mapping[str, int]], Worth]
"""Gives what the claim is worth with cuts of its invoices' bases, in fen."""


def parse_marks(raw: bytes) -> Marks:
    """Return a reviewer's marks.

    Raises `InvalidInputError`: everything that `strict_json.decode` refuses; `bad_value` for a cut
    that says neither or both of base and amount, or nothing, or an invoice's base of no invoice.
    """
    marks = decode(raw, Marks)
    for i, one in enumerate(marks.cuts):
        given = [fen for fen in (one.base_cut_fen, one.amount_fen) if fen is not None]
        if len(given) != 1 or not given[0]:
            expected = Text(
                "base_cut_fen 或 amount_fen 之一，大于 0",
                "one of base_cut_fen and amount_fen, above zero",
            )
            refuse(f"cuts[{i}]", given, expected)
        if one.base_cut_fen is not None and one.invoice is None:
            refuse(f"cuts[{i}].invoice", None, Text("发票号码", "an invoice's number"))
        if not one.reason.strip():
            refuse(f"cuts[{i}].reason", one.reason, Text("核减理由", "why it is cut"))
    return marks


def review(items: Sequence[Item], marks: Sequence[Mark]) -> tuple[CheckedItem, ...]:
    """Return the check list as a reviewer leaves it, in the list's order.

    Raises `InvalidInputError`: `unknown_item` (with the nearest one), `item_twice`,
    `item_not_reviewed` (with all that are left), `no_reason` for an override without one.
    """
    given = _require_known(items, marks)
    left = [one.item for one in items if one.item not in given]
    if left:
        ids = ", ".join(left)
        raise ReviewIncompleteError(
            left,
            "item_not_reviewed",
            Text(f"尚有 {len(left)} 项未写明意见：{ids}", f"{len(left)} items are left: {ids}"),
            Text("每一项都须确认或改判", "confirm or override each of them"),
        )
    bare = [
        one.item
        for one in items
        if given[one.item].verdict != one.verdict and not (given[one.item].reason or "").strip()
    ]
    if bare:
        ids = ", ".join(bare)
        raise ReviewIncompleteError(
            bare,
            "no_reason",
            Text(f"改判未写理由：{ids}", f"overridden without a reason: {ids}"),
            Text("请写明理由与所依据的材料", "say why, and on what paper it rests"),
        )
    return tuple(
        CheckedItem(
            item=one.item,
            computed=one.verdict,
            confirmed=given[one.item].verdict,
            basis=_shorten(one.basis.zh) or one.name.zh,
            reason=given[one.item].reason,
        )
        for one in items
    )


def _require_known(items: Sequence[Item], marks: Sequence[Mark]) -> dict[str, Mark]:
    """Return the marks by item; raise for an item that is not on the list, or is there twice."""
    known = [one.item for one in items]
    for mark in marks:
        if mark.item not in known:
            near = find_nearest(mark.item, known)
            ids = ", ".join(known)
            raise InvalidInputError(
                "unknown_item",
                Text(f"没有事项 {mark.item!r}", f"there is no item {mark.item!r}"),
                Text(f"是否应为 {near}？", f"did you mean {near}?")
                if near
                else Text(f"事项有：{ids}", f"the items are: {ids}"),
            )
    twice = [item for item, times in Counter(one.item for one in marks).items() if times > 1]
    if twice:
        ids = ", ".join(twice)
        raise InvalidInputError(
            "item_twice",
            Text(f"事项写了两次：{ids}", f"marked twice: {ids}"),
            Text("每一项只写一次", "mark each item once"),
        )
    return {one.item: one for one in marks}


def _shorten(text: str) -> str:
    """Return a text that the log takes: one that is too long ends in an ellipsis."""
    if len(text) <= _BASIS_LENGTH_MAX:
        return text
    return text[: _BASIS_LENGTH_MAX - 1] + "…"


def work_cuts(claim: Claim, marks: Iterable[CutMark], worth_of: WorthOf) -> tuple[Cut, ...]:
    """Return what each cut takes off the claim's amount, one after another.

    A base that is cut makes the claim worth less; what is asked above that is cut off. Raises
    `InvalidInputError`: `unknown_invoice`, `cut_beyond_base`, `cut_beyond_amount`; and
    `RuleViolationError`: `worth_unknown` while a fact is missing, `cut_to_nothing` where nothing of
    the claim would be left.
    """
    standing_fen, base_cuts, made = claim.amount_fen, dict(claim.base_cuts), list[Cut]()
    for mark in marks:
        if mark.invoice is not None and mark.invoice not in claim.invoices:
            _refuse_invoice(mark.invoice, claim)
        amount_fen = mark.amount_fen or 0
        if mark.base_cut_fen is not None and mark.invoice is not None:
            _require_base(mark, worth_of(base_cuts))
            base_cuts[mark.invoice] = base_cuts.get(mark.invoice, 0) + mark.base_cut_fen
            amount_fen = max(standing_fen - _require_worth(worth_of(base_cuts)), 0)
        if amount_fen > standing_fen:
            most, asked = render_yuan(standing_fen), render_yuan(amount_fen)
            raise InvalidInputError(
                "cut_beyond_amount",
                Text(f"核减 {asked} 元大于现有 {most} 元", f"cut by CNY {asked} of {most}"),
                Text(f"至多核减 {most} 元", f"cut CNY {most} at most"),
            )
        standing_fen -= amount_fen
        made.append(Cut(mark.invoice, mark.base_cut_fen, amount_fen, mark.reason))
    if made and not standing_fen:
        raise RuleViolationError(
            "cut_to_nothing",
            Text("核减后金额为 0", "nothing of the claim would be left"),
            Text(
                "请由主管部门不予支持，初审中也可退回", "have the authority reject it, or return it"
            ),
        )
    return tuple(made)


def _refuse_invoice(invoice: str, claim: Claim) -> None:
    near = find_nearest(invoice, claim.invoices)
    listed = ", ".join(claim.invoices)
    raise InvalidInputError(
        "unknown_invoice",
        Text(f"申请中没有发票 {invoice!r}", f"the claim has no invoice {invoice!r}"),
        Text(f"是否应为 {near}？", f"did you mean {near}?")
        if near
        else Text(f"申请的发票：{listed}", f"its invoices: {listed}"),
    )


def _require_base(mark: CutMark, before: Worth) -> None:
    """Raise where more is cut of an invoice's base than there is, or that is not known."""
    _require_worth(before)
    purchases = before.case.purchases or ()
    base_fen = sum(fen for at, fen in before.bases.items() if purchases[at].invoice == mark.invoice)
    if (mark.base_cut_fen or 0) <= base_fen:
        return
    cut, base = render_yuan(mark.base_cut_fen or 0), render_yuan(base_fen)
    raise InvalidInputError(
        "cut_beyond_base",
        Text(
            f"发票 {mark.invoice} 核减基数 {cut} 元，大于其计入的 {base} 元",
            f"CNY {cut} is cut of invoice {mark.invoice}, of which {base} counts",
        ),
        Text(f"至多核减 {base} 元", f"cut CNY {base} at most"),
    )


def _require_worth(worth: Worth) -> int:
    """Return what a claim is worth; raise while a fact is missing."""
    if worth.amount_fen is not None:
        return worth.amount_fen
    missing: tuple[Reason, ...] = worth.missing
    zh = "；".join(one.message.zh for one in missing)
    en = "; ".join(one.message.en for one in missing)
    raise RuleViolationError(
        "worth_unknown",
        Text(f"金额尚不能认定：{zh}", f"the amount is undetermined: {en}"),
        Text("补充后再核减，或按金额核减", "supply the facts first, or cut the amount itself"),
    )
