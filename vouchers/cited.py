"""A value of a rule with the clause that says so and the grade of that evidence.

A value without its clause and grade cannot be written.
"""

from typing import Final, Generic, TypeVar

from msgspec import Struct

from ledger.errors import InvalidInputError
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
        """Return a value that an article (第…条) sets, or an item of it (第（…）项).

        Raises `InvalidInputError` (code `bad_article`) for a number that no article has.
        """
        _require_article(number)
        if item is not None:
            _require_article(item)
        zh, en = f"第{numeral(number)}条", f"article {number}"
        if item is not None:
            zh, en = f"{zh}第（{numeral(item)}）项", f"{en} ({item})"
        return Cited(value, cite(self.document, zh, en), self.grade)


def _require_article(number: object) -> None:
    """Raise for what is no number of an article: a mistake in the file, told to its author."""
    if isinstance(number, int) and 1 <= number <= _ARTICLE_MAX:
        return
    raise InvalidInputError(
        "bad_article",
        Text(
            f"条次、项次 {number!r} 不是 1 至 {_ARTICLE_MAX} 的整数",
            f"{number!r} is no article or item from 1 to {_ARTICLE_MAX}",
        ),
        Text(
            "写阿拉伯数字，例如 article(12, 取值, item=3)；编号更大的用 cite(文件, 中文, 英文)",
            "write such as article(12, value, item=3); a greater one by cite(document, zh, en)",
        ),
    )


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
