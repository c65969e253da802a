"""Documents from the command line: filed, seen by whoever may, lost, altered, backed up."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ledger.codec import encode
from ledger.config import Settings
from ledger.documents import DocumentStore
from ledger.events import DocumentFiled
from ledger.period import render_instant
from ledger.rights import Grant
from portal import cli
from portal.accounts.people import grant_role
from portal.acting import SOURCE, at_console, issue_token
from portal.enterprises.filing import (
    ENTERPRISE_DAY_BYTES_MAX,
    What,
    check_documents,
    file_documents,
    find_strays,
)
from portal.shell import Shell, now_ms
from tests.papers import make_image, make_ofd, make_pdf, make_xml
from tests.portal.conftest import environment_of

CODE = "91420100MA4K2XY18X"
OTHER = "91420100MA49P8T68D"
DAY_MS = 86_400_000
PDF = make_pdf()
DIGEST = sha256(PDF).hexdigest()


class Answer(NamedTuple):
    """What a command gave: its status, and the object on standard output or the error."""

    status: int
    data: dict[str, Any]

    @property
    def code(self) -> str:
        code: str = self.data["error"]["code"]
        return code


class Desk:
    """The command line in this process, each person's token, and papers to hand in."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        self.folder = folder
        self.tokens = {"": ""}
        self._monkeypatch = monkeypatch
        self._capfd = capfd

    def __call__(self, *words: object, by: str = "", home: Path | None = None) -> Answer:
        self._monkeypatch.setenv("SUANQUAN_TOKEN", self.tokens[by])
        if home is not None:
            self._monkeypatch.setenv("SUANQUAN_HOME", str(home))
        status = cli.run([*map(str, words), "--json", "--lang", "en"])
        out, err = self._capfd.readouterr()
        if home is not None:
            self._monkeypatch.setenv("SUANQUAN_HOME", str(self.home))
        return Answer(status, json.loads(out or err.strip().splitlines()[-1]))

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def paper(self, name: str, data: bytes = PDF) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    def add(self, *paths: Path, by: str = "t", code: str = CODE, kind: str = "contract") -> Answer:
        return self("document", "add", code, *paths, "--kind", kind, "--ref", "C-1", by=by)

    def kept(self, digest: str = DIGEST) -> Path:
        return self.home / "documents" / digest[:2] / digest

    def size_of_book(self) -> int:
        logs = self("log", "list").data["logs"]
        return {str(one["name"]): int(one["size"]) for one in logs}["book"]


GRANTS: dict[str, Grant] = {
    "b": Grant("administrator"),
    "t": Grant("task_force"),
    "own": Grant("enterprise", CODE),
    "other": Grant("enterprise", OTHER),
    "u": Grant("auditor"),
    "f": Grant("finance", "hubei"),
    "z": Grant("authority", "hubei"),
}


def open_accounts(home: Path, url: str = "") -> dict[str, str]:
    """Return the token of a person of each role on a new ledger."""
    shell = Shell(Settings.of_home(home, url), "en", as_json=True)
    shell.create_schema()
    tokens = {}
    with at_console(shell) as act:
        grant_role(act, "a", Grant("administrator"))
        tokens["a"] = issue_token(act, "a")[0]
        for name, grant in GRANTS.items():
            for administrator in ("a", "b"):
                act.actor = administrator
                if grant_role(act, name, grant):
                    break
            issue_token(act, name)
            act.actor = name
            tokens[name] = issue_token(act, name)[0]
    return tokens


def filed(size_bytes: int, by: str, at_ms: int) -> DocumentFiled:
    """Return the event of a document that nobody has."""
    return DocumentFiled(
        at=render_instant(at_ms),
        sha256=sha256(f"{at_ms}".encode()).hexdigest(),
        media_type="application/pdf",
        size_bytes=size_bytes,
        kind="contract",
        recorded_by=by,
    )


