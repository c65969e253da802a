"""What a claim is checked on: one value that a shell fills in one transaction; and what an item is.

A fact that nobody looked up is None, or is not there: it is unknown, and an item that rests on it
is never met. The holder of the bank account is personal data: it is compared, and kept nowhere.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Literal, NamedTuple

from msgspec import Struct

from ledger.events import ContractRegistered, InvoiceRecorded, PaymentRecorded, Verdict
from ledger.text import Text
from vouchers.application import Application, Line, apply_for
from vouchers.book import Account
from vouchers.case import Case, Paper
from vouchers.claims.drawn import Vouchers
from vouchers.claims.fold import Claim
from vouchers.claims.worth import Worth
from vouchers.decision import Finding, Reason, refused, require_all, unknown
from vouchers.pool import PoolClaim
from vouchers.programme import Programme, Version
from vouchers.rating import DayUsage
from vouchers.window import claim_year

PaperKind = Literal["application", "contract", "invoice", "payment"]
Stage = Literal["review", "payment"]


class Named(NamedTuple):
    """A party as a paper names it; what the paper does not say is None."""

    name: str | None = None
    credit_code: str | None = None


class Printed(NamedTuple):
    """What stands on a paper itself: who buys and who sells, and its amounts in fen.

    Of a payment the buyer is who paid, the seller who was paid; `own_account` says whether the
    account that paid is on file as the enterprise's own. `number` is the paper's, and of a payment
    its id.
    """

    kind: PaperKind
    number: str
    buyer: Named = Named()
    seller: Named = Named()
    net_fen: int | None = None
    tax_fen: int | None = None
    total_fen: int | None = None
    own_account: bool | None = None


class Elsewhere(NamedTuple):
    """Where an invoice of the claim stands besides: in another claim, or in another's books.

    `claim` is None where it is only on record there. `live` is False of a claim that asks for
    nothing any more: withdrawn, refused, lapsed, or a draft.
    """

    invoice: str
    enterprise: str
    claim: str | None = None
    programme: str | None = None
    version: str | None = None
    live: bool = True


class Reversal(NamedTuple):
    """A red invoice: its own number, what it takes back of which invoice, and when."""

    red: str
    invoice: str
    amount_fen: int
    issued_on: date


class Evidence(Struct, frozen=True, kw_only=True):
    """All that the check list rests on.

    `worth` is the claim worked out, with its case; `vouchers` leave out the claim's own draws.
    `on` is the day of the check; `stage` "payment" also asks for the notice. `beside` are the other
    programmes in force. `elsewhere` has every other place of the claim's invoices, None while
    nobody looked; so with `reversals`. `available_fen` is what the fund has for this claim: what is
    available, and what the claim has reserved of it. `queue` are the claims on the pool, this one
    among them under its id. `filed` are the documents on file, `holder` the name of the account's
    holder, `usage` the enterprise's daily usage by the day of application.
    """

    claim: Claim
    programme: Programme
    account: Account
    vouchers: Vouchers
    worth: Worth
    on: date
    stage: Stage = "review"
    beside: tuple[Programme, ...] = ()
    printed: tuple[Printed, ...] = ()
    elsewhere: tuple[Elsewhere, ...] | None = None
    reversals: tuple[Reversal, ...] | None = None
    available_fen: int | None = None
    queue: tuple[PoolClaim, ...] | None = None
    filed: tuple[Paper, ...] | None = None
    holder: str | None = None
    usage: tuple[DayUsage, ...] | None = None

    @property
    def case(self) -> Case:
        """Return the case that the claim was worked out on."""
        return self.worth.case

    @property
    def version(self) -> Version | None:
        """Return the version that was applied, None where none is in force."""
        return self.programme.version_of(self.worth.decision.version)

    @property
    def applied_on(self) -> date:
        """Return the day of application, the day of the check while it is not known."""
        return self.case.apply_on or self.on

    @property
    def application(self) -> Application:
        """Return the claim as the rules look at it."""
        version, on = self.version, self.applied_on
        year = on.year if version is None else claim_year(version, on)
        return apply_for(self.case, on, among=self.worth.among).serving(year)

    @property
    def lines(self) -> list[Line]:
        """Return the purchases of the claim's invoices."""
        return self.application.lines

    @property
    def counting(self) -> list[Line]:
        """Return those that count, all of them while nothing does."""
        counted = self.worth.decision.counted
        return [one for one in self.lines if one.position in counted] or self.lines

    @property
    def invoices(self) -> Iterator[tuple[str, InvoiceRecorded | None]]:
        """Yield each invoice of the claim with its record, None where there is none."""
        return ((one, self.account.invoices.get(one)) for one in self.claim.invoices)

    @property
    def contracts(self) -> dict[str, ContractRegistered | None]:
        """Return the contracts of the claim's invoices, None for one that is not on record."""
        names = dict.fromkeys(one.contract for _, one in self.invoices if one is not None)
        return {name: self.account.contracts.get(name) for name in names}

    @property
    def payments(self) -> list[PaymentRecorded]:
        """Return the payments of the claim's invoices by the day of application, oldest first."""
        until, claimed = self.applied_on.isoformat(), set(self.claim.invoices)
        found = [
            one
            for one in self.account.payments.values()
            if one.invoice in claimed and one.paid_on <= until
        ]
        return sorted(found, key=lambda one: (one.paid_on, one.payment))

    def numbers_of(self, kind: PaperKind) -> list[str]:
        """Return the numbers of the claim's papers of a kind."""
        match kind:
            case "application":
                return [self.claim.claim]
            case "contract":
                return list(self.contracts)
            case "invoice":
                return list(self.claim.invoices)
            case "payment":
                return [one.payment for one in self.payments]

    def print_of(self, kind: PaperKind, number: str) -> Printed:
        """Return what stands on a paper, nothing where nobody has said."""
        found = (one for one in self.printed if (one.kind, one.number) == (kind, number))
        return next(found, Printed(kind, number))


