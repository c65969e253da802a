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
from operator import itemgetter
from typing import Final, NamedTuple

from vouchers.payer import Payer
from vouchers.sharing import Cluster, Way, widen

# States that one search may make. Ten contracts between two sides need some 2,000. Beyond that most
# searches end by their bounds; where one does not, the last yuan is a puzzle (subset sum) that may
# take for ever. What this limit has cut short is not called proved.
STATES_MAX: Final = 20_000

# States that are tried one by one when levels together would pass a limit: there a smaller part may
# pay more, for it leaves less to rounding.
TRIALS_MAX: Final = 20_000

_STEPS_OF_A_WAY: Final = 20

_RANK: Final = itemgetter(0, 1, 2)

_PASSES: Final = (1, 8, 64, 512, 4_096, 32_768)


Parts = tuple[int, ...]
"""The purchases that each member counts, as masks."""


class Allocation(NamedTuple):
    """What each member counts, what that pays in all, and whether nothing lawful pays more.

    `most_fen` bounds what anything lawful pays.
    """

    parts: Parts
    total_fen: int
    proved: bool
    most_fen: int


class _State(NamedTuple):
    """Of each member: its gain so far (a mask where nobody knows it), and its purchases.

    `scores` are the gains weighed, once for each set of weights, and last of all unweighed: of
    states with the same bound the one that has come further is kept.
    """

    held: tuple[int, ...]
    parts: Parts
    scores: tuple[int, ...]


# Member, purchases, gain in the search's scale: who gets what in one way of a cluster. A gain that
# nobody knows is taken by the number of purchases; it weighs nothing in a bound.
_Move = tuple[tuple[int, int, int], ...]


def allocate_lots(
    payers: Sequence[Payer],
    clusters: Sequence[Cluster],
    seed: Parts,
    states_max: int = STATES_MAX,
) -> Allocation:
    """Return the best way to share in which every member counts something.

    `seed` is one such way. Of ways that pay the same the first one found is taken, which is the
    same each time.
    """
    search = _Search(payers, clusters)
    best = widen(seed, clusters)
    best_fen = search.pay(best)
    most_fen = max(search.bound(search.start, 0), best_fen)
    listed = all(one.complete for one in clusters)
    widest = max(states_max // max(search.moves_count, 1), 1)
    for width in (*(one for one in _PASSES if one < widest), widest):
        if best_fen == most_fen:
            break
        found, whole = search.run(search.moves, width, best_fen)
        if not whole and not any(all(one.parts) for one in found):
            # What pays most leaves somebody with nothing: the seed's choices lead to a way.
            found, _ = search.run(search.keep(seed), width, best_fen)
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
    pay: Callable[[Parts], int],
    known: Allocation,
    trials_max: int = TRIALS_MAX,
) -> Allocation:
    """Return the best of all ways under `pay`, which counts what limits leave of the amounts.

    `pay` never returns more than the members are paid alone. `known` is a way with its amount and
    with a bound of all amounts.
    """
    search = _Search(payers, clusters)
    best, search.known_fen, search.steps_left = known.parts, known.total_fen, trials_max
    for state in search.walk(search.start, 0):
        total_fen = pay(state.parts) if all(state.parts) else search.known_fen
        if total_fen > search.known_fen:
            best, search.known_fen = state.parts, total_fen
        if search.known_fen == known.most_fen:
            return known._replace(parts=best, total_fen=known.most_fen, proved=True)
    whole = search.steps_left > 0 and all(one.complete for one in clusters)
    most_fen = search.known_fen if whole else known.most_fen
    return Allocation(best, search.known_fen, whole, most_fen)


