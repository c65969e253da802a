"""Logs: how far they are, their checkpoints, and for auditors their entries and proofs."""

from typing import Annotated, Final

from litestar import Response, Router, get
from litestar.params import PathParameter
from litestar.response import Stream

from ledger import tlog
from ledger.note import parse_note, render_vkey
from ledger.read import read_entries
from portal.audit.log_archive import export_log
from portal.audit.statements import show_entry
from portal.commands import log_commands
from portal.commands.proof_commands import covering_note, head_of, prove_entries
from portal.options import ask
from portal.web.api.answer import answer
from portal.web.api.answers import logs as answers
from portal.web.api.paging import LIMIT, IndexAfter, Limit
from portal.web.api.params import Named
from portal.web.audience import ANYBODY, AUDITOR
from portal.web.visit import Visitor

Index = Annotated[int, PathParameter(ge=0, description="Its index, from 0.")]


@get("", who=ANYBODY, sync_to_thread=True)
def list_logs(visit: Visitor) -> Response[answers.LogList]:
    """List the logs with size and root, and the last signed checkpoint of each; anybody may."""
    return answer(ask(log_commands.list_, visit.shell))


@get("/{log:str}/entries", who=AUDITOR, sync_to_thread=True)
def list_entries(
    visit: Visitor, log: Named, limit: Limit = LIMIT, after: IndexAfter = None
) -> Response[answers.EntryPage]:
    """List entries of a log in their order, each exactly as it was recorded."""
    with visit.shell.auditing() as connection:
        head = head_of(connection, log)
        first = min(0 if after is None else after + 1, head.size)
        end = min(first + limit, head.size)
        rows = [
            {"index": index, "entry": entry.decode()}
            for index, entry in read_entries(connection, head.name, first, end)
        ]
    following = str(end - 1) if end < head.size else None
    return answer({"log": log, "size": head.size, "rows": rows, "next": following})


@get("/{log:str}/entries/{index:int}", who=AUDITOR, sync_to_thread=True)
def show_one_entry(visit: Visitor, log: Named, index: Index) -> Response[answers.EntryShown]:
    """Show an entry as it was recorded, and the last statements that were made from it."""
    return answer(show_entry(visit.shell, log, index))


@get("/{log:str}/entries/{index:int}/proof", who=AUDITOR, sync_to_thread=True)
def prove_entry(visit: Visitor, log: Named, index: Index) -> Response[answers.ProofOf]:
    """Return an entry with its proof and a checkpoint that covers it."""
    shell = visit.shell
    with shell.auditing() as connection:
        head = head_of(connection, log)
        note = covering_note(shell, connection, head, index)
        ((_, proof),) = prove_entries(connection, head.name, [index], note)
    size = tlog.parse_checkpoint(parse_note(note).text).size
    vkey = render_vkey(shell.signer.verifier_key(head))
    return answer({"log": log, "index": index, "size": size, "vkey": vkey, "proof": proof})


@get("/{log:str}/export", who=AUDITOR, media_type="application/zip", sync_to_thread=True)
def export_whole_log(visit: Visitor, log: Named) -> Stream:
    """Return a log as stock tools read it (C2SP tlog-tiles), entries included, as one ZIP."""
    headers = {"content-disposition": f'attachment; filename="{log}.zip"'}
    return Stream(export_log(visit.shell, log), media_type="application/zip", headers=headers)


ROUTER: Final = Router(
    "/logs",
    route_handlers=[list_logs, list_entries, show_one_entry, prove_entry, export_whole_log],
    tags=["logs"],
)
