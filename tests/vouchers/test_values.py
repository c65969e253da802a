"""Every cited value is found by its path, in shapes that are known and in shapes to come."""

from fractions import Fraction

import pytest
from msgspec import Struct

from ledger.text import Text
from vouchers.programme import AnyOf, Cited, FactBelow, Held
from vouchers.values import encode_bare, hash_bare, walk_within

CLAUSE = Text("第一条", "article 1")
OTHER = Text("第二条", "article 2")


class Tier(Struct, frozen=True, tag="tier"):
    """A shape that the vocabulary lacks."""

    above_fen: int
    rate: Cited[Fraction]


def test_a_shape_to_come_is_walked_to_its_last_value() -> None:
    tiers = Cited((Tier(0, Cited(Fraction(1, 3), CLAUSE, "P")),), OTHER, "A")
    found = [(path, cited.grade) for path, cited in walk_within("tiers", tiers)]
    assert found == [("tiers", "A"), ("tiers[0].rate", "P")]
    assert encode_bare(tiers.value[0]) == {"type": "tier", "above_fen": 0}


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (Fraction(3, 10), "0.3"),
        (Fraction(1, 3), "1/3"),
        (10_000, 10_000),
        (
            Held("incubated", ("city",)),
            {"type": "held", "kind": "incubated", "recognised_by": ["city"]},
        ),
        (AnyOf((Cited(Held("a"), CLAUSE, "A"),)), {"type": "any_of"}),
    ],
)
def test_a_value_is_encoded_without_the_values_in_it(value: object, encoded: object) -> None:
    assert encode_bare(value) == encoded


def test_values_are_alike_whatever_their_clauses_and_grades() -> None:
    def any_of(clause: Text, limit_fen: int) -> AnyOf:
        return AnyOf((Cited(FactBelow("sales_fen", 1, limit_fen), clause, "A"),))

    assert hash_bare(any_of(CLAUSE, 1)) == hash_bare(any_of(OTHER, 1))
    assert hash_bare(any_of(CLAUSE, 1)) != hash_bare(any_of(CLAUSE, 2))
    assert hash_bare(Held("a")) != hash_bare(Held("b"))
