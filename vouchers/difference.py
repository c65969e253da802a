"""What differs between two versions, value by value, with the clause and grade of both.

Conditions are told apart by what they say and not by where they stand: one that only moved has not
changed, and of those that did change, two of one shape are taken for the same one.
"""

from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple

from msgspec import Struct

from ledger.text import Text
from vouchers.programme import Cited, Version
from vouchers.showing import name_field, show_field
from vouchers.values import encode_bare, hash_bare, walk_within

Change = Literal["value", "clause", "grade", "added", "removed"]

CHANGES: Final[dict[Change, Text]] = {
    "value": Text("取值改变", "other value"),
    "clause": Text("条款改变", "other clause"),
    "grade": Text("等级改变", "other grade"),
    "added": Text("新增", "added"),
    "removed": Text("删去", "removed"),
}


class Side(NamedTuple):
    """A cited value on one of the two sides, and where it stands there."""

    path: str
    cited: Cited[Any]

    def name(self) -> Text:
        """Return what people call it."""
        return name_field(self.path, self.cited)

    def show(self) -> Text:
        """Return the value as people read it."""
        return show_field(self.path, self.cited)


class Difference(NamedTuple):
    """One value that differs; a side is None where the other one has no such value."""

    change: Change
    before: Side | None
    after: Side | None


def compare(before: Version, after: Version) -> Iterator[Difference]:
    """Yield what differs, in the order of the fields, nested values after theirs.

    A value that changes is told as that, even where its clause and grade change too.
    """
    for name in after.__struct_fields__:
        yield from _compare(name, getattr(before, name), name, getattr(after, name))


def _compare(old_path: str, old: object, new_path: str, new: object) -> Iterator[Difference]:
    if isinstance(old, Cited) and isinstance(new, Cited):
        yield from _compare_cited(Side(old_path, old), Side(new_path, new))
    elif isinstance(old, tuple) and isinstance(new, tuple):
        yield from _compare_tuples(old_path, old, new_path, new)
    elif isinstance(old, Struct) and type(old) is type(new):
        for name in old.__struct_fields__:
            yield from _compare(
                *(f"{old_path}.{name}", getattr(old, name)),
                *(f"{new_path}.{name}", getattr(new, name)),
            )
    else:
        yield from (Difference("removed", one, None) for one in _sides(old_path, old))
        yield from (Difference("added", None, one) for one in _sides(new_path, new))


def _compare_cited(old: Side, new: Side) -> Iterator[Difference]:
    if encode_bare(old.cited.value) != encode_bare(new.cited.value):
        yield Difference("value", old, new)
    elif old.cited.clause != new.cited.clause:
        yield Difference("clause", old, new)
    elif old.cited.grade != new.cited.grade:
        yield Difference("grade", old, new)
    yield from _compare(old.path, old.cited.value, new.path, new.cited.value)


def _compare_tuples(
    old_path: str, old: tuple[object, ...], new_path: str, new: tuple[object, ...]
) -> Iterator[Difference]:
    paired = _pair(old, new)
    for j, one in enumerate(new):
        i = paired.get(j)
        if i is None:
            yield from (Difference("added", None, at) for at in _sides(f"{new_path}[{j}]", one))
        else:
            yield from _compare(f"{old_path}[{i}]", old[i], f"{new_path}[{j}]", one)
    for i, one in enumerate(old):
        if i not in paired.values():
            yield from (Difference("removed", at, None) for at in _sides(f"{old_path}[{i}]", one))


def _pair(old: tuple[object, ...], new: tuple[object, ...]) -> dict[int, int]:
    """Return which old position belongs to a new one: equal values first, then equal shapes."""
    paired: dict[int, int] = {}
    for key in (hash_bare, _shape):
        for j, one in enumerate(new):
            free = (i for i in range(len(old)) if i not in paired.values())
            i = next((i for i in free if key(old[i]) == key(one)), None)
            if j not in paired and i is not None:
                paired[j] = i
    return paired


def _shape(value: object) -> object:
    return type(value.value if isinstance(value, Cited) else value)


def _sides(path: str, value: object) -> Iterator[Side]:
    """Yield a value that has no other side, and what it is made of."""
    yield from (Side(*one) for one in walk_within(path, value))
