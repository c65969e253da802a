"""The whole path in one command, and what it leaves to look around in."""

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import copytree
from typing import Any, get_args

import httpx
from beancount import loader

from ledger.claim_list import ClaimFilter, list_claims
from ledger.config import Settings
from ledger.database import Connection, open_engine
from ledger.erasable import read_roster
from ledger.events import Role
from ledger.period import months_between
from ledger.read import read_entries, read_heads
from ledger.store import OWN_SOURCE
from portal.audit.checking import check_all, compare_projections
from portal.claims.batch import read_each
from portal.claims.queue import list_waiting
from portal.claims.reading import Viewer
from portal.commands.demo_command import SMALL, name_demo
from portal.demo.home import mark_played, open_once, read_clock
from portal.demo.left_open import STAGES, leave_open
from portal.demo.people import HELPER
from portal.shell import Shell
from reports.frames import sum_months, tell
from reports.reading import read_snapshot
from reports.reconciliation import reconcile_all
from tests.portal.conftest import environment_of
from tests.servers.kafka import free_ports

Run = Callable[..., Any]


def test_a_demo_is_played_proved_and_open_to_look_around(suanquan: Run, tmp_path: Path) -> None:
    home = tmp_path / "demo"
    answer = suanquan("demo", "--dir", home, "--json")
    assert answer.status == 0, answer.err
    data = answer.json
    assert set(data) >= {
        "users",
        "dir",
        "events",
        "enterprises",
        "charged_fen",
        "decisions",
        "claims_by_level",
        "statements",
        "checkpoint",
        "verified",
    }
    assert data["verified"] is True
    assert data["dir"] == str(home)
    assert [one["programme"] for one in data["decisions"]] == ["hubei", "wuhan", "east_lake"]
    for one in data["decisions"]:
        assert one["eligible"] + one["ineligible"] + one["undetermined"] == data["enterprises"]
        assert one["eligible"] > 0
        assert one["ineligible"] > 0
        assert 0 < one["refunded_fen"] <= one["amount_fen"]
    assert sum(one["undetermined"] for one in data["decisions"]) > 0
    assert 0 < data["refunded_fen"] < data["charged_fen"]
    _count(data)
    _leave_open(home, tmp_path / "open")
    _look_around(suanquan, home, data)
    _reconcile(home, data)
    _simulate(suanquan, home, data)
    _read_salts(home)
    _act(suanquan, home, data)
    _tamper(suanquan, home)


def _leave_open(home: Path, copy: Path) -> None:
    """What is served has something to do for each role, and every law holds of it."""
    copytree(home, copy)
    shell = Shell(Settings.of_home(copy), "zh", as_json=True)
    shell.behind_ms = read_clock(copy)
    assert open_once(copy)
    leave_open(shell, SMALL.today)
    assert not open_once(copy), "it is left open once"
    with shell.reading("keep") as connection:
        heads = read_heads(connection)
        roster = read_roster(connection, heads["book"].size)
        found = list_claims(connection, ClaimFilter(), limit=None)
        assert check_all(shell, connection, list(heads.values())) == []
        assert compare_projections(shell, connection, list(heads.values()))[1] == []
        left = [one for one in found if one.state not in {"paid", "closed"}]
        assert {one.state for one in left} == {*STAGES, "draft"}
        reads = read_each(
            connection, [(one.claim, one.enterprise) for one in left], heads["book"].size
        )
        assert all(one.claim.documents for one in reads if one.claim.state != "draft")
        own = next(one.scope for one in roster.grants["enterprise-1"])
        assert {one.state for one in left if one.enterprise == own} == {"draft", "returned"}
        for role in ("task_force", "authority", "finance"):
            people = [one for one in roster.grants if roster.has(one, role)]
            assert people
            for person in people:
                waits = _queue(shell, connection, Viewer(roster, person))
                assert bool(waits) == (person != HELPER), person


def _queue(shell: Shell, connection: Connection, viewer: Viewer) -> list[dict[str, Any]]:
    """Return the claims that wait for somebody on the demo's own day."""
    size, today = read_heads(connection)["book"].size, SMALL.today.isoformat()
    return list_waiting(connection, viewer, shell.papers, today, size, 20)


def _reconcile(home: Path, data: dict[str, Any]) -> None:
    """Hold a year's invoices against its usage: whatever differs is explained."""
    engine = open_engine(f"sqlite:///{home / 'suanquan.db'}", "read")
    try:
        with engine.connect() as connection:
            snapshot = read_snapshot(connection)
    finally:
        engine.dispose()
    charged_fen = 0
    codes = set()
    for month in months_between("2022-01", "2023-01"):
        reconciled = list(reconcile_all(snapshot, month))
        sums = sum_months(reconciled)
        charged_fen += sum(one.metered_fen for one in sums)
        codes |= {one.explanation.code for one in tell(reconciled, sums)}
    assert charged_fen == data["charged_fen"]
    assert "unpaid" in codes
    assert "unexplained" not in codes


