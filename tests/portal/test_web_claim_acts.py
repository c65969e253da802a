"""Acts on a claim by their forms: asked for plainly, done once, refused calmly."""

from typing import Any

from tests.portal.lobby import Lobby, lobby, office, on_sqlite
from tests.portal.office import Office

__all__ = ["lobby", "office"]


def state_of(office: Office, claim: str) -> Any:  # noqa: ANN401 - one JSON object
    """Return a claim as an auditor sees it."""
    return office.ask("auditor-1", "claim", "show", claim)


def do(lobby: Lobby, who: str, path: str, **said: str) -> None:
    """Send the form of an act as it is shown, with its answers; it is done."""
    page = lobby.see(who, path)
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    answer = lobby.send(who, path, {"seen": seen, **said})
    assert answer.status_code == 303, (path, answer.text)
    assert answer.headers["location"] == path.rpartition("/")[0] + "?done=acted"


def test_a_form_is_done_once_however_often_it_is_sent(office: Office, lobby: Lobby) -> None:
    name = office.submit()["id"]
    path, said = f"/claims/{name}/withdraw", {"seen": "1", "reason": "发票开错，另行申请"}
    empty = lobby.send("firm-1", path, {"seen": "1", "reason": " "})
    assert empty.status_code == 400
    assert '<p class="wrong" id="reason-wrong">请填写：理由。</p>' in empty.text
    assert '<a href="#field-reason">' in empty.text, "the summary leads to the field"
    long = lobby.send("firm-1", path, {"seen": "1", "reason": "长" * 501})
    assert (long.status_code, "理由有 501 字。" in long.text) == (400, True)
    assert state_of(office, name)["state"] == "submitted"
    assert lobby.send("firm-1", path, said).status_code == 303
    assert state_of(office, name)["state"] == "withdrawn"
    again = lobby.send("firm-1", path, said, seen="/account")
    assert again.status_code == 303
    assert state_of(office, name)["seen"] == 2


@on_sqlite
def test_an_act_on_a_claim_that_has_moved_says_what_happened_since(
    office: Office, lobby: Lobby
) -> None:
    name = office.submit()["id"]
    path = f"/claims/{name}/cut"
    page = lobby.see("task-1", path)
    assert 'name="seen" value="1"' in page
    office.act("task-2", name, "cut", cuts=[{"amount_fen": 100, "reason": "x"}])
    said = {"seen": "1", "amount_fen": "1,000.00", "reason": "含存储费用"}
    refused = lobby.send("task-1", path, said)
    assert refused.status_code == 409
    assert "此后：2022年11月1日 核减" in refused.text
    assert ("1,000.00" in refused.text, "含存储费用" in refused.text) == (True, True)
    assert ("suanquan " in refused.text, 'name="seen" value="2"' in refused.text) == (False, True)
    do(lobby, "task-1", path, amount_fen="1,000.00", reason="含存储费用")
    assert state_of(office, name)["amount_fen"] == 9_000_000 - 100 - 100_000
    for amount in ("12.345", "一千", "-5", "0"):
        wrong = lobby.send("task-1", path, {**said, "seen": "3", "amount_fen": amount})
        assert (wrong.status_code, "金额（元）填写有误" in wrong.text) == (400, True), amount


@on_sqlite
def test_a_form_that_does_not_say_what_was_seen_does_nothing(office: Office, lobby: Lobby) -> None:
    name = office.submit()["id"]
    for who, action, said in (
        ("firm-1", "withdraw", {"reason": "发票开错，另行申请"}),
        ("task-1", "return", {"items.documents": "缺回单"}),
        ("task-1", "cut", {"amount_fen": "1,000.00", "reason": "含存储费用"}),
    ):
        answer = lobby.send(who, f"/claims/{name}/{action}", said)
        assert (answer.status_code, "此后" in answer.text) == (409, True), action
    assert state_of(office, name)["seen"] == 1


@on_sqlite
def test_whoever_acted_in_another_capacity_is_told_so_calmly(office: Office, lobby: Lobby) -> None:
    name = office.submit("task-2")["id"]
    refused = lobby.see("task-2", f"/claims/{name}/return", 403)
    assert "已以“协助填报”身份经办本版申请" in refused
    assert "suanquan " not in refused
    assert "退回补正" not in lobby.see("task-2", f"/claims/{name}")
    lobby.see("task-1", f"/claims/{name}/return")
    for nothing in ("draft", "notice", "check", "nothing"):
        lobby.see("task-1", f"/claims/{name}/{nothing}", 404)


@on_sqlite
def test_a_claim_goes_its_whole_way_by_forms(office: Office, lobby: Lobby) -> None:
    name = office.submit()["id"]
    at = f"/claims/{name}"
    do(lobby, "task-1", f"{at}/return", **{"items.documents": "缺回单", "items.payee": ""})
    back = state_of(office, name)
    assert back["remarks"] == [{"item": "documents", "reason": "缺回单"}]
    assert office.submit(claim=name)["state"] == "submitted"
    office.check("task-1", name)
    do(lobby, "authority-1", f"{at}/approve", document="鄂科技〔2022〕9号")
    drawn = office.ask(
        "authority-1", "notice", "draw", "hubei", "--claim", name, "--basis", "2022-9"
    )
    office.today = drawn["first_day"]
    objector = {f"objector.{one}": "x" for one in ("name", "phone", "address")}
    do(lobby, "authority-1", f"{at}/object", matter="用量存疑", **objector)
    said = {"objection": f"{name}-1", "reason": "部分成立", "outcome": "upheld"}
    do(lobby, "authority-1", f"{at}/settle", **said, cut_fen="10000")
    office.today = "2022-11-14"
    do(lobby, "authority-1", f"{at}/clear")
    office.ask("finance-1", "payment", "order", "hubei", "--claim", name)
    do(lobby, "finance-1", f"{at}/fail", reason="账户已销户")
    office.ask("finance-1", "payment", "order", "hubei", "--claim", name)
    do(lobby, "finance-1", f"{at}/pay", bank_reference="20221114-1")
    recovery = {"amount_fen": "10000", "document": "2022-10"}
    do(lobby, "authority-1", f"{at}/assess", **recovery, reason="红字发票")
    do(lobby, "finance-1", f"{at}/recover", **recovery, bank_reference="20221114-2")
    do(lobby, "finance-1", f"{at}/close")
    done = state_of(office, name)
    assert (done["state"], done["paid_fen"], done["recovered_fen"]) == (
        "closed",
        8_000_000,
        1_000_000,
    )
    assert "已追回" in lobby.see("firm-1", at)
    assert "用量存疑" in lobby.see("auditor-1", at)
