"""Papers from the command line: entered from a file, all or nothing, and listed net."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.codec import encode
from ledger.events import FactReported
from tests.paper_files import FULL, INVOICE, RED, only, raw
from tests.portal.conftest import Answer, environment_of
from tests.small_ledger import CODE

Run = Callable[..., Any]

OTHER = "91350100M000100Y43"


def tokens_of(run: Run, *names: str) -> dict[str, str]:
    """Return the tokens of an administrator and of others, each his own."""
    assert run("db", "upgrade").status == 0
    found = {"gh-1": run("user", "add", "gh-1", "--role", "administrator", "--json").json["token"]}
    for name in names:
        options = ("--role", *ROLES[name], "--json")
        invited = run("user", "add", name, *options, SUANQUAN_TOKEN=found["gh-1"])
        assert invited.status == 0, invited.err
        own = run("user", "token", "--json", SUANQUAN_TOKEN=invited.json["token"])
        found[name] = own.json["token"]
    return found


ROLES = {
    "gh-2": ("task_force", "--programme", "hubei"),
    "gh-3": ("auditor",),
    "qy-1": ("enterprise", "--enterprise", CODE),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Return a home with accounts that every test of this file begins with, and their tokens."""
    home = tmp_path_factory.mktemp("made") / "home"

    def run(*arguments: str, **environment: str) -> Answer:
        done = subprocess.run(
            [sys.executable, "-m", "portal", *arguments],
            capture_output=True,
            check=False,
            env={**environment_of(home), **environment},
        )
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    return home, tokens_of(run, *ROLES)


@pytest.fixture
def tokens(made: tuple[Path, dict[str, str]], home: Path) -> dict[str, str]:
    """Return the tokens of the accounts in this test's home."""
    shutil.copytree(made[0], home)
    return made[1]


def add(run: Run, token: str, papers: dict[str, Any]) -> Any:  # noqa: ANN401 - an answer
    arguments = ("paper", "add", "--file", "-", "--json", "--lang", "en")
    return run(*arguments, stdin=raw(papers), SUANQUAN_TOKEN=token)


def listed(run: Run, token: str, *options: str) -> Any:  # noqa: ANN401 - an answer
    return run("paper", "list", CODE, *options, "--json", SUANQUAN_TOKEN=token)


def size(run: Run) -> int:
    sizes = {one["name"]: one["size"] for one in run("log", "list", "--json").json["logs"]}
    found: int = sizes["book"]
    return found


def assert_entered_and_listed(run: Run, tokens: dict[str, str], other: str) -> None:
    """Check a file entered by the task force and by another one, and what is listed of it."""
    first = add(run, tokens["gh-2"], FULL)
    assert first.status == 0, first.err
    assert (first.json["recorded"], first.json["known"], first.json["warnings"]) == (14, 0, [])
    before = size(run)
    again = add(run, tokens[other], FULL)
    assert (again.status, again.json["recorded"], again.json["known"]) == (0, 0, 14)
    assert size(run) == before

    answer = listed(run, tokens["gh-2"])
    assert answer.status == 0, answer.err
    (contract,), (invoice,), (payment,) = (
        answer.json[key] for key in ("contracts", "invoices", "payments")
    )
    assert [one["unit_price"] for one in contract["prices"]] == ["12.50", "10"]
    assert [one["amendment"] for one in contract["amendments"]] == ["C-1-补1"]
    assert (invoice["amount_fen"], invoice["left_fen"], invoice["left_tax_fen"]) == (
        *(106_000, 95_400, 5_400),
    )
    assert [one["red_invoice"] for one in invoice["red_invoices"]] == [RED]
    assert invoice["corrected"] is None
    assert (payment["paid_on"], payment["left_fen"]) == ("2022-08-11", 95_400)
    assert payment["corrected"]["reason"] == "日期录入有误"
    assert payment["corrected"]["recorded"]["paid_on"] == "2022-08-10"
    assert [one["reversal"] for one in payment["reversals"]] == ["B-1-R"]
    earlier = listed(run, tokens[other], "--on", "2022-09-01").json
    assert [one["left_fen"] for one in earlier["invoices"]] == [95_400]
    assert [one["left_fen"] for one in earlier["payments"]] == [106_000]

    checked = run("log", "check", "--full", "--json")
    assert (checked.status, checked.json["findings"]) == (0, [])
    assert run("replay", "--json").json["match"] is True


def test_a_file_is_entered_once_and_listed_net(suanquan: Run, tokens: dict[str, str]) -> None:
    assert_entered_and_listed(suanquan, tokens, "qy-1")


def test_papers_are_entered_on_postgresql(suanquan: Run, postgres_database: str) -> None:
    def run(*arguments: object, **environment: Any) -> Any:  # noqa: ANN401 - an answer
        return suanquan(*arguments, SUANQUAN_DATABASE_URL=postgres_database, **environment)

    assert_entered_and_listed(run, tokens_of(run, "gh-2"), "gh-2")


def test_nothing_of_a_file_is_recorded_when_one_paper_cannot_be(
    suanquan: Run, tokens: dict[str, str]
) -> None:
    before = size(suanquan)
    wrong = only("contracts", "invoices", "payments", paid_on="2021-12-31")
    answer = add(suanquan, tokens["gh-2"], wrong)
    assert (answer.status, answer.error["code"]) == (2, "wrong_order")
    assert "payments[0]: paid 2021-12-31" in answer.error["message"]
    assert size(suanquan) == before
    assert listed(suanquan, tokens["gh-2"]).json["contracts"] == []


