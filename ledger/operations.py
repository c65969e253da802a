"""Tables of operations, on which nothing rests: runs, accounts, kept answers, marks."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, LargeBinary, Table, Text

from ledger.metadata import METADATA

scheduled_run: Final = Table(
    "scheduled_run",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("due_at_ms", BigInteger, nullable=False),
    Column("next_try_at_ms", BigInteger, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("holder", Text),
    Column("held_until_ms", BigInteger),
    Column("started_at_ms", BigInteger),
    Column("finished_at_ms", BigInteger),
    Column("error_code", Text),
    Column("error_zh", Text),
    Column("error_en", Text),
    Column("outcome", Text),
    CheckConstraint("state IN ('due', 'running', 'done', 'failed')", name="state"),
    CheckConstraint(
        "(state = 'running') = (holder IS NOT NULL) AND (holder IS NULL) = (held_until_ms IS NULL)",
        name="held",
    ),
    Index("ix_scheduled_run_state", "state", "next_try_at_ms"),
    comment="Operations: what the schedule has run, runs and has to run. Nothing rests on it.",
)

account: Final = Table(
    "account",
    METADATA,
    Column("person", Text, primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("password_set_at_ms", BigInteger, nullable=False),
    Column("totp_secret", LargeBinary),
    Column("totp_confirmed_at_ms", BigInteger),
    Column("totp_last_step", BigInteger),
    CheckConstraint("totp_confirmed_at_ms IS NULL OR totp_secret IS NOT NULL", name="confirmed"),
    comment="Accounts: how each person signs in. Secrets are sealed by a key of the home.",
)

recovery_code: Final = Table(
    "recovery_code",
    METADATA,
    Column("person", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    comment="Accounts: codes for whoever has lost his second factor; a used one is gone.",
)

invitation: Final = Table(
    "invitation",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("person", Text, nullable=False),
    Column("renews", Text, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    CheckConstraint("renews IN ('password', 'second_factor')", name="renews"),
    Index("ix_invitation_person", "person"),
    comment="Accounts: links that serve once, by their digest; a used one is gone.",
)

session: Final = Table(
    "session",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("person", Text, nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("seen_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("vouched_by", Text),
    Index("ix_session_person", "person"),
    comment="Accounts: who has signed in, by the digest of what the browser keeps.",
)

throttle: Final = Table(
    "throttle",
    METADATA,
    Column("key", LargeBinary, primary_key=True),
    Column("failures", BigInteger, nullable=False),
    Column("next_try_at_ms", BigInteger, nullable=False),
    Index("ix_throttle_next_try_at_ms", "next_try_at_ms"),
    comment="Accounts: failed sign-ins by a keyed digest of whom they tried, or of where from.",
)

linked_sign_on: Final = Table(
    "linked_sign_on",
    METADATA,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("linked_at_ms", BigInteger, nullable=False),
    Index("ux_linked_sign_on_person", "person", "issuer", unique=True),
    comment="Accounts: who somebody is to an identity provider.",
)

departure: Final = Table(
    "departure",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("back", Text, nullable=False),
    Column("invitation", LargeBinary),
    Column("session", LargeBinary),
    Column("person", Text),
    Column("expires_at_ms", BigInteger, nullable=False),
    comment="Accounts: who left for the identity provider and has to come back; once only.",
)

kept_answer: Final = Table(
    "kept_answer",
    METADATA,
    Column("key", LargeBinary, primary_key=True),
    Column("request", LargeBinary, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("status", BigInteger),
    Column("media_type", Text),
    Column("body", LargeBinary),
    Index("ix_kept_answer_at_ms", "at_ms"),
    comment="Operations: what was answered under a caller's key, for a day.",
)

review_draft: Final = Table(
    "review_draft",
    METADATA,
    Column("claim", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("seen", BigInteger, nullable=False),
    Column("saves", BigInteger, nullable=False),
    Column("saved_at_ms", BigInteger, nullable=False),
    Column("marks", LargeBinary, nullable=False),
    comment="Operations: what a reviewer has marked of a claim and not signed yet.",
)

PASSING: Final = (
    *(recovery_code, invitation, session, throttle),
    *(linked_sign_on, departure, kept_answer, review_draft),
)
"""Those whose rows go once they have served or lapsed."""
