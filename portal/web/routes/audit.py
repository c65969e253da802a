"""The auditor's pages: how the logs stand, their entries and proofs, statements, people."""

from typing import Any, Final

from litestar import Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from ledger import tlog
from ledger.database import Connection
from ledger.head import Head
from ledger.note import parse_note
from ledger.read import read_heads
from portal.audit.claims import list_claims
from portal.audit.desk import (
    Entry,
    find_batch,
    find_note,
    list_changes,
    list_entries,
    prove_entry,
    read_standings,
)
from portal.audit.log_archive import stream_log
from portal.audit.statements import RESTING_MAX, find_resting, list_papers, list_statements
from portal.audit.witnessed import find_shown
from portal.enterprises.names import read_names
from portal.runs.audit_runs import KIND_NAMES, list_runs
from portal.statements.usage import read_lines
from portal.web.audience import AUDITOR, unknown_page
from portal.web.page import onward, page
from portal.web.visit import Visitor
from reports.kinds import FORMS
from reports.register import find_issued
from vouchers.catalogue import name_programme
from vouchers.claims.table import name_doer

# A screen or two.
ROWS_MAX: Final = 50
# The last of each kind, and one before.
RUNS_SHOWN: Final = 3


@get("/audit", who=AUDITOR, sync_to_thread=True)
def audit(visit: Visitor) -> Response[Any]:
    """Return how each log stands, and the ways to everything else."""
    with visit.shell.auditing() as connection:
        standings = read_standings(visit.shell, connection)
    last = list_runs(visit.shell.settings.home, RUNS_SHOWN)
    return page(visit, "audit_start.html", standings=standings, last=last, kinds=KIND_NAMES)


@get("/audit/log/{name:str}", who=AUDITOR, sync_to_thread=True)
def log(
    visit: Visitor,
    name: FromPath[str],
    before: FromQuery[int | None] = None,
    index: FromQuery[int | None] = None,
) -> Response[Any]:
    """Return entries of a log, the newest first; an index leads to its entry."""
    if index is not None:
        return onward(f"/audit/log/{name}/{index}")
    with visit.shell.auditing() as connection:
        head = _head(connection, name)
        entries = list_entries(connection, head, head.size if before is None else before, ROWS_MAX)
    last = entries[-1].index if entries else 0
    return page(
        visit,
        "audit_log.html",
        head=head,
        entries=entries,
        first=f"/audit/log/{name}" if before is not None else None,
        next=f"/audit/log/{name}?before={last}" if last else None,
    )


@get("/audit/log/{name:str}/{index:int}", who=AUDITOR, sync_to_thread=True)
def entry(visit: Visitor, name: FromPath[str], index: FromPath[int]) -> Response[Any]:
    """Return an entry as it was recorded, its batch, its neighbours and what rests on it."""
    with visit.shell.auditing() as connection:
        head = _head(connection, name)
        found = _entry(connection, head, index)
        visit.shell.shows(found.event.subject)
        batch = find_batch(connection, found, head)
        size = read_heads(connection)["book"].size
        resting = find_resting(connection, found, size, RESTING_MAX)
        note = find_note(visit.shell, head, index)
    covering = None if note is None else tlog.parse_checkpoint(parse_note(note).text).size
    return page(
        visit,
        "audit_entry.html",
        head=head,
        entry=found,
        batch=batch,
        resting=resting,
        covering=covering,
        titles={kind: form.title for kind, form in FORMS.items()},
    )


@get("/audit/log/{name:str}/{index:int}/proof", who=AUDITOR, sync_to_thread=True)
def proof(visit: Visitor, name: FromPath[str], index: FromPath[int]) -> Response[str]:
    """Return the proof that an entry is in its log, as a file (C2SP tlog-proof)."""
    with visit.shell.auditing() as connection:
        head = _head(connection, name)
        found = _entry(connection, head, index)
        visit.shell.shows(found.event.subject)
        note = find_note(visit.shell, head, index)
        if note is None:
            raise unknown_page()
        text = prove_entry(connection, found, note)
    headers = {"content-disposition": f'attachment; filename="{name}-{index}.tlog-proof"'}
    return Response(text, media_type="text/plain", headers=headers)


