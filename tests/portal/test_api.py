"""The interface for programs: who may ask, how it refuses, and that it says what commands say."""

import ast
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from ledger.config import Settings
from ledger.events import Scope
from ledger.kept_answers import hold_key
from ledger.period import DAY_MS
from portal import cli
from portal.fault import is_for_terminal
from portal.shell import Shell
from portal.web.address import API
from portal.web.api import remember
from portal.web.api.openapi import describe
from portal.web.api.pace import Pace, Rate
from portal.web.api.router import SUBJECTS
from portal.web.app import make_app
from tests.portal.callers import Caller, calling
from tests.portal.office import ONE, OTHER, Office, office
from tests.small_ledger import CODE

__all__ = ["office"]

ROOT: Final = Path(__file__).parents[2]

Call = Callable[[str], Caller]


@pytest.fixture
def client(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient[Any]]:
    with calling(office, monkeypatch) as found:
        yield found


@pytest.fixture
def call(office: Office, client: TestClient[Any]) -> Call:
    return lambda who: Caller(client, office.tokens.get(who, ""))


CLAIM = {"enterprise": CODE, "programme": "hubei", "invoices": [ONE]}


def test_a_claim_goes_its_way_and_the_commands_say_the_same(call: Call, office: Office) -> None:
    firm, task, authority = call("firm-1"), call("task-1"), call("authority-1")
    claim = firm.send("/claims", CLAIM)
    name = claim["id"]
    assert (claim["state"], claim["seen"]) == ("submitted", 1)
    assert claim | {"headroom": None} == office.ask("firm-1", "claim", "show", name) | {
        "headroom": None
    }
    listed = office.ask("firm-1", "claim", "list")
    assert firm.get("/claims") == {**listed, "next": None}
    items = task.get(f"/claims/{name}/check-list")["items"]
    marks = [{"item": one["item"], "verdict": "met", "reason": "已核对"} for one in items]
    checked = task.send(f"/claims/{name}/check", {"items": marks}, seen=1)
    assert checked["state"] == "checked"
    assert task.send(f"/claims/{name}/check", {"items": marks}, seen=1)["code"] == "stale"
    approved = authority.send(f"/claims/{name}/approve", {"document": "2022-7"}, seen=2)
    assert approved["state"] == "approved"
    assert authority.send(f"/claims/{name}/approve", {"document": "2022-7"}, seen=2) == approved
    drawn = authority.send("/notices", {"programme": "hubei", "basis": "公示1号"})
    (row,) = call("").get("/notices")["rows"]
    assert row["notice"] == drawn["notice"]
    notice = f"/notices/{row['notice']}"
    assert call("").get(notice)["total_fen"] == claim["amount_fen"]
    assert "claim" not in call("").get(notice)["rows"][0]
    assert authority.get(notice)["rows"][0]["claim"] == name


def test_whoever_shows_no_token_is_told_how_to_ask(client: TestClient[Any], call: Call) -> None:
    for header in ({}, {"authorization": "Basic YTpi"}, {"authorization": "Bearer sq_wrong"}):
        answer = client.get("/api/v1/claims", headers=header)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "unknown_token"
    assert call("").get("/claims")["code"] == "not_signed_in"
    assert call("").status("/notices") == 200


def test_a_portal_with_a_slow_clock_has_one_day_for_all_that_it_tells(
    client: TestClient[Any], office: Office
) -> None:
    def days_in(portal: TestClient[Any]) -> set[str]:
        task, firm = (Caller(portal, office.tokens[one]) for one in ("task-1", "firm-1"))
        waiting = task.get("/claims/waiting"), firm.get(f"/enterprises/{CODE}/waiting")
        return {one["on"] for one in waiting}

    shell = Shell(Settings.load(), "zh", as_json=True)
    shell.behind_ms = 3 * DAY_MS
    assert days_in(client) == {"2022-11-01"}
    with TestClient(make_app(shell)) as slow:
        assert days_in(slow) == {"2022-10-29"}


def test_a_cookie_is_nobody_under_the_interface(client: TestClient[Any], office: Office) -> None:
    client.cookies.set("suanquan_session", office.tokens["firm-1"])
    assert client.get("/api/v1/me").status_code == 401


