"""A value of a rule with the clause that says so and the grade of that evidence.

A value without its clause and grade cannot be written.
"""

from typing import Generic, TypeVar

from msgspec import Struct

from ledger.text import Text
from vouchers.decision import Grade

# A cited value is read only, so a cited int serves where a cited object is asked for.
T_co = TypeVar("T_co", covariant=True)


class Cited(Struct, Generic[T_co], frozen=True, cache_hash=True):
    """A value, the clause that says so, and the grade of that evidence.

    P official text, M official text read in a repost, N press, A assumed.
    """

    value: T_co
    clause: Text
    grade: Grade


def cite(document: Text, zh: str, en: str) -> Text:
    """Return the clause of a document, by what it settles."""
    return Text(f"{document.zh}，{zh}", f"{document.en}, {en}")


def assume(zh: str, en: str) -> Text:
    """Return the clause of a value for which no text was found."""
    return Text(f"未见条文，假定：{zh}", f"no text found, assumed: {en}")
