"""All that the rules say of one enterprise on one day: each decision, each combination."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from ledger.errors import InvalidInputError
from ledger.events.data import check_year
from ledger.period import parse_date
from ledger.text import Text
from vouchers.adoption import programmes_of, rules_of
from vouchers.book import Account, Book
from vouchers.case import Case
from vouchers.decide import decide
from vouchers.decision import Decision
from vouchers.ledger_case import case_of
from vouchers.plan import Plan, plan
from vouchers.programme import Programme
from vouchers.rating import DayUsage


class Ruling(NamedTuple):
    """What every programme decides on one case, and the combinations, best first."""

    case: Case
    decisions: tuple[tuple[Programme, Decision], ...]
    plans: tuple[Plan, ...]

    @property
    def best(self) -> Plan | None:
        """Return the lawful combination that pays most, None where there is none."""
        return next((one for one in self.plans if one.lawful), None)

    @property
    def total_fen(self) -> int:
        """Return what the best combination pays in all."""
        return (self.best.total_fen if self.best else 0) or 0

    def paid_fen(self, programme: str) -> int:
        """Return what a programme pays in the best combination, zero where it has no part in it."""
        if self.best is None or programme not in self.best.programmes:
            return 0
        return self.best.amounts_fen[self.best.programmes.index(programme)] or 0

    def counted(self, programme: str) -> tuple[int, ...]:
        """Return the positions of the purchases that a programme pays on in the best combination.

        These are fewer than it counts alone where programmes share contracts or projects.
        """
        if self.best is None or programme not in self.best.programmes:
            return ()
        return self.best.counted[self.best.programmes.index(programme)]


def rule_on(
    book: Book,
    account: Account,
    usage: Sequence[DayUsage],
    apply_on: date,
    programmes: Sequence[Programme] | None = None,
) -> Ruling:
    """Return the decisions and plans for an enterprise that applies on a day.

    `usage` is the enterprise's daily usage. Every programme decides that the book has adopted,
    where none are named.
    """
    case = case_of(book, account, usage, apply_on)
    chosen = programmes_of(rules_of(book)) if programmes is None else programmes
    return Ruling(case, tuple((one, decide(one, case)) for one in chosen), plan(case, chosen))


def day_to_apply(account: Account, year: int | None, on: str | None) -> date:
    """Return the day of application: the one named, or the last one of a year.

    Where neither is named it is the year of the newest invoice. Raises `InvalidInputError`:
    `two_days`, `no_day`, `bad_date`, `absurd_year`.
    """
    if year is not None and on is not None:
        raise InvalidInputError(
            "two_days",
            Text(f"年度 {year} 与日期 {on} 只能取其一", f"both a year, {year}, and a day, {on}"),
            Text("年度即当年 12 月 31 日", "name one: a year means its last day"),
        )
    if on is not None:
        day = parse_date(on)
        # The years around it are looked at too.
        check_year(day.year)
        return day
    newest = year or max(years_invoiced(account), default=None)
    if newest is None:
        code = account.credit_code
        raise InvalidInputError(
            "no_day",
            Text(f"{code} 没有发票，无从定年度", f"{code} has no invoice to date by"),
            Text("请指定年度或日期", "name a year or a day"),
        )
    return date(newest, 12, 31)


def years_invoiced(account: Account) -> list[int]:
    """Return the years in which an enterprise was invoiced, the newest first."""
    return sorted({int(one.issued_on[:4]) for one in account.invoices.values()}, reverse=True)
