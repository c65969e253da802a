"""Places by their code: in order, each once, each city in its province."""

import re

from vouchers.regions import PROVINCES, REGIONS
from vouchers.template import parse_place


def test_codes_are_in_order_and_each_city_is_in_its_province() -> None:
    assert list(REGIONS) == sorted(REGIONS)
    assert len(PROVINCES) == 34
    for code in REGIONS:
        assert re.fullmatch(r"[1-9]\d(?:\d\d)?", code)
        assert code[:2] in PROVINCES


def test_every_name_is_one_in_both_languages_and_can_name_a_file() -> None:
    assert len({one.name.zh for one in REGIONS.values()}) == len(REGIONS)
    assert len({one.id for one in REGIONS.values()}) == len(REGIONS)
    for one in REGIONS.values():
        assert one.name.zh.endswith(("省", "市", "区"))
        assert one.name.en[0].isupper()
        assert parse_place(one.id) == one.id
