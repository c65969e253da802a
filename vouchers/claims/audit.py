"""The history of claims, vouchers and funds judged again, leaf by leaf: might each act be done?

A ledger's first claims and budgets may be of the time before the desk: their events do not say when
somebody acted, and are judged by the books alone. From the first one that does on, each has to.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ledger.codec import Event
from ledger.events import (
    AnswerData,
    ClaimData,
    ClaimOrdered,
    ClaimResubmitted,
    ClaimStep,
    ClaimSubmitted,
    FundData,
    StatementIssued,
    VoucherDrawn,
    VoucherReleased,
)
from ledger.finding import Finding
from ledger.roster import Roster
from ledger.text import Text
from vouchers.answers import Answered, find_answer_obstacle
from vouchers.claims.authorise import authorise, authorise_fund, may_see
from vouchers.claims.fold import Claim, ClaimEvent, action_of, capacity_of
from vouchers.claims.helped import Papers
from vouchers.claims.obstacle import find_obstacle
from vouchers.claims.quota import VoucherEvent, judge_voucher
from vouchers.claims.table import HOLDING_NOTHING
from vouchers.claims.transfers import Transfer, Transfers, name_repeat


@dataclass(slots=True)
class History:
    """The book folded as far as claims go: who may act, each claim, who entered which paper.

    `transfers` are the bank's, as they were recorded of claims; `answered` are each enterprise's
    statements with its answers, `held` the claims that ever named an invoice, by its enterprise and
    their programme.
    """

    roster: Roster = field(default_factory=Roster)
    claims: dict[str, Claim] = field(default_factory=dict)
    papers: Papers = field(default_factory=Papers)
    transfers: Transfers = field(default_factory=Transfers)
    answered: dict[str, Answered] = field(default_factory=dict)
    held: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)
    early: set[str] = field(default_factory=set)
    has_acts: bool = False
    has_fund_acts: bool = False

    def objections(self, event: Event) -> Iterator[Text]:
        """Yield what is wrong with the next event of a claim, a voucher, a fund or an answer."""
        data, claim = event.data, self._claim_of(event)
        if isinstance(data, FundData):
            if data.acted_at is not None or self.has_fund_acts:
                wrong = authorise_fund(self.roster, data.actor, data)
                if wrong is not None:
                    yield wrong
        elif isinstance(data, AnswerData):
            wrong = find_answer_obstacle(self.answered.get(event.subject, Answered()), data)
            if wrong is not None:
                yield wrong
        elif isinstance(data, VoucherEvent):
            if self.has_acts:
                yield from judge_voucher(self.papers.quotas, claim, event)
        elif isinstance(data, ClaimEvent):
            assert claim is not None, event
            yield from self._of_claim(claim, event, data)

    def _of_claim(self, claim: Claim, event: Event, data: ClaimEvent) -> Iterator[Text]:
        """Yield what is wrong with the next event of a claim."""
        if data.acted_at is None or data.actor is None:
            if self.has_acts:
                yield Text("未写明何人何时办理", "it does not say who acted, and when")
        elif data.claim in self.early:
            yield Text("早期申请不再办理", "a claim from before accounts goes on no more")
        else:
            yield from judge(self.roster, claim, event, self.papers, self.transfers)
            yield from self._held_already(claim, event)

    def _held_already(self, claim: Claim, event: Event) -> Iterator[Text]:
        """Yield each invoice of a claim that another one of its programme holds."""
        data = event.data
        if not isinstance(data, ClaimSubmitted | ClaimResubmitted):
            return
        for invoice in data.invoices:
            for name in sorted(self.held.get((event.subject, data.programme, invoice), ())):
                other = self.claims[name]
                holds = other.state not in HOLDING_NOTHING and invoice in other.invoices
                if name != claim.claim and holds:
                    yield Text(
                        f"发票 {invoice} 已在申请 {name} 中申报",
                        f"invoice {invoice} is claimed already, in {name}",
                    )

    def unfinished(self) -> Iterator[tuple[str, Text]]:
        """Yield each claim that holds of a voucher what it does not ask for, with what is wrong."""
        for name, claim in self.claims.items():
            if claim.owed_fen and self.has_acts and name not in self.early:
                yield (
                    name,
                    Text(
                        f"申请 {name} 所占额度与其金额相差 {claim.owed_fen} 分",
                        f"{name} holds {claim.owed_fen} fen of a voucher beyond what it asks for",
                    ),
                )

    def _claim_of(self, event: Event) -> Claim | None:
        """Return the claim that an event names; before its first one it says whose it is."""
        data = event.data
        if not isinstance(data, ClaimEvent | VoucherDrawn | VoucherReleased) or not data.claim:
            return None
        claim = self.claims.get(data.claim) or Claim(data.claim)
        if not claim.events:
            claim.enterprise, claim.programme, claim.year = event.subject, data.programme, data.year
        return claim

    def apply(self, event: Event) -> None:
        """Take in the next event, lawful or not."""
        data = event.data
        self.roster.apply(event)
        self.papers.apply(event)
        self.transfers.apply(event)
        claim = self._claim_of(event)
        if claim is not None:
            self.claims[claim.claim] = claim
            claim.apply(event)
        if isinstance(data, StatementIssued | AnswerData):
            self.answered.setdefault(event.subject, Answered()).take(data)
        if isinstance(data, ClaimSubmitted | ClaimResubmitted):
            for invoice in data.invoices:
                key = event.subject, data.programme, invoice
                self.held.setdefault(key, set()).add(data.claim)
        if isinstance(data, ClaimEvent):
            if data.acted_at is None:
                self.early.add(data.claim)
            self.has_acts |= data.acted_at is not None
        elif isinstance(data, FundData):
            self.has_fund_acts |= data.acted_at is not None


def judge(
    roster: Roster, claim: Claim, event: Event, papers: Papers, transfers: Transfers
) -> Iterator[Text]:
    """Yield why an event of a claim or its voucher may not be: who wrote it, then what it says.

    `papers` are at least those of the claim's enterprise, `transfers` those by the event's own
    reference.
    """
    data = event.data
    if isinstance(data, VoucherEvent):
        yield from judge_voucher(papers.quotas, claim, event)
        return
    assert isinstance(data, ClaimData | ClaimStep), event
    actor = data.actor or ""
    action, capacity = action_of(data), capacity_of(data)
    account = data.account_sha256 if isinstance(data, ClaimOrdered) else None
    found = authorise(roster, actor, action, claim, papers.helpers(claim, account))
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
    if isinstance(data, Transfer):
        repeat = find_repeat(roster, actor, data, transfers)
        if repeat is not None:
            yield repeat
    if isinstance(data, ClaimSubmitted | ClaimResubmitted):
        beyond_fen = papers.quotas.beyond_fen((event.subject, data.programme, data.year))
        if beyond_fen:
            yield Text(
                f"使用的额度超过授予的额度 {beyond_fen} 分",
                f"{beyond_fen} fen more are drawn on the voucher than were granted",
            )
    if isinstance(data, ClaimOrdered) and account != papers.account_for(claim):
        yield Text(
            "收款账户不是申请所写的账户，也不是付款失败后新登记的账户",
            "the account is neither the one that the claim names, nor one set after a failed order",
        )


def find_repeat(roster: Roster, actor: str, data: Transfer, transfers: Transfers) -> Text | None:
    """Return that a transfer was recorded before, None where it was not.

    The claim that it was recorded of is named to whoever may see it.
    """
    served = transfers.find(data)
    if served is None:
        return None
    seen = may_see(roster, actor, served.enterprise, served.programme)
    return name_repeat(data, served.claim if seen else None)


def audit_claims(events: Iterable[tuple[int, Event]]) -> Iterator[Finding]:
    """Yield each leaf of the book, by index, that no claim's rules allowed."""
    history, last = History(), dict[str, int]()
    for index, event in events:
        last[getattr(event.data, "claim", None) or ""] = index
        for wrong in history.objections(event):
            noun = event.kind.type.removeprefix("cn.suanquan.")
            what = Text(f"{noun} 不合规则：{wrong.zh}", f"{noun}: {wrong.en}")
            yield Finding("book", index, "chunk", "body", what)
        history.apply(event)

    for claim, wrong in history.unfinished():
        yield Finding("book", last[claim], "chunk", "body", wrong)
