"""`suanquan reconcile` and `suanquan report`: a ledger in, sums, reasons and files out."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from PIL import Image

from tests.small_ledger import CODE, SmallLedger, events

Run = Callable[..., Any]

BOOK = """
    resource a100 accelerator card 2021-12-01 0.32
    enterprise 420100 =1+1有限公司 synthetic
    contract C-1 2022-01-01 2022-12-31 0.06 a100=12.50/card_hour
    usage a100 8 2022-07-01T00:00 2022-07-02T00:00 C-1
"""
INVOICE = "invoice 1 C-1 2022-08-05 {} 0 2022-07-01 2022-07-31"
RED = "red 901 1 2022-09-01 400 0"
COMMAND = ("reconcile", "--month", "2022-07")


def lay_down(home: Path, *lines: str) -> None:
    """Make a ledger of the book and some lines in a home."""
    home.mkdir()
    made = SmallLedger(f"sqlite:///{home / 'suanquan.db'}")
    made.append(*events("\n".join((BOOK, *lines))))
    made.close()


def test_an_explained_month_is_well(suanquan: Run, home: Path, tmp_path: Path) -> None:
    lay_down(home, INVOICE.format("2400"), RED, "payment 1 2022-08-06 2400")
    answer = suanquan(*COMMAND, "--json", "--out", tmp_path / "july.xlsx", "--lang", "en")
    assert answer.status == 0, answer.err
    (row,) = answer.json["rows"]
    assert row == {
        "enterprise": CODE,
        "name": "=1+1有限公司",
        "metered_fen": 240_000,
        "invoiced_fen": 200_000,
        "paid_fen": 240_000,
        "difference_fen": -40_000,
        "unexplained_fen": 0,
        "open_fen": -40_000,
    }
    assert [
        (one["side"], one["code"], one["amount_fen"]) for one in answer.json["explanations"]
    ] == [("invoiced", "reversed_later", -40_000), ("paid", "overpaid", -40_000)]
    assert answer.json["ok"] is True
    book = openpyxl.load_workbook(io.BytesIO((tmp_path / "july.xlsx").read_bytes()))
    assert book.sheetnames == ["Reconciliation", "Explanations"]
    assert (book.worksheets[0]["B2"].data_type, book.worksheets[0]["B2"].value) == (
        "s",
        "=1+1有限公司",
    )


def test_an_altered_amount_is_unexplained_and_told_by_the_status(suanquan: Run, home: Path) -> None:
    lay_down(home, INVOICE.format("2412.34"))
    answer = suanquan(*COMMAND, "--json")
    assert answer.status == 4
    assert answer.json["ok"] is False
    assert [
        (one["code"], one["amount_fen"])
        for one in answer.json["explanations"]
        if one["side"] == "invoiced"
    ] == [("unexplained", 1_234)]
    shown = suanquan(*COMMAND, "--lang", "zh")
    assert shown.status == 4
    assert "原因不明" in shown.out
    assert "12.34" in shown.out
    # As of the size before the invoice, nothing was billed.
    earlier = suanquan(*COMMAND, "--as-of", "book=3", "--json")
    assert earlier.status == 0, earlier.err
    assert [one["code"] for one in earlier.json["explanations"]] == ["not_invoiced"]


def test_only_the_enterprise_that_is_named_is_compared(suanquan: Run, home: Path) -> None:
    lay_down(home)
    assert (
        suanquan(*COMMAND, "--enterprise", CODE, "--json").json["total"]["metered_fen"] == 240_000
    )
    mistyped = CODE[:-1] + ("0" if CODE[-1] != "0" else "1")
    other = suanquan(*COMMAND, "--enterprise", mistyped, "--json", "--lang", "en")
    assert (other.status, other.error["code"]) == (2, "unknown_enterprise")
    assert f"did you mean {CODE}" in other.error["next"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((*COMMAND, "--out", "x.pdf"), "bad_file"),
        ((*COMMAND, "--out", "none/x.xlsx"), "bad_file"),
        (("reconcile", "--month", "2022-13"), "bad_month"),
        (("report", "month", "--month", "2022-07", "--out", "x.jpg"), "bad_file"),
        (("report", "month", "--month", "2022-07", "--cards", "0"), "usage"),
        (("report", "totals", "none.csv"), "file"),
    ],
)
def test_what_cannot_be_is_refused_before_the_work(
    suanquan: Run, home: Path, arguments: tuple[str, ...], code: str
) -> None:
    lay_down(home)
    answer = suanquan(*arguments, "--json")
    assert (answer.status, answer.error["code"]) == (2, code)


def test_a_month_is_shown_and_written(suanquan: Run, home: Path, tmp_path: Path) -> None:
    lay_down(home, INVOICE.format("2400"))
    files = [tmp_path / f"july.{ending}" for ending in ("xlsx", "png", "svg")]
    outs = [word for path in files for word in ("--out", path)]
    command = ("report", "month", "--month", "2022-07")
    answer = suanquan(*command, "--cards", 16, *outs, "--json")
    assert answer.status == 0, answer.err
    made = answer.json
    # 192 of 16 * 744 hours.
    assert (made["cards"], made["utilisation"]) == (16, "0.016129")
    assert made["accelerator_card_seconds"] == "691200"
    assert [one["quantity"] for one in made["users"]] == ["691200"]
    assert made["total"]["invoiced_fen"] == 240_000
    assert [one["level"] for one in made["refunds"]] == ["province", "city", "district"]
    assert [one["code"] for one in made["notes"]] == ["synthetic"]
    assert made["files"] == [str(path) for path in files]
    assert len(openpyxl.load_workbook(files[0]).worksheets) == 4
    with Image.open(files[1]) as image:
        assert image.width == 2400
    assert "<svg" in files[2].read_text("utf-8")
    bare = suanquan(*command, "--json").json
    assert (bare["utilisation"], bare["notes"][0]["code"]) == (None, "no_capacity")
    beyond = suanquan(*command, "--cards", 1, "--top", 1, "--lang", "en")
    assert "192.00 card-hour" in beyond.out
    assert "25.81 %" in beyond.out


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("enterprise,month\na,2022-07", "bad_totals"),
        ("enterprise,card_seconds\na", "bad_totals"),
        ("enterprise,card_seconds\na,1\na,2", "bad_totals"),
        ("enterprise,card_seconds\na,x", "bad_quantity"),
        ("enterprise,month,card_seconds\na,july,1", "bad_month"),
        ("", "bad_totals"),
    ],
)
def test_totals_that_cannot_be_read_are_refused(
    suanquan: Run, home: Path, tmp_path: Path, text: str, code: str
) -> None:
    lay_down(home)
    (tmp_path / "known.csv").write_text(text, "utf-8")
    answer = suanquan("report", "totals", "known.csv", "--json")
    assert (answer.status, answer.error["code"]) == (2, code)


def test_totals_name_an_enterprise_by_code_or_name(
    suanquan: Run, home: Path, tmp_path: Path
) -> None:
    lay_down(home)
    for name in (CODE, "=1+1有限公司"):
        (tmp_path / "known.csv").write_text(f"who,card_seconds\n{name},691200\n", "utf-8")
        assert suanquan("report", "totals", "known.csv").status == 0
    (tmp_path / "known.csv").write_text("who,card_seconds\nnobody,5\n", "utf-8")
    answer = suanquan("report", "totals", "known.csv", "--lang", "en")
    assert answer.status == 4
    assert "691,200" in answer.out
