"""Events of funds: what a budget gives, moves and takes back, by fund and year.

A fund is named by a code such as a programme's id; `document` is the number of the paper that
decided, `actor` the account that entered it and `acted_at` the instant, None where there was none.
"""

from typing import ClassVar

from ledger.errors import InvalidInputError
from ledger.events.data import (
    Data,
    check_amount,
    check_dates,
    check_fen,
    check_fund,
    check_ids,
    check_words,
    check_year,
)
from ledger.period import parse_instant
from ledger.text import Text


class FundData(Data, frozen=True, kw_only=True):
    """What every event of a fund says: which one, how much, since when, by which paper."""

    about_enterprise: ClassVar[bool] = False
    outside: ClassVar[bool] = False

    fund: str
    year: int
    amount_fen: int
    effective_on: str
    document: str
    actor: str | None = None
    acted_at: str | None = None

    def __post_init__(self) -> None:
        """Check code, year, amount, day and words."""
        check_fund(self.fund)
        check_year(self.year)
        check_amount(self.amount_fen, "amount_fen")
        check_dates(effective_on=self.effective_on)
        check_words(document=self.document)
        check_ids(actor=self.actor)
        if self.acted_at is not None:
            parse_instant(self.acted_at)


class FundAppropriated(FundData, frozen=True, kw_only=True):
    """A budget gives a fund an amount for a year; giving it more is another such event."""

    type: ClassVar[str] = "cn.suanquan.fund.appropriated.v1"

    name: str | None = None

    def __post_init__(self) -> None:
        """Check what every event of a fund holds, and the fund's name."""
        super().__post_init__()
        check_words(name=self.name)


class FundTransferred(FundData, frozen=True, kw_only=True):
    """An amount that is still available goes to another fund, or to another year."""

    type: ClassVar[str] = "cn.suanquan.fund.transferred.v1"

    to_fund: str
    to_year: int

    def __post_init__(self) -> None:
        """Check what every event of a fund holds, and where the amount goes."""
        super().__post_init__()
        check_fund(self.to_fund)
        check_year(self.to_year)
        if (self.fund, self.year) == (self.to_fund, self.to_year):
            raise InvalidInputError(
                "same_fund",
                Text(
                    f"转出与转入都是 {self.fund} {self.year}",
                    f"from and to are both {self.fund} {self.year}",
                ),
                Text("请指定另一资金或年度", "name another fund or year"),
            )


class FundClosed(FundData, frozen=True, kw_only=True):
    """A fund's year ends, and `amount_fen`, all that was still available, goes back; may be 0."""

    type: ClassVar[str] = "cn.suanquan.fund.closed.v1"

    def __post_init__(self) -> None:
        """Check the same as for every event of a fund, but for the amount, which may be zero."""
        check_fund(self.fund)
        check_year(self.year)
        check_fen(self.amount_fen, "amount_fen")
        check_dates(effective_on=self.effective_on)
        check_words(document=self.document)
        check_ids(actor=self.actor)
        if self.acted_at is not None:
            parse_instant(self.acted_at)
