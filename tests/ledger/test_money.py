"""Money: rounding, splitting, reading and printing, each against a slow and obvious reference."""

import itertools
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvalidInputError
from ledger.money import (
    FEN_MAX,
    allocate,
    parse_decimal,
    parse_typed_yuan,
    parse_yuan,
    render_capital,
    render_decimal,
    render_yuan,
    round_down,
    round_half_up,
    tax_within,
)

SMALL_FRACTIONS = [Fraction(n, d) for d in range(1, 13) for n in range(60)]

# --- rounding ---


def nearest(amount: Fraction) -> int:
    """Return the whole number nearest by trying them all; of two, the upper one."""
    return min(range(62), key=lambda whole: (abs(whole - amount), -whole))


def test_a_half_goes_up_and_all_else_to_the_nearest() -> None:
    assert all(round_half_up(amount) == nearest(amount) for amount in SMALL_FRACTIONS)


def test_rounding_half_up_is_not_to_even() -> None:
    assert [round_half_up(Fraction(n, 2)) for n in (1, 3, 5, 7)] == [1, 2, 3, 4]


@given(st.fractions(min_value=0, max_value=10**18), st.integers(1, 10**9))
def test_rounding_down_gives_the_largest_multiple_below(amount: Fraction, unit: int) -> None:
    rounded = round_down(amount, unit)
    assert rounded % unit == 0
    assert rounded <= amount < rounded + unit


def test_rounding_down_never_goes_up() -> None:
    assert round_down(Fraction(99999, 100)) == 999
    assert round_down(1_234_567, 10_000) == 1_230_000
    assert round_down(9_999, 10_000) == 0


@pytest.mark.parametrize("rounding", [round_half_up, round_down])
def test_a_negative_amount_is_not_rounded(rounding: object) -> None:
    with pytest.raises(AssertionError):
        rounding(Fraction(-1, 2))  # type: ignore[operator]


# --- allocating ---


def allocate_one_by_one(total: int, weights: list[int]) -> list[int]:
    """Return the largest remainder's parts: floors, then one unit at a time to who lacks most."""
    whole = sum(weights)
    if whole == 0:
        return [total, *([0] * (len(weights) - 1))]
    quotas = [Fraction(total * weight, whole) for weight in weights]
    parts = [int(quota) for quota in quotas]
    remainders = [quota - part for quota, part in zip(quotas, parts, strict=True)]
    while sum(parts) < total:
        largest = remainders.index(max(remainders))
        parts[largest] += 1
        remainders[largest] = Fraction(-1)
    return parts


def test_every_small_allocation_is_by_the_largest_remainder() -> None:
    for count in (1, 2, 3, 4):
        for weights in itertools.product(range(5), repeat=count):
            for total in range(9):
                assert allocate(total, weights) == allocate_one_by_one(total, list(weights))


@given(
    st.integers(0, FEN_MAX),
    st.lists(st.integers(0, FEN_MAX), min_size=1, max_size=30),
)
def test_an_allocation_adds_up_and_is_by_the_largest_remainder(
    total: int, weights: list[int]
) -> None:
    parts = allocate(total, weights)
    assert sum(parts) == total
    assert parts == allocate_one_by_one(total, weights)


def test_an_allocation_over_zero_weights_goes_to_the_first() -> None:
    assert allocate(7, [0, 0, 0]) == [7, 0, 0]


def test_equal_remainders_favour_the_earlier_part() -> None:
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(2, [1, 1, 1]) == [1, 1, 0]


@given(st.integers(0, FEN_MAX), st.fractions(min_value=0, max_value=1, max_denominator=10_000))
def test_net_and_tax_add_up_and_the_net_is_nearest(amount_fen: int, rate: Fraction) -> None:
    tax = tax_within(amount_fen, rate)
    net = amount_fen - tax
    assert 0 <= tax <= amount_fen
    assert abs(net * (1 + rate) - amount_fen) <= (1 + rate) / 2


