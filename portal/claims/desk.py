"""The desk where claims are worked on: load, ask who may, decide, record; for every way in.

An act is one transaction with the book's head locked, so that nobody decides on what another one
has just changed. The one gate is `vouchers.claims.audit.judge`, through which an audit passes every
leaf again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from ledger.codec import Event
from ledger.errors import LedgerError, RuleViolationError
from ledger.events import ClaimData, ClaimStep, Data, LogName
from ledger.period import day_of, parse_date
from ledger.read import decisive, read_heads
from ledger.review_drafts import drop_drafts
from ledger.text import Text
from ledger.topics import bank_topic
from ledger.trail import read_trail
from portal.acting import Act
from portal.claims.ground import Ground, read_ground
from portal.claims.queue import find_visible
from portal.claims.reading import Read, Viewer
from vouchers.adoption import rules_of
from vouchers.book import Book
from vouchers.claims.acts import Setting, record
from vouchers.claims.audit import judge
from vouchers.claims.authorise import authorise
from vouchers.claims.first_review import Marks
from vouchers.claims.fold import Claim, action_of
from vouchers.claims.requests import ObjectRequest, Request
from vouchers.claims.table import ACTION_NAMES, SCHEDULER, Action, Capacity
from vouchers.claims.transfers import Transfer, Transfers
from vouchers.reading import read_rules

CLAIMS: Final = "urn:suanquan:claims"
VOUCHERS: Final = "urn:suanquan:vouchers"

# Each is what some hundred papers, claims and days of usage take up in memory.
GROUNDS_MAX: Final = 200

# What two recordings of one act may differ in: when, and what was seen.
_WHEN: Final = frozenset({"acted_at", "sizes", "effective_on", "rules"})


@dataclass(slots=True)
class Desk:
    """The desk within one act: the logs' sizes and the rules as they are, and the day that counts.

    `size` is the book's, `book` has its rules and nobody's papers, `rules` their hash. `machine`:
    it is the scheduler that acts. `transfers` are those that were recorded by the bank's references
    in `looked_up`, `grounds` what was read of enterprises, the latest last.
    """

    act: Act
    day: str
    sizes: dict[LogName, int]
    book: Book
    rules: str
    machine: bool = False
    transfers: Transfers = field(default_factory=Transfers)
    looked_up: set[str] = field(default_factory=set)
    grounds: dict[str, Ground] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Return how many entries of the book were there when the act began."""
        return self.sizes["book"]

    @property
    def name(self) -> str:
        """Return who acts here."""
        return SCHEDULER if self.machine else self.act.name

    def ground(self, enterprise: str) -> Ground:
        """Return what the book said of an enterprise when the act began.

        A list has many claims of one enterprise: it is read once, and nothing may be added to it.
        """
        found = self.grounds.pop(enterprise, None)
        if found is None:
            found = read_ground(self.act.connection, enterprise, self.size, self.book)
            if len(self.grounds) == GROUNDS_MAX:
                del self.grounds[next(iter(self.grounds))]
        self.grounds[enterprise] = found
        return found

    def setting(self, claim: Claim, action: Action, capacity: Capacity, **more: Any) -> Setting:  # noqa: ANN401
        """Return who acts on a claim, in which capacity, when."""
        act = self.act
        return Setting(
            claim=claim,
            action=action,
            capacity=capacity,
            actor=self.name,
            day=self.day,
            acted_at=act.at,
            sizes=self.sizes,
            rules=self.rules,
            **more,
        )

    def append(self, read: Read, made: list[Data]) -> None:
        """Record the events of an act, each once it may be.

        Raises `RuleViolationError` (`not_allowed`) where it may not.
        """
        claim = read.claim
        was_in_review = claim.state == "submitted"
        for data in made:
            is_claims = isinstance(data, ClaimData | ClaimStep)
            source = CLAIMS if is_claims else VOUCHERS
            event = self.act.write(data, claim.enterprise, source)
            if isinstance(data, Transfer):
                self.look_up([data.bank_reference])
            for wrong in judge(self.act.roster, claim, event, read.papers, self.transfers):
                raise not_allowed(wrong, claim.claim)
            claim.apply(event)
            self.transfers.apply(event)
            read.papers.apply(event)
            if is_claims:
                read.events.append((self.act.roster.index - 1, event))
        assert not claim.owed_fen, claim
        if was_in_review and claim.state != "submitted":
            drop_drafts(self.act.connection, claim.claim)

    def look_up(self, references: Iterable[str]) -> None:
        """Know what was recorded by some of the bank's references, by one look at the trail."""
        unknown = set(references) - self.looked_up
        if not unknown:
            return
        for _, event in read_trail(self.act.connection, map(bank_topic, unknown), self.size):
            self.transfers.apply(event)
        self.looked_up |= unknown


