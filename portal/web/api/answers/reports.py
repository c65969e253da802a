"""Reports of a month."""

from msgspec import Struct

from portal.web.api.answers.words import Code, Free, Month, Quantity, Size


class MonthReport(Struct, kw_only=True):
    """A month at a glance: use, largest users, charges, payments, refunds by level."""

    month: Month
    cards: int | None
    utilisation: str | None
    accelerator_card_seconds: Quantity
    usage: list[Free]
    days: list[Free]
    users: list[Free]
    rows: list[Free]
    total: dict[str, int]
    unrated: int
    refunds: list[Free]
    notes: list[Free]
    as_of: list[Size]


class Explanation(Struct, kw_only=True):
    """Why two of what was metered, invoiced and paid differ."""

    enterprise: Code
    code: str
    amount_fen: int


class Reconciliation(Struct, kw_only=True):
    """What was metered, invoiced and paid of a month, each difference explained to the fen."""

    month: Month
    ok: bool
    rows: list[Free]
    explanations: list[Explanation]
    total: dict[str, int]
    as_of: list[Size]
