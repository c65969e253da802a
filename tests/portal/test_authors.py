"""The commands for people who write rules: as they type them, mistakes included."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from portal.cli import run
from portal.commands.programme_file import review_file
from tests.portal.conftest import Answer, Run
from vouchers.catalogue import find_programmes
from vouchers.programmes import hubei
from vouchers.template import write_files

ROOT: Final = Path(__file__).parents[2]
HUBEI: Final = Path(hubei.__file__)


@pytest.fixture
def suanquan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Return the command run in this process: nothing here depends on how it was started."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")

    def call(*arguments: object) -> Answer:
        status = run([str(one) for one in arguments])
        said = capsys.readouterr()
        return Answer(status, said.out, said.err)

    return call


@pytest.fixture
def place(suanquan: Run, tmp_path: Path) -> Path:
    """Return the file of a new programme, beside which its test stands."""
    assert suanquan("programme", "new", "jinan", "--dir", tmp_path).status == 0
    return tmp_path / "jinan.py"


def review(suanquan: Run, path: Path) -> dict[str, Any]:
    answer = suanquan("programme", "check", path, "--json", "--lang", "en")
    assert "Traceback" not in answer.err, answer.err
    data = answer.json
    assert answer.status == (0 if data["ok"] else 2)
    assert data["ok"] == (data["counts"]["error"] == 0)
    return data


def test_new_files_side_by_side_run_as_they_are(suanquan: Run, place: Path, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_jinan.py"],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )
    assert ran.returncode == 0, ran.stdout.decode()
    assert "9 passed" in ran.stdout.decode()
    typed = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", place, tmp_path / "test_jinan.py"],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={"MYPYPATH": str(tmp_path), "PATH": ""},
    )
    assert typed.returncode == 0, typed.stdout.decode()
    data = review(suanquan, place)
    assert data["assumed"] == data["values"] == 14
    assert [one["kind"] for one in data["remarks"]] == ["warning", "warning", "advice"]


def test_nothing_is_overwritten(suanquan: Run, place: Path, tmp_path: Path) -> None:
    before = place.read_bytes()
    answer = suanquan("programme", "new", "jinan", "--dir", tmp_path, "--json", "--lang", "en")
    assert (answer.status, answer.error["code"]) == (2, "file_exists")
    assert place.name in answer.error["message"]
    place.unlink()
    answer = suanquan("programme", "new", "jinan", "--dir", tmp_path, "--json")
    assert (answer.status, answer.error["code"]) == (2, "file_exists")
    assert not place.exists()
    assert before


def test_a_name_that_is_none_is_refused_with_one_that_is(suanquan: Run, tmp_path: Path) -> None:
    for language, said in (("zh", "例如 jinan"), ("en", "such as jinan")):
        answer = suanquan("programme", "new", "济南市", "--json", "--lang", language)
        assert (answer.status, answer.error["code"]) == (2, "bad_place")
        assert said in answer.error["next"]
    assert list(tmp_path.iterdir()) == []


def test_the_programmes_that_there_are_pass_the_review(suanquan: Run) -> None:
    for one in find_programmes():
        data = review(suanquan, HUBEI.with_name(f"{one.id}.py"))
        assert data["programme"] == one.id
        assert {remark["kind"] for remark in data["remarks"]} == {"advice"}
        assert 0 < data["assumed"] < data["values"]


Change = tuple[str, str, str, str]

CHANGES: Final[list[Change]] = [
    ("    base=Cited(", "    base=Cited((", "syntax", "the bracket ( is never closed"),
    ('id="jinan",', 'id="jinan"，', "syntax", "a character that Python has not: ，"),
    ('id="jinan",', 'id="jinan', "syntax", "a text is never closed"),
    ('id="jinan",', 'id="qingdao",', "id_differs", "the file is jinan.py"),
    ("PROGRAMME: Final", "PROGRAM: Final", "no_programme", "the file has no PROGRAMME"),
    ("PROGRAMME: Final = Programme(", "PROGRAMME: Final = dict(", "no_programme", "no Programme"),
    ("    rate=Cited(", "    rat=Cited(", "fails", "there is no rat"),
    ("    rounding_direction=Cited(", "    #", "fails", "rounding_direction is missing"),
    ("Held(", "Hold(", "fails", "Hold is neither defined nor imported"),
    ("    Held,", "    Hald,", "fails", "the vocabulary has no Hald"),
    ("Fraction(30, 100)", "Fraction(30, 0)", "fails", "Fraction(30, 0) is no share"),
    ("Fraction(30, 100)", "0.3", "wrong_type", "versions[0].rate is the decimal number 0.3"),
    ("Fraction(30, 100)", "Fraction(130, 100)", "rate_above_one", "13/10"),
    ("date(2", "(2", "wrong_type", "versions[0].valid_from is"),
    ('"high_tech_enterprise"', '"high_tech_enterprize"', "unknown_kind", "high_tech_enterprize"),
    ("from fractions import Fraction", "import os", "foreign", "it uses os"),
    ("_RULE: Final", "open('x')\n_RULE: Final", "foreign", "it uses open"),
    ("_RULE: Final", "raise SystemExit(0)\n_RULE: Final", "fails", "SystemExit"),
    ("(_VERSION_2026,)", "(_VERSION_2026)", "fails", "a tuple is due here"),
    ("_RULE: Final", "[0][1]\n_RULE: Final", "fails", "IndexError"),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one[1][:30])
def test_a_mistake_is_one_sentence_with_its_line(tmp_path: Path, change: Change) -> None:
    old, new, code, said = change
    text = write_files("jinan", "city", 2026, package="").programme
    before, found, after = text.partition(old)
    assert found
    path = tmp_path / "jinan.py"
    path.write_text(before + new + after, "utf-8")
    (error,) = [one for one in review_file(path).remarks if one.kind == "error"]
    assert (error.code, said in error.message.en) == (code, True), error
    assert error.next_step.zh
    assert "\n" not in error.message.zh
    if error.line is not None and not any(one in said for one in ("missing", "bracket", "tuple")):
        assert abs(error.line - before.count("\n") - 1) <= 2, error
    else:
        assert code in {"no_programme", "fails", "syntax"}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe",
        b"PROGRAMME = 1",
        b"\x00",
        b"(" * 9000,
        "id，".encode("gb18030"),
        b"x" * 2**21,
    ],
)
def test_whatever_the_file_is_the_answer_is_a_remark(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "jinan.py"
    path.write_bytes(raw)
    (error,) = review_file(path).remarks
    assert error.code in {"syntax", "no_programme"}
    assert len(error.message.en) < 300


def test_a_file_that_never_ends_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "jinan.py"
    path.write_text("while True:\n    pass\n", "utf-8")
    (error,) = review_file(path, seconds_max=1).remarks
    assert error.message.en == "the file has not ended after 1 s"


def test_a_file_that_is_not_there_is_an_error(suanquan: Run, tmp_path: Path) -> None:
    for path in (tmp_path / "none.py", tmp_path):
        answer = suanquan("programme", "check", path, "--json")
        assert (answer.status, answer.error["code"]) == (2, "file")


def test_versions_that_overlap_are_told_though_such_a_programme_cannot_be(
    suanquan: Run, tmp_path: Path
) -> None:
    path = tmp_path / "hubei.py"
    text = HUBEI.read_text("utf-8")
    path.write_text(text.replace("date(2024, 12, 31)", "date(2025, 1, 1)"), "utf-8")
    remarks = review(suanquan, path)["remarks"]
    errors = {(one["code"], one["path"]) for one in remarks if one["kind"] == "error"}
    # It is a released one, too.
    overlap = ("versions_overlap", "versions[1].valid_from")
    assert errors == {overlap, ("released_changed", "versions[0]")}
    path.write_text(text.replace("Fraction(3, 10)", "Fraction(4, 10)", 1), "utf-8")
    (error,) = [one for one in review_file(path).remarks if one.kind == "error"]
    assert error.code == "released_changed"


def test_a_review_is_shown_in_both_languages(suanquan: Run, place: Path) -> None:
    for language, said in (
        ("zh", "错误 0，警告 2，建议 1"),
        ("en", "errors 0, warnings 2, advice 1"),
    ):
        shown = suanquan("programme", "check", place, "--lang", language).out
        assert said in shown
        assert "versions[0].document" in shown


def test_two_versions_are_compared_value_by_value(suanquan: Run) -> None:
    data = suanquan("programme", "diff", "hubei@2022", "hubei", "--json", "--lang", "en").json
    assert (data["before"]["version"], data["after"]["version"]) == ("2022", "2025")
    rows = {(one["change"], one["name"]): one for one in data["rows"]}
    gone = rows["removed", "eligibility[1].conditions[2]"]
    assert gone["after"] is None
    assert gone["before"]["value"]["kind"] == "incubated"
    assert gone["before"]["grade"] == "M"
    rate = rows["clause", "rate"]
    assert rate["before"]["value"] == rate["after"]["value"] == "0.3"
    assert rate["before"]["clause"] != rate["after"]["clause"]
    shown = suanquan("programme", "diff", "hubei@2022", "hubei@2025", "--lang", "zh").out
    assert "鄂科技通〔2024〕54号" in shown
    assert "支持比例" in shown


def test_a_file_is_compared_with_what_is_released(suanquan: Run, tmp_path: Path) -> None:
    path = tmp_path / "hubei.py"
    path.write_bytes(HUBEI.read_bytes())
    assert suanquan("programme", "diff", "hubei", path, "--json").json["rows"] == []
    assert suanquan("programme", "diff", "hubei", path, "--lang", "en").out == "nothing differs\n"
    text = HUBEI.read_text("utf-8")
    path.write_text(text.replace("20_000_000,", "30_000_000,"), "utf-8")
    (row,) = suanquan("programme", "diff", "hubei@2022", f"{path}@2022", "--json").json["rows"]
    assert (row["change"], row["name"], row["after"]["value"]) == (
        *("value", "yearly_cap_fen"),
        30_000_000,
    )


@pytest.mark.parametrize(
    ("sides", "code", "said"),
    [
        (("hubei@2023", "hubei"), "unknown_version", "2022"),
        (("hubei@", "hubei"), "unknown_version", "2022"),
        (("hubie", "hubei"), "unknown_programme", "hubei"),
        (("hubei", "nowhere.py"), "file", ""),
        (("hubei", "broken.py"), "broken_programme", ""),
    ],
)
def test_what_cannot_be_compared_is_told(
    suanquan: Run, tmp_path: Path, sides: tuple[str, str], code: str, said: str
) -> None:
    (tmp_path / "broken.py").write_text("PROGRAMME = (", "utf-8")
    answer: Answer = suanquan("programme", "diff", *sides, "--json", "--lang", "en")
    assert (answer.status, answer.error["code"]) == (2, code)
    assert said in answer.error["next"]


def test_reference_pages_are_written_once(suanquan: Run, tmp_path: Path) -> None:
    command = ("programme", "reference", "hubei", "--dir", tmp_path / "pages", "--json")
    (row,) = suanquan(*command).json["rows"]
    assert (row["id"], row["changed"]) == ("hubei", True)
    page = Path(row["path"]).read_bytes()
    assert page == (ROOT / "docs" / "programmes" / "hubei.md").read_bytes()
    assert suanquan(*command).json["rows"][0]["changed"] is False
    assert (
        suanquan("programme", "reference", "hubie", "--json").error["code"] == "unknown_programme"
    )
    assert json.dumps(row)


INVENTED = Path(__file__).parents[1] / "vouchers" / "invented"


@pytest.mark.parametrize("path", sorted(INVENTED.glob("[!_]*.md")), ids=lambda one: one.stem)
def test_the_files_that_show_every_shape_have_nothing_to_mend(path: Path) -> None:
    programme, remarks = review_file(path.with_suffix(".py"))
    assert programme is not None
    assert [one for one in remarks if one.kind != "advice"] == []
