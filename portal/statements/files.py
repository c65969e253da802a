"""Issued statements for whoever may have them: listed without the machine's paths, and as files."""

import hashlib
from collections.abc import Callable
from typing import Any

from portal.commands.statement_commands import statement_rows
from portal.commands.trace_command import no_statement, require_issue
from portal.shell import Shell
from portal.statements.file import read_file
from portal.statements.genuine import judge_file
from reports.formats import Format
from reports.issue import Issued, list_issued
from reports.reading import read_snapshot
from reports.remake import remake_one, render_again
from reports.verification import find_latest

# Where a file lies is the machine's business.
_PATHS = frozenset({"path", "sealed_path"})


def list_statements(shell: Shell, enterprise: str | None) -> dict[str, Any]:
    """Return the statements of an enterprise, or all, with the command line's keys."""
    return {"rows": _rows(shell, lambda one: enterprise in (None, one.subject))}


def show_statement(shell: Shell, number: str, enterprise: str | None) -> dict[str, Any]:
    """Return one statement with the keys that it has in a list; raises `no_statement`."""
    found = _rows(
        shell, lambda one: one.data.statement == number and enterprise in (None, one.subject)
    )
    if not found:
        raise no_statement(number)
    shell.shows(found[0]["subject"])
    return found[0]


def _rows(shell: Shell, is_wanted: Callable[[Issued], bool]) -> list[dict[str, Any]]:
    """Return the keys of the statements that are wanted, in the order of a list."""
    with shell.reading() as connection:
        snapshot = read_snapshot(connection)
    issued = list_issued(snapshot)
    wanted = [one for one in issued if is_wanted(one)]
    rows = statement_rows(shell, snapshot, wanted, find_latest(issued))
    return [{name: value for name, value in row.items() if name not in _PATHS} for row in rows]


def read_statement(shell: Shell, number: str, form: Format, enterprise: str | None) -> bytes:
    """Return a statement's file: the paper that is kept, or another format made from the logs.

    One that is not the enterprise's is not there. Raises what `require_issue`, `read_file` and
    `render_again` raise.
    """
    with shell.auditing() as connection:
        _, issued = require_issue(connection, number)
        if enterprise not in (None, issued.subject):
            raise no_statement(number)
        shell.shows(issued.subject)
        if form == "pdf":
            return read_file(shell, issued)
        content = remake_one(connection, issued)
    return render_again(issued, content, form, shell.press().fonts, shell.language)


def verify_bytes(shell: Shell, pdf: bytes) -> dict[str, Any]:
    """Return whether a PDF is a statement as issued, with the command line's keys.

    Of a file that is none it says nothing, whatever number it bears: anybody may ask.
    """
    with shell.reading() as connection:
        found = judge_file(connection, hashlib.sha256(pdf).hexdigest())
    data = found.issued and found.issued.data
    return {
        "known": data is not None,
        "id": data and data.statement,
        "sha256": found.sha256,
        "revision": data and data.revision,
        "superseded_by": found.superseded_by,
    }
