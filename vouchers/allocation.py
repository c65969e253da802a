"""Who counts which contract or project, so that programmes that exclude each other pay the most.

Each cluster of lots is shared in one of its ways; what a member is paid depends on the sum of what
it gets, under its cap, its unit and its floor. The search goes from cluster to cluster over states,
in passes that keep ever more of them. For any weights from 0 to 1 the sum over the members of
`(1 - weight) · cap + weight · gain` bounds what a state can come to, and it falls apart into
clusters; a state whose bound does not pass the best that is known is dropped. When a pass has
dropped for no other reason, the best that is known is the best there is.
"""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from math import lcm
from typing import Final, NamedTuple

from vouchers.payer import Payer
from vouchers.sharing import Cluster, Way

# States that one search may make. Ten contracts between two sides need some 2,000. Beyond that most
# searches end by their bounds; where one does not, the last yuan is a puzzle (subset sum) that may
# take for ever. What this limit has cut short is not called proved.
STATES_MAX: Final = 20_000

# Ways to share everything that are tried when levels together would pass a limit: there a smaller
# part may pay more, for it leaves less to rounding.
TRIALS_MAX: Final = 2_000

_PASSES: Final = (1, 8, 64, 512, 4_096, 32_768)


class Allocation(NamedTuple):
    """What each member counts, what that pays in all, and whether nothing lawful pays more.

    `most_fen` bounds what anything lawful pays.
    """

    parts: Way
    total_fen: int
    proved: bool
    most_fen: int


class _State(NamedTuple):
    """Of each member: its gain so far (a mask where nobody knows it), and its purchases."""

    held: tuple[int, ...]
    parts: Way


# Member, purchases, gain in the search's scale: who gets what in one way of a cluster.
_Move = tuple[tuple[int, int, int], ...]


