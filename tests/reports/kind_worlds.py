"""Statements of all kinds at their edges, made from events as a centre's are."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from ledger.codec import Event, encode
from ledger.events import (
    CheckedItem,
    ClaimChecked,
    ClaimCleared,
    ClaimCut,
    ClaimData,
    ClaimFailed,
    ClaimNoticed,
    ClaimOrdered,
    ClaimPaid,
    ClaimRejected,
    ClaimResubmitted,
    ClaimSubmitted,
    ContractRegistered,
    EnterpriseRegistered,
    FundAppropriated,
    PriceLine,
)
from ledger.money import render_yuan
from ledger.public_url import verify_url
from reports.kinds import FORMS
from reports.statement import Head, Kind, Statement
from tests.ledger.books import SALT, SOURCE, Clerk
from tests.ledger.steps import EXAMPLES as STEPS
from tests.small_ledger import CODE, events, invoice_number, snapshot_of

MONTH: Final = "2022-11"
DAY: Final = "2022-11-30"
BASE: Final = "https://suanquan.example.gov.cn"
HIGHEST_FEN: Final = 99_999_999_999_99
RARE: Final = "武汉𬭎㐂犇智能科技有限公司"
LONG: Final = (
    "武汉东湖新技术开发区光谷人工智能与高性能计算联合创新研究院"
    "有限责任公司第三分公司武汉片区算力调度与运营服务中心股份公司"
)
"""Sixty characters."""

_HEADS: Final = (
    Head("suanquan.example/usage", 1_204_511, "9f1c" * 16),
    Head("suanquan.example/book", 3_907, "07ab" * 16),
)


class Case(NamedTuple):
    """An edge: how many lines of which amount, whose, and what became of it."""

    lines: int = 1
    fen: int = 63_521_543
    name: str = "武汉光谷云栖智能科技有限公司"
    is_refused: bool = False
    is_corrected: bool = False


CASES: Final[dict[str, Case]] = {
    "one line": Case(),
    "400 lines": Case(lines=400, fen=1_234_567),
    # No claim and no order may be of nothing: theirs is a fen.
    "a zero amount": Case(fen=0),
    "the highest amount": Case(fen=HIGHEST_FEN),
    "refused": Case(is_refused=True),
    "corrected": Case(is_corrected=True),
    "a long name": Case(name=LONG),
    "rare characters": Case(name=RARE),
}
KINDS: Final[tuple[Kind, ...]] = tuple(FORMS)


def statement_of(kind: Kind, case: Case) -> Statement:
    """Return a kind of statement about a case, as it is issued."""
    snapshot = snapshot_of(list(world_of(case)))
    (about, *_) = FORMS[kind].subjects(snapshot, MONTH)
    made = FORMS[kind].make(snapshot, about, MONTH)
    revision = 2 if case.is_corrected else 1
    series = f"SQ-{FORMS[kind].letter}-{MONTH}-{about}"
    return msgspec.structs.replace(
        made,
        number=f"{series}-{revision}",
        revision=revision,
        supplements=f"{series}-1" if case.is_corrected else None,
        heads=_HEADS,
        verify_url=verify_url(BASE, f"{series}-{revision}"),
    )


def world_of(case: Case) -> Iterator[Event]:
    """Yield what happened: usage and papers, then claims on a fund."""
    yield from _usage(case)
    yield from _papers(case)
    clerk = Clerk(CODE, "claim")
    fen = max(case.fen, 1)
    yield clerk.fund(FundAppropriated, 2 * fen * case.lines, effective_on="2022-01-05")
    yield from _claim(clerk, case, "SQ-2022-0", fen)
    for n in range(1, case.lines):
        yield from _claim(clerk, Case(fen=fen, name=case.name), f"SQ-2022-{n}", fen, n)


def _usage(case: Case) -> Iterator[Event]:
    """Yield usage of as many resources as there are lines, at a price of the case's amount."""
    names = [f"r{n}" for n in range(case.lines)]
    price = render_yuan(case.fen).replace(",", "")
    lines = [f"resource {name} accelerator card 2021-12-01 0.32" for name in names]
    lines += ["enterprise 420100 x", "contract C-1 2022-01-01 2022-12-31 0.06"]
    prices = tuple(PriceLine(resource=name, unit_price=price, per="card_hour") for name in names)
    lines += [f"usage {name} 1 {MONTH}-07T00:00 {MONTH}-07T01:00" for name in names]
    for event in events("\n".join(lines)):
        data = event.data
        if isinstance(data, EnterpriseRegistered):
            data = msgspec.structs.replace(data, name=case.name)
        elif isinstance(data, ContractRegistered):
            data = msgspec.structs.replace(data, prices=prices)
        yield event if data is event.data else encode(SOURCE, event.id, CODE, data, SALT)


