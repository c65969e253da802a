"""What a person sees on a terminal of 80 columns and in a pipe: whole figures, names and lines."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger import tlog
from ledger.codec import encode
from ledger.events import EnterpriseRegistered, UsageRecorded
from ledger.note import open_note, parse_vkey

Run = Callable[..., Any]

CODE = "91420100MA4K2XY18X"
NAME = "武汉某某人工智能与高性能计算科技股份有限公司东湖分公司[b]（示例）"
LONG_ORIGIN = "centre." + "a-rather-long-name." * 12 + "example"

CASE: dict[str, Any] = {
    "enterprise": {"credit_code": CODE, "registered_region": "420100"},
    "purchases": [
        {
            "contract": "C-1",
            "resource_kind": "accelerator",
            "signed_on": "2022-03-01",
            "completed_on": "2022-06-30",
            "invoiced_fen": 60_000_000,
            "payments": [{"paid_on": "2022-07-10", "amount_fen": 60_000_000}],
        }
    ],
    "declarations": {"related_party": False, "serious_dishonesty": False},
    "apply_on": "2022-11-01",
}


@pytest.fixture
def recorded(suanquan: Run, tmp_path: Path) -> None:
    """Record an enterprise with a long name and a figure that is long too."""
    salt = "0123456789abcdef" * 2
    registered = EnterpriseRegistered(name=NAME, registered_region="420100", synthetic=True)
    usage = UsageRecorded(
        job="j-1",
        resource="accelerator-with-a-long-name",
        contract="contract-number-2022-0001-of-the-centre",
        amount="99999.125",
        start="2022-07-01T00:00:00Z",
        end="2022-07-31T12:00:00.001Z",
    )
    path = tmp_path / "events.ndjson"
    path.write_bytes(
        encode("urn:book", "1", CODE, registered, salt).raw
        + b"\n"
        + encode("urn:test", "1", CODE, usage).raw
        + b"\n"
        + b"no event\n"
    )
    answer = suanquan(
        "ingest", "file", path, "--format", "cloudevents", SUANQUAN_ORIGIN=LONG_ORIGIN
    )
    assert answer.status == 0, answer.err


@pytest.mark.usefixtures("recorded")
def test_signed_notes_are_printed_as_they_were_signed(suanquan: Run, terminal: Run) -> None:
    for printed in (suanquan("log", "checkpoint"), terminal("log", "checkpoint")):
        assert printed.status == 0
        parts = printed.out.strip("\n").split("\n\n")
        assert len(parts) == 9
        for vkey, text, signature in (parts[:3], parts[3:6], parts[6:]):
            opened = open_note(f"{text}\n\n{signature}\n", [parse_vkey(vkey)])
            assert tlog.parse_checkpoint(opened.text).origin.startswith(LONG_ORIGIN)


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "by", ["enterprise", "enterprise,month", "resource", "enterprise,month,day,resource,contract"]
)
def test_usage_cuts_no_figure_and_no_name(
    suanquan: Run, terminal: Run, by: str, language: str
) -> None:
    wanted = ("usage", "--by", by, "--lang", language)
    data = suanquan(*wanted, "--json").json
    label = "合计" if language == "zh" else "total"
    unit = "单位·秒" if language == "zh" else "unit-seconds"
    for shown in (terminal(*wanted).out, suanquan(*wanted, COLUMNS="40").out):
        assert "…" not in shown
        assert CODE not in shown
        assert label in shown
        assert shown.count(unit) == len(data["rows"] + data["total"])
        for row in data["rows"] + data["total"]:
            whole, _, fraction = row["quantity"].partition(".")
            assert f"{int(whole):,}" + (f".{fraction}" if fraction else "") in shown
            assert row.get("day", "") in shown
        if by == "enterprise":
            lines = (line.split("│")[1].strip() for line in shown.splitlines() if "│" in line)
            assert NAME in "".join(lines)


@pytest.mark.parametrize("programme", ["hubei", "wuhan", "east_lake"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_programme_is_shown_in_words(suanquan: Run, programme: str, language: str) -> None:
    shown = suanquan("programme", "show", programme, "--lang", language).out
    for code in ("{", "_fen", "of_application", "paid_in_year", "service_completed", "True"):
        assert code not in shown
    percent, yuan = {"hubei": ("30%", 200_000), "wuhan": ("50%", 100_000)}.get(
        programme, ("50%", 500_000)
    )
    assert percent in shown
    assert (f"{yuan:,}.00 元" if language == "zh" else f"CNY {yuan:,}.00") in shown
    if language == "en":
        assert "：" not in shown


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_preview_names_programmes_and_values_in_words(
    suanquan: Run, terminal: Run, tmp_path: Path, language: str
) -> None:
    case = {**CASE, "enterprise": {**CASE["enterprise"], "qualifications": []}}
    held = {**CASE, "enterprise": {**CASE["enterprise"], "qualifications": QUALIFIED}}
    path = tmp_path / "case.json"
    for one in (case, held):
        path.write_text(json.dumps(one))
        wanted = ("programme", "preview", "--case", path, "--lang", language)
        for shown in (suanquan(*wanted).out, terminal(*wanted).out):
            assert "…" not in shown
            assert "east_lake" not in shown
            assert "included" not in shown or language == "en"
            assert "condition" not in shown
    assert ("符合：" if language == "zh" else "met: ") in shown
    assert "50%" in shown


QUALIFIED = [{"kind": "technology_sme", "from": "2022-01-01", "to": "2022-12-31"}]


def test_programmes_are_listed_with_level_and_dates(terminal: Run) -> None:
    for language, level in (("zh", "省级"), ("en", "Province")):
        shown = terminal("programme", "list", "--lang", language).out
        assert level in shown
        assert "2024-12-31" in shown
        assert "…" not in shown


@pytest.mark.usefixtures("recorded")
def test_refusals_are_counted_in_words(suanquan: Run) -> None:
    assert "共 1 条" in suanquan("ingest", "rejected", "list").out
    assert "1 in all" in suanquan("ingest", "rejected", "list", "--lang", "en").out


def test_an_english_error_has_no_chinese_colon(suanquan: Run) -> None:
    error = suanquan("usage", "--month", "2022-13", "--lang", "en").err
    assert error.startswith("error: ")
    assert "\nnext: " in error
    assert "：" not in error
