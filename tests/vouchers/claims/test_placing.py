"""What fits beside draws: exhaustively in small worlds, against a search through every way."""

from collections.abc import Iterator
from itertools import product

from vouchers.claims.placing import Draw, fit


def ways(draws: list[Draw], room: dict[str, int]) -> Iterator[dict[str, int]]:
    """Yield every way in which all of the draws can lie, as what is left on each invoice."""
    if not draws:
        yield room
        return
    (invoices, fen), *rest = draws
    names = sorted(invoices)
    for parts in product(range(fen + 1), repeat=len(names)):
        lies = dict(zip(names, parts, strict=True))
        left = {one: room[one] - lies.get(one, 0) for one in room}
        if sum(parts) == fen and min(left.values()) >= 0:
            yield from ways(rest, left)


def test_as_much_fits_as_can_in_every_small_world() -> None:
    sets = [frozenset(one) for one in ("a", "ab", "bc", "abc")]
    possible = 0
    for room_fen in product((0, 1, 2), repeat=3):
        room = dict(zip("abc", room_fen, strict=True))
        for first, second in product(sets, repeat=2):
            for fen, more in product((1, 2), repeat=2):
                draws = [(first, fen), (second, more)]
                every = list(ways(draws, room))
                for wanted in ({"a": 1, "b": 1}, {"a": 2}, {"a": 1, "b": 2, "c": 1}):
                    found = fit(draws, room, wanted)
                    assert all(0 <= found[one] <= wanted[one] for one in wanted)
                    if every:
                        possible += 1
                        most = max(
                            sum(min(left[one], wanted[one]) for one in wanted) for left in every
                        )
                        assert sum(found.values()) == most, (room, draws, wanted)
                        assert any(all(left[one] >= found[one] for one in wanted) for left in every)
    assert possible > 500


def test_a_draw_comes_before_what_is_wanted() -> None:
    assert fit([(frozenset("a"), 2)], {"a": 3}, {"a": 3}) == {"a": 1}
    assert fit([(frozenset("ab"), 2)], {"a": 3, "b": 3}, {"a": 3}) == {"a": 3}


def test_a_draw_with_room_nowhere_takes_none() -> None:
    assert fit([(frozenset("x"), 5)], {"a": 1}, {"a": 1}) == {"a": 1}
    assert fit([(frozenset("ab"), 5)], {"a": 1, "b": 2}, {"a": 1}) == {"a": 0}


def test_many_invoices_that_are_full_take_no_deeper_a_look_than_draws_there_are() -> None:
    names = [f"{n:05}" for n in range(1_000)]
    room = dict.fromkeys(names, 2)
    draws = [(frozenset(names), 1_000), (frozenset(names), 1_000)]
    assert set(fit(draws, room, dict.fromkeys(names[:200], 1)).values()) == {0}
    assert set(fit(draws[:1], room, dict.fromkeys(names[:200], 1)).values()) == {1}


def test_nothing_wanted_is_nothing() -> None:
    assert fit([(frozenset("ab"), 5)], {"a": 1, "b": 2}, {}) == {}
