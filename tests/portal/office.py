"""An office at work: a small ledger, people of every role with their tokens, and a clock we set.

Everything goes through the command line in this process, on each kind of database.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from ledger.codec import encode
from ledger.events import SCOPES, Role
from ledger.period import parse_instant
from portal import acting, cli
from portal.commands import account_commands, claim_commands, user_commands
from tests.small_ledger import CODE, SALT, SmallLedger, events
from vouchers.adoption import Decided, adopt
from vouchers.book import Book
from vouchers.catalogue import select_programmes
from vouchers.claims.checklist import ITEMS, PAYMENT_ONLY

OTHER: Final = "91420100MA4KGJ3R4X"

PAPERS: Final = """
    resource      a100 accelerator card 2021-12-01 0.32
    enterprise    420100 华智科技
    fact          sales_fen 2021 15000000000
    declaration   2022
    qualification high_tech_enterprise 2021-11-15
    contract      C-1 2022-03-01 2022-12-31 0.06 a100=12.50/card_hour
    invoice       1 C-1 2022-08-05 300000 16981.13 2022-07-01 2022-07-31
    usage         a100 50 2022-07-01T00:00 2022-07-21T00:00
    payment       1 2022-08-10 300000
    invoice       2 C-1 2022-09-05 300000 16981.13 2022-08-01 2022-08-31
    usage         a100 50 2022-08-01T00:00 2022-08-21T00:00
    payment       2 2022-09-10 300000
