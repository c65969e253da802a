"""A town that works on claims: its ledger copied from one that was made once, and its commands.

A command is the function under the command line with its options read from words, on connections
that stay open: thousands of them are played, and a process for each would take hours.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple

import click
import pytest

from ledger.config import Settings
from ledger.errors import LedgerError
from ledger.events import Role
from ledger.identifiers import synthetic_credit_code
from ledger.period import parse_instant
from portal import acting, cli
from portal.commands import account_commands, claim_commands, user_commands
from portal.shell import Shell
from tests.portal.furnished import Made
from tests.portal.office import OTHER, Office
from tests.small_ledger import CODE, events, invoice_number

THIRD: Final = synthetic_credit_code("third of a town")

FIRMS: Final[Mapping[str, str]] = {CODE: "华智科技", OTHER: "江城智算", THIRD: "光谷数据"}
"""The enterprises' names, by their codes."""

OWNERS: Final[Mapping[str, str]] = {CODE: "firm-1", OTHER: "stranger-1", THIRD: "both-1"}
"""Who acts for each enterprise."""

PROGRAMMES: Final = ("hubei", "wuhan", "east_lake")

FIRST_DAY: Final = "2022-12-20"
LAST_DAY: Final = "2023-03-18"
"""Tokens last for ninety days; the city's claims of 2022 are made in the March after it."""

INVOICES_YUAN: Final = (300_000, 120_000, 60_000, 200_000)
"""Of each enterprise: two of the first pass every programme's cap or the fund's budget."""

# Beside those of an office: people with two roles, who meet themselves on a claim.
_TWO_ROLES: Final[tuple[tuple[str, tuple[tuple[Role, str | None], ...]], ...]] = (
    ("both-1", (("enterprise", THIRD), ("task_force", "hubei"))),
    ("both-2", (("task_force", None), ("authority", None))),
    ("both-3", (("authority", "hubei"), ("finance", None))),
)

_ENTERPRISE: Final = """
    enterprise    420100 {name}
    fact          sales_fen 2021 15000000000
    declaration   2022
    declaration   2023
    qualification high_tech_enterprise 2021-11-15
    qualification above_scale 2021-11-15
    domicile      east-lake 2021-01-01
"""
_PURCHASE: Final = """
    contract {contract} 2022-03-01 2022-12-15 0.06 a100=12.50/card_hour
    invoice  {number} {contract} 2022-{month}-05 {yuan} {tax} 2022-{month}-01 2022-{month}-28
    payment  {number} 2022-{month}-10 {yuan}
    usage    a100 50 2022-{month}-01T00:00 2022-{month}-21T00:00 {contract}
"""


class Refused(NamedTuple):
    """What somebody was told who may not."""

    code: str
    message: str


class Town:
    """The ledger of one history, whose token it is, and what day it is."""

    def __init__(self, made: Made, folder: Path) -> None:
        self.today = FIRST_DAY
        self.folder = folder
        self.tokens = dict(made.tokens)
        self._stack = ExitStack()
        self.url = self._stack.enter_context(made.copied())
        self._patch = self._stack.enter_context(pytest.MonkeyPatch.context())
        _set_clock(self._patch, self.at_ms)
        self._patch.setenv("SUANQUAN_HOME", str(made.home))
        self._patch.setenv("SUANQUAN_DATABASE_URL", self.url)
        self.shell = Shell(Settings.load(), "en", as_json=True)
        # What a command warns of is nobody's to read here.
        self.shell.errors.quiet = True
        self._stack.enter_context(self.shell.staying_connected())

    def close(self) -> None:
        """Close and forget the ledger."""
        self._stack.close()

    def at_ms(self) -> int:
        """Return the instant of the clock."""
        return parse_instant(f"{self.today}T10:00:00+08:00")

    def ask(self, who: str, *words: object) -> Any:  # noqa: ANN401 - one JSON object
        """Return the object of a command's answer to somebody, or how it was refused."""
        self._patch.setenv(acting.TOKEN, self.tokens.get(who, ""))
        command: click.Command = cli.cli
        left = [str(word) for word in words]
        while isinstance(command, click.Group):
            command = command.commands[left.pop(0)]
        with command.make_context("suanquan", left) as context:
            options = {
                name: value
                for name, value in context.params.items()
                if name not in ("as_json", "lang")
            }
            function: Any = command.callback
            try:
                return function.__wrapped__(self.shell, **options).data
            except LedgerError as error:
                return Refused(error.code, error.message.en)

    def file(self, value: object) -> Path:
        """Return the path of a file that holds a value as JSON."""
        path = self.folder / "asked.json"
        path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
        return path


def fill(office: Office) -> None:
    """Give an office three enterprises with papers, people of two roles, and little money."""
    for firm, (code, name) in enumerate(FIRMS.items(), 1):
        office.ledger.append(*events(_ENTERPRISE.format(name=name), code))
        for place, yuan in enumerate(INVOICES_YUAN):
            text = _PURCHASE.format(
                contract=f"T-{firm}-{place}",
                number=invoice_of(firm, place),
                month=f"{8 + place:02}",
                yuan=yuan,
                tax=f"{yuan * 6 / 106:.2f}",
            )
            office.ledger.append(*events(text, code))
    for person, (first, (role, scope)) in _TWO_ROLES:
        office.open(person, *first, by=_askers(first[0]))
        where = [] if scope is None else ["--programme", scope]
        for administrator in _askers(role):
            added = office.ask(administrator, "user", "add", person, "--role", role, *where)
            assert "error" not in added, added
    for number, (code, name) in enumerate(FIRMS.items(), 62_000_001):
        office.set_account(OWNERS[code], holder=name, number=str(number), of=code)
    for fund in ("wuhan", "east_lake"):
        budget = ("--year", 2022, "--amount", 60_000, "--on", "2022-01-05", "--document", "1")
        office.ask("finance-2", "fund", "appropriate", fund, *budget)
        move = ("--year", 2022, "--to", fund, "--amount", 120_000, "--on", "2022-02-05")
        answered = office.ask("finance-2", "fund", "transfer", "hubei", *move, "--document", "2")
        assert "error" not in answered, answered
    office.today = FIRST_DAY
    for name in office.tokens:
        office.tokens[name] = office.ask(name, "user", "token")["token"]


def _askers(role: Role) -> list[str]:
    """Return who has to ask for a role: two where it moves money."""
    return ["admin-1", "admin-2"] if role in ("authority", "finance") else ["admin-1"]


def invoice_of(firm: int, place: int) -> str:
    """Return the number of one of an enterprise's first invoices."""
    return invoice_number(f"{firm}{place:03}")


def _set_clock(patch: pytest.MonkeyPatch, at_ms: Callable[[], int]) -> None:
    """Let every command read the clock of a town."""
    for module in (account_commands, acting, claim_commands, user_commands):
        patch.setattr(module, "now_ms", at_ms)
