"""The logs folded again from their bytes, wherever they lie, and compared with what is stored."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

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
from portal.audit.checking import find_heads, head_row, unreadable
from portal.commands.usage_command import require_sizes
from portal.enterprises.filing import check_documents, check_kept
from portal.shell import Shell
from portal.statements.seal_settings import find_seal_faults
from reports.issue import list_issued
from reports.reading import replay_snapshots


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for: from where, as of which sizes, how."""

    directory: Path | None
    vkeys: tuple[str, ...]
    as_of: dict[LogName, int]
    statements: bool
    processes: int
    dask: str | None
    fresh: bool


class Replayed(NamedTuple):
    """What a replay found: the command line's keys, what disagrees, and what was compared.

    `compared` is None where no rows are stored at the sizes that were replayed.
    """

    data: dict[str, Any]
    findings: list[Finding]
    compared: Sequence[Comparison] | None


def replay_ledger(shell: Shell, request: Request) -> Replayed:
    """Return what folding the logs again from their bytes finds."""
    with _opened(shell, request) as (history, connection):
        if connection is not None:
            heads, findings = find_heads(connection)
            if not heads:
                return Replayed({"projections": []}, findings, [])
        return _replay(shell, request, history or StoredHistory(_must(connection)), connection)


def _must(connection: Connection | None) -> Connection:
    """Return the connection, which is there unless a directory is read."""
    assert connection is not None
    return connection


@contextmanager
def _opened(
    shell: Shell, request: Request
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
    shell: Shell, request: Request, history: History, connection: Connection | None
) -> Replayed:
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
        return Replayed(data, [unreadable(error)], [])
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
    return Replayed(data, findings, compared)


def _rebuild(
    shell: Shell, request: Request, history: History, sizes: dict[LogName, int]
) -> Rebuilt:
    """Return what the logs give, by the runner that is asked for."""
    derives = derives_of(PROJECTIONS)
    kept = Kept(shell.settings.home / "replay", derives)
    if request.fresh:
        kept.clear()
    with shell.progress(Text("重放日志", "replaying"), sum(sizes.values())) as step:
        runner = _runner(shell, request, history)
        return rebuild(history, PROJECTIONS, sizes, runner, kept=kept, progress=step)


def _runner(shell: Shell, request: Request, history: History) -> Runner:
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
