"""Build or upgrade a database by migrating it: the only file that drives Alembic."""

from itertools import islice
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, insert, select

from ledger import merkle, tables
from ledger.bulk import insert_rows
from ledger.errors import InvalidInputError
from ledger.projection import PROJECTIONS, Rows
from ledger.read import LOGS_MIN, read_events, read_heads
from ledger.rebuild import merge_into
from ledger.replay import fold
from ledger.text import Text

_CONFIGURATION: Final = Path(__file__).parents[1] / "alembic.ini"


def upgrade(engine: Engine, origin: str, usage_logs: int = 1) -> str:
    """Return the revision that a database has after every migration was applied to it.

    The logs are created empty where they are missing: the book and as many usage logs as asked
    for, which are never taken away again. A log's origin is `<origin>/<name>` for ever, and logs
    that come later have that of the first ones. A projection that a migration made, or emptied, is
    filled from the logs.
    Raises `InvalidInputError` (`bad_usage_logs`).
    """
    if not 1 <= usage_logs <= tables.USAGE_LOGS_MAX:
        raise InvalidInputError(
            "bad_usage_logs",
            Text(f"用量日志数 {usage_logs} 不可用", f"cannot have {usage_logs} usage logs"),
            Text(f"应为 1 至 {tables.USAGE_LOGS_MAX}", f"give 1 to {tables.USAGE_LOGS_MAX}"),
        )
    with engine.begin() as connection:
        before = _revision(connection)
        config = Config(_CONFIGURATION)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        _create_logs(connection, origin, usage_logs)
        revision = _revision(connection)
        if revision != before:
            _fill_projections(connection)
    assert revision is not None
    return revision


def _revision(connection: Connection) -> str | None:
    """Return the revision that a database has, None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def _create_logs(connection: Connection, origin: str, usage_logs: int) -> None:
    """Insert the head row of each log that has none."""
    rows = connection.execute(select(tables.log.c.name, tables.log.c.origin)).all()
    present = {row.name: row.origin for row in rows}
    for name, first in present.items():
        origin = first.removesuffix(f"/{name}")
    # The first usage log comes before the others, so that of all names these are the first ones.
    for name, number in islice(tables.LOG_NUMBERS.items(), LOGS_MIN - 1 + usage_logs):
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


def _fill_projections(connection: Connection) -> None:
    """Fill each projection whose table is empty from the logs' bytes."""
    new = [
        projection
        for projection in PROJECTIONS
        if connection.execute(select(projection.table).limit(1)).first() is None
    ]
    if not new:
        return
    rows = {projection.name: Rows() for projection in new}
    for head in read_heads(connection).values():
        events = (event for _, event in read_events(connection, head.name, 0, head.size))
        merge_into(rows, new, fold(new, events, head.name))
    for projection in new:
        filled = [(*key, *values) for key, values in sorted(rows[projection.name].items())]
        insert_rows(connection, projection.table, filled)
