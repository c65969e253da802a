"""A change of the rules that somebody is thinking about, read from a file.

The file is TOML: it has comments, dates and amounts with separators, and nothing to balance but
quotes. `set` replaces values, `drop` takes conditions or optional values away, `add` appends
conditions; each names what it is about as `programme show ID --json` does. What a value replaces or
adds is cited like every value of a rule, by default as a proposal that nobody has decided.
"""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from ledger.errors import InvalidInputError
from ledger.text import Text
from vouchers.change_value import Citation, build_grade, build_text, require_table
from vouchers.strict_json import refuse, refuse_missing

PROPOSED: Final = Citation(Text("拟调整", "proposed change"), "A")


class VersionChange(NamedTuple):
    """What changes in one version; `version` is None where the programme has only one."""

    programme: str
    version: str | None
    set: Mapping[str, object]
    drop: Sequence[str]
    add: Mapping[str, object]
    citation: Citation
    path: str


class Change(NamedTuple):
    """A whole change file; `added` names programme files beside it, `dropped` programmes."""

    title: Text
    added: tuple[str, ...]
    dropped: tuple[str, ...]
    versions: tuple[VersionChange, ...]


def parse_change(raw: bytes) -> Change:
    """Return the change that a TOML file describes.

    Raises `InvalidInputError`: `bad_toml`, `unknown_key`, `missing_key`, `bad_value`, each with the
    place in the file.
    """
    try:
        loaded: object = _plain(tomllib.loads(raw.decode("utf-8-sig"), parse_float=str))
    except (ValueError, RecursionError) as error:
        detail = str(error)[:160]
        raise InvalidInputError(
            "bad_toml",
            Text(f"不是合法的 TOML：{detail}", f"not TOML: {detail}"),
            Text(
                "请检查引号、括号和 UTF-8 编码；写法见 examples/rules/change.toml",
                "check quotes, brackets and the encoding; see examples/rules/change.toml",
            ),
        ) from None
    table = require_table(loaded, "$", ["title", "change", "add_programmes", "drop_programmes"])
    title = build_text(table["title"], "title") if "title" in table else PROPOSED.clause
    changes = table.get("change", [])
    if not isinstance(changes, list):
        refuse("change", changes, Text("以 [[change]] 开头的表", "tables headed [[change]]"))
    return Change(
        title,
        _words(table.get("add_programmes", []), "add_programmes"),
        _words(table.get("drop_programmes", []), "drop_programmes"),
        tuple(_parse_version(one, f"change[{i}]") for i, one in enumerate(changes)),
    )


def _plain(value: object) -> object:
    """Return a TOML value with its dates as text, so that a date may stand without quotes."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


def _parse_version(raw: object, path: str) -> VersionChange:
    known = ["programme", "version", "clause", "grade", "set", "drop", "add"]
    table = require_table(raw, path, known)
    if "programme" not in table:
        refuse_missing("programme", path)
    citation = PROPOSED
    if "clause" in table:
        citation = citation._replace(clause=build_text(table["clause"], f"{path}.clause"))
    if "grade" in table:
        citation = citation._replace(grade=build_grade(table["grade"], f"{path}.grade"))
    return VersionChange(
        _word(table["programme"], f"{path}.programme"),
        _word(table["version"], f"{path}.version") if "version" in table else None,
        _named(table.get("set", {}), f"{path}.set"),
        _words(table.get("drop", []), f"{path}.drop"),
        _named(table.get("add", {}), f"{path}.add"),
        citation,
        path,
    )


def _word(raw: object, path: str) -> str:
    if not isinstance(raw, str) or not raw.strip():
        refuse(path, raw, Text("加引号的名称", "a name in quotes"))
    return raw


def _words(raw: object, path: str) -> tuple[str, ...]:
    if not isinstance(raw, list):
        refuse(path, raw, Text('名称的数组，如 ["wuhan"]', 'an array of names, such as ["wuhan"]'))
    return tuple(_word(one, f"{path}[{i}]") for i, one in enumerate(raw))


def _named(raw: object, path: str) -> Mapping[str, object]:
    if not isinstance(raw, dict):
        refuse(path, raw, Text("取值名与取值的表", "a table of names and values"))
    return raw
