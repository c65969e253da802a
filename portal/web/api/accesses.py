"""Who read what of which enterprise, for auditors."""

from typing import Annotated, Final

from litestar import Response, Router, get
from litestar.params import QueryParameter

from portal.commands import access_commands
from portal.options import ask
from portal.web.api.answer import answer
from portal.web.api.answers import accesses as answers
from portal.web.api.paging import LIMIT, Limit
from portal.web.audience import AUDITOR
from portal.web.visit import Visitor

Before = Annotated[
    int | None,
    QueryParameter(ge=0, le=2**62, description="Go on below this entry: the `next` of a page."),
]
Person = Annotated[str, QueryParameter(max_length=64, description="Of this account alone.")]
Code = Annotated[str, QueryParameter(max_length=18, description="To what is this enterprise's.")]


@get("", who=AUDITOR, sync_to_thread=True)
def list_accesses(
    visit: Visitor,
    person: Person = "",
    enterprise: Code = "",
    before: Before = None,
    limit: Limit = LIMIT,
) -> Response[answers.AccessPage]:
    """List accesses, the newest first; a page may have fewer rows than asked and still a `next`."""
    asked = {"person": person, "enterprise": enterprise, "before": before, "limit": limit}
    return answer(ask(access_commands.list_, visit.shell, **asked))


ROUTER: Final = Router("/accesses", route_handlers=[list_accesses], tags=["logs"])
