"""Who read what, as the log of accesses has it, page by page, the newest first."""

from typing import Any, Final, NamedTuple

from ledger.codec import Event
from ledger.database import Connection
from ledger.events import AccessRecorded
from ledger.head import Head
from ledger.identifiers import check_credit_code_form
from ledger.read import read_heads
from ledger.topics import readings_by_topic, readings_topic
from ledger.trail import read_newest
from portal.audit.desk import list_entries

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
    head = read_heads(connection)["access"]
    looked_at = _newest(connection, wanted, head, head.size if before is None else before)
    found: list[Found] = []
    for index, event in looked_at:
        data = event.data
        if isinstance(data, AccessRecorded) and wanted.person in {"", data.person}:
            found.append(Found(index, event.subject, data))
            if len(found) == limit:
                return found, index or None
    more = len(looked_at) == LOOKED_AT_MAX
    return found, looked_at[-1][0] if more else None


def _newest(
    connection: Connection, wanted: Wanted, head: Head, end: int
) -> list[tuple[int, Event]]:
    """Return entries of the log of accesses below an index, those that are wanted among them."""
    if wanted.enterprise:
        topic = readings_topic(wanted.enterprise)
    elif wanted.person:
        topic = readings_by_topic(wanted.person)
    else:
        return [
            (one.index, one.event) for one in list_entries(connection, head, end, LOOKED_AT_MAX)
        ]
    return read_newest(connection, topic, head.size, LOOKED_AT_MAX, end)


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