def enter(desk: Desk, data: DocumentFiled, code: str) -> None:
    """Append an event whether it may be or not."""
    shell = Shell(Settings.of_home(desk.home), "en", as_json=True)
    with at_console(shell) as act:
        name = str(act.roster.index)
        act.events.append(encode(SOURCE, name, code, data, shell.salt(SOURCE, name)))


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Desk:
    """Return the desk of a new ledger on SQLite."""
    made = Desk(tmp_path, monkeypatch, capfd)
    made.tokens |= open_accounts(made.home)
    monkeypatch.setenv("SUANQUAN_HOME", str(made.home))
    monkeypatch.delenv("SUANQUAN_DATABASE_URL", raising=False)
    return made


# --- filed ---


def test_papers_of_each_kind_are_filed_listed_and_taken_out_again(desk: Desk) -> None:
    papers = {
        "合同.pdf": PDF,
        "发票.ofd": make_ofd(),
        "发票.xml": make_xml(),
        "回单.png": make_image("PNG"),
        "照片.JPG": make_image("JPEG"),
    }
    paths = [desk.paper(name, data) for name, data in papers.items()]
    added = desk.add(*paths)
    assert (added.status, added.data["recorded"], added.data["duplicate"]) == (0, 5, 0)
    assert [row["file"] for row in added.data["rows"]] == list(papers)
    listed = desk("document", "list", CODE, by="own").data["rows"]
    assert [row["sha256"] for row in listed] == [sha256(one).hexdigest() for one in papers.values()]
    assert {row["media_type"] for row in listed} == {
        *("application/pdf", "application/ofd", "application/xml", "image/png", "image/jpeg")
    }
    assert not any("index" in row for row in listed), "it would tell how much others do"
    inside = [row["index"] for row in desk("document", "list", CODE, by="t").data["rows"]]
    assert inside == sorted(inside)
    for row, data in zip(listed, papers.values(), strict=True):
        assert (row["kind"], row["ref"], row["recorded_by"]) == ("contract", "C-1", "t")
        out = desk.folder / f"out-{row['sha256']}"
        assert desk("document", "show", row["sha256"], "--out", out, by="own").status == 0
        assert out.read_bytes() == data
        assert out.stat().st_mode & 0o777 == 0o600
    assert desk("document", "check").data == {"ok": True, "documents": 5, "findings": []}
    assert desk("log", "check", "--full").data["findings"] == []
    replayed = desk("replay")
    assert replayed.data["documents"] == {"filed": 5, "match": True}


def test_no_name_of_a_file_is_kept(desk: Desk) -> None:
    desk.add(desk.paper("张三丰的工资单.pdf"))
    name = "张三丰".encode()
    for path in desk.home.rglob("*"):
        assert name not in path.name.encode()
        assert not path.is_file() or name not in path.read_bytes()


def test_filing_the_same_again_changes_nothing_and_another_kind_is_another_paper(
    desk: Desk,
) -> None:
    path = desk.paper("a.pdf")
    again = desk.add(path, path)
    assert [row["state"] for row in again.data["rows"]] == ["recorded", "duplicate"]
    size = desk.size_of_book()
    assert desk.add(path).data["duplicate"] == 1
    listed = desk("document", "list", CODE, by="t").data["rows"]
    assert len(listed) == 1
    desk.add(path, kind="resolution")
    desk.add(path, code=OTHER)
    assert len(desk("document", "list", CODE, by="t").data["rows"]) == 2
    assert len(desk("document", "list", OTHER, by="t").data["rows"]) == 1
    assert len([one for one in (desk.home / "documents").rglob("*") if one.is_file()]) == 1
    assert desk.size_of_book() > size


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("b.png", PDF, "forged_document"),
        ("b.pdf", PDF[:-20], "broken_document"),
        ("b.pdf", b"", "empty_document"),
        ("b.pdf", PDF + bytes(20_000_000), "document_too_large"),
        ("b.ofd", make_ofd(("../x", b"x")), "unsafe_name"),
        ("b.xml", b"<!DOCTYPE a><a/>", "doctype"),
    ],
)
def test_one_bad_file_and_none_is_filed(desk: Desk, name: str, data: bytes, code: str) -> None:
    size = desk.size_of_book()
    refused = desk.add(desk.paper("a.pdf"), desk.paper(name, data))
    assert (refused.status, refused.code) == (2, code)
    assert refused.data["error"]["message"].startswith(f"{name}: ")
    assert desk.size_of_book() == size
    assert not [one for one in desk.home.rglob("documents/**/*") if one.is_file()]


