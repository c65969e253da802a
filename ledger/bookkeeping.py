"""The stored balances of the books: read, an append that breaks a law refused, and all checked.

Whoever appends to the book holds its head, so what is read here cannot move before the commit:
two claims for the last fen of a fund come one after the other, and the second one is refused.
A check asks both questions again: of every leaf, and of every row.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import CheckConstraint, Connection, Row, Table, select, text

from ledger.balance import Balances, Claim, ClaimKey, Fund, FundKey, Order, OrderKey
from ledger.codec import Event
from ledger.errors import LedgerError
from ledger.events import ClaimData, ClaimFailed, ClaimOrdered, ClaimPaid, FundData, FundTransferred
from ledger.finding import FINDINGS_MAX, Finding
from ledger.head import Head
from ledger.journal import CHART, KEPT
from ledger.laws import find_refusal
from ledger.read import read_events
from ledger.tables import claim_balance, fund_balance, payment_order
from ledger.text import Text

# Keys asked for at a time, well below what a statement may bind on either database.
KEYS_MAX: Final = 500

LAWS: Final[dict[str, tuple[str, Text]]] = {
    "ck_fund_balance_budget": (
        "available",
        Text("预算四个科目之和不为零", "the four budgetary accounts do not sum to zero"),
    ),
    "ck_fund_balance_money": (
        "treasury",
        Text("财务四个科目之和不为零", "the four financial accounts do not sum to zero"),
    ),
    "ck_fund_balance_both": (
        "expended",
        Text(
            "已支出不等于费用与应收之和", "what is expended is not expense and receivable together"
        ),
    ),
    "ck_fund_balance_available": (
        "available",
        Text("可用余额为负", "what is available is below zero"),
    ),
    "ck_fund_balance_sides": (
        "encumbered",
        Text("有科目的余额方向相反", "an account stands on the wrong side of zero"),
    ),
    "ck_fund_balance_closed": (
        "closed",
        Text(
            "结账不止一次，或结账后仍有可用或冻结的款项",
            "closed more than once, or closed with something available or encumbered",
        ),
    ),
    "ck_claim_balance_submitted": (
        "submitted",
        Text("申请不是恰好提交一次", "the claim was not submitted exactly once"),
    ),
    "ck_claim_balance_sides": ("reserved", Text("有金额为负", "an amount is below zero")),
    "ck_claim_balance_cleared": (
        "reserved",
        Text("已办结的申请仍有冻结", "something is still reserved after the claim was cleared"),
    ),
    "ck_claim_balance_ordered": (
        "ordered",
        Text("已下达付款超过应付", "more is ordered than is payable"),
    ),
    "ck_claim_balance_clawback": (
        "receivable",
        Text("追缴超过已付", "more is claimed back than was paid"),
    ),
    "ck_payment_order_given": (
        "given",
        Text("付款指令不是恰好下达一次", "the order was not given exactly once"),
    ),
    "ck_payment_order_settled": (
        "paid",
        Text("付款指令既非全额付出也非全额失败", "the order is settled, and neither whole way"),
    ),
}
"""Each CHECK of the books by its name: the column that a finding names, and what is wrong."""

_ACCOUNTS: Final = {str(account): name.zh for account, name in CHART.items()}


def require_lawful(connection: Connection, events: Iterable[Event]) -> None:
    """Raise `RuleViolationError` at the first event that the books cannot carry after the others.

    The codes are those of `ledger.laws.find_refusal`.
    """
    kept = [event for event in events if event.kind in KEPT]
    if not kept:
        return
    balances = _read_named(connection, kept)
    for event in kept:
        refusal = find_refusal(balances, event)
        if refusal is not None:
            raise refusal
        balances.apply(event)


def read_balances(connection: Connection) -> Balances:
    """Return the stored balances of every fund, claim and payment order, each by its key."""
    return Balances(_funds(connection, None), _claims(connection, None), _orders(connection, None))


def read_funds(connection: Connection, funds: set[str]) -> dict[FundKey, Fund]:
    """Return the stored balances of every year of some funds."""
    return _funds(connection, funds)


def read_all_funds(connection: Connection) -> dict[FundKey, Fund]:
    """Return the stored balances of every year of every fund."""
    return _funds(connection, None)


def _read_named(connection: Connection, events: Sequence[Event]) -> Balances:
    """Return the stored balances of the funds, claims and orders that events name."""
    funds: set[str] = set()
    claims: set[str] = set()
    orders: set[str] = set()
    for data in (event.data for event in events):
        assert isinstance(data, FundData | ClaimData), data
        funds.add(data.fund)
        if isinstance(data, FundTransferred):
            funds.add(data.to_fund)
        if isinstance(data, ClaimData):
            claims.add(data.claim)
        if isinstance(data, ClaimOrdered | ClaimPaid | ClaimFailed):
            orders.add(data.order)
    return Balances(
        _funds(connection, funds), _claims(connection, claims), _orders(connection, orders)
    )


def _funds(connection: Connection, wanted: set[str] | None) -> dict[FundKey, Fund]:
    """Return the funds of some codes, or all."""
    rows = _rows(connection, fund_balance, wanted)
    return {(fund, year): Fund(*amounts) for fund, year, *amounts in rows}


def _claims(connection: Connection, wanted: set[str] | None) -> dict[ClaimKey, Claim]:
    """Return the claims of some ids, or all."""
    rows = _rows(connection, claim_balance, wanted)
    return {(claim, fund, year, who): Claim(*amounts) for claim, fund, year, who, *amounts in rows}


def _orders(connection: Connection, wanted: set[str] | None) -> dict[OrderKey, Order]:
    """Return the payment orders of some numbers, or all."""
    rows = _rows(connection, payment_order, wanted)
    return {(order, claim): Order(*amounts) for order, claim, *amounts in rows}


def _rows(
    connection: Connection, table: Table, wanted: set[str] | None
) -> Iterator[Row[*tuple[Any, ...]]]:
    """Yield a table's rows in the order of its key, all or those whose first key is wanted."""
    query = select(table).order_by(*table.primary_key)
    if wanted is None:
        yield from connection.execute(query)
        return
    key, names = next(iter(table.primary_key)), sorted(wanted)
    for at in range(0, len(names), KEYS_MAX):
        yield from connection.execute(query.where(key.in_(names[at : at + KEYS_MAX])))


