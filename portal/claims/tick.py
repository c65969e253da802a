"""What time brings about: notices end, claims that nobody mended lapse, so do vouchers.

The scheduler does it, who is nobody's account. Doing it again changes nothing.
"""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from ledger.events import Data, VoucherGranted, VoucherLapsed
from ledger.text import Text
from ledger.topics import VOUCHERS
from ledger.trail import read_trail
from portal.claims.batch import Done, act_on_each, find_waiting
from portal.claims.desk import VOUCHERS as SOURCE
from portal.claims.desk import Desk
from portal.claims.reading import Read
from portal.claims.voucher import Voucher, list_vouchers
from portal.payments.notice_desk import clear
from vouchers.adoption import programmes_of, rules_of
from vouchers.claims.acts import record_lapse
from vouchers.claims.table import Capacity
from vouchers.programme import Programme, Version
from vouchers.window import claim_year, good_through


class Ticked(NamedTuple):
    """Which claims were cleared and which lapsed, and the vouchers of which the rest lapsed."""

    cleared: Done
    lapsed: Done
    vouchers: tuple[Voucher, ...]


def tick(desk: Desk) -> Ticked:
    """Return what was due by the desk's day, recorded as the scheduler's acts."""
    cleared = clear_notices(desk)
    return Ticked(cleared, *lapse(desk))


def clear_notices(desk: Desk) -> Done:
    """Return which claims stood through their notices without objection, recorded as cleared."""
    assert desk.machine, desk.name
    return clear(desk, None)


def lapse(desk: Desk) -> tuple[Done, tuple[Voucher, ...]]:
    """Return which claims lapsed, and the vouchers of which the rest did, recorded."""
    assert desk.machine, desk.name
    lapsed = _lapse_claims(desk)
    return lapsed, tuple(_lapse_vouchers(desk))


def _lapse_claims(desk: Desk) -> Done:
    """Return which claims lapsed: returned ones, once a claim made today is of a later year."""
    version_of = _versions(desk)
    day = date.fromisoformat(desk.day)

    def is_over(read: Read) -> bool:
        version = version_of(read.claim.programme, day)
        return version is not None and claim_year(version, day) > read.claim.year

    def make(read: Read, capacity: Capacity) -> list[Data]:
        year = read.claim.year
        why = Text(f"{year} 年度已结束，未在期限内补正", f"{year} is over, and it was not mended")
        return record_lapse(desk.setting(read.claim, "lapse", capacity), why.zh)

    returned = find_waiting(desk, ["returned"], None)
    return act_on_each(desk, filter(is_over, returned), "lapse", make)


def _lapse_vouchers(desk: Desk) -> list[Voucher]:
    """Return the vouchers of which the rest lapsed: their last day is over."""
    over = set(_over(desk))
    found = list_vouchers(desk.act.connection, desk.size, {enterprise for enterprise, *_ in over})
    lapsed = [
        one for one in found if one.left_fen and (one.enterprise, one.programme, one.year) in over
    ]
    for one in lapsed:
        data = VoucherLapsed(one.programme, one.year, one.left_fen, desk.day)
        desk.act.write(data, one.enterprise, SOURCE)
    return lapsed


def _over(desk: Desk) -> Iterator[tuple[str, str, int]]:
    """Yield enterprise, programme and year of each voucher whose last day is over."""
    version_of = _versions(desk)
    for _, event in read_trail(desk.act.connection, [VOUCHERS], desk.size):
        data = event.data
        if isinstance(data, VoucherGranted):
            granted_on = date.fromisoformat(data.granted_on)
            version = version_of(data.programme, granted_on)
            last = version and good_through(version, data.year, granted_on)
            if last and date.fromisoformat(desk.day) > last:
                yield event.subject, data.programme, data.year


class _Versions(NamedTuple):
    """The adopted programmes, by id."""

    programmes: dict[str, Programme]

    def __call__(self, programme: str, on: date) -> Version | None:
        """Return the version in force on a day, else the last; None for an unknown programme."""
        found = self.programmes.get(programme)
        return None if found is None else found.version_on(on) or found.versions[-1]


def _versions(desk: Desk) -> _Versions:
    """Return what tells the version of a programme on a day."""
    rules = rules_of(desk.book)
    return _Versions({one.id: one for one in programmes_of(rules)})
