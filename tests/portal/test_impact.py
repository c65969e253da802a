"""`suanquan programme simulate`: a change and a ledger in, a budget before and after out."""

import re
from collections.abc import Callable
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ledger.errors import InvalidInputError
from ledger.identifiers import synthetic_credit_code
from portal.commands.programme_file import load_programme
from tests.small_ledger import SmallLedger, events
from tests.vouchers.test_what_if import (
    ANNA,
    BEN,
    CARL,
    CONTRACT,
    GENEROUS,
    NOVEMBER,
    OCTOBER,
    SME,
    THREE,
)
from vouchers.impact import RUN
from vouchers.programme import Own

Run = Callable[..., Any]

WUHAN = Path(__file__).parents[2] / "vouchers" / "programmes" / "wuhan.py"
EXAMPLE = Path(__file__).parents[2] / "examples" / "rules" / "change.toml"
RANGE = ("--month-from", "2022-11", "--month-to", "2022-12")


@pytest.fixture
def ledger(database_url: str) -> str:
    """Return the URL of a database with three enterprises, of each kind in turn."""
    made = SmallLedger(database_url)
    made.append(*THREE, *events("enterprise 420100 旁观者 synthetic", "91420100MA49P8T68D"))
    made.close()
    return database_url


@pytest.fixture
def sqlite_ledger(home: Path) -> None:
    """Make the same ledger in this test's home."""
    home.mkdir()
    made = SmallLedger(f"sqlite:///{home / 'suanquan.db'}")
    made.append(*THREE)
    made.close()


def write(tmp_path: Path, text: str) -> Path:
    """Return the path of a change file."""
    path = tmp_path / "change.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_change_is_compared_on_both_databases(suanquan: Run, tmp_path: Path, ledger: str) -> None:
    path = write(tmp_path, f'title = {{ zh = "省级六成", en = "Sixty" }}\n{GENEROUS}')
    at = {"SUANQUAN_DATABASE_URL": ledger}
    answer = suanquan("programme", "simulate", "--change", path, *RANGE, "--json", **at)
    assert answer.status == 0, answer.err
    data = answer.json
    assert (data["before_fen"], data["after_fen"]) == (40_000_000, 54_000_000)
    assert (data["before_high_fen"], data["after_high_fen"]) == (40_000_000, 54_000_000)
    assert data["months"] == ["2022-11", "2022-12"]
    assert data["title"] == "省级六成"
    assert [
        (one["programme"], one["before_fen"], one["after_fen"]) for one in data["by_programme"]
    ] == [
        ("hubei", 0, 24_000_000),
        ("wuhan", 20_000_000, 10_000_000),
        ("east_lake", 20_000_000, 20_000_000),
    ]
    assert [one["level"] for one in data["by_level"]] == ["province", "city", "district"]
    assert [(one["month"], one["before_fen"], one["after_fen"]) for one in data["by_month"]] == [
        ("2022-11", 5_000_000, 18_000_000),
        ("2022-12", 35_000_000, 36_000_000),
    ]
    assert [(one["held"], one["enterprises"]) for one in data["by_class"]] == [
        (["above_scale", "high_tech_enterprise"], 1),
        (["technology_sme"], 2),
    ]
    assert [one["year"] for one in data["by_year"]] == [2022]
    assert [
        (one["enterprise"], one["before_fen"], one["after_fen"]) for one in data["winners"]
    ] == [
        (BEN, 0, 12_000_000),
        (ANNA, 10_000_000, 12_000_000),
    ]
    assert (data["losers"], data["unclear"]) == ([], [])
    assert [one["name"] for one in data["changes"]] == ["rate", "yearly_cap_fen", "eligibility[0]"]
    assert data["rules"]["before"] != data["rules"]["after"]
    assert {one["log"] for one in data["as_of"]} >= {"usage", "book"}
    assert data["synthetic"] is True
    assert data["chart"] is None
    again = suanquan("programme", "simulate", "--change", path, *RANGE, "--json", **at)
    assert again.out == answer.out


