"""The history of claims and funds judged again, leaf by leaf: was each act allowed, could it be?

A ledger's first claims and budgets may be of the time before the desk: their events do not say when
somebody acted, and are judged by the books alone. From the first one that does on, each has to.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ledger.codec import Event
from ledger.events import ClaimData, ClaimStep, FundData
from ledger.finding import Finding
from ledger.roster import Roster
from ledger.text import Text
from vouchers.claims.authorise import authorise, authorise_fund
from vouchers.claims.fold import Claim, ClaimEvent, action_of, capacity_of
from vouchers.claims.helped import Papers
from vouchers.claims.obstacle import find_obstacle


@dataclass(slots=True)
class History:
    """The book folded as far as claims go: who may act, each claim, who entered which paper."""

    roster: Roster = field(default_factory=Roster)
    claims: dict[str, Claim] = field(default_factory=dict)
    papers: Papers = field(default_factory=Papers)
    early: set[str] = field(default_factory=set)
    has_acts: bool = False
    has_fund_acts: bool = False

    def objections(self, event: Event) -> Iterator[Text]:
        """Yield what is wrong with the next event, if it is one of a claim or a fund."""
        data = event.data
        if isinstance(data, FundData):
            if data.acted_at is not None or self.has_fund_acts:
                wrong = authorise_fund(self.roster, data.actor, data)
                if wrong is not None:
                    yield wrong
            return
        if not isinstance(data, ClaimData | ClaimStep):
            return
        claim = self.claims.get(data.claim)
        if data.acted_at is None or data.actor is None:
            if self.has_acts:
                yield Text("未写明何人何时办理", "it does not say who acted, and when")
            return
        if claim is not None and data.claim in self.early:
            yield Text("早期申请不再办理", "a claim of the time before accounts goes on no more")
            return
        yield from judge(self.roster, claim or _new(data, event.subject), event, self.papers)

    def apply(self, event: Event) -> None:
        """Take in the next event, lawful or not."""
        data = event.data
        self.roster.apply(event)
        self.papers.apply(event)
        if isinstance(data, ClaimData | ClaimStep):
            claim = self.claims.setdefault(data.claim, _new(data, event.subject))
            claim.apply(event)
            if data.acted_at is None:
                self.early.add(data.claim)
            self.has_acts |= data.acted_at is not None
        elif isinstance(data, FundData):
            self.has_fund_acts |= data.acted_at is not None


def judge(roster: Roster, claim: Claim, event: Event, papers: Papers) -> Iterator[Text]:
    """Yield why an event of a claim may not be: who wrote it, then what it says."""
    data = event.data
    assert isinstance(data, ClaimData | ClaimStep), event
    actor = data.actor or ""
    action, capacity = action_of(data), capacity_of(data)
    found = authorise(roster, actor, action, claim, papers.helpers(claim))
    if isinstance(found, Text):
        yield found
    elif capacity not in (found, "approver" if found == "machine" else found):
        yield Text(
            f"以“{found}”身份办理，事件写的是“{capacity}”",
            f"done as {found}, the event says {capacity}",
        )
    obstacle = find_obstacle(claim, data, event.subject)
    if obstacle is not None:
        yield obstacle


def audit_claims(events: Iterable[tuple[int, Event]]) -> Iterator[Finding]:
    """Yield each leaf of the book, by index, that no claim's rules allowed."""
    history = History()
    for index, event in events:
        for wrong in history.objections(event):
            noun = event.kind.type.removeprefix("cn.suanquan.")
            what = Text(f"{noun} 不合规则：{wrong.zh}", f"{noun}: {wrong.en}")
            yield Finding("book", index, "chunk", "body", what)
        history.apply(event)


def _new(data: ClaimEvent, enterprise: str) -> Claim:
    """Return a claim before its first event, which says whose it is."""
    return Claim(data.claim, enterprise, data.programme, year=data.year)
