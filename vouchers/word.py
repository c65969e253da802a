"""A code that a programme file brings together with its name in Chinese and English."""

from typing import Self

from ledger.text import Text


class Word(str):
    """A code that no table of ours names, such as a kind of status that only one province grants.

    It is the code wherever facts are compared or values hashed, so a name can be corrected without
    another hash; one code has one name in all programmes.
    """

    __slots__ = ("name",)

    name: Text

    def __new__(cls, code: str, zh: str, en: str) -> Self:
        """Return the code with its name."""
        word = super().__new__(cls, code)
        word.name = Text(zh, en)
        return word
