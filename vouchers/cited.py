"""A value of a rule with the clause that says so and the grade of that evidence.

A value without its clause and grade cannot be written.
"""

from typing import Final, Generic, TypeVar

from msgspec import Struct

from ledger.text import Text
from vouchers.decision import Grade

# A cited value is read only, so a cited int serves where a cited object is asked for.
T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")

_DIGITS: Final = "零一二三四五六七八九"
_ARTICLE_MAX: Final = 99


class Cited(Struct, Generic[T_co], frozen=True, cache_hash=True):
    """A value, the clause that says so, and the grade of that evidence.

    P official text, M official text read in a repost, N press, A assumed.
    """

    value: T_co
    clause: Text
    grade: Grade


class Source(Struct, frozen=True):
    """A document that values are cited from, and the grade of the text of it that was read."""

    document: Text
    grade: Grade

    def article(self, number: int, value: T, *, item: int | None = None) -> Cited[T]:
        """Return a value that an article (第…条) sets, or an item of it (第（…）项)."""
        zh, en = f"第{numeral(number)}条", f"article {number}"
        if item is not None:
            zh, en = f"{zh}第（{numeral(item)}）项", f"{en} ({item})"
        return Cited(value, cite(self.document, zh, en), self.grade)


def numeral(number: int) -> str:
    """Return a number from 1 to 99 as articles are counted: 十, 十二, 二十一."""
    assert 1 <= number <= _ARTICLE_MAX, number
    tens, ones = divmod(number, 10)
    head = "" if not tens else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones else "")


def cite(document: Text, zh: str, en: str) -> Text:
    """Return the clause of a document, by what it settles."""
    return Text(f"{document.zh}，{zh}", f"{document.en}, {en}")


def assume(zh: str, en: str) -> Text:
    """Return the clause of a value for which no text was found."""
    return Text(f"未见条文，假定：{zh}", f"no text found, assumed: {en}")
