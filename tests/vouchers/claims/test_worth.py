"""What a claim is worth: exactly its invoices, cuts, and every limit that may bind."""

from datetime import date
from fractions import Fraction
from itertools import combinations
from random import Random
from typing import Any

import pytest
from msgspec import structs

from ledger.events import Data, VoucherDrawn, VoucherGranted, VoucherLapsed, VoucherReleased
from ledger.text import Text
from tests.small_ledger import invoice_number
from tests.vouchers.claims.world import (
    FIRST,
    MORE,
    PAYS,
    SECOND,
    TEXT,
    grounds_of,
    worth_of,
)
from vouchers.catalogue import select_programmes
from vouchers.claims.drawn import NO_VOUCHERS, Vouchers, fold_vouchers, share_of
from vouchers.claims.worth import work_out
from vouchers.payments import sum_creditable
from vouchers.prepared import prepare
from vouchers.programme import Cited, JointCap, LevelCap, Programme

_BOTH = TEXT + MORE
_CLAUSE = Text("办法", "rule")


def draw(
    programme: str, fen: int, *invoices: str, year: int = 2022, claim: str | None = None
) -> VoucherDrawn:
    """Return a draw on a voucher of 2022, by the first version of its programme."""
    (found,) = select_programmes([programme])
    return VoucherDrawn(
        programme=programme,
        year=year,
        amount_fen=fen,
        drawn_on="2022-10-01",
        version=prepare(found, found.versions[0]).hash,
        invoices=invoices,
        claim=claim,
    )


def after(*draws: Data, quota_fen: int | None = None, programme: str = "east_lake") -> Vouchers:
    """Return the vouchers after some events, with a grant before them."""
    granted = VoucherGranted(
        programme=programme, year=2022, quota_fen=quota_fen or 0, granted_on="2022-01-01"
    )
    return fold_vouchers([*([granted] if quota_fen is not None else []), *draws])


def test_a_draw_that_says_its_parts_takes_of_each_invoice_just_that() -> None:
    """The city refunded a quarter of either invoice; the district has room for its half of one."""
    parts = structs.replace(draw("wuhan", 5_000_000, FIRST, SECOND), parts_fen=(2_500_000,) * 2)
    for invoice in (FIRST, SECOND):
        grounds = grounds_of(_BOTH, "east_lake", vouchers=Vouchers({}, (parts,)))
        assert work_out(grounds, [invoice]).amount_fen == PAYS["east_lake"]


# --- what the programme alone would pay ---


@pytest.mark.parametrize("programme", PAYS)
def test_a_claim_is_worth_what_its_programme_pays_on_its_invoices(programme: str) -> None:
    worth = worth_of(TEXT, programme)
    assert (worth.status, worth.amount_fen) == ("eligible", PAYS[programme])
    assert worth.shares == ((FIRST, PAYS[programme]),)
    assert worth.limits == ()
    assert worth.steps == worth.decision.steps
    assert worth.steps[-1].value == worth.amount_fen


@pytest.mark.parametrize("programme", PAYS)
def test_invoices_that_are_not_claimed_on_pay_nothing(programme: str) -> None:
    one, both = (worth_of(_BOTH, programme, *of) for of in ([SECOND], [FIRST, SECOND]))
    assert one.amount_fen == PAYS[programme]
    assert one.shares == ((SECOND, PAYS[programme]),)
    assert both.amount_fen == 2 * PAYS[programme]
    assert dict(both.shares) == {FIRST: PAYS[programme], SECOND: PAYS[programme]}


def test_the_order_and_repetition_of_invoices_change_nothing() -> None:
    assert worth_of(_BOTH, "hubei", FIRST, SECOND) == worth_of(_BOTH, "hubei", SECOND, FIRST, FIRST)


def test_an_invoice_that_is_not_on_record_is_asked_for() -> None:
    worth = worth_of(TEXT, "hubei", FIRST, SECOND)
    assert (worth.status, worth.amount_fen) == ("undetermined", None)
    assert SECOND in worth.missing[0].message.zh
    assert SECOND in worth.missing[0].message.en


