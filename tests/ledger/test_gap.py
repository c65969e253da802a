"""Missing numbers: every set of numbers of a small world, and the edges of blocks."""

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.gap import Block, Gap, find_gaps

WIDTH = 4


def blocks_of(numbers: Iterable[int], source: str = "a", width: int = WIDTH) -> list[Block]:
    bits: dict[int, int] = {}
    for number in numbers:
        bits[number // width] = bits.get(number // width, 0) | 1 << number % width
    return [(source, block, said) for block, said in sorted(bits.items())]


def missing(gaps: Iterable[Gap]) -> list[int]:
    return [number for gap in gaps for number in range(gap.first, gap.last + 1)]


def test_every_set_of_numbers_shows_what_lies_between_them() -> None:
    for size in range(1, 11):
        for numbers in itertools.combinations(range(10), size):
            between = sorted(set(range(numbers[0], numbers[-1])) - set(numbers))
            gaps = list(find_gaps(blocks_of(numbers), WIDTH))
            assert missing(gaps) == between
            assert all(one.last + 1 < other.first for one, other in itertools.pairwise(gaps))


@given(st.sets(st.integers(0, 10**18), min_size=1, max_size=30))
def test_gaps_of_any_numbers_lie_between_them(numbers: set[int]) -> None:
    ordered = sorted(numbers)
    expected = [Gap("a", a + 1, b - 1) for a, b in itertools.pairwise(ordered) if b > a + 1]
    assert list(find_gaps(blocks_of(numbers, width=60), 60)) == expected


def test_each_source_is_numbered_by_itself() -> None:
    blocks = [*blocks_of([1, 2, 9], "a"), *blocks_of([5, 7], "b")]
    assert list(find_gaps(blocks, WIDTH)) == [Gap("a", 3, 8), Gap("b", 6, 6)]


@pytest.mark.parametrize("numbers", [[], [0], [7], range(40)])
def test_nothing_is_missing_where_nothing_is(numbers: Iterable[int]) -> None:
    assert list(find_gaps(blocks_of(numbers), WIDTH)) == []


def test_a_gap_counts_its_numbers() -> None:
    assert Gap("a", 3, 8).missing == 6
