"""The first review on a page: item by item, with papers and usage beside it; and papers alone."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Engine

from ledger.documents import DocumentStore
from ledger.erasable import read_person
from ledger.errors import InvalidInputError
from ledger.read import read_heads
from portal.filing import find_filing
from tests.papers import make_pdf
from tests.portal.lobby import Lobby, lobby, office, on_sqlite
from tests.portal.office import ONE, OTHER, TWO, Office
from tests.queries import counted
from tests.small_ledger import CODE
from vouchers.claims.checklist import ITEMS, REVIEWED

__all__ = ["lobby", "office"]

MET: Final = {f"verdict.{item}": "met" for item in REVIEWED}
WHY: Final = {f"items.{item}": "已核对原件" for item in REVIEWED}
QUERIES_MAX: Final = 45
BYTES_MAX: Final = 60_000


def hand_in(office: Office, *invoices: str) -> str:
    """Return the id of a claim that brings a contract."""
    (office.folder / "c.pdf").write_bytes(make_pdf("contract"))
    papers = [{"path": "c.pdf", "kind": "contract", "ref": "C-1"}]
    name: str = office.submit(invoices=invoices or [ONE], documents=papers)["id"]
    return name


def state_of(office: Office, claim: str) -> Any:  # noqa: ANN401 - one JSON object
    """Return a claim as an auditor sees it."""
    return office.ask("auditor-1", "claim", "show", claim)


def test_a_review_says_what_is_left_and_is_then_concluded(office: Office, lobby: Lobby) -> None:
    name = hand_in(office)
    path = f"/claims/{name}/review"
    page = lobby.see("task-1", path)
    assert all(one.zh in page for one in map(ITEMS.__getitem__, REVIEWED))
    assert page.count(" checked") == page.count('<span class="tag good">符合</span>') - 0
    left = lobby.send("task-1", path, {"seen": "1", "act": "check", **MET, "verdict.sums": ""})
    assert left.status_code == 400
    summary = left.text.partition('id="wrongs"')[2].partition("</ul>")[0]
    assert ITEMS["sums"].zh in summary
    assert 'href="#item-sums"' in summary
    assert "sums," not in left.text
    bare = lobby.send("task-1", path, {"seen": "1", "act": "check", **MET, "items.paid": "看过"})
    assert (bare.status_code, "改判未写理由" in bare.text) == (400, True)
    assert 'value="看过"' in bare.text, "what was typed is still there"
    cut = {"invoice": ONE, "amount_fen": "100,000.00", "reason": "含存储费用"}
    done = lobby.send("task-1", path, {"seen": "1", "act": "check", **MET, **WHY, **cut})
    assert (done.status_code, done.headers.get("location")) == (303, f"/claims/{name}?done=acted")
    checked = state_of(office, name)
    assert (checked["state"], checked["amount_fen"]) == ("checked", 6_000_000)
    stale = lobby.send("task-2", path, {"seen": "1", "act": "check", **MET, **WHY}, seen="/account")
    assert stale.status_code == 409


@on_sqlite
def test_a_review_sends_back_what_is_not_met_with_its_reasons(office: Office, lobby: Lobby) -> None:
    name = hand_in(office)
    path = f"/claims/{name}/review"
    empty = lobby.send("task-1", path, {"seen": "1", "act": "return", **MET, **WHY})
    assert empty.status_code == 400
    said = {**MET, **WHY, "verdict.payee": "not_met", "items.payee": "户名不符"}
    assert lobby.send("task-1", path, {"seen": "1", "act": "return", **said}).status_code == 303
    assert state_of(office, name)["remarks"] == [{"item": "payee", "reason": "户名不符"}]


@on_sqlite
def test_who_does_not_review_reads_the_list_as_far_as_he_may(office: Office, lobby: Lobby) -> None:
    name = hand_in(office)
    own = lobby.see("firm-1", f"/claims/{name}/review")
    assert ("完成初审" in own, "资金由财政核对" in own) == (False, True)
    inside = lobby.see("auditor-1", f"/claims/{name}/review")
    assert ("完成初审" in inside, "资金由财政核对" in inside) == (False, False)
    lobby.see("stranger-1", f"/claims/{name}/review", 404)
    refused = lobby.send("auditor-1", f"/claims/{name}/review", {**MET, **WHY}, seen="/account")
    assert (refused.status_code, state_of(office, name)["state"]) == (403, "submitted")
    asked = {"enterprise": CODE, "programme": "hubei"}
    draft = office.ask("firm-1", "claim", "draft", "--file", office.file("d.json", asked))["id"]
    lobby.see("task-1", f"/claims/{draft}/review", 409)


@on_sqlite
def test_usage_stands_beside_the_invoices_and_nothing_grows_with_them(
    office: Office, lobby: Lobby
) -> None:
    name = hand_in(office, ONE, TWO)
    page = lobby.see("task-1", f"/claims/{name}/review")
    bars = re.findall(r"<title>([^<]+)</title>", page)
    assert "2022年7月: 开票 300,000.00" in bars
    assert ": 计量 300,000.00" in bars
    assert "7月1日: 1,200.0 卡时" in bars
    assert len(page.encode()) < BYTES_MAX
    with counted(Engine) as asked:
        lobby.see("task-1", f"/claims/{name}/review")
    assert len(asked) < QUERIES_MAX


@on_sqlite
def test_a_paper_is_handed_out_to_be_saved_and_to_nobody_else(office: Office, lobby: Lobby) -> None:
    name = hand_in(office)
    (sha256,) = state_of(office, name)["documents"]
    path = f"/enterprise/{CODE}/documents/{sha256}"
    assert f'href="{path}"' in lobby.see("task-1", f"/claims/{name}")
    for who in ("firm-1", "task-1", "auditor-1"):
        answer = lobby.ask(who, "GET", path)
        assert answer.status_code == 200, who
        assert answer.content == (office.folder / "c.pdf").read_bytes()
        assert answer.headers["content-type"] == "application/pdf"
        said = answer.headers["content-disposition"]
        assert said == f'attachment; filename="contract-{sha256[:12]}.pdf"'
        assert answer.headers["content-security-policy"].startswith("sandbox;")
        assert answer.headers["x-content-type-options"] == "nosniff"
    lobby.see("stranger-1", path, 404)
    lobby.see("stranger-1", f"/enterprise/{OTHER}/documents/{sha256}", 404)
    lobby.see("firm-1", f"/enterprise/{CODE}/documents/{'0' * 64}", 404)
    Path(DocumentStore(office.folder / "home").path_of(sha256)).write_bytes(b"altered")
    refused = lobby.see("firm-1", path, 503)
    assert ("与登记时不一致" in refused, str(office.folder) in refused) == (True, False)


@on_sqlite
def test_a_paper_of_others_is_one_that_is_not_there(office: Office) -> None:
    (sha256,) = state_of(office, hand_in(office))["documents"]
    with office.ledger.reading() as connection:
        size = read_heads(connection)["book"].size
        own = read_person(connection, "firm-1", size)
        assert find_filing(connection, own, "firm-1", CODE, sha256).data.kind == "contract"
        other = read_person(connection, "stranger-1", size)
        with pytest.raises(InvalidInputError) as refused:
            find_filing(connection, other, "stranger-1", CODE, sha256)
        assert refused.value.code == "unknown_document"
