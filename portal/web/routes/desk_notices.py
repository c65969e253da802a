"""Public notices at the desk: draw one up, look at it as the public will, clear what stood."""

from datetime import date
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from ledger.claim_list import ClaimFilter, Place, Sum, render_place
from ledger.errors import LedgerError
from ledger.read import read_heads
from portal.acting import Act, acting, look, looking
from portal.claims.batch import Done, LeftOut, count_waiting, programmes_of
from portal.claims.desk import open_desk
from portal.claims.queue import sum_visible
from portal.claims.reading import Read, Viewer
from portal.enterprises.names import read_names
from portal.payments.notice_board import Stood, make_again, render_file
from portal.payments.notice_desk import (
    Asked,
    Drawn,
    clear,
    draw_notice,
    page_able,
)
from portal.payments.notice_list import Standing, list_standing
from portal.payments.notice_paper import issue_paper
from portal.statements.file import read_file
from portal.web.audience import AUTHORITY, OFFICIALS, unknown_page
from portal.web.downloads import attachment
from portal.web.entries import field_of, require_ticked, several
from portal.web.errors import for_page, status_of
from portal.web.page import onward, page, told
from portal.web.routes.claims import parse_after, words
from portal.web.visit import Visit, Visitor
from vouchers.claims.authorise import OFFICIALS as OFFICIAL_ROLES

NOTICES_MAX: Final = 20
"""Notices on a page."""

ROWS_MAX: Final = 30
"""Lines of a notice on a page."""

CHOICE_MAX: Final = 25
"""Claims of one notice that a person can look through; the others are on the next page."""

CLEARED_MAX: Final = 200
"""Claims on the page that says what was cleared."""

_FIELDS: Final = {
    "bad_words": "basis",
    "bad_date": "first_day",
    "no_calendar": "first_day",
}


class NoticeForm(msgspec.Struct):
    """A notice as it was typed; `step` says whether to look at it or to give it.

    `after` is the page of the list on which the claims were ticked.
    """

    claims: list[str] | str = ""
    basis: str = ""
    first_day: str = ""
    authority: str = ""
    objections: str = ""
    step: str = ""
    after: str = ""

    def asked(self, programme: str) -> Asked:
        """Return what is asked for; what is left empty has a default."""
        return Asked(
            programme=programme,
            basis=self.basis.strip(),
            first_day=self.first_day.strip() or None,
            authority=self.authority.strip() or None,
            objections=self.objections.strip() or None,
            claims=several(self.claims),
        )


@get("/desk/notices", who=OFFICIALS, sync_to_thread=True)
def notices(
    visit: Visitor, before: FromQuery[int | None] = None, done: FromQuery[str | None] = None
) -> Response[Any]:
    """Return what waits for a notice by programme, and the notices of the visitor's programmes."""
    with visit.shell.reading() as connection:
        roster, person = look(visit.shell, connection, alone=True)
        viewer = Viewer(roster, person)
        waiting = sum_visible(connection, viewer, ClaimFilter(["approved"]))
        size = read_heads(connection)["book"].size
        known = visit.shell.gathered
        found, following = list_standing(connection, known, size, NOTICES_MAX, before)
    mine = [one for one in found if _is_mine(visit, one.posted.programme)]
    groups: dict[str, list[Sum]] = {}
    for one in waiting:
        groups.setdefault(one.programme, []).append(one)
    phases = [(one, _phase(one, visit.today)) for one in mine]
    return page(
        visit,
        "desk_notices_list.html",
        groups=[
            (name, sum(one.claims for one in sums), sum(one.amount_fen for one in sums))
            for name, sums in sorted(groups.items())
        ],
        may_draw=lambda programme: roster.holds(person, "authority", programme),
        notices=phases,
        can_clear=roster.has(person, "authority")
        and any(phase == "to_clear" for _, phase in phases),
        first="/desk/notices" if before is not None else None,
        next=None if following is None else f"/desk/notices?before={following}",
        done=told(visit, done),
        **words(visit),
    )


def _is_mine(visit: Visit, programme: str) -> bool:
    """Return whether a visitor is an official of a programme."""
    return any(visit.rights.holds(visit.person, role, programme) for role in OFFICIAL_ROLES)


def _phase(one: Standing, today: date) -> str:
    """Return how far a notice is: its stage, or what has to be seen to."""
    if one.states["objected"]:
        return "objected"
    stage = one.posted.stage(today)
    return "to_clear" if stage == "over" and one.states["noticed"] else stage


# --- draw up ---


class Prepared(NamedTuple):
    """A page of what a notice may list, who is left out, what the enterprises are called.

    `waiting` is how many claims wait for a notice, `following` the place after which more of them
    come.
    """

    able: list[Read]
    left_out: list[LeftOut]
    names: dict[str, str]
    waiting: int
    following: Place | None


@get("/desk/notices/draw/{programme:str}", who=AUTHORITY, sync_to_thread=True)
def form(visit: Visitor, programme: FromPath[str], after: FromQuery[str] = "") -> Response[Any]:
    """Return the claims that may be listed, who is left out and why, and what a notice says."""
    return _form(visit, programme, NoticeForm(after=after))


