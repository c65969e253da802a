"""What a later statement states otherwise: lines that changed, came and went, under any heading."""

import msgspec

from ledger.text import Text
from reports.changes import Change, find_changes
from reports.statement import Amount, Column, Number, Paragraph, Section, Table, Words, Yuan
from reports.statement import Statement as Made
from reports.supplement import HEADING

NOTHING = Text("", "")
LINES, PLACE, WHO, FEN = (Text(one, one) for one in ("名单", "序号", "企业", "金额"))
COLUMNS = (Column(Text("序号", "No."), 1, figures=True), Column(WHO, 1), Column(FEN, 1))


def made(*lines: tuple[str, str, int], why: str = "") -> Made:
    """Return a statement of a list, each line with an enterprise, what it got, and how much."""
    columns = (*COLUMNS[:2], Column(Text("服务", "service"), 1), COLUMNS[2])
    rows = tuple(
        (Number(str(at)), Words(who), Words(what), Yuan(fen))
        for at, (who, what, fen) in enumerate(lines, 1)
    )
    total = sum(fen for _, _, fen in lines)
    sums = (Words(""), Words("合计", "Total"), Words(""), Yuan(total))
    table = Table(columns, rows, sums)
    return Made(
        kind="notice",
        title=Text("公示名单", "List"),
        subject="",
        subject_name="x",
        period="2022-07",
        facts=((Text("依据", "Basis"), Words("1号")),),
        sections=(
            Section(HEADING, (Paragraph(Text(why, why)),)),
            Section(LINES, (table, Amount(Text("总额", "Sum"), total))),
        ),
        total_fen=total,
        values_sha256="0" * 64,
        maker="x/1",
    )


def places(before: Made, after: Made) -> list[tuple[str, str, str | None, str | None]]:
    """Return the changes by line and heading, in Chinese."""
    return [
        (one.row.zh, one.item.zh, one.before and one.before.zh, one.after and one.after.zh)
        for one in find_changes(before, after)
    ]


def test_equal_statements_differ_in_nothing() -> None:
    one = made(("甲", "训练", 100), ("乙", "训练", 200))
    assert find_changes(one, msgspec.structs.replace(one, number="SQ-N-1")) == []
    assert find_changes(one, made(("甲", "训练", 100), ("乙", "训练", 200), why="无")) == []


def test_a_line_that_moved_did_not_change() -> None:
    before = made(("甲", "训练", 100), ("乙", "训练", 200))
    after = made(("丙", "推理", 300), ("甲", "训练", 100), ("乙", "训练", 200))
    assert places(before, after) == [
        ("", "总额", "3.00", "6.00"),
        ("丙", "", None, "丙 / 推理 / 3.00"),
        ("合计", "金额", "3.00", "6.00"),
    ]


def test_lines_go_together_by_what_they_begin_with() -> None:
    before = made(("甲", "训练", 100), ("甲", "推理", 200), ("乙", "训练", 5))
    after = made(("甲", "推理", 250), ("甲", "训练", 50), ("乙", "存储", 5))
    assert places(before, after) == [
        ("甲 / 推理", "金额", "2.00", "2.50"),
        ("甲 / 训练", "金额", "1.00", "0.50"),
        ("乙", "服务", "训练", "存储"),
    ]


def test_lines_that_nothing_tells_apart_are_not_guessed_at() -> None:
    before = made(("甲", "训练", 100), ("甲", "训练", 200))
    after = made(("甲", "训练", 200), ("甲", "训练", 300), ("甲", "训练", 400))
    found = places(before, after)
    assert [one[2:] for one in found if not one[1]] == [
        ("甲 / 训练 / 1.00", None),
        (None, "甲 / 训练 / 3.00"),
        (None, "甲 / 训练 / 4.00"),
    ]


def test_facts_sections_and_tables_of_another_form_are_told_too() -> None:
    before = made(("甲", "训练", 100))
    changed = msgspec.structs.replace(
        before,
        facts=((Text("依据", "Basis"), Words("2号")),),
        sections=(Section(Text("附件", "Annex"), (Table((Column(WHO, 1),), ((Words("丁"),),)),)),),
    )
    assert places(before, changed) == [
        ("", "依据", "1号", "2号"),
        ("", "总额", "1.00", None),
        ("甲", "", "甲 / 训练 / 1.00", None),
        ("丁", "", None, "丁"),
    ]
    other = msgspec.structs.replace(
        before, sections=(Section(LINES, (Table((Column(PLACE, 1),), ((Words("丁"),),)),)),)
    )
    assert ("丁", "", None, "丁") in places(before, other)


def test_a_change_is_a_sentence() -> None:
    one = Change(LINES, Text("甲", "A"), FEN, Text("1.00", "1.00"), None)
    assert one.tell() == Text("名单 · 甲 · 金额：1.00 → 无", "名单 · A · 金额: 1.00 → none")
