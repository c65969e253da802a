"""The examples: a few rows of each through its map. test_philly.py has the whole trace."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ingest.adapters import Adapter
from ledger.identifiers import synthetic_credit_code

EXAMPLES = Path(__file__).parents[2] / "examples"

Adapt = Callable[[bytes | Path | None], Adapter]
Ledger = Any


def total_s(ledger: Ledger) -> int:
    """Return the card-seconds of all enterprises and days."""
    micro: int = sum(row[-1] for row in ledger.rows("usage_day"))
    assert micro % 10**6 == 0
    return micro // 10**6


def test_the_philly_example_keeps_equal_rows_and_names_tenants(
    ledger: Ledger, adapt: Adapt, tmp_path: Path
) -> None:
    path = tmp_path / "jobs.csv"
    rows = ["2017-09-30 15:59:50,20.0,2,40.0,0e4a51"] * 2 + ["2017-10-01 00:00:00,5.0,1,5.0,11cb48"]
    path.write_text("\n".join(["timestamp,duration,num_gpus,gpu_time,cluster", *rows]), "utf-8")
    outcome = ledger.ingest(path, adapt(EXAMPLES / "philly.toml"))
    assert (outcome.recorded, outcome.rejected) == (3, 0)
    first, second = (
        synthetic_credit_code(f"urn:suanquan:example:philly/{tenant}")
        for tenant in ("0e4a51", "11cb48")
    )
    by_day = {(row[0], row[3]): row[-1] // 10**6 for row in ledger.rows("usage_day")}
    assert by_day == {
        (first, "2017-09-30"): 40,
        (first, "2017-10-01"): 40,
        (second, "2017-10-01"): 5,
    }
    assert ledger.findings() == []


def test_the_smallest_example_is_recorded(ledger: Ledger, adapt: Adapt) -> None:
    outcome = ledger.ingest(EXAMPLES / "usage.csv", adapt(EXAMPLES / "usage.toml"))
    assert (outcome.seen, outcome.recorded) == (4, 4)


def test_the_slurm_example_reads_slurm(ledger: Ledger, adapt: Adapt, tmp_path: Path) -> None:
    path = tmp_path / "july.txt"
    path.write_text(
        "JobID|Cluster|Account|User|Partition|State|Start|End|ElapsedRaw|AllocTRES\n"
        "1|c|lab-a|u|a100|COMPLETED|2022-07-01T00:00:00|2022-07-01T01:00:00|3600|gres/gpu=8\n"
        "1.batch|c||u|a100|COMPLETED|2022-07-01T00:00:00|2022-07-01T01:00:00|3600|gres/gpu=8\n"
        "2|c|lab-b|u|a100|RUNNING|2022-07-01T00:00:00|Unknown|7200|gres/gpu=8\n"
        "3|c|lab-b|u|a100|FAILED|2022-07-01T00:00:00|2022-07-01T00:00:10|10|gres/gpu=1\n",
        "utf-8",
    )
    outcome = ledger.ingest(path, adapt(EXAMPLES / "slurm.toml"))
    assert (outcome.seen, outcome.recorded, outcome.duplicate, outcome.rejected) == (4, 2, 0, 2)
    assert [one[1] for one in ledger.rejections()] == ["job_step", "open_job"]
    assert total_s(ledger) == 8 * 3600 + 10