@get("/audit/log/{name:str}/export", who=AUDITOR, sync_to_thread=True)
def export(visit: Visitor, name: FromPath[str]) -> Stream:
    """Return a log as stock tools read it, entries included, under the checkpoint that is shown."""
    with visit.shell.auditing() as connection:
        head = _head(connection, name)
    note = find_shown(visit.shell, head)
    if note is None:
        raise unknown_page()
    headers = {"content-disposition": f'attachment; filename="{name}.zip"'}
    content = stream_log(visit.shell, head, note)
    return Stream(content, media_type="application/zip", headers=headers)


@get("/audit/statements", who=AUDITOR, sync_to_thread=True)
def statements(
    visit: Visitor, before: FromQuery[int | None] = None, number: FromQuery[str] = ""
) -> Response[Any]:
    """Return the statements that were issued last; a number leads to its statement."""
    with visit.shell.auditing() as connection:
        size = read_heads(connection)["book"].size
        asked = number.strip()
        if asked and find_issued(connection, asked, size):
            return onward(f"/audit/statements/{asked}")
        known = visit.shell.gathered
        placed, following = list_statements(connection, known, size, ROWS_MAX, before)
        names = read_names(
            visit.shell, connection, {one.issued.subject for one in placed} - {""}, size
        )
    return page(
        visit,
        "audit_statements.html",
        placed=placed,
        names=names,
        asked=asked,
        titles={kind: form.title for kind, form in FORMS.items()},
        first="/audit/statements" if before is not None else None,
        next=None if following is None else f"/audit/statements?before={following}",
    )


@get("/audit/statements/{number:str}", who=AUDITOR, sync_to_thread=True)
def statement(
    visit: Visitor, number: FromPath[str], before: FromQuery[int | None] = None
) -> Response[Any]:
    """Return a statement and what it was made from: the usage of its month, and its papers."""
    with visit.shell.auditing() as connection:
        size = read_heads(connection)["book"].size
        found = find_issued(connection, number, size)
        if found is None:
            raise unknown_page()
        data, subject = found.issued.data, found.issued.subject
        visit.shell.shows(subject)
        papers, following = list_papers(connection, found.issued, ROWS_MAX, before)
        lines = read_lines(connection, found.issued)
        claims = list_claims(connection, found.issued)
        names = read_names(visit.shell, connection, {subject} - {""}, size)
    return page(
        visit,
        "audit_statement.html",
        found=found,
        data=data,
        title=FORMS[data.kind].title,
        name=names.get(subject, ""),
        papers=papers,
        lines=lines,
        claims=claims,
        name_programme=lambda scope: visit.say(name_programme(scope)),
        first=f"/audit/statements/{number}" if before is not None else None,
        next=None if following is None else f"/audit/statements/{number}?before={following}",
    )


@get("/audit/people", who=AUDITOR, sync_to_thread=True)
def people(
    visit: Visitor, person: FromQuery[str] = "", before: FromQuery[int | None] = None
) -> Response[Any]:
    """Return what happened to accounts and roles, the newest first."""
    asked = person.strip()
    with visit.shell.auditing() as connection:
        size = read_heads(connection)["book"].size
        changes = list_changes(connection, size, asked, ROWS_MAX, before)
    own = f"/audit/people?person={asked}&" if asked else "/audit/people?"
    is_full = len(changes) == ROWS_MAX
    return page(
        visit,
        "audit_people.html",
        changes=changes,
        asked=asked,
        name_role=lambda role: visit.say(name_doer(role)),
        name_programme=lambda scope: visit.say(name_programme(scope)),
        first=own if before is not None else None,
        next=f"{own}before={changes[-1].index}" if is_full else None,
    )


def _head(connection: Connection, name: str) -> Head:
    """Return the head of a log."""
    heads = dict[str, Head](read_heads(connection))
    if name not in heads:
        raise unknown_page()
    return heads[name]


def _entry(connection: Connection, head: Head, index: int) -> Entry:
    """Return an entry of a log."""
    if not 0 <= index < head.size:
        raise unknown_page()
    (found,) = list_entries(connection, head, index + 1, 1)
    return found


ROUTES: Final = [audit, log, entry, proof, export, statements, statement, people]
