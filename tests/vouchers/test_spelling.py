"""A slip of the pen is told from another name."""

import pytest

from vouchers.spelling import find_nearest, find_slip

KNOWN = ("hubei", "wuhan", "east_lake")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("wuhan", None),
        ("wuhann", "wuhan"),
        ("wuan", "wuhan"),
        ("wuhen", "wuhan"),
        ("uhan", "wuhan"),
        ("wuha", "wuhan"),
        ("hubie", "hubei"),
        ("uhbei", "hubei"),
        ("east-lake", "east_lake"),
        ("East Lake", "east_lake"),
        ("eastlake", "east_lake"),
        ("WUHAN", "wuhan"),
        ("wuchang", None),
        ("hunan", None),
        ("wuhan-2018", None),
        ("hb", None),
        ("", None),
    ],
)
def test_one_slip_is_caught_and_two_are_another_name(word: str, meant: str | None) -> None:
    assert find_slip(word, KNOWN) == meant


def test_the_nearest_name_is_offered() -> None:
    assert find_nearest("hubie", KNOWN) == "hubei"
    assert find_nearest("xyz", KNOWN) is None
