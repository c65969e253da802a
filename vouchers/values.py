"""Every cited value of a version by its path, whatever shapes the vocabulary has.

Nothing here knows a field or a condition by name: a shape that is added to `programme` is walked,
compared and printed from the day that it is there.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import msgspec
from msgspec import Struct

from vouchers.programme import Cited, Version, encode_value
from vouchers.showing import render_exact


def walk(version: Version) -> Iterator[tuple[str, Cited[Any]]]:
    """Yield (path, cited value) of every value of a version, nested ones after theirs.

    A path is a field, or such as `eligibility[1].conditions[0]`.
    """
    for name in version.__struct_fields__:
        yield from walk_within(name, getattr(version, name))


def walk_within(path: str, value: object) -> Iterator[tuple[str, Cited[Any]]]:
    """Yield (path, cited value) of every cited value in a value that stands at a path."""
    if isinstance(value, Cited):
        yield path, value
        yield from walk_within(path, value.value)
    elif isinstance(value, tuple):
        for i, one in enumerate(value):
            yield from walk_within(f"{path}[{i}]", one)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from walk_within(f"{path}.{name}", getattr(value, name))


def encode_bare(value: object) -> object:
    """Return a cited value as JSON-able builtins, without the cited values that it is made of.

    A rate is an exact decimal, as everywhere on the command line, and `1/3` where there is none.
    """
    if isinstance(value, Fraction):
        return render_exact(value)
    if not isinstance(value, Struct):
        return encode_value(value)
    tag = value.__struct_config__.tag
    fields = {
        name: encode_bare(one)
        for name in value.__struct_fields__
        if not any(walk_within(name, one := getattr(value, name)))
    }
    return {"type": tag, **fields} if tag is not None else fields


def hash_bare(value: object) -> bytes:
    """Return bytes that are equal for values that say the same, clauses and grades left out."""
    return msgspec.json.encode(_strip(value), order="sorted")


def _strip(value: object) -> object:
    if isinstance(value, Cited):
        return _strip(value.value)
    if isinstance(value, tuple):
        return [_strip(one) for one in value]
    if isinstance(value, Struct):
        fields = {name: _strip(getattr(value, name)) for name in value.__struct_fields__}
        return {"type": type(value).__name__, **fields}
    return encode_value(value)
