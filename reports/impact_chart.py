"""The impact of other rules on one page: the sums, a pair of bars a programme, a pair a month.

The bars before are light and those after dark, so that grey print tells them apart. A thin line on
a bar reaches to what it is with every missing fact for the enterprise.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from ledger.money import FEN_PER_YUAN, render_yuan
from ledger.text import Language, Text
from reports.drawing import Drawing
from reports.fonts import Fonts
from reports.sketch import GREY, HAIR, INK, MARGIN, WIDTH, Sketch
from vouchers.impact import Impact, Sum
from vouchers.names import LEVELS

BEFORE: Final = "#a9b4c2"
AFTER: Final = "#213d63"
RISE: Final = "#b3452c"

_LEGEND: Final = ((Text("调整后", "after"), AFTER), (Text("调整前", "before"), BEFORE))

_ROW: Final = 62
_BAR: Final = 19
_NAMES: Final = 300
_PLOT: Final = 250
_MONTHS_NAMED_MAX: Final = 18

# One unit of the axes: what people count such budgets in.
_AXIS: Final[dict[Language, tuple[int, str]]] = {
    "zh": (10_000 * FEN_PER_YUAN, "万元"),
    "en": (1_000 * FEN_PER_YUAN, "CNY thousand"),
}


def draw_impact(
    impact: Impact, title: Text, notes: Sequence[Text], fonts: Fonts, language: Language
) -> Drawing:
    """Return the picture of an impact; `notes` stand below it.

    Raises `InvalidInputError` (code `missing_glyph`) where a character cannot be shown.
    """
    sheet = Sketch(fonts, language)
    sheet.paragraph(sheet.say(title), 27, INK, bold=True)
    first, last = impact.months[0], impact.months[-1]
    sheet.paragraph(sheet.say(Text(f"{first} 至 {last}", f"{first} to {last}")), 15, GREY)
    sheet.y += 18
    _sums(sheet, impact.total)
    _programmes(sheet, impact)
    _months(sheet, impact)
    sheet.box(MARGIN, sheet.y, WIDTH - 2 * MARGIN, 1, HAIR)
    sheet.y += 8
    for note in notes:
        sheet.paragraph(sheet.say(note), 13, GREY)
    return Drawing(WIDTH, round(sheet.y) + 32, sheet.say(title), sheet.shapes)


def _sums(sheet: Sketch, total: Sum) -> None:
    """Place the three sums beside each other, those of the bars in the bars' colours."""
    low, high = total.differences_fen
    parts = (
        (
            Text("调整前（元）", "Before, CNY"),
            BEFORE,
            (total.before_fen, total.before_high_fen),
            "",
        ),
        (Text("调整后（元）", "After, CNY"), AFTER, (total.after_fen, total.after_high_fen), ""),
        (Text("增减（元）", "Difference, CNY"), RISE, (low, high), "+"),
    )
    column = (WIDTH - 2 * MARGIN) / len(parts)
    for i, (name, ink, (least, most), sign) in enumerate(parts):
        left = MARGIN + i * column
        sheet.box(left, sheet.y, 6, 56, ink)
        sheet.label(left + 18, sheet.y + 16, sheet.say(name), 14, GREY)
        shown = _span(sheet, least, most, sign)
        size = sheet.fit(shown, column - 36, 25, bold=True)
        sheet.label(left + 18, sheet.y + 48, shown, size, bold=True)
    sheet.y += 56 + 34


def _programmes(sheet: Sketch, impact: Impact) -> None:
    """Place a pair of lying bars for each programme, its amounts at their ends."""
    sheet.heading(Text("各级补贴", "By level and programme"), _LEGEND)
    rows = list(impact.by_programme.items())
    named = {one.id: one for chosen in reversed(impact.programmes) for one in chosen}
    highest = max((_highest(one) for _, one in rows), default=0) or 1
    # What is written at the end of the longest bar needs room too.
    ends = [_span(sheet, *pair) for _, one in rows for pair in _pairs(one)]
    room = max((sheet.fonts.width(end, 14) for end in ends), default=0.0) + 14
    plot = WIDTH - 2 * MARGIN - _NAMES - room
    titles = [sheet.say(named[name].name) for name, _ in rows]
    size = min((sheet.fit(title, _NAMES - 20, 15) for title in titles), default=15.0)
    for title, (name, amounts) in zip(titles, rows, strict=True):
        level = sheet.say(LEVELS[named[name].level])
        sheet.label(MARGIN, sheet.y + 18, title, size)
        sheet.label(MARGIN, sheet.y + 38, level, 13, GREY)
        left = MARGIN + _NAMES
        for i, ((low, high), ink) in enumerate(zip(_pairs(amounts), (BEFORE, AFTER), strict=True)):
            top = sheet.y + 3 + i * (_BAR + 2)
            ends_at = left + plot * max(low, high) / highest
            sheet.box(left, top, max(plot * low / highest, 1.5), _BAR, ink)
            if low != high:
                near = left + plot * min(low, high) / highest
                sheet.box(near, top + _BAR / 2 - 0.75, ends_at - near, 1.5, GREY)
                sheet.box(ends_at - 1.5, top + 4, 1.5, _BAR - 8, GREY)
            sheet.label(ends_at + 10, top + 15, _span(sheet, low, high), 14)
        sheet.y += _ROW
    sheet.y += 22


def _months(sheet: Sketch, impact: Impact) -> None:
    """Place a pair of standing bars for each month, over a scale in round numbers."""
    unit_fen, unit = _AXIS[sheet.language]
    sheet.heading(Text(f"按月（{unit}）", f"By month ({unit})"), _LEGEND)
    rows = list(impact.by_month.items())
    highest = Fraction(max(_highest(one) for _, one in rows), unit_fen)
    left, most = sheet.axis(highest, _PLOT)
    base, per_fen = sheet.y + _PLOT, _PLOT / (most * unit_fen)
    slot = (WIDTH - MARGIN - left) / len(rows)
    width = min(slot * 0.36, 30)
    stride = -(-len(rows) // _MONTHS_NAMED_MAX)
    for i, (month, amounts) in enumerate(rows):
        middle = left + slot * (i + 0.5)
        for (low, high), ink, x in zip(
            _pairs(amounts), (BEFORE, AFTER), (middle - width - 1, middle + 1), strict=True
        ):
            height = float(low * per_fen)
            sheet.box(x, base - height, width, height, ink)
            if low != high:
                reach = float(high * per_fen)
                top = base - max(height, reach)
                sheet.box(x + width / 2 - 0.75, top, 1.5, abs(reach - height), GREY)
                sheet.box(x + width / 2 - 4, base - reach, 8, 1.5, GREY)
        if i % stride == 0:
            sheet.label(middle, base + 22, month, 13, GREY, "middle")
    sheet.y = base + 52


def _pairs(amounts: Sum) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the two edges before and the two after."""
    return (
        (amounts.before_fen, amounts.before_high_fen),
        (amounts.after_fen, amounts.after_high_fen),
    )


def _highest(amounts: Sum) -> int:
    return max(max(pair) for pair in _pairs(amounts))


def _span(sheet: Sketch, low_fen: int, high_fen: int, sign: str = "") -> str:
    shown = [f"{sign if fen > 0 else ''}{render_yuan(fen)}" for fen in (low_fen, high_fen)]
    return shown[0] if low_fen == high_fen else sheet.say(Text("～", " – ")).join(shown)
