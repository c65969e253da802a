"""What lets an act of a claim read little: the trail, and where each claim stands.

Both are caches of the book log; `ledger.schema` fills them from a log that is there already. The
trail says which entries of the book are about what. Whoever could take a row of it away could hide
that a role was revoked: so its rows stay as they are, as a log's do.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"

TRAIL: Final = "trail"
STATE: Final = "claim_state"
STANDING: Final = ("moved_by", "state", "since", "revision", "amount", "objections")


def upgrade() -> None:
    """Build the tables, then the walls of the database at hand."""
    _create_trail()
    _create_claim_state()
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()
        _grant_postgresql()


def _create_trail() -> None:
    """Create the list of which entries are about what."""
    op.create_table(
        TRAIL,
        sa.Column("topic", sa.Text),
        sa.Column("leaf_index", sa.BigInteger, autoincrement=False),
        sa.PrimaryKeyConstraint("topic", "leaf_index", name="pk_trail"),
        comment="Projection: which entries of the book are about what.",
        sqlite_with_rowid=False,
    )


def _create_claim_state() -> None:
    """Create the states of claims, and the indexes by which lists find them."""
    op.create_table(
        STATE,
        sa.Column("claim", sa.Text),
        sa.Column("enterprise", sa.Text),
        sa.Column("programme", sa.Text),
        sa.Column("year", sa.BigInteger, autoincrement=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in STANDING),
        sa.PrimaryKeyConstraint("claim", "enterprise", "programme", "year", name="pk_claim_state"),
        comment="Projection: the state of each claim, and what lists show of it.",
    )
    op.create_index("ix_claim_state_state", STATE, ["state", "since", "claim"])
    op.create_index("ix_claim_state_since", STATE, ["since", "claim"])
    op.create_index("ix_claim_state_enterprise", STATE, ["enterprise"])


def _guard_sqlite() -> None:
    """Refuse that a row of the trail changes or goes, and sums that overflow."""
    for event in ("DELETE", "UPDATE"):
        op.execute(
            f"CREATE TRIGGER {TRAIL}_no_{event.lower()} BEFORE {event} ON {TRAIL}"
            f" BEGIN SELECT RAISE(ABORT, '{TRAIL} is append-only'); END"
        )
    # SQLite turns an integer sum that overflows into a floating-point number without a word.
    inexact = " OR ".join(f"typeof(NEW.{name}) <> 'integer'" for name in STANDING)
    for event in ("INSERT", "UPDATE"):
        op.execute(
            f"CREATE TRIGGER {STATE}_exact_{event.lower()} AFTER {event} ON {STATE}"
            f" WHEN {inexact} BEGIN SELECT RAISE(ABORT, '{STATE} overflows 64 bits'); END"
        )


def _guard_postgresql() -> None:
    """Refuse the same of the trail by a trigger, TRUNCATE included, whoever asks."""
    op.execute(
        f"CREATE TRIGGER {TRAIL}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {TRAIL}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _grant_postgresql() -> None:
    """Let every role read the caches, and the writer add rows and move states, never keys."""
    for table in (TRAIL, STATE):
        for role in ("reader", "auditor", "keeper", "writer"):
            op.execute(f"GRANT SELECT ON {table} TO suanquan_{role}")
        op.execute(f"GRANT INSERT ON {table} TO suanquan_writer")
    op.execute(f"GRANT UPDATE ({', '.join(STANDING)}) ON {STATE} TO suanquan_writer")
