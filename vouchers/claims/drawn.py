"""An enterprise's vouchers: what was granted, what is drawn on them now, what has lapsed.

A draw counts without what was released of it. What a draw took of each of its invoices is known
where it says so, or has one invoice; else only the sum is.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from ledger.events import Data, VoucherDrawn, VoucherGranted, VoucherLapsed, VoucherReleased

Year = tuple[str, int]
"""A programme and the year of its voucher."""


class Vouchers(NamedTuple):
    """Quotas by programme and year, draws net of releases in the log's order, what has lapsed."""

    granted: Mapping[Year, int]
    drawn: tuple[VoucherDrawn, ...] = ()
    lapsed: frozenset[Year] = frozenset()

    def drawn_fen(self, programme: str, year: int) -> int:
        """Return what is drawn on a voucher."""
        of = (programme, year)
        return sum(one.amount_fen for one in self.drawn if (one.programme, one.year) == of)

    def left_fen(self, programme: str, year: int) -> int | None:
        """Return what may still be drawn on a voucher, None where none was granted."""
        quota_fen = self.granted.get((programme, year))
        if quota_fen is None:
            return None
        if (programme, year) in self.lapsed:
            return 0
        return max(quota_fen - self.drawn_fen(programme, year), 0)


NO_VOUCHERS = Vouchers({})


def fold_vouchers(events: Iterable[Data], leave_out: str | None = None) -> Vouchers:
    """Return the vouchers as events of one enterprise leave them, in the log's order.

    The draws of the claim `leave_out` are left out, so that it can be worked out anew. A draw that
    was released in full is gone; one that names no claim is never released.
    """
    granted: dict[Year, int] = {}
    draws: list[VoucherDrawn] = []
    lapsed: set[Year] = set()
    for data in events:
        match data:
            case VoucherGranted():
                granted[data.programme, data.year] = data.quota_fen
            case VoucherDrawn() if data.claim is None or data.claim != leave_out:
                draws.append(data)
            case VoucherReleased():
                draws = list(_release(draws, data))
            case VoucherLapsed():
                lapsed.add((data.programme, data.year))
    return Vouchers(granted, tuple(draws), frozenset(lapsed))


def _release(draws: Iterable[VoucherDrawn], released: VoucherReleased) -> Iterable[VoucherDrawn]:
    """Yield the draws with an amount taken off those of its claim, the last draw first."""
    of = (released.claim, released.programme, released.year)
    left_fen, kept = released.amount_fen, []
    for draw in reversed(tuple(draws)):
        if (draw.claim, draw.programme, draw.year) == of and left_fen:
            off_fen = min(left_fen, draw.amount_fen)
            left_fen -= off_fen
            if draw.amount_fen > off_fen:
                kept.append(_less(draw, draw.amount_fen - off_fen))
        else:
            kept.append(draw)
    return reversed(kept)


def _less(draw: VoucherDrawn, amount_fen: int) -> VoucherDrawn:
    """Return a draw of which a part was released; of several invoices nobody says which gave it."""
    parts_fen = (amount_fen,) if len(draw.parts_fen) == 1 else ()
    return msgspec.structs.replace(draw, amount_fen=amount_fen, parts_fen=parts_fen)


def share_of(draw: VoucherDrawn, invoice: str) -> int | None:
    """Return what a draw took of an invoice, None where it names several and says only the sum."""
    if invoice not in draw.invoices:
        return 0
    if draw.parts_fen:
        return draw.parts_fen[draw.invoices.index(invoice)]
    return draw.amount_fen if len(draw.invoices) == 1 else None
