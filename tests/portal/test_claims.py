"""`suanquan claim`: a claim from submission to approval, by people of every role."""

from typing import Any

import pytest

from ledger.events import VoucherDrawn
from ledger.read import read_heads
from ledger.topics import enterprise_topic
from ledger.trail import read_trail
from tests.papers import make_pdf
from tests.portal.office import ONE, TWO, Office, office
from tests.portal.stages import BASIS, approve
from tests.small_ledger import CODE

__all__ = ["office"]


def balances(office: Office) -> tuple[int, int]:
    """Return what the fund has available and encumbered."""
    fund = office.ask("auditor-1", "fund", "list")["rows"][0]
    return fund["available_fen"], fund["encumbered_fen"]


def sound(office: Office) -> bool:
    """Return whether every check of the ledger holds, and a replay gives the same."""
    checked = office.ask("auditor-1", "log", "check", "--full")
    assert checked["findings"] == []
    replayed: bool = office.ask("auditor-1", "replay")["match"]
    return replayed


def code_of(answer: dict[str, Any]) -> str:
    """Return the code of a refusal."""
    assert set(answer) == {"error"}, answer
    code: str = answer["error"]["code"]
    return code


def test_a_claim_is_handed_in_for_what_the_rules_give(office: Office) -> None:
    claim = office.submit()
    assert (claim["state"], claim["amount_fen"], claim["revision"]) == ("submitted", 9_000_000, 1)
    assert claim["may"] == ["withdraw"]
    assert balances(office) == (41_000_000, 9_000_000)
    assert office.submit() == claim, "the same file has the same claim"
    shown = office.ask("firm-1", "claim", "show", claim["id"])
    assert shown == {**claim, "headroom": {"quota_fen": 11_000_000}}
    official = office.ask("task-1", "claim", "show", claim["id"])
    assert official["headroom"] == {"quota_fen": 11_000_000, "fund_fen": 41_000_000}
    assert balances(office) == (41_000_000, 9_000_000)
    assert sound(office)


def test_a_claim_brings_several_documents(office: Office) -> None:
    papers = [("contract.pdf", "contract", "C-1"), ("slip.pdf", "bank_slip", "1")]
    for name, kind, _ in papers:
        (office.folder / name).write_bytes(make_pdf(kind))
    asked = [{"path": name, "kind": kind, "ref": ref} for name, kind, ref in papers]
    claim = office.submit(documents=[*asked, asked[0]])
    assert len(claim["documents"]) == 2
    listed = office.ask("firm-1", "document", "list", CODE)["rows"]
    assert [(one["kind"], one["ref"]) for one in listed] == [one[1:] for one in papers]
    assert office.submit(documents=[*asked, asked[0]]) == claim
    assert sound(office)


def test_a_claim_is_checked_cut_returned_and_approved(office: Office) -> None:
    claim = office.submit()["id"]
    remarks = {"items": [{"item": "payments", "reason": "缺银行回单"}]}
    returned = office.act("task-1", claim, "return", **remarks)
    assert (returned["state"], returned["remarks"]) == ("returned", remarks["items"])
    assert balances(office) == (41_000_000, 9_000_000), "the place in the fund is kept"
    again = office.submit(claim=claim)
    assert (again["state"], again["revision"]) == ("submitted", 2)

    cut = {"invoice": ONE, "base_cut_fen": 10_000_000, "reason": "含存储费用"}
    after = office.act("task-1", claim, "cut", cuts=[cut])
    assert after["amount_fen"] == 6_000_000
    assert balances(office) == (44_000_000, 6_000_000)
    checked = office.check("task-1", claim)
    assert checked["state"] == "checked"
    assert code_of(office.act("task-1", claim, "approve", document="1")) == "not_allowed"
    approved = office.act("authority-1", claim, "approve", document="鄂科技批1号")
    assert (approved["state"], approved["amount_fen"]) == ("approved", 6_000_000)
    assert sound(office)


