"""Issued statements for whoever may have them: listed without the machine's paths, and as files."""

import tempfile
from pathlib import Path
from typing import Any

from portal.options import ask
from portal.shell import Shell
from portal.statement_commands import list_
from portal.trace_command import no_statement, require_issue
from portal.verify_command import verify
from reports.delivery import paper_of, read_kept
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


def read_statement(shell: Shell, number: str, form: Format, enterprise: str | None) -> bytes:
    """Return a statement's file: the paper that is kept, or another format made from the logs.

    One that is not the enterprise's is not there. Raises what `require_issue`, `read_kept` and
    `render_again` raise.
    """
    with shell.auditing() as connection:
        _, issued = require_issue(connection, number)
        if enterprise not in (None, issued.subject):
            raise no_statement(number)
        if form == "pdf" and paper_of(shell.settings.home, issued).path.exists():
            return read_kept(paper_of(shell.settings.home, issued))
        content = remake_one(connection, issued)
    return render_again(issued, content, form, shell.press().fonts, shell.language)


def verify_bytes(shell: Shell, pdf: bytes) -> dict[str, Any]:
    """Return whether a PDF is a statement as issued, with the command line's keys."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "statement.pdf")
        path.write_bytes(pdf)
        return ask(verify, shell, file=path)
