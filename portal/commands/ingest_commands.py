"""`suanquan ingest`: record files."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from stat import S_ISFIFO
from typing import Any, Literal

import click
from rich.console import Group

from ingest.adapters import Adapter
from ingest.adapters.csv_map import CsvAdapter
from ingest.adapters.ndjson import NdjsonAdapter
from ingest.adapters.sacct import SacctAdapter
from ingest.file_worker import FileOutcome, ingest_file
from ingest.mapping import parse_mapping
from ledger.errors import InvalidInputError, LedgerError
from ledger.read import decisive, read_heads
from ledger.store import Store
from ledger.text import Text
from portal.commands import arrival_commands, kafka_command, overlap_command, rejected_commands
from portal.options import answers
from portal.shell import Result, Shell, now_ms

Format = Literal["cloudevents", "csv", "sacct"]


@click.group()
def ingest() -> None:
    """Record usage and papers; see what was refused."""


ingest.add_command(kafka_command.kafka)
ingest.add_command(rejected_commands.rejected)
ingest.add_command(arrival_commands.gaps)
ingest.add_command(arrival_commands.tallies)
ingest.add_command(overlap_command.overlaps)


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
            heads = decisive(read_heads(connection))
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
                lambda: shell.by_clock(now_ms()),
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
