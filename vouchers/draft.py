"""A programme as somebody wrote it, before anybody has said that it is right.

A file under review runs in a process of its own and comes back as JSON. What is made of it here has
the types that the vocabulary declares, but need not make sense: that is the review's question.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from fractions import Fraction
from typing import Any, Final, Literal, get_args

from ledger.errors import InvalidInputError
from ledger.text import Text
from vouchers.programme import Programme, Word
from vouchers.value_type import (
    Kind,
    fields_of,
    is_list,
    is_optional,
    members,
    origin_of,
    struct_of,
    tag_of,
)

_KINDS: Final = {
    "int": Text("整数", "a whole number"),
    "float": Text("小数", "a decimal number"),
    "str": Text("文字", "text"),
    "array": Text(
        "元组 (…,) 或 Text(中文, 英文)，元组只有一项时也要写逗号",
        "a tuple (…,), with a comma after a single item, or a Text(zh, en)",
    ),
    "object": Text("Cited(…) 或词汇表中的一种写法", "a Cited(…) or another shape"),
    "null": Text("None", "None"),
    "bool": Text("True 或 False", "True or False"),
    "date": Text("日期 date(年, 月, 日)", "a date(year, month, day)"),
    "rate": Text("分数 Fraction(3, 10)", "a Fraction(3, 10)"),
}


class Draft(Programme, frozen=True, kw_only=True):
    """A programme whose versions may be none, overlap or be out of order."""

    def __post_init__(self) -> None:
        """Hold nothing: the review says what is wrong."""


class WrongTypeError(InvalidInputError):
    """A value is not of the type that its place asks for; `path` says where it stands."""

    def __init__(self, path: str, message: Text, next_step: Text) -> None:
        super().__init__("wrong_type", message, next_step)
        self.path = path


def decode_draft(raw: bytes) -> Draft:
    """Return the programme written as the JSON of `programme.encode_named`.

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
    kinds = members(kind)
    chosen = kinds[0] if len(kinds) == 1 else _choose(kinds, raw, path)
    struct = struct_of(chosen)
    if struct is not None:
        return _make_struct(chosen, raw, path)
    if chosen is Text:
        return Text(*_make_all((str, str), raw, path))
    if origin_of(chosen) is tuple:
        parts = get_args(chosen)
        return tuple(_make_all(parts[:1] if is_list(chosen) else parts, raw, path))
    return _LEAVES[origin_of(chosen) or chosen](chosen, raw, path)


def _choose(kinds: Sequence[Kind], raw: object, path: str) -> Kind:
    """Return which of several types a value was written as: a table's `type` says it."""
    tagged = {tag_of(one): one for one in kinds if tag_of(one)}
    if isinstance(raw, dict):
        if raw.get("type") in tagged:
            return tagged[raw["type"]]
        raise _wrong("object", raw, path)
    plain = [one for one in kinds if not tag_of(one)]
    if not plain:
        raise _wrong("object", raw, path)
    fits = [one for one in plain if (origin_of(one) or one) is type(raw)]
    return (fits or plain)[0]


def _make_struct(kind: Kind, raw: object, path: str) -> object:
    """Return a struct; the words of a programme are taken as a draft's."""
    struct = struct_of(kind)
    assert struct is not None, kind
    if not isinstance(raw, dict) or ("type" in raw) != (tag_of(kind) is not None):
        raise _wrong("object", raw, path)
    if tag_of(kind) is not None and raw["type"] != tag_of(kind):
        raise _wrong("object", raw, path)
    fields = fields_of(kind)
    wrong = next((key for key in raw if key != "type" and key not in fields), None)
    if wrong is not None:
        raise _wrong("object", raw, path)
    given = {
        key: _make(fields[key].kind, one, _join(path, key))
        for key, one in raw.items()
        if key != "type"
    }
    try:
        return (Draft if struct is Programme else struct)(**given)
    except AssertionError:
        message = Text(f"{path} 的各项取值互相矛盾", f"the values of {path} contradict one another")
        step = Text(
            "请核对级次有无重复或遗漏、份额合计是否为 1",
            "see that no level is missing or twice, and that shares sum to one",
        )
        raise WrongTypeError(path, message, step) from None


def _join(path: str, key: str) -> str:
    """Return the path of a key; the value of a cited one stands at the place of the whole."""
    if key == "value":
        return path
    return f"{path}.{key}" if path else key


def _make_all(parts: Sequence[Kind], raw: object, path: str) -> Iterator[Any]:
    """Yield the items of an array: of one type any number, of several as many as there are."""
    if not isinstance(raw, list) or (len(parts) > 1 and len(parts) != len(raw)):
        raise _wrong("array", raw, path)
    kinds = parts if len(parts) > 1 else [parts[0]] * len(raw)
    for i, (kind, one) in enumerate(zip(kinds, raw, strict=True)):
        yield _make(kind, one, f"{path}[{i}]" if kind is not str else path)


def _make_word(kind: Kind, raw: object, path: str) -> object:
    """Return a word, with its name where it brings one; one of few where only these are allowed."""
    if isinstance(raw, dict) and list(raw) == ["word"]:
        raw = Word(*_make_all((str, str, str), raw["word"], path))
    allowed = get_args(kind)
    if allowed and isinstance(raw, str) and raw not in allowed:
        message = Text(f"{path} 的取值 {raw!r} 不在可选之列", f"{path} cannot be {raw!r}")
        words = "、".join(allowed), ", ".join(allowed)
        raise WrongTypeError(path, message, Text(f"可选：{words[0]}", f"it is one of {words[1]}"))
    if not isinstance(raw, str):
        raise _wrong("str", raw, path)
    return raw


def _make_number(_: Kind, raw: object, path: str) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise _wrong("int", raw, path)
    return raw


def _make_switch(_: Kind, raw: object, path: str) -> bool:
    if not isinstance(raw, bool):
        raise _wrong("bool", raw, path)
    return raw


def _make_ratio(_: Kind, raw: object, path: str) -> Fraction:
    """Return the fraction written as `3/10`; a decimal, or a float, is no exact rate."""
    if isinstance(raw, str) and re.fullmatch(r"-?[0-9]+(?:/[1-9][0-9]*)?", raw, re.ASCII):
        return Fraction(raw)
    raise _wrong("rate", raw, path)


def _make_day(_: Kind, raw: object, path: str) -> date:
    if isinstance(raw, str):
        with suppress(ValueError):
            return date.fromisoformat(raw)
    raise _wrong("date", raw, path)


def _make_function(_: Kind, _raw: object, _path: str) -> Callable[[int], Fraction]:
    return lambda _: Fraction(0)


def _wrong(wanted: str, raw: object, path: str) -> WrongTypeError:
    """Return the error that a value is of another type."""
    place = path or "PROGRAMME"
    got, want = _KINDS[_NAMED.get(type(raw), "null")], _KINDS[wanted]
    return WrongTypeError(
        path,
        Text(f"{place} 写成了{got.zh}", f"{place} is {got.en}"),
        Text(f"此处应为{want.zh}", f"write {want.en} here"),
    )


_NAMED: Final = {
    int: "int",
    float: "float",
    str: "str",
    list: "array",
    dict: "object",
    bool: "bool",
}

_LEAVES: Final[dict[object, Callable[[Any, object, str], object]]] = {
    str: _make_word,
    Literal: _make_word,
    int: _make_number,
    bool: _make_switch,
    Fraction: _make_ratio,
    date: _make_day,
    Callable: _make_function,
}
