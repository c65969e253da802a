"""What programmes are called on a page: by the name under which the book adopted them."""

from collections.abc import Mapping

from ledger.database import Connection
from ledger.text import Text
from vouchers.adoption import rules_of
from vouchers.reading import read_rules


def name_programmes(connection: Connection, size: int) -> dict[str, Text]:
    """Return the adopted programmes' names by their ids, in the catalogue's order."""
    return {one.programme: one.name for one in rules_of(read_rules(connection, size)).ruled}


def name_of(names: Mapping[str, Text], programme: str) -> Text:
    """Return a programme's or its fund's name, the code itself of one that was never adopted."""
    return names.get(programme, Text(programme, programme))
