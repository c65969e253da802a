"""What every decision obeys, whichever the programme: unknowns, bounds, order, splitting."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from itertools import product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vouchers.values import yearly_cap
from vouchers.case import Case, Payment, Purchase
from vouchers.catalogue import select_programmes
from vouchers.decide import decide
from vouchers.decision import Decision
from vouchers.programme import Cited, Programme, Window, hash_version
from vouchers.showing import render_exact
from vouchers.window import claim_year

MakeCase = Callable[..., Case]
# Those of one place: what another place pays on the same case is no concern of theirs.
FIRST = ("hubei", "wuhan", "east_lake")
PROGRAMMES = {programme.id: programme for programme in select_programmes(FIRST)}
HUBEI, WUHAN, EAST_LAKE = PROGRAMMES["hubei"], PROGRAMMES["wuhan"], PROGRAMMES["east_lake"]
FULL_FEN = {"hubei": 3_000_000, "wuhan": 5_000_000, "east_lake": 5_000_000}

HELD = "enterprise.qualifications"
PURCHASE = "purchases[0]"
PAYMENT = f"{PURCHASE}.payments[0]"
DECLARED = {"declarations", "declarations.related_party", "declarations.serious_dishonesty"}
EVERYWHERE = DECLARED | {
    *("enterprise", HELD, f"{HELD}[0].kind", "apply_on", "purchases", f"{PURCHASE}.resource_kind"),
    *(f"{PURCHASE}.payments", f"{PAYMENT}.paid_on", f"{PAYMENT}.amount_fen"),
    f"{PURCHASE}.invoiced_fen",
}
# The facts without which each programme cannot decide the complete case.
NEEDED = {
    "hubei": EVERYWHERE
    | {"enterprise.registered_region", "enterprise.facts"}
    | {f"enterprise.facts[0].{key}" for key in ("name", "year", "value")}
    | {f"{PURCHASE}.project", "other_funding[0].ref"}
    | {"earlier[0].claimed_fen", "earlier[0].redeemed_fen"},
    "wuhan": EVERYWHERE
    | {"enterprise.registered_region", f"{PURCHASE}.signed_on", f"{PURCHASE}.completed_on"},
    "east_lake": EVERYWHERE
    | {"enterprise.tax_domicile", "enterprise.tax_domicile[0].zone", f"{HELD}[1].kind"},
}


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons if reason.code != "outside_window"]


def asked(decision: Decision) -> str:
    return " ".join(one.message.en for one in decision.reasons if one.code == "missing_fact")


def with_purchases(case: Case, purchases: list[Purchase]) -> Case:
    return msgspec.structs.replace(case, purchases=tuple(purchases))


def with_version(programme: Programme, **changes: object) -> Programme:
    versions = tuple(msgspec.structs.replace(one, **changes) for one in programme.versions)
    return msgspec.structs.replace(programme, versions=versions)


@pytest.mark.parametrize("programme", PROGRAMMES.values(), ids=PROGRAMMES)
def test_the_complete_case_is_paid_with_steps_that_end_in_the_amount(
    make_case: MakeCase, programme: Programme
) -> None:
    decision = decide(programme, make_case())
    assert (decision.status, decision.amount_fen) == ("eligible", FULL_FEN[programme.id])
    assert decision.counted == (0,)
    assert codes(decision) == []
    assert decision.amount_fen in [step.value for step in decision.steps if step.unit == "fen"]
    version = programme.versions[0]
    assert decision.version_hash == hash_version(programme, version)
    shown = {step.clause for step in decision.steps}
    assert {one.clause for one in version.purchases} <= shown
    assert {version.rate.clause, yearly_cap(version).clause, version.tax.clause} <= shown


@pytest.mark.parametrize("programme", PROGRAMMES.values(), ids=PROGRAMMES)
def test_each_fact_that_decides_is_missed_and_asked_for(
    make_case: MakeCase, every_key: tuple[str, ...], drop: object, programme: Programme
) -> None:
    assert NEEDED[programme.id] <= set(every_key)
    for path in every_key:
        decision = decide(programme, make_case({path: drop}))
        if path in NEEDED[programme.id]:
            assert (decision.status, decision.amount_fen) == ("undetermined", None), path
            assert asked_for(path) in asked(decision), (path, decision.reasons)
        else:
            assert decision.amount_fen == FULL_FEN[programme.id], path
            assert "missing_fact" not in codes(decision), path


def asked_for(path: str) -> str:
    """Return how the reason calls a fact that was left out."""
    if path.startswith("enterprise.facts"):
        return "enterprise.facts {name: sales_fen, year: 2021}"
    if path.startswith(("earlier", "other_funding")):
        return path.partition(".")[0]
    return path


def test_an_undetermined_decision_shows_its_bounds(make_case: MakeCase, drop: object) -> None:
    decision = decide(WUHAN, make_case({f"{HELD}[0].kind": drop}))
    assert [(step.what.en, step.value) for step in decision.steps] == [
        ("at least", 0),
        ("at most", 5_000_000),
    ]


@pytest.mark.parametrize("programme", PROGRAMMES.values(), ids=PROGRAMMES)
def test_what_cannot_change_the_answer_is_not_asked_for(
    make_case: MakeCase, drop: object, programme: Programme
) -> None:
    known_no = {"declarations.related_party": True, "enterprise.qualifications": drop}
    decision = decide(programme, make_case(known_no))
    assert (decision.status, decision.amount_fen) == ("ineligible", 0)
    assert codes(decision) == ["related_party"]


@pytest.mark.parametrize(
    ("programme_id", "cap_fen"),
    [("hubei", 20_000_000), ("wuhan", 10_000_000), ("east_lake", 50_000_000)],
)
def test_a_used_up_cap_pays_nothing_whatever_is_missing(
    make_case: MakeCase, drop: object, programme_id: str, cap_fen: int
) -> None:
    used = {"programme": programme_id, "year": 2022, "claimed_fen": cap_fen, "redeemed_fen": 0}
    full = decide(PROGRAMMES[programme_id], make_case({"earlier": [used]}))
    assert (full.status, full.amount_fen, codes(full)) == ("eligible", 0, ["cap_used_up"])
    unclear = {"earlier": [used], "enterprise.qualifications": drop}
    decision = decide(PROGRAMMES[programme_id], make_case(unclear))
    assert (decision.status, decision.amount_fen) == ("ineligible", 0)
    assert codes(decision) == ["cap_used_up"]


def test_an_unknown_purchase_is_not_asked_for_when_the_cap_is_reached_without_it(
    make_case: MakeCase, drop: object
) -> None:
    case, unclear = make_case(spent_fen=60_000_000), make_case({f"{PURCHASE}.resource_kind": drop})
    assert case.purchases is not None
    assert unclear.purchases is not None
    decision = decide(WUHAN, with_purchases(case, [*case.purchases, *unclear.purchases]))
    assert (decision.status, decision.amount_fen) == ("eligible", 10_000_000)
    assert decision.counted == (0,)


@pytest.mark.parametrize("programme", PROGRAMMES.values(), ids=PROGRAMMES)
@pytest.mark.parametrize("kind", ["storage", "network", "support"])
def test_only_accelerator_compute_is_paid(
    make_case: MakeCase, programme: Programme, kind: str
) -> None:
    other = make_case({f"{PURCHASE}.resource_kind": kind})
    alone = decide(programme, other)
    assert (alone.status, alone.amount_fen) == ("ineligible", 0)
    assert codes(alone) == ["resource_not_covered"]
    case = make_case()
    assert case.purchases is not None
    assert other.purchases is not None
    both = decide(programme, with_purchases(case, [*other.purchases, *case.purchases]))
    assert (both.amount_fen, both.counted) == (FULL_FEN[programme.id], (1,))
    assert codes(both) == ["resource_not_covered"]


@pytest.mark.parametrize("programme", PROGRAMMES.values(), ids=PROGRAMMES)
def test_without_a_purchase_there_is_nothing_to_pay(
    make_case: MakeCase, programme: Programme
) -> None:
    decision = decide(programme, make_case({"purchases": []}))
    assert (decision.status, decision.amount_fen) == ("ineligible", 0)
    assert codes(decision) == ["no_purchase"]


def test_a_known_no_is_found_even_without_purchases(make_case: MakeCase, drop: object) -> None:
    changes = {"purchases": drop, "enterprise.registered_region": "310000"}
    for programme in (HUBEI, WUHAN):
        decision = decide(programme, make_case(changes))
        assert (decision.status, codes(decision)) == ("ineligible", ["not_registered_in_place"])


@pytest.mark.parametrize("programme", PROGRAMMES.values(), ids=PROGRAMMES)
@pytest.mark.parametrize("declared", ["related_party", "serious_dishonesty"])
def test_a_bad_declaration_is_a_refusal(
    make_case: MakeCase, programme: Programme, declared: str
) -> None:
    decision = decide(programme, make_case({f"declarations.{declared}": True}))
    assert (decision.status, decision.amount_fen) == ("ineligible", 0)
    assert codes(decision) == [declared]


def test_a_status_is_valid_on_its_first_and_its_last_day(make_case: MakeCase) -> None:
    """The high-tech certificate on the legal date: day before, first, last, day after."""
    day = date(2022, 6, 30)
    for before, after in product((-1, 0, 1), repeat=2):
        first, last = day - timedelta(days=before), day + timedelta(days=after)
        if first > last:
            continue
        edges = {f"{HELD}[0].from": f"{first}", f"{HELD}[0].to": f"{last}"}
        decision = decide(WUHAN, make_case(edges))
        valid = before >= 0 and after >= 0
        assert decision.status == ("eligible" if valid else "ineligible"), edges
        assert codes(decision) == ([] if valid else ["no_qualifying_status"])


def test_every_entry_that_may_be_the_status_is_asked_for(make_case: MakeCase, drop: object) -> None:
    unnamed = {f"{HELD}[0].kind": drop, f"{HELD}[1].kind": drop}
    words = asked(decide(EAST_LAKE, make_case(unnamed)))
    assert all(f"supply {HELD}[{i}].kind" in words for i in range(2)), words


def test_each_fact_about_a_payment_is_asked_for(make_case: MakeCase, drop: object) -> None:
    paid = f"{PURCHASE}.payments[0]"
    unknown = {f"{paid}.paid_on": drop, f"{paid}.amount_fen": drop}
    for left in (unknown, *({path: drop} for path in unknown)):
        words = asked(decide(HUBEI, make_case(left)))
        assert {path for path in unknown if path in words} == set(left)


def test_a_status_without_edges_is_held_on_an_unknown_day(
    make_case: MakeCase, drop: object
) -> None:
    unknown_day = {f"{PURCHASE}.completed_on": drop}
    open_ended = {f"{HELD}[0].from": drop, f"{HELD}[0].to": drop}
    assert asked(decide(WUHAN, make_case(unknown_day))).count("missing:") == 2
    assert asked(decide(WUHAN, make_case(unknown_day | open_ended))).count("missing:") == 1


def test_as_of_stands_in_for_the_day_of_application(make_case: MakeCase, drop: object) -> None:
    day = date(2022, 7, 9)
    expected = decide(HUBEI, make_case({"apply_on": f"{day}"}))
    assert codes(expected) == ["not_paid_in_full"]
    assert decide(HUBEI, make_case(), as_of=day) == expected
    assert decide(HUBEI, make_case({"apply_on": drop}), as_of=day) == expected


def test_a_year_with_a_window_of_its_own_closes_when_that_does(make_case: MakeCase) -> None:
    version = WUHAN.versions[0]
    early = Cited(Window(2021, "02-01", "02-10"), version.document, "A")
    changed = with_version(WUHAN, windows=(version.windows[1], early))
    days = [date(2022, 2, 10), date(2022, 2, 11), date(2023, 3, 31), date(2023, 4, 1)]
    found = [claim_year(changed.versions[0], day) for day in days]
    assert found == [2021, 2022, 2022, 2023]
    (missed,) = decide(changed, make_case(), as_of=date(2022, 12, 1)).reasons
    assert "2023-03-01 to 2023-03-31" in missed.message.en


def test_payments_count_up_to_and_on_the_day_of_application(make_case: MakeCase) -> None:
    paid = {"hubei": 3_000_000, "wuhan": 5_000_000, "east_lake": 5_000_000}
    for programme in PROGRAMMES.values():
        on = decide(programme, make_case({"apply_on": "2022-07-10"}))
        before = decide(programme, make_case({"apply_on": "2022-07-09"}))
        assert (on.amount_fen, before.amount_fen) == (paid[programme.id], 0)
        assert before.status == "ineligible"


def test_the_tax_switch_takes_the_tax_out_of_the_base(make_case: MakeCase, drop: object) -> None:
    for programme, rate in ((HUBEI, 30), (WUHAN, 50), (EAST_LAKE, 50)):
        tax = Cited("excluded", programme.versions[0].tax.clause, "A")
        cent = Cited(1, tax.clause, "A")
        changed = with_version(programme, tax=tax, rounding_unit_fen=cent)
        decision = decide(changed, make_case())
        assert decision.amount_fen == (10_000_000 - 566_037) * rate // 100
        assert ("tax in the base", "excluded") in [
            (one.what.en, one.value) for one in decision.steps
        ]
        unclear = decide(changed, make_case({f"{PURCHASE}.tax_fen": drop}))
        assert unclear.status == "undetermined"
        assert f"{PURCHASE}.tax_fen" in asked(unclear)


def test_earlier_claims_and_redemptions_bind_by_the_larger(make_case: MakeCase) -> None:
    for programme in PROGRAMMES.values():
        cap_fen = yearly_cap(programme.versions[0]).value
        for claimed, redeemed in ((-100_000, 0), (0, -100_000), (-100_000, -200_000)):
            used = {"programme": programme.id, "year": 2022}
            halves = [
                used | {"claimed_fen": cap_fen // 2, "redeemed_fen": cap_fen // 2},
                used
                | {"claimed_fen": cap_fen // 2 + claimed, "redeemed_fen": cap_fen // 2 + redeemed},
            ]
            headroom = -max(claimed, redeemed)
            decision = decide(programme, make_case({"earlier": halves}, spent_fen=200_000_000))
            assert decision.amount_fen == headroom, (programme.id, claimed, redeemed)


def test_other_years_and_programmes_leave_the_cap_alone(make_case: MakeCase) -> None:
    used = {"claimed_fen": 9_900_000, "redeemed_fen": 0}
    for entry in ({"programme": "wuhan", "year": 2021}, {"programme": "hubei", "year": 2022}):
        assert decide(WUHAN, make_case({"earlier": [entry | used]})).amount_fen == 5_000_000
    for gap in ({"programme": "wuhan"}, {"year": 2022}):
        decision = decide(WUHAN, make_case({"earlier": [gap | used]}))
        assert (decision.status, asked(decision).count("earlier[0]")) == ("undetermined", 1)


def purchase(spent_fen: int) -> Purchase:
    return Purchase(
        project="P-1",
        signed_on=date(2022, 3, 1),
        completed_on=date(2022, 6, 30),
        resource_kind="accelerator",
        invoiced_fen=spent_fen,
        payments=(Payment(paid_on=date(2022, 7, 10), amount_fen=spent_fen),),
    )


SPENDS = st.lists(st.integers(1, 100_000_000), min_size=1, max_size=5)


@given(spends=SPENDS, cut=st.fractions(0, 1))
def test_splitting_a_purchase_never_pays_more(
    make_case: MakeCase, spends: list[int], cut: Fraction
) -> None:
    first, *others = spends
    part = max(1, min(first - 1, int(first * cut))) if first > 1 else 1
    parts = [part, first - part] if first > 1 else [first]
    whole = with_purchases(make_case(), [purchase(one) for one in spends])
    split = with_purchases(make_case(), [purchase(one) for one in (*parts, *others)])
    for programme in PROGRAMMES.values():
        assert decide(programme, split).amount_fen == decide(programme, whole).amount_fen


@given(spends=SPENDS, at=st.integers(0, 5))
def test_splitting_a_claim_never_pays_more(make_case: MakeCase, spends: list[int], at: int) -> None:
    purchases = [purchase(one) for one in spends]
    for programme in PROGRAMMES.values():
        whole = decide(programme, with_purchases(make_case(), purchases)).amount_fen
        first = decide(programme, with_purchases(make_case(), purchases[:at])).amount_fen
        used = {"programme": programme.id, "year": 2022, "claimed_fen": first, "redeemed_fen": 0}
        rest = with_purchases(make_case({"earlier": [used]}), purchases[at:])
        second = decide(programme, rest).amount_fen
        assert first is not None
        assert second is not None
        assert whole is not None
        assert first + second <= whole


@given(data=st.data())
def test_the_order_of_purchases_changes_nothing(make_case: MakeCase, data: st.DataObject) -> None:
    kinds = st.sampled_from(["accelerator", "storage", None])
    drawn = st.builds(
        lambda fen, kind: msgspec.structs.replace(purchase(fen), resource_kind=kind),
        st.integers(1, 30_000_000),
        kinds,
    )
    purchases = data.draw(st.lists(drawn, max_size=5))
    shuffled = data.draw(st.permutations(purchases))
    for programme in PROGRAMMES.values():
        one, other = (
            decide(programme, with_purchases(make_case(), order)) for order in (purchases, shuffled)
        )
        assert (one.status, one.amount_fen) == (other.status, other.amount_fen)
        assert sorted(codes(one)) == sorted(codes(other))


@given(data=st.data())
def test_an_undetermined_decision_is_bounded_by_every_completion(
    make_case: MakeCase, drop: object, data: st.DataObject
) -> None:
    """What is unknown is settled one way or the other: the amount stays within the bounds."""
    spent = data.draw(st.integers(1, 80_000_000))
    values: dict[str, list[object]] = {
        "declarations.related_party": [True, False],
        f"{PURCHASE}.resource_kind": ["accelerator", "storage"],
        f"{PURCHASE}.signed_on": ["2022-01-01", "2021-12-31"],
        f"{PURCHASE}.project": ["P-1", "P-9"],
        f"{PAYMENT}.paid_on": ["2022-07-10", "2022-11-02", "2021-12-31"],
        "enterprise.registered_region": ["420100", "420500", "310000"],
        "enterprise.tax_domicile": [[], [{"zone": "east-lake"}]],
    }
    chosen = data.draw(st.sets(st.sampled_from(sorted(values))))
    unknown = dict.fromkeys(sorted(chosen), drop)
    settled = {path: data.draw(st.sampled_from(values[path])) for path in unknown}
    for programme in PROGRAMMES.values():
        open_one = decide(programme, make_case(unknown, spent_fen=spent))
        closed = decide(programme, make_case(settled, spent_fen=spent))
        assert closed.amount_fen is not None
        if open_one.amount_fen is not None:
            assert closed.amount_fen == open_one.amount_fen
            continue
        least, most = (step.value for step in open_one.steps)
        assert isinstance(least, int)
        assert isinstance(most, int)
        assert least <= closed.amount_fen <= most


def test_a_voucher_of_a_programme_that_nobody_knows_leaves_the_province_open(
    make_case: MakeCase,
) -> None:
    changes: Mapping[str, object] = {
        "earlier": [{"programme": "wuhan-2018", "year": 2022, "claimed_fen": 1, "redeemed_fen": 0}]
    }
    decision = decide(HUBEI, make_case(changes))
    assert (decision.status, asked(decision).count("earlier[0]")) == ("undetermined", 1)
    assert decide(WUHAN, make_case(changes)).status == "eligible"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("3/10", "0.3"),
        ("1/2", "0.5"),
        ("1/8", "0.125"),
        ("31/2", "15.5"),
        ("2", "2"),
        ("1/3", "1/3"),
    ],
)
def test_an_exact_value_is_shown_as_a_decimal(value: str, text: str) -> None:
    assert render_exact(Fraction(value)) == text


def test_programmes_are_selected_by_id() -> None:
    assert [one.id for one in select_programmes(["wuhan", "hubei", "wuhan"])] == ["hubei", "wuhan"]
