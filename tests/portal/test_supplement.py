"""A red invoice after payment, down to the paper: the subsidy statement and its supplements."""

from pathlib import Path
from typing import Any

from pypdf import PdfReader

from tests.portal.office import ONE, Office, office
from tests.portal.stages import pay
from tests.small_ledger import CODE, events

__all__ = ["office"]

MONTH = "2022-11"
RED = "901".rjust(20, "0")
FIRST = f"SQ-S-{MONTH}-{CODE}-1"
ASSESS: dict[str, Any] = {"amount_fen": 3_000_000, "document": "追1号", "reason": "发票红冲"}
RECOVER = {"amount_fen": 1_000_000, "document": "追1号", "bank_reference": "B-9"}


def make(office: Office, month: str = MONTH) -> dict[str, Any]:
    """Return the row of the enterprise's subsidy statement."""
    (row,) = office.ask("", "statement", "make", "--kind", "subsidy", "--month", month)["rows"]
    return dict(row)


def printed(row: dict[str, Any]) -> str:
    """Return what stands on a statement, without the white space of its lines."""
    pages = PdfReader(row["path"]).pages
    return "".join("".join(page.extract_text() for page in pages).split())


def listed(office: Office) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = office.ask("auditor-1", "statement", "list")["rows"]
    return rows


def assess(office: Office, claim: str) -> None:
    """Reverse a third of the claim's invoice, and claim back what was refunded on it."""
    office.ledger.append(*events("red 901 1 2022-12-01 100000 5660.38"))
    office.today = "2023-01-05"
    (found,) = office.ask("authority-1", "claim", "clawbacks")["rows"]
    assert found["amount_fen"] == ASSESS["amount_fen"]
    assert office.act("authority-1", claim, "assess", **ASSESS)["receivable_fen"] == 3_000_000


def test_a_clawback_and_its_recovery_each_supplement_the_statement(office: Office) -> None:
    claim = pay(office)
    first = make(office)
    assert (first["id"], first["revision"], first["supplements"]) == (FIRST, 1, None)
    assert first["net_fen"] == 9_000_000
    pdf = Path(first["path"]).read_bytes()
    assert f"{claim}" in printed(first)
    assert "应追缴0.00" not in printed(first)

    assess(office, claim)
    second = make(office)
    assert (second["revision"], second["supplements"]) == (2, FIRST)
    assert (second["net_fen"], second["total_fen"]) == (6_000_000, first["total_fen"])
    said = printed(second)
    for words in (
        f"本单补充{FIRST}（第1版，文件SHA-256{first['sha256']}）",
        "净额net90,000.0060,000.00-30,000.00",
        "尚待追回receivable0.0030,000.0030,000.00",
        f"2023-01-05认定追缴：申请{claim}，30,000.00元，文号追1号；红字发票{RED}（2022-12-01，100,000.00元，冲{ONE}）；条款：鄂科技规〔2022〕3号",
        "应追缴30,000.00元，已追回0.00元，尚待追回30,000.00元；不计利息。",
    ):
        assert words in said, (words, said)
    assert make(office) == second, "nothing changed"

    assert "error" not in office.act("finance-1", claim, "recover", **RECOVER)
    third = make(office)
    assert (third["revision"], third["supplements"], third["net_fen"]) == (3, FIRST, 6_000_000)
    said = printed(third)
    assert f"接续{second['id']}" in said
    assert "应追缴30,000.00元，已追回10,000.00元，尚待追回20,000.00元" in said
    assert "尚待追回receivable0.0020,000.0020,000.00" in said
    assert "银行流水B-9" in said
    assert make(office) == third

    assert Path(first["path"]).read_bytes() == pdf, "the first stays as it is"
    for row in (first, second, third):
        verified = office.ask("", "statement", "verify", row["path"])
        follower = None if row is third else third["id"]
        assert (verified["known"], verified["superseded_by"]) == (True, follower)
    why = office.ask("", "statement", "verify", first["path"])["superseded_why"]
    assert ("认定追缴" in why, "登记追回" in why, "追1号" in why, "付款成功" in why) == (
        *(True, True, True),
        False,
    )
    rows = listed(office)
    assert [row["superseded_by"] for row in rows] == [third["id"], third["id"], None]
    assert rows[0]["superseded_why"] == why
    assert "认定追缴" not in rows[1]["superseded_why"]
    replayed = office.ask("auditor-1", "replay", "--statements")
    assert (replayed["match"], replayed["statements"]["rendered"]) == (True, 3), replayed
    assert office.ask("auditor-1", "log", "check", "--full")["findings"] == []


def test_a_statement_has_the_claims_of_its_year_that_were_handed_in_by_its_end(
    office: Office,
) -> None:
    before = make(office, "2022-10")
    pay(office)
    assert make(office, "2022-10") == before, "it was handed in in November"
    assert (before["net_fen"], make(office, "2022-12")["net_fen"]) == (0, 9_000_000)
    office.ledger.append(*events("declaration 2023"))
    assert "本年度截至认定日没有兑付申请。" in printed(make(office, "2023-01"))


def test_what_moves_no_money_makes_no_statement(office: Office) -> None:
    claim = office.submit()["id"]
    first = make(office)
    office.check("task-1", claim)
    assert make(office) == first
    assert "error" not in office.act("authority-1", claim, "reject", reason="关联交易")
    second = make(office)
    assert (second["revision"], second["net_fen"]) == (2, 0)
    assert "2022-11-01不予支持" in printed(second)


def test_two_clawbacks_each_name_what_was_reversed_since_the_one_before(office: Office) -> None:
    claim = pay(office)
    assess(office, claim)
    office.ledger.append(*events("red 902 1 2023-01-06 50000 2830.19"))
    office.ledger.append(*events("red 903 2 2023-01-06 50000 2830.19"))
    office.today = "2023-01-09"
    again = {**ASSESS, "amount_fen": 1_500_000, "document": "追2号"}
    assert office.act("authority-1", claim, "assess", **again)["receivable_fen"] == 4_500_000
    row = make(office)
    said = printed(row)
    assert row["net_fen"] == 4_500_000
    assert "补充说明" not in said, "it is the first"
    one, other = said.split("文号追2号")
    assert (RED in one, "902" in one.split("附件")[0]) == (True, False)
    assert ("红字发票" + "902".rjust(20, "0") in other, "红字发票" + RED in other) == (True, False)
    assert "903".rjust(20, "0") not in said.split("附件")[0], "of no claim"
