"""What happened to a demo's claims, as a table that a person reads."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from ledger.config import Settings
from ledger.text import Language
from portal.demo.counts import KINDS, counts_table
from portal.shell import Shell

LEVELS = (("hubei", "province"), ("wuhan", "city"), ("east_lake", "district"))


@pytest.mark.parametrize(
    ("language", "heading", "words"),
    [
        ("zh", ["办理情况", "省级", "市级", "区级", "合计"], ["提出申请", "失效", "异议不成立"]),
        ("en", ["What", "Province", "City", "District", "Total"], ["handed in", "lapsed"]),
    ],
)
def test_each_kind_is_told_by_level_and_in_all(
    tmp_path: Path, language: Language, heading: list[str], words: list[str]
) -> None:
    rows = [
        {
            "programme": programme,
            "level": level,
            "claims": 1_000 * number,
            "kinds": dict.fromkeys(KINDS, number),
        }
        for number, (programme, level) in enumerate(LEVELS, 1)
    ]
    shell = Shell(Settings.of_home(tmp_path), language, as_json=False)
    console = Console(width=100, file=StringIO(), record=True)
    console.print(counts_table(shell, rows))
    lines = console.export_text().splitlines()
    assert all(word in "".join(lines) for word in words)
    (headed,) = [line for line in lines if heading[-1] in line]
    assert all(one in headed for one in heading)
    (handed_in,) = [line for line in lines if "6,000" in line]
    assert [one.strip() for one in handed_in.split("│")[2:6]] == [
        "1,000",
        "2,000",
        "3,000",
        "6,000",
    ]
    told = [[one.strip() for one in line.split("│")[2:6]] for line in lines if "│" in line]
    assert told.count(["1", "2", "3", "6"]) == len(KINDS)
