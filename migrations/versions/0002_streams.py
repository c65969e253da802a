"""What each source sent beside what it says it sent, its numbers, and refusals taken in after all.

All three are caches of the log; `ledger.schema` fills them from a log that is there already.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"

PROJECTIONS: Final = ("source_day", "sequence_block", "settlement")
SUMS: Final = ("events", "quantity", "tallies", "tallied_events", "tallied_quantity")


def upgrade() -> None:
    """Build the tables, then the walls of the database at hand."""
    op.create_table(
        "source_day",
        sa.Column("source", sa.Text),
        sa.Column("resource", sa.Text),
        sa.Column("day", sa.Text),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in SUMS),
        sa.PrimaryKeyConstraint("source", "resource", "day", name="pk_source_day"),
        comment="Projection: what each source sent for a policy day, beside what it says it sent.",
    )
    op.create_table(
        "sequence_block",
        sa.Column("source", sa.Text),
        sa.Column("block", sa.BigInteger, autoincrement=False),
        sa.Column("bits", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("source", "block", name="pk_sequence_block"),
        comment="Projection: which of a source's numbers are recorded, a bit each, 60 in a block.",
    )
    op.create_table(
        "settlement",
        sa.Column("stream", sa.Text),
        sa.Column("position", sa.BigInteger, autoincrement=False),
        sa.Column("settled", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("stream", "position", name="pk_settlement"),
        comment="Projection: refused records that were taken in after all.",
    )
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _grant_postgresql()


def _guard_sqlite() -> None:
    """Refuse sums that overflow, which SQLite would turn into floating-point numbers."""
    inexact = " OR ".join(f"typeof(NEW.{name}) <> 'integer'" for name in SUMS)
    for event in ("INSERT", "UPDATE"):
        op.execute(
            f"CREATE TRIGGER source_day_exact_{event.lower()} AFTER {event} ON source_day"
            f" WHEN {inexact} BEGIN SELECT RAISE(ABORT, 'source_day overflows 64 bits'); END"
        )


def _grant_postgresql() -> None:
    """Let the writer keep the new caches, and the reader read them."""
    for table in PROJECTIONS:
        op.execute(f"GRANT SELECT ON {table} TO suanquan_writer, suanquan_reader")
        op.execute(f"GRANT INSERT, UPDATE ON {table} TO suanquan_writer")
