"""What an act on a claim said of itself, in words; for a terminal and for a page."""

from collections.abc import Callable
from typing import Any, Final

from ledger.text import Text
from vouchers.claims.checklist import ITEMS

_TOLD: Final = ("reason", "matter", "document", "notice", "order", "bank_reference")

Say = Callable[[Text], str]
"""Gives a sentence in the language of whoever reads."""


def tell_act(say: Say, row: dict[str, Any]) -> str:
    """Return what an act said of itself, in a line."""
    return say(Text("；", "; ")).join([*tell_briefly(row), *tell_items(say, row)])


def tell_briefly(row: dict[str, Any], day: Callable[[str], str] = str) -> list[str]:
    """Return what an act said of itself as a whole: its reason, its paper, its days."""
    parts = [str(row[name]) for name in _TOLD if row.get(name)]
    if row.get("first_day"):
        parts.append(f"{day(row['first_day'])} – {day(row['last_day'])}")
    return parts


def tell_items(say: Say, row: dict[str, Any]) -> list[str]:
    """Return what an act said of each item of the check list."""
    colon = say(Text("：", ": "))
    return [
        f"{name_item(say, one)}{colon}{one['reason']}"
        for one in row.get("items", ())
        if one.get("reason")
    ]


def name_item(say: Say, row: dict[str, Any]) -> str:
    """Return what an item of the check list is called; what is not of the list, as it is."""
    item = row["item"]
    return say(ITEMS[item]) if item in ITEMS else str(item)
