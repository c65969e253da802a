"""The command line's contract: commands, keys, exit statuses, where words go and where errors."""

import gzip
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger import tables
from ledger.codec import encode
from ledger.events import UsageRecorded
from portal.cli import cli

Run = Callable[..., Any]

CODE = "91420100MA4K2XY18X"

COMMANDS = (
    "db upgrade",
    "demo",
    "simulate",
    "ingest file",
    "ingest rejected list",
    "ingest rejected show",
    "ingest rejected retry",
    "ingest gaps",
    "ingest tallies",
    "usage",
    "programme list",
    "programme show",
    "programme preview",
    "programme adopt",
    "programme adopted",
    "programme decide",
    "programme new",
    "programme check",
    "programme diff",
    "programme reference",
    "programme simulate",
    "statement make",
    "statement list",
    "statement export",
    "statement trace",
    "log list",
    "log checkpoint",
    "log check",
    "log export",
    "log prove",
    "log prove-growth",
    "log check-proof",
    "log rotate-key",
    "log cosign",
    "replay",
    "backup",
    "restore",
)

CASE = {
    "enterprise": {
        "credit_code": CODE,
        "registered_region": "420100",
        "tax_domicile": [{"zone": "east-lake", "from": "2021-01-01"}],
        "qualifications": [
            {"kind": "high_tech_enterprise", "from": "2021-11-15", "to": "2024-11-14"},
            {"kind": "above_scale", "from": "2021-01-01"},
        ],
        "facts": [{"name": "sales_fen", "year": 2021, "value": 15_000_000_000}],
    },
    "purchases": [
        {
            "contract": "C-1",
            "project": "P-1",
            "signed_on": "2022-03-01",
            "completed_on": "2022-06-30",
            "resource_kind": "accelerator",
            "invoiced_fen": 60_000_000,
            "payments": [{"paid_on": "2022-07-10", "amount_fen": 60_000_000}],
        }
    ],
    "declarations": {"related_party": False, "serious_dishonesty": False},
    "apply_on": "2022-11-01",
}


def usage_line(event_id: str, **changes: str) -> bytes:
    fields = {
        "job": "j-1",
        "resource": "gpu",
        "amount": "8",
        "start": "2022-07-01T00:00:00Z",
        "end": "2022-07-01T01:00:00Z",
    }
    return encode("urn:test", event_id, CODE, UsageRecorded(**fields | changes)).raw


@pytest.fixture
def usage_file(tmp_path: Path) -> Path:
    path = tmp_path / "usage.ndjson"
    path.write_bytes(b"\n".join(usage_line(str(number)) for number in range(3)) + b"\n")
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_with_an_example(command: str) -> None:
    context = None
    found: Any = cli
    for word in command.split():
        context = found.make_context(word, ["--help"], parent=context, resilient_parsing=True)
        found = found.get_command(context, word)
        assert found is not None, command
    text = found.get_help(found.make_context(command, [], resilient_parsing=True))
    assert f"suanquan {command}" in text
    assert "--json" in text
    assert "--lang" in text


def test_a_file_is_recorded_once_and_then_counts_as_duplicates(
    suanquan: Run, usage_file: Path
) -> None:
    first = suanquan("ingest", "file", usage_file, "--format", "cloudevents", "--json")
    assert first.status == 0, first.err
    assert first.json == {
        "seen": 3,
        "recorded": 3,
        "duplicate": 0,
        "rejected": 0,
        "logs": [{"name": "usage", "size": 4}, {"name": "book", "size": 0}],
    }
    again = suanquan("ingest", "file", usage_file, "--format", "cloudevents", "--json")
    assert again.json == {**first.json, "recorded": 0, "duplicate": 3}


def test_standard_input_and_gzip_give_the_same_records(
    suanquan: Run, usage_file: Path, tmp_path: Path
) -> None:
    raw = usage_file.read_bytes()
    piped = suanquan("ingest", "file", "-", "--format", "cloudevents", "--json", stdin=raw)
    assert piped.json["recorded"] == 3
    packed = tmp_path / "usage.ndjson.gz"
    packed.write_bytes(gzip.compress(raw))
    again = suanquan("ingest", "file", packed, "--format", "cloudevents", "--json")
    assert again.json["duplicate"] == 3


