"""What conditions say: in the words that a notice uses."""

from itertools import combinations, permutations
from typing import Final

import pytest

from vouchers.case import Authority
from vouchers.requirement import Held
from vouchers.word import Word
from vouchers.wording import describe_condition

LEVELS: Final[tuple[Authority, ...]] = ("national", "province", "city", "district")
ABOVE: Final = {
    ("national", "province"): ("省级以上", "at provincial level or above"),
    ("national", "province", "city"): ("市级以上", "at city level or above"),
    LEVELS: ("区级以上", "at district level or above"),
}


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_levels_up_to_the_nations_are_named_by_the_lowest_and_others_one_by_one(
    number: int,
) -> None:
    for levels in combinations(LEVELS, number):
        for order in permutations(levels):
            said = describe_condition(Held("incubated", order))
            zh, en = ABOVE.get(levels, (None, None))
            assert (zh is not None) == ("以上" in said.zh) == ("or above" in said.en), order
            assert zh is None or said.zh == f"在孵企业（载体由{zh}认定）"
            assert en is None or said.en == f"in incubation at a carrier recognised {en}"
            assert zh or said.zh.count("级") == number


def test_a_code_that_two_programmes_name_apart_keeps_both_names() -> None:
    bare, named = Held("a_status"), Held(Word("a_status", "某类企业", "an enterprise of a kind"))
    assert bare == named
    assert "a_status" in describe_condition(bare).zh
    assert "某类企业" in describe_condition(named).zh
    assert "a_status" in describe_condition(bare).zh
