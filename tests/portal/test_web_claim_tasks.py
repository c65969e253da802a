"""A claim put together on pages: saved as it goes, never written over, handed in, mended."""

import re
from typing import Any, Final

from sqlalchemy import Engine

from tests.papers import make_pdf
from tests.portal.lobby import Lobby, lobby, office, on_sqlite
from tests.portal.office import ONE, OTHER, TWO, Office
from tests.queries import counted
from tests.small_ledger import CODE

__all__ = ["lobby", "office"]

AT: Final = f"/enterprise/{CODE}/claims"
QUERIES_MAX: Final = 40
BYTES_MAX: Final = 60_000


def state_of(office: Office, claim: str) -> Any:  # noqa: ANN401 - one JSON object
    """Return a claim as an auditor sees it."""
    return office.ask("auditor-1", "claim", "show", claim)


def begin(lobby: Lobby, who: str = "firm-1", programme: str = "hubei") -> str:
    """Return the id of a claim that was begun on its page."""
    page = lobby.see(who, f"{AT}/new")
    nonce = page.partition('name="request" value="')[2].partition('"')[0]
    ids = set()
    for _ in range(2):
        answer = lobby.send(who, f"{AT}/new", {"programme": programme, "request": nonce})
        assert answer.status_code == 303, answer.text
        ids.add(answer.headers["location"].removeprefix(f"{AT}/").partition("?")[0])
    (name,) = ids
    return str(name)


def upload(lobby: Lobby, path: str, content: bytes, name: str = "c.pdf", **said: str) -> Any:  # noqa: ANN401
    """Return the answer to a file that was sent."""
    files = {"file": (name, content)} if content else {}
    return lobby.send("firm-1", f"{path}/papers", {"kind": "contract", **said}, files=files)


def test_a_claim_is_put_together_saved_and_handed_in(office: Office, lobby: Lobby) -> None:
    choices = lobby.see("firm-1", f"{AT}/new")
    assert ("湖北省科技创新券" in choices, "180,000.00" in choices) == (True, True)
    name = begin(lobby)
    at = f"{AT}/{name}"
    assert state_of(office, name)["draft"]["invoices"] == [ONE, TWO], "what counts is chosen"
    assert "已选 2 张" in lobby.see("firm-1", at)
    said = {"seen": "1", "invoice": [ONE], "asked": "80,000"}
    assert lobby.send("firm-1", f"{at}/invoices", said).status_code == 303
    assert state_of(office, name)["draft"] == {"invoices": [ONE], "asked_fen": 8_000_000}
    assert upload(lobby, at, make_pdf("contract"), ref="C-1").status_code == 303
    page = lobby.see("firm-1", f"{at}/check")
    assert ("90,000.00" in page, "80,000.00" in page, "支持比例" in page) == (True, True, True)
    assert ("鄂科技规〔2022〕3号" in page, "suanquan " in page) == (True, False)
    hidden = dict(re.findall(r'name="(seen|asked_fen|invoice)" value="(\w+)"', page))
    assert hidden == {"seen": "2", "asked_fen": "8000000", "invoice": ONE}
    for _ in range(2):
        answer = lobby.send("firm-1", f"{at}/check", hidden, seen="/account")
        assert (answer.status_code, answer.headers["location"]) == (
            303,
            f"/claims/{name}?done=acted",
        )
    handed = state_of(office, name)
    assert (handed["state"], handed["asked_fen"], handed["seen"]) == ("submitted", 8_000_000, 3)
    assert len(handed["documents"]) == 1
    lobby.see("firm-1", at, 403)


