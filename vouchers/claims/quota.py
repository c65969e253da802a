"""What stands on vouchers, by enterprise, programme and year, and whether an event of one may be.

A claim draws what it asks for, and gives back what was cut of it, or all of it where it ends or is
returned: `Claim.owed_fen` is what it has yet to give back. A voucher is granted once, and no more
is drawn than was granted.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ledger.codec import Event
from ledger.events import VoucherDrawn, VoucherGranted, VoucherLapsed, VoucherReleased
from ledger.money import render_yuan
from ledger.text import Text
from vouchers.claims.fold import Claim

VoucherEvent = VoucherGranted | VoucherDrawn | VoucherReleased | VoucherLapsed

Key = tuple[str, str, int]
"""An enterprise, a programme and the year of the voucher."""


@dataclass(slots=True)
class Quotas:
    """What was granted, what is drawn now, what has lapsed."""

    granted: dict[Key, int] = field(default_factory=dict)
    drawn: dict[Key, int] = field(default_factory=dict)
    lapsed: set[Key] = field(default_factory=set)

    def apply(self, event: Event) -> None:
        """Take in the next event of the book, lawful or not."""
        data = event.data
        if not isinstance(data, VoucherEvent):
            return
        key = key_of(event)
        match data:
            case VoucherGranted():
                self.granted[key] = data.quota_fen
            case VoucherDrawn():
                self.drawn[key] = self.drawn.get(key, 0) + data.amount_fen
            case VoucherReleased():
                self.drawn[key] = self.drawn.get(key, 0) - data.amount_fen
            case VoucherLapsed():
                self.lapsed.add(key)

    def left_fen(self, key: Key) -> int:
        """Return what may still be drawn on a voucher, 0 where there is none or it has lapsed."""
        if key in self.lapsed:
            return 0
        return self.granted.get(key, 0) - self.drawn.get(key, 0)

    def beyond_fen(self, key: Key) -> int:
        """Return by how much more is drawn on a voucher than was granted."""
        return max(self.drawn.get(key, 0) - self.granted.get(key, 0), 0)


def key_of(event: Event) -> Key:
    """Return which voucher an event is about."""
    data = event.data
    assert isinstance(data, VoucherEvent), event
    return event.subject, data.programme, data.year


def judge_voucher(quotas: Quotas, claim: Claim | None, event: Event) -> Iterator[Text]:
    """Yield why an event of a voucher may not be; `claim` is the one that it names."""
    data, key = event.data, key_of(event)
    match data:
        case VoucherGranted():
            if key in quotas.granted:
                yield Text("该年度的额度已授予过", "the voucher of that year was granted before")
            if not data.actor:
                yield Text("未写明由何人申领", "it does not say who took it out")
        case VoucherDrawn():
            yield from _judge_draw(quotas, claim, data, key)
        case VoucherReleased():
            owed_fen = 0 if claim is None else claim.owed_fen
            of = None if claim is None else (claim.enterprise, claim.programme, claim.year)
            if data.amount_fen <= 0 or (data.amount_fen, key) != (owed_fen, of):
                yield Text(
                    f"申请 {data.claim} 应退回额度 {render_yuan(owed_fen)} 元，"
                    f"事件写的是 {render_yuan(data.amount_fen)} 元",
                    f"{data.claim} has CNY {render_yuan(owed_fen)} to give back,"
                    f" the event says {render_yuan(data.amount_fen)}",
                )
        case VoucherLapsed():
            if data.amount_fen != quotas.left_fen(key) or key in quotas.lapsed:
                yield Text(
                    f"余额为 {render_yuan(quotas.left_fen(key))} 元，"
                    f"事件写的是 {render_yuan(data.amount_fen)} 元失效",
                    f"CNY {render_yuan(quotas.left_fen(key))} was left,"
                    f" the event lets {render_yuan(data.amount_fen)} lapse",
                )


def _judge_draw(
    quotas: Quotas, claim: Claim | None, data: VoucherDrawn, key: Key
) -> Iterator[Text]:
    """Yield why a draw may not be: no claim, one that is handed in already, more than is left."""
    if claim is None or claim.moved_to not in ("new", "draft", "returned") or claim.drawn_fen:
        name = data.claim or "–"
        yield Text(
            f"申请 {name} 不在提交，不能使用额度",
            f"no claim is being handed in that could draw on it: {name}",
        )
    left_fen = quotas.left_fen(key)
    if not 0 < data.amount_fen <= left_fen:
        left, asked = render_yuan(left_fen), render_yuan(data.amount_fen)
        yield Text(
            f"额度余 {left} 元，事件使用 {asked} 元",
            f"CNY {left} of the voucher is left, the event draws {asked}",
        )
