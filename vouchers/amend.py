"""The programmes after a change: values replaced, conditions added or dropped, the rest as it is.

A value is named by its path in the version, such as `eligibility[1].conditions[0]`. The innermost
cited value that holds a change takes the change's citation, so that a decision never gives a clause
for what the clause does not say.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple, NoReturn, get_args

from msgspec import Struct, structs

from ledger.errors import InvalidInputError
from ledger.text import Text
from vouchers.change import Change, VersionChange
from vouchers.change_value import Citation, build
from vouchers.programme import Cited, Programme, Version, Window
from vouchers.spelling import find_nearest
from vouchers.strict_json import refuse, refuse_key
from vouchers.value_type import Kind, fields_of, is_cited, is_list, is_optional, member_of

_STEP: Final = re.compile(r"\.?([a-z_]+)|\[([0-9]{1,4})\]", re.ASCII)
_PATH: Final = re.compile(r"[a-z_]+(?:\[[0-9]{1,4}\]|\.[a-z_]+)*", re.ASCII)

# What a version is called is no value of it: a changed version keeps its name and has another hash.
_FIXED: Final = frozenset({"id"})

_Steps = Sequence[str | int]
_Do = Callable[[Kind, object, str], object]


def change_programmes(
    change: Change, programmes: Iterable[Programme], added: Iterable[Programme] = ()
) -> tuple[Programme, ...]:
    """Return the programmes after a change, in the catalogue's order; those it leaves alone as is.

    `added` are those of the files that the change names. Raises `InvalidInputError`: everything
    that a value can be refused for, `unknown_programme`, `unknown_version`, `programme_exists` and
    `bad_version` for a rule that cannot be.
    """
    made = {one.id: one for one in programmes}
    for i, name in enumerate(change.dropped):
        _require_programme(name, made, f"drop_programmes[{i}]")
        del made[name]
    for one in added:
        if one.id in made:
            raise InvalidInputError(
                "programme_exists",
                Text(f"已有项目 {one.id!r}", f"there is a programme {one.id!r} already"),
                Text(
                    "请改文件名与 id，或在 drop_programmes 中先去掉原项目",
                    "give it another id, or name the old one in drop_programmes",
                ),
            )
        for version in one.versions:
            _check(version, f"{one.id}@{version.id}")
        made[one.id] = one
    for asked in change.versions:
        _require_programme(asked.programme, made, f"{asked.path}.programme")
        made[asked.programme] = _change_programme(made[asked.programme], asked)
    return tuple(sorted(made.values(), key=Programme.rank))


def _change_programme(programme: Programme, asked: VersionChange) -> Programme:
    ids = [one.id for one in programme.versions]
    chosen = asked.version or (ids[0] if len(ids) == 1 else None)
    if chosen not in ids:
        near = find_nearest(chosen, ids) if chosen else None
        listed = ", ".join(ids)
        raise InvalidInputError(
            "unknown_version",
            Text(
                f"{asked.path}.version：{programme.id} 没有版本 {chosen!r}",
                f"{asked.path}.version: {programme.id} has no version {chosen!r}",
            )
            if chosen
            else Text(
                f"{asked.path}：{programme.id} 有多个版本，未写明 version",
                f"{asked.path}: {programme.id} has several versions, and none is named",
            ),
            Text(f"是否应为 {near}？", f"did you mean {near}?")
            if near
            else Text(f"现有版本：{listed}", f"its versions: {listed}"),
        )
    versions = tuple(
        _change_version(one, asked) if one.id == chosen else one for one in programme.versions
    )
    try:
        return structs.replace(programme, versions=versions)
    except AssertionError:
        # A programme asserts that its versions follow one another; here they come from outside.
        _refuse_version(
            asked.path,
            Text("各版本的施行期重叠或颠倒", "the versions overlap, or are out of order"),
            Text("请核对 valid_from 与 valid_to", "check valid_from and valid_to"),
        )


def _change_version(version: Version, asked: VersionChange) -> Version:
    made = version
    for name, raw in asked.set.items():
        made = _edit(made, name, f"{asked.path}.set", asked.citation, _setter(raw, asked.citation))
    for name in sorted(set(asked.drop), key=_order, reverse=True):
        made = _drop(made, name, f"{asked.path}.drop", asked.citation)
    for name, raw in asked.add.items():
        made = _edit(made, name, f"{asked.path}.add", asked.citation, _adder(raw, asked.citation))
    _check(made, asked.path)
    return made


def _setter(raw: object, citation: Citation) -> _Do:
    return lambda kind, _, path: build(kind, raw, path, citation)


def _adder(raw: object, citation: Citation) -> _Do:
    def add(kind: Kind, at: object, path: str) -> object:
        if not isinstance(at, tuple) or not is_list(kind):
            refuse(path, raw, Text("可以追加的清单，如 eligibility", "a list, such as eligibility"))
        made = build(kind, raw, path, citation)
        assert isinstance(made, tuple), made
        return (*at, *made)

    return add


def _drop(made: Version, name: str, path: str, citation: Citation) -> Version:
    """Return a version without a condition or an optional value."""
    *parent, last = _split(name, path)
    if isinstance(last, int):
        whole = name.rpartition("[")[0]
        return _edit(made, whole, path, citation, lambda _, at, place: _without(at, last, place))

    def leave_out(kind: Kind, _: object, place: str) -> object:
        if parent or not (is_list(kind) or is_optional(kind)):
            refuse(place, name, Text("可以省略的取值", "a value that a rule can do without"))
        return () if is_list(kind) else None

    return _edit(made, name, path, citation, leave_out)


def _without(at: object, index: int, path: str) -> object:
    if not isinstance(at, tuple):
        refuse(path, index, Text("清单中的位置", "a position in a list"))
    _require_index(at, index, path)
    return at[:index] + at[index + 1 :]


def _edit(made: Version, name: str, path: str, citation: Citation, do: _Do) -> Version:
    """Return a version with one of its values, named by its path, replaced.

    The innermost cited value that holds the change takes its citation.
    """
    edited, _ = _Edit(citation, do).at(Version, made, _split(name, path), path)
    assert isinstance(edited, Version), edited
    return edited


class _Edit(NamedTuple):
    """One edit on its way to its place."""

    citation: Citation
    do: _Do

    def at(self, kind: Kind, at: object, steps: _Steps, path: str) -> tuple[object, bool]:
        """Return what stands at a place after the edit, and whether it is cited anew already."""
        if not steps:
            made = self.do(kind, at, path)
            return made, isinstance(made, Cited)
        kind = member_of(kind, at)
        if isinstance(at, Cited) and is_cited(kind):
            value, is_done = self.at(fields_of(kind)["value"].kind, at.value, steps, path)
            own = Citation(at.clause, at.grade) if is_done else self.citation
            return Cited(value, *own), True
        step, rest = steps[0], steps[1:]
        if isinstance(step, int):
            if not isinstance(at, tuple) or not is_list(kind):
                refuse(path, step, Text("清单中的位置", "a position in a list"))
            _require_index(at, step, path)
            made, is_done = self.at(get_args(kind)[0], at[step], rest, f"{path}[{step}]")
            return (*at[:step], made, *at[step + 1 :]), is_done
        if not isinstance(at, Struct):
            refuse(path, step, Text("没有下级的名称", "a name with nothing under it"))
        fields = {name: one.kind for name, one in fields_of(kind).items() if name not in _FIXED}
        if step not in fields:
            refuse_key(step, path, list(fields))
        made, is_done = self.at(fields[step], getattr(at, step), rest, f"{path}.{step}")
        return structs.replace(at, **{step: made}), is_done


def _split(name: str, path: str) -> list[str | int]:
    """Return the steps of a path such as `eligibility[1].conditions[0]`."""
    if not _PATH.fullmatch(name):
        refuse(
            path,
            name,
            Text(
                "取值的名称，如 rate 或 eligibility[1]（见 programme show ID --json）",
                "a value's name, such as rate or eligibility[1] (see programme show ID --json)",
            ),
        )
    return [int(index) if index else word for word, index in _STEP.findall(name)]


def _order(name: str) -> list[tuple[int, str]]:
    """Return what orders names so that a later position of a list comes later."""
    return [(int(index) if index else 0, word) for word, index in _STEP.findall(name)]


# --- checks ---


def _check(version: Version, path: str) -> None:
    """Raise where a version cannot be applied."""
    if version.rounding_unit_fen.value < 1:
        least = Text("不小于 1 的整数（分）", "an integer of at least 1, in fen")
        refuse(f"{path}: rounding_unit_fen", version.rounding_unit_fen.value, least)
    last = version.valid_to
    if last is not None and last.value < version.valid_from.value:
        _refuse_version(
            path,
            Text(
                f"施行至 {last.value}，早于施行日期 {version.valid_from.value}",
                f"in force to {last.value}, before it is from {version.valid_from.value}",
            ),
            Text("请核对 valid_from 与 valid_to", "check valid_from and valid_to"),
        )
    for i, cited in enumerate(version.windows):
        _check_window(cited.value, f"{path}: windows[{i}]")


def _check_window(window: Window, path: str) -> None:
    for name in ("first", "last"):
        day = getattr(window, name)
        try:
            # A year without 29 February: a window is every year's.
            date.fromisoformat(f"2023-{day}")
        except ValueError:
            refuse(f"{path}.{name}", day, Text("月日，如 03-18", "a month and day such as 03-18"))


def _require_index(at: tuple[object, ...], index: int, path: str) -> None:
    if index >= len(at):
        last = len(at) - 1
        refuse(path, index, Text(f"位置 0 到 {last}", f"a position from 0 to {last}"))


def _require_programme(name: str, known: Mapping[str, Programme], path: str) -> None:
    if name in known:
        return
    near, ids = find_nearest(name, known), ", ".join(known)
    raise InvalidInputError(
        "unknown_programme",
        Text(f"{path}：没有项目 {name!r}", f"{path}: no programme {name!r}"),
        Text(f"是否应为 {near}？", f"did you mean {near}?")
        if near
        else Text(f"现有项目：{ids}", f"the programmes are: {ids}"),
    )


def _refuse_version(path: str, message: Text, step: Text) -> NoReturn:
    raise InvalidInputError(
        "bad_version",
        Text(f"{path}：{message.zh}", f"{path}: {message.en}"),
        step,
    )
