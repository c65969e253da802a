"""A ledger with many claims: written in batches by the same pure functions that record an act."""

from collections.abc import Iterator
from itertools import count
from typing import Final

from ledger.claim_state import State
from ledger.codec import Event, encode
from ledger.events import (
    CheckedItem,
    ClaimNoticed,
    ClaimOrdered,
    ClaimSubmitted,
    Data,
    EnterpriseRegistered,
    LogName,
    Remark,
    RoleGranted,
    TokenIssued,
    VoucherDrawn,
    VoucherGranted,
)
from ledger.identifiers import synthetic_credit_code
from ledger.projection import PROJECTIONS
from ledger.store import Store
from tests.portal.office import PAPERS, Office
from tests.small_ledger import RECORDED_AT_MS, SALT, events, invoice_number
from vouchers.claims.acts import Setting, record
from vouchers.claims.checklist import REVIEWED
from vouchers.claims.first_review import Marks
from vouchers.claims.fold import Claim
from vouchers.claims.requests import (
    EmptyRequest,
    PaperRequest,
    PayRequest,
    ReasonRequest,
    RejectRequest,
    Request,
    ReturnRequest,
)
from vouchers.claims.table import Action, Capacity

CLAIMS: Final = 50_000
ENTERPRISES: Final = 5_000
BATCH: Final = 2_000

TOGETHER: Final = 500
"""Claims that stand in one notice, and are ordered in one batch."""

AMOUNT_FEN: Final = 100_000
_DAY: Final = "2022-09-01"
_AT: Final = "2022-09-01T02:00:00Z"
_RULES: Final = "0" * 64

# How many of a hundred claims stand where: most are over, and each queue has some thousand.
_SHARES: Final[tuple[tuple[State, int], ...]] = (
    *(("closed", 58), ("paid", 5), ("ordered", 3), ("cleared", 3), ("noticed", 5)),
    *(("approved", 5), ("checked", 6), ("submitted", 8), ("returned", 3)),
    *(("withdrawn", 2), ("rejected", 2)),
)
_TARGETS: Final = [state for state, share in _SHARES for _ in range(share)]


_Done = tuple[Action, Capacity, Request]

_REASON: Final = ReasonRequest(reason="演示")
_ENDS: Final[dict[tuple[State, State], _Done]] = {
    ("submitted", "withdrawn"): ("withdraw", "claimant", _REASON),
    ("checked", "rejected"): ("reject", "approver", RejectRequest(reason="演示")),
    ("submitted", "returned"): (
        "return",
        "reviewer",
        ReturnRequest(items=(Remark(item="status", reason="证书已过期"),)),
    ),
}
_ACTS: Final[dict[State, _Done]] = {
    "submitted": ("check", "reviewer", Marks()),
    "checked": ("approve", "approver", PaperRequest()),
    "noticed": ("clear", "approver", EmptyRequest()),
    "paid": ("close", "payer", PaperRequest()),
}


# What a first review says of each item.
_ITEMS: Final = tuple(
    CheckedItem(item=item, computed="met", confirmed="met", basis="演示") for item in REVIEWED
)


def firm_code(number: int) -> str:
    """Return the credit code of an enterprise by its number."""
    return synthetic_credit_code(f"claims-{number}")


def fill(office: Office) -> int:
    """Return how many events were appended: enterprises, their accounts, and their claims."""
    budget = ("--year", 2022, "--amount", 100_000_000, "--on", "2022-01-05", "--document", "2")
    assert "error" not in office.ask("finance-1", "fund", "appropriate", "hubei", *budget)
    store, count, batch = Store(office.ledger.write, PROJECTIONS), 0, list[Event]()
    for event in _all():
        batch.append(event)
        count += 1
        if len(batch) == BATCH:
            store.append_own(batch, RECORDED_AT_MS)
            batch = []
    store.append_own(batch, RECORDED_AT_MS)
    return count


def give_papers(office: Office, number: int) -> tuple[str, str]:
    """Return the code of an enterprise that has papers and a bank account now, and its invoice."""
    firm, invoice = (
        synthetic_credit_code(f"papers-{number}"),
        invoice_number(str(9_000_000 + number)),
    )
    some = [line for line in PAPERS.strip().splitlines() if "resource" not in line]
    text = "\n".join(some).replace(" 1 2022-08-10", f" {invoice} 2022-08-10")
    text = text.replace("invoice       1 ", f"invoice {invoice} ")
    other = invoice_number(str(8_000_000 + number))
    text = text.replace(" 2 2022-09-10", f" {other} 2022-09-10")
    text = text.replace("invoice       2 ", f"invoice {other} ")
    office.ledger.append(*events(text, firm))
    office.set_account("task-2", of=firm)
    return firm, invoice


