"""From a statement about refunds down to its claims: their acts, papers and rules.

All of it stands in the book and is read by the trail, as far as the statement saw the book.
"""

from typing import Final, NamedTuple

from ledger.codec import Event
from ledger.database import Connection
from ledger.events import (
    ClaimData,
    ClaimResubmitted,
    ClaimSubmitted,
    DocumentFiled,
    InvoiceRecorded,
    ProgrammeAdopted,
)
from ledger.topics import RULES, claim_topic, claims_topic, enterprise_topic
from ledger.trail import read_trail
from portal.audit.desk import Entry
from reports.issue import Issued
from reports.kinds import FORMS

CLAIMS_MAX: Final = 20
"""More than an enterprise hands in within a year."""


class ClaimGround(NamedTuple):
    """A claim as far as a statement saw it: its acts, its papers, and the rules adopted for it.

    `rules` is the hash of the rules under which it was handed in last.
    """

    claim: str
    programme: str
    year: int
    rules: str
    acts: list[Entry]
    papers: list[Entry]
    adoption: Entry | None


def list_claims(connection: Connection, issued: Issued) -> list[ClaimGround]:
    """Return the claims that a statement about refunds states, in the order of handing in.

    A claim's form is about one, a subsidy statement about those of its year; others about none.
    """
    size = issued.data.sizes["book"]
    names = _name_claims(connection, issued, size)
    if not names:
        return []
    acts: dict[str, list[Entry]] = {name: [] for name in names}
    for index, event in read_trail(connection, map(claim_topic, names), size):
        if (name := getattr(event.data, "claim", None)) in acts:
            acts[name].append(Entry("book", index, event))
    mine = list(read_trail(connection, [enterprise_topic(issued.subject)], size))
    adopted = {
        event.data.programme: Entry("book", index, event)
        for index, event in read_trail(connection, [RULES], size)
        if isinstance(event.data, ProgrammeAdopted)
    }
    return [_ground(one, mine, adopted) for one in acts.values() if one]


def _name_claims(connection: Connection, issued: Issued, size: int) -> list[str]:
    """Return which claims a statement states."""
    data = issued.data
    if FORMS[data.kind].of_claim:
        return [data.about] if data.about else []
    if data.kind != "subsidy":
        return []
    found = (
        event.data
        for _, event in read_trail(connection, [claims_topic(issued.subject)], size)
        if isinstance(event.data, ClaimSubmitted)
    )
    names = [one.claim for one in found if str(one.year) == data.period[: len("2022")]]
    return names[-CLAIMS_MAX:]


def _ground(
    acts: list[Entry], mine: list[tuple[int, Event]], adopted: dict[str, Entry]
) -> ClaimGround:
    """Return a claim with the papers that it was handed in on."""
    handed = [
        one.event.data
        for one in acts
        if isinstance(one.event.data, ClaimSubmitted | ClaimResubmitted)
    ]
    last: ClaimData = handed[-1]
    invoices = {name for one in handed for name in one.invoices}
    documents = {name for one in handed for name in one.documents}
    contracts = {
        event.data.contract
        for _, event in mine
        if isinstance(event.data, InvoiceRecorded) and event.data.invoice in invoices
    }
    papers = [
        Entry("book", index, event)
        for index, event in mine
        if _is_of(event, invoices, contracts, documents)
    ]
    return ClaimGround(
        last.claim,
        last.programme,
        last.year,
        last.rules,
        acts,
        papers,
        adopted.get(last.programme),
    )


def _is_of(event: Event, invoices: set[str], contracts: set[str], documents: set[str]) -> bool:
    """Return whether an event is of some invoices, their contracts and payments, or documents."""
    data = event.data
    if isinstance(data, DocumentFiled):
        return data.sha256 in documents or data.ref in invoices | contracts
    invoice = getattr(data, "invoice", None)
    if invoice is not None:
        return invoice in invoices
    return getattr(data, "contract", None) in contracts
