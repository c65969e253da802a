"""An enterprise is registered on a page, once; what it is is entered with its evidence."""

import hashlib
from typing import Any, Final

import pytest
from httpx import Response

from tests.papers import make_pdf
from tests.portal.browsing import Pages, pages
from tests.small_ledger import CODE, PROVIDER

__all__ = ["pages"]

NEW: Final = "91350100M000100Y43"
PATH: Final = "/enterprises/new"
SAID: Final = {"credit_code": NEW, "name": "新启智能<有限>公司", "registered_region": "420100"}
HOME: Final = f"/enterprise/{CODE}/papers"
LICENCE, CERTIFICATE, DECISION = map(make_pdf, ("licence", "certificate", "decision"))
STATUS: Final = {"kind": "high_tech_enterprise", "number": "GR-9", "valid_from": "2022-01-01"}


def register(pages: Pages, scan: bytes | None = None, /, **said: str) -> Response:
    """Return what the form led to."""
    return enter(pages, PATH, "task-2", scan, **{**SAID, **said})


def enter(pages: Pages, path: str, who: str, scan: bytes | None = None, /, **said: Any) -> Response:  # noqa: ANN401 - texts
    """Return what a form led to that was sent with a scan, or with the field of one left empty."""
    browser = pages.lobby.browser(who)
    browser.open(path)
    name = "" if scan is None else "扫描 件.pdf"
    return browser.send(path, files={"scan": (name, scan or b"", "application/pdf")}, **said)


def listed(pages: Pages, code: str) -> Any:  # noqa: ANN401 - one JSON object
    """Return what the book has of an enterprise."""
    return pages.office.ask("auditor-1", "paper", "list", code)


def test_an_enterprise_is_registered_once_with_its_licence(pages: Pages) -> None:
    assert PATH in pages.see("/enterprises", "task-2")
    sizes = []
    for _ in range(2):
        answer = register(pages, LICENCE)
        assert (answer.status_code, answer.url.path) == (200, f"/enterprise/{NEW}/papers")
        assert "新启智能&lt;有限&gt;公司" in answer.text
        assert "管理员开通" in answer.text
        sizes.append(listed(pages, NEW)["as_of"])
    assert sizes[0] == sizes[1], "the second time nothing was recorded"
    assert listed(pages, NEW)["registered_region"] == "420100"
    (filed,) = pages.office.ask("task-2", "document", "list", NEW)["rows"]
    assert (filed["kind"], filed["sha256"]) == ("licence", hashlib.sha256(LICENCE).hexdigest())
    assert NEW in pages.see(f"/enterprises?find={NEW}", "auditor-1")


def test_the_command_and_the_page_register_the_same(pages: Pages) -> None:
    words = ("enterprise", "register", NEW, "--name", SAID["name"], "--region", "420100")
    assert pages.office.ask("task-2", *words) == {"enterprise": NEW, "recorded": True}
    before = listed(pages, NEW)
    assert register(pages).url.path == f"/enterprise/{NEW}/papers"
    assert listed(pages, NEW) == before
    assert pages.office.ask("task-2", *words)["recorded"] is False
    for name in (SAID["name"], "别的公司"):
        refused = pages.office.ask("stranger-1", *words[:3], "--name", name)["error"]
        assert (refused["code"], SAID["name"] in str(refused)) == ("not_allowed", False)
    other = pages.office.ask("task-2", *words[:3], "--name", "别的公司")
    assert other["error"]["code"] == "enterprise_known"
    assert pages.office.ask("task-2", *words[:3], "--name", " ")["error"]["code"] == "empty_field"


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"credit_code": "", "name": ""}, {"credit_code", "name"}),
        ({"credit_code": "12", "name": ""}, {"credit_code", "name"}),
        ({"credit_code": "91350100M000100Y44"}, {"credit_code"}),
        ({"registered_region": "wuhan"}, {"registered_region"}),
        ({"credit_code": CODE}, {"credit_code"}),
    ],
)
def test_each_error_stands_beside_its_field_and_in_a_summary(
    pages: Pages, said: dict[str, str], fields: set[str]
) -> None:
    before = pages.office.ask("auditor-1", "log", "list")
    answer = register(pages, **said)
    assert answer.status_code in {400, 409}, answer.text
    summary = answer.text.partition('id="wrongs"')[2].partition("</div>")[0]
    for field in fields:
        assert f'href="#{field}"' in summary, field
        assert f'id="{field}-wrong"' in answer.text, field
    assert "enterprise." not in summary
    assert "suanquan " not in summary
    kept = {**SAID, **said}["registered_region"]
    assert f'value="{kept}"' in answer.text
    assert pages.office.ask("auditor-1", "log", "list") == before


