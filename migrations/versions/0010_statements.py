"""The trail is emptied: it keeps statements by their numbers and files by their hashes.

`ledger.schema` fills it anew from the book. What guards its rows stands aside for that alone.
"""

from typing import Final

from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"

TRAIL: Final = "trail"


def upgrade() -> None:
    """Take all rows away, with the walls of the database at hand as they were afterwards."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TRIGGER {TRAIL}_no_delete")
        op.execute(f"DELETE FROM {TRAIL}")  # noqa: S608 - a name of ours
        op.execute(
            f"CREATE TRIGGER {TRAIL}_no_delete BEFORE DELETE ON {TRAIL}"
            f" BEGIN SELECT RAISE(ABORT, '{TRAIL} is append-only'); END"
        )
    else:
        op.execute(f"ALTER TABLE {TRAIL} DISABLE TRIGGER {TRAIL}_append_only")
        op.execute(f"DELETE FROM {TRAIL}")  # noqa: S608 - a name of ours
        op.execute(f"ALTER TABLE {TRAIL} ENABLE TRIGGER {TRAIL}_append_only")
