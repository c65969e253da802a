"""Strict JSON (RFC 8259) from outside: every refusal names the path, the value and the next step.

A decoder that drops an unknown key or keeps the last of two equal ones would decide about money
that nobody wrote down, so both are refused here, before a value is made. What a document may hold
is read from the annotations of its `msgspec.Struct`.
"""

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final, NoReturn, TypeVar

import msgspec
from msgspec import inspect

from ledger.errors import InvalidInputError
from ledger.period import parse_date
from ledger.text import Text
from vouchers.spelling import find_nearest
from vouchers.unreadable import refusal

DOCUMENT_BYTES_MAX: Final = 4 * 2**20

S = TypeVar("S", bound=msgspec.Struct)

_SHOWN_CHARS_MAX: Final = 60
_DIGITS_MAX: Final = 40
_YEAR_MONTH_DAY: Final = re.compile(
    r"\s*([0-9]{4})[-/.年\s]*([0-9]{1,2})[-/.月\s]*([0-9]{1,2})日?(?:[T\s].*)?", re.ASCII
)

# What a pattern of a field means to people.
_FORMS: Final = {
    "[1-9][0-9]{5}": Text(
        "六位行政区划代码（GB/T 2260），例如 420100", "six digits of GB/T 2260, such as 420100"
    )
}


@dataclass(frozen=True, slots=True)
class _Number:
    """A number that is no whole one, or has more digits than any amount, as it was written."""

    text: str

    def __str__(self) -> str:
        return self.text


class _Object(dict[str, object]):
    """A JSON object that remembers the first key that was written twice."""

    twice: str | None = None


def decode(raw: bytes, kind: type[S]) -> S:
    """Return the value of one JSON document as the struct asked for.

    Raises `InvalidInputError`: `bad_json`, `document_too_long`, `unknown_key` (with the nearest
    known name), `duplicate_key`, `missing_key`, `bad_value` or `bad_date`, each with the path of
    what is wrong.
    """
    if len(raw) > DOCUMENT_BYTES_MAX:
        raise InvalidInputError(
            "document_too_long",
            Text(f"文件有 {len(raw)} 字节", f"the document has {len(raw)} bytes"),
            Text(f"最多 {DOCUMENT_BYTES_MAX} 字节", f"{DOCUMENT_BYTES_MAX} bytes at most"),
        )
    value = build(_form_of(kind), _parse(raw), "")
    assert isinstance(value, kind), value
    return value


@cache
def _form_of(kind: type[msgspec.Struct]) -> inspect.Type:
    """Return what a document of a kind may hold; reading it off the annotations takes long."""
    return inspect.type_info(kind)


def refuse(path: str, value: object, expected: Text) -> NoReturn:
    """Raise `InvalidInputError` (code `bad_value`) for the value at a path."""
    shown, place = _show(value), path or "$"
    gap = " " if expected.zh[:1].isascii() else ""
    raise InvalidInputError(
        "bad_value",
        Text(f"{place} 的值不对：{shown}", f"wrong value at {place}: {shown}"),
        Text(f"应为{gap}{expected.zh}", f"it must be {expected.en}"),
        place,
    )


def _parse(raw: bytes) -> object:
    try:
        value: object = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_pair,
            parse_constant=_refuse_constant,
            parse_float=_Number,
            parse_int=_parse_int,
        )
        # json takes a lone surrogate, which no later writer could encode.
        json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise refusal(raw, error) from None
    return value


def _pair(pairs: list[tuple[str, object]]) -> _Object:
    made = _Object()
    for key, value in pairs:
        if key in made and made.twice is None:
            made.twice = key
        made[key] = value
    return made


def _parse_int(text: str) -> object:
    return int(text) if len(text) <= _DIGITS_MAX else _Number(text)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def build(kind: inspect.Type, value: object, path: str) -> object:
    """Return the value of a type at a path, taken from what JSON can say; raises as `decode`."""
    if isinstance(kind, inspect.UnionType):
        if value is None:
            return None
        (kind,) = (one for one in kind.types if not isinstance(one, inspect.NoneType))
    return _BUILDERS[type(kind)](kind, value, path)


def _build_struct(kind: inspect.StructType, value: object, path: str) -> object:
    if not isinstance(value, _Object):
        refuse(path, value, Text("对象 {…}", "an object {…}"))
    if value.twice is not None:
        _refuse_duplicate(value.twice, path)
    fields = {field.encode_name: field for field in kind.fields}
    for key in value:
        if key not in fields:
            refuse_key(key, path, list(fields))
    for name, field in fields.items():
        if field.required and name not in value:
            refuse_missing(name, path)
    return kind.cls(
        **{
            fields[key].name: build(fields[key].type, one, f"{path}.{key}" if path else key)
            for key, one in value.items()
        }
    )


def _build_tuple(kind: inspect.VarTupleType, value: object, path: str) -> object:
    if not isinstance(value, list):
        refuse(path, value, Text("数组 […]", "an array […]"))
    return tuple(build(kind.item_type, one, f"{path}[{i}]") for i, one in enumerate(value))


def _build_described(kind: inspect.Metadata, value: object, path: str) -> object:
    """Return a value whose type says what it means, which changes nothing of what it may be."""
    return build(kind.type, value, path)


