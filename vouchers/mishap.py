"""Why a programme file does not run, said to whoever wrote it instead of a traceback."""

import re
from collections.abc import Callable
from typing import Final

import msgspec

from ledger.text import Text
from vouchers import programme
from vouchers.remark import Remark
from vouchers.spelling import find_nearest

_SYNTAX: Final = (
    (
        re.compile(r"invalid (?:non-printable )?character '?(?P<what>[^']*)'? ?\(?(U\+\w+)?"),
        Text("用了全角标点或程序不认识的字符 {what}", "a character that Python has not: {what}"),
        Text("请改用半角标点 , ( ) : \" '", "use ASCII punctuation outside of texts"),
    ),
    (
        re.compile(r"'(?P<what>.)' was never closed"),
        Text("括号 {what} 没有闭合", "the bracket {what} is never closed"),
        Text("请补上对应的右括号", "close it"),
    ),
    (
        re.compile(r"(?P<what>unterminated).*string"),
        Text("引号没有闭合", "a text is never closed"),
        Text("请补上引号", "add its closing quote"),
    ),
    (
        re.compile(r"(?P<what>.*forgot a comma)"),
        Text("可能缺少逗号", "a comma seems to be missing"),
        Text("请在上一项末尾补上逗号", "end the item before it with a comma"),
    ),
    (
        re.compile(r"(?P<what>.*indent)"),
        Text("缩进不对", "the indentation is wrong"),
        Text("请与上下各行对齐", "align it with the lines around it"),
    ),
)

_UNNAMED: Final = Text("请看这一行", "look at this line")


def explain_syntax(message: str, line: int | None) -> Remark:
    """Return the remark about a file that is not Python."""
    for pattern, said, following in _SYNTAX:
        if found := pattern.search(message):
            text = Text(*(one.replace("{what}", found["what"]) for one in said))
            return Remark("error", "syntax", "", text, following, line)
    text = Text(f"语法不对：{message}", f"not Python: {message}")
    return Remark("error", "syntax", "", text, _UNNAMED, line)


def explain_failure(kind: str, message: str, line: int | None) -> Remark:
    """Return the remark about a file that ended with an exception of this kind, at a line."""
    for pattern, explain in _FAILURES:
        if found := pattern.search(message):
            text, following = explain(found[1])
            return Remark("error", "fails", "", text, following, line)
    told = f"{kind}: {message}" if message else kind
    text = Text(f"文件无法运行：{told}", f"the file does not run: {told}")
    return Remark("error", "fails", "", text, _UNNAMED, line)


def _missing(name: str) -> tuple[Text, Text]:
    return (
        Text(f"缺少 {name}", f"{name} is missing"),
        Text(f"请写上 {name}=Cited(取值, 条款, 等级)", f"write {name}=Cited(value, clause, grade)"),
    )


def _unexpected(name: str) -> tuple[Text, Text]:
    fields = {one for shape in _shapes() for one in shape.__struct_fields__}
    return Text(f"没有 {name} 这一项", f"there is no {name}"), _suggest(name, fields)


def _undefined(name: str) -> tuple[Text, Text]:
    text = Text(f"{name} 没有定义或没有导入", f"{name} is neither defined nor imported")
    return text, _suggest(name, _vocabulary())


def _not_there(name: str) -> tuple[Text, Text]:
    text = Text(f"词汇表中没有 {name}", f"the vocabulary has no {name}")
    return text, _suggest(name, _vocabulary())


def _no_tuple(_name: str) -> tuple[Text, Text]:
    return (
        Text("此处应为元组，写成了单个值", "a tuple is due here, and a single value is given"),
        Text("只有一项时也要写逗号：(_VERSION,)", "write a comma after a single item: (_VERSION,)"),
    )


def _endless(time: str) -> tuple[Text, Text]:
    return (
        Text(f"文件运行了 {time} 还没有结束", f"the file has not ended after {time}"),
        Text("请删去循环：项目文件只有数据", "delete its loop: a programme is data alone"),
    )


def _suggest(name: str, known: set[str]) -> Text:
    near = find_nearest(name, sorted(known - {name}))
    if near is not None:
        return Text(f"是否应为 {near}？", f"did you mean {near}?")
    return Text("词汇表见 vouchers/programme.py", "vouchers/programme.py has the vocabulary")


def _shapes() -> list[type[msgspec.Struct]]:
    found = vars(programme).values()
    return [one for one in found if isinstance(one, type) and issubclass(one, msgspec.Struct)]


def _vocabulary() -> set[str]:
    return {name for name in vars(programme) if not name.startswith("_")}


_FAILURES: Final[tuple[tuple[re.Pattern[str], Callable[[str], tuple[Text, Text]]], ...]] = (
    (re.compile(r"^Missing required argument '(\w+)'"), _missing),
    (re.compile(r"^Unexpected keyword argument '(\w+)'"), _unexpected),
    (re.compile(r"^name '(\w+)' is not defined"), _undefined),
    (re.compile(r"^cannot import name '(\w+)'"), _not_there),
    (re.compile(r"^'(\w+)' object is not iterable"), _no_tuple),
    (re.compile(r"^no end after (.+)"), _endless),
)
