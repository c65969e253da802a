"""What a served demo leaves to be done: claims of the next year at every stage, for each role.

The year that was played is over, and all of it was paid. So whoever comes in finds claims to mend,
to review, to approve, to show and to pay, as on any morning of a task force.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import cycle
from typing import Final, Literal, NamedTuple

import msgspec

from ledger.documents import DocumentStore
from ledger.events import FundAppropriated, Remark
from ledger.text import Text
from portal.acting import at_console
from portal.claims.draft import save_draft
from portal.commands.paper_commands import enter_papers
from portal.demo.claims import BUDGET_STEP_FEN, wanted_of
from portal.demo.paper import sample_papers
from portal.demo.people import HELPER, staff_of
from portal.demo.way import Wanted, Way
from portal.enterprises.filing import What, file_documents
from portal.payments.fund_desk import record_fund
from portal.payments.notice_desk import Asked, clear, draw_notice
from portal.payments.payment_desk import order_payments
from portal.shell import Shell, Step
from reports.reading import read_snapshot
from reports.snapshot import Snapshot
from vouchers.adoption import programmes_of, rules_of
from vouchers.book import Account, Book
from vouchers.claims.claim_file import DraftFile
from vouchers.claims.requests import PaperRequest, ReturnRequest
from vouchers.ruling import rule_on
from vouchers.window import claim_year

Stage = Literal["returned", "submitted", "checked", "cleared", "noticed", "approved", "ordered"]

# As a programme's claims come, one after another; the first is seen by its enterprise.
STAGES: Final[tuple[Stage, ...]] = (
    "returned",
    "submitted",
    "checked",
    "cleared",
    "noticed",
    "approved",
    "ordered",
)

_PAST_REVIEW: Final[tuple[Stage, ...]] = ("checked", "approved", "noticed", "cleared", "ordered")
_PAST_NOTICE: Final[tuple[Stage, ...]] = ("cleared", "ordered")

_REMARKS: Final = ReturnRequest(
    items=(Remark(item="documents", reason="演示：缺 12 月发票的银行回单，请补充后重新提交"),)
)
_APPROVED: Final = PaperRequest(document="演示批复")

# What nobody has typed in for the year that has just begun.
_SALES_FEN: Final = 15_000_000_000


class OpenDays(NamedTuple):
    """On which days what is left open was done; the last notice runs on the day that it is seen."""

    applied: date
    checked: date
    noticed: date
    cleared: date
    noticed_again: date


def days_before(today: date) -> OpenDays:
    """Return working days of the weeks before a Monday."""
    assert today.weekday() == 0, today
    back = today.toordinal()
    return OpenDays(*(date.fromordinal(back - days) for days in (19, 14, 13, 4, 3)))


def leave_open(shell: Shell, today: date) -> None:
    """Bring claims to every stage at which somebody has something to do on a day.

    Nothing is done in a ledger without enterprises, nor for whom nobody would pay anything.
    """
    programmes = programmes_of(rules_of(_read(shell).book))
    _declare(shell, today.year)
    snapshot = _read(shell)
    rulings = {
        code: rule_on(snapshot.book, account, snapshot.usage.get(code, []), today)
        for code, account in snapshot.book.accounts.items()
    }
    wanted = list(wanted_of(programmes, rulings, split=False))
    with shell.progress(Text("留下待办的申请", "leaving claims to be done"), len(wanted)) as step:
        for programme in programmes:
            mine = [one for one in wanted if one.programme == programme.id]
            version = programme.version_on(today)
            if mine and version is not None:
                total_fen = sum(one.paid_fen(programme.id) for one in rulings.values())
                _appropriate(shell, programme.id, claim_year(version, today), today, total_fen)
                _bring(shell, snapshot.book, mine, today, step)


def _bring(shell: Shell, book: Book, wanted: Sequence[Wanted], today: date, step: Step) -> None:
    """Hand in the claims on one programme, and bring each to a stage and no further."""
    days = days_before(today)
    ways = {stage: Way(shell, step) for stage in STAGES}
    for one, stage in zip(_with_draft(shell, wanted, today), cycle(STAGES), strict=False):
        papers = _file(shell, book.account(one.file.enterprise), one)
        ways[stage].submit([one._replace(papers=papers)], days.applied)
    _work(ways, wanted[0].programme, days)


def _read(shell: Shell) -> Snapshot:
    """Return the ledger as it stands."""
    with shell.reading() as connection:
        return read_snapshot(connection)


def _declare(shell: Shell, year: int) -> None:
    """Enter what each enterprise says of its last year and of itself, as they do before a claim."""
    accounts = _read(shell).book.accounts
    with at_console(shell) as act:
        for code in (code for code, account in accounts.items() if account.facts):
            act.actor = HELPER
            papers = {
                "enterprise": {"credit_code": code},
                "facts": [{"name": "sales_fen", "year": year - 1, "value": _SALES_FEN}],
                "declarations": [
                    {"year": year, "related_party": False, "serious_dishonesty": False}
                ],
            }
            enter_papers(act, msgspec.json.encode(papers))


def _appropriate(shell: Shell, programme: str, year: int, today: date, total_fen: int) -> None:
    """Give a fund what the claims of a year come to, in round figures."""
    way = Way(shell, lambda _: None)
    with way.sitting(staff_of(programme, "order"), today) as desk:
        given = FundAppropriated(
            fund=programme,
            year=year,
            amount_fen=(total_fen // BUDGET_STEP_FEN + 1) * BUDGET_STEP_FEN,
            effective_on=f"{today.year}-01-01",
            document=f"demo-{today}-{programme}",
        )
        record_fund(desk.act, "appropriated", given)


def _with_draft(shell: Shell, wanted: Sequence[Wanted], today: date) -> Iterator[Wanted]:
    """Yield claims; of the first one's invoices the last is left to a draft, if it has several."""
    for number, one in enumerate(wanted):
        *invoices, last = one.file.invoices
        if number or not invoices:
            yield one
            continue
        draft = DraftFile(enterprise=one.file.enterprise, programme=one.programme, invoices=(last,))
        with Way(shell, lambda _: None).sitting(HELPER, today) as desk:
            save_draft(desk, draft)
        yield one._replace(file=msgspec.structs.replace(one.file, invoices=tuple(invoices)))


