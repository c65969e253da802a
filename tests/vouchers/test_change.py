"""A change file: what it can say of a rule, and each way in which it is refused."""

from datetime import date
from fractions import Fraction
from typing import Final

import pytest
from msgspec import structs

from ledger.errors import InvalidInputError
from ledger.text import Text
from tests.vouchers.values import yearly_cap
from vouchers.amend import change_programmes
from vouchers.catalogue import find_programmes, select_programmes
from vouchers.change import Change, parse_change
from vouchers.decision import Grade
from vouchers.programme import (
    AllOf,
    AnyOf,
    Cited,
    FactBelow,
    Held,
    NoEarlierVoucher,
    Programme,
    ResourceIs,
    Version,
    Window,
    hash_version,
)
from vouchers.rule_changes import find_differences, render_difference

HUBEI = '[[change]]\nprogramme = "hubei"\nversion = "2022"\n'
WUHAN = '[[change]]\nprogramme = "wuhan"\n'
PROPOSED: Final[tuple[Text, Grade]] = (Text("拟调整", "proposed change"), "A")


def parse(text: str) -> Change:
    """Return the change of a text."""
    return parse_change(text.encode())


def change(text: str) -> tuple[Programme, ...]:
    """Return the catalogue after the change of a text."""
    return change_programmes(parse(text), find_programmes())


def hubei(text: str) -> Version:
    """Return Hubei's first version after changes to it."""
    return change(HUBEI + text)[0].versions[0]


def wuhan(text: str) -> Version:
    """Return Wuhan's version after changes to it."""
    return change(WUHAN + text)[1].versions[0]


# --- what can be said ---


@pytest.mark.parametrize(
    ("written", "rate"),
    [
        ('"2/5"', Fraction(2, 5)),
        ('"40%"', Fraction(2, 5)),
        ('"33.3%"', Fraction(333, 1000)),
        ('"0.4"', Fraction(2, 5)),
        ("0.4", Fraction(2, 5)),
        ('"1"', Fraction(1)),
        ('"0"', Fraction(0)),
        ('{ value = "2/5" }', Fraction(2, 5)),
    ],
)
def test_a_rate_is_written_in_any_exact_way(written: str, rate: Fraction) -> None:
    assert hubei(f"set.rate = {written}").rate == Cited(rate, *PROPOSED)


@pytest.mark.parametrize(
    ("written", "fen"),
    [
        ("30000000", 30_000_000),
        ("30_000_000", 30_000_000),
        ("0", 0),
        ('"30万元"', 30_000_000),
        ('"CNY 300,000"', 30_000_000),
        ('"30 万元"', 30_000_000),
        ('"0.3亿元"', 3_000_000_000),
        ('"300,000.01元"', 30_000_001),
    ],
)
def test_an_amount_is_fen_or_text_with_its_unit(written: str, fen: int) -> None:
    assert hubei(f"set.yearly_cap_fen = {written}").yearly_cap_fen == Cited(fen, *PROPOSED)


def test_a_value_has_its_own_clause_and_grade_or_those_of_its_change() -> None:
    made = hubei(
        'clause = { zh = "第八条", en = "article 8" }\ngrade = "N"\n'
        'set.rate = { value = "2/5", clause = "第九条", grade = "M" }\n'
        'set.yearly_cap_fen = { value = 1, grade = "P" }\nset.tax = "excluded"'
    )
    eight, nine = Text("第八条", "article 8"), Text("第九条", "第九条")
    assert made.rate == Cited(Fraction(2, 5), nine, "M")
    assert made.yearly_cap_fen == Cited(1, eight, "P")
    assert made.tax == Cited("excluded", eight, "N")


def test_dates_stand_with_or_without_quotes() -> None:
    for written in ("2022-06-01", '"2022-06-01"'):
        assert hubei(f"set.valid_from = {written}").valid_from.value == date(2022, 6, 1)


