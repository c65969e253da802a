"""Line breaking, in every small world and in sentences as they occur."""

import itertools
import re

import pytest

from reports.pdf import lines


def test_lines_keep_the_text_the_width_and_the_marks_in_every_small_world() -> None:
    for size in range(1, 7):
        for chars in itertools.product("字a，（ ", repeat=size):
            text = "".join(chars)
            for width in range(1, 5):
                check_lines(text, width, lines.wrap(text, width, len))


def check_lines(text: str, width: int, wrapped: list[str]) -> None:
    place = 0
    for line in wrapped:
        assert len(line) <= width or len(text) <= width
        found = text.index(line, place)
        assert set(text[place:found]) <= {" "}
        place = found + len(line)
    assert set(text[place:]) <= {" "}
    whole = all(len(piece) <= width or piece.isspace() for piece in lines.pieces(text))
    if whole and not re.search(" ，|（ ", text):
        assert not any(line.startswith("，") for line in wrapped[1:])
        assert not any(line.endswith("（") for line in wrapped[:-1])


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("算力服务结算单", 3, ["算力服", "务结算", "单"]),
        ("甲、乙（丙）", 4, ["甲、乙", "（丙）"]),
        ("one two  three", 8, ["one two", "three"]),
        ("合同HT-2022-01生效", 10, ["合同", "HT-2022-01", "生效"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("", 3, [""]),
    ],
)
def test_a_sentence_breaks_where_a_reader_expects_it(
    text: str, width: int, expected: list[str]
) -> None:
    assert lines.wrap(text, width, len) == expected
