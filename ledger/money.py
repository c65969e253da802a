"""Money as integer fen: the only place that rounds, splits, parses or prints it.

There is no float here or in anything that calls it: rates and prices are `Fraction`, amounts `int`.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from ledger.errors import InvalidInputError
from ledger.text import Text

FEN_PER_YUAN: Final = 100

# 2**53 fen is some 90 million million yuan: above any budget, and exact in every JSON reader.
FEN_MAX: Final = 2**53

_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,14})(?:\.([0-9]{1,12}))?", re.ASCII)

# Thousands are set apart by a comma of either width, and by nothing that could be a decimal point.
_SEPARATED = re.compile(r"[0-9]{1,3}(?:[,，][0-9]{3})+", re.ASCII)

_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_PLACES: Final = ("", "拾", "佰", "仟")
_GROUPS: Final = ("", "万", "亿", "兆")


def round_half_up(amount: Fraction) -> int:
    """Return the whole number nearest to a non-negative amount, a half going up."""
    assert amount >= 0, amount
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)


def round_down(amount: Fraction | int, unit_fen: int = 1) -> int:
    """Return the largest multiple of `unit_fen` that is not above a non-negative amount."""
    assert amount >= 0, amount
    assert unit_fen > 0, unit_fen
    return int(amount // unit_fen) * unit_fen


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Return `total` split in proportion to `weights` by the largest remainder.

    The parts add up to `total` exactly. Units left after rounding down go to the largest
    remainders, the earlier part first where two are equal. All weights zero: the first part
    takes the whole.
    """
    assert total >= 0, total
    assert weights, "nothing to allocate to"
    assert min(weights) >= 0, weights
    whole = sum(weights)
    if whole == 0 or len(weights) == 1:
        return [total, *([0] * (len(weights) - 1))]
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def tax_within(amount_fen: int, rate: Fraction) -> int:
    """Return the tax in an amount that includes it: the net is rounded half up, the rest is tax."""
    net, below = amount_fen * rate.denominator, rate.denominator + rate.numerator
    return amount_fen - (2 * net + below) // (2 * below)


def parse_decimal(text: str, decimals_max: int = 12) -> Fraction:
    """Return the exact value of a plain non-negative decimal string such as `12.50`.

    Raises `InvalidInputError` (code `bad_decimal`) for signs, exponents, spaces, NaN, leading zeros
    and more than `decimals_max` decimals.
    """
    match = _DECIMAL.fullmatch(text) if isinstance(text, str) else None
    if match is None or len(match[2] or "") > decimals_max:
        raise InvalidInputError(
            "bad_decimal",
            Text(
                f"不是合法的十进制数：{text[:40]!r}", f"not a plain decimal number: {text[:40]!r}"
            ),
            Text(
                f"请写成如 12.50 的非负小数，最多 {decimals_max} 位小数，不用指数和符号",
                f"write it like 12.50: no sign, no exponent, at most {decimals_max} decimals",
            ),
        )
    return Fraction(text)


def parse_yuan(text: str) -> int:
    """Return the fen of a yuan amount such as `333333.33`; more than two decimals are refused."""
    return int(parse_decimal(text, decimals_max=2) * FEN_PER_YUAN)


def parse_typed_yuan(text: str) -> int:
    """Return the fen of an amount as a person types it, thousands set apart or not: `1,234.50`."""
    return parse_yuan(without_separators(text.strip()))


def without_separators(text: str) -> str:
    """Return a number without the separators of its thousands, where each stands in its place.

    Any other comma stays and is no number: `1,50` is not 150.
    """
    whole, point, decimals = text.partition(".")
    if _SEPARATED.fullmatch(whole):
        whole = re.sub("[,，]", "", whole)
    return whole + point + decimals


def render_decimal(amount: Fraction, places: int) -> str:
    """Return a non-negative amount with one or more decimals, the last one rounded half up."""
    assert places > 0, places
    whole, fraction = divmod(round_half_up(amount * 10**places), 10**places)
    return f"{whole:,}.{fraction:0{places}d}"


def render_yuan(amount_fen: int) -> str:
    """Return yuan in digits with thousands separators and two decimals: `333,333.33`."""
    sign = "-" if amount_fen < 0 else ""
    yuan, fen = divmod(abs(amount_fen), FEN_PER_YUAN)
    return f"{sign}{yuan:,}.{fen:02d}"


def render_capital(amount_fen: int) -> str:
    """Return a non-negative amount in capital numerals: `人民币壹拾万元整`.

    人民币 stands directly before the amount; 整 follows 元, may follow 角 and never follows 分.
    """
    assert 0 <= amount_fen <= FEN_MAX, amount_fen
    yuan, fen = divmod(amount_fen, FEN_PER_YUAN)
    jiao, fen = divmod(fen, 10)
    text = _capital_integer(yuan) + "元" if yuan or not (jiao or fen) else ""
    if jiao:
        text += _DIGITS[jiao] + "角"
    elif fen and yuan:
        text += "零"
    text += _DIGITS[fen] + "分" if fen else "整"
    return "人民币" + text


def _capital_integer(number: int) -> str:
    """Return a non-negative integer in capital numerals, without a unit."""
    if number == 0:
        return "零"
    text, pending_zero = "", False
    digits = str(number)
    for i, char in enumerate(digits):
        group, place = divmod(len(digits) - 1 - i, 4)
        digit = int(char)
        if digit:
            text += ("零" if pending_zero else "") + _DIGITS[digit] + _PLACES[place]
            pending_zero = False
        else:
            pending_zero = bool(text)
        if place == 0 and int(digits[max(0, i - 3) : i + 1]):
            text += _GROUPS[group]
    return text
