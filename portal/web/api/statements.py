"""Settlement statements: list, download, answer, and whether a file is one as issued."""

import io
from typing import Annotated, Final

from litestar import Response, Router, get, post
from litestar.params import Body, JSONBody, QueryParameter
from msgspec import Meta, Struct

from portal.audit.statements import trace_statement
from portal.commands import answer_commands
from portal.commands.answer_commands import DisputeFile, SettlementFile
from portal.commands.trace_command import no_statement
from portal.options import ask
from portal.statements.files import (
    list_statements,
    read_statement,
    show_statement,
    verify_bytes,
)
from portal.statements.jobs import list_line_jobs, list_statement_lines
from portal.web.api.answer import answer
from portal.web.api.answers import papers as answers
from portal.web.api.body import FILE, RawBody, json_of
from portal.web.api.download import download
from portal.web.api.paging import LIMIT, After, IndexAfter, Limit, page_of
from portal.web.api.params import Enterprise, Named, OneEnterprise
from portal.web.audience import (
    ANYBODY,
    AUDITOR,
    ENTERPRISE,
    EVERYBODY_BUT_ADMINISTRATORS,
    INSIDERS,
    TASK_FORCE,
)
from portal.web.limits import STATEMENT_BYTES_MAX
from portal.web.visit import Visit, Visitor
from reports.formats import Format
from vouchers.strict_json import decode

ANSWERING: Final = ENTERPRISE | TASK_FORCE

Word = Annotated[str, Meta(max_length=500)]
Form = Annotated[Format, QueryParameter(name="format", description="Of the file.")]
Paper = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=200,
        description="The enterprise's own paper, where the task force enters it.",
    ),
]


Contract = Annotated[
    str, QueryParameter(max_length=100, description="Of the line; empty for use without a price.")
]
Resource = Annotated[str, QueryParameter(min_length=1, max_length=100, description="Of the line.")]


class Confirmation(Struct, frozen=True, kw_only=True):
    """That a statement is right; `document` is the paper, where the task force enters it."""

    document: Word | None = None


@get("/statements", who=INSIDERS, sync_to_thread=True)
def list_all_statements(
    visit: Visitor, enterprise: OneEnterprise = None, limit: Limit = LIMIT, after: After = None
) -> Response[answers.StatementPage]:
    """List every issued statement, by enterprise and in the order of issue."""
    data = list_statements(visit.shell, enterprise)
    return answer(page_of(data, lambda row: str(row["id"]), limit, after))


@get("/statements/{number:str}", who=INSIDERS, sync_to_thread=True)
def show_any_statement(visit: Visitor, number: Named) -> Response[answers.StatementRow]:
    """Show one issued statement."""
    return answer(show_statement(visit.shell, number, None))


@get("/statements/{number:str}/trace", who=AUDITOR, sync_to_thread=True)
def trace_any_statement(
    visit: Visitor, number: Named, limit: Limit = LIMIT, after: IndexAfter = None
) -> Response[answers.Trace]:
    """List what a statement was made from, down to its entries, the newest paper first."""
    return answer(trace_statement(visit.shell, number, limit, after))


@get("/statements/{number:str}/file", who=INSIDERS, media_type=FILE, sync_to_thread=True)
def download_any_statement(visit: Visitor, number: Named, form: Form = "pdf") -> Response[bytes]:
    """Return a statement's file: the PDF as issued, sealed where it is, or another format."""
    return download(read_statement(visit.shell, number, form, None), f"{number}.{form}")


@get(
    "/enterprises/{enterprise:str}/statements",
    who=EVERYBODY_BUT_ADMINISTRATORS,
    sync_to_thread=True,
)
def list_statements_of_enterprise(
    visit: Visitor, enterprise: Enterprise, limit: Limit = LIMIT, after: After = None
) -> Response[answers.StatementPage]:
    """List an enterprise's statements in the order of issue, with how far its answers are."""
    data = list_statements(visit.shell, enterprise)
    return answer(page_of(data, lambda row: str(row["id"]), limit, after))


@get(
    "/enterprises/{enterprise:str}/statements/{number:str}",
    who=EVERYBODY_BUT_ADMINISTRATORS,
    sync_to_thread=True,
)
def show_statement_of_enterprise(
    visit: Visitor, enterprise: Enterprise, number: Named
) -> Response[answers.StatementRow]:
    """Show one statement of an enterprise, with how far its answer is."""
    return answer(show_statement(visit.shell, number, enterprise))