def test_any_number_of_processes_gives_the_same_bytes(
    suanquan: Run, tmp_path: Path, database_url: str
) -> None:
    made = SmallLedger(database_url)
    made.append(*THREE)
    for number in range(RUN * 2):
        bought = CONTRACT + OCTOBER.format(90_000 + number) + NOVEMBER.format(80_000)
        made.append(*events(SME + bought, synthetic_credit_code(f"many-{number}")))
    made.close()
    asked = ("programme", "simulate", "--change", write(tmp_path, GENEROUS), *RANGE, "--json")
    at = {"SUANQUAN_DATABASE_URL": database_url}
    alone = suanquan(*asked, "--processes", 1, **at)
    assert alone.status == 0, alone.err
    assert len(alone.json["winners"]) == RUN * 2 + 2
    assert suanquan(*asked, "--processes", 3, **at).out == alone.out
    assert suanquan(*asked, **at).out == alone.out
    assert active_children() == []


@pytest.mark.usefixtures("sqlite_ledger")
def test_a_person_reads_what_changes_and_for_whom(suanquan: Run, tmp_path: Path) -> None:
    path = write(tmp_path, GENEROUS)
    chinese = suanquan("programme", "simulate", "--change", path, *RANGE, "--lang", "zh")
    assert chinese.status == 0, chinese.err
    for said in (
        "拟调整（2022-11 至 2022-12）",
        "湖北省科技创新券 2022：支持比例 30% → 60%（拟调整，A）",
        "注册地在湖北省 — 取消",
        "540,000.00",
        "+140,000.00",
        "2 → 3",
        "全国科技型中小企业库在库企业",
        "多得的企业：2 家",
        "每个申领年度只申领一次",
    ):
        assert said in chinese.out
    assert "少得的企业" not in chinese.out
    assert "待补充材料全部" not in chinese.out
    english = suanquan("programme", "simulate", "--change", path, *RANGE, "--lang", "en")
    assert "rate 30% → 60% (proposed change, A)" in english.out
    assert "Who gets more: 2" in english.out
    assert not re.search("[调整按口径多得企业]", english.out)


@pytest.mark.usefixtures("sqlite_ledger")
def test_the_range_is_that_of_the_services_invoiced(suanquan: Run) -> None:
    data = suanquan("programme", "simulate", "--change", EXAMPLE, "--json").json
    assert data["months"] == ["2022-10", "2022-11"]
    ten_years = ("--month-from", "2012-12")
    data = suanquan("programme", "simulate", "--change", EXAMPLE, *ten_years, "--json").json
    assert (data["months"], len(data["by_month"])) == (["2012-12", "2022-11"], 120)
    open_end = ("--month-from", "2022-12")
    data = suanquan("programme", "simulate", "--change", EXAMPLE, *open_end, "--json").json
    assert data["months"] == ["2022-12", "2022-12"]


@pytest.mark.usefixtures("sqlite_ledger")
def test_a_programme_of_a_file_is_added(suanquan: Run, tmp_path: Path) -> None:
    text = WUHAN.read_text("utf-8").replace('id="wuhan"', 'id="jinan"')
    (tmp_path / "jinan.py").write_text(text.replace("Fraction(1, 2)", "Fraction(1, 10)"), "utf-8")
    path = write(tmp_path, 'add_programmes = ["jinan.py"]\ndrop_programmes = ["hubei"]')
    data = suanquan("programme", "simulate", "--change", path, *RANGE, "--json").json
    by_programme = {one["programme"]: one["after_fen"] for one in data["by_programme"]}
    assert by_programme == {
        "hubei": 0,
        "jinan": 6_000_000,
        "wuhan": 20_000_000,
        "east_lake": 20_000_000,
    }
    assert {one["enterprise"] for one in data["winners"]} == {ANNA, CARL}


