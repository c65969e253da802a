"""Pages of claims: lists, what waits, and one claim, each as far as its visitor may see it."""

import pytest
from sqlalchemy import Engine

from portal.web.routes import claims
from tests.portal.lobby import Lobby, lobby, office, on_sqlite
from tests.portal.office import OTHER, TWO, Office
from tests.queries import counted
from tests.small_ledger import CODE

__all__ = ["lobby", "office"]

# The gate asks who comes; a page asks for the roster, the list, names or papers, rules and sums.
QUERIES_MAX = 40
# A telephone on a train loads as much within a second.
BYTES_MAX = 60_000


def test_everybody_finds_a_claim_where_his_work_is(office: Office, lobby: Lobby) -> None:
    assert "没有等您办理的申请" in lobby.see("task-1", "/queue")
    name = office.submit()["id"]
    assert name in lobby.see("task-1", "/queue")
    assert name not in lobby.see("authority-1", "/queue")
    assert name in lobby.see("auditor-1", "/claims")
    assert name in lobby.see("finance-1", "/claims?standing=submitted&programme=hubei&year=2022")
    for none in ("standing=paid", "programme=wuhan", "year=2021", f"enterprise={OTHER}"):
        assert "没有符合条件的申请" in lobby.see("auditor-1", f"/claims?{none}"), none
    own = lobby.see("firm-1", f"/enterprise/{CODE}/claims")
    assert (name in own, "新建申请" in own, "华智科技" in own) == (True, True, True)
    page = lobby.see("firm-1", f"/claims/{name}")
    assert ("等待" in page, "90,000.00" in page, "湖北省科技创新券" in page) == (False, True, True)
    assert "suanquan " not in page


@on_sqlite
def test_a_claim_of_others_is_not_there(office: Office, lobby: Lobby) -> None:
    name = office.submit()["id"]
    refused = lobby.see("stranger-1", f"/claims/{name}", 404)
    none = lobby.see("stranger-1", "/claims/SQ-AAAAAAAAAA", 404)
    for page in (refused, none):
        assert "suanquan " not in page
    assert (
        refused.replace(name, "").partition("编号")[0]
        == none.replace("SQ-AAAAAAAAAA", "").partition("编号")[0]
    )
    lobby.see("stranger-1", f"/enterprise/{CODE}/claims", 404)
    lobby.see("stranger-1", "/claims", 403)
    for path in ("/claims", "/queue", f"/claims/{name}", f"/enterprise/{CODE}/claims"):
        lobby.see("admin-1", path, 403)


@on_sqlite
def test_what_was_done_stands_on_one_line_with_its_days(office: Office, lobby: Lobby) -> None:
    name = office.submit()["id"]
    office.today = "2022-11-02"
    office.act("task-1", name, "return", items=[{"item": "documents", "reason": "缺银行回单"}])
    page = lobby.see("firm-1", f"/claims/{name}")
    steps = page.partition('<ol class="steps"')[2].partition("</ol>")[0]
    assert steps.count('class="past"') == 2
    assert "退回补正<small>2022年11月2日" in steps
    assert '<li class="" aria-current="step">提交' in steps
    assert "缺银行回单" in page
    assert f'href="/enterprise/{CODE}/claims/{name}"' in page
    assert "task-1" not in page, "an enterprise is not told which official acted"
    assert "task-1" in lobby.see("auditor-1", f"/claims/{name}")


@on_sqlite
def test_a_list_goes_on_where_its_page_ended(
    office: Office, lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (
        office.submit(asked_fen=100)["id"],
        office.submit(invoices=[TWO], asked_fen=100)["id"],
    )
    monkeypatch.setattr(claims, "ROWS_MAX", 1)
    monkeypatch.setattr(claims, "WAITING_MAX", 1)
    for who, path in (("auditor-1", "/claims"), ("task-1", "/queue")):
        page = lobby.see(who, path)
        following = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
        rest = lobby.see(who, path + following)
        shown = [
            [one for one in (first, second) if f'"/claims/{one}"' in each] for each in (page, rest)
        ]
        assert sorted(shown) == sorted([[first], [second]])
        assert 'rel="next"' not in rest


def test_a_page_asks_the_database_as_often_for_many_claims_as_for_one(
    office: Office, lobby: Lobby
) -> None:
    pages = (
        ("auditor-1", "/claims"),
        ("task-1", "/queue"),
        ("firm-1", f"/enterprise/{CODE}/claims"),
    )
    office.submit(asked_fen=100)
    counts: list[list[int]] = []
    for _ in range(2):
        counts.append([])
        for who, path in pages:
            lobby.see(who, path)
            with counted(Engine) as asked:
                text = lobby.see(who, path)
            assert len(text.encode()) < BYTES_MAX
            counts[-1].append(len(asked))
        name = office.submit(invoices=[TWO], asked_fen=100)["id"]
    assert counts[0] == counts[1]
    assert max(counts[0]) < QUERIES_MAX
    with counted(Engine) as asked:
        lobby.see("firm-1", f"/claims/{name}")
    assert len(asked) < QUERIES_MAX