def test_a_token_that_has_expired_counts_no_more(call: Call, office: Office) -> None:
    assert call("firm-1").get("/me")["enterprises"] == [CODE]
    office.today = "2023-11-01"
    assert call("firm-1").get("/me")["code"] == "expired_token"


def test_another_company_is_not_there(call: Call) -> None:
    name = call("firm-1").send("/claims", CLAIM)["id"]
    stranger = call("stranger-1")
    assert stranger.get(f"/claims/{name}")["code"] == "unknown_claim"
    assert stranger.get("/claims")["rows"] == []
    for path in ("usage", "decision", "papers", "documents", "vouchers", "statements"):
        assert stranger.get(f"/enterprises/{CODE}/{path}")["code"] == "unknown_page", path
        assert stranger.status(f"/enterprises/{OTHER}/{path}") in {200, 400, 404}, path
    asked = stranger.send("/claims", CLAIM)
    assert (asked["code"], asked["status"]) == ("not_allowed", 403)


def test_a_limited_token_reaches_no_further(call: Call, office: Office) -> None:
    made = office.ask("firm-1", "user", "token", "--scope", "read")
    office.tokens["firm-1"] = made["token"]
    assert call("firm-1").get("/me")["scopes"] == ["read"]
    assert call("firm-1").get("/claims")["rows"] == []
    refused = call("firm-1").send("/claims", CLAIM)
    assert (refused["code"], refused["status"]) == ("limited_token", 403)


def test_an_answer_that_is_kept_is_for_whom_the_route_lets_in_now(
    call: Call, office: Office
) -> None:
    key = "a-key-that-was-used-once"
    handed_in = call("firm-1").send("/claims", CLAIM, key)
    assert handed_in["id"]
    assert call("firm-1").send("/claims", CLAIM, key) == handed_in
    office.tokens["firm-1"] = office.ask("firm-1", "user", "token", "--scope", "read")["token"]
    refused = call("firm-1").send("/claims", CLAIM, key)
    assert (refused["code"], refused["status"]) == ("limited_token", 403)


@pytest.mark.usefixtures("client")
def test_a_token_that_names_no_scope_is_for_commands_and_reads_here(
    call: Call, office: Office
) -> None:
    office.tokens["firm-1"] = office.ask("firm-1", "user", "token")["token"]
    assert call("firm-1").get("/me")["scopes"] == ["read"]
    assert call("firm-1").get("/claims")["rows"] == []
    assert call("firm-1").send("/claims", CLAIM)["code"] == "limited_token"
    assert office.submit()["state"] == "submitted"


def test_every_route_that_is_sent_something_names_its_scope() -> None:
    app = make_app(Shell(Settings.load(), "zh", as_json=True))
    sent = {
        handler.handler_name: handler.opt.get("scope")
        for route in app.routes
        if isinstance(route, HTTPRoute) and route.path.startswith(API)
        for handler in route.route_handlers
        if handler.http_methods - {"GET", "OPTIONS"}
    }
    assert len(sent) > 25
    assert {name for name, scope in sent.items() if scope not in get_args(Scope)} == set()
    assert {name for name, scope in sent.items() if scope == "read"} == {
        "preview_case",
        "start_one_check",
        "verify_statement",
        "work_change_out",
    }


def test_an_unknown_key_is_refused_with_the_nearest_known_name(call: Call) -> None:
    refused = call("firm-1").send("/claims", {**CLAIM, "programe": "hubei"})
    assert (refused["code"], refused["status"]) == ("unknown_key", 400)
    assert "programme" in refused["next"]


def test_a_next_step_is_no_command_of_a_terminal(call: Call, office: Office) -> None:
    told = office.ask("task-1", "claim", "show", "SQ-1")["error"]
    assert "suanquan claim list" in told["next"]
    refused = call("task-1").get("/claims/SQ-1")
    assert (refused["code"], refused["next"]) == (told["code"], "")


def test_words_for_a_terminal_are_told_by_what_they_name() -> None:
    for words in ("见 suanquan claim list", "请设 SUANQUAN_HOME", "（--map）", "see a/change.toml"):
        assert is_for_terminal(words), words
    for words in ("see https://suanquan.example/", "see docs", "a -- b", "2022-07--1"):
        assert not is_for_terminal(words), words


