"""`suanquan payment`: orders, the bank's file, the bank's answer, and who may have a part in it."""

import csv
import io
import os
import stat
from pathlib import Path
from typing import Any

from sqlalchemy import text

from ledger.database import open_engine
from ledger.personal import BankAccount, encode_datum
from reports.sheets import read_table
from tests.ledger.conftest import tampering
from tests.portal.office import ONE, TWO, Office, office
from tests.portal.stages import clear, states
from tests.small_ledger import CODE

__all__ = ["office"]

BATCH, NEXT = "hubei-2022-B1", "hubei-2022-B2"
FIRST, SECOND = f"{BATCH}-0001", f"{BATCH}-0002"


def order(office: Office, who: str = "finance-1", *more: object) -> Any:  # noqa: ANN401 - an answer
    """Order what was cleared."""
    return office.ask(who, "payment", "order", "hubei", *more)


def results(
    office: Office, *rows: tuple[str, ...], who: str = "finance-1", partial: int = 0
) -> Any:  # noqa: ANN401
    """Record a bank's answer: order, result, reference, amount, reason of each row."""
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow(("指令编号", "处理结果", "银行流水号", "金额", "失败原因"))
    writer.writerows(rows)
    path = office.folder / "answer.csv"
    path.write_text(made.getvalue(), "utf-8")
    return office.ask(who, "payment", "results", path, *["--partial"] * partial)


def fund(office: Office) -> dict[str, int]:
    """Return what the fund stands at."""
    (row,) = office.ask("auditor-1", "fund", "list")["rows"]
    return {name: row[f"{name}_fen"] for name in ("expended", "payable", "paid")}


def test_what_was_cleared_is_ordered_exported_and_paid(office: Office, tmp_path: Path) -> None:
    assert order(office)["error"]["code"] == "nothing_to_order"
    assert office.ask("finance-1", "payment", "list")["rows"] == []
    one, two = clear(office, ONE, TWO)
    answer = order(office)
    assert "error" not in answer, answer
    assert (answer["batch"], answer["left_out"]) == (BATCH, [])
    assert [row["order"] for row in answer["rows"]] == [FIRST, SECOND]
    assert order(office)["error"]["code"] == "nothing_to_order"
    out = tmp_path / "bank.csv"
    written = office.ask("finance-1", "payment", "export", BATCH, "--out", out)
    assert (written["count"], written["personal"]) == (2, True)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    rows = read_table(out.read_bytes())
    assert rows[1][1:6] == [FIRST, "华智科技", "12345678", "x", "90000.00"]
    assert "12345678" not in str(written)
    book = tmp_path / "bank.xlsx"
    office.ask("finance-1", "payment", "export", BATCH, "--out", book)
    raw = book.read_bytes()
    office.ask("finance-1", "payment", "export", BATCH, "--out", book)
    assert book.read_bytes() == raw
    first = {row["order"]: row["claim"] for row in answer["rows"]}[FIRST]
    said = (FIRST, "成功", "B-1", "90000.00", "")
    paid = results(office, said)
    assert (paid["paid"], paid["missing"]) == (1, [SECOND])
    again = results(office, said)
    assert (again["rows"], again["repeated"]) == ([], [FIRST])
    assert fund(office) == {"expended": 18_000_000, "payable": 9_000_000, "paid": 9_000_000}
    other = two if first == one else one
    assert states(office, first, other) == ["paid", "ordered"]
    (listed,) = office.ask("auditor-1", "payment", "list")["rows"]
    assert (listed["orders"], listed["paid"], listed["open"]) == (2, 1, 1)
    assert office.ask("auditor-1", "log", "check", "--full")["findings"] == []


def test_a_failed_order_is_given_again_into_the_new_account(office: Office, tmp_path: Path) -> None:
    (claim,) = clear(office, ONE)
    order(office)
    office.set_account(number="87654321")
    changed = office.ask("finance-1", "payment", "export", BATCH, "--out", tmp_path / "a.csv")
    assert "收款账户已变更" in changed["error"]["message"]
    failed = results(office, (FIRST, "退汇", "", "90000", "账号 12345678 已销户"))
    assert (failed["failed"], states(office, claim)) == (1, ["failed"])
    assert failed["rows"][0]["reason"] == "账号 …5678 已销户"
    settled = office.ask("finance-1", "payment", "export", BATCH, "--out", tmp_path / "a.csv")
    assert settled["error"]["code"] == "batch_settled"
    again = order(office)
    assert (again["batch"], len(again["rows"])) == (NEXT, 1)
    out = tmp_path / "b.csv"
    office.ask("finance-1", "payment", "export", NEXT, "--out", out)
    assert read_table(out.read_bytes())[1][3] == "87654321"
    assert results(office, (f"{NEXT}-0001", "成功", "B-2", "90000", ""))["paid"] == 1
    assert states(office, claim) == ["paid"]
    assert fund(office) == {"expended": 9_000_000, "payable": 0, "paid": 9_000_000}
    assert office.ask("auditor-1", "log", "check", "--full")["findings"] == []