def test_a_refused_line_is_listed_with_its_place_and_shown_with_its_bytes(
    suanquan: Run, tmp_path: Path
) -> None:
    bad = usage_line("1").replace(b'"8"', b'"-8"')
    path = tmp_path / "bad.ndjson"
    path.write_bytes(usage_line("0") + b"\n" + bad + b"\n")
    answer = suanquan("ingest", "file", path, "--format", "cloudevents", "--json")
    assert answer.status == 0
    assert (answer.json["recorded"], answer.json["rejected"]) == (1, 1)
    listed = suanquan("ingest", "rejected", "list", "--json", "--lang", "en").json
    assert listed["total"] == 1
    (row,) = listed["rows"]
    assert set(row) == {
        "id",
        "source",
        "position",
        "code",
        "message",
        "recorded_at",
        "settled",
    }
    assert (row["position"], row["code"]) == (2, "bad_amount")
    assert "'-8'" in row["message"]
    shown = suanquan("ingest", "rejected", "show", row["id"], "--json").json
    assert set(row) < set(shown)
    assert {"bytes_base64", "headers"} <= set(shown)
    missing = suanquan("ingest", "rejected", "show", 999, "--json")
    assert (missing.status, missing.error["code"]) == (2, "no_rejection")


def test_strict_writes_nothing_when_a_line_is_bad(suanquan: Run, tmp_path: Path) -> None:
    path = tmp_path / "bad.ndjson"
    path.write_bytes(usage_line("0") + b"\nnonsense\n")
    answer = suanquan("ingest", "file", path, "--format", "cloudevents", "--strict", "--json")
    assert answer.status == 2
    assert answer.out == ""
    assert set(answer.error) == {"code", "message", "next"}
    sizes = {one["name"]: one["size"] for one in suanquan("log", "list", "--json").json["logs"]}
    assert sizes == {"usage": 0, "book": 0, "access": 0}


def test_strict_writes_nothing_of_any_file_when_one_has_a_bad_line(
    suanquan: Run, usage_file: Path, tmp_path: Path
) -> None:
    bad, other = tmp_path / "bad.ndjson", tmp_path / "other.ndjson"
    bad.write_bytes(usage_line("9") + b"\nnonsense\n")
    # What only the ledger can refuse: an event of the first file that says something else here.
    other.write_bytes(usage_line("0", amount="7") + b"\n")
    form = ("--format", "cloudevents", "--json")
    for second in (bad, other):
        answer = suanquan("ingest", "file", usage_file, second, "--strict", *form)
        assert answer.status == 2
        assert second.name in answer.error["message"]
        logs = suanquan("log", "list", "--json").json["logs"]
        assert [one["size"] for one in logs] == [0, 0, 0]
    other.write_bytes(usage_line("10") + b"\n")
    both = suanquan("ingest", "file", usage_file, other, "--strict", *form)
    assert (both.json["recorded"], both.json["logs"][0]["size"]) == (4, 6)
    assert suanquan("log", "check", "--full", "--json").json["ok"] is True


def test_strict_files_without_ids_may_not_cover_the_same_time(
    suanquan: Run, tmp_path: Path
) -> None:
    examples = Path(__file__).parents[2] / "examples"
    rows, without_ids = tmp_path / "a.csv", tmp_path / "map.toml"
    fewer = tmp_path / "b.csv"
    rows.write_text((examples / "usage.csv").read_text())
    fewer.write_text("".join(rows.read_text().splitlines(keepends=True)[:-1]))
    without_ids.write_text((examples / "usage.toml").read_text().replace('id = ["record"]', ""))
    wanted = ("ingest", "file", rows, fewer, "--format", "csv", "--map", without_ids, "--strict")
    refused = suanquan(*wanted, "--json")
    assert (refused.status, refused.error["code"]) == (3, "overlapping_file")
    assert [one["size"] for one in suanquan("log", "list", "--json").json["logs"]] == [0, 0, 0]
    assert suanquan(*wanted, "--allow-overlap", "--json").json["recorded"] == 7


@pytest.mark.parametrize("strict", [(), ("--strict",)])
def test_a_missing_file_is_told_before_another_is_recorded(
    suanquan: Run, usage_file: Path, strict: tuple[str, ...]
) -> None:
    form = ("--format", "cloudevents", "--json", *strict)
    answer = suanquan("ingest", "file", usage_file, "nowhere.ndjson", *form)
    assert (answer.status, answer.error["code"]) == (2, "file")
    assert "nowhere.ndjson" in answer.error["message"]
    suanquan("db", "upgrade")
    assert suanquan("log", "list", "--json").json["logs"][0]["size"] == 0


