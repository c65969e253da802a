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


def test_a_payment_that_came_back_is_claimed_back(office: Office) -> None:
    (claim,) = clear(office, ONE)
    office.ask("finance-1", "payment", "order", "hubei")
    office.act("finance-1", claim, "pay", bank_reference="B-1")
    reverse(office, "back")
    (found,) = office.ask("authority-1", "claim", "clawbacks")["rows"]
    assert (found["id"], found["amount_fen"]) == (claim, 9_000_000)
