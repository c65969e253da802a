"""Programmes: which rules there are, which apply, what they decide on a case."""

from typing import Final

from litestar import Response, Router, get, post
from litestar.params import JSONBody

from portal.commands import adoption_commands, programme_commands
from portal.options import ask
from portal.runs.what_if import ChangeAsked, work_out_asked
from portal.web.api.answer import answer
from portal.web.api.answers import rules as answers
from portal.web.api.body import json_of
from portal.web.api.paging import LIMIT, After, Limit, page_of
from portal.web.api.params import Named, On, Programmes
from portal.web.audience import ANYBODY, SIGNED_IN, TASK_FORCE
from portal.web.visit import Visitor
from vouchers.case import Case
from vouchers.render import preview


@get("", who=ANYBODY, sync_to_thread=True)
def list_programmes(
    visit: Visitor, limit: Limit = LIMIT, after: After = None
) -> Response[answers.ProgrammePage]:
    """List every version of every programme, the higher level first; anybody may."""
    data = ask(programme_commands.list_, visit.shell)
    return answer(page_of(data, lambda row: f"{row['id']}/{row['version']}", limit, after))


@get("/adopted", who=ANYBODY, sync_to_thread=True)
def list_adopted(visit: Visitor) -> Response[answers.Adopted]:
    """List the rules that apply in this ledger, and whether this program has them as adopted."""
    return answer(ask(adoption_commands.adopted, visit.shell))


@get("/{programme:str}", who=ANYBODY, sync_to_thread=True)
def show_programme(visit: Visitor, programme: Named, on: On = None) -> Response[answers.Version]:
    """Show a version with every value, its clause and its grade of evidence; anybody may."""
    return answer(ask(programme_commands.show, visit.shell, programme_id=programme, on=on))


@post(
    "/preview",
    who=SIGNED_IN,
    scope="read",
    dto=json_of(Case),
    status_code=200,
    sync_to_thread=True,
)
def preview_case(
    visit: Visitor, data: JSONBody[bytes], programmes: Programmes = None
) -> Response[answers.Ruling]:
    """Decide on a case written by hand; nothing of it is kept."""
    return answer(preview(data, programmes or (), language=visit.language))


@post(
    "/what-if",
    who=TASK_FORCE,
    scope="read",
    dto=json_of(ChangeAsked),
    status_code=200,
    sync_to_thread=True,
)
def work_change_out(visit: Visitor, data: JSONBody[bytes]) -> Response[answers.Impact]:
    """Work out what other values of the rules would have cost; nothing of it is kept."""
    return answer(work_out_asked(visit.shell, data))


ROUTER: Final = Router(
    "/programmes",
    route_handlers=[
        list_programmes,
        list_adopted,
        show_programme,
        preview_case,
        work_change_out,
    ],
    tags=["programmes"],
)
