"""`suanquan replay`: fold the logs again from their bytes, wherever they lie, and compare."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from rich.console import Group
from rich.table import Table

from ledger.cluster import by_dask
from ledger.database import Connection, make_url
from ledger.errors import TamperedLogError
from ledger.events import LogName
from ledger.finding import Finding
from ledger.history import ExportedHistory, History, Place, StoredHistory, root_of
from ledger.projection import PROJECTIONS
from ledger.rebuild import Rebuilt, rebuild
from ledger.replay import Comparison, compare, derives_of, digest
from ledger.resume import Kept
from ledger.spans import Job, Runner, by_processes, here
from ledger.text import Text
from portal.filing import check_documents, check_kept
from portal.log_commands import (
    EXIT_DISAGREES,
    find_heads,
    finding_row,
    findings_shown,
    head_row,
    unreadable,
)
from portal.options import answers
from portal.seal_settings import find_seal_faults
from portal.shell import Result, Shell
from portal.usage_command import parse_sizes, require_sizes
from reports.issue import list_issued
from reports.reading import replay_snapshots


@dataclass(frozen=True, slots=True)
class _Request:
    """What is asked for: from where, as of which sizes, how."""

    directory: Path | None
    vkeys: tuple[str, ...]
    as_of: dict[LogName, int]
    statements: bool
    processes: int
    dask: str | None
    fresh: bool


@click.command(
    epilog="""\b
Examples:
  suanquan replay
  suanquan replay --statements --processes 4 --json
  suanquan replay --as-of usage=20000 --as-of book=120
  suanquan replay --from export --statements"""
)
@click.option(
    "--from",
    "directory",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Read the logs from this export; a database is compared where there is one.",
)
@click.option(
    "--key", "vkeys", multiple=True, metavar="VKEY", help="Believe this key, not the export's own."
)
@click.option("--as-of", multiple=True, metavar="LOG=SIZE", help="As known at that log size.")
@click.option("--statements", is_flag=True, help="Also make every issued statement again.")
@click.option(
    "--processes", type=click.IntRange(1, 256), default=1, show_default=True, help="Work so wide."
)
@click.option("--dask", metavar="ADDRESS", help="Work on the Dask cluster of this scheduler.")
@click.option("--fresh", is_flag=True, help="Leave what an interrupted replay kept.")
@answers
def replay(shell: Shell, as_of: tuple[str, ...], **options: Any) -> Result:  # noqa: ANN401
    """Fold the logs again from their bytes and compare with everything that is stored.

    Interrupted, it goes on where it was. As of an earlier size there are no stored rows; digests of
    the rows are shown, for two auditors to compare.
    """
    request = _Request(as_of=parse_sizes(as_of), **options)
    with _opened(shell, request) as (history, connection):
        if connection is not None:
            heads, findings = find_heads(connection)
            if not heads:
                return _answer(shell, {"projections": []}, findings, [])
        return _replay(shell, request, history or StoredHistory(_must(connection)), connection)


def _must(connection: Connection | None) -> Connection:
    """Return the connection, which is there unless a directory is read."""
    assert connection is not None
    return connection


@contextmanager
def _opened(
    shell: Shell, request: _Request
) -> Iterator[tuple[ExportedHistory | None, Connection | None]]:
    """Yield the export that is read, if any, and the database, where there is one."""
    if request.directory is None:
        with shell.auditing() as connection:
            yield None, connection
        return
    history = ExportedHistory(request.directory, request.vkeys)
    with nullcontext() if _has_no_database(shell) else shell.auditing() as connection:
        yield history, connection


def _has_no_database(shell: Shell) -> bool:
    """Return whether the database is a file that is not there: an auditor has only an export."""
    url = make_url(shell.settings.database_url)
    return url.get_backend_name() == "sqlite" and not Path(url.database or "").exists()


def _replay(
    shell: Shell, request: _Request, history: History, connection: Connection | None
) -> Result:
    """Return what a replay of a history finds."""
    heads = history.heads()
    require_sizes({name: head.size for name, head in heads.items()}, request.as_of)
    sizes = {name: head.size for name, head in heads.items()} | request.as_of
    try:
        rebuilt = _rebuild(shell, request, history, sizes)
    except TamperedLogError as error:
        data: dict[str, Any] = {"projections": []}
        if request.statements:
            data["statements"] = {"rendered": 0, "match": False}
        return _answer(shell, data, [unreadable(error)], [])
    findings = rebuilt.findings
    compared = None
    if connection is not None:
        findings += _compare_heads(shell, connection, rebuilt)
        if _stands(connection, rebuilt):
            compared = compare(connection, PROJECTIONS, rebuilt.rows)
            findings += [finding for one in compared for finding in one.findings]
    data = {
        "projections": _projection_rows(rebuilt, compared),
        "logs": [head_row(head) for head in rebuilt.heads.values()],
        "resumed": rebuilt.resumed,
    }
    own = request.directory is None and not request.as_of
    if request.directory is None:
        documents, missing = check_kept(shell, history, sizes["book"])
    else:
        documents, missing = check_documents(shell, history, sizes["book"], must_be_kept=False)
    data["documents"] = {"filed": documents, "match": not missing}
    findings += missing
    if request.statements:
        data["statements"], differing = replay_statements(shell, history, sizes, own=own)
        findings += differing
    return _answer(shell, data, findings, compared)


def _rebuild(
    shell: Shell, request: _Request, history: History, sizes: dict[LogName, int]
) -> Rebuilt:
    """Return what the logs give, by the runner that is asked for."""
    derives = derives_of(PROJECTIONS)
    kept = Kept(shell.settings.home / "replay", derives)
    if request.fresh:
        kept.clear()
    with shell.progress(Text("重放日志", "replaying"), sum(sizes.values())) as step:
        runner = _runner(shell, request, history)
        return rebuild(history, PROJECTIONS, sizes, runner, kept=kept, progress=step)


def _runner(shell: Shell, request: _Request, history: History) -> Runner:
    """Return how spans are run."""
    derives = derives_of(PROJECTIONS)
    place = Place(url=shell.settings.database_url)
    if request.directory is not None:
        place = Place(directory=str(request.directory.absolute()), vkeys=request.vkeys)
    elif (url := make_url(place.url)).get_backend_name() == "sqlite":
        absolute = url.set(database=str(Path(url.database or "").absolute()))
        place = replace(place, url=absolute.render_as_string(hide_password=False))
    if request.dask is not None:
        return by_dask(Job(place, derives), request.dask)
    if request.processes > 1:
        return by_processes(Job(place, derives), request.processes)
    return here(history, derives)


def _compare_heads(shell: Shell, connection: Connection, rebuilt: Rebuilt) -> Iterator[Finding]:
    """Yield each log of which the database does not hold the history that was replayed."""
    stored = StoredHistory(connection)
    present = stored.heads()
    for log, head in rebuilt.heads.items():
        now = present.get(log)
        if now is None or now.size < head.size:
            shell.warn(
                Text(
                    f"数据库中日志 {log} 不足 {head.size} 条，未作比较",
                    f"the database's {log} has fewer than {head.size} entries; not compared",
                )
            )
        elif now.origin != head.origin or root_of(stored, log, head.size) != head.root:
            what = Text(
                f"数据库在大小 {head.size} 时不是这一历史（根 {head.root.hex()}）",
                f"at size {head.size} the database has another history than root {head.root.hex()}",
            )
            yield Finding(log, None, "log", "root", what)


def _stands(connection: Connection, rebuilt: Rebuilt) -> bool:
    """Return whether the database's rows are those of the sizes that were replayed."""
    heads = StoredHistory(connection).heads()
    return {name: head.size for name, head in heads.items()} == {
        name: head.size for name, head in rebuilt.heads.items()
    }


