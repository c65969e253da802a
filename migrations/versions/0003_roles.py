"""The auditor's role, and no more than each role needs; nothing for everybody.

SQLite has no roles: there whoever may open the file reads it.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"

AUDITOR: Final = "suanquan_auditor"
READER: Final = "suanquan_reader"
WRITER: Final = "suanquan_writer"

# What agents sent and what was refused, before anybody looked at it.
RAW: Final = ("chunk", "rejection", "identity", "source", "stream", "source_span", "settlement")

CACHES: Final = ("usage_day", "source_span", "source_day", "sequence_block", "settlement")


def upgrade() -> None:
    """Take everybody's rights, narrow those of writer and reader, and make the auditor."""
    if op.get_bind().dialect.name == "sqlite":
        return
    _close()
    _make_auditor()
    _narrow_reader()
    _narrow_writer()


def _close() -> None:
    """Take from PUBLIC what PostgreSQL gives it, now and for what is made later."""
    op.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    for kind in ("TABLES", "SEQUENCES", "FUNCTIONS"):
        op.execute(f"REVOKE ALL ON ALL {kind} IN SCHEMA public FROM PUBLIC")
    op.execute("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
    op.execute(
        "DO $$ BEGIN EXECUTE format("
        "'REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$"
    )


def _make_auditor() -> None:
    """Make the role that reads everything and changes nothing."""
    op.execute(
        f"DO $$ BEGIN CREATE ROLE {AUDITOR} NOLOGIN;"
        " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    op.execute(f"GRANT {AUDITOR} TO CURRENT_USER")
    op.execute(f"GRANT USAGE ON SCHEMA public TO {AUDITOR}")
    for kind in ("TABLES", "SEQUENCES"):
        op.execute(f"GRANT SELECT ON ALL {kind} IN SCHEMA public TO {AUDITOR}")


def _narrow_reader() -> None:
    """Leave the reader heads, tiles, sums and the book's entries.

    The view has the table's name and columns, and the reader's connections look there first. The
    book is log number 2.
    """
    for table in RAW:
        op.execute(f"REVOKE ALL ON {table} FROM {READER}")
    op.execute("CREATE SCHEMA IF NOT EXISTS suanquan_reading")
    op.execute(
        "CREATE OR REPLACE VIEW suanquan_reading.chunk WITH (security_barrier) AS"
        " SELECT log, start, count, body FROM public.chunk WHERE log = 2"
    )
    op.execute(f"GRANT USAGE ON SCHEMA suanquan_reading TO {READER}")
    op.execute(f"GRANT SELECT ON suanquan_reading.chunk TO {READER}")


def _narrow_writer() -> None:
    """Let the writer change the values of a cache, and not whose they are."""
    inspector = sa.inspect(op.get_bind())
    for table in CACHES:
        keys = inspector.get_pk_constraint(table)["constrained_columns"]
        values = [one["name"] for one in inspector.get_columns(table) if one["name"] not in keys]
        op.execute(f"REVOKE UPDATE ON {table} FROM {WRITER}")
        op.execute(f"GRANT UPDATE ({', '.join(values)}) ON {table} TO {WRITER}")