@on_sqlite
def test_two_tabs_do_not_write_over_each_other(office: Office, lobby: Lobby) -> None:
    name = begin(lobby)
    path = f"{AT}/{name}/invoices"
    assert lobby.send("firm-1", path, {"seen": "1", "invoice": [ONE]}).status_code == 303
    late = lobby.send("firm-1", path, {"seen": "1", "invoice": [TWO]})
    assert (late.status_code, "此后：2022年11月1日 保存草稿" in late.text) == (409, True)
    assert f'value="{TWO}" checked' in late.text, "what was ticked is still there"
    assert state_of(office, name)["draft"]["invoices"] == [ONE]
    again = lobby.send("firm-1", path, {"seen": "1", "invoice": [ONE]})
    assert again.status_code == 303, "the same words once more are no conflict"
    handed = {"seen": "1", "invoice": TWO}
    assert lobby.send("firm-1", f"{AT}/{name}/check", handed).status_code == 409
    wrong = lobby.send("firm-1", path, {"seen": "2", "invoice": [ONE], "asked": "十万"})
    assert (wrong.status_code, 'value="十万"' in wrong.text) == (400, True)
    assert ('href="#asked"' in wrong.text, 'id="asked-wrong"' in wrong.text) == (True, True)


@on_sqlite
def test_a_change_is_saved_at_once_where_there_are_scripts(office: Office, lobby: Lobby) -> None:
    name = begin(lobby)
    path = f"{AT}/{name}/invoices"
    lobby.see("firm-1", path)
    token = lobby.browser("firm-1").token()

    def change(seen: int, *invoices: str) -> str:
        said = {"_csrf_token": token, "seen": str(seen), "invoice": list(invoices)}
        answer = lobby.ask("firm-1", "POST", path, data=said, headers={"hx-request": "true"})
        assert answer.status_code == 200
        assert "<html" not in answer.text
        return answer.text

    saved = change(1, TWO)
    assert ("90,000.00" in saved, 'value="2" hx-swap-oob="true"' in saved) == (True, True)
    assert state_of(office, name)["draft"]["invoices"] == [TWO]
    refused = change(1, ONE)
    assert ("此后" in refused, 'role="alert"' in refused) == (True, True)
    assert state_of(office, name)["draft"]["invoices"] == [TWO]
    assert change(2).count("已选 0 张") == 1


@on_sqlite
def test_a_file_that_is_none_of_ours_is_refused_beside_the_form(
    office: Office, lobby: Lobby
) -> None:
    at = f"{AT}/{begin(lobby)}"
    for content, name, why in (
        (b"", "", "没有选择文件"),
        (b"just words", "a.txt", "a.txt"),
        (b"MZ program", "evil.pdf", "evil.pdf"),
    ):
        answer = upload(lobby, at, content, name)
        assert (answer.status_code, answer.text.count(why)) == (400, 2), "above and at the field"
        assert answer.text.index('href="#file-') < answer.text.index('aria-invalid="true"'), name
    unknown = upload(lobby, at, make_pdf("x"), kind="nothing")
    assert (unknown.status_code, "没有文件种类" in unknown.text) == (400, True)
    assert office.ask("firm-1", "document", "list", CODE)["rows"] == []
    assert not list((office.folder / "home" / "documents" / ".staging").iterdir())


@on_sqlite
def test_what_is_sent_back_asks_for_what_it_asked_or_for_what_is_said_now(
    office: Office, lobby: Lobby
) -> None:
    name = office.submit(invoices=[ONE], asked_fen=8_000_000)["id"]
    office.act("task-1", name, "return", items=[{"item": "documents", "reason": "缺回单"}])
    at = f"{AT}/{name}"
    assert "80,000.00" in lobby.see("firm-1", f"{at}/check"), "as before, not all there is"
    assert 'value="80,000.00"' in lobby.see("firm-1", f"{at}/invoices")
    seen = str(state_of(office, name)["seen"])
    answer = lobby.send(
        "firm-1", f"{at}/invoices", {"seen": seen, "invoice": [ONE], "asked": "70,000"}
    )
    page = lobby.see("firm-1", answer.headers["location"])
    hidden = dict(re.findall(r'name="(seen|asked_fen|invoice)" value="(\w+)"', page))
    assert hidden["asked_fen"] == "7000000"
    assert lobby.send("firm-1", f"{at}/check", hidden).status_code == 303
    assert state_of(office, name)["asked_fen"] == 7_000_000


