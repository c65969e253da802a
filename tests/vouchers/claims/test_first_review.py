"""The first review: marks as a reviewer writes them, every item confirmed or overridden, cuts."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ledger.errors import InvalidInputError, LedgerError, RuleViolationError
from ledger.events import CheckedItem
from tests.vouchers.claims.world import FIRST, MORE, SECOND, TEXT, evidence_of, worth_of
from vouchers.claims.checklist import check
from vouchers.claims.first_review import (
    Cut,
    CutMark,
    Mark,
    Marks,
    parse_marks,
    review,
    work_cuts,
)
from vouchers.claims.fold import Claim
from vouchers.claims.worth import Worth

ITEMS = check(evidence_of(holder=None))


def marks(**changed: tuple[str, str | None]) -> list[Mark]:
    """Return a mark for each item as it was computed, but for the changes."""
    given = {one.item: (one.verdict, None) for one in ITEMS} | changed
    return [
        Mark(item=item, verdict=verdict, reason=reason)  # type: ignore[arg-type]
        for item, (verdict, reason) in given.items()
    ]


def code_of(raised: pytest.ExceptionInfo[LedgerError]) -> str:
    return raised.value.code


# --- marks as they are written ---


def test_marks_are_read_as_they_are_written() -> None:
    raw = json.dumps(
        {
            "items": [{"item": "status", "verdict": "met"}],
            "cuts": [{"invoice": FIRST, "base_cut_fen": 5, "reason": "含存储费用"}],
        }
    ).encode()
    assert parse_marks(raw) == Marks(
        items=(Mark(item="status", verdict="met"),),
        cuts=(CutMark(invoice=FIRST, base_cut_fen=5, reason="含存储费用"),),
    )
    assert parse_marks(b"{}") == Marks()


@pytest.mark.parametrize(
    ("cut", "path"),
    [
        ({"invoice": FIRST, "reason": "r"}, "cuts[0]"),
        ({"invoice": FIRST, "base_cut_fen": 1, "amount_fen": 1, "reason": "r"}, "cuts[0]"),
        ({"amount_fen": 0, "reason": "r"}, "cuts[0]"),
        ({"amount_fen": -1, "reason": "r"}, "cuts[0].amount_fen"),
        ({"amount_fen": 1.5, "reason": "r"}, "cuts[0].amount_fen"),
        ({"base_cut_fen": 1, "reason": "r"}, "cuts[0].invoice"),
        ({"amount_fen": 1, "reason": "  "}, "cuts[0].reason"),
        ({"amount_fen": 1}, "cuts[0]"),
        ({"amount_fen": 1, "reason": "r", "item": "x"}, "cuts[0]"),
    ],
)
def test_a_cut_that_cannot_be_is_refused_with_its_place(cut: Mapping[str, Any], path: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        parse_marks(json.dumps({"cuts": [cut]}).encode())
    assert path in raised.value.message.en


@pytest.mark.parametrize(
    "raw",
    [
        b'{"items": [{"item": "status", "verdict": "yes"}]}',
        b'{"items": [{"item": "status"}]}',
        b'{"item": []}',
        b'{"items": {}}',
        b"[]",
        b"{",
    ],
)
def test_what_is_no_file_of_marks_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidInputError):
        parse_marks(raw)


# --- every item, once ---


def test_a_confirmed_list_stands_as_it_was_computed() -> None:
    checked = review(ITEMS, marks())
    assert [one.item for one in checked] == [one.item for one in ITEMS]
    assert all(one.computed == one.confirmed for one in checked)
    assert checked[0] == CheckedItem(
        item="status", computed="met", confirmed="met", basis=ITEMS[0].basis.zh
    )


def test_an_override_has_its_reason_and_keeps_what_was_computed() -> None:
    checked = {one.item: one for one in review(ITEMS, marks(payee=("met", "已核实户名")))}
    found = checked["payee"]
    assert (found.computed, found.confirmed, found.reason) == (
        "cannot_tell",
        "met",
        "已核实户名",
    )


def test_the_order_of_the_marks_changes_nothing() -> None:
    assert review(ITEMS, marks()) == review(ITEMS, marks()[::-1])


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_an_override_without_a_reason_is_refused(reason: str | None) -> None:
    with pytest.raises(InvalidInputError) as raised:
        review(ITEMS, marks(payee=("met", reason), status=("not_met", reason)))
    assert code_of(raised) == "no_reason"
    assert "status, payee" in raised.value.message.en


def test_items_that_nobody_mentions_are_named() -> None:
    left = [one for one in marks() if one.item not in {"sums", "payee"}]
    with pytest.raises(InvalidInputError) as raised:
        review(ITEMS, left)
    assert code_of(raised) == "item_not_reviewed"
    assert "sums, payee" in raised.value.message.zh


def test_an_unknown_item_is_refused_with_the_nearest() -> None:
    with pytest.raises(InvalidInputError) as raised:
        review(ITEMS, [*marks(), Mark(item="statsu", verdict="met")])
    assert (code_of(raised), raised.value.next_step.en) == ("unknown_item", "did you mean status?")


def test_an_item_twice_is_refused() -> None:
    with pytest.raises(InvalidInputError) as raised:
        review(ITEMS, [*marks(), Mark(item="sums", verdict="met")])
    assert (code_of(raised), "sums" in raised.value.message.en) == ("item_twice", True)


def test_every_list_that_is_computed_can_stand_in_the_log() -> None:
    for text in (TEXT, TEXT.replace("declaration 2022\n", ""), ""):
        items = check(evidence_of(text=text))
        given = [Mark(item=one.item, verdict=one.verdict) for one in items]
        assert len(review(items, given)) == len(items)


# --- cuts ---


def cut(claim: Claim, *given: CutMark, text: str = TEXT + MORE) -> tuple[Cut, ...]:
    """Return what cuts take off a claim of the district's programme."""

    def worth(base_cuts: Mapping[str, int]) -> Worth:
        return worth_of(text, "east_lake", *claim.invoices, cuts=base_cuts)

    return work_cuts(claim, given, worth)


