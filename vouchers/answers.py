"""What an enterprise answers to a settlement statement: it agrees, disputes lines, or is silent.

A line is what one contract charges for one resource. A line that is disputed is claimed for by
nobody until the centre has settled it. Whoever says nothing has not agreed: silence is shown as it
is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from ledger.errors import RuleViolationError
from ledger.events import (
    AnswerData,
    DisputeSettled,
    InvoiceRecorded,
    IssuedData,
    StatementConfirmed,
    StatementDisputed,
    StatementIssued,
)
from ledger.period import DAY, day_of, parse_instant
from ledger.text import Text
from vouchers.claims.calendar import WorkingDays

if TYPE_CHECKING:
    from vouchers.book import Account

ANSWER_WORKING_DAYS: Final = 10
"""How long an enterprise has for its answer. Assumed: no text says how long."""

Line = tuple[str, str]
"""A line of a statement: its contract and its resource."""

Status = Literal["awaiting", "silent", "disputed", "settled", "confirmed"]

STATUSES: Final[dict[Status, Text]] = {
    "awaiting": Text("待答复", "awaiting an answer"),
    "silent": Text("逾期未答复", "no answer in time"),
    "disputed": Text("有异议", "disputed"),
    "settled": Text("异议已处理，待确认", "settled, to be confirmed"),
    "confirmed": Text("已确认", "confirmed"),
}


_OPEN: Final[frozenset[Status]] = frozenset({"awaiting", "silent", "settled"})
"""Where the enterprise has the next word; a dispute waits for the centre."""


@dataclass(slots=True)
class Answer:
    """What was answered to one statement: who agreed, which lines were disputed and settled."""

    confirmed: StatementConfirmed | None = None
    disputed: dict[Line, StatementDisputed] = field(default_factory=dict)
    settled: dict[Line, DisputeSettled] = field(default_factory=dict)

    @property
    def open_lines(self) -> list[Line]:
        """Return the disputed lines that are not settled, in the order in which they came."""
        return [one for one in self.disputed if one not in self.settled]

    def take(self, data: AnswerData) -> None:
        """Take in the next answer, lawful or not."""
        match data:
            case StatementConfirmed():
                self.confirmed = data
            case StatementDisputed():
                self.disputed |= {(one.contract, one.resource): data for one in data.lines}
            case DisputeSettled():
                self.settled[data.contract, data.resource] = data


@dataclass(slots=True)
class Answered:
    """What an audit knows of an enterprise: its statements, in order, and the answers to them."""

    statements: list[StatementIssued] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)

    def take(self, data: StatementIssued | AnswerData) -> None:
        """Take in a statement, or what was answered to one, lawful or not."""
        if isinstance(data, StatementIssued):
            self.statements.append(data)
        else:
            self.answers.setdefault(data.statement, Answer()).take(data)


class Standing(NamedTuple):
    """How far the answer to a statement is; `due_on` is None where no calendar or date tells."""

    status: Status
    due_on: date | None
    open_lines: tuple[Line, ...] = ()

    @property
    def is_open(self) -> bool:
        """Return whether the enterprise has the next word."""
        return self.status in _OPEN


def stand(issued: IssuedData, answer: Answer, today: date, days: WorkingDays) -> Standing:
    """Return how far the answer to a statement is on a day."""
    due_on = _due_on(issued, days)
    lines = tuple(answer.open_lines)
    if lines:
        return Standing("disputed", due_on, lines)
    if answer.confirmed is not None:
        return Standing("confirmed", due_on)
    if answer.disputed:
        return Standing("settled", due_on)
    return Standing("silent" if due_on is not None and today > due_on else "awaiting", due_on)


def find_open(
    account: "Account", today: date, days: WorkingDays
) -> Iterator[tuple[StatementIssued, Standing]]:
    """Yield the statements that wait for an enterprise's answer, the latest month first.

    Only the last one of a month is answered; those that it supplements are not.
    """
    latest = {one.period: one for one in account.statements if one.kind == "compute"}
    for period in sorted(latest, reverse=True):
        issued = latest[period]
        answer = account.answers.get(issued.statement, Answer())
        standing = stand(issued, answer, today, days)
        if standing.is_open:
            yield issued, standing


def _due_on(issued: IssuedData, days: WorkingDays) -> date | None:
    """Return the last day for an answer: the days are counted from the one after the issue."""
    if issued.issued_at is None:
        return None
    issued_on = date.fromisoformat(day_of(parse_instant(issued.issued_at)))
    try:
        return days.last_day(issued_on + DAY, ANSWER_WORKING_DAYS)
    except RuleViolationError:
        return None


def find_disputes(account: "Account", invoice: InvoiceRecorded) -> Iterator[tuple[str, Line]]:
    """Yield (statement, line) of each open dispute about what an invoice is for."""
    first, last = invoice.service_from[:7], invoice.service_to[:7]
    for issued in account.statements:
        answer = account.answers.get(issued.statement)
        if answer is None or not first <= issued.period <= last:
            continue
        for line in answer.open_lines:
            if line[0] == invoice.contract:
                yield issued.statement, line


def tell_dispute(invoice: str, statement: str, line: Line) -> Text:
    """Return that an invoice is for a line which is disputed."""
    contract, resource = line
    return Text(
        f"发票 {invoice} 所涉结算单 {statement} 的 {contract} {resource} 一行有异议，尚未处理",
        f"invoice {invoice}: the line {contract} {resource} of {statement} is disputed and not"
        " settled",
    )


def find_answer_obstacle(account: "Account | Answered", data: AnswerData) -> Text | None:
    """Return why an answer may not follow what the book has, None where it may."""
    issued = next((one for one in account.statements if one.statement == data.statement), None)
    if issued is None or issued.kind != "compute":
        return Text(
            f"该企业没有编号为 {data.statement} 的算力结算单",
            f"this enterprise has no compute statement {data.statement}",
        )
    answer = account.answers.get(data.statement, Answer())
    if isinstance(data, DisputeSettled):
        return _settling_obstacle(answer, data)
    latest = [one for one in account.statements if _period(one) == _period(issued)][-1]
    if latest is not issued:
        return Text(
            f"{data.statement} 已由 {latest.statement} 补充，请就后者答复",
            f"{latest.statement} follows {data.statement}: answer that one",
        )
    if answer.confirmed is not None:
        day = day_of(parse_instant(answer.confirmed.acted_at))
        return Text(f"{data.statement} 已于 {day} 确认", f"{data.statement} was confirmed on {day}")
    if isinstance(data, StatementConfirmed):
        return _confirming_obstacle(issued, answer, data)
    assert isinstance(data, StatementDisputed), data
    twice = [line for line in answer.disputed if line in _lines(data)]
    return _listed(Text("已提出过异议", "disputed before"), twice) if twice else None


def _confirming_obstacle(
    issued: StatementIssued, answer: Answer, data: StatementConfirmed
) -> Text | None:
    """Return why a statement may not be confirmed so."""
    if data.pdf_sha256 != issued.pdf_sha256:
        return Text(
            f"确认的文件 SHA-256 为 {data.pdf_sha256}，签发的为 {issued.pdf_sha256}",
            f"the file confirmed has SHA-256 {data.pdf_sha256}, the one issued {issued.pdf_sha256}",
        )
    left = answer.open_lines
    return _listed(Text("异议尚未处理", "disputed and not settled"), left) if left else None


def _settling_obstacle(answer: Answer, data: DisputeSettled) -> Text | None:
    """Return why a dispute may not be settled so."""
    line = data.contract, data.resource
    if line not in answer.open_lines:
        return _listed(Text("没有待处理的异议", "no dispute is open"), [line])
    if answer.disputed[line].actor == data.actor:
        return Text(
            f"{data.actor} 代录了这项异议，须由他人处理",
            f"{data.actor} entered this dispute: another one settles it",
        )
    return None


def _period(issued: StatementIssued) -> tuple[str, str]:
    """Return what a statement of an enterprise is about."""
    return issued.kind, issued.period


def _lines(data: StatementDisputed) -> set[Line]:
    """Return the lines that are disputed."""
    return {(one.contract, one.resource) for one in data.lines}


def _listed(what: Text, lines: list[Line]) -> Text:
    """Return what is said of some lines, with the lines."""
    shown = [" ".join(line) for line in lines]
    return Text(f"{what.zh}：{'、'.join(shown)}", f"{what.en}: {', '.join(shown)}")
