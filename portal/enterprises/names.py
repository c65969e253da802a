"""What enterprises are called, for a page of them at once."""

from collections.abc import Collection

from ledger.database import Connection
from portal.shell import Shell


def read_names(
    shell: Shell, connection: Connection, codes: Collection[str], size: int
) -> dict[str, str]:
    """Return the newest name of each of some enterprises; one that has none has its code."""
    names = shell.gathered.read_on(connection, size).names
    found = {code: names.get(code) for code in codes}
    return {code: one.name if one and one.name else code for code, one in found.items()}
