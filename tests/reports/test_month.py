"""A month at a glance: its figures, its workbook opened again, its picture within the margins."""

import io
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import openpyxl
import pytest

from ledger.events import ClaimClawbackRecovered, ClaimPaid
from ledger.text import Language, Text
from reports.analysis import month_sheets, reconciliation_sheets
from reports.drawing import Box, Drawing, Label, render_png, render_svg
from reports.fonts import Fonts
from reports.frames import sum_months, tell
from reports.month import Month, make_month
from reports.month_chart import DARK, draw_month
from reports.reconciliation import reconcile_all
from reports.sheets import ColumnChart, render_xlsx
from reports.sketch import MARGIN, WIDTH
from reports.snapshot import Snapshot
from tests.small_ledger import CODE, events, snapshot_of
from vouchers.claims.transfers import Transfer

OTHER = "91420100MA49P8T68D"
FORMULA = "=HYPERLINK(1)有限公司"

SNAPSHOT = snapshot_of(
    events(
        f"""
        resource a100 accelerator card 2021-12-01 0.32
        resource ssd storage tb 2021-12-01
        enterprise 420100 {FORMULA}
        contract C-1 2022-01-01 2022-12-31 0.06 a100=12.50/card_hour ssd=1/tb_day
        usage a100 8 2022-07-01T00:00 2022-07-02T00:00 C-1
        usage a100 1 2022-07-31T00:00 2022-07-31T00:01 C-1
        usage ssd 3 2022-07-01T00:00 2022-07-02T00:00 C-1
        usage a100 1 2022-08-01T00:00 2022-08-01T01:00 C-1
        invoice 1 C-1 2022-08-05 2500 0 2022-07-01 2022-07-31
        payment 1 2022-08-10 1000
        granted hubei 2022 200000 2022-07-01
        drawn hubei 2022 1000 2022-07-31
        drawn hubei 2022 500 2022-08-31
        """
    ),
    events(
        """
        contract C-1 2022-01-01 2022-12-31 0.06 a100=10/card_hour
        usage a100 1 2022-07-02T00:00 2022-07-02T12:00 C-1
        usage a100 1 2022-07-02T00:00 2022-07-02T01:00 C-8
        """,
        OTHER,
    ),
)


def moved(kind: type[Transfer], programme: str, day: str, amount_fen: int) -> Transfer:
    """Return money that was paid on a claim, or came back."""
    said: dict[str, Any] = {
        "claim": "SQ-1",
        "revision": 1,
        "programme": programme,
        "fund": programme,
        "year": 2022,
        "amount_fen": amount_fen,
        "effective_on": day,
        "sizes": {"book": 1},
        "rules": "a" * 64,
        "bank_reference": "B-1",
    }
    if kind is ClaimPaid:
        return ClaimPaid(**said, order="O-1")
    return ClaimClawbackRecovered(**said, document="1号", to="available")


MOVED = [
    moved(ClaimPaid, "hubei", "2022-07-15", 700),
    moved(ClaimPaid, "wuhan", "2022-07-31", 800),
    moved(ClaimPaid, "wuhan", "2022-08-01", 900),
    moved(ClaimClawbackRecovered, "east_lake", "2022-07-02", 50),
    moved(ClaimPaid, "gone", "2022-07-02", 3),
]


def july(cards: int | None = None, snapshot: Snapshot = SNAPSHOT) -> Month:
    paid = replace(snapshot, budget=[(one, CODE) for one in MOVED])
    return make_month(paid, "2022-07", cards, 10)


def test_a_month_has_its_use_users_money_and_refunds() -> None:
    made = july(16)
    hour = 3_600_000_000
    assert made.accelerators == (192 + 13) * hour + hour // 60
    assert made.utilisation == Fraction(205 * 60 + 1, 16 * 744 * 60)
    assert made.resources == (("a100", made.accelerators), ("ssd", 3 * 86_400_000_000))
    assert [(one.enterprise, one.charged_fen) for one in made.users] == [
        (CODE, 240_000 + 21 + 300),
        (OTHER, 12_000),
    ]
    assert made.total_fen("invoiced_fen") == 250_000
    assert made.total_fen("paid_fen") == 100_000
    assert made.unrated == 1
    assert [tuple(one) for one in made.levels] == [
        ("province", 100_000, 700, 0),
        ("city", 0, 800, 0),
        ("district", 0, 0, 50),
        (None, 0, 3, 0),
    ]


def test_without_a_capacity_no_share_is_guessed() -> None:
    assert july().utilisation is None


def test_a_month_of_nothing_is_one() -> None:
    made = make_month(snapshot_of([]), "2022-02", 4, 10)
    assert (made.accelerators, made.utilisation) == (0, Fraction(0))
    assert not made.users
    assert not made.sums
    assert len(made.hours_by_day(snapshot_of([]).book)) == 28


# --- The workbook ---------------------------------------------------------------------------------


def opened(raw: bytes, *, values: bool) -> Any:  # noqa: ANN401 - untyped
    return openpyxl.load_workbook(io.BytesIO(raw), data_only=values)