def _projection_rows(
    rebuilt: Rebuilt, compared: Sequence[Comparison] | None
) -> list[dict[str, Any]]:
    """Return each projection's keys of the command line; `match` is null where nothing is stored.

    The digest is over the rows that the log gives.
    """
    matches = {one.name: not one.findings for one in compared or ()}
    return [
        {"name": name, "rows": len(rows), "match": matches.get(name), "digest": digest(rows)}
        for name, rows in rebuilt.rows.items()
    ]


def replay_statements(
    shell: Shell, source: Connection | History, sizes: dict[LogName, int], *, own: bool
) -> tuple[dict[str, Any], list[Finding]]:
    """Return how many statements were made again and whether they match, and what differs.

    Their files must be there, and no others, where the home is the ledger's `own` and today's.
    """
    try:
        issued = list_issued(next(replay_snapshots(source, [sizes])))
        press = shell.press()
        with shell.progress(Text("重制结算单", "making statements again"), len(issued)) as step:
            findings = list(press.replay(source, issued, step, must_be_kept=own))
        findings += find_seal_faults(shell, issued, must_be_kept=own)
        if own:
            findings.extend(press.find_strays(issued))
    except TamperedLogError as error:
        return {"rendered": 0, "match": False}, [unreadable(error)]
    return {"rendered": len(issued), "match": not findings}, findings


def _answer(
    shell: Shell,
    data: dict[str, Any],
    findings: Sequence[Finding],
    compared: Sequence[Comparison] | None,
) -> Result:
    """Return the result: what was folded, and what disagrees."""
    rows = [finding_row(shell, finding) for finding in findings]
    data = {"match": not findings, **data, "findings": rows}
    fine = Text("重放结果与所存一致", "the replay agrees with what is stored")
    if compared is None:
        fine = Text(
            "条目与根一致；该大小没有所存的行可比",
            "the entries give the root; no rows are stored at these sizes to compare with",
        )
    shown: list[Table | str] = [_table(shell, data)] if data["projections"] else []
    shown += [f"{one['name']} {one['size']} {one['root']}" for one in data.get("logs", [])]
    if data.get("resumed"):
        said = Text(
            f"其中 {data['resumed']} 段沿用上次中断时的结果；--fresh 可全部重算",
            f"{data['resumed']} spans were taken from an interrupted run; --fresh redoes them",
        )
        shown.append(shell.say(said))
    return Result(
        data,
        Group(*shown, findings_shown(shell, findings, fine)),
        EXIT_DISAGREES if findings else 0,
    )


def _table(shell: Shell, data: dict[str, Any]) -> Table:
    """Return what was folded, how many rows it has, and their digest."""
    table = Table()
    table.add_column(shell.say(Text("内容", "what")))
    table.add_column(shell.say(Text("行数", "rows")), justify="right")
    table.add_column(shell.say(Text("一致", "match")))
    table.add_column(shell.say(Text("摘要", "digest")), overflow="fold")
    marks = {True: "✓", False: "✗", None: "—"}
    for one in data["projections"]:
        table.add_row(one["name"], f"{one['rows']:,}", marks[one["match"]], one["digest"])
    if "statements" in data:
        made = data["statements"]
        name = shell.say(Text("结算单", "statements"))
        table.add_row(name, f"{made['rendered']:,}", marks[made["match"]], "")
    if "documents" in data:
        filed = data["documents"]
        name = shell.say(Text("文件", "documents"))
        table.add_row(name, f"{filed['filed']:,}", marks[filed["match"]], "")
    return table