@post("/desk/notices/draw/{programme:str}", who=AUTHORITY, sync_to_thread=True)
def draw(
    visit: Visitor,
    programme: FromPath[str],
    data: Annotated[NoticeForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    """Show the list as the public will read it, or give the notice and lead on to it."""
    is_look = data.step != "give"
    try:
        require_ticked(several(data.claims))
        with (looking if is_look else acting)(visit.shell) as act:
            drawn = draw_notice(open_desk(act), data.asked(programme))
    except LedgerError as error:
        return _form(visit, programme, data, error=error)
    if is_look:
        return _form(visit, programme, data, drawn)
    return onward(f"/desk/notices/{drawn.notice.heading.notice}", "acted")


def _form(
    visit: Visit,
    programme: str,
    typed: NoticeForm,
    drawn: Drawn | None = None,
    error: LedgerError | None = None,
) -> Response[Any]:
    """Return the form of a notice, with what was typed, and the list or what was wrong."""
    with looking(visit.shell) as act:
        found = _prepare(act, programme, parse_after(typed.after))
    ticked = set(several(typed.claims))
    here = f"/desk/notices/draw/{programme}"
    shown = [one.claim for one in found.able]
    return page(
        visit,
        "desk_notices_draw.html",
        200 if error is None else int(status_of(error)),
        programme=programme,
        typed=typed,
        rows=[
            (one, found.names[one.enterprise], not ticked or one.claim in ticked) for one in shown
        ],
        waiting=found.waiting,
        before=here if typed.after else None,
        after=f"{here}?after={render_place(found.following)}" if found.following else None,
        left_out=found.left_out,
        drawn=drawn.notice if drawn else None,
        wrong=for_page(error, visit) if error else None,
        field=field_of(error, _FIELDS) if error else "",
        **words(visit),
    )


def _prepare(act: Act, programme: str, after: Place | None) -> Prepared:
    """Return what a notice of a programme may list; there is no page for another's."""
    if not act.roster.holds(act.name, "authority", programme):
        raise unknown_page()
    desk = open_desk(act)
    able, left_out, following = page_able(desk, programme, CHOICE_MAX, after)
    codes = {one.claim.enterprise for one in able}
    names = read_names(act.shell, act.connection, codes, desk.size)
    waiting = count_waiting(desk, ["approved"], programme)
    return Prepared(able, left_out, names, waiting, following)


# --- a notice ---


@get("/desk/notices/{notice:str}", who=OFFICIALS, sync_to_thread=True)
def show(
    visit: Visitor,
    notice: FromPath[str],
    after: FromQuery[int] = 0,
    done: FromQuery[str | None] = None,
) -> Response[Any]:
    """Return a notice as it stood, and where each of its claims stands now."""
    stood = _read(visit, notice, max(after, 0), ROWS_MAX)
    heading, here = stood.notice.heading, f"/desk/notices/{notice}"
    lines = stood.notice.lines
    last = lines[-1].line if lines else stood.lines
    is_over = stood.notice.is_over(visit.today)
    return page(
        visit,
        "desk_notices_one.html",
        notice=stood.notice,
        lines=lines,
        claims=stood.claims,
        count=stood.lines,
        total_fen=stood.total_fen,
        is_over=is_over,
        can_clear=is_over and visit.rights.holds(visit.person, "authority", heading.programme),
        before=here if after else None,
        after=f"{here}?after={last}" if last < stood.lines else None,
        done=told(visit, done),
        **words(visit),
    )


def _read(visit: Visit, notice: str, after: int = 0, limit: int | None = None) -> Stood:
    """Return a notice of a programme of which the visitor is an official."""
    with visit.shell.reading() as connection:
        size = read_heads(connection)["book"].size
        stood = make_again(connection, notice, size, after, limit)
    if not _is_mine(visit, stood.notice.heading.programme):
        raise unknown_page()
    return stood


@get("/desk/notices/{notice:str}/list/{kind:str}", who=OFFICIALS, sync_to_thread=True)
def table(visit: Visitor, notice: FromPath[str], kind: FromPath[str]) -> Response[Any]:
    """Return the list of a notice as a table, made again as the public read it."""
    if kind not in ("csv", "xlsx"):
        raise unknown_page()
    form: Literal["csv", "xlsx"] = "csv" if kind == "csv" else "xlsx"
    raw = render_file(_read(visit, notice).notice, form, visit.language)
    return attachment(raw, f"{notice}.{kind}")


@post("/desk/notices/{notice:str}/statement", who=OFFICIALS, sync_to_thread=True)
def statement(visit: Visitor, notice: FromPath[str]) -> Response[Any]:
    """Return the list of a notice to be stamped and put up, issued now if it was not before."""
    issued = issue_paper(visit.shell, visit.rights, visit.person, notice)
    return attachment(read_file(visit.shell, issued), f"{issued.data.statement}.pdf")


@post("/desk/notices/clear", who=AUTHORITY, sync_to_thread=True)
def clear_all(visit: Visitor) -> Response[Any]:
    """Clear every claim whose notice is over and that nobody objects to; say which."""
    return _cleared(visit, None)


@post("/desk/notices/{notice:str}/clear", who=AUTHORITY, sync_to_thread=True)
def clear_one(visit: Visitor, notice: FromPath[str]) -> Response[Any]:
    """Clear what stood through one notice; say which claims could not be, and why."""
    return _cleared(visit, notice)


def _cleared(visit: Visit, notice: str | None) -> Response[Any]:
    """Return which claims were cleared now; sent again, there is nothing left to clear."""
    with acting(visit.shell) as act:
        desk = open_desk(act)
        done: Done = clear(desk, programmes_of(desk, "authority"), notice)
    shown = [one.claim for one in done.reads]
    return page(
        visit,
        "desk_notices_cleared.html",
        notice=notice,
        rows=shown[:CLEARED_MAX],
        count=len(shown),
        total_fen=sum(one.amount_fen for one in shown),
        left_out=done.left_out[:CLEARED_MAX],
        **words(visit),
    )


ROUTES: Final = [notices, form, draw, clear_all, show, table, statement, clear_one]
