"""Slurm accounting: the output of `sacct --parsable2`, one line a job, read through a map.

A job is usage once it has ended, however it ended: a job that failed held its cards all the same.
Column names and states are those of Slurm's sacct manual.
"""

import re
from typing import Final

from ingest.adapters.cell import canonical_amount, make_clock
from ingest.adapters.csv_map import check_width, find_columns
from ingest.adapters.tenancy import Salt, Tenancy
from ingest.map_shape import Cell, Mapping
from ledger.codec import Event, encode
from ledger.errors import InvalidInputError
from ledger.events import UsageRecorded
from ledger.period import render_instant
from ledger.text import Text

_REQUIRED: Final = ("JobID", "Start", "End", "State")
_OPTIONAL: Final = ("Cluster", "ElapsedRaw")

_NO_TIME: Final = ("", "Unknown", "None")

OPEN_STATES: Final = (
    "PENDING",
    "RUNNING",
    "SUSPENDED",
    "REQUEUED",
    "REQUEUE_HOLD",
    "RESIZING",
    "COMPLETING",
    "CONFIGURING",
    "STOPPED",
    "SIGNALING",
    "STAGE_OUT",
)
"""States in which a job has not ended, or not for good."""


class SacctAdapter:
    """Reads sacct output through one map; `salt` is for the book events that the map makes."""

    needs_header = True

    def __init__(self, mapping: Mapping, salt: Salt) -> None:
        self._mapping = mapping
        self._salt = salt

    def begin(self, _sha256: str, first: bytes) -> "SacctReader":
        """Return the reader of a file, whose first line may name the columns.

        Raises `InvalidInputError` (`wrong_columns`) when a column that is needed is not there.
        """
        cells = first.decode().split("|")
        has_header = "JobID" in cells
        columns = cells if has_header else list(self._mapping.columns) or cells
        tenancy = Tenancy(self._mapping, self._salt)
        return SacctReader(self._mapping, tenancy, columns, has_header=has_header)


class SacctReader:
    """Reads the jobs of one file."""

    row_source = None

    def __init__(
        self, mapping: Mapping, tenancy: Tenancy, columns: list[str], *, has_header: bool
    ) -> None:
        usage = mapping.usage
        given = (usage.tenant, usage.resource, usage.amount)
        wanted = [cell.column for cell in given if cell.column is not None]
        optional = [name for name in _OPTIONAL if name in columns]
        self._at = find_columns(columns, [*_REQUIRED, *optional, *wanted])
        self._width = len(columns)
        self._usage = usage
        self._clock = make_clock(None, mapping.time_zone)
        self._tenancy = tenancy
        self._source = mapping.source
        self.book = tenancy.book
        self.has_header = has_header

    def read(self, _number: int, raw: bytes) -> Event:
        """Return the usage event of a job.

        Raises `InvalidInputError`: `wrong_width`, `job_step`, `open_job`, `no_usage`, `no_cards`,
        `elapsed_mismatch`, `unknown_tenant`, and what cells and `ledger.codec.encode` refuse.
        """
        cells = raw.decode().split("|")
        check_width(cells, self._width)
        row = {name: cells[place] for name, place in self._at.items()}
        _refuse_other_than_ended_jobs(row)
        start_ms, end_ms = self._clock(row["Start"]), self._clock(row["End"])
        _check_elapsed(row, end_ms - start_ms)
        cluster = row.get("Cluster")
        job = f"{cluster}/{row['JobID']}" if cluster else row["JobID"]
        data = UsageRecorded(
            job=job,
            resource=self._value(self._usage.resource, row),
            amount=self._amount(row),
            start=render_instant(start_ms),
            end=render_instant(end_ms),
        )
        subject = self._tenancy.subject(self._value(self._usage.tenant, row))
        return encode(self._source, f"{job}/{row['Start']}", subject, data)

    def _value(self, cell: Cell, row: dict[str, str]) -> str:
        """Return what stands in a row's cell."""
        return row[cell.column] if cell.column is not None else cell.constant or ""

    def _amount(self, row: dict[str, str]) -> str:
        """Return how many cards a job held."""
        cell = self._usage.amount
        text = self._value(cell, row)
        count = text if cell.tres is None else str(count_tres(text, cell.tres))
        if count in ("", "0"):
            raise InvalidInputError(
                "no_cards",
                Text(
                    f"作业 {row['JobID'][:60]} 没有占用卡：{text[:80]!r}",
                    f"the job {row['JobID'][:60]} held no cards: {text[:80]!r}",
                ),
                Text("无需处理；不是加速卡用量", "nothing to do: it is no accelerator usage"),
            )
        return canonical_amount(count)


