"""The books: what each fund, each claim and each payment order stands at, under the books' laws.

All three are caches of the book log; `ledger.schema` fills them from a log that is there already.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"

FUND: Final = (
    *("appropriated", "available", "encumbered", "expended"),
    *("expense", "payable", "treasury", "receivable", "closed"),
)
CLAIM: Final = (
    *("submitted", "reserved", "payable", "ordered", "paid", "receivable", "recovered"),
)
ORDER: Final = ("given", "ordered", "paid", "failed")
AMOUNTS: Final = {"fund_balance": FUND, "claim_balance": CLAIM, "payment_order": ORDER}


def upgrade() -> None:
    """Build the tables, then the walls of the database at hand."""
    _create_fund_balance()
    _create_claim_balance()
    _create_payment_order()
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _grant_postgresql()


def _create_fund_balance() -> None:
    """Create the balances of funds: both sets of accounts sum to zero, none is overdrawn."""
    op.create_table(
        "fund_balance",
        sa.Column("fund", sa.Text),
        sa.Column("year", sa.BigInteger, autoincrement=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in FUND),
        sa.PrimaryKeyConstraint("fund", "year", name="pk_fund_balance"),
        sa.CheckConstraint(
            "appropriated + available + encumbered + expended = 0",
            name=op.f("ck_fund_balance_budget"),
        ),
        sa.CheckConstraint(
            "expense + payable + treasury + receivable = 0", name=op.f("ck_fund_balance_money")
        ),
        sa.CheckConstraint("expended = expense + receivable", name=op.f("ck_fund_balance_both")),
        sa.CheckConstraint("available >= 0", name=op.f("ck_fund_balance_available")),
        sa.CheckConstraint(
            "appropriated <= 0 AND encumbered >= 0 AND expended >= 0 AND expense >= 0"
            " AND payable <= 0 AND treasury <= 0 AND receivable >= 0",
            name=op.f("ck_fund_balance_sides"),
        ),
        sa.CheckConstraint(
            "closed = 0 OR (closed = 1 AND available = 0 AND encumbered = 0)",
            name=op.f("ck_fund_balance_closed"),
        ),
        comment="Projection: each account of each fund's year, debits less credits, in fen.",
    )


def _create_claim_balance() -> None:
    """Create the amounts of claims: submitted once, never more ordered, paid or claimed back."""
    op.create_table(
        "claim_balance",
        sa.Column("claim", sa.Text),
        sa.Column("fund", sa.Text),
        sa.Column("year", sa.BigInteger, autoincrement=False),
        sa.Column("enterprise", sa.Text),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in CLAIM),
        sa.PrimaryKeyConstraint("claim", "fund", "year", "enterprise", name="pk_claim_balance"),
        sa.CheckConstraint("submitted = 1", name=op.f("ck_claim_balance_submitted")),
        sa.CheckConstraint(
            "reserved >= 0 AND payable >= 0 AND ordered >= 0 AND paid >= 0"
            " AND receivable >= 0 AND recovered >= 0",
            name=op.f("ck_claim_balance_sides"),
        ),
        sa.CheckConstraint(
            "reserved = 0 OR payable + paid = 0", name=op.f("ck_claim_balance_cleared")
        ),
        sa.CheckConstraint("ordered <= payable", name=op.f("ck_claim_balance_ordered")),
        sa.CheckConstraint(
            "receivable + recovered <= paid", name=op.f("ck_claim_balance_clawback")
        ),
        comment="Projection: what each claim stands at, in fen.",
    )


def _create_payment_order() -> None:
    """Create the payment orders: each given once, settled whole or not at all."""
    op.create_table(
        "payment_order",
        sa.Column("order_id", sa.Text),
        sa.Column("claim", sa.Text),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ORDER),
        sa.PrimaryKeyConstraint("order_id", "claim", name="pk_payment_order"),
        sa.CheckConstraint("given = 1 AND ordered > 0", name=op.f("ck_payment_order_given")),
        sa.CheckConstraint(
            "(paid = 0 AND failed IN (0, ordered)) OR (paid = ordered AND failed = 0)",
            name=op.f("ck_payment_order_settled"),
        ),
        comment="Projection: each payment order, and whether the bank paid it or failed, in fen.",
    )


def _guard_sqlite() -> None:
    """Refuse sums that overflow, which SQLite would turn into floating-point numbers."""
    for table, amounts in AMOUNTS.items():
        inexact = " OR ".join(f"typeof(NEW.{name}) <> 'integer'" for name in amounts)
        for event in ("INSERT", "UPDATE"):
            op.execute(
                f"CREATE TRIGGER {table}_exact_{event.lower()} AFTER {event} ON {table}"
                f" WHEN {inexact} BEGIN SELECT RAISE(ABORT, '{table} overflows 64 bits'); END"
            )


def _grant_postgresql() -> None:
    """Let every role read the caches, and the writer add rows and move amounts, never keys."""
    for table, amounts in AMOUNTS.items():
        for role in ("reader", "auditor", "keeper", "writer"):
            op.execute(f"GRANT SELECT ON {table} TO suanquan_{role}")
        op.execute(f"GRANT INSERT, UPDATE ({', '.join(amounts)}) ON {table} TO suanquan_writer")
