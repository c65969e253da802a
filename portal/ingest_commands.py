"""`suanquan simulate` and `suanquan ingest`: write a seeded centre's events; record files."""

from base64 import b64encode
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from stat import S_ISFIFO
from typing import Any, Literal

import click
from rich.console import Group
from rich.table import Table

from ingest.adapters import Adapter
from ingest.adapters.csv_map import CsvAdapter
from ingest.adapters.ndjson import NdjsonAdapter
from ingest.adapters.sacct import SacctAdapter
from ingest.cloudevents import split_record
from ingest.file_worker import FileOutcome, ingest_file
from ingest.mapping import parse_mapping
from ingest.simulate import Tally
from ingest.simulate import simulate as simulate_events
from ledger.errors import InvalidInputError, LedgerError
from ledger.period import render_instant
from ledger.query import Refused, find_refused, read_refused
from ledger.read import read_heads
from ledger.store import Store
from ledger.text import Text
from portal import kafka_command
from portal.options import answers
from portal.shell import Result, Shell, now_ms

Format = Literal["cloudevents", "csv", "sacct"]


@click.command(
    epilog="""\b
Examples:
  suanquan simulate --enterprises 24 --days 365 --seed 1 --out year.ndjson
  suanquan simulate --enterprises 3 --days 31 --seed 7 --out - | head -3"""
)
@click.option("--enterprises", type=click.IntRange(1, 500), default=24, show_default=True)
@click.option("--days", type=click.IntRange(1, 366), default=365, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, allow_dash=True), required=True)
@answers
def simulate(shell: Shell, enterprises: int, days: int, seed: int, out: str) -> Result:
    """Write a seeded centre's events, one a line; the same arguments give the same bytes."""
    data = write_simulation(shell, enterprises, days, seed, out)
    shown = Text(
        f"已写入 {data['events']:,} 个事件，{data['enterprises']} 家企业，"
        f"{data['card_seconds']} 卡·秒：{out}",
        f"wrote {data['events']:,} events of {data['enterprises']} enterprises,"
        f" {data['card_seconds']} card-seconds: {out}",
    )
    return Result(data, shell.say(shown))


def write_simulation(
    shell: Shell, enterprises: int, days: int, seed: int, out: str
) -> dict[str, Any]:
    """Return the counts of a simulation after writing its events to a file, one a line."""
    tally = Tally()
    with (
        click.open_file(out, "wb") as file,
        shell.progress(Text("模拟", "simulating")) as step,
    ):
        for event in simulate_events(enterprises, days, seed):
            file.write(event.raw + b"\n")
            tally.add(event)
            step(1)
    return {
        "events": tally.events,
        "enterprises": tally.enterprises,
        "card_seconds": tally.card_seconds,
    }


@click.group()
def ingest() -> None:
    """Record usage and papers; see what was refused."""


ingest.add_command(kafka_command.kafka)


@ingest.command(
    epilog="""\b
Examples:
  suanquan ingest file usage.ndjson.gz --format cloudevents
  suanquan ingest file jobs.csv --format csv --map examples/usage.toml --json
  sacct -P -a | suanquan ingest file - --format sacct --map examples/slurm.toml"""
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["cloudevents", "csv", "sacct"]),
    required=True,
    help="What the lines are.",
)
@click.option(
    "--map",
    "map_file",
    type=click.Path(path_type=Path),
    help="TOML: which column is what. For csv and sacct.",
)
@click.option("--strict", is_flag=True, help="Write nothing if any line is refused.")
@click.option("--allow-overlap", is_flag=True, help="Rows without ids may cover imported time.")
@answers
def file(
    shell: Shell,
    paths: tuple[str, ...],
    form: Format,
    map_file: Path | None,
    *,
    strict: bool,
    allow_overlap: bool,
) -> Result:
    """Record files; `-` is standard input, `.gz` and `.zst` are unpacked.

    A line that cannot be recorded is kept as a rejection and does not stop the others. With
    --strict all files are recorded or none.
    """
    adapter = _adapter(shell, form, map_file)
    _require_files(paths)
    engine = shell.writer(create=True)
    try:
        store = shell.store(engine)
        with store.together() if strict else nullcontext(store) as writer:
            outcomes = [
                record(shell, writer, path, adapter, strict=strict, allow_overlap=allow_overlap)
                for path in paths
            ]
        with engine.connect() as connection:
            heads = read_heads(connection)
    finally:
        engine.dispose()
    data: dict[str, Any] = {
        name: sum(getattr(outcome, name) for outcome in outcomes)
        for name in ("seen", "recorded", "duplicate", "rejected")
    }
    data["logs"] = [{"name": head.name, "size": head.size} for head in heads.values()]
    _warn_of_book(shell, outcomes)
    return Result(data, _ingested(shell, data))


def _require_files(paths: Sequence[str]) -> None:
    """Raise `OSError` for a file that cannot be opened; a pipe can be opened only once."""
    for path in paths:
        if path != "-" and not S_ISFIFO(Path(path).stat().st_mode):
            Path(path).open("rb").close()


