"""Programmes that must share contracts or projects, and the best way for each group of them.

A group is found once, however many combinations have it. `allocation` finds the shares that pay
most before the limits of `joint`; where these cut something, all ways are tried under them.
"""

from collections.abc import Mapping
from itertools import permutations
from typing import Final, NamedTuple

from vouchers.allocation import Allocation, Parts, allocate_lots, improve
from vouchers.case import Case
from vouchers.decision import Reason
from vouchers.joint import Limits, Member
from vouchers.pairing import Divide, Pair
from vouchers.payer import mask_of, positions_in
from vouchers.sharing import Clash, Cluster, Lot, make_clusters, make_lots, seat_everybody

# With fewer trials than these nothing is found but what is known.
_TRIALS_LEAST: Final = 200


class Effort(NamedTuple):
    """How much one search may cost: states for shares, trials under limits."""

    states_max: int
    trials_max: int


class Group(NamedTuple):
    """Members that must share, and the best way for them, None where one of them gets nothing."""

    places: tuple[int, ...]
    found: Allocation | None


class Groups:
    """The groups of the eligible programmes of one case, by their places."""

    def __init__(
        self,
        case: Case,
        members: Mapping[int, Member],
        divided: Mapping[Pair, tuple[Divide, ...]],
        limits: Limits,
    ) -> None:
        self._case = case
        self._members = members
        self._divided = divided
        self._limits = limits
        self._rivals = dict.fromkeys(members, 0)
        for one, other in divided:
            self._rivals[one] |= 1 << other
            self._rivals[other] |= 1 << one
        self._known: dict[tuple[tuple[int, ...], int], Group] = {}

    def find(self, chosen: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Return the groups of eligible programmes that must share, directly or through others."""
        groups: list[tuple[int, ...]] = []
        if not self._divided:
            return groups
        left = mask_of(chosen)
        for at in chosen:
            group, new = 0, self._rivals.get(at, 0) & left and 1 << at & left
            while new:
                group |= new
                left &= ~new
                met = 0
                for one in positions_in(new):
                    met |= self._rivals[one]
                new = met & left
            if group:
                groups.append(tuple(positions_in(group)))
        return groups

    def _clashes(self, places: tuple[int, ...]) -> list[Clash]:
        return [
            Clash(places.index(one), places.index(other), divide.scope)
            for (one, other), divides in self._divided.items()
            if one in places and other in places
            for divide in divides
        ]

    def _lots(self, places: tuple[int, ...]) -> tuple[list[Lot], list[int], list[Clash]]:
        """Return the lots of a group, what each of it counts alone, and its clashes."""
        counted = [self._members[at].payer.counted for at in places]
        clashes = self._clashes(places)
        among = 0
        for mask in counted:
            among |= mask
        scopes = {one.scope for one in clashes}
        lots = make_lots(self._case.purchases or (), among, scopes)
        # Whoever must be given something is given something small.
        lots.sort(key=lambda one: self._limits.paid_on(one.mask))
        return lots, counted, clashes

    def share(self, places: tuple[int, ...], effort: Effort) -> Group:
        """Return the best way for a group, found once however many combinations have it."""
        key = places, effort.states_max
        if key not in self._known:
            lots, counted, clashes = self._lots(places)
            seed, found = seat_everybody(lots, counted, clashes), None
            if seed is not None:
                clusters = make_clusters(lots, counted, clashes)
                payers = [self._members[at].payer for at in places]
                found = allocate_lots(payers, clusters, seed, effort.states_max)
            self._known[key] = Group(places, found)
        return self._known[key]

    def improve(
        self,
        parts: dict[int, int],
        groups: list[Group],
        trials_max: int,
    ) -> tuple[dict[int, int], int | None]:
        """Return the best parts under the limits too, and a bound of others unless that is proved.

        `parts` is what each programme of a combination counts without them.
        """
        found = [(group.places, group.found) for group in groups if group.found is not None]
        total_fen = sum(self._limits.pay(tuple(parts.items())).amounts_fen)
        fixed_fen = sum(
            self._members[at].payer.whole_fen
            for at in parts
            if not any(at in places for places, _ in found)
        )
        shared_fen = sum(one.total_fen for _, one in found)
        most_fen = min(
            self._limits.most(tuple(parts)), fixed_fen + sum(one.most_fen for _, one in found)
        )
        if total_fen in {most_fen, fixed_fen + shared_fen}:
            proved = total_fen == most_fen or all(one.proved for _, one in found)
            return parts, None if proved else most_fen
        if trials_max < _TRIALS_LEAST:
            return parts, most_fen
        sharers = tuple(at for places, _ in found for at in places)
        clusters = [
            _lift(cluster, places, sharers)
            for places, _ in found
            for cluster in make_clusters(*self._lots(places), trials_max, widest=False)
        ]

        def pay(way: Parts) -> int:
            tried = {**parts, **dict(zip(sharers, way, strict=True))}
            return sum(self._limits.pay(tuple(tried.items())).amounts_fen) - fixed_fen

        known = Allocation(
            tuple(parts[at] for at in sharers),
            total_fen - fixed_fen,
            proved=False,
            most_fen=most_fen - fixed_fen,
        )
        payers = [self._members[at].payer for at in sharers]
        better = improve(payers, clusters, pay, known, trials_max)
        parts = {**parts, **dict(zip(sharers, better.parts, strict=True))}
        return parts, None if better.proved else most_fen

    def cite(self, places: tuple[int, ...]) -> Reason:
        """Return the first clause by which a group must share."""
        divides = (self._divided.get(pair, ()) for pair in permutations(places, 2))
        return next(divide.reason for pair in divides for divide in pair)


def _lift(cluster: Cluster, places: tuple[int, ...], sharers: tuple[int, ...]) -> Cluster:
    """Return a cluster of a group as one of all who share."""
    place = [sharers.index(at) for at in places]
    ways = tuple(tuple((place[one], part) for one, part in way) for way in cluster.ways)
    return Cluster(ways, cluster.complete)
