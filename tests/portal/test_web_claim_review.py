"""The first review on a page: item by item, with papers and usage beside it; and papers alone."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
from httpx import Response
from sqlalchemy import Engine

from ledger.documents import DocumentStore
from ledger.erasable import read_person
from ledger.errors import InvalidInputError
from ledger.read import read_heads
from ledger.review_drafts import ReviewDraft, find_draft
from portal.enterprises.filing import find_filing
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
    (digest,) = state_of(office, name)["documents"]
    assert page.count(f"/documents/{digest}") > 2, "at the items that rest on it, and in the list"
    days = page.partition('id="item-days"')[2].partition("</section>")[0]
    assert f"/documents/{digest}" in days
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


def kept(office: Office, claim: str, person: str) -> ReviewDraft | None:
    """Return what somebody has marked of a claim, by the writer's access: auditors have none."""
    with office.ledger.write.connect() as connection:
        return find_draft(connection, claim, person)


def marks_of(page: str) -> tuple[str, str, set[str]]:
    """Return how often marks were saved, the reason for one item, and which findings are chosen."""
    saves = re.search(r'id="saves" value="(\d+)"', page)
    reason = re.search(r'name="items.payee" value="([^"]*)"', page)
    assert saves
    assert reason
    return saves[1], reason[1], set(re.findall(r'id="(\S+)" name="verdict[^>]* checked', page))


def test_marks_are_kept_half_way_and_thrown_away_once_the_act_is_recorded(
    office: Office, lobby: Lobby
) -> None:
    name = hand_in(office)
    path = f"/claims/{name}/review"
    said = {"seen": "1", "saves": "0", "verdict.payee": "not_met", "items.payee": "户名<不符>"}
    said |= {"verdict.sums": "", "invoice": ONE, "amount_fen": "100,0", "reason": "含存储"}
    before = state_of(office, name)
    saved = lobby.send("task-1", f"{path}/marks", said, seen=path)
    assert (saved.status_code, saved.headers["location"]) == (303, f"{path}?done=saved")
    assert state_of(office, name) == before, "nothing is recorded"
    # A browser is served by a portal of its own, as after a restart.
    again = lobby.browser("task-1", "en").open(path).text
    saves, reason, chosen = marks_of(again)
    assert (saves, reason, chosen) == ("1", "户名&lt;不符&gt;", {"payee-not_met"})
    assert 'value="100,0"' in again
    assert "Below are the marks that you saved" in again
    # They are nobody else's, and nobody else's are his.
    assert marks_of(lobby.see("task-2", path))[:2] == ("0", "")
    assert "不符&gt;" not in lobby.see("auditor-1", path)
    whole = {"seen": "1", "saves": "1", "act": "check", **MET, **WHY}
    older = lobby.send("task-1", path, {**whole, "saves": "0"})
    assert older.status_code == 409, "another window saved other marks since"
    lobby.send("task-1", f"{path}/marks", whole, seen=path)
    done = lobby.send("task-1", path, {**whole, "saves": "2"})
    assert done.status_code == 303, done.text
    assert kept(office, name, "task-1") is None
    late = lobby.send("task-1", f"{path}/marks", {**said, "saves": "2"}, seen="/account")
    assert late.status_code == 403


@on_sqlite
def test_two_windows_do_not_overwrite_each_other_in_silence(office: Office, lobby: Lobby) -> None:
    path = f"/claims/{hand_in(office)}/review"

    def save(reason: str, saves: str, *, partly: bool = False) -> Response:
        lobby.see("task-1", path)
        said = {"_csrf_token": lobby.browser("task-1").token(), "seen": "1", "saves": saves}
        headers = {"hx-request": "true"} if partly else {}
        data = {**said, "items.payee": reason}
        return lobby.ask("task-1", "POST", f"{path}/marks", data=data, headers=headers)

    assert save("一", "0").status_code == 303
    assert save("一", "0").status_code == 303, "the same again is no other"
    refused = save("二", "0")
    assert (refused.status_code, marks_of(refused.text)[:2]) == (409, ("1", "二"))
    assert "另一个窗口" in refused.text
    assert marks_of(lobby.see("task-1", path))[1] == "一"
    told = save("二", "0", partly=True)
    assert (told.status_code, "另一个窗口" in told.text) == (200, True)
    assert 'id="saves"' not in told.text
    assert save("二", "1").status_code == 303, "whoever was told may go on with his own"
    assert marks_of(lobby.see("task-1", path))[:2] == ("2", "二")
    third = save("三", "2", partly=True)
    assert 'id="saves" value="3" hx-swap-oob="true"' in third.text
    whole = {"seen": "1", "saves": "2", "act": "return", "items.payee": "四"}
    concluded = lobby.send("task-1", path, whole | {"verdict.payee": "not_met"})
    assert (concluded.status_code, "另一个窗口" in concluded.text) == (409, True)


@on_sqlite
def test_marks_on_a_claim_that_moved_are_shown_as_such(office: Office, lobby: Lobby) -> None:
    name = hand_in(office)
    path = f"/claims/{name}/review"
    lobby.send("task-1", f"{path}/marks", {"seen": "1", "saves": "0", "items.payee": "一"}, path)
    cut = [{"invoice": ONE, "amount_fen": 100_000, "reason": "含存储"}]
    assert "error" not in office.act("task-2", name, "cut", cuts=cut)
    page = lobby.see("task-1", path)
    assert ("申请有了变化" in page, marks_of(page)[1]) == (True, "一")
    said = {"seen": "2", "saves": "1", "items.payee": "一"}
    assert lobby.send("task-1", f"{path}/marks", said, path).status_code == 303
    assert "申请有了变化" not in lobby.see("task-1", path)
    # Sent back by another one, it is over for both.
    items = [{"item": "payee", "reason": "户名不符"}]
    assert "error" not in office.act("task-2", name, "return", items=items)
    assert kept(office, name, "task-1") is None


@on_sqlite
def test_only_who_may_review_saves_marks_and_not_without_end(office: Office, lobby: Lobby) -> None:
    name = hand_in(office)
    path = f"/claims/{name}/review/marks"
    said = {"seen": "1", "saves": "0", "items.payee": "一"}
    for who, status in (
        ("firm-1", 403),
        ("auditor-1", 403),
        ("finance-1", 403),
        ("stranger-1", 404),
    ):
        assert lobby.send(who, path, said, "/account").status_code == status, who
        assert kept(office, name, who) is None
    long = lobby.send("task-1", path, {**said, "items.payee": "长" * 30_000}, "/account")
    assert (long.status_code, "太长" in long.text) == (400, True)
    strange = {**said, "saves": "９" * 3, "items.payee": ["一", "二"], "act": "check", "x": "y"}
    assert lobby.send("task-1", path, strange, "/account").status_code == 303
    draft = kept(office, name, "task-1")
    assert draft is not None
    assert draft.marks == b"{}"


@on_sqlite
def test_who_does_not_review_reads_the_list_as_far_as_he_may(office: Office, lobby: Lobby) -> None:
    name = hand_in(office)
    own = lobby.see("firm-1", f"/claims/{name}/review")
    assert ("完成初审" in own, "资金由财政核对" in own) == (False, True)
    inside = lobby.see("auditor-1", f"/claims/{name}/review")
    assert ("完成初审" in inside, "资金由财政核对" in inside) == (False, False)
    lobby.see("stranger-1", f"/claims/{name}/review", 404)
    said = {"seen": "1", **MET, **WHY}
    refused = lobby.send("auditor-1", f"/claims/{name}/review", said, seen="/account")
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
    assert "2022年7月: 计量 300,000.00" in bars
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
