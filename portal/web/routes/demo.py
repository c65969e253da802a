"""The demo's own door: come in as any of its people by a click. No other portal has it."""

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from ledger.text import Text
from portal.accounts.people import TITLES
from portal.demo.door import enter, list_people
from portal.demo.people import HELPER
from portal.web.audience import ANYBODY
from portal.web.cookies import keep
from portal.web.page import onward, page
from portal.web.visit import Visitor
from vouchers.catalogue import name_programme

TASKS: Final = {
    "enterprise": Text(
        "补正被退回的申请、继续草稿，看用量、可获补贴和结算单",
        "mend the claim that was returned, go on with the draft; usage, what could come back,"
        " statements to answer",
    ),
    "task_force": Text(
        "初审待办的申请；报表、政策测算", "review what waits; reports, other rules tried out"
    ),
    HELPER: Text(
        "协助企业录入材料和申请，所以不参加其初审；登记企业、政策测算",
        "helps enterprises with papers and claims, and so reviews none of them; register an"
        " enterprise, try other rules out",
    ),
    "authority": Text(
        "批准已初审的申请，公示、处理异议",
        "approve what was reviewed, give notice, settle objections",
    ),
    "finance": Text(
        "安排付款、登记银行结果；看资金", "order payments, record the bank's answers; see the funds"
    ),
    "auditor": Text(
        "从一张结算单追到用量记录，发起核对与重放",
        "follow a statement to its usage entries, start a check or a replay",
    ),
    "administrator": Text(
        "授予角色、发放开通链接；看不到资金页面",
        "grant roles, give links; sees no page about money",
    ),
}
"""What there is to do for each role; for the one who differs, by his name."""


@get("/demo", who=ANYBODY, enrolling=True, sync_to_thread=True)
def people(visit: Visitor) -> Response[Any]:
    """Return everybody of the demo, each with a button."""
    return page(
        visit,
        "demo.html",
        people=list_people(visit.shell),
        today=visit.today,
        tasks=TASKS,
        titles=TITLES,
        name_programme=name_programme,
    )


@post("/demo/{person:str}", who=ANYBODY, enrolling=True, status_code=200, sync_to_thread=True)
def come_in(
    request: Request[Any, Any, Any], visit: Visitor, person: FromPath[str]
) -> Response[Any]:
    """Return to where somebody's work begins, as that person."""
    return keep(onward("/"), enter(visit.shell, person, visit.at_ms), request.app.state)


DEMO_ROUTES: Final = [people, come_in]

ROUTES: Final[list[ControllerRouterHandler]] = []
"""Nothing of it is in a portal that is none of the demo's."""
