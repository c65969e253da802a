"""A demo's claims on their way through the desk: who does what with which of them, on which day.

Everything goes through the same functions as by hand, by people of the right roles. Claims of
different enterprises stand side by side in one transaction, in which each moves once.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Final, NamedTuple

from msgspec import structs

from ledger.claim_list import ClaimFilter, list_claims
from ledger.errors import InvalidInputError, RuleViolationError
from portal.acting import at_console
from portal.claims.acts import compute_items, do_act
from portal.claims.batch import read_each
from portal.claims.desk import Desk, act_on, open_desk
from portal.claims.reading import Read
from portal.claims.submit import submit
from portal.claims.tick import tick
from portal.demo.people import HELPER, staff_of
from portal.payments.notice_desk import Asked, clear, draw_notice
from portal.payments.payment_desk import order_payments
from portal.shell import Shell, Step
from vouchers.claims.claim_file import ClaimFile
from vouchers.claims.evidence import Item
from vouchers.claims.first_review import Mark, Marks, review
from vouchers.claims.fold import Claim
from vouchers.claims.requests import (
    FailRequest,
    Objector,
    ObjectRequest,
    PaperRequest,
    PayRequest,
    Request,
    SettleRequest,
)
from vouchers.claims.table import TABLE, Action

# Every so many claims something else happens than the straight way.
OBJECTED_EACH: Final = 25
FAILED_EACH: Final = 20
CLOSED_EACH: Final = 2

_CONFIRMED: Final = "演示：已核对原件"
_OBJECTION: Final = ObjectRequest(
    objector=Objector(name="演示异议人", phone="000-00000000", address="演示地址"),
    matter="演示：对金额有异议",
)


_Made = tuple[str, str]
"""A claim's id, and whose it is."""


Requested = Request | Callable[[str], Request]
"""What is asked of each claim: the same, or what its id is in."""


class Wanted(NamedTuple):
    """A claim that an enterprise will make, with the digests of its papers."""

    programme: str
    file: ClaimFile
    papers: tuple[str, ...] = ()


class Days(NamedTuple):
    """On which days the demo's people work; by the last one what nobody mended has lapsed."""

    applied: date
    checked: date
    noticed: date
    cleared: date
    paid: date
    lapsed: date


class Way:
    """The claims of a demo by programme, in the order in which they were handed in."""

    def __init__(self, shell: Shell, step: Step) -> None:
        self.shell = shell
        self._step = step
        self.claims: dict[str, list[_Made]] = {}

    @contextmanager
    def sitting(self, who: str | None, day: date) -> Iterator[Desk]:
        """Yield the desk of one person's work in one transaction, or of the scheduler's."""
        with at_console(self.shell) as act:
            act.actor = who
            yield open_desk(act, day.isoformat(), machine=who is None)

    def submit(self, wanted: list[Wanted], day: date) -> None:
        """Hand claims in, each enterprise's one after another."""
        while wanted:
            now = {one.file.enterprise: one for one in reversed(wanted)}
            wanted = [one for one in wanted if now[one.file.enterprise] is not one]
            with self.sitting(HELPER, day) as desk:
                for one in now.values():
                    claim = _hand_in(desk, one.file, one.papers)
                    if claim is not None:
                        made = self.claims.setdefault(one.programme, [])
                        made.append((claim.claim, claim.enterprise))
                    self._step(1)

    def hand_in_again(self, each: int, but: int, day: date) -> None:
        """Hand in again every so many claims, which were returned, but for every so many of those.

        Each asks for what it asked before.
        """
        for claims in self.claims.values():
            returned = claims[each - 1 :: each]
            mended = [one for number, one in enumerate(returned, 1) if number % but]
            with self.sitting(HELPER, day) as desk:
                for read in _read(desk, mended):
                    if read.claim.state == "returned":
                        submit(desk, _same_again(read.claim), ())

    def act(self, action: Action, request: Requested, day: date, each: int = 1) -> None:
        """Do an act on every so many claims on which it is possible."""
        for programme, claims in self.claims.items():
            with self.sitting(staff_of(programme, action), day) as desk:
                for read in _read(desk, claims[each - 1 :: each]):
                    if (read.claim.state, action) in TABLE:
                        asked = request(read.claim.claim) if callable(request) else request
                        do_act(desk, read, action, asked)
                        self._step(1)

    def check(self, day: date) -> None:
        """Conclude the first review of every claim: what was not computed so is confirmed."""
        for programme, claims in self.claims.items():
            with self.sitting(staff_of(programme, "check"), day) as desk:
                for read in _read(desk, claims):
                    if (read.claim.state, "check") in TABLE:
                        _conclude(desk, read)
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
                objected = _read(desk, claims[OBJECTED_EACH - 1 :: OBJECTED_EACH])
                for number, read in enumerate(objected):
                    _settle(desk, read, is_upheld=number % 2 == 1)
        for programme in self.claims:
            with self.sitting(staff_of(programme, "clear"), days.cleared) as desk:
                clear(desk, [programme])

    def pay(self, day: date) -> None:
        """Order every payment; some fail and are ordered again."""
        self._order(day)
        self.act("fail", FailRequest(reason="演示：户名不符"), day, FAILED_EACH)
        self.act("pay", _pay, day)
        self._order(day)
        self.act("pay", _pay, day)

    def _order(self, day: date) -> None:
        """Order the payments of each programme that has any to order."""
        for programme in self.claims:
            with self.sitting(staff_of(programme, "order"), day) as desk:
                waiting = ClaimFilter(states=("cleared", "failed"), programmes=(programme,))
                if list_claims(desk.act.connection, waiting, 1):
                    order_payments(desk, programme, (), None)

    def close(self, day: date) -> None:
        """Close every other claim of which nothing is to come back."""
        for programme, claims in self.claims.items():
            with self.sitting(staff_of(programme, "close"), day) as desk:
                for read in _read(desk, claims[::CLOSED_EACH]):
                    if read.claim.state == "paid" and not read.claim.receivable_fen:
                        do_act(desk, read, "close", PaperRequest())

    def lapse(self, day: date) -> None:
        """Let lapse what was returned and never mended, and what is left of the vouchers."""
        with self.sitting(None, day) as desk:
            tick(desk)