def test_what_contradicts_the_book_is_forbidden(suanquan: Run, tokens: dict[str, str]) -> None:
    assert add(suanquan, tokens["qy-1"], FULL).status == 0
    answer = add(suanquan, tokens["qy-1"], only("invoices", contract="C-2"))
    assert (answer.status, answer.error["code"]) == (3, "paper_differs")
    assert "corrections" in answer.error["next"]


def test_what_should_be_looked_at_is_a_warning(suanquan: Run, tokens: dict[str, str]) -> None:
    answer = add(suanquan, tokens["gh-2"], only("payments"))
    assert answer.status == 0
    (warning,) = answer.json["warnings"]
    assert (warning["code"], warning["path"]) == ("unknown_paper", "payments[0]")
    assert INVOICE in warning["message"]
    assert INVOICE in answer.err


def test_papers_are_entered_by_the_task_force_or_by_the_enterprise(
    suanquan: Run, tokens: dict[str, str]
) -> None:
    for who in ("gh-1", "gh-3"):
        answer = add(suanquan, tokens[who], FULL)
        assert (answer.status, answer.error["code"]) == (3, "not_allowed"), who


def test_an_enterprise_enters_and_sees_its_own_papers_alone(
    suanquan: Run, tokens: dict[str, str]
) -> None:
    other = {**FULL, "enterprise": {"credit_code": OTHER}}
    assert add(suanquan, tokens["gh-2"], other).status == 0
    answer = add(suanquan, tokens["qy-1"], other)
    assert (answer.status, answer.error["code"]) == (3, "not_allowed")
    known, unknown = (
        suanquan("paper", "list", code, "--json", "--lang", "en", SUANQUAN_TOKEN=tokens["qy-1"])
        for code in (OTHER, "91440300708461136T")
    )
    assert (known.status, unknown.status) == (3, 3)
    told = known.error["message"].replace(OTHER, "") == unknown.error["message"].replace(
        "91440300708461136T", ""
    )
    assert told, "nothing tells which of them the ledger knows"


def test_a_person_reads_papers_as_tables(suanquan: Run, tokens: dict[str, str]) -> None:
    assert add(suanquan, tokens["gh-2"], FULL).status == 0
    answer = suanquan("paper", "list", CODE, "--lang", "zh", SUANQUAN_TOKEN=tokens["gh-2"])
    for word in ("华智科技", "1,060.00", "954.00", RED, "C-1-补1", "日期录入有误"):
        assert word in answer.out


def test_papers_need_a_token_and_a_file_that_is_json(suanquan: Run, tokens: dict[str, str]) -> None:
    assert add(suanquan, "", FULL).error["code"] == "no_token"
    broken = suanquan(
        *("paper", "add", "--file", "-", "--json"), stdin=b"%PDF-1.7", SUANQUAN_TOKEN=tokens["gh-2"]
    )
    assert (broken.status, broken.error["code"]) == (2, "bad_json")


def test_a_code_that_does_not_fit_is_taken_once_it_is_accepted_on_evidence(
    suanquan: Run, tokens: dict[str, str], tmp_path: Path
) -> None:
    papers = only("facts")
    papers["enterprise"]["credit_code"] = strange = CODE[:-1] + "Y"
    answer = add(suanquan, tokens["gh-2"], papers)
    assert (answer.status, answer.error["code"]) == (2, "credit_code_check")
    assert "accept-code" in answer.error["next"]
    fact = FactReported(name="sales_fen", year=2020, value=1)
    file = tmp_path / "outside.ndjson"
    file.write_bytes(encode("urn:x", "1", strange, fact, "0" * 32).raw + b"\n")
    done = suanquan("ingest", "file", file, "--format", "cloudevents", "--json").json
    assert (done["recorded"], done["rejected"]) == (0, 1)

    licence = tmp_path / "licence.pdf"
    licence.write_bytes(b"%PDF-1.7")
    options = ("--evidence", licence, "--reason", "营业执照如此", "--json")

    def accept(code: str, who: str) -> Any:  # noqa: ANN401 - an answer
        command = ("enterprise", "accept-code", code, *options)
        return suanquan(*command, SUANQUAN_TOKEN=tokens[who])

    assert accept(strange, "qy-1").error["code"] == "not_allowed"
    assert accept(CODE, "gh-2").error["code"] == "code_fits"
    assert accept(strange, "gh-2").json == {
        "enterprise": strange,
        "recorded": True,
        "evidence_sha256": hashlib.sha256(b"%PDF-1.7").hexdigest(),
    }
    assert accept(strange, "gh-2").json["recorded"] is False

    retried = suanquan("ingest", "rejected", "retry", "--all", "--json")
    assert retried.json["recorded"] == 1, retried.err
    assert add(suanquan, tokens["gh-2"], papers).json["recorded"] == 2
    shown = suanquan("paper", "list", strange, "--json", SUANQUAN_TOKEN=tokens["gh-2"])
    assert [one["year"] for one in shown.json["facts"]] == [2020, 2021]
    checked = suanquan("log", "check", "--full", "--json")
    assert (checked.status, checked.json["findings"]) == (0, [])


def test_a_paper_from_outside_names_nobody_who_entered_it(
    suanquan: Run,
    tokens: dict[str, str],
    tmp_path: Any,  # noqa: ANN401
) -> None:
    assert add(suanquan, tokens["gh-2"], only("facts")).status == 0
    fact = FactReported(name="sales_fen", year=2020, value=1, recorded_by="gh-2")
    file = tmp_path / "outside.ndjson"
    file.write_bytes(encode("urn:x", "1", CODE, fact, "0" * 32).raw + b"\n")
    done = suanquan("ingest", "file", file, "--format", "cloudevents", "--json").json
    assert (done["recorded"], done["rejected"]) == (0, 1)
    (row,) = suanquan("ingest", "rejected", "list", "--json").json["rows"]
    assert row["code"] == "recorded_by_outside"
