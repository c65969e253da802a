"""What changes under a claim after it was handed in: it stops before the money does."""

import pytest

from tests.portal.office import ONE, TWO, Office, office
from tests.portal.stages import BASIS, approve, clear, states
from tests.small_ledger import events

__all__ = ["office"]

REVERSALS = {
    "red": "red 901 1 2022-11-02 100000 5660.38",
    "back": "back P-1-2022-08-10 1 2022-11-02 100000",
}


def reverse(office: Office, how: str) -> None:
    """Let a red invoice or a payment that came back take a part of the first invoice."""
    office.ledger.append(*events(REVERSALS[how]))


@pytest.mark.parametrize(("how", "left"), [("red", "60,000.00"), ("back", "0.00")])
def test_what_was_reversed_before_an_approval_is_not_approved(
    office: Office, how: str, left: str
) -> None:
    claim = office.submit()["id"]
    office.check("task-1", claim)
    reverse(office, how)
    refused = office.act("authority-1", claim, "approve")["error"]
    assert refused["code"] == "not_allowed"
    assert f"核定 {left} 元" in refused["message"], refused
    remarks = {"items": [{"item": "red_invoice", "reason": "已红冲"}]}
    assert office.act("authority-1", claim, "return", **remarks)["state"] == "returned"
    office.today = "2022-11-03"
    again = office.submit(claim=claim)
    # The rule takes no invoice that is not paid in full.
    assert again.get("amount_fen") == (6_000_000 if how == "red" else None), again


def test_what_was_reversed_is_left_out_of_a_notice(office: Office) -> None:
    one, two = approve(office, ONE, TWO)
    reverse(office, "red")
    drawn = office.ask("authority-1", "notice", "draw", "hubei", "--basis", BASIS)
    assert ([row["id"] for row in drawn["left_out"]], states(office, one, two)) == (
        [one],
        ["approved", "noticed"],
    )


def test_what_was_reversed_under_notice_is_cut_before_it_is_cleared(office: Office) -> None:
    (claim,) = approve(office, ONE)
    office.ask("authority-1", "notice", "draw", "hubei", "--basis", BASIS)
    office.today = "2022-11-04"
    reverse(office, "red")
    objector = {"name": "张三", "phone": "13800000000", "address": "x"}
    office.act("authority-1", claim, "object", objector=objector, matter="发票已红冲")
    asked = {"outcome": "upheld", "reason": "红冲", "objection": f"{claim}-1"}
    office.today = "2022-11-09"
    assert "error" in office.act("authority-1", claim, "clear")
    office.act("authority-1", claim, "settle", **asked, cut_fen=1_000_000)
    assert "60,000.00" in office.act("authority-1", claim, "clear")["error"]["message"]
    assert office.ask("authority-1", "notice", "clear")["rows"] == []
    assert office.act("authority-1", claim, "reject", reason="红冲")["state"] == "rejected"


def test_what_was_reversed_after_clearing_is_not_ordered(office: Office) -> None:
    one, two = clear(office, ONE, TWO)
    reverse(office, "red")
    ordered = office.ask("finance-1", "payment", "order", "hubei")
    assert [row["id"] for row in ordered["left_out"]] == [one]
    assert states(office, one, two) == ["cleared", "ordered"]
    named = office.ask("finance-1", "payment", "order", "hubei", "--claim", one)
    assert named["error"]["code"] == "not_allowed"
    assert office.ask("auditor-1", "log", "check", "--full")["findings"] == []


CUT = {"amount_fen": 3_000_000, "reason": "发票已红冲"}


def fund(office: Office) -> dict[str, int]:
    """Return what the fund stands at."""
    (row,) = office.ask("auditor-1", "fund", "list")["rows"]
    return {
        name: row[f"{name}_fen"]
        for name in ("appropriated", "available", "expended", "payable", "paid")
    }


def sound(office: Office) -> None:
    """Hold the ledger to its checks, and to what a replay makes of it."""
    assert office.ask("auditor-1", "log", "check", "--full")["findings"] == []
    assert office.ask("auditor-1", "replay")["match"]


def test_what_was_cleared_is_cut_to_what_it_is_worth_and_paid(office: Office) -> None:
    (claim,) = clear(office, ONE)
    reverse(office, "red")
    stuck = office.ask("finance-1", "payment", "order", "hubei", "--claim", claim)["error"]
    assert "主管部门凭文核减" in stuck["message"]
    too_little = {**CUT, "amount_fen": 2_999_999}
    for who, said, code in (
        ("authority-1", {"cuts": [CUT]}, "no_document"),
        ("authority-1", {"cuts": [too_little], "document": "1"}, "not_allowed"),
        (
            "authority-1",
            {"cuts": [{**CUT, "amount_fen": 9_000_000}], "document": "1"},
            "cut_to_nothing",
        ),
        (
            "authority-1",
            {"cuts": [{"invoice": ONE, "base_cut_fen": 1, "reason": "x"}], "document": "1"},
            "not_allowed",
        ),
        ("task-1", {"cuts": [CUT], "document": "1"}, "not_allowed"),
        ("finance-1", {"cuts": [CUT], "document": "1"}, "not_allowed"),
    ):
        refused = office.act(who, claim, "cut", **said)
        assert refused["error"]["code"] == code, (who, said)
    assert fund(office)["payable"] == 9_000_000
    assert office.ask("authority-1", "claim", "show", claim)["may"] == ["cut", "reject"]
    cut = office.act("authority-1", claim, "cut", cuts=[CUT], document="撤1号")
    assert (cut["state"], cut["amount_fen"], cut["asked_fen"]) == ("cleared", 6_000_000, 9_000_000)
    assert fund(office) == {
        "appropriated": 50_000_000,
        "available": 44_000_000,
        "expended": 6_000_000,
        "payable": 6_000_000,
        "paid": 0,
    }
    shown = office.ask("firm-1", "claim", "show", claim)
    assert shown["headroom"]["quota_fen"] == 14_000_000
    (row,) = office.ask("finance-1", "payment", "order", "hubei")["rows"]
    assert row["amount_fen"] == 6_000_000
    assert "error" in office.act("authority-1", claim, "reject", reason="x", document="1")
    assert office.act("finance-1", claim, "pay", bank_reference="B-1")["paid_fen"] == 6_000_000
    assert office.ask("authority-1", "claim", "clawbacks")["rows"] == []
    sound(office)


