"""Statements about claims, notices, funds and payment batches: made once, re-made by a replay."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from tests.portal.office import ONE, TWO, Office, office
from tests.portal.stages import BASIS, clear, pay
from tests.reports.seals import Authority, key_pem, pem, write
from tests.small_ledger import CODE, events

__all__ = ["office"]

MONTH = "2022-11"


def make(office: Office, kind: str, month: str = MONTH, *more: object) -> list[dict[str, Any]]:
    """Return the rows of a kind of statement."""
    answer = office.ask("", "statement", "make", "--kind", kind, "--month", month, *more)
    assert "error" not in answer, answer
    return list(answer["rows"])


def printed(row: dict[str, Any]) -> str:
    """Return what stands on a statement, without the white space of its lines."""
    pages = PdfReader(row["path"]).pages
    return "".join("".join(page.extract_text() for page in pages).split())


def sound(office: Office) -> None:
    """Hold every statement against the logs, values and bytes."""
    answer = office.ask("", "replay", "--statements")
    assert (answer["match"], answer["findings"]) == (True, [])


def test_a_claim_has_its_form_and_its_review(office: Office) -> None:
    claim = office.submit(invoices=[ONE, TWO])["id"]
    cut = {"invoice": ONE, "base_cut_fen": 1_000_000, "reason": "含存储费用"}
    office.act("task-1", claim, "cut", cuts=[cut])
    assert make(office, "review") == []
    office.check("task-1", claim)
    (form,), (review,) = make(office, "application"), make(office, "review")
    assert form["id"] == f"SQ-A-{MONTH}-{claim}-1"
    assert (form["about"], form["subject"], form["total_fen"]) == (claim, CODE, 18_000_000)
    said = printed(form)
    for words in ("华智科技", CODE, ONE, TWO, "C-1", "180,000.00", "壹拾捌万元整", "承诺"):
        assert words in said, words
    assert review["total_fen"] == 17_700_000
    said = printed(review)
    for words in ("含存储费用", "10,000.00", "3,000.00", "177,000.00", "task-1", "已核对原件"):
        assert words in said, words
    assert make(office, "application") == [form]
    sound(office)


def test_a_claim_that_is_handed_in_again_has_a_form_that_follows_the_first(office: Office) -> None:
    claim = office.submit(invoices=[ONE])["id"]
    (first,) = make(office, "application")
    office.act("task-1", claim, "return", items=[{"item": "documents", "reason": "缺回单"}])
    office.today = "2022-12-01"
    office.submit(claim=claim, invoices=[ONE, TWO])
    (second,) = make(office, "application", "2022-12")
    assert (second["revision"], second["supplements"]) == (2, first["id"])
    rows = {one["id"]: one for one in office.ask("", "statement", "list")["rows"]}
    assert rows[first["id"]]["superseded_by"] == second["id"]
    assert Path(first["path"]).exists()
    sound(office)


def test_a_notice_is_printed_as_the_public_read_it(office: Office) -> None:
    clear(office, ONE, TWO)
    shown = office.ask("", "notice", "show", "hubei-20221102")
    office.ledger.append(*events("enterprise 420100 改名科技"))
    (row,) = make(office, "notice")
    assert (row["id"], row["subject"]) == (f"SQ-N-{MONTH}-hubei-20221102-1", "")
    assert row["total_fen"] == shown["total_fen"] == 18_000_000
    said = printed(row)
    for words in ("华智科技", BASIS, "2022-11-02", "2022-11-08", "90,000.00", "书面、实名"):
        assert words in said, words
    assert "改名科技" not in said
    sound(office)


def test_a_fund_says_what_the_books_say(office: Office) -> None:
    pay(office)
    (row,) = make(office, "fund")
    (stands,) = office.ask("finance-1", "fund", "list")["rows"]
    assert row["total_fen"] == stands["expended_fen"] == 9_000_000
    said = printed(row)
    for words in ("500,000.00", "410,000.00", "90,000.00", "18.00%", "登记付款成功", "下达付款"):
        assert words in said, words
    (earlier,) = make(office, "fund", "2022-10")
    assert earlier["total_fen"] == 0
    sound(office)


def test_a_payment_batch_says_what_the_bank_said_and_no_account(office: Office) -> None:
    paid, failed = clear(office, ONE, TWO)
    batch = office.ask("finance-1", "payment", "order", "hubei")["batch"]
    (first,) = make(office, "payment")
    assert first["id"] == f"SQ-P-{MONTH}-{batch}-1"
    assert "在途" in printed(first)
    office.act("finance-1", paid, "pay", bank_reference="工行-77")
    office.act("finance-1", failed, "fail", reason="账户已注销")
    (second,) = make(office, "payment")
    assert (second["revision"], second["supplements"]) == (2, first["id"])
    said = printed(second)
    for words in ("工行-77", "账户已注销", "180,000.00", "90,000.00", "华智科技"):
        assert words in said, words
    assert "12345678" not in said
    sound(office)


def test_a_form_of_one_enterprise_is_made_alone(office: Office) -> None:
    office.submit(invoices=[ONE])
    (row,) = make(office, "application", MONTH, "--enterprise", CODE)
    assert row["subject"] == CODE
    asked = ("statement", "make", "--kind", "fund", "--month", MONTH, "--enterprise", CODE)
    assert office.ask("", *asked)["error"]["code"] == "nothing_to_settle"


@pytest.mark.parametrize("kind", ["application", "notice", "fund"])
def test_each_kind_is_verified_by_its_file(office: Office, kind: str, tmp_path: Path) -> None:
    pay(office)
    (row,) = make(office, kind)
    found = office.ask("", "statement", "verify", row["path"])
    assert (found["known"], found["id"]) == (True, row["id"])
    changed = tmp_path / "changed.pdf"
    shutil.copy(row["path"], changed)
    raw = bytearray(changed.read_bytes())
    raw[-20] ^= 1
    changed.write_bytes(raw)
    found = office.ask("", "statement", "verify", changed)
    assert (found["known"], found["id"]) == (False, row["id"])


@pytest.mark.parametrize("kind", ["application", "review", "notice", "fund", "payment"])
def test_each_kind_has_every_format(office: Office, kind: str, tmp_path: Path) -> None:
    pay(office)
    (row,) = make(office, kind)
    for form in ("xlsx", "csv", "json", "html"):
        out = tmp_path / f"x.{form}"
        made = office.ask("", "statement", "export", row["id"], "--format", form, "--out", out)
        assert "error" not in made, made
        assert out.stat().st_size > 0
    assert "华智科技" in (tmp_path / "x.html").read_text("utf-8") or kind == "fund"


def test_a_fund_statement_is_sealed_as_any_other(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = make(office, "fund")
    root = Authority.made()
    identity = root.identity()
    files = write(tmp_path / "seal", key_pem(identity.key), pem(identity.certificate))
    for name, path in zip(("KEY", "CERTIFICATE"), files, strict=True):
        monkeypatch.setenv(f"SUANQUAN_SEAL_{name}", str(path))
    sealed = office.ask("", "statement", "seal", row["id"])
    found = office.ask("", "statement", "verify", sealed["rows"][0]["path"])
    assert (found["id"], found["signature"]["valid"]) == (row["id"], True)
    sound(office)
