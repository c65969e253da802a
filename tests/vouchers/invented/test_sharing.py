"""What the invented notices say of other levels' money: who excludes whom, who bears what."""

import pytest

from tests.vouchers.invented import heting, lanpu, qingyu, songlan, wangchuan, yunting
from tests.vouchers.invented.facts import BOUGHT, buy, case, codes
from vouchers.decide import decide
from vouchers.funding_split import split_amount
from vouchers.plan import plan
from vouchers.programme import Programme


@pytest.mark.parametrize(
    ("programme", "payer", "excluded"),
    [
        (lanpu.PROGRAMME, "hubei", True),
        (lanpu.PROGRAMME, "east_lake", True),
        (songlan.PROGRAMME, "wuhan", True),
        (songlan.PROGRAMME, "east_lake", False),
        (wangchuan.PROGRAMME, "hubei", True),
        (wangchuan.PROGRAMME, "wuhan", False),
    ],
)
def test_a_contract_that_another_level_has_paid_on_is_out(
    programme: Programme, payer: str, *, excluded: bool
) -> None:
    decision = decide(programme, case({f"{BOUGHT}.refunded_by": [payer]}))
    assert ("earlier_voucher" in codes(decision)) is excluded


def test_a_contract_goes_to_the_province_or_to_the_city_and_never_to_both() -> None:
    of = case({"purchases": [buy(20_000_000, "C-1"), buy(400_000_000, "C-2")]})
    both = next(one for one in plan(of, [songlan.PROGRAMME, lanpu.PROGRAMME]) if one.lawful)
    assert both.programmes == ("songlan", "lanpu")
    assert both.counted == ((1,), (0,))


def test_the_new_areas_ceiling_is_of_what_was_settled_without_tax() -> None:
    (version,) = heting.PROGRAMME.versions
    assert version.combined_ceiling is not None
    other = {"scope": "contract", "ref": "C-1", "level": "city", "year": 2026}
    dear = {"purchases": [buy(100_000_000, "C-1")]}
    for amount_fen, fen in ((40_000_000, 40_000_000), (40_000_100, 39_999_900)):
        of = case(dear | {"other_funding": [other | {"amount_fen": amount_fen}]})
        assert plan(of, [heting.PROGRAMME])[0].amounts_fen == (fen,)


def test_province_and_city_bear_six_to_four() -> None:
    (version,) = yunting.PROGRAMME.versions
    assert version.funding_split is not None
    parts = split_amount(100_000, version.funding_split).parts
    assert dict(parts) == {"province": 60_000, "city": 40_000}


def test_the_pool_of_the_district_is_three_million() -> None:
    (version,) = qingyu.PROGRAMME.versions
    assert version.pool is not None
    assert (version.pool.value.amount_fen, version.pool.value.order) == (300_000_000, "signing")
