"""Payments at the desk: order what was cleared, write the bank's file, read its answer.

A batch is what its orders' numbers begin with (`ledger.order_list`). An order pays into the account
that the claim names; after one that failed, into the enterprise's newest.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from ledger.claim_list import Place
from ledger.database import Connection
from ledger.errors import InvalidInputError, RuleViolationError
from ledger.events import ClaimFailed, ClaimOrdered, ClaimPaid, Data
from ledger.order_list import Ordered, list_orders, name_batches
from ledger.order_number import number_order
from ledger.period import parse_date
from ledger.personal import BankAccount
from ledger.read import read_heads
from ledger.text import Text
from ledger.topics import enterprise_topic
from ledger.trail import read_trail
from portal.acting import look
from portal.claims.batch import (
    Done,
    LeftOut,
    find_hindrance,
    find_waiting,
    page_waiting,
    programmes_of,
    refuse,
    refuse_all,
    require_role,
    why_not,
)
from portal.claims.desk import Desk
from portal.claims.reading import Read, read_claim, read_papers
from portal.claims.shortfall import find_shortfall
from portal.enterprises.names import read_names
from portal.payments.payee import read_accounts
from portal.shell import Shell
from vouchers.book import Book
from vouchers.claims.acts import record
from vouchers.claims.audit import find_repeat
from vouchers.claims.bank_answer import Answer, Answered, Standing, read_answer
from vouchers.claims.payment import (
    PURPOSE_LENGTH_MAX,
    Batch,
    Flaw,
    Order,
    find_flaws,
    make_batch,
    refusal,
)
from vouchers.claims.requests import FailRequest, PayRequest, Request
from vouchers.claims.table import Action


class Given(NamedTuple):
    """A batch of orders, on which claims they were given, and who was left out."""

    batch: str
    done: Done


class Recorded(NamedTuple):
    """What was recorded of a bank's answer.

    `repeated` are orders whose outcome stood in the book already, `missing` those of the same
    batches that are under way and not answered.
    """

    answer: Answer
    settled: tuple[Answered, ...]
    repeated: tuple[str, ...]
    flaws: tuple[Flaw, ...]
    missing: tuple[str, ...]


# --- order ---


def order_payments(desk: Desk, programme: str, claims: Sequence[str], batch: str | None) -> Given:
    """Return the batch in which the cleared and failed claims of a programme are ordered.

    A claim that the actor may not order, or that no bank could pay, is left out, or refused where
    it is named. Raises `RuleViolationError`: `not_allowed`, `unknown_claim`, `batch_known`,
    `nothing_to_order`.
    """
    require_role(desk, "finance", programme)
    reads = find_waiting(desk, ["cleared", "failed"], [programme], claims)
    given = _order_each(desk, programme, reads, batch)
    if claims and given.done.left_out:
        raise refuse(given.done.left_out)
    if not given.done.reads:
        raise _nothing(programme, given.done.left_out)
    return given


class Orderable(NamedTuple):
    """Some of the claims that wait for an order: what would be given, and after which more wait."""

    given: Given
    following: Place | None


def page_orderable(desk: Desk, programme: str, limit: int, after: Place | None = None) -> Orderable:
    """Return which of the claims that have waited longest could be ordered: a look records nothing.

    What each is worth now is worked out when it is ordered. Costs as many queries for thousands of
    claims as for one. Raises `RuleViolationError` (`not_allowed`).
    """
    require_role(desk, "finance", programme)
    reads, following = page_waiting(desk, ["cleared", "failed"], programme, limit, after)
    return Orderable(_order_each(desk, programme, reads, None, is_look=True), following)


def _order_each(
    desk: Desk, programme: str, reads: Sequence[Read], batch: str | None, *, is_look: bool = False
) -> Given:
    """Return the batch in which claims are ordered, and which of them cannot be and why."""
    name = _batch_name(desk, programme, batch)
    into = {one.claim.claim: one.papers.account_for(one.claim) for one in reads}
    connection, codes = desk.act.connection, {one.claim.enterprise for one in reads}
    names = (
        read_names(desk.act.shell, connection, codes, desk.size)
        if is_look
        else _names(connection, codes, desk.size)
    )
    held = read_accounts(
        desk.act.shell,
        [(one.claim.enterprise, account) for one in reads if (account := into[one.claim.claim])],
    )
    done = Done()
    for read in reads:
        claim, account = read.claim, into[read.claim.claim]
        number = number_order(name, len(done.reads) + 1)
        found = why_not(desk, read, "order", account)
        made: list[Data] = []
        if isinstance(found, Text):
            why: Text | None = found
        else:
            said = desk.setting(claim, "order", found).money(claim.amount_fen)
            made = [ClaimOrdered(**said, order=number, account_sha256=account)]
            why = find_hindrance(read, made) or _flaw(read, number, names, account, held)
            why = why or (None if is_look else find_shortfall(desk, claim))
        if why is None and claim.programme != programme:
            why = Text(f"属于 {claim.programme}", f"it is of {claim.programme}")
        if why is None:
            if not is_look:
                desk.append(read, made)
            done.reads.append(read)
        else:
            done.left_out.append(LeftOut(claim.claim, why))
    return Given(name, done)


def _flaw(
    read: Read,
    number: str,
    names: Mapping[str, str],
    account: str | None,
    held: Mapping[str, BankAccount],
) -> Text | None:
    """Return why no bank could pay a claim: no account, or another payee."""
    at = held.get(account or "")
    made = _order(read, number, names, (account, account, at))
    flaw = next(find_flaws([made]), None)
    if flaw is None:
        return None
    return Text(
        f"{flaw.message.zh}；{flaw.next_step.zh}", f"{flaw.message.en}; {flaw.next_step.en}"
    )


def _order(
    read: Read,
    number: str,
    names: Mapping[str, str],
    accounts: tuple[str | None, str | None, BankAccount | None],
) -> Order:
    """Return an order as it goes to the bank; `accounts`: as ordered, as held now, what it says."""
    claim, (ordered, now, account) = read.claim, accounts
    return Order(
        order=number,
        claim=claim.claim,
        enterprise=claim.enterprise,
        name=names[claim.enterprise],
        amount_fen=claim.amount_fen,
        purpose=f"{claim.programme} {claim.year} {claim.claim}"[:PURPOSE_LENGTH_MAX],
        ordered_sha256=ordered or "",
        account_sha256=now,
        account=account,
    )


def _names(connection: Connection, enterprises: Iterable[str], size: int) -> dict[str, str]:
    """Return what enterprises are called after the book's first entries."""
    codes = set(enterprises)
    book = Book(event for _, event in read_trail(connection, map(enterprise_topic, codes), size))
    return {code: book.account(code).name for code in codes}


