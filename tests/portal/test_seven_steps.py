"""A city is added as CONTRIBUTING.md says: its seven steps, done in a copy of the checkout."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from vouchers.template import PLACE_CHARS_MAX
from vouchers.testing import case

ROOT: Final = Path(__file__).parents[2]
COPIED: Final = (
    *("ledger", "ingest", "vouchers", "reports", "portal", "migrations"),
    *("tests/servers", "tests/vouchers", "docs/programmes"),
)
FILES: Final = ("pyproject.toml", "tests/conftest.py", "tests/small_ledger.py")

Do = Callable[..., str]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of all that a programme and its tests need."""
    tree = tmp_path / "checkout"
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in COPIED:
        shutil.copytree(ROOT / folder, tree / folder, ignore=ignored)
    for file in FILES:
        shutil.copy(ROOT / file, tree / file)
    return tree


@pytest.fixture
def do(checkout: Path) -> Do:
    """Return what runs a command in the copy and gives what it says."""

    def run(*command: str, status: int = 0) -> str:
        module = {"suanquan": "portal"}.get(command[0], command[0])
        done = subprocess.run(
            [sys.executable, "-m", module, *command[1:]],
            capture_output=True,
            check=False,
            cwd=checkout,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(checkout),
                "PYTHONUTF8": "1",
                "LANG": "en",
            },
        )
        said = done.stdout.decode() + done.stderr.decode()
        assert done.returncode == status, (command, said)
        return said

    return run


def test_new_files_pass_the_linter(checkout: Path, do: Do) -> None:
    places = {"optics_2": "district", "a" * PLACE_CHARS_MAX: "province"}
    for place, level in places.items():
        do("suanquan", "programme", "new", place, "--level", level)
    made = [
        str(checkout / folder / f"{prefix}{place}.py")
        for place in places
        for folder, prefix in (
            ("vouchers/programmes", ""),
            ("tests/vouchers/programmes", "test_"),
        )
    ]
    do("ruff", "check", *made)
    do("ruff", "format", "--check", *made)


# A line of a command, indented as it stands in a step, and the number that a step begins with.
COMMAND: Final = re.compile(r"^ +\.venv/bin/(?:python -m )?(\S.*)$")
STEP: Final = re.compile(r"^(\d)\. ")
TO_FILL: Final = re.compile(r'assume\("待填写：([^"]+)", "to be filled in: ([^"]+)"\)(,\s+)"A"')


def read_steps() -> dict[int, list[list[str]]]:
    """Return the commands of each of the seven steps, as CONTRIBUTING.md has them."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    section = text.partition("## Add a city in seven steps")[2].partition("\n## ")[0]
    steps: dict[int, list[list[str]]] = {}
    for line in section.splitlines():
        if begun := STEP.match(line):
            steps[int(begun[1])] = []
        if command := COMMAND.match(line):
            steps[max(steps)].append(command[1].split())
    return steps


def fill_in(path: Path) -> int:
    """Write what a person would: the document's number, a clause for every value; give the year."""
    text, count = TO_FILL.subn(r'cite(_RULE, "\1", "\2")\3"M"', path.read_text("utf-8"))
    assert count > 10
    number = 'Text("济科发〔2026〕1号", "济科发〔2026〕1号")'
    text = re.sub(r'(_RULE: Final = )Text\("待填写.*\)', rf"\1{number}", text)
    text = text.replace("    assume,\n", "    cite,\n")
    path.write_text(text, "utf-8")
    (year,) = re.findall(r"date\((\d{4}), 1, 1\)", text)
    return int(year)


def test_the_seven_steps_add_a_city(checkout: Path, do: Do) -> None:
    steps = read_steps()
    assert [len(steps[number]) for number in range(1, 8)] == [0, 1, 1, 0, 1, 3, 1]
    rules = checkout / "vouchers" / "programmes" / "jinan.py"
    do(*steps[2][0])
    assert "warnings 2" in do(*steps[3][0])
    year = fill_in(rules)
    do("ruff", "format", "-q", str(rules))
    do("ruff", "check", "-q", str(rules))
    assert "errors 0, warnings 0, advice 0" in do(*steps[3][0])
    assert "9 passed" in do(*steps[5][0])
    claim = case(year).registered("370100").qualified("high_tech_enterprise")
    (checkout / "case.json").write_bytes(claim.write())
    show, preview, reference = steps[6]
    assert "to be filled in" not in do(*show)
    assert "CNY 30,000.00" in do(*preview)
    do("pytest", "-q", "tests/vouchers/test_reference.py", status=1)
    do(*reference)
    do("pytest", "-q", "tests/vouchers/test_reference.py")
    together = ("catalogue", "render", "review", "ruling")
    do("pytest", "-q", *(f"tests/vouchers/test_{name}.py" for name in together))
    pin(checkout, do, f"jinan@{year}")
    assert do(*steps[7][0]) == "nothing differs\n"
    assert "errors 0, warnings 0, advice 0" in do(*steps[3][0])
    text = rules.read_text("utf-8")
    rules.write_text(text.replace("Fraction(30, 100)", "Fraction(40, 100)"), "utf-8")
    assert f"jinan@{year} is released, yet" in " ".join(do(*steps[3][0], status=2).split())


def pin(checkout: Path, do: Do, name: str) -> None:
    """Note the hash of the new version, as for a release."""
    rows = json.loads(do("suanquan", "programme", "list", "--json"))["rows"]
    (digest,) = (row["hash"] for row in rows if row["id"] == "jinan")
    released = checkout / "vouchers" / "released.py"
    text = released.read_text("utf-8")
    released.write_text(text.replace("= {\n", f'= {{\n    "{name}": "{digest}",\n'), "utf-8")


def test_a_broken_file_is_named_by_the_other_commands(checkout: Path, do: Do) -> None:
    rules = checkout / "vouchers" / "programmes" / "jinan.py"
    rules.write_text("PROGRAMME = (", "utf-8")
    for command in (("list",), ("show", "hubei")):
        said = do("suanquan", "programme", *command, status=2)
        assert "Traceback" not in said
        assert "run suanquan programme check vouchers/programmes/jinan.py" in said
    wuhan = (rules.parent / "wuhan.py").read_text("utf-8")
    rules.write_text(wuhan, "utf-8")
    assert "a file and its programme have one name" in do("suanquan", "programme", "list", status=2)
    rules.write_text("PROGRAMME = (", "utf-8")
    assert "never closed" in do("suanquan", "programme", "check", str(rules), status=2)
