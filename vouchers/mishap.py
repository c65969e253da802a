"""Why a programme file does not run, said to whoever wrote it instead of a traceback."""

import ast
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from ledger.text import Text
from vouchers import programme
from vouchers.mistype import describe
from vouchers.remark import Remark
from vouchers.source import ALLOWED_MODULES, Span, find_call, name_called, names_of
from vouchers.spelling import find_nearest
from vouchers.value_type import fields_of


class Failure(NamedTuple):
    """The exception that ended a file, and where; `told` are the words of one of our own errors.

    `known` has the names of what was asked for a name that it has not.
    """

    kind: str
    message: str
    span: Span | None = None
    told: Sequence[Sequence[str]] | None = None
    known: Sequence[str] = ()


class _Seen(NamedTuple):
    """A failure, what the pattern found in its message, the file, and the call that failed."""

    failure: Failure
    found: re.Match[str]
    tree: ast.Module
    call: ast.Call | None

    @property
    def code(self) -> str:
        """Return the failing call as it is written, on one line and cut where it is long."""
        text = ast.unparse(self.call) if self.call else self.failure.message
        return text if len(text) <= _SHOWN_CHARS_MAX else f"{text[:_SHOWN_CHARS_MAX]}…"


Said = tuple[Text, Text] | tuple[Text, Text, int | None]
"""What is wrong, what to do, and the line where it is another one than that of the failure."""

_SHOWN_CHARS_MAX: Final = 60
_UNNAMED: Final = Text("请看这一行", "look at this line")
_RATIO: Final = Text("30% 写成 Fraction(3, 10)", "30 % is Fraction(3, 10)")

# What is imported from elsewhere than the vocabulary, and what a call that is no shape looks like.
_ELSEWHERE: Final = {
    "date": "datetime",
    "Fraction": "fractions",
    "Final": "typing",
    "Text": "ledger.text",
}
_CALLS: Final = {
    "Text": Text("Text(中文, 英文)", "Text(zh, en)"),
    "assume": Text("assume(中文, 英文)", "assume(zh, en)"),
    "cite": Text("cite(文件, 条款中文, 条款英文)", "cite(document, zh, en)"),
    "article": Text("article(条次, 取值, item=项次)", "article(number, value, item=number)"),
    "Word": Text("Word(代码, 中文, 英文)", "Word(code, zh, en)"),
    "date": Text("date(2026, 1, 31)", "date(2026, 1, 31)"),
    "Fraction": Text("Fraction(3, 10)", "Fraction(3, 10)"),
}


def explain_failure(failure: Failure, tree: ast.Module) -> Remark:
    """Return the remark about a file that ended with an exception."""
    line, call = failure.span[0] if failure.span else None, find_call(tree, failure.span)
    if failure.told is not None:
        message, step = (Text(*one) for one in failure.told)
        return Remark("error", "fails", "", message, step, line)
    for pattern, explain in _FAILURES:
        if found := pattern.search(failure.message):
            message, step, *other = explain(_Seen(failure, found, tree, call))
            return Remark("error", "fails", "", message, step, other[0] if other else line)
    told = f"{failure.kind}: {failure.message}" if failure.message else failure.kind
    message = Text(f"文件无法运行：{told}", f"the file does not run: {told}")
    return Remark("error", "fails", "", message, _UNNAMED, line)


def _missing(seen: _Seen) -> Said:
    """A shape lacks one of its values."""
    name = seen.found[1]
    shape = _shape_called(seen.call)
    if shape is None:
        return Text(f"缺少 {name}", f"{name} is missing"), _UNNAMED
    what = describe(fields_of(shape)[name].kind, name)
    return (
        Text(f"{shape.__name__}(…) 缺少 {name}", f"{name} is missing in {shape.__name__}(…)"),
        Text(f"请写上 {name}=…，应为：{what.zh}", f"write {name}=…: {what.en}"),
    )


