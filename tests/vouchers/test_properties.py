"""What holds for every programme: those that there are, the invented ones, and any at random."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final

import msgspec
import pytest

from tests.vouchers.toy import evaluate
from tests.vouchers.worlds import (
    PARTS,
    YEAR,
    Draw,
    World,
    cap,
    fixed,
    flat_rate,
    shuffled,
    world_of,
    worlds,
)
from vouchers.amounts import ByClass, ByYear
from vouchers.case import (
    Case,
    Earlier,
    Fact,
    OtherFunding,
    Payment,
    Purchase,
    Qualification,
    Record,
)
from vouchers.decide import decide
from vouchers.decision import Decision
from vouchers.outright import refuse_outright
from vouchers.programme import Cited, Lowest, Programme, Version

replace = msgspec.structs.replace

MANY: Final = 2_000
APPLIED_ON: Final = date(2026, 10, 10)
AMOUNTS: Final = ("invoiced_fen", "tax_fen", "contract_fen", "approved_fen")
MEASURES: Final = ("metered_fen", "settled_fen")
PER_CONTRACT: Final = {"contract": "contract_fen", "approved_contract": "approved_fen"}
PER_INVOICE: Final = {
    "invoiced": "invoiced_fen",
    "metered": "metered_fen",
    "settled": "settled_fen",
}


def version_of(programme: Programme, decision: Decision) -> Version:
    return next(one for one in programme.versions if one.id == decision.version)


def spent_on(base: str, case: Case, counted: Sequence[int]) -> int:
    """Return what was spent on the purchases that count, worked out from the facts alone."""
    bought = [one for i, one in enumerate(case.purchases or ()) if i in counted]
    if base in PER_CONTRACT:
        of_contract = {one.contract: getattr(one, PER_CONTRACT[base]) for one in bought}
        return sum(of_contract.values())
    if base in PER_INVOICE:
        return sum(getattr(one, PER_INVOICE[base]) for one in bought)
    total = 0
    for one in bought:
        in_time = [p for p in one.payments or () if p.paid_on and p.paid_on <= APPLIED_ON]
        total += min(sum(p.amount_fen or 0 for p in in_time), one.invoiced_fen or 0)
    return total


def test_no_more_is_paid_than_was_spent() -> None:
    for programme, case, _ in worlds(MANY):
        decision = decide(programme, case)
        if decision.amount_fen:
            base = version_of(programme, decision).base.value
            bases = base.bases if isinstance(base, Lowest) else (base,)
            for one in bases:
                assert decision.amount_fen <= spent_on(one, case, decision.counted), (one, case)


def most_of(cap: object) -> int:
    """Return the largest value that a cap can have."""
    if isinstance(cap, ByYear):
        return max(most_of(value) for _, value in cap.years)
    if isinstance(cap, ByClass):
        return max(most_of(cap.otherwise), *(most_of(one.value) for one in cap.classes))
    assert isinstance(cap, int)
    return cap


def had(entries: Sequence[Earlier] | None, programme: Programme) -> int:
    of_year = [x for x in entries or () if (x.programme, x.year) == (programme.id, YEAR)]
    return max(
        sum(one.claimed_fen or 0 for one in of_year), sum(one.redeemed_fen or 0 for one in of_year)
    )


def test_no_cap_of_claim_year_or_group_is_passed() -> None:
    for programme, case, _ in worlds(MANY):
        decision = decide(programme, case)
        if not decision.amount_fen or decision.year != YEAR:
            continue
        own = had(case.earlier, programme)
        used = {"claim_cap_fen": 0, "yearly_cap_fen": own}
        used["group_cap_fen"] = own + had(case.group_earlier, programme)
        for name, used_fen in used.items():
            cap: Cited[Any] | None = getattr(version_of(programme, decision), name)
            if cap is not None:
                assert decision.amount_fen <= max(most_of(cap.value) - used_fen, 0), name


def test_no_cap_of_a_contract_is_passed() -> None:
    for programme, case, _ in worlds(MANY, contract_cap_fen=cap):
        decision = decide(programme, case)
        if not decision.amount_fen:
            continue
        (version,) = programme.versions
        assert version.contract_cap_fen is not None
        cap_fen = most_of(version.contract_cap_fen.value)
        left = dict.fromkeys((one.contract for one in case.purchases or ()), cap_fen)
        for entry in case.earlier:
            for refund in entry.contracts or () if entry.programme == programme.id else ():
                if refund.contract in left:
                    left[refund.contract] -= refund.amount_fen or 0
        assert decision.amount_fen <= sum(max(fen, 0) for fen in left.values())


def scale(purchase: Purchase, times: int) -> Purchase:
    """Return a purchase of so many times as much, on the same days."""
    paid = tuple(
        replace(one, amount_fen=(one.amount_fen or 0) * times) for one in purchase.payments or ()
    )
    amounts = {name: getattr(purchase, name) * times for name in (*AMOUNTS, *MEASURES)}
    return replace(purchase, payments=paid, **amounts)


def test_more_spent_never_gives_less() -> None:
    """Save where a purchase that now counts makes two contracts one, as the rule wants it."""
    for programme, case, random in worlds(MANY):
        if any(version.one_contract_within_days for version in programme.versions):
            continue
        bought, times = case.purchases or (), random.randint(2, 50)
        chosen = {random.choice(bought).contract, random.choice(bought).contract}
        grown = tuple(scale(one, times) if one.contract in chosen else one for one in bought)
        less, more = decide(programme, case), decide(programme, replace(case, purchases=grown))
        assert bounds_of(more)[0] >= bounds_of(less)[0], (programme, case)
        assert bounds_of(more)[1] >= bounds_of(less)[1], (programme, case)


def paid_at_once(purchase: Purchase) -> Purchase:
    """Return a purchase without tax that one payment settles, or none."""
    at_once = [replace(one, amount_fen=purchase.invoiced_fen) for one in purchase.payments or ()]
    return replace(purchase, payments=tuple(at_once[:1]), tax_fen=0, cut_fen=0)


def part_of(purchase: Purchase, twelfths: int, *names: str) -> Purchase:
    """Return so many twelfths of a purchase's invoice, and of other amounts of it."""
    measures = {name: getattr(purchase, name) // PARTS * twelfths for name in MEASURES}
    amounts = {name: getattr(purchase, name) * twelfths // PARTS for name in names}
    paid = tuple(
        replace(one, amount_fen=(one.amount_fen or 0) * twelfths // PARTS)
        for one in purchase.payments or ()
    )
    invoiced_fen = (purchase.invoiced_fen or 0) * twelfths // PARTS
    return replace(purchase, invoiced_fen=invoiced_fen, payments=paid, **measures, **amounts)


def test_two_invoices_of_a_contract_pay_no_more_than_one() -> None:
    for programme, case, random in worlds(MANY):
        first, *others = case.purchases or ()
        first, twelfths = paid_at_once(first), random.randint(1, PARTS - 1)
        parts = [part_of(first, twelfths), part_of(first, PARTS - twelfths)]
        whole = decide(programme, replace(case, purchases=(first, *others)))
        split = decide(programme, replace(case, purchases=(*parts, *others)))
        assert bounds_of(split)[0] <= bounds_of(whole)[0], (programme, whole.steps, split.steps)
        assert bounds_of(split)[1] <= bounds_of(whole)[1], (programme, whole.steps, split.steps)


def test_two_contracts_that_are_one_pay_no_more_than_one() -> None:
    joined = 0
    limits = {"contract_cap_fen": fixed(100, 1_234_567), "one_contract_within_days": fixed(0, 30)}
    for programme, case, random in worlds(MANY, **limits):
        (version,) = programme.versions
        assert version.one_contract_within_days is not None
        first, *others = case.purchases or ()
        others = [one for one in others if one.contract != first.contract]
        first, twelfths = paid_at_once(first), random.randint(1, PARTS - 1)
        amounts = ("contract_fen", "approved_fen")
        parts = [part_of(first, n, *amounts) for n in (twelfths, PARTS - twelfths)]
        assert first.signed_on is not None
        later = first.signed_on + timedelta(days=version.one_contract_within_days.value)
        known = replace(case, earlier=(), other_funding=())
        whole = decide(programme, replace(known, purchases=(first, *others)))
        apart = replace(parts[1], contract="C-9", signed_on=later)
        split = decide(programme, replace(known, purchases=(parts[0], apart, *others)))
        if 0 in whole.counted and {0, 1} <= set(split.counted):
            assert split.amount_fen is not None
            assert whole.amount_fen is not None
            assert split.amount_fen <= whole.amount_fen, (programme, whole.steps, split.steps)
            said = any("C-9" in one.what.zh and "、" in one.what.zh for one in split.steps)
            assert said or not split.amount_fen
            joined += said
    assert joined > MANY // 10


LISTS_OF_ENTERPRISE: Final = ("qualifications", "facts", "tax_domicile", "records")
LISTS_OF_CASE: Final = ("earlier", "group_earlier", "other_funding")


def in_other_order(world: World) -> Case:
    _, case, random = world
    of_enterprise = {
        name: shuffled(random, getattr(case.enterprise, name)) for name in LISTS_OF_ENTERPRISE
    }
    of_case = {name: shuffled(random, getattr(case, name)) for name in LISTS_OF_CASE}
    bought = [replace(one, payments=shuffled(random, one.payments)) for one in case.purchases or ()]
    enterprise = replace(case.enterprise, **of_enterprise)
    return replace(case, enterprise=enterprise, purchases=shuffled(random, bought), **of_case)


def test_the_order_of_facts_changes_nothing() -> None:
    for world in worlds(MANY):
        one = decide(world.programme, world.case)
        two = decide(world.programme, in_other_order(world))
        assert (one.status, one.amount_fen) == (two.status, two.amount_fen)
        assert sorted(reason.code for reason in one.reasons) == sorted(
            reason.code for reason in two.reasons
        )


def test_a_fact_that_no_rule_is_about_changes_nothing() -> None:
    funded = OtherFunding(scope="project", ref="of-nobody", level="city", year=YEAR)
    used = Earlier(programme="hubei", year=1999, claimed_fen=9, redeemed_fen=9)
    for programme, case, _ in worlds(MANY):
        who = case.enterprise
        enterprise = replace(
            who,
            name="某企业",
            controller="某集团",
            facts=(*(who.facts or ()), Fact(name="patents", year=2025, value=1)),
            qualifications=(*(who.qualifications or ()), Qualification(kind="gazelle")),
            records=(*(who.records or ()), Record(kind="praise")),
        )
        more = replace(
            case,
            enterprise=enterprise,
            earlier=(*case.earlier, used),
            other_funding=(*case.other_funding, funded),
        )
        assert decide(programme, more) == decide(programme, case)


# Facts that may be left out and are unknown then; the others default to none or to open.
MAY_BE_UNKNOWN: Final[dict[type, tuple[str, ...]]] = {
    Qualification: ("kind", "recognised_by"),
    Fact: ("name", "year", "value"),
    Record: ("kind", "on"),
    Payment: ("paid_on", "amount_fen"),
    OtherFunding: ("scope", "ref", "level", "year"),
}
NEVER_UNKNOWN: Final = frozenset(
    {"earlier", "other_funding", "enterprise", "declarations", "refunded_by", "cut_fen"}
    | {"valid_from", "valid_to", "documents", "apply_on"}
)


def drop_one(value: object) -> Iterator[Any]:
    """Yield the value with one fact within it unknown, for every such fact."""
    if isinstance(value, tuple):
        for i, one in enumerate(value):
            for changed in drop_one(one):
                yield (*value[:i], changed, *value[i + 1 :])
    elif isinstance(value, msgspec.Struct):
        unknown = MAY_BE_UNKNOWN.get(type(value))
        for name in value.__struct_fields__:
            inner = getattr(value, name)
            if isinstance(inner, msgspec.Struct | tuple):
                for changed in drop_one(inner):
                    yield replace(value, **{name: changed})
            may_be = name in unknown if unknown else name not in NEVER_UNKNOWN
            if inner is not None and may_be:
                yield replace(value, **{name: None})


def bounds_of(decision: Decision) -> tuple[int, int]:
    """Return between what an amount lies: twice the amount where it is determined."""
    if decision.amount_fen is not None:
        return decision.amount_fen, decision.amount_fen
    least, most = (step.value for step in decision.steps)
    assert isinstance(least, int)
    assert isinstance(most, int)
    return least, most


def check_unknown(programme: Programme, known: Case, unknown: Case) -> None:
    """Check that less knowledge gives the same, or bounds around it and a question."""
    full, less = decide(programme, known), decide(programme, unknown)
    if less.status != "undetermined":
        assert less.amount_fen == full.amount_fen, (programme, known, unknown)
        # Where nothing is left of a cap, whoever would be eligible is not asked who he is.
        assert not less.amount_fen or less.status == full.status
        return
    (least, most), (inner_least, inner_most) = bounds_of(less), bounds_of(full)
    assert least <= inner_least <= inner_most <= most, (programme, known, unknown)
    assert "missing_fact" in {reason.code for reason in less.reasons}


def test_one_unknown_fact_is_neither_no_nor_zero() -> None:
    for programme, case, random in worlds(MANY):
        for unknown in random.sample(list(drop_one(case)), 5):
            check_unknown(programme, case, unknown)


@pytest.mark.parametrize(
    ("seed", "amount_fen"),
    [
        # Two bases in whole units differ by more than the claim's own in whole units.
        (44_675, 20_438),
        # What a claim adds to a year, in whole units, passes what was spent in whole units.
        (67_504, 70_000),
        # A refunded contract of two lines is one with another, though one line has no day.
        (68_726, 0),
    ],
)
def test_worlds_that_once_took_the_unknown_for_a_fact(seed: int, amount_fen: int) -> None:
    programme, case, _ = world_of(seed)
    assert decide(programme, case).amount_fen == amount_fen
    for unknown in drop_one(case):
        check_unknown(programme, case, unknown)


def test_several_unknown_facts_are_neither_no_nor_zero() -> None:
    for programme, case, random in worlds(MANY):
        unknown = case
        for _ in range(random.randint(2, 4)):
            unknown = random.choice(list(drop_one(unknown)))
        check_unknown(programme, case, unknown)


def test_two_claims_of_a_year_pay_no_more_than_one() -> None:
    """Of rates over the year, to the fen and without classes, which other purchases may change."""
    plain: dict[str, Draw] = dict.fromkeys(("claim_cap_fen", "claim_floor_fen"), fixed(None))
    plain |= {"contract_cap_fen": fixed(None), "rounding_step": fixed(None)}
    plain |= {"rate_over": fixed("year"), "rounding_direction": fixed("down")}
    plain |= {"yearly_spend_floor_fen": fixed(None), "base": fixed("invoiced", "settled", "paid")}
    plain |= {"rate": flat_rate, "yearly_cap_fen": cap, "group_cap_fen": cap}
    paid = 0
    for programme, case, _ in worlds(MANY, **plain):
        known = replace(case, earlier=())
        first, *others = case.purchases or ()
        whole = decide(programme, known)
        one = decide(programme, replace(known, purchases=(first,)))
        if not (one.amount_fen and whole.amount_fen and others):
            continue
        base = next(x.value for x in one.steps if x.label.en == "base")
        assert isinstance(base, int)
        had = Earlier(programme=programme.id, year=YEAR, claimed_fen=one.amount_fen, base_fen=base)
        had = replace(had, redeemed_fen=0, contracts=())
        two = decide(programme, replace(case, purchases=tuple(others), earlier=(had,)))
        assert two.amount_fen is not None
        assert one.amount_fen + two.amount_fen <= whole.amount_fen, (programme, case)
        paid += bool(two.amount_fen)
    assert paid > MANY // 20


def test_an_outright_refusal_is_the_decision_without_its_reasons() -> None:
    outright, refused = 0, 0
    for programme, known, random in worlds(MANY // 4):
        unknown = random.choice(list(drop_one(known)))
        for case in (known, unknown, replace(known, purchases=()), replace(known, apply_on=None)):
            short, full = refuse_outright(programme, case), decide(programme, case)
            refused += full.status == "ineligible"
            if short is not None:
                outright += 1
                assert short == replace(full, steps=(), reasons=(), quota_fen=None), case
    assert outright > refused // 4


def test_the_steps_worked_out_again_give_the_amount() -> None:
    eligible = 0
    for programme, case, _ in worlds(MANY):
        decision = decide(programme, case)
        if decision.status == "eligible":
            assert evaluate(decision.steps) == decision.amount_fen
            eligible += 1
    assert eligible > MANY // 5


def test_whatever_is_refused_or_asked_for_names_its_clause() -> None:
    for programme, case, random in worlds(MANY):
        for given in (case, random.choice(list(drop_one(case)))):
            decision = decide(programme, given)
            for reason in decision.reasons:
                for text in (reason.clause, reason.message):
                    assert text.zh
                    assert text.en
                    assert "  " not in text.zh + text.en, text
            assert decision.reasons or decision.amount_fen, decision


def grades_of(value: object) -> Iterator[tuple[str, str]]:
    """Yield `(clause, grade)` of every cited value within a value."""
    if isinstance(value, Cited):
        yield value.clause.zh, value.grade
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from grades_of(getattr(value, name))
    elif isinstance(value, tuple):
        for one in value:
            yield from grades_of(one)


def test_a_line_has_the_grade_of_its_clause() -> None:
    """So what was assumed is shown as assumed, and nothing else is."""
    assumed = 0
    for programme, case, _ in worlds(MANY):
        decision = decide(programme, case)
        if decision.version is None:
            continue
        known = set(grades_of(version_of(programme, decision)))
        for step in decision.steps:
            assert (step.clause.zh, step.grade) in known, step
            if step.clause.zh.startswith("未见条文"):
                assert step.grade == "A"
                assumed += 1
    assert assumed
