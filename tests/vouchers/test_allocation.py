"""The search for the best shares, beside all shares, also for rules that it knows nothing about."""

from collections.abc import Callable, Collection
from datetime import date
from itertools import combinations, product
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.text import Text
from vouchers.allocation import allocate_lots
from vouchers.case import Case
from vouchers.catalogue import find_programmes
from vouchers.decide import decide
from vouchers.exclusion import SCOPES
from vouchers.payer import Payer, is_plain, make_payer, mask_of, positions_in
from vouchers.programme import Cited, Version
from vouchers.sharing import Clash, Lot, make_clusters, seat_everybody

MakeCase = Callable[..., Case]

PAIRS = ((0, 1), (0, 2), (1, 2))
SCOPES_OF_PAIRS = [Clash(*pair, scope) for pair in PAIRS for scope in SCOPES]


def strange(counted: int, worth: dict[int, int], least: int, cap: int) -> Payer:
    """Return a payer whose rule is not plain: nothing below a sum, all of it above, a cap."""

    def pay(part: int) -> int:
        spent = sum(worth[at] for at in positions_in(part))
        return min(spent, cap) if spent >= least else 0

    return Payer(counted, pay(counted), pay)


@settings(max_examples=60, deadline=None)
@given(
    worths=st.lists(
        st.dictionaries(st.integers(0, 4), st.integers(1, 9), min_size=1), min_size=2, max_size=3
    ),
    least=st.integers(0, 20),
    cap=st.integers(1, 20),
    rivals=st.sets(st.sampled_from(PAIRS), min_size=1),
)
def test_a_rule_of_another_shape_is_searched_as_well_as_a_plain_one(
    worths: list[dict[int, int]], least: int, cap: int, rivals: set[tuple[int, int]]
) -> None:
    payers = [strange(mask_of(worth), worth, least, cap) for worth in worths]
    counted = [one.counted for one in payers]
    clashes = [Clash(*pair, "contract") for pair in sorted(rivals) if max(pair) < len(payers)]
    lots = [Lot(1 << at, f"C{at}", None) for at in range(5)]
    best = -1
    for parts in product(range(1, 32), repeat=len(payers)):
        lawful = all(part & ~mask == 0 for part, mask in zip(parts, counted, strict=True))
        if lawful and not any(parts[one] & parts[other] for one, other, _ in clashes):
            best = max(best, sum(one.pay(part) for one, part in zip(payers, parts, strict=True)))
    seed = seat_everybody(lots, counted, clashes)
    assert (seed is None) == (best < 0)
    if seed is not None:
        found = allocate_lots(payers, make_clusters(lots, counted, clashes), seed)
        assert (found.total_fen, found.proved) == (best, True)
        assert sum(one.pay(part) for one, part in zip(payers, found.parts, strict=True)) == best


@settings(max_examples=100, deadline=None)
@given(
    keys=st.lists(
        st.tuples(st.sampled_from("AB"), st.sampled_from("PQ")), min_size=1, max_size=3, unique=True
    ),
    counted=st.lists(st.integers(1, 7), min_size=2, max_size=3),
    scopes=st.lists(st.sampled_from(SCOPES_OF_PAIRS), min_size=1, max_size=3, unique=True),
)
def test_the_widest_ways_are_those_that_take_no_lot_more_each_once(
    keys: list[tuple[str, str]], counted: list[int], scopes: list[Clash]
) -> None:
    clashes = [one for one in scopes if one.second < len(counted)]
    lots = [Lot(1 << at, *key) for at, key in enumerate(keys)]
    seats = [(k, lot) for lot in lots for k, mask in enumerate(counted) if lot.mask & mask]

    def lawful(taken: Collection[tuple[int, Lot]]) -> bool:
        return not any(
            {k, other} == {first, second} and lot.key(scope) == its.key(scope)
            for (k, lot), (other, its) in combinations(taken, 2)
            for first, second, scope in clashes
        )

    every = [
        set(taken)
        for size in range(len(seats) + 1)
        for taken in combinations(seats, size)
        if lawful(taken)
    ]
    widest = [one for one in every if not any(one < other for other in every)]
    for expected, clusters in (
        (widest, make_clusters(lots, counted, clashes)),
        (every, make_clusters(lots, counted, clashes, 10_000, widest=False)),
    ):
        found = []
        for ways in product(*(cluster.ways for cluster in clusters)):
            masks = [0] * len(counted)
            for k, part in (take for way in ways for take in way):
                masks[k] |= part
            found.append(tuple(masks))
        assert len(found) == len(set(found)) == len(expected)
        assert set(found) == {
            tuple(sum(lot.mask for k, lot in one if k == member) for member in range(len(counted)))
            for one in expected
        }


def test_a_cut_short_search_still_gives_everybody_something_and_bounds_the_rest() -> None:
    worth = {at: 100 + 7 * at * at for at in range(30)}
    payers = [strange((1 << 30) - 1, worth, least, 4_000) for least in (0, 900, 2_500)]
    counted = [one.counted for one in payers]
    clashes = [Clash(one, other, "contract") for one, other in combinations(range(3), 2)]
    lots = [Lot(1 << at, f"C{at}", None) for at in range(30)]
    seed = seat_everybody(lots, counted, clashes)
    assert seed is not None
    found = allocate_lots(payers, make_clusters(lots, counted, clashes), seed, states_max=500)
    assert all(found.parts)
    assert found.total_fen <= found.most_fen <= 12_000
    assert found.proved == (found.total_fen == found.most_fen)


def test_the_plain_rule_computed_here_is_what_decide_says_of_every_part(
    make_case: MakeCase,
) -> None:
    """Below and above the cap, the floor and the unit, for every released programme."""
    for spent_fen in (150_000, 333_333, 21_000_000, 70_000_000):
        one = (make_case(spent_fen=spent_fen).purchases or ())[0]
        lines = [msgspec.structs.replace(one, invoice=str(n), contract=f"C{n}") for n in range(3)]
        case = msgspec.structs.replace(make_case(), purchases=tuple(lines))
        for programme in find_programmes():
            payer = make_payer(programme, case, decide(programme, case))
            assert payer.gain is not None
            for part in range(1, 8):
                chosen = tuple(lines[at] for at in positions_in(part))
                narrowed = msgspec.structs.replace(case, purchases=chosen)
                assert payer.pay(part) == decide(programme, narrowed).amount_fen


def test_a_rule_that_says_more_than_is_known_is_not_plain() -> None:
    class Later(Version, frozen=True, kw_only=True):
        """A version of a later house, with a field that nobody knows here."""

        tiers: Cited[Any] | None = None

    version = find_programmes()[0].versions[0]
    values = {name: getattr(version, name) for name in version.__struct_fields__}
    clause = Text("第一条", "article 1")
    assert is_plain(version)
    assert is_plain(Later(**values))
    assert not is_plain(Later(**values, tiers=Cited((), clause, "A")))
    odd = Cited(date(2022, 1, 1), clause, "A")
    assert not is_plain(msgspec.structs.replace(version, purchases=(odd,)))
    assert not is_plain(msgspec.structs.replace(version, eligibility=(odd,)))
