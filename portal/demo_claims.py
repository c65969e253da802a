"""The demo's claims: a budget for each programme, and each claim's way through the desk.

Everything goes through the same functions as by hand, by people of the right roles: some claims are
returned and handed in again, some cut, some objected to, some payments fail, some come back. Claims
of different enterprises stand side by side in one transaction, in which each moves once.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Final, NamedTuple

from msgspec import structs

from ledger.errors import InvalidInputError, RuleViolationError
from ledger.events import FundAppropriated, Remark
from ledger.money import allocate
from ledger.text import Text
from portal.acting import at_console
from portal.claim_reading import Read, read_claim
from portal.claim_submit import submit
from portal.demo_people import staff_of
from portal.desk import Desk, open_desk
from portal.desk_acts import compute_items, do_act
from portal.fund_commands import record_fund
from portal.notice_desk import Asked, clear, draw_notice
from portal.payment_desk import order_payments
from portal.shell import Shell, Step
from reports.snapshot import Snapshot
from vouchers.adoption import programmes_of, rules_of
from vouchers.case import Case
from vouchers.claims.claim_file import ClaimFile
from vouchers.claims.first_review import CutMark, Mark, Marks
from vouchers.claims.requests import (
    AssessRequest,
    FailRequest,
    Objector,
    ObjectRequest,
    PaperRequest,
    PayRequest,
    RecoverRequest,
    Request,
    ReturnRequest,
    SettleRequest,
)
from vouchers.claims.table import TABLE, Action
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
CUT_EACH: Final = 14
OBJECTED_EACH: Final = 25
FAILED_EACH: Final = 20
TAKEN_BACK_EACH: Final = 40

_CONFIRMED: Final = "演示：已核对原件"


class Wanted(NamedTuple):
    """A claim that an enterprise will make."""

    programme: str
    file: ClaimFile


class Days(NamedTuple):
    """On which days the demo's people work."""

    applied: date
    checked: date
    noticed: date
    cleared: date
    paid: date


class Way:
    """The claims of a demo on their way, who works on them, and on which day."""

    def __init__(self, shell: Shell, step: Step) -> None:
        self.shell = shell
        self._step = step
        self.claims: dict[str, list[str]] = {}

    @contextmanager
    def sitting(self, who: str, day: date) -> Iterator[Desk]:
        """Yield the desk of one person's work in one transaction."""
        with at_console(self.shell) as act:
            act.actor = act.roster.tokens[who]
            yield open_desk(act, day.isoformat())

    def submit(self, wanted: list[Wanted], day: date) -> None:
        """Hand claims in, each enterprise's one after another."""
        while wanted:
            now = {one.file.enterprise: one for one in reversed(wanted)}
            wanted = [one for one in wanted if now[one.file.enterprise] is not one]
            with self.sitting("task-force-1", day) as desk:
                for one in now.values():
                    claim = _hand_in(desk, one.file)
                    if claim is not None:
                        self.claims.setdefault(one.programme, []).append(claim)
                    self._step(1)

    def act(self, action: Action, request: Request, day: date, each: int = 1) -> None:
        """Do an act on every so many claims on which it is possible."""
        for programme, claims in self.claims.items():
            with self.sitting(staff_of(programme, action), day) as desk:
                for claim in claims[each - 1 :: each]:
                    read = read_claim(desk.act.connection, claim, desk.size)
                    if (read.claim.state, action) in TABLE:
                        do_act(desk, read, action, request)
                        self._step(1)

    def close(self, day: date) -> None:
        """Close every other claim of which nothing is to come back."""
        for programme, claims in self.claims.items():
            with self.sitting(staff_of(programme, "close"), day) as desk:
                for claim in claims[::2]:
                    read = read_claim(desk.act.connection, claim, desk.size)
                    if read.claim.state == "paid" and not read.claim.receivable_fen:
                        do_act(desk, read, "close", PaperRequest())

    def check(self, day: date) -> None:
        """Conclude the first review of every claim: what was not computed so is confirmed."""
        for programme, claims in self.claims.items():
            with self.sitting(staff_of(programme, "check"), day) as desk:
                for claim in claims:
                    read = read_claim(desk.act.connection, claim, desk.size)
                    do_act(desk, read, "check", Marks(items=_confirm(desk, read)))
                    self._step(1)

    def give_notice(self, days: Days) -> None:
        """Give public notice of what is approved, and let the notice pass."""
        for programme in self.claims:
            with self.sitting(staff_of(programme, "notice"), days.checked) as desk:
                first = days.noticed.isoformat()
                draw_notice(desk, Asked(programme=programme, basis="演示", first_day=first))
        self.act("object", _OBJECTION, days.noticed, OBJECTED_EACH)
        for programme, claims in self.claims.items():
            with self.sitting(staff_of(programme, "settle"), days.cleared) as desk:
                for number, claim in enumerate(claims):
                    self._settle(desk, number, claim)
        for programme in self.claims:
            with self.sitting(staff_of(programme, "clear"), days.cleared) as desk:
                clear(desk, [programme])

    @staticmethod
    def _settle(desk: Desk, number: int, claim: str) -> None:
        """Settle a claim's objection, if there is one: every other one is upheld, and cuts."""
        read = read_claim(desk.act.connection, claim, desk.size)
        for objection in read.claim.open_objections:
            cut_fen = read.claim.reserved_fen // 10 if number % 2 else None
            settled = SettleRequest(
                objection=objection,
                outcome="upheld" if cut_fen else "dismissed",
                reason="演示：经核查",
                cut_fen=cut_fen,
            )
            do_act(desk, read, "settle", settled)

    def pay(self, day: date) -> None:
        """Order every payment; some fail and are ordered again."""
        self._order(day)
        self.act("fail", FailRequest(reason="演示：户名不符"), day, FAILED_EACH)
        self._pay(day)
        self._order(day)
        self._pay(day)

    def _pay(self, day: date) -> None:
        """Record that the bank paid every order, each by a transfer of its own."""
        for programme, claims in self.claims.items():
            with self.sitting(staff_of(programme, "pay"), day) as desk:
                for claim in claims:
                    read = read_claim(desk.act.connection, claim, desk.size)
                    if read.claim.state == "ordered":
                        do_act(desk, read, "pay", PayRequest(bank_reference=f"演示回单-{claim}"))
                        self._step(1)

    def _order(self, day: date) -> None:
        """Order the payments of each programme that has any to order."""
        for programme in self.claims:
            with self.sitting(staff_of(programme, "order"), day) as desk:
                if self._has_to_order(desk, programme):
                    order_payments(desk, programme, (), None)

    def _has_to_order(self, desk: Desk, programme: str) -> bool:
        """Return whether a claim of a programme waits for its payment."""
        claims = self.claims[programme]
        states = (read_claim(desk.act.connection, one, desk.size).claim.state for one in claims)
        return any(state in ("cleared", "failed") for state in states)