def open_desk(act: Act, on: str | None = None, *, machine: bool = False) -> Desk:
    """Return the desk for an act that counts from a day, today where none is named.

    `machine`: the scheduler acts, which no person may pretend to be.

    Raises `RuleViolationError` (`future_day`) for a day that has not come, `own_day` where somebody
    who is no official names another day than today.
    """
    heads = decisive(read_heads(act.connection))
    today = day_of(act.at_ms)
    day = today if on is None else parse_date(on).isoformat()
    if day > today:
        raise RuleViolationError(
            "future_day",
            Text(f"{day} 尚未到来，今天是 {today}", f"{day} has not come: today is {today}"),
            Text("请填当天或之前的日期", "name today or a day before"),
        )
    if day != today and act.actor is not None and not Viewer(act.roster, act.name).is_insider():
        raise _own_day(day)
    sizes = {name: head.size for name, head in heads.items()}
    book = read_rules(act.connection, sizes["book"])
    assert not (machine and act.actor), act.name
    return Desk(act, day, sizes, book, rules_of(book).hash, machine)


def _own_day(day: str) -> RuleViolationError:
    """Return the refusal of an enterprise's act on another day than today."""
    return RuleViolationError(
        "own_day",
        Text(f"企业不能以 {day} 为办理日期", f"an enterprise acts today, not on {day}"),
        Text("请不要填写日期", "leave the day out"),
    )


def find_claim(desk: Desk, claim: str) -> Read:
    """Return a claim of which the actor may know.

    Raises `RuleViolationError` (`unknown_claim`).
    """
    viewer = Viewer(desk.act.roster, desk.act.name)
    found = find_visible(
        desk.act.connection,
        viewer,
        claim,
        desk.size,
        lambda enterprise: desk.ground(enterprise).papers_apart(),
    )
    desk.act.shell.shows(found.claim.enterprise)
    return found


def require_may(desk: Desk, read: Read, action: Action) -> Capacity:
    """Return in which capacity the actor may do an act.

    Raises `RuleViolationError`: `not_allowed`, `own_day` for a claimant on another day than today.
    """
    claim = read.claim
    helped = read.papers.helpers(claim)
    found = authorise(desk.act.roster, desk.act.name, action, claim, helped)
    if isinstance(found, Text):
        raise not_allowed(found, claim.claim)
    today = day_of(desk.act.at_ms)
    if found == "claimant" and desk.day != today:
        raise _own_day(desk.day)
    return found


def act_on(desk: Desk, read: Read, action: Action, request: Request, **more: Any) -> Read:  # noqa: ANN401
    """Return a claim after an act on it has been recorded."""
    capacity = require_may(desk, read, action)
    desk.append(read, record(request, desk.setting(read.claim, action, capacity, **more)))
    return read


def is_repeat(desk: Desk, read: Read, seen: int, action: Action, request: Request) -> bool:
    """Return whether what was done since is this very act, by the same actor: a retry.

    What a review or an objection records was worked out or kept when it was done, so that one of
    these is no retry. Raises `RuleViolationError` (`stale`) where something else was done since.
    """
    since = read.events[seen:]
    if seen == len(read.events):
        return False
    if not since:
        raise stale(read, seen)
    before = Claim(read.claim.claim)
    for _, event in read.events[:seen]:
        before.apply(event)
    first = _data(since[0][1])
    is_worked_out = isinstance(request, Marks | ObjectRequest)
    if first.actor == desk.act.name and action_of(first) == action and not is_worked_out:
        try:
            capacity = authorise(desk.act.roster, desk.act.name, action, before)
            if not isinstance(capacity, Text):
                made = record(request, desk.setting(before, action, capacity))
                there = [event.data for _, event in since]
                ours = [one for one in made if isinstance(one, ClaimData | ClaimStep)]
                if len(there) == len(ours) and all(map(_is_same, there, ours)):
                    return True
        except LedgerError:
            pass
    raise stale(read, seen)


def require_unmoved(read: Read, seen: int | None) -> None:
    """Raise `RuleViolationError` (`stale`) where a claim was seen and has moved since."""
    if seen is not None and seen != len(read.events):
        raise stale(read, seen)


def stale(read: Read, seen: int) -> RuleViolationError:
    """Return the refusal of an act on a claim that has moved, with what happened since."""
    since = [_data(event) for _, event in read.events[seen:]]
    zh = "；".join(f"{one.effective_on} {ACTION_NAMES[action_of(one)].zh}" for one in since)
    en = "; ".join(f"{one.effective_on} {ACTION_NAMES[action_of(one)].en}" for one in since)
    claim = read.claim
    return RuleViolationError(
        "stale",
        Text(
            f"您看到的是申请 {claim.claim} 的第 {seen} 步，此后：{zh or '无'}",
            f"you saw {claim.claim} after step {seen}; since then: {en or 'nothing'}",
        ),
        Text(
            f"请重新查看后再办理：suanquan claim show {claim.claim}",
            f"look again, then act: suanquan claim show {claim.claim}",
        ),
    )


def not_allowed(why: Text, claim: str) -> RuleViolationError:
    """Return the refusal of an act."""
    return RuleViolationError(
        "not_allowed",
        why,
        Text(
            f"可办事项见 suanquan claim show {claim}",
            f"see suanquan claim show {claim} for what may be done",
        ),
    )


def _data(event: Event) -> ClaimData | ClaimStep:
    """Return what an event of a claim says."""
    assert isinstance(event.data, ClaimData | ClaimStep), event
    return event.data


def _is_same(one: Data, other: Data) -> bool:
    """Return whether two events say the same but for when they were written."""
    return type(one) is type(other) and all(
        getattr(one, name) == getattr(other, name)
        for name in one.__struct_fields__
        if name not in _WHEN
    )