def test_usage_has_the_keys_named_and_exact_sums(suanquan: Run, usage_file: Path) -> None:
    suanquan("ingest", "file", usage_file, "--format", "cloudevents")
    data = suanquan("usage", "--by", "enterprise,month,day", "--json").json
    assert data["rows"] == [
        {
            "enterprise": CODE,
            "name": CODE,
            "month": "2022-07",
            "day": "2022-07-01",
            "resource": "gpu",
            "unit": "unit_second",
            "quantity": "86400",
        }
    ]
    assert data["total"] == [{"resource": "gpu", "unit": "unit_second", "quantity": "86400"}]
    assert data["as_of"] == [{"log": "usage", "size": 4}, {"log": "book", "size": 0}]
    earlier = suanquan("usage", "--as-of", "usage=2", "--json").json
    assert earlier["total"][0]["quantity"] == "57600"
    assert suanquan("usage", "--month", "2022-08", "--json").json["rows"] == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("usage", "--by", "colour"), "bad_dimension"),
        (("usage", "--month", "2022-13"), "bad_month"),
        (("usage", "--as-of", "usage=-1"), "bad_size"),
        (("usage", "--as-of", "usage=99"), "size_beyond_head"),
        (("nonsense",), "usage"),
        (("ingest", "file", "nowhere.ndjson", "--format", "cloudevents"), "file"),
        (("ingest", "file", "x.csv", "--format", "csv"), "no_map"),
        (("programme", "show", "hubey"), "unknown_programme"),
        (("programme", "show", "hubei", "--on", "2022-02-30"), "bad_date"),
        (("statement", "make", "--month", "2022-07", "--enterprise", CODE), "unknown_enterprise"),
    ],
)
def test_wrong_input_says_what_and_what_next_and_exits_with_2(
    suanquan: Run, arguments: tuple[str, ...], code: str
) -> None:
    suanquan("db", "upgrade")
    answer = suanquan(*arguments, "--json", "--lang", "en")
    assert answer.status == 2, answer
    assert answer.error["code"] == code
    assert answer.error["message"]
    assert answer.error["next"]
    assert answer.out == ""
    assert "Traceback" not in answer.err


def test_a_reading_command_without_a_database_names_the_command_that_makes_one(
    suanquan: Run,
) -> None:
    answer = suanquan("usage", "--json")
    assert (answer.status, answer.error["code"]) == (2, "no_schema")
    assert "suanquan db upgrade" in answer.error["next"]


def test_db_upgrade_tells_revision_and_dialect(suanquan: Run) -> None:
    first = suanquan("db", "upgrade", "--json")
    assert first.json["dialect"] == "sqlite"
    assert first.json == suanquan("db", "upgrade", "--json").json


def test_a_month_with_nothing_to_settle_is_told_without_advice_to_do_it_again(
    suanquan: Run,
) -> None:
    suanquan("db", "upgrade")
    made = suanquan("statement", "make", "--month", "2022-07", "--kind", "notice", "--lang", "en")
    assert made.out.strip() == "Nothing in 2022-07 is for a public notice list."
    listed = suanquan("statement", "list", "--lang", "en")
    assert "Make some with suanquan statement make" in listed.out


def test_the_language_changes_words_and_nothing_else(suanquan: Run, tmp_path: Path) -> None:
    case = tmp_path / "case.json"
    case.write_text(json.dumps(CASE))
    zh = suanquan("programme", "preview", "--case", case, "--json", "--lang", "zh").json
    en = suanquan("programme", "preview", "--case", case, "--json", "--lang", "en").json
    assert zh != en

    def skeleton(value: object) -> object:
        if isinstance(value, dict):
            return {key: skeleton(one) for key, one in value.items()}
        if isinstance(value, list):
            return [skeleton(one) for one in value]
        return value if isinstance(value, int | None) else "words"

    assert skeleton(zh) == skeleton(en)
    assert suanquan("usage", LANG="en_GB.UTF-8").err.startswith("error")
    assert suanquan("usage", LANG="zh_CN.UTF-8").err.startswith("错误")


def test_a_preview_needs_no_database_and_plans_best_first(
    suanquan: Run, tmp_path: Path, home: Path
) -> None:
    case = tmp_path / "case.json"
    case.write_text(json.dumps(CASE))
    data = suanquan("programme", "preview", "--case", case, "--json").json
    best = data["plans"][0]
    assert best["amounts_fen"] == {"wuhan": 10_000_000, "east_lake": 30_000_000}
    assert best["total_fen"] == 40_000_000
    assert best["lawful"] is True
    alone = {one["programme"]: one["amount_fen"] for one in data["decisions"]}
    assert alone["hubei"] == 18_000_000
    assert not home.exists()


def test_the_log_is_signed_checked_and_replayed(suanquan: Run, usage_file: Path) -> None:
    suanquan("ingest", "file", usage_file, "--format", "cloudevents")
    unsigned = suanquan("log", "check", "--json", "--lang", "en")
    assert unsigned.status == 0
    assert "no signed checkpoint" in unsigned.err
    signed = suanquan("log", "checkpoint", "--json").json["logs"]
    assert [set(one) >= {"name", "origin", "size", "root", "note"} for one in signed] == [True] * 3
    checked = suanquan("log", "check", "--full", "--json")
    assert checked.json["ok"] is True
    assert checked.err == ""
    replayed = suanquan("replay", "--statements", "--json").json
    assert replayed["match"] is True
    assert [one["name"] for one in replayed["projections"]] == list(tables.PROJECTIONS)
    assert replayed["statements"] == {"rendered": 0, "match": True}


