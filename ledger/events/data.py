"""What every event's data has in common, and the checks that several types share."""

import re
from typing import ClassVar, Final, Literal

import msgspec

from ledger.errors import InvalidInputError
from ledger.money import FEN_MAX
from ledger.period import parse_date
from ledger.text import Text

LogKind = Literal["usage", "book", "access"]
"""To which kind of log an event belongs; there may be several usage logs."""

LogName = str
"""A log's name: `usage`, `book`, `access`, `usage-1` and so on."""

# Ids that stand in account names, in links and in addresses; so they hold no space and no slash.
_FUND = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_ID_LENGTH_MAX: Final = 64

# A document's number, a bank's reference, a reason in a sentence or two.
WORDS_LENGTH_MAX: Final = 500


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


def kind_of_log(log: LogName) -> LogKind:
    """Return of which kind a log is, by its name."""
    if log == "book":
        return "book"
    return "access" if log == "access" else "usage"


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
                f"{name} 为 {amount_fen} 分，超出范围",
                f"{name} is {amount_fen} fen, out of range",
            ),
            Text(f"应在 0 与 {FEN_MAX} 分之间", f"it lies between 0 and {FEN_MAX} fen"),
            name,
        )


def check_amount(amount_fen: int, name: str) -> None:
    """Raise unless an amount moves something: one fen at least, `FEN_MAX` at most."""
    check_fen(amount_fen, name)
    if amount_fen == 0:
        raise InvalidInputError(
            "absurd_money",
            Text(f"{name} 为 0，无须记账", f"{name} is 0 fen, which moves nothing"),
            Text("请填写大于 0 的金额", "give an amount above zero"),
            name,
        )


def check_fund(fund: str) -> None:
    """Raise unless a fund's code has the form of a programme's id, such as `east_lake`."""
    if len(fund) > _ID_LENGTH_MAX or not _FUND.fullmatch(fund):
        raise InvalidInputError(
            "bad_fund",
            Text(f"资金代码不可用：{fund[:80]!r}", f"not a fund's code: {fund[:80]!r}"),
            Text(
                "请用小写字母、数字与下划线，如 east_lake",
                "use lower-case letters, digits and single underscores, such as east_lake",
            ),
        )


def check_ids(**ids: str | None) -> None:
    """Raise unless each id given is made of letters, digits, dots, dashes and underscores."""
    for name, value in ids.items():
        if value is not None and (len(value) > _ID_LENGTH_MAX or not _ID.fullmatch(value)):
            raise InvalidInputError(
                "bad_id",
                Text(f"{name} 不可用：{value[:80]!r}", f"{name} cannot be {value[:80]!r}"),
                Text(
                    f"请用 1 至 {_ID_LENGTH_MAX} 个英文字母、数字、点、横线或下划线",
                    f"use 1 to {_ID_LENGTH_MAX} letters, digits, dots, dashes or underscores",
                ),
                name,
            )


def check_words(**words: str | None) -> None:
    """Raise unless each text given says something and is no longer than a paragraph."""
    for name, value in words.items():
        if value is not None and not (value.strip() and len(value) <= WORDS_LENGTH_MAX):
            raise InvalidInputError(
                "bad_words",
                Text(f"{name} 为空或过长：{value[:40]!r}", f"{name} cannot be {value[:40]!r}"),
                Text(
                    f"请写 1 至 {WORDS_LENGTH_MAX} 字",
                    f"write 1 to {WORDS_LENGTH_MAX} characters",
                ),
                name,
            )


def check_digests(**digests: str | None) -> None:
    """Raise unless each digest given is a SHA-256 in lower-case hexadecimal."""
    for name, value in digests.items():
        if value is not None and not _SHA256.fullmatch(value):
            raise InvalidInputError(
                "bad_digest",
                Text(
                    f"{name} 不是 SHA-256：{value[:80]!r}", f"{name} is no SHA-256: {value[:80]!r}"
                ),
                Text("应为 64 位小写十六进制数", "it has 64 lower-case hexadecimal digits"),
                name,
            )
