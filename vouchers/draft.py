"""A programme as somebody wrote it, before anybody has said that it is right.

A file under review runs in a process of its own and comes back as JSON in which each value says of
what type it was. What is made of it here has the types that the vocabulary declares, but need not
make sense: that is the review's question.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final, Literal, get_args

from msgspec import Struct

from ledger.text import Text
from vouchers.mistype import wrong_parts, wrong_type, wrong_word
from vouchers.programme import Programme, Word
from vouchers.value_type import (
    Kind,
    fields_of,
    is_list,
    is_optional,
    members,
    origin_of,
    struct_of,
)

# Longer numbers are nobody's amounts, and JSON has its own limits.
_BITS_MAX: Final = 4_096


class Draft(Programme, frozen=True, kw_only=True):
    """A programme whose versions may be none, overlap or be out of order."""

    def __post_init__(self) -> None:
        """Hold nothing: the review says what is wrong."""


def encode_draft(value: object) -> object:
    """Return a value as JSON-able builtins that tell a date from a text, a tuple from a list."""
    match value:
        case Struct():
            name = "Programme" if isinstance(value, Programme) else type(value).__name__
            return {"shape": name, "fields": dict(_encode_fields(value))}
        case Text():
            return {"text": [encode_draft(one) for one in value]}
        case Word():
            return {"word": [str(value), *(encode_draft(one) for one in value.name)]}
        case tuple():
            return [encode_draft(one) for one in value]
        case list():
            return {"list": [encode_draft(one) for one in value]}
        case _:
            return _encode_leaf(value)


def _encode_fields(struct: Struct) -> Iterator[tuple[str, object]]:
    """Yield the fields that are not at their default, as a hash leaves these out."""
    names, defaults = struct.__struct_fields__, type(struct).__struct_defaults__
    given = dict(zip(reversed(names), reversed(defaults), strict=False))
    for name in names:
        value = getattr(struct, name)
        if name not in given or value is not given[name]:
            yield name, encode_draft(value)


def _encode_leaf(value: object) -> object:
    """Return what is made of nothing else, and under what it is where JSON has no word for it."""
    made: object
    match value:
        case Fraction():
            made = {"ratio": f"{value.numerator}/{value.denominator}"}
        case int() if value.bit_length() > _BITS_MAX:
            made = {"other": f"int ({value.bit_length()} bits)"}
        case None | bool() | int() | float() | str():
            made = value
        case type():
            made = {"class": value.__name__}
        case _ if type(value) is date:
            made = {"day": value.isoformat()}
        case _ if callable(value):
            made = {"function": str(getattr(value, "__name__", value))}
        case _:
            made = {"other": type(value).__name__}
    return made


def decode_draft(raw: bytes) -> Draft:
    """Return the programme written as the JSON of `encode_draft`.

    A function comes back as one that pays nothing: it is never called here. Raises `WrongTypeError`
    for the first value that is not of the type asked for.
    """
    made = _make(Programme, json.loads(raw), "")
    assert isinstance(made, Draft), made
    return made


def _make(kind: Kind, raw: object, path: str) -> Any:  # noqa: ANN401 - of whatever type is asked for
    """Return the value of a type that is written at a path."""
    if raw is None and is_optional(kind):
        return None
    chosen = _choose(members(kind), raw)
    if chosen is None:
        raise wrong_type(kind, raw, path)
    if struct_of(chosen) is not None:
        return _make_struct(chosen, raw, path)
    if origin_of(chosen) is tuple:
        return tuple(_make_all(chosen, raw, path))
    return _LEAVES[origin_of(chosen) or chosen](chosen, raw, path)


def _choose(kinds: Sequence[Kind], raw: object) -> Kind:
    """Return which of several types a value was written as, None where it is none of them."""
    if isinstance(raw, dict) and "shape" in raw:
        named = {struct.__name__: one for one in kinds if (struct := struct_of(one)) is not None}
        return named.get(raw["shape"])
    return next((one for one in kinds if struct_of(one) is None), None)


def _make_struct(kind: Kind, raw: object, path: str) -> object:
    """Return a struct; the words of a programme are taken as a draft's."""
    struct, fields = struct_of(kind), fields_of(kind)
    assert struct is not None, kind
    assert isinstance(raw, dict), raw
    given = {
        key: _make(fields[key].kind, one, _join(path, key)) for key, one in raw["fields"].items()
    }
    try:
        return (Draft if struct is Programme else struct)(**given)
    except AssertionError:
        raise wrong_parts(struct.__name__, given, path) from None


def _join(path: str, key: str) -> str:
    """Return the path of a key; the value of a cited one stands at the place of the whole."""
    if key == "value":
        return path
    return f"{path}.{key}" if path else key


def _make_all(kind: Kind, raw: object, path: str) -> Iterator[Any]:
    """Yield the items of a tuple: of one type any number, of several as many as there are."""
    parts = get_args(kind)
    if not isinstance(raw, list) or not (is_list(kind) or len(parts) == len(raw)):
        raise wrong_type(kind, raw, path)
    kinds = [parts[0]] * len(raw) if is_list(kind) else parts
    for i, (part, one) in enumerate(zip(kinds, raw, strict=True)):
        yield _make(part, one, f"{path}[{i}]")


def _make_text(kind: Kind, raw: object, path: str) -> Text:
    """Return a sentence in both languages."""
    match raw:
        case {"text": [str(zh), str(en)]}:
            return Text(zh, en)
        case {"text": [str(), wrong]} | {"text": [wrong, _]}:
            raise wrong_type(str, wrong, path)
    raise wrong_type(kind, raw, path)


def _make_word(kind: Kind, raw: object, path: str) -> object:
    """Return a word, with its name where it brings one; one of few where only these are allowed."""
    match raw:
        case {"word": [str(code), str(zh), str(en)]}:
            raw = Word(code, zh, en)
        case {"word": [_, *names]}:
            raise wrong_type(str, next(one for one in names if not isinstance(one, str)), path)
    allowed = get_args(kind)
    if not isinstance(raw, str):
        raise wrong_type(kind, raw, path)
    if allowed and raw not in allowed:
        raise wrong_word(allowed, raw, path)
    return raw


def _make_number(kind: Kind, raw: object, path: str) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise wrong_type(kind, raw, path)
    return raw


def _make_switch(kind: Kind, raw: object, path: str) -> bool:
    if not isinstance(raw, bool):
        raise wrong_type(kind, raw, path)
    return raw


def _make_ratio(kind: Kind, raw: object, path: str) -> Fraction:
    """Return the fraction; a decimal, or a float, is no exact rate."""
    match raw:
        case {"ratio": str(ratio)}:
            return Fraction(ratio)
    raise wrong_type(kind, raw, path)


def _make_day(kind: Kind, raw: object, path: str) -> date:
    match raw:
        case {"day": str(day)}:
            return date.fromisoformat(day)
    raise wrong_type(kind, raw, path)


def _make_function(kind: Kind, raw: object, path: str) -> Callable[[int], Fraction]:
    match raw:
        case {"function": _}:
            return lambda _: Fraction(0)
    raise wrong_type(kind, raw, path)


_LEAVES: Final[dict[object, Callable[[Any, object, str], object]]] = {
    Text: _make_text,
    str: _make_word,
    Literal: _make_word,
    int: _make_number,
    bool: _make_switch,
    Fraction: _make_ratio,
    date: _make_day,
    Callable: _make_function,
}