def _all() -> Iterator[Event]:
    """Yield the events of the whole ledger."""
    for number in range(ENTERPRISES):
        yield from register(number)
    for number in range(CLAIMS):
        yield from live(number, _TARGETS[number * 37 % 100], together=TOGETHER)


def register(number: int) -> Iterator[Event]:
    """Yield what a book knows of an enterprise, and its account with a token."""
    firm, person = firm_code(number), f"person-{number}"
    named = EnterpriseRegistered(name=f"企业 {number}", registered_region="420100")
    granted = RoleGranted(
        at=_AT, person=person, role="enterprise", scope=firm, granted_by="admin-1"
    )
    invited = TokenIssued(
        at=_AT,
        person=person,
        token_sha256=f"{number:064x}",
        expires_at="2023-09-01T02:00:00Z",
        issued_by="admin-1",
    )
    voucher = VoucherGranted(
        programme="hubei", year=2022, quota_fen=20_000_000, granted_on=_DAY, actor=person
    )
    made: tuple[tuple[Data, str], ...]
    made = (named, firm), (granted, ""), (invited, ""), (voucher, firm)
    for at, (data, subject) in enumerate(made):
        yield encode("urn:bench", f"firm-{number}-{at}", subject, data, SALT)


def live(number: int, target: State, of: str | None = None, together: int = 1) -> Iterator[Event]:
    """Yield the events of a claim up to the state in which it stands, of an enterprise or its own.

    The number gives the claim's own enterprise too. So many claims, those of the numbers about its
    own, stand in one notice and are ordered in one batch.
    """
    firm = of or firm_code(number % ENTERPRISES)
    claim = Claim(f"SQ-B{number:09}", firm, "hubei", "hubei", 2022)
    person, invoices = f"person-{number % ENTERPRISES}", (f"{number:020}",)
    submitted = ClaimSubmitted(
        **_setting(claim, "submit", "claimant", person).money(AMOUNT_FEN),
        invoices=invoices,
        version=_RULES,
        account=_RULES,
    )
    drawn = VoucherDrawn(
        programme="hubei",
        year=2022,
        amount_fen=AMOUNT_FEN,
        drawn_on=_DAY,
        version=_RULES,
        invoices=invoices,
        claim=claim.claim,
    )
    made: list[Data] = [drawn, submitted]
    for at in count():
        for place, data in enumerate(made):
            event = encode("urn:bench", f"{claim.claim}-{at}-{place}", firm, data, SALT)
            claim.apply(event)
            yield event
        if claim.state == target:
            return
        made = _next(claim, target, person, divmod(number, together))


def _next(claim: Claim, target: State, person: str, place: tuple[int, int]) -> list[Data]:
    """Return the next act on a claim that is to end in some state.

    `place` is which notice and batch it is in, and after how many others.
    """
    state = claim.state
    if state == "approved":
        return [_noticed(claim, *place)]
    if state == "cleared":
        at = _setting(claim, "order", "payer", "finance-9")
        order = f"hubei-2022-B{place[0]}-{place[1] + 1:04}"
        return [ClaimOrdered(**at.money(claim.amount_fen), order=order)]
    if state == "ordered":
        paid = PayRequest(bank_reference=f"R-{claim.claim}")
        return record(paid, _setting(claim, "pay", "payer", "payer-9"))
    action, capacity, request = _ENDS.get((state, target)) or _ACTS[state]
    actor = person if capacity == "claimant" else f"{capacity}-9"
    return record(request, _setting(claim, action, capacity, actor))


def _setting(claim: Claim, action: Action, capacity: Capacity, actor: str) -> Setting:
    """Return the setting of an act."""
    sizes: dict[LogName, int] = {"book": 1, "usage": 0}
    return Setting(claim, action, capacity, actor, _DAY, _AT, sizes, _RULES, items=_ITEMS)


def _noticed(claim: Claim, notice: int, before: int) -> ClaimNoticed:
    """Return that a claim stood in a notice after so many others."""
    said = _setting(claim, "notice", "approver", "authority-9").said()
    return ClaimNoticed(
        **said,
        notice=f"hubei-2022-G{notice}",
        line=before + 1,
        amount_fen=claim.amount_fen,
        first_day="2022-09-02",
        last_day="2022-09-08",
    )
