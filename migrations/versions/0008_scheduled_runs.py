"""What the schedule has run, runs and has to run: operations beside the log, and no evidence.

No amount rests on it: a run that is forgotten is done again, and finds in the log that it was done.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"

TABLE: Final = "scheduled_run"
MOVING: Final = (
    *("state", "due_at_ms", "next_try_at_ms", "attempts", "holder", "held_until_ms"),
    *("started_at_ms", "finished_at_ms", "error_code", "error_zh", "error_en", "outcome"),
)


def upgrade() -> None:
    """Build the table, then let each role of PostgreSQL do with it what it has to."""
    op.create_table(
        TABLE,
        sa.Column("kind", sa.Text),
        sa.Column("period", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("revision", sa.BigInteger, autoincrement=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_at_ms", sa.BigInteger, nullable=False),
        sa.Column("next_try_at_ms", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("holder", sa.Text),
        sa.Column("held_until_ms", sa.BigInteger),
        sa.Column("started_at_ms", sa.BigInteger),
        sa.Column("finished_at_ms", sa.BigInteger),
        sa.Column("error_code", sa.Text),
        sa.Column("error_zh", sa.Text),
        sa.Column("error_en", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.PrimaryKeyConstraint("kind", "period", "subject", "revision", name="pk_scheduled_run"),
        sa.CheckConstraint(
            "state IN ('due', 'running', 'done', 'failed')", name=op.f("ck_scheduled_run_state")
        ),
        sa.CheckConstraint(
            "(state = 'running') = (holder IS NOT NULL)"
            " AND (holder IS NULL) = (held_until_ms IS NULL)",
            name=op.f("ck_scheduled_run_held"),
        ),
        comment="Operations: what the schedule has run, runs and has to run. Nothing rests on it.",
    )
    op.create_index("ix_scheduled_run_state", TABLE, ["state", "next_try_at_ms"])
    if op.get_bind().dialect.name == "postgresql":
        for role in ("reader", "auditor", "keeper", "writer"):
            op.execute(f"GRANT SELECT ON {TABLE} TO suanquan_{role}")
        op.execute(f"GRANT INSERT, UPDATE ({', '.join(MOVING)}) ON {TABLE} TO suanquan_writer")
