"""`suanquan ingest rejected`: what was refused and why; take it in after a fix."""

from base64 import b64encode
from collections import Counter
from typing import Any

import click
from rich.console import Group
from rich.table import Table

from ingest.quarantine import split_record
from ingest.retry import RETRY_RECORDS, Retried, retry
from ingest.topic import KAFKA_PREFIX
from ledger.database import Engine
from ledger.errors import InvalidInputError
from ledger.period import render_instant
from ledger.query import Refused, RefusedFilter, find_refused, read_refused
from ledger.text import Text
from portal.options import answers
from portal.shell import Result, Shell, now_ms


@click.group()
def rejected() -> None:
    """See the records that were refused, and why; take them in after a fix."""


@rejected.command(
    "list",
    epilog="""\b
Examples:
  suanquan ingest rejected list --limit 20
  suanquan ingest rejected list --code ambiguous_mode --open --json""",
)
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@click.option("--after", type=click.IntRange(0), default=0, help="Only those after this id.")
@click.option("--code", help="Only this code.")
@click.option("--open", "is_open", is_flag=True, help="Only those that were not taken in since.")
@answers
def list_(shell: Shell, limit: int, after: int, code: str | None, *, is_open: bool) -> Result:
    """List refused records in the order in which they were refused."""
    with shell.auditing() as connection:
        refused, total = read_refused(connection, RefusedFilter(after, code, is_open), limit)
    rows = [_rejection_row(shell, one) for one in refused]
    data = {"rows": rows, "total": total}
    if not rows:
        nothing = Text("没有拒收的记录。", "Nothing was refused.")
        if after or code or is_open:
            nothing = Text("没有符合条件的拒收记录。", "No refused record is as asked for.")
        return Result(data, shell.say(nothing))
    shown = Table(caption=shell.say(_counted(len(rows), total)))
    shown.add_column(shell.say(Text("编号", "id")), no_wrap=True)
    shown.add_column(shell.say(Text("来源", "source")), overflow="fold")
    for title in (Text("位置", "position"), Text("代码", "code")):
        shown.add_column(shell.say(title), no_wrap=True)
    shown.add_column(shell.say(Text("已补录", "settled")), no_wrap=True)
    shown.add_column(shell.say(Text("原因与下一步", "why, and what next")), overflow="fold")
    for row in rows:
        settled = "✓" if row["settled"] else ""
        place = row["source"], str(row["position"])
        shown.add_row(str(row["id"]), *place, row["code"], settled, row["message"])
    return Result(data, shown)


def _counted(shown: int, total: int) -> Text:
    """Return how many there are, and how many of them are shown where that is not all."""
    if shown == total:
        return Text(f"共 {total:,} 条", f"{total:,} in all")
    return Text(f"前 {shown:,} 条，共 {total:,} 条", f"the first {shown:,} of {total:,} in all")


@rejected.command(epilog="Example:  suanquan ingest rejected show 17 --json")
@click.argument("rejection_id", metavar="ID", type=int)
@answers
def show(shell: Shell, rejection_id: int) -> Result:
    """Show one refused record with its bytes."""
    with shell.auditing() as connection:
        row = find_refused(connection, rejection_id)
    if row is None:
        raise _unknown(rejection_id)
    key, headers, value = None, dict[str, Any](), row.body
    if row.stream.startswith(KAFKA_PREFIX) and row.code != "conflict":
        key, headers, value = split_record(row.body)
    data = _rejection_row(shell, row) | {
        "bytes_base64": b64encode(value).decode(),
        "headers": headers,
        "key": key,
        "length": row.length,
        "sha256": row.sha256.hex(),
    }
    body, colon = row.body.decode(errors="replace"), shell.say(Text("：", ": "))
    place = f"{row.stream} {row.position}  {data['recorded_at']}"
    return Result(data, Group(place, f"{row.code}{colon}{data['message']}", "", body))