def test_a_missing_fact_is_named_with_its_place() -> None:
    worth = worth_of(TEXT.replace("declaration 2022\n", ""), "hubei")
    assert worth.status == "undetermined"
    assert any("declarations.related_party" in one.message.en for one in worth.missing)


def test_a_refusal_has_its_clause() -> None:
    worth = worth_of(TEXT.replace("enterprise 420100", "enterprise 310000"), "hubei")
    assert (worth.status, worth.amount_fen) == ("ineligible", 0)
    assert worth.reasons[0].code == "not_registered_in_place"
    assert "鄂科技规" in worth.reasons[0].clause.zh


def test_a_claim_on_no_invoice_is_worth_nothing() -> None:
    worth = work_out(grounds_of(TEXT, "hubei"), ())
    assert (worth.status, worth.amount_fen, worth.shares) == ("ineligible", 0, ())


# --- a reviewer's cuts ---


@pytest.mark.parametrize(
    ("cut_fen", "left_fen"), [(0, 5_000_000), (1, 4_999_999), (9_999, 4_995_000)]
)
def test_a_cut_of_the_base_is_taken_off_its_invoice(cut_fen: int, left_fen: int) -> None:
    assert worth_of(TEXT, "east_lake", cuts={FIRST: cut_fen}).amount_fen == left_fen


def test_a_cut_of_another_invoice_changes_nothing() -> None:
    assert worth_of(_BOTH, "east_lake", FIRST, cuts={SECOND: 100}).amount_fen == 5_000_000


def test_a_cut_falls_on_what_counts_and_not_on_storage() -> None:
    text = TEXT + "usage disk 800 2022-07-05T00:00 2022-07-15T00:00 C-1"
    whole, cut = (worth_of(text, "east_lake", cuts={FIRST: fen}) for fen in (0, 1_000_000))
    assert whole.amount_fen == 2_500_000
    assert cut.amount_fen == 2_000_000


def test_a_cut_of_all_that_counts_leaves_nothing() -> None:
    assert worth_of(TEXT, "east_lake", cuts={FIRST: 10_000_000}).amount_fen == 0


# --- what was drawn before ---


def test_no_more_is_refunded_than_was_paid_on_the_invoice() -> None:
    worth = worth_of(TEXT, "east_lake", vouchers=after(draw("wuhan", 7_000_000, FIRST)))
    assert worth.amount_fen == 3_000_000
    assert [one.code for one in worth.limits] == ["joint_limit"]
    assert worth.limits[0].message == Text(
        "各级合计不得超过所付金额：余 30,000.00 元，50,000.00 元减为 30,000.00 元",
        "no more in all than was paid on the invoices: CNY 30,000.00 left, 50,000.00 becomes"
        " 30,000.00",
    )
    assert worth.steps[-1].value == 3_000_000


def test_what_a_draw_took_of_several_invoices_may_be_all_of_one() -> None:
    vouchers = after(draw("wuhan", 9_000_000, FIRST, SECOND))
    assert worth_of(_BOTH, "east_lake", FIRST, vouchers=vouchers).amount_fen == 1_000_000
    both = worth_of(_BOTH, "east_lake", FIRST, SECOND, vouchers=vouchers)
    assert (both.amount_fen, both.limits) == (10_000_000, ())


def test_a_known_share_leaves_room_on_its_own_invoice_alone() -> None:
    worth = worth_of(
        _BOTH, "east_lake", FIRST, SECOND, vouchers=after(draw("wuhan", 9_000_000, FIRST))
    )
    assert dict(worth.shares) == {FIRST: 1_000_000, SECOND: 5_000_000}
    assert worth.amount_fen == 6_000_000


