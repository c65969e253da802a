"""One whole claim of each programme that nothing speaks against, and changes to its facts.

8,000 card-hours at CNY 12.50 under one contract, invoiced and paid in full by a high-tech,
above-scale enterprise of the East Lake zone.
"""

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from msgspec import structs

from ledger.identifiers import synthetic_credit_code
from tests.small_ledger import CODE, PROVIDER, account_of, events, invoice_number
from vouchers.case import Case
from vouchers.catalogue import select_programmes
from vouchers.claims.checklist import check
from vouchers.claims.drawn import Vouchers, fold_vouchers
from vouchers.claims.evidence import Evidence, Item, Named, Printed
from vouchers.claims.fold import Claim
from vouchers.claims.worth import Grounds, Worth, work_out
from vouchers.ledger_case import case_of
from vouchers.programme import Programme

CLAIM: Final = "CL-1"
OTHER: Final = synthetic_credit_code("another")
NAME: Final = "武汉某智能科技有限公司"
FIRST: Final = invoice_number("1")
SECOND: Final = invoice_number("2")

TEXT: Final = f"""
    resource a100 accelerator card 2021-12-01 0.32
    resource disk storage tb 2021-12-01
    enterprise 420100 {NAME}
    qualification high_tech_enterprise 2021-11-15 2024-11-14 GR202142000001
    qualification above_scale 2021-01-01
    domicile east-lake 2021-01-01
    fact sales_fen 2021 15000000000
    fact sales_fen 2022 15000000000
    declaration 2022
    declaration 2023
    contract C-1 2022-03-01 2022-12-31 0.06 a100=12.50/card_hour disk=12.50/tb_day
    usage a100 100 2022-07-01T00:00 2022-07-04T08:00 C-1
    invoice 1 C-1 2022-08-01 100000 5660.38 2022-07-01 2022-07-31
    payment 1 2022-08-10 100000
"""

# A second invoice of the same contract, over another month.
MORE: Final = """
    usage a100 100 2022-09-01T00:00 2022-09-04T08:00 C-1
    invoice 2 C-1 2022-10-01 100000 5660.38 2022-09-01 2022-09-30
    payment 2 2022-10-10 100000
"""

APPLIED: Final[Mapping[str, date]] = {
    "hubei": date(2022, 11, 1),
    "wuhan": date(2023, 3, 10),
    "east_lake": date(2022, 11, 1),
}
PAYS: Final[Mapping[str, int]] = {"hubei": 3_000_000, "wuhan": 5_000_000, "east_lake": 5_000_000}
"""What each programme pays on the claim: 30 %, and twice 50 %, of CNY 100,000."""


def grounds_of(
    text: str,
    programme: str | Programme,
    applied_on: date | None = None,
    vouchers: Vouchers | None = None,
) -> Grounds:
    """Return the grounds of a claim in the ledger of a text."""
    book, account, usage = account_of(text)
    if isinstance(programme, str):
        (programme,) = select_programmes([programme])
    day = applied_on or APPLIED[programme.id]
    drawn = fold_vouchers(one.data for one in events(text)) if vouchers is None else vouchers
    others = tuple(one for one in select_programmes() if one.id != programme.id)
    return Grounds(programme, case_of(book, account, usage, day), drawn, others)


def worth_of(
    text: str,
    programme: str | Programme,
    *invoices: str,
    vouchers: Vouchers | None = None,
    cuts: Mapping[str, int] = MappingProxyType({}),
) -> Worth:
    """Return what a claim on some invoices, the first one where none is named, is worth."""
    return work_out(grounds_of(text, programme, vouchers=vouchers), invoices or [FIRST], cuts)


def evidence_of(
    programme: str | Programme = "hubei",
    text: str = TEXT,
    invoices: tuple[str, ...] = (FIRST,),
    asked_fen: int | None = None,
    facts: Callable[[Case], Case] = lambda case: case,
    **changes: Any,  # noqa: ANN401 - any field of the evidence
) -> Evidence:
    """Return the evidence of a claim: everything known and looked up, but for the changes.

    `facts` changes the case that the claim is worked out on.
    """
    grounds = grounds_of(text, programme, changes.pop("applied_on", None), changes.get("vouchers"))
    grounds = grounds._replace(case=facts(grounds.case))
    worth = work_out(grounds, invoices)
    _, account, usage = account_of(text)
    day = grounds.case.apply_on
    assert day is not None
    claim = Claim(
        CLAIM,
        enterprise=CODE,
        programme=grounds.programme.id,
        fund=grounds.programme.id,
        year=worth.decision.year or day.year,
        moved_to="submitted",
        amount_fen=(worth.amount_fen or 1) if asked_fen is None else asked_fen,
        invoices=invoices,
        account="ab" * 32,
    )
    made = Evidence(
        claim=claim,
        programme=grounds.programme,
        account=account,
        vouchers=grounds.vouchers,
        worth=worth,
        on=day,
        beside=tuple(grounds.beside),
        elsewhere=(),
        reversals=(),
        available_fen=10**10,
        queue=(),
        filed=(),
        holder=NAME,
        usage=tuple(usage),
    )
    return structs.replace(made, **{"printed": print_all(made), **changes})


def print_all(evidence: Evidence) -> tuple[Printed, ...]:
    """Return what stands on every paper of a claim, where each is as it is on record."""
    ours, provider = Named(NAME, CODE), Named("武汉人工智能计算中心", PROVIDER)
    account = evidence.account
    return (
        Printed("application", evidence.claim.claim, ours),
        *(Printed("contract", one, ours, provider) for one in account.contracts),
        *(
            Printed(
                "invoice",
                number,
                ours,
                provider,
                net_fen=one.amount_fen - one.tax_fen,
                tax_fen=one.tax_fen,
                total_fen=one.amount_fen,
            )
            for number, one in account.invoices.items()
        ),
        *(
            Printed("payment", one, Named(NAME), provider, own_account=True)
            for one in account.payments
        ),
    )


def reprint(evidence: Evidence, kind: str, **fields: object) -> Evidence:
    """Return the evidence with something else standing on the papers of a kind."""
    printed = tuple(
        one._replace(**fields) if one.kind == kind else one  # type: ignore[arg-type]
        for one in evidence.printed
    )
    return structs.replace(evidence, printed=printed)


def items_of(evidence: Evidence) -> dict[str, Item]:
    """Return the check list by item."""
    return {one.item: one for one in check(evidence)}


def unmet(evidence: Evidence) -> dict[str, str]:
    """Return the items that are not met, with their verdicts."""
    return {one.item: one.verdict for one in check(evidence) if one.verdict != "met"}
