"""The auditor's pages: every entry once, as it was recorded and proved, and ways down and back."""

import html
import re
from typing import Final

import pytest
from sqlalchemy import Engine

from ledger.proof import check_proof, parse_proof
from ledger.read import read_heads
from portal.web.routes import audit
from tests.issued import issue, name
from tests.portal.lobby import Browser, Lobby, lobby, office
from tests.queries import counted
from tests.small_ledger import events

__all__ = ["lobby", "office"]

MARKUP: Final = "<b>&名</b>"


def auditor(lobby: Lobby) -> Browser:
    """Return the auditor's browser."""
    return lobby.browser("auditor-1")


def test_the_start_shows_each_log_and_what_was_signed(lobby: Lobby) -> None:
    assert auditor(lobby).open("/audit").text.count("尚未签名") == 3
    signed = lobby.office.ask("auditor-1", "log", "checkpoint")["logs"]
    text = auditor(lobby).open("/audit").text
    assert text.count("现在的日志由它延续而来") == len(signed)
    for one in signed:
        assert one["root"] in text
        assert html.escape(one["vkey"]) in text
    lobby.office.ledger.append(*events("enterprise 420100 新名"))
    assert "条尚未签名" in auditor(lobby).open("/audit").text


def test_a_checkpoint_of_another_history_is_named_and_the_page_stays(lobby: Lobby) -> None:
    lobby.office.ask("auditor-1", "log", "checkpoint")
    path = lobby.shell.settings.home / "checkpoints" / "book"
    path.write_text(path.read_text("utf-8").replace("\n", "x\n", 1), "utf-8")
    answer = auditor(lobby).open("/audit")
    assert answer.status_code == 200
    assert "日志与已签名的检查点不一致" in answer.text


def test_pages_of_a_log_have_each_entry_once(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "ROWS_MAX", 7)
    browser, found, path = auditor(lobby), list[int](), "/audit/log/book"
    for _ in range(200):
        text = browser.client.get(path).text
        found += [int(one) for one in re.findall(r'href="/audit/log/book/([0-9]+)"', text)]
        following = re.search(r'rel="next" href="([^"]+)"', text)
        if following is None:
            break
        path = following[1]
    logs = lobby.office.ask("auditor-1", "log", "list")["logs"]
    size = next(one["size"] for one in logs if one["name"] == "book")
    assert found == list(range(size))[::-1]


def test_an_entry_is_shown_escaped_and_proved_once_a_checkpoint_covers_it(lobby: Lobby) -> None:
    browser = auditor(lobby)
    lobby.office.ledger.append(*events(f"enterprise 420100 {MARKUP}"))
    (index,) = re.findall(r'book/([0-9]+)">', browser.open("/audit/log/book").text)[1:2]
    path = f"/audit/log/book/{index}"
    text = browser.open(path).text
    assert MARKUP not in text
    assert html.escape(MARKUP) in text
    assert "尚无检查点覆盖此条" in text
    assert f"/audit/log/book/{int(index) + 1}" in text
    assert browser.open(f"{path}/proof").status_code == 404
    lobby.office.ask("auditor-1", "log", "checkpoint")
    assert "下载证明" in browser.open(path).text
    answer = browser.open(f"{path}/proof")
    with lobby.shell.auditing() as connection:
        keys = lobby.shell.signer.known_keys(read_heads(connection)["book"])
    shown = check_proof(parse_proof(answer.text), keys)
    assert shown.index == int(index)
    assert MARKUP in shown.entry.decode()


def test_a_statement_leads_down_to_its_papers_and_they_lead_back(lobby: Lobby) -> None:
    browser = auditor(lobby)
    with lobby.shell.reading() as connection:
        size = read_heads(connection)["book"].size
    lobby.office.ledger.append(issue(1, sizes={"usage": 1, "book": size}))
    assert name(1) in browser.open("/audit/statements").text
    text = browser.open("/audit/statements", number=name(1)).text
    assert "华智科技" in text
    papers = re.findall(r'/audit/log/book/([0-9]+)"', text)
    assert len(papers) > 5
    back = browser.open(f"/audit/log/book/{papers[-1]}").text
    assert f"/audit/statements/{name(1)}" in back
    assert "没有编号为" in browser.open("/audit/statements", number=name(9)).text
    assert browser.open(f"/audit/statements/{name(9)}").status_code == 404


def test_roles_are_shown_over_time_of_everybody_and_of_one(lobby: Lobby) -> None:
    everybody = auditor(lobby).open("/audit/people").text
    assert "湖北省科技创新券" in everybody
    assert everybody.count("授予") > 5
    lobby.office.ask("admin-1", "user", "revoke", "task-2", "--role", "task_force")
    one = auditor(lobby).open("/audit/people", person="task-2").text
    assert one.index("撤销 专班") < one.index("授予 专班")
    assert "finance-1" not in one


@pytest.mark.parametrize(
    "path",
    [
        *("/audit/log/none", "/audit/log/book/99999", "/audit/log/book/-1"),
        *("/audit/log/none/0", "/audit/log/none/0/proof", "/audit/statements/x"),
    ],
)
def test_what_is_not_there_is_not_found(lobby: Lobby, path: str) -> None:
    assert auditor(lobby).open(path).status_code == 404


def test_no_page_costs_more_in_a_longer_log(lobby: Lobby) -> None:
    paths = (
        *("/audit", "/audit/log/book", "/audit/log/book/3", "/audit/people", "/audit/statements"),
        f"/audit/statements/{name(1)}",
    )
    lobby.office.ledger.append(issue(1))
    before = [queries(lobby, path) for path in paths]
    lobby.office.ledger.append(*(issue(number) for number in range(2, 40)))
    assert [queries(lobby, path) for path in paths] == before
    assert max(before) <= 30


def queries(lobby: Lobby, path: str) -> int:
    """Return how many queries a page costs whoever looks again."""
    auditor(lobby).open(path)
    with counted(Engine) as said:
        assert auditor(lobby).open(path).status_code == 200
    return sum(one.startswith("SELECT") for one in said)