def test_tax_is_taken_out_of_the_whole() -> None:
    assert tax_within(63_600_000, Fraction("0.06")) == 3_600_000
    assert tax_within(100, Fraction("0.06")) == 6
    assert tax_within(100, Fraction(0)) == 0


# --- reading ---


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "+1",
        "-1",
        "-0",
        "01",
        "00",
        ".5",
        "5.",
        "1e3",
        "1E3",
        "NaN",
        "nan",
        "Infinity",
        "1,000",
        "1_000",
        "0x1",
        "１",
        "一",
        "1.2.3",
        "1/2",
        "1\n",
        "1" * 16,
        "0." + "1" * 13,
    ],
)
def test_what_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_decimal(text)
    assert caught.value.code == "bad_decimal"
    assert repr(text) in caught.value.message.zh


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("0.0", 0),
        ("12.50", Fraction(25, 2)),
        ("9" * 15, 10**15 - 1),
        ("0.000000000001", Fraction(1, 10**12)),
    ],
)
def test_a_plain_decimal_is_read_exactly(text: str, value: Fraction) -> None:
    assert parse_decimal(text) == value


def test_decimals_are_limited_where_the_caller_says() -> None:
    assert parse_decimal("0.0600", 4) == Fraction(3, 50)
    with pytest.raises(InvalidInputError, match="at most 4 decimals"):
        parse_decimal("0.06000", 4)


@pytest.mark.parametrize(
    ("text", "fen"),
    [("333333.33", 33333333), ("0.1", 10), ("0.10", 10), ("0.01", 1), ("7", 700), ("0", 0)],
)
def test_yuan_are_read_as_fen(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen


def test_a_part_of_a_fen_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        parse_yuan("0.001")
    with pytest.raises(InvalidInputError):
        parse_yuan("1.000")


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("1234.50", 123_450),
        ("1,234.50", 123_450),
        ("12，345，678", 1_234_567_800),
        (" 300,000 ", 30_000_000),
    ],
)
def test_an_amount_is_taken_as_a_person_types_it(text: str, fen: int) -> None:
    assert parse_typed_yuan(text) == fen


@pytest.mark.parametrize(
    "text",
    [
        "1,50",
        "1234,56",
        "1,2,3",
        "1,2345",
        "1234,567",
        ",123",
        "1,",
        "1.234,50",
        "1.000,5",
        "1,,234",
    ],
)
def test_a_comma_that_may_be_a_decimal_point_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="bad_decimal"):
        parse_typed_yuan(text)


# --- printing ---


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "0.00"),
        (1, "0.01"),
        (10, "0.10"),
        (33333333, "333,333.33"),
        (-5, "-0.05"),
        (-123456789, "-1,234,567.89"),
        (100000, "1,000.00"),
        (99999, "999.99"),
    ],
)
def test_yuan_are_printed_with_separators(fen: int, text: str) -> None:
    assert render_yuan(fen) == text


@given(st.integers(0, FEN_MAX))
def test_printed_yuan_are_read_back(fen: int) -> None:
    assert parse_yuan(render_yuan(fen).replace(",", "")) == fen
    assert render_yuan(-fen).lstrip("-") == render_yuan(fen)


@pytest.mark.parametrize(
    ("amount", "places", "text"),
    [
        (Fraction(1, 2), 1, "0.5"),
        (Fraction(1, 200), 2, "0.01"),
        (Fraction(2, 3), 4, "0.6667"),
        (Fraction(1999, 2), 1, "999.5"),
        (Fraction(12345678), 2, "12,345,678.00"),
        (Fraction(99995, 100), 1, "1,000.0"),
        (Fraction(0), 3, "0.000"),
    ],
)
def test_decimals_are_printed_rounded_half_up(amount: Fraction, places: int, text: str) -> None:
    assert render_decimal(amount, places) == text


# --- capital numerals ---