def test_a_draw_that_says_its_parts_leaves_room_on_each_invoice_by_itself() -> None:
    drawn = structs.replace(
        draw("wuhan", 9_000_000, FIRST, SECOND), parts_fen=(1_000_000, 8_000_000)
    )
    found = [
        worth_of(_BOTH, "east_lake", *of, vouchers=after(drawn)).amount_fen
        for of in ([FIRST], [SECOND], [FIRST, SECOND])
    ]
    assert found == [5_000_000, 2_000_000, 7_000_000]


def test_what_is_released_of_a_draw_is_taken_off_its_parts() -> None:
    drawn = structs.replace(
        draw("wuhan", 900, FIRST, SECOND, claim="CL-1"), parts_fen=(100, 800), base_fen=1_800
    )
    released = VoucherReleased(
        programme="wuhan", year=2022, amount_fen=450, released_on="2022-10-02", claim="CL-1"
    )
    (left,) = fold_vouchers([drawn, released]).drawn
    assert (left.amount_fen, left.parts_fen, left.base_fen) == (450, (50, 400), None)
    assert (share_of(drawn, SECOND), share_of(left, SECOND)) == (800, 400)


def test_an_invoice_refunded_by_the_programme_before_pays_nothing_again() -> None:
    worth = worth_of(TEXT, "east_lake", vouchers=after(draw("east_lake", 100, FIRST)))
    assert (worth.amount_fen, worth.reasons[0].code) == (0, "already_refunded")


def test_a_draw_of_the_day_of_application_counts_too() -> None:
    same_day = structs.replace(draw("east_lake", 48_000_000, SECOND), drawn_on="2022-11-01")
    assert worth_of(TEXT, "east_lake", vouchers=after(same_day)).amount_fen == 2_000_000


def test_a_limit_leaves_whole_units_and_nothing_below_the_floor() -> None:
    thousands = capped("east_lake", rounding_unit_fen=Cited(100_000, _CLAUSE, "A"))
    rounded = worth_of(TEXT, thousands, vouchers=after(draw("wuhan", 7_950_000, FIRST)))
    assert rounded.amount_fen == 2_000_000  # of CNY 20,500 that are left
    wuhan = worth_of(TEXT, "wuhan", vouchers=after(draw("east_lake", 9_900_001, FIRST)))
    assert wuhan.amount_fen == 0
    assert wuhan.steps[-1].value == 0


_ELSEWHERE = """
    contract C-2 2022-03-01 2022-12-31 0.06 a100=12.50/card_hour
    invoice 3 C-2 2022-10-01 1000 56.60 2022-09-01 2022-09-30
"""


def test_the_case_says_what_was_drawn_on_what_base_and_on_which_contracts() -> None:
    third, unknown = invoice_number("3"), invoice_number("4")
    one = structs.replace(draw("wuhan", 900, FIRST, SECOND), base_fen=1_800)
    said = structs.replace(draw("wuhan", 90, FIRST, third), parts_fen=(20, 70), base_fen=180)
    unsaid = draw("wuhan", 9, SECOND, third)
    expected: list[tuple[tuple[VoucherDrawn, ...], int | None, dict[str, int | None] | None]] = [
        ((one,), 1_800, {"C-1": 900}),
        ((one, said), 1_980, {"C-1": 920, "C-2": 70}),
        ((one, unsaid), None, {"C-1": None, "C-2": None}),
        ((unsaid, one), None, {"C-1": None, "C-2": None}),
        ((one, draw("wuhan", 9, unknown)), None, None),
        ((draw("wuhan", 9),), None, None),
    ]
    for draws, base_fen, contracts in expected:
        case = worth_of(_BOTH + _ELSEWHERE, "east_lake", vouchers=after(*draws)).case
        (earlier,) = case.earlier
        found = earlier.contracts and {
            refund.contract or "": refund.amount_fen for refund in earlier.contracts
        }
        assert (earlier.base_fen, found) == (base_fen, contracts)
        assert earlier.claimed_fen == earlier.redeemed_fen == sum(d.amount_fen for d in draws)


