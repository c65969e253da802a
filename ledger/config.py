"""Settings from the environment: read once, frozen, passed on. The README's table lists each."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import quote

from dotenv import dotenv_values


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a ledger lives and what its logs are called.

    `home` holds the SQLite file, keys, the last signed checkpoints and statements. `origin` is the
    first part of each log's origin and is fixed when the database is made.
    """

    home: Path
    database_url: str
    origin: str

    @classmethod
    def of_home(cls, home: Path, database_url: str = "", origin: str = "") -> Self:
        """Return settings for a home, with the defaults that belong to it."""
        home = home.absolute()
        return cls(
            home=home,
            database_url=database_url or f"sqlite:///{quote(str(home / 'suanquan.db'))}",
            origin=origin or "suanquan.local",
        )

    @classmethod
    def load(cls) -> Self:
        """Return the settings of the environment; a `.env` here fills what it lacks."""
        found = {**dotenv_values(Path(".env")), **os.environ}
        return cls.of_home(
            Path(found.get("SUANQUAN_HOME") or "var"),
            found.get("SUANQUAN_DATABASE_URL") or "",
            found.get("SUANQUAN_ORIGIN") or "",
        )
