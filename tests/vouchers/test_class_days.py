"""Classes by the day of each purchase: where fewer purchases pay more, and where they never do."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations

import msgspec
import pytest

from tests.vouchers.test_shapes import HALF, HELD, lines, paid
from tests.vouchers.toy import cited, rule
from tests.vouchers.worlds import LEGAL_DATES, fixed, worlds
from vouchers.case import Case
from vouchers.catalogue import find_programmes
from vouchers.class_days import list_dated_classes
from vouchers.decide import decide
from vouchers.decision import Decision
from vouchers.improve import improve
from vouchers.programme import (
    AllOf,
    AnyOf,
    ByClass,
    ByYear,
    Class,
    DomiciledIn,
    FactBelow,
    Held,
    NoRecord,
    OnDay,
    Programme,
    RegisteredIn,
)
from vouchers.requirement import Condition

MakeCase = Callable[..., Case]
TENTH = Fraction(1, 10)


def by_class(*conditions: Condition) -> ByClass[Fraction]:
    return ByClass(tuple(Class(cited(one), HALF) for one in conditions), TENTH)


def fewer(programme: Programme, case: Case, decision: Decision) -> Iterator[int]:
    """Yield what each set of fewer purchases pays."""
    for number in range(1, len(decision.counted)):
        for chosen in combinations(decision.counted, number):
            yield decide(programme, case, among=frozenset(chosen)).amount_fen or 0


def test_none_of_the_programmes_that_there_are_can_pay_more_on_less() -> None:
    """Their classes are none, they join no contracts; and by trying it, too."""
    programmes = find_programmes()
    for programme in programmes:
        for version in programme.versions:
            assert list_dated_classes(version) == ()
            assert version.one_contract_within_days is None
    tried = 0
    for _, case, _ in worlds(300):
        for programme in programmes:
            known = msgspec.structs.replace(case, earlier=(), other_funding=())
            decision = decide(programme, known)
            if decision.amount_fen and len(decision.counted) > 1:
                assert max(fewer(programme, known, decision)) <= decision.amount_fen
                assert improve(programme, known, decision) == ()
                tried += 1
    assert tried


def test_only_a_class_by_the_day_of_each_purchase_lets_fewer_pay_more() -> None:
    """By trying every set of the purchases of every world; the class then says which."""
    found = 0
    rates = {"rate": fixed(by_class(Held("little_giant")), by_class(FactBelow("sales_fen", 1, 9)))}
    plain = {"contract_cap_fen": fixed(None)}
    for programme, case, _ in worlds(1_500, **rates, **plain, legal_date=fixed(*LEGAL_DATES)):
        decision = decide(programme, case)
        if not decision.amount_fen or len(decision.counted) < 2:
            continue
        most_fen = max(fewer(programme, case, decision))
        hints = improve(programme, case, decision)
        if most_fen > decision.amount_fen:
            assert list_dated_classes(programme.versions[0])
            (hint,) = hints
            assert decision.amount_fen < hint.amount_fen <= most_fen
            found += 1
        else:
            assert hints == ()
    assert found > 5


def test_a_purchase_that_costs_the_claim_its_class_is_named(make_case: MakeCase) -> None:
    programme = rule(legal_date="service_completed", rate=by_class(Held("technology_sme")))
    held = {HELD: [{"kind": "technology_sme", "to": "2022-06-30"}]}
    case = make_case({**held, **lines({}, {"completed_on": "2022-07-01"})})
    assert paid(programme, case) == 2_000_000
    (hint,) = improve(programme, case, decide(programme, case))
    assert (hint.amount_fen, hint.left_out) == (5_000_000, (1,))
    assert hint.message.zh == (
        "若不申请第 2 项采购（认定日不符合“全国科技型中小企业库在库企业”），则可得 50,000.00 元"
    )
    assert hint.message.en.startswith("without purchases 2, on whose day this does not hold (")
    assert hint.clause == cited(0).clause
    # One that is worth more than the class stays in.
    large = {"completed_on": "2022-07-01", "invoiced_fen": 90_000_000}
    large["payments"] = [{"paid_on": "2022-07-10", "amount_fen": 90_000_000}]
    case = make_case({**held, **lines({}, large)})
    assert improve(programme, case, decide(programme, case)) == ()


@pytest.mark.parametrize(
    ("condition", "day", "dated"),
    [
        (Held("a"), "application", False),
        (Held("a"), "contract_signed", True),
        (DomiciledIn("a"), "paid_in_full", True),
        (NoRecord("a", 3), "service_completed", True),
        (RegisteredIn("42"), "contract_signed", False),
        (FactBelow("sales_fen", 1, 1), "contract_signed", False),
        (OnDay("application", Held("a")), "contract_signed", False),
        (OnDay("paid_in_full", Held("a")), "application", True),
        (AnyOf((cited(Held("a")),)), "contract_signed", True),
        (AllOf((cited(RegisteredIn("42")),)), "contract_signed", False),
    ],
)
def test_a_class_is_dated_by_what_it_is_tested_on(
    condition: Condition, day: str, *, dated: bool
) -> None:
    for value in (by_class(condition), ByYear(((2022, by_class(condition)),))):
        (version,) = rule(legal_date=day, rate=value).versions
        assert [one.value for one in list_dated_classes(version)] == [condition] * dated
    (version,) = rule(
        legal_date=day, yearly_cap_fen=ByClass((Class(cited(condition), 9),), 7)
    ).versions
    assert bool(list_dated_classes(version)) == dated
