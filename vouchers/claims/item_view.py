"""The check list as it is read: a table, JSON-able objects, and what an enterprise may see."""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import structs

from ledger.events import Verdict
from ledger.text import Language, Text
from vouchers.claims.evidence import Item

_HIDDEN: Final = Text("请核对所填内容", "check what you entered")
_FUND: Final = Text("资金由财政核对", "finance looks at the fund")


def hide(items: Iterable[Item]) -> tuple[Item, ...]:
    """Return the items as the enterprise may read them: nothing that speaks of others."""
    return tuple(
        structs.replace(one, found=_FUND if one.item == "pool" else _HIDDEN, inside=False)
        if one.inside
        else one
        for one in items
    )


def render_items(items: Iterable[Item], language: Language) -> list[dict[str, object]]:
    """Return the items as JSON-able objects; a language changes words, never keys or codes."""
    return [
        {
            "item": one.item,
            "name": one.name.render(language),
            "computed": one.verdict,
            "found": one.found.render(language),
            "basis": one.basis.render(language),
            "source": one.source.render(language),
            "next": one.next_step.render(language) if one.next_step else None,
        }
        for one in items
    ]


VERDICTS: Final[Mapping[Verdict, Text]] = {
    "met": Text("符合", "met"),
    "not_met": Text("不符合", "not met"),
    "cannot_tell": Text("无法认定", "cannot tell"),
}

COLUMNS: Final = (
    Text("事项", "item"),
    Text("是否符合", "verdict"),
    Text("核查情况", "what was found"),
    Text("依据", "basis"),
    Text("下一步", "next step"),
)
"""The heads of the list's table."""


def list_rows(items: Iterable[Item], language: Language) -> list[tuple[str, ...]]:
    """Return the items as the rows of a table, in the order of `COLUMNS`."""
    nothing = Text("", "")
    return [
        tuple(
            text.render(language)
            for text in (
                one.name,
                VERDICTS[one.verdict],
                one.found,
                one.basis,
                one.next_step or nothing,
            )
        )
        for one in items
    ]
