"""What is shown of a worker while it runs: lines of JSON in a pipe, a calm table on a terminal.

A line comes each interval, whether anything happened or not, so that silence means trouble. The
table keeps its rows and their places; only figures change.
"""

import json
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text as Styled

from ingest.status import Status, render_metrics, samples
from ledger.errors import LedgerError
from ledger.period import render_instant
from ledger.text import Text
from portal.shell import Shell

INTERVAL_S: Final = 10.0
FRAME_S: Final = 0.5

# Batches come in bursts; over so long a window the rate stands still enough to be read.
RATE_S: Final = 5.0

# More would not fit a terminal of 24 lines.
PARTITIONS_SHOWN: Final = 8

# From this width on, counts and partitions stand side by side.
WIDE_COLUMNS: Final = 90

# Room for the longest label and for 9,999,999,999: nothing moves while figures grow.
LABEL_COLUMNS: Final = 16
FIGURE_COLUMNS: Final = 13

_COUNTS: Final = ("seen", "recorded", "duplicate", "rejected", "fenced", "batches", "retried")

Say = Callable[[Text], str]


class Moment(NamedTuple):
    """How a worker stands, as it is shown; `trouble` says why Kafka does not answer, or nothing."""

    topic: str
    status: Status
    rate: int
    running_s: int
    trouble: Text | None = None


# --- a pipe ---


def progress_line(moment: Moment, say: Say) -> dict[str, Any]:
    """Return the object of one line: counts since the start, records a second, lag, last entry."""
    status, topic = moment.status, moment.topic
    last = status.last
    return {
        "event": "progress",
        **{name: getattr(status, name) for name in _COUNTS},
        "rate": moment.rate,
        "lag": None if status.lag is None else _by_name(topic, status.lag),
        "stopped": _by_name(topic, status.stopped),
        "last": last
        and {
            "log": last.log,
            "index": last.index,
            "recorded_at": render_instant(last.recorded_at_ms),
        },
        "trouble": moment.trouble and say(moment.trouble),
    }


def _by_name(topic: str, of_partition: Mapping[int, Any]) -> dict[str, Any]:
    """Return values by the names of their partitions, in order."""
    return {f"{topic}/{one}": value for one, value in sorted(of_partition.items())}


# --- a terminal ---


def progress_table(moment: Moment, say: Say, columns: int) -> RenderableType:
    """Return the table for a terminal of a width: counts, partitions, last entry, trouble."""
    hours, seconds = divmod(moment.running_s, 3600)
    clock = f"{hours}:{seconds // 60:02}:{seconds % 60:02}"
    title = Table.grid(padding=(0, 2))
    title.add_row(Styled(moment.topic, "bold"), Styled(clock, "dim"))
    counts, partitions = _counts(moment, say), _partitions(moment, say)
    parts: list[RenderableType] = [title, ""]
    if columns >= WIDE_COLUMNS:
        both = Table.grid(padding=(0, 6))
        both.add_row(counts, partitions)
        parts.append(both)
    else:
        parts += [counts, "", partitions]
    parts += ["", _last_entry(moment.status, say)]
    if moment.trouble is not None:
        parts.append(Styled(say(moment.trouble), "red"))
    return Group(*parts)


def _counts(moment: Moment, say: Say) -> Table:
    """Return rate and counts."""
    status = moment.status
    table = _two_columns()
    for label, figure, style in (
        (Text("每秒", "per second"), moment.rate, ""),
        (Text("新记录", "recorded"), status.recorded, ""),
        (Text("重复", "duplicate"), status.duplicate, ""),
        (Text("拒收", "rejected"), status.rejected, "yellow" if status.rejected else ""),
        (Text("让位", "fenced"), status.fenced, ""),
        (Text("数据库重试", "database retries"), status.retried, ""),
    ):
        table.add_row(Styled(say(label), "dim"), Styled(f"{figure:,}", style))
    return table


def _partitions(moment: Moment, say: Say) -> Table:
    """Return the lag of each partition, or of those that need attention first and the others'."""
    status, topic = moment.status, moment.topic
    lag = status.lag or {}
    table = _two_columns()
    head = (say(Text("分区", "partition")), say(Text("未读", "lag")))
    table.add_row(*(Styled(one, "dim") for one in head))
    behind = sorted(lag.keys() - status.stopped, key=lambda one: (-lag[one], one))
    shown = [*status.stopped, *behind][:PARTITIONS_SHOWN]
    for one in sorted(shown):
        name = Styled(f"{topic}/{one}")
        if code := status.stopped.get(one):
            table.add_row(name, "–", Styled(f"{say(Text('已停', 'stopped'))} {code}", "red"))
        else:
            table.add_row(name, f"{lag[one]:,}")
    others = [lag.get(one, 0) for one in (*status.stopped, *behind)[PARTITIONS_SHOWN:]]
    if others:
        words = Text(f"其余 {len(others)} 个", f"{len(others)} others")
        table.add_row(Styled(say(words), "dim"), f"{sum(others):,}")
    if not shown:
        table.add_row("–", "–")
    return table


