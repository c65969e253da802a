"""What people get wrong in a programme file, each told with its place, its value and what to do."""

from pathlib import Path
from typing import Final, NamedTuple

import pytest

from portal.commands.programme_file import review_file
from vouchers.template import write_files

HELD: Final = 'Held("high_tech_enterprise")'
KIND: Final = 'ResourceIs("accelerator")'
RULE: Final = "_VERSION_2026: Final"
PLACE: Final = 'assume("待填写：注册地", "to be filled in: the place"), "A")'
BASE: Final = 'base=Cited("paid_in_year"'
NAME: Final = 'name=Text("济南市算力券", "Jinan compute voucher")'
YEAR: Final = "claim_year=Cited"


class Mistake(NamedTuple):
    """What somebody writes instead, what is said of it, the next step, and more to import."""

    old: str
    new: str
    said: str
    said_zh: str
    step: str
    imports: str = ""


def of_source(call: str, said: str, said_zh: str, step: str) -> Mistake:
    """Return a mistake in how an article is cited."""
    new = f'_S: Final = Source(_RULE, "P")\n_X = _S.{call}\n{RULE}'
    return Mistake(RULE, new, said, said_zh, step, "Source")


ARTICLE: Final = "from 1 to 99"
NO_ARTICLE: Final = "不是 1 至 99 的整数"
MISTAKES: Final = [
    # Names.
    Mistake("    Held,", "    Hedl,", "has no Hedl", "没有 Hedl", "did you mean Held?"),
    Mistake("Held(", "Hedl(", "Hedl is neither", "Hedl 没有定义", "did you mean Held?"),
    Mistake(HELD, "AnyOf(())", "AnyOf is neither", "没有导入", "programme import AnyOf"),
    Mistake("date(2", "Date(2", "Date is neither", "Date 没有定义", "did you mean date?"),
    Mistake("(_VERSION_2026,)", "(_VERSION_2025,)", "_VERSION_2025", "没有定义", "_VERSION_2026?"),
    Mistake("vouchers.programme ", "vouchers.program ", "no module", "没有模块", "s.programme?"),
    Mistake("vouchers.programme ", "vouchers.programmes ", "has no C", "没有 C", "programme imp"),
    Mistake("from fractions", "from fraction", "it uses fraction", "用到了", "mean fractions?"),
    Mistake("level=", "levle=", "no levle in Programme(…)", "没有 levle", "did you mean level?"),
    Mistake(KIND, 'ResourceIs(kinds="network")', "no kinds", "没有 kinds", "did you mean kind?"),
    of_source("artcile(3, 1)", "Source has no artcile", "没有 artcile", "did you mean article?"),
    # Words.
    Mistake('"down"', '"donw"', "cannot be 'donw'", "'donw' 不在", "did you mean down?"),
    Mistake('"city"', '"citty"', "cannot be 'citty'", "'citty' 不在", "did you mean city?"),
    Mistake(BASE, 'base=Cited("payed"', "cannot be 'payed'", "'payed'", "did you mean paid?"),
    Mistake('"A"', '"B"', "grade cannot be 'B'", "'B' 不在可选", "one of P, M, N, A"),
    Mistake(KIND, 'ResourceIs("acelerator")', "'acelerator'", "不在可选", "mean accelerator?"),
    Mistake('"3701"', '"济南"', "'济南' begins no", "不是行政区划代码", "such as 3701"),
    Mistake(HELD, 'OnDay("paid", Held("x"))', "date cannot be 'paid'", "'paid'", "full", "OnDay"),
    Mistake(
        HELD,
        'OnDay("paid_in_full", Held("hightech_enterprise"))',
        "unknown kind of qualifi",
        "未知的资质类别",
        "mean high_tech_enterprise?",
        "OnDay",
    ),
    # Numbers, days, shares.
    Mistake(
        "date(2026, 1, 1)", "date(2026, 2, 30)", "date(2026, 2, 30) is no", "不是一个日", "31)"
    ),
    Mistake("date(2026, 1, 1)", 'date("2026")', "date('2026') is no day", "不是一个日期", "31)"),
    Mistake("date(2026, 1, 1)", '"2026-01-01"', "the text '2026-01-01'", "文字 '2026", "date(2026"),
    Mistake(
        "date(2026, 1, 1)", "date(2026, 01, 01)", "begins with 0", "以 0 开头", "without zeros"
    ),
    Mistake(
        "Fraction(30, 100)", "Fraction(30, 0)", "Fraction(30, 0) is no", "不是一个比", "(3, 10)"
    ),
    Mistake(
        "Fraction(30, 100)", 'Fraction("30%")', "Fraction('30%') is", "不是一个比例", "(3, 10)"
    ),
    Mistake("Fraction(30, 100)", "Fraction(0.3, 1)", "Fraction(0.3, 1)", "不是一个比例", "(3, 10)"),
    Mistake("Fraction(30, 100)", "30 / 100", "the decimal number 0.3", "小数 0.3", "(3, 10)"),
    Mistake("10_000_000,", '"10万元",', "the text '10万元'", "文字 '10万元'", "fen (CNY"),
    Mistake("10_000_000,", "10,000,000,", "takes 3 values, here are 5", "写了 5 项", "no commas"),
    Mistake("10_000_000,", "10_000_000fen,", "is not written so", "数字写法不对", "digits alone"),
    of_source("article(100, 1)", f"100 is no article or item {ARTICLE}", f"100 {NO_ARTICLE}", "12"),
    of_source("article(0, 1)", f"0 is no article or item {ARTICLE}", f"0 {NO_ARTICLE}", "item=3"),
    of_source('article("3", 1)', "'3' is no article", f"'3' {NO_ARTICLE}", "item=3"),
    of_source("article(3, 1, item=0)", "0 is no article or item", NO_ARTICLE, "item=3"),
    # Values that go together.
    of_source("article(3)", "is not called so: _S.article(3)", "取值不对", "(number, value, item"),
    Mistake(PLACE, 'assume("x"), "A")', "assume('x')", "取值不对", "write assume(zh, en)"),
    Mistake(NAME, 'name=Text("济南")', "Text('济南')", "取值不对", "write Text(zh, en)"),
    Mistake(NAME, 'name="济南"', "name is the text '济南'", "文字 '济南'", "write Text(zh, en)"),
    Mistake(PLACE, '"A")', "grade is missing in Cited(…)", "缺少 grade", '"P" / "M" / "N" / "A"'),
    Mistake('    level="city",\n', "", "level is missing in Prog", "缺少 level", '"city" / "dist'),
    Mistake('    id="2026",\n', '    "2026",\n', "has unnamed values", "没有写名称", "id=…"),
    Mistake('id="2026"', 'id="2026", id="2"', "id is there twice", "id 写了两次", "delete one"),
    Mistake('id="2026"', "id=2026", "the whole number 2026", "整数 2026", "write a text"),
    Mistake(
        BASE,
        'base=Cited(Lowest("paid", "settled")',
        "takes 1 value",
        "写了 2 项",
        "((…, …))",
        "Lowest",
    ),
    # Shapes.
    Mistake(
        "Cited(Fraction(30, 100), ",
        "(Fraction(30, 100), ",
        "a tuple of 3",
        "3 项的元组",
        "Cited(…, clause, grade)",
    ),
    Mistake(HELD, "Held", "Held without its brackets", "没有括号的 Held", "write Held(…)"),
    Mistake(HELD, '"incubated"', "the text 'incubated'", "文字 'incubated'", "write Held(…), Fact"),
    Mistake(KIND, 'Held("incubated")', "purchases[0] is Held(…)", "Held(…)", "into eligibility"),
    Mistake(
        HELD,
        f"AnyOf(({HELD}, {HELD}))",
        "conditions[0] is Held(…)",
        "Held(…)",
        "Cited(Held(…), clause, grade)",
        "AnyOf",
    ),
    Mistake(HELD, f"AnyOf({HELD})", "conditions is Held(…)", "Held(…)", "(Held(…),)", "AnyOf"),
    Mistake(KIND, 'ResourceIs("network", "storage")', "also is the text", "文字", "('storage',)"),
    Mistake("=(_VERSION_2026,)", "=[_VERSION_2026]", "a list […] of 1", "列表", "round brackets"),
    Mistake(BASE, "base=Cited(None", "versions[0].base is None", "None", '"invoiced" / "paid"'),
    # What contradicts itself.
    Mistake(
        YEAR,
        'funding_split=Cited(FundingSplit((LevelShare("city", Fraction(1, 2)),), "city"),'
        f' _RULE, "A"),\n    {YEAR}',
        "the shares sum to 1/2, not to 1",
        "份额合计为 1/2",
        "check the levels",
        "FundingSplit, LevelShare",
    ),
    Mistake(
        YEAR,
        'joint_cap=Cited(JointCap(("city",), 9, (LevelCap("province", 3),)), _RULE, "A"),'
        f"\n    {YEAR}",
        "a sub-cap is of province",
        "分项上限的级次 province",
        "check the",
        "JointCap, LevelCap",
    ),
    Mistake(
        "Fraction(30, 100)",
        "ByYear(((2026, Fraction(1, 2)), (2026, Fraction(1, 3))))",
        "the year 2026 is there more than once",
        "年度 2026 写了不止一次",
        "keep one",
        "ByYear",
    ),
    Mistake(
        HELD,
        'NoRecord("tax_arrears", -3)',
        "records of -3 years",
        "查 -3 年内",
        "write 3",
        "NoRecord",
    ),
    # Brackets and commas.
    Mistake(
        "rate=Cited", "rate.x=Cited", "before = is no name", "不是一个名称", "write name=value"
    ),
    Mistake(
        "eligibility=(", "eligibility=[", "bracket ) does not close the [", "不配对", "one kind"
    ),
    Mistake("    versions=(_V", "    versions=((_V", "( is never closed", "没有闭合", "close it"),
    Mistake(f"{PLACE},", PLACE, "a comma seems to be missing", "可能缺少逗号", "a comma"),
    Mistake(
        "PROGRAMME: Final = Programme(",
        "PROGRAMME: Final = _RULE(",
        "is no shape: _RULE(",
        "不是一种写法",
        "a comma may be missing",
    ),
]


