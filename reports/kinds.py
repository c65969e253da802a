"""Every kind of statement: what it is called, whom it concerns in a month, and how it is made.

A statement is about an enterprise's month, about one of its claims, or about a public notice, a
fund or a payment batch, which are for no single enterprise.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from ledger.text import Text
from reports import application_form, compute, fund_report, notice_list, payment_list, review_form
from reports import subsidy as subsidy_statement
from reports.snapshot import Snapshot
from reports.statement import Kind, Statement

Series = tuple[str, str, str]
"""What statements follow one another about: kind, period (empty for a claim's) and about what."""


class Form(NamedTuple):
    """A kind of statement; `letter` stands in its numbers.

    `subjects` gives what it is about in a month: credit codes, or ids of claims, notices, funds or
    batches, in order. `make` takes one of them and the month.
    """

    letter: str
    title: Text
    subjects: Callable[[Snapshot, str], list[str]]
    make: Callable[[Snapshot, str, str], Statement]
    of_claim: bool = False


def _users(snapshot: Snapshot, month: str) -> list[str]:
    """Return whoever used something in a month."""
    return [one for one in sorted(snapshot.usage) if snapshot.usage_in(one, month)]


def _invoiced(snapshot: Snapshot, month: str) -> list[str]:
    """Return whoever was invoiced by a month's end."""
    return sorted(
        code
        for code, account in snapshot.book.accounts.items()
        if any(invoice.issued_on[:7] <= month for invoice in account.invoices.values())
    )


FORMS: Final[dict[Kind, Form]] = {
    "compute": Form("C", compute.TITLE, _users, compute.make_compute),
    "subsidy": Form("S", subsidy_statement.TITLE, _invoiced, subsidy_statement.make_subsidy),
    "application": Form(
        "A",
        application_form.TITLE,
        application_form.handed_in,
        application_form.make_application,
        of_claim=True,
    ),
    "review": Form(
        "R", review_form.TITLE, review_form.reviewed, review_form.make_review, of_claim=True
    ),
    "notice": Form("N", notice_list.TITLE, notice_list.notices_in, notice_list.make_notice_list),
    "fund": Form("F", fund_report.TITLE, fund_report.funds_by, fund_report.make_fund_report),
    "payment": Form(
        "P", payment_list.TITLE, payment_list.batches_in, payment_list.make_payment_list
    ),
}


def series_of(kind: Kind, period: str, about: str) -> Series:
    """Return what statements follow one another about: a claim's, whatever month it moved in."""
    return kind, "" if FORMS[kind].of_claim else period, about