def _hand_in(desk: Desk, file: ClaimFile, papers: tuple[str, ...]) -> Claim | None:
    """Return a claim that is handed in, None where nothing is left to claim.

    A part of a year may ask for more than its own invoice gives: then it asks for all of that.
    """
    try:
        return submit(desk, file, papers).claim
    except InvalidInputError as error:
        if error.code != "too_much":
            raise
        return submit(desk, structs.replace(file, asked_fen=None), papers).claim
    except RuleViolationError as error:
        if error.code != "ineligible":
            raise
        return None


def _same_again(claim: Claim) -> ClaimFile:
    """Return the file by which a claim asks again for what it asked before."""
    return ClaimFile(
        enterprise=claim.enterprise,
        programme=claim.programme,
        invoices=claim.invoices,
        asked_fen=claim.asked_fen,
        claim=claim.claim,
    )


def _read(desk: Desk, claims: Sequence[_Made]) -> list[Read]:
    """Return claims as they stood when the desk was opened."""
    return read_each(desk.act.connection, claims, desk.size)


def _conclude(desk: Desk, read: Read) -> None:
    """Conclude the first review of a claim, whose check list is computed once."""
    items = compute_items(desk, desk.ground(read.claim.enterprise), read.claim)
    marks = _confirm(items)
    act_on(desk, read, "check", Marks(items=marks), items=review(items, marks))


def _confirm(items: Sequence[Item]) -> tuple[Mark, ...]:
    """Return that each item of a check list is met, with a reason where it was not so."""
    return tuple(
        Mark(item=one.item, verdict="met", reason=None if one.verdict == "met" else _CONFIRMED)
        for one in items
    )


def _pay(claim: str) -> PayRequest:
    """Return that the bank paid a claim, by a transfer of its own."""
    return PayRequest(bank_reference=f"演示回单-{claim}")


def _settle(desk: Desk, read: Read, *, is_upheld: bool) -> None:
    """Settle a claim's objection, if there is one; one that is upheld cuts a tenth."""
    for objection in read.claim.open_objections:
        settled = SettleRequest(
            objection=objection,
            outcome="upheld" if is_upheld else "dismissed",
            reason="演示：经核查",
            cut_fen=read.claim.reserved_fen // 10 if is_upheld else None,
        )
        do_act(desk, read, "settle", settled)