def write_mistake(path: Path, mistake: Mistake) -> int:
    """Write a new programme's file with a mistake in it, and return the line that it is on."""
    text = write_files("jinan", "city", 2026, package="").programme
    if mistake.imports:
        head = "from vouchers.programme import (\n"
        text = text.replace(head, f"{head}    {mistake.imports},\n")
    before, found, after = text.partition(mistake.old)
    assert found, mistake.old
    path.write_text(before + mistake.new + after, "utf-8")
    return before.count("\n") + 1


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: one.new[:40])
def test_a_mistake_of_an_author_is_told_in_his_words(tmp_path: Path, mistake: Mistake) -> None:
    path = tmp_path / "jinan.py"
    line = write_mistake(path, mistake)
    (error,) = [one for one in review_file(path).remarks if one.kind == "error"]
    assert mistake.said in error.message.en, error
    assert mistake.said_zh in error.message.zh, error
    assert mistake.step in error.next_step.en, error
    assert error.next_step.zh
    assert error.line, error
    if mistake.new.startswith(("date(", "Fraction(", "ResourceIs(", '"')):
        assert error.line in {line - 1, line}, error
    told = " ".join((*error.message, *error.next_step))
    for raw in ("Error", "argument", "object", "NoneType", "\n"):
        assert raw not in told, told
