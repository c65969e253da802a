"""What differs between versions: paired by what they say, told once, nothing where nothing does."""

from datetime import date
from fractions import Fraction
from itertools import product

import msgspec
import pytest

from ledger.text import Text
from vouchers.catalogue import find_programmes
from vouchers.difference import Difference, compare
from vouchers.programme import AnyOf, Cited, Held, RegisteredIn, ResourceIs, Version
from vouchers.values import walk

VERSIONS = [version for one in find_programmes() for version in one.versions]
HUBEI = next(one for one in find_programmes() if one.id == "hubei").versions
CLAUSE = Text("第一条", "article 1")
OTHER = Text("第二条", "article 2")


def told(one: Difference) -> tuple[str, str | None, str | None]:
    return one.change, one.before and one.before.path, one.after and one.after.path


def changed(**changes: object) -> list[tuple[str, str | None, str | None]]:
    version: Version = msgspec.structs.replace(HUBEI[0], **changes)
    return [told(one) for one in compare(HUBEI[0], version)]


@pytest.mark.parametrize("version", VERSIONS, ids=lambda one: one.id)
def test_a_version_does_not_differ_from_itself(version: Version) -> None:
    assert list(compare(version, version)) == []


def test_the_two_versions_of_hubei_differ_where_their_documents_do() -> None:
    found = list(compare(*HUBEI))
    values = [told(one) for one in found if one.change not in {"clause", "grade"}]
    assert values == [
        ("value", "valid_from", "valid_from"),
        ("removed", "valid_to", None),
        ("removed", "eligibility[1].conditions[2]", None),
    ]
    clauses = [one.after.path for one in found if one.change == "clause" and one.after]
    assert {"rate", "yearly_cap_fen", "eligibility[1].conditions[0]"} <= set(clauses)
    assert "tax" not in clauses


def test_every_difference_is_told_with_the_sides_exchanged() -> None:
    mirror = {"added": "removed", "removed": "added"}
    for old, new in product(VERSIONS, repeat=2):
        there = sorted(map(str, map(told, compare(old, new))))
        back = [told(one) for one in compare(new, old)]
        swapped = [(mirror.get(change, change), b, a) for change, a, b in back]
        assert there == sorted(map(str, swapped)), (old.id, new.id)


def test_each_value_that_is_changed_alone_is_told_alone() -> None:
    rate = HUBEI[0].rate
    assert changed(rate=Cited(Fraction(1, 2), rate.clause, "M")) == [("value", "rate", "rate")]
    assert changed(rate=Cited(rate.value, OTHER, "M")) == [("clause", "rate", "rate")]
    assert changed(rate=Cited(rate.value, rate.clause, "P")) == [("grade", "rate", "rate")]
    floor = Cited(1, CLAUSE, "A")
    assert changed(claim_floor_fen=floor) == [("added", None, "claim_floor_fen")]
    assert changed(valid_to=None) == [("removed", "valid_to", None)]
    day = Cited(date(2022, 5, 8), OTHER, "A")
    assert changed(valid_from=day) == [("value", "valid_from", "valid_from")]


def test_a_condition_that_only_moved_has_not_changed() -> None:
    assert changed(eligibility=HUBEI[0].eligibility[::-1]) == []


def test_a_condition_that_came_or_went_is_told_with_all_that_is_in_it() -> None:
    held = HUBEI[0].eligibility
    new = Cited(AnyOf((Cited(Held("above_scale"), CLAUSE, "A"),)), CLAUSE, "A")
    assert changed(eligibility=(new, *held)) == [
        ("added", None, "eligibility[0]"),
        ("added", None, "eligibility[0].conditions[0]"),
    ]
    without = [path for path, _ in walk(HUBEI[0]) if path.startswith("eligibility[1]")]
    assert changed(eligibility=(held[0], *held[2:])) == [
        ("removed", path, None) for path in without
    ]


def test_of_conditions_that_changed_two_of_one_shape_are_one() -> None:
    held = HUBEI[0].eligibility
    city = Cited(RegisteredIn("4201"), held[0].clause, "P")
    assert changed(eligibility=(*held[1:], city)) == [
        ("value", "eligibility[0]", f"eligibility[{len(held) - 1}]")
    ]
    storage = Cited(ResourceIs("storage"), HUBEI[0].purchases[0].clause, "A")
    purchases = (*HUBEI[0].purchases, storage)
    assert changed(purchases=purchases) == [("added", None, f"purchases[{len(purchases) - 1}]")]
