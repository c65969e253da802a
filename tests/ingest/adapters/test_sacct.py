"""Slurm accounting through a map."""

from collections.abc import Callable

import pytest

from ingest.adapters import Adapter, Reader
from ingest.adapters.sacct import count_tres
from ledger.errors import InvalidInputError
from ledger.events import UsageRecorded

SLURM = b"""
format = "sacct"
source = "urn:test:slurm"
[time]
zone = "Asia/Shanghai"
[usage]
tenant = { column = "Account" }
resource = { constant = "a100" }
amount = { column = "AllocTRES", tres = "gres/gpu" }
[tenants.known]
lab = { credit_code = "91350100M000100Y43", name = "Lab" }
"""
HEADER = b"JobID|Cluster|Account|State|Start|End|ElapsedRaw|AllocTRES"
JOB = {
    "JobID": "123",
    "Cluster": "east",
    "Account": "lab",
    "State": "COMPLETED",
    "Start": "2022-07-01T08:00:00",
    "End": "2022-07-01T09:00:00",
    "ElapsedRaw": "3600",
    "AllocTRES": "billing=64,cpu=64,gres/gpu:a100=8,gres/gpu=8,mem=1T,node=1",
}

Adapt = Callable[[bytes], Adapter]


def line(**changes: str) -> bytes:
    return "|".join((JOB | changes).values()).encode()


@pytest.fixture
def reader(adapt: Adapt) -> Reader:
    return adapt(SLURM).begin("", HEADER)


def test_an_ended_job_is_usage(reader: Reader) -> None:
    event = reader.read(2, line())
    assert (event.source, event.id) == ("urn:test:slurm", "east/123/2022-07-01T08:00:00")
    assert event.subject == "91350100M000100Y43"
    assert event.data == UsageRecorded(
        job="east/123",
        resource="a100",
        amount="8",
        start="2022-07-01T00:00:00Z",
        end="2022-07-01T01:00:00Z",
    )
    assert reader.has_header


@pytest.mark.parametrize(
    "state",
    [
        *("COMPLETED", "FAILED", "TIMEOUT", "CANCELLED by 1000", "CANCELLED", "NODE_FAIL"),
        *("OUT_OF_MEMORY", "PREEMPTED", "DEADLINE", "BOOT_FAIL", "REVOKED"),
    ],
)
def test_a_job_that_held_cards_is_usage_however_it_ended(reader: Reader, state: str) -> None:
    assert reader.read(2, line(State=state)).usage == reader.read(2, line()).usage


def test_arrays_and_requeued_runs_are_jobs_of_their_own(reader: Reader) -> None:
    later = line(Start="2022-07-02T08:00:00", End="2022-07-02T09:00:00")
    ids = {reader.read(2, one).id for one in (line(), line(JobID="123_4"), later)}
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"JobID": "123.batch"}, "job_step"),
        ({"JobID": "123.0"}, "job_step"),
        ({"JobID": "123_4.extern", "End": "Unknown", "State": "RUNNING"}, "job_step"),
        ({"State": "RUNNING", "End": "Unknown"}, "open_job"),
        ({"State": "RUNNING", "End": "Unknown", "ElapsedRaw": "0"}, "open_job"),
        ({"State": "PENDING", "Start": "Unknown", "End": "Unknown", "AllocTRES": ""}, "open_job"),
        ({"State": "SUSPENDED"}, "open_job"),
        ({"State": "COMPLETED", "End": "Unknown"}, "open_job"),
        ({"State": "CANCELLED by 0", "Start": "None", "AllocTRES": ""}, "no_usage"),
        ({"State": "CANCELLED", "Start": "Unknown", "End": "Unknown"}, "no_usage"),
        ({"State": "FAILED", "End": JOB["Start"], "ElapsedRaw": "0"}, "no_usage"),
        ({"AllocTRES": "billing=4,cpu=4,mem=8G"}, "no_cards"),
        ({"AllocTRES": ""}, "no_cards"),
        ({"AllocTRES": "gres/gpu=0"}, "no_cards"),
        ({"AllocTRES": "gres/gpu=-8"}, "bad_tres"),
        ({"AllocTRES": "gres/gpu=NaN"}, "bad_tres"),
        ({"ElapsedRaw": "1800"}, "elapsed_mismatch"),
        ({"ElapsedRaw": "x"}, "elapsed_mismatch"),
        ({"End": "2022-07-01T07:00:00", "ElapsedRaw": "-3600"}, "empty_slice"),
        ({"Start": "07/01-08:00"}, "bad_time"),
        ({"Account": "other"}, "unknown_tenant"),
        ({"AllocTRES": "gres/gpu=8|x"}, "wrong_width"),
    ],
)
def test_a_line_that_is_no_usage_is_refused(
    reader: Reader, changes: dict[str, str], code: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        reader.read(2, line(**changes))
    assert caught.value.code == code
    assert all(caught.value.next_step)


def test_an_open_job_is_told_to_come_again(reader: Reader) -> None:
    with pytest.raises(InvalidInputError) as caught:
        reader.read(2, line(State="RUNNING", End="Unknown"))
    assert "again when it has finished" in caught.value.next_step.en
    assert "结束后" in caught.value.next_step.zh


def test_the_map_gives_the_order_of_columns_where_no_header_does(adapt: Adapt) -> None:
    names = ", ".join(f'"{name}"' for name in JOB).encode()
    raw = SLURM.replace(b"[time]", b"columns = [" + names + b"]\n[time]")
    reader = adapt(raw).begin("", line())
    assert not reader.has_header
    assert reader.read(1, line()).raw == adapt(SLURM).begin("", HEADER).read(2, line()).raw
    assert adapt(raw).begin("", HEADER).has_header


def test_without_cluster_and_elapsed_the_job_is_enough(adapt: Adapt) -> None:
    reader = adapt(SLURM).begin("", b"JobID|Account|State|Start|End|AllocTRES")
    row = b"7|lab|FAILED|2022-07-01T08:00:00|2022-07-01T08:00:01|gres/gpu:a100=2,gres/gpu:h800=1"
    event = reader.read(2, row)
    assert event.id == "7/2022-07-01T08:00:00"
    assert event.usage is not None
    assert event.usage.amount_milli == 3000


@pytest.mark.parametrize(
    "first", [b"", b"JobID|Account", b"JobIDRaw|Account|Start|End|State|AllocTRES", b"123|lab|x"]
)
def test_output_without_the_columns_is_refused(adapt: Adapt, first: bytes) -> None:
    with pytest.raises(InvalidInputError) as caught:
        adapt(SLURM).begin("", first)
    assert caught.value.code == "wrong_columns"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("gres/gpu=8", 8),
        ("gres/gpu:a100=8,gres/gpu=8", 8),
        ("gres/gpu=8,gres/gpu:a100=8", 8),
        ("gres/gpu:a100=4,gres/gpu:h800=2", 6),
        ("cpu=4,gres/gpu_mem=80,gres/npu=8", 0),
        ("", 0),
    ],
)
def test_cards_are_counted_once(text: str, count: int) -> None:
    assert count_tres(text, "gres/gpu") == count


def test_a_column_may_hold_the_count_itself(adapt: Adapt) -> None:
    raw = SLURM.replace(b', tres = "gres/gpu"', b"")
    reader = adapt(raw).begin("", HEADER)
    usage = reader.read(2, line(AllocTRES="4")).usage
    assert usage is not None
    assert usage.amount_milli == 4000
