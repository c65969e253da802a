"""Where the usage of a day stands in the logs, so that a statement leads to its entries.

A cache of the usage logs, which `ledger.schema` fills from those that are there already. It is for
whoever may read their entries, and not for the reader.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"

TABLE: Final = "usage_block"
KEYS: Final = ("enterprise", "contract", "resource", "day", "log", "block")
SUMS: Final = ("starts", "continued", "quantity")


def upgrade() -> None:
    """Build the table, then the walls of the database at hand."""
    op.create_table(
        TABLE,
        *(sa.Column(name, sa.Text) for name in KEYS[:4]),
        sa.Column("log", sa.SmallInteger, autoincrement=False),
        sa.Column("block", sa.BigInteger, autoincrement=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in SUMS),
        sa.PrimaryKeyConstraint(*KEYS, name="pk_usage_block"),
        comment="Projection: where a day's usage stands in the logs, by blocks of 16,384 entries.",
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
            f"CREATE TRIGGER {TABLE}_exact_{event.lower()} AFTER {event} ON {TABLE}"
            f" WHEN {inexact} BEGIN SELECT RAISE(ABORT, '{TABLE} overflows 64 bits'); END"
        )


def _grant_postgresql() -> None:
    """Let whoever reads entries read it, and the writer add rows and their sums, never keys."""
    for role in ("auditor", "keeper", "writer"):
        op.execute(f"GRANT SELECT ON {TABLE} TO suanquan_{role}")
    op.execute(f"GRANT INSERT ON {TABLE} TO suanquan_writer")
    op.execute(f"GRANT UPDATE ({', '.join(SUMS)}) ON {TABLE} TO suanquan_writer")
