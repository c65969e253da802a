"""The menu: where each role goes, in the order in which it works."""

from typing import Final, NamedTuple

from ledger.text import Text
from portal.web.audience import (
    ADMINISTRATOR,
    AUDITOR,
    INSIDERS,
    OFFICIALS,
    TASK_FORCE,
    Audience,
)
from portal.web.visit import Visit


class Entry(NamedTuple):
    """A page of the menu: its address, its name, and who has it."""

    path: str
    name: Text
    who: Audience


class Link(NamedTuple):
    """A page of the menu as it is shown; `is_here` where the visitor is on it or under it."""

    path: str
    name: str
    is_here: bool


ENTERPRISES: Final = "/enterprises"

ONE_ENTERPRISE: Final = "/enterprise"

OF_STAFF: Final = (
    Entry("/queue", Text("待办", "Queue"), OFFICIALS),
    Entry("/claims", Text("申请", "Claims"), INSIDERS),
    Entry(ENTERPRISES, Text("企业", "Enterprises"), INSIDERS),
    Entry("/desk/notices", Text("公示", "Notices"), OFFICIALS),
    Entry("/desk/payments", Text("付款", "Payments"), OFFICIALS),
    Entry("/funds", Text("资金", "Funds"), INSIDERS),
    Entry("/what-if", Text("测算", "What if"), TASK_FORCE),
    Entry("/reports", Text("报表", "Reports"), INSIDERS),
    Entry("/audit", Text("审计", "Audit"), AUDITOR),
    Entry("/people", Text("账号", "People"), ADMINISTRATOR),
)

OF_ENTERPRISE: Final = (
    ("", Text("概况", "Overview")),
    ("/usage", Text("用量", "Usage")),
    ("/plan", Text("可获补贴", "What you could get")),
    ("/claims", Text("申请", "Claims")),
    ("/papers", Text("材料", "Papers")),
    ("/statements", Text("结算单", "Statements")),
)
"""Pages of one enterprise, under its address."""

ACTING: Final = "/acting"
"""Where whoever acts for several enterprises chooses one of them."""

OF_PUBLIC: Final = (
    ("/notices", Text("公示公告", "Public notices")),
    ("/verify", Text("结算单验真", "Verify a statement")),
    ("/statistics", Text("统计", "Statistics")),
)


def menu_of(visit: Visit) -> list[Link]:
    """Return the menu of a visitor; the public's for whoever has not signed in."""
    if visit.session is None or visit.session.state == "enrolling":
        pages = list(OF_PUBLIC)
    else:
        pages = [(one.path, one.name) for one in OF_STAFF if visit.has(*one.who)]
        if code := visit.acting_for:
            pages += [(f"/enterprise/{code}{path}", name) for path, name in OF_ENTERPRISE]
        elif visit.enterprises:
            pages.append((ACTING, Text("选择企业", "Choose an enterprise")))
    here = visit.path.partition("?")[0]
    best = max((path for path, _ in pages if _is_under(here, path)), key=len, default="")
    # An enterprise's pages stand one by one beside their list, not under it.
    if not best and _is_under(here, ONE_ENTERPRISE):
        best = ENTERPRISES
    return [Link(path, visit.say(name), path == best) for path, name in pages]


def _is_under(here: str, path: str) -> bool:
    """Return whether an address is a page or lies under it."""
    return here == path or here.startswith(f"{path}/")
