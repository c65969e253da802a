"""Build or upgrade a database by migrating it: the only file that drives Alembic."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, insert, select

from ledger import merkle, tables

_CONFIGURATION: Final = Path(__file__).parents[1] / "alembic.ini"


def upgrade(engine: Engine, origin: str) -> str:
    """Return the revision that a database has after every migration was applied to it.

    The logs are created empty where they are missing; a log's origin is `<origin>/<name>` for ever.
    """
    with engine.begin() as connection:
        config = Config(_CONFIGURATION)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        _create_logs(connection, origin)
        revision = MigrationContext.configure(connection).get_current_revision()
    assert revision is not None
    return revision


def _create_logs(connection: Connection, origin: str) -> None:
    """Insert the head row of each log that has none."""
    present = set(connection.scalars(select(tables.log.c.name)))
    for name, number in tables.LOG_NUMBERS.items():
        if name not in present:
            connection.execute(
                insert(tables.log).values(
                    number=number,
                    name=name,
                    origin=f"{origin}/{name}",
                    size=0,
                    root=merkle.EMPTY_ROOT,
                    frontier=b"",
                )
            )
