"""A case file that is no JSON: the place and the reason in both languages, never the library's."""

import pytest

from ledger.errors import InvalidInputError
from vouchers.case import parse_case

BROKEN: list[tuple[bytes, str, str]] = [
    (b"", "the file is empty", "{} at least"),
    (b" \n\t ", "the file is empty", "{} at least"),
    (b"\xef\xbb\xbf{}", "byte order mark", "UTF-8"),
    ("{}".encode("utf-16"), "UTF-16 or UTF-32", "UTF-8"),
    ("{}".encode("utf-16-le"), "UTF-16 or UTF-32", "UTF-8"),
    ("{}".encode("utf-16-be"), "UTF-16 or UTF-32", "UTF-8"),
    ("{}".encode("utf-32"), "UTF-16 or UTF-32", "UTF-8"),
    ('{"enterprise": {"name": "武汉"}}'.encode("gb18030"), "byte 26 is not UTF-8", "UTF-8"),
    (b"%PDF-1.7", "no text file", "JSON file"),
    (b"PK\x03\x04rest", "no text file", "JSON file"),
    (b"\x00" * 9, "no text file", "JSON file"),
    (b"apply_on: 2022-11-01", "line 1, column 1: a value is due", "brackets"),
    (b"{\n 'apply_on': 1}", "line 2, column 2: a single quote", "double quotes"),
    ('{"apply_on"："2022-11-01"}'.encode(), "column 12: a full-width ：", "ASCII"),
    ('{"apply_on": “2022-11-01”}'.encode(), "column 14: a full-width “", "ASCII"),
    (b'{"apply_on": null,}', "a comma after the last item", "delete that comma"),
    (b'{"earlier": [{},]}', "a comma after the last item", "delete that comma"),
    (b'{"apply_on": null', "a comma or a closing bracket is due", "brackets"),
    (b'{"apply_on": null "earlier": []}', "column 19: a comma or a closing", "brackets"),
    (b'{"apply_on" null}', "column 13: a colon is due", "brackets"),
    (b'{"apply_on": "2022', "column 14: a text is never closed", "brackets"),
    (b'{"apply_on": "2022\n"}', "a line break or control character", "brackets"),
    (b'{"apply_on": "\\q"}', "a backslash that is no escape", "brackets"),
    (b"{} // the end", "column 4: JSON has no comments", "delete the comment"),
    (b'{ # why\n"apply_on": null}', "column 3: JSON has no comments", "delete the comment"),
    (b"{} {}", "column 4: there is more after the object's end", "brackets"),
    (b'{"earlier": NaN}', "NaN is no number of JSON", "whole number"),
    (b'{"earlier": -Infinity}', "-Infinity is no number of JSON", "whole number"),
    (b'{"enterprise": {"name": "\\ud800"}}', "a lone surrogate", "delete that character"),
    (b"[" * 100_000, "nested too deeply", "[ or {"),
    (b'{"earlier":' * 50_000, "nested too deeply", "[ or {"),
]


@pytest.mark.parametrize(("raw", "said", "following"), BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_json_is_refused_with_place_and_reason(
    raw: bytes, said: str, following: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_case(raw)
    error = caught.value
    assert error.code == "bad_json"
    assert said in error.message.en
    assert following in error.next_step.en
    assert error.message.zh.startswith("不是合法的 JSON：")
    for text in (error.message, error.next_step):
        assert len(text.zh) < 100
        assert len(text.en) < 120
        assert "\n" not in text.zh + text.en
    # Whatever is said in Chinese is Chinese, but for the characters at fault.
    assert "expect" not in error.message.zh.lower()
