"""`suanquan claim draft`: what there is so far, kept, replaced, handed in, and nobody else's."""

from typing import Any

import pytest

from tests.papers import make_pdf
from tests.portal.office import ONE, OTHER, TWO, Office, office
from tests.small_ledger import CODE, events

__all__ = ["office"]


def save(office: Office, who: str = "firm-1", **said: Any) -> Any:  # noqa: ANN401 - an answer
    """Save a draft."""
    asked = {"enterprise": CODE, "programme": "hubei", **said}
    return office.ask(who, "claim", "draft", "--file", office.file("draft.json", asked))


def standing(office: Office) -> tuple[int, list[Any]]:
    """Return what the fund has available, and what stands on vouchers."""
    fund = office.ask("auditor-1", "fund", "list")["rows"][0]
    return fund["available_fen"], office.ask("auditor-1", "voucher", "list")["rows"]


def sound(office: Office) -> None:
    """Hold the ledger to its checks, and to what a replay makes of it."""
    assert office.ask("auditor-1", "log", "check", "--full")["findings"] == []
    assert office.ask("auditor-1", "replay")["match"]


def test_a_draft_is_saved_replaced_and_handed_in(office: Office) -> None:
    before = standing(office)
    draft = save(office)
    assert (draft["state"], draft["year"], draft["draft"]) == ("draft", 2022, {})
    assert draft["may"] == ["draft", "submit"]
    name = draft["id"]
    assert save(office) == draft, "the same file again changes nothing"
    papers = [{"path": "nowhere/c.pdf", "kind": "contract", "ref": "C-1"}]
    said: dict[str, Any] = {"invoices": [ONE, TWO], "asked_fen": 100, "documents": papers}
    second = save(office, claim=name, **said)
    kept = {**said, "documents": [{"kind": "contract", "ref": "C-1"}]}
    assert (second["id"], second["draft"], second["seen"]) == (name, kept, 2)
    assert save(office, claim=name, **said) == second
    assert office.ask("firm-1", "document", "list", CODE)["rows"] == []
    assert standing(office) == before, "nothing is reserved"
    listed = office.ask("firm-1", "claim", "list", "--state", "draft")["rows"]
    assert [one["id"] for one in listed] == [name]
    waiting = office.ask("firm-1", "claim", "next")["rows"]
    assert [(one["id"], one["actions"]) for one in waiting] == [(name, ["submit"])]
    sound(office)

    (office.folder / "c.pdf").write_bytes(make_pdf("contract"))
    handed = office.submit(claim=name, documents=[{**papers[0], "path": "c.pdf"}])
    assert (handed["id"], handed["state"], handed["draft"]) == (name, "submitted", None)
    assert (handed["revision"], handed["amount_fen"], len(handed["documents"])) == (1, 9_000_000, 1)
    assert save(office, claim=name)["error"]["code"] == "not_allowed"
    office.check("task-1", name)
    assert office.act("authority-1", name, "approve")["state"] == "approved"
    sound(office)


def test_a_draft_needs_no_account_and_holds_no_invoice(office: Office) -> None:
    office.ask("admin-1", "enterprise", "forget", CODE, "--reason", "x")
    office.ask("admin-2", "enterprise", "forget", CODE)
    draft = save(office, invoices=[ONE])
    assert draft["state"] == "draft"
    assert office.submit(claim=draft["id"])["error"]["code"] == "no_account"
    office.set_account()
    assert office.submit(request="2")["state"] == "submitted"
    assert office.submit(claim=draft["id"])["error"]["code"] == "invoice_claimed"
    sound(office)


def test_the_file_of_a_draft_hands_it_in(office: Office) -> None:
    draft = save(office, invoices=[ONE])
    assert office.submit()["id"] == draft["id"]
    sound(office)


def test_no_other_enterprise_learns_of_a_draft(office: Office) -> None:
    name = save(office, invoices=[ONE])["id"]
    none = "SQ-AAAAAAAAAA"
    for enterprise, code in ((CODE, "not_allowed"), (OTHER, "unknown_claim")):
        answers = [
            str(save(office, "stranger-1", claim=one, enterprise=enterprise)).replace(one, "…")
            for one in (name, none)
        ]
        assert answers[0] == answers[1]
        assert code in answers[0]
    assert office.ask("stranger-1", "claim", "show", name)["error"]["code"] == "unknown_claim"
    assert office.ask("stranger-1", "claim", "list")["rows"] == []
    assert save(office, "stranger-1")["error"]["code"] == "not_allowed"