@on_sqlite
def test_what_was_sent_back_is_mended_and_handed_in_again(office: Office, lobby: Lobby) -> None:
    name = office.submit()["id"]
    office.act("task-1", name, "return", items=[{"item": "documents", "reason": "缺回单"}])
    at = f"{AT}/{name}"
    assert "缺回单" in lobby.see("firm-1", at)
    assert upload(lobby, at, make_pdf("slip"), kind="bank_slip").status_code == 303
    onward = lobby.send("firm-1", f"{at}/invoices", {"seen": "2", "invoice": [ONE, TWO]})
    path = onward.headers["location"]
    assert path == f"{at}/check?invoice={ONE}&invoice={TWO}"
    page = lobby.see("firm-1", path)
    assert "180,000.00" in page
    said = {"seen": "2", "invoice": [ONE, TWO]}
    assert lobby.send("firm-1", f"{at}/check", said, seen=path).status_code == 303
    mended = state_of(office, name)
    assert (mended["state"], mended["revision"]) == ("submitted", 2)
    assert (mended["amount_fen"], len(mended["documents"])) == (18_000_000, 1)


@on_sqlite
def test_what_keeps_a_claim_from_being_handed_in_is_said_before(
    office: Office, lobby: Lobby
) -> None:
    other = office.submit(invoices=[TWO], asked_fen=100)["id"]
    name = begin(lobby)
    assert state_of(office, name)["draft"]["invoices"] == [ONE]
    page = lobby.see("firm-1", f"{AT}/{name}/invoices")
    assert f'href="/claims/{other}"' in page
    assert re.search(rf'value="{TWO}" disabled', page)
    office.ask("admin-1", "enterprise", "forget", CODE, "--reason", "x")
    office.ask("admin-2", "enterprise", "forget", CODE)
    check = lobby.see("firm-1", f"{AT}/{name}/check")
    assert ("还没有登记收款账户" in check, "<button disabled" in check) == (True, True)
    refused = lobby.send("firm-1", f"{AT}/{name}/check", {"seen": "1", "invoice": ONE})
    assert (refused.status_code, "尚未登记收款账户" in refused.text) == (409, True)
    assert "suanquan " not in refused.text


@on_sqlite
def test_who_has_no_part_in_a_claim_puts_none_together(office: Office, lobby: Lobby) -> None:
    name = begin(lobby)
    assert state_of(office, name)["state"] == "draft"
    lobby.see("stranger-1", f"{AT}/{name}", 404)
    lobby.see("stranger-1", f"/enterprise/{OTHER}/claims/{name}", 404)
    for who in ("authority-1", "finance-1", "auditor-1", "admin-1"):
        lobby.see(who, f"{AT}/{name}", 403)
    assert "填写申请" in lobby.see("task-2", f"{AT}/{name}"), "the task force assists"


@on_sqlite
def test_pages_stay_small_and_ask_little_however_many_invoices_there_are(
    office: Office, lobby: Lobby
) -> None:
    name = begin(lobby)
    counts: list[list[int]] = []
    for _ in range(2):
        counts.append([])
        # Rights are read once for each head of the book.
        lobby.see("firm-1", "/account")
        for page in ("new", name, f"{name}/invoices", f"{name}/papers", f"{name}/check"):
            with counted(Engine) as asked:
                text = lobby.see("firm-1", f"{AT}/{page}")
            assert len(text.encode()) < BYTES_MAX, page
            counts[-1].append(len(asked))
        if len(counts) == 1:
            office.more_invoices(18)
    assert counts[0] == counts[1]
    assert max(counts[0]) < QUERIES_MAX