class Item(Struct, frozen=True, kw_only=True):
    """One item of the check list as it was computed.

    `basis` is the clause or the standard behind it, `source` the paper, event or figure that it
    rests on, `next_step` what to do where it is not met. `inside` marks what only officials may
    read, for it speaks of others.
    """

    item: str
    name: Text
    verdict: Verdict
    found: Text
    basis: Text
    source: Text
    next_step: Text | None = None
    inside: bool = False


class Kind(NamedTuple):
    """An item's id, what it is called, what it rests on, what to do where it is not met.

    `papers` are the kinds of paper of the claim that are named one by one beside the source.
    """

    item: str
    name: Text
    source: Text
    next_step: Text
    papers: tuple[PaperKind, ...] = ()


def conclude(kind: Kind, findings: Iterable[Finding], found: Text, basis: Text) -> Item:
    """Return the item that some findings make: met where all hold; `found` is then what is shown.

    Where one does not, its sentences are shown; where one is unknown, what is missing.
    """
    given = list(findings)
    together = require_all(given)
    reasons = [*together.refusals, *(one for finding in given for one in finding.missing)]
    clauses = join(dict.fromkeys(one.clause for one in reasons))
    return Item(
        item=kind.item,
        name=kind.name,
        verdict=verdict_of(together),
        found=found if together.truth else join(dict.fromkeys(one.message for one in reasons)),
        basis=basis if together.truth else clauses,
        source=kind.source,
        next_step=None if together.truth else kind.next_step,
    )


def verdict_of(finding: Finding) -> Verdict:
    """Return a finding as a verdict: what is unknown is never met."""
    if finding.truth is None:
        return "cannot_tell"
    return "met" if finding.truth else "not_met"


def no(code: str, zh: str, en: str, clause: Text) -> Finding:
    """Return the finding that something is not so."""
    return refused(Reason(code, Text(zh, en), clause))


def open_(zh: str, en: str, clause: Text) -> Finding:
    """Return the finding that nobody has said yet."""
    return unknown(Reason("missing_fact", Text(zh, en), clause))


def join(parts: Iterable[Text]) -> Text:
    """Return sentences one after another, each of a language once."""
    given = tuple(parts)
    zh, en = dict.fromkeys(one.zh for one in given), dict.fromkeys(one.en for one in given)
    return Text("；".join(zh), "; ".join(en))


def same_name(one: str, other: str) -> bool:
    """Return whether two names are one, whatever the width of letters and brackets and spaces."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split())
