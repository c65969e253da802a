"""Three-valued logic (strong Kleene): True, False, and None for what nobody has said yet."""

from collections.abc import Iterable

Truth = bool | None


def all_of(truths: Iterable[Truth]) -> Truth:
    """Return False if one is False, else None if one is unknown, else True."""
    found: Truth = True
    for truth in truths:
        if truth is False:
            return False
        if truth is None:
            found = None
    return found


def any_of(truths: Iterable[Truth]) -> Truth:
    """Return True if one is True, else None if one is unknown, else False."""
    found: Truth = False
    for truth in truths:
        if truth:
            return True
        if truth is None:
            found = None
    return found


def same(given: object, wanted: object) -> Truth:
    """Return whether two facts are equal, None while either is unknown."""
    return None if given is None or wanted is None else given == wanted
