"""Statements on their pages: who sees which, what is downloaded, and what an enterprise answers."""

import hashlib
import io
from zipfile import ZipFile

import pytest
from sqlalchemy import Engine

from ledger.codec import encode
from ledger.errors import InvalidInputError, TamperedLogError
from ledger.events import StatementIssued
from portal.statements.files import read_statement
from tests.portal.browsing import Pages, pages, pages_on_postgresql
from tests.portal.office import OTHER
from tests.queries import counted
from tests.small_ledger import CODE, SALT

__all__ = ["pages", "pages_on_postgresql"]

HOME = f"/enterprise/{CODE}/statements"
JULY = f"SQ-C-2022-07-{CODE}-1"
ONE = f"{HOME}/{JULY}"


@pytest.fixture
def issued(pages: Pages) -> Pages:
    """Return the pages once July and August have their compute statements."""
    for month in ("2022-07", "2022-08"):
        made = pages.office.ask("task-2", "statement", "make", "--month", month)
        assert "error" not in made, made
    return pages


def test_the_list_has_the_latest_first_and_silence_as_silence(issued: Pages) -> None:
    page = issued.see(HOME)
    assert page.index("2022年8月") < page.index("2022年7月")
    assert page.count("300,000.00") == 2
    assert "逾期未答复" not in page
    before = {line for line in page.splitlines() if "tag" in line}
    assert any("待答复" in line for line in before)


def test_the_pdf_is_the_one_issued_and_is_saved_not_shown(issued: Pages) -> None:
    answer = issued.get(f"{ONE}/file/pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment;")
    row = next(
        one for one in issued.office.ask("task-2", "statement", "list")["rows"] if one["id"] == JULY
    )
    assert hashlib.sha256(answer.content).hexdigest() == row["sha256"]


def test_the_statement_of_another_is_none_at_all(issued: Pages) -> None:
    told = []
    for number in (JULY, f"SQ-C-2022-07-{CODE}-9"):
        with pytest.raises(InvalidInputError) as refused:
            read_statement(issued.lobby.shell, number, "json", OTHER)
        told.append((refused.value.code, refused.value.message.zh.replace(number, "")))
    assert told[0] == told[1]
    assert read_statement(issued.lobby.shell, JULY, "json", CODE)


def test_a_changed_file_is_handed_to_nobody_and_a_lost_one_is_made_again(issued: Pages) -> None:
    shell = issued.lobby.shell
    (path,) = (shell.settings.home / "statements").rglob(f"{JULY}.pdf")
    raw = path.read_bytes()
    path.write_bytes(raw + b" ")
    answer = issued.get(f"{ONE}/file/pdf")
    assert (answer.status_code, str(path.parent) in answer.text) == (503, False)
    with pytest.raises(TamperedLogError, match="statement_changed"):
        read_statement(shell, JULY, "pdf", CODE)
    path.unlink()
    path.mkdir()
    answer = issued.get(f"{ONE}/file/pdf")
    assert (answer.status_code, str(path.parent) in answer.text) == (503, False)
    path.rmdir()
    assert read_statement(shell, JULY, "pdf", CODE) == raw
    assert issued.get(f"{ONE}/file/pdf").content == raw


def test_the_other_formats_hold_the_same_figure(issued: Pages) -> None:
    for form in ("csv", "json", "html", "xlsx"):
        answer = issued.get(f"{ONE}/file/{form}")
        assert answer.status_code == 200, form
        assert f"{JULY}.{form}" in answer.headers["content-disposition"]
        raw = answer.content
        if form == "xlsx":
            with ZipFile(io.BytesIO(raw)) as book:
                raw = b"".join(book.read(name) for name in book.namelist())
        assert b"300,000.00" in raw or b"300000" in raw or b"30000000" in raw, form


@pytest.mark.parametrize(
    "path",
    [
        f"{ONE}/file/exe",
        f"{ONE}/file/..%2fpdf",
        f"{HOME}/..%2f..%2fkeys/file/pdf",
        f"{HOME}/SQ-C-2022-09-{CODE}-1/file/pdf",
        f"{HOME}/SQ-C-2022-09-{CODE}-1",
    ],
)
def test_what_was_never_issued_or_is_no_format_is_not_there(issued: Pages, path: str) -> None:
    assert issued.get(path).status_code == 404


def test_nobody_else_gets_a_file_and_officials_get_no_form(issued: Pages) -> None:
    assert issued.get(f"{ONE}/file/pdf", "stranger-1").status_code == 404
    other = ONE.replace(f"/{CODE}/", "/91420100MA4KGJ3R4X/", 1)
    assert issued.get(f"{other}/file/pdf", "stranger-1").status_code == 404
    assert issued.get(f"{ONE}/file/pdf", "auditor-1").status_code == 200
    assert "<form" in issued.see(ONE).partition("</header>")[2]
    assert "<form" not in issued.see(ONE, "auditor-1").partition("</header>")[2]
    assert issued.send(f"{ONE}/confirm", "auditor-1").status_code == 403


def test_a_statement_is_confirmed_once_and_then_has_no_form(issued: Pages) -> None:
    issued.see(ONE)
    answer = issued.send(f"{ONE}/confirm")
    assert answer.status_code == 200
    assert "已办理" in answer.text
    assert "已确认" in answer.text
    assert "/confirm" not in answer.text
    assert issued.send(f"{ONE}/confirm").status_code == 200
    rows = issued.office.ask("task-2", "statement", "list")["rows"]
    assert {one["id"]: one["answer"] for one in rows}[JULY] == "confirmed"
    assert "2022年7月" not in issued.see(f"{HOME}?show=open").partition("<tbody>")[2]


