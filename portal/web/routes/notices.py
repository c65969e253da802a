"""Public notices: what is about to be paid to whom, and until when anybody may object."""

from typing import Any, Final, Literal

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from ledger.read import read_heads
from portal.payments.notice_board import list_posted, make_again, read_file_of, stage_of
from portal.web.audience import ANYBODY, unknown_page
from portal.web.page import page
from portal.web.visit import Visitor
from reports.notice_list import HOW_TO_OBJECT

# A screen or two.
NOTICES_MAX: Final = 20
# A screen; each line is made again from the papers of its enterprise.
LINES_MAX: Final = 30

FILES: Final[dict[str, tuple[Literal["csv", "xlsx"], str]]] = {
    "list.csv": ("csv", "text/csv"),
    "list.xlsx": (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}


@get("/notices", who=ANYBODY, sync_to_thread=True)
def notices(visit: Visitor, before: FromQuery[int | None] = None) -> Response[Any]:
    """Return the notices that were given last: those that run, then those that are over."""
    with visit.shell.reading() as connection:
        size = read_heads(connection)["book"].size
        posted, following = list_posted(connection, visit.shell.gathered, size, NOTICES_MAX, before)
    staged = [(one, one.stage(visit.today)) for one in posted]
    return page(
        visit,
        "notices_list.html",
        now=[row for row in staged if row[1] != "over"],
        over=[row for row in staged if row[1] == "over"],
        first="/notices" if before is not None else None,
        next=None if following is None else f"/notices?before={following}",
    )


@get("/notices/{notice:str}", who=ANYBODY, sync_to_thread=True)
def notice(visit: Visitor, notice: FromPath[str], after: FromQuery[int] = 0) -> Response[Any]:
    """Return a notice as the public read it, and how to object to it."""
    with visit.shell.reading() as connection:
        size = read_heads(connection)["book"].size
        stood = make_again(connection, notice, size, after, LINES_MAX)
    drawn = stood.notice
    last = drawn.lines[-1].line if drawn.lines else stood.lines
    return page(
        visit,
        "notices_show.html",
        notice=drawn,
        stage=stage_of(drawn.heading.first_day, drawn.last_day, visit.today),
        lines=drawn.lines,
        count=stood.lines,
        total_fen=stood.total_fen,
        how=HOW_TO_OBJECT,
        first=f"/notices/{notice}" if after else None,
        next=f"/notices/{notice}?after={last}" if last < stood.lines else None,
    )


@get("/notices/{notice:str}/{file:str}", who=ANYBODY, sync_to_thread=True)
def notice_file(visit: Visitor, notice: FromPath[str], file: FromPath[str]) -> Response[bytes]:
    """Return a notice's list as a spreadsheet."""
    if file not in FILES:
        raise unknown_page()
    form, media_type = FILES[file]
    content, name = read_file_of(visit.shell, notice, form)
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)


ROUTES: Final = [notices, notice, notice_file]
