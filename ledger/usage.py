"""Usage slices: how much of a resource a job held, for how long, on which policy days.

A quantity is an exact integer of micro-unit-seconds: amounts have at most three decimals and
instants are whole milliseconds, so nothing is ever rounded here.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from ledger.errors import InvalidInputError
from ledger.events import UsageRecorded
from ledger.period import cut_by_day, parse_instant
from ledger.quantity import MICRO, parse_quantity
from ledger.text import Text

# No centre has a tenth as many cards, terabytes or ports: more is a wrong unit. It also keeps a
# thousand such slices on one day within a 64-bit integer of micro-unit-seconds.
AMOUNT_MAX: Final = 100_000

# A slice reports what has been held since the last one; a year without a report is a wrong clock.
SLICE_MS_MAX: Final = 366 * 86_400_000

# 2000-01-01 and 2100-01-01 UTC: an instant outside comes from an unset clock or a wrong unit.
INSTANT_MS_MIN: Final = 946_684_800_000
INSTANT_MS_MAX: Final = 4_102_444_800_000

_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,11})(?:\.([0-9]{1,3}))?", re.ASCII)


class Slice(msgspec.Struct, frozen=True, gc=False):
    """What one usage record says: `amount_milli` thousandths of a unit in `[start_ms, end_ms)`."""

    job: str
    resource: str
    contract: str
    amount_milli: int
    start_ms: int
    end_ms: int


@lru_cache(maxsize=4096)
def parse_amount(text: str) -> int:
    """Return an amount such as `8` or `0.125` in thousandths of a unit.

    Raises `InvalidInputError`: `bad_amount` (sign, exponent, NaN, over three decimals, zero),
    `absurd_amount` (above `AMOUNT_MAX`).
    """
    match = _AMOUNT.fullmatch(text)
    milli = int(match[1]) * 1000 + int((match[2] or "").ljust(3, "0")) if match else 0
    if milli == 0:
        raise InvalidInputError(
            "bad_amount",
            Text(f"用量不合法：{text[:40]!r}", f"not a usable amount: {text[:40]!r}"),
            Text(
                "应为正的十进制数，最多三位小数", "send a positive decimal, three decimals at most"
            ),
        )
    if milli > AMOUNT_MAX * 1000:
        raise InvalidInputError(
            "absurd_amount",
            Text(f"用量 {text[:40]} 超过上限 {AMOUNT_MAX}", f"amount {text[:40]} > {AMOUNT_MAX}"),
            Text("请核对单位（卡、TB）", "check the unit: cards, TB"),
        )
    return milli


def slice_of(data: UsageRecorded) -> Slice:
    """Return the slice that a usage record describes, checked against every limit.

    Raises `InvalidInputError`: `bad_amount`, `absurd_amount`, `bad_instant`, `absurd_instant`,
    `empty_slice` (the end is not after the start), `absurd_slice` (longer than `SLICE_MS_MAX`).
    """
    start_ms, end_ms = parse_instant(data.start), parse_instant(data.end)
    if not is_usable_span(start_ms, end_ms):
        raise _bad_slice(data.start, data.end, start_ms, end_ms)
    amount_milli = parse_amount(data.amount)
    return Slice(data.job, data.resource, data.contract or "", amount_milli, start_ms, end_ms)


def is_usable_span(start_ms: int, end_ms: int) -> bool:
    """Return whether a slice may lie from the one instant to the other."""
    in_range = INSTANT_MS_MIN <= start_ms < end_ms <= INSTANT_MS_MAX
    return in_range and end_ms - start_ms <= SLICE_MS_MAX


def _bad_slice(start: str, end: str, start_ms: int, end_ms: int) -> InvalidInputError:
    """Return the error that says which limit of a slice was broken."""
    check_clock = Text("请检查采集端的时钟与时区", "check the agent's clock and zone")
    if end_ms <= start_ms:
        return InvalidInputError(
            "empty_slice",
            Text(f"结束时刻 {end} 不晚于开始时刻 {start}", f"end {end} is not after start {start}"),
            check_clock,
        )
    if end_ms - start_ms > SLICE_MS_MAX:
        days = SLICE_MS_MAX // 86_400_000
        return InvalidInputError(
            "absurd_slice",
            Text(f"{start} 至 {end} 超过 {days} 天", f"{start} to {end} is over {days} days"),
            Text("长作业请分段上报", "report a long job in slices"),
        )
    return InvalidInputError(
        "absurd_instant",
        Text(
            f"{start} 至 {end} 不在 2000 至 2099 年内", f"{start} to {end} is not in 2000 to 2099"
        ),
        check_clock,
    )


def quantity_of(piece: Slice) -> int:
    """Return a slice's quantity in micro-unit-seconds."""
    return piece.amount_milli * (piece.end_ms - piece.start_ms)


def check_quantity(piece: Slice, quantity: str) -> None:
    """Raise `InvalidInputError` unless a stated quantity is one and is right.

    Codes: `bad_quantity`, `quantity_mismatch`.
    """
    if parse_quantity(quantity) != quantity_of(piece):
        computed = render_quantity(quantity_of(piece))
        raise InvalidInputError(
            "quantity_mismatch",
            Text(
                f"声明数量 {quantity[:40]!r} 与用量乘时长 {computed} 不一致",
                f"stated quantity {quantity[:40]!r} is not amount times duration, {computed}",
            ),
            Text("请核对用量、起止时刻与数量", "check amount, start, end and quantity"),
        )


def render_quantity(micro: int) -> str:
    """Return micro-unit-seconds as an exact decimal of unit-seconds: `3521082502`, `0.5`."""
    whole, fraction = divmod(micro, MICRO)
    return f"{whole}.{fraction:06d}".rstrip("0").rstrip(".")


def separate_thousands(quantity: str) -> str:
    """Return a decimal with separators in its whole part, as people read it: `1,628,639.992`."""
    whole, point, fraction = quantity.partition(".")
    return f"{int(whole):,}{point}{fraction}"


DayKey = tuple[str, str, str, str]
"""Enterprise, contract (empty where none is named), resource, policy day."""


class Held(NamedTuple):
    """What some entries have of a day's usage: slices that start or go on in it, and how much.

    `quantity` is in micro-unit-seconds.
    """

    starts: int
    continued: int
    quantity: int


def by_day(subject: str, piece: Slice) -> list[tuple[DayKey, int]]:
    """Return a slice's quantity in micro-unit-seconds on each policy day that it touches."""
    contract, resource, amount_milli = piece.contract, piece.resource, piece.amount_milli
    return [
        ((subject, contract, resource, day), amount_milli * duration_ms)
        for day, duration_ms in cut_by_day(piece.start_ms, piece.end_ms)
    ]
