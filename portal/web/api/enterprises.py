"""One enterprise: its usage, what it could get, its papers, documents and vouchers."""

import io
from typing import Annotated, Final

from litestar import Response, Router, get, post
from litestar.params import Body, JSONBody, QueryParameter
from msgspec import Meta, Struct

from ledger.events.data import YEAR_MAX, YEAR_MIN
from ledger.personal import BankAccount, Contact
from portal.commands import (
    decide_command,
    document_commands,
    enterprise_commands,
    paper_commands,
    usage_command,
    voucher_commands,
)
from portal.enterprises.document_desk import file_bytes
from portal.enterprises.listed import list_enterprises
from portal.enterprises.waiting import list_waiting_for
from portal.options import ask
from portal.web.api.answer import answer
from portal.web.api.answers import claims, money, papers, rules
from portal.web.api.body import FILE, RawBody, Word, json_of
from portal.web.api.paging import LIMIT, After, Limit, page_of, usage_key
from portal.web.api.params import By, Enterprise, On, OneCode, OneMonth, OneYear, Programmes
from portal.web.audience import ENTERPRISE, EVERYBODY_BUT_ADMINISTRATORS, INSIDERS, TASK_FORCE
from portal.web.visit import Visitor
from vouchers.claims.papers_file import Papers
from vouchers.strict_json import decode

ENTERING: Final = ENTERPRISE | TASK_FORCE

Kind = Annotated[
    str, QueryParameter(pattern=r"^[a-z_]{1,60}$", description="What it is, such as contract.")
]
Ref = Annotated[
    str | None,
    QueryParameter(
        min_length=1, max_length=64, description="The contract, invoice or claim it belongs to."
    ),
]


Find = Annotated[
    str, QueryParameter(max_length=100, description="Only with these words in name or code.")
]


class VoucherAsked(Struct, frozen=True, kw_only=True):
    """Which voucher is taken out; the year of a claim made today where none is named."""

    programme: Word
    year: Annotated[int, Meta(ge=YEAR_MIN, le=YEAR_MAX)] | None = None


@get("", who=INSIDERS, sync_to_thread=True)
def list_all_enterprises(
    visit: Visitor, find: Find = "", limit: Limit = LIMIT, after: OneCode = None
) -> Response[papers.EnterprisePage]:
    """List every enterprise that the ledger names, by code."""
    return answer(list_enterprises(visit.shell, find, limit, after))


