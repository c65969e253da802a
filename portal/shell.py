"""What every command shares: settings, language, database access, progress and output.

With `--json` standard output holds exactly one JSON object. Everything else, progress, warnings and
errors, goes to standard error. What a person is shown may be copied or saved: a string is written
as it is, and a table becomes wider than the terminal before it cuts a figure.
"""

import copy
import errno
import hashlib
import hmac
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from ledger.config import Settings
from ledger.cosignature import Witnesses, parse_witnesses
from ledger.database import Access, Connection, Engine, open_engine, require_schema
from ledger.errors import InvalidInputError, LedgerError
from ledger.projection import PROJECTIONS
from ledger.read import read_heads
from ledger.roster import Roster
from ledger.signing import Signer
from ledger.store import Store
from ledger.text import Language, Text
from portal.connections import Connections
from portal.known.batches import KnownBatches
from portal.known.everybody import Everybody
from portal.known.fund_account import FundAccounts
from portal.known.gathered import Gathered
from portal.known.papers import KnownPapers
from portal.known.rights import KnownRights
from reports.fonts import CACHE, load
from reports.issue import Press

Step = Callable[[int], None]

# Wide enough for a table of roots and names, where no terminal says how wide it is.
WIDTH_IN_A_PIPE: Final = 132

_FILE_ERRORS: Final = {
    errno.ENOENT: "没有这个文件或目录",
    errno.EISDIR: "这是目录，不是文件",
    errno.ENOTDIR: "路径中有一段不是目录",
    errno.EACCES: "没有权限",
    errno.ENOSPC: "磁盘已满",
}

# The least width of a column that folds.
FOLDED_WIDTH: Final = 6


class Result(NamedTuple):
    """What a command answers: the object of `--json`, and the same for a person.

    Strings in it, alone or in a group, are lines that nothing breaks. `exit_status` is 4 where the
    evidence disagrees. `then` is what goes on after it is printed, such as a server.
    """

    data: dict[str, Any]
    shown: RenderableType
    exit_status: int = 0
    then: Callable[[], None] | None = None


def language_of_locale() -> Language:
    """Return English for an English locale and Chinese for any other or none."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "en" if value.startswith("en") else "zh"
    return "zh"


class Shell:
    """One run of the command line, or what a server has in common for all its requests.

    `person` is who has signed in, whom `portal.acting` believes; a command has nobody signed in,
    and goes by a token. `roster` is what the book said of the person when he was let in; it counts
    for a book of that size alone. `behind_ms` is by how much its clock is slow: a demo's year is
    over, and people come to it while there is work.
    """

    def __init__(
        self, settings: Settings, language: Language, *, as_json: bool, person: str | None = None
    ) -> None:
        self.settings = settings
        self.language: Language = language
        self.as_json = as_json
        self.person = person
        self.roster: Roster | None = None
        self.behind_ms = 0
        self.errors = Console(stderr=True, highlight=False, soft_wrap=True)
        self.signer = Signer(settings.home)
        self.gathered = Gathered()
        self.everybody = Everybody()
        self._shown: set[str] = set()
        self.fund_accounts = FundAccounts()
        self.batches = KnownBatches()
        self.papers = KnownPapers()
        self.rights = KnownRights()
        self._connections = Connections(settings.database_url)

    def for_person(self, person: str, language: Language, roster: Roster | None = None) -> Self:
        """Return the same shell for one request of somebody who has signed in.

        It shares connections, keys and what was gathered with this one, and prints nothing.
        """
        theirs = copy.copy(self)
        theirs.person, theirs.language, theirs.as_json = person, language, True
        theirs._shown = set()  # noqa: SLF001 - a copy of our own
        theirs.roster = roster
        return theirs

    def shows(self, enterprise: str) -> None:
        """Say of what enterprise an answer shows something, for the log of accesses."""
        self._shown.add(enterprise)

    @property
    def shown(self) -> str:
        """Return the one enterprise of which something is shown; nothing for several or none."""
        return next(iter(self._shown)) if len(self._shown) == 1 else ""

    def by_clock(self, at_ms: int) -> int:
        """Return an instant as this shell's clock has it, which a demo's has slow."""
        return at_ms - self.behind_ms

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
            return schema.upgrade(engine, self.settings.origin, self.settings.usage_logs)
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

    def writing(self) -> AbstractContextManager[Engine]:
        """Return an engine that may append, for a while."""
        return self._connections.lend("write")

    @contextmanager
    def reading(self, access: Access = "read") -> Iterator[Connection]:
        """Yield a connection that may only read, and sees one state throughout.

        On PostgreSQL it sees the book, tiles and sums; what agents sent is for an auditor.
        """
        with self._connections.lend(access) as engine, engine.connect() as connection:
            yield connection

    def staying_connected(self) -> AbstractContextManager[None]:
        """Keep connections open meanwhile, for a program that serves many people.

        Any number of threads may then use this shell and those that `for_person` gives.
        """
        return self._connections.kept()

    def warm_up(self) -> None:
        """Read what lists need of the whole book: some ten seconds for 50,000 claims."""
        with self.reading() as connection:
            size = read_heads(connection)["book"].size
            self.gathered.read_on(connection, size)
            self.fund_accounts.read_on(connection, size)
            self.everybody.read_on(connection, size)

    def auditing(self) -> AbstractContextManager[Connection]:
        """Return the same with everything to be seen, refused records and raw usage included."""
        return self.reading("audit")

    def witnesses(self) -> Witnesses:
        """Return the witnesses that the settings name, and how many a checkpoint needs.

        Raises `InvalidInputError` (`bad_setting`) when more are required than are named.
        """
        path, required = self.settings.witnesses_file, self.settings.witnesses_required
        keys = parse_witnesses(Path(path).read_text("utf-8")) if path else []
        if required > len(keys):
            raise InvalidInputError(
                "bad_setting",
                Text(
                    f"SUANQUAN_WITNESSES_REQUIRED 为 {required}，已知见证人只有 {len(keys)} 位",
                    f"SUANQUAN_WITNESSES_REQUIRED is {required}, of {len(keys)} known witnesses",
                ),
                Text(
                    "请在 SUANQUAN_WITNESSES_FILE 中列出见证人公钥，每行一个",
                    "list the witnesses' public keys in SUANQUAN_WITNESSES_FILE, one a line",
                ),
            )
        return Witnesses(tuple(keys), required)

    # --- printing ---

    def press(self) -> Press:
        """Return the statements' printer, its fonts made at first use."""
        with self.progress(Text("准备字体", "preparing fonts")):
            return Press(self.settings.home, load(CACHE), self.settings.public_url or None)

    def salt(self, source: str, event_id: str) -> str:
        """Return the salt of a book event of ours, secret to this home."""
        return salt_of(self.signer.salt_key(), source, event_id)

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
            return
        for part in _parts(result.shown):
            if isinstance(part, str):
                sys.stdout.write(part + "\n")
            else:
                _console(part).print(part, crop=False)


