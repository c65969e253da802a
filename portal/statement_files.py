"""Issued statements for whoever may have them: listed without the machine's paths, and as files."""

import hashlib
from typing import Any

from portal.genuine import judge_file
from portal.options import ask
from portal.shell import Shell
from portal.statement_commands import list_
from portal.statement_file import read_file
from portal.trace_command import no_statement, require_issue
from reports.formats import Format
from reports.remake import remake_one, render_again

# Where a file lies is the machine's business.
_PATHS = frozenset({"path", "sealed_path"})


def list_statements(shell: Shell, enterprise: str | None) -> dict[str, Any]:
    """Return the statements of an enterprise, or all, with the command line's keys."""
    rows = ask(list_, shell)["rows"]
    return {
        "rows": [
            {name: value for name, value in row.items() if name not in _PATHS}
            for row in rows
            if enterprise in (None, row["subject"])
        ]
    }


def show_statement(shell: Shell, number: str, enterprise: str | None) -> dict[str, Any]:
    """Return one statement with the keys that it has in a list; raises `no_statement`."""
    for row in list_statements(shell, enterprise)["rows"]:
        if row["id"] == number:
            found: dict[str, Any] = row
            shell.shows(found["subject"])
            return found
    raise no_statement(number)


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
