"""The demo's claims: a budget for each programme, and every claim to its end.

Some claims are withdrawn, returned, cut or rejected, some objected to, some payments fail, some
money comes back, and what nobody mends lapses: whatever may happen to a claim happens to some.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from typing import Final

from ledger.events import FundAppropriated, Remark
from ledger.money import allocate
from ledger.text import Text
from portal.demo.people import staff_of
from portal.demo.way import Days, Wanted, Way
from portal.payments.fund_desk import record_fund
from portal.shell import Shell
from reports.snapshot import Snapshot
from vouchers.adoption import programmes_of, rules_of
from vouchers.case import Case
from vouchers.claims.claim_file import ClaimFile
from vouchers.claims.first_review import CutMark, Marks
from vouchers.claims.requests import (
    AssessRequest,
    PaperRequest,
    ReasonRequest,
    RecoverRequest,
    RejectRequest,
    ReturnRequest,
)
from vouchers.programme import Programme
from vouchers.ruling import Ruling

# Budgets are decided in round figures before anybody knows who will come.
BUDGET_STEP_FEN: Final = 100_000_000

# No claim of a year that is split asks for less: every programme's least claim, and some more.
PART_FEN_MIN: Final = 150_000

# Parts in the coarsest unit that a rule rounds to, so that none asks for what rounding took away.
PART_STEP_FEN: Final = 100_000

# Every so many claims something else happens than the straight way.
RETURNED_EACH: Final = 9
WITHDRAWN_EACH: Final = 30
CUT_EACH: Final = 14
REJECTED_EACH: Final = 35
TAKEN_BACK_EACH: Final = 40

# Of those returned, this one is never mended.
LAPSED_EACH: Final = 6

_RETURNED: Final = ReturnRequest(items=(Remark(item="documents", reason="演示：缺银行回单"),))
_WITHDRAWN: Final = ReasonRequest(reason="演示：企业改报其他项目")
_REJECTED: Final = RejectRequest(reason="演示：不属于支持范围")
_CUT: Final = Marks(cuts=(CutMark(amount_fen=PART_FEN_MIN // 10, reason="演示：超出合同金额"),))
_ASSESSED: Final = AssessRequest(amount_fen=10_000, document="演示追缴1号", reason="演示：发票红冲")


def play_claims(
    shell: Shell, snapshot: Snapshot, rulings: Mapping[str, Ruling], days: Days, *, split: bool
) -> None:
    """Make claims for what the rulings pay, and bring all of them to their end.

    With `split` an enterprise claims by invoice, else once for the year.
    """
    programmes = programmes_of(rules_of(snapshot.book))
    wanted = list(wanted_of(programmes, rulings, split=split))
    what = Text("办理申请", "working on claims")
    with shell.progress(what, 5 * len(wanted)) as step:
        way = Way(shell, step)
        for programme in programmes:
            _appropriate(way, programme, rulings, days.applied.year)
            way.submit([one for one in wanted if one.programme == programme.id], days.applied)
        way.act("withdraw", _WITHDRAWN, days.applied, WITHDRAWN_EACH)
        way.act("return", _RETURNED, days.applied, RETURNED_EACH)
        way.hand_in_again(RETURNED_EACH, LAPSED_EACH, days.applied)
        way.act("cut", _CUT, days.checked, CUT_EACH)
        way.check(days.checked)
        way.act("reject", _REJECTED, days.checked, REJECTED_EACH)
        way.act("approve", PaperRequest(document="演示批复"), days.checked)
        way.give_notice(days)
        way.pay(days.paid)
        way.act("assess", _ASSESSED, days.paid, TAKEN_BACK_EACH)
        way.act("recover", partial(_recover, "1"), days.paid, TAKEN_BACK_EACH)
        # Half of it comes later, and from every other one.
        way.act("recover", partial(_recover, "2"), days.paid, 2 * TAKEN_BACK_EACH)
        way.close(days.paid)
        if split:
            way.lapse(days.lapsed)


def _recover(part: str, claim: str) -> RecoverRequest:
    """Return that half of what was assessed on a claim came back, by a transfer of its own."""
    return RecoverRequest(
        amount_fen=5_000, document="演示追缴1号", bank_reference=f"演示退回{part}-{claim}"
    )


def wanted_of(
    programmes: tuple[Programme, ...], rulings: Mapping[str, Ruling], *, split: bool
) -> Iterator[Wanted]:
    """Yield the claims for what each ruling pays."""
    for programme in programmes:
        for code, ruling in rulings.items():
            paid_fen = ruling.paid_fen(programme.id)
            if paid_fen:
                counted = _by_invoice(ruling.case, ruling.counted(programme.id))
                for invoices, fen in _parts(counted, paid_fen, split=split):
                    file = ClaimFile(
                        enterprise=code,
                        programme=programme.id,
                        invoices=invoices,
                        asked_fen=fen,
                    )
                    yield Wanted(programme.id, file)


def _by_invoice(case: Case, positions: tuple[int, ...]) -> dict[str, int]:
    """Return what was invoiced of the purchases at some positions, by invoice."""
    sums: dict[str, int] = {}
    for at in positions:
        one = (case.purchases or ())[at]
        assert one.invoice is not None
        sums[one.invoice] = sums.get(one.invoice, 0) + (one.invoiced_fen or 0)
    return sums


def _parts(
    counted: Mapping[str, int], paid_fen: int, *, split: bool
) -> Iterator[tuple[tuple[str, ...], int | None]]:
    """Yield invoices, and what is asked for them; None for all that the rules give.

    Invoices that are too small alone are claimed together.
    """
    if not split or paid_fen < 2 * PART_FEN_MIN:
        yield tuple(counted), None
        return
    left_fen, part_fen, part = paid_fen, 0, list[str]()
    for invoice, fen in zip(counted, allocate(paid_fen, list(counted.values())), strict=True):
        part, part_fen, left_fen = [*part, invoice], part_fen + fen, left_fen - fen
        # What would be left for the last part alone goes into this one.
        if part_fen >= PART_FEN_MIN and (left_fen >= PART_FEN_MIN or not left_fen):
            yield tuple(part), part_fen // PART_STEP_FEN * PART_STEP_FEN
            part, part_fen = [], 0
    if part:
        yield tuple(part), part_fen // PART_STEP_FEN * PART_STEP_FEN


def _appropriate(way: Way, programme: Programme, rulings: Mapping[str, Ruling], year: int) -> None:
    """Give a programme's fund its budget for the year."""
    total_fen = sum(one.paid_fen(programme.id) for one in rulings.values())
    with way.sitting(staff_of(programme.id, "order"), date(year, 1, 1)) as desk:
        given = FundAppropriated(
            fund=programme.id,
            year=year,
            amount_fen=(total_fen // BUDGET_STEP_FEN + 1) * BUDGET_STEP_FEN,
            effective_on=f"{year}-01-01",
            document=f"demo-{year}-{programme.id}",
            name=programme.name.zh,
        )
        record_fund(desk.act, "appropriated", given)
