"""Passwords by the rules of NIST SP 800-63B-4, section 3.1.1, hashed by Argon2id (RFC 9106).

Long enough, not among those that everybody tries first, and nothing else: no rule says which kinds
of characters it has, and none runs out.
"""

import unicodedata
from functools import cache
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ledger.errors import InvalidInputError
from ledger.text import Text

# SP 800-63B-4: the least where it is the only factor, and beside a second one.
ALONE_LENGTH_MIN: Final = 15
BESIDE_LENGTH_MIN: Final = 8
# It asks that 64 be taken; a sentence has its place, a flood of text has not.
LENGTH_MAX: Final = 256

# RFC 9106, section 4, second recommendation, for machines that have other work as well.
HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4)
# 64 MiB each: however many sign in at once, no more than a quarter of a gigabyte is taken.
_AT_ONCE: Final = BoundedSemaphore(4)

_COMMON: Final = """
    password passw0rd p@ssword p@ssw0rd mima woaini aini iloveyou letmein welcome admin
    administrator root master dragon monkey sunshine princess football baseball superman trustno
    changeme default secret login guest test user qwerty qwertyuiop asdfghjkl zxcvbnm qazwsx
    1qaz2wsx qweasd abc abcd a1b2c3d4 zhongguo beijing shanghai wuhan hubei china computer
    internet suanquan 算券 算力 算力券 兑付 武汉 湖北 密码 管理员
"""
"""Words that stand in lists of passwords that leaked, and words of this program's own subject."""
_WORDS: Final = tuple(sorted(_COMMON.split(), key=len, reverse=True))

_ROWS: Final = (
    "01234567890",
    "09876543210",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
)
# Digits and marks at a word's ends are what everybody adds.
_ADDED: Final = "0123456789 .,;:!?@#$%^&*()_+-=~/\\'\"。，！？、·"
# What is left without such words has to be a secret by itself, and not one character over again.
_REST_MIN: Final = 4


def normalise(password: str) -> str:
    """Return a password in the one form in which it is counted and hashed, whatever typed it."""
    return unicodedata.normalize("NFC", password)


def _bytes_of(password: str) -> bytes:
    """Return what is hashed of a password, whatever a browser made of it."""
    return normalise(password)[: LENGTH_MAX + 1].encode("utf-8", "surrogatepass")


def hash_password(password: str) -> str:
    """Return the hash of a password, with its parameters and a salt of its own."""
    with _AT_ONCE:
        return HASHER.hash(_bytes_of(password))


def is_right(password_hash: str | None, password: str) -> bool:
    """Return whether a password is that of a hash; without one it is not, after the same work."""
    with _AT_ONCE:
        try:
            is_same = HASHER.verify(password_hash or _nobodys(HASHER), _bytes_of(password))
        except (VerificationError, InvalidHashError):
            return False
    return is_same and password_hash is not None and len(normalise(password)) <= LENGTH_MAX


@cache
def _nobodys(hasher: PasswordHasher) -> str:
    """Return a hash that is nobody's."""
    return hasher.hash("")


def is_outdated(password_hash: str) -> bool:
    """Return whether a hash was made with other parameters than hashes are now."""
    return HASHER.check_needs_rehash(password_hash)


def require_good(password: str, name: str, *, is_alone: bool) -> None:
    """Raise `InvalidInputError` unless a password may be an account's.

    `is_alone`: no second factor is asked for. Codes: `short_password`, `long_password`,
    `common_password`. What is said does not repeat it.
    """
    found = normalise(password)
    least = ALONE_LENGTH_MIN if is_alone else BESIDE_LENGTH_MIN
    if len(found) < least:
        raise InvalidInputError(
            "short_password",
            Text(f"密码只有 {len(found)} 个字符", f"the password has {len(found)} characters"),
            Text(
                f"请至少用 {least} 个字符，一句话即可；任何字符都可以",
                f"use {least} or more, such as a sentence; any characters will do",
            ),
        )
    if len(found) > LENGTH_MAX:
        raise InvalidInputError(
            "long_password",
            Text(f"密码有 {len(found)} 个字符", f"the password has {len(found)} characters"),
            Text(f"请不要超过 {LENGTH_MAX} 个字符", f"use {LENGTH_MAX} at most"),
        )
    if is_common(found, name):
        raise InvalidInputError(
            "common_password",
            Text("这个密码容易被猜中", "this password is one of those tried first"),
            Text(
                "请不要用账号名、常见词、键盘顺序或重复字符",
                "use no account name, common word, row of keys or repeated character",
            ),
        )


def is_common(password: str, name: str) -> bool:
    """Return whether little of a password is left without the words that are tried first."""
    rest = unicodedata.normalize("NFKC", password).casefold()
    for word in (name.casefold(), *_WORDS):
        rest = rest.replace(word, " ")
    parts = [part.strip(_ADDED) for part in rest.split()]
    left = {mark for part in parts if not _is_row(part) for mark in part}
    return len(left) < _REST_MIN


def _is_row(part: str) -> bool:
    """Return whether a word is a run of an alphabet or of keys, either way."""
    return any(part in row or part[::-1] in row for row in _ROWS)