def test_who_drafted_for_an_enterprise_does_not_review(office: Office) -> None:
    name = save(office, "task-2")["id"]
    assert office.submit(claim=name)["state"] == "submitted"
    assert office.check("task-2", name)["error"]["code"] == "not_allowed"
    assert office.check("task-1", name)["state"] == "checked"
    for who in ("authority-1", "finance-1", "auditor-1"):
        assert save(office, who)["error"]["code"] == "not_allowed", who


def test_a_draft_is_checked_by_nobody(office: Office) -> None:
    name = save(office)["id"]
    assert office.ask("task-1", "claim", "check", name)["error"]["code"] == "draft"
    assert office.ask("task-1", "claim", "show", name)["may"] == ["draft", "submit"]
    assert office.ask("task-1", "claim", "next")["rows"] == []


NEXT_YEAR = """
    fact          sales_fen 2022 15000000000
    declaration   2023
    contract      C-2 2023-01-01 2023-12-31 0.06 a100=12.50/card_hour
    invoice       9 C-2 2023-01-10 300000 16981.13 2023-01-01 2023-01-05
    usage         a100 1000 2023-01-01T00:00 2023-01-02T00:00 C-2
    payment       9 2023-01-12 300000
"""
NINE = "9".rjust(20, "0")


def test_a_draft_is_handed_in_for_its_year_alone(office: Office) -> None:
    name = save(office)["id"]
    office.today = "2023-01-20"
    office.ask("", "claim", "tick")
    office.ledger.append(*events(NEXT_YEAR))
    budget = ("--year", 2023, "--amount", 500_000, "--on", "2023-01-05", "--document", "1")
    office.ask("finance-1", "fund", "appropriate", "hubei", *budget)
    refused = office.submit(claim=name, invoices=[NINE])["error"]
    assert (refused["code"], "另提申请" in str(refused)) == ("other_year", True)
    assert save(office, claim=name, invoices=[NINE])["year"] == 2022
    assert office.submit(invoices=[NINE])["year"] == 2023
    sound(office)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"invoices": ["1"]}, "invoice_number_form"),
        ({"invoices": [ONE, ONE]}, "bad_value"),
        ({"asked_fen": 0}, "bad_value"),
        ({"programme": "nowhere"}, "not_adopted"),
        ({"sum": 1}, "unknown_key"),
        ({"claim": "SQ-AAAAAAAAAA"}, "unknown_claim"),
    ],
)
def test_what_stands_in_a_draft_has_to_be_right(
    office: Office, said: dict[str, Any], code: str
) -> None:
    assert save(office, **said)["error"]["code"] == code


def test_a_draft_that_has_moved_is_not_written_over(office: Office) -> None:
    first = save(office)
    name, seen = first["id"], ("--seen", first["seen"])

    def save_seen(**said: Any) -> Any:  # noqa: ANN401 - an answer
        asked = {"enterprise": CODE, "programme": "hubei", "claim": name, **said}
        return office.ask("firm-1", "claim", "draft", "--file", office.file("d.json", asked), *seen)

    assert save_seen(invoices=[ONE])["seen"] == 2
    assert save_seen(invoices=[ONE])["seen"] == 2, "the same once more is a retry"
    refused = save_seen(invoices=[TWO])["error"]
    assert (refused["code"], "保存草稿" in refused["message"]) == ("stale", True)
    asked = {"enterprise": CODE, "programme": "hubei", "claim": name, "invoices": [TWO]}
    words = ("claim", "submit", "--file", office.file("d.json", asked))
    assert office.ask("firm-1", *words, *seen)["error"]["code"] == "stale"
    handed = office.ask("firm-1", *words, "--seen", 2)
    assert handed["state"] == "submitted"
    assert office.ask("firm-1", *words, "--seen", 2) == handed, "so is handing it in once more"
    sound(office)
