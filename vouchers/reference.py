"""The reference page of a programme: every value with its clause and grade, in both languages.

It is Markdown made from the values alone, so that a page that is not what this makes is stale.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from ledger.text import Language, Text
from vouchers.names import LEVELS
from vouchers.programme import Programme, Version, hash_version
from vouchers.showing import name_field, show_field
from vouchers.values import walk

ASSUMED: Final = Text("「假定」", "assumed")

_GRADES: Final = Text(
    "等级：P 官方文本；M 转载的官方文本；N 媒体报道；A 未见条文，**「假定」**。",
    "Grades: P official text; M official text read in a repost; N press; A no text found, "
    "**assumed**.",
)
_HEADINGS: Final = (
    Text("项目", "item"),
    Text("取值", "value"),
    Text("条款", "clause"),
    Text("等级", "grade"),
)
_COMMAND: Final = "suanquan programme reference"


def render_reference(programme: Programme) -> str:
    """Return the page of a programme in Markdown: Chinese first, English below."""
    lines = [
        f"<!-- {_COMMAND} {programme.id} -->",
        *_render_part(programme, "zh"),
        "---",
        "",
        *_render_part(programme, "en"),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _render_part(programme: Programme, language: Language) -> Iterator[str]:
    name, level = programme.name, LEVELS[programme.level]
    yield f"# {name.render(language)}"
    yield ""
    made = Text(
        f"`{programme.id}`，{level.zh}项目。本页由 `{_COMMAND}` 根据规则文件生成，请勿手改。",
        f"`{programme.id}`, level: {level.en.lower()}. This page is made from the rule file by "
        f"`{_COMMAND}`; do not edit it.",
    )
    yield made.render(language)
    yield ""
    yield _GRADES.render(language)
    yield ""
    for version in reversed(programme.versions):
        yield from _render_version(programme, version, language)


def _render_version(programme: Programme, version: Version, language: Language) -> Iterator[str]:
    first, last = version.valid_from.value, version.valid_to and version.valid_to.value
    dates = Text(
        f"{first} 起" if last is None else f"{first} 至 {last}",
        f"from {first}" if last is None else f"{first} to {last}",
    )
    grades = [cited.grade for _, cited in walk(version)]
    assumed = grades.count("A")
    head = Text(f"{version.id} 版：{version.document.zh}", f"{version.id}: {version.document.en}")
    counted = Text(
        f"施行：{dates.zh}。{len(grades)} 项取值中有 {assumed} 项为假定。",
        f"In force {dates.en}. Of its {len(grades)} values, {assumed} are assumed.",
    )
    digest = Text("哈希：", "Hash: ").render(language)
    yield f"## {head.render(language)}"
    yield ""
    yield counted.render(language)
    yield ""
    yield f"{digest}`{hash_version(programme, version)}`"
    yield ""
    yield _row(one.render(language) for one in _HEADINGS)
    yield _row("---" for _ in _HEADINGS)
    for path, cited in walk(version):
        depth = "　" * path.count(".conditions[")
        told = (name_field(path, cited), show_field(path, cited), cited.clause)
        item, value, clause = (one.render(language) for one in told)
        mark = f" **{ASSUMED.render(language)}**" if cited.grade == "A" else ""
        yield _row((depth + item, value, clause, cited.grade + mark))
    yield ""


def _row(cells: Iterable[str]) -> str:
    """Return a row of a table; a bar in a cell would end the cell."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
