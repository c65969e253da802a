"""`suanquan voucher`, `claim tick` and `claim clawbacks`: quotas, what time and red invoices do."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger import tables
from ledger.bulk import insert_rows
from ledger.claim_state import STATES
from ledger.config import Settings
from portal.acting import at_console
from portal.claims.batch import CLAIMS_MAX
from portal.claims.desk import open_desk
from portal.claims.tick import tick as tick_now
from portal.shell import Shell
from tests.portal.office import ONE, OTHER, TWO, Office, office
from tests.portal.stages import approve, pay, states
from tests.small_ledger import CODE, events
from vouchers.catalogue import select_programmes
from vouchers.window import good_through

__all__ = ["office"]


def grant(office: Office, who: str, *more: object, programme: str = "hubei") -> Any:  # noqa: ANN401
    """Take a voucher out."""
    return office.ask(who, "voucher", "grant", CODE, "--programme", programme, *more)


def listed(office: Office, who: str = "firm-1", *more: object) -> list[dict[str, Any]]:
    """Return the vouchers that somebody sees."""
    rows: list[dict[str, Any]] = office.ask(who, "voucher", "list", *more)["rows"]
    return rows


def tick(office: Office, *more: object) -> Any:  # noqa: ANN401 - an answer
    """Let the scheduler do what is due."""
    return office.ask("", "claim", "tick", *more)


def balances(office: Office) -> dict[str, int]:
    """Return the fund's year as its list shows it."""
    (row,) = office.ask("auditor-1", "fund", "list")["rows"]
    return {name: fen for name, fen in row.items() if name.endswith("_fen")}


# --- taken out and drawn ---


def test_a_code_that_was_accepted_is_one_for_vouchers_too(office: Office, tmp_path: Path) -> None:
    strange = CODE[:-1] + "Y"
    words = ("voucher", "grant", strange, "--programme", "hubei")
    assert office.ask("task-1", *words)["error"]["code"] == "credit_code_check"
    assert office.ask("task-1", "voucher", "list", strange)["error"]["code"] == "credit_code_check"
    licence = tmp_path / "licence.pdf"
    licence.write_bytes(b"%PDF-1.7")
    evidence = ("--evidence", licence, "--reason", "营业执照如此")
    assert office.ask("task-1", "enterprise", "accept-code", strange, *evidence)["recorded"]
    assert office.ask("task-1", *words)["error"]["code"] == "ineligible"
    assert office.ask("task-1", "voucher", "list", strange)["rows"] == []


def test_a_voucher_is_taken_out_once_and_drawn_on(office: Office) -> None:
    assert listed(office) == []
    made = grant(office, "task-1")
    assert "error" not in made, made
    assert (made["granted_fen"], made["year"], made["recorded"]) == (20_000_000, 2022, 1)
    again = grant(office, "firm-1", "--year", 2022)
    assert (again["recorded"], again["granted_on"]) == (0, "2022-11-01")
    claim = office.submit()["id"]
    (row,) = listed(office)
    drawn = row["granted_fen"], row["drawn_fen"], row["left_fen"]
    assert drawn == (20_000_000, 9_000_000, 11_000_000)
    # Whoever took the voucher out for the enterprise decided nothing, and may review.
    assert office.check("task-1", claim)["state"] == "checked"
    office.act("firm-1", claim, "withdraw", reason="x")
    (row,) = listed(office, "auditor-1")
    assert (row["drawn_fen"], row["released_fen"], row["left_fen"]) == (0, 9_000_000, 20_000_000)
    assert listed(office, "stranger-1") == listed(office, "stranger-1", CODE) == []
    assert listed(office, "auditor-1", OTHER) == []
    assert office.ask("auditor-1", "log", "check", "--full")["findings"] == []


def test_a_voucher_is_refused(office: Office) -> None:
    refused: tuple[tuple[str, str, tuple[object, ...], str], ...] = (
        ("stranger-1", "hubei", (), "not_allowed"),
        ("auditor-1", "hubei", (), "not_allowed"),
        ("finance-1", "hubei", (), "not_allowed"),
        ("admin-1", "hubei", (), "not_allowed"),
        ("task-1", "wuhan", (), "not_allowed"),
        ("firm-1", "east_lake", (), "ineligible"),
        ("firm-1", "hubei", ("--year", 2023), "other_year"),
        ("firm-1", "hubei", ("--year", 2021), "other_year"),
        ("firm-1", "hubei", ("--on", "2022-10-01"), "own_day"),
        ("firm-1", "atlantis", (), "not_adopted"),
    )
    for who, programme, more, code in refused:
        error = grant(office, who, *more, programme=programme)["error"]
        assert error["code"] == code, (who, programme, error)
    assert listed(office, "auditor-1") == []


