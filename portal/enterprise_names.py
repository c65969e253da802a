"""What enterprises are called, read for a page of them at once."""

from collections.abc import Collection

from ledger.database import Connection
from ledger.events import EnterpriseRegistered
from ledger.topics import enterprise_topic
from ledger.trail import read_trail


def read_names(connection: Connection, codes: Collection[str], size: int) -> dict[str, str]:
    """Return the newest name of each of some enterprises; one that has none has its code."""
    found = {code: code for code in codes}
    for _, event in read_trail(connection, map(enterprise_topic, found), size):
        if isinstance(event.data, EnterpriseRegistered) and event.data.name:
            found[event.subject] = event.data.name
    return found
