"""`suanquan programme new`, `check`, `diff`, `reference`: for the people who write the rules."""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import click
from rich.console import Group
from rich.table import Table

from ledger.errors import InvalidInputError
from ledger.period import ZONE
from ledger.text import Text
from portal.commands.programme_commands import programme
from portal.commands.programme_file import read_programme, review_file
from portal.options import answers
from portal.shell import Result, Shell
from vouchers.catalogue import select_programmes
from vouchers.difference import CHANGES, Difference, Side, compare
from vouchers.programme import Level, Programme, Version, hash_version
from vouchers.reference import render_reference
from vouchers.remark import KINDS, Remark
from vouchers.template import parse_place, write_files
from vouchers.values import encode_bare, walk

__all__ = ["programme"]

_RULES = Path("vouchers") / "programmes"
_TESTS = Path("tests") / "vouchers" / "programmes"
_EXIT_ERRORS = 2


@programme.command(
    epilog="""\b
Examples:
  suanquan programme new jinan
  suanquan programme new donghu --level district --dir ../rules"""
)
@click.argument("place")
@click.option(
    "--level",
    type=click.Choice(["province", "city", "district"]),
    default="city",
    show_default=True,
    help="Whose money it is.",
)
@click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=".",
    show_default=True,
    help="A checkout of Suanquan, or a folder that gets both files side by side.",
)
@answers
def new(shell: Shell, place: str, level: Level, directory: Path) -> Result:
    """Write a programme file and its test for a place, every value assumed.

    PLACE is the programme's id: the place in small letters, for example jinan.
    """
    parse_place(place)
    is_checkout = (directory / _RULES).is_dir()
    rules, tests = (_RULES, _TESTS) if is_checkout else (Path(), Path())
    paths = [directory / rules / f"{place}.py", directory / tests / f"test_{place}.py"]
    for path in paths:
        if path.exists():
            raise InvalidInputError(
                "file_exists",
                Text(f"{path} 已经存在", f"{path} is there already"),
                Text("请直接修改该文件，或换一个名称", "edit that file, or take another name"),
            )
    package = "vouchers.programmes." if is_checkout else ""
    year = datetime.now(UTC).astimezone(ZONE).year
    for path, text in zip(paths, write_files(place, level, year, package=package), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    data = {"id": place, "level": level, "files": [str(path) for path in paths]}
    following = Text(
        f"下一步：逐项填写条款，再运行 suanquan programme check {paths[0]}",
        f"next: fill in each clause, then run suanquan programme check {paths[0]}",
    )
    return Result(data, Group(*map(str, paths), shell.say(following)))


@programme.command(
    epilog="""\b
Exit status 2 when there is an error; warnings and advice leave it 0.
Example:  suanquan programme check vouchers/programmes/jinan.py"""
)
@click.argument("file", type=click.Path(path_type=Path))
@answers
def check(shell: Shell, file: Path) -> Result:
    """Review one programme file: errors to mend, warnings to explain, advice.

    The file is run in a process of its own. Its clauses are not compared with any document: two
    people do that.
    """
    found, remarks = review_file(file)
    grades = [cited.grade for one in (found.versions if found else ()) for _, cited in walk(one)]
    counts = {kind: sum(one.kind == kind for one in remarks) for kind in KINDS}
    data = {
        "file": str(file),
        "programme": found.id if found else None,
        "ok": not counts["error"],
        "counts": counts,
        "values": len(grades),
        "assumed": grades.count("A"),
        "remarks": [_remark_data(shell, one) for one in remarks],
    }
    summary = Text(
        f"{file}：错误 {counts['error']}，警告 {counts['warning']}，建议 {counts['advice']}",
        f"{file}: errors {counts['error']}, warnings {counts['warning']}, "
        f"advice {counts['advice']}",
    )
    shown = Group(*([_remark_table(shell, remarks)] if remarks else []), shell.say(summary))
    return Result(data, shown, _EXIT_ERRORS if counts["error"] else 0)


def _remark_data(shell: Shell, remark: Remark) -> dict[str, Any]:
    return {
        "kind": remark.kind,
        "code": remark.code,
        "line": remark.line,
        "path": remark.path,
        "message": shell.say(remark.message),
        "next": shell.say(remark.next_step),
    }


def _remark_table(shell: Shell, remarks: list[Remark]) -> Table:
    table = Table()
    table.add_column(shell.say(Text("级别", "kind")), no_wrap=True)
    table.add_column(shell.say(Text("行", "line")), no_wrap=True, justify="right")
    table.add_column(shell.say(Text("位置", "place")), overflow="fold")
    table.add_column(shell.say(Text("说明", "what")), overflow="fold")
    table.add_column(shell.say(Text("怎么办", "what to do")), overflow="fold")
    for one in remarks:
        table.add_row(
            shell.say(KINDS[one.kind]),
            str(one.line or ""),
            one.path,
            shell.say(one.message),
            shell.say(one.next_step),
        )
    return table


@programme.command(
    epilog="""\b
A side is ID, ID@VERSION, a FILE or FILE@VERSION; without a version it is the newest.
Examples:
  suanquan programme diff hubei@2022 hubei@2025
  suanquan programme diff hubei vouchers/programmes/hubei.py --json"""
)
@click.argument("before")
@click.argument("after")
@answers
def diff(shell: Shell, before: str, after: str) -> Result:
    """Show what differs between two versions, value by value, with clauses and grades."""
    sides = [_find_version(one) for one in (before, after)]
    (_, old), (_, new_) = sides
    rows = list(compare(old, new_))
    data = {
        "before": _head_data(shell, *sides[0]),
        "after": _head_data(shell, *sides[1]),
        "rows": [_difference_data(shell, one) for one in rows],
    }
    if not rows:
        return Result(data, shell.say(Text("没有差别", "nothing differs")))
    return Result(data, _difference_table(shell, sides, rows))


def _find_version(name: str) -> tuple[Programme, Version]:
    """Return the version that somebody names by id or file.

    Raises `InvalidInputError`: `unknown_programme`, `broken_programme` or `unknown_version`.
    """
    source, mark, wanted = name.rpartition("@") if "@" in name else (name, "", "")
    if source.endswith(".py") or "/" in source:
        found: Programme = read_programme(Path(source))
    else:
        (found,) = select_programmes([source])
    versions = {one.id: one for one in found.versions}
    if mark and wanted not in versions:
        known = ", ".join(versions)
        raise InvalidInputError(
            "unknown_version",
            Text(f"{source} 没有版本 {wanted!r}", f"{source} has no version {wanted!r}"),
            Text(f"现有版本：{known}", f"its versions: {known}"),
        )
    if not found.versions:
        raise InvalidInputError(
            "unknown_version",
            Text(f"{source} 没有任何版本", f"{source} has no version"),
            Text(f"请运行 suanquan programme check {source}", "run suanquan programme check"),
        )
    return found, versions[wanted] if mark else found.versions[-1]


def _head_data(shell: Shell, found: Programme, version: Version) -> dict[str, Any]:
    last = version.valid_to
    return {
        "id": found.id,
        "version": version.id,
        "document": shell.say(version.document),
        "from": version.valid_from.value.isoformat(),
        "to": last.value.isoformat() if last is not None else None,
        "hash": hash_version(found, version),
    }


def _difference_data(shell: Shell, one: Difference) -> dict[str, Any]:
    side = one.after or one.before
    assert side is not None, one
    return {
        "change": one.change,
        "name": side.path,
        "what": shell.say(side.name()),
        "before": _side_data(shell, one.before),
        "after": _side_data(shell, one.after),
    }


def _side_data(shell: Shell, side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {
        "name": side.path,
        "value": encode_bare(side.cited.value),
        "clause": shell.say(side.cited.clause),
        "grade": side.cited.grade,
    }


def _difference_table(
    shell: Shell, sides: list[tuple[Programme, Version]], rows: list[Difference]
) -> Table:
    table = Table(show_lines=True)
    table.add_column(shell.say(Text("项目", "item")), overflow="fold")
    table.add_column(shell.say(Text("变化", "change")), no_wrap=True)
    for found, version in sides:
        document = shell.say(version.document)
        table.add_column(f"{found.id}@{version.id}\n{document}", overflow="fold")
    for one in rows:
        side = one.after or one.before
        assert side is not None, one
        table.add_row(
            shell.say(side.name()),
            shell.say(CHANGES[one.change]),
            *(_side_cell(shell, part) for part in (one.before, one.after)),
        )
    return table


def _side_cell(shell: Shell, side: Side | None) -> str:
    """Return a value above its clause and grade; a condition is named at the row's beginning."""
    if side is None:
        return "—"
    value = shell.say(side.show())
    cited = f"{shell.say(side.cited.clause)} [{side.cited.grade}]"
    return cited if value == "—" else f"{value}\n{cited}"


@programme.command(epilog="Example:  suanquan programme reference hubei wuhan")
@click.argument("programme_ids", metavar="[ID]...", nargs=-1)
@click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    default="docs/programmes",
    show_default=True,
    help="Where the pages go.",
)
@answers
def reference(shell: Shell, programme_ids: tuple[str, ...], directory: Path) -> Result:
    """Write a page for each programme: every value with its clause and grade."""
    directory.mkdir(parents=True, exist_ok=True)
    rows = []
    for one in select_programmes(programme_ids):
        page, path = render_reference(one).encode(), directory / f"{one.id}.md"
        changed = not path.exists() or path.read_bytes() != page
        if changed:
            path.write_bytes(page)
        digest = sha256(page).hexdigest()
        rows.append({"id": one.id, "path": str(path), "changed": changed, "sha256": digest})
    words = {True: Text("已更新", "written"), False: Text("未变", "unchanged")}
    told = [f"{row['path']}  {shell.say(words[bool(row['changed'])])}" for row in rows]
    return Result({"rows": rows}, Group(*told))