def test_a_next_step_in_english_names_a_command_by_its_whole_name() -> None:
    """Whoever reads a page or an answer is spared commands by what they begin with."""
    commands = [f"{group} {name}" for group, name in _commands()]
    assert len(commands) > 60
    named = re.compile(rf"\b({'|'.join(map(re.escape, commands))})\b")
    found = [
        (str(path), text)
        for path, text in _next_steps()
        if named.search(text) and not is_for_terminal(text)
    ]
    assert found == []


def _commands() -> Iterator[tuple[str, str]]:
    """Yield the commands that have two words."""
    for group, command in cli.cli.commands.items():
        for name in getattr(command, "commands", ()):
            yield group, name


def _next_steps() -> Iterator[tuple[Path, str]]:
    """Yield each next step in the source: the English of the last text that an error is given."""
    for part in ("ledger", "ingest", "vouchers", "reports", "portal"):
        for path in sorted((ROOT / part).rglob("*.py")):
            for call in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(call, ast.Call) and len(call.args) > 2:
                    yield from ((path, one) for one in _english_in(call.args[2]))


def _english_in(told: ast.expr) -> Iterator[str]:
    """Yield the English of each text in an expression."""
    for one in ast.walk(told):
        if isinstance(one, ast.Call) and ast.unparse(one.func) == "Text" and len(one.args) > 1:
            yield ast.unparse(one.args[1])