CAPITALS = {
    "0": "零元整",
    "0.01": "壹分",
    "0.09": "玖分",
    "0.10": "壹角整",
    "0.50": "伍角整",
    "0.11": "壹角壹分",
    "1": "壹元整",
    "1.01": "壹元零壹分",
    "1.10": "壹元壹角整",
    "1.23": "壹元贰角叁分",
    "10": "壹拾元整",
    "10.05": "壹拾元零伍分",
    "10.50": "壹拾元伍角整",
    "11": "壹拾壹元整",
    "20": "贰拾元整",
    "100": "壹佰元整",
    "101": "壹佰零壹元整",
    "110": "壹佰壹拾元整",
    "325.04": "叁佰贰拾伍元零肆分",
    "1000": "壹仟元整",
    "1001": "壹仟零壹元整",
    "1010": "壹仟零壹拾元整",
    "1100": "壹仟壹佰元整",
    "1409.50": "壹仟肆佰零玖元伍角整",
    "1680.32": "壹仟陆佰捌拾元叁角贰分",
    "6007.14": "陆仟零柒元壹角肆分",
    "10000": "壹万元整",
    "10001": "壹万零壹元整",
    "10010": "壹万零壹拾元整",
    "10100": "壹万零壹佰元整",
    "11000": "壹万壹仟元整",
    "16409.02": "壹万陆仟肆佰零玖元零贰分",
    "100000": "壹拾万元整",
    "100001": "壹拾万零壹元整",
    "107000.53": "壹拾万零柒仟元伍角叁分",
    "1000000": "壹佰万元整",
    "1000001": "壹佰万零壹元整",
    "10000000": "壹仟万元整",
    "10001000": "壹仟万零壹仟元整",
    "10010000": "壹仟零壹万元整",
    "10101010": "壹仟零壹拾万零壹仟零壹拾元整",
    "100000000": "壹亿元整",
    "100000001": "壹亿零壹元整",
    "100010000": "壹亿零壹万元整",
    "100010001": "壹亿零壹万零壹元整",
    "101000000": "壹亿零壹佰万元整",
    "110000000": "壹亿壹仟万元整",
    "1000000000": "壹拾亿元整",
    "100000000000": "壹仟亿元整",
    "1000000000000": "壹兆元整",
    "1000000000001": "壹兆零壹元整",
    "1000100000000": "壹兆零壹亿元整",
    "1000000010000": "壹兆零壹万元整",
    "12345678.90": "壹仟贰佰叁拾肆万伍仟陆佰柒拾捌元玖角整",
    "333333.33": "叁拾叁万叁仟叁佰叁拾叁元叁角叁分",
    "90071992547409.92": "玖拾兆零柒佰壹拾玖亿玖仟贰佰伍拾肆万柒仟肆佰零玖元玖角贰分",
}


@pytest.mark.parametrize(("yuan", "text"), CAPITALS.items())
def test_an_amount_in_capital_numerals(yuan: str, text: str) -> None:
    assert render_capital(parse_yuan(yuan)) == f"人民币{text}"


DIGITS = "零壹贰叁肆伍陆柒捌玖"
UNITS = {"拾": 10, "佰": 100, "仟": 1000}
GROUPS = {"万": 10**4, "亿": 10**8, "兆": 10**12}


def read_capital(text: str) -> int:
    """Return the fen of an amount in capital numerals, by the units that it names."""
    total = group = digit = 0
    fen = 0
    for char in text.removeprefix("人民币").removesuffix("整"):
        if char in DIGITS:
            digit = DIGITS.index(char)
            continue
        if char in UNITS:
            group += digit * UNITS[char]
        elif char in GROUPS:
            total += (group + digit) * GROUPS[char]
            group = 0
        elif char == "元":
            total += group + digit
        elif char == "角":
            fen += 10 * digit
        elif char == "分":
            fen += digit
        digit = 0
    return total * 100 + fen


INTEGER = re.compile(r"([零壹贰叁肆伍陆柒捌玖拾佰仟]*)([兆亿万元])")
DIGIT = re.compile(r"(零?)([壹贰叁肆伍陆柒捌玖])([拾佰仟]?)")
CENTS = re.compile(r"(?:([壹贰叁肆伍陆柒捌玖])角)?(零)?(?:([壹贰叁肆伍陆柒捌玖])分)?(整)?")
EXPONENTS = {"兆": 12, "亿": 8, "万": 4, "元": 0}