@rejected.command(
    "retry",
    epilog="""\b
Examples:
  suanquan ingest rejected retry 17 18
  suanquan ingest rejected retry --all
  suanquan ingest rejected retry --all --code ambiguous_mode --as-structured

\b
What is recorded stays linked to its refusal by a leaf of the log. Running it again changes
nothing. Rows of CSV and sacct files are imported again with their mended map instead.""",
)
@click.argument("ids", nargs=-1, metavar="[ID]...", type=int)
@click.option("--all", "everything", is_flag=True, help="Everything that was not taken in since.")
@click.option("--code", help="With --all: only this code.")
@click.option(
    "--as-structured",
    is_flag=True,
    help="Read records without a content type as structured CloudEvents.",
)
@answers
def retry_(
    shell: Shell, ids: tuple[int, ...], code: str | None, *, everything: bool, as_structured: bool
) -> Result:
    """Read refused records again and record those that can be recorded now, each once."""
    if everything == bool(ids) or (code is not None and not everything):
        raise InvalidInputError(
            "usage",
            Text("请给出编号，或用 --all（可加 --code）", "name ids, or --all (with --code)"),
            Text("编号见 suanquan ingest rejected list", "see suanquan ingest rejected list"),
        )
    engine = shell.writer()
    try:
        if everything:
            tried = _retry_all(shell, engine, code, as_structured=as_structured)
        else:
            with engine.connect() as connection:
                chosen = [find_refused(connection, one) or _refuse(one) for one in ids]
            store = shell.store(engine)
            tried = [retry(store, chosen, now_ms(), as_structured=as_structured)]
    finally:
        engine.dispose()
    return _retried(shell, tried)


def _retry_all(
    shell: Shell, engine: Engine, code: str | None, *, as_structured: bool
) -> list[Retried]:
    """Return what became of everything that was not settled, some hundred at a time."""
    tried: list[Retried] = []
    store, last = shell.store(engine), 0
    with engine.connect() as connection:
        _, total = read_refused(connection, RefusedFilter(0, code, is_open=True), 1)
    with shell.progress(Text("重新读取", "reading again"), total) as step:
        while True:
            with engine.connect() as connection:
                wanted = RefusedFilter(last, code, is_open=True)
                chosen, _ = read_refused(connection, wanted, RETRY_RECORDS)
            if not chosen:
                return tried
            tried.append(retry(store, chosen, now_ms(), as_structured=as_structured))
            last = chosen[-1].number
            step(len(chosen))


def _refuse(rejection_id: int) -> Refused:
    """Raise for a number that nothing has."""
    raise _unknown(rejection_id)


def _unknown(rejection_id: int) -> InvalidInputError:
    """Return the error for a number that nothing has."""
    return InvalidInputError(
        "no_rejection",
        Text(f"没有编号为 {rejection_id} 的拒收记录", f"no rejection {rejection_id}"),
        Text("编号见 suanquan ingest rejected list", "see suanquan ingest rejected list"),
    )


def _retried(shell: Shell, tried: list[Retried]) -> Result:
    """Return what became of the records, and why those that stay refused do."""
    refusals = {number: error for one in tried for number, error in one.refusals.items()}
    data: dict[str, Any] = {
        "recorded": sum(one.recorded for one in tried),
        "duplicate": sum(one.duplicate for one in tried),
        "rejected": len(refusals),
        "codes": dict(sorted(Counter(error.code for error in refusals.values()).items())),
    }
    counts = Text(
        f"补录 {data['recorded']:,}，此前已另行到达 {data['duplicate']:,}，"
        f"仍拒收 {data['rejected']:,}",
        f"{data['recorded']:,} recorded, {data['duplicate']:,} had come another way,"
        f" {data['rejected']:,} stay refused",
    )
    if not refusals:
        return Result(data, shell.say(counts))
    number, error = next(iter(refusals.items()))
    example = Text(
        f"例如 {number}（{error.code}）：{error.message.zh}；{error.next_step.zh}",
        f"such as {number} ({error.code}): {error.message.en}; {error.next_step.en}",
    )
    codes = ", ".join(f"{code} {count:,}" for code, count in data["codes"].items())
    return Result(data, Group(shell.say(counts), codes, shell.say(example)))


def _rejection_row(shell: Shell, row: Refused) -> dict[str, Any]:
    """Return a refused record's keys of the command line."""
    return {
        "id": row.number,
        "source": row.stream,
        "position": row.position,
        "code": row.code,
        "message": shell.say(row.message),
        "recorded_at": render_instant(row.recorded_at_ms),
        "settled": row.settled,
    }