def test_a_check_cuts_first_and_judges_what_is_left(office: Office) -> None:
    claim = office.submit()["id"]
    listed = office.ask("task-1", "claim", "check", claim)["items"]
    marks = [{"item": one["item"], "verdict": "met", "reason": "已核对原件"} for one in listed]
    cut = {"invoice": ONE, "base_cut_fen": 10_000_000, "reason": "含存储费用"}
    left_out = office.act("task-1", claim, "check", items=marks[1:], cuts=[cut])
    assert code_of(left_out) == "item_not_reviewed"
    assert balances(office) == (41_000_000, 9_000_000), "nothing was cut either"
    checked = office.act("task-1", claim, "check", items=marks, cuts=[cut])
    assert (checked["state"], checked["amount_fen"]) == ("checked", 6_000_000)
    acts = [one["action"] for one in checked["history"]]
    assert acts == ["submit", "cut", "check"]
    assert balances(office) == (44_000_000, 6_000_000)
    assert sound(office)


def test_a_return_voids_what_was_decided(office: Office) -> None:
    claim = office.submit()["id"]
    office.check("task-1", claim)
    office.act("authority-1", claim, "approve", document="1")
    remarks = {"items": [{"item": "status", "reason": "证书已过期"}]}
    office.act("authority-1", claim, "return", **remarks)
    office.submit(claim=claim)
    assert code_of(office.act("authority-1", claim, "approve", document="1")) == "not_allowed"
    assert office.check("task-2", claim)["state"] == "checked"
    assert office.act("authority-2", claim, "approve")["state"] == "approved"


def test_an_item_that_is_not_met_is_not_approved(office: Office) -> None:
    claim = office.submit()["id"]
    office.check("task-1", claim, payer="not_met")
    refused = office.act("authority-1", claim, "approve", document="1")
    assert code_of(refused) == "not_allowed"
    rejected = office.act("authority-1", claim, "reject", reason="非本企业账户付款")
    assert rejected["state"] == "rejected"
    assert balances(office) == (50_000_000, 0)
    # What was released may be claimed again.
    assert office.submit(request="2")["amount_fen"] == 9_000_000
    assert sound(office)


def test_a_draw_says_what_it_was_computed_on(office: Office) -> None:
    office.submit(invoices=[ONE])
    office.submit(invoices=[TWO], asked_fen=1_000_000)
    with office.ledger.reading() as connection:
        size = read_heads(connection)["book"].size
        said = [event.data for _, event in read_trail(connection, [enterprise_topic(CODE)], size)]
    drawn = [(one.base_fen, one.parts_fen) for one in said if isinstance(one, VoucherDrawn)]
    assert drawn == [(30_000_000, (9_000_000,)), (None, ())]


def test_an_invoice_is_held_by_one_claim(office: Office) -> None:
    first = office.submit()["id"]
    assert code_of(office.submit(request="2")) == "invoice_claimed"
    assert office.submit(invoices=[TWO])["amount_fen"] == 9_000_000
    assert office.act("firm-1", first, "withdraw", reason="重报")["state"] == "withdrawn"
    assert office.submit(request="2")["state"] == "submitted"
    assert sound(office)


def test_an_invoice_that_came_with_a_second_revision_is_held(office: Office) -> None:
    claim = office.submit(invoices=[ONE])["id"]
    office.act("task-1", claim, "return", items=[{"item": "sums", "reason": "发票有误"}])
    assert office.submit(invoices=[TWO], claim=claim)["invoices"] == [TWO]
    refused = office.submit(invoices=[TWO], request="2")
    assert code_of(refused) == "invoice_claimed"
    assert claim in refused["error"]["message"]


def test_only_finance_of_a_fund_moves_it(office: Office) -> None:
    more = ("--year", 2022, "--amount", 1, "--on", "2022-06-01", "--document", "9")
    for who in ("admin-1", "task-2", "authority-2", "auditor-1", "firm-1"):
        assert code_of(office.ask(who, "fund", "appropriate", "hubei", *more)) == "not_allowed"
    assert code_of(office.ask("finance-1", "fund", "appropriate", "wuhan", *more)) == "not_allowed"
    given = office.ask("finance-1", "fund", "appropriate", "hubei", *more)
    assert office.ask("finance-1", "fund", "appropriate", "hubei", *more) == given
    assert office.ask("finance-2", "fund", "appropriate", "hubei", *more) == given
    assert balances(office) == (50_000_100, 0)
    assert sound(office)


