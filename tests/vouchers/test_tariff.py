"""Which price applies on which day, and what one unit of it is."""

from fractions import Fraction

import pytest

from ledger.quantity import MICRO
from tests.small_ledger import CODE, account_of
from vouchers.tariff import Price, find_price

HOUR = 3_600 * MICRO
DAY = 24 * HOUR

RESOURCES = """
    resource a100 accelerator card 2022-01-01 0.32
    resource disk storage tb 2022-01-01
"""


def find(text: str, day: str, contract: str = "", resource: str = "a100") -> Price | None:
    """Return the price of a day's usage in the ledger of a text."""
    book, account, _ = account_of(RESOURCES + text)
    return find_price(book, account, (CODE, contract, resource, day))


def unit_price(text: str, day: str, contract: str = "", resource: str = "a100") -> str | None:
    """Return the unit price that applies, None where there is none."""
    price = find(text, day, contract, resource)
    return price and price.tariff.line.unit_price


ONE = "contract C-1 2022-03-01 2022-06-30 0.06 a100=12.50/card_hour disk=3/tb_day"
TWO = ONE + "\ncontract C-2 2022-06-30 2022-12-31 0.06 a100=9/card_hour"


@pytest.mark.parametrize(
    ("day", "price"),
    [("2022-02-28", None), ("2022-03-01", "12.50"), ("2022-06-30", "12.50"), ("2022-07-01", None)],
)
def test_usage_that_names_no_contract_takes_the_only_one_in_force(
    day: str, price: str | None
) -> None:
    assert unit_price(ONE, day) == price


@pytest.mark.parametrize(
    ("day", "price"), [("2022-06-29", "12.50"), ("2022-06-30", None), ("2022-07-01", "9")]
)
def test_two_contracts_in_force_give_no_price(day: str, price: str | None) -> None:
    assert unit_price(TWO, day) == price


def test_of_two_contracts_the_one_that_prices_the_resource_applies() -> None:
    assert unit_price(TWO, "2022-06-30", resource="disk") == "3"


def test_a_named_contract_decides_between_two() -> None:
    assert unit_price(TWO, "2022-06-30", "C-1") == "12.50"
    assert unit_price(TWO, "2022-06-30", "C-2") == "9"


def test_a_named_contract_prices_usage_outside_its_dates() -> None:
    assert unit_price(ONE, "2022-07-15", "C-1") == "12.50"


def test_a_named_contract_that_nobody_registered_gives_no_price() -> None:
    assert unit_price(ONE, "2022-05-01", "C-9") is None


def test_an_unknown_enterprise_or_resource_has_no_price() -> None:
    assert unit_price("", "2022-05-01") is None
    assert unit_price(ONE, "2022-05-01", resource="h100") is None


DATED = (
    "contract C-1 2022-01-01 2022-12-31 0.06"
    " a100=12.50/card_hour@..2022-07-15 a100=9/card_hour@2022-07-16..2022-11-30"
)


@pytest.mark.parametrize(
    ("day", "price"),
    [
        ("2022-01-01", "12.50"),
        ("2022-07-15", "12.50"),
        ("2022-07-16", "9"),
        ("2022-11-30", "9"),
        ("2022-12-01", None),
    ],
)
def test_a_price_holds_from_its_first_to_its_last_day(day: str, price: str | None) -> None:
    assert unit_price(DATED, day) == price
    assert unit_price(DATED, day, "C-1") == price


def test_two_prices_of_one_contract_on_one_day_give_no_price() -> None:
    both = (
        "contract C-1 2022-01-01 2022-12-31 0.06 a100=12.50/card_hour a100=9/card_hour@2022-07-16.."
    )
    assert unit_price(both, "2022-07-15") == "12.50"
    assert unit_price(both, "2022-07-16") is None
    assert unit_price(both, "2022-07-16", "C-1") is None


@pytest.mark.parametrize(
    ("price", "resource", "quantity", "units", "fen"),
    [
        ("a100=12.50/card_hour", "a100", HOUR, 1, 1250),
        ("a100=12.50/card_hour", "a100", 1, Fraction(1, HOUR), Fraction(1250, HOUR)),
        ("a100=30/pflops_day", "a100", 75 * HOUR, 1, 3000),
        ("a100=30/pflops_day", "a100", DAY, Fraction(32, 100), 960),
        ("disk=3.5/tb_day", "disk", 2 * DAY, 2, 700),
    ],
)
def test_units_and_charges_are_exact(
    price: str, resource: str, quantity: int, units: Fraction, fen: Fraction
) -> None:
    text = f"contract C-1 2022-01-01 2022-12-31 0.06 {price}"
    found = find(text, "2022-05-01", resource=resource)
    assert found is not None
    assert found.tariff.units(quantity) == units
    assert found.tariff.charge(quantity) == fen


def test_a_pflops_day_of_cards_at_0_32_is_75_card_hours() -> None:
    found = find("contract C-1 2022-01-01 2022-12-31 0.06 a100=30/pflops_day", "2022-05-01")
    assert found is not None
    assert found.tariff.units(75 * HOUR) == 1
    assert found.tariff.units(75 * HOUR - 1) < 1


def test_a_pflops_day_takes_the_conversion_of_its_day() -> None:
    text = "contract C-1 2021-01-01 2022-12-31 0.06 a100=30/pflops_day\n"
    text += "resource a100 accelerator card 2022-07-01 0.64"
    listed = {
        day: price and price.tariff.pflops
        for day in ("2021-12-31", "2022-06-30", "2022-07-01")
        for price in [find(text, day)]
    }
    assert list(listed.values()) == [None, Fraction(32, 100), Fraction(64, 100)]


@pytest.mark.parametrize("pflops", ["", "0"])
def test_without_a_conversion_a_pflops_day_has_no_price(pflops: str) -> None:
    text = f"resource b200 accelerator card 2022-01-01 {pflops}\n"
    text += "contract C-1 2022-01-01 2022-12-31 0.06 b200=30/pflops_day"
    assert unit_price(text, "2022-05-01", resource="b200") is None


def test_an_unlisted_resource_has_a_price_per_card_hour_but_none_per_pflops_day() -> None:
    text = "contract C-1 2022-01-01 2022-12-31 0.06 x=3/card_hour y=3/pflops_day"
    assert unit_price(text, "2022-05-01", resource="x") == "3"
    assert unit_price(text, "2022-05-01", resource="y") is None


@pytest.mark.parametrize("price", ["disk=3/card_hour", "disk=3/pflops_day", "a100=3/tb_day"])
def test_a_price_in_another_unit_than_the_resource_is_no_price(price: str) -> None:
    text = f"contract C-1 2022-01-01 2022-12-31 0.06 {price}"
    assert unit_price(text, "2022-05-01", resource=price[:4]) is None