def _build_int(kind: inspect.IntType, value: object, path: str) -> int:
    low, high = kind.ge, kind.le
    unit = Text("，单位为分", ", in fen") if path.endswith("_fen") else Text("", "")
    if isinstance(value, str):
        unit = Text(f"{unit.zh}，不加引号", f"{unit.en}, without quotes")
    too_long = isinstance(value, _Number) and value.text.isdigit()
    # bool is an int to Python, but `true` is not an amount.
    if not too_long and (type(value) is not int or (low is not None and value < low)):
        least = Text(f"不小于 {low} 的整数", f"an integer of at least {low}")
        refuse(path, value, Text(f"{least.zh}{unit.zh}", f"{least.en}{unit.en}"))
    if type(value) is not int or (high is not None and value > high):
        refuse(path, value, Text(f"不大于 {high} 的整数", f"an integer of at most {high}"))
    return value


def _build_str(kind: inspect.StrType, value: object, path: str) -> str:
    limit, form = kind.max_length, _FORMS.get(kind.pattern or "")
    if not isinstance(value, str):
        refuse(path, value, form or Text("加引号的文字", "text in quotes"))
    if kind.pattern is not None and re.fullmatch(kind.pattern, value, re.ASCII) is None:
        shape = Text(f"符合 {kind.pattern} 的文字", f"text of the form {kind.pattern}")
        refuse(path, value, form or shape)
    if not value.strip() or (limit and len(value) > limit):
        zh, en = (f"，最多 {limit} 字", f", {limit} characters at most") if limit else ("", "")
        refuse(path, value, Text(f"非空文字{zh}", f"text, not blank{en}"))
    # They break a line, hide, or turn the text around them where a person reads it.
    if any(unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"} for char in value):
        refuse(path, value, Text("不含控制字符的文字", "text without control characters"))
    return value


def _build_bool(_kind: inspect.BoolType, value: object, path: str) -> bool:
    if not isinstance(value, bool):
        refuse(path, value, Text("true 或 false", "true or false"))
    return value


def _build_date(_kind: inspect.DateType, value: object, path: str) -> date:
    if isinstance(value, str):
        try:
            return parse_date(value)
        except InvalidInputError:
            pass
    elif type(value) is not int:
        refuse(path, value, Text("形如 2022-07-01 的日期", "a date such as 2022-07-01"))
    found = _YEAR_MONTH_DAY.fullmatch(unicodedata.normalize("NFKC", str(value)))
    meant = _make_date(*map(int, found.groups())) if found else None
    message = Text("不是日期", "not a date")
    if found and meant is None:
        message = Text("没有这一天", "no such day")
    raise InvalidInputError(
        "bad_date" if isinstance(value, str) else "bad_value",
        Text(f"{path}：{message.zh}：{_show(value)}", f"{path}: {message.en}: {_show(value)}"),
        Text(f'是否应为 "{meant}"？', f'did you mean "{meant}"?')
        if meant is not None
        else Text('请写成 "2022-07-01"', 'write it like "2022-07-01"'),
        path,
    )


def _make_date(year: int, month: int, day: int) -> date | None:
    """Return the day, None where no calendar has it."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _build_literal(kind: inspect.LiteralType, value: object, path: str) -> object:
    if value not in kind.values:
        known = [str(one) for one in kind.values]
        near = find_nearest(value, known) if isinstance(value, str) else None
        words = near or " / ".join(known)
        refuse(path, value, Text(words, words))
    return value


_BUILDERS: Final[dict[type[inspect.Type], Callable[[Any, object, str], object]]] = {
    inspect.Metadata: _build_described,
    inspect.StructType: _build_struct,
    inspect.VarTupleType: _build_tuple,
    inspect.IntType: _build_int,
    inspect.StrType: _build_str,
    inspect.BoolType: _build_bool,
    inspect.DateType: _build_date,
    inspect.LiteralType: _build_literal,
}


def refuse_key(key: str, path: str, known: list[str]) -> NoReturn:
    """Raise `InvalidInputError` (code `unknown_key`) with the nearest known key, or all of them."""
    place, near, names = path or "$", find_nearest(key, known), ", ".join(known)
    raise InvalidInputError(
        "unknown_key",
        Text(f"{place} 中有未知的键 {_show(key)}", f"unknown key {_show(key)} in {place}"),
        Text(f"是否应为 {near}？", f"did you mean {near}?")
        if near
        else Text(f"可用的键：{names}", f"known keys: {names}"),
        place,
    )


def _refuse_duplicate(key: str, path: str) -> NoReturn:
    place = path or "$"
    raise InvalidInputError(
        "duplicate_key",
        Text(f"{place} 中的键 {_show(key)} 写了两次", f"key {_show(key)} is twice in {place}"),
        Text("请只保留一个", "keep one of them"),
        place,
    )


def refuse_missing(key: str, path: str) -> NoReturn:
    """Raise `InvalidInputError` (code `missing_key`) for a key that an object lacks."""
    place = f"{path}.{key}" if path else key
    raise InvalidInputError(
        "missing_key",
        Text(f"{place} 没有填写", f"{place} is missing"),
        Text(f"请补上 {key}", f"add {key}"),
        place,
    )


def _show(value: object) -> str:
    """Return a value as it was written, cut where it is long."""
    written = isinstance(value, _Number)
    text = str(value) if written else json.dumps(value, ensure_ascii=False, default=str)
    text = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in text)
    return text if len(text) <= _SHOWN_CHARS_MAX else text[:_SHOWN_CHARS_MAX] + "…"