@get(
    "/enterprises/{enterprise:str}/statements/{number:str}/lines",
    who=ENTERPRISE,
    sync_to_thread=True,
)
def list_lines_of_statement(
    visit: Visitor, enterprise: Enterprise, number: Named
) -> Response[answers.StatementLines]:
    """List the lines of an enterprise's own compute statement."""
    _require_own(visit, enterprise, number)
    return answer(list_statement_lines(visit.shell, enterprise, number))


@get(
    "/enterprises/{enterprise:str}/statements/{number:str}/jobs",
    who=ENTERPRISE,
    sync_to_thread=True,
)
def list_jobs_of_line(  # noqa: PLR0917 - a line's name, and a place in it
    visit: Visitor,
    enterprise: Enterprise,
    number: Named,
    contract: Contract,
    resource: Resource,
    limit: Limit = LIMIT,
    after: After = None,
) -> Response[answers.StatementJobs]:
    """List the jobs that a line of an enterprise's own statement sums, in the order of the log."""
    _require_own(visit, enterprise, number)
    name = contract, resource
    return answer(list_line_jobs(visit.shell, enterprise, number, name, limit, after))


@get(
    "/enterprises/{enterprise:str}/statements/{number:str}/file",
    who=EVERYBODY_BUT_ADMINISTRATORS,
    media_type=FILE,
    sync_to_thread=True,
)
def download_statement(
    visit: Visitor, enterprise: Enterprise, number: Named, form: Form = "pdf"
) -> Response[bytes]:
    """Return the file of an enterprise's statement."""
    return download(read_statement(visit.shell, number, form, enterprise), f"{number}.{form}")


@post(
    "/statements/{number:str}/confirmation",
    who=ANSWERING,
    scope="claim",
    dto=json_of(Confirmation),
    sync_to_thread=True,
)
def confirm_statement(
    visit: Visitor, number: Named, data: JSONBody[bytes]
) -> Response[answers.StatementAnswer]:
    """Confirm a compute statement for the enterprise that it is of."""
    document = decode(data, Confirmation).document
    return answer(ask(answer_commands.confirm, visit.shell, number=number, document=document))


@post(
    "/statements/{number:str}/dispute",
    who=ANSWERING,
    scope="claim",
    dto=json_of(DisputeFile),
    sync_to_thread=True,
)
def dispute_statement(
    visit: Visitor, number: Named, data: JSONBody[bytes], document: Paper = None
) -> Response[answers.StatementAnswer]:
    """Dispute lines of a compute statement, each with a reason."""
    file = io.BytesIO(data)
    return answer(
        ask(answer_commands.dispute, visit.shell, number=number, file=file, document=document)
    )


@post(
    "/statements/{number:str}/settlement",
    who=TASK_FORCE,
    scope="review",
    dto=json_of(SettlementFile),
    sync_to_thread=True,
)
def settle_dispute(
    visit: Visitor, number: Named, data: JSONBody[bytes]
) -> Response[answers.StatementAnswer]:
    """Settle the dispute about one line of a statement, for the task force."""
    return answer(ask(answer_commands.settle, visit.shell, number=number, file=io.BytesIO(data)))


@post(
    "/statements/verify",
    who=ANYBODY,
    scope="read",
    dto=RawBody,
    request_max_body_size=STATEMENT_BYTES_MAX,
    status_code=200,
    sync_to_thread=True,
)
def verify_statement(
    visit: Visitor,
    data: Annotated[bytes, Body(media_type=FILE, description="The PDF in hand.")],
) -> Response[answers.Verified]:
    """Say whether a PDF is a statement as issued, and whether a later one follows it."""
    return answer(verify_bytes(visit.shell, data))


def _require_own(visit: Visit, enterprise: str, number: str) -> None:
    """Raise `InvalidInputError` (`no_statement`) for whoever does not act for an enterprise."""
    if not visit.acts_for(enterprise):
        raise no_statement(number)


ROUTER: Final = Router(
    "/",
    route_handlers=[
        list_all_statements,
        show_any_statement,
        trace_any_statement,
        show_statement_of_enterprise,
        download_any_statement,
        list_statements_of_enterprise,
        list_lines_of_statement,
        list_jobs_of_line,
        download_statement,
        confirm_statement,
        dispute_statement,
        settle_dispute,
        verify_statement,
    ],
    tags=["statements"],
)
