"""All tables, in SQLAlchemy Core: the only schema, which the migrations must build exactly.

Five groups: the log (append-only, proved by its tree), what ingest knows of its streams, the
projections, which are caches of the log and are rebuilt by a replay, personal data, which may
be erased, and operations, on which nothing rests: runs of the schedule, and accounts.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from ledger import operations
from ledger.balance import Claim, Order
from ledger.claim_state import Standing
from ledger.events import LogName
from ledger.journal import CHART
from ledger.metadata import METADATA

# More workers than one database can serve; it only bounds the names below.
USAGE_LOGS_MAX: Final = 64

LOG_NUMBERS: Final[dict[LogName, int]] = {
    "usage": 1,
    "book": 2,
    "access": 3,
    **{f"usage-{number}": 3 + number for number in range(1, USAGE_LOGS_MAX)},
}
"""Every log that a ledger may have and the number that stands for it in its tables.

There is one book, one log of accesses, and as many usage logs as work side by side: `usage`,
`usage-1` and so on.
"""

LOG_NAMES: Final = {number: name for name, number in LOG_NUMBERS.items()}

metadata: Final = METADATA

# SQLite gives a rowid alias, which needs no sequence, only to a column of type INTEGER.
_NUMBER = BigInteger().with_variant(Integer(), "sqlite")

log: Final = Table(
    "log",
    metadata,
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
    Column("origin", Text, nullable=False, unique=True),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    comment="One head row a log, moved by compare-and-swap on (size, root).",
)

chunk: Final = Table(
    "chunk",
    metadata,
    Column("log", SmallInteger, ForeignKey("log.number"), primary_key=True, autoincrement=False),
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("count", SmallInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    CheckConstraint("count BETWEEN 1 AND 256", name="count"),
    comment="Entries [start, start + count) as a zstd-compressed C2SP entry bundle.",
)

tile: Final = Table(
    "tile",
    metadata,
    Column("log", SmallInteger, ForeignKey("log.number"), primary_key=True, autoincrement=False),
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
    comment="Hashes from `start` on, at one level of tiles; never across a tile's edge.",
)

source: Final = Table(
    "source",
    metadata,
    Column("number", _NUMBER, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    comment="CloudEvents sources, numbered so that identities stay narrow.",
)

# No foreign keys: on the hottest table each would cost a look-up a row, and `ledger.provenance`
# checks both references against the leaves.
identity: Final = Table(
    "identity",
    metadata,
    Column("source", _NUMBER, primary_key=True, autoincrement=False),
    Column("event_id", Text, primary_key=True),
    Column("log", SmallInteger, nullable=False),
    Column("leaf_index", BigInteger, nullable=False),
    comment="UNIQUE(source, event id), for ever, over all logs.",
    sqlite_with_rowid=False,
)

stream: Final = Table(
    "stream",
    metadata,
    Column("name", Text, primary_key=True),
    Column("next", BigInteger, nullable=False),
    comment="The next position of each file or partition, moved with the entries it gave.",
)

rejection: Final = Table(
    "rejection",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("stream", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("code", Text, nullable=False),
    Column("message_zh", Text, nullable=False),
    Column("message_en", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("conflict_log", SmallInteger),
    Column("conflict_index", BigInteger),
    Column("log", SmallInteger, ForeignKey("log.number"), nullable=False),
    Column("batch_index", BigInteger, nullable=False),
    Column("recorded_at_ms", BigInteger, nullable=False),
    UniqueConstraint("stream", "position"),
    comment="Records that were refused, with the batch leaf whose digest covers them.",
)

usage_day: Final = Table(
    "usage_day",
    metadata,
    Column("enterprise", Text, primary_key=True),
    Column("contract", Text, primary_key=True),
    Column("resource", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("quantity", BigInteger, nullable=False),
    comment="Projection: micro-unit-seconds by policy day.",
)

usage_block: Final = Table(
    "usage_block",
    metadata,
    Column("enterprise", Text, primary_key=True),
    Column("contract", Text, primary_key=True),
    Column("resource", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("log", SmallInteger, primary_key=True, autoincrement=False),
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("starts", BigInteger, nullable=False),
    Column("continued", BigInteger, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    comment="Projection: where a day's usage stands in the logs, by blocks of 16,384 entries.",
)

source_span: Final = Table(
    "source_span",
    metadata,
    Column("source", Text, primary_key=True),
    Column("first_ms", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
    comment="Projection: the time that each source's usage covers.",
)

source_day: Final = Table(
    "source_day",
    metadata,
    Column("source", Text, primary_key=True),
    Column("resource", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("events", BigInteger, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("tallies", BigInteger, nullable=False),
    Column("tallied_events", BigInteger, nullable=False),
    Column("tallied_quantity", BigInteger, nullable=False),
    comment="Projection: what each source sent for a policy day, beside what it says it sent.",
)

sequence_block: Final = Table(
    "sequence_block",
    metadata,
    Column("source", Text, primary_key=True),
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("bits", BigInteger, nullable=False),
    comment="Projection: which of a source's numbers are recorded, a bit each, 60 in a block.",
)

settlement: Final = Table(
    "settlement",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("settled", BigInteger, nullable=False),
    comment="Projection: refused records that were taken in after all.",
)

personal_datum: Final = Table(
    "personal_datum",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("enterprise", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("salt", LargeBinary),
    Column("value", LargeBinary),
    CheckConstraint("(salt IS NULL) = (value IS NULL)", name="erased"),
    comment="Personal data under the digests in the book; erased, a row keeps its digest only.",
)

# Laws of the books: below the program they hold for every row, whoever writes it.
fund_balance: Final = Table(
    "fund_balance",
    metadata,
    Column("fund", Text, primary_key=True),
    Column("year", BigInteger, primary_key=True, autoincrement=False),
    *(Column(name, BigInteger, nullable=False) for name in (*CHART, "closed")),
    CheckConstraint("appropriated + available + encumbered + expended = 0", name="budget"),
    CheckConstraint("expense + payable + treasury + receivable = 0", name="money"),
    CheckConstraint("expended = expense + receivable", name="both"),
    CheckConstraint("available >= 0", name="available"),
    CheckConstraint(
        "appropriated <= 0 AND encumbered >= 0 AND expended >= 0 AND expense >= 0"
        " AND payable <= 0 AND treasury <= 0 AND receivable >= 0",
        name="sides",
    ),
    CheckConstraint(
        "closed = 0 OR (closed = 1 AND available = 0 AND encumbered = 0)", name="closed"
    ),
    comment="Projection: each account of each fund's year, debits less credits, in fen.",
)

claim_balance: Final = Table(
    "claim_balance",
    metadata,
    Column("claim", Text, primary_key=True),
    Column("fund", Text, primary_key=True),
    Column("year", BigInteger, primary_key=True, autoincrement=False),
    Column("enterprise", Text, primary_key=True),
    *(Column(name, BigInteger, nullable=False) for name in Claim._fields),
    CheckConstraint("submitted = 1", name="submitted"),
    CheckConstraint(
        "reserved >= 0 AND payable >= 0 AND ordered >= 0 AND paid >= 0"
        " AND receivable >= 0 AND recovered >= 0",
        name="sides",
    ),
    CheckConstraint("reserved = 0 OR payable + paid = 0", name="cleared"),
    CheckConstraint("ordered <= payable", name="ordered"),
    CheckConstraint("receivable + recovered <= paid", name="clawback"),
    comment="Projection: what each claim stands at, in fen.",
)

payment_order: Final = Table(
    "payment_order",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("claim", Text, primary_key=True),
    *(Column(name, BigInteger, nullable=False) for name in Order._fields),
    CheckConstraint("given = 1 AND ordered > 0", name="given"),
    CheckConstraint(
        "(paid = 0 AND failed IN (0, ordered)) OR (paid = ordered AND failed = 0)", name="settled"
    ),
    comment="Projection: each payment order, and whether the bank paid it or failed, in fen.",
)

trail: Final = Table(
    "trail",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("leaf_index", BigInteger, primary_key=True, autoincrement=False),
    comment="Projection: which entries of the book are about what.",
    sqlite_with_rowid=False,
)

claim_state: Final = Table(
    "claim_state",
    metadata,
    Column("claim", Text, primary_key=True),
    Column("enterprise", Text, primary_key=True),
    Column("programme", Text, primary_key=True),
    Column("year", BigInteger, primary_key=True, autoincrement=False),
    *(Column(name, BigInteger, nullable=False) for name in Standing._fields),
    Index("ix_claim_state_state", "state", "since", "claim"),
    # In the order of a list, with what a list asks for: a filter that few pass reads no row.
    Index("ix_claim_state_since", "since", "claim", "programme", "year", "state"),
    Index("ix_claim_state_enterprise", "enterprise"),
    comment="Projection: the state of each claim, and what lists show of it.",
)

APPEND_ONLY: Final = ("chunk", "tile", "source", "identity", "rejection")
"""Tables whose rows are never changed or removed."""

HEADS: Final = {"log": ("size", "root", "frontier"), "stream": ("next",)}
"""Tables whose rows only move forward, and the columns that may move."""

BOOKS: Final = ("fund_balance", "claim_balance", "payment_order")
"""Caches whose rows are under the laws of the books; a part of a row by itself may break them."""

PROJECTIONS: Final = (
    "usage_day",
    "source_span",
    "usage_block",
    "source_day",
    "sequence_block",
    "settlement",
    *BOOKS,
    "trail",
    "claim_state",
)
"""Caches of the log."""

ERASABLE: Final = {"personal_datum": ("salt", "value")}
"""Tables whose rows stay, and the columns that may become null."""

PASSING: Final = tuple(one.name for one in operations.PASSING)
"""Tables for the writer and the keeper whose rows go once they have served or lapsed."""

ACCOUNTS: Final = (operations.account.name, *PASSING)
"""Tables by which people sign in, of answers to programs and of marks: for these two alone."""

OPERATIONS: Final = (operations.scheduled_run.name, *ACCOUNTS)
"""Tables of which every row may change, and none is evidence: no amount rests on any of them."""