def _batch_name(desk: Desk, programme: str, batch: str | None) -> str:
    """Return the name of a new batch: the one that is asked for, or the year's next.

    A letter stands before its number: eight digits in a row would be hidden as an account's are.
    """
    series = f"{programme}-{desk.day[:4]}-B"
    taken = name_batches(desk.act.connection, batch or series)
    if batch is None:
        names = (f"{series}{number}" for number in count(1))
        return next(one for one in names if one not in taken)
    if batch in taken:
        raise RuleViolationError(
            "batch_known",
            Text(f"批次 {batch} 已下达", f"the batch {batch} was ordered before"),
            Text("请另取编号，或不填 --batch", "choose another id, or leave --batch out"),
        )
    return batch


def _nothing(programme: str, left_out: Sequence[LeftOut]) -> RuleViolationError:
    """Return the refusal of a batch without an order."""
    what = Text(
        f"{programme} 没有您可下达付款的申请", f"no claim of {programme} waits for your order"
    )
    return refuse_all("nothing_to_order", what, left_out, ("cleared", programme))


# --- the bank's file ---


def prepare_batch(shell: Shell, batch: str) -> Batch:
    """Return the orders of a batch that are under way, with the accounts that they pay into.

    Raises `InvalidInputError`: `unknown_batch`, and `bad_batch` with each order that cannot be
    carried out; `RuleViolationError`: `batch_settled`.
    """
    with shell.reading() as connection:
        roster, actor = look(shell, connection)
        size = read_heads(connection)["book"].size
        orders = [
            one
            for one in list_orders(connection, batch=batch)
            if roster.holds(actor, "finance", one.programme)
        ]
        if not orders:
            raise unknown_batch(batch)
        reads = {
            one.order: read_claim(connection, one.claim, size)
            for one in orders
            if one.outcome == "open"
        }
        if not reads:
            raise _settled(batch)
        names = _names(connection, [one.claim.enterprise for one in reads.values()], size)
        newest = {one.claim.claim: _account_now(connection, one) for one in reads.values()}
    held = read_accounts(
        shell, [(one.claim.enterprise, newest[one.claim.claim]) for one in reads.values()]
    )
    made, days = [], []
    for number, read in reads.items():
        order, now = read.claim.order, newest[read.claim.claim]
        assert order is not None, read.claim
        days.append(parse_date(order.effective_on))
        made.append(_order(read, number, names, (order.account_sha256, now, held.get(now))))
    return make_batch(batch, made, min(days))


