"""The trail: which entries of the book are about what, so that an act reads those and no others.

A cache of the book log, which `ledger.schema` fills from a log that is there already. Whoever could
take a row away could hide that a role was revoked: so its rows stay as they are, as a log's do.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"

TRAIL: Final = "trail"


def upgrade() -> None:
    """Build the table, then the walls of the database at hand."""
    op.create_table(
        TRAIL,
        sa.Column("topic", sa.Text),
        sa.Column("leaf_index", sa.BigInteger, autoincrement=False),
        sa.PrimaryKeyConstraint("topic", "leaf_index", name="pk_trail"),
        comment="Projection: which entries of the book are about what.",
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()
        _grant_postgresql()


def _guard_sqlite() -> None:
    """Refuse that a row of the trail changes or goes."""
    for event in ("DELETE", "UPDATE"):
        op.execute(
            f"CREATE TRIGGER {TRAIL}_no_{event.lower()} BEFORE {event} ON {TRAIL}"
            f" BEGIN SELECT RAISE(ABORT, '{TRAIL} is append-only'); END"
        )


def _guard_postgresql() -> None:
    """Refuse the same by a trigger, TRUNCATE included, whoever asks."""
    op.execute(
        f"CREATE TRIGGER {TRAIL}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {TRAIL}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _grant_postgresql() -> None:
    """Let every role read the cache, and the writer add rows."""
    for role in ("reader", "auditor", "keeper", "writer"):
        op.execute(f"GRANT SELECT ON {TRAIL} TO suanquan_{role}")
    op.execute(f"GRANT INSERT ON {TRAIL} TO suanquan_writer")
