"""Who people are to an identity provider: beside the log, for the writer and the keeper alone.

As with passwords, no amount rests on it. Sessions say who vouched; their table is made anew, so
that everybody signs in again.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"

MOVING: Final[dict[str, tuple[str, ...]]] = {
    "linked_sign_on": ("person", "linked_at_ms"),
    "session": ("person", "created_at_ms", "seen_at_ms", "expires_at_ms", "vouched_by"),
    "departure": ("back", "invitation", "session", "person", "expires_at_ms"),
}
"""The tables, and the columns of each that may change."""


def upgrade() -> None:
    """Build the tables, then let the two roles of PostgreSQL do with them what they have to."""
    op.drop_table("session")
    op.create_table(
        "session",
        sa.Column("digest", sa.LargeBinary),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("seen_at_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
        sa.Column("vouched_by", sa.Text),
        sa.PrimaryKeyConstraint("digest", name="pk_session"),
        comment="Accounts: who has signed in, by the digest of what the browser keeps.",
    )
    op.create_index("ix_session_person", "session", ["person"])
    op.create_table(
        "linked_sign_on",
        sa.Column("issuer", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("linked_at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_linked_sign_on"),
        comment="Accounts: who somebody is to an identity provider.",
    )
    op.create_index("ux_linked_sign_on_person", "linked_sign_on", ["person", "issuer"], unique=True)
    op.create_table(
        "departure",
        sa.Column("digest", sa.LargeBinary),
        sa.Column("back", sa.Text, nullable=False),
        sa.Column("invitation", sa.LargeBinary),
        sa.Column("session", sa.LargeBinary),
        sa.Column("person", sa.Text),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_departure"),
        comment="Accounts: who left for the identity provider and has to come back; once only.",
    )
    if op.get_bind().dialect.name == "postgresql":
        for table, columns in MOVING.items():
            op.execute(f"GRANT SELECT ON {table} TO suanquan_keeper, suanquan_writer")
            op.execute(f"GRANT INSERT, DELETE ON {table} TO suanquan_writer")
            op.execute(f"GRANT UPDATE ({', '.join(columns)}) ON {table} TO suanquan_writer")
