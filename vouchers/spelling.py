"""Which known name somebody meant: for a refusal's next step, and to catch a slip of the pen."""

from collections.abc import Iterable
from difflib import get_close_matches


def find_nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known name most like a word, None when none is much like it."""
    return next(iter(get_close_matches(word, known, n=1)), None)


def find_slip(word: str, known: Iterable[str]) -> str | None:
    """Return the known name from which a word is one slip away, None for it or any other word.

    A slip is one letter more, less, other, or two swapped; case and punctuation do not count. It
    is strict on purpose: `wuchang` is no slip of `wuhan`.
    """
    names = tuple(known)
    if word in names:
        return None
    return next((name for name in names if _one_slip(_letters(word), _letters(name))), None)


def _letters(word: str) -> str:
    return "".join(char for char in word.casefold() if char.isalnum())


def _one_slip(word: str, name: str) -> bool:
    while word and name and word[0] == name[0]:
        word, name = word[1:], name[1:]
    while word and name and word[-1] == name[-1]:
        word, name = word[:-1], name[:-1]
    swapped = len(word) == len("ab") and word == name[::-1]
    return swapped or (len(word) <= 1 and len(name) <= 1)
