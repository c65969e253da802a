"""Three-valued logic (strong Kleene): True, False, and None for what nobody has said yet."""

from collections.abc import Iterable

Truth = bool | None


def all_of(truths: Iterable[Truth]) -> Truth:
    """Return False if one is False, else None if one is unknown, else True."""
    seen = set(truths)
    if False in seen:
        return False
    return None if None in seen else True


def any_of(truths: Iterable[Truth]) -> Truth:
    """Return True if one is True, else None if one is unknown, else False."""
    seen = set(truths)
    if True in seen:
        return True
    return None if None in seen else False


def same(given: object, wanted: object) -> Truth:
    """Return whether two facts are equal, None while either is unknown."""
    return None if given is None or wanted is None else given == wanted