def workbooks(language: Language) -> list[bytes]:
    """Return the workbooks of a month and of a reconciliation."""
    reconciled = list(reconcile_all(SNAPSHOT, "2022-07"))
    sums = sum_months(reconciled)
    both = (
        month_sheets(SNAPSHOT.book, july(16), language),
        reconciliation_sheets(SNAPSHOT.book, sums, tell(reconciled, sums), language),
    )
    return [
        render_xlsx(sheets, date(2022, 7, 31), "合计", ColumnChart("用量", 0, 1)) for sheets in both
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_sums_are_formulas_whose_values_add_up(language: Language) -> None:
    formulas = 0
    for raw in workbooks(language):
        shown, told = opened(raw, values=True), opened(raw, values=False)
        for page in told.worksheets:
            last = page.max_row
            for column in page.iter_cols():
                *above, foot = column
                if foot.data_type != "f":
                    assert all(cell.data_type == "s" for cell in above)
                    continue
                formulas += 1
                letter = foot.column_letter
                assert foot.value == f"=SUM({letter}2:{letter}{last - 1})"
                assert all(cell.data_type == "n" for cell in above[1:])
                total = round(sum(round(cell.value * 100) for cell in above[1:]))
                assert round(shown[page.title][foot.coordinate].value * 100) == total
    assert formulas >= 20


def test_a_name_that_begins_with_an_equals_sign_stays_a_text() -> None:
    names = [
        (cell.data_type, cell.value)
        for raw in workbooks("zh")
        for page in opened(raw, values=False).worksheets
        for row in page.iter_rows()
        for cell in row
        if str(cell.value).startswith("=H")
    ]
    assert len(names) >= 4
    assert set(names) == {("s", FORMULA)}


def test_days_in_hundredths_add_up_to_the_months_hours() -> None:
    days = month_sheets(SNAPSHOT.book, july(), "zh")[0]
    assert len(days.rows) == 31
    # 205 hours and a minute.
    assert sum(int(row[1]) for row in days.rows) == 20_502
    assert sum(int(row[3]) for row in days.rows) == 300
    # A minute is 0.0167 hours: three of them are 0.05, not three times 0.02.
    minutes = "\n".join(
        f"usage a100 1 2022-07-0{day}T00:00 2022-07-0{day}T00:01 C-1" for day in (1, 2, 3)
    )
    snapshot = snapshot_of(events(f"resource a100 accelerator card 2021-12-01 0.32\n{minutes}"))
    days = month_sheets(snapshot.book, july(snapshot=snapshot), "zh")[0]
    assert [int(row[1]) for row in days.rows[:4]] == [2, 2, 1, 0]


def test_a_chart_of_the_book_itself_shows_the_days() -> None:
    (chart,) = opened(workbooks("zh")[0], values=False).worksheets[0]._charts  # noqa: SLF001 - openpyxl offers no other way
    (series,) = chart.series
    assert series.val.numRef.f == "每日用量!$B$2:$B$32"
    assert series.cat.strRef.f == "每日用量!$A$2:$A$32"


def test_the_same_month_gives_the_same_bytes() -> None:
    assert workbooks("zh") == workbooks("zh")


# --- The picture ----------------------------------------------------------------------------------

LONG = "武汉" + "很长的名称" * 11 + "有限公司"


def drawn(faces: Fonts, language: Language, name: str = LONG) -> Drawing:
    log = events(
        f"""
        resource a100 accelerator card 2021-12-01 0.32
        enterprise 420100 {name}
        contract C-1 2022-01-01 2022-12-31 0.06 a100=999999999.99/card_hour
        usage a100 100 2022-07-01T00:00 2022-07-01T01:00 C-1
        """
    )
    second = events(
        f"""
        enterprise 420100 {name}
        usage a100 100 2022-07-01T00:00 2022-07-01T01:00 C-1
        """,
        OTHER,
    )
    snapshot = snapshot_of(log, second)
    notes = [Text("说明，" * 90, "A note, " * 60)]
    return draw_month(snapshot.book, july(16, snapshot), notes, faces, language)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_everything_stands_within_the_margins_and_on_nothing_else(
    faces: Fonts, language: Language
) -> None:
    made = drawn(faces, language)
    placed: list[tuple[Label, float, float]] = []
    for shape in made.shapes:
        if isinstance(shape, Box):
            left, right = shape.x, shape.x + shape.width
        else:
            width = faces.width(shape.text, shape.size, bold=shape.bold)
            left = shape.x - {"start": 0, "middle": width / 2, "end": width}[shape.anchor]
            right = left + width
            for one, other_left, other_right in placed:
                if abs(one.y - shape.y) < max(one.size, shape.size) * 0.8:
                    assert right < other_left or other_right < left, (shape, one)
            placed.append((shape, left, right))
        assert left >= MARGIN / 2, shape
        assert right <= WIDTH - MARGIN / 2, shape
        assert 0 < shape.y < made.height, shape
    shown = "".join(one.text for one in made.shapes if isinstance(one, Label))
    assert shown.count(LONG) == 2
    assert min(one.size for one in made.shapes if isinstance(one, Label)) >= 11
    assert "99,999,999,999.00" in shown


def test_a_day_stands_as_high_as_it_was_used(faces: Fonts) -> None:
    made = draw_month(SNAPSHOT.book, july(16), [], faces, "zh")
    bars = [one for one in made.shapes if isinstance(one, Box) and one.ink == DARK]
    first, second, last = bars[0], bars[1], bars[2]
    # 192 hours, 13 hours and a minute.
    assert round(second.height / first.height * 192, 6) == 13
    assert round(last.height / first.height * 192 * 60, 6) == 1


def test_both_files_are_made(faces: Fonts) -> None:
    made = drawn(faces, "zh")
    assert render_png(made, faces) == render_png(drawn(faces, "zh"), faces)
    assert render_svg(made, faces).startswith(b"<?xml")
