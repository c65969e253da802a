"""`suanquan ingest kafka`: record a topic's usage, and show how it goes."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Final

import click
from rich.console import Group
from rich.live import Live
from rich.table import Table

from ingest.watchdog import Watchdog
from ingest.worker import Confirmed, Status, Worker, stopped_by_signals
from ledger.database import Engine
from ledger.errors import InvalidInputError
from ledger.read import read_heads
from ledger.text import Text
from portal.options import answers
from portal.shell import Result, Shell, now_ms

LINE_S: Final = 10
FRAME_S: Final = 0.5

_COUNTS: Final = ("seen", "recorded", "duplicate", "rejected")


@click.command(
    epilog="""\b
Examples:
  suanquan ingest kafka --bootstrap 10.0.0.5:9092 --topic usage
  suanquan ingest kafka --bootstrap 10.0.0.5:9092 --topic usage --until-end --json

\b
Run it more than once with the same group, and the partitions are shared. SIGTERM and Ctrl-C end
it after the running transaction; killing it loses nothing."""
)
@click.option("--bootstrap", required=True, metavar="H:P", help="Brokers, separated by commas.")
@click.option("--topic", required=True, metavar="T", help="The topic.")
@click.option("--group", default="suanquan", show_default=True, help="The consumer group.")
@click.option("--until-end", is_flag=True, help="Stop at the end that the topic has now.")
@click.option("--accept-bad", is_flag=True, help="Quarantine a batch though most of it is bad.")
@click.option(
    "--accept-lost",
    multiple=True,
    metavar="T/P=OFFSET",
    help="Go on where a partition now begins, though Kafka deleted records before it.",
)
@answers
def kafka(
    shell: Shell,
    bootstrap: str,
    topic: str,
    group: str,
    accept_lost: tuple[str, ...],
    *,
    until_end: bool,
    accept_bad: bool,
) -> Result:
    """Record a topic's usage events, each once, whatever crashes.

    A record that is no usage event is kept as a rejection. On a terminal it shows rate and lag; in
    a pipe it writes a line of JSON to standard error every ten seconds.
    """
    from ingest.consumer import Source  # noqa: PLC0415 - Kafka would slow every command's start

    confirmed = Confirmed(accept_bad, dict(_parse_lost(word, topic) for word in accept_lost))
    engine = shell.writer(create=True)
    try:
        with closing(Source(bootstrap, topic, group)) as source, Watchdog() as watchdog:
            with _view(shell, topic) as view:
                worker = Worker(
                    source,
                    shell.store(engine),
                    now_ms,
                    watchdog,
                    confirmed=confirmed,
                    report=view.report,
                    say=view.say,
                )
                with stopped_by_signals(worker):
                    worker.run(until_end=until_end)
            return _result(shell, engine, worker)
    finally:
        engine.dispose()


def _parse_lost(word: str, topic: str) -> tuple[int, int]:
    """Return (partition, offset) of a confirmation such as `usage/0=1200`."""
    place, _, offset = word.rpartition("=")
    name, _, partition = place.rpartition("/")
    if name != topic or not (partition.isdecimal() and offset.isdecimal()):
        raise InvalidInputError(
            "bad_offset",
            Text(f"--accept-lost 写法不对：{word!r}", f"not a partition and an offset: {word!r}"),
            Text(f"请写成 {topic}/0=1200", f"write it like {topic}/0=1200"),
        )
    return int(partition), int(offset)


def _result(shell: Shell, engine: Engine, worker: Worker) -> Result:
    """Return what became of the records, and where every partition stands."""
    status = worker.status
    data: dict[str, Any] = {name: getattr(status, name) for name in _COUNTS}
    with engine.connect() as connection:
        heads = read_heads(connection)
    data["logs"] = [{"name": head.name, "size": head.size} for head in heads.values()]
    data["offsets"] = worker.offsets()
    counts = Text(
        f"共 {status.seen:,} 条：新记录 {status.recorded:,}，重复 {status.duplicate:,}，"
        f"拒收 {status.rejected:,}",
        f"{status.seen:,} records: {status.recorded:,} recorded, {status.duplicate:,} duplicate,"
        f" {status.rejected:,} rejected",
    )
    places = "，".join(f"{name} {offset:,}" for name, offset in data["offsets"].items())
    lines = [shell.say(counts), shell.say(Text(f"下一位置：{places}", f"next offsets: {places}"))]
    if status.rejected:
        see = Text("拒收原因见 suanquan ingest rejected list", "why: suanquan ingest rejected list")
        lines.append(shell.say(see))
    return Result(data, Group(*lines))


class _View:
    """How a worker is shown while it runs: lines of JSON, or a table on a terminal."""

    def __init__(self, shell: Shell, topic: str, live: Live | None) -> None:
        self._shell = shell
        self._topic = topic
        self._live = live
        self._shown = Status()
        self._shown_at_s = time.monotonic()
        self._last = Status()

    def say(self, text: Text) -> None:
        """Show a sentence at once."""
        if self._live is None:
            _write_line({"event": "notice", "message": self._shell.say(text)})
        else:
            self._live.console.print(self._shell.say(text), style="yellow", markup=False)

    def report(self, status: Status) -> None:
        """Show how the worker stands, if it is time."""
        self._last = status
        every_s = LINE_S if self._live is None else FRAME_S
        if time.monotonic() - self._shown_at_s >= every_s:
            self.show()

    def show(self) -> None:
        """Show how the worker stands."""
        status, elapsed_s = self._last, time.monotonic() - self._shown_at_s
        rate = round((status.seen - self._shown.seen) / max(elapsed_s, 0.001))
        self._shown, self._shown_at_s = status, time.monotonic()
        lag: dict[str, int] | None = None
        if status.lag is not None:
            lag = {f"{self._topic}/{one}": count for one, count in sorted(status.lag.items())}
        stopped = [f"{self._topic}/{one}" for one in status.stopped]
        row = {
            "event": "progress",
            **{name: getattr(status, name) for name in (*_COUNTS, "fenced")},
            "rate": rate,
            "lag": lag,
            "stopped": stopped,
        }
        if self._live is None:
            _write_line(row)
        else:
            self._live.update(self._table(row), refresh=True)

    def _table(self, row: dict[str, Any]) -> Table:
        """Return the counts and each partition's lag."""
        say = self._shell.say
        table = Table(show_header=False)
        table.add_row(say(Text("每秒", "per second")), f"{row['rate']:,}")
        table.add_row(say(Text("新记录", "recorded")), f"{row['recorded']:,}")
        table.add_row(say(Text("重复", "duplicate")), f"{row['duplicate']:,}")
        table.add_row(say(Text("拒收", "rejected")), f"{row['rejected']:,}")
        for name, count in (row["lag"] or {}).items():
            table.add_row(say(Text(f"{name} 未读", f"{name} lag")), f"{count:,}")
        for name in row["stopped"]:
            table.add_row(name, say(Text("已停", "stopped")), style="red")
        return table


def _write_line(row: dict[str, Any]) -> None:
    """Write a line of JSON to standard error."""
    sys.stderr.write(json.dumps(row, ensure_ascii=False) + "\n")
    sys.stderr.flush()


@contextmanager
def _view(shell: Shell, topic: str) -> Iterator[_View]:
    """Yield the view of a run; its last state is shown when it ends."""
    if shell.as_json or not shell.errors.is_terminal:
        view = _View(shell, topic, None)
        try:
            yield view
        finally:
            view.show()
        return
    with Live(console=shell.errors, auto_refresh=False) as live:
        view = _View(shell, topic, live)
        try:
            yield view
        finally:
            view.show()