def test_the_yearly_cap_binds_over_claims(office: Office) -> None:
    assert office.submit(asked_fen=8_000_000)["amount_fen"] == 8_000_000
    # CNY 200,000 a year: 120,000 are left.
    assert office.submit(invoices=[TWO])["amount_fen"] == 9_000_000
    assert code_of(office.submit(invoices=[TWO], request="2")) == "invoice_claimed"


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("stranger-1", "not_allowed"),
        ("admin-1", "not_allowed"),
        ("auditor-1", "not_allowed"),
        ("finance-1", "not_allowed"),
        ("authority-1", "not_allowed"),
    ],
)
def test_nobody_else_hands_in_a_claim(office: Office, who: str, code: str) -> None:
    assert code_of(office.submit(who)) == code


def test_a_stranger_is_told_what_he_is_told_of_no_claim(office: Office) -> None:
    claim = office.submit()["id"]
    none = "SQ-AAAAAAAAAA"
    for words in (("show",), ("check",), ("act", "withdraw", "--reason", "x")):
        answers = []
        for name in (claim, none):
            said = ["claim", words[0], name, *words[1:]]
            answers.append(str(office.ask("stranger-1", *said)).replace(name, "…"))
        assert answers[0] == answers[1]
        assert "unknown_claim" in answers[0]
    assert office.ask("stranger-1", "claim", "list")["rows"] == []
    assert office.ask("stranger-1", "claim", "next")["rows"] == []


def test_who_assisted_does_not_check(office: Office) -> None:
    claim = office.submit("task-2")["id"]
    assert "check" not in office.ask("task-2", "claim", "show", claim)["may"]
    assert code_of(office.check("task-2", claim)) == "not_allowed"
    assert office.check("task-1", claim)["state"] == "checked"


def test_who_set_the_account_does_not_pay_into_it(office: Office) -> None:
    office.set_account("task-2")
    claim = office.submit()["id"]
    assert code_of(office.check("task-2", claim)) == "not_allowed"


def test_a_stale_screen_is_told_what_happened(office: Office) -> None:
    claim = office.submit()
    name, seen = claim["id"], claim["seen"]
    remarks = {"items": [{"item": "payments", "reason": "缺回单"}]}
    first = office.act("task-1", name, "return", "--seen", seen, **remarks)
    assert first["state"] == "returned"
    again = office.act("task-1", name, "return", "--seen", seen, **remarks)
    assert again == first, "the same act once more changes nothing"
    stale = office.act("firm-1", name, "withdraw", "--seen", seen, reason="重报")
    assert code_of(stale) == "stale"
    assert "退回" in stale["error"]["message"]
    assert code_of(office.act("firm-1", name, "withdraw", "--seen", 99, reason="x")) == "stale"


def test_a_review_again_is_told_that_it_is_there(office: Office) -> None:
    claim = office.submit()
    name, seen = claim["id"], claim["seen"]
    cut = {"invoice": ONE, "base_cut_fen": 1_000_000, "reason": "合同外费用"}
    first = office.act("task-1", name, "cut", "--seen", seen, cuts=[cut])
    assert first["seen"] == seen + 1
    again = office.act("task-1", name, "cut", "--seen", seen, cuts=[cut])
    assert code_of(again) == "stale"
    assert "核减" in again["error"]["message"]
    assert office.ask("task-1", "claim", "show", name)["seen"] == seen + 1


def test_what_waits_is_shown_to_whom_it_waits_for(office: Office) -> None:
    claim = office.submit()["id"]
    office.today = "2022-11-07"

    def waiting(who: str) -> list[tuple[str, int, list[str]]]:
        rows = office.ask(who, "claim", "next")["rows"]
        return [(one["id"], one["waited"], one["actions"]) for one in rows]

    assert waiting("task-1") == [(claim, 4, ["check"])]
    assert waiting("authority-1") == waiting("finance-1") == waiting("firm-1") == []
    office.check("task-1", claim)
    assert waiting("task-1") == []
    assert waiting("authority-1") == [(claim, 0, ["approve"])]
    listed = office.ask("auditor-1", "claim", "list", "--state", "checked")["rows"]
    assert [one["id"] for one in listed] == [claim]
    assert listed[0]["enterprise"] == CODE


def test_a_page_of_claims_that_wait_for_others_hides_none_behind_it(office: Office) -> None:
    approve(office, ONE)
    office.ask("authority-1", "notice", "draw", "hubei", "--basis", BASIS)
    office.today = "2022-11-02"
    claim = office.submit(invoices=[TWO])["id"]
    office.check("task-1", claim)
    rows = office.ask("authority-1", "claim", "next", "--limit", 1)["rows"]
    assert [one["id"] for one in rows] == [claim]


