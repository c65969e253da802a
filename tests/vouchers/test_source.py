"""A programme file's text: every path leads to its line, and what is no data is seen unread."""

import ast
from pathlib import Path

import pytest

import vouchers.programmes
from vouchers.catalogue import find_programmes
from vouchers.source import find_foreign, find_line
from vouchers.values import walk

FOLDER = Path(vouchers.programmes.__path__[0])

TEXT = '''"""A place."""
_CLAUSE: Final = cite(_RULE, "x", "y")
_HELD = Held("incubated")
_V: Final = Version(
    id="2020",
    rate=Cited(
        Fraction(1, 2),
        _CLAUSE,
        "M",
    ),
    eligibility=(
        Cited(_HELD, _CLAUSE, "M"),
        Cited(
            AnyOf(
                (
                    Cited(
                        value=Held(kind="above_scale"), clause=_CLAUSE,
                        grade="M",
                    ),
                    *_MORE,
                    Cited(Held("x"), _CLAUSE, "M"),
                )
            ),
            _CLAUSE,
            "M",
        ),
    ),
)
PROGRAMME: Final = Programme(
    id="x",
    versions=(_V,),
)
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("", 29),
        ("id", 30),
        ("versions", 31),
        ("versions[0]", 4),
        ("versions[1]", 31),
        ("versions[0].id", 5),
        ("versions[0].rate", 6),
        ("versions[0].rate.value", 7),
        ("versions[0].rate.clause", 2),
        ("versions[0].rate.grade", 9),
        ("versions[0].tax", 4),
        ("versions[0].eligibility", 11),
        ("versions[0].eligibility[0]", 12),
        ("versions[0].eligibility[0].kind", 3),
        ("versions[0].eligibility[1].conditions", 15),
        ("versions[0].eligibility[1].conditions[0]", 16),
        ("versions[0].eligibility[1].conditions[0].kind", 17),
        ("versions[0].eligibility[1].conditions[0].grade", 18),
        ("versions[0].eligibility[1].conditions[2]", 15),
    ],
)
def test_a_path_leads_to_its_line_or_the_nearest_above(path: str, line: int) -> None:
    assert find_line(ast.parse(TEXT), path) == line


def test_without_a_programme_there_is_no_line() -> None:
    assert find_line(ast.parse("X = 1"), "versions[0].rate") is None
    assert find_line(ast.parse("PROGRAMME = A\nA = B\nB = A"), "versions[0].rate") == 1


def test_every_value_of_every_programme_has_a_line_of_its_field() -> None:
    for programme in find_programmes():
        text = (FOLDER / f"{programme.id}.py").read_text("utf-8")
        tree, lines = ast.parse(text), text.splitlines()
        assert list(find_foreign(tree)) == []
        for i, version in enumerate(programme.versions):
            for path, _ in walk(version):
                line = find_line(tree, f"versions[{i}].{path}")
                assert line is not None
                if path.isidentifier():
                    assert lines[line - 1].strip().startswith(f"{path}="), (programme.id, path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("from datetime import date\nfrom vouchers.programme import Held\nimport typing", []),
        ("import os", [(1, "os")]),
        ("x = 1\nfrom os.path import join", [(2, "os.path")]),
        ("import vouchersx, fractions", [(1, "vouchersx")]),
        ("from . import hubei", [(1, ".")]),
        ("from ledger.store import Store", [(1, "ledger.store")]),
        ("def f():\n    return open('x')", [(2, "open")]),
        ("e = eval", [(1, "eval")]),
        ("__import__('os')", [(1, "__import__")]),
    ],
)
def test_what_is_not_data_is_seen(text: str, found: list[tuple[int, str]]) -> None:
    assert list(find_foreign(ast.parse(text))) == found