def test_what_was_changed_behind_our_back_exits_with_4(
    suanquan: Run, usage_file: Path, home: Path
) -> None:
    suanquan("ingest", "file", usage_file, "--format", "cloudevents")
    with sqlite3.connect(home / "suanquan.db") as database:
        database.execute("UPDATE usage_day SET quantity = quantity + 1")
    replayed = suanquan("replay", "--json")
    assert replayed.status == 4
    (finding,) = replayed.json["findings"]
    assert (finding["table"], finding["column"]) == ("usage_day", "quantity")
    assert suanquan("log", "check", "--json").status == 0
    with sqlite3.connect(home / "suanquan.db") as database:
        database.execute("DROP TRIGGER identity_no_delete")
        database.execute("DELETE FROM identity WHERE leaf_index = 1")
    checked = suanquan("log", "check", "--json")
    assert checked.status == 4
    assert checked.json["ok"] is False
    assert set(checked.json["findings"][0]) == {"log", "index", "table", "column", "what"}


def tamper(home: Path, trigger: str, statement: str) -> None:
    """Change something behind the wall that forbids it, and put the wall back."""
    with sqlite3.connect(home / "suanquan.db") as database:
        query = "SELECT sql FROM sqlite_master WHERE name = ?"
        ((wall,),) = database.execute(query, [trigger])
        database.execute(f"DROP TRIGGER {trigger}")
        database.execute(statement)
        database.execute(wall)


def test_a_wall_that_is_down_is_a_finding(suanquan: Run, usage_file: Path, home: Path) -> None:
    suanquan("ingest", "file", usage_file, "--format", "cloudevents")
    with sqlite3.connect(home / "suanquan.db") as database:
        database.execute("DROP TRIGGER chunk_no_update")
    checked = suanquan("log", "check", "--json", "--lang", "en")
    assert (checked.status, [one["what"] for one in checked.json["findings"]]) == (
        4,
        ["trigger chunk_no_update is gone"],
    )


def test_a_broken_chunk_is_a_finding_of_every_check(
    suanquan: Run, usage_file: Path, home: Path
) -> None:
    suanquan("ingest", "file", usage_file, "--format", "cloudevents")
    tamper(home, "chunk_no_update", "UPDATE chunk SET body = x'00'")
    checked = suanquan("log", "check", "--full", "--json", "--lang", "en")
    assert checked.status == 4
    assert checked.json["ok"] is False
    broken = [one for one in checked.json["findings"] if "usage: the chunk from 0" in one["what"]]
    assert [(one["log"], one["index"], one["column"]) for one in broken] == [("usage", 0, "body")]
    replayed = suanquan("replay", "--statements", "--json", "--lang", "en")
    assert replayed.status == 4
    assert (replayed.json["match"], replayed.json["projections"]) == (False, [])
    assert replayed.json["statements"] == {"rendered": 0, "match": False}
    (finding,) = replayed.json["findings"]
    assert finding["what"] == broken[0]["what"]
    assert "数据块已损坏" in suanquan("replay").out


def test_a_missing_log_is_a_finding_of_every_check(
    suanquan: Run, usage_file: Path, home: Path
) -> None:
    suanquan("ingest", "file", usage_file, "--format", "cloudevents")
    tamper(home, "log_no_delete", "DELETE FROM log WHERE name = 'book'")
    for command, key in ((("log", "check", "--full"), "ok"), (("replay", "--statements"), "match")):
        answer = suanquan(*command, "--json")
        assert (answer.status, answer.json[key]) == (4, False)
        (finding,) = answer.json["findings"]
        assert (finding["table"], finding["column"]) == ("log", "name")
        assert suanquan(*command).status == 4


def test_simulation_with_the_same_arguments_gives_the_same_bytes(
    suanquan: Run, tmp_path: Path
) -> None:
    wanted = ("simulate", "--enterprises", 3, "--days", 5, "--seed", 7, "--json", "--out")
    first = suanquan(*wanted, tmp_path / "a")
    second = suanquan(*wanted, tmp_path / "b")
    assert set(first.json) == {"events", "enterprises", "card_seconds"}
    assert first.json == second.json
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert len((tmp_path / "a").read_bytes().splitlines()) == first.json["events"]


def test_standard_output_takes_a_simulation(suanquan: Run) -> None:
    out = suanquan("simulate", "--enterprises", 2, "--days", 3, "--out", "-")
    assert out.status == 0
    assert out.out.startswith("{")
