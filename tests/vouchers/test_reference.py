"""The reference pages: complete, in both languages, assumed values marked, and never stale."""

from pathlib import Path

import pytest

from vouchers.catalogue import find_programmes
from vouchers.programme import Programme, hash_version
from vouchers.reference import render_reference
from vouchers.values import walk

PAGES = Path(__file__).parents[2] / "docs" / "programmes"
EVERY = pytest.mark.parametrize("programme", find_programmes(), ids=lambda one: one.id)


@EVERY
def test_the_page_in_the_documents_is_what_the_values_say(programme: Programme) -> None:
    path = PAGES / f"{programme.id}.md"
    page = path.read_text("utf-8") if path.exists() else ""
    assert page == render_reference(programme), (
        f"{path.name} is stale: run suanquan programme reference {programme.id}"
    )


def test_every_page_has_its_programme() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == {one.id for one in find_programmes()}


@EVERY
def test_every_value_stands_there_with_clause_and_grade_in_both_languages(
    programme: Programme,
) -> None:
    zh, en = render_reference(programme).split("\n---\n")
    for version in programme.versions:
        assert hash_version(programme, version) in zh
        assert hash_version(programme, version) in en
    for page, language in ((zh, "zh"), (en, "en")):
        rows = [line for line in page.splitlines() if line.startswith("| ")]
        versions = [list(walk(version)) for version in reversed(programme.versions)]
        cells = [row.strip("| ").split(" | ") for row in rows]
        body = [row for row in cells if row[0] not in {"项目", "item", "---"}]
        cited = [one for values in versions for _, one in values]
        assert len(body) == len(cited)
        for row, one in zip(body, cited, strict=True):
            assert row[2] == getattr(one.clause, language)
            assert row[3].split(" ")[0] == one.grade


@EVERY
def test_an_assumed_value_is_marked_and_no_other(programme: Programme) -> None:
    zh, en = render_reference(programme).split("\n---\n")
    assumed = sum(one.grade == "A" for version in programme.versions for _, one in walk(version))
    assert zh.count("| A **「假定」** |") == en.count("| A **assumed** |") == assumed
    assert "| A |" not in zh + en
    # One more is the key to the grades.
    assert zh.count("**「假定」**") == assumed + 1


def test_a_bar_in_a_clause_does_not_end_its_cell() -> None:
    from vouchers.reference import _row  # noqa: PLC0415 - nothing public has a bar

    assert _row(("a|b", "c")) == "| a\\|b | c |"