def test_conditions_are_added_dropped_and_replaced_by_their_names() -> None:
    old = select_programmes(["hubei"])[0].versions[0]
    made = hubei(
        'set."eligibility[2].levels" = ["city"]\n'
        'set."eligibility[1].conditions[0]" = { type = "held", kind = "above_scale" }\n'
        'drop = ["eligibility[0]", "eligibility[3]", "eligibility[0]", '
        '"eligibility[1].conditions[2]"]\n'
        'add.eligibility = [{ type = "fact_below", name = "sales_fen", years_before = 2, '
        'limit_fen = "2亿元" }]\n'
        'add.purchases = [{ value = { type = "resource_is", kind = "storage" }, grade = "N" }]'
    )
    classes, exclusion, honesty, sales = made.eligibility
    assert isinstance(classes.value, AnyOf)
    assert isinstance(old.eligibility[1].value, AnyOf)
    assert classes.value.conditions == (
        Cited(Held("above_scale"), *PROPOSED),
        old.eligibility[1].value.conditions[1],
    )
    assert (classes.clause, classes.grade) == PROPOSED, "an option is gone: the list is another one"
    assert exclusion == Cited(NoEarlierVoucher(("city",)), *PROPOSED)
    assert honesty == old.eligibility[4]
    assert sales == Cited(FactBelow("sales_fen", 2, 20_000_000_000), *PROPOSED)
    assert made.purchases[:-1] == old.purchases
    assert made.purchases[-1] == Cited(ResourceIs("storage"), PROPOSED[0], "N")


def test_a_nested_value_is_cited_anew_and_what_holds_it_is_not() -> None:
    old = select_programmes(["hubei"])[0].versions[0].eligibility[1]
    made = hubei('set."eligibility[1].conditions[1].conditions[1].limit_fen" = 5').eligibility[1]
    assert (made.clause, made.grade) == (old.clause, old.grade)
    assert isinstance(made.value, AnyOf)
    both = made.value.conditions[1].value
    assert isinstance(both, AllOf)
    assert both.conditions[1] == Cited(FactBelow("sales_fen", 1, 5), *PROPOSED)


def test_optional_values_and_whole_lists_are_dropped() -> None:
    made = wuhan('drop = ["claim_floor_fen", "windows"]')
    assert (made.claim_floor_fen, made.windows) == (None, ())
    assert hubei('drop = ["eligibility"]').eligibility == ()


def test_windows_are_written_as_tables() -> None:
    made = wuhan('set.windows = [{ serves = 2022, first = "02-20", last = "03-01" }]')
    assert made.windows == (Cited(Window(2022, "02-20", "03-01"), *PROPOSED),)
    made = wuhan('set.windows = [{ first = "02-20", last = "03-01" }]')
    assert made.windows[0].value.serves is None


def test_several_changes_follow_each_other() -> None:
    made = hubei(f'set.rate = "1/2"\n{HUBEI}set.yearly_cap_fen = 1')
    assert (made.rate.value, yearly_cap(made).value) == (Fraction(1, 2), 1)


def test_what_is_left_alone_is_the_same_programme() -> None:
    before, after = find_programmes(), change(WUHAN + 'set.rate = "2/5"')
    assert after[0] is before[0]
    assert after[2] is before[2]
    assert hash_version(after[1], after[1].versions[0]) != hash_version(
        before[1], before[1].versions[0]
    )


def test_programmes_come_and_go_in_the_catalogues_order() -> None:
    (wuhan_,) = select_programmes(["wuhan"])
    added = structs.replace(wuhan_, id="ezhou")
    made = change_programmes(
        parse('drop_programmes = ["wuhan"]\nadd_programmes = ["ezhou.py"]'),
        find_programmes(),
        [added],
    )
    assert [one.id for one in made] == ["hubei", "ezhou", "east_lake"]


def test_a_programme_may_take_the_place_of_one_that_is_dropped() -> None:
    (wuhan_,) = select_programmes(["wuhan"])
    asked = parse('drop_programmes = ["wuhan"]')
    assert change_programmes(asked, find_programmes(), [wuhan_]) == find_programmes()


def test_an_empty_file_changes_nothing_and_has_a_title() -> None:
    assert change("") == find_programmes()
    assert parse("").title == PROPOSED[0]
    assert parse('title = "甲"').title == Text("甲", "甲")
    assert parse_change("\ufefftitle = '甲'".encode()).title.zh == "甲"


# --- what is refused ---


