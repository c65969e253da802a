"""What every event's data has in common, and the checks that several types share."""

from typing import ClassVar, Final, Literal

import msgspec

from ledger.errors import InvalidInputError
from ledger.money import FEN_MAX
from ledger.period import parse_date
from ledger.text import Text

LogKind = Literal["usage", "book"]
"""To which kind of log an event belongs; there may be several usage logs."""

LogName = str
"""A log's name: `usage`, `book`, `usage-1` and so on."""


class Data(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    kw_only=True,
):
    """What every event's data has in common."""

    type: ClassVar[str]
    log: ClassVar[LogKind] = "book"
    outside: ClassVar[bool] = True
    about_enterprise: ClassVar[bool] = True


def check_dates(**dates: str | None) -> None:
    """Raise unless each date given is a date."""
    for value in dates.values():
        if value is not None:
            parse_date(value)


def check_period(first: str | None, last: str | None) -> None:
    """Raise unless both are dates and the last is not before the first."""
    check_dates(first=first, last=last)
    if first is not None and last is not None and last < first:
        raise InvalidInputError(
            "empty_period",
            Text(
                f"止期 {last} 早于起期 {first}", f"the period ends {last}, before it begins {first}"
            ),
            Text("请核对起止日期", "check both dates"),
        )


# The People's Republic was founded in 1949, and a date's year has four digits.
YEAR_MIN: Final = 1949
YEAR_MAX: Final = 9998


def check_year(year: int) -> None:
    """Raise unless a year is one that a fact can belong to."""
    if not YEAR_MIN <= year <= YEAR_MAX:
        raise InvalidInputError(
            "absurd_year",
            Text(f"年份 {year} 超出范围", f"the year {year} is out of range"),
            Text(f"应在 {YEAR_MIN} 与 {YEAR_MAX} 之间", f"it lies in {YEAR_MIN} to {YEAR_MAX}"),
        )


def check_fen(amount_fen: int, name: str) -> None:
    """Raise unless an amount is between zero and `FEN_MAX`."""
    if not 0 <= amount_fen <= FEN_MAX:
        raise InvalidInputError(
            "absurd_money",
            Text(
                f"{name} 的金额 {amount_fen} 分超出范围",
                f"{name} is {amount_fen} fen, out of range",
            ),
            Text(f"应在 0 与 {FEN_MAX} 分之间", f"it lies between 0 and {FEN_MAX} fen"),
        )