def _unexpected(seen: _Seen) -> Said:
    """A shape has no value of this name."""
    name, shape = seen.found[1], _shape_called(seen.call)
    line = seen.failure.span[0] if seen.failure.span else None
    for one in seen.call.keywords if seen.call else ():
        line = one.value.lineno if one.arg == name else line
    if shape is None:
        return Text(f"没有 {name} 这一项", f"there is no {name}"), _UNNAMED, line
    message = Text(
        f"{shape.__name__}(…) 没有 {name} 这一项", f"there is no {name} in {shape.__name__}(…)"
    )
    return message, _suggest(name, shape.__struct_fields__), line


def _too_many(seen: _Seen) -> Said:
    """A shape is given more values than it has, or without their names."""
    shape, call = _shape_called(seen.call), seen.call
    if shape is None or call is None:
        return Text("括号里的取值过多", "too many values in the brackets"), _UNNAMED
    fields = ", ".join(shape.__struct_fields__)
    if not shape.__match_args__:
        first = next(iter(shape.__struct_fields__))
        return (
            Text(
                f"{shape.__name__}(…) 的取值没有写名称", f"{shape.__name__}(…) has unnamed values"
            ),
            Text(f"请写成 {first}=…", f"write each with its name: {first}=…"),
        )
    most, given = len(shape.__match_args__), len(call.args)
    message = Text(
        f"{shape.__name__}(…) 有 {most} 项，却写了 {given} 项",
        f"{shape.__name__}(…) takes {most} value{'s'[: most - 1]}, here are {given}",
    )
    numbers = [one for one in call.args if isinstance(one, ast.Constant) and type(one.value) is int]
    if len(numbers) > 1:
        return message, Text(
            "数字中间不写逗号：10,000,000 写成 10_000_000",
            "no commas within a number: 10,000,000 is 10_000_000",
        )
    if most == 1:
        return message, Text(
            f"多项写在一个元组里：{shape.__name__}((…, …))",
            f"several go into one tuple: {shape.__name__}((…, …))",
        )
    return message, Text(f"依次为 {fields}", f"they are {fields}")


def _undefined(seen: _Seen) -> Said:
    name = seen.found[1]
    message = Text(f"{name} 没有定义或没有导入", f"{name} is neither defined nor imported")
    module = "vouchers.programme" if name in _vocabulary() else _ELSEWHERE.get(name)
    if module is not None:
        line = f"from {module} import {name}"
        return message, Text(f"请在文件开头写上 {line}", f"write {line} at the top")
    return message, _suggest(name, [*names_of(seen.tree), *_vocabulary(), *_ELSEWHERE])


def _not_there(seen: _Seen) -> Said:
    """An import finds no such name in a module."""
    name, module = seen.found[1], seen.found[2]
    message = Text(f"{module} 中没有 {name}", f"{module} has no {name}")
    if module == "vouchers.programme":
        message = Text(f"词汇表中没有 {name}", f"the vocabulary has no {name}")
    home = "vouchers.programme" if name in _vocabulary() else _ELSEWHERE.get(name)
    if home is not None:
        line = f"from {home} import {name}"
        return message, Text(f"请写 {line}", f"write {line}")
    return message, _suggest(name, seen.failure.known)


def _no_module(seen: _Seen) -> Said:
    name = seen.found[1]
    known = [*(one for one in ALLOWED_MODULES if one != "vouchers"), "vouchers.programme"]
    return Text(f"没有模块 {name}", f"there is no module {name}"), _suggest(name, known)


def _no_attribute(seen: _Seen) -> Said:
    owner, name = seen.found[1], seen.found[2]
    message = Text(f"{owner} 没有 {name}", f"{owner} has no {name}")
    return message, _suggest(name, seen.failure.known)


