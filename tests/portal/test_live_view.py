"""What a running worker shows: a line each interval, a table that stands still, metrics."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from io import StringIO
from pathlib import Path
from threading import Timer
from typing import Any, Final

import pytest
from rich.console import Console

from ingest.status import METRICS, LastEntry, Status, render_metrics, samples
from ledger.batch import Outcome
from ledger.text import Language, Text
from portal.commands.live_view import Moment, Rate, progress_line, progress_table
from tests.conftest import missing_service
from tests.ingest.topics import Kafka, structured, usage

ROOT: Final = Path(__file__).parents[2]
DEADLINE_S: Final = 60

STATUS: Final = Status(
    seen=1_234_570,
    recorded=1_234_555,
    duplicate=12,
    rejected=3,
    fenced=1,
    batches=321,
    retried=2,
    lag={0: 120, 1: 12_345},
    stopped={2: "mostly_bad"},
    last=LastEntry("usage", 1_235_010, 1_669_190_400_123),
)
MOMENT: Final = Moment("usage", STATUS, rate=12_340, running_s=3_733)


# --- counts ---


def test_what_was_looked_at_replaces_what_was_seen_before() -> None:
    status = STATUS.look({1: 5}, {3: "lost_offsets", 0: "unreadable"})
    assert status.lag == {1: 5}
    assert list(status.stopped.items()) == [(0, "unreadable"), (3, "lost_offsets")]
    assert status.look(None, {}).lag is None


def test_a_batch_adds_to_the_counts_and_brings_the_last_entry() -> None:
    first = Outcome(recorded=5, duplicate=2, rejected=1, next=8, log="usage", size=6)
    second = Outcome(recorded=0, duplicate=1, rejected=0, next=9, log="usage", size=7)
    assert Status().add(first, 1_000).add(second, 2_000) == Status(
        seen=9,
        recorded=5,
        duplicate=3,
        rejected=1,
        batches=2,
        last=LastEntry("usage", 6, 2_000),
    )


def test_overtaken_and_impossible_transactions_are_counted_apart() -> None:
    status = Status().fence().fence().retry()
    assert status == Status(fenced=2, retried=1)


def test_metrics_are_prometheuss_text() -> None:
    text = render_metrics(samples(STATUS, "usage"))
    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        'suanquan_ingest_records_total{topic="usage",result="recorded"} 1234555',
        'suanquan_ingest_records_total{topic="usage",result="duplicate"} 12',
        'suanquan_ingest_records_total{topic="usage",result="rejected"} 3',
        'suanquan_ingest_batches_total{topic="usage"} 321',
        'suanquan_ingest_fenced_total{topic="usage"} 1',
        'suanquan_ingest_database_retries_total{topic="usage"} 2',
        'suanquan_ingest_lag_offsets{topic="usage",partition="0"} 120',
        'suanquan_ingest_lag_offsets{topic="usage",partition="1"} 12345',
        'suanquan_ingest_stopped{topic="usage",partition="2",code="mostly_bad"} 1',
        'suanquan_ingest_last_entry_index{topic="usage",log="usage"} 1235010',
        'suanquan_ingest_last_entry_timestamp_seconds{topic="usage",log="usage"} 1669190400.123',
    ]
    assert text.startswith(
        "# HELP suanquan_ingest_records_total Records read, by what became of them.\n"
        "# TYPE suanquan_ingest_records_total counter\n"
    )
    assert "# TYPE suanquan_ingest_lag_offsets gauge\n" in text


def test_every_metric_is_described_and_only_counters_end_in_total() -> None:
    assert {one.name for one in samples(STATUS, "usage")} == set(METRICS)
    for name, (kind, _) in METRICS.items():
        assert name.endswith("_total") == (kind == "counter")


def test_a_label_cannot_end_before_its_value_does() -> None:
    odd = samples(Status(), 'a"b\\c\nd')
    assert 'batches_total{topic="a\\"b\\\\c\\nd"} 0\n' in render_metrics(odd)


# --- lines and tables ---


def test_a_line_holds_all_that_is_known() -> None:
    assert progress_line(MOMENT, lambda text: text.en) == {
        "event": "progress",
        "seen": 1_234_570,
        "recorded": 1_234_555,
        "duplicate": 12,
        "rejected": 3,
        "fenced": 1,
        "batches": 321,
        "retried": 2,
        "rate": 12_340,
        "lag": {"usage/0": 120, "usage/1": 12_345},
        "stopped": {"usage/2": "mostly_bad"},
        "last": {"log": "usage", "index": 1_235_010, "recorded_at": "2022-11-23T08:00:00.123Z"},
        "trouble": None,
    }


def test_a_line_says_what_is_not_known() -> None:
    moment = Moment("usage", Status(), 0, 0, Text("断了", "gone"))
    line = progress_line(moment, lambda text: text.zh)
    assert (line["lag"], line["last"], line["trouble"]) == (None, None, "断了")


def drawn(moment: Moment, columns: int, language: Language) -> list[str]:
    """Return the lines of the table on a terminal, without the spaces at their ends."""
    console = Console(file=StringIO(), width=columns)
    console.print(progress_table(moment, lambda text: text.render(language), columns))
    assert isinstance(console.file, StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_a_narrow_terminal_shows_partitions_below_the_counts() -> None:
    assert drawn(MOMENT, 60, "en") == [
        "usage  1:02:13",
        "",
        "per second               12,340",
        "recorded              1,234,555",
        "duplicate                    12",
        "rejected                      3",
        "fenced                        1",
        "database retries              2",
        "",
        "partition                   lag",
        "usage/0                     120",
        "usage/1                  12,345",
        "usage/2                       –  stopped mostly_bad",
        "",
        "last entry  usage 1,235,010  2022-11-23T08:00:00.123Z",
    ]


def test_a_wide_terminal_shows_them_side_by_side() -> None:
    assert drawn(MOMENT, 120, "zh") == [
        "usage  1:02:13",
        "",
        "每秒                     12,340      分区                       未读",
        "新记录                1,234,555      usage/0                     120",
        "重复                         12      usage/1                  12,345",
        "拒收                          3      usage/2                       –  已停 mostly_bad",
        "让位                          1",
        "数据库重试                    2",
        "",
        "最新条目  usage 1,235,010  2022-11-23T08:00:00.123Z",
    ]


def test_of_many_partitions_the_stopped_and_the_latest_are_shown() -> None:
    status = STATUS.look({one: 10 * one for one in range(64)}, {9: "unreadable", 70: "beyond_end"})
    lines = drawn(Moment("usage", status, 0, 0), 60, "en")
    shown = [line.split()[0] for line in lines if line.startswith("usage/")]
    assert shown == [f"usage/{one}" for one in (9, 58, 59, 60, 61, 62, 63, 70)]
    rest = sum(10 * one for one in range(58) if one != 9)
    assert f"57 others{'':9}{rest:>13,}"[:31] in lines


def test_the_table_names_trouble_and_keeps_its_rows_without_any_figures() -> None:
    lines = drawn(Moment("usage", Status(), 0, 0, Text("断了", "Kafka is gone")), 60, "en")
    assert lines[-1] == "Kafka is gone"
    assert len(lines) == len(drawn(MOMENT, 60, "en")) - 1


def test_the_rate_is_that_of_the_last_seconds() -> None:
    rate = Rate(5.0, 100.0)
    assert rate.measure(102.0, 2_000) == 1_000
    assert rate.measure(104.0, 2_000) == 500
    assert rate.measure(112.0, 2_000) == 0
    assert rate.measure(113.0, 2_900) == 100


# --- the command ---


@pytest.fixture
def topic(broker: str) -> str:
    """Return a topic of two partitions, with three events and a duplicate in the first."""
    with closing(Kafka(broker)) as kafka:
        name = kafka.topic(2)
        kafka.send(name, [structured(usage(number)) for number in (0, 1, 2, 2)])
    return name


def start(broker: str, topic: str, home: Path, *options: str, **streams: Any) -> Any:  # noqa: ANN401 - of Popen
    """Start the command in a home."""
    where = ["--bootstrap", broker, "--topic", topic, "--group", topic]
    return subprocess.Popen(
        [sys.executable, "-m", "portal", "ingest", "kafka", *where, "--lang", "en", *options],
        cwd=home,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "1",
            "SUANQUAN_HOME": str(home),
            "TERM": "xterm",
        },
        **streams,
    )


def test_in_a_pipe_a_line_comes_each_interval_though_nothing_happens(
    broker: str, topic: str, tmp_path: Path
) -> None:
    metrics = tmp_path / "ingest.prom"
    options = ("--interval", "0.2", "--metrics-file", str(metrics))
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    with start(broker, topic, tmp_path, *options, **pipes) as process:
        # Where no line comes, reading one must end all the same.
        patience = Timer(DEADLINE_S, process.kill)
        patience.start()
        seen: list[int] = []
        while seen[-3:] != [4, 4, 4] and (line := process.stderr.readline()):
            seen.append(json.loads(line)["seen"])
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read().splitlines()
        assert process.wait(DEADLINE_S) == 0
        patience.cancel()
    assert seen[-3:] == [4, 4, 4]
    last = json.loads(rest[-1])
    assert {name: last[name] for name in ("event", "recorded", "duplicate", "batches", "rate")} == {
        "event": "progress",
        "recorded": 3,
        "duplicate": 1,
        "batches": 1,
        "rate": 0,
    }
    assert last["lag"] == {f"{topic}/0": 0, f"{topic}/1": 0}
    assert (last["stopped"], last["trouble"]) == ({}, None)
    # A leaf for where each partition begins, three events and the batch's own leaf.
    assert (last["last"]["log"], last["last"]["index"]) == ("usage", 5)
    found = metrics.read_text("utf-8").splitlines()
    assert f'suanquan_ingest_records_total{{topic="{topic}",result="recorded"}} 3' in found
    assert list(tmp_path.glob("*.part")) == []


@contextmanager
def terminal(columns: int) -> Iterator[tuple[int, int]]:
    """Yield both ends of a pseudo-terminal, ours first; the second may be closed early."""
    try:
        ours, theirs = pty.openpty()
    except OSError:
        missing_service("a pseudo-terminal", "mount devpts at /dev/pts")
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    try:
        yield ours, theirs
    finally:
        os.close(ours)
        with suppress(OSError):
            os.close(theirs)


def read_all(terminal_end: int) -> str:
    """Return what was written to a terminal until nobody writes to it any more."""
    out = b""
    # Linux ends such a terminal with an error.
    with suppress(OSError):
        while block := os.read(terminal_end, 65_536):
            out += block
    return out.decode()


def test_on_a_terminal_the_last_table_stays_and_the_answer_follows(
    broker: str, topic: str, tmp_path: Path
) -> None:
    with terminal(60) as (ours, theirs):
        streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
        process = start(broker, topic, tmp_path, "--until-end", **streams)
        os.close(theirs)
        out = read_all(ours)
        assert process.wait(DEADLINE_S) == 0
    # The table is drawn over itself: what follows the last erased line is what stays.
    stays = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", out.rpartition("\x1b[2K")[2])
    lines = [line.rstrip() for line in stays.split("\r\n")]
    assert [line for line in lines if line.startswith(("recorded", "duplicate", "rejected"))] == [
        "recorded                      3",
        "duplicate                     1",
        "rejected                      0",
    ]
    assert f"{topic}/0".ljust(16) + "0".rjust(15) in lines
    assert "4 records: 3 recorded, 1 duplicate, 0 rejected" in lines
