"""Payments: order, hand to the bank, record its answer."""

import io
from typing import Annotated, Final, Literal

from litestar import Response, Router, get, post
from litestar.params import Body, JSONBody, QueryParameter
from msgspec import Struct

from portal.commands import payment_commands
from portal.commands.payment_commands import render_bank_file
from portal.options import ask
from portal.payments.payment_desk import prepare_batch
from portal.payments.payment_list import show_batch
from portal.web.api.answer import answer
from portal.web.api.answers import money as answers
from portal.web.api.body import FILE, RawBody, Word, json_of
from portal.web.api.download import download
from portal.web.api.paging import LIMIT, After, Limit, page_of
from portal.web.api.params import Named, On, OneProgramme
from portal.web.audience import FINANCE, INSIDERS
from portal.web.visit import Visitor
from vouchers.strict_json import decode

Form = Annotated[Literal["csv", "xlsx"], QueryParameter(name="format", description="Of the file.")]
Partial = Annotated[
    bool, QueryParameter(description="Record what is right, and name the rows that are not.")
]


class OrderAsked(Struct, frozen=True, kw_only=True):
    """Which claims are to be paid: every cleared one of a programme where none is named."""

    programme: Word
    claims: tuple[Word, ...] = ()
    batch: Word | None = None


@get("", who=INSIDERS, sync_to_thread=True)
def list_batches(
    visit: Visitor, limit: Limit = LIMIT, after: After = None, programme: OneProgramme = None
) -> Response[answers.BatchPage]:
    """List the payment batches that you may see, by name: how many are paid, failed, open."""
    data = ask(payment_commands.list_, visit.shell, programme=programme)
    return answer(page_of(data, lambda row: str(row["batch"]), limit, after))


@post("", who=FINANCE, scope="money", dto=json_of(OrderAsked), sync_to_thread=True)
def order_payments(
    visit: Visitor, data: JSONBody[bytes], on: On = None
) -> Response[answers.Ordered]:
    """Order the payment of every cleared claim of a programme, and of those that failed."""
    asked = decode(data, OrderAsked)
    done = ask(
        payment_commands.order,
        visit.shell,
        programme=asked.programme,
        claims=asked.claims,
        batch=asked.batch,
        on=on,
    )
    return answer(done)


@get("/{batch:str}", who=INSIDERS, sync_to_thread=True)
def show_payment_batch(
    visit: Visitor, batch: Named, limit: Limit = LIMIT, after: After = None
) -> Response[answers.Batch]:
    """Show a batch with its orders, and what became of each."""
    data = show_batch(visit.shell, batch)
    return answer(page_of(data, lambda row: str(row["order"]), limit, after))


@get("/{batch:str}/file", who=FINANCE, scope="money", media_type=FILE, sync_to_thread=True)
def download_bank_file(visit: Visitor, batch: Named, form: Form = "xlsx") -> Response[bytes]:
    """Return the orders of a batch that are under way as the bank takes them.

    The file holds account numbers, which are personal data.
    """
    made = render_bank_file(prepare_batch(visit.shell, batch), is_csv=form == "csv")
    return download(made, f"{batch}.{form}")


@post("/results", who=FINANCE, scope="money", dto=RawBody, status_code=200, sync_to_thread=True)
def record_bank_answer(
    visit: Visitor,
    *,
    data: Annotated[bytes, Body(media_type=FILE, description="The bank's file, CSV or XLSX.")],
    partial: Partial = False,
    on: On = None,
) -> Response[answers.BankAnswer]:
    """Record what a bank says became of its orders: all rows of the file, or none."""
    file = io.BytesIO(data)
    return answer(ask(payment_commands.results, visit.shell, file=file, partial=partial, on=on))


ROUTER: Final = Router(
    "/payments",
    route_handlers=[
        list_batches,
        show_payment_batch,
        order_payments,
        download_bank_file,
        record_bank_answer,
    ],
    tags=["payments"],
)
