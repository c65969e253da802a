"""Public notices: draw up, clear what stood through them, show them to anybody."""

from typing import Annotated, Final, Literal

from litestar import Response, Router, get, post
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct

from portal.commands import notice_commands
from portal.options import ask
from portal.payments.notice_board import read_file_of
from portal.payments.notice_paper import issue_paper
from portal.statements.files import show_statement
from portal.web.api.answer import answer
from portal.web.api.answers import claims as answers
from portal.web.api.answers import papers
from portal.web.api.body import FILE, Word, json_of
from portal.web.api.download import download
from portal.web.api.paging import LIMIT, After, Limit, page_of
from portal.web.api.params import Named, On, OneProgramme
from portal.web.audience import ANYBODY, AUTHORITY, OFFICIALS
from portal.web.visit import Visitor
from vouchers.strict_json import decode

Form = Annotated[Literal["csv", "xlsx"], QueryParameter(name="format", description="Of the file.")]


class NoticeAsked(Struct, frozen=True, kw_only=True):
    """What a notice is asked to say; what is left out has a default."""

    programme: Word
    basis: Annotated[Word, Meta(description="The paper that it rests on.")]
    first_day: Word | None = None
    notice: Word | None = None
    authority: Word | None = None
    objections: Annotated[Word | None, Meta(description="Where to object.")] = None
    claims: tuple[Word, ...] = ()
    published: Annotated[Word | None, Meta(description="Where a past notice stood.")] = None


class ClearAsked(Struct, frozen=True, kw_only=True):
    """Which notice is asked for; every one where none is named."""

    notice: Word | None = None


@get("", who=ANYBODY, sync_to_thread=True)
def list_notices(
    visit: Visitor, limit: Limit = LIMIT, after: After = None, programme: OneProgramme = None
) -> Response[answers.NoticePage]:
    """List the public notices by their first day; anybody may."""
    data = ask(notice_commands.list_, visit.shell, programme=programme)
    return answer(page_of(data, lambda row: str(row["notice"]), limit, after))


@get("/{notice:str}", who=ANYBODY, sync_to_thread=True)
def show_notice(visit: Visitor, notice: Named) -> Response[answers.Notice]:
    """Show a notice as it stood; anybody may."""
    return answer(ask(notice_commands.show, visit.shell, notice_id=notice))


@get("/{notice:str}/file", who=ANYBODY, media_type=FILE, sync_to_thread=True)
def download_notice(visit: Visitor, notice: Named, form: Form = "csv") -> Response[bytes]:
    """Return the list of a notice as a spreadsheet, as the public read it; anybody may."""
    return download(*read_file_of(visit.shell, notice, form))


@post("", who=AUTHORITY, scope="review", dto=json_of(NoticeAsked), sync_to_thread=True)
def draw_notice(visit: Visitor, data: JSONBody[bytes], on: On = None) -> Response[answers.Notice]:
    """Give public notice of the approved claims of a programme, for its working days."""
    asked = decode(data, NoticeAsked)
    done = ask(
        notice_commands.draw,
        visit.shell,
        programme=asked.programme,
        basis=asked.basis,
        first_day=asked.first_day,
        notice_id=asked.notice,
        authority=asked.authority,
        objections=asked.objections,
        claims=asked.claims,
        published=asked.published,
        on=on,
    )
    return answer(done)


@post(
    "/{notice:str}/statement", who=OFFICIALS, scope="review", status_code=200, sync_to_thread=True
)
def issue_notice_list(visit: Visitor, notice: Named) -> Response[papers.StatementRow]:
    """Issue the list of a notice as the paper to be stamped and put up, if it was not before."""
    issued = issue_paper(visit.shell, visit.rights, visit.person, notice)
    return answer(show_statement(visit.shell, issued.data.statement, None))


@post(
    "/clear",
    who=AUTHORITY,
    scope="review",
    dto=json_of(ClearAsked),
    status_code=200,
    sync_to_thread=True,
)
def clear_notices(
    visit: Visitor, data: JSONBody[bytes], on: On = None
) -> Response[answers.Cleared]:
    """Clear every claim whose notice is over and that nobody objects to, of one notice or all."""
    notice = decode(data, ClearAsked).notice
    return answer(ask(notice_commands.clear_, visit.shell, notice_id=notice, on=on))


ROUTER: Final = Router(
    "/notices",
    route_handlers=[
        list_notices,
        show_notice,
        download_notice,
        draw_notice,
        issue_notice_list,
        clear_notices,
    ],
    tags=["notices"],
)