@get("/{enterprise:str}/waiting", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def list_what_waits_for_enterprise(
    visit: Visitor, enterprise: Enterprise
) -> Response[claims.WaitingForEnterprise]:
    """List claims sent back, drafts, statements to answer, and days that come near.

    A window that closes and a voucher that lapses are told from ten working days before; `is_last`
    from two.
    """
    return answer(list_waiting_for(visit.shell, enterprise, visit.today))


@get("/{enterprise:str}/usage", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def sum_usage_of_enterprise(
    visit: Visitor,
    *,
    enterprise: Enterprise,
    by: By = "month",
    month: OneMonth = None,
    limit: Limit = LIMIT,
    after: After = None,
) -> Response[papers.UsageSum]:
    """Sum an enterprise's usage exactly, in unit-seconds, ordered by the keys shown."""
    data = ask(usage_command.usage, visit.shell, by=by, enterprise=enterprise, month=month)
    return answer(page_of(data, usage_key, limit, after))


@get("/{enterprise:str}/decision", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def decide_on_enterprise(
    visit: Visitor,
    enterprise: Enterprise,
    year: OneYear = None,
    on: On = None,
    programmes: Programmes = None,
) -> Response[rules.Ruling]:
    """Decide what each programme would pay the enterprise, as the ledger knows its case."""
    data = ask(
        decide_command.decide,
        visit.shell,
        enterprise=enterprise,
        year=year,
        on=on,
        programmes=tuple(programmes or ()),
    )
    return answer(data)


@get("/{enterprise:str}/papers", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def list_papers(
    visit: Visitor, enterprise: Enterprise, on: On = None
) -> Response[papers.PaperList]:
    """List an enterprise's papers as amended and corrected, and what is left of them."""
    return answer(ask(paper_commands.list_, visit.shell, enterprise=enterprise, on=on))


@get("/{enterprise:str}/documents", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def list_documents(
    visit: Visitor, enterprise: Enterprise, limit: Limit = LIMIT, after: After = None
) -> Response[papers.DocumentPage]:
    """List an enterprise's documents in the order in which they were filed."""
    data = ask(document_commands.list_, visit.shell, enterprise=enterprise)
    return answer(page_of(data, _document_key, limit, after))


def _document_key(row: dict[str, str | None]) -> str:
    """Return by what a filing is known: the document, and as what it was filed."""
    return "/".join((str(row["sha256"]), str(row["kind"]), row["ref"] or ""))


@post(
    "/{enterprise:str}/documents",
    who=ENTERING,
    scope="claim",
    dto=RawBody,
    sync_to_thread=True,
)
def file_document(
    visit: Visitor,
    *,
    enterprise: Enterprise,
    data: Annotated[bytes, Body(media_type=FILE, description="PDF, OFD, XML, PNG or JPEG.")],
    kind: Kind,
    ref: Ref = None,
) -> Response[papers.DocumentRow]:
    """File a document; the same once more changes nothing."""
    return answer(file_bytes(visit.shell, enterprise, data, kind, ref))


@get("/{enterprise:str}/vouchers", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def list_vouchers(
    visit: Visitor, enterprise: Enterprise, limit: Limit = LIMIT, after: After = None
) -> Response[money.VoucherPage]:
    """List an enterprise's vouchers, by programme and year."""
    data = ask(voucher_commands.list_, visit.shell, enterprise=enterprise)
    return answer(page_of(data, lambda row: f"{row['programme']}/{row['year']}", limit, after))


@post(
    "/{enterprise:str}/vouchers",
    who=ENTERING,
    scope="claim",
    dto=json_of(VoucherAsked),
    sync_to_thread=True,
)
def take_voucher_out(
    visit: Visitor, enterprise: Enterprise, data: JSONBody[bytes], on: On = None
) -> Response[money.Granted]:
    """Take out an enterprise's voucher for a year; one that is there already stays as it is."""
    asked = decode(data, VoucherAsked)
    done = ask(
        voucher_commands.grant,
        visit.shell,
        enterprise=enterprise,
        programme=asked.programme,
        year=asked.year,
        on=on,
    )
    return answer(done)


@post(
    "/{enterprise:str}/contacts",
    who=ENTERING,
    scope="claim",
    dto=json_of(Contact),
    sync_to_thread=True,
)
def record_contact(
    visit: Visitor, enterprise: Enterprise, data: JSONBody[bytes]
) -> Response[papers.Kept]:
    """Record a contact of an enterprise: the log holds its digest, and nobody is shown it here."""
    file = io.BytesIO(data)
    return answer(ask(enterprise_commands.contact, visit.shell, code=enterprise, file=file))


@post(
    "/{enterprise:str}/bank-account",
    who=ENTERING,
    scope="claim",
    dto=json_of(BankAccount),
    sync_to_thread=True,
)
def set_bank_account(
    visit: Visitor, enterprise: Enterprise, data: JSONBody[bytes]
) -> Response[papers.Kept]:
    """Set the account that an enterprise is paid into: the log holds its digest alone."""
    file = io.BytesIO(data)
    return answer(ask(enterprise_commands.bank_account, visit.shell, code=enterprise, file=file))


@post("/papers", who=ENTERING, scope="claim", dto=json_of(Papers), sync_to_thread=True)
def enter_papers(visit: Visitor, data: JSONBody[bytes]) -> Response[papers.PapersRecorded]:
    """Enter the papers of an enterprise: all of them or, where one cannot be, none."""
    return answer(ask(paper_commands.add, visit.shell, file=io.BytesIO(data)))


ROUTER: Final = Router(
    "/enterprises",
    route_handlers=[
        list_all_enterprises,
        list_what_waits_for_enterprise,
        record_contact,
        set_bank_account,
        sum_usage_of_enterprise,
        decide_on_enterprise,
        list_papers,
        enter_papers,
        list_documents,
        file_document,
        list_vouchers,
        take_voucher_out,
    ],
    tags=["enterprises"],
)
