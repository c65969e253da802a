"""Save a claim's draft: what there is so far, to go on with later; nothing is claimed by it.

A draft reserves nothing, holds no invoice and files no document. It is of the year for which it
would have been handed in when it was first saved; once that year is over, a new one is begun.
"""

from datetime import date
from typing import Any

import msgspec

from ledger.events import ClaimDrafted
from portal.claims.desk import Desk, require_may, require_unmoved
from portal.claims.reading import Read
from portal.claims.submit import find_named
from vouchers.adoption import choose, rules_of
from vouchers.claims.claim_file import DraftFile
from vouchers.window import claim_year


def save_draft(desk: Desk, file: DraftFile, seen: int | None = None) -> Read:
    """Return a claim once its draft is saved; the same draft again changes nothing.

    `seen` is how many steps of the claim were seen. Raises `RuleViolationError`: `unknown_claim`,
    `not_allowed`, `stale`; `InvalidInputError`: `not_adopted`, `draft_too_long`.
    """
    read = find_named(desk, file)
    claim, content = read.claim, _content(file)
    capacity = require_may(desk, read, "draft")
    if claim.events and (claim.programme, claim.content) == (file.programme, content):
        return read
    require_unmoved(read, seen)
    (programme,) = choose(rules_of(desk.book), [file.programme])
    day = date.fromisoformat(desk.day)
    version = programme.version_on(day) or programme.versions[-1]
    said = desk.setting(claim, "draft", capacity).said()
    said |= {"programme": file.programme, "year": claim.year or claim_year(version, day)}
    draft = ClaimDrafted(**said, content=content, assisted=capacity == "assistant")
    desk.append(read, [draft])
    return read


def _content(file: DraftFile) -> str:
    """Return what a draft keeps: what the claim does not say of itself, and no path of a file."""
    said: dict[str, Any] = {"invoices": file.invoices, "asked_fen": file.asked_fen}
    said["documents"] = [{"kind": one.kind, "ref": one.ref} for one in file.documents]
    return msgspec.json.encode({name: value for name, value in said.items() if value}).decode()
