"""Claims brought to a stage by people of an office, each in his part."""

from tests.portal.office import ONE, Office

BASIS = "鄂科技通〔2022〕9号"


def approve(office: Office, *invoices: str, asked_fen: int | None = None) -> list[str]:
    """Return claims, one for each invoice, that were checked and approved."""
    claims = []
    for invoice in invoices:
        answer = office.submit(invoices=[invoice], asked_fen=asked_fen)
        assert "error" not in answer, answer
        claim = answer["id"]
        office.check("task-1", claim)
        answer = office.act("authority-1", claim, "approve")
        assert answer["state"] == "approved", answer
        claims.append(claim)
    return claims


def clear(office: Office, *invoices: str, asked_fen: int | None = None) -> list[str]:
    """Return claims that stood under notice for its days; it is the day after."""
    claims = approve(office, *invoices, asked_fen=asked_fen)
    office.ask("authority-1", "notice", "draw", "hubei", "--basis", BASIS)
    office.today = "2022-11-09"
    answer = office.ask("authority-1", "notice", "clear")
    assert [row["id"] for row in answer["rows"]] == sorted(claims), answer
    return claims


def states(office: Office, *claims: str) -> list[str]:
    """Return where claims stand."""
    return [office.ask("auditor-1", "claim", "show", one)["state"] for one in claims]


def pay(office: Office) -> str:
    """Return a claim of CNY 90,000 that was paid."""
    (claim,) = clear(office, ONE)
    office.ask("finance-1", "payment", "order", "hubei")
    office.act("finance-1", claim, "pay", bank_reference="B-1")
    assert states(office, claim) == ["paid"]
    return claim
