"""What every command shares: settings, language, database access, progress and output.

With `--json` standard output holds exactly one JSON object. Everything else, progress, warnings and
errors, goes to standard error.
"""

import hashlib
import hmac
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text as RichText

from ledger.config import Settings
from ledger.database import Connection, Engine, open_engine, require_schema
from ledger.errors import InvalidInputError, LedgerError
from ledger.projection import PROJECTIONS
from ledger.signing import Signer
from ledger.store import Store
from ledger.text import Language, Text
from reports.fonts import CACHE, load
from reports.issue import Press

Step = Callable[[int], None]

# Wide enough for a table of roots and names, where no terminal says how wide it is.
WIDTH_IN_A_PIPE: Final = 132


class Result(NamedTuple):
    """What a command answers: the object of `--json`, and the same for a person.

    `exit_status` is 4 where the evidence disagrees.
    """

    data: dict[str, Any]
    shown: RenderableType
    exit_status: int = 0


def language_of_locale() -> Language:
    """Return English for an English locale and Chinese for any other or none."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "en" if value.startswith("en") else "zh"
    return "zh"


class Shell:
    """One run of the command line."""

    def __init__(self, settings: Settings, language: Language, *, as_json: bool) -> None:
        self.settings = settings
        self.language: Language = language
        self.as_json = as_json
        self.errors = Console(stderr=True, highlight=False, soft_wrap=True)
        self.signer = Signer(settings.home)

    def say(self, text: Text) -> str:
        """Return a sentence in the language of this run."""
        return text.render(self.language)

    def warn(self, text: Text) -> None:
        """Print a warning."""
        self.errors.print(self.say(text), style="yellow", markup=False)

    # --- database ---

    def create_schema(self) -> str:
        """Return the database's revision after migrating it to the newest."""
        from ledger import schema  # noqa: PLC0415 - Alembic would double every command's start

        engine = open_engine(self.settings.database_url, "own")
        try:
            return schema.upgrade(engine, self.settings.origin)
        finally:
            engine.dispose()

    def writer(self, *, create: bool = False) -> Engine:
        """Return an engine that may append; a new SQLite file is made where `create` says so."""
        if create and self.settings.database_url.startswith("sqlite"):
            self.create_schema()
        engine = open_engine(self.settings.database_url, "write")
        require_schema(engine)
        return engine

    def store(self, engine: Engine) -> Store:
        """Return the ledger's writer with all projections."""
        return Store(engine, PROJECTIONS)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that may only read, and sees one state throughout."""
        engine = open_engine(self.settings.database_url, "read")
        try:
            require_schema(engine)
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()

    # --- printing ---

    def press(self) -> Press:
        """Return the statements' printer, its fonts made at first use."""
        with self.progress(Text("准备字体", "preparing fonts")):
            return Press(self.settings.home, load(CACHE))

    def salt(self, source: str, event_id: str) -> str:
        """Return the salt of a book event of ours, secret to this home."""
        name = f"{source}\n{event_id}".encode()
        return hmac.new(self.signer.salt_key(), name, hashlib.sha256).hexdigest()[:32]

    @contextmanager
    def progress(self, what: Text, total: int | None = None) -> Iterator[Step]:
        """Yield a function that is told of each step; a bar on a terminal, nothing in a pipe."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        hidden = self.as_json or not self.errors.is_terminal
        with Progress(*columns, console=self.errors, disable=hidden) as bar:
            task = bar.add_task(self.say(what), total=total)
            yield lambda steps: bar.advance(task, steps)

    def print(self, result: Result) -> None:
        """Print a result for a person or as the one JSON object."""
        if self.as_json:
            sys.stdout.write(json.dumps(result.data, ensure_ascii=False, indent=2) + "\n")
        else:
            width = None if sys.stdout.isatty() else WIDTH_IN_A_PIPE
            Console(highlight=False, width=width).print(result.shown)


def verbatim(line: str) -> RichText:
    """Return a line that is never broken: a path, a command, a key."""
    return RichText(line, no_wrap=True, overflow="ignore")


def now_ms() -> int:
    """Return the time of recording: this moment in UTC milliseconds."""
    return time.time_ns() // 1_000_000


def print_error(error: LedgerError, language: Language, *, as_json: bool) -> None:
    """Print an error and its next step on standard error."""
    said = error.render(language)
    if as_json:
        sys.stderr.write(json.dumps({"error": said}, ensure_ascii=False) + "\n")
    else:
        mark = Text("错误", "error").render(language)
        step = Text("下一步", "next").render(language)
        sys.stderr.write(f"{mark}：{said['message']}\n{step}：{said['next']} [{said['code']}]\n")


def file_error(error: OSError) -> InvalidInputError:
    """Return a file's error as the caller's: it names the file and what the system said."""
    name = error.filename or ""
    return InvalidInputError(
        "file",
        Text(f"无法使用文件 {name}：{error.strerror}", f"cannot use {name}: {error.strerror}"),
        Text("请检查路径与权限", "check the path and its permissions"),
    )
