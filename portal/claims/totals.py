"""Claims added up by month, level and state: how many stand where since when, and how much."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from ledger.claim_list import ClaimFilter, Sum
from ledger.claim_state import STATES, State
from portal.acting import look
from portal.claims.queue import sum_visible
from portal.claims.reading import Viewer
from portal.shell import Shell
from vouchers.catalogue import find_programmes
from vouchers.programme import LEVELS, Level


class Total(NamedTuple):
    """Claims of a level that came to a state in a month; no level for a programme not at hand."""

    month: str
    level: Level | None
    state: State
    claims: int
    amount_fen: int


def read_totals(shell: Shell) -> list[Total]:
    """Return the claims that whoever looks may see, added up."""
    with shell.reading() as connection:
        roster, person = look(shell, connection, alone=True)
        return add_up(sum_visible(connection, Viewer(roster, person), ClaimFilter()))


def list_totals(shell: Shell) -> dict[str, Any]:
    """Return the same as rows."""
    return {"rows": [one._asdict() for one in read_totals(shell)]}


def add_up(found: Iterable[Sum]) -> list[Total]:
    """Return some sums by level, the newest month first, then by level and state."""
    levels = {one.id: one.level for one in find_programmes()}
    sums: dict[tuple[str, Level | None, State], tuple[int, int]] = {}
    for one in found:
        key = one.month, levels.get(one.programme), one.state
        count, fen = sums.get(key, (0, 0))
        sums[key] = count + one.claims, fen + one.amount_fen
    made = [Total(*key, *amounts) for key, amounts in sums.items()]
    made.sort(key=lambda one: (_rank(one.level), STATES.index(one.state)))
    return sorted(made, key=lambda one: one.month, reverse=True)


def _rank(level: Level | None) -> int:
    """Return the place of a level in the order of levels."""
    return len(LEVELS) if level is None else LEVELS.index(level)
