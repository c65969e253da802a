"""Statements in other formats than PDF: beside it at once, or any issued one again later."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ledger.config import Settings
from ledger.read import read_entries, read_heads
from portal.commands.statement_commands import issue
from portal.shell import Shell
from reports.formats import FORMATS
from reports.issue import Issued, subjects_of
from reports.print_room import Wanted
from reports.reading import read_snapshot
from tests.portal.conftest import Run


@pytest.fixture
def month(suanquan: Run, tmp_path: Path) -> None:
    """Record January of two enterprises."""
    path = tmp_path / "year.ndjson"
    suanquan("simulate", "--enterprises", 2, "--days", 40, "--out", path)
    suanquan("ingest", "file", path, "--format", "cloudevents")


def make(suanquan: Run, *formats: str) -> list[dict[str, Any]]:
    """Return the rows of January's statements, made in some formats."""
    asked = [part for form in formats for part in ("--format", form)]
    answer = suanquan("statement", "make", "--month", "2022-01", *asked, "--json")
    assert answer.status == 0, answer.err
    rows: list[dict[str, Any]] = answer.json["rows"]
    return rows


@pytest.mark.usefixtures("month")
def test_formats_stand_beside_the_pdf_and_come_again_with_the_same_bytes(
    suanquan: Run, tmp_path: Path, home: Path
) -> None:
    rows = make(suanquan, "xlsx", "pdf", "xlsx")
    folder = home / "statements" / "2022-01"
    assert {path.suffix for path in folder.iterdir()} == {".pdf", ".xlsx"}
    assert make(suanquan, *FORMATS) == rows, "nothing new is issued"
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert len(kept) == len(rows) * len(FORMATS)
    number, out = rows[0]["id"], tmp_path / "out"
    for form in FORMATS:
        exported = suanquan(
            "statement", "export", number, "--format", form, "--out", out, "--lang", "zh", "--json"
        )
        assert out.read_bytes() == kept[f"{number}.{form}"]
        sha256 = hashlib.sha256(out.read_bytes()).hexdigest()
        assert exported.json == {
            "id": number,
            "format": form,
            "path": str(out),
            "bytes": out.stat().st_size,
            "sha256": sha256,
        }
    assert json.loads(kept[f"{number}.json"])["statement"]["total_fen"] == rows[0]["total_fen"]
    lost = folder / f"{number}.csv"
    lost.unlink()
    make(suanquan, "csv")
    assert lost.read_bytes() == kept[lost.name]
    assert suanquan("replay", "--statements", "--json").json["match"]


@pytest.mark.usefixtures("month")
def test_html_comes_in_the_language_of_the_run_and_nothing_else_does(
    suanquan: Run, tmp_path: Path
) -> None:
    number = make(suanquan)[0]["id"]
    made = {}
    for form in ("html", "csv"):
        for language in ("zh", "en"):
            out = tmp_path / f"{language}.{form}"
            asked = ("--format", form, "--out", out, "--lang", language)
            assert suanquan("statement", "export", number, *asked).status == 0
            made[form, language] = out.read_bytes()
    assert b'<html lang="zh-CN">' in made["html", "zh"]
    assert b'<html lang="en">' in made["html", "en"]
    assert made["csv", "zh"] == made["csv", "en"]


def test_what_cannot_be_exported_is_told(suanquan: Run, tmp_path: Path) -> None:
    suanquan("db", "upgrade")
    out = tmp_path / "out.xlsx"
    for arguments, code in (
        (("SQ-X", "--format", "xlsx", "--out", out), "no_statement"),
        (("SQ-X", "--format", "docx", "--out", out), "usage"),
        (("SQ-X", "--format", "xlsx"), "usage"),
        (("SQ-X", "--out", out), "usage"),
    ):
        answer = suanquan("statement", "export", *arguments, "--json", "--lang", "en")
        assert (answer.status, answer.error["code"]) == (2, code)
    assert not out.exists()


@pytest.mark.usefixtures("month")
def test_a_file_that_cannot_be_written_is_told(suanquan: Run, tmp_path: Path) -> None:
    number = make(suanquan)[0]["id"]
    out = tmp_path / "nowhere" / "out.csv"
    answer = suanquan("statement", "export", number, "--format", "csv", "--out", out, "--json")
    assert (answer.status, answer.error["code"]) == (2, "file")


def issue_january(home: Path, processes: int) -> tuple[list[Issued], list[dict[str, Any]]]:
    """Return January's statements as issued in a home, and what the events say, in their order."""
    url = f"sqlite:///{home / 'suanquan.db'}"
    shell = Shell(Settings.of_home(home, url), "en", as_json=True)
    with shell.reading() as connection:
        snapshot = read_snapshot(connection)
        before = read_heads(connection)["book"].size
    codes = subjects_of(snapshot, "compute", "2022-01")
    wanted: list[Wanted] = [("compute", "2022-01", code) for code in codes]
    issued = issue(shell, shell.press(), snapshot, wanted, processes=processes)
    with shell.reading() as connection:
        size = read_heads(connection)["book"].size
        entries = [json.loads(one) for _, one in read_entries(connection, "book", before, size)]
    events = [one for one in entries if one["type"].startswith("cn.suanquan.statement.issued")]
    return issued, [{**one["data"], "issued_at": ""} for one in events]


def test_any_number_of_processes_records_the_same_events_in_the_same_order(
    suanquan: Run, tmp_path: Path, home: Path
) -> None:
    path, other = tmp_path / "month.ndjson", tmp_path / "other"
    suanquan("simulate", "--enterprises", 9, "--days", 31, "--out", path)
    suanquan("ingest", "file", path, "--format", "cloudevents")
    shutil.copytree(home, other)
    issued, said = issue_january(home, 1)
    assert issue_january(other, 3) == (issued, said)
    assert [one["statement"] for one in said] == [one.data.statement for one in issued]
    assert len(said) == 9
    files = {one.name: one.read_bytes() for one in (home / "statements").rglob("*.pdf")}
    assert {one.name: one.read_bytes() for one in (other / "statements").rglob("*.pdf")} == files
    assert len(files) == 9
