"""A fund by the days from which its movements count, which is not the order of the log.

An act that is entered late, from a paper of an earlier day, may leave the balance as it is and yet
have taken, on that day, what was reserved until later.
"""

from collections.abc import Iterable

from ledger.events import ClaimData, Data, FundData
from ledger.journal import post_data


def find_shortage(said: Iterable[tuple[Data, str]], act: FundData) -> tuple[str, int] | None:
    """Return the first day on which a fund's year would have had less than nothing, and how much.

    `said` is what the book says, with each subject; `act` comes on top. None where every day from
    the act's own on has something left.
    """
    changes: dict[str, int] = {}
    for data, subject in [*said, (act, "")]:
        if isinstance(data, ClaimData | FundData):
            for one in post_data(data, subject):
                if (one.fund, one.year) == (act.fund, act.year):
                    sign = (one.debit == "available") - (one.credit == "available")
                    day = data.effective_on
                    changes[day] = changes.get(day, 0) + sign * one.amount_fen
    left_fen = 0
    for day in sorted(changes):
        left_fen += changes[day]
        if left_fen < 0 and day >= act.effective_on:
            return day, -left_fen
    return None