def _bad_call(seen: _Seen) -> Said:
    """A function of the vocabulary is called with too many, too few or wrongly named values."""
    owner, function = seen.found[1], seen.found[2]
    name = owner if owner and function == "__new__" else function
    call = _CALLS.get(name)
    message = Text(f"{name}(…) 的取值不对：{seen.code}", f"{name}(…) is not called so: {seen.code}")
    return message, Text(f"请写成 {call.zh}", f"write {call.en}") if call else _UNNAMED


def _no_number(seen: _Seen) -> Said:
    """Something other than numbers stands where a date or a fraction is made."""
    name = name_called(seen.call) if seen.call else ""
    if name == "date":
        return _no_day(seen)
    if name == "Fraction":
        return _no_ratio(seen)
    return Text(f"此处应为整数：{seen.code}", f"whole numbers are due: {seen.code}"), _UNNAMED


def _no_day(seen: _Seen) -> Said:
    return (
        Text(f"{seen.code} 不是一个日期", f"{seen.code} is no day"),
        Text("请写年、月、日，例如 date(2026, 1, 31)", "write year, month, day: date(2026, 1, 31)"),
    )


def _no_ratio(seen: _Seen) -> Said:
    return Text(f"{seen.code} 不是一个比例", f"{seen.code} is no share"), _RATIO


def _no_tuple(_: _Seen) -> Said:
    return (
        Text("此处应为元组，写成了单个值", "a tuple is due here, and a single value is given"),
        Text("只有一项时也要写逗号：(_VERSION,)", "write a comma after a single item: (_VERSION,)"),
    )


def _no_call(seen: _Seen) -> Said:
    return (
        Text(
            f"括号前不是一种写法：{seen.code}",
            f"what stands before the brackets is no shape: {seen.code}",
        ),
        Text("上一项末尾可能缺少逗号", "a comma may be missing before them"),
    )


def _endless(seen: _Seen) -> Said:
    time = seen.found[1]
    return (
        Text(f"文件运行了 {time} 还没有结束", f"the file has not ended after {time}"),
        Text("请删去循环：项目文件只有数据", "delete its loop: a programme is data alone"),
    )


def _shape_called(call: ast.Call | None) -> type[Struct] | None:
    """Return the shape of the vocabulary that is called."""
    found = getattr(programme, name_called(call), None) if call else None
    return found if isinstance(found, type) and issubclass(found, Struct) else None


def _suggest(name: str, known: Iterable[str]) -> Text:
    names = sorted(set(known) - {name})
    near = find_nearest(name, names)
    if near is not None:
        return Text(f"是否应为 {near}？", f"did you mean {near}?")
    if 0 < len(names) <= _LISTED_MAX:
        return Text(f"可写 {'、'.join(names)}", f"there is {', '.join(names)}")
    return Text("词汇表见 vouchers/programme.py", "vouchers/programme.py has the vocabulary")


_LISTED_MAX: Final = 8


def _vocabulary() -> set[str]:
    return set(programme.__all__)


