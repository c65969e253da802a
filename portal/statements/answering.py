"""An enterprise's answer to a compute statement, and how a dispute is settled, for every way in.

One act: the statement is found among the enterprise's own, the answer is judged, then recorded. The
same answer again changes nothing.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from ledger.errors import InvalidInputError, RuleViolationError
from ledger.events import (
    AnswerData,
    DisputedLine,
    DisputeSettled,
    StatementConfirmed,
    StatementDisputed,
    StatementIssued,
)
from ledger.period import day_of
from ledger.text import Text
from portal.acting import Act, acting
from portal.claims.ground import Ground, read_ground
from portal.shell import Shell
from reports.verification import enterprise_of
from vouchers.answers import Answer, find_answer_obstacle
from vouchers.claims.calendar import WorkingDays
from vouchers.rating import Charge, rate
from vouchers.reading import read_rules

SOURCE: Final = "urn:suanquan:statements"

Make = Callable[[Act, StatementIssued, Ground], AnswerData]
"""Makes the answer once the statement is found."""


class Given(NamedTuple):
    """A statement with all that was answered to it, the day, and by which calendars it counts."""

    issued: StatementIssued
    answer: Answer
    today: date
    days: WorkingDays


def give_answer(shell: Shell, number: str, make: Make) -> Given:
    """Return a statement with an answer recorded to it; the same again changes nothing.

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
        today = date.fromisoformat(day_of(act.at_ms))
        return Given(issued, answer, today, WorkingDays(book.calendars))


def confirm_statement(shell: Shell, number: str) -> Given:
    """Return a statement that its enterprise agrees to, as it was issued."""
    return give_answer(
        shell,
        number,
        lambda act, issued, _: StatementConfirmed(
            **said_of(act, number, None), pdf_sha256=issued.pdf_sha256
        ),
    )


def dispute_statement(
    shell: Shell, number: str, lines: Sequence[DisputedLine], document: str | None = None
) -> Given:
    """Return a statement of which an enterprise does not accept some lines, each with its reason.

    Raises `InvalidInputError` (`unknown_line`, `bad_dispute`) beside what `give_answer` does.
    """

    def make(act: Act, issued: StatementIssued, ground: Ground) -> AnswerData:
        _require_lines(ground, issued, lines)
        return StatementDisputed(**said_of(act, number, document), lines=tuple(lines))

    return give_answer(shell, number, make)


def charge_of(ground: Ground, period: str) -> Charge:
    """Return what an enterprise's usage in a month costs by what is recorded now."""
    usage = [one for one in ground.usage if one[0][3].startswith(period)]
    return rate(ground.book, ground.account, usage)


def said_of(act: Act, number: str, document: str | None) -> dict[str, Any]:
    """Return what every answer says."""
    return {"statement": number, "acted_at": act.at, "actor": act.name, "document": document}


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


def _require_lines(ground: Ground, issued: StatementIssued, lines: Sequence[DisputedLine]) -> None:
    """Raise `InvalidInputError` (`unknown_line`) unless the statement has each line."""
    charge = charge_of(ground, issued.period)
    there = [(one.contract.contract, one.resource) for one in charge.lines]
    for one in lines:
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
