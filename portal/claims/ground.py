"""What the desk knows of an enterprise: its papers, vouchers, usage, documents, and the rules.

Read once in an act, by the trail; what the act itself adds is taken in as it comes.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date

from ledger.bookkeeping import read_funds
from ledger.codec import Event
from ledger.database import Connection
from ledger.events import (
    BankAccountSet,
    ClaimResubmitted,
    ClaimSubmitted,
    Data,
    DocumentFiled,
    InvoiceRecorded,
    Party,
)
from ledger.query import read_usage_days
from ledger.topics import enterprise_topic, invoice_topic, personal_topic, topics_of
from ledger.trail import read_trail
from portal.claims.reading import read_claim
from vouchers.adoption import Rules, choose, programmes_of, rules_of
from vouchers.book import Account, Book
from vouchers.case import Case, Paper
from vouchers.claims.drawn import Vouchers, fold_vouchers
from vouchers.claims.evidence import Elsewhere, Evidence, Named, Printed, Reversal
from vouchers.claims.fold import Claim
from vouchers.claims.helped import Papers
from vouchers.claims.table import HOLDING_NOTHING
from vouchers.claims.worth import Grounds, Worth, work_out
from vouchers.ledger_case import case_of
from vouchers.programme import Programme
from vouchers.rating import DayUsage


@dataclass(slots=True)
class Ground:
    """One enterprise's papers at some size of the book, and what was added since.

    `accounts` are the digests of the bank accounts that were ever entered as its own, `cases` the
    cases that were made of what is known so far, by day.
    """

    connection: Connection
    enterprise: str
    size: int
    book: Book
    heard: list[Event] = field(default_factory=list)
    usage: list[DayUsage] = field(default_factory=list)
    accounts: set[str] = field(default_factory=set)
    cases: dict[str, Case] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Take in an event of the book about this enterprise."""
        self.book.apply(event)
        self.heard.append(event)
        self.cases.clear()
        if isinstance(event.data, BankAccountSet):
            self.accounts.add(event.data.digest)

    @property
    def said(self) -> list[Data]:
        """Return what was said of the enterprise, in order."""
        return [event.data for event in self.heard]

    def papers_apart(self) -> Papers:
        """Return the papers as a value of their own, to which an act may add."""
        papers = Papers()
        for event in self.heard:
            papers.apply(event)
        return papers

    @property
    def account(self) -> Account:
        """Return what is known of the enterprise."""
        return self.book.account(self.enterprise)

    @property
    def rules(self) -> Rules:
        """Return the rules that the book has adopted."""
        return rules_of(self.book)

    def programme(self, programme: str) -> Programme:
        """Return an adopted programme; raises `InvalidInputError` where it is none."""
        return choose(self.rules, [programme])[0]

    def case(self, on: str) -> Case:
        """Return the enterprise's case on a day of application."""
        found = self.cases.get(on)
        if found is None:
            found = case_of(self.book, self.account, self.usage, date.fromisoformat(on))
            self.cases[on] = found
        return found

    def vouchers(self, leave_out: str | None = None) -> Vouchers:
        """Return the enterprise's vouchers, one claim's draws left out."""
        return fold_vouchers(self.said, leave_out)

    def grounds(self, programme: str, on: str, claim: str) -> Grounds:
        """Return what a claim is worked out on."""
        mine = self.programme(programme)
        beside = tuple(one for one in programmes_of(self.rules) if one.id != programme)
        return Grounds(mine, self.case(on), self.vouchers(claim), beside)

    def work_out(self, claim: Claim, base_cuts: dict[str, int] | None = None) -> Worth:
        """Return what a claim is worth, with its own cuts where no others are given."""
        grounds = self.grounds(claim.programme, claim.applied_on, claim.claim)
        return work_out(
            grounds, claim.invoices, claim.base_cuts if base_cuts is None else base_cuts
        )

    def documents(self, digests: Collection[str]) -> list[DocumentFiled]:
        """Return what was filed under some digests, each document once, in the order of filing."""
        found = (one for one in self.said if isinstance(one, DocumentFiled))
        return list({one.sha256: one for one in found if one.sha256 in digests}.values())

    def filed(self, digests: tuple[str, ...]) -> tuple[Paper, ...]:
        """Return the documents on file that have some digests."""
        found = (one for one in self.said if isinstance(one, DocumentFiled))
        return tuple(Paper(kind=one.kind, ref=one.ref) for one in found if one.sha256 in digests)

    def evidence(self, claim: Claim, on: str, holder: str | None) -> Evidence:
        """Return all that the check list of a claim rests on; `holder` is the account's."""
        grounds = self.grounds(claim.programme, claim.applied_on, claim.claim)
        return Evidence(
            claim=claim,
            programme=grounds.programme,
            account=self.account,
            vouchers=grounds.vouchers,
            worth=work_out(grounds, claim.invoices, claim.base_cuts),
            on=date.fromisoformat(on),
            stage="payment" if claim.noticed else "review",
            beside=tuple(grounds.beside),
            printed=tuple(self.printed(claim.invoices)),
            elsewhere=tuple(self.elsewhere(claim)),
            reversals=tuple(self.reversals()),
            available_fen=self.available_fen(claim),
            filed=self.filed(claim.documents),
            holder=holder,
            usage=tuple(one for one in self.usage if one[0][3] <= claim.applied_on),
        )

    def available_fen(self, claim: Claim) -> int | None:
        """Return what the fund has for a claim, what it has reserved included."""
        funds = read_funds(self.connection, {claim.programme})
        year = funds.get((claim.programme, claim.year))
        return None if year is None else year.available + claim.reserved_fen

    def reversals(self) -> Iterator[Reversal]:
        """Yield the enterprise's red invoices."""
        for red in self.account.red_invoices.values():
            issued_on = date.fromisoformat(red.issued_on)
            yield Reversal(red.red_invoice, red.invoice, red.amount_fen, issued_on)

    def printed(self, invoices: tuple[str, ...]) -> Iterator[Printed]:
        """Yield what stands on the contracts, invoices and payments of a claim."""
        account = self.account
        contracts = set()
        for number in invoices:
            record = account.invoices.get(number)
            if record is None:
                continue
            contracts.add(record.contract)
            yield Printed(
                "invoice",
                number,
                _named(record.buyer),
                _named(record.seller),
                record.net_fen,
                record.tax_fen,
                record.amount_fen,
            )
        for name in sorted(contracts):
            contract = account.contracts.get(name)
            if contract is not None:
                yield Printed("contract", name, _named(contract.buyer), _named(contract.seller))
        for payment in account.payments.values():
            if payment.invoice in invoices:
                sides = _named(payment.payer), _named(payment.payee)
                paid_by = payment.payer_account
                own = None if paid_by is None else paid_by in self.accounts
                yield Printed("payment", payment.payment, *sides, own_account=own)

    def elsewhere(self, claim: Claim) -> Iterator[Elsewhere]:
        """Yield where else the claim's invoices stand: other claims, other enterprises' books."""
        mentions = self.mentions(claim.invoices)
        for invoice in claim.invoices:
            for one in self.claims_on(invoice, mentions[invoice], claim.claim):
                live = one.state not in HOLDING_NOTHING
                yield Elsewhere(
                    invoice, one.enterprise, one.claim, one.programme, one.version, live
                )
            owners = {
                event.subject
                for event in mentions[invoice]
                if isinstance(event.data, InvoiceRecorded) and event.data.invoice == invoice
            }
            for owner in sorted(owners - {self.enterprise}):
                yield Elsewhere(invoice, owner)

    def mentions(self, invoices: tuple[str, ...]) -> dict[str, list[Event]]:
        """Return what the book says of each of some invoices, whoever said it, by one look."""
        found: dict[str, list[Event]] = {invoice: [] for invoice in invoices}
        topics = {invoice_topic(invoice): invoice for invoice in invoices}
        for _, event in read_trail(self.connection, topics, self.size):
            for topic in topics_of(event):
                if topic in topics:
                    found[topics[topic]].append(event)
        return found

    def claims_on(self, invoice: str, mentions: list[Event], but: str) -> Iterator[Claim]:
        """Yield every other claim that was ever made on an invoice and still names it."""
        names = dict.fromkeys(
            event.data.claim
            for event in mentions
            if isinstance(event.data, ClaimSubmitted | ClaimResubmitted) and event.data.claim != but
        )
        for name in names:
            # Whoever entered its papers does not matter here.
            claim = read_claim(self.connection, name, self.size, lambda _: Papers()).claim
            if invoice in claim.invoices:
                yield claim


def read_ground(connection: Connection, enterprise: str, size: int, rules: Book) -> Ground:
    """Return what the book's first entries say of an enterprise, under rules that were read."""
    ground = Ground(connection, enterprise, size, rules.without_accounts())
    topics = enterprise_topic(enterprise), personal_topic(enterprise)
    for _, event in read_trail(connection, topics, size):
        ground.take(event)
    ground.usage = list(read_usage_days(connection, enterprise))
    return ground


def _named(party: Party | None) -> Named:
    """Return a party as a paper names it."""
    return Named() if party is None else Named(party.name, party.credit_code)
