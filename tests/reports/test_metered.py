"""A month so far, beside what a compute statement of it says."""

from fractions import Fraction

from reports.metered import meter, months_used
from tests.small_ledger import account_of

LEDGER = """
    resource   a100 accelerator card 2021-12-01 0.32
    resource   disk storage tb 2021-12-01
    enterprise 420100 华智科技
    contract   C-1 2022-01-01 2022-12-31 0.06 a100=12.50/card_hour disk=1/tb_day
    usage      a100 8 2022-06-30T22:00 2022-07-01T02:00 C-1
    usage      a100 1 2022-07-03T00:00 2022-07-03T00:30 C-1
    usage      disk 5 2022-07-03T00:00 2022-07-04T00:00 C-1
    usage      cpu 5 2022-07-04T00:00 2022-07-05T00:00
    usage      a100 1 2021-12-31T00:00 2021-12-31T10:00 C-1
"""


def test_a_month_has_each_of_its_days_and_only_accelerators_in_card_hours() -> None:
    found = meter(*account_of(LEDGER), "2022-07")
    assert len(found.card_hours) == 31
    hours = {day: each for day, each in found.card_hours if each}
    assert hours == {"2022-07-01": Fraction(16), "2022-07-03": Fraction(1, 2)}
    assert found.all_card_hours == Fraction(33, 2)


def test_a_month_costs_what_its_lines_do_and_a_year_its_months_so_far() -> None:
    june, july = (meter(*account_of(LEDGER), month) for month in ("2022-06", "2022-07"))
    assert june.charge.amount_fen == june.year_fen == 16 * 1250
    assert july.charge.amount_fen == 16 * 1250 + 625 + 500
    assert july.year_fen == july.charge.amount_fen + june.charge.amount_fen


def test_what_no_contract_prices_is_named_and_costs_nothing() -> None:
    (unrated,) = meter(*account_of(LEDGER), "2022-07").charge.unrated
    assert unrated[0][2:] == ("cpu", "2022-07-04")


def test_months_with_usage_come_latest_first() -> None:
    *_, usage = account_of(LEDGER)
    assert months_used(usage) == ["2022-07", "2022-06", "2021-12"]
