"""The way in: the home page, the language, and the page for addresses that are not there."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.datastructures import Cookie
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from portal.web.audience import ANYBODY, unknown_page
from portal.web.gate import LANGUAGE_COOKIE
from portal.web.menu import ACTING
from portal.web.page import SEE_OTHER, onward, page, told
from portal.web.visit import Visit, Visitor

# A year; it holds a choice between two words and nothing about anybody.
_LANGUAGE_S: Final = 365 * 86_400


@get("/", who=ANYBODY, sync_to_thread=True)
def home(visit: Visitor, done: FromQuery[str | None] = None) -> Response[Any]:
    """Return the public home page; whoever has signed in goes to where his work is."""
    if visit.session is not None:
        return onward(start_of(visit))
    return page(visit, "home.html", done=told(visit, done))


def start_of(visit: Visit) -> str:
    """Return where somebody's work begins."""
    if visit.has("task_force", "authority", "finance"):
        return "/queue"
    if visit.has("auditor"):
        return "/audit"
    if visit.enterprises:
        return f"/enterprise/{visit.acting_for}" if visit.acting_for else ACTING
    if visit.has("administrator"):
        return "/people"
    return "/account"


@get("/language/{language:str}", who=ANYBODY, enrolling=True, sync_to_thread=False)
def language(
    request: Request[Any, Any, Any], language: FromPath[str], back: FromQuery[str] = "/"
) -> Redirect:
    """Return to where the visitor was, in the language that he chose."""
    if language not in ("zh", "en"):
        raise unknown_page()
    cookie = Cookie(
        LANGUAGE_COOKIE,
        value=language,
        max_age=_LANGUAGE_S,
        httponly=True,
        secure=request.app.state.is_https,
        samesite="lax",
    )
    return Redirect(own_path(back), status_code=SEE_OTHER, cookies=[cookie])


def own_path(path: str) -> str:
    """Return an address within the site, the home page for any that leads elsewhere."""
    is_own = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_own and path.isprintable() and "\\" not in path else "/"


@get("/{rest:path}", who=ANYBODY, sync_to_thread=False)
def nowhere(rest: FromPath[str]) -> None:
    """Raise that there is no such page."""
    del rest
    raise unknown_page()


ROUTES: Final = [home, language, nowhere]