def read_strictly(text: str) -> int:
    """Return the fen of an amount in capital numerals, written as the rule has it and no other way.

    《正确填写票据和结算凭证的基本规定》: each digit with its unit, 壹 before 拾 too; one 零 for any
    run of zeros between two digits; none before 角 where yuan end in zero, which the rule allows
    either way; 整 after 元 or 角 and never after 分.
    """
    assert text.startswith("人民币"), text
    integer, yuan, cents = text.removeprefix("人民币").partition("元")
    if not yuan:
        integer, cents = "", integer
    places: list[tuple[int, int]] = []
    rest = INTEGER.sub("", integer + yuan)
    assert not rest, rest
    for digits, group in INTEGER.findall(integer + yuan) if integer != "零" else ():
        assert not DIGIT.sub("", digits), text
        assert digits or (group == "元" and places), text
        for zero, digit, unit in DIGIT.findall(digits):
            place = EXPONENTS[group] + " 拾佰仟".index(unit or " ")
            last = places[-1][0] if places else place + 1
            assert place < last, text
            assert (zero == "零") == (last - place > 1), text
            places.append((place, DIGITS.index(digit)))
    found = CENTS.fullmatch(cents)
    assert found, text
    jiao, zero, fen, whole = found.groups()
    assert bool(zero) == bool(yuan and fen and not jiao), text
    assert bool(whole) == (not fen), text
    assert yuan or jiao or fen, text
    total: int = sum(digit * 10**place for place, digit in places) * 100
    return total + sum(DIGITS.index(one or "零") * n for one, n in ((jiao, 10), (fen, 1)))


@pytest.mark.parametrize(
    "text",
    [
        "拾元整",
        "壹万壹元整",
        "壹万零零壹元整",
        "壹万零元整",
        "壹亿万元整",
        "壹拾壹拾元整",
        "壹拾贰佰元整",
        "壹元壹分",
        "壹元零壹分整",
        "壹元零壹角整",
        "壹元壹角",
        "零元零壹分",
        "元整",
        "整",
        "壹仟零壹拾万零壹元",
    ],
)
def test_the_strict_reader_refuses_what_is_written_otherwise(text: str) -> None:
    with pytest.raises(AssertionError):
        assert render_capital(read_strictly(f"人民币{text}")) == f"人民币{text}"


def check_capital(fen: int) -> None:
    """Check one amount: it reads back, and keeps the rules of writing."""
    text = render_capital(fen)
    assert read_capital(text) == read_strictly(text) == fen, text
    assert text.startswith("人民币")
    assert text.endswith("整") == (fen % 10 == 0), text
    assert "零零" not in text
    assert ("零" in text) >= (fen % 10 > 0 and fen % 100 < 10 and fen >= 100), text
    for unit in "拾佰仟":
        at = text.find(unit)
        while at >= 0:
            assert text[at - 1] in DIGITS[1:], text
            at = text.find(unit, at + 1)
    assert not any(f"零{unit}" in text for unit in "万亿兆角分"), text
    assert "零元" not in text or fen == 0


@given(st.integers(0, FEN_MAX))
def test_capital_numerals_read_back(fen: int) -> None:
    check_capital(fen)


def test_capital_numerals_read_back_with_zeros_in_every_place() -> None:
    for digits in itertools.product("01", repeat=16):
        check_capital(int("".join(digits)))
    for places in itertools.combinations(range(16), 2):
        check_capital(sum(7 * 10**place for place in places) % FEN_MAX)


def test_every_small_amount_reads_back() -> None:
    for fen in range(20_001):
        check_capital(fen)


def test_two_amounts_never_share_their_capital_numerals() -> None:
    assert len({render_capital(fen) for fen in range(20_001)}) == 20_001


def test_capital_numerals_refuse_what_is_out_of_range() -> None:
    for fen in (-1, FEN_MAX + 1):
        with pytest.raises(AssertionError):
            render_capital(fen)
