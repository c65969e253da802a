"""Statements about claims, notices, funds and payment batches: made once, re-made by a replay."""

import random
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from portal import cli
from reports.kinds import FORMS
from reports.verification import find_alike, verify
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


def superseded(
    office: Office, first: dict[str, Any], second: dict[str, Any]
) -> tuple[str, set[tuple[str | None, ...]]]:
    """Return why one statement superseded another, and each change, as `verify` tells them."""
    found = office.ask("", "statement", "verify", first["path"], "--lang", "zh")
    assert (found["known"], found["superseded_by"]) == (True, second["id"])
    listed = {one["id"]: one for one in office.ask("", "statement", "list")["rows"]}
    assert listed[first["id"]]["superseded_why"] == found["superseded_why"]
    return found["superseded_why"], {tuple(one.values()) for one in found["superseded_changes"]}


def seals(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Set a key and a certificate to seal by."""
    identity = Authority.made().identity()
    files = write(folder / "seal", key_pem(identity.key), pem(identity.certificate))
    for name, path in zip(("KEY", "CERTIFICATE"), files, strict=True):
        monkeypatch.setenv(f"SUANQUAN_SEAL_{name}", str(path))


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
    assert "武汉市（420100）" in said
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
    why, changes = superseded(office, first, second)
    assert why == "申请重新提交，或所列材料有变，合计 90,000.00 → 180,000.00 元"
    assert ("三、发票", TWO, "", None) in {one[:4] for one in changes}
    assert ("五、申请金额与收款账户", "", "申请金额", "90,000.00", "180,000.00") in changes
    sound(office)


def test_a_claim_that_is_reviewed_again_says_which_items_were_confirmed_otherwise(
    office: Office,
) -> None:
    claim = office.submit(invoices=[ONE, TWO])["id"]
    office.check("task-1", claim)
    (first,) = make(office, "review")
    office.act("authority-1", claim, "return", items=[{"item": "documents", "reason": "缺回单"}])
    office.submit(claim=claim, invoices=[ONE, TWO])
    cut = {"invoice": ONE, "base_cut_fen": 1_000_000, "reason": "含存储费用"}
    office.act("task-1", claim, "cut", cuts=[cut])
    office.check("task-1", claim)
    (second,) = make(office, "review")
    why, changes = superseded(office, first, second)
    assert why.startswith("重新初审，合计")
    assert ("二、核减", ONE, "", None) in {one[:4] for one in changes}
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
    late = ("--amount", "1000", "--document", "迟到〔2022〕9号", "--on", "2022-11-20")
    given = office.ask("finance-1", "fund", "appropriate", "hubei", "--year", 2022, *late)
    assert "error" not in given, given
    (second,) = make(office, "fund")
    why, changes = superseded(office, row, second)
    assert why == "截至期末的资金变动有补记，合计仍为 90,000.00 元"
    assert ("预算执行（元）", "2022", "预算下达", "500,000.00", "501,000.00") in changes
    sound(office)


def test_a_payment_batch_says_what_the_bank_said_and_no_account(office: Office) -> None:
    paid, failed = clear(office, ONE, TWO)
    named = ("--name", "省级创新券资金", "--document", "鄂财〔2022〕3号", "--on", "2022-02-01")
    given = office.ask(
        "finance-1", "fund", "appropriate", "hubei", "--year", 2022, "--amount", 1000, *named
    )
    assert "error" not in given, given
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
    assert "省级创新券资金hubei" in said
    assert "12345678" not in said
    why, changes = superseded(office, first, second)
    assert why == "银行已有回复，或指令有增加，合计仍为 180,000.00 元"
    assert {one[2:] for one in changes if one[0] == "付款明细"} >= {
        ("结果", "在途", "已付"),
        ("结果", "在途", "失败"),
        ("银行流水号或原因", "—", "工行-77"),
        ("其中已付", "0.00", "90,000.00"),
    }
    sound(office)


def test_a_form_of_one_enterprise_is_made_alone(office: Office) -> None:
    office.submit(invoices=[ONE])
    (row,) = make(office, "application", MONTH, "--enterprise", CODE)
    assert row["subject"] == CODE
    asked = ("statement", "make", "--kind", "fund", "--month", MONTH, "--enterprise", CODE)
    assert office.ask("", *asked)["error"]["code"] == "nothing_to_settle"


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_a_byte_changed_anywhere_is_told_with_the_statement_that_it_was(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each kind, sealed or not: some bytes of the file, and all of the number in it."""
    pay(office)
    months = {"compute": "2022-08"}
    rows = [make(office, kind, months.get(kind, MONTH))[0] for kind in FORMS]
    seals(monkeypatch, tmp_path)
    sealed = office.ask("", "statement", "seal", *(row["id"] for row in rows))["rows"]
    dice, home = random.Random(20), Path(rows[0]["path"]).parents[2]  # noqa: S311 - no secret
    for row in [*rows, *sealed]:
        raw = Path(row["path"]).read_bytes()
        said = raw.index(rb"\000S\000Q\000-")
        places = [dice.randrange(len(raw)) for _ in range(20)]
        for place in [*places, *range(said, said + 5 * len(row["id"]), 3)]:
            changed = bytearray(raw)
            changed[place] ^= 1 << dice.randrange(8)
            with office.ledger.reading() as connection:
                found = verify(connection, bytes(changed))
                if found.claimed is None:
                    alike = find_alike(connection, bytes(changed), home)
                    assert alike is not None, (row["id"], place)
                    found = alike
            assert found.issued is None, (row["id"], place)
            assert found.claimed, (row["id"], place)
            assert found.claimed.data.statement in {row["id"], found.number}
    paths = [row["path"] for row in [*rows, *sealed]]
    assert all(office.ask("", "statement", "verify", path)["known"] for path in paths)
    Path(tmp_path / "bent.pdf").write_bytes(changed)
    told = office.ask("", "statement", "verify", tmp_path / "bent.pdf")
    assert (told["known"], told["id"]) == (False, row["id"])


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


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_a_person_is_told_an_altered_pdf_from_a_copy_in_another_format(
    office: Office, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def told(path: Path) -> str:
        assert cli.run(["statement", "verify", str(path), "--lang", "en"]) == status
        return " ".join(capfd.readouterr().out.split())

    (row,) = make(office, "fund")
    more = ("--amount", "1000", "--document", "迟到〔2022〕9号", "--on", "2022-11-20")
    office.ask("finance-1", "fund", "appropriate", "hubei", "--year", 2022, *more)
    assert make(office, "fund")[0]["supplements"] == row["id"]
    status = 0
    assert "500,000.00 → 501,000.00" in told(Path(row["path"]))
    status, bent = 4, tmp_path / "bent.pdf"
    bent.write_bytes(b"x" + Path(row["path"]).read_bytes()[1:])
    assert "ask for the original" in told(bent)
    assert "→" not in told(bent), "what followed is no change of an altered file"
    for form in ("xlsx", "csv", "json", "html"):
        copy = tmp_path / f"copy.{form}"
        office.ask("", "statement", "export", row["id"], "--format", form, "--out", copy)
        assert f"bears the number {row['id']} and is no PDF" in told(copy)


def test_a_fund_statement_is_sealed_as_any_other(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = make(office, "fund")
    seals(monkeypatch, tmp_path)
    sealed = office.ask("", "statement", "seal", row["id"])
    found = office.ask("", "statement", "verify", sealed["rows"][0]["path"])
    assert (found["id"], found["signature"]["valid"]) == (row["id"], True)
    sound(office)
