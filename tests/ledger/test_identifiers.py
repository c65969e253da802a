"""Credit codes after GB 32100-2015, and invoice numbers."""

import itertools
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvalidInputError
from ledger.identifiers import (
    CREDIT_CODE_ALPHABET,
    credit_code_check_character,
    parse_credit_code,
    parse_invoice_number,
    synthetic_credit_code,
)

# Codes of real companies and of the standard, as printed on licences.
VALID = [
    "91350100M000100Y43",
    "91440300708461136T",
    "914403001922038216",
    "91110000802100433B",
    "91330100799655058B",
    "91110108551385082Q",
]

BODIES = st.text(CREDIT_CODE_ALPHABET, min_size=17, max_size=17)


@pytest.mark.parametrize("code", VALID)
def test_a_known_code_is_valid(code: str) -> None:
    assert parse_credit_code(code) == code


def check_character_by_the_standard(body: str) -> str:
    """Return the check character with weights as powers of 3, by GB 32100-2015 formula (1)."""
    total = sum(CREDIT_CODE_ALPHABET.index(char) * (3**i % 31) for i, char in enumerate(body))
    value = 31 - total % 31
    return CREDIT_CODE_ALPHABET[0 if value == 31 else value]


@given(BODIES)
def test_the_check_character_is_the_standards(body: str) -> None:
    assert credit_code_check_character(body) == check_character_by_the_standard(body)


def test_a_check_value_of_31_is_written_0() -> None:
    assert credit_code_check_character("0" * 17) == "0"
    zeros = [
        code for code in (synthetic_credit_code(str(i)) for i in range(200)) if code[17] == "0"
    ]
    assert zeros
    assert all(parse_credit_code(code) == code for code in zeros)


@pytest.mark.parametrize("code", VALID)
def test_every_changed_character_is_caught(code: str) -> None:
    others = string.ascii_letters + string.digits + " -\n　０"
    for place, char in itertools.product(range(18), others):
        if char == code[place]:
            continue
        changed = code[:place] + char + code[place + 1 :]
        with pytest.raises(InvalidInputError) as caught:
            parse_credit_code(changed)
        in_alphabet = char in CREDIT_CODE_ALPHABET
        assert caught.value.code == ("credit_code_check" if in_alphabet else "credit_code_form")
        assert repr(changed)[1:-1] in caught.value.message.zh


@pytest.mark.parametrize("code", VALID)
def test_two_swapped_neighbours_are_caught(code: str) -> None:
    for place in range(17):
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        if swapped != code:
            with pytest.raises(InvalidInputError):
                parse_credit_code(swapped)


@pytest.mark.parametrize(
    "text", ["", VALID[0][:17], VALID[0] + "3", VALID[0].lower(), " " + VALID[0]]
)
def test_what_has_not_the_form_of_a_code_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_credit_code(text)
    assert caught.value.code == "credit_code_form"


def test_a_wrong_check_character_is_named_with_the_right_one() -> None:
    with pytest.raises(InvalidInputError, match="ends in 4, GB 32100 gives 3"):
        parse_credit_code("91350100M000100Y44")


@given(st.text(max_size=30))
def test_a_synthetic_code_is_valid_and_always_the_same(name: str) -> None:
    code = synthetic_credit_code(name)
    assert parse_credit_code(code) == code
    assert code == synthetic_credit_code(name)
    assert code.startswith("91420100")


def test_synthetic_codes_differ() -> None:
    assert len({synthetic_credit_code(f"vc{i}") for i in range(2000)}) == 2000
    assert synthetic_credit_code("vc1", "110000").startswith("91110000")


def test_a_synthetic_code_never_changes() -> None:
    assert synthetic_credit_code("vc1") == "91420100XMK8JGWY2X"


@pytest.mark.parametrize(
    "text", ["22420000000000000001", "4200221130-12345678", "042002100111-12345678"]
)
def test_an_invoice_number_is_read(text: str) -> None:
    assert parse_invoice_number(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1" * 19,
        "1" * 21,
        "1" * 18,
        "1" * 11 + "-12345678",
        "1" * 10 + "-1234567",
        "1" * 10 + "12345678",
        "1" * 10 + "–12345678",
        "１" * 20,
        "2242000000000000000A",
        "1" * 20 + "\n",
    ],
)
def test_what_is_no_invoice_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_invoice_number(text)
    assert caught.value.code == "invoice_number_form"
    assert repr(text) in caught.value.message.en
