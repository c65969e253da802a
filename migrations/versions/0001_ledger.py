"""The log, its identities and streams, the rejections, the first projections, and their walls.

A released log cannot be taken back, so there is no downgrade.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None

APPEND_ONLY: Final = ("chunk", "tile", "source", "identity", "rejection")
HEADS: Final = {"log": ("size", "root", "frontier"), "stream": ("next",)}
PROJECTIONS: Final = ("usage_day", "source_span")
NUMBER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Build the tables, then the walls of the database at hand."""
    _create_log()
    _create_ingest()
    _create_projections()
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()
        _grant_postgresql()


def _create_log() -> None:
    """Create heads, chunks, tiles and identities."""
    op.create_table(
        "log",
        sa.Column("number", sa.SmallInteger, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_log"),
        sa.UniqueConstraint("name", name="uq_log_name"),
        sa.UniqueConstraint("origin", name="uq_log_origin"),
        comment="One head row a log, moved by compare-and-swap on (size, root).",
    )
    op.create_table(
        "chunk",
        sa.Column("log", sa.SmallInteger, autoincrement=False),
        sa.Column("start", sa.BigInteger, autoincrement=False),
        sa.Column("count", sa.SmallInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("log", "start", name="pk_chunk"),
        sa.ForeignKeyConstraint(["log"], ["log.number"], name="fk_chunk_log"),
        sa.CheckConstraint("count BETWEEN 1 AND 256", name=op.f("ck_chunk_count")),
        comment="Entries [start, start + count) as a zstd-compressed C2SP entry bundle.",
    )
    op.create_table(
        "tile",
        sa.Column("log", sa.SmallInteger, autoincrement=False),
        sa.Column("level", sa.SmallInteger, autoincrement=False),
        sa.Column("start", sa.BigInteger, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("log", "level", "start", name="pk_tile"),
        sa.ForeignKeyConstraint(["log"], ["log.number"], name="fk_tile_log"),
        comment="Hashes from `start` on, at one level of tiles; never across a tile's edge.",
    )
    op.create_table(
        "source",
        sa.Column("number", NUMBER),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_source"),
        sa.UniqueConstraint("name", name="uq_source_name"),
        comment="CloudEvents sources, numbered so that identities stay narrow.",
    )
    op.create_table(
        "identity",
        sa.Column("source", NUMBER, autoincrement=False),
        sa.Column("event_id", sa.Text),
        sa.Column("log", sa.SmallInteger, nullable=False),
        sa.Column("leaf_index", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("source", "event_id", name="pk_identity"),
        comment="UNIQUE(source, event id), for ever, over all logs.",
        sqlite_with_rowid=False,
    )


def _create_ingest() -> None:
    """Create streams and rejections."""
    op.create_table(
        "stream",
        sa.Column("name", sa.Text),
        sa.Column("next", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_stream"),
        comment="The next position of each file or partition, moved with the entries it gave.",
    )
    op.create_table(
        "rejection",
        sa.Column("id", NUMBER),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("message_zh", sa.Text, nullable=False),
        sa.Column("message_en", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("length", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("conflict_log", sa.SmallInteger),
        sa.Column("conflict_index", sa.BigInteger),
        sa.Column("log", sa.SmallInteger, nullable=False),
        sa.Column("batch_index", sa.BigInteger, nullable=False),
        sa.Column("recorded_at_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rejection"),
        sa.UniqueConstraint("stream", "position", name="uq_rejection_stream_position"),
        sa.ForeignKeyConstraint(["log"], ["log.number"], name="fk_rejection_log"),
        comment="Records that were refused, with the batch leaf whose digest covers them.",
    )


def _create_projections() -> None:
    """Create the caches of the log."""
    op.create_table(
        "usage_day",
        sa.Column("enterprise", sa.Text),
        sa.Column("contract", sa.Text),
        sa.Column("resource", sa.Text),
        sa.Column("day", sa.Text),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("enterprise", "contract", "resource", "day", name="pk_usage_day"),
        comment="Projection: micro-unit-seconds by policy day.",
    )
    op.create_table(
        "source_span",
        sa.Column("source", sa.Text),
        sa.Column("first_ms", sa.BigInteger, nullable=False),
        sa.Column("last_ms", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_source_span"),
        comment="Projection: the time that each source's usage covers.",
    )


def _guard_sqlite() -> None:
    """Refuse changes below the program: no row changes or goes, heads only move forward."""
    refuse = "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    for table in (*APPEND_ONLY, *HEADS):
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            + refuse.format(table=table)
        )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            + refuse.format(table=table)
        )
    op.execute(
        "CREATE TRIGGER log_forward BEFORE UPDATE ON log WHEN NEW.size <= OLD.size"
        " OR NEW.number <> OLD.number OR NEW.name <> OLD.name OR NEW.origin <> OLD.origin "
        + refuse.format(table="log")
    )
    op.execute(
        "CREATE TRIGGER stream_forward BEFORE UPDATE ON stream"
        " WHEN NEW.next <= OLD.next OR NEW.name <> OLD.name " + refuse.format(table="stream")
    )
    # SQLite turns an integer sum that overflows into a floating-point number without a word.
    for event in ("INSERT", "UPDATE"):
        op.execute(
            f"CREATE TRIGGER usage_day_exact_{event.lower()} AFTER {event} ON usage_day"
            " WHEN typeof(NEW.quantity) <> 'integer'"
            " BEGIN SELECT RAISE(ABORT, 'usage_day.quantity overflows 64 bits'); END"
        )


def _guard_postgresql() -> None:
    """Refuse the same changes by triggers, TRUNCATE included, whoever asks."""
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME"
        " USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    for table in HEADS:
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(
        "CREATE TRIGGER log_forward BEFORE UPDATE ON log FOR EACH ROW"
        " WHEN (NEW.size <= OLD.size OR NEW.number <> OLD.number OR NEW.name <> OLD.name"
        " OR NEW.origin <> OLD.origin) EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER stream_forward BEFORE UPDATE ON stream FOR EACH ROW"
        " WHEN (NEW.next <= OLD.next OR NEW.name <> OLD.name) EXECUTE FUNCTION refuse_change()"
    )


def _grant_postgresql() -> None:
    """Make the writer's and the reader's role, with no more than each needs.

    Roles belong to the whole server: another database on it may have made them already.
    """
    for role in ("suanquan_writer", "suanquan_reader"):
        op.execute(
            f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN;"
            " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
        op.execute(f"GRANT {role} TO CURRENT_USER")
        op.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        op.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    for table in (*APPEND_ONLY, "stream", *PROJECTIONS):
        op.execute(f"GRANT INSERT ON {table} TO suanquan_writer")
    for table, columns in HEADS.items():
        op.execute(f"GRANT UPDATE ({', '.join(columns)}) ON {table} TO suanquan_writer")
    for table in PROJECTIONS:
        op.execute(f"GRANT UPDATE ON {table} TO suanquan_writer")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO suanquan_writer")
