"""`suanquan statement deliver`: the tree, its zips and hashes; again; what is refused by name."""

import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from portal import cli
from tests.conftest import missing_service
from tests.portal.office import OTHER, adoption
from tests.portal.schedules import ANOTHER, BOOK
from tests.reports.seals import Authority, key_pem, pem, write
from tests.small_ledger import CODE, SmallLedger, events

Ask = Callable[..., Any]

OURS = f"华智科技_{CODE}"
THEIRS = f"华智科技_{OTHER}"
PAPER = f"2022-07/{OURS}/SQ-C-2022-07-{CODE}-1.pdf"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SmallLedger]:
    """Yield a ledger of two enterprises of one name."""
    with closing(SmallLedger(f"sqlite:///{tmp_path / 'suanquan.db'}")) as made:
        made.append(*adoption(), *events(BOOK), *events(ANOTHER, OTHER))
        yield made


@pytest.fixture
def ask(
    ledger: SmallLedger,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Ask:
    """Return the command line on that ledger, with its statements of two months made."""
    ledger.append(*events("enterprise 420100 华智科技", OTHER))
    monkeypatch.setenv("SUANQUAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SUANQUAN_DATABASE_URL", f"sqlite:///{tmp_path / 'suanquan.db'}")
    monkeypatch.delenv("SUANQUAN_TOKEN", raising=False)

    def run(*words: object) -> Any:  # noqa: ANN401 - one JSON object
        status = cli.run([*map(str, words), "--json"])
        said = capfd.readouterr()
        return {"status": status, **json.loads(said.out or said.err.splitlines()[-1])}

    budget = ("--year", 2022, "--amount", 500_000, "--on", "2022-01-05", "--document", "1")
    assert run("fund", "appropriate", "hubei", *budget)["status"] == 0
    for words in (
        ("--month", "2022-07", "--format", "xlsx"),
        ("--month", "2022-08"),
        ("--kind", "subsidy", "--month", "2022-08"),
        ("--kind", "fund", "--month", "2022-08"),
    ):
        assert run("statement", "make", *words)["status"] == 0
    return run


def deliver(ask: Ask, out: Path, *more: object, year: int = 2022) -> Any:  # noqa: ANN401
    return ask("statement", "deliver", "--year", year, "--out", out, *more)


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return the bytes of every file below a folder, and when it was written."""
    return {
        str(one.relative_to(folder)): (one.read_bytes(), one.stat().st_mtime_ns)
        for one in folder.rglob("*")
        if one.is_file()
    }


def check(folder: Path) -> tuple[int, str]:
    """Return the status and the words of `sha256sum`."""
    tool = shutil.which("sha256sum") or missing_service("sha256sum", "coreutils has it")
    words = [tool, "--check", "--strict", "SHA256SUMS"]
    done = subprocess.run(words, cwd=folder, capture_output=True, check=False)
    return done.returncode, done.stdout.decode()


def test_a_year_is_a_tree_whose_hashes_a_stock_tool_checks(ask: Ask, tmp_path: Path) -> None:
    done = deliver(ask, tmp_path / "out")
    assert (done["status"], done["statements"], done["written"]) == (0, 5, 11)
    year = tmp_path / "out" / "2022"
    assert sorted(tree(year)) == [
        PAPER,
        PAPER.replace(".pdf", ".xlsx"),
        f"2022-07/{THEIRS}/SQ-C-2022-07-{OTHER}-1.pdf",
        f"2022-07/{THEIRS}/SQ-C-2022-07-{OTHER}-1.xlsx",
        "2022-08/不属单一企业/SQ-F-2022-08-hubei-1.pdf",
        f"2022-08/{OURS}/SQ-C-2022-08-{CODE}-1.pdf",
        f"2022-08/{OURS}/SQ-S-2022-08-{CODE}-1.pdf",
        "SHA256SUMS",
        "manifest.json",
        f"{OURS}_2022.zip",
        f"{THEIRS}_2022.zip",
    ]
    status, said = check(year)
    assert (status, said.count(": OK\n")) == (0, 10)
    (year / PAPER).write_bytes(b"x")
    status, said = check(year)
    assert (status, said.count(": FAILED\n")) == (1, 1)


def test_no_zip_has_anything_of_another_enterprise(ask: Ask, tmp_path: Path) -> None:
    deliver(ask, tmp_path)
    for folder, code, other in ((OURS, CODE, OTHER), (THEIRS, OTHER, CODE)):
        with zipfile.ZipFile(tmp_path / "2022" / f"{folder}_2022.zip") as archive:
            names = archive.namelist()
        assert names
        assert all(name.startswith(f"{folder}/2022-0") for name in names)
        assert all(f"-{code}-1." in name and other not in name for name in names)
        assert not any("SQ-F" in name for name in names)


def test_again_nothing_changes_and_elsewhere_it_is_the_same(ask: Ask, tmp_path: Path) -> None:
    deliver(ask, tmp_path / "one")
    before = tree(tmp_path / "one")
    again = deliver(ask, tmp_path / "one")
    assert (again["status"], again["written"]) == (0, 0)
    assert tree(tmp_path / "one") == before
    deliver(ask, tmp_path / "two")
    there = {name: raw for name, (raw, _) in tree(tmp_path / "two").items()}
    assert there == {name: raw for name, (raw, _) in before.items()}


def test_a_supplement_is_added_and_a_new_name_moves_nothing(
    ask: Ask, ledger: SmallLedger, tmp_path: Path
) -> None:
    deliver(ask, tmp_path)
    before = tree(tmp_path / "2022")
    ledger.append(
        *events("enterprise 420100 改名科技\nusage a100 1 2022-07-21T00:00 2022-07-22T00:00")
    )
    assert ask("statement", "make", "--month", "2022-07")["status"] == 0
    done = deliver(ask, tmp_path)
    after = tree(tmp_path / "2022")
    assert set(after) - set(before) == {PAPER.replace("-1.pdf", "-2.pdf")}
    changed = {name for name in before if after[name] != before[name]}
    assert changed == {"SHA256SUMS", "manifest.json", f"{OURS}_2022.zip"}
    superseded = {one["id"]: one["superseded_by"] for one in done["files"]}
    assert superseded[f"SQ-C-2022-07-{CODE}-1"] == f"SQ-C-2022-07-{CODE}-2"
    assert superseded[f"SQ-C-2022-07-{OTHER}-1"] is None


def test_a_missing_file_is_made_again(ask: Ask, tmp_path: Path) -> None:
    kept = tmp_path / "home" / "statements" / "2022-07" / f"SQ-C-2022-07-{CODE}-1.pdf"
    raw = kept.read_bytes()
    kept.unlink()
    assert deliver(ask, tmp_path)["status"] == 0
    assert (tmp_path / "2022" / PAPER).read_bytes() == raw


@pytest.mark.parametrize("where", ["home", "delivered"])
def test_a_file_that_is_not_as_its_event_says_is_refused_by_name(
    ask: Ask, tmp_path: Path, where: str
) -> None:
    out = tmp_path / "out"
    kept = tmp_path / "home" / "statements" / "2022-07" / f"SQ-C-2022-07-{CODE}-1.pdf"
    if where == "delivered":
        deliver(ask, out)
        kept = out / "2022" / PAPER
    kept.write_bytes(kept.read_bytes() + b"\n")
    before = tree(out)
    refused = deliver(ask, out)
    assert (refused["status"], refused["error"]["code"]) == (4, "statement_changed")
    assert str(kept) in refused["error"]["message"]
    assert tree(out) == before


def test_a_sealed_file_goes_along_and_a_lost_one_is_named(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = Authority.made().identity()
    files = write(tmp_path / "seal", key_pem(identity.key), pem(identity.certificate))
    for name, path in zip(("KEY", "CERTIFICATE"), files, strict=True):
        monkeypatch.setenv(f"SUANQUAN_SEAL_{name}", str(path))
    ((sealed,)) = ask("statement", "seal", f"SQ-C-2022-07-{CODE}-1")["rows"]
    deliver(ask, tmp_path / "one")
    delivered = tmp_path / "one" / "2022" / PAPER.replace(".pdf", ".sealed.pdf")
    assert delivered.read_bytes() == Path(sealed["path"]).read_bytes()
    Path(sealed["path"]).unlink()
    refused = deliver(ask, tmp_path / "two")
    assert (refused["status"], refused["error"]["code"]) == (4, "statement_changed")
    assert sealed["path"] in refused["error"]["message"]


def test_one_enterprise_has_a_folder_of_its_own(ask: Ask, tmp_path: Path) -> None:
    deliver(ask, tmp_path / "all")
    mixed = deliver(ask, tmp_path / "all", "--enterprise", CODE)
    assert (mixed["status"], mixed["error"]["code"]) == (2, "other_delivery")
    done = deliver(ask, tmp_path / "one", "--enterprise", CODE)
    assert [one["path"] for one in done["zips"]] == [f"{OURS}_2022.zip"]
    assert {one["enterprise"] for one in done["files"]} == {CODE}
    same = tmp_path / "all" / "2022" / f"{OURS}_2022.zip"
    assert (tmp_path / "one" / "2022" / f"{OURS}_2022.zip").read_bytes() == same.read_bytes()


@pytest.mark.parametrize(
    ("year", "more", "code"),
    [
        (2023, (), "nothing_to_deliver"),
        (2023, ("--enterprise", CODE), "nothing_to_deliver"),
        (2022, ("--enterprise", "9142010"), "credit_code_form"),
        (2022, ("--enterprise", "91420100MA49P8T68D"), "unknown_enterprise"),
    ],
)
def test_nothing_to_deliver_is_said(
    ask: Ask, tmp_path: Path, year: int, more: tuple[str, ...], code: str
) -> None:
    refused = deliver(ask, tmp_path / "out", *more, year=year)
    assert (refused["status"], refused["error"]["code"]) == (2, code)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("place", ["2022", "2022/2022-07", f"2022/2022-07/{OURS}"])
def test_a_folder_that_leads_elsewhere_is_refused(ask: Ask, tmp_path: Path, place: str) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (out / place).parent.mkdir(parents=True)
    (out / place).symlink_to(elsewhere)
    refused = ask("statement", "deliver", "--year", 2022, "--out", out)
    assert (refused["status"], refused["error"]["code"]) == (2, "linked")
    assert list(elsewhere.iterdir()) == []
    link = tmp_path / "link"
    link.symlink_to(elsewhere)
    assert ask("statement", "deliver", "--year", 2022, "--out", link)["status"] == 0


def test_a_folder_that_somebody_else_named_is_not_used(ask: Ask, tmp_path: Path) -> None:
    evil = f"x\n{'0' * 64}  passwd_{CODE}"
    (tmp_path / "out" / "2022" / "2022-07" / evil).mkdir(parents=True)
    assert ask("statement", "deliver", "--year", 2022, "--out", tmp_path / "out")["status"] == 0
    sums = (tmp_path / "out" / "2022" / "SHA256SUMS").read_text("utf-8")
    assert "passwd" not in sums
    assert PAPER in sums