def test_who_entered_the_account_or_approved_does_not_pay(office: Office) -> None:
    for name, role in (("both-1", "task_force"), ("judge-1", "authority")):
        by = ["admin-1"] if role == "task_force" else ["admin-1", "admin-2"]
        office.open(name, role, "hubei", by=by)  # type: ignore[arg-type]
        for administrator in ("admin-1", "admin-2"):
            more = ("--role", "finance", "--programme", "hubei")
            office.ask(administrator, "user", "add", name, *more)
    (claim,) = clear(office, ONE)
    order(office)
    results(office, (FIRST, "失败", "", "90000", "账号有误"))
    office.set_account("both-1", number="87654321")
    refused = order(office, "both-1")["error"]
    assert (refused["code"], claim in refused["message"]) == ("nothing_to_order", True)
    assert order(office, "both-1", "--claim", claim)["error"]["code"] == "not_allowed"
    assert len(order(office)["rows"]) == 1
    said = (f"{NEXT}-0001", "成功", "B-2", "90000", "")
    assert results(office, said, who="both-1")["error"]["code"] == "bad_answer"
    named = results(office, said, who="both-1", partial=1)
    assert (named["rows"], named["flaws"][0]["code"]) == ([], "not_recorded")
    assert states(office, claim) == ["ordered"]


def test_an_approver_orders_nothing_that_he_approved(office: Office) -> None:
    for administrator in ("admin-1", "admin-2"):
        more = ("--role", "finance", "--programme", "hubei")
        office.ask(administrator, "user", "add", "authority-1", *more)
    (claim,) = clear(office, ONE)
    refused = order(office, "authority-1")["error"]
    assert (refused["code"], claim in refused["message"]) == ("nothing_to_order", True)


def test_others_neither_order_nor_export_nor_answer(office: Office, tmp_path: Path) -> None:
    office.open("wuhan-1", "finance", "wuhan", by=["admin-1", "admin-2"])
    clear(office, ONE)
    for who in ("wuhan-1", "authority-2", "task-2", "admin-1", "firm-1", "auditor-1"):
        assert order(office, who)["error"]["code"] == "not_allowed", who
    order(office)
    for who in ("wuhan-1", "authority-1", "task-1", "firm-1", "auditor-1"):
        answer = office.ask(who, "payment", "export", BATCH, "--out", tmp_path / "x.csv")
        assert answer["error"]["code"] == "unknown_batch", who
    said = (FIRST, "成功", "B-1", "90000", "")
    assert "没有这笔付款指令" in results(office, said, who="wuhan-1")["error"]["message"]
    assert results(office, said, who="task-1")["error"]["code"] == "not_allowed"
    assert office.ask("wuhan-1", "payment", "list")["rows"] == []
    assert office.ask("firm-1", "payment", "list")["error"]["code"] == "not_allowed"
    assert not (tmp_path / "x.csv").exists()


def test_an_answer_that_disagrees_changes_nothing(office: Office) -> None:
    claims = clear(office, ONE, TWO)
    order(office)
    good = (FIRST, "成功", "B-1", "90000", "")
    for bad, what in (
        ((SECOND, "成功", "B-2", "90000.01", ""), "90000.01"),
        (("hubei-1-0001", "成功", "B-2", "90000", ""), "没有这笔付款指令"),
        ((FIRST, "失败", "", "90000", "x"), "多行"),
        ((SECOND, "成功", "", "90000", ""), "无银行流水号"),
    ):
        error = results(office, good, bad)["error"]
        assert (error["code"], what in error["message"]) == ("bad_answer", True), error
    assert states(office, *claims) == ["ordered", "ordered"]
    part = results(office, good, (SECOND, "成功", "", "90000", ""), partial=1)
    assert (part["paid"], part["flaws"][0]["order"]) == (1, SECOND)
    for other in ((FIRST, "成功", "B-9", "90000", ""), (FIRST, "失败", "", "90000", "x")):
        error = results(office, other)["error"]
        assert (error["code"], "与此不同" in error["message"]) == ("bad_answer", True)


