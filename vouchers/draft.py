"""A programme as somebody wrote it, before anybody has said that it is right.

A file under review runs in a process of its own and comes back as JSON. What is made of it here has
the types that the vocabulary declares, but need not make sense: that is the review's question.
"""

import re
from fractions import Fraction
from typing import Final

import msgspec

from ledger.errors import InvalidInputError
from ledger.text import Text
from vouchers.programme import Programme

_AT: Final = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<path>.*)`)?", re.DOTALL)
_EXPECTED: Final = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<got>[^`]+)`")
_CHOICE: Final = re.compile(r"Invalid (?:enum )?value (?P<got>'.*')")

_KINDS: Final = {
    "int": Text("整数", "a whole number"),
    "float": Text("小数", "a decimal number"),
    "str": Text("文字", "text"),
    "array": Text(
        "元组 (…,) 或 Text(中文, 英文)，元组只有一项时也要写逗号",
        "a tuple (…,), with a comma after a single item, or a Text(zh, en)",
    ),
    "object": Text("Cited(…) 或词汇表中的一种写法", "a Cited(…) or another shape"),
    "null": Text("None", "None"),
    "bool": Text("True 或 False", "True or False"),
    "date": Text("日期 date(年, 月, 日)", "a date(year, month, day)"),
    "rate": Text("分数 Fraction(3, 10)", "a Fraction(3, 10)"),
}


class Draft(Programme, frozen=True, kw_only=True):
    """A programme whose versions may be none, overlap or be out of order."""

    def __post_init__(self) -> None:
        """Hold nothing: the review says what is wrong."""


class WrongTypeError(InvalidInputError):
    """A value is not of the type that its place asks for; `path` says where it stands."""

    def __init__(self, path: str, message: Text, next_step: Text) -> None:
        super().__init__("wrong_type", message, next_step)
        self.path = path


def decode_draft(raw: bytes) -> Draft:
    """Return the programme written as the JSON of `programme.encode_value`.

    Raises `WrongTypeError` for the first value that is not of the type asked for.
    """
    try:
        return msgspec.json.decode(raw, type=Draft, dec_hook=_decode_fraction)
    except msgspec.ValidationError as error:
        raise _explain(str(error)) from None


def _decode_fraction(kind: type, value: object) -> Fraction:
    """Return the fraction written as `3/10`; a decimal, or a float, is no exact rate."""
    assert kind is Fraction, kind
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]+(?:/[1-9][0-9]*)?", value, re.ASCII):
        return Fraction(value)
    got = "int" if isinstance(value, int) else "float" if isinstance(value, float) else "str"
    message = f"Expected `rate`, got `{got}`"
    raise ValueError(message)


def _explain(sentence: str) -> WrongTypeError:
    found = _AT.fullmatch(sentence)
    assert found is not None, sentence
    what, path = found["what"], (found["path"] or "").replace(".value", "")
    place = path or "PROGRAMME"
    if expected := _EXPECTED.match(what):
        wanted, got = (_call(expected[name]) for name in ("wanted", "got"))
        return WrongTypeError(
            path,
            Text(f"{place} 写成了{got.zh}", f"{place} is {got.en}"),
            Text(f"此处应为{wanted.zh}", f"write {wanted.en} here"),
        )
    if choice := _CHOICE.match(what):
        got_word = choice["got"]
        return WrongTypeError(
            path,
            Text(f"{place} 的取值 {got_word} 不在可选之列", f"{place} cannot be {got_word}"),
            Text(
                "可选的值见 vouchers/programme.py 中该项的类型",
                "vouchers/programme.py lists the words that it can be",
            ),
        )
    return WrongTypeError(
        path,
        Text(f"{place} 的写法不对：{what}", f"{place} is not of the right form: {what}"),
        Text("请对照相近的项目文件改写", "write it as a similar programme's file does"),
    )


def _call(kinds: str) -> Text:
    """Return what types such as `object | null` are called."""
    names = [_KINDS.get(kind, Text(kind, kind)) for kind in kinds.split(" | ")]
    return Text("或".join(one.zh for one in names), " or ".join(one.en for one in names))
