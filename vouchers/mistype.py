"""Why a value does not fit where it stands in a programme file: what is there, what is due.

Values are those that `draft.encode_draft` writes: each says of what type it was.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal, get_args

from ledger.errors import InvalidInputError
from ledger.text import Text
from vouchers.programme import Version
from vouchers.spelling import find_nearest
from vouchers.value_type import Kind, fields_of, is_cited, members, origin_of, struct_of

_SHOWN_CHARS_MAX: Final = 40
_SHAPES_MAX: Final = 6

_LEAVES: Final[dict[object, Text]] = {
    "date": Text("日期，如 date(2026, 1, 31)", "a date(2026, 1, 31)"),
    "Fraction": Text("分数，30% 写成 Fraction(3, 10)", "a fraction (30 % is Fraction(3, 10))"),
    "int": Text("整数", "a whole number"),
    "fen": Text(
        "整数，以分为单位，10 万元写成 10_000_000",
        "a whole number of fen (CNY 100,000 is 10_000_000)",
    ),
    "str": Text("文字", "a text"),
    "bool": Text("True 或 False", "True or False"),
    "Text": Text("Text(中文, 英文)", "Text(zh, en)"),
    "Cited": Text("Cited(取值, 条款, 等级)", "Cited(value, clause, grade)"),
    "Callable": Text("函数", "a function"),
    "tuple": Text(
        "元组 (…,)，只有一项时也要写逗号", "a tuple (…,) with a comma, also after a single item"
    ),
}


class WrongTypeError(InvalidInputError):
    """A value is not of the type that its place asks for; `path` says where it stands."""

    def __init__(self, path: str, message: Text, next_step: Text) -> None:
        super().__init__("wrong_type", message, next_step)
        self.path = path


def wrong_type(kind: Kind, raw: object, path: str) -> WrongTypeError:
    """Return the error that what stands at a path is of none of the types that are due."""
    place, found = path or "PROGRAMME", _show(raw)
    return WrongTypeError(
        path,
        Text(f"{place} 写成了：{found.zh}", f"{place} is {found.en}"),
        _advise(kind, raw, path, found),
    )


def wrong_word(allowed: Sequence[str], raw: str, path: str) -> WrongTypeError:
    """Return the error that a word is none of the few that a place allows."""
    words, near = "、".join(allowed), find_nearest(raw, allowed)
    also = Text(f"可选：{words}", f"it is one of {', '.join(allowed)}")
    step = Text(f"是否应为 {near}？{also.zh}", f"did you mean {near}? {also.en}") if near else also
    message = Text(f"{path} 的取值 {raw!r} 不在可选之列", f"{path} cannot be {raw!r}")
    return WrongTypeError(path, message, step)


def wrong_parts(name: str, given: dict[str, Any], path: str) -> WrongTypeError:
    """Return the error that the values of a shape contradict one another."""
    why = next(_contradictions(name, given), Text("各项取值互相矛盾", "its values contradict"))
    step = Text(
        "请照文件核对各级的名称和数额", "check the levels and their figures in the document"
    )
    return WrongTypeError(path, Text(f"{path}：{why.zh}", f"{path}: {why.en}"), step)


def describe(kind: Kind, path: str) -> Text:
    """Return what values of a type look like, at a path."""
    kinds = members(kind)
    if is_cited(kinds[0]):
        return _LEAVES["Cited"]
    return _describe(kinds, path)


def _contradictions(name: str, given: dict[str, Any]) -> Iterator[Text]:
    """Yield why a split between treasuries, or a cap over levels, cannot be."""
    parts = given["shares"] if name == "FundingSplit" else given.get("sub_caps", ())
    levels = [one.level for one in parts]
    twice = next((one for one in levels if levels.count(one) > 1), None)
    if twice is not None:
        yield Text(f"级次 {twice} 写了不止一次", f"the level {twice} is there more than once")
    if name == "FundingSplit":
        total, to = sum(one.share for one in parts), given["remainder_to"]
        if total != 1:
            yield Text(f"份额合计为 {total}，不是 1", f"the shares sum to {total}, not to 1")
        if low := next((one for one in parts if one.share <= 0), None):
            what = low.level, low.share
            yield Text("{} 的份额 {} 不大于 0".format(*what), "{} bears {}, nothing".format(*what))
        if to not in levels:
            yield Text(f"余数归 {to}，但它不在分担之列", f"the rest goes to {to}, which bears none")
    elif other := next((one for one in levels if one not in given["levels"]), None):
        known = ", ".join(given["levels"])
        yield Text(
            f"分项上限的级次 {other} 不在 levels（{known}）之内",
            f"a sub-cap is of {other}, which is none of the levels: {known}",
        )


def _show(raw: object) -> Text:
    """Return what was written, as it was written."""
    code = _code_of(raw)
    zh, en = code, code
    match raw:
        case None | bool():
            pass
        case int():
            zh, en = f"整数 {code}", f"the whole number {code}"
        case float():
            zh, en = f"小数 {code}", f"the decimal number {code}"
        case str():
            zh, en = f"文字 {code}", f"the text {code}"
        case list():
            zh, en = f"{len(raw)} 项的元组", f"a tuple of {len(raw)}"
        case {"list": list(items)}:
            zh, en = f"{len(items)} 项的列表 […]", f"a list […] of {len(items)}"
        case {"class": str(name)}:
            zh, en = f"没有括号的 {name}", f"{name} without its brackets"
    return Text(zh, en)


def _code_of(raw: object) -> str:
    """Return a value as a programme file writes it, what is in it left out."""
    code = "…"
    match raw:
        case {"shape": str(name)} | {"class": str(name)}:
            code = f"{name}(…)"
        case {"text": _}:
            code = "Text(…)"
        case {"word": _}:
            code = "Word(…)"
        case {"ratio": str(ratio)}:
            code = f"Fraction({ratio.replace('/', ', ')})"
        case {"day": str(day)}:
            code = f"date({', '.join(str(int(one)) for one in day.split('-'))})"
        case {"function": str(name)} | {"other": str(name)}:
            code = name
        case None | bool() | int() | float() | str():
            code = repr(raw)
    return code if len(code) <= _SHOWN_CHARS_MAX else f"{code[:_SHOWN_CHARS_MAX]}…"


def _advise(kind: Kind, raw: object, path: str, found: Text) -> Text:
    """Return what is due instead, made of what is there where that nearly is it."""
    kinds, code = members(kind), _code_of(raw)
    if is_cited(kinds[0]):
        return Text(
            f"取值要连同条款：Cited({code}, 条款, 等级)",
            f"a value goes with its clause: Cited({code}, clause, grade)",
        )
    if origin_of(kinds[0]) is tuple:
        return _advise_tuple(kinds[0], raw, code)
    if isinstance(raw, dict) and "class" in raw:
        return Text(f"请写成 {code}", f"write {code}")
    wanted = _describe(kinds, path)
    home = _home_of(raw)
    if home is not None and not path.partition(".")[2].startswith(home):
        return Text(
            f"{found.zh} 应写在 {home} 中；此处应为：{wanted.zh}",
            f"{found.en} belongs into {home}; here write {wanted.en}",
        )
    return Text(f"此处应为：{wanted.zh}", f"write {wanted.en} here")


def _advise_tuple(kind: Kind, raw: object, code: str) -> Text:
    """Return how to write the tuple that is due."""
    if isinstance(raw, dict) and "list" in raw:
        return Text("请把方括号改为圆括号 (…,)", "write round brackets, (…,), instead of square")
    if not isinstance(raw, list):
        return Text(
            f"此处应为元组，只有一项时也要写逗号：({code},)",
            f"a tuple is due here, with a comma after a single item: ({code},)",
        )
    due = len(get_args(kind))
    return Text(f"此处应为 {due} 项", f"{due} items are due here")


def _describe(kinds: Sequence[Kind], path: str) -> Text:
    """Return what types are due: words, numbers and the like, then shapes."""
    plain = [_describe_leaf(one, path) for one in kinds if struct_of(one) is None]
    shapes = [f"{struct.__name__}(…)" for one in kinds if (struct := struct_of(one)) is not None]
    more = Text("等", " or another") if len(shapes) > _SHAPES_MAX else Text("", "")
    listed = shapes[:_SHAPES_MAX]
    zh = "，或".join([*(one.zh for one in plain), *(["、".join(listed)] if listed else [])])
    en = ", or ".join([*(one.en for one in plain), *([", ".join(listed)] if listed else [])])
    return Text(f"{zh}{more.zh}", f"{en}{more.en}")


def _describe_leaf(kind: Kind, path: str) -> Text:
    bare = origin_of(kind) or kind
    if bare is Literal:
        words = [f'"{one}"' for one in get_args(kind)]
        return Text(" / ".join(words), " / ".join(words))
    name: str = bare.__name__
    return _LEAVES["fen" if name == "int" and "_fen" in path else name]


def _home_of(raw: object) -> str | None:
    """Return the field of a version that takes a shape: such as `purchases` for a `Within`."""
    name = raw.get("shape") if isinstance(raw, dict) else None
    for field, one in fields_of(Version).items():
        if name in _shapes_within(one.kind):
            return field
    return None


def _shapes_within(kind: Kind) -> set[str]:
    """Return the names of the shapes that a field of a version takes as its cited values."""
    found: set[str] = set()
    for one in members(kind):
        if origin_of(one) is tuple:
            found |= _shapes_within(get_args(one)[0])
        elif is_cited(one):
            inner = members(fields_of(one)["value"].kind)
            found |= {struct.__name__ for each in inner if (struct := struct_of(each))}
    return found
