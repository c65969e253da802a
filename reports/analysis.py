"""The tables of a reconciliation and of a month at a glance, as spreadsheets."""

from collections.abc import Iterable
from fractions import Fraction
from math import lcm
from typing import Final

from ledger.money import allocate, round_half_up
from ledger.quantity import MICRO
from ledger.text import Language, Text
from ledger.usage import render_quantity
from reports.compute import CONVERTED, UNITS, convert
from reports.frames import MonthSum, Told
from reports.month import Month
from reports.reconciliation import MEANINGS, Explanation
from vouchers.book import Book
from vouchers.claims.spreadsheet import Column, Spreadsheet
from vouchers.names import LEVELS

TOTAL: Final = Text("合计", "Total")

SUMS: Final = {
    "metered_fen": Text("计量（元）", "Metered, CNY"),
    "invoiced_fen": Text("开票（元）", "Invoiced, CNY"),
    "paid_fen": Text("付款（元）", "Paid, CNY"),
    "difference_fen": Text("开票减计量", "Invoiced less metered"),
    "unexplained_fen": Text("其中不明", "Unexplained"),
    "open_fen": Text("开票减付款", "Invoiced less paid"),
}
"""What each sum of a month is called."""

SIDES: Final = {
    "invoiced": Text("开票与计量", "invoiced and metered"),
    "paid": Text("开票与付款", "invoiced and paid"),
}

ENTERPRISE: Final = Text("企业", "Enterprise")
CODE: Final = Text("统一社会信用代码", "Credit code")
NO_LEVEL: Final = Text("未采纳项目", "Not adopted")


def converted(book: Book, resource: str, quantity: int) -> tuple[Fraction, Text]:
    """Return a quantity in card-hours or TB-days, in unit-seconds for a resource not listed."""
    listed = book.resources.get(resource)
    if listed is None:
        return Fraction(quantity, MICRO), Text("单位·秒", "unit-seconds")
    unit = CONVERTED[listed.unit]
    return convert(unit, quantity), UNITS[unit]


def describe(book: Book, why: Explanation) -> Text:
    """Return an explanation in words, with the paper or resource that it is about."""
    meaning = MEANINGS[why.code]
    about = f"（{why.about}）" if why.about else "", f" ({why.about})" if why.about else ""
    if why.quantity is None:
        return Text(meaning.zh + about[0], meaning.en + about[1])
    listed = book.resources.get(why.about)
    unit = listed.unit if listed else "unit"
    seconds = render_quantity(why.quantity)
    return Text(
        f"{meaning.zh}（{why.about} {seconds} {unit}·s）",
        f"{meaning.en} ({why.about}, {seconds} {unit}-seconds)",
    )


def reconciliation_sheets(
    book: Book, sums: Iterable[MonthSum], told: Iterable[Told], language: Language
) -> list[Spreadsheet]:
    """Return the sums by enterprise, and every explanation; empty explanations have no sheet."""

    def say(text: Text) -> str:
        return text.render(language)

    columns = (
        Column(say(CODE)),
        Column(say(ENTERPRISE)),
        *(Column(say(title), "fen") for title in SUMS.values()),
    )
    rows = tuple(
        (one.enterprise, book.account(one.enterprise).name, *(getattr(one, name) for name in SUMS))
        for one in sums
    )
    why_columns = tuple(
        Column(say(title), "fen" if title is _AMOUNT else "text")
        for title in (CODE, ENTERPRISE, _SIDE, _CONTRACT, _REASON, _AMOUNT)
    )
    whys = tuple(
        (
            one.enterprise,
            book.account(one.enterprise).name,
            say(SIDES[one.explanation.side]),
            one.explanation.contract,
            say(describe(book, one.explanation)),
            one.explanation.amount_fen,
        )
        for one in told
    )
    return [
        Spreadsheet(say(Text("对账", "Reconciliation")), columns, rows),
        Spreadsheet(say(Text("差异说明", "Explanations")), why_columns, whys),
    ]


_SIDE: Final = Text("差异", "Between")
_CONTRACT: Final = Text("合同", "Contract")
_REASON: Final = Text("原因", "Reason")
_AMOUNT: Final = Text("金额（元）", "CNY")


def month_sheets(book: Book, month: Month, language: Language) -> list[Spreadsheet]:
    """Return the days of a month, its users, its enterprises' sums, and refunds by level."""

    def say(text: Text) -> str:
        return text.render(language)

    users = tuple(
        (
            one.enterprise,
            book.account(one.enterprise).name,
            _hundredths(convert("card_hour", one.quantity)),
            one.charged_fen,
        )
        for one in month.users
    )
    levels = tuple(
        (say(LEVELS[one.level] if one.level else NO_LEVEL), *one[1:]) for one in month.levels
    )
    money = (
        Column(say(Text("已使用（元）", "Drawn, CNY")), "fen"),
        Column(say(Text("已付（元）", "Paid, CNY")), "fen"),
        Column(say(Text("追回（元）", "Recovered, CNY")), "fen"),
    )
    hours = Column(say(Text("卡时", "Card-hours")), "hundredth")
    charged = Column(say(SUMS["metered_fen"]), "fen")
    enterprise = Column(say(CODE)), Column(say(ENTERPRISE))
    return [
        _days(book, month, language),
        Spreadsheet(say(Text("主要用户", "Largest users")), (*enterprise, hours, charged), users),
        reconciliation_sheets(book, month.sums, (), language)[0],
        Spreadsheet(
            say(Text("补贴", "Refunds")), (Column(say(Text("级次", "Level"))), *money), levels
        ),
    ]


def _days(book: Book, month: Month, language: Language) -> Spreadsheet:
    """Return the use of each day, a column for the accelerators together and one per resource."""
    resources = [code for code, _ in month.resources]
    titles = []
    for code in resources:
        listed, (_, unit) = book.resources.get(code), converted(book, code, 0)
        titles.append(f"{listed.name if listed else code}（{unit.render(language)}）")
    used = dict(month.days)
    days = [day for day, _ in month.hours_by_day(book)]
    figures = (
        _shared(converted(book, code, used.get((day, code), 0))[0] for day in days)
        for code in resources
    )
    together_hours = _shared(hours for _, hours in month.hours_by_day(book))
    rows = tuple(zip(days, together_hours, *figures, strict=True))
    together = Text("加速卡合计（卡时）", "Accelerators, card-hours").render(language)
    columns = [
        Column(Text("日期", "Day").render(language)),
        Column(together, "hundredth"),
        *(Column(title, "hundredth") for title in titles),
    ]
    return Spreadsheet(Text("每日用量", "Days").render(language), tuple(columns), rows)


def _shared(values: Iterable[Fraction]) -> list[int]:
    """Return values in hundredths that add up to what their sum is in hundredths."""
    exact = list(values)
    whole = lcm(*(one.denominator for one in exact))
    return allocate(_hundredths(sum(exact, Fraction(0))), [int(one * whole) for one in exact])


def _hundredths(value: Fraction) -> int:
    return round_half_up(value * 100)
