"""Small ledgers that earlier versions made, and how a test puts one into a database of either kind.

A folder is named after the release that made it, or after its schema where it was none. It holds a
home (`home.tar.xz`: database, keys, checkpoints, statements, an export, a proof) and what that
version said of it (`answers.json`). Neither is ever written again.
"""

import tarfile
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, create_engine, func, insert, select

from ledger.database import open_engine

ROOT: Final = Path(__file__).parent

ARCHIVE: Final = "home.tar.xz"
ANSWERS: Final = "answers.json"

DATABASE: Final = "suanquan.db"

# What PostgreSQL numbers by a sequence of its own.
_NUMBERED: Final = (("source", "number"), ("rejection", "id"))

QUESTIONS: Final[dict[str, tuple[str, ...]]] = {
    "usage": ("usage", "--by", "enterprise,contract,resource,day"),
    "statements": ("statement", "list"),
    "logs": ("log", "list"),
    "rejected": ("ingest", "rejected", "list"),
    "gaps": ("ingest", "gaps"),
    "tallies": ("ingest", "tallies", "--all"),
    "funds": ("fund", "list"),
    "books": ("book", "export", "--format", "json"),
    "notices": ("notice", "list"),
    "calendars": ("calendar", "list"),
}
"""What each kept ledger was asked when it was made, and is asked again ever after."""


def kept() -> list[str]:
    """Return the names of the kept ledgers, in order."""
    return sorted(path.parent.name for path in ROOT.glob(f"*/{ARCHIVE}"))


def unpack(name: str, home: Path) -> None:
    """Write a kept home into a directory that is not there yet."""
    home.mkdir(parents=True)
    with tarfile.open(ROOT / name / ARCHIVE) as archive:
        archive.extractall(home, filter="data")


def transplant(home: Path, url: str) -> None:
    """Bring a kept home's rows into an empty PostgreSQL database, at the kept schema.

    The same migrations build both kinds, so a database of that time held the same rows.
    """
    kept_file = create_engine(f"sqlite:///{home / DATABASE}")
    own = open_engine(url, "own")
    with kept_file.connect() as source, own.begin() as target:
        revision = MigrationContext.configure(source).get_current_revision()
        config = Config(Path(__file__).parents[2] / "alembic.ini")
        config.attributes["connection"] = target
        command.upgrade(config, str(revision))
        found = MetaData()
        found.reflect(source)
        for table in found.sorted_tables:
            if table.name == "alembic_version":
                continue
            rows = [dict(row) for row in source.execute(select(table)).mappings()]
            if rows:
                target.execute(insert(table), rows)
        for name, column in _NUMBERED:
            key = found.tables[name].c[column]
            sequence = func.pg_get_serial_sequence(name, column)
            target.execute(select(func.setval(sequence, func.max(key))))
    kept_file.dispose()
    own.dispose()
