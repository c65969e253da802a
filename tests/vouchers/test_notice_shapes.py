"""Shapes that notices of other places have: shares, counts, the lowest base, windows, words."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction

import pytest

from ledger.text import Text
from tests.vouchers.test_shapes import BOUGHT, HELD, codes, lines, paid
from tests.vouchers.toy import rule
from vouchers.case import Case
from vouchers.decide import decide
from vouchers.programme import (
    Band,
    ContractAtLeast,
    CountAtLeast,
    FlatAmount,
    Held,
    Lowest,
    NeverFunded,
    PaidInFull,
    ShareAtLeast,
    Source,
    Tiers,
    Window,
    Within,
    Word,
)
from vouchers.window import claim_year

MakeCase = Callable[..., Case]


def test_a_number_that_is_no_money_reaches_its_limit(make_case: MakeCase, drop: object) -> None:
    programme = rule(eligibility=(CountAtLeast("employees", years_before=1, least=10),))
    for value, reason in ((10, []), (9, ["fact_below_limit"])):
        fact = {"name": "employees", "year": 2021, "value": value}
        assert codes(decide(programme, make_case({"enterprise.facts": [fact]}))) == reason
    (asked,) = decide(programme, make_case({"enterprise.facts": drop})).reasons
    assert "enterprise.facts {name: employees, year: 2021}" in asked.message.zh


@pytest.mark.parametrize(
    ("part_fen", "whole_fen", "reason"),
    [
        (3_000, 100_000, []),
        (2_999, 100_000, ["share_below_limit"]),
        (3_000, 100_001, ["share_below_limit"]),
        (1, 0, []),
        (0, 0, ["share_below_limit"]),
        (3_000, None, ["missing_fact"]),
        (None, 100_000, ["missing_fact"]),
        (None, None, ["missing_fact", "missing_fact"]),
    ],
)
def test_a_figure_is_a_share_of_another(
    make_case: MakeCase, part_fen: int | None, whole_fen: int | None, reason: list[str]
) -> None:
    programme = rule(eligibility=(ShareAtLeast("rd_fen", "sales_fen", 1, Fraction(3, 100)),))
    given = {"rd_fen": part_fen, "sales_fen": whole_fen}
    facts = [
        {"name": name, "year": 2021, "value": value}
        for name, value in given.items()
        if value is not None
    ]
    assert codes(decide(programme, make_case({"enterprise.facts": facts}))) == reason


def test_a_contract_is_over_at_least_so_much(make_case: MakeCase, drop: object) -> None:
    programme = rule(purchases=(ContractAtLeast(10_000_000),))
    for amount_fen, reason in ((10_000_000, []), (9_999_999, ["contract_below_limit"])):
        changed = make_case({f"{BOUGHT}.contract_fen": amount_fen})
        assert codes(decide(programme, changed)) == reason
    open_one = decide(programme, make_case({f"{BOUGHT}.contract_fen": drop}))
    assert f"{BOUGHT}.contract_fen" in open_one.reasons[0].message.en


def test_payment_in_full_may_be_asked_for_in_whatever_year(make_case: MakeCase) -> None:
    programme = rule(purchases=(PaidInFull(),))
    early = {f"{BOUGHT}.payments[0].paid_on": "2020-01-01"}
    assert paid(programme, make_case(early)) == 5_000_000
    late = {f"{BOUGHT}.payments[0].paid_on": "2022-11-02"}
    assert codes(decide(programme, make_case(late))) == ["not_paid_in_full"]
    in_window = rule(purchases=(Within("paid_in_full", date(2022, 1, 1), date(2022, 12, 31)),))
    assert codes(decide(in_window, make_case(late))) == ["not_paid_in_full"]


@pytest.mark.parametrize("level", ["national", "province", "city", "district"])
def test_any_other_money_of_any_year_may_exclude(
    make_case: MakeCase, drop: object, level: str
) -> None:
    programme = rule(purchases=(NeverFunded("contract"),))
    money = {"scope": "contract", "ref": "C-1", "level": level, "year": 2019}
    funded = make_case({"other_funding": [money]})
    assert codes(decide(programme, funded)) == ["contract_already_funded"]
    for change in ({"ref": "C-2"}, {"scope": "project"}):
        assert paid(programme, make_case({"other_funding": [money | change]})) == 5_000_000
    for gap in ("ref", "scope"):
        open_one = make_case({"other_funding": [dict(money)], f"other_funding[0].{gap}": drop})
        assert decide(programme, open_one).status == "undetermined"
    unnamed = decide(programme, make_case({"other_funding": [money], f"{BOUGHT}.contract": drop}))
    assert f"{BOUGHT}.contract" in unnamed.reasons[0].message.en


@pytest.mark.parametrize(
    ("contract_fen", "invoiced_fen", "paid_fen"),
    [(8, 10, 10), (10, 8, 10), (10, 10, 8), (8, 8, 8)],
)
def test_the_lowest_of_several_bases_counts(
    make_case: MakeCase, drop: object, contract_fen: int, invoiced_fen: int, paid_fen: int
) -> None:
    programme = rule(base=Lowest(("paid", "contract", "invoiced")))
    facts = {"contract_fen": contract_fen, "invoiced_fen": invoiced_fen, "tax_fen": 0}
    changes = {f"{BOUGHT}.{key}": value for key, value in facts.items()}
    changes[f"{BOUGHT}.payments[0].amount_fen"] = paid_fen
    assert paid(programme, make_case(changes)) == 4
    open_one = decide(programme, make_case({**changes, f"{BOUGHT}.contract_fen": drop}))
    assert [step.value for step in open_one.steps] == [0, min(invoiced_fen, paid_fen) // 2]
    assert f"{BOUGHT}.contract_fen" in open_one.reasons[0].message.en


@pytest.mark.parametrize(
    ("apply_on", "in_time"),
    [
        ("2022-03-31", False),
        ("2022-04-01", True),
        ("2022-04-15", True),
        ("2022-04-16", False),
        ("2022-10-01", True),
        ("2022-10-16", False),
    ],
)
def test_windows_may_be_several_and_in_the_year_itself(
    make_case: MakeCase, apply_on: str, *, in_time: bool
) -> None:
    days = (("04-01", "04-15"), ("10-01", "10-15"))
    windows = tuple(Window(None, first, last, years_after=0) for first, last in days)
    decision = decide(rule(windows=windows), make_case({"apply_on": apply_on}))
    assert codes(decision) == ([] if in_time else ["outside_window"])
    assert decision.year == 2022


def test_a_year_is_open_until_the_last_of_its_windows_has_closed() -> None:
    windows = (Window(None, "03-01", "03-10"), Window(None, "06-01", "06-10"))
    version = rule(windows=windows, claim_year="of_window").versions[0]
    found = [claim_year(version, date(2023, 6, day)) for day in (10, 11)]
    assert found == [2022, 2023]


def test_a_word_brings_its_name_and_is_hashed_as_its_code(make_case: MakeCase) -> None:
    named = rule(eligibility=(Held(Word("unicorn", "独角兽企业", "unicorn enterprise")),))
    bare = rule(eligibility=(Held("unicorn"),))
    one, other = decide(named, make_case()), decide(bare, make_case())
    assert one.version_hash == other.version_hash
    assert one.reasons[0].message.zh == "2022-11-01 不是独角兽企业"
    assert paid(named, make_case({HELD: [{"kind": "unicorn"}]})) == 5_000_000


def test_an_article_is_counted_as_people_count_it() -> None:
    source = Source(Text("甲规〔2026〕1号", "rule 1"), "M")
    found = [source.article(number, 0).clause.zh for number in (1, 10, 12, 20, 99)]
    assert [one.removeprefix("甲规〔2026〕1号，") for one in found] == [
        *("第一条", "第十条", "第十二条", "第二十条", "第九十九条")
    ]
    item = source.article(3, 0, item=2)
    assert (item.clause.zh, item.clause.en, item.grade) == (
        *("甲规〔2026〕1号，第三条第（二）项", "rule 1, article 3 (2)"),
        "M",
    )


@pytest.mark.parametrize(
    ("rate", "before_fen", "fen"),
    [
        (Fraction(1, 2), 9_000_000, 5_000_000),
        (Tiers((Band(10_000_000, Fraction(1, 2)),)), 0, 5_000_000),
        (Tiers((Band(10_000_000, Fraction(1, 2)),)), 9_999_999, 0),
        (Tiers((Band(10_000_000, Fraction(1, 2)),)), 9_000_000, 500_000),
        (Tiers((Band(10_000_000, Fraction(0)), Band(None, Fraction(1, 2)))), 4_000_000, 2_000_000),
        (FlatAmount(3_000_000), 1_000_000, 2_000_000),
        (FlatAmount(3_000_000), 3_000_000, 0),
    ],
)
def test_a_rate_may_be_over_the_year(
    make_case: MakeCase, rate: object, before_fen: int, fen: int
) -> None:
    programme = rule(rate=rate, rate_over="year")
    had = {"programme": "toy", "year": 2022, "claimed_fen": 1, "redeemed_fen": 0}
    amount_fen = paid(programme, make_case({"earlier": [had | {"base_fen": before_fen}]}))
    assert amount_fen == fen
    for other in ({"year": 2021}, {"programme": "other"}, {"claimed_fen": 0}):
        assert paid(programme, make_case({"earlier": [had | other]})) == paid(
            programme, make_case()
        )


def test_what_an_earlier_claim_was_computed_on_must_be_known(make_case: MakeCase) -> None:
    had = {"programme": "toy", "year": 2022, "claimed_fen": 1, "redeemed_fen": 0}
    rising = Tiers((Band(10_000_000, Fraction(0)), Band(None, Fraction(1))))
    decision = decide(rule(rate=rising, rate_over="year"), make_case({"earlier": [had]}))
    assert [step.value for step in decision.steps] == [0, 10_000_000]
    floor = decide(rule(yearly_spend_floor_fen=20_000_000), make_case({"earlier": [had]}))
    assert [step.value for step in floor.steps] == [0, 5_000_000]
    for one in (decision, floor):
        assert "earlier[0].base_fen" in one.reasons[0].message.en


def test_a_purchase_that_may_make_two_contracts_one_leaves_the_amount_open(
    make_case: MakeCase, drop: object
) -> None:
    days = ("2022-03-01", "2022-03-31", "2022-04-30")
    bought = lines(*({"signed_on": day} for day in days))
    programme = rule(contract_cap_fen=6_000_000, one_contract_within_days=30)
    # With the second all three are one contract; without it, they are two.
    assert paid(programme, make_case(bought)) == 6_000_000
    apart = {"purchases": [bought["purchases"][0], bought["purchases"][2]]}
    assert paid(programme, make_case(apart)) == 10_000_000
    unknown = decide(programme, make_case({**bought, "purchases[1].signed_on": drop}))
    least, most = (step.value for step in unknown.steps)
    assert (least, most) == (0, 18_000_000)
