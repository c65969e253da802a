"""What ingest and statements are made of: tree, rules, replay, printing.

- Merkle append, against as many bare SHA-256 hashes of the same lengths;
- `decide` by every programme, against reading the case from its JSON;
- a statement's PDF, against the canonical bytes and hash of the same statement;
- replay of all projections, against reading and unpacking the entries alone.
"""

import hashlib
from collections.abc import Iterator
from typing import Final

import msgspec

from bench.files import RECORDED_AT_MS
from bench.measure import Measurement, compare
from bench.world import Databases, workspace, write_lines, writer
from ingest.adapters.ndjson import NdjsonAdapter
from ingest.file_worker import ingest_file
from ledger import merkle
from ledger.database import open_engine
from ledger.projection import PROJECTIONS
from ledger.read import read_entries, read_heads
from ledger.replay import replay
from ledger.store import Store
from ledger.text import Text
from reports.fonts import CACHE, load
from reports.pdf import render
from reports.statement import (
    Amount,
    Column,
    Number,
    Section,
    Statement,
    Table,
    Words,
    Yuan,
    digest,
)
from vouchers.case import parse_case
from vouchers.catalogue import find_programmes
from vouchers.decide import decide

ENTRIES: Final = (10_000, 40_000, 160_000)
DECISIONS: Final = (300, 1_000, 3_000)
STATEMENTS: Final = (5, 20, 60)

BATCH_RECORDS: Final = 20_000


def parts(databases: Databases) -> Iterator[Measurement]:
    """Yield each part at three sizes."""
    for size in ENTRIES:
        yield merkle_append(size)
    for size in ENTRIES:
        yield replays(size, databases)
    for size in DECISIONS:
        yield decisions(size)
    for size in STATEMENTS:
        yield statements(size)


def merkle_append(size: int) -> Measurement:
    """Return growing a tree by batches against the bare hashes that it cannot do without."""
    leaves = [hashlib.sha256(str(number).encode()).digest() for number in range(size)]
    node = bytes(2 * merkle.HASH_BYTES + 1)

    def ours() -> None:
        frontier = merkle.EMPTY_FRONTIER
        for start in range(0, size, BATCH_RECORDS):
            frontier, _ = merkle.extend(frontier, leaves[start : start + BATCH_RECORDS])

    def bare() -> None:
        for _ in range(size):
            hashlib.sha256(node).digest()

    return compare("Merkle append", size, ours, "bare SHA-256", bare)


_CASE = msgspec.json.encode(
    {
        "enterprise": {
            "credit_code": "91420100MA4K2XY18X",
            "registered_region": "420100",
            "tax_domicile": [{"zone": "east-lake"}],
            "qualifications": [{"kind": "high_tech_enterprise"}, {"kind": "above_scale"}],
            "facts": [{"name": "sales_fen", "year": 2021, "value": 15_000_000_000}],
        },
        "purchases": [
            {
                "contract": f"C-{number}",
                "signed_on": "2022-01-05",
                "completed_on": "2022-06-30",
                "resource_kind": "accelerator",
                "invoiced_fen": 6_360_000,
                "payments": [{"paid_on": "2022-07-10", "amount_fen": 6_360_000}],
            }
            for number in range(10)
        ],
        "declarations": {"related_party": False, "serious_dishonesty": False},
        "apply_on": "2022-11-01",
    }
)


def decisions(size: int) -> Measurement:
    """Return deciding by every programme against parsing the case; ten purchases a case."""
    case, programmes = parse_case(_CASE), find_programmes()

    def ours() -> None:
        for number in range(size):
            decide(programmes[number % len(programmes)], case)

    def parse() -> None:
        for _ in range(size):
            parse_case(_CASE)

    return compare("decide", size, ours, "parsing the case", parse)


def statements(size: int) -> Measurement:
    """Return printing statements of 62 annex rows against encoding and hashing them."""
    row = (Words("2022-07-01"), Words("昇腾 910B"), Number("2592000"), Yuan(1_234_567))
    columns = tuple(Column(Text("列", "column"), 25) for _ in row)
    table = Table(columns, (row,) * 62)
    section = Section(Text("每日用量", "Daily usage"), (Amount(Text("合计", "Total"), 1), table))
    made = [
        Statement(
            number=f"SQ-C-2022-07-{number}",
            kind="compute",
            title=Text("算力服务结算单", "Compute settlement statement"),
            subject="91420100MA4K2XY18X",
            subject_name="示例科技有限公司",
            period="2022-07",
            revision=1,
            facts=(),
            sections=(section,),
            notices=(),
            heads=(),
            total_fen=1,
            values_sha256="0" * 64,
            maker="test/1",
        )
        for number in range(size)
    ]
    fonts = load(CACHE)

    def ours() -> None:
        for one in made:
            render(one, fonts)

    def encode() -> None:
        for one in made:
            digest(one)

    return compare("statements", size, ours, "encoding and hashing them", encode)


def replays(size: int, databases: Databases) -> Measurement:
    """Return replaying every projection against reading and unpacking the entries."""
    with workspace() as home, databases.ledger("SQLite") as url:
        path = write_lines(home / "usage.ndjson", size)
        with writer(url) as engine:
            ingest_file(Store(engine, PROJECTIONS), path, NdjsonAdapter(), lambda: RECORDED_AT_MS)
        reader = open_engine(url, "audit")
        with reader.connect() as connection:
            sizes = {name: head.size for name, head in read_heads(connection).items()}

            def ours() -> None:
                replay(connection, PROJECTIONS, sizes)

            def read() -> None:
                for _ in read_entries(connection, "usage", 0, sizes["usage"]):
                    pass

            measured = compare("replay", size, ours, "reading the entries", read)
        reader.dispose()
    return measured
