"""A claim read back from the ledger, and what somebody may see of it.

Whoever may not know of a claim is told the same as of one that is not there. An enterprise sees
what was done in which capacity, not by which official, and no index of a leaf: how many entries
others have made meanwhile is none of its business.
"""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ledger.bookkeeping import read_funds
from ledger.codec import Event
from ledger.database import Connection
from ledger.errors import RuleViolationError
from ledger.events import ClaimChecked, ClaimData, ClaimStep, VoucherDrawn, VoucherReleased
from ledger.roster import Roster
from ledger.text import Language, Text
from ledger.topics import claim_topic, enterprise_topic, personal_topic
from ledger.trail import read_trail
from vouchers.claims.authorise import actions_of, may_see
from vouchers.claims.drawn import Vouchers, fold_vouchers
from vouchers.claims.fold import Claim, action_of, capacity_of
from vouchers.claims.helped import Papers
from vouchers.claims.table import ACTION_NAMES, CAPACITY_NAMES, STATE_NAMES

_TOLD = (
    *("reason", "items", "document", "notice", "line", "first_day", "last_day", "objection"),
    *("matter", "outcome", "order", "bank_reference", "item", "base_cut_fen", "to"),
)
"""What a row of the history says beside its act, where the event says it."""


_OF_CLAIMS = (ClaimData, ClaimStep, VoucherDrawn, VoucherReleased)


class Viewer(NamedTuple):
    """Who looks, and what everybody may do."""

    roster: Roster
    person: str

    def is_insider(self) -> bool:
        """Return whether he sees by whom things were done: officials and auditors."""
        return self.roster.has(self.person, "task_force", "authority", "finance", "auditor")

    def may_see(self, claim: Claim) -> bool:
        """Return whether he may know of a claim."""
        return may_see(self.roster, self.person, claim.enterprise, claim.programme)


@dataclass(slots=True)
class Read:
    """A claim as it stands, its own events in order, and who entered its enterprise's papers."""

    claim: Claim
    events: list[tuple[int, Event]]
    papers: Papers


def read_claim(
    connection: Connection,
    claim: str,
    size: int,
    papers_of: Callable[[str], Papers] | None = None,
) -> Read:
    """Return a claim after the book's first entries; `new` where there is none of that id.

    `papers_of` gives an enterprise's papers to whoever has them, so that they are not read again.
    """
    read = Read(Claim(claim), [], Papers())
    for index, event in read_trail(connection, [claim_topic(claim)], size):
        read.claim.apply(event)
        if isinstance(event.data, ClaimData | ClaimStep):
            read.events.append((index, event))
    enterprise = read.claim.enterprise
    if enterprise:
        found = papers_of(enterprise) if papers_of else read_papers(connection, enterprise, size)
        read.papers = found
    return read


def read_claims(
    connection: Connection,
    wanted: Collection[tuple[str, str]],
    size: int,
    of_enterprise: Collection[Callable[[str], str]] = (),
) -> dict[str, Read]:
    """Return claims by id, each asked for with its enterprise.

    All have the papers of all their enterprises, as far as those are of the topics that are named,
    which takes a second look at the trail.
    """
    papers = Papers()
    found = {claim: Read(Claim(claim), [], papers) for claim, _ in wanted}
    for index, event in read_trail(connection, map(claim_topic, found), size):
        data = event.data
        if isinstance(data, _OF_CLAIMS) and data.claim in found:
            found[data.claim].claim.apply(event)
            if isinstance(data, ClaimData | ClaimStep):
                found[data.claim].events.append((index, event))
    codes = {enterprise for _, enterprise in wanted}
    topics = [topic(code) for topic in of_enterprise for code in codes]
    for _, event in read_trail(connection, topics, size) if topics else ():
        papers.apply(event)
    return found


def read_papers(connection: Connection, enterprise: str, size: int) -> Papers:
    """Return who entered which paper of an enterprise, and which bank account."""
    return read_papers_of(connection, [enterprise], size)[enterprise]


def read_papers_of(
    connection: Connection, enterprises: Collection[str], size: int
) -> dict[str, Papers]:
    """Return the same of several enterprises, by one look at the trail."""
    papers = {code: Papers() for code in enterprises}
    for _, event in read_trail(connection, topics_of_papers(papers), size) if papers else ():
        papers[event.subject].apply(event)
    return papers