def _two_columns() -> Table:
    """Return an empty table of labels and figures; all such tables line up."""
    table = Table.grid(padding=(0, 2))
    table.add_column(min_width=LABEL_COLUMNS)
    table.add_column(justify="right", min_width=FIGURE_COLUMNS)
    return table


def _last_entry(status: Status, say: Say) -> Styled:
    """Return where the newest entry stands, and since when."""
    label = say(Text("最新条目", "last entry"))
    if status.last is None:
        return Styled.assemble((label, "dim"), "  –")
    place = (
        f"  {status.last.log} {status.last.index:,}  {render_instant(status.last.recorded_at_ms)}"
    )
    return Styled.assemble((label, "dim"), place)


# --- while it runs ---


class Rate:
    """Records a second, over a window that ends now."""

    def __init__(self, window_s: float, now_s: float) -> None:
        self._window_s = window_s
        self._points = deque([(now_s, 0)])

    def measure(self, now_s: float, seen: int) -> int:
        """Return the rate, given how many records were seen up to now."""
        self._points.append((now_s, seen))
        while self._points[1][0] <= now_s - self._window_s:
            self._points.popleft()
        then_s, before = self._points[0]
        return round((seen - before) / max(now_s - then_s, 0.001))


class View:
    """Shows one worker, which is given `report` and `say`."""

    def __init__(
        self,
        shell: Shell,
        topic: str,
        live: Live | None,
        *,
        interval_s: float,
        metrics_file: Path | None,
        trouble: Callable[[], LedgerError | None],
    ) -> None:
        """Without `live` it writes lines; `trouble` says why the last connection failed."""
        self._shell = shell
        self._topic = topic
        self._live = live
        self._interval_s = interval_s
        self._metrics_file = metrics_file
        self._trouble = trouble
        self._began_at_s = self._shown_at_s = self._noted_at_s = time.monotonic()
        self._rate = Rate(RATE_S if live else interval_s, self._began_at_s)
        self._status = Status()
        self._write_metrics()

    def say(self, text: Text) -> None:
        """Show a sentence at once."""
        if self._live is None:
            _write_line({"event": "notice", "message": self._shell.say(text)})
        else:
            self._live.console.print(self._shell.say(text), style="yellow", markup=False)

    def report(self, status: Status) -> None:
        """Show how the worker stands, if it is time."""
        self._status = status
        now_s = time.monotonic()
        if self._live and now_s - self._shown_at_s >= FRAME_S:
            self._shown_at_s = now_s
            self._draw(self._live, now_s)
        if now_s - self._noted_at_s >= self._interval_s:
            self._noted_at_s = now_s
            self._note(now_s)

    def finish(self) -> None:
        """Show how the worker stands at the end."""
        now_s = time.monotonic()
        if self._live:
            self._draw(self._live, now_s)
        self._note(now_s)

    def _note(self, now_s: float) -> None:
        """Write what is written each interval."""
        if self._live is None:
            _write_line(progress_line(self._moment(now_s), self._shell.say))
        try:
            self._write_metrics()
        except OSError as error:
            words = f"{self._metrics_file}: {error.strerror}"
            self.say(Text(f"指标未能写入 {words}", f"metrics could not be written to {words}"))

    def _draw(self, live: Live, now_s: float) -> None:
        """Draw the table anew."""
        table = progress_table(self._moment(now_s), self._shell.say, live.console.width)
        live.update(table, refresh=True)

    def _moment(self, now_s: float) -> Moment:
        """Return how the worker stands now."""
        trouble = self._trouble() if self._status.lag is None else None
        return Moment(
            self._topic,
            self._status,
            self._rate.measure(now_s, self._status.seen),
            int(now_s - self._began_at_s),
            trouble.message if trouble else None,
        )

    def _write_metrics(self) -> None:
        """Write the metrics' file, whole or not at all."""
        if self._metrics_file is not None:
            part = self._metrics_file.with_name(f"{self._metrics_file.name}.part")
            part.write_text(render_metrics(samples(self._status, self._topic)), "utf-8")
            part.replace(self._metrics_file)


def _write_line(row: Mapping[str, Any]) -> None:
    """Write a line of JSON to standard error."""
    sys.stderr.write(json.dumps(row, ensure_ascii=False) + "\n")
    sys.stderr.flush()


@contextmanager
def viewing(
    shell: Shell,
    topic: str,
    trouble: Callable[[], LedgerError | None],
    *,
    interval_s: float = INTERVAL_S,
    metrics_file: Path | None = None,
) -> Iterator[View]:
    """Yield the view of a run: a table on a terminal, lines elsewhere and with `--json`.

    Its last state is shown when the run ends. Raises `OSError` where metrics cannot be written.
    """
    is_shown = not shell.as_json and shell.errors.is_terminal
    with Live(console=shell.errors, auto_refresh=False) if is_shown else nullcontext() as live:
        view = View(
            shell,
            topic,
            live,
            interval_s=interval_s,
            metrics_file=metrics_file,
            trouble=trouble,
        )
        try:
            yield view
        finally:
            view.finish()
