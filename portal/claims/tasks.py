"""A claim that is being put together: what is done, what is left, what it would give.

Nothing is kept but the draft and what was filed: an invoice is chosen in the draft, a paper is
filed for the claim, its contract or its invoice, and belongs to the claim by that.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Final, NamedTuple

import msgspec

from ledger.accepted import read_accepted
from ledger.claim_list import ClaimFilter, list_claims
from ledger.credit_codes import require_code
from ledger.events import DocumentFiled, InvoiceRecorded
from portal.claims.desk import Desk, find_claim
from portal.claims.draft import save_draft
from portal.claims.ground import Ground
from portal.claims.reading import Read, draft_of, read_claims, unknown_claim
from portal.claims.submit import submit
from vouchers.adoption import programmes_of
from vouchers.application import apply_for
from vouchers.case import Paper
from vouchers.claims.claim_file import DOCUMENTS_MAX, DraftFile, parse_claim_file, parse_draft_file
from vouchers.claims.fold import Claim
from vouchers.claims.table import HOLDING_NOTHING
from vouchers.claims.worth import Worth
from vouchers.decision import Reason
from vouchers.net import invoices_on
from vouchers.papers import Needed, is_filed, list_needed
from vouchers.programme import Programme
from vouchers.window import claim_year, closing_after

# An enterprise's claims of a programme that hold invoices, over ten years.
HOLDING_MAX: Final = 200


class Choice(NamedTuple):
    """A programme that a claim could be made to: what all free invoices give, until which day.

    `last_on` is None where nothing closes; `is_open` says whether a window is open on the day.
    """

    programme: Programme
    worth: Worth
    invoices: tuple[str, ...]
    is_open: bool
    last_on: date | None


class InvoiceLine(NamedTuple):
    """An invoice that could be claimed on: its record, who holds it, whether it counts and why not.

    `held_by` is another claim on it for this programme; `reasons` are those of its purchases.
    """

    record: InvoiceRecorded
    paid_fen: int
    held_by: str | None
    counts: bool
    reasons: tuple[Reason, ...]


class PaperNeed(NamedTuple):
    """A paper that the programme asks for, and what of the kind is filed for the claim."""

    needed: Needed
    is_filed: bool


class Tasks(NamedTuple):
    """What there is of a claim so far; `worth` is None while no invoice is chosen."""

    read: Read
    ground: Ground
    programme: Programme
    chosen: tuple[str, ...]
    asked_fen: int | None
    worth: Worth | None
    needs: list[PaperNeed]
    documents: list[DocumentFiled]
    has_account: bool

    @property
    def missing(self) -> list[PaperNeed]:
        """Return the papers that are still to be filed."""
        return [one for one in self.needs if not one.is_filed]

    @property
    def is_ready(self) -> bool:
        """Return whether the claim can be handed in: papers may follow, an account may not."""
        return self.worth is not None and self.worth.status == "eligible" and self.has_account


def list_choices(desk: Desk, enterprise: str) -> list[Choice]:
    """Return each adopted programme with what it would give an enterprise today."""
    ground, held = desk.ground(enterprise), _held(desk, enterprise)
    today, found = date.fromisoformat(desk.day), list[Choice]()
    for programme in programmes_of(ground.rules):
        free = tuple(
            one.invoice
            for one in invoices_on(ground.account, desk.day)
            if one.invoice not in held.get(programme.id, {})
        )
        worth = _work_out(desk, ground, programme.id, free, "")
        counted = tuple(one for one in free if one in _counted(worth))
        version = programme.version_on(today)
        closes = [] if version is None else [last for _, last in closing_after(version, today)]
        is_open = version is not None and (bool(closes) or not version.windows)
        found.append(Choice(programme, worth, counted, is_open, min(closes, default=None)))
    return found


def begin(desk: Desk, enterprise: str, programme: str, request: str) -> Read:
    """Return a new draft for a programme, on the invoices that count now.

    Raises what `save_draft` does.
    """
    require_code(enterprise, read_accepted(desk.act.connection))
    invoices = next(
        (one.invoices for one in list_choices(desk, enterprise) if one.programme.id == programme),
        (),
    )
    said = {"enterprise": enterprise, "programme": programme, "invoices": invoices}
    return save_draft(desk, _draft({**said, "request": request}))


def find_prepared(desk: Desk, enterprise: str, claim: str) -> Read:
    """Return a claim of an enterprise that is being put together, or anything else of its.

    Raises `RuleViolationError` (`unknown_claim`).
    """
    read = find_claim(desk, claim)
    if read.claim.enterprise != enterprise:
        raise unknown_claim(claim)
    return read


def look_at(
    desk: Desk, read: Read, chosen: Sequence[str] | None = None, asked_fen: int | None = None
) -> Tasks:
    """Return what there is of a claim so far, with other invoices where some are chosen.

    With them goes what is asked for of a claim that was sent back, which keeps no draft; without
    any it asks for what it asked before.
    """
    claim, ground = read.claim, desk.ground(read.claim.enterprise)
    draft = draft_of(claim) or {}
    kept = draft.get("invoices", ()) if claim.state == "draft" else claim.invoices
    invoices = tuple(kept if chosen is None else chosen)
    worth = _work_out(desk, ground, claim.programme, invoices, claim.claim) if invoices else None
    if claim.state == "draft":
        asked_fen = draft.get("asked_fen")
    elif chosen is None:
        asked_fen = _asked_before(claim, worth)
    documents = _documents(ground, claim, invoices)
    filed = [Paper(kind=one.kind, ref=one.ref) for one in documents]
    needs = [] if worth is None else _needs(desk, ground.programme(claim.programme), worth)
    return Tasks(
        read,
        ground,
        ground.programme(claim.programme),
        invoices,
        asked_fen,
        worth,
        [PaperNeed(one, is_filed(one, filed)) for one in needs],
        documents,
        ground.papers_apart().newest_account(claim.enterprise) is not None,
    )


def _asked_before(claim: Claim, worth: Worth | None) -> int | None:
    """Return what less a claim asked for than the rules give now, None where it was all."""
    gives_fen = worth.amount_fen if worth else None
    return claim.asked_fen if gives_fen and claim.asked_fen < gives_fen else None


def list_invoices(desk: Desk, tasks: Tasks) -> list[InvoiceLine]:
    """Return each invoice of the enterprise, the newest first, as the programme looks at it."""
    ground, claim = tasks.ground, tasks.read.claim
    held = _held(desk, claim.enterprise, claim.claim).get(claim.programme, {})
    records = list(invoices_on(ground.account, desk.day))
    free = tuple(one.invoice for one in records if one.invoice not in held)
    worth = _work_out(desk, ground, claim.programme, free, claim.claim)
    counted, reasons = _counted(worth), _reasons(worth)
    paid: dict[str, int] = {}
    for payment in ground.account.payments.values():
        paid[payment.invoice] = paid.get(payment.invoice, 0) + payment.amount_fen
    return [
        InvoiceLine(
            one,
            paid.get(one.invoice, 0),
            held.get(one.invoice),
            one.invoice in counted,
            tuple(reasons.get(one.invoice, ())),
        )
        for one in sorted(records, key=lambda one: (one.issued_on, one.invoice), reverse=True)
    ]


def keep(
    desk: Desk, read: Read, invoices: Sequence[str], asked_fen: int | None, seen: int | None
) -> Read:
    """Return a claim once its draft is saved; raises what `save_draft` does."""
    return save_draft(desk, _draft(_said(read.claim, invoices, asked_fen)), seen)


def hand_in_kept(
    desk: Desk, read: Read, invoices: Sequence[str], asked_fen: int | None, seen: int | None
) -> Read:
    """Return a claim once it is handed in with the papers that belong to it.

    Raises what `submit` does.
    """
    claim = read.claim
    file = parse_claim_file(msgspec.json.encode(_said(claim, invoices, asked_fen)))
    documents = _documents(desk.ground(claim.enterprise), claim, file.invoices)
    return submit(desk, file, tuple(one.sha256 for one in documents), seen)


def _said(claim: Claim, invoices: Sequence[str], asked_fen: int | None) -> dict[str, object]:
    """Return a claim's file as a JSON object."""
    said = {"enterprise": claim.enterprise, "programme": claim.programme, "claim": claim.claim}
    return {**said, "invoices": list(invoices), "asked_fen": asked_fen}


