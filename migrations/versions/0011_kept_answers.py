"""What the interface answered under a caller's key, for a day: beside the log, on it rests nothing.

For the writer and the keeper alone, as how people sign in: an answer says what its caller may see.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"


def upgrade() -> None:
    """Build the table, then let the two roles of PostgreSQL do with it what they have to."""
    op.create_table(
        "kept_answer",
        sa.Column("key", sa.LargeBinary),
        sa.Column("request", sa.LargeBinary, nullable=False),
        sa.Column("at_ms", sa.BigInteger, nullable=False),
        sa.Column("status", sa.BigInteger),
        sa.Column("media_type", sa.Text),
        sa.Column("body", sa.LargeBinary),
        sa.PrimaryKeyConstraint("key", name="pk_kept_answer"),
        comment="Operations: what was answered under a caller's key, for a day.",
    )
    op.create_index("ix_kept_answer_at_ms", "kept_answer", ["at_ms"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("GRANT SELECT ON kept_answer TO suanquan_keeper, suanquan_writer")
        op.execute("GRANT INSERT, DELETE ON kept_answer TO suanquan_writer")
        op.execute(
            "GRANT UPDATE (request, at_ms, status, media_type, body)"
            " ON kept_answer TO suanquan_writer"
        )