def test_a_list_goes_on_where_a_page_ended(call: Call) -> None:
    pages, after = [], None
    while True:
        page = call("auditor-1").get("/logs/book/entries", limit=7, **after or {})
        pages += [one["index"] for one in page["rows"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert pages == list(range(page["size"]))
    first = call("").get("/programmes", limit=1)
    rest = call("").get("/programmes", limit=200, after=first["next"])
    whole = call("").get("/programmes")
    assert first["rows"] + rest["rows"] == whole["rows"]
    assert call("").get("/programmes", after="nowhere")["code"] == "bad_after"


def test_who_asks_too_often_is_told_when_to_ask_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace = Pace(Rate(per_s=1, burst=2), Rate(per_s=1, burst=1), clock=lambda: 0.0)
    with calling(office, monkeypatch, pace) as client:
        firm = Caller(client, office.tokens["firm-1"])
        assert [firm.status("/me") for _ in range(3)] == [200, 200, 429]
        refused = client.get("/api/v1/me", headers=firm.headers)
        assert (refused.json()["code"], refused.headers["retry-after"]) == ("throttled", "1")
        assert Caller(client, office.tokens["task-1"]).status("/me") == 200
        strangers = [Caller(client, "sq_wrong").status("/me") for _ in range(2)]
        assert strangers == [401, 429]


def test_a_bucket_fills_again() -> None:
    now = [0.0]
    pace = Pace(Rate(per_s=2, burst=1), clock=lambda: now[0])
    pace.take_of_token("a")
    with pytest.raises(Exception, match="too many"):
        pace.take_of_token("a")
    now[0] = 0.5
    pace.take_of_token("a")


def test_a_request_sent_again_under_its_key_is_answered_as_it_was(
    client: TestClient[Any], call: Call, office: Office
) -> None:
    firm, key = call("firm-1"), "0123456789abcdef"
    first = firm.send("/claims", CLAIM, key)
    office.act("firm-1", first["id"], "withdraw", "--reason", "x")
    assert firm.send("/claims", CLAIM, key) == first
    assert firm.send("/claims", {**CLAIM, "asked_fen": 1}, key)["code"] == "key_reused"
    assert (
        call("task-1").send("/claims", {**CLAIM, "claim": first["id"]}, key)["code"] != "key_reused"
    )
    headers = {**firm.headers, "idempotency-key": key, "content-type": "application/json"}
    again = client.post("/api/v1/claims", content=json.dumps(CLAIM), headers=headers)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")


def test_a_long_answer_is_sent_again_as_it_can_be_read(
    client: TestClient[Any], call: Call, office: Office
) -> None:
    claim, task, key = office.submit(), call("task-1"), "0123456789abcdef"
    items = task.get(f"/claims/{claim['id']}/check-list")["items"]
    marks = [{"item": one["item"], "verdict": "met", "reason": "已核对" * 40} for one in items]
    path, seen = f"/claims/{claim['id']}/check", task.get(f"/claims/{claim['id']}")["seen"]
    first = task.send(path, {"items": marks}, key, seen=seen)
    assert first["state"] == "checked"
    # It was packed for the first who asked, and is long enough for that.
    assert task.send(path, {"items": marks}, key, seen=seen) == first
    headers = {**task.headers, "idempotency-key": key, "accept-encoding": "identity"}
    said = json.dumps({"items": marks})
    again = client.post(f"/api/v1{path}?seen={seen}", content=said, headers=headers)
    assert len(again.content) > 1_000
    assert (again.headers["idempotency-replayed"], again.json()) == ("true", first)


def test_what_was_refused_leaves_its_key_free(call: Call) -> None:
    firm, key = call("firm-1"), "0123456789abcdef"
    assert firm.send("/claims", {**CLAIM, "asked_fen": 0}, key)["code"] == "bad_value"
    assert firm.send("/claims", CLAIM, key)["state"] == "submitted"


def test_a_post_that_records_takes_a_key(client: TestClient[Any], call: Call) -> None:
    for key in ("", "short", "a key with spaces", "x" * 65):
        headers = {**call("firm-1").headers, "idempotency-key": key}
        answer = client.post("/api/v1/claims", content=json.dumps(CLAIM), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request"), key
        assert "Idempotency-Key" in answer.json()["detail"]
    assert call("firm-1").get("/claims")["rows"] == []


def test_the_description_asks_for_a_key_wherever_one_is_needed() -> None:
    named = {
        operation["operationId"]
        for item in describe(SUBJECTS)["paths"].values()
        for operation in item.values()
        if any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", ()))
    }
    assert {"hand_claim_in", "approve_claim", "close_fund_year", "file_document"} <= named
    assert named.isdisjoint({"preview_case", "verify_statement", "download_bank_file"})


def test_of_two_requests_at_the_same_moment_one_is_worked_on(
    call: Call, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm, key, now = call("firm-1"), "0123456789abcdef", [10**12]
    monkeypatch.setattr(remember, "now_ms", lambda: now[0])
    shell = Shell(Settings.load(), "zh", as_json=True)
    body = json.dumps(CLAIM).encode()
    said = hashlib.sha256(b"POST\n/api/v1/claims\n\n" + body).digest()
    held = hashlib.sha256(f"firm-1\n{key}".encode()).digest()
    with shell.writing() as engine, engine.begin() as connection:
        assert hold_key(connection, held, said, now[0]) is None
    assert firm.send("/claims", CLAIM, key)["code"] == "key_in_use"
    now[0] += remember.HELD_MS + 1
    assert firm.send("/claims", CLAIM, key)["state"] == "submitted"
    now[0] += remember.KEPT_MS + 1
    assert firm.send("/claims", {**CLAIM, "asked_fen": 0}, key)["code"] == "bad_value"
    assert office.ask("firm-1", "claim", "list")["rows"][0]["state"] == "submitted"


def test_a_body_that_is_no_document_is_wrong_not_missing(call: Call) -> None:
    refused = call("firm-1").send(f"/enterprises/{CODE}/documents", b"<html>", kind="contract")
    assert (refused["code"], refused["status"]) == ("unknown_media", 400)


def test_what_a_body_names_is_wrong_and_what_an_address_names_is_missing(call: Call) -> None:
    firm = call("firm-1")
    for path, body in (
        ("/claims", {**CLAIM, "claim": "SQ-AAAAAAAAAA"}),
        ("/claims", {**CLAIM, "documents": ["0" * 64]}),
    ):
        refused = firm.send(path, body)
        assert (refused["code"][:8], refused["status"]) == ("unknown_", 400), refused
    refused = call("finance-1").send("/payments/results", "表头\n一".encode())
    assert refused["status"] == 400, refused
    withdrawn = firm.send("/claims/SQ-AAAAAAAAAA/withdraw", {"reason": "x"}, seen=1)
    assert (withdrawn["code"], withdrawn["status"]) == ("unknown_claim", 404)
    assert firm.get("/claims/SQ-AAAAAAAAAA")["status"] == 404
    assert firm.get(f"/enterprises/{CODE}/decision", programme="nowhere")["status"] == 400


def test_anybody_may_ask_which_methods_an_address_takes(client: TestClient[Any]) -> None:
    answer = client.options("/api/v1/claims")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")
