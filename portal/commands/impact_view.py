"""How the impact of other rules is shown to a person: what changes, what it costs, for whom."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from rich.console import Group
from rich.table import Table
from rich.text import Text as RichText

from ledger.money import render_yuan
from ledger.text import Text
from portal.shell import Shell
from vouchers.change import Change
from vouchers.impact import Affected, Class, Impact, Sum
from vouchers.names import LEVELS, QUALIFICATIONS, call
from vouchers.rule_changes import Difference, find_differences
from vouchers.showing import name_field, show_field

SHOWN_MAX: Final = 10
"""How many winners and losers a person is shown; `--json` has them all."""

METHOD: Final = Text(
    "口径：每家企业每个申领年度只申领一次，取各月末中合计补贴最高的一次；各月为当月末比此前最高多得的部分，"
    "合计不重复。范围之前已使用的创新券计入两种规则，范围之内的以测算代替。",
    "How: each enterprise applies once for each claim year, at the month's end at which it is"
    " refunded most; a month is what an application at its end adds to the best one before, so that"
    " months add up. Vouchers drawn before the range count under both; those drawn within are"
    " replaced.",
)
UNKNOWN: Final = Text(
    "两个金额：前者为待补充材料全部不利于企业时，后者为全部有利于企业时。合计介于两者之间；单个级别（互斥）或月份（提前取得）在后一种情形下可能反而较少。",
    "Two amounts: with every missing fact against the enterprise, and with every one for it. The"
    " total lies between; a level (they exclude each other) or a month (it came earlier) may get"
    " less in the second case.",
)
SYNTHETIC: Final = Text("含演示用的合成数据。", "Contains synthetic data.")


def show_impact(shell: Shell, change: Change, impact: Impact, data: dict[str, Any]) -> Group:
    """Return the whole answer for a person."""
    first, last = impact.months[0], impact.months[-1]
    title = Text(
        f"{change.title.zh}（{first} 至 {last}）", f"{change.title.en} ({first} to {last})"
    )
    parts = [
        RichText(shell.say(title), style="bold"),
        *(f"  - {shell.say(one)}" for one in _changes(impact)),
        _programmes(shell, impact),
        _classes(shell, impact),
        _months(shell, impact),
        *_years(shell, impact),
        *_affected(shell, impact),
        *(RichText(shell.say(one)) for one in notes(impact, data)),
    ]
    if data["chart"]:
        parts.append(RichText(f"→ {data['chart']}"))
    return Group(*parts)


def notes(impact: Impact, data: dict[str, Any]) -> list[Text]:
    """Return how to read the figures: the method, and what is unknown or made up, if anything."""
    told = [METHOD]
    if _is_unsure(impact.total):
        told.append(UNKNOWN)
    if data["synthetic"]:
        told.append(SYNTHETIC)
    return told


def _changes(impact: Impact) -> Iterator[Text]:
    """Yield a sentence for each value that is not the same under both sets."""
    found = list(find_differences(*impact.programmes))
    for one in found:
        yield _say_difference(one)
    if not found:
        yield Text("没有任何取值变化", "no value changes")


def _say_difference(one: Difference) -> Text:
    name = one.programme.name
    cited = one.after or one.before
    if cited is None:
        verb = Text("新增项目", "comes in") if one.comes else Text("取消项目", "is dropped")
        return Text(f"{verb.zh}：{name.zh}", f"{name.en} {verb.en}")
    what = name_field(one.field, cited)
    where = Text(f"{name.zh} {one.version}：{what.zh}", f"{name.en} {one.version}: {what.en}")
    grade = Text(f"（{cited.clause.zh}，{cited.grade}）", f" ({cited.clause.en}, {cited.grade})")
    if "[" in one.field:
        sign = Text("取消", "dropped") if one.after is None else Text("新增", "added")
        return Text(f"{where.zh} — {sign.zh}{grade.zh}", f"{where.en} — {sign.en}{grade.en}")
    old, new = (
        show_field(one.field, value) if value else Text("无", "none")
        for value in (one.before, one.after)
    )
    return Text(
        f"{where.zh} {old.zh} → {new.zh}{grade.zh}", f"{where.en} {old.en} → {new.en}{grade.en}"
    )


def _programmes(shell: Shell, impact: Impact) -> Table:
    """Return a row for each programme, in the order of levels, and the sum."""
    table = _table(
        shell,
        Text("各级补贴", "By level"),
        Text("级别与项目", "level and programme"),
        Text("受补企业", "refunded"),
    )
    named = {one.id: one for chosen in reversed(impact.programmes) for one in chosen}
    for name, amounts in impact.by_programme.items():
        level, programme = LEVELS[named[name].level], named[name].name
        label = Text(f"{level.zh}　{programme.zh}", f"{level.en}: {programme.en}")
        table.add_row(shell.say(label), *_cells(shell, amounts), _counts(amounts))
    table.add_section()
    label = Text("合计", "total")
    total = impact.total
    table.add_row(shell.say(label), *_cells(shell, total), _counts(total), style="bold")
    return table


def _classes(shell: Shell, impact: Impact) -> Table:
    """Return a row for each class of enterprise, which is all the statuses that it holds."""
    title = Text("按企业资质（范围最后一天持有）", "By qualifications held on the last day")
    table = _table(shell, title, Text("资质", "qualifications"), Text("企业数", "enterprises"))
    for held, number in sorted(impact.classes.items()):
        amounts = impact.by_class.get(held, Sum())
        table.add_row(shell.say(_name_class(held)), *_cells(shell, amounts), str(number))
    return table


def _name_class(held: Class) -> Text:
    names = [call(QUALIFICATIONS, kind) for kind in held]
    if not names:
        return Text("无", "none")
    return Text("＋".join(one.zh for one in names), " + ".join(one.en for one in names))


def _months(shell: Shell, impact: Impact) -> Table:
    """Return a row for each month."""
    table = _table(shell, Text("按月", "By month"), Text("月份", "month"), None)
    for month, amounts in impact.by_month.items():
        table.add_row(month, *_cells(shell, amounts))
    return table


def _years(shell: Shell, impact: Impact) -> Iterator[Table]:
    """Yield a table of claim years where there are several."""
    if len(impact.by_year) > 1:
        table = _table(shell, Text("按申领年度", "By claim year"), Text("年度", "year"), None)
        for year, amounts in sorted(impact.by_year.items()):
            table.add_row(str(year), *_cells(shell, amounts))
        yield table


def _affected(shell: Shell, impact: Impact) -> Iterator[Table | RichText]:
    """Yield who gets more, who gets less, and for whom it is not known."""
    for title, rows in (
        (Text("多得的企业", "Who gets more"), impact.winners),
        (Text("少得的企业", "Who gets less"), impact.losers),
        (
            Text("增减待补充材料后才能确定", "More or less, as missing facts turn out"),
            impact.unclear,
        ),
    ):
        if rows:
            yield _people(shell, title, rows)
    if not impact.affected:
        yield RichText(
            shell.say(Text("没有企业的补贴发生变化。", "No enterprise's refund changes."))
        )


def _people(shell: Shell, title: Text, rows: Sequence[Affected]) -> Table:
    number = len(rows)
    more = number - SHOWN_MAX
    counted = Text(f"{title.zh}：{number} 家", f"{title.en}: {number}")
    if more > 0:
        counted = Text(
            f"{counted.zh}，列前 {SHOWN_MAX} 家（全部见 --json）",
            f"{counted.en}, the first {SHOWN_MAX} of them (--json has all)",
        )
    table = _table(shell, counted, Text("企业", "enterprise"), None)
    for one in rows[:SHOWN_MAX]:
        table.add_row(one.name, *_cells(shell, one.amounts))
    return table


def _table(shell: Shell, title: Text, first: Text, last: Text | None) -> Table:
    table = Table(title=shell.say(title), title_justify="left")
    table.add_column(shell.say(first), overflow="fold")
    for heading in (
        Text("调整前（元）", "before, CNY"),
        Text("调整后（元）", "after, CNY"),
        Text("增减（元）", "difference"),
    ):
        table.add_column(shell.say(heading), justify="right", no_wrap=True)
    if last is not None:
        table.add_column(shell.say(last), justify="right", no_wrap=True)
    return table


def _cells(shell: Shell, amounts: Sum) -> tuple[str, str, str]:
    """Return before, after and the difference; where there are two amounts, one below the other."""
    low, high = amounts.differences_fen
    return (
        _span(shell, amounts.before_fen, amounts.before_high_fen),
        _span(shell, amounts.after_fen, amounts.after_high_fen),
        _span(shell, low, high, sign="+"),
    )


def _span(shell: Shell, low_fen: int, high_fen: int, sign: str = "") -> str:
    shown = [f"{sign if fen > 0 else ''}{render_yuan(fen)}" for fen in (low_fen, high_fen)]
    return shown[0] if low_fen == high_fen else shell.say(Text("\n～", "\n– ")).join(shown)


def _counts(amounts: Sum) -> str:
    before, after = amounts.refunded_before, amounts.refunded_after
    return str(before) if before == after else f"{before} → {after}"


def _is_unsure(amounts: Sum) -> bool:
    return (amounts.before_fen, amounts.after_fen) != (
        amounts.before_high_fen,
        amounts.after_high_fen,
    )