def test_nobody_is_offered_what_would_be_refused_today(office: Office) -> None:
    def may(who: str) -> list[str]:
        offered: list[str] = office.ask(who, "claim", "show", claim)["may"]
        return offered

    def waits(who: str) -> list[list[str]]:
        return [one["actions"] for one in office.ask(who, "claim", "next")["rows"]]

    claim = office.submit()["id"]
    office.check("task-1", claim, payer="not_met")
    assert may("authority-1") == ["return", "reject"]
    assert waits("authority-1") == [["return", "reject"]]
    remarks = {"items": [{"item": "payer", "reason": "非本企业账户付款"}]}
    office.act("authority-1", claim, "return", **remarks)
    office.submit(claim=claim)
    office.check("task-1", claim)
    assert waits("authority-1") == [["approve"]]
    office.act("authority-1", claim, "approve")
    office.ask("authority-1", "notice", "draw", "hubei", "--basis", BASIS)
    assert (may("authority-1"), waits("authority-1")) == ([], []), "it begins tomorrow"
    office.today = "2022-11-02"
    assert (may("authority-1"), waits("authority-1")) == (["object"], [])
    office.today = "2022-11-09"
    assert (may("authority-1"), waits("authority-1")) == (["object", "clear"], [["clear"]])
    office.act("authority-1", claim, "clear")
    office.ask("finance-1", "payment", "order", "hubei")
    office.act("finance-1", claim, "pay", bank_reference="B-1")
    assert (may("authority-1"), may("finance-1")) == (["assess"], ["close"])
    said = {"amount_fen": 100, "document": "1"}
    office.act("authority-1", claim, "assess", **said, reason="x")
    assert (may("finance-1"), waits("finance-1")) == (["recover"], [["recover"]])
    office.act("finance-1", claim, "recover", **said, bank_reference="B-2")
    assert waits("finance-1") == [["close"]]


def test_an_enterprise_does_not_read_what_a_reviewer_wrote_beside_each_item(
    office: Office,
) -> None:
    claim = office.submit()["id"]
    office.check("task-1", claim)
    own, inside = (office.ask(who, "claim", "show", claim) for who in ("firm-1", "auditor-1"))
    assert "已核对原件" not in str(own)
    assert inside["history"][-1]["items"][0]["reason"] == "已核对原件"


def test_an_enterprise_acts_today(office: Office) -> None:
    path = office.file("c.json", {"enterprise": CODE, "programme": "hubei", "invoices": [ONE]})
    late = office.ask("firm-1", "claim", "submit", "--file", path, "--on", "2022-10-01")
    assert code_of(late) == "own_day"
    future = office.ask("task-1", "claim", "submit", "--file", path, "--on", "2022-12-01")
    assert code_of(future) == "future_day"


def test_a_claim_without_a_budget_is_refused(office: Office) -> None:
    answer = office.submit(programme="east_lake")
    assert code_of(answer) in {"ineligible", "undetermined", "unknown_fund"}


def test_the_funds_last_fen_is_refused_with_what_is_left(office: Office) -> None:
    move = ("--year", 2022, "--to", "wuhan", "--amount", 495_000, "--on", "2022-06-01")
    wuhan = ("--year", 2022, "--amount", 1, "--on", "2022-01-05", "--document", "2")
    office.ask("finance-2", "fund", "appropriate", "wuhan", *wuhan)
    office.ask("finance-2", "fund", "transfer", "hubei", *move, "--document", "3")
    answer = office.submit()
    assert code_of(answer) == "fund_exhausted"
    assert "5000.00" in answer["error"]["message"].replace(",", "")


def test_an_official_elsewhere_claims_for_his_enterprise_today(office: Office) -> None:
    office.open("both-1", "enterprise", CODE, by=["admin-1"])
    office.ask("admin-1", "user", "add", "both-1", "--role", "task_force", "--programme", "wuhan")
    asked = {"enterprise": CODE, "programme": "hubei", "invoices": [ONE]}
    path = office.file("claim.json", asked)
    late = office.ask("both-1", "claim", "submit", "--file", path, "--on", "2022-10-01")
    assert code_of(late) == "own_day"
    assert office.submit("both-1")["state"] == "submitted"
