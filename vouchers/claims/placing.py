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
    placing = _Placing([*draws, *demands], room)
    for at in range(len(draws) + len(demands)):
        placing.lay(at)
    return dict(zip(wanted, placing.laid()[len(draws) :], strict=True))


class _Placing:
    """What of each draw lies on which invoice, and the room that is left."""

    def __init__(self, draws: Sequence[Draw], room: Mapping[str, int]) -> None:
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
            moved_fen = self._push(at, open_fen, set())
            if not moved_fen:
                return
            open_fen -= moved_fen

    def _push(self, at: int, fen: int, seen: set[str]) -> int:
        """Lay some of an amount of a draw on an invoice, moving others on; return how much."""
        for invoice in self._draws[at][0]:
            if invoice in seen:
                continue
            seen.add(invoice)
            moved_fen = min(fen, self._left[invoice])
            if moved_fen:
                self._left[invoice] -= moved_fen
            else:
                moved_fen = self._move_away(at, invoice, fen, seen)
            if moved_fen:
                lies = self._lies[at]
                lies[invoice] = lies.get(invoice, 0) + moved_fen
                return moved_fen
        return 0

    def _move_away(self, at: int, invoice: str, fen: int, seen: set[str]) -> int:
        """Move some of another draw from a full invoice to one with room; return how much."""
        for other, lies in enumerate(self._lies):
            there_fen = lies.get(invoice, 0)
            if other == at or not there_fen:
                continue
            moved_fen = self._push(other, min(fen, there_fen), seen)
            if moved_fen:
                lies[invoice] -= moved_fen
                return moved_fen
        return 0