def test_what_was_granted_binds_what_is_drawn(office: Office) -> None:
    """A quota of an earlier, lower cap leaves no room for what the rule would pay today."""
    office.ledger.append(*events("granted hubei 2022 100000 2022-02-01"))
    assert office.submit(invoices=[ONE])["amount_fen"] == 9_000_000
    second = office.submit(invoices=[TWO])
    assert second["amount_fen"] == 1_000_000, second
    assert listed(office)[0]["left_fen"] == 0


# --- time ---


def test_a_voucher_is_good_through_its_year_or_the_window_that_serves_it() -> None:
    hubei, wuhan = (one.versions[0] for one in select_programmes(["hubei", "wuhan"]))
    granted_on = date(2022, 2, 1)
    assert good_through(hubei, 2022, granted_on) == date(2022, 12, 31)
    assert good_through(wuhan, 2022, granted_on) == date(2023, 3, 31)
    assert good_through(wuhan, 2021, granted_on) == date(2022, 3, 31)


def test_what_is_left_lapses_after_the_last_day_and_is_drawn_no_more(office: Office) -> None:
    grant(office, "firm-1")
    grant(office, "firm-1", programme="wuhan")
    office.today = "2022-12-31"
    assert tick(office)["vouchers"] == []
    office.today = "2023-01-01"
    gone = tick(office)["vouchers"]
    assert [(one["programme"], one["amount_fen"]) for one in gone] == [("hubei", 20_000_000)]
    assert tick(office)["vouchers"] == []
    row = next(one for one in listed(office) if one["programme"] == "hubei")
    assert (row["left_fen"], row["lapsed_fen"], row["lapsed_on"]) == (0, 20_000_000, "2023-01-01")
    late = office.ask(
        "task-1",
        *("claim", "submit", "--on", "2022-12-30", "--file"),
        office.file("late.json", {"enterprise": CODE, "programme": "hubei", "invoices": [ONE]}),
    )
    assert late["error"]["code"] == "ineligible"
    office.today = "2023-04-01"
    assert [one["programme"] for one in tick(office)["vouchers"]] == ["wuhan"]
    assert office.ask("auditor-1", "log", "check", "--full")["findings"] == []


def test_a_returned_claim_lapses_with_its_year(office: Office) -> None:
    claim = office.submit()["id"]
    remarks = [{"item": "payments", "reason": "缺回单"}]
    office.act("task-1", claim, "return", items=remarks)
    office.today = "2022-12-31"
    assert tick(office)["lapsed"] == []
    office.today = "2023-01-03"
    assert tick(office)["lapsed"] == [claim]
    again = tick(office)
    assert (again["lapsed"], again["vouchers"], again["cleared"]) == ([], [], [])
    assert states(office, claim) == ["lapsed"]
    assert balances(office)["encumbered_fen"] == 0
    assert listed(office)[0]["left_fen"] == 0
    assert office.ask("auditor-1", "log", "check", "--full")["findings"] == []


def test_two_schedulers_at_once_clear_a_claim_once(office: Office) -> None:
    (claim,) = approve(office, ONE)
    office.ask("authority-1", "notice", "draw", "hubei", "--basis", "x")
    office.today = "2022-11-09"

    def once(_: int) -> int:
        with at_console(Shell(Settings.load(), "zh", as_json=True)) as act:
            return len(tick_now(open_desk(act, machine=True)).cleared.reads)

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(once, range(4))) == [0, 0, 0, 1]
    history = office.ask("auditor-1", "claim", "show", claim)["history"]
    assert (history[-1]["action"], history[-1]["actor"]) == ("clear", "scheduler")
    assert office.ask("auditor-1", "log", "check", "--full")["findings"] == []


def test_nobody_pretends_to_be_the_scheduler(office: Office) -> None:
    for who in ("admin-1", "authority-1", "firm-1"):
        assert office.ask(who, "claim", "tick")["error"]["code"] == "not_allowed"
    for role in ("auditor", "finance"):
        made = office.ask("admin-1", "user", "add", "scheduler", "--role", role)
        assert made["error"]["code"] == "not_allowed", made
    assert tick(office, "--on", "2022-11-02")["error"]["code"] == "future_day"


# --- back ---


