"""Payments at the desk: what waits for an order, the batches, the bank's file and its answer."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from ledger.claim_list import ClaimFilter, render_place
from ledger.errors import InvalidInputError, LedgerError
from ledger.read import read_heads
from ledger.text import Text
from portal.acting import Act, acting, look, looking
from portal.claims.batch import count_waiting
from portal.claims.desk import open_desk
from portal.claims.queue import sum_visible
from portal.claims.reading import Viewer
from portal.commands.payment_commands import render_bank_file
from portal.enterprises.names import read_names
from portal.payments.payment_desk import (
    Given,
    Recorded,
    order_payments,
    page_orderable,
    prepare_batch,
    record_answer,
)
from portal.payments.payment_list import (
    list_visible_batches,
    list_visible_orders,
    visible_programmes,
)
from portal.web.audience import FINANCE, OFFICIALS, unknown_page
from portal.web.downloads import attachment
from portal.web.entries import require_ticked, several
from portal.web.errors import for_page, status_of
from portal.web.limits import UPLOAD_BYTES_MAX
from portal.web.page import onward, page, told
from portal.web.routes.claims import parse_after, words
from portal.web.visit import Visit, Visitor
from reports.sheets import read_table
from vouchers.claims.spreadsheet import FILE_BYTES_MAX

ROWS_MAX: Final = 50
"""Batches, or orders of one, on a page."""

CHOICE_MAX: Final = 25
"""Claims of one batch that a person can look through; the others are on the next page."""


class OrderForm(msgspec.Struct):
    """The claims that were ticked, and the batch's name where it is to have its own.

    `after` is the page of the list on which they were ticked.
    """

    claims: list[str] | str = ""
    batch: str = ""
    after: str = ""


class AnswerForm(msgspec.Struct):
    """A bank's answer; `partial` where what is right is to be recorded without the rest."""

    file: UploadFile | None = None
    partial: str = ""


@get("/desk/payments", who=OFFICIALS, sync_to_thread=True)
def payments(visit: Visitor, done: FromQuery[str | None] = None) -> Response[Any]:
    """Return what waits for an order by programme, and the batches, the newest first."""
    with visit.shell.reading() as connection:
        roster, person = look(visit.shell, connection, alone=True)
        viewer = Viewer(roster, person)
        waiting = sum_visible(connection, viewer, ClaimFilter(("cleared", "failed")))
        size, mine = read_heads(connection)["book"].size, visible_programmes(roster, person)
        batches, more = visit.shell.batches.last(connection, size, mine, ROWS_MAX)
    groups: dict[str, dict[str, int]] = {}
    for one in waiting:
        row = groups.setdefault(one.programme, {"cleared": 0, "failed": 0, "total_fen": 0})
        row[one.state] += one.claims
        row["total_fen"] += one.amount_fen
    return page(
        visit,
        "payments_list.html",
        groups=sorted(groups.items()),
        may_order=lambda programme: roster.holds(person, "finance", programme),
        batches=batches[::-1],
        more=more,
        done=told(visit, done),
        **words(visit),
    )


# --- order ---


@get("/desk/payments/order/{programme:str}", who=FINANCE, sync_to_thread=True)
def preview(visit: Visitor, programme: FromPath[str], after: FromQuery[str] = "") -> Response[Any]:
    """Return what a batch of a programme would hold, and who would be left out and why."""
    return _preview(visit, programme, OrderForm(after=after))