class _Search:
    """The clusters of one search with their bounds, all gains in one whole-number scale."""

    def __init__(self, payers: Sequence[Payer], clusters: Sequence[Cluster]) -> None:
        self.payers = payers
        self.rates = [one.rate for one in payers]
        self.scale = lcm(*(one.denominator for one in self.rates if one is not None))
        self.caps = [one.whole_fen * self.scale for one in payers]
        moves = [[self._move(way) for way in one.ways] for one in clusters]
        # The largest first: what is small then fills what is left. One way is no choice.
        self.moves = sorted((one for one in moves if len(one) > 1), key=_largest, reverse=True)
        self.moves_count = sum(map(len, self.moves))
        given = [one[0] for one in moves if len(one) == 1]
        self.weights = self._choose_weights(given)
        self.fixed = [
            sum((one[0] - weight) * cap for weight, cap in zip(one[1:], self.caps, strict=True))
            for one in self.weights
        ]
        self.rests = [self._rest(weights) for weights in self.weights]
        self.scales = [weights[0] * self.scale for weights in self.weights]
        nothing = (0,) * len(payers)
        self.start = _State(nothing, nothing, (0,) * (len(self.weights) + 1))
        for move in given:
            self.start = self._apply(self.start, move, self._score(self.start, move))
        self.known_fen, self.steps_left = 0, 0

    def pay(self, parts: Parts) -> int:
        """Return what all members are paid on their parts."""
        return sum(one.pay(part) for one, part in zip(self.payers, parts, strict=True) if part)

    def bound(self, state: _State, at: int) -> int:
        """Return a bound, in fen, of what a state before a cluster can come to."""
        return self._bound(state.scores, at)

    def _bound(self, scores: Sequence[int], at: int) -> int:
        least = -1
        for fixed, score, rest, scale in zip(
            self.fixed, scores, self.rests, self.scales, strict=False
        ):
            amount = (fixed + score + rest[at]) // scale
            if least < 0 or amount < least:
                least = amount
        return least

    def keep(self, seed: Parts) -> list[list[_Move]]:
        """Return the moves that give every member what the seed does."""
        kept = []
        for moves in self.moves:
            among = dict[int, int]()
            for member, part, _ in (take for move in moves for take in move):
                among[member] = among.get(member, 0) | part
            wanted = {
                member: part & seed[member] for member, part in among.items() if part & seed[member]
            }
            fits = [move for move in moves if _gives(move, wanted)] if wanted else moves
            kept.append(fits or moves)
        return kept

    def run(
        self, clusters: Sequence[Sequence[_Move]], width: int, best_fen: int
    ) -> tuple[list[_State], bool]:
        """Return the states after all clusters, and whether none but hopeless ones were dropped."""
        states, whole = [self.start], True
        for at, moves in enumerate(clusters):
            ranked: list[tuple[int, int, int, _State, _Move, list[int]]] = []
            for state in states:
                for move in moves:
                    scores = self._score(state, move)
                    bound = self._bound(scores, at + 1)
                    if bound > best_fen:
                        ranked.append((-bound, -scores[-1], len(ranked), state, move, scores))
            ranked.sort(key=_RANK)
            made: dict[tuple[int, ...], _State] = {}
            for *_, state, move, scores in ranked:
                new = self._apply(state, move, scores)
                key = (*new.held, *map(bool, new.parts))
                if key not in made:
                    if len(made) == width:
                        whole = False
                        break
                    made[key] = new
            states = list(made.values())
        return states, whole

    def walk(self, state: _State, at: int) -> Iterator[_State]:
        """Yield the states after all clusters that may come to more than is known by then.

        It ends early when no steps are left.
        """
        self.steps_left = max(self.steps_left - 1, 0)
        if not self.steps_left or self.bound(state, at) <= self.known_fen:
            return
        if at == len(self.moves):
            self.steps_left = max(self.steps_left - _STEPS_OF_A_WAY, 0)
            yield state
            return
        for move in self.moves[at]:
            yield from self.walk(self._apply(state, move, self._score(state, move)), at + 1)

    def _move(self, way: Way) -> _Move:
        takes = []
        for member, part in way:
            payer, rate = self.payers[member], self.rates[member]
            if payer.gain is not None and rate is not None:
                scaled = payer.gain(part) * (self.scale // rate.denominator)
            else:
                scaled = self.caps[member] * part.bit_count() // payer.counted.bit_count()
            takes.append((member, part, scaled))
        return tuple(takes)

    def _score(self, state: _State, move: _Move) -> list[int]:
        """Return the scores after a move."""
        scores, held = list(state.scores), state.held
        for member, _, gain in move:
            added = gain
            if self.rates[member] is not None:
                added = min(gain, self.caps[member] - held[member])
            for i, weights in enumerate(self.weights):
                scores[i] += weights[member + 1] * added
            scores[-1] += added
        return scores

    def _apply(self, state: _State, move: _Move, scores: Sequence[int]) -> _State:
        held, parts = list(state.held), list(state.parts)
        for member, part, gain in move:
            parts[member] |= part
            if self.rates[member] is None:
                held[member] |= part
            else:
                held[member] = min(held[member] + gain, self.caps[member])
        return _State(tuple(held), tuple(parts), tuple(scores))

    def _rest(self, weights: Sequence[int]) -> list[int]:
        """Return what the clusters from each one on can add at most, under the weights."""
        rest = [0]
        for moves in reversed(self.moves):
            best = 0
            for move in moves:
                weighed = 0
                for member, _, gain in move:
                    weighed += weights[member + 1] * gain
                best = max(best, weighed)
            rest.append(rest[-1] + best)
        return rest[::-1]

    def _choose_weights(self, given: Sequence[_Move]) -> list[tuple[int, ...]]:
        """Return the two best of some weights: a scale, then each member's weight in it.

        A member that hardly passes its cap weighs 1, one whose gain nobody knows 0. The others
        weigh as if what they buy had one price: of two members at their caps the one with the
        higher rate gives way.
        """
        most = [0] * len(self.payers)
        for move in (*given, *(one for moves in self.moves for one in moves)):
            for member, _, gain in move:
                most[member] += gain
        short = [
            rate is not None and 20 * gain > 21 * cap
            for rate, gain, cap in zip(self.rates, most, self.caps, strict=True)
        ]
        rates = {one for one, full in zip(self.rates, short, strict=True) if one is not None}
        tried = []
        for price in sorted({Fraction(0), *rates}) if any(short) else [Fraction(1)]:
            weights = [
                Fraction(0) if rate is None else min(Fraction(1), price / rate) if full else 1
                for rate, full in zip(self.rates, short, strict=True)
            ]
            scale = lcm(*(one.denominator for one in weights))
            tried.append((scale, *(int(one * scale) for one in weights)))
        if len(tried) == 1:
            return tried
        return sorted(dict.fromkeys(tried), key=lambda one: self._bound_with(one, given))[:2]

    def _bound_with(self, weights: Sequence[int], given: Sequence[_Move]) -> Fraction:
        scale, *each = weights
        caps = sum((scale - one) * cap for one, cap in zip(each, self.caps, strict=True))
        start = sum(each[member] * gain for move in given for member, _, gain in move)
        return Fraction(caps + start + self._rest(weights)[0], scale)


def _gives(move: _Move, wanted: dict[int, int]) -> bool:
    given = {member: part for member, part, _ in move}
    return all(part & given.get(member, 0) == part for member, part in wanted.items())


def _largest(moves: Sequence[_Move]) -> int:
    return max(sum(gain for _, _, gain in move) for move in moves)
