"""The ways in which programmes that exclude each other may share contracts and projects.

A lot is what nobody divides: the purchases of one contract, of one project, or of both where both
matter. Two programmes that clash never hold lots of one contract (project). Lots that share a
contract or project are decided together, as a cluster; clusters are independent of each other.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from vouchers.case import Purchase
from vouchers.exclusion import SCOPES, Scope, key_of
from vouchers.payer import mask_of, positions_in

# Ways of one cluster that are looked at. A contract among ten programmes has some dozens; hundreds
# need projects of many contracts, and rules of both scopes.
WAYS_MAX: Final = 256

# Tied lots times members up to which all ways are looked for; of more, these few stand for them.
_SEATS_MAX: Final = 40
_WAYS_OF_MANY: Final = 16

Way = tuple[tuple[int, int], ...]
"""Who gets what: members by their places, each once, with purchases as a mask."""


class Clash(NamedTuple):
    """Two members, by their places, that may not hold the same contract or project."""

    first: int
    second: int
    scope: Scope


class Lot(NamedTuple):
    """Purchases that go together: their mask, and the contract and project that they share."""

    mask: int
    contract: str | None
    project: str | None

    def key(self, scope: Scope) -> str | None:
        """Return the contract or the project."""
        return self.contract if scope == "contract" else self.project


class Cluster(NamedTuple):
    """The ways to share some lots; `complete` when all are listed."""

    ways: tuple[Way, ...]
    complete: bool


def make_lots(purchases: Sequence[Purchase], mask: int, scopes: Iterable[Scope]) -> list[Lot]:
    """Return the lots of the purchases in a mask, the first purchase's first."""
    found: dict[tuple[str | None, str | None], int] = {}
    wanted = set(scopes)
    for at in positions_in(mask):
        contract, project = (
            key_of(purchases[at], scope) if scope in wanted else None
            for scope in ("contract", "project")
        )
        found[contract, project] = found.get((contract, project), 0) | mask_of([at])
    return [Lot(lot, *key) for key, lot in found.items()]


def make_clusters(
    lots: Iterable[Lot],
    counted: Sequence[int],
    clashes: Sequence[Clash],
    ways_max: int = WAYS_MAX,
    *,
    widest: bool = True,
) -> list[Cluster]:
    """Return the clusters: with the widest ways only, or with every lawful way.

    A way is one of the widest when no member can be given one more lot. `counted` is what each
    member counts alone. A cluster with more than `ways_max` ways is not complete.
    """
    rivals = _Rivals(clashes, len(counted), ways_max, widest=widest)
    return [rivals.share(lots_of_cluster, counted) for lots_of_cluster in _group(lots)]


def _group(lots: Iterable[Lot]) -> list[list[Lot]]:
    """Return the lots grouped so that no contract or project stands in two groups."""
    lots = list(lots)
    if all(lot.contract is None for lot in lots) or all(lot.project is None for lot in lots):
        return [[lot] for lot in lots]
    groups: list[tuple[set[tuple[str, str]], list[Lot]]] = []
    for lot in lots:
        keys = {(name, key) for name, key in lot._asdict().items() if isinstance(key, str)}
        mine, rest = [lot], []
        for known, members in groups:
            if known & keys:
                keys, mine = keys | known, members + mine
            else:
                rest.append((known, members))
        groups = [*rest, (keys, mine)]
    return [members for _, members in groups]


class _Rivals:
    """Who excludes whom. Ways of single lots that the same members count are found once."""

    def __init__(
        self, clashes: Sequence[Clash], members: int, ways_max: int, *, widest: bool
    ) -> None:
        self._clashes = clashes
        self._list = _list_widest if widest else _list_all
        self._ways_max = ways_max
        self._rivals = [
            mask_of(other for other, _ in _list_rivals(member, clashes))
            for member in range(members)
        ]
        self._known: dict[int, tuple[list[list[int]], bool]] = {}

    def share(self, lots: Sequence[Lot], counted: Sequence[int]) -> Cluster:
        """Return the ways to share some lots."""
        if len(lots) > 1:
            return self._share_several(lots, counted)
        (lot,) = lots
        eager = mask_of(member for member, mask in enumerate(counted) if lot.mask & mask)
        if eager not in self._known:
            members = list(positions_in(eager))
            rivals = [
                mask_of(at for at, other in enumerate(members) if self._rivals[one] >> other & 1)
                for one in members
            ]
            found, complete = self._take(rivals)
            self._known[eager] = [[members[at] for at in one] for one in found], complete
        takers, complete = self._known[eager]
        ways = tuple(tuple((one, lot.mask & counted[one]) for one in way) for way in takers)
        return Cluster(ways, complete)

    def _share_several(self, lots: Sequence[Lot], counted: Sequence[int]) -> Cluster:
        """Return the ways of lots that are tied: a seat is one lot for one member."""
        seats = [
            (member, lot) for lot in lots for member, mask in enumerate(counted) if lot.mask & mask
        ]
        at_key: dict[tuple[int, Scope, str | None], int] = {}
        for at, (member, lot) in enumerate(seats):
            for scope in SCOPES:
                place = member, scope, lot.key(scope)
                at_key[place] = at_key.get(place, 0) | 1 << at
        rivals = [0] * len(seats)
        for at, (member, lot) in enumerate(seats):
            for other, scope in _list_rivals(member, self._clashes):
                rivals[at] |= at_key.get((other, scope, lot.key(scope)), 0)
        found, complete = self._take(rivals)
        ways = []
        for taken in found:
            masks: dict[int, int] = {}
            for member, lot in (seats[at] for at in taken):
                masks[member] = masks.get(member, 0) | lot.mask & counted[member]
            ways.append(tuple(sorted(masks.items())))
        if not complete:
            ways += self._share_as_one(lots, counted)
        return Cluster(tuple(ways), complete)

    def _share_as_one(self, lots: Sequence[Lot], counted: Sequence[int]) -> list[Way]:
        """Return ways that leave tied lots together: of very many ways those least alike."""
        tied = Lot(mask_of(at for lot in lots for at in positions_in(lot.mask)), None, None)
        return list(self.share([tied], counted).ways)

    def _take(self, rivals: Sequence[int]) -> tuple[list[list[int]], bool]:
        """Return sets of seats without rivals, and whether these are all."""
        most = self._ways_max if len(rivals) <= _SEATS_MAX else _WAYS_OF_MANY
        found = [list(positions_in(one)) for one in islice(self._list(rivals), most + 1)]
        return found[:most], len(found) <= most