@pytest.mark.parametrize("closed", [False, True], ids=["in the year", "after its end"])
def test_a_red_invoice_after_payment_is_found_assessed_and_recovered(
    office: Office, tmp_path: Path, *, closed: bool
) -> None:
    claim = pay(office)
    assert office.ask("authority-1", "claim", "clawbacks")["rows"] == []
    office.ledger.append(*events("red 901 1 2022-12-01 100000 5660.38"))
    if closed:
        more = ("--year", 2022, "--on", "2022-12-31", "--document", "3")
        assert "error" not in office.ask("finance-1", "fund", "close", "hubei", *more)
    office.today = "2023-01-05"
    (found,) = office.ask("authority-1", "claim", "clawbacks", "--programme", "hubei")["rows"]
    assert (found["id"], found["paid_fen"], found["due_fen"]) == (claim, 9_000_000, 6_000_000)
    assert "应追缴 30,000.00 元，不计利息" in found["reason"]
    assert office.ask("task-2", "claim", "clawbacks", "--programme", "wuhan")["rows"] == []
    for who in ("firm-1", "stranger-1", "finance-1"):
        assert office.ask(who, "claim", "clawbacks")["error"]["code"] == "not_allowed", who
    before = balances(office)
    asked = {"amount_fen": found["amount_fen"], "reason": found["reason"], "document": "追1号"}
    assessed = office.act("authority-1", claim, "assess", **asked)
    assert assessed["receivable_fen"] == 3_000_000, assessed
    assert office.ask("authority-1", "claim", "clawbacks")["rows"] == []
    assert balances(office)["receivable_fen"] == 3_000_000
    back = {"amount_fen": 3_000_000, "document": "追1号", "bank_reference": "B-9"}
    recovered = office.act("finance-1", claim, "recover", **back)
    assert recovered["history"][-1]["to"] == ("appropriated" if closed else "available")
    after = balances(office)
    gone = 3_000_000 if closed else 0
    assert after["receivable_fen"] == 0
    assert after["appropriated_fen"] == before["appropriated_fen"] - gone
    assert after["available_fen"] == before["available_fen"] + 3_000_000 - gone
    assert after["expended_fen"] == before["expended_fen"] - 3_000_000
    exported = office.ask("auditor-1", "book", "export", "--format", "beancount")["text"]
    path = tmp_path / "books.beancount"
    path.write_text(exported, "utf-8")
    program = Path(sys.executable).with_name("bean-check")
    checked = subprocess.run(
        [sys.executable, program, path], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    assert office.ask("auditor-1", "log", "check", "--full")["findings"] == []


def test_a_clawback_is_found_however_many_claims_were_paid_before_it(office: Office) -> None:
    claim = pay(office)
    office.ledger.append(*events("red 901 1 2022-12-01 100000 5660.38"))
    before, paid = 20_220_101, STATES.index("paid")
    with office.ledger.write.begin() as connection:
        insert_rows(
            connection,
            tables.claim_state,
            [
                (f"SQ-{number}", "of another enterprise", "hubei", 2022, 0, paid, before, 1, 1, 0)
                for number in range(CLAIMS_MAX + 1)
            ],
        )
    office.today = "2023-01-05"
    (found,) = office.ask("authority-1", "claim", "clawbacks")["rows"]
    assert (found["id"], found["amount_fen"]) == (claim, 3_000_000)


def test_a_later_claim_of_the_city_neither_takes_from_an_earlier_one_nor_lapses_in_its_window(
    office: Office,
) -> None:
    claim = pay(office)
    budget = ("--year", 2022, "--amount", 500_000, "--on", "2022-01-05", "--document", "2")
    office.ask("finance-2", "fund", "appropriate", "wuhan", *budget)
    office.today = "2023-01-20"
    for name in ("firm-1", "task-2", "authority-1"):
        # Ninety days are over before the window is.
        office.tokens[name] = office.ask(name, "user", "token")["token"]
    office.ledger.append(*events("declaration 2023"))
    office.today = "2023-03-06"
    city = office.submit(programme="wuhan")
    assert "error" not in city, city
    assert (city["amount_fen"], city["year"]) == (10_000_000, 2022), city
    office.ledger.append(*events("red 901 1 2023-03-01 200000 11320.75"))
    (found,) = office.ask("authority-1", "claim", "clawbacks")["rows"]
    assert (found["id"], found["due_fen"], found["amount_fen"]) == (claim, 3_000_000, 6_000_000)
    remarks = [{"item": "payments", "reason": "缺回单"}]
    office.act("task-2", city["id"], "return", items=remarks)
    office.today = "2023-03-31"
    nothing = tick(office)
    assert (nothing["lapsed"], nothing["left_out"]) == ([], [])
    office.today = "2023-04-01"
    assert tick(office)["lapsed"] == [city["id"]]