def claimed(fen: int = 10_000_000, *invoices: str) -> Claim:
    return Claim("CL-1", amount_fen=fen, invoices=invoices or (FIRST, SECOND))


def test_a_cut_of_a_base_takes_off_what_the_claim_is_worth_less() -> None:
    made = cut(claimed(), CutMark(invoice=FIRST, base_cut_fen=200_000, reason="r"))
    assert made == (Cut(FIRST, 200_000, 100_000, "r"),)


def test_cuts_are_taken_one_after_another() -> None:
    made = cut(
        claimed(),
        CutMark(invoice=FIRST, base_cut_fen=200_000, reason="r"),
        CutMark(amount_fen=7, reason="r"),
        CutMark(invoice=SECOND, base_cut_fen=2_000, reason="r"),
        CutMark(invoice=FIRST, base_cut_fen=200_000, reason="r"),
    )
    assert [one.amount_fen for one in made] == [100_000, 7, 993, 100_000]


def test_a_base_that_was_cut_before_is_cut_further() -> None:
    claim = claimed(9_900_000)
    claim.base_cuts = {FIRST: 200_000}
    made = cut(claim, CutMark(invoice=FIRST, base_cut_fen=200_000, reason="r"))
    assert made[0].amount_fen == 100_000


def test_a_cut_beyond_what_is_asked_takes_off_nothing_where_less_was_asked() -> None:
    made = cut(claimed(5_000_000), CutMark(invoice=FIRST, base_cut_fen=200_000, reason="r"))
    assert made[0].amount_fen == 0


@pytest.mark.parametrize(
    ("mark", "code"),
    [
        (CutMark(invoice="9" * 20, amount_fen=1, reason="r"), "unknown_invoice"),
        (CutMark(invoice=FIRST, base_cut_fen=10_000_001, reason="r"), "cut_beyond_base"),
        (CutMark(amount_fen=10_000_001, reason="r"), "cut_beyond_amount"),
    ],
)
def test_a_cut_that_cannot_be_is_refused(mark: CutMark, code: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        cut(claimed(), mark)
    assert code_of(raised) == code


def test_a_claim_is_not_cut_to_nothing() -> None:
    with pytest.raises(RuleViolationError) as raised:
        cut(claimed(), CutMark(amount_fen=10_000_000, reason="r"))
    assert code_of(raised) == "cut_to_nothing"


def test_a_base_is_not_cut_while_a_fact_is_missing() -> None:
    text = TEXT.replace("declaration 2022\n", "")
    mark = CutMark(invoice=FIRST, base_cut_fen=1, reason="r")
    with pytest.raises(LedgerError) as raised:
        cut(claimed(5_000_000, FIRST), mark, text=text)
    assert code_of(raised) == "worth_unknown"