def count_tres(text: str, name: str) -> int:
    """Return how many of a trackable resource stand in a list such as `cpu=8,gres/gpu:a100=2`.

    The untyped count is the whole where it is given; otherwise the typed ones add up. Raises
    `InvalidInputError` (`bad_tres`) for a count that is no whole number.
    """
    typed, whole = 0, None
    for item in text.split(","):
        key, _, count = item.partition("=")
        if key != name and not key.startswith(f"{name}:"):
            continue
        if re.fullmatch(r"[0-9]{1,6}", count, re.ASCII) is None:
            raise InvalidInputError(
                "bad_tres",
                Text(f"卡数不合法：{item[:60]!r}", f"not a count: {item[:60]!r}"),
                Text("请核对 AllocTRES 列", "check the column AllocTRES"),
            )
        if key == name:
            whole = int(count)
        else:
            typed += int(count)
    return typed if whole is None else whole


def _refuse_other_than_ended_jobs(row: dict[str, str]) -> None:
    """Raise for lines that are no usage of their own, or not yet."""
    job, state = row["JobID"][:60], row["State"].partition(" ")[0][:20]
    if "." in row["JobID"]:
        raise InvalidInputError(
            "job_step",
            Text(f"{job} 是作业步，卡已计入作业", f"{job} is a step; its job counts the cards"),
            Text("请用 sacct -X 导出，只含作业", "export with sacct -X, which lists jobs only"),
        )
    if state in OPEN_STATES or (row["End"] in _NO_TIME and row["Start"] not in _NO_TIME):
        raise InvalidInputError(
            "open_job",
            Text(
                f"作业 {job} 尚未结束（{state}，End 为 {row['End'][:40]!r}）",
                f"the job {job} has not ended ({state}, End is {row['End'][:40]!r})",
            ),
            Text("请在作业结束后再次导出", "send it again when it has finished"),
        )
    if row["Start"] in _NO_TIME or row["Start"] == row["End"] or row.get("ElapsedRaw") == "0":
        raise InvalidInputError(
            "no_usage",
            Text(f"作业 {job} 未曾运行（{state}）", f"the job {job} never ran ({state})"),
            Text("无需处理；没有用量", "nothing to do: nothing was used"),
        )


def _check_elapsed(row: dict[str, str], duration_ms: int) -> None:
    """Raise unless the time that Slurm counted is the time from start to end."""
    elapsed = row.get("ElapsedRaw")
    if elapsed is not None and elapsed != str(duration_ms // 1000):
        raise InvalidInputError(
            "elapsed_mismatch",
            Text(
                f"作业 {row['JobID'][:60]} 的 ElapsedRaw 为 {elapsed[:20]!r} 秒，起止相差"
                f" {duration_ms // 1000} 秒",
                f"ElapsedRaw of {row['JobID'][:60]} is {elapsed[:20]!r} s, from start to end it is"
                f" {duration_ms // 1000} s",
            ),
            Text(
                "曾被挂起或拨钟；请按实际占用以 CloudEvents 分段上报",
                "it was suspended, or the clock moved: send the slices as CloudEvents",
            ),
        )