def _account_now(connection: Connection, read: Read) -> str:
    """Return the account that an order pays into, or the newest one if it was set since.

    One that was set before the order is not asked: the claim was reviewed with its own.
    """
    code, order = read.claim.enterprise, read.claim.order
    assert order is not None, read.claim
    ordered = order.account_sha256 or ""
    newest = read.papers.accounts.get(code, [ordered])[-1]
    at = max(index for index, event in read.events if isinstance(event.data, ClaimOrdered))
    then = read_papers(connection, code, at).accounts.get(code, [ordered])
    return ordered if newest in then else newest


def unknown_batch(batch: str) -> InvalidInputError:
    """Return the refusal of a batch that is not there, or not for whoever asks."""
    return InvalidInputError(
        "unknown_batch",
        Text(f"没有付款批次 {batch[:40]}", f"there is no payment batch {batch[:40]}"),
        Text("见 suanquan payment list", "see suanquan payment list"),
    )


def _settled(batch: str) -> RuleViolationError:
    """Return the refusal of a file that would have paid again."""
    return RuleViolationError(
        "batch_settled",
        Text(f"批次 {batch} 的指令都已有结果", f"every order of {batch} has its outcome already"),
        Text(
            "失败的申请请重新下达：suanquan payment order",
            "order the failed ones anew: suanquan payment order",
        ),
    )


# --- its answer ---


def record_answer(desk: Desk, rows: Sequence[Sequence[str]], *, partial: bool) -> Recorded:
    """Return what a bank's answer said, each outcome recorded that was not before.

    Raises what `read_answer` does; `bad_answer` too for an outcome that differs from the recorded
    one and for a claim that the actor may not act on, unless the rest is asked for.
    """
    connection = desk.act.connection
    orders = {one.order: one for one in list_orders(connection, programmes_of(desk, "finance"))}
    known = {name: Standing(one.claim, one.amount_fen) for name, one in orders.items()}
    answer = read_answer(rows, known, partial=partial)
    desk.look_up(row.reference for row in answer.paid)
    settled, repeated, flaws = [], [], list(answer.flaws)
    acts: list[tuple[Read, list[Data]]] = []
    for row in sorted((*answer.paid, *answer.failed)):
        read = read_claim(connection, row.claim, desk.size)
        stands = _outcome_of(read, row.order)
        if stands is not None and _says(stands, row):
            repeated.append(row.order)
            continue
        made = _settle(desk, read, row) if stands is None else _DIFFERS
        if isinstance(made, Text):
            flaws.append(Flaw(row.row, row.order, "not_recorded", made, _LEAVE_OUT))
        else:
            settled.append(row)
            acts.append((read, made))
    if flaws and not partial:
        raise refusal("bad_answer", sorted(flaws))
    for read, events in acts:
        desk.append(read, events)
    missing = _missing(orders, answer)
    return Recorded(answer, tuple(settled), tuple(repeated), tuple(sorted(flaws)), missing)


_DIFFERS = Text("账上已记的结果与此不同", "another outcome is recorded of it")
_LEAVE_OUT = Text("请与银行核对该笔，或去掉该行", "ask the bank about it, or leave the row out")


def _settle(desk: Desk, read: Read, row: Answered) -> list[Data] | Text:
    """Return the events of an order's outcome, or why they may not be."""
    action: Action = "pay" if row.result == "paid" else "fail"
    request: Request = PayRequest(bank_reference=row.reference, order=row.order)
    if action == "fail":
        reference = row.reference or None
        request = FailRequest(reason=row.reason, order=row.order, bank_reference=reference)
    found = why_not(desk, read, action)
    if isinstance(found, Text):
        return found
    made = record(request, desk.setting(read.claim, action, found))
    repeats = (
        find_repeat(desk.act.roster, desk.name, one, desk.transfers)
        for one in made
        if isinstance(one, ClaimPaid)
    )
    return find_hindrance(read, made) or next(repeats, None) or made


def _outcome_of(read: Read, order: str) -> ClaimPaid | ClaimFailed | None:
    """Return what is recorded of an order's outcome."""
    for _, event in read.events:
        if isinstance(event.data, ClaimPaid | ClaimFailed) and event.data.order == order:
            return event.data
    return None


def _says(stands: ClaimPaid | ClaimFailed, row: Answered) -> bool:
    """Return whether what is recorded is what a row of the answer says."""
    if isinstance(stands, ClaimPaid):
        return row.result == "paid" and stands.bank_reference == row.reference
    recorded = stands.reason, stands.bank_reference or ""
    return row.result == "failed" and recorded == (row.reason, row.reference)


def _missing(orders: Mapping[str, Ordered], answer: Answer) -> tuple[str, ...]:
    """Return the orders under way of the answered batches on which the bank says nothing."""
    said = {one.order for one in (*answer.paid, *answer.failed, *answer.unknown)}
    batches = {orders[one].batch for one in said}
    return tuple(
        name
        for name, one in sorted(orders.items())
        if one.outcome == "open" and one.batch in batches and name not in said
    )
