"""Sums by pandas: whole numbers from end to end, the same as adding one by one."""

from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvalidInputError
from ledger.usage import DayKey
from reports.frames import INT64_MAX, MonthSum, compare, rank, sum_months, sum_usage, tell
from reports.reconciliation import Explanation, Part, Reconciled

# ¥99,999,999,999.99
MUCH_FEN = 9_999_999_999_999


def month(
    enterprise: str, metered: list[int], invoiced: list[int], paid: list[int], why: list[int]
) -> Reconciled:
    """Return a month of parts; `why` explains what was invoiced less what was metered."""

    def parts(amounts: list[int]) -> tuple[Part, ...]:
        return tuple(Part("C-1", str(i), amount_fen) for i, amount_fen in enumerate(amounts))

    told = tuple(Explanation("invoiced", "unpaid", "C-1", "", one) for one in why)
    return Reconciled(enterprise, "2022-07", parts(metered), parts(invoiced), parts(paid), told)


AMOUNTS = st.lists(st.integers(0, MUCH_FEN), max_size=3)


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS), max_size=4))
def test_sums_are_those_of_adding_one_by_one(
    months: list[tuple[list[int], list[int], list[int], list[int]]],
) -> None:
    reconciled = [month(f"E{number}", *lists) for number, lists in enumerate(months)]
    sums = sum_months(reversed(reconciled))
    assert sums == [
        MonthSum(
            f"E{number}",
            sum(metered),
            sum(invoiced),
            sum(paid),
            sum(invoiced) - sum(metered),
            sum(invoiced) - sum(metered) - sum(why),
            sum(invoiced) - sum(paid),
            sum(invoiced) - sum(paid),
        )
        for number, (metered, invoiced, paid, why) in enumerate(months)
    ]
    assert all(type(value) is int for one in sums for value in one[1:])
    left = Counter(one.enterprise for one in tell(reconciled, sums))
    assert set(left) <= {one.enterprise for one in reconciled}


def test_an_odd_fen_beyond_a_float_is_kept() -> None:
    (one,) = sum_months([month("E", [2**53 + 1], [2**54 + 3], [], [])])
    assert one.difference_fen == 2**54 + 3 - 2**53 - 1


def test_many_of_the_largest_amounts_are_added_or_refused() -> None:
    (one,) = sum_months([month("E", [MUCH_FEN] * 186 * 12, [], [], [])])
    assert one.metered_fen == MUCH_FEN * 186 * 12
    largest = [INT64_MAX // 2, INT64_MAX // 2]
    assert sum_usage([(key("a", "2022-07-01"), one) for one in largest], ["day"])
    with pytest.raises(InvalidInputError, match="sum_too_large"):
        sum_usage([(key("a", "2022-07-01"), one) for one in (*largest, 2)], ["day"])


def key(enterprise: str, day: str, resource: str = "a100") -> DayKey:
    return enterprise, "C-1", resource, day


DIMENSIONS = ("enterprise", "resource", "day", "month")


@pytest.mark.parametrize("by", [["enterprise"], ["resource", "day"], ["month", "enterprise"]])
def test_usage_is_summed_by_any_dimensions(by: list[str]) -> None:
    usage = [
        (key(enterprise, day, resource), 7**number)
        for number, (enterprise, day, resource) in enumerate(
            product("=B", ("2022-06-30", "2022-07-01", "2022-07-02"), ("a100", "ssd"))
        )
    ]
    expected: Counter[tuple[str, ...]] = Counter()
    for (enterprise, _, resource, day), quantity in usage:
        values = dict(zip(DIMENSIONS, (enterprise, resource, day, day[:7]), strict=True))
        expected[tuple(values[name] for name in by)] += quantity
    assert sum_usage(usage[::-1], by) == sorted(expected.items())


def test_the_largest_come_first_and_equal_ones_by_name() -> None:
    assert rank({"c": 5, "=b": 9, "a": 5, "d": 1}, 3) == [("=b", 9), ("a", 5), ("c", 5)]
    assert rank({}, 3) == []


def test_what_one_side_lacks_is_zero() -> None:
    found = compare({("a", "2022-07"): 5, ("b", "2022-07"): 2**62 + 1}, {("a", "2022-08"): 3})
    assert [tuple(one) for one in found] == [
        ("a", "2022-07", 5, 0),
        ("a", "2022-08", 0, 3),
        ("b", "2022-07", 2**62 + 1, 0),
    ]
    assert compare({}, {}) == []
