"""Who read what, as the log of accesses has it, page by page, the newest first."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from ledger.codec import Event
from ledger.database import Connection
from ledger.events import AccessRecorded
from ledger.identifiers import check_credit_code_form
from ledger.read import parse_entry, read_entries, read_heads
from ledger.topics import readings_by_topic, readings_topic
from ledger.trail import read_newest

# Entries that one page looks at, at most: those that close a batch, or are another person's, are
# left out, and a page that finds few goes on with the next.
LOOKED_AT_MAX: Final = 400


class Wanted(NamedTuple):
    """Of whom accesses are asked for, and to what is whose; empty for all."""

    person: str = ""
    enterprise: str = ""


class Found(NamedTuple):
    """An access: its entry of the log, who had it, to what is whose."""

    entry: int
    enterprise: str
    data: AccessRecorded


def list_accesses(
    connection: Connection, wanted: Wanted, limit: int, before: int | None = None
) -> tuple[list[Found], int | None]:
    """Return accesses below an index, the newest first, and below which index a list goes on.

    Raises `InvalidInputError` for what is no credit code.
    """
    if wanted.enterprise:
        check_credit_code_form(wanted.enterprise)
    size = read_heads(connection)["access"].size
    end = size if before is None else min(before, size)
    looked_at, found = list(_newest(connection, wanted, size, end)), list[Found]()
    for index, event in looked_at:
        data = event.data
        if isinstance(data, AccessRecorded) and wanted.person in {"", data.person}:
            found.append(Found(index, event.subject, data))
            if len(found) == limit:
                return found, index or None
    more = len(looked_at) == LOOKED_AT_MAX
    return found, looked_at[-1][0] if more else None


def _newest(
    connection: Connection, wanted: Wanted, size: int, end: int
) -> Iterator[tuple[int, Event]]:
    """Yield entries of the log of accesses below an index, among them all that are wanted."""
    if wanted.enterprise:
        yield from read_newest(
            connection, readings_topic(wanted.enterprise), size, LOOKED_AT_MAX, end
        )
    elif wanted.person:
        yield from read_newest(
            connection, readings_by_topic(wanted.person), size, LOOKED_AT_MAX, end
        )
    else:
        found = list(read_entries(connection, "access", max(0, end - LOOKED_AT_MAX), end))
        for index, entry in reversed(found):
            yield index, parse_entry("access", index, entry)


def access_row(found: Found) -> dict[str, Any]:
    """Return an access with the command line's keys."""
    data = found.data
    return {
        "index": found.entry,
        "at": data.at,
        "person": data.person,
        "enterprise": found.enterprise or None,
        "access": data.access,
        "place": data.place,
        "way": data.way,
    }