def test_one_enterprise_has_one_side_of_an_exclusion() -> None:
    worth = worth_of(TEXT, "hubei", vouchers=after(draw("wuhan", 100, SECOND)))
    assert (worth.amount_fen, worth.reasons[0].code) == (0, "earlier_voucher")


# --- the voucher's quota ---


@pytest.mark.parametrize(
    ("quota_fen", "paid_fen"), [(4_999_999, 4_999_999), (5_000_000, 5_000_000)]
)
def test_no_more_is_paid_than_was_granted(quota_fen: int, paid_fen: int) -> None:
    worth = worth_of(TEXT, "east_lake", vouchers=after(quota_fen=quota_fen))
    assert worth.amount_fen == paid_fen
    assert [one.code for one in worth.limits] == ["quota"] * (quota_fen < 5_000_000)


def test_of_several_limits_the_least_binds_and_all_are_told() -> None:
    worth = worth_of(
        TEXT, "east_lake", vouchers=after(draw("wuhan", 7_000_000, FIRST), quota_fen=2_000_000)
    )
    assert worth.amount_fen == 2_000_000
    assert [one.code for one in worth.limits] == ["quota", "joint_limit"]
    assert worth.steps[-1].value == 2_000_000


def test_what_is_left_of_a_quota_is_granted_less_drawn_and_released_again() -> None:
    drawn = draw("east_lake", 4_000_000, SECOND, claim="CL-9")
    released = VoucherReleased(
        programme="east_lake",
        year=2022,
        amount_fen=1_000_000,
        released_on="2022-10-02",
        claim="CL-9",
    )
    quota: dict[str, Any] = {"quota_fen": 6_000_000}
    found = [
        worth_of(TEXT, "east_lake", vouchers=one).amount_fen
        for one in (after(drawn, **quota), after(drawn, released, **quota))
    ]
    assert found == [2_000_000, 3_000_000]


def test_a_voucher_that_lapsed_pays_nothing() -> None:
    lapsed = VoucherLapsed(programme="east_lake", year=2022, amount_fen=1, lapsed_on="2022-12-31")
    worth = worth_of(TEXT, "east_lake", vouchers=after(lapsed, quota_fen=50_000_000))
    assert (worth.amount_fen, worth.limits[0].code) == (0, "quota")
    assert "失效" in worth.limits[0].message.zh


def test_a_claim_leaves_its_own_draws_out() -> None:
    own = draw("east_lake", 5_000_000, FIRST, claim="CL-1")
    vouchers = fold_vouchers([own], leave_out="CL-1")
    assert vouchers == NO_VOUCHERS._replace(granted={})
    assert worth_of(TEXT, "east_lake", vouchers=vouchers).amount_fen == 5_000_000


def test_a_release_takes_back_the_last_draw_first_and_of_its_claim_alone() -> None:
    draws = [
        draw("wuhan", 300, FIRST, claim="CL-1"),
        draw("wuhan", 500, SECOND, claim="CL-2"),
        draw("wuhan", 200, FIRST, claim="CL-1"),
    ]
    released = VoucherReleased(
        programme="wuhan", year=2022, amount_fen=250, released_on="2022-10-02", claim="CL-1"
    )
    left = fold_vouchers([*draws, released]).drawn
    assert [(one.claim, one.amount_fen) for one in left] == [("CL-1", 250), ("CL-2", 500)]


def test_a_share_of_several_invoices_is_not_known() -> None:
    several = draw("wuhan", 100, FIRST, SECOND)
    assert share_of(several, FIRST) is None
    assert share_of(several, invoice_number("3")) == 0
    assert share_of(draw("wuhan", 100, FIRST), FIRST) == 100


# --- caps over levels and ceilings on public money ---


def capped(programme: str, **fields: object) -> Programme:
    """Return a programme whose first version says more."""
    (found,) = select_programmes([programme])
    first = structs.replace(found.versions[0], **fields)
    return structs.replace(found, versions=(first, *found.versions[1:]))


