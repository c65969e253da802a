"""Figures, days and instants as a reader of each language writes them (CLDR, by Babel).

Amounts are whole fen until the last moment and never a float; days are the centre's.
"""

import hashlib
import re
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from ledger.money import FEN_PER_YUAN
from ledger.period import ZONE, parse_instant, to_datetime
from ledger.text import Language

_LOCALES: Final[dict[Language, str]] = {"zh": "zh_CN", "en": "en_GB"}
_MONTHS: Final[dict[Language, str]] = {"zh": "y年M月", "en": "MMMM y"}
_BRIEF_MONTHS: Final[dict[Language, str]] = {"zh": "y年M月", "en": "MMM y"}
_DAYS: Final[dict[Language, str]] = {"zh": "M月d日", "en": "d MMM"}
_INSTANTS: Final[dict[Language, str]] = {"zh": "y年M月d日 HH:mm", "en": "d MMM y, HH:mm"}

# A day by itself: not within a number such as P-2022-10-10 or SQ-2022-10-10-1, nor quoted as typed.
_DAY: Final = re.compile(r"(?<![\w.'\"“-])\d{4}-\d{2}-\d{2}(?![\w-])", re.ASCII)

_HASH_LENGTH: Final = 12


# Babel takes longer over one figure than a template over its row, and a page has hundreds, most of
# them those of the page before.
_kept: Final = lru_cache(4_096)


@_kept
def yuan(fen: int, language: Language) -> str:
    """Return an amount in yuan with two decimals: `1,234.50`."""
    whole, rest = divmod(abs(fen), FEN_PER_YUAN)
    sign = "-" if fen < 0 else ""
    value = Decimal(f"{sign}{whole}.{rest:02d}")
    return format_decimal(value, "#,##0.00", locale=_LOCALES[language])


def number(value: int | str | Decimal, language: Language) -> str:
    """Return an exact number with its thousands marked and all its decimals."""
    # By its digits: numbers that are equal may have other decimals.
    return _write(str(value), language)


@_kept
def _write(digits: str, language: Language) -> str:
    """Return a number that is written in digits."""
    exact = Decimal(digits)
    places = max(0, -int(exact.as_tuple().exponent))
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return format_decimal(exact, pattern, locale=_LOCALES[language])


@_kept
def day(value: str | date, language: Language) -> str:
    """Return a day: `2022年7月1日`, `1 July 2022`."""
    found = date.fromisoformat(value) if isinstance(value, str) else value
    return format_date(found, "long", locale=_LOCALES[language])


@_kept
def brief_day(value: str | date, language: Language) -> str:
    """Return a day of a year that is known: `7月1日`, `1 Jul`."""
    found = date.fromisoformat(value) if isinstance(value, str) else value
    return format_date(found, _DAYS[language], locale=_LOCALES[language])


@_kept
def brief_month(value: str, language: Language) -> str:
    """Return a month where room is short: `2022年7月`, `Jul 2022`."""
    found = date.fromisoformat(f"{value}-01")
    return format_date(found, _BRIEF_MONTHS[language], locale=_LOCALES[language])


def period(value: str, language: Language) -> str:
    """Return a period of the schedule, a year, a month, a day or an hour, as it is written."""
    whole, _, hour = value.partition("T")
    match len(whole):
        case 7:
            return month(whole, language)
        case 10:
            comma = "" if language == "zh" else ","
            return f"{day(whole, language)}{comma} {hour}:00" if hour else day(whole, language)
        case _:
            return value


def days_in(words: str, language: Language) -> str:
    """Return a sentence with its days as the language writes them; numbers of papers stay."""
    if "-" not in words:
        return words
    return _DAY.sub(lambda found: _day_or_as_it_is(found[0], language), words)


def _day_or_as_it_is(text: str, language: Language) -> str:
    """Return a day as the language writes it; what no calendar has stays."""
    try:
        return day(text, language)
    except ValueError:
        return text


@_kept
def month(value: str, language: Language) -> str:
    """Return a month `2022-07` as `2022年7月`, `July 2022`."""
    return format_date(
        date.fromisoformat(f"{value}-01"), _MONTHS[language], locale=_LOCALES[language]
    )


def instant(value: str | int, language: Language) -> str:
    """Return an instant, UTC text or milliseconds, at the centre: `2022年7月1日 09:30`."""
    at_ms = parse_instant(value) if isinstance(value, str) else value
    local = to_datetime(at_ms).astimezone(ZONE)
    return format_datetime(local, _INSTANTS[language], locale=_LOCALES[language])


@cache
def asset(name: str) -> str:
    """Return the address of a file of ours, which changes with its content and is kept for ever."""
    return f"/static/{asset_hash(name)}/{name}"


@cache
def asset_bytes(name: str) -> bytes:
    """Return a script's or a style sheet's bytes; htmx comes in a package of its own."""
    folder = "js_lib_htmx" if name == "htmx.min.js" else "portal.web"
    part = "static/htmx" if name == "htmx.min.js" else "static"
    return (files(folder) / part / name).read_bytes()


@cache
def asset_hash(name: str) -> str:
    """Return the beginning of the hash of a file of ours."""
    return hashlib.sha256(asset_bytes(name)).hexdigest()[:_HASH_LENGTH]