def _file(shell: Shell, account: Account, wanted: Wanted) -> tuple[str, ...]:
    """Return the digests of a sample of each contract and invoice of a claim, once they are filed.

    An enterprise may claim on one contract at two programmes: its paper is filed once.
    """
    digests: list[str] = []
    store = DocumentStore(shell.settings.home)
    for kind, ref, content in sample_papers(account, wanted.file.invoices):
        with store.receiving([(f"{kind}.png", content)]) as staged, at_console(shell) as act:
            act.actor = HELPER
            filed = file_documents(act, store, account.credit_code, staged, What(kind, ref))
            digests += [one.data.sha256 for one in filed]
    return tuple(digests)


def _work(ways: dict[Stage, Way], programme: str, days: OpenDays) -> None:
    """Bring the claims of each stage there, and no further."""
    ways["returned"].act("return", _REMARKS, days.checked)
    for stage in _PAST_REVIEW:
        ways[stage].check(days.checked)
    for stage in _PAST_NOTICE:
        ways[stage].act("approve", _APPROVED, days.checked)
    _give_notice([ways[stage] for stage in _PAST_NOTICE], programme, days.checked, days.noticed)
    _clear(ways, programme, days.cleared)
    ways["noticed"].act("approve", _APPROVED, days.cleared)
    _give_notice([ways["noticed"]], programme, days.cleared, days.noticed_again)
    ways["approved"].act("approve", _APPROVED, days.cleared)


def _give_notice(ways: Sequence[Way], programme: str, drawn: date, first: date) -> None:
    """Give public notice of what was approved, if anything was."""
    claims = [claim for way in ways for some in way.claims.values() for claim, _ in some]
    if claims:
        first_day = first.isoformat()
        with ways[0].sitting(staff_of(programme, "notice"), drawn) as desk:
            asked = Asked(programme=programme, basis="演示", first_day=first_day, claims=claims)
            draw_notice(desk, asked)


def _clear(ways: dict[Stage, Way], programme: str, day: date) -> None:
    """Clear what stood through its notice, and order the payment of one part of it."""
    way = ways["ordered"]
    if not any(ways[stage].claims for stage in _PAST_NOTICE):
        return
    with way.sitting(staff_of(programme, "clear"), day) as desk:
        clear(desk, [programme])
    ordered = [claim for claims in way.claims.values() for claim, _ in claims]
    if ordered:
        with way.sitting(staff_of(programme, "order"), day) as desk:
            order_payments(desk, programme, ordered, None)