def _hand_in(desk: Desk, file: ClaimFile) -> str | None:
    """Return the id of a claim that is handed in, None where nothing is left to claim.

    A part of a year may ask for more than its own invoice gives: then it asks for all of that.
    """
    try:
        return submit(desk, file, ()).claim.claim
    except InvalidInputError as error:
        if error.code != "too_much":
            raise
        return submit(desk, structs.replace(file, asked_fen=None), ()).claim.claim
    except RuleViolationError as error:
        if error.code != "ineligible":
            raise
        return None


def _confirm(desk: Desk, read: Read) -> tuple[Mark, ...]:
    """Return that each item of a claim's check list is met, with a reason where it was not so."""
    items = compute_items(desk, desk.ground(read.claim.enterprise), read.claim)
    return tuple(
        Mark(item=one.item, verdict="met", reason=None if one.verdict == "met" else _CONFIRMED)
        for one in items
    )


_RETURNED: Final = ReturnRequest(items=(Remark(item="documents", reason="演示：缺银行回单"),))
_OBJECTION: Final = ObjectRequest(
    objector=Objector(name="演示异议人", phone="000-00000000", address="演示地址"),
    matter="演示：对金额有异议",
)


def play_claims(
    shell: Shell, snapshot: Snapshot, rulings: Mapping[str, Ruling], days: Days, *, split: bool
) -> int:
    """Return how many claims were made for what the rulings pay, all of them to their end.

    With `split` an enterprise claims for each of its invoices, else once for the year.
    """
    programmes = programmes_of(rules_of(snapshot.book))
    wanted = list(_wanted(programmes, rulings, split=split))
    what = Text("办理申请", "working on claims")
    with shell.progress(what, 5 * len(wanted)) as step:
        way = Way(shell, step)
        for programme in programmes:
            _appropriate(way, programme, rulings, days.applied.year)
            way.submit([one for one in wanted if one.programme == programme.id], days.applied)
        way.act("return", _RETURNED, days.applied, RETURNED_EACH)
        for programme in programmes:
            claims = way.claims.get(programme.id, [])[RETURNED_EACH - 1 :: RETURNED_EACH]
            _hand_in_again(way, claims, days.applied)
        cut = Marks(cuts=(CutMark(amount_fen=PART_FEN_MIN // 10, reason="演示：超出合同金额"),))
        way.act("cut", cut, days.checked, CUT_EACH)
        way.check(days.checked)
        way.act("approve", PaperRequest(document="演示批复"), days.checked)
        way.give_notice(days)
        way.pay(days.paid)
        _take_back(way, days.paid)
        way.close(days.paid)
    return sum(len(claims) for claims in way.claims.values())


def _wanted(
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
    """Yield invoices, and what is asked for them; None for all that the rules give."""
    fens = allocate(paid_fen, list(counted.values()))
    if not split or min(fens) < PART_FEN_MIN:
        yield tuple(counted), None
        return
    for invoice, fen in zip(counted, fens, strict=True):
        yield (invoice,), fen // PART_STEP_FEN * PART_STEP_FEN


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


def _hand_in_again(way: Way, claims: list[str], day: date) -> None:
    """Hand in again what was returned, for what it asked before."""
    with way.sitting("task-force-1", day) as desk:
        for claim in claims:
            read = read_claim(desk.act.connection, claim, desk.size)
            again = ClaimFile(
                enterprise=read.claim.enterprise,
                programme=read.claim.programme,
                invoices=read.claim.invoices,
                asked_fen=read.claim.asked_fen,
                claim=claim,
            )
            submit(desk, again, ())


def _take_back(way: Way, day: date) -> None:
    """Claim a part back of some claims, and record half of it as paid back."""
    assess = AssessRequest(amount_fen=10_000, document="演示追缴1号", reason="演示：发票红冲")
    way.act("assess", assess, day, TAKEN_BACK_EACH)
    for programme, claims in way.claims.items():
        with way.sitting(staff_of(programme, "recover"), day) as desk:
            for claim in claims[TAKEN_BACK_EACH - 1 :: TAKEN_BACK_EACH]:
                recover = RecoverRequest(
                    amount_fen=5_000, document="演示追缴1号", bank_reference=f"演示退回-{claim}"
                )
                do_act(desk, read_claim(desk.act.connection, claim, desk.size), "recover", recover)