# --- asked again ---


def check_books(connection: Connection, book: Head) -> list[Finding]:
    """Return which leaves the books could not carry, and which stored rows break a law.

    A leaf that breaks a law counts all the same, so what follows from it may be named too. A book
    that cannot be read is left to the check of the tree.
    """
    balances, findings = Balances(), list[Finding]()
    try:
        for index, event in read_events(connection, "book", 0, book.size):
            refusal = find_refusal(balances, event)
            if refusal is not None:
                noun = event.kind.type.removeprefix("cn.suanquan.")
                zh, en = refusal.message.zh, refusal.message.en
                what = Text(f"{noun} 不合记账规则：{zh}", f"{noun}: {en}")
                findings.append(Finding("book", index, "chunk", "body", what))
            balances.apply(event)
    except LedgerError:
        pass
    findings += find_unlawful(connection)
    return findings[:FINDINGS_MAX]


def find_unlawful(connection: Connection) -> Iterator[Finding]:
    """Yield each stored row that breaks a CHECK of its table, which somebody must have taken away.

    The columns are known to hold whole numbers.
    """
    for table in (fund_balance, claim_balance, payment_order):
        laws = [one for one in table.constraints if isinstance(one, CheckConstraint)]
        for law in sorted(laws, key=lambda one: str(one.name)):
            yield from _breaches(connection, table, law)


def _breaches(connection: Connection, table: Table, law: CheckConstraint) -> Iterator[Finding]:
    """Yield each row of a table that breaks one law, with the amounts that the law is about."""
    column, wrong = LAWS[str(law.name)]
    condition = str(law.sqltext)
    named = [one.name for one in table.columns if re.search(rf"\b{one.name}\b", condition)]
    query = select(table).where(text(f"NOT ({condition})")).order_by(*table.primary_key)
    for row in connection.execute(query.limit(FINDINGS_MAX)).mappings():
        key = ", ".join(str(row[one.name]) for one in table.primary_key)
        zh = "，".join(f"{_ACCOUNTS.get(name, name)} {row[name]}" for name in named)
        en = ", ".join(f"{name} {row[name]}" for name in named)
        what = Text(f"（{key}）{wrong.zh}：{zh}", f"({key}) {wrong.en}: {en}")
        yield Finding(None, None, table.name, column, what)
