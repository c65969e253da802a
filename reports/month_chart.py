"""A month at a glance on one page: card-hours by day, the largest users, refunds by level.

Bars are dark on white, and of a pair the first is light, so that grey print tells them apart.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from ledger.money import render_decimal, render_yuan
from ledger.text import Language, Text
from reports.analysis import NO_LEVEL
from reports.compute import convert
from reports.drawing import Drawing
from reports.fonts import Fonts
from reports.month import Month
from reports.pdf.lines import wrap
from reports.sketch import GREY, HAIR, INK, MARGIN, WIDTH, Sketch
from vouchers.book import Book
from vouchers.names import LEVELS

LIGHT: Final = "#a9b4c2"
DARK: Final = "#213d63"

_PLOT: Final = 220
_NAMES: Final = 330
_ROW: Final = 30
_BAR: Final = 18
_FIGURES: Final = 210
_SIZE_MIN: Final = 11.0


def draw_month(
    book: Book, month: Month, notes: Sequence[Text], fonts: Fonts, language: Language
) -> Drawing:
    """Return the picture of a month; `notes` stand below it.

    Raises `InvalidInputError` (code `missing_glyph`) where a character cannot be shown.
    """
    sheet = Sketch(fonts, language)
    title = sheet.say(Text(f"智算中心运行月报 {month.month}", f"The centre in {month.month}"))
    sheet.paragraph(title, 27, INK, bold=True)
    sheet.y += 14
    _figures(sheet, month)
    _days(sheet, book, month)
    _users(sheet, book, month)
    _levels(sheet, month)
    sheet.box(MARGIN, sheet.y, WIDTH - 2 * MARGIN, 1, HAIR)
    sheet.y += 8
    for note in notes:
        sheet.paragraph(sheet.say(note), 13, GREY)
    return Drawing(WIDTH, round(sheet.y) + 32, title, sheet.shapes)


def _figures(sheet: Sketch, month: Month) -> None:
    """Place the month's sums side by side, each under its name."""
    share = month.utilisation
    used = render_decimal(share * 100, 2) + " %" if share is not None else "—"
    shown = [
        (Text("加速卡（卡时）", "Card-hours"), _hours(month.accelerators)),
        (Text("利用率", "Utilisation"), used),
        (Text("计量（元）", "Metered, CNY"), render_yuan(month.total_fen("metered_fen"))),
        (Text("开票（元）", "Invoiced, CNY"), render_yuan(month.total_fen("invoiced_fen"))),
        (Text("付款（元）", "Paid, CNY"), render_yuan(month.total_fen("paid_fen"))),
    ]
    slot = (WIDTH - 2 * MARGIN) / len(shown)
    for i, (name, figure) in enumerate(shown):
        left = MARGIN + i * slot
        sheet.label(left, sheet.y + 14, sheet.say(name), 14, GREY)
        size = sheet.fit(figure, slot - 16, 24, bold=True)
        sheet.label(left, sheet.y + 44, figure, size, INK, bold=True)
    sheet.y += 74


def _days(sheet: Sketch, book: Book, month: Month) -> None:
    """Place a standing bar for each day over a scale in round numbers."""
    sheet.heading(Text("每日加速卡用量（卡时）", "Accelerators by day, card-hours"))
    days = month.hours_by_day(book)
    highest = max(hours for _, hours in days)
    left, top = sheet.axis(highest, _PLOT)
    base = sheet.y + _PLOT
    slot = (WIDTH - MARGIN - left) / len(days)
    for i, (day, hours) in enumerate(days):
        height = float(hours / top * _PLOT)
        sheet.box(left + slot * (i + 0.18), base - height, slot * 0.64, height, DARK)
        sheet.label(left + slot * (i + 0.5), base + 20, day[8:], 12, GREY, "middle")
    sheet.y = base + 50


def _users(sheet: Sketch, book: Book, month: Month) -> None:
    """Place a lying bar for each of the largest users."""
    if not month.users:
        return
    sheet.heading(Text("用量最大的企业（卡时）", "The largest users, card-hours"))
    highest = month.users[0].quantity
    rows = [(book.account(one.enterprise).name, one.quantity) for one in month.users]
    for name, quantity in rows:
        text = _hours(quantity)
        _lying(sheet, name, [(quantity, highest, DARK, text)])
    sheet.y += 20


def _levels(sheet: Sketch, month: Month) -> None:
    """Place a pair of lying bars for each level: what was drawn, and what was paid."""
    legend = ((Text("已付", "paid"), DARK), (Text("已使用", "drawn"), LIGHT))
    sheet.heading(Text("各级补贴（元）", "Refunds by level, CNY"), legend)
    highest = max((max(one.drawn_fen, one.paid_fen) for one in month.levels), default=0) or 1
    for one in month.levels:
        name = sheet.say(LEVELS[one.level] if one.level else NO_LEVEL)
        bars = [
            (one.drawn_fen, highest, LIGHT, render_yuan(one.drawn_fen)),
            (one.paid_fen, highest, DARK, render_yuan(one.paid_fen)),
        ]
        _lying(sheet, name, bars)
    sheet.y += 20


def _lying(sheet: Sketch, name: str, bars: Sequence[tuple[int, int, str, str]]) -> None:
    """Place lying bars, one below the other, behind the name of their row."""
    left, room = MARGIN + _NAMES, WIDTH - 2 * MARGIN - _NAMES - _FIGURES
    size = sheet.fit(name, _NAMES - 20, 15)
    lines = [name]
    if size < _SIZE_MIN:
        size = _SIZE_MIN
        lines = wrap(name, _NAMES - 20, lambda piece: sheet.fonts.width(piece, size))
    for i, line in enumerate(lines):
        sheet.label(MARGIN, sheet.y + 15 + i * size * 1.3, line, size)
    below = sheet.y + (len(lines) - 1) * size * 1.3
    for value, highest, ink, text in bars:
        width = float(Fraction(value, highest) * room) if highest else 0.0
        sheet.box(left, sheet.y + 1, max(width, 1.5), _BAR, ink)
        sheet.label(left + max(width, 1.5) + 10, sheet.y + 15, text, 14)
        sheet.y += _BAR + 3
    sheet.y = max(sheet.y - _BAR - 3, below) + _ROW


def _hours(quantity: int) -> str:
    return render_decimal(convert("card_hour", quantity), 2)
