"""The examples: real jobs against figures counted by others, and the small files."""

import csv
import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ingest.adapters import Adapter
from ledger.identifiers import synthetic_credit_code

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
DATA = ROOT.parent / "shared" / "data"
SOURCE = "urn:suanquan:example:philly"

Adapt = Callable[[bytes | Path | None], Adapter]
Ledger = Any


def by_month(ledger: Ledger) -> dict[tuple[str, str], int]:
    """Return card-seconds by enterprise and month."""
    total: Counter[tuple[str, str]] = Counter()
    for enterprise, _, _, day, micro in ledger.rows("usage_day"):
        total[enterprise, day[:7]] += micro
    assert all(micro % 10**6 == 0 for micro in total.values())
    return {key: micro // 10**6 for key, micro in total.items()}


def code(tenant: str) -> str:
    return synthetic_credit_code(f"{SOURCE}/{tenant}")


def test_the_real_jobs_give_the_figures_that_others_counted(ledger: Ledger, adapt: Adapt) -> None:
    path = DATA / "philly_vc_jobs.csv.gz"
    if not path.exists():
        sentence = f"{path} is missing: the real jobs are not part of this project"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence, pytrace=False)
        pytest.skip(sentence)
    first = ledger.ingest(path, adapt(EXAMPLES / "philly.toml"))
    assert (first.seen, first.recorded, first.duplicate, first.rejected) == (82_247, 82_247, 0, 0)
    assert first.book_recorded == 2 + 2 * 15
    with (DATA / "philly_month_shanghai.csv").open() as file:
        oracle = {
            (code(row["enterprise"]), row["month"]): int(row["card_seconds"])
            for row in csv.DictReader(file)
        }
    found = by_month(ledger)
    assert found == oracle
    assert sum(found.values()) == 3_521_082_502
    size = ledger.size()
    second = ledger.ingest(path, adapt(EXAMPLES / "philly.toml"))
    assert (second.seen, second.recorded, second.duplicate) == (82_247, 0, 82_247)
    assert ledger.size() == size


def test_made_up_jobs_of_the_same_shape_give_their_sums(
    ledger: Ledger, adapt: Adapt, tmp_path: Path
) -> None:
    random_source = random.Random(11)  # noqa: S311 - a test's own, seeded
    zone = ZoneInfo("Asia/Shanghai")
    expected: Counter[tuple[str, str]] = Counter()
    lines = ["timestamp,duration,num_gpus,gpu_time,cluster"]
    for _ in range(1500):
        start = datetime(2017, 9, 4, tzinfo=UTC) + timedelta(
            seconds=random_source.randrange(110 * 86_400)
        )
        duration_s, cards = random_source.randrange(1, 900_000), random_source.choice((1, 2, 8, 64))
        tenant = random_source.choice(("0e4a51", "11cb48", "ee9e8c"))
        line = f"{start:%Y-%m-%d %H:%M:%S},{duration_s}.0,{cards},{duration_s * cards}.0,{tenant}"
        times = 2 if random_source.randrange(30) == 0 else 1
        lines += [line] * times
        while duration_s:
            here = start.astimezone(zone)
            month = (here.replace(day=28) + timedelta(5)).replace(day=1, hour=0, minute=0, second=0)
            part_s = min(duration_s, int((month - here).total_seconds()))
            expected[code(tenant), f"{here:%Y-%m}"] += part_s * cards * times
            start, duration_s = start + timedelta(seconds=part_s), duration_s - part_s
    assert len(lines) > 1510, "some rows are equal"
    path = tmp_path / "jobs.csv"
    path.write_text("\n".join(lines), "utf-8")
    outcome = ledger.ingest(path, adapt(EXAMPLES / "philly.toml"))
    assert (outcome.recorded, outcome.rejected) == (len(lines) - 1, 0)
    assert by_month(ledger) == expected
    assert ledger.ingest(path, adapt(EXAMPLES / "philly.toml")).duplicate == len(lines) - 1
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
    assert sum(by_month(ledger).values()) == 8 * 3600 + 10