def _adapter(shell: Shell, form: Format, map_file: Path | None) -> Adapter:
    """Return the adapter for a format; csv and sacct are read through a map."""
    if form == "cloudevents":
        return NdjsonAdapter()
    if map_file is None:
        raise InvalidInputError(
            "no_map",
            Text(f"--format {form} 需要映射文件", f"--format {form} needs a map"),
            Text("请加 --map 文件.toml，例见 examples/", "add --map FILE.toml, as in examples/"),
        )
    mapping = parse_mapping(map_file.read_bytes(), str(map_file))
    if form == "csv":
        return CsvAdapter(mapping, shell.salt)
    return SacctAdapter(mapping, shell.salt)


def record(
    shell: Shell,
    store: Store,
    path: str,
    adapter: Adapter,
    *,
    strict: bool = False,
    allow_overlap: bool = False,
) -> FileOutcome:
    """Return what became of one file; `-` is standard input. An error names the file."""
    total = None if path == "-" else Path(path).stat().st_size
    with shell.progress(Text("写入账本", "recording"), total) as step:
        try:
            return ingest_file(
                store,
                path,
                adapter,
                now_ms,
                strict=strict,
                confirm_overlap=allow_overlap,
                progress=step,
            )
        except LedgerError as error:
            message = Text(f"{path}：{error.message.zh}", f"{path}: {error.message.en}")
            raise type(error)(error.code, message, error.next_step) from error


def _warn_of_book(shell: Shell, outcomes: Sequence[FileOutcome]) -> None:
    """Warn where a map says something else than the book knows from an earlier one."""
    rejected = sum(outcome.book_rejected for outcome in outcomes)
    if rejected:
        shell.warn(
            Text(
                f"映射文件中有 {rejected} 项（企业、资源或合同）与账簿已有记录不同，未采用；"
                "见 suanquan ingest rejected list",
                f"{rejected} enterprises, resources or contracts of the map differ from the book"
                " and were refused; see suanquan ingest rejected list",
            )
        )


def _ingested(shell: Shell, data: dict[str, Any]) -> Group:
    """Return what became of the records, for a person."""
    counts = Text(
        f"共 {data['seen']:,} 行：新记录 {data['recorded']:,}，重复 {data['duplicate']:,}，"
        f"拒收 {data['rejected']:,}",
        f"{data['seen']:,} lines: {data['recorded']:,} recorded, {data['duplicate']:,} duplicate,"
        f" {data['rejected']:,} rejected",
    )
    parts = [shell.say(counts)]
    if data["rejected"]:
        see = Text("拒收原因见 suanquan ingest rejected list", "why: suanquan ingest rejected list")
        parts.append(shell.say(see))
    sizes = [f"{one['name']} {one['size']:,}" for one in data["logs"]]
    told = Text(f"日志条目：{'，'.join(sizes)}", f"log entries: {', '.join(sizes)}")
    parts.append(shell.say(told))
    return Group(*parts)


@ingest.group()
def rejected() -> None:
    """See the records that were refused, and why."""


@rejected.command("list", epilog="Example:  suanquan ingest rejected list --limit 20")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@answers
def list_(shell: Shell, limit: int) -> Result:
    """List refused records in the order in which they were refused."""
    with shell.reading() as connection:
        refused, total = read_refused(connection, limit)
    rows = [_rejection_row(shell, one) for one in refused]
    data = {"rows": rows, "total": total}
    if not rows:
        return Result(data, shell.say(Text("没有拒收的记录。", "Nothing was refused.")))
    shown = Table(caption=shell.say(_counted(len(rows), total)))
    for title in (Text("编号", "id"), Text("位置", "position"), Text("代码", "code")):
        shown.add_column(shell.say(title), no_wrap=True)
    shown.add_column(shell.say(Text("原因与下一步", "why, and what next")), overflow="fold")
    for row in rows:
        shown.add_row(str(row["id"]), str(row["position"]), row["code"], row["message"])
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
    with shell.reading() as connection:
        row = find_refused(connection, rejection_id)
    if row is None:
        raise InvalidInputError(
            "no_rejection",
            Text(f"没有编号为 {rejection_id} 的拒收记录", f"no rejection {rejection_id}"),
            Text("编号见 suanquan ingest rejected list", "see suanquan ingest rejected list"),
        )
    key, headers, value = None, dict[str, Any](), row.body
    if row.stream.startswith("kafka:") and row.code != "conflict":
        key, headers, value = split_record(row.body)
    data = _rejection_row(shell, row) | {
        "bytes_base64": b64encode(value).decode(),
        "headers": headers,
        "key": key,
        "length": row.length,
        "sha256": row.sha256.hex(),
    }
    body, colon = row.body.decode(errors="replace"), shell.say(Text("：", ": "))
    return Result(data, Group(f"{row.code}{colon}{data['message']}", "", body))


def _rejection_row(shell: Shell, row: Refused) -> dict[str, Any]:
    """Return a refused record's keys of the command line."""
    return {
        "id": row.number,
        "source": row.stream,
        "position": row.position,
        "code": row.code,
        "message": shell.say(row.message),
        "recorded_at": render_instant(row.recorded_at_ms),
        "settled": False,
    }