def test_what_is_not_a_file_a_kind_or_a_code_is_refused(desk: Desk) -> None:
    path = desk.paper("a.pdf")
    (desk.folder / "link.pdf").symlink_to(path)
    assert desk.add(desk.folder / "link.pdf").code == "not_a_file"
    assert desk.add(desk.folder / "none.pdf").code == "file"
    unknown = desk.add(path, kind="contrcat")
    assert (unknown.status, unknown.code) == (2, "unknown_kind")
    assert "did you mean contract?" in unknown.data["error"]["next"]
    assert desk.add(path, code="91420100MA4K2XY18Y").status == 2
    assert desk.add(*[path] * 101).code == "too_many_files"


def test_a_disk_is_not_filled_in_a_day(desk: Desk) -> None:
    now = now_ms()
    room = ENTERPRISE_DAY_BYTES_MAX - len(PDF)
    enter(desk, filed(room, "t", now - DAY_MS - 60_000), CODE)
    enter(desk, filed(room, "t", now - DAY_MS + 600_000), CODE)
    path = desk.paper("a.pdf")
    assert desk.add(path).status == 0
    another = desk.paper("b.pdf", make_pdf("another"))
    refused = desk.add(another)
    assert (refused.status, refused.code) == (3, "too_much_a_day")
    assert not list((desk.home / "documents" / ".staging").iterdir())
    assert desk.add(path).data["duplicate"] == 1
    assert desk.add(another, code=OTHER).status == 0