"""
ONE: Final = "1".rjust(20, "0")
TWO: Final = "2".rjust(20, "0")

STAFF: Final[tuple[tuple[str, Role, str | None], ...]] = (
    ("admin-2", "administrator", None),
    ("task-1", "task_force", "hubei"),
    ("task-2", "task_force", None),
    ("authority-1", "authority", "hubei"),
    ("authority-2", "authority", None),
    ("finance-1", "finance", "hubei"),
    ("finance-2", "finance", None),
    ("auditor-1", "auditor", None),
    ("firm-1", "enterprise", CODE),
    ("stranger-1", "enterprise", OTHER),
)


EVERY_SCOPE: Final = [word for one in SCOPES for word in ("--scope", one)]
"""For a token that does by commands and in the interface all that its holder may."""


class Office:
    """The command line, whose token it is in whose name it acts, and what day it is."""

    def __init__(self, ledger: SmallLedger, folder: Path, run: Callable[..., Any]) -> None:
        self.ledger = ledger
        self.folder = folder
        self.tokens: dict[str, str] = {}
        self.today = "2022-11-01"
        self.invoices = [ONE, TWO]
        self._run = run

    def ask(self, who: str, *words: object) -> Any:  # noqa: ANN401 - one JSON object
        """Return what a command answers to somebody: its object, or its error."""
        return self._run(self.tokens.get(who, ""), *words)

    def file(self, name: str, value: object) -> Path:
        """Return the path of a file that holds a value as JSON."""
        path = self.folder / name
        path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
        return path

    def at_ms(self) -> int:
        """Return the instant of the clock: ten in the morning of the day."""
        return parse_instant(f"{self.today}T10:00:00+08:00")

    # --- what people do ---

    def hire(self) -> None:
        """Give everybody an account and a token of his own."""
        self.open("admin-1", "administrator", None, by=[""])
        for name, role, scope in STAFF:
            two = role in {"authority", "finance"}
            self.open(name, role, scope, by=["admin-1", "admin-2"] if two else ["admin-1"])

    def open(self, name: str, role: Role, scope: str | None, by: list[str]) -> None:
        """Open an account by one administrator, or by two."""
        option = "--enterprise" if role == "enterprise" else "--programme"
        where = [] if scope is None else [option, scope]
        for administrator in by:
            answer = self.ask(administrator, "user", "add", name, "--role", role, *where)
        self.tokens[name] = answer["token"]
        self.tokens[name] = self.ask(name, "user", "token", *EVERY_SCOPE)["token"]

    def set_account(
        self,
        who: str = "firm-1",
        holder: str = "华智科技",
        number: str = "12345678",
        of: str = CODE,
    ) -> None:
        """Set the bank account of an enterprise."""
        path = self.file("account.json", {"holder": holder, "bank": "x", "number": number})
        self.ask(who, "enterprise", "bank-account", of, "--file", path)

    def submit(self, who: str = "firm-1", **said: Any) -> Any:  # noqa: ANN401 - one JSON object
        """Hand a claim in."""
        asked = {"enterprise": CODE, "programme": "hubei", "invoices": [ONE], **said}
        return self.ask(who, "claim", "submit", "--file", self.file("claim.json", asked))

    def more_invoices(self, count: int) -> None:
        """Record more invoices of CNY 300,000 each, paid, with the usage behind them."""
        for number in range(len(self.invoices) + 1, len(self.invoices) + count + 1):
            day = f"2022-09-{number:02}"
            made = f"""
                invoice {number} C-1 2022-10-05 300000 16981.13 {day} {day}
                usage   a100 1000 {day}T00:00 2022-09-{number + 1:02}T00:00
                payment {number} 2022-10-10 300000
            """
            self.ledger.append(*events(made))
            self.invoices.append(str(number).rjust(20, "0"))

    def act(self, who: str, claim: str, action: str, *more: object, **said: Any) -> Any:  # noqa: ANN401
        """Do an act on a claim, with a request where something is said."""
        request = ["--file", self.file("request.json", said)] if said else []
        return self.ask(who, "claim", "act", claim, action, *request, *more)

    def check(self, who: str, claim: str, **verdicts: str) -> Any:  # noqa: ANN401
        """Conclude the first review: every item is met, and why where it was not computed so."""
        items = self.ask(who, "claim", "check", claim)["items"]
        marks = [
            {
                "item": one["item"],
                "verdict": verdicts.get(one["item"], "met"),
                "reason": "已核对原件",
            }
            for one in items
        ]
        return self.act(who, claim, "check", items=marks)


assert set(ITEMS) > PAYMENT_ONLY


def adoption() -> list[Any]:
    """Return the events that adopt the three programmes."""
    decided = Decided("2022-01-01", "2022-01-01T00:00:00Z")
    made = [
        adopt(one, Book(), decided) for one in select_programmes(["hubei", "wuhan", "east_lake"])
    ]
    return [encode("urn:test", f"rules-{i}", "", one, SALT) for i, one in enumerate(made) if one]


@pytest.fixture(params=["sqlite", "postgresql"])
def office(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Iterator[Office]:
    """Yield an office with papers, rules, people, an account and a fund of CNY 500,000."""

    def run(token: str, *words: object) -> Any:  # noqa: ANN401 - one JSON object
        monkeypatch.setenv("SUANQUAN_TOKEN", token)
        cli.run([*map(str, words), "--json"])
        said = capfd.readouterr()
        return json.loads(said.out or said.err.splitlines()[-1])

    made = request.getfixturevalue(f"office_on_{request.param}")
    shutil.copytree(made.home, tmp_path / "home")
    with made.copied() as url, closing(SmallLedger(url, is_made=True)) as ledger:
        yield at(ledger, url, tmp_path, monkeypatch, run, made.tokens)


@contextmanager
def opened(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Any]
) -> Iterator[Office]:
    """Yield a new office in an empty database, whose commands are run by a function."""
    with closing(SmallLedger(url)) as ledger:
        made = at(ledger, url, folder, monkeypatch, run, {})
        ledger.append(*adoption(), *events(PAPERS))
        budget = ("--year", 2022, "--amount", 500_000, "--on", "2022-01-05", "--document", "1")
        made.ask("", "fund", "appropriate", "hubei", *budget)
        made.hire()
        for year in (2022, 2023):
            assert "error" not in made.ask("admin-1", "calendar", "adopt", year)
        made.set_account()
        yield made


def at(  # noqa: PLR0913, PLR0917 - all that an office consists of
    ledger: SmallLedger,
    url: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    run: Callable[..., Any],
    tokens: dict[str, str],
) -> Office:
    """Return an office at a ledger, whose commands find their way there and its clock."""
    monkeypatch.setenv("SUANQUAN_HOME", str(folder / "home"))
    monkeypatch.setenv("SUANQUAN_DATABASE_URL", url)
    made = Office(ledger, folder, run)
    made.tokens |= tokens
    for module in (account_commands, acting, claim_commands, user_commands):
        monkeypatch.setattr(module, "now_ms", made.at_ms)
    return made
