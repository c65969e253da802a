"""Personal data beside their digests in the book: rows stay, their salts and values may go.

Who reads what on PostgreSQL: reader and auditor see that there is a datum and not what it says; the
writer writes and erases it without reading it; the keeper reads all tables, these columns included,
and writes nothing. The keeper is for showing, checking and backing up.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"

TABLE: Final = "personal_datum"
SEEN: Final = "digest, enterprise, kind"
ERASED: Final = ("salt", "value")


def upgrade() -> None:
    """Build the table, then the walls of the database at hand."""
    op.create_table(
        TABLE,
        sa.Column("digest", sa.LargeBinary),
        sa.Column("enterprise", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary),
        sa.Column("value", sa.LargeBinary),
        sa.PrimaryKeyConstraint("digest", name="pk_personal_datum"),
        sa.CheckConstraint(
            "(salt IS NULL) = (value IS NULL)", name=op.f("ck_personal_datum_erased")
        ),
        comment="Personal data under the digests in the book; erased, a row keeps its digest only.",
    )
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()
        _grant_postgresql()


def _guard_sqlite() -> None:
    """Refuse that a row goes, or changes in any way but to lose salt and value."""
    refuse = "BEGIN SELECT RAISE(ABORT, 'personal_datum only loses its data'); END"
    op.execute(f"CREATE TRIGGER {TABLE}_no_delete BEFORE DELETE ON {TABLE} {refuse}")
    kept = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in ("digest", "enterprise", "kind"))
    held = " OR ".join(f"NEW.{name} IS NOT NULL" for name in ERASED)
    op.execute(
        f"CREATE TRIGGER {TABLE}_erase_only BEFORE UPDATE ON {TABLE} WHEN {kept} OR {held} {refuse}"
    )


def _guard_postgresql() -> None:
    """Refuse the same by triggers, TRUNCATE included, whoever asks."""
    op.execute(
        "CREATE FUNCTION refuse_keeping() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION '% only loses its data', TG_TABLE_NAME"
        " USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_delete BEFORE DELETE OR TRUNCATE ON {TABLE}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_keeping()"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_erase_only BEFORE UPDATE ON {TABLE} FOR EACH ROW"
        " WHEN (NEW.digest <> OLD.digest OR NEW.enterprise <> OLD.enterprise"
        " OR NEW.kind <> OLD.kind OR NEW.salt IS NOT NULL OR NEW.value IS NOT NULL)"
        " EXECUTE FUNCTION refuse_keeping()"
    )


def _grant_postgresql() -> None:
    """Make the keeper's role, and give each role what it needs of the table."""
    op.execute(
        "DO $$ BEGIN CREATE ROLE suanquan_keeper NOLOGIN;"
        " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute("GRANT suanquan_keeper TO CURRENT_USER")
    op.execute("GRANT USAGE ON SCHEMA public TO suanquan_keeper")
    for kind in ("TABLES", "SEQUENCES"):
        op.execute(f"GRANT SELECT ON ALL {kind} IN SCHEMA public TO suanquan_keeper")
    for role in ("suanquan_reader", "suanquan_writer", "suanquan_auditor"):
        op.execute(f"GRANT SELECT ({SEEN}) ON {TABLE} TO {role}")
    op.execute(f"GRANT INSERT ON {TABLE} TO suanquan_writer")
    op.execute(f"GRANT UPDATE ({', '.join(ERASED)}) ON {TABLE} TO suanquan_writer")