def topics_of_papers(enterprises: Collection[str]) -> list[str]:
    """Return the topics of what the book says of some enterprises and their people."""
    return [topic(code) for topic in (enterprise_topic, personal_topic) for code in enterprises]


def read_headroom(
    connection: Connection, claim: Claim, viewer: Viewer, size: int
) -> dict[str, int | None]:
    """Return what is left for a claim's programme and year: of the voucher, and of the fund."""
    events = read_trail(connection, [enterprise_topic(claim.enterprise)], size)
    return headroom_of(connection, claim, viewer, fold_vouchers(event.data for _, event in events))


def headroom_of(
    connection: Connection, claim: Claim, viewer: Viewer, vouchers: Vouchers
) -> dict[str, int | None]:
    """Return the same of vouchers that were read.

    What a fund has left says what others claimed, so it is for officials and auditors alone.
    """
    found: dict[str, int | None] = {"quota_fen": vouchers.left_fen(claim.programme, claim.year)}
    if viewer.is_insider():
        fund = read_funds(connection, {claim.fund}).get((claim.fund, claim.year))
        found["fund_fen"] = fund.available if fund else None
    return found


def unknown_claim(claim: str) -> RuleViolationError:
    """Return the refusal of a claim that is not there, or is not for whoever asks."""
    return RuleViolationError(
        "unknown_claim",
        Text(f"没有申请 {claim[:40]}", f"there is no claim {claim[:40]}"),
        Text("请核对申请编号，见 suanquan claim list", "check the id: see suanquan claim list"),
    )


def render_claim(read: Read, viewer: Viewer, today: str, language: Language) -> dict[str, Any]:
    """Return a claim's keys of the command line, as somebody may see them."""
    claim, inside = read.claim, viewer.is_insider()
    return {
        "id": claim.claim,
        "state": claim.state,
        "state_name": STATE_NAMES[claim.state].render(language),
        "revision": claim.revision,
        "enterprise": claim.enterprise,
        "programme": claim.programme,
        "fund": claim.fund,
        "year": claim.year,
        "asked_fen": claim.asked_fen,
        "amount_fen": claim.amount_fen,
        "paid_fen": claim.paid_fen,
        "receivable_fen": claim.receivable_fen,
        "recovered_fen": claim.recovered_fen,
        "since": claim.since,
        "invoices": list(claim.invoices),
        "documents": list(claim.documents),
        "draft": draft_of(claim),
        "remarks": [{"item": one.item, "reason": one.reason} for one in claim.remarks],
        "objections": claim.open_objections if inside else len(claim.open_objections),
        "seen": claim.events,
        "history": [
            history_row(number, index, event, language, inside=inside)
            for number, (index, event) in enumerate(read.events, 1)
        ],
        "may": actions_of(*viewer, claim, today, read.papers.helpers(claim)),
    }


def draft_of(claim: Claim) -> dict[str, Any] | None:
    """Return what a draft keeps, None of what was handed in; what is no object says nothing."""
    if claim.state != "draft":
        return None
    try:
        said = json.loads(claim.content)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def history_row(
    number: int, index: int, event: Event, language: Language, *, inside: bool
) -> dict[str, Any]:
    """Return one act of a claim's history."""
    data = event.data
    assert isinstance(data, ClaimData | ClaimStep), event
    action, capacity = action_of(data), capacity_of(data)
    row: dict[str, Any] = {
        "number": number,
        "action": action,
        "name": ACTION_NAMES[action].render(language),
        "capacity": capacity,
        "by": CAPACITY_NAMES[capacity].render(language),
        "revision": data.revision,
        "on": data.effective_on,
        "at": data.acted_at,
        "amount_fen": data.amount_fen if isinstance(data, ClaimData) else None,
    }
    if inside:
        row |= {"actor": data.actor, "index": index}
    for name in _TOLD:
        said = getattr(data, name, None)
        # What a reviewer wrote beside each item may speak of others, as the list itself may.
        hidden = name == "items" and isinstance(data, ClaimChecked) and not inside
        if said not in (None, ()) and not hidden:
            row[name] = _plain(said) if name == "items" else said
    return row


def _plain(items: Sequence[Any]) -> list[dict[str, Any]]:
    """Return remarks or items of a check list as objects."""
    return [{name: getattr(one, name) for name in one.__struct_fields__} for one in items]
