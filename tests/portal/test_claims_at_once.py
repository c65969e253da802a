"""Sixteen processes at one desk: never a fen over, at least one wins, each loser is told why."""

import contextlib
import io
import json
import multiprocessing
import os
from collections import Counter
from collections.abc import Sequence
from multiprocessing.synchronize import Barrier
from typing import Any

from portal import acting, claim_commands, cli
from tests.portal.office import ONE, TWO, Office, office
from tests.small_ledger import CODE

__all__ = ["office"]

PROCESSES = 16

_SPAWN = multiprocessing.get_context("spawn")


def run_at_once(office: Office, commands: Sequence[tuple[str, tuple[object, ...]]]) -> list[Any]:
    """Return what each command answers when all are given at the same moment."""
    barrier = _SPAWN.Barrier(len(commands))
    answers: Any = _SPAWN.Queue()
    workers = [
        _SPAWN.Process(
            target=_run,
            args=(
                barrier,
                answers,
                {**os.environ, "SUANQUAN_TOKEN": office.tokens[who]},
                office.at_ms(),
                words,
            ),
        )
        for who, words in commands
    ]
    for one in workers:
        one.start()
    found = [answers.get(timeout=120) for _ in workers]
    for one in workers:
        one.join()
    return found


def _run(
    barrier: Barrier,
    answers: Any,  # noqa: ANN401 - a queue
    environment: dict[str, str],
    at_ms: int,
    words: tuple[object, ...],
) -> None:
    """Give one command when everybody is ready."""
    os.environ.update(environment)
    for module in (acting, claim_commands):
        vars(module)["now_ms"] = lambda: at_ms
    out, err = io.StringIO(), io.StringIO()
    barrier.wait()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = cli.run([*map(str, words), "--json"])
    said = out.getvalue() if status in (0, 4) else err.getvalue().splitlines()[-1]
    answers.put(json.loads(said))


def codes(answers: Sequence[Any]) -> Counter[str]:
    """Return how often each refusal was given; "" for what was done."""
    return Counter(one["error"]["code"] if "error" in one else "" for one in answers)


def submission(office: Office, number: int, **said: Any) -> tuple[object, ...]:  # noqa: ANN401
    """Return the command that hands in one of several claims."""
    asked = {"enterprise": CODE, "programme": "hubei", "invoices": [ONE], **said}
    path = office.file(f"claim-{number}.json", {**asked, "request": str(number)})
    return ("claim", "submit", "--file", path)


def assert_sound(office: Office) -> None:
    """Hold the ledger to every check, and a replay to what is stored."""
    assert office.ask("auditor-1", "log", "check", "--full")["findings"] == []
    assert office.ask("auditor-1", "replay")["match"]


def test_one_invoice_is_claimed_once(office: Office) -> None:
    commands = [("firm-1", submission(office, number)) for number in range(PROCESSES)]
    answers = run_at_once(office, commands)
    assert codes(answers) == {"": 1, "invoice_claimed": PROCESSES - 1}
    winner = next(one["id"] for one in answers if "error" not in one)
    assert all(winner in one["error"]["message"] for one in answers if "error" in one)
    assert_sound(office)


def test_a_funds_last_fen_is_reserved_once(office: Office) -> None:
    wuhan = ("--year", 2022, "--amount", 1, "--on", "2022-01-05", "--document", "2")
    office.ask("finance-2", "fund", "appropriate", "wuhan", *wuhan)
    move = ("--year", 2022, "--to", "wuhan", "--amount", 500_000 - 90_000, "--on", "2022-06-01")
    office.ask("finance-2", "fund", "transfer", "hubei", *move, "--document", "3")
    commands = [
        ("firm-1", submission(office, number, invoices=[(ONE, TWO)[number % 2]]))
        for number in range(PROCESSES)
    ]
    answers = run_at_once(office, commands)
    found = codes(answers)
    assert found[""] == 1
    assert found["fund_exhausted"] == PROCESSES // 2
    assert found["invoice_claimed"] == PROCESSES // 2 - 1
    exhausted = [one for one in answers if one.get("error", {}).get("code") == "fund_exhausted"]
    assert all("0.00" in one["error"]["message"] for one in exhausted)
    fund = office.ask("auditor-1", "fund", "list")["rows"][0]
    assert (fund["available_fen"], fund["encumbered_fen"]) == (0, 9_000_000)
    assert_sound(office)


def test_one_act_of_many_counts(office: Office) -> None:
    claim = office.submit()["id"]
    office.check("task-1", claim)
    seen = office.ask("auditor-1", "claim", "show", claim)["seen"]
    approve = ("claim", "act", claim, "approve", "--seen", seen)
    reject = ("claim", "act", claim, "reject", "--seen", seen, "--reason", "x")
    acts = [("authority-1", approve), ("authority-2", reject)] * (PROCESSES // 2)
    answers = run_at_once(office, acts)
    found = codes(answers)
    # Whoever won is answered the same each time he asks; the other one is told what happened.
    assert found == {"": PROCESSES // 2, "stale": PROCESSES // 2}
    after = office.ask("auditor-1", "claim", "show", claim)
    assert after["seen"] == seen + 1
    assert_sound(office)


def test_the_years_last_headroom_is_drawn_once(office: Office) -> None:
    # CNY 200,000 a year: after 199,000 there are 1,000 left for whoever comes first.
    office.more_invoices(18)
    first = office.submit(invoices=office.invoices[:3], asked_fen=19_900_000)
    assert first["amount_fen"] == 19_900_000
    commands = [
        ("firm-1", submission(office, number, invoices=[office.invoices[3 + number]]))
        for number in range(PROCESSES - 1)
    ]
    answers = run_at_once(office, commands)
    won = [one for one in answers if "error" not in one]
    assert sum(one["amount_fen"] for one in won) == 100_000
    assert len(won) >= 1
    assert set(codes(answers)) <= {"", "ineligible"}
    for one in answers:
        if "error" in one:
            assert "200,000" in one["error"]["message"] or "200000" in one["error"]["message"]
    assert_sound(office)