@pytest.mark.parametrize(
    ("text", "code", "place", "nearest"),
    [
        ("x", "bad_toml", "TOML", "examples/rules/change.toml"),
        ("title = a", "bad_toml", "line 1", "examples/rules/change.toml"),
        (HUBEI + 'set.rate = "1"\nset.rate = "1"', "bad_toml", "TOML", ""),
        ("chnge = 1", "unknown_key", "$", "change"),
        ("title = 3", "bad_value", "title", "zh"),
        ('title = { zh = "a" }', "missing_key", "title", "en"),
        ("change = 3", "bad_value", "change", "[[change]]"),
        ('drop_programmes = "wuhan"', "bad_value", "drop_programmes", '["wuhan"]'),
        ('drop_programmes = ["wuhn"]', "unknown_programme", "drop_programmes[0]", "wuhan"),
        ("add_programmes = [3]", "bad_value", "add_programmes[0]", ""),
        ('[[change]]\nset.rate = "1"', "missing_key", "change[0]", "programme"),
        ("[[change]]\nprogramme = 3", "bad_value", "change[0].programme", ""),
        ('[[change]]\nprogramme = "hubie"', "unknown_programme", "change[0].programme", "hubei"),
        ('[[change]]\nprogramme = "hubei"', "unknown_version", "change[0]", "2022, 2025"),
        (HUBEI.replace("2022", "2023"), "unknown_version", "change[0].version", "2025"),
        (HUBEI + "grade = 'Q'", "bad_value", "change[0].grade", "P, M, N or A"),
        (HUBEI + "clause = ''", "bad_value", "change[0].clause", ""),
        (HUBEI + "set = 3", "bad_value", "change[0].set", ""),
        (HUBEI + "drop = 'x'", "bad_value", "change[0].drop", ""),
        (HUBEI + "sett.rate = '1'", "unknown_key", "change[0]", "set"),
        (HUBEI + "set.rte = '1'", "unknown_key", "change[0].set", "rate"),
        (HUBEI + "set.id = 'x'", "unknown_key", "change[0].set", "rate"),
        (HUBEI + "set.rate = '7/5'", "bad_value", "change[0].set.rate", "2/5"),
        (HUBEI + "set.rate = '1/0'", "bad_value", "change[0].set.rate", "2/5"),
        (HUBEI + "set.rate = '.5'", "bad_value", "change[0].set.rate", "2/5"),
        (HUBEI + "set.rate = -0.4", "bad_value", "change[0].set.rate", "2/5"),
        (HUBEI + "set.rate = inf", "bad_value", "change[0].set.rate", "2/5"),
        (HUBEI + "set.rate = { value = '1', claus = 'x' }", "unknown_key", "set.rate", "clause"),
        (HUBEI + "set.yearly_cap_fen = -1", "bad_value", "set.yearly_cap_fen", "30"),
        (HUBEI + "set.yearly_cap_fen = true", "bad_value", "set.yearly_cap_fen", "30"),
        (HUBEI + "set.yearly_cap_fen = 1.5", "bad_value", "set.yearly_cap_fen", "30"),
        (HUBEI + "set.yearly_cap_fen = '30'", "bad_value", "set.yearly_cap_fen", "30"),
        (HUBEI + "set.yearly_cap_fen = '1.001元'", "bad_value", "set.yearly_cap_fen", "30"),
        (HUBEI + "set.yearly_cap_fen = '1..2元'", "bad_value", "set.yearly_cap_fen", "30"),
        (HUBEI + "set.yearly_cap_fen = '999999亿元'", "bad_value", "set.yearly_cap_fen", "30"),
        (HUBEI + "set.rounding_unit_fen = 0", "bad_value", "rounding_unit_fen", "at least 1"),
        (HUBEI + "set.base = 'payed'", "bad_value", "set.base", "paid"),
        (HUBEI + "set.valid_to = '2022-02-30'", "bad_date", "set.valid_to", "2022-07-01"),
        (HUBEI + "set.valid_from = 2025-01-01", "bad_version", "change[0]", "valid_to"),
        (HUBEI + "set.valid_to = 2026-01-01", "bad_version", "change[0]", "valid_to"),
        (HUBEI + "set.'rate.value' = '1'", "bad_value", "set.rate", "under"),
        (HUBEI + "set.'eligibility['= 1", "bad_value", "change[0].set", "programme show"),
        (HUBEI + "set.eligibility = 3", "bad_value", "set.eligibility", "array"),
        (HUBEI + "set.'eligibility[1][2]' = 3", "bad_value", "set.eligibility[1]", "list"),
        (HUBEI + "drop = ['rate']", "bad_value", "drop.rate", "do without"),
        (HUBEI + "drop = ['rate[0]']", "bad_value", "drop.rate", "list"),
        (HUBEI + "drop = ['eligibility[9]']", "bad_value", "drop.eligibility", "0 to 4"),
        (HUBEI + "drop = ['eligibility[2].levels']", "bad_value", "levels", ""),
        (HUBEI + "add.rate = ['1']", "bad_value", "add.rate", "eligibility"),
        (HUBEI + "add.eligibility = [{ kind = 'x' }]", "bad_value", "eligibility[0]", "held"),
        (HUBEI + "add.eligibility = ['held']", "bad_value", "eligibility[0]", "held"),
        (HUBEI + "add.eligibility = [{ type = 'hold' }]", "bad_value", "[0].type", "held"),
        (HUBEI + "add.eligibility = [{ type = 'held' }]", "missing_key", "[0]", "kind"),
        (
            HUBEI + "add.eligibility = [{ type = 'held', kind = 'above_scal' }]",
            "bad_value",
            "add.eligibility[0].kind",
            "above_scale",
        ),
        (
            HUBEI + "add.eligibility = [{ type = 'held', kin = 'x' }]",
            "unknown_key",
            "add.eligibility[0]",
            "kind",
        ),
        (
            WUHAN + "set.windows = [{ serves = 2022, first = '02-29', last = '03-01' }]",
            "bad_value",
            "windows[0].first",
            "03-18",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_the_nearest_name(
    text: str, code: str, place: str, nearest: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        change(text)
    error = caught.value
    assert error.code == code
    assert place in error.message.en
    assert nearest in error.next_step.en
    assert error.message.zh != error.message.en


def test_a_programme_that_is_there_already_is_not_added() -> None:
    with pytest.raises(InvalidInputError, match="programme_exists"):
        change_programmes(parse(""), find_programmes(), select_programmes(["wuhan"]))


def test_a_programme_that_is_added_must_be_one_that_can_be_applied() -> None:
    (wuhan_,) = select_programmes(["wuhan"])
    (version,) = wuhan_.versions
    nothing = structs.replace(version.rounding_unit_fen, value=0)
    added = structs.replace(
        wuhan_, id="ezhou", versions=(structs.replace(version, rounding_unit_fen=nothing),)
    )
    with pytest.raises(InvalidInputError, match="ezhou@2020: rounding_unit_fen"):
        change_programmes(parse(""), find_programmes(), [added])


def test_bytes_that_are_no_text_are_refused() -> None:
    for raw in (b"\xff\xfe", "title = '甲'".encode("utf-16"), b"a = " + b"[" * 5000):
        with pytest.raises(InvalidInputError, match="bad_toml"):
            parse_change(raw)


# --- what is told of it ---


def test_differences_are_told_value_by_value() -> None:
    after = change(
        HUBEI + 'set.rate = "2/5"\ndrop = ["eligibility[0]", "eligibility[1].conditions[2]"]\n'
        'add.eligibility = [{ type = "held", kind = "above_scale" }]\n'
        + WUHAN + 'drop = ["claim_floor_fen"]\n'
    )  # fmt: skip
    found = [render_difference(one, "en") for one in find_differences(find_programmes(), after)]
    assert [(one["name"], one["what"], one["before"], one["after"]) for one in found] == [
        ("rate", "rate", "30%", "40%"),
        ("eligibility[0]", "registered in Hubei", "—", None),
        (
            "eligibility[1].conditions[2]",
            "in incubation at a carrier recognised at provincial level or above",
            "—",
            None,
        ),
        ("eligibility[4]", "above-scale enterprise", None, "—"),
        ("claim_floor_fen", "least claim", "CNY 1,000.00", None),
    ]
    assert (found[0]["clause"], found[0]["grade"]) == ("proposed change", "A")


def test_programmes_that_come_and_go_are_told() -> None:
    before, after = select_programmes(["hubei", "wuhan"]), select_programmes(["wuhan", "east_lake"])
    found = list(find_differences(before, after))
    assert [(one.programme.id, one.version, one.comes) for one in found] == [
        ("hubei", None, False),
        ("east_lake", None, True),
    ]
    assert list(find_differences(before, before)) == []
