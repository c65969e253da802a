"""What a reviewer has marked of a claim so far: beside the log, on it rests nothing.

For the writer and the keeper alone: it is the reviewer's own until he signs.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"


def upgrade() -> None:
    """Build the table, then let the two roles of PostgreSQL do with it what they have to."""
    op.create_table(
        "review_draft",
        sa.Column("claim", sa.Text),
        sa.Column("person", sa.Text),
        sa.Column("seen", sa.BigInteger, nullable=False),
        sa.Column("saves", sa.BigInteger, nullable=False),
        sa.Column("saved_at_ms", sa.BigInteger, nullable=False),
        sa.Column("marks", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("claim", "person", name="pk_review_draft"),
        comment="Operations: what a reviewer has marked of a claim and not signed yet.",
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("GRANT SELECT ON review_draft TO suanquan_keeper, suanquan_writer")
        op.execute("GRANT INSERT, DELETE ON review_draft TO suanquan_writer")
        op.execute(
            "GRANT UPDATE (seen, saves, saved_at_ms, marks) ON review_draft TO suanquan_writer"
        )