@post("/desk/payments/order/{programme:str}", who=FINANCE, sync_to_thread=True)
def order(
    visit: Visitor,
    programme: FromPath[str],
    data: Annotated[OrderForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    """Order the payment of the claims that were ticked, and lead on to their batch."""
    claims = several(data.claims)
    try:
        require_ticked(claims)
        with acting(visit.shell) as act:
            given = order_payments(open_desk(act), programme, claims, data.batch.strip() or None)
    except LedgerError as error:
        return _preview(visit, programme, data, error)
    return onward(f"/desk/payments/batch/{given.batch}", "acted")


def _preview(
    visit: Visit, programme: str, typed: OrderForm, error: LedgerError | None = None
) -> Response[Any]:
    """Return what would be ordered now, with what was ticked and what was wrong."""
    with looking(visit.shell) as act:
        if not act.roster.holds(act.name, "finance", programme):
            raise unknown_page()
        desk = open_desk(act)
        given, following = page_orderable(desk, programme, CHOICE_MAX, parse_after(typed.after))
        waiting = count_waiting(desk, ["cleared", "failed"], programme)
        names = _names(act, given)
    ticked = set(several(typed.claims))
    here = f"/desk/payments/order/{programme}"
    shown = [one.claim for one in given.done.reads]
    return page(
        visit,
        "payments_order.html",
        200 if error is None else int(status_of(error)),
        programme=programme,
        batch=given.batch,
        typed=typed,
        rows=[(one, names[one.enterprise], not ticked or one.claim in ticked) for one in shown],
        total_fen=sum(one.amount_fen for one in shown),
        waiting=waiting,
        before=here if typed.after else None,
        after=f"{here}?after={render_place(following)}" if following else None,
        left_out=given.done.left_out,
        wrong=for_page(error, visit) if error else None,
        **words(visit),
    )


def _names(act: Act, given: Given) -> dict[str, str]:
    """Return the names of the enterprises that a batch pays."""
    codes = {one.claim.enterprise for one in given.done.reads}
    return read_names(act.shell, act.connection, codes, read_heads(act.connection)["book"].size)


# --- a batch ---


@get("/desk/payments/batch/{batch:str}", who=OFFICIALS, sync_to_thread=True)
def batch(
    visit: Visitor,
    batch: FromPath[str],
    after: FromQuery[str] = "",
    done: FromQuery[str | None] = None,
) -> Response[Any]:
    """Return the orders of a batch and what became of each."""
    with visit.shell.reading() as connection:
        roster, person = look(visit.shell, connection, alone=True)
        orders = list_visible_orders(connection, roster, person, batch)
        if not orders:
            raise unknown_page()
        (summed,) = list_visible_batches(connection, roster, person, batch=batch)
        shown = [one for one in orders if one.order > after][: ROWS_MAX + 1]
        size = read_heads(connection)["book"].size
        names = read_names(visit.shell, connection, {one.enterprise for one in shown}, size)
    here = f"/desk/payments/batch/{batch}"
    more = len(shown) > ROWS_MAX
    return page(
        visit,
        "payments_batch.html",
        batch=summed,
        rows=[(one, names[one.enterprise]) for one in shown[:ROWS_MAX]],
        may_pay=roster.holds(person, "finance", summed.programme),
        before=here if after else None,
        after=f"{here}?after={shown[ROWS_MAX - 1].order}" if more else None,
        done=told(visit, done),
        **words(visit),
    )


@get("/desk/payments/batch/{batch:str}/file/{kind:str}", who=FINANCE, sync_to_thread=True)
def bank_file(visit: Visitor, batch: FromPath[str], kind: FromPath[str]) -> Response[Any]:
    """Return the bank's file of a batch: the one place where account numbers are handed out."""
    if kind not in ("csv", "xlsx"):
        raise unknown_page()
    raw = render_bank_file(prepare_batch(visit.shell, batch), is_csv=kind == "csv")
    return attachment(raw, f"{batch}.{kind}")


# --- the bank's answer ---


@get("/desk/payments/answer", who=FINANCE, sync_to_thread=True)
def answer_form(visit: Visitor) -> Response[Any]:
    """Return the form that takes a bank's answer."""
    return page(visit, "payments_answer.html", recorded=None, rows=(), wrong=None, is_done=False)


@post(
    "/desk/payments/answer",
    who=FINANCE,
    request_max_body_size=UPLOAD_BYTES_MAX,
    sync_to_thread=True,
)
def answer(
    visit: Visitor,
    data: Annotated[AnswerForm, Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Record a bank's answer and return what each row came to; nothing where a row is wrong.

    The same file again changes nothing, so that the answer's own page may be loaded again.
    """
    recorded: Recorded | None = None
    error: LedgerError | None = None
    try:
        rows = read_table(_read_upload(data.file))
        try:
            with acting(visit.shell) as act:
                recorded = record_answer(open_desk(act), rows, partial=bool(data.partial))
        except InvalidInputError as refused:
            if refused.code != "bad_answer":
                raise
            error = refused
            with looking(visit.shell) as act:
                recorded = record_answer(open_desk(act), rows, partial=True)
    except LedgerError as refused:
        error = refused
    return page(
        visit,
        "payments_answer.html",
        200 if error is None else int(status_of(error)),
        recorded=recorded,
        rows=_rows(recorded) if recorded else (),
        wrong=for_page(error, visit) if error else None,
        is_done=error is None,
        **words(visit),
    )


def _read_upload(file: UploadFile | None) -> bytes:
    """Return the bytes of a file that was sent."""
    if file is None:
        raise InvalidInputError(
            "no_file",
            Text("没有选择文件", "no file was chosen"),
            Text("请选择银行回单，CSV 或 XLSX", "choose the bank's answer, CSV or XLSX"),
        )
    return file.file.read(FILE_BYTES_MAX + 1)


def _rows(recorded: Recorded) -> list[dict[str, Any]]:
    """Return what each row of an answer came to, by its number in the file."""
    rows: list[dict[str, Any]] = [
        {"row": one.row, "order": one.order, "claim": one.claim, "amount_fen": one.amount_fen}
        | {"kind": one.result, "told": one.reason or one.reference}
        for one in (*recorded.settled, *recorded.answer.unknown)
    ]
    again = set(recorded.repeated)
    rows += [
        {"row": one.row, "order": one.order, "claim": one.claim, "amount_fen": one.amount_fen}
        | {"kind": "repeated", "told": ""}
        for one in (*recorded.answer.paid, *recorded.answer.failed)
        if one.order in again
    ]
    rows += [
        {"row": one.row, "order": one.order, "claim": "", "amount_fen": None}
        | {"kind": "flawed", "told": one}
        for one in recorded.flaws
    ]
    return sorted(rows, key=lambda one: one["row"])


ROUTES: Final = [payments, preview, order, answer_form, answer, batch, bank_file]
