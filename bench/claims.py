"""What people wait for at a desk with 50,000 claims: each command, in one process, its start aside.

The claims are of 5,000 enterprises with an account each, in every state; those that are acted on
have papers. A command is timed with all that it does, from its words to its JSON, against a bare
transaction that appends as many events.
"""

import json
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from click import Command

from bench.claim_world import CLAIMS, ENTERPRISES, fill, give_papers
from bench.measure import Measurement, Reading
from bench.world import Databases
from ledger.codec import encode
from ledger.config import Settings
from ledger.errors import RuleViolationError
from ledger.events import FactReported
from ledger.projection import PROJECTIONS
from ledger.store import Store
from portal.commands import claim_commands
from portal.shell import Shell
from tests.portal.desks import answer
from tests.portal.office import Office, opened
from tests.small_ledger import RECORDED_AT_MS, SALT

RUNS: Final = 60
"""Of each command; three of them are slower than the 95th percentile."""

Timed = dict[str, list[float]]


def claims(_broker: object, databases: Databases) -> Iterator[Measurement | Reading]:
    """Yield each command's times on SQLite and then on PostgreSQL."""
    for kind in ("SQLite", "PostgreSQL"):
        with databases.empty(kind) as url, TemporaryDirectory() as folder:
            yield from measure(kind, url, Path(folder))


def measure(kind: str, url: str, folder: Path) -> Iterator[Measurement | Reading]:
    """Yield the rows of one database."""
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        opened(url, folder, monkeypatch, answer) as office,
    ):
        start = time.perf_counter()
        events = fill(office)
        seconds = time.perf_counter() - start
        said = f"{events:,} events of {ENTERPRISES:,} enterprises in {seconds:.0f} s"
        yield Reading(f"filled, {kind}", CLAIMS, said)
        firms = [give_papers(office, number) for number in range(RUNS)]
        shell = Shell(Settings.load(), "zh", as_json=True)
        with shell.staying_connected():
            timed = work(office, Desk(office, shell), firms)
        bare = {
            size: _bare(office, size) for size in sorted({_EVENTS.get(name, 0) for name in timed})
        }
        for name, times in timed.items():
            yield _row(f"{name}, {kind}", times, bare.get(_EVENTS.get(name, 0), []))


_EVENTS: Final = {"submit": 3, "act cut": 2, "act check": 1, "act approve": 1, "act withdraw": 2}
"""How many events a command appends, its batch's closing leaf aside."""


class Desk:
    """The functions under the commands, called as a program does that serves many people."""

    def __init__(self, office: Office, shell: Shell) -> None:
        self.timed: Timed = {}
        self._office = office
        self._shell = shell

    def ask(self, name: str, who: str, command: Command, **options: Any) -> Any:  # noqa: ANN401 - a command's own
        """Return the object of a command's answer, its time noted."""
        os.environ["SUANQUAN_TOKEN"] = self._office.tokens[who]
        function: Any = command.callback
        start = time.perf_counter()
        result = function.__wrapped__(self._shell, **options)
        json.dumps(result.data, ensure_ascii=False)
        self.timed.setdefault(name, []).append(time.perf_counter() - start)
        return result.data

    def refused(self, name: str, who: str, claim: str) -> None:
        """Look at a claim that is not there, or not for whoever looks; the time is noted."""
        os.environ["SUANQUAN_TOKEN"] = self._office.tokens[who]
        function: Any = claim_commands.show.callback
        start = time.perf_counter()
        with pytest.raises(RuleViolationError, match="unknown_claim"):
            function.__wrapped__(self._shell, claim_id=claim)
        self.timed.setdefault(name, []).append(time.perf_counter() - start)

    def act(self, who: str, claim: str, action: str, file: Path | None, reason: str | None) -> None:
        """Do an act on a claim, its time noted."""
        with ExitStack() as stack:
            opened = stack.enter_context(file.open("rb")) if file else None
            words = {"claim_id": claim, "action": action, "file": opened, "reason": reason}
            self.ask(f"act {action}", who, claim_commands.act, **words, seen=None, on=None)


def work(office: Office, desk: Desk, firms: list[tuple[str, str]]) -> Timed:
    """Return how long each command took, on the claims of firms that have papers."""
    wanted = {"states": (), "programmes": (), "enterprise": None, "year": None}
    page = {"limit": 50, "after": None}
    for number, (firm, invoice) in enumerate(firms):
        asked = {"enterprise": firm, "programme": "hubei", "invoices": [invoice]}
        file = office.file("claim.json", asked)
        claim = desk.ask("submit", "task-2", claim_commands.submit, file=file, on=None)["id"]
        desk.ask("show", "auditor-1", claim_commands.show, claim_id=claim)
        items = desk.ask("check", "task-1", claim_commands.check, claim_id=claim)["items"]
        cut = {"invoice": invoice, "base_cut_fen": 1_000_000, "reason": "含存储费用"}
        desk.act("task-1", claim, "cut", office.file("cut.json", {"cuts": [cut]}), None)
        marks = [{"item": one["item"], "verdict": "met", "reason": "已核对"} for one in items]
        desk.act("task-1", claim, "check", office.file("marks.json", {"items": marks}), None)
        if number % 2:
            desk.act("authority-1", claim, "approve", None, None)
        else:
            desk.act("task-2", claim, "withdraw", None, "重报")
        # What an enterprise is told takes no longer where the claim is another's.
        pair = [("unknown", f"SQ-N{number:09}"), ("another's", claim)]
        for whose, name in pair if number % 2 else pair[::-1]:
            desk.refused(f"show, {whose} id, an enterprise", "firm-1", name)
        for who in ("task-1", "authority-1", "firm-1"):
            desk.ask(f"next, {who}", who, claim_commands.next_, limit=20)
            desk.ask(f"list, {who}", who, claim_commands.list_, **wanted, **page)
        queue = {**wanted, "states": ("submitted",), "year": 2022}
        desk.ask("list --state --year", "task-1", claim_commands.list_, **queue, **page)
    return desk.timed


def _bare(office: Office, size: int) -> list[float]:
    """Return how long transactions take that append some events and do nothing else."""
    if not size:
        return []
    store, times = Store(office.ledger.write, PROJECTIONS), []
    for number in range(RUNS):
        events = [
            encode(
                "urn:bench",
                f"{size}-{number}-{at}",
                "91420100MA4K2XY18X",
                FactReported(name="sales_fen", year=2021, value=number),
                SALT,
            )
            for at in range(size)
        ]
        start = time.perf_counter()
        store.append_own(events, RECORDED_AT_MS)
        times.append(time.perf_counter() - start)
    return times


def _row(name: str, times: list[float], bare: list[float]) -> Reading:
    """Return the median and the 95th percentile in ms, and how many bare transactions that is."""
    said = f"median {statistics.median(times) * 1000:.1f} ms, p95 {_p95(times) * 1000:.1f} ms"
    if bare:
        ratio = statistics.median(times) / statistics.median(bare)
        said += f"; bare {statistics.median(bare) * 1000:.1f} ms, ratio {ratio:.1f}"
    return Reading(name, len(times), said)


def _p95(times: list[float]) -> float:
    """Return the time that one in twenty exceeds."""
    return statistics.quantiles(times, n=20, method="inclusive")[-1]
