"""`suanquan statement confirm`, `dispute`, `settle`: what an enterprise answers to a statement."""

import hashlib
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, Literal

import click
from msgspec import Struct

from ledger.events import (
    AnswerData,
    DisputedLine,
    DisputeSettled,
    IssuedData,
    StatementConfirmed,
    StatementIssued,
)
from ledger.text import Text
from portal.acting import Act
from portal.claims.ground import Ground
from portal.commands.seal_command import find_seal
from portal.options import answers
from portal.shell import Result, Shell
from portal.statements.answering import Given, dispute_statement, give_answer, said_of
from vouchers.answers import STATUSES, Answer, Line, stand
from vouchers.claims.calendar import WorkingDays
from vouchers.strict_json import DOCUMENT_BYTES_MAX, decode

_DOCUMENT = click.option(
    "--document",
    metavar="PAPER",
    help="The enterprise's own paper, where the task force enters it.",
)


class DisputeFile(Struct, frozen=True, kw_only=True):
    """Which lines an enterprise does not accept, and why."""

    lines: tuple[DisputedLine, ...]


class SettlementFile(Struct, frozen=True, kw_only=True):
    """What the centre decides on one disputed line."""

    contract: str
    resource: str
    outcome: Literal["upheld", "dismissed"]
    reason: str
    document: str | None = None


@click.command(
    epilog="""\b
Examples:
  suanquan statement confirm SQ-C-2022-07-91420100MA4K2XY18X-1
  suanquan statement confirm SQ-C-2022-07-91420100MA4K2XY18X-1 --file received.pdf"""
)
@click.argument("number", metavar="ID")
@click.option(
    "--file",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="PDF",
    help="The file in hand: it has to be the one issued.",
)
@_DOCUMENT
@answers
def confirm(shell: Shell, number: str, file: Path | None, document: str | None) -> Result:
    """Confirm a compute statement for the enterprise that it is of."""

    def make(act: Act, issued: StatementIssued, _: Ground) -> AnswerData:
        held = _hash_held(act, issued, file)
        return StatementConfirmed(**said_of(act, number, document), pdf_sha256=held)

    return _answered(shell, give_answer(shell, number, make))


@click.command(
    epilog="""\b
Example:
  suanquan statement dispute SQ-C-2022-07-91420100MA4K2XY18X-1 --file dispute.json
with {"lines": [{"contract": "C-1", "resource": "a100", "reason": "…"}]}"""
)
@click.argument("number", metavar="ID")
@click.option("--file", "file", type=click.File("rb"), required=True, help="JSON; - for input.")
@_DOCUMENT
@answers
def dispute(shell: Shell, number: str, file: BinaryIO, document: str | None) -> Result:
    """Dispute lines of a compute statement, each with a reason.

    Nobody claims a refund for a disputed line until the task force has settled it.
    """
    asked = decode(file.read(DOCUMENT_BYTES_MAX + 1), DisputeFile)
    given = dispute_statement(shell, number, asked.lines, document)
    return _answered(shell, given)


@click.command(
    epilog="""\b
Example:
  suanquan statement settle SQ-C-2022-07-91420100MA4K2XY18X-1 --file settlement.json
with {"contract": "C-1", "resource": "a100", "outcome": "upheld", "reason": "…"}

\b
Where the enterprise is right (upheld), correct what was recorded and make the statement again: a
supplementary one follows it. Else the outcome is dismissed."""
)
@click.argument("number", metavar="ID")
@click.option("--file", "file", type=click.File("rb"), required=True, help="JSON; - for input.")
@answers
def settle(shell: Shell, number: str, file: BinaryIO) -> Result:
    """Settle the dispute about one line of a statement, for the task force."""
    asked = decode(file.read(DOCUMENT_BYTES_MAX + 1), SettlementFile)

    def make(act: Act, _issued: StatementIssued, _: Ground) -> AnswerData:
        return DisputeSettled(
            **said_of(act, number, asked.document),
            contract=asked.contract,
            resource=asked.resource,
            outcome=asked.outcome,
            reason=asked.reason,
        )

    return _answered(shell, give_answer(shell, number, make))


def _hash_held(act: Act, issued: StatementIssued, file: Path | None) -> str:
    """Return the SHA-256 issued for that file and for the sealed one, else the file's own."""
    if file is None:
        return issued.pdf_sha256
    held, seal = hashlib.sha256(file.read_bytes()).hexdigest(), None
    if held != issued.pdf_sha256:
        seal = find_seal(act.connection, issued.statement)
    return issued.pdf_sha256 if seal is not None and seal.sha256 == held else held


def _answered(shell: Shell, given: Given) -> Result:
    """Return how far the answer to a statement is."""
    number = given.issued.statement
    row = answer_row(shell, given.issued, given.answer, given.today, given.days)
    told = Text(f"{number}：{row['answer_name']}", f"{number}: {row['answer_name']}")
    return Result({"id": number, **row}, shell.say(told))


def answer_row(
    shell: Shell, issued: IssuedData, answer: Answer, today: date, days: WorkingDays
) -> dict[str, Any]:
    """Return the command line's keys of how far the answer to a statement is."""
    standing = stand(issued, answer, today, days)
    return {
        "answer": standing.status,
        "answer_name": shell.say(STATUSES[standing.status]),
        "answer_due": standing.due_on and standing.due_on.isoformat(),
        "disputed": [_line(answer, line) for line in answer.disputed],
    }


def _line(answer: Answer, line: Line) -> dict[str, Any]:
    """Return a disputed line: why, and what was decided."""
    disputed, settled = answer.disputed[line], answer.settled.get(line)
    reason = next(one.reason for one in disputed.lines if (one.contract, one.resource) == line)
    return {
        "contract": line[0],
        "resource": line[1],
        "reason": reason,
        "outcome": settled and settled.outcome,
        "decided": settled and settled.reason,
    }
