"""A claim or its draft with documents that were filed before, each named by its digest.

A file of the command line brings its documents along; a program files each by itself, and then
says which of them belong to the claim.
"""

from collections.abc import Callable
from typing import Any

from ledger.accepted import read_accepted
from ledger.credit_codes import require_code
from ledger.period import day_of
from portal.acting import acting
from portal.claims.desk import Desk, open_desk
from portal.claims.draft import save_draft
from portal.claims.reading import Read, Viewer, render_claim
from portal.claims.submit import submit
from portal.enterprises.filing import find_filed
from portal.shell import Shell
from vouchers.claims.claim_file import DocumentEntry, DraftFile, FiledClaim, parse_filed_claim


def submit_filed(shell: Shell, raw: bytes, on: str | None, seen: int | None) -> dict[str, Any]:
    """Return a claim with the command line's keys once it is handed in."""
    asked = parse_filed_claim(raw)
    return _act(shell, asked, on, lambda desk, file: submit(desk, file, _digests(asked), seen))


def draft_filed(shell: Shell, raw: bytes, on: str | None, seen: int | None) -> dict[str, Any]:
    """Return a claim with the command line's keys once its draft is saved."""
    asked = parse_filed_claim(raw, draft=True)
    return _act(shell, asked, on, lambda desk, file: save_draft(desk, file, seen))


def _act(
    shell: Shell, asked: FiledClaim, on: str | None, record: Callable[[Desk, DraftFile], Read]
) -> dict[str, Any]:
    """Return a claim after one act on what was asked, with its documents found."""
    with acting(shell, alone=True) as act:
        require_code(asked.enterprise, read_accepted(act.connection))
        desk = open_desk(act, on)
        filed = find_filed(act, asked.enterprise, _digests(asked))
        entries = tuple(DocumentEntry(path="", kind=one.kind, ref=one.ref) for one in filed)
        read = record(desk, asked.file(entries))
        return render_claim(read, Viewer(act.roster, act.name), day_of(act.at_ms), shell.language)


def _digests(asked: FiledClaim) -> tuple[str, ...]:
    """Return the digests of the documents, each once."""
    return tuple(dict.fromkeys(asked.documents))
