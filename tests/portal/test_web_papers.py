"""Papers on their pages: what is on record, entered by forms, and scans that are filed or not."""

import re

import pytest
from sqlalchemy import Engine

from tests.papers import make_pdf
from tests.portal.browsing import Pages, pages
from tests.portal.office import ONE
from tests.queries import counted
from tests.small_ledger import CODE, PROVIDER, events, invoice_number

__all__ = ["pages"]

PDF = make_pdf()
HOME = f"/enterprise/{CODE}/papers"

CONTRACT = {
    "contract": "C-9",
    "provider": PROVIDER,
    "signed_on": "2022-02-01",
    "service_from": "2022-02-01",
    "service_to": "2022-12-31",
    "amount": "1,234,567.89",
    "vat_rate": "0.06",
    "buyer": "华智科技",
    "resource-0": "a100",
    "price-0": "12.50",
    "per-0": "card_hour",
}
INVOICE = {
    "invoice": invoice_number("77"),
    "contract": "C-1",
    "issued_on": "2022-10-05",
    "amount": "1060",
    "tax": "60.00",
    "service_from": "2022-09-01",
    "service_to": "2022-09-30",
}
PAYMENT = {"payment": "P-77", "invoice": ONE, "paid_on": "2022-10-10", "amount": "0.01"}


def test_the_page_has_every_kind_and_says_what_is_missing(pages: Pages) -> None:
    page = pages.see(HOME)
    for said in ("C-1", ONE, "300,000.00", "2022年8月5日", "收款账户：已登记", "联系人：<"):
        assert said in page, said
    assert page.count("还没有。") == 1


@pytest.mark.parametrize(
    ("what", "said", "shown"),
    [
        ("contract", CONTRACT, "1,234,567.89"),
        ("invoice", INVOICE, "1,060.00"),
        ("payment", PAYMENT, "0.01"),
    ],
)
def test_a_paper_is_entered_by_a_form_once(
    pages: Pages, what: str, said: dict[str, str], shown: str
) -> None:
    pages.see(f"{HOME}/new/{what}")
    for _ in range(2):
        page = pages.send(f"{HOME}/new/{what}", **said).text
        assert "已保存" in page
        assert page.count(f">{shown}<") == 1
    listed = pages.office.ask("firm-1", "paper", "list", CODE)[f"{what}s"]
    assert sum(one[what] == said[what] for one in listed) == 1


def test_a_form_begins_with_what_contract_and_invoice_say(pages: Pages) -> None:
    page = pages.see(HOME)
    assert "/papers/new/payment?invoice=" not in page, "all invoices are paid"
    (path,) = set(re.findall(r'href="([^"]+/new/invoice\?contract=[^"]+)"', page))
    assert 'name="contract" type="text" value="C-1"' in pages.see(path)
    assert 'value="C-1"' in pages.see(f"{HOME}/new/invoice"), "there is no other"
    pages.send(f"{HOME}/new/invoice", **INVOICE)
    page = pages.see(HOME)
    (path,) = set(re.findall(r'href="([^"]+/new/payment\?invoice=[^"]+)"', page))
    form = pages.see(path)
    assert f'name="invoice" type="text" value="{INVOICE["invoice"]}"' in form
    assert 'name="amount" type="text" value="1,060.00"' in form
    said = {**PAYMENT, "invoice": INVOICE["invoice"], "amount": "1,000.00"}
    pages.send(f"{HOME}/new/payment", **said)
    assert 'value="60.00"' in pages.see(path), "what is not paid yet"
    assert "/papers/new/payment?invoice=" not in pages.see(HOME, "auditor-1")


def test_each_error_stands_beside_its_field_and_what_was_typed_stays(pages: Pages) -> None:
    pages.see(f"{HOME}/new/invoice")
    said = {**INVOICE, "issued_on": "2022-02-30", "tax": "6O", "invoice": ""}
    answer = pages.send(f"{HOME}/new/invoice", **said)
    assert answer.status_code == 400
    for field in ("issued_on", "tax", "invoice"):
        assert f'id="{field}-wrong"' in answer.text, field
    assert answer.text.count('-wrong"') >= 3
    assert 'value="1060"' in answer.text
    assert "请填写发票号码" in answer.text


@pytest.mark.parametrize(
    ("what", "said", "field"),
    [
        ("invoice", {**INVOICE, "invoice": "12"}, "invoice"),
        ("invoice", {**INVOICE, "service_to": "2022-01-01"}, "service_to"),
        ("contract", {**CONTRACT, "provider": "91420100MA49P8T680"}, "provider"),
        ("contract", {**CONTRACT, "price-0": ""}, "price-0"),
        ("payment", {**PAYMENT, "paid_on": "2023-01-01"}, ""),
        ("invoice", {**INVOICE, "invoice": ONE}, ""),
    ],
)
def test_what_cannot_be_is_refused_in_words_without_a_place_in_a_file(
    pages: Pages, what: str, said: dict[str, str], field: str
) -> None:
    before = pages.office.ask("firm-1", "paper", "list", CODE)
    pages.see(f"{HOME}/new/{what}")
    answer = pages.send(f"{HOME}/new/{what}", **said)
    assert answer.status_code in (400, 409)
    assert f'href="#{field}"' in answer.text or not field
    assert re.search(r"\w+s\[0\]", answer.text) is None
    assert "suanquan " not in answer.text
    assert "<script>" not in answer.text
    assert pages.office.ask("firm-1", "paper", "list", CODE) == before