def test_a_scan_that_may_not_be_filed_leaves_nothing_behind(pages: Pages) -> None:
    answer = register(pages, b"<html><script>1</script>")
    assert answer.status_code == 400
    assert 'href="#scan"' in answer.text
    assert listed(pages, NEW)["name"] == NEW, "an enterprise without a name has its code"


@pytest.mark.parametrize("who", ["firm-1", "authority-1", "finance-2", "auditor-1", "admin-1"])
def test_nobody_else_registers_an_enterprise(pages: Pages, who: str) -> None:
    assert pages.get(PATH, who).status_code == 403
    if who in {"authority-1", "auditor-1"}:
        assert PATH not in pages.see("/enterprises", who)


def test_a_qualification_is_granted_and_revoked_with_its_evidence(pages: Pages) -> None:
    grant, revoke = f"{HOME}/new/qualification", f"{HOME}/new/revocation"
    for _ in range(2):
        page = enter(pages, grant, "task-2", CERTIFICATE, **STATUS).text
        assert page.count('number=GR-9"') == 1
    link = f"{revoke}?kind=high_tech_enterprise&amp;number=GR-9"
    assert link in page
    form = pages.see(link.replace("&amp;", "&"), "task-2")
    assert ('value="GR-9"' in form, 'value="high_tech_enterprise" selected' in form) == (True, True)
    said = {"kind": STATUS["kind"], "number": "GR-9", "revoked_on": "2022-10-01"}
    for _ in range(2):
        page = enter(pages, revoke, "task-2", DECISION, **said).text
        assert page.count("（已撤销）") == 1
    found = listed(pages, CODE)
    (gone,) = found["revocations"]
    assert gone["evidence_sha256"] == hashlib.sha256(DECISION).hexdigest()
    held = [one for one in found["qualifications"] if one.get("number") == "GR-9"]
    assert [one["evidence_sha256"] for one in held] == [hashlib.sha256(CERTIFICATE).hexdigest()]
    kinds = [one["kind"] for one in pages.office.ask("task-2", "document", "list", CODE)["rows"]]
    assert kinds.count("qualification") == 2


def test_a_revocation_of_what_was_never_granted_is_taken_with_a_word(pages: Pages) -> None:
    said = {"kind": "technology_sme", "number": "", "revoked_on": "2022-10-01"}
    page = enter(pages, f"{HOME}/new/revocation", "task-2", **said).text
    assert "账簿中还没有全国科技型中小企业库在库企业" in page


@pytest.mark.parametrize(
    ("what", "said", "key", "shown"),
    [
        ("fact", {"figure": "sales_fen", "year": "2020", "value": "1,000"}, "facts", "1,000.00"),
        (
            "declaration",
            {"year": "2021", "related_party": "yes", "serious_dishonesty": "no"},
            "declarations",
            "与服务机构存在关联关系",
        ),
        (
            "domicile",
            {"zone": "east-lake", "valid_from": "2022-01-01"},
            "tax_domicile",
            "东湖高新区",
        ),
        ("registration", {"name": "华智科技集团"}, "", "华智科技集团"),
        (
            "amendment",
            {"amendment": "C-1-补", "contract": "C-1", "effective_on": "2022-10-01", "amount": "9"},
            "contracts",
            ">9.00<",
        ),
    ],
)
def test_what_an_enterprise_is_is_entered_by_forms_once(
    pages: Pages, what: str, said: dict[str, str], key: str, shown: str
) -> None:
    before = listed(pages, CODE)
    page = enter(pages, f"{HOME}/new/{what}", "task-2", **said).text
    assert shown in page, page
    first = listed(pages, CODE)
    assert first != before
    if key and key != "contracts":
        assert len(first[key]) == len(before[key]) + 1
    enter(pages, f"{HOME}/new/{what}", "task-2", **said)
    assert listed(pages, CODE) == first


@pytest.mark.parametrize(
    ("what", "said", "field"),
    [
        ("qualification", {"kind": "", "valid_from": "2022-13-01"}, "kind"),
        (
            "qualification",
            {"kind": "incubated", "valid_from": "2022-02-01", "valid_to": "2022-01-01"},
            "valid_to",
        ),
        ("fact", {"figure": "sales_fen", "year": "21", "value": "x"}, "year"),
        ("declaration", {"year": "2021", "related_party": "yes"}, "serious_dishonesty"),
        (
            "amendment",
            {"amendment": "A", "contract": "C-1", "effective_on": "2022-10-01"},
            "service_to",
        ),
        ("contract", {"contract": "C-8", "provider": PROVIDER}, "signed_on"),
    ],
)
def test_what_is_missing_of_them_is_told_beside_its_field(
    pages: Pages, what: str, said: dict[str, str], field: str
) -> None:
    before = listed(pages, CODE)
    answer = enter(pages, f"{HOME}/new/{what}", "task-2", **said)
    assert answer.status_code == 400
    assert f'id="{field}-wrong"' in answer.text
    assert listed(pages, CODE) == before
