"""Why bytes are no JSON, said to whoever wrote them by hand, with line and column.

The library's own words are English and for programmers; a case is written by a civil servant.
"""

import json
from typing import Final, NamedTuple

from ledger.errors import InvalidInputError
from ledger.text import Text


class _Why(NamedTuple):
    message: Text
    next_step: Text


_SAVE_AS_UTF8: Final = Text("请另存为 UTF-8 编码（不带 BOM）", "save it as UTF-8 without a BOM")
_EMPTY: Final = _Why(
    Text("文件是空的", "the file is empty"),
    Text("请写一个对象，至少 {}", "write an object, {} at least"),
)
_BOM: Final = _Why(Text("文件开头有 BOM", "it begins with a byte order mark"), _SAVE_AS_UTF8)
_UTF16: Final = _Why(Text("编码是 UTF-16 或 UTF-32", "it is UTF-16 or UTF-32"), _SAVE_AS_UTF8)
_NO_TEXT: Final = _Why(
    Text("这不是文本文件", "it is no text file"),
    Text("请提供 JSON 文件", "give a JSON file"),
)
_TOO_DEEP: Final = _Why(
    Text("括号嵌套过深", "its brackets are nested too deeply"),
    Text("请检查是否重复了 [ 或 {", "look for a repeated [ or {"),
)

_FULL_WIDTH: Final = "：，；“”‘’｛｝［］【】（）、"
_STARTS: Final = (b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"\xff\xd8", b"\x1f\x8b")

# What the library says, as it begins, and what is wrong then.
_SAID: Final = (
    ("Expecting property name", Text("此处应为加双引号的键", "a key in double quotes is due here")),
    ("Illegal trailing comma", Text("最后一项后面多了逗号", "a comma after the last item")),
    ("Expecting ':'", Text("键的后面应为冒号 :", "a colon is due after the key")),
    ("Expecting ','", Text("此处应为逗号或右括号", "a comma or a closing bracket is due here")),
    ("Expecting value", Text("此处应为一个值", "a value is due here")),
    ("Extra data", Text("对象结束之后还有内容", "there is more after the object's end")),
    ("Unterminated string", Text("引号没有闭合", "a text is never closed")),
    (
        "Invalid control",
        Text("文字中有换行或控制字符", "a line break or control character in a text"),
    ),
    ("Invalid \\", Text("反斜杠 \\ 用法不对", "a backslash that is no escape")),
)
_CHECK: Final = Text("请检查此处的括号、引号和逗号", "check brackets, quotes and commas there")


def refusal(raw: bytes, error: Exception) -> InvalidInputError:
    """Return the refusal (code `bad_json`) of bytes that gave an error when they were read."""
    why = _look(raw) or (_TOO_DEEP if isinstance(error, RecursionError) else _explain(error))
    return InvalidInputError(
        "bad_json",
        Text(f"不是合法的 JSON：{why.message.zh}", f"not JSON: {why.message.en}"),
        why.next_step,
    )


def _look(raw: bytes) -> _Why | None:
    """Return what the bytes show at a glance, None when they seem to be text."""
    if not raw.strip():
        return _EMPTY
    if raw.startswith(b"\xef\xbb\xbf"):
        return _BOM
    if raw.startswith(_STARTS):
        return _NO_TEXT
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or raw[1:2] == b"\0" or raw[:1] == b"\0":
        return _UTF16 if raw.strip(b"\0") else _NO_TEXT
    return None


def _explain(error: Exception) -> _Why:
    match error:
        case UnicodeDecodeError():
            where = Text(f"第 {error.start + 1} 个字节", f"byte {error.start + 1}")
            what = Text("不是 UTF-8，可能是 GBK 编码", "is not UTF-8; it may be GBK")
            return _Why(Text(f"{where.zh}{what.zh}", f"{where.en} {what.en}"), _SAVE_AS_UTF8)
        case UnicodeEncodeError():
            what = Text(
                "文字中有不成对的 \\ud800 之类", "a lone surrogate such as \\ud800 in a text"
            )
            return _Why(what, Text("请删去该字符", "delete that character"))
        case json.JSONDecodeError():
            return _explain_place(error)
        case _:
            return _Why(
                Text(f"{error} 不是 JSON 的数", f"{error} is no number of JSON"),
                Text("请写成整数", "write a whole number"),
            )


def _explain_place(error: json.JSONDecodeError) -> _Why:
    place = Text(
        f"第 {error.lineno} 行第 {error.colno} 列",
        f"line {error.lineno}, column {error.colno}",
    )
    found = error.doc[error.pos : error.pos + 1]
    said = next((text for start, text in _SAID if error.msg.startswith(start)), None)
    what = said or Text("写法不对", "it is not of the right form")
    following = _CHECK
    if found and found in _FULL_WIDTH:
        what = Text(f"用了全角标点 {found}", f"a full-width {found}")
        following = Text("请改用半角标点", "use ASCII punctuation")
    elif found == "'":
        what = Text("用了单引号", "a single quote")
        following = Text('请改用双引号 "', 'use double quotes "')
    elif found in {"/", "#"}:
        what = Text("JSON 中不能写注释", "JSON has no comments")
        following = Text("请删去注释", "delete the comment")
    elif found in {"}", "]"} and error.doc[: error.pos].rstrip().endswith(","):
        what = Text("最后一项后面多了逗号", "a comma after the last item")
        following = Text("请删去该逗号", "delete that comma")
    return _Why(Text(f"{place.zh}：{what.zh}", f"{place.en}: {what.en}"), following)
