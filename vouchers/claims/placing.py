"""How much fits on invoices beside draws that name several of them and say only their sum.

A flow by augmenting paths (Ford and Fulkerson): what finds an invoice full moves another draw away
from it, to where that one has room. So the draws are taken to lie as the claim needs it, and never
beyond what an invoice can bear.
"""

from collections.abc import Mapping, Sequence

Draw = tuple[frozenset[str], int]
"""The invoices of a draw, and its amount in fen."""


def fit(
    draws: Sequence[Draw], room: Mapping[str, int], wanted: Mapping[str, int]
) -> dict[str, int]:
    """Return how much of what is wanted on each invoice fits: in all as much as can be.

    Draws come first: what they need is left to them. One that has room nowhere takes none.
    """
    demands = [(frozenset([invoice]), fen) for invoice, fen in wanted.items()]
    placing = _Placing([*draws, *demands], room, movable=len(draws))
    for at in range(len(draws) + len(demands)):
        placing.lay(at)
    return dict(zip(wanted, placing.laid()[len(draws) :], strict=True))


class _Placing:
    """What of each draw lies on which invoice, and the room that is left.

    The first ones are `movable`: what is wanted on one invoice has nowhere to go.
    """

    def __init__(self, draws: Sequence[Draw], room: Mapping[str, int], movable: int) -> None:
        self._movable = movable
        self._left = dict(room)
        self._draws = [(sorted(invoices & room.keys()), fen) for invoices, fen in draws]
        self._lies: list[dict[str, int]] = [{} for _ in draws]

    def laid(self) -> list[int]:
        """Return how much of each draw lies somewhere."""
        return [sum(one.values()) for one in self._lies]

    def lay(self, at: int) -> None:
        """Lay as much of a draw as there is room for."""
        open_fen = self._draws[at][1]
        while open_fen:
            moved_fen = self._push(at, open_fen, set(), {at})
            if not moved_fen:
                return
            open_fen -= moved_fen

    def _push(self, at: int, fen: int, seen: set[str], asked: set[int]) -> int:
        """Lay some of an amount of a draw on an invoice, moving others on; return how much.

        Each invoice is seen and each draw asked once on the way.
        """
        names, lies = self._draws[at][0], self._lies[at]
        free = next((one for one in names if self._left[one]), None)
        if free is not None:
            moved_fen = min(fen, self._left[free])
            self._left[free] -= moved_fen
            lies[free] = lies.get(free, 0) + moved_fen
            return moved_fen
        for invoice in names:
            if invoice in seen:
                continue
            seen.add(invoice)
            moved_fen = self._move_away(invoice, fen, seen, asked)
            if moved_fen:
                lies[invoice] = lies.get(invoice, 0) + moved_fen
                return moved_fen
        return 0

    def _move_away(self, invoice: str, fen: int, seen: set[str], asked: set[int]) -> int:
        """Move some of another draw from a full invoice to one with room; return how much."""
        for other, lies in enumerate(self._lies[: self._movable]):
            there_fen = lies.get(invoice, 0)
            if other in asked or not there_fen:
                continue
            asked.add(other)
            moved_fen = self._push(other, min(fen, there_fen), seen, asked)
            if moved_fen:
                lies[invoice] -= moved_fen
                return moved_fen
        return 0
