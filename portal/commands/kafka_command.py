"""`suanquan ingest kafka`: record a topic's usage, and show how it goes."""

from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Group

from ingest.incident import Permitted
from ingest.process import stopped_by_signals
from ingest.security import load_security
from ingest.watchdog import Watchdog
from ingest.worker import Worker
from ledger.database import Engine
from ledger.errors import InvalidInputError
from ledger.read import decisive, read_heads
from ledger.text import Text
from portal.commands.live_view import INTERVAL_S, viewing
from portal.options import answers
from portal.shell import Result, Shell, now_ms

# Shorter ones would measure the interval rather than the stream.
INTERVAL_S_MIN: Final = 0.1

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
@click.option("--accept-bad", is_flag=True, help="Quarantine whatever is bad, however much.")
@click.option(
    "--accept-lost",
    multiple=True,
    metavar="T/P=OFFSET",
    help="Go on where a partition now begins, though Kafka deleted records before it.",
)
@click.option(
    "--interval",
    type=click.FloatRange(min=INTERVAL_S_MIN),
    default=INTERVAL_S,
    show_default=True,
    metavar="SECONDS",
    help="Between two lines of progress.",
)
@click.option(
    "--metrics-file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PATH",
    help="Write Prometheus metrics here each interval.",
)
@answers
def kafka(
    shell: Shell,
    bootstrap: str,
    topic: str,
    group: str,
    *,
    accept_lost: tuple[str, ...],
    interval: float,
    metrics_file: Path | None,
    until_end: bool,
    accept_bad: bool,
) -> Result:
    """Record a topic's usage events, each once, whatever crashes.

    A record that is no usage event is kept as a rejection. On a terminal it shows rate and lag; in
    a pipe it writes a line of JSON to standard error each interval, also when nothing happens. How
    Kafka lets it in is a matter of settings (SUANQUAN_KAFKA_…).
    """
    from ingest.consumer import Source  # noqa: PLC0415 - Kafka would slow every command's start

    permitted = Permitted(
        Fraction(1) if accept_bad else shell.settings.bad_share_max,
        dict(_parse_lost(word, topic) for word in accept_lost),
    )
    security = load_security(shell.settings)
    # Who is not let in leaves no trace: the database is made, if at all, when Kafka has answered.
    with closing(Source(bootstrap, topic, group, security=security)) as source:
        engine = shell.writer(create=True)
        try:
            with (
                Watchdog() as watchdog,
                viewing(
                    shell, topic, source.trouble, interval_s=interval, metrics_file=metrics_file
                ) as view,
            ):
                worker = Worker(
                    source,
                    shell.store(engine),
                    now_ms,
                    watchdog,
                    permitted=permitted,
                    report=view.report,
                    say=view.say,
                )
                with stopped_by_signals(worker.stop):
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
        heads = decisive(read_heads(connection))
    data["logs"] = [{"name": head.name, "size": head.size} for head in heads.values()]
    data["offsets"] = worker.offsets()
    counts = Text(
        f"共 {status.seen:,} 条：新记录 {status.recorded:,}，重复 {status.duplicate:,}，"
        f"拒收 {status.rejected:,}",
        f"{status.seen:,} records: {status.recorded:,} recorded, {status.duplicate:,} duplicate,"
        f" {status.rejected:,} rejected",
    )
    places = [f"{name} {offset:,}" for name, offset in data["offsets"].items()]
    following = Text(f"下一位置：{'，'.join(places)}", f"next offsets: {'; '.join(places)}")
    lines = [shell.say(counts), shell.say(following)]
    if status.rejected:
        see = Text("拒收原因见 suanquan ingest rejected list", "why: suanquan ingest rejected list")
        lines.append(shell.say(see))
    return Result(data, Group(*lines))