def test_what_failed_is_revoked_and_its_invoice_is_free(office: Office) -> None:
    (claim,) = clear(office, ONE)
    office.ask("finance-1", "payment", "order", "hubei")
    assert "error" in office.act("authority-1", claim, "reject", reason="x", document="1")
    office.act("finance-1", claim, "fail", reason="户名不符")
    bare = office.ask("authority-1", "claim", "act", claim, "reject", "--reason", "x")
    assert bare["error"]["code"] == "no_document"
    gone = office.act("authority-1", claim, "reject", reason="骗取", document="撤1号")
    assert (gone["state"], gone["history"][-1]["document"]) == ("rejected", "撤1号")
    assert fund(office) == {
        "appropriated": 50_000_000,
        "available": 50_000_000,
        "expended": 0,
        "payable": 0,
        "paid": 0,
    }
    assert office.submit(request="2")["amount_fen"] == 9_000_000
    sound(office)


def test_what_is_revoked_after_the_funds_year_goes_back_to_the_budget(office: Office) -> None:
    one, two = clear(office, ONE, TWO)
    close = ("--year", 2022, "--on", "2022-11-09", "--document", "9")
    assert "error" not in office.ask("finance-1", "fund", "close", "hubei", *close)
    reverse(office, "red")
    office.act("authority-1", one, "cut", cuts=[CUT], document="撤1号")
    office.act("authority-2", two, "reject", reason="骗取", document="撤2号")
    assert fund(office) == {
        "appropriated": 6_000_000,
        "available": 0,
        "expended": 6_000_000,
        "payable": 6_000_000,
        "paid": 0,
    }
    sound(office)


def test_nobody_names_a_document_where_nothing_is_revoked(office: Office) -> None:
    claim = office.submit()["id"]
    cut = office.act("task-1", claim, "cut", cuts=[CUT], document="1")
    assert cut["error"]["code"] == "document_unused"
    office.check("task-1", claim)
    rejected = office.act("authority-1", claim, "reject", reason="x", document="1")
    assert rejected["error"]["code"] == "document_unused"


def test_who_ordered_a_payment_revokes_none(office: Office) -> None:
    for administrator in ("admin-1", "admin-2"):
        more = ("--role", "authority", "--programme", "hubei")
        office.ask(administrator, "user", "add", "finance-2", *more)
    (claim,) = clear(office, ONE)
    office.ask("finance-2", "payment", "order", "hubei")
    office.act("finance-2", claim, "fail", reason="x")
    refused = office.act("finance-2", claim, "reject", reason="x", document="1")["error"]
    assert "付款" in refused["message"]
    assert office.ask("authority-1", "claim", "show", claim)["may"] == ["cut", "reject"]


def test_a_payment_that_came_back_is_claimed_back(office: Office) -> None:
    (claim,) = clear(office, ONE)
    office.ask("finance-1", "payment", "order", "hubei")
    office.act("finance-1", claim, "pay", bank_reference="B-1")
    reverse(office, "back")
    (found,) = office.ask("authority-1", "claim", "clawbacks")["rows"]
    assert (found["id"], found["amount_fen"]) == (claim, 9_000_000)


def test_an_act_on_a_day_before_the_year_was_closed_is_refused(office: Office) -> None:
    (claim,) = clear(office, ONE)
    office.today = "2023-01-12"
    closing = ("--year", 2022, "--on", "2023-01-10", "--document", "结1")
    assert "error" not in office.ask("finance-1", "fund", "close", "hubei", *closing)
    revoked = {"reason": "发票红冲", "document": "撤1"}
    early = office.act("authority-1", claim, "reject", "--on", "2022-12-20", **revoked)["error"]
    assert "2023-01-10" in early["message"], early
    assert office.act("authority-1", claim, "reject", **revoked)["state"] == "rejected"


def test_a_transfer_is_held_to_what_the_fund_had_on_every_day_since(office: Office) -> None:
    claim = office.submit()["id"]
    office.check("task-1", claim)
    office.today = "2022-11-20"
    office.act("authority-1", claim, "reject", "--reason", "不支持")
    budget = ("--year", 2022, "--amount", 1, "--on", "2022-01-05", "--document", "9")
    office.ask("finance-2", "fund", "appropriate", "wuhan", *budget)
    moved = ("--year", 2022, "--to", "wuhan", "--amount", "450000", "--document", "调1")
    short = office.ask("finance-2", "fund", "transfer", "hubei", *moved, "--on", "2022-05-11")
    assert (short["error"]["code"], "2022-11-01" in short["error"]["message"]) == (
        "short_then",
        True,
    )
    done = office.ask("finance-2", "fund", "transfer", "hubei", *moved, "--on", "2022-11-20")
    assert "error" not in done, done
