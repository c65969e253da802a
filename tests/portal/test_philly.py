"""The main job on a real trace: 82,247 jobs with known totals, from file to replayed statements."""

import csv
import random
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

Run = Callable[..., Any]

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
TRACE = DATA / "philly_vc_jobs.csv.gz"
MAP = ROOT / "examples" / "philly.toml"

Oracle = dict[tuple[str, str], int]


def settle_and_prove(suanquan: Run, path: Path, jobs: int, oracle: Oracle, month: str) -> None:
    """Import a trace twice, hold its usage against the oracle, settle a month and replay."""
    ingest = ("ingest", "file", path, "--format", "csv", "--map", MAP, "--json")
    first, second = suanquan(*ingest), suanquan(*ingest)
    assert first.status == 0, first.err
    counts = ("seen", "recorded", "duplicate", "rejected")
    assert [first.json[name] for name in counts] == [jobs, jobs, 0, 0]
    assert [second.json[name] for name in counts] == [jobs, 0, jobs, 0]
    assert first.json["logs"] == second.json["logs"]

    by_month = suanquan("usage", "--by", "enterprise,month", "--json").json
    assert {(row["name"], row["month"]): row["quantity"] for row in by_month["rows"]} == {
        key: str(quantity) for key, quantity in oracle.items()
    }
    by_tenant = suanquan("usage", "--by", "enterprise", "--json").json
    tenants: dict[str, int] = defaultdict(int)
    for (tenant, _), quantity in oracle.items():
        tenants[tenant] += quantity
    assert {row["name"]: row["quantity"] for row in by_tenant["rows"]} == {
        tenant: str(quantity) for tenant, quantity in tenants.items()
    }
    assert [row["quantity"] for row in by_tenant["total"]] == [str(sum(tenants.values()))]

    made = suanquan("statement", "make", "--kind", "compute", "--month", month, "--json").json
    used = {tenant for tenant, used_in in oracle if used_in == month}
    assert len(made["rows"]) == len(used)
    assert all("合成" in _text(Path(row["path"])) for row in made["rows"])
    assert suanquan("log", "checkpoint", "--json").status == 0
    assert suanquan("log", "check", "--json").json["ok"] is True
    replayed = suanquan("replay", "--statements", "--json").json
    assert replayed["match"] is True
    assert replayed["statements"] == {"rendered": len(used), "match": True}


def _text(path: Path) -> str:
    from pypdf import PdfReader  # noqa: PLC0415 - slow to import, and only this test reads pages

    return PdfReader(path).pages[0].extract_text()


def test_the_philly_trace_gives_its_known_totals(suanquan: Run) -> None:
    if not TRACE.exists():
        pytest.skip(f"the Philly trace is missing: put philly_vc_jobs.csv.gz into {DATA}")
    with (DATA / "philly_month_shanghai.csv").open() as file:
        oracle = {
            (row["enterprise"], row["month"]): int(row["card_seconds"])
            for row in csv.DictReader(file)
        }
    assert sum(oracle.values()) == 3_521_082_502
    settle_and_prove(suanquan, TRACE, 82_247, oracle, "2017-10")


def test_a_trace_of_the_same_shape_gives_what_a_plain_sum_gives(
    suanquan: Run, tmp_path: Path
) -> None:
    chance = random.Random(20171)  # noqa: S311 - made up, no secret
    path = tmp_path / "jobs.csv"
    oracle: Oracle = defaultdict(int)
    rows = []
    while len(rows) < 3_000:
        start = datetime(2017, 9, 4, tzinfo=UTC) + timedelta(seconds=chance.randrange(9_000_000))
        duration = chance.choice((1, 59, 3_600, 86_400, chance.randrange(1, 3_000_000)))
        row = (start, duration, chance.choice((1, 2, 4, 8, 128)), f"vc{chance.randrange(5)}")
        # Some rows stand twice to the letter and are two jobs.
        rows += [row] * (2 if chance.randrange(50) == 0 else 1)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("timestamp", "duration", "num_gpus", "gpu_time", "cluster"))
        for start, duration, cards, tenant in rows:
            stamp = start.strftime("%Y-%m-%d %H:%M:%S")
            writer.writerow((stamp, f"{duration}.0", cards, f"{duration * cards}.0", tenant))
            _add_slowly(oracle, start, duration, cards, tenant)
    assert len(set(rows)) < len(rows)
    settle_and_prove(suanquan, path, len(rows), oracle, "2017-10")


def _add_slowly(oracle: Oracle, start: datetime, duration: int, cards: int, tenant: str) -> None:
    """Add a job's card-seconds to each month in Shanghai, cut at its first midnight."""
    zone = ZoneInfo("Asia/Shanghai")
    at, end = start, start + timedelta(seconds=duration)
    while at < end:
        local = at.astimezone(zone)
        first = datetime(
            local.year + local.month // 12, local.month % 12 + 1, 1, tzinfo=zone
        ).astimezone(UTC)
        edge = min(first, end)
        oracle[tenant, f"{local:%Y-%m}"] += int((edge - at).total_seconds()) * cards
        at = edge
