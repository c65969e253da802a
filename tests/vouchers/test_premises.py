"""What an amount rests on: each condition once, by what it was met and on which days."""

from collections.abc import Callable
from typing import Any

from tests.vouchers.test_shapes import HELD, lines
from tests.vouchers.toy import cited, rule
from vouchers.case import Case
from vouchers.decide import decide
from vouchers.programme import AnyOf, Held, NotDeclared, OnDay, Programme

MakeCase = Callable[..., Case]

SME = Held("technology_sme")
IN_SPRING: dict[str, Any] = {
    HELD: [{"kind": "technology_sme", "from": "2022-03-01", "to": "2022-06-30"}]
}


def met(programme: Programme, case: Case) -> list[tuple[str, ...]]:
    """Return the label of each condition that was met, and the days."""
    decision = decide(programme, case)
    assert decision.status == "eligible", decision.reasons
    conditions = [one for one in decision.steps if one.unit == "condition"]
    return [(one.label.en, *map(str, one.days)) for one in conditions]


def test_purchases_of_one_day_rest_on_what_one_of_them_rests_on(make_case: MakeCase) -> None:
    programme = rule(
        legal_date="service_completed", eligibility=(SME, NotDeclared("related_party"))
    )
    alone = met(programme, make_case({**IN_SPRING, **lines({})}))
    assert alone == met(programme, make_case({**IN_SPRING, **lines({}, {}, {})}))
    assert [days for _, *days in alone] == [["2022-06-30"], ["2022-06-30"]]


def test_the_days_stand_in_the_order_of_the_purchases(make_case: MakeCase) -> None:
    programme = rule(legal_date="service_completed", eligibility=(SME,))
    completed = ("2022-05-31", "2022-04-30", "2022-05-31", "2022-03-31")
    bought = lines(*({"completed_on": day} for day in completed))
    ((_, *days),) = met(programme, make_case({**IN_SPRING, **bought}))
    assert days == ["2022-05-31", "2022-04-30", "2022-03-31"]


def test_purchases_of_one_day_may_have_met_a_class_on_days_of_their_own(
    make_case: MakeCase,
) -> None:
    signed, completed = OnDay("contract_signed", SME), OnDay("service_completed", SME)
    programme = rule(eligibility=(AnyOf((cited(signed), cited(completed))),))
    bought = lines({}, {"signed_on": "2022-02-28"})
    labels = [label for label, *_ in met(programme, make_case({**IN_SPRING, **bought}))]
    assert len(labels) == len(set(labels)) == 2