JOINT = Cited(JointCap(("city", "district"), 8_000_000), _CLAUSE, "A")


def test_a_cap_over_levels_counts_what_the_others_drew() -> None:
    own = capped("east_lake", joint_cap=JOINT)
    found = [
        worth_of(TEXT, own, vouchers=after(draw(other, 4_000_000, SECOND))).amount_fen
        for other in ("wuhan", "hubei")
    ]
    assert found == [4_000_000, 5_000_000]


def test_a_cap_over_levels_of_a_programme_that_drew_before_binds_this_one() -> None:
    other = capped("wuhan", joint_cap=JOINT)
    drawn = structs.replace(
        draw("wuhan", 4_000_000, SECOND), version=prepare(other, other.versions[0]).hash
    )
    grounds = grounds_of(TEXT, "east_lake", vouchers=after(drawn))
    assert work_out(grounds, [FIRST]).amount_fen == 5_000_000
    worth = work_out(grounds._replace(beside=(other,)), [FIRST])
    assert (worth.amount_fen, worth.limits[0].code) == (4_000_000, "joint_cap")


def test_a_cap_over_other_levels_or_of_another_year_binds_nothing() -> None:
    cap = Cited(JointCap(("city", "province"), 1), _CLAUSE, "A")
    assert worth_of(TEXT, capped("east_lake", joint_cap=cap)).amount_fen == 5_000_000
    own = capped("east_lake", joint_cap=JOINT)
    before = after(draw("wuhan", 8_000_000, SECOND, year=2021))
    assert worth_of(TEXT, own, vouchers=before).amount_fen == 5_000_000


def test_a_cap_of_its_level_binds_within_the_cap_over_levels() -> None:
    cap = JointCap(("city", "district"), 8_000_000, (LevelCap("district", 1_000_000),))
    own = capped("east_lake", joint_cap=Cited(cap, _CLAUSE, "A"))
    assert worth_of(TEXT, own, vouchers=NO_VOUCHERS).amount_fen == 1_000_000


def test_a_programme_of_no_known_level_counts_under_the_cap() -> None:
    own = capped("east_lake", joint_cap=JOINT)
    vouchers = after(
        draw("wuhan", 1, SECOND),
        structs.replace(draw("wuhan", 5_000_000, SECOND), programme="gone"),
    )
    assert worth_of(TEXT, own, vouchers=vouchers).amount_fen == 2_999_999


def test_a_ceiling_on_public_money_takes_other_money_off() -> None:
    ceiling = Cited(Fraction(6, 10), _CLAUSE, "A")
    own = capped("east_lake", combined_ceiling=ceiling)
    worth = worth_of(TEXT, own, vouchers=after(draw("wuhan", 2_000_000, FIRST)))
    assert (worth.amount_fen, worth.limits[0].code) == (4_000_000, "combined_ceiling")
    assert worth_of(TEXT, own).amount_fen == 5_000_000


def test_a_ceiling_counts_what_a_draw_may_have_taken_of_the_invoice() -> None:
    own = capped("east_lake", combined_ceiling=Cited(Fraction(6, 10), _CLAUSE, "A"))
    both = draw("wuhan", 2_000_000, FIRST, SECOND)
    said = structs.replace(both, parts_fen=(1_200_000, 800_000))
    found = [worth_of(_BOTH, own, vouchers=after(one)).amount_fen for one in (both, said)]
    assert found == [4_000_000, 4_800_000]


def test_other_money_of_no_known_amount_leaves_a_ceiling_open() -> None:
    own = capped("east_lake", combined_ceiling=Cited(Fraction(6, 10), _CLAUSE, "A"))
    worth = worth_of(TEXT + "funding contract city 2021 10000 C-1", own)
    assert (worth.status, worth.missing[0].code) == ("undetermined", "missing_fact")


# --- over random histories ---


