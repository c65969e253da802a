"""What a new programme begins with: a name that is one, and files that say what is to be done."""

import ast
import re

import pytest

from ledger.errors import InvalidInputError
from vouchers.programme import LEVELS
from vouchers.template import PLACE_CHARS_MAX, parse_place, write_files


@pytest.mark.parametrize("place", ["jinan", "east_lake", "a", "x2", "a" * PLACE_CHARS_MAX])
def test_a_place_in_small_letters_is_taken(place: str) -> None:
    assert parse_place(place) == place


@pytest.mark.parametrize(
    ("place", "meant"),
    [
        ("Jinan", "jinan"),
        ("ji-nan", "ji_nan"),
        ("ji nan", "ji_nan"),
        ("Ji'nan", "jinan"),
        ("Jǐnán", "jinan"),
        ("济南", "jinan"),
        ("济南市", "jinan"),
        ("广西壮族自治区", "guangxi"),
        ("内蒙古", "neimenggu"),
        ("西安", "xian"),
        ("某某县", "jinan"),
        ("", "jinan"),
        ("3gorges", "gorges"),
        ("_x", "x"),
        ("x__y", "x_y"),
        ("x_", "x"),
        ("import", "import_city"),
        ("match", "match_city"),
        ("../hubei", "hubei"),
        ("hubei.py", "hubei_py"),
        ("a" * (PLACE_CHARS_MAX + 1), "a" * PLACE_CHARS_MAX),
        ("x\n", "x"),
    ],
)
def test_another_name_is_refused_with_one_that_is_taken(place: str, meant: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_place(place)
    assert caught.value.code == "bad_place"
    assert re.search(rf"\b{meant}\b", caught.value.next_step.en)
    assert re.search(rf"例如 {meant}；", caught.value.next_step.zh)
    assert parse_place(meant) == meant


def test_the_files_are_python_without_any_gap_left() -> None:
    for level in LEVELS:
        files = write_files("jinan", level, 2026, package="vouchers.programmes.")
        for text in files:
            ast.parse(text)
            assert not re.search(r"\{[a-z_]+\}", text)
        assert f'level="{level}"' in files.programme
        assert "from vouchers.programmes.jinan import PROGRAMME" in files.test
    assert 'RegisteredIn("3701")' in files.programme
    assert 'name=Text("济南市算力券", "Jinan compute voucher")' in files.programme
    assert '.registered("370100")' in files.test
    elsewhere = write_files("optics", "district", 2026, package="")
    assert 'RegisteredIn("42")' in elsewhere.programme
    assert 'name=Text("待填写：optics 算力券", "Optics compute voucher")' in elsewhere.programme
    assert '.registered("420100")' in elsewhere.test
    alone = write_files("jinan", "city", 2026, package="")
    assert "from jinan import PROGRAMME" in alone.test