_FAILURES: Final[tuple[tuple[re.Pattern[str], Callable[[_Seen], Said]], ...]] = (
    (re.compile(r"^Missing required argument '(\w+)'"), _missing),
    (re.compile(r"^Unexpected keyword argument '(\w+)'"), _unexpected),
    (re.compile(r"^Extra positional arguments"), _too_many),
    (re.compile(r"^name '(\w+)' is not defined"), _undefined),
    (re.compile(r"^cannot import name '(\w+)' from '([\w.]+)'"), _not_there),
    (re.compile(r"^No module named '([\w.]+)'"), _no_module),
    (re.compile(r"^(?:type object |module )?'([\w.]+)'.* has no attribute '(\w+)'"), _no_attribute),
    (re.compile(r"^(?:(\w+)\.)?(\w+)\(\) (?:missing|takes|got) "), _bad_call),
    (re.compile(r"^(?:day is out of range|month must be in|year .* is out of range)"), _no_day),
    (re.compile(r"^(?:Invalid literal for Fraction|Fraction\()"), _no_ratio),
    (re.compile(r"Rational|cannot be interpreted as an integer|required argument"), _no_number),
    (re.compile(r"^'(\w+)' object is not iterable"), _no_tuple),
    (re.compile(r"^'([\w.]+)' object is not callable"), _no_call),
    (re.compile(r"^no end after (.+)"), _endless),
)

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
        re.compile(
            r"parenthesis '(?P<what>.)' does not match .*'(?P<other>.)'(?: on line (?P<at>\d+))?"
        ),
        Text(
            "右括号 {what} 与第 {at} 行的左括号 {other} 不配对",
            "the bracket {what} does not close the {other} of line {at}",
        ),
        Text(
            "请改成同一种括号，或补上缺的括号",
            "make them of one kind, or close what is open between",
        ),
    ),
    (
        re.compile(r"unmatched '(?P<what>.)'"),
        Text("多了一个右括号 {what}", "the bracket {what} closes none"),
        Text("请删去它，或补上左括号", "delete it, or open it"),
    ),
    (
        re.compile(r"(?P<what>unterminated).*string"),
        Text("引号没有闭合", "a text is never closed"),
        Text("请补上引号", "add its closing quote"),
    ),
    (
        re.compile(r"(?P<what>.*(?:forgot|missed) a comma)"),
        Text("可能缺少逗号", "a comma seems to be missing"),
        Text("请在上一项末尾补上逗号", "end the item before it with a comma"),
    ),
    (
        re.compile(r"(?P<what>.*indent)"),
        Text("缩进不对", "the indentation is wrong"),
        Text("请与上下各行对齐", "align it with the lines around it"),
    ),
    (
        re.compile(r"(?P<what>leading zeros)"),
        Text("数字以 0 开头", "a number begins with 0"),
        Text("请写成 date(2026, 1, 1)，月日不补零", "write date(2026, 1, 1), without zeros"),
    ),
    (
        re.compile(r"(?P<what>invalid \w+ literal)"),
        Text("数字写法不对", "a number is not written so"),
        Text(
            "只写数字：10 万元写成 10_000_000（分）", "digits alone: CNY 100,000 is 10_000_000 fen"
        ),
    ),
    (
        re.compile(r"keyword argument repeated: (?P<what>\w+)"),
        Text("{what} 写了两次", "{what} is there twice"),
        Text("请删去一个", "delete one of them"),
    ),
    (
        re.compile(r"(?P<what>positional argument follows)"),
        Text("没有写名称的取值在有名称的之后", "a value without a name follows one with a name"),
        Text("请给它写上名称，如 rate=…", "give it its name, such as rate=…"),
    ),
    (
        re.compile(r"(?P<what>codec can't decode)"),
        Text("文件不是 UTF-8 编码", "the file is not UTF-8"),
        Text("请另存为 UTF-8 编码", "save it as UTF-8"),
    ),
    (
        re.compile(r"(?P<what>null bytes)"),
        Text("这不是文本文件", "it is no text file"),
        Text("请给出 .py 文件", "give a .py file"),
    ),
    (
        re.compile(r"(?P<what>^invalid syntax)"),
        Text("这一行写法不对", "this line is not written so"),
        Text(
            "请检查上一行和这一行的逗号、引号、括号",
            "see commas, quotes and brackets here and above",
        ),
    ),
)


def explain_syntax(message: str, line: int | None) -> Remark:
    """Return the remark about a file that is not Python."""
    for pattern, said, following in _SYNTAX:
        if found := pattern.search(message):
            given = {name: one or str(line) for name, one in found.groupdict().items()}
            text = Text(*(one.format(**given) for one in said))
            return Remark("error", "syntax", "", text, following, line)
    text = Text(f"语法不对：{message}", f"not Python: {message}")
    return Remark("error", "syntax", "", text, _UNNAMED, line)
