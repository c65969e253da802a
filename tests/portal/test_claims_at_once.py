"""Sixteen processes at one desk: never a fen over, at least one wins, each loser is told why."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ledger.identifiers import synthetic_credit_code
from tests.conftest import fresh_database
from tests.portal.desks import PROCESSES, Desks, Order, Words, answer, codes, opened_desks
from tests.portal.office import ONE, PAPERS, Office, opened
from tests.small_ledger import CODE, events, invoice_number

FIRMS = [synthetic_credit_code(f"firm-{number}") for number in range(PROCESSES)]


class Hall(NamedTuple):
    """An office with sixteen desks, at which sixteen people act at the same moment."""

    office: Office
    desks: Desks

    def at_once(self, asked: Sequence[tuple[str, Words]]) -> list[Any]:
        """Return what sixteen commands answer that are given at the same moment."""
        names = ("SUANQUAN_HOME", "SUANQUAN_DATABASE_URL")
        here = {name: os.environ[name] for name in names}
        office, at_ms = self.office, self.office.at_ms()
        return self.desks.ask(
            [Order(office.tokens[who], words, at_ms, here) for who, words in asked]
        )

    def submission(self, number: int, **said: Any) -> Words:  # noqa: ANN401 - what is asked
        """Return the command that hands in one of several claims."""
        asked = {"enterprise": CODE, "programme": "hubei", "invoices": [ONE], **said}
        path = self.office.file(f"claim-{number}.json", {**asked, "request": str(number)})
        return ("claim", "submit", "--file", path)

    def fund(self) -> tuple[int, int]:
        """Return what the fund has available and encumbered."""
        row = self.office.ask("auditor-1", "fund", "list")["rows"][0]
        return row["available_fen"], row["encumbered_fen"]

    def live(self) -> int:
        """Return what all claims that are under way ask for together."""
        rows = self.office.ask("auditor-1", "claim", "list", "--limit", 1000)["rows"]
        ended = {"withdrawn", "rejected", "lapsed"}
        return sum(one["amount_fen"] for one in rows if one["state"] not in ended)

    def assert_sound(self) -> None:
        """Hold the ledger to every check, a replay to what is stored, the fund to its claims."""
        assert self.office.ask("auditor-1", "log", "check", "--full")["findings"] == []
        assert self.office.ask("auditor-1", "replay")["match"]
        assert self.fund()[1] == self.live()


@pytest.fixture(scope="module")
def desks() -> Iterator[Desks]:
    """Yield sixteen processes."""
    with opened_desks() as made:
        yield made


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def hall(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, desks: Desks
) -> Iterator[Hall]:
    """Yield an office that all tests of this module share, on each kind of database."""
    folder: Path = tmp_path_factory.mktemp("hall")
    with ExitStack() as stack:
        url = f"sqlite:///{folder / 'suanquan.db'}"
        if request.param == "postgresql":
            server = request.getfixturevalue("postgres_url")
            url = stack.enter_context(fresh_database(server))
        monkeypatch = stack.enter_context(pytest.MonkeyPatch.context())
        yield Hall(stack.enter_context(opened(url, folder, monkeypatch, answer)), desks)


def test_one_invoice_is_claimed_once(hall: Hall) -> None:
    answers = hall.at_once([("firm-1", hall.submission(number)) for number in range(PROCESSES)])
    assert codes(answers) == {"": 1, "invoice_claimed": PROCESSES - 1}
    winner = next(one["id"] for one in answers if "error" not in one)
    assert all(winner in one["error"]["message"] for one in answers if "error" in one)
    hall.assert_sound()
    hall.office.act("firm-1", winner, "withdraw", reason="重报")


def test_one_file_that_is_handed_in_by_all_makes_one_claim(hall: Hall) -> None:
    asked = hall.submission(100)
    answers = hall.at_once([("firm-1", asked)] * PROCESSES)
    assert codes(answers) == {"": PROCESSES}
    assert len({one["id"] for one in answers}) == 1
    assert {one["seen"] for one in answers} == {1}
    hall.assert_sound()
    hall.office.act("firm-1", answers[0]["id"], "withdraw", reason="重报")


@pytest.mark.parametrize("says_seen", [True, False])
def test_one_act_of_many_counts(hall: Hall, says_seen: bool) -> None:  # noqa: FBT001 - a case
    office = hall.office
    claim = office.submit(request=f"acts {says_seen}")["id"]
    office.check("task-1", claim)
    seen = office.ask("auditor-1", "claim", "show", claim)["seen"]
    more = ("--seen", seen) if says_seen else ()
    reject: Words = ("claim", "act", claim, "reject", *more, "--reason", "x")
    back = office.file("back.json", {"items": [{"item": "status", "reason": "x"}]})
    send_back: Words = ("claim", "act", claim, "return", *more, "--file", back)
    half = PROCESSES // 2
    answers = hall.at_once([("authority-1", reject), ("authority-2", send_back)] * half)
    after = office.ask("auditor-1", "claim", "show", claim)
    assert after["seen"] == seen + 1
    # With --seen whoever won is answered the same each time; the other is told what happened.
    won = half if says_seen else 1
    assert codes(answers) == {"": won, "stale" if says_seen else "not_allowed": PROCESSES - won}
    assert len({one["state"] for one in answers if "error" not in one}) == 1
    hall.assert_sound()
    if after["state"] == "returned":
        office.act("firm-1", claim, "withdraw", reason="x")


def test_a_years_last_headroom_is_drawn_once(hall: Hall) -> None:
    # CNY 200,000 a year: after 199,000 there are 1,000 left for whoever comes first.
    office = hall.office
    office.more_invoices(17)
    first = office.submit(invoices=office.invoices[:3], asked_fen=19_900_000)
    assert first["amount_fen"] == 19_900_000
    answers = hall.at_once(
        [
            ("firm-1", hall.submission(number, invoices=[office.invoices[3 + number]]))
            for number in range(PROCESSES)
        ]
    )
    won = [one["amount_fen"] for one in answers if "error" not in one]
    assert won == [100_000]
    assert codes(answers) == {"": 1, "ineligible": PROCESSES - 1}
    for one in answers:
        if "error" in one:
            assert "200,000.00" in one["error"]["message"], one
    hall.assert_sound()


def test_a_funds_last_fen_is_reserved_once(hall: Hall) -> None:
    office = hall.office
    for number, firm in enumerate(FIRMS, 200):
        office.ledger.append(*events(_papers(number), firm))
        office.set_account("task-2", of=firm)
    wuhan = ("--year", 2022, "--amount", 1, "--on", "2022-01-05", "--document", "2")
    office.ask("finance-2", "fund", "appropriate", "wuhan", *wuhan)
    # One claim's 90,000 stay, and a fen too few for a second one.
    left_fen = 2 * 9_000_000 - 1
    away = f"{(hall.fund()[0] - left_fen) / 100:.2f}"
    move = ("--year", 2022, "--to", "wuhan", "--amount", away, "--on", "2022-06-01")
    office.ask("finance-2", "fund", "transfer", "hubei", *move, "--document", "3")
    assert hall.fund()[0] == left_fen
    before = hall.fund()[1]
    answers = hall.at_once(
        [
            (
                "task-2",
                hall.submission(number, enterprise=firm, invoices=[invoice_number(str(number))]),
            )
            for number, firm in ((200 + place, firm) for place, firm in enumerate(FIRMS))
        ]
    )
    assert codes(answers) == {"": 1, "fund_exhausted": PROCESSES - 1}
    refusals = [one["error"] for one in answers if "error" in one]
    assert all("89,999.99" in one["message"] for one in refusals)
    assert all(one["next"] for one in refusals)
    assert hall.fund() == (left_fen - 9_000_000, before + 9_000_000)
    hall.assert_sound()


def _papers(number: int) -> str:
    """Return the papers of an enterprise with one invoice of that number."""
    lines = [line.strip() for line in PAPERS.strip().splitlines()]
    end = lines.index(next(line for line in lines if line.startswith("invoice       2")))
    some = [line for line in lines[:end] if not line.startswith("resource")]
    return "\n".join(
        line.replace("C-1", f"C-{number}")
        .replace("invoice       1 ", f"invoice {number} ")
        .replace("payment       1 ", f"payment {number} ")
        for line in some
    )