def _count(data: dict[str, Any]) -> None:
    """A small demo has a claim for whatever a level refunds, and pays each of them."""
    levels = data["claims_by_level"]
    assert [row["level"] for row in levels] == ["province", "city", "district"]
    assert [row["claims"] for row in levels] == [one["refunded_to"] for one in data["decisions"]]
    assert data["claims"] == sum(row["claims"] for row in levels)
    for row in levels:
        assert row["kinds"]["paid"] == row["claims"]
        assert row["kinds"]["returned"] == row["kinds"]["resubmitted"]
        assert row["kinds"]["lapsed"] == row["kinds"]["draft"] == 0
    assert sum(row["kinds"]["returned"] for row in levels) > 0


def _simulate(suanquan: Run, home: Path, data: dict[str, Any]) -> None:
    change = Path(__file__).parents[2] / "examples" / "rules" / "change.toml"
    asked = ("programme", "simulate", "--change", change, "--json")
    simulated = suanquan(*asked, SUANQUAN_HOME=str(home)).json
    assert simulated["before_fen"] == data["refunded_fen"]
    assert [(one["programme"], one["before_fen"]) for one in simulated["by_programme"]] == [
        (one["programme"], one["refunded_fen"]) for one in data["decisions"]
    ]
    assert simulated["after_fen"] > simulated["before_fen"]
    assert simulated["synthetic"] is True


def _look_around(suanquan: Run, home: Path, data: dict[str, Any]) -> None:
    at = {"SUANQUAN_HOME": str(home)}
    listed = suanquan("statement", "list", "--json", **at).json["rows"]
    assert len(listed) == data["statements"]
    assert all(Path(row["path"]).read_bytes().startswith(b"%PDF") for row in listed)
    july = ("statement", "make", "--kind", "compute", "--month", "2022-07", "--json")
    again = suanquan(*july, **at).json["rows"]
    assert {row["revision"] for row in again} == {1}
    assert len(suanquan("statement", "list", "--json", **at).json["rows"]) == len(listed)
    total = sum(row["total_fen"] for row in listed if row["kind"] == "compute")
    assert total == data["charged_fen"]
    assert suanquan("log", "check", "--full", "--json", **at).json["ok"] is True
    _read_books(suanquan, data, at)


def _read_books(suanquan: Run, data: dict[str, Any], at: dict[str, str]) -> None:
    funds = suanquan("fund", "list", "--json", **at).json["rows"]
    assert funds == data["funds"]
    assert {row["fund"]: row["paid_fen"] for row in funds} == {
        one["programme"]: one["refunded_fen"] for one in data["decisions"]
    }
    text = suanquan("book", "export", "--format", "beancount", **at).out
    _, errors, _ = loader.load_string(text)
    assert errors == []


def _read_salts(home: Path) -> None:
    """Each event of the book has a salt of its own; the leaves that close batches have none."""
    engine = open_engine(f"sqlite:///{home / 'suanquan.db'}", "read")
    with engine.connect() as connection:
        size = read_heads(connection)["book"].size
        entries = [json.loads(entry) for _, entry in read_entries(connection, "book", 0, size)]
    engine.dispose()
    salts = [one.get("salt") for one in entries if one["source"] != OWN_SOURCE]
    assert all(salt and len(bytes.fromhex(salt)) == 16 for salt in salts)
    assert len(set(salts)) == len(salts) > 100


def _act(suanquan: Run, home: Path, data: dict[str, Any]) -> None:
    """Look as each role, and let two administrators forget an enterprise."""
    at = {"SUANQUAN_HOME": str(home)}
    tokens: dict[str, list[str]] = {}
    for one in data["users"]:
        tokens.setdefault(one["role"], []).append(one["token"])
    assert set(tokens) == set(get_args(Role))
    code = suanquan("usage", "--by", "enterprise", "--json", **at).json["rows"][0]["enterprise"]
    show = ("enterprise", "show", code, "--json")
    helper = tokens["task_force"][0]
    rows = suanquan(*show, SUANQUAN_TOKEN=helper, **at).json["rows"]
    assert [row["kind"] for row in rows] == ["contact", "bank_account"]
    finance = tokens["finance"][0]
    assert suanquan(*show, SUANQUAN_TOKEN=finance, **at).error["code"] == "not_allowed"
    first, second = tokens["administrator"]
    forget = ("enterprise", "forget", code, "--json")
    assert suanquan(*forget, "--reason", "1", SUANQUAN_TOKEN=first, **at).status == 0
    assert suanquan(*forget, SUANQUAN_TOKEN=second, **at).json["erased"] == len(rows)
    assert suanquan("log", "check", "--full", "--json", **at).json["ok"] is True
    assert suanquan("replay", "--json", **at).json["match"] is True