def test_one_transfer_pays_one_claim(office: Office) -> None:
    claims = clear(office, ONE, TWO)
    order(office)
    twice = [(one, "成功", "B-1", "90000", "") for one in (FIRST, SECOND)]
    error = results(office, *twice)["error"]
    assert (error["code"], "B-1 对应多笔付款" in error["message"]) == ("bad_answer", True)
    assert results(office, twice[0])["paid"] == 1
    error = results(office, twice[1])["error"]
    paid = next(one for one in claims if states(office, one) == ["paid"])
    assert (error["code"], f"B-1 已记为申请 {paid} 的付款" in error["message"]) == (
        "bad_answer",
        True,
    )
    (left,) = set(claims) - {paid}
    refused = office.act("finance-1", left, "pay", bank_reference="B-1")["error"]
    assert (refused["code"], "B-1" in refused["message"]) == ("not_allowed", True)
    assert results(office, (SECOND, "失败", "B-1", "90000", "户名不符"))["failed"] == 1
    order(office)
    assert results(office, (f"{NEXT}-0001", "成功", "B-2", "90000", ""))["paid"] == 1

    back = {"amount_fen": 100, "document": "1"}
    for one in (paid, left):
        office.act("authority-1", one, "assess", **back, reason="x")
    assert "error" not in office.act("finance-1", paid, "recover", **back, bank_reference="B-2")
    refused = office.act("finance-1", left, "recover", **back, bank_reference="B-2")["error"]
    assert f"B-2 已记为申请 {paid} 的追回" in refused["message"]
    assert office.ask("auditor-1", "log", "check", "--full")["findings"] == []


def test_nobody_is_paid_but_the_claimant_into_an_account_that_is_held(office: Office) -> None:
    office.set_account(holder="别家公司")
    claims = [office.submit(invoices=[ONE])["id"]]
    office.check("task-1", claims[0])
    office.act("authority-1", claims[0], "approve")
    office.ask("authority-1", "notice", "draw", "hubei", "--basis", "x")
    office.today = "2022-11-09"
    office.ask("authority-1", "notice", "clear")
    error = order(office)["error"]
    assert ("不一致" in error["message"], "别家" in str(error)) == (True, False)
    office.ask("admin-1", "enterprise", "forget", CODE, "--reason", "x")
    office.ask("admin-2", "enterprise", "forget", CODE)
    assert "没有收款账户" in order(office)["error"]["message"]
    office.set_account()
    answer = order(office)
    assert len(answer["rows"]) == 1, answer
    assert office.ask("auditor-1", "log", "check", "--full")["findings"] == []


def test_a_batch_has_one_name(office: Office) -> None:
    one, two = clear(office, ONE, TWO)
    assert order(office, "finance-1", "--claim", one, "--batch", "B-1")["batch"] == "B-1"
    known = order(office, "finance-1", "--claim", two, "--batch", "B-1")["error"]
    assert known["code"] == "batch_known"
    assert order(office, "finance-1", "--batch", "a b")["error"]["code"] == "bad_id"
    twice = order(office, "finance-1", "--claim", one)["error"]
    assert (twice["code"], one in twice["message"]) == ("not_allowed", True)
    assert states(office, one, two) == ["ordered", "cleared"]


def test_an_account_that_was_set_before_the_order_holds_no_batch_up(
    office: Office, tmp_path: Path
) -> None:
    """The claim was handed in, and reviewed, with another one."""
    clear(office, ONE)
    office.set_account(number="87654321")
    order(office)
    out = tmp_path / "a.csv"
    assert "error" not in office.ask("finance-1", "payment", "export", BATCH, "--out", out)
    assert read_table(out.read_bytes())[1][3] == "12345678"
    office.set_account(number="11223344")
    changed = office.ask("finance-1", "payment", "export", BATCH, "--out", out)
    assert "收款账户已变更" in changed["error"]["message"]


def test_no_order_pays_into_an_account_that_a_hand_put_there(
    office: Office, tmp_path: Path
) -> None:
    clear(office, ONE)
    order(office)
    forged = BankAccount(holder="华智科技", bank="x", number="9999888877776666")
    own = open_engine(os.environ["SUANQUAN_DATABASE_URL"], "own")
    with tampering(own) as connection:
        change = "UPDATE personal_datum SET value = :value WHERE kind = 'bank_account'"
        connection.execute(text(change), {"value": encode_datum(forged)})
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE personal_datum ENABLE TRIGGER ALL"))
        connection.commit()
    own.dispose()
    out = tmp_path / "a.csv"
    error = office.ask("finance-1", "payment", "export", BATCH, "--out", out)["error"]
    assert (error["code"], "9999" in str(error), out.exists()) == ("account_differs", False, False)
