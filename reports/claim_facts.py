"""What both forms of a claim say: whose it is, of what, and its events up to a step."""

from typing import Final, NamedTuple

from ledger.events import ClaimData, ClaimStep, InvoiceRecorded
from ledger.text import Text
from reports.snapshot import Snapshot
from reports.statement import Cell, Kind, Section, Statement, Words, digest_values
from reports.subsidy import SYNTHETIC
from vouchers.adoption import choose, rules_of
from vouchers.book import Account
from vouchers.claims.fold import Claim
from vouchers.names import LEVELS, ZONES, call
from vouchers.regions import place_of

Kinds = type | tuple[type, ...]

DIGESTED_WORDS: Final = frozenset({"application/1", "application/2", "review/1", "review/2"})
"""The versions of forms whose digest was taken over their cells, words and all."""

_REGISTERED: Final = Text("注册地", "Registered in")


def events_of(snapshot: Snapshot, claim: str) -> list[ClaimData | ClaimStep]:
    """Return what the book says of a claim, in order."""
    said = snapshot.claims.get(snapshot.claimants.get(claim, ""), [])
    steps = (data for _, data in said if isinstance(data, ClaimData | ClaimStep))
    return [data for data in steps if data.claim == claim]


def last_done(snapshot: Snapshot, kinds: Kinds, month: str) -> list[str]:
    """Return the claims, by id, whose last event of some kinds counts from a day of a month."""
    of_claims = (data for said in snapshot.claims.values() for _, data in said)
    done = (one for one in of_claims if isinstance(one, ClaimData | ClaimStep))
    last = {one.claim: one.effective_on[:7] for one in done if isinstance(one, kinds)}
    return sorted(claim for claim, at in last.items() if at == month)


def claim_until(
    snapshot: Snapshot, claim: str, kinds: Kinds
) -> tuple[Claim, list[ClaimData | ClaimStep]]:
    """Return a claim as its last event of some kinds left it, and its events through that one."""
    events = events_of(snapshot, claim)
    at = max(number for number, one in enumerate(events) if isinstance(one, kinds))
    folded = Claim(claim)
    for one in events[: at + 1]:
        folded.take(one, snapshot.claimants[claim])
    return folded, events[: at + 1]


class Form(NamedTuple):
    """What a form says of a claim beside whose it is; `total_fen` is what it comes to.

    `values` are the figures, codes and days of its sections, and what people wrote in them: what
    makes another form of it, with no words of the program's own.
    """

    kind: Kind
    title: Text
    maker: str
    sections: tuple[Section, ...]
    values: tuple[object, ...]
    total_fen: int


def state_claim(snapshot: Snapshot, claim: Claim, month: str, form: Form) -> Statement:
    """Return the statement of a claim by a form, not yet numbered."""
    account = snapshot.book.account(claim.enterprise)
    registered = account.registered.registered_region if account.registered else None
    return Statement(
        kind=form.kind,
        title=form.title,
        subject=claim.enterprise,
        subject_name=account.name,
        period=month,
        facts=_facts(snapshot, claim, _region(registered)),
        sections=form.sections,
        notices=_find_warnings(account, claim),
        total_fen=form.total_fen,
        values_sha256=digest_values(_values(account, claim), form.values),
        maker=form.maker,
        about=claim.claim,
    )


def digest_words(snapshot: Snapshot, form: Statement) -> str:
    """Return the digest of a form as the versions in `DIGESTED_WORDS` took it: over its cells.

    The place of registration stands there by its code, as it was printed at first.
    """
    registered = snapshot.book.account(form.subject).registered
    code = Words((registered.registered_region if registered else None) or "—")
    facts = [(title, code if title == _REGISTERED else cell) for title, cell in form.facts]
    return digest_values(facts, form.sections)


def _values(account: Account, claim: Claim) -> tuple[object, ...]:
    """Return by codes whose claim it is, of what, and when it was handed in."""
    registered = account.registered.registered_region if account.registered else None
    zones = list(dict.fromkeys(one.zone for one in account.domiciles))
    of_claim = claim.claim, claim.revision, claim.programme, claim.year, claim.applied_on
    return *of_claim, account.credit_code, registered, zones


def _facts(snapshot: Snapshot, claim: Claim, registered: Words) -> tuple[tuple[Text, Cell], ...]:
    """Return whose claim it is, of what, and when it was handed in."""
    account = snapshot.book.account(claim.enterprise)
    programme = choose(rules_of(snapshot.book), [claim.programme])[0]
    zones = [call(ZONES, one) for one in dict.fromkeys(one.zone for one in account.domiciles)]
    taxed = Words("、".join(one.zh for one in zones) or "—", ", ".join(one.en for one in zones))
    level = LEVELS[programme.level]
    return (
        (Text("申请编号", "Claim"), Words(f"{claim.claim}（第 {claim.revision} 版）")),
        (
            Text("项目", "Programme"),
            Words(f"{level.zh}：{programme.name.zh}", f"{level.en}: {programme.name.en}"),
        ),
        (Text("年度", "Year"), Words(str(claim.year))),
        (Text("申请日期", "Handed in on"), Words(claim.applied_on)),
        (Text("申请企业", "Enterprise"), Words(account.name)),
        (Text("统一社会信用代码", "Credit code"), Words(account.credit_code)),
        (_REGISTERED, registered),
        (Text("纳税地", "Tax domicile"), taxed),
    )


def _region(code: str | None) -> Words:
    """Return the city or province of a region's code, and the code."""
    place = place_of(code)
    if code is None or place is None:
        return Words(code or "—")
    return Words(f"{place.name.zh}（{code}）", place.name.en)


def _find_warnings(account: Account, claim: Claim) -> tuple[Text, ...]:
    """Return that a name or a contract of the claim was made up, where it was."""
    made_up = account.registered is not None and account.registered.synthetic
    contracts = [account.contracts.get(one.contract) for one in records_of(account, claim)]
    return (SYNTHETIC,) if made_up or any(one and one.synthetic for one in contracts) else ()


def records_of(account: Account, claim: Claim) -> list[InvoiceRecorded]:
    """Return the claim's invoices that are on record, in its order."""
    found = (account.invoices.get(one) for one in claim.invoices)
    return [one for one in found if one is not None]