def test_lines_with_a_reason_are_disputed_and_the_others_are_not(issued: Pages) -> None:
    issued.see(ONE)
    said = {"contract-0": "C-1", "resource-0": "a100", "reason-0": "少了<两>天"}
    page = issued.send(f"{ONE}/dispute", **said).text
    assert "少了&lt;两&gt;天" in page
    assert "有异议" in page
    assert "有异议尚未处理完毕" in page
    row = issued.office.ask("task-2", "statement", "list")["rows"][0]
    assert [(one["contract"], one["reason"]) for one in row["disputed"]] == [("C-1", "少了<两>天")]


def test_a_dispute_that_names_no_line_or_a_wrong_one_says_so_and_keeps_what_was_typed(
    issued: Pages,
) -> None:
    issued.see(ONE)
    said = {"contract-0": "C-1", "resource-0": "a100", "reason-0": " "}
    assert issued.send(f"{ONE}/dispute", **said).status_code == 400
    wrong = {"contract-1": "C-9", "resource-1": "a100", "reason-1": "x"}
    answer = issued.send(f"{ONE}/dispute", **said | {"reason-0": "少了两天"} | wrong)
    assert answer.status_code == 400
    assert "C-9" in answer.text
    assert 'value="少了两天"' in answer.text
    assert "suanquan " not in answer.text


def test_a_superseded_statement_leads_to_the_latest_and_is_not_answered(issued: Pages) -> None:
    data = StatementIssued(
        statement=f"SQ-C-2022-07-{CODE}-2",
        kind="compute",
        period="2022-07",
        revision=2,
        sizes={"usage": 1, "book": 1},
        renderer="x",
        total_fen=1,
        values_sha256="0" * 64,
        pdf_sha256="0" * 64,
        supplements=JULY,
    )
    issued.ledger.append(encode("urn:test", "second", CODE, data, SALT))
    assert "已被取代" in issued.see(HOME)
    page = issued.see(ONE)
    assert f"{HOME}/{data.statement}" in page
    assert "/confirm" not in page


def review(issued: Pages, claim: str, kind: str, letter: str) -> str:
    number = f"SQ-{letter}-2022-11-{claim}-1"
    data = StatementIssued(
        statement=number,
        kind=kind,  # type: ignore[arg-type]
        period="2022-11",
        revision=1,
        sizes={"usage": 1, "book": 1},
        renderer="x",
        total_fen=1,
        values_sha256="0" * 64,
        pdf_sha256="0" * 64,
        about=claim,
    )
    issued.ledger.append(encode("urn:test", number, CODE, data, SALT))
    return number


def test_an_enterprise_sees_the_form_of_its_claim_and_not_the_one_of_its_review(
    issued: Pages,
) -> None:
    claim = issued.office.submit()["id"]
    form, opinion = review(issued, claim, "application", "A"), review(issued, claim, "review", "R")
    mine, theirs = issued.see(HOME), issued.see(HOME, "task-1")
    assert form in mine
    assert opinion not in mine
    assert form in theirs
    assert opinion in theirs
    assert issued.get(f"{HOME}/{opinion}").status_code == 404
    assert opinion not in issued.see(f"/enterprise/{CODE}")


def test_a_claims_forms_are_for_those_who_may_see_the_claim(issued: Pages) -> None:
    claim = issued.office.submit()["id"]
    form = review(issued, claim, "application", "A")
    issued.office.open("wuhan-1", "authority", "wuhan", by=["admin-1", "admin-2"])
    assert form in issued.see(HOME, "authority-1")
    assert form not in issued.see(HOME, "wuhan-1")
    assert issued.get(f"{HOME}/{form}", "wuhan-1").status_code == 404


def test_a_long_list_goes_on_by_pages_and_asks_no_more_questions(issued: Pages) -> None:
    def count() -> list[int]:
        found = []
        for path in (HOME, ONE):
            issued.see(path)
            with counted(Engine) as sent:
                issued.see(path)
            found.append(len(sent))
        return found

    few = count()
    claim = issued.office.submit()["id"]
    few_with_claim = count()
    for i in range(120):
        review(issued, claim, "application", f"{chr(65 + i % 26)}{i}"[:1] + f"{i}")
    assert few_with_claim <= [one + 2 for one in few]
    assert count() == few_with_claim
    assert max(few) < 25
    path, rows = HOME, 0
    while path:
        page = issued.see(path)
        rows += page.count('<th scope="row"')
        path = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert rows == 122


def test_all_pages_of_an_enterprise_work_on_postgresql(pages_on_postgresql: Pages) -> None:
    found = pages_on_postgresql
    made = found.office.ask("task-2", "statement", "make", "--month", "2022-07")
    assert "error" not in made, made
    home = f"/enterprise/{CODE}"
    for path in ("", "/usage", "/plan", "/plan/hubei", "/papers", "/papers/all/invoices"):
        found.see(home + path)
        found.see(home + path, "auditor-1")
    found.see("/enterprises?find=华智", "auditor-1")
    found.see(ONE)
    assert found.get(f"{ONE}/file/csv").status_code == 200
    assert "已办理" in found.send(f"{ONE}/confirm").text
    found.see(f"{home}/papers/own/account")
    account = {"holder": "华智科技", "bank": "某银行", "number": "6222020200112233"}
    assert "已保存" in found.send(f"{home}/papers/own/account", **account).text
