"""A value of a rule written by hand, built by the type that the rule has for it.

A cited value may be written bare, and then has the change's own clause and grade, or as a table
`{value, clause, grade}`. A rate is `"2/5"`, `"40%"` or `"0.4"`; an amount is whole fen, or text
that names its unit, such as `"30万元"`. A condition is a table whose `type` says which. Nothing is
guessed: what does not fit is refused with its place, the value and the next step.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, Final, Literal, NamedTuple, get_args

from msgspec import inspect

from ledger.errors import InvalidInputError
from ledger.money import FEN_MAX, FEN_PER_YUAN, parse_decimal, without_separators
from ledger.text import Text
from vouchers.case import QUALIFICATION_KINDS, ZONES
from vouchers.decision import Grade
from vouchers.programme import Cited
from vouchers.spelling import find_slip
from vouchers.strict_json import build as build_plain
from vouchers.strict_json import refuse, refuse_key, refuse_missing
from vouchers.value_type import (
    Kind,
    fields_of,
    is_cited,
    is_list,
    is_optional,
    members,
    origin_of,
    struct_of,
    tag_of,
)

_UNITS: Final = {
    "CNY": FEN_PER_YUAN,
    "元": FEN_PER_YUAN,
    "万元": 10_000 * FEN_PER_YUAN,
    "亿元": 100_000_000 * FEN_PER_YUAN,
}
_AMOUNT: Final = re.compile(r"(CNY)? ?([0-9.,]+) ?(元|万元|亿元)?")
_RATIO: Final = re.compile(r"(?:([0-9]+)/([1-9][0-9]*)|([0-9.]+)(%?))", re.ASCII)
_NAMES: Final = {"kind": QUALIFICATION_KINDS, "zone": ZONES}


class Citation(NamedTuple):
    """The clause and the grade of a value that is written without its own."""

    clause: Text
    grade: Grade


def build(kind: Kind, raw: object, path: str, citation: Citation) -> object:
    """Return the value of a type that is written at a path.

    Raises `InvalidInputError`: `bad_value`, `unknown_key` or `missing_key`, with the nearest name.
    """
    kinds = members(kind)
    if len(kinds) > 1:
        kinds = (_choose(kinds, raw, path),)
    (kind,) = kinds
    if is_cited(kind):
        return _build_cited(kind, raw, path, citation)
    if struct_of(kind):
        return _build_struct(kind, raw, path, citation)
    if origin_of(kind) is tuple:
        return _build_tuple(kind, raw, path, citation)
    builder = _LEAVES.get(origin_of(kind) or kind)
    if builder is None:
        refuse(path, raw, Text("只有项目文件才能写的值", "what only a programme file can say"))
    return builder(kind, raw, path)


def build_text(raw: object, path: str) -> Text:
    """Return a sentence that is written once for both languages, or as `{zh, en}`."""
    if isinstance(raw, str) and raw.strip():
        return Text(raw, raw)
    table = require_table(raw, path, ["zh", "en"])
    for name in ("zh", "en"):
        if name not in table:
            refuse_missing(name, path)
        if not isinstance(table[name], str) or not str(table[name]).strip():
            refuse(f"{path}.{name}", table[name], Text("非空文字", "text, not blank"))
    return Text(str(table["zh"]), str(table["en"]))


def require_table(raw: object, path: str, known: list[str]) -> Mapping[str, object]:
    """Return a table whose keys are all known."""
    if not isinstance(raw, dict):
        refuse(path, raw, Text(f"含 {'、'.join(known)} 的表", f"a table of {', '.join(known)}"))
    for key in raw:
        if key not in known:
            refuse_key(key, path, known)
    return raw


def _choose(kinds: tuple[Kind, ...], raw: object, path: str) -> Kind:
    """Return which of several types something is written for: of a table its `type` says it."""
    tagged = {tag: one for one in kinds if (tag := tag_of(one))}
    plain = [one for one in kinds if not tag_of(one)]
    if plain and not (tagged and isinstance(raw, dict)):
        return plain[0]
    if not isinstance(raw, dict) or "type" not in raw:
        names = " / ".join(tagged)
        refuse(path, raw, Text(f"写明 type 的表：{names}", f"a table whose type is {names}"))
    chosen = build_plain(inspect.LiteralType(tuple(tagged)), raw["type"], f"{path}.type")
    return tagged[str(chosen)]


def _build_cited(kind: Kind, raw: object, path: str, citation: Citation) -> object:
    """Return a cited value, written bare or with its clause and grade."""
    fields = fields_of(kind)
    if not isinstance(raw, dict) or "value" not in raw or "type" in raw:
        return Cited(build(fields["value"].kind, raw, path, citation), *citation)
    table = require_table(raw, path, list(fields))
    own = citation
    if "clause" in table:
        own = own._replace(clause=build_text(table["clause"], f"{path}.clause"))
    if "grade" in table:
        own = own._replace(grade=build_grade(table["grade"], f"{path}.grade"))
    return Cited(build(fields["value"].kind, table["value"], f"{path}.value", own), *own)


def build_grade(raw: object, path: str) -> Grade:
    """Return a grade of evidence."""
    found: dict[object, Grade] = {"P": "P", "M": "M", "N": "N", "A": "A"}
    if not isinstance(raw, str) or raw not in found:
        refuse(path, raw, Text("P、M、N 或 A", "P, M, N or A"))
    return found[raw]


def _build_struct(kind: Kind, raw: object, path: str, citation: Citation) -> object:
    struct, fields = struct_of(kind), fields_of(kind)
    assert struct is not None, kind
    table = require_table(raw, path, [*(["type"] if tag_of(kind) else []), *fields])
    # TOML has no null: a value that may be none is left out.
    unsaid: dict[str, object] = {}
    for name, field in fields.items():
        if field.required and name not in table:
            if not is_optional(field.kind):
                refuse_missing(name, path)
            unsaid[name] = None
    given = {key: one for key, one in table.items() if key in fields}
    return struct(
        **unsaid,
        **{
            key: build(fields[key].kind, one, f"{path}.{key}", citation)
            for key, one in given.items()
        },
    )


def _build_tuple(kind: Kind, raw: object, path: str, citation: Citation) -> object:
    """Return a tuple of any length, or one of so many parts."""
    if not isinstance(raw, list):
        refuse(path, raw, Text("数组 […]", "an array […]"))
    parts = get_args(kind)
    if is_list(kind):
        parts = (parts[0],) * len(raw)
    if len(parts) != len(raw):
        refuse(path, raw, Text(f"{len(parts)} 项的数组", f"an array of {len(parts)}"))
    return tuple(
        build(part, one, f"{path}[{i}]", citation)
        for i, (part, one) in enumerate(zip(parts, raw, strict=True))
    )


def _build_word(_kind: Kind, raw: object, path: str) -> str:
    if not isinstance(raw, str) or not raw.strip():
        refuse(path, raw, Text("非空文字", "text, not blank"))
    known = _NAMES.get(path.rpartition(".")[2])
    near = find_slip(raw, known) if known else None
    if near:
        # It would match nothing, silently.
        refuse(path, raw, Text(near, near))
    return raw


def _build_ratio(_kind: Kind, raw: object, path: str) -> Fraction:
    """Return a rate between nothing and all."""
    match = _RATIO.fullmatch(raw) if isinstance(raw, str) else None
    expected = Text(
        '不超过 1 的比例，如 "2/5"、"40%" 或 "0.4"',
        'a rate from 0 to 1, such as "2/5", "40%" or "0.4"',
    )
    if match is None:
        refuse(path, raw, expected)
    if match[1]:
        ratio = Fraction(int(match[1]), int(match[2]))
    else:
        try:
            ratio = parse_decimal(match[3]) / (100 if match[4] else 1)
        except InvalidInputError:
            refuse(path, raw, expected)
    if ratio > 1:
        refuse(path, raw, expected)
    return ratio


def _build_amount(_kind: Kind, raw: object, path: str) -> int:
    """Return a whole number that is not negative: fen, or what a text with its unit comes to."""
    is_money = "_fen" in path
    expected = Text("不小于 0 的整数", "an integer of at least 0")
    if is_money:
        expected = Text(
            f'{expected.zh}（分），或带单位的文字，如 "30万元"',
            f'{expected.en}, in fen, or text with its unit, such as "CNY 300,000"',
        )
    amount = raw
    match = _AMOUNT.fullmatch(raw) if isinstance(raw, str) and is_money else None
    if match is not None and bool(match[1]) != bool(match[3]):
        try:
            exact = parse_decimal(without_separators(match[2])) * _UNITS[match[1] or match[3]]
        except InvalidInputError:
            refuse(path, raw, expected)
        amount = exact.numerator if exact.denominator == 1 else raw
    # bool is an int to Python, but `true` is not an amount.
    if type(amount) is not int or not 0 <= amount <= FEN_MAX:
        refuse(path, raw, expected)
    return amount


_LEAVES: Final[dict[object, Callable[[Any, object, str], object]]] = {
    Text: lambda _, raw, path: build_text(raw, path),
    Fraction: _build_ratio,
    int: _build_amount,
    str: _build_word,
    bool: lambda _, raw, path: build_plain(inspect.BoolType(), raw, path),
    date: lambda _, raw, path: build_plain(inspect.DateType(), raw, path),
    Literal: lambda kind, raw, path: build_plain(inspect.LiteralType(get_args(kind)), raw, path),
}
