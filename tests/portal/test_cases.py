"""`programme preview` on files that are no case: status 2, one sentence and what to do."""

import json
from pathlib import Path

import pytest

from ledger.text import Text
from portal.cli import run
from vouchers.testing import case


def told(
    capsys: pytest.CaptureFixture[str], path: Path | str, language: str
) -> tuple[int, dict[str, str]]:
    command = ["programme", "preview", "--case", str(path), "--json", "--lang", language]
    status = run(command)
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    error: dict[str, str] = json.loads(line)["error"]
    return status, error


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("nowhere.json", "file", Text("没有这个文件或目录", "No such file")),
        (".", "file", Text("这是目录，不是文件", "Is a directory")),
        ("/dev/null", "bad_json", Text("文件是空的", "the file is empty")),
        ("/dev/zero", "document_too_long", Text("字节", "bytes")),
    ],
)
def test_a_path_that_leads_to_no_case_is_told_in_both_languages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, code: str, said: Text
) -> None:
    for language in said._fields:
        status, error = told(capsys, tmp_path / name, language)
        assert (status, error["code"]) == (2, code)
        assert getattr(said, language) in error["message"]


def test_each_mistake_of_a_case_is_told_with_its_place_in_both_languages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, claim = tmp_path / "case.json", case()
    mistakes = {
        "apply_on": claim.applied("2022-02-30"),
        "purchases[0].invoiced_fen": claim.with_fact("purchases[0].invoiced_fen", value=True),
        "earlier[0].programme": claim.had("hubie", year=2022),
        "purchases[0]": claim.with_fact("purchases[0].payed", 1),
        "enterprise.credit_code": claim.named("某企业", "91420100MA4K2XY180"),
    }
    for place, mistake in mistakes.items():
        path.write_bytes(mistake.write())
        for language in ("zh", "en"):
            status, error = told(capsys, path, language)
            assert status == 2
            assert place in error["message"]
            assert error["next"]


def test_a_case_of_the_builder_is_decided(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "case.json"
    path.write_bytes(case().qualified("high_tech_enterprise").write())
    assert run(["programme", "preview", "--case", str(path), "--json"]) == 0
    amounts = {
        one["programme"]: one["amount_fen"]
        for one in json.loads(capsys.readouterr().out)["decisions"]
    }
    assert (amounts["hubei"], amounts["wuhan"]) == (3_000_000, 5_000_000)
