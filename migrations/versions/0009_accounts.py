"""How people sign in to the portal: beside the log, for the writer and the keeper alone.

No amount rests on it; who was invited and set a password stands in the book.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"

MOVING: Final[dict[str, tuple[str, ...]]] = {
    "account": (
        *("password_hash", "password_set_at_ms"),
        *("totp_secret", "totp_confirmed_at_ms", "totp_last_step"),
    ),
    "recovery_code": (),
    "invitation": ("person", "renews", "expires_at_ms"),
    "session": ("person", "created_at_ms", "seen_at_ms", "expires_at_ms"),
    "throttle": ("failures", "next_try_at_ms"),
}
"""The tables, and the columns of each that may change."""

PASSING: Final = ("recovery_code", "invitation", "session", "throttle")
"""Tables from which rows go."""


def upgrade() -> None:
    """Build the tables, then let the two roles of PostgreSQL do with them what they have to."""
    _create_lasting()
    _create_passing()
    if op.get_bind().dialect.name == "postgresql":
        for table, columns in MOVING.items():
            op.execute(f"GRANT SELECT ON {table} TO suanquan_keeper, suanquan_writer")
            op.execute(f"GRANT INSERT ON {table} TO suanquan_writer")
            if columns:
                op.execute(f"GRANT UPDATE ({', '.join(columns)}) ON {table} TO suanquan_writer")
        for table in PASSING:
            op.execute(f"GRANT DELETE ON {table} TO suanquan_writer")


def _create_lasting() -> None:
    """Create what stays of a person: how he proves who he is."""
    op.create_table(
        "account",
        sa.Column("person", sa.Text),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("password_set_at_ms", sa.BigInteger, nullable=False),
        sa.Column("totp_secret", sa.LargeBinary),
        sa.Column("totp_confirmed_at_ms", sa.BigInteger),
        sa.Column("totp_last_step", sa.BigInteger),
        sa.PrimaryKeyConstraint("person", name="pk_account"),
        sa.CheckConstraint(
            "totp_confirmed_at_ms IS NULL OR totp_secret IS NOT NULL",
            name=op.f("ck_account_confirmed"),
        ),
        comment="Accounts: how each person signs in. Secrets are sealed by a key of the home.",
    )
    op.create_table(
        "recovery_code",
        sa.Column("person", sa.Text),
        sa.Column("digest", sa.LargeBinary),
        sa.PrimaryKeyConstraint("person", "digest", name="pk_recovery_code"),
        comment="Accounts: codes for whoever has lost his second factor; a used one is gone.",
    )


def _create_passing() -> None:
    """Create what serves once, or for a day."""
    op.create_table(
        "invitation",
        sa.Column("digest", sa.LargeBinary),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("renews", sa.Text, nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_invitation"),
        sa.CheckConstraint(
            "renews IN ('password', 'second_factor')", name=op.f("ck_invitation_renews")
        ),
        comment="Accounts: links that serve once, by their digest; a used one is gone.",
    )
    op.create_index("ix_invitation_person", "invitation", ["person"])
    op.create_table(
        "session",
        sa.Column("digest", sa.LargeBinary),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("created_at_ms", sa.BigInteger, nullable=False),
        sa.Column("seen_at_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_session"),
        comment="Accounts: who has signed in, by the digest of what the browser keeps.",
    )
    op.create_index("ix_session_person", "session", ["person"])
    op.create_table(
        "throttle",
        sa.Column("key", sa.LargeBinary),
        sa.Column("failures", sa.BigInteger, nullable=False),
        sa.Column("next_try_at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_throttle"),
        comment="Accounts: failed sign-ins by a keyed digest of whom they tried, or of where from.",
    )
    op.create_index("ix_throttle_next_try_at_ms", "throttle", ["next_try_at_ms"])
