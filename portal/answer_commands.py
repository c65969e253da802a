"""`suanquan statement confirm`, `dispute`, `settle`: what an enterprise answers to a statement."""

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

import click
from msgspec import Struct

from ledger.errors import InvalidInputError, RuleViolationError
from ledger.events import (
    AnswerData,
    DisputedLine,
    DisputeSettled,
    IssuedData,
    StatementConfirmed,
    StatementDisputed,
    StatementIssued,
)
from ledger.period import day_of
from ledger.text import Text
from portal.acting import Act, acting
from portal.claim_ground import Ground, read_ground
from portal.options import answers
from portal.seal_command import find_seal
from portal.shell import Result, Shell
from reports.verification import enterprise_of
from vouchers.answers import STATUSES, Answer, Line, find_answer_obstacle, stand
from vouchers.claims.calendar import WorkingDays
from vouchers.rating import rate
from vouchers.reading import read_rules
from vouchers.strict_json import DOCUMENT_BYTES_MAX, decode

SOURCE: Final = "urn:suanquan:statements"

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
        return StatementConfirmed(**_said(act, number, document), pdf_sha256=held)

    return _answer(shell, number, make)


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

    def make(act: Act, issued: StatementIssued, ground: Ground) -> AnswerData:
        _require_lines(ground, issued, asked)
        return StatementDisputed(**_said(act, number, document), lines=asked.lines)

    return _answer(shell, number, make)


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
            **_said(act, number, asked.document),
            contract=asked.contract,
            resource=asked.resource,
            outcome=asked.outcome,
            reason=asked.reason,
        )

    return _answer(shell, number, make)


def _hash_held(act: Act, issued: StatementIssued, file: Path | None) -> str:
    """Return the SHA-256 issued for that file and for the sealed one, else the file's own."""
    if file is None:
        return issued.pdf_sha256
    held, seal = hashlib.sha256(file.read_bytes()).hexdigest(), None
    if held != issued.pdf_sha256:
        seal = find_seal(act.connection, issued.statement)
    return issued.pdf_sha256 if seal is not None and seal.sha256 == held else held


def _said(act: Act, number: str, document: str | None) -> dict[str, Any]:
    """Return what every answer says."""
    return {"statement": number, "acted_at": act.at, "actor": act.name, "document": document}


def _answer(
    shell: Shell, number: str, make: Callable[[Act, StatementIssued, Ground], AnswerData]
) -> Result:
    """Record an answer to a statement and return how far it is; the same again changes nothing.

    Raises `RuleViolationError`: `unknown_statement` for one that is not there or not the actor's,
    `not_allowed`, `answered`.
    """
    with acting(shell, alone=True) as act:
        code = enterprise_of(number)
        may_see = act.roster.has(act.name, "task_force") or act.roster.acts_for(act.name, code)
        size = act.roster.index
        book = read_rules(act.connection, size)
        ground = read_ground(act.connection, code, size, book) if may_see else None
        issued = _find(ground, number)
        assert ground is not None, number
        data, account = make(act, issued, ground), ground.account
        answer = account.answers.setdefault(number, Answer())
        if not _is_there(answer, data):
            wrong = find_answer_obstacle(account, data)
            if wrong is not None:
                raise _refused(wrong, number)
            act.write(data, code, SOURCE)
            answer.take(data)
        days = WorkingDays(book.calendars)
        row = answer_row(shell, issued, answer, date.fromisoformat(day_of(act.at_ms)), days)
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


def _find(ground: Ground | None, number: str) -> StatementIssued:
    """Return a statement by its number; what is not the actor's is told as if it were not there."""
    issued = ground.account.statements if ground else []
    found = next((one for one in issued if one.statement == number), None)
    if found is None:
        raise RuleViolationError(
            "unknown_statement",
            Text(f"没有结算单 {number[:60]}", f"there is no statement {number[:60]}"),
            Text("请核对编号，见 suanquan statement list", "check it: see suanquan statement list"),
        )
    return found


def _is_there(answer: Answer, data: AnswerData) -> bool:
    """Return whether the book has an answer already that says the same, whenever it was given."""
    there: AnswerData | None
    match data:
        case StatementConfirmed():
            there = answer.confirmed
        case StatementDisputed():
            first = data.lines[0]
            there = answer.disputed.get((first.contract, first.resource))
        case _:
            assert isinstance(data, DisputeSettled), data
            there = answer.settled.get((data.contract, data.resource))
    names = [name for name in data.__struct_fields__ if name != "acted_at"]
    return there is not None and all(getattr(there, one) == getattr(data, one) for one in names)


def _require_lines(ground: Ground, issued: StatementIssued, asked: DisputeFile) -> None:
    """Raise `InvalidInputError` (`unknown_line`) unless the statement has each line."""
    usage = [one for one in ground.usage if one[0][3].startswith(issued.period)]
    charge = rate(ground.book, ground.account, usage)
    there = [(one.contract.contract, one.resource) for one in charge.lines]
    for one in asked.lines:
        if (one.contract, one.resource) not in there:
            shown = ", ".join(" ".join(line) for line in there) or "–"
            raise InvalidInputError(
                "unknown_line",
                Text(
                    f"结算单没有 {one.contract} {one.resource} 一行",
                    f"the statement has no line {one.contract} {one.resource}",
                ),
                Text(f"其各行为：{shown}", f"its lines are: {shown}"),
            )


def _refused(why: Text, number: str) -> RuleViolationError:
    """Return the refusal of an answer."""
    return RuleViolationError(
        "answered",
        why,
        Text(
            f"现状见 suanquan statement list（{number}）",
            f"see {number} in suanquan statement list",
        ),
    )
