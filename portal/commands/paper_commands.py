"""`suanquan paper`: an enterprise's papers entered from a file, and what the book has of them."""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final

import click
import msgspec
from rich.console import Group
from rich.table import Table

from ledger.accepted import read_accepted
from ledger.credit_codes import require_code
from ledger.database import Connection
from ledger.events import Data, InvoiceCorrected, InvoiceReversed, PaperData, PaymentCorrected
from ledger.money import render_yuan
from ledger.period import day_of, parse_date
from ledger.read import read_heads
from ledger.roster import Roster
from ledger.text import Text
from ledger.topics import enterprise_topic
from ledger.trail import read_trail
from portal.acting import Act, acting, look, not_allowed
from portal.options import answers
from portal.shell import Result, Shell
from vouchers.book import Account, Book
from vouchers.claims.papers_file import make_papers, name_of, read_papers
from vouchers.claims.papers_judged import Judged, judge_papers
from vouchers.net import END, contract_on, invoices_on, payments_on
from vouchers.strict_json import DOCUMENT_BYTES_MAX

SOURCE: Final = "urn:suanquan:papers"
"""The source of papers that are entered here; their ids say what they say."""

_STAFF: Final = ("administrator", "auditor", "authority", "finance", "task_force")


@click.group()
def paper() -> None:
    """Contracts, invoices, payments and what an enterprise is: enter them, list them."""


@paper.command(
    epilog="""\b
Examples:
  suanquan paper add --file papers.json
  suanquan paper add --file - --json < papers.json
with {"enterprise": {"credit_code": "91420100MA4K2XY18X"}, "invoices": [{…}], …}; docs/papers.md
lists what may stand there."""
)
@click.option("--file", "file", type=click.File("rb"), required=True, help="JSON; - for input.")
@answers
def add(shell: Shell, file: BinaryIO) -> Result:
    """Enter the papers of a file: all of them or, where one cannot be, none.

    The same file again changes nothing. The task force enters papers of any enterprise, an
    enterprise its own.
    """
    raw = file.read(DOCUMENT_BYTES_MAX + 1)
    with acting(shell) as act:
        code, judged = enter_papers(act, raw)
    for notice in judged.notices:
        shell.warn(notice.message)
    data = {
        "enterprise": code,
        "recorded": len(judged.fresh),
        "known": judged.known,
        "events": [one.data.type for one in judged.fresh],
        "warnings": [
            {
                "code": one.code,
                "path": one.path,
                "message": shell.say(one.message),
                "next": shell.say(one.next_step),
            }
            for one in judged.notices
        ],
    }
    shown = Text(
        f"{code}：录入 {len(judged.fresh)} 件，已有 {judged.known} 件",
        f"{code}: {len(judged.fresh)} papers recorded, {judged.known} known before",
    )
    return Result(data, shell.say(shown))


def enter_papers(act: Act, raw: bytes) -> tuple[str, Judged]:
    """Return whose papers a file holds, and what became of them, recorded with the act.

    Raises what `read_papers` and `judge_papers` refuse, and `RuleViolationError` (`not_allowed`).
    """
    papers = read_papers(raw)
    code = papers.enterprise.credit_code
    require_own(act.roster, act.name, code, "task_force")
    book, known = read_papers_of(act.connection, code, act.roster.index)
    made = make_papers(papers, act.name or None)
    accepted = read_accepted(act.connection)
    judged = judge_papers(book, code, made, known, day_of(act.at_ms), accepted=accepted)
    for one in judged.fresh:
        act.record(one.data, code, (SOURCE, one.name))
    return code, judged


def require_own(roster: Roster, person: str, code: str, *roles: Any) -> None:  # noqa: ANN401 - roles
    """Raise unless somebody holds one of the roles or acts for an enterprise itself."""
    if not roster.has(person, *roles) and not roster.acts_for(person, code):
        raise not_allowed(
            Text(
                f"{person or '?'} 无权办理 {code} 的材料",
                f"{person or '?'} has nothing to do with the papers of {code}",
            )
        )


def read_papers_of(connection: Connection, code: str, size: int) -> tuple[Book, set[str]]:
    """Return the book so far as it is about an enterprise, and the names of papers entered here."""
    book, names = Book(), set[str]()
    for _, event in read_trail(connection, [enterprise_topic(code)], size):
        book.apply(event)
        data = event.data
        if event.source == SOURCE and isinstance(data, PaperData):
            names.add(name_of(code, data))
    return book, names


@paper.command(
    "list",
    epilog="""\b
Examples:
  suanquan paper list 91420100MA4K2XY18X
  suanquan paper list 91420100MA4K2XY18X --on 2022-11-01 --json""",
)
@click.argument("enterprise", metavar="ENTERPRISE")
@click.option("--on", "on", metavar="DATE", help="What is left on this day (default: in all).")
@answers
def list_(shell: Shell, enterprise: str, on: str | None) -> Result:
    """List an enterprise's papers as amended and corrected, by number, and what is left of them.

    Staff and auditors see those of any enterprise, an enterprise sees its own.
    """
    day = END if on is None else parse_date(on).isoformat()
    with shell.reading() as connection:
        roster, actor = look(shell, connection, (*_STAFF, "enterprise"))
        require_code(enterprise, read_accepted(connection))
        require_own(roster, actor, enterprise, *_STAFF)
        size = read_heads(connection)["book"].size
        book, _ = read_papers_of(connection, enterprise, size)
    account = book.account(enterprise)
    data = {
        "enterprise": enterprise,
        "name": account.name,
        "registered_region": account.registered and account.registered.registered_region,
        "contracts": [_contract_row(account, number, day) for number in sorted(account.signed)],
        "invoices": list(_invoice_rows(account, day)),
        "payments": list(_payment_rows(account, day)),
        "qualifications": [_said(one) for one in account.qualifications],
        "revocations": [_said(one) for one in account.revocations],
        "tax_domicile": [_said(one) for one in account.domiciles],
        "facts": [_said(account.facts[key]) for key in sorted(account.facts)],
        "other_funding": [_said(one) for one in account.funding.values()],
        "declarations": [
            _said(account.declarations[year]) for year in sorted(account.declarations)
        ],
    }
    # The book's size would tell an enterprise how much others do.
    if roster.has(actor, *_STAFF):
        data["as_of"] = [{"log": "book", "size": size}]
    return Result(data, _shown(shell, data))


