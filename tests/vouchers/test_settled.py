"""What was found of settled purchases on earlier days: it changes the cost, never a decision."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any, Final

import pytest
from msgspec import structs

from tests.vouchers.test_shapes import lines
from tests.vouchers.toy import rule
from tests.vouchers.worlds import shuffled, worlds
from vouchers.application import Line
from vouchers.case import Case, Purchase
from vouchers.catalogue import find_programmes
from vouchers.decide import decide, decide_next
from vouchers.programme import Programme, Window
from vouchers.requirement import NoEarlierVoucher, NotFunded, SignedAndCompletedInYear
from vouchers.settled import Settled

MakeCase = Callable[..., Case]

MANY: Final = 1_000
FIRST: Final = date(2026, 3, 1)
DAYS: Final = 6


def lasting(case: Case, random: Random) -> Case:
    """Return a case with payments spread over the days on which it is decided."""
    purchases = tuple(
        structs.replace(
            one,
            payments=tuple(
                structs.replace(payment, paid_on=FIRST + timedelta(random.randint(-60, 500)))
                if random.random() < 0.3
                else payment
                for payment in one.payments or ()
            ),
        )
        for one in case.purchases or ()
    )
    return structs.replace(case, purchases=purchases)


def refunded(purchase: Purchase) -> Purchase:
    return structs.replace(purchase, refunded_by=("wuhan",))


def changed(case: Case, random: Random) -> Case:
    """Return a case in which another fact may have come to be known, or purchases moved."""
    chance = random.randrange(8)
    purchases = case.purchases or ()
    if chance == 0 and purchases:
        purchases = (*purchases[:-1], refunded(purchases[-1]))
    elif chance == 1:
        purchases = shuffled(random, purchases)
    elif chance == 2:
        return structs.replace(case, earlier=())
    elif chance == 3:
        return structs.replace(case, other_funding=())
    elif chance == 4:
        return structs.replace(case, enterprise=structs.replace(case.enterprise, credit_code=None))
    return structs.replace(case, purchases=purchases)


def test_decisions_day_after_day_are_those_of_each_day_alone() -> None:
    kept = 0
    for programme, drawn, random in worlds(MANY):
        case, day, settled = lasting(drawn, random), FIRST, Settled()
        for _ in range(DAYS):
            bought = (case.purchases or ())[: random.randint(1, 9)]
            today = structs.replace(case, apply_on=day, purchases=bought)
            together = decide_next(programme, today, settled)
            assert together == decide(programme, today), (programme, today)
            lines = (Line(i, one) for i, one in enumerate(today.purchases or ()))
            kept += sum(1 for one in lines if settled.find(one))
            case, day = changed(case, random), day + timedelta(random.choice((1, 30, 90, 200)))
    assert kept > MANY


def test_a_day_that_goes_back_is_decided_anew() -> None:
    settled = Settled()
    for programme, drawn, random in worlds(100):
        case = lasting(drawn, random)
        for number in (400, 100, 300, 0, 300):
            today = structs.replace(case, apply_on=FIRST + timedelta(number))
            assert decide_next(programme, today, settled) == decide(programme, today)


def test_the_same_purchases_of_another_programme_are_decided_anew() -> None:
    settled = Settled()
    for _, drawn, random in worlds(300):
        for programme in shuffled(random, find_programmes()):
            together = decide_next(programme, drawn, settled)
            assert together == decide(programme, drawn)


WINDOW: Final = Window(serves=None, first="01-01", last="03-31", years_after=1)
FUNDED: Final = {"scope": "project", "ref": "P-1", "level": "province", "year": 2022}


@pytest.mark.parametrize(
    ("programme", "changes", "days"),
    [
        # Until March the claim is for 2022, in which it was bought.
        (
            rule(
                windows=(WINDOW,),
                claim_year="of_window",
                purchases=(SignedAndCompletedInYear(),),
            ),
            {},
            ("2023-03-31", "2023-04-30"),
        ),
        # The claim is for 2022 on both days, the year before the application another one.
        (
            rule(windows=(WINDOW,), claim_year="of_window", purchases=(NotFunded("province", 1),)),
            {"other_funding": [FUNDED]},
            ("2022-12-31", "2023-01-31"),
        ),
    ],
)
def test_another_year_is_decided_anew(
    make_case: MakeCase, programme: Programme, changes: dict[str, Any], days: tuple[str, str]
) -> None:
    settled, found = Settled(), []
    case = make_case(changes)
    for day in days:
        today = structs.replace(case, apply_on=date.fromisoformat(day))
        decision = decide_next(programme, today, settled)
        assert decision == decide(programme, today)
        found.append(decision.status)
    assert found == ["eligible", "ineligible"]


def test_a_refund_on_another_purchase_of_the_contract_is_heard(make_case: MakeCase) -> None:
    programme = rule(eligibility=(NoEarlierVoucher(("province",), "contract"),))
    case, settled = make_case(lines({"contract": "C-1"}, {"contract": "C-1"})), Settled()
    assert decide_next(programme, case, settled).status == "eligible"
    first, second = case.purchases or ()
    second = structs.replace(second, refunded_by=("hubei",))
    case = structs.replace(case, purchases=(first, second))
    assert decide_next(programme, case, settled).status == "ineligible"
