"""Which passwords are taken, by NIST SP 800-63B-4, and how they are hashed."""

import pytest
from argon2 import PasswordHasher

from ledger.errors import InvalidInputError
from portal.accounts import passwords
from portal.accounts.passwords import (
    ALONE_LENGTH_MIN,
    BESIDE_LENGTH_MIN,
    LENGTH_MAX,
    hash_password,
    is_outdated,
    is_right,
    require_good,
)

NAME = "gh-0412"
LETTERS = "kzvqxjwmhbfg" * 40


def refusal(password: str, *, is_alone: bool = True) -> str:
    """Return the code with which a password is refused, nothing if it is taken."""
    try:
        require_good(password, NAME, is_alone=is_alone)
    except InvalidInputError as error:
        said = str(error)
        code = error.code
    else:
        return ""
    assert password not in said
    return code


@pytest.mark.parametrize(
    ("is_alone", "least"), [(True, ALONE_LENGTH_MIN), (False, BESIDE_LENGTH_MIN)]
)
def test_a_password_is_long_enough_and_no_flood(is_alone: bool, least: int) -> None:  # noqa: FBT001
    for length, code in (
        (least - 1, "short_password"),
        (least, ""),
        (64, ""),
        (LENGTH_MAX, ""),
        (LENGTH_MAX + 1, "long_password"),
    ):
        assert refusal(LETTERS[:length], is_alone=is_alone) == code


def test_length_is_counted_in_characters_composed() -> None:
    assert refusal("e\u0301" * 14) == "short_password"
    assert refusal("山高月小水落石出曾日月之几何而江") == ""


@pytest.mark.parametrize(
    "password",
    [
        "Password12345678",
        "P@ssw0rd!!2026!!",
        "gh-0412-gh-0412!",
        "SuanQuan20261127",
        "算券算力券武汉2026湖北密码管理",
        "１２３４５６７８９０１２３４５６",
        "1234567890123456",
        "qwertyuiopasdfgh",
        "zyxwvutsrqponmlk",
        "aaaaaaaaaaaaaaaaaaaaaa",
        "abababababababababab",
        "admin admin admin admin",
        "                ",
    ],
)
def test_what_everybody_tries_first_is_refused(password: str) -> None:
    assert refusal(password) == "common_password"


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "七只骆驼走过三座桥，去看海吧朋友",
        "my password is a blue pear",
        "🐫🌉🌊⛵🍐🎻🦔🌋🪁🎲🧭🪵🧵🫖🥁",
    ],
)
def test_a_sentence_is_taken_whatever_it_is_made_of(password: str) -> None:
    assert refusal(password) == ""


def test_a_hash_is_argon2id_by_rfc_9106_and_has_a_salt_of_its_own() -> None:
    first, second = (hash_password(LETTERS[:20]) for _ in range(2))
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert first != second
    assert is_right(first, LETTERS[:20])
    assert not is_right(first, LETTERS[:21])
    assert not is_right(None, "")
    assert not is_right("not a hash", LETTERS[:20])
    assert not is_outdated(first)


def test_nothing_is_cut_off_a_long_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 1024, 1))
    made = hash_password(LETTERS[:LENGTH_MAX])
    assert is_right(made, LETTERS[:LENGTH_MAX])
    for other in (LETTERS[: LENGTH_MAX - 1], LETTERS[: LENGTH_MAX + 1]):
        assert not is_right(made, other)
