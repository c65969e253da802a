"""Every word of a page is there in both languages, and none stands outside `t`."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest
from jinja2 import nodes

from portal.web.page import DONE, environment

TEMPLATES: Final = Path(__file__).parents[2] / "portal" / "web" / "templates"
NAMES: Final = sorted(one.name for one in TEMPLATES.glob("*.html"))

CHINESE: Final = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
LETTERS: Final = re.compile(r"[A-Za-z\u3400-\u9fff\U00020000-\U0003ffff]{2,}")
JINJA: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)

SAME: Final = frozenset(
    {
        *("SHA-256", "SHA", "PDF", "XLSX", "CSV", "JSON", "HTML", "sha256sum"),
        *("Windows", "Linux", "macOS"),
    }
)
"""What both languages call the same."""

NO_WORDS: Final = re.compile(r"(?<!\S)/\S*|[\w-]+=\"[^\"]*\"")
"""An address or an attribute that a template puts together."""

UNIT_LENGTH_MAX: Final = 2
"""A Chinese measure word, such as 年度, which English does without."""

READ_OUT: Final = frozenset({"alt", "aria-label", "placeholder", "title"})
"""Attributes that a person is told."""


class _Words(HTMLParser):
    """Collects what stands between tags and in attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skipped += tag in {"script", "style"}
        self.found += [value for name, value in attrs if name in READ_OUT and value]

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.found.append(data)


def loose_words(source: str) -> list[str]:
    """Return words of a template that stand outside its expressions."""
    parser = _Words()
    parser.feed(JINJA.sub("", source))
    return [
        word
        for text in parser.found
        for word in LETTERS.findall(NO_WORDS.sub("", text))
        if word not in SAME
    ]


def pairs(source: str) -> Iterator[tuple[str, str]]:
    """Yield the two sentences of each `t(…)` of a template."""
    for call in environment().parse(source).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "t":
            assert len(call.args) == 2, call
            zh, en = ("".join(_constants(one)) for one in call.args)
            yield zh, en


def _constants(node: nodes.Expr) -> Iterator[str]:
    """Yield the texts that an expression is made of."""
    if isinstance(node, nodes.Const):
        yield str(node.value)
    for one in node.find_all(nodes.Const):
        yield str(one.value)


@pytest.mark.parametrize("name", NAMES)
def test_no_word_stands_outside_both_languages(name: str) -> None:
    assert not loose_words((TEMPLATES / name).read_text("utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_each_sentence_is_there_twice(name: str) -> None:
    for zh, en in pairs((TEMPLATES / name).read_text("utf-8")):
        # What stands between two sentences is nothing in Chinese, and a space in English.
        assert zh.strip() or not en.strip(), (zh, en)
        assert en.strip() or len(zh.strip()) <= UNIT_LENGTH_MAX, (zh, en)
        assert not CHINESE.search(en), (zh, en)
        is_prose = LETTERS.search(zh) and not CHINESE.search(zh)
        assert not is_prose or zh == en or not re.search(r"[a-z]{4,}", zh), (zh, en)


def test_what_a_page_says_was_done_is_there_twice() -> None:
    for text in DONE.values():
        assert CHINESE.search(text.zh)
        assert not CHINESE.search(text.en)


def test_a_word_outside_is_found() -> None:
    assert loose_words('<p>{{ t("甲", "a") }} 遗漏</p>') == ["遗漏"]
    assert loose_words('<p title="missing">{{ x }}</p>') == ["missing"]
    assert not loose_words('<p class="lead">{{ t("甲", "a") }}：1</p>')