def _tamper(suanquan: Run, home: Path) -> None:
    at = {"SUANQUAN_HOME": str(home)}
    path = next((home / "statements").rglob("SQ-C-*.pdf"))
    path.write_bytes(path.read_bytes() + b" ")
    replayed = suanquan("replay", "--statements", "--json", **at)
    assert replayed.status == 4
    assert path.name.removesuffix(".pdf") in replayed.json["findings"][0]["what"]


def test_what_a_demo_prints_can_be_pasted_into_the_shell_that_called_it(
    terminal: Run, tmp_path: Path
) -> None:
    home = tmp_path / "a home" / "demo"
    answer = terminal("demo", "--dir", home, "--lang", "zh", SUANQUAN_DATABASE_URL="sqlite:////x")
    assert answer.status == 0, answer.out
    assert "…" not in answer.out
    assert "省级与市、区级互斥" in answer.out
    assert "申请办理情况" not in answer.out, "too few claims to count"
    lines = answer.out.splitlines()
    papers = lines.index("可打开的三张结算单：") + 1
    for line in lines[papers : papers + 3]:
        (path,) = shlex.split(line)
        assert Path(path).read_bytes().startswith(b"%PDF")
    commands = lines[lines.index("接下来可以试试：") + 1 :]
    assert len(commands) == 5
    pasted = subprocess.run(
        ["/bin/sh", "-e"],
        input="\n".join(commands),
        capture_output=True,
        check=False,
        text=True,
        cwd=tmp_path,
        env={"PATH": os.defpath, "PYTHONUTF8": "1", "SUANQUAN_DATABASE_URL": "sqlite:////x"},
    )
    assert (pasted.returncode, pasted.stderr) == (0, "")
    for shown in ("合计", "补贴", "省科技创新券", "日志完好"):
        assert shown in pasted.stdout


def test_the_same_seed_gives_the_same_centre(suanquan: Run, tmp_path: Path) -> None:
    out = [tmp_path / "a", tmp_path / "b", tmp_path / "c"]
    for seed, path in zip((1, 1, 2), out, strict=True):
        suanquan("simulate", "--enterprises", 2, "--days", 40, "--seed", seed, "--out", path)
    assert out[0].read_bytes() == out[1].read_bytes()
    assert out[0].read_bytes() != out[2].read_bytes()


def test_a_directory_that_no_demo_made_is_left_alone(suanquan: Run, tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "thesis.txt").write_text("mine")
    answer = suanquan("demo", "--dir", tmp_path / "papers", "--json")
    assert (answer.status, answer.error["code"]) == (3, "not_a_demo")
    assert (tmp_path / "papers" / "thesis.txt").read_text() == "mine"


def test_a_demo_that_was_played_is_served_again_as_it_was_left(
    suanquan: Run, home: Path, tmp_path: Path
) -> None:
    suanquan("db", "upgrade")
    token = suanquan("user", "add", "admin-1", "--role", "administrator", "--json").json["token"]
    suanquan("user", "add", "task-1", "--role", "task_force", SUANQUAN_TOKEN=token)
    (home / "demo.txt").touch()
    mark_played(home, name_demo(SMALL, 1))
    cookies = httpx.Cookies()
    for _ in range(2):
        with (
            _serving(home, tmp_path) as address,
            httpx.Client(base_url=address, cookies=cookies) as client,
        ):
            assert not cookies or "task-1" in client.get("/account").text
            for person in ("admin-1", "task-1"):
                door = client.get("/demo").text
                said = {"_csrf_token": door.split('name="_csrf_token" value="')[1].split('"')[0]}
                assert client.post(f"/demo/{person}", data=said).status_code == 303
                assert person in client.get("/account").text
            cookies = client.cookies


@contextmanager
def _serving(home: Path, folder: Path) -> Iterator[str]:
    """Yield the address of a demo that is served, once its door is open."""
    (port,) = free_ports(1)
    words = [sys.executable, "-m", "portal", "demo", "--dir", home, "--serve", port]
    with subprocess.Popen(
        [*map(str, words)], cwd=folder, env=environment_of(folder / "other"), text=True
    ) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            while True:
                assert process.poll() is None, "it ended"
                with suppress(httpx.TransportError):
                    httpx.get(f"{address}/healthz")
                    break
                time.sleep(0.05)
            yield address
        finally:
            process.terminate()