def allocate_lots(
    payers: Sequence[Payer], clusters: Sequence[Cluster], seed: Way, states_max: int = STATES_MAX
) -> Allocation:
    """Return the best way to share in which every member counts something.

    `seed` is one such way. Of ways that pay the same the first one found is taken, which is the
    same each time.
    """
    search = _Search(payers, clusters)
    best, best_fen = seed, search.pay(seed)
    most_fen = max(search.bound(search.start, 0), best_fen)
    listed = all(one.complete for one in clusters)
    widest = max(states_max // max(search.moves_count, 1), 1)
    for width in (*(one for one in _PASSES if one < widest), widest):
        if best_fen == most_fen:
            break
        found, whole = search.run(width, best_fen)
        for state in found:
            total_fen = search.pay(state.parts)
            if total_fen > best_fen and all(state.parts):
                best, best_fen = state.parts, total_fen
        if whole and listed:
            return Allocation(best, best_fen, proved=True, most_fen=best_fen)
    return Allocation(best, best_fen, listed and best_fen == most_fen, most_fen)


def improve(
    payers: Sequence[Payer],
    clusters: Sequence[Cluster],
    pay: Callable[[Way], int],
    known: Allocation,
    trials_max: int = TRIALS_MAX,
) -> Allocation:
    """Return the best of all ways under `pay`, which counts what limits leave of the amounts.

    `pay` never returns more than the members are paid alone. `known` is a way with its amount and
    with a bound of all amounts.
    """
    search = _Search(payers, clusters)
    best, search.known_fen = known.parts, known.total_fen
    whole = all(one.complete for one in clusters)
    for tried, state in enumerate(search.walk(search.start, 0)):
        if tried == trials_max or search.known_fen == known.most_fen:
            whole = search.known_fen == known.most_fen
            break
        total_fen = pay(state.parts) if all(state.parts) else search.known_fen
        if total_fen > search.known_fen:
            best, search.known_fen = state.parts, total_fen
    most_fen = search.known_fen if whole else known.most_fen
    return Allocation(best, search.known_fen, whole, most_fen)


class _Search:
    """The clusters of one search with their bounds, all gains in one whole-number scale."""

    def __init__(self, payers: Sequence[Payer], clusters: Sequence[Cluster]) -> None:
        self.payers = payers
        known = [gain for one in payers for gain in (one.gains or {}).values()]
        self.scale = lcm(*(gain.denominator for gain in known))
        self.caps = [one.whole_fen * self.scale for one in payers]
        moves = [[self._move(way) for way in one.ways] for one in clusters]
        # The largest first: what is small then fills what is left.
        self.moves = sorted(moves, key=lambda one: -max(map(_sum_gain, one), default=0))
        self.moves_count = sum(map(len, self.moves))
        self.start = _State((0,) * len(payers), (0,) * len(payers))
        self.weights = self._choose_weights()
        self.rests = [self._rest(weights) for weights in self.weights]
        self.known_fen = -1
        self._paid: dict[tuple[int, int], int] = {}

    def pay(self, parts: Way) -> int:
        """Return what all members are paid on their parts."""
        total_fen = 0
        for at, part in enumerate(parts):
            if (at, part) not in self._paid:
                self._paid[at, part] = self.payers[at].pay(part) if part else 0
            total_fen += self._paid[at, part]
        return total_fen

    def bound(self, state: _State, at: int) -> int:
        """Return a bound, in fen, of what a state before a cluster can come to."""
        caps, held, least = self.caps, state.held, None
        for weights, rest in zip(self.weights, self.rests, strict=True):
            scale, amount = weights[0], rest[at]
            for cap, weight, gain in zip(caps, weights[1:], held, strict=True):
                amount += (scale - weight) * cap + weight * (gain if weight else 0)
            amount //= scale * self.scale
            least = amount if least is None else min(least, amount)
        assert least is not None, "there are weights"
        return least

    def run(self, width: int, best_fen: int) -> tuple[list[_State], bool]:
        """Return the states after all clusters, and whether none but hopeless ones were dropped."""
        states, whole = [self.start], True
        for at, moves in enumerate(self.moves):
            made: dict[tuple[int, ...], _State] = {}
            for state in states:
                for move in moves:
                    new = self._apply(state, move)
                    some = tuple(map(bool, new.parts))
                    made.setdefault((*new.held, *some), new)
            bounded = [(self.bound(one, at + 1), one) for one in made.values()]
            bounded = [one for one in bounded if one[0] > best_fen]
            if len(bounded) > width:
                bounded.sort(key=lambda one: -one[0])
                whole = False
            states = [one for _, one in bounded[:width]]
        return states, whole

    def walk(self, state: _State, at: int) -> Iterator[_State]:
        """Yield the states after all clusters that may come to more than is known by then."""
        if self.bound(state, at) <= self.known_fen:
            return
        if at == len(self.moves):
            yield state
            return
        for move in self.moves[at]:
            yield from self.walk(self._apply(state, move), at + 1)

    def _move(self, way: Way) -> _Move:
        takes = []
        for member, part in enumerate(way):
            if part:
                payer = self.payers[member]
                gain = payer.gain(part) * self.scale if payer.gains is not None else Fraction(0)
                takes.append((member, part, int(gain)))
        return tuple(takes)

    def _apply(self, state: _State, move: _Move) -> _State:
        held, parts = list(state.held), list(state.parts)
        for member, part, gain in move:
            parts[member] |= part
            if self.payers[member].gains is None:
                held[member] |= part
            else:
                held[member] = min(held[member] + gain, self.caps[member])
        return _State(tuple(held), tuple(parts))

    def _rest(self, weights: Sequence[int]) -> list[int]:
        """Return what the clusters from each one on can add at most, under the weights."""
        rest = [0]
        for moves in reversed(self.moves):
            best = max(sum(weights[1 + k] * gain for k, _, gain in move) for move in moves)
            rest.append(rest[-1] + best)
        return rest[::-1]

    def _choose_weights(self) -> list[tuple[int, ...]]:
        """Return the two best of some weights: a scale, then each member's weight in it.

        A member that cannot reach its cap weighs 1, one whose gain nobody knows 0. The others weigh
        as if what they buy had one price: of two members at their caps the one with the higher rate
        gives way.
        """
        most = [0] * len(self.payers)
        for moves in self.moves:
            for k in range(len(most)):
                most[k] += max(
                    (gain for move in moves for one, _, gain in move if one == k), default=0
                )
        rates = {one.rate for one in self.payers if one.rate is not None}
        tried = []
        for price in sorted({Fraction(0), *rates, *_differences(rates)}):
            weights = [
                Fraction(0)
                if one.rate is None
                else Fraction(1)
                if most[k] <= self.caps[k]
                else min(Fraction(1), price / one.rate)
                for k, one in enumerate(self.payers)
            ]
            scale = lcm(*(one.denominator for one in weights))
            tried.append((scale, *(int(one * scale) for one in weights)))
        return sorted(dict.fromkeys(tried), key=self._bound_with)[:2]

    def _bound_with(self, weights: Sequence[int]) -> Fraction:
        caps = sum(
            (weights[0] - one) * cap for one, cap in zip(weights[1:], self.caps, strict=True)
        )
        return Fraction(caps + self._rest(weights)[0], weights[0])


def _differences(rates: set[Fraction]) -> set[Fraction]:
    return {one - other for one in rates for other in rates if one > other}


def _sum_gain(move: _Move) -> int:
    return sum(gain for _, _, gain in move)
