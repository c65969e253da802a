"""Three-valued logic against its meaning: what holds in every completion of the unknowns."""

from collections.abc import Callable, Iterable
from itertools import product

import pytest

from vouchers.truth import Truth, all_of, any_of, same

TRUTHS: tuple[Truth, ...] = (True, False, None)
WORLDS = [world for size in range(5) for world in product(TRUTHS, repeat=size)]


def complete(world: tuple[Truth, ...]) -> Iterable[tuple[bool, ...]]:
    return product(*([True, False] if one is None else [one] for one in world))


@pytest.mark.parametrize(("connective", "meaning"), [(all_of, all), (any_of, any)])
def test_a_connective_is_known_exactly_when_every_completion_agrees(
    connective: Callable[[Iterable[Truth]], Truth], meaning: Callable[[Iterable[bool]], bool]
) -> None:
    for world in WORLDS:
        answers = {meaning(one) for one in complete(world)}
        expected = answers.pop() if len(answers) == 1 else None
        assert connective(world) is expected, world


def test_equality_is_unknown_while_either_side_is() -> None:
    assert [same(a, b) for a, b in product((1, 2, None), repeat=2)] == [
        *(True, False, None),
        *(False, True, None),
        *(None, None, None),
    ]
