"""The lines of an enterprise's compute statement and the jobs behind each, for programs."""

from typing import Any

from ledger.database import Connection
from ledger.errors import InvalidInputError
from ledger.period import render_instant
from ledger.text import Text
from portal.commands.trace_command import no_statement, require_issue
from portal.listing import bad_after
from portal.shell import Shell
from portal.statements.usage import (
    Lines,
    Summed,
    list_line,
    parse_place,
    read_lines,
    render_place,
)
from reports.usage_lines import UsageLine


def list_statement_lines(shell: Shell, enterprise: str, number: str) -> dict[str, Any]:
    """Return the lines of an enterprise's statement, none for one that is not of compute.

    Raises `InvalidInputError` (`no_statement`).
    """
    with shell.auditing() as connection:
        lines = _read(connection, enterprise, number)
    return {"rows": [_line(lines, one) for one in lines.lines]}


def list_line_jobs(  # noqa: PLR0917 - a line's name, and a place in it
    shell: Shell,
    enterprise: str,
    number: str,
    name: tuple[str, str],
    limit: int,
    after: str | None = None,
) -> dict[str, Any]:
    """Return the jobs that a line of an enterprise's statement sums, page by page.

    `name` is the line's contract, empty for use without a price, and its resource. No place in a
    log is told but the one after which the list goes on. Raises `InvalidInputError`:
    `no_statement`, `unknown_line`, `bad_after`.
    """
    with shell.auditing() as connection:
        lines = _read(connection, enterprise, number)
        line = lines.find(*name)
        if line is None:
            raise _unknown_line(*name)
        place = None if after is None else parse_place(lines.issued, after)
        if after is not None and place is None:
            raise bad_after(after)
        page = list_line(connection, lines, line, limit, place)
    return {
        "rows": [_job(one) for one in page.entries],
        "next": page.following and render_place(page.following),
    }


def _read(connection: Connection, enterprise: str, number: str) -> Lines:
    """Return the lines of an enterprise's statement; another's is not there."""
    _, issued = require_issue(connection, number)
    if issued.subject != enterprise:
        raise no_statement(number)
    return read_lines(connection, issued)


def _line(lines: Lines, one: UsageLine) -> dict[str, Any]:
    """Return the keys of a line."""
    return {
        "contract": one.contract,
        "resource": one.resource,
        "name": lines.names[one.resource],
        "quantity": one.used,
        "amount_fen": one.amount_fen,
        "entries": one.entries,
    }


def _job(one: Summed) -> dict[str, Any]:
    """Return the keys of a job's part on a line."""
    piece = one.piece
    return {
        "job": piece.job,
        "start": render_instant(piece.start_ms),
        "end": render_instant(piece.end_ms),
        "amount": one.amount,
        "quantity": one.used,
        "contract": piece.contract or None,
    }


def _unknown_line(contract: str, resource: str) -> InvalidInputError:
    """Return the refusal of a line that a statement does not have."""
    return InvalidInputError(
        "unknown_line",
        Text(
            f"结算单没有合同“{contract}”、资源“{resource}”这一行",
            f"the statement has no line of contract {contract!r} and resource {resource!r}",
        ),
        Text(
            "结算单各行见 GET /enterprises/{enterprise}/statements/{number}/lines",
            "see GET /enterprises/{enterprise}/statements/{number}/lines",
        ),
    )