def _list_all(rivals: Sequence[int]) -> Iterator[int]:
    """Yield every set of seats without rivals, fuller ones tending to come first."""

    def extend(at: int, taken: int) -> Iterator[int]:
        if at == len(rivals):
            yield taken
            return
        if not rivals[at] & taken:
            yield from extend(at + 1, taken | 1 << at)
        yield from extend(at + 1, taken)

    return extend(0, 0)


def _list_widest(rivals: Sequence[int]) -> Iterator[int]:
    """Yield the largest sets of seats without rivals, each once (Bron and Kerbosch, 1973)."""
    every = (1 << len(rivals)) - 1
    friends = [every & ~rival & ~(1 << at) for at, rival in enumerate(rivals)]

    def extend(taken: int, open_: int, done: int) -> Iterator[int]:
        if not open_ and not done:
            yield taken
            return
        pivot = max(positions_in(open_ | done), key=lambda at: (open_ & friends[at]).bit_count())
        for at in positions_in(open_ & ~friends[pivot]):
            yield from extend(taken | 1 << at, open_ & friends[at], done & friends[at])
            open_ &= ~(1 << at)
            done |= 1 << at

    return extend(0, every, 0)


def seat_everybody(
    lots: Sequence[Lot], counted: Sequence[int], clashes: Sequence[Clash]
) -> tuple[int, ...] | None:
    """Return what each member counts when each gets one lot, None where there is no such way.

    Earlier lots are given first.
    """
    rivals = [_list_rivals(member, clashes) for member in range(len(counted))]
    alike = _find_alike(lots)
    open_ = tuple(mask_of(at for at, lot in enumerate(lots) if lot.mask & mask) for mask in counted)
    failed: set[tuple[int, ...]] = set()

    def seat(left: tuple[int, ...], free: tuple[int, ...]) -> dict[int, int] | None:
        if not left:
            return {}
        if free in failed:
            return None
        member = min(left, key=lambda one: free[one].bit_count())
        others = tuple(one for one in left if one != member)
        for at in positions_in(free[member]):
            narrowed = list(free)
            narrowed[member] = 0
            for other, scope in rivals[member]:
                narrowed[other] &= ~alike[scope][at]
            found = seat(others, tuple(narrowed))
            if found is not None:
                return {**found, member: at}
        failed.add(free)
        return None

    found = seat(tuple(range(len(counted))), open_)
    if found is None:
        return None
    return tuple(lots[found[member]].mask & mask for member, mask in enumerate(counted))


def widen(seed: Sequence[int], clusters: Iterable[Cluster]) -> tuple[int, ...]:
    """Return what every member counts when it gets what the seed gives it and more."""
    parts = list(seed)
    for cluster in clusters:
        among = 0
        for way in cluster.ways:
            for _, part in way:
                among |= part
        wanted = {member: part & among for member, part in enumerate(seed) if part & among}
        fits = (way for way in map(dict, cluster.ways) if _holds(way, wanted))
        for member, part in next(fits, wanted).items():
            parts[member] |= part
    return tuple(parts)


def _holds(way: Mapping[int, int], wanted: Mapping[int, int]) -> bool:
    return all(part & way.get(member, 0) == part for member, part in wanted.items())


def _list_rivals(member: int, clashes: Iterable[Clash]) -> list[tuple[int, Scope]]:
    """Return whom a member excludes or is excluded by, and over what."""
    return [
        (first + second - member, scope)
        for first, second, scope in clashes
        if member in {first, second}
    ]


def _find_alike(lots: Sequence[Lot]) -> dict[Scope, list[int]]:
    """Return for each lot the lots of the same contract, and those of the same project."""
    alike: dict[Scope, list[int]] = {}
    for scope in SCOPES:
        at_key: dict[str | None, int] = {}
        for at, lot in enumerate(lots):
            key = lot.key(scope)
            at_key[key] = at_key.get(key, 0) | 1 << at
        alike[scope] = [at_key[lot.key(scope)] for lot in lots]
    return alike