def test_a_person_reads_sentences_in_either_language(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    path = desk.paper("a.pdf")
    os.utime(path, (1_000_000, 1_000_000))
    monkeypatch.setenv("SUANQUAN_TOKEN", desk.tokens["t"])
    (desk.home / "documents" / ".staging").mkdir(parents=True)
    os.link(path, desk.home / "documents" / ".staging" / "left")

    def say(*words: object, lang: str) -> str:
        capfd.readouterr()
        cli.run([*map(str, words), "--lang", lang])
        return "".join(capfd.readouterr())

    add = ("document", "add", CODE, path, "--kind", "contract")
    assert "没有文件\n" in say("document", "list", CODE, lang="zh")
    assert f"已为 {CODE} 登记 1 份文件，0 份此前已登记" in say(*add, lang="zh")
    assert f"filed 0 documents for {CODE}; 1 had been filed before" in say(*add, lang="en")
    assert "服务合同" in say("document", "list", CODE, lang="zh")
    assert "service contract" in say("document", "list", CODE, lang="en")
    assert "1 份文件齐全，与登记时一致" in say("document", "check", lang="zh")
    assert "--remove removes them" in say("document", "prune", lang="en")
    assert "已删除" in say("document", "prune", "--remove", lang="zh")
    assert "there are no files that no event names" in say("document", "prune", lang="en")
    assert "文件 " in say("replay", lang="zh")
    desk.kept().unlink()
    assert "文件缺失" in say("document", "check", lang="zh")
    backup = say("backup", desk.folder / "copy", lang="zh")
    assert "其余完好，但缺以下文件" in backup
    assert DIGEST in backup


# --- who ---


def test_the_task_force_and_the_enterprise_file_and_nobody_else(desk: Desk) -> None:
    path = desk.paper("a.pdf")
    for name in ("a", "b", "other", "u", "f", "z"):
        refused = desk.add(path, by=name)
        assert (refused.status, refused.code) == (3, "not_allowed"), name
    assert desk.add(path, by="").code == "no_token"
    assert not desk.kept().exists()
    assert desk.add(path, by="own").status == 0
    assert desk.add(path, by="t", kind="other").status == 0


def test_an_enterprise_learns_nothing_of_another_ones_documents(desk: Desk) -> None:
    unknown = sha256(b"never filed").hexdigest()
    path = desk.paper("a.pdf")
    before = [
        desk("document", "show", DIGEST, "--out", desk.folder / "x", by="other"),
        desk("document", "list", CODE, by="other"),
        desk.add(path, by="other"),
    ]
    desk.add(path)
    after = [
        desk("document", "show", DIGEST, "--out", desk.folder / "x", by="other"),
        desk("document", "list", CODE, by="other"),
        desk.add(path, by="other"),
    ]
    assert after == before
    none = desk("document", "show", unknown, "--out", desk.folder / "x", by="other")
    assert (
        none.data["error"]["message"].replace(unknown, DIGEST)
        == (after[0].data["error"]["message"])
    )
    assert (none.status, none.code, after[0].code) == (2, "unknown_document", "unknown_document")
    assert not (desk.folder / "x").exists()
    # Its own paper of the same bytes it does see, and nothing more than that.
    own = desk.add(path, by="other", code=OTHER)
    assert own.data["rows"][0]["state"] == "recorded"
    shown = desk("document", "show", DIGEST, "--out", desk.folder / "y", by="other")
    assert shown.data["enterprise"] == OTHER


def test_who_may_see_is_asked_of_the_book_each_time(desk: Desk) -> None:
    desk.add(desk.paper("a.pdf"))
    for number, name in enumerate(("t", "u", "f", "z", "own")):
        out = desk.folder / f"out-{number}"
        assert desk("document", "show", DIGEST, "--out", out, by=name).status == 0, name
        assert len(desk("document", "list", CODE, by=name).data["rows"]) == 1
    for name in ("a", "b", "other"):
        refused = desk("document", "show", DIGEST, "--out", desk.folder / "x", by=name)
        assert refused.code == "unknown_document", name
        assert desk("document", "list", CODE, by=name).code == "not_allowed"
    desk("user", "add", "u", "--role", "task_force", by="a")
    desk("user", "revoke", "u", "--role", "auditor", by="a")
    desk("user", "revoke", "u", "--role", "task_force", by="a")
    assert desk("document", "list", CODE, by="u").code == "unknown_token"


def test_what_is_there_is_not_written_over(desk: Desk) -> None:
    desk.add(desk.paper("a.pdf"))
    out = desk.paper("mine.pdf", b"mine")
    refused = desk("document", "show", DIGEST, "--out", out, by="t")
    assert (refused.status, refused.code) == (2, "file_exists")
    assert out.read_bytes() == b"mine"


# --- killed, lost, altered ---

KILLED = """
import os, sys
from pathlib import Path
from ledger.codec import encode
from ledger.config import Settings
from ledger.documents import DocumentStore
from ledger.events import DocumentFiled
from ledger.period import render_instant
from ledger.documents import DocumentStore
from portal.acting import acting
from portal.enterprises.filing import What, file_documents
from portal.shell import Shell, now_ms
shell = Shell(Settings.load(), "en", as_json=True)
store = DocumentStore(shell.settings.home)
with store.staging([Path(sys.argv[2])]) as staged:
    if sys.argv[1] == "staged":
        os.kill(os.getpid(), 9)
    with acting(shell) as act:
        file_documents(act, store, sys.argv[3], staged, What("contract", "C-1"))
        os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("when", ["staged", "placed"])
def test_killed_before_the_event_leaves_a_file_that_is_pruned_after_a_day(
    desk: Desk, when: str
) -> None:
    path, size = desk.paper("a.pdf"), desk.size_of_book()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, when, path, CODE],
        check=False,
        env={**environment_of(desk.home), "SUANQUAN_TOKEN": desk.tokens["t"]},
    )
    assert done.returncode == -9
    (left,) = (one for one in (desk.home / "documents").rglob("*") if one.is_file())
    assert (left == desk.kept()) == (when == "placed")
    assert desk.size_of_book() == size
    assert desk("document", "check").data["ok"] is True
    assert desk("log", "check", "--full").data["ok"] is True
    assert desk("document", "prune", "--remove").data["rows"] == []
    os.utime(left, (1_000_000, 1_000_000))
    (row,) = desk("document", "prune").data["rows"]
    assert (row["path"], row["size_bytes"]) == (str(left), len(PDF))
    assert left.exists()
    assert desk("document", "prune", "--remove").data == {"removed": True, "rows": [row]}
    assert not left.exists()
    assert desk("document", "prune").data["rows"] == []
    assert desk.add(path).data["recorded"] == 1


def test_a_document_that_is_named_is_never_pruned_however_old(desk: Desk) -> None:
    desk.add(desk.paper("a.pdf"))
    os.utime(desk.kept(), (1_000_000, 1_000_000))
    assert desk("document", "prune", "--remove").data["rows"] == []
    assert desk("document", "check").data["ok"] is True


def test_whoever_prunes_waits_for_whoever_is_filing(tmp_path: Path, database_url: str) -> None:
    home, path = tmp_path / "home", tmp_path / "a.pdf"
    path.write_bytes(PDF)
    token = open_accounts(home, database_url)["t"]
    shell = Shell(Settings.of_home(home, database_url), "en", as_json=True)
    store = DocumentStore(home)
    with store.staging([path]) as (left,):
        store.place(left)
    os.utime(store.path_of(DIGEST), (1_000_000, 1_000_000))
    with ThreadPoolExecutor(1) as pool:
        with store.staging([path]) as staged, at_console(shell) as act:
            act.actor = act.roster.holder(token, act.at_ms).person
            file_documents(act, store, CODE, staged, What("contract"))
            pruning = pool.submit(find_strays, shell, act.at_ms, remove=True)
            assert not wait([pruning], timeout=0.5).done
        assert pruning.result() == []
    with shell.reading() as connection:
        documents, findings = check_documents(shell, connection, act.roster.index)
    assert (documents, findings) == (1, [])


@pytest.mark.parametrize("change", ["altered", "removed"])
def test_what_happened_to_a_document_is_named_everywhere_and_mended_by_filing_it_again(
    desk: Desk, change: str
) -> None:
    path = desk.paper("a.pdf")
    desk.add(path)
    (index,) = (row["index"] for row in desk("document", "list", CODE, by="t").data["rows"])
    desk.kept().unlink()
    if change == "altered":
        desk.kept().write_bytes(PDF.replace(b"%%EOF", b"%%E0F"))
    (desk.folder / "b").mkdir()
    for words in (
        ("document", "check"),
        ("log", "check", "--full"),
        ("replay",),
        ("backup", desk.folder / "b"),
    ):
        answer = desk(*words)
        assert answer.status == 4, words
        (finding,) = answer.data["findings"]
        assert (finding["log"], finding["index"], finding["table"]) == ("book", index, "document")
        for word in (CODE, "contract", DIGEST):
            assert word in finding["what"]
    assert desk("replay").data["documents"] == {"filed": 1, "match": False}
    assert desk("replay", "--as-of", f"book={index + 1}").status == 4
    assert desk("replay", "--as-of", f"book={index}").status == 0
    shown = desk("document", "show", DIGEST, "--out", desk.folder / "x", by="t")
    code = {"altered": "document_altered", "removed": "document_missing"}[change]
    assert (shown.status, shown.code) == (4, code)
    assert not (desk.folder / "x").exists()
    if change == "altered":
        assert desk.add(path).code == "document_altered"
        desk.kept().rename(desk.folder / "evidence")
    assert desk.add(path).data["duplicate"] == 1
    assert desk("log", "check", "--full").data["ok"] is True


def test_a_filing_by_somebody_who_may_not_is_found_by_every_check(desk: Desk) -> None:
    desk.add(desk.paper("a.pdf"), by="own")
    desk("user", "revoke", "own", "--role", "enterprise", "--enterprise", CODE, by="a")
    assert desk("log", "check").data["findings"] == []
    enter(desk, filed(9, "own", now_ms()), CODE)
    (finding,) = desk("log", "check").data["findings"]
    assert f"own may not file documents for {CODE}" in finding["what"]


# --- backup ---


def test_a_backup_holds_the_documents_and_restores_them(desk: Desk) -> None:
    desk.add(desk.paper("a.pdf"), desk.paper("b.png", make_image("PNG")))
    desk("log", "checkpoint")
    copy = desk.folder / "copy"
    made = desk("backup", copy)
    assert (made.status, made.data["documents"], made.data["ok"]) == (0, 2, True)
    assert desk("document", "check", home=copy).data["documents"] == 2
    desk.kept().write_bytes(b"altered later")
    assert (copy / "documents" / DIGEST[:2] / DIGEST).read_bytes() == PDF
    fresh = desk.folder / "fresh"
    restored = desk("restore", copy, home=fresh)
    assert (restored.status, restored.data["documents"]) == (0, 2)
    assert desk("document", "check", home=fresh).data["ok"] is True
    assert desk("log", "check", "--full", home=fresh).data["ok"] is True
    assert (fresh / "documents" / DIGEST[:2] / DIGEST).stat().st_mode & 0o777 == 0o600


def test_a_backup_without_a_lost_document_is_kept_and_says_so(desk: Desk) -> None:
    desk.add(desk.paper("a.pdf"), desk.paper("b.png", make_image("PNG")))
    desk("log", "checkpoint")
    desk.kept().unlink()
    copy, fresh = desk.folder / "copy", desk.folder / "fresh"
    made = desk("backup", copy)
    assert (made.status, made.data["documents"], made.data["ok"]) == (4, 1, False)
    restored = desk("restore", copy, home=fresh)
    assert restored.status == 4
    assert [one["what"] for one in restored.data["findings"]] != []
    assert (fresh / "checkpoints" / "book").exists()
    shutil.copy(desk.paper("a.pdf"), desk.folder / "again.pdf")
    mended = desk(
        *("document", "add", CODE, desk.folder / "again.pdf", "--kind", "contract", "--ref", "C-1"),
        by="t",
        home=fresh,
    )
    assert mended.data["duplicate"] == 1
    assert desk("log", "check", "--full", home=fresh).data["ok"] is True


def test_an_altered_document_in_a_backup_restores_nothing(desk: Desk) -> None:
    desk.add(desk.paper("a.pdf"))
    copy, fresh = desk.folder / "copy", desk.folder / "fresh"
    desk("backup", copy)
    (copy / "documents" / DIGEST[:2] / DIGEST).write_bytes(b"altered")
    refused = desk("restore", copy, home=fresh)
    assert (refused.status, refused.code) == (4, "backup_changed")
    assert not fresh.exists()


def test_a_replay_of_an_export_looks_at_no_document_that_is_not_there(desk: Desk) -> None:
    desk.add(desk.paper("a.pdf"))
    desk("log", "checkpoint")
    desk("log", "export", desk.folder / "export")
    away = desk.folder / "auditor"
    replayed = desk("replay", "--from", desk.folder / "export", home=away)
    assert (replayed.status, replayed.data["documents"]) == (0, {"filed": 1, "match": True})


# --- PostgreSQL ---


def test_documents_are_filed_seen_checked_and_moved_on_postgresql(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    postgres_database: str,
) -> None:
    desk = Desk(tmp_path, monkeypatch, capfd)
    desk.tokens |= open_accounts(desk.home, postgres_database)
    monkeypatch.setenv("SUANQUAN_HOME", str(desk.home))
    monkeypatch.setenv("SUANQUAN_DATABASE_URL", postgres_database)
    assert desk.add(desk.paper("a.pdf")).data["recorded"] == 1
    assert desk.add(desk.paper("a.pdf")).data["duplicate"] == 1
    assert desk.add(desk.paper("a.pdf"), by="other").code == "not_allowed"
    assert len(desk("document", "list", CODE, by="own").data["rows"]) == 1
    hidden = desk("document", "show", DIGEST, "--out", tmp_path / "x", by="other")
    assert hidden.code == "unknown_document"
    assert desk("document", "show", DIGEST, "--out", tmp_path / "x", by="own").status == 0
    assert (tmp_path / "x").read_bytes() == PDF
    assert desk("document", "prune", "--remove").data["rows"] == []
    assert desk("log", "check", "--full").data["findings"] == []
    assert desk("backup", tmp_path / "copy").data["documents"] == 1
    desk.kept().write_bytes(b"altered")
    for words in (("document", "check"), ("log", "check", "--full"), ("replay",)):
        (finding,) = desk(*words).data["findings"]
        assert DIGEST in finding["what"]
    away = tmp_path / "auditor"
    for words in (("log", "check", "--full"), ("replay",)):
        assert desk(*words, home=away).status == 0
    assert desk("document", "check", home=away).status == 4
    monkeypatch.setenv("SUANQUAN_DATABASE_URL", f"sqlite:///{tmp_path / 'moved.db'}")
    moved = desk("restore", tmp_path / "copy", home=tmp_path / "moved")
    assert (moved.status, moved.data["documents"]) == (0, 1)