def _parts(shown: RenderableType) -> Iterator[RenderableType]:
    """Yield what is shown one after the other."""
    if isinstance(shown, Group):
        for one in shown.renderables:
            yield from _parts(one)
    else:
        yield shown


def _console(part: RenderableType) -> Console:
    """Return a console as wide as the terminal, or as a table needs so that no figure is cut.

    What is shown is data: nothing in it is markup.
    """
    told = sys.stdout.isatty() or "COLUMNS" in os.environ
    console = Console(
        highlight=False, markup=False, emoji=False, width=None if told else WIDTH_IN_A_PIPE
    )
    if isinstance(part, Table):
        console.width = max(console.width, _least_width(part))
    return console


def _least_width(table: Table) -> int:
    """Return the width of a table whose folding columns are as narrow as can be."""
    widths = [
        max(cell_len(line) for cell in (column.header, *column.cells) for line in _lines(cell))
        if column.no_wrap
        else FOLDED_WIDTH
        for column in table.columns
    ]
    # Each column has a space on both sides and a line before it; a line ends the table.
    return sum(widths) + 3 * len(widths) + 1


def _lines(cell: RenderableType) -> list[str]:
    """Return the lines of a cell, of which there is at least one."""
    return str(cell).splitlines() or [""]


def program() -> str:
    """Return how this program was called, so that a printed command can be run as it stands."""
    called = Path(sys.argv[0])
    found = shutil.which("suanquan")
    if called.name != "suanquan" or (found and called.absolute() == Path(found).absolute()):
        return "suanquan"
    return str(called)


def salt_of(key: bytes, source: str, event_id: str) -> str:
    """Return the salt of an event of ours under a home's secret."""
    name = f"{source}\n{event_id}".encode()
    return hmac.new(key, name, hashlib.sha256).hexdigest()[:32]


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
        colon = Text("：", ": ").render(language)
        message, following = said["message"], said["next"]
        sys.stderr.write(f"{mark}{colon}{message}\n{step}{colon}{following} [{said['code']}]\n")


def file_error(error: OSError) -> InvalidInputError:
    """Return a file's error as the caller's: it names the file and what the system said."""
    name = error.filename or ""
    zh = _FILE_ERRORS.get(error.errno or 0, error.strerror)
    step = Text("请检查路径与权限", "check the path and its permissions")
    if error.errno == errno.ENOSPC:
        step = Text("请腾出空间后重新运行", "make room on the disk and run it again")
    return InvalidInputError(
        "file", Text(f"无法使用文件 {name}：{zh}", f"cannot use {name}: {error.strerror}"), step
    )