def _draft(said: dict[str, object]) -> DraftFile:
    """Return a draft's file, read as strictly as one of the command line."""
    return parse_draft_file(msgspec.json.encode(said))


def _work_out(
    desk: Desk, ground: Ground, programme: str, invoices: tuple[str, ...], claim: str
) -> Worth:
    """Return what a claim on some invoices is worth today."""
    asked = Claim(claim, ground.enterprise, programme, applied_on=desk.day)
    asked.invoices = invoices
    return ground.work_out(asked, {})


def _counted(worth: Worth) -> set[str]:
    """Return the invoices of which a purchase counts."""
    purchases = worth.case.purchases or ()
    return {purchases[at].invoice or "" for at in worth.decision.counted}


def _reasons(worth: Worth) -> dict[str, list[Reason]]:
    """Return what is said of the purchases of each invoice."""
    purchases, found = worth.case.purchases or (), dict[str, list[Reason]]()
    for one in worth.decision.reasons:
        if one.purchase is not None:
            found.setdefault(purchases[one.purchase].invoice or "", []).append(one)
    return found


def _needs(desk: Desk, programme: Programme, worth: Worth) -> list[Needed]:
    """Return the papers that a claim has to bring."""
    day = date.fromisoformat(desk.day)
    version = programme.version_of(worth.decision.version) or programme.version_on(day)
    if version is None:
        return []
    applied = apply_for(worth.case, day, among=worth.among).serving(claim_year(version, day))
    counted = [one for one in applied.lines if one.position in worth.decision.counted]
    return list_needed(version, counted or applied.lines)


def _documents(ground: Ground, claim: Claim, invoices: Iterable[str]) -> list[DocumentFiled]:
    """Return what is on file for a claim, for its invoices, or for their contracts and projects.

    What it was handed in with before stays with it.
    """
    account = ground.account
    refs: set[str | None] = {claim.claim, *invoices}
    for number in invoices:
        record = account.invoices.get(number)
        contract = account.contracts.get(record.contract) if record else None
        if contract is not None:
            refs |= {contract.contract, contract.project or contract.contract}
    digests = {
        one.sha256
        for one in ground.said
        if isinstance(one, DocumentFiled) and (one.ref in refs or one.sha256 in claim.documents)
    }
    return ground.documents(digests)[-DOCUMENTS_MAX:]


def _held(desk: Desk, enterprise: str, but: str = "") -> dict[str, dict[str, str]]:
    """Return by which claim each invoice of an enterprise is held, by programme."""
    rows = list_claims(desk.act.connection, ClaimFilter(enterprise=enterprise), None)
    live: Collection[str] = [
        one.claim for one in rows if one.state not in HOLDING_NOTHING and one.claim != but
    ][-HOLDING_MAX:]
    if not live:
        return {}
    reads = read_claims(desk.act.connection, [(one, enterprise) for one in live], desk.size)
    found: dict[str, dict[str, str]] = {}
    for name, read in reads.items():
        of_programme = found.setdefault(read.claim.programme, {})
        of_programme.update(dict.fromkeys(read.claim.invoices, name))
    return found