def _said(data: Data | None) -> dict[str, Any] | None:
    """Return what a paper says, what it leaves open left out."""
    said: dict[str, Any] | None = msgspec.to_builtins(data)
    return said


def _contract_row(account: Account, number: str, day: str) -> dict[str, Any]:
    """Return a contract as it stands on a day, and what amended it."""
    amendments = account.amendments.get(number, {}).values()
    return {
        **msgspec.to_builtins(contract_on(account, number, day)),
        "amendments": [_said(one) for one in sorted(amendments, key=lambda one: one.effective_on)],
    }


def _invoice_rows(account: Account, day: str) -> Iterator[dict[str, Any]]:
    """Yield each invoice as corrected, what is left of it, and what changed it."""
    left = {one.invoice: one for one in invoices_on(account, day)}
    red: dict[str, list[InvoiceReversed]] = {}
    for one in account.red_invoices.values():
        red.setdefault(one.invoice, []).append(one)
    for number, invoice in sorted(account.invoices.items()):
        rest = left.get(number)
        yield {
            **msgspec.to_builtins(invoice),
            "left_fen": rest.amount_fen if rest else 0,
            "left_tax_fen": rest.tax_fen if rest else 0,
            **_correction(account.invoice_corrections, account.invoices_recorded, number),
            "red_invoices": [
                _said(one) for one in sorted(red.pop(number, []), key=lambda one: one.red_invoice)
            ],
        }


def _payment_rows(account: Account, day: str) -> Iterator[dict[str, Any]]:
    """Yield each payment as corrected, what is left of it, and what changed it."""
    left = {one.payment: one for some in payments_on(account, day).values() for one in some}
    for number, payment in sorted(account.payments.items()):
        back = [one for one in account.payments_back.values() if one.payment == number]
        yield {
            **msgspec.to_builtins(payment),
            "left_fen": left[number].amount_fen if number in left else 0,
            **_correction(account.payment_corrections, account.payments_recorded, number),
            "reversals": [_said(one) for one in sorted(back, key=lambda one: one.reversal)],
        }


def _correction(
    corrections: Mapping[str, InvoiceCorrected | PaymentCorrected],
    recorded: Mapping[str, Data],
    number: str,
) -> dict[str, Any]:
    """Return why a paper was corrected, by whom, and what had been recorded, if it was."""
    correction = corrections.get(number)
    if correction is None:
        return {"corrected": None}
    return {
        "corrected": {
            "reason": correction.reason,
            "recorded_by": correction.recorded_by,
            "recorded": _said(recorded.get(number)),
        }
    }


def _shown(shell: Shell, data: dict[str, Any]) -> Group:
    """Return contracts, invoices and payments as tables for a person."""
    title = f"{data['name']}  {data['enterprise']}"
    contracts = _table(shell, Text("合同", "Contracts"), ("编号", "number"), ("签订", "signed"))
    for one in data["contracts"]:
        changed = ", ".join(each["amendment"] for each in one["amendments"])
        contracts.add_row(one["contract"], one["signed_on"], *_yuan(one["amount_fen"]), "", changed)
    invoices = _table(shell, Text("发票", "Invoices"), ("号码", "number"), ("开票", "issued"))
    for one in data["invoices"]:
        changed = ", ".join([each["red_invoice"] for each in one["red_invoices"]] + _why(one))
        invoices.add_row(
            one["invoice"],
            one["issued_on"],
            *_yuan(one["amount_fen"], one["left_fen"]),
            changed,
        )
    payments = _table(shell, Text("付款", "Payments"), ("编号", "number"), ("付款", "paid"))
    for one in data["payments"]:
        changed = ", ".join([each["reversal"] for each in one["reversals"]] + _why(one))
        payments.add_row(
            one["payment"],
            one["paid_on"],
            *_yuan(one["amount_fen"], one["left_fen"]),
            changed,
        )
    return Group(title, contracts, invoices, payments)


def _table(shell: Shell, title: Text, *columns: tuple[str, str]) -> Table:
    """Return a table of papers: number, day, amount, what is left, what changed it."""
    table = Table(title=shell.say(title))
    for name in columns:
        table.add_column(shell.say(Text(*name)), no_wrap=True)
    for name in (Text("金额（元）", "CNY"), Text("余额（元）", "left, CNY")):
        table.add_column(shell.say(name), justify="right", no_wrap=True)
    table.add_column(shell.say(Text("变更", "changed by")), overflow="fold")
    return table


def _yuan(*amounts_fen: int) -> list[str]:
    return [render_yuan(fen) for fen in amounts_fen]


def _why(row: dict[str, Any]) -> list[str]:
    """Return why a paper was corrected, if it was."""
    return [row["corrected"]["reason"]] if row["corrected"] else []
