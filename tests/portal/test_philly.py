"""The main job on a real trace: 82,247 jobs with known totals, from file to replayed statements."""

import csv
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from ledger.database import open_engine
from ledger.events import UsageRecorded
from ledger.identifiers import synthetic_credit_code
from ledger.read import read_events, read_heads
from reports.frames import Told, sum_months, tell
from reports.reading import read_snapshot
from reports.reconciliation import reconcile_all
from tests.conftest import missing_service

Run = Callable[..., Any]

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
TRACE = DATA / "philly_vc_jobs.csv.gz"
MAP = ROOT / "examples" / "philly.toml"

MONTH = "2017-10"
"""The month that is settled."""

Oracle = dict[tuple[str, str], int]


class Tenant(NamedTuple):
    """What is known of a tenant over all months."""

    jobs: int
    card_seconds: int


def settle_and_prove(
    suanquan: Run, home: Path, path: Path, oracle: Oracle, tenants: dict[str, Tenant]
) -> None:
    """Import a trace twice, hold its usage against both oracles, settle a month and replay."""
    jobs = sum(tenant.jobs for tenant in tenants.values())
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
    assert {row["name"]: row["quantity"] for row in by_tenant["rows"]} == {
        name: str(tenant.card_seconds) for name, tenant in tenants.items()
    }
    assert [row["quantity"] for row in by_tenant["total"]] == [str(sum(oracle.values()))]
    assert _jobs_by_subject(home) == {
        synthetic_credit_code(f"urn:suanquan:example:philly/{name}"): tenant.jobs
        for name, tenant in tenants.items()
    }

    hold_against_published(suanquan, home, oracle, tenants)

    made = suanquan("statement", "make", "--kind", "compute", "--month", MONTH, "--json").json
    used = {tenant for tenant, used_in in oracle if used_in == MONTH}
    assert len(made["rows"]) == len(used)
    assert all("合成" in _text(Path(row["path"])) for row in made["rows"])
    assert suanquan("log", "checkpoint", "--json").status == 0
    assert suanquan("log", "check", "--json").json["ok"] is True
    replayed = suanquan("replay", "--statements", "--json").json
    assert replayed["match"] is True
    assert replayed["statements"] == {"rendered": len(used), "match": True}


def hold_against_published(
    suanquan: Run, home: Path, oracle: Oracle, tenants: dict[str, Tenant]
) -> None:
    """Hold usage against the published totals, and the months against their missing invoices."""
    by_month, by_tenant = home / "by_month.csv", home / "by_tenant.csv"
    rows = [f"{name},{month},{seconds}" for (name, month), seconds in oracle.items()]
    by_month.write_text("\n".join(["enterprise,month,card_seconds", *rows]))
    rows = [f"{name},{one.jobs},{one.card_seconds}" for name, one in tenants.items()]
    by_tenant.write_text("\n".join(["cluster,jobs,card_seconds", *rows]))
    for path, number in ((by_month, len(oracle)), (by_tenant, len(tenants))):
        answer = suanquan("report", "totals", path, "--json")
        assert answer.status == 0, answer.err
        assert (answer.json["ok"], answer.json["compared"], answer.json["rows"]) == (
            True,
            number,
            [],
        )
    (name, month), seconds = next(iter(oracle.items()))
    row = f"{name},{month},{seconds}"
    by_month.write_text(by_month.read_text().replace(row, f"{row}.5"))
    answer = suanquan("report", "totals", by_month, "--json")
    assert answer.status == 4
    assert [
        (row["enterprise"], row["month"], row["published"], row["recorded"])
        for row in answer.json["rows"]
    ] == [(name, month, f"{seconds}.5", str(seconds))]

    codes = Counter(
        one.explanation.code for one in explain_all(home, {month for _, month in oracle})
    )
    assert codes == {"not_invoiced": len(oracle)}


def explain_all(home: Path, months: Iterable[str]) -> Iterator[Told]:
    """Yield every explanation of some months, what is unexplained among them."""
    engine = open_engine(f"sqlite:///{home / 'suanquan.db'}", "read")
    try:
        with engine.connect() as connection:
            snapshot = read_snapshot(connection)
    finally:
        engine.dispose()
    for month in sorted(months):
        reconciled = list(reconcile_all(snapshot, month))
        yield from tell(reconciled, sum_months(reconciled))


def _jobs_by_subject(home: Path) -> Counter[str]:
    """Return the number of usage entries of each enterprise, read off the log."""
    engine = open_engine(f"sqlite:///{home / 'suanquan.db'}", "read")
    try:
        with engine.connect() as connection:
            size = read_heads(connection)["usage"].size
            return Counter(
                event.subject
                for _, event in read_events(connection, "usage", 0, size)
                if isinstance(event.data, UsageRecorded)
            )
    finally:
        engine.dispose()


def _text(path: Path) -> str:
    from pypdf import PdfReader  # noqa: PLC0415 - slow to import, and only this test reads pages

    return PdfReader(path).pages[0].extract_text()


def test_the_philly_trace_gives_its_known_totals(suanquan: Run, home: Path) -> None:
    if not TRACE.exists():
        missing_service("the Philly trace", f"no file {TRACE}")
    with (DATA / "philly_month_shanghai.csv").open() as file:
        oracle = {
            (row["enterprise"], row["month"]): int(row["card_seconds"])
            for row in csv.DictReader(file)
        }
    with (DATA / "philly_enterprise.csv").open() as file:
        tenants = {
            row["cluster"]: Tenant(int(row["jobs"]), int(row["card_seconds"]))
            for row in csv.DictReader(file)
        }
    assert sum(tenant.jobs for tenant in tenants.values()) == 82_247
    assert sum(oracle.values()) == 3_521_082_502
    settle_and_prove(suanquan, home, TRACE, oracle, tenants)


def test_a_trace_of_the_same_shape_gives_what_a_plain_sum_gives(
    suanquan: Run, home: Path, tmp_path: Path
) -> None:
    chance = random.Random(20171)  # noqa: S311 - made up, no secret
    path = tmp_path / "jobs.csv"
    oracle: Oracle = defaultdict(int)
    rows: list[tuple[datetime, int, int, str]] = []
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
    tenants = {
        name: Tenant(
            sum(row[3] == name for row in rows),
            sum(row[1] * row[2] for row in rows if row[3] == name),
        )
        for name in {row[3] for row in rows}
    }
    settle_and_prove(suanquan, home, path, oracle, tenants)


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
