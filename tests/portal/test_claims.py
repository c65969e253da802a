"""`suanquan claim`: a claim from submission to payment, by people of every role."""

from tests.portal.office import Office, office

__all__ = ["office"]


def test_a_claim_is_handed_in_for_what_the_rules_give(office: Office) -> None:
    claim = office.submit()
    assert "error" not in claim, claim
    assert (claim["state"], claim["amount_fen"], claim["revision"]) == ("submitted", 9_000_000, 1)
    assert claim["may"] == ["withdraw"]
    fund = office.ask("auditor-1", "fund", "list")["rows"][0]
    assert (fund["available_fen"], fund["encumbered_fen"]) == (41_000_000, 9_000_000)
    assert office.submit() == claim
    assert office.ask("firm-1", "claim", "show", claim["id"]) == claim
    assert office.ask("auditor-1", "log", "check", "--full")["findings"] == []