def _papers(case: Case) -> Iterator[Event]:
    """Yield invoices and payments, qualifications where nothing is refused, and corrections."""
    yuan = render_yuan(max(case.fen, 1)).replace(",", "")
    lines = [f"invoice {n} C-1 {MONTH}-08 {yuan} 0 {MONTH}-01 {MONTH}-30" for n in _range(case)]
    lines += [f"payment {n} {MONTH}-10 {yuan}" for n in _range(case)]
    if not case.is_refused:
        lines += [
            "qualification high_tech_enterprise 2021-11-15",
            "qualification above_scale 2021-01-01",
            "domicile east-lake 2021-01-01",
            "fact sales_fen 2021 15000000000",
            "declaration 2022",
        ]
    if case.is_corrected:
        lines += [
            f"corrected 1 C-1 {MONTH}-08 {yuan} 0 {MONTH}-01 {MONTH}-29",
            f"red 901 1 {MONTH}-20 0.05 0",
            f"back P-1-{MONTH}-10 1 {MONTH}-21 0.05",
            f"amended C-1 {MONTH}-08 - - r0=1/card_hour",
        ]
    return iter(events("\n".join(lines)))


def _range(case: Case) -> range:
    return range(1, case.lines + 1)


def _claim(clerk: Clerk, case: Case, name: str, fen: int, line: int = 0) -> Iterator[Event]:
    """Yield a claim's way: handed in, checked, noticed, ordered and answered by the bank."""
    invoices = tuple(invoice_number(str(n)) for n in _range(case))
    said: dict[str, Any] = {"claim": name, "effective_on": DAY, "revision": 1}

    def do(cls: type[ClaimData], **more: object) -> Event:
        return clerk.claim(cls, fen, **said, **more)

    yield do(ClaimSubmitted, invoices=invoices)
    if case.is_corrected:
        said["revision"] = 2
        yield do(ClaimResubmitted, invoices=invoices, before_fen=fen)
    yield _step(clerk, ClaimChecked, said, items=tuple(_items(case)))
    if case.is_refused or case.is_corrected:
        yield clerk.claim(ClaimCut, 1, **said, at="check", document=None, to=None)
    noticed = {"first_day": f"{MONTH}-24", "last_day": DAY, "line": line + 1, "amount_fen": fen}
    yield _step(clerk, ClaimNoticed, said, **noticed)
    yield do(ClaimCleared, line=line + 1)
    yield do(ClaimOrdered, order=f"ZF-2022-1-{line + 1:04d}")
    if case.is_refused:
        yield do(ClaimFailed, order="ZF-2022-1-0001", reason="户名不符")
        yield do(ClaimRejected, reason="关联交易")
    else:
        yield do(ClaimPaid, order=f"ZF-2022-1-{line + 1:04d}")


def _items(case: Case) -> Iterator[CheckedItem]:
    """Yield as many items as there are lines."""
    for n in range(case.lines):
        yield CheckedItem(
            item="payments" if n == 0 else f"item-{n}",
            computed="not_met" if case.is_refused else "cannot_tell",
            confirmed="not_met" if case.is_refused else "met",
            basis=f"实际支付 {case.name}",
            reason="已核对原件",
        )


def _step(clerk: Clerk, cls: type, said: dict[str, Any], **changes: object) -> Event:
    """Return an event of a claim that moves no money."""
    example = next(data for data in STEPS if type(data) is cls)
    changed = msgspec.structs.replace(example, **{**said, **changes})
    return encode(
        SOURCE,
        f"{cls.__name__}-{said['claim']}-{said['revision']}",
        clerk.enterprise,
        changed,
        SALT,
    )