def test_a_paper_on_one_that_is_not_there_is_taken_with_a_word(pages: Pages) -> None:
    pages.see(f"{HOME}/new/invoice")
    answer = pages.send(f"{HOME}/new/invoice", **{**INVOICE, "contract": "C-<404>"})
    assert "账簿中还没有合同 C-&lt;404&gt;" in answer.text
    assert "已录入" in answer.text
    assert "C-&lt;404&gt;" in pages.see(HOME)


def test_a_scan_is_filed_and_handed_out_and_what_a_browser_would_run_is_not(pages: Pages) -> None:
    pages.see(f"{HOME}/upload")
    form = {"kind": "invoice", "ref": ONE}

    def upload(name: str, content: bytes) -> str:
        browser = pages.lobby.browser("firm-1")
        browser.open(f"{HOME}/upload")
        files = {"files": (name, content, "application/pdf")}
        return browser.send(f"{HOME}/upload", files=files, **form).text

    for name, content in (
        ("x.html", b"<!doctype html><script>1</script>"),
        ("x.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'),
        ("x.pdf", b"<html><script>1</script>"),
        ("x.pdf", b""),
        ("x.png", PDF),
    ):
        page = upload(name, content)
        assert "未能办理" in page, name
        assert ONE in page
    browser = pages.lobby.browser("firm-1")
    browser.open(f"{HOME}/upload")
    assert "没有选择文件" in browser.send(f"{HOME}/upload", **form).text
    page = upload("../../../扫描 件.pdf", PDF)
    assert "已保存" in page
    assert "发票</a>" in page
    link = re.search(r"/enterprise/\w+/documents/\w+", page)
    assert link is not None
    assert pages.get(link[0]).content == PDF
    assert pages.get(link[0], "stranger-1").status_code == 404


def test_a_contact_and_an_account_are_recorded_and_never_shown_again(pages: Pages) -> None:
    account = {"holder": "华智科技", "bank": "某银行", "number": "6222020200112233"}
    contact = {"name": "王小明", "email": "wang@example.cn", "phone": "", "address": ""}
    for what, said in (("account", account), ("contact", contact)):
        pages.see(f"{HOME}/own/{what}")
        page = pages.send(f"{HOME}/own/{what}", **said).text
        assert "已保存" in page
        for secret in ("6222020200112233", "2233", "王小明", "wang@"):
            assert secret not in page
    assert "联系人：已登记" in pages.see(HOME)
    held = pages.office.ask("task-2", "enterprise", "show", CODE)["rows"]
    assert [one["value"] for one in held[-2:]] == [
        account,
        {"name": "王小明", "email": "wang@example.cn"},
    ]


def test_an_account_number_that_is_none_is_told_and_not_shown(pages: Pages) -> None:
    pages.see(f"{HOME}/own/account")
    said = {"holder": "华智科技", "bank": "某银行", "number": "6222 0202"}
    answer = pages.send(f"{HOME}/own/account", **said)
    assert answer.status_code == 400
    assert "银行账号格式不对" in answer.text
    assert 'href="#number"' in answer.text
    assert "6222" not in answer.text
    assert 'value="某银行"' in answer.text


def test_officials_look_and_only_the_task_force_and_the_enterprise_enter(pages: Pages) -> None:
    for who in ("authority-1", "finance-2", "auditor-1"):
        page = pages.see(HOME, who)
        assert ONE in page
        assert "/papers/new/" not in page
        assert pages.get(f"{HOME}/new/invoice", who).status_code == 403
        assert pages.get(f"{HOME}/upload", who).status_code == 403
    assert "/papers/new/invoice" in pages.see(HOME, "task-2")
    pages.lobby.browser("stranger-1").open(f"/enterprise/{CODE}")
    for path in ("", "/new/invoice", "/upload", "/own/account", "/all/invoices"):
        assert pages.get(HOME + path, "stranger-1").status_code == 404, path


@pytest.mark.parametrize("path", ["/new/receipt", "/all/accounts", "/own/objector"])
def test_what_is_no_paper_has_no_page(pages: Pages, path: str) -> None:
    assert pages.get(HOME + path).status_code == 404


def test_a_long_list_goes_on_by_pages_and_asks_no_more_questions(pages: Pages) -> None:
    def count() -> list[int]:
        found = []
        for path in (HOME, f"{HOME}/all/invoices", f"{HOME}/upload"):
            pages.see(path)
            with counted(Engine) as sent:
                pages.see(path)
            found.append(len(sent))
        return found

    few = count()
    for number in range(100, 220):
        line = f"invoice {number} C-1 2022-08-05 3000 169.81 2022-07-01 2022-07-31"
        pages.ledger.append(*events(line))
    assert count() == few
    assert max(few) < 25
    assert "全部 122 份" in pages.see(HOME)
    path, seen = f"{HOME}/all/invoices", list[str]()
    while path:
        page = pages.see(path)
        seen += re.findall(r'class="name">(\d{20})\b', page)
        path = page.partition('rel="next" href="')[2].partition('"')[0]
    assert len(seen) == len(set(seen)) == 122


def test_what_was_sent_twice_or_as_a_file_is_no_text(pages: Pages) -> None:
    pages.see(f"{HOME}/own/contact")
    browser = pages.lobby.browser("firm-1")
    twice = browser.send(f"{HOME}/own/contact", name=["张三", "李四"])
    assert (twice.status_code, "[&#39;" in twice.text) == (400, False)
    a_file = browser.send(f"{HOME}/own/contact", files={"name": ("a.html", b"x")})
    assert a_file.status_code == 400
    assert "联系人：<" in pages.see(HOME)
