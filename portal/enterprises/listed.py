"""Every enterprise that the book names: looked for by name or code, page by page."""

from bisect import bisect_right
from typing import Any, NamedTuple

from ledger.events import EnterpriseRegistered
from ledger.read import read_heads
from ledger.text import Text
from portal.known.gathered import Gathered
from portal.shell import Shell
from vouchers.regions import place_of


class Entry(NamedTuple):
    """An enterprise in the list; its name is its code where none is registered."""

    code: str
    name: str
    region: Text | None


def list_enterprises(shell: Shell, words: str, limit: int, after: str | None) -> dict[str, Any]:
    """Return enterprises by code, with their names and regions, and after which code to go on."""
    with shell.reading() as connection:
        known = shell.gathered.read_on(connection, read_heads(connection)["book"].size)
    some, following = page_after(known, find_codes(known, words), after or "", limit)
    rows = [
        {"enterprise": one.code, "name": one.name, "region": one.region and shell.say(one.region)}
        for one in some
    ]
    return {"rows": rows, "next": following}


def find_codes(known: Gathered, words: str = "") -> list[str]:
    """Return the codes of the enterprises whose name or code has some words in it, in order."""
    wanted = words.strip().casefold()
    return sorted(code for code in known.codes.copy() if not wanted or _has(known, code, wanted))


def _has(known: Gathered, code: str, wanted: str) -> bool:
    """Return whether an enterprise's name or code has some words in it."""
    return (
        wanted in code.casefold() or wanted in _entry(code, known.names.get(code)).name.casefold()
    )


def page_after(
    known: Gathered, found: list[str], after: str, limit: int
) -> tuple[list[Entry], str | None]:
    """Return the enterprises after a code, and after which code the next page goes on, if any."""
    start = bisect_right(found, after)
    some = [_entry(code, known.names.get(code)) for code in found[start : start + limit]]
    return some, some[-1].code if len(found) > start + limit else None


def _entry(code: str, registered: EnterpriseRegistered | None) -> Entry:
    """Return an enterprise as the list has it."""
    if registered is None:
        return Entry(code, code, None)
    region = place_of(registered.registered_region)
    return Entry(code, registered.name or code, region and region.name)