@pytest.mark.usefixtures("sqlite_ledger")
def test_a_chart_is_drawn_into_a_file(suanquan: Run, tmp_path: Path) -> None:
    for name in ("impact.svg", "impact.PNG"):
        asked = ("--change", EXAMPLE, *RANGE, "--chart", tmp_path / name, "--json")
        answer = suanquan("programme", "simulate", *asked)
        assert answer.status == 0, answer.err
        assert answer.json["chart"] == str(tmp_path / name)
    assert "省级提高比例与上限" in (tmp_path / "impact.svg").read_text("utf-8")
    with Image.open(tmp_path / "impact.PNG") as image:
        assert image.format == "PNG"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--change", "missing.toml"), "file"),
        (("--change", "."), "file"),
        ((), "usage"),
        (("--change", EXAMPLE, "--month-from", "2022-13"), "bad_month"),
        (("--change", EXAMPLE, "--month-from", "2023-01", "--month-to", "2022-12"), "bad_range"),
        (("--change", EXAMPLE, "--month-from", "2012-11", "--month-to", "2022-11"), "bad_range"),
        (("--change", EXAMPLE, "--month-to", "9999-12"), "bad_range"),
        (("--change", EXAMPLE, "--chart", "impact.gif"), "bad_chart"),
        (("--change", EXAMPLE, *RANGE, "--chart", "missing/impact.svg"), "bad_chart"),
    ],
)
@pytest.mark.usefixtures("sqlite_ledger")
def test_a_mistake_on_the_command_line_is_told(
    suanquan: Run, options: tuple[object, ...], code: str
) -> None:
    answer = suanquan("programme", "simulate", *options, "--json")
    assert (answer.status, answer.error["code"], answer.out) == (2, code, "")


def test_a_ledger_without_invoices_has_nothing_to_simulate(suanquan: Run) -> None:
    assert suanquan("db", "upgrade").status == 0
    answer = suanquan("programme", "simulate", "--change", EXAMPLE, "--json")
    assert (answer.status, answer.error["code"]) == (2, "nothing_to_simulate")


# --- programme files ---


@pytest.mark.parametrize("name", ["a-b.py", "jinan.txt", "none.py"])
def test_a_path_that_names_no_programme_file_is_told(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name != "none.py":
        path.write_text("", "utf-8")
    with pytest.raises(InvalidInputError, match=name) as caught:
        load_programme(path)
    assert caught.value.code == "bad_programme_file"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = (", "line 1: the bracket ( is never closed"),
        ("a = 1\nb = 1 / 0\n", "line 2: the file does not run: ZeroDivisionError"),
        ("import nothing_of_the_kind\n", "line 1: it uses nothing_of_the_kind"),
        ("def f():\n    raise ValueError('x')\nf()\n", "line 2: the file does not run: ValueError"),
        ("a = 1\n", "PROGRAMME"),
        ("PROGRAMME = 'jinan'\n", "PROGRAMME"),
        ("from vouchers.programmes.wuhan import PROGRAMME\n", "'wuhan'"),
        (WUHAN.read_text("utf-8").replace('"city"', '"town"'), "level cannot be 'town'"),
        (WUHAN.read_text("utf-8").replace('id="wuhan"', 'id="jinan"').replace("(1, 2)", "(3, 2)"),
         "a rate of 3/2 pays more"),
    ],
)  # fmt: skip
def test_a_programme_file_that_is_none_is_told_with_its_line(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "jinan.py"
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidInputError) as caught:
        load_programme(path)
    assert caught.value.code == "broken_programme"
    assert said in caught.value.message.en
    assert "jinan.py" in caught.value.message.zh


def test_a_programme_file_is_loaded_with_its_own_functions(tmp_path: Path) -> None:
    assert load_programme(WUHAN).id == "wuhan"
    path = tmp_path / "wuhan.py"
    text = WUHAN.read_text("utf-8").replace("    Held,\n", "    Held,\n    Own,\n")
    own = "_PART = 4\n\n\ndef _part(fen: int) -> Fraction:\n    return Fraction(fen, _PART)\n\n\n"
    text = text.replace("Fraction(1, 2)", 'Own("part", 1, _part)')
    path.write_text(text.replace("_RULE: Final", f"{own}_RULE: Final", 1), "utf-8")
    (version,) = load_programme(path).versions
    assert isinstance(version.rate.value, Own)
    assert version.rate.value.function(100) == 25
