"""Every form, filled in wrongly in many ways: no refusal on a Chinese page says a key of ours."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from http import HTTPStatus
from typing import Final, NamedTuple

from httpx import Response

from portal.field_names import NAMES
from tests.portal.gallery import Gallery, gallery
from tests.portal.test_web_looks import ENROLLING, pages

__all__ = ["gallery"]

WRONG: Final = ("", " ", "a\u0007b", "长" * 600, "-1", "甲 乙/丙", "2022-13-45")
"""What people type into a field."""

ENDS_A_SESSION: Final = ("/sign-out", "/account/sessions", "/account/password", "/language/")

NOT_TYPED: Final = frozenset({"_csrf_token", "seen"})

KEY: Final = re.compile(
    rf"(?<!如 )(?<![\w.@/“‘'\"-])(?:[a-z]+(?:_[a-z0-9]+)+|{'|'.join(sorted(NAMES))})(?![\w./@-])"
)
"""A word of a program: several joined by underscores, or the key of a field."""


class Form(NamedTuple):
    """A form of a page: where it is sent, what stands in its fields, and which nobody types."""

    action: str
    fields: dict[str, str]
    chosen: set[str]


class _Reader(HTMLParser):
    """Collects forms, and the words of what says that something is wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.wrong: list[str] = []
        self._select = ""
        self._deep = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if self._deep:
            self._deep += tag not in {"input", "br"}
        elif {"wrong", "bad"} & set(said.get("class", "").split()) - {"hidden"}:
            self._deep = tag in {"div", "p"} and said.get("id") != "unsent"
        if tag == "form" and said.get("method") == "post":
            self.forms.append(Form(said["action"], {}, set()))
        elif self.forms and (name := said.get("name")):
            if tag == "input" and said.get("type") not in {"file", "checkbox", "radio"}:
                self.forms[-1].fields[name] = said.get("value", "") or _guess(said)
            elif tag == "input" and said.get("type") != "file":
                self.forms[-1].fields.setdefault(name, said.get("value", ""))
            elif tag == "textarea":
                self.forms[-1].fields[name] = "理由"
            elif tag == "select":
                self._select = name
                self.forms[-1].chosen.add(name)
        elif tag == "option" and self._select and said.get("value"):
            self.forms[-1].fields.setdefault(self._select, said["value"])

    def handle_endtag(self, tag: str) -> None:
        self._deep -= bool(self._deep) and tag != "input"
        self._select = "" if tag == "select" else self._select

    def handle_data(self, data: str) -> None:
        if self._deep:
            self.wrong.append(data)


def _guess(said: dict[str, str]) -> str:
    """Return what may stand in an empty field."""
    kinds = {"date": "2022-11-10", "month": "2022-09"}
    return kinds.get(said.get("type", ""), "1.00" if "inputmode" in said else "甲")


def read(html: str) -> _Reader:
    """Return the forms of a page, and what it says is wrong."""
    reader = _Reader()
    reader.feed(html)
    return reader


def keys_said(answer: Response) -> list[str]:
    """Return the keys that a refusal says."""
    if answer.status_code < HTTPStatus.BAD_REQUEST:
        return []
    reader = read(answer.text)
    main = answer.text.partition("<h1>")[2].partition('<p class="soft small">')[0]
    words = " ".join(reader.wrong) or re.sub(r"<[^>]*>", " ", main)
    # What was typed is quoted, and is the visitor's own.
    words = re.sub(r"'[^']*'|\"[^\"]*\"|“[^”]*”", "", words)
    return [f"{one} in: {words.strip()[:200]}" for one in KEY.findall(words)]


def tries(form: Form, turn: int) -> Iterator[dict[str, str]]:
    """Yield a form with one field after the other filled in wrongly, each in another way."""
    typed = [name for name in form.fields if name not in NOT_TYPED | form.chosen]
    for place, name in enumerate(typed):
        yield {**form.fields, name: WRONG[(turn + place) % len(WRONG)]}
    yield {name: form.fields[name] for name in form.fields if name in NOT_TYPED}


def test_no_refusal_says_a_key(gallery: Gallery) -> None:
    found: list[str] = []
    refused = 0
    for person, paths in pages(gallery).items():
        if person == ENROLLING:
            continue
        browser = gallery.lobby.browser(person)
        for turn, path in enumerate(paths):
            for form in read(browser.open(path).text).forms:
                if form.action.startswith(ENDS_A_SESSION):
                    continue
                for said in tries(form, turn):
                    answer = browser.client.post(form.action, data=said)
                    refused += answer.status_code >= HTTPStatus.BAD_REQUEST
                    found += (f"{form.action}: {one}" for one in keys_said(answer))
    assert refused > 100
    assert not found, "\n".join(sorted(set(found)))


def test_a_key_is_told_from_words() -> None:
    assert KEY.findall("basis 为空，amount_fen 有误") == ["basis", "amount_fen"]
    assert not KEY.findall("请用工号，如 gh-0412；如 east_lake；XLSX；hubei-2022-B1；reports@x.cn")
