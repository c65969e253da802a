"""What waits for an enterprise, for programs: the same that its first page shows."""

from datetime import date
from typing import Any

from ledger.claim_list import Listed, day_text
from ledger.events import StatementIssued
from portal.acting import look
from portal.claims.reading import Viewer
from portal.enterprises.reading import (
    Returned,
    find_waiting,
    name_remark,
    read_enterprise,
    read_standing_claims,
)
from portal.shell import Shell
from vouchers.answers import Standing
from vouchers.reminder import Reminder


def list_waiting_for(shell: Shell, enterprise: str, today: date) -> dict[str, Any]:
    """Return claims to mend, drafts, statements to answer and days that come near, on a day."""
    with shell.reading() as connection:
        roster, person = look(shell, connection, alone=True)
        ground = read_enterprise(connection, enterprise)
        claims = read_standing_claims(ground, Viewer(roster, person))
        found = find_waiting(ground, claims, today)
    return {
        "enterprise": enterprise,
        "on": today.isoformat(),
        "returned": [_returned_row(shell, one) for one in found.returned],
        "drafts": [_claim_row(one) for one in found.drafts],
        "statements": [_statement_row(*one) for one in found.statements],
        "reminders": [_reminder_row(one) for one in found.reminders],
    }


def _claim_row(one: Listed) -> dict[str, Any]:
    """Return which claim it is."""
    since = day_text(one.since)
    return {"id": one.claim, "programme": one.programme, "year": one.year, "since": since}


def _returned_row(shell: Shell, one: Returned) -> dict[str, Any]:
    """Return a claim that was sent back, and why."""
    reasons = [
        {"item": remark.item, "name": shell.say(name_remark(remark)), "reason": remark.reason}
        for remark in one.reasons
    ]
    return {**_claim_row(one.claim), "reasons": reasons}


def _statement_row(issued: StatementIssued, standing: Standing) -> dict[str, Any]:
    """Return a statement of which the enterprise has the next word."""
    return {
        "statement": issued.statement,
        "period": issued.period,
        "total_fen": issued.total_fen,
        "status": standing.status,
        "due_on": standing.due_on.isoformat() if standing.due_on else None,
    }


def _reminder_row(one: Reminder) -> dict[str, Any]:
    """Return a day that comes near, and what is lost after it."""
    deadline = one.deadline
    return {
        "what": deadline.what,
        "programme": deadline.programme,
        "year": deadline.year,
        "last_on": deadline.last_on.isoformat(),
        "working_days": one.working_days,
        "is_last": one.is_last,
        "left_fen": deadline.left_fen,
        "invoices": list(deadline.invoices),
    }