def _paid_in_part(random: Random) -> str:
    """Return a ledger with four invoices, each paid in full, in part, or by a yuan."""
    lines = [TEXT]
    for n in range(1, 5):
        month, paid = n + 4, random.choice([100_000, 100_000, 40_000, 1])
        lines += [
            f"usage a100 100 2022-0{month}-01T00:00 2022-0{month}-04T08:00 C-1",
            f"invoice 1{n} C-1 2022-0{month}-20 100000 0 2022-0{month}-01 2022-0{month}-15",
            f"payment 1{n} 2022-10-10 {paid}",
        ]
    return "\n".join(lines)


def test_whatever_is_drawn_in_whatever_order_nothing_is_refunded_beyond_what_was_paid() -> None:
    cut = 0
    for seed in range(60):
        random = Random(seed)  # noqa: S311
        text, drawn = _paid_in_part(random), list[VoucherDrawn]()
        ids = ["wuhan", "east_lake"] if random.random() < 2 / 3 else ["east_lake", "hubei"]
        grounds = {one: grounds_of(text, one) for one in ids}
        paid = {
            one.invoice or "": sum_creditable(one, date.min, date(2023, 3, 10)).low
            for one in grounds["east_lake"].case.purchases or ()
        }
        numbers = [invoice_number(f"1{n}") for n in range(1, 5)]
        for _ in range(6):
            chosen, programme = random.sample(numbers, random.randint(1, 3)), random.choice(ids)
            if random.random() < 1 / 3:
                # What a programme that is gone paid on the same invoices is on record too.
                fen = min(random.randint(1, 9_000_000), _room(paid, drawn, chosen))
                gone = structs.replace(draw("wuhan", fen, *chosen), programme="gone")
                drawn += [gone] if fen else []
                continue
            after_these = grounds[programme]._replace(vouchers=Vouchers({}, tuple(drawn)))
            worth = work_out(after_these, chosen)
            cut += bool(worth.limits)
            if worth.amount_fen:
                parts = dict(worth.shares)
                assert sum(parts.values()) == worth.amount_fen
                made = draw(programme, worth.amount_fen, *parts)
                says = random.random() < 1 / 2
                drawn.append(
                    structs.replace(made, parts_fen=tuple(parts.values())) if says else made
                )
        _check_paid(paid, drawn)
    assert cut > 10


def _room(paid: dict[str, int], drawn: list[VoucherDrawn], invoices: list[str]) -> int:
    """Return what is surely left of what was paid on invoices."""
    taken = sum(one.amount_fen for one in drawn if set(one.invoices) & set(invoices))
    return max(sum(paid[one] for one in invoices) - taken, 0)


def _check_paid(paid: dict[str, int], drawn: list[VoucherDrawn]) -> None:
    """Hold that no set of invoices bears more than was paid on it, as far as draws say."""
    parts = [
        ({invoice}, fen)
        for one in drawn
        for invoice, fen in zip(one.invoices, one.parts_fen, strict=False)
    ]
    parts += [(set(one.invoices), one.amount_fen) for one in drawn if not one.parts_fen]
    for size in range(1, len(paid) + 1):
        for some in combinations(paid, size):
            within = sum(fen for of, fen in parts if of <= set(some))
            assert within <= sum(paid[one] for one in some), (some, drawn)


def test_more_that_was_drawn_never_makes_a_claim_worth_more() -> None:
    for seed in range(40):
        random = Random(seed)  # noqa: S311
        programme = random.choice(["wuhan", "east_lake"])
        drawn = [
            draw(
                "hubei",
                random.randint(1, 6_000_000),
                *random.sample([FIRST, SECOND], random.randint(1, 2)),
            )
            for _ in range(4)
        ]
        amounts = [
            worth_of(
                _BOTH, programme, FIRST, SECOND, vouchers=Vouchers({}, tuple(drawn[:n]))
            ).amount_fen
            or 0
            for n in range(len(drawn) + 1)
        ]
        assert amounts == sorted(amounts, reverse=True)
