"""Claims: a list for officials, one of an enterprise's own, what waits, and a claim by itself."""

from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from ledger.claim_list import ClaimFilter, Listed, Place, parse_place, render_place
from ledger.claim_state import STATES, State
from ledger.errors import LedgerError
from ledger.period import day_of
from ledger.read import read_heads
from portal.acting import look, looking
from portal.claims.desk import find_claim, open_desk
from portal.claims.queue import list_visible, list_waiting, listed_row
from portal.claims.reading import Viewer, headroom_of, render_claim
from portal.claims.words import name_item, tell_briefly, tell_items
from portal.enterprises.filing import name_kind
from portal.enterprises.names import read_names
from portal.web import figures
from portal.web.audience import EVERYBODY_BUT_ADMINISTRATORS, INSIDERS, OFFICIALS
from portal.web.dossier import opened, page_of
from portal.web.page import page, told
from portal.web.visit import Visit, Visitor
from vouchers.catalogue import find_programmes, name_programme
from vouchers.claims.progress import list_progress
from vouchers.claims.table import ACTION_NAMES, STATE_NAMES, Action

# A screen or two.
ROWS_MAX: Final = 50
# Each is folded from its events, and its enterprise's papers are read, to see whose turn it is.
WAITING_MAX: Final = 20
# A year's monthly invoices of two contracts; a claim may have 200.
INVOICES_MAX: Final = 24
# What most claims are done with; one that is objected to again and again has more.
HISTORY_MAX: Final = 30

_ACTS: Final[tuple[Action, ...]] = (
    *("submit", "draft", "check", "approve", "settle", "notice", "clear", "order", "pay"),
    *("recover", "close", "return", "cut", "object", "fail", "assess", "reject", "withdraw"),
)
"""What leads a claim on comes first, what ends it last."""


class Asked(NamedTuple):
    """The filters of a list, as the address names them."""

    standing: str = ""
    programme: str = ""
    enterprise: str = ""
    year: str = ""

    def filter(self) -> ClaimFilter:
        """Return what is asked for; what is no state, programme or year leaves the choice open."""
        states: list[State] = [one for one in STATES[1:] if one == self.standing]
        known = [self.programme] if self.programme else None
        year = int(self.year) if self.year.isdecimal() and len(self.year) == len("2022") else None
        return ClaimFilter(states or None, known, self.enterprise or None, year)

    def query(self, after: str = "") -> str:
        """Return the address of a page of this list."""
        said = {**self._asdict(), "after": after}
        return "?" + urlencode({name: value for name, value in said.items() if value})


@get("/claims", who=INSIDERS, sync_to_thread=True)
def claims(  # noqa: PLR0917 - each is a filter of the address
    visit: Visitor,
    standing: FromQuery[str] = "",
    programme: FromQuery[str] = "",
    enterprise: FromQuery[str] = "",
    year: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Response[Any]:
    """Return the claims that an official or an auditor may see, by since when they stand so."""
    asked = Asked(standing, programme, enterprise.strip().upper(), year)
    start = parse_after(after)
    with visit.shell.reading() as connection:
        roster, person = look(visit.shell, connection, alone=True)
        size = read_heads(connection)["book"].size
        viewer = Viewer(roster, person)
        found = list_visible(connection, viewer, asked.filter(), ROWS_MAX + 1, start)
        names = read_names(visit.shell, connection, {one.enterprise for one in found}, size)
    shown = found[:ROWS_MAX]
    values = {
        "asked": asked,
        "rows": [_row(one, names) for one in shown],
        "first": asked.query() if start else None,
        "next": asked.query(render_place(shown[-1].place)) if len(found) > ROWS_MAX else None,
        "states": STATES[1:],
        "programmes": [one.id for one in find_programmes()],
        **words(visit),
    }
    return page(visit, "claims_list.html", **values)


@get("/enterprise/{enterprise:str}/claims", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def of_enterprise(
    visit: Visitor,
    enterprise: FromPath[str],
    after: FromQuery[str] = "",
    done: FromQuery[str | None] = None,
) -> Response[Any]:
    """Return an enterprise's claims."""
    start, asked = parse_after(after), Asked(enterprise=enterprise)
    with opened(visit, enterprise) as (ground, viewer):
        found = list_visible(ground.connection, viewer, asked.filter(), ROWS_MAX + 1, start)
    shown = found[:ROWS_MAX]
    values = {
        "rows": [listed_row(one) for one in shown],
        "first": start is not None,
        "next": f"?after={render_place(shown[-1].place)}" if len(found) > ROWS_MAX else None,
        "may_begin": visit.acts_for(enterprise) or visit.has("task_force"),
        "done": told(visit, done),
        **words(visit),
    }
    return page_of(visit, "claims_of_enterprise.html", ground, **values)


def parse_after(after: str) -> Place | None:
    """Return after which claim a list goes on; from its beginning where the address is wrong."""
    try:
        return parse_place(after) if after else None
    except LedgerError:
        return None


def _row(one: Listed, names: dict[str, str]) -> dict[str, Any]:
    """Return a claim of a list with its enterprise's name."""
    return {**listed_row(one), "name": names[one.enterprise]}


def words(visit: Visit) -> dict[str, Any]:
    """Return the names of states, acts and programmes for a template."""
    return {
        "name_state": lambda state: begin(visit.say(STATE_NAMES[state])),
        "name_action": lambda action: begin(visit.say(ACTION_NAMES[action])),
        "name_programme": lambda programme: visit.say(name_programme(programme)),
    }


def begin(words: str) -> str:
    """Return words as they stand at the beginning of a line."""
    return words[:1].upper() + words[1:]


@get("/queue", who=OFFICIALS, sync_to_thread=True)
def queue(
    visit: Visitor,
    programme: FromQuery[str] = "",
    after: FromQuery[str] = "",
    done: FromQuery[str | None] = None,
) -> Response[Any]:
    """Return what waits for an official, whatever has waited longest first."""
    start, today = parse_after(after), day_of(visit.at_ms)
    wanted = ClaimFilter(programmes=[programme] if programme else None)
    with visit.shell.reading() as connection:
        roster, person = look(visit.shell, connection, alone=True)
        size = read_heads(connection)["book"].size
        viewer, known = Viewer(roster, person), visit.shell.papers
        found = list_waiting(connection, viewer, known, today, size, WAITING_MAX + 1, wanted, start)
        names = read_names(visit.shell, connection, {one["enterprise"] for one in found}, size)
    rows = found[:WAITING_MAX]
    following = None
    if len(found) > WAITING_MAX:
        last = f"{rows[-1]['since']}/{rows[-1]['id']}"
        following = Asked(programme=programme).query(last)
    values = {
        "rows": [{**one, "name": names[one["enterprise"]]} for one in rows],
        "programme": programme,
        "programmes": _own_programmes(visit),
        "first": Asked(programme=programme).query() if start else None,
        "next": following,
        "done": told(visit, done),
        **words(visit),
    }
    return page(visit, "claims_queue.html", **values)


def _own_programmes(visit: Visit) -> list[str]:
    """Return the programmes that an official's roles are for, all where one is for all."""
    grants = visit.rights.grants.get(visit.person, ())
    scopes = {one.scope for one in grants if one.role in OFFICIALS}
    return [one.id for one in find_programmes() if None in scopes or one.id in scopes]


@get("/claims/{claim:str}", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def show(
    visit: Visitor,
    claim: FromPath[str],
    invoices: FromQuery[int] = 0,
    done: FromQuery[str | None] = None,
) -> Response[Any]:
    """Return a claim: where it stands, its papers and history, and what may be done with it."""
    with looking(visit.shell) as one:
        desk = open_desk(one)
        read = find_claim(desk, claim)
        viewer = Viewer(one.roster, one.name)
        shown = render_claim(read, viewer, day_of(visit.at_ms), visit.language)
        ground = desk.ground(read.claim.enterprise)
        headroom = headroom_of(one.connection, read.claim, viewer, ground.vouchers())
    first = max(invoices, 0)
    numbers = shown["invoices"][first : first + INVOICES_MAX]
    more = len(shown["invoices"]) > first + INVOICES_MAX
    progress = list_progress((event.data for _, event in read.events), read.claim.state)
    values = {
        "claim": shown,
        "name": ground.account.name or read.claim.enterprise,
        "firm": ground.account.name,
        "progress": progress,
        "headroom": headroom,
        "invoices": [(one, ground.account.invoices.get(one)) for one in numbers],
        "invoices_next": f"?invoices={first + INVOICES_MAX}" if more else None,
        "invoices_first": f"/claims/{claim}" if first else None,
        "documents": ground.documents(shown["documents"]),
        "history": _history(shown["history"]),
        "acts": sorted(shown["may"], key=_ACTS.index),
        "inside": viewer.is_insider(),
        "done": told(visit, done),
        "name_kind": name_kind,
        "tell_briefly": lambda row: tell_briefly(row, lambda day: figures.day(day, visit.language)),
        "tell_items": lambda row: tell_items(visit.say, row),
        "name_item": lambda row: name_item(visit.say, row),
        **words(visit),
    }
    return page(visit.about(read.claim.enterprise), "claims_show.html", **values)


def _history(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what was done, newest first; of a draft that was saved again and again, the last."""
    kept = [
        one
        for one, following in zip(rows, [*rows[1:], None], strict=True)
        if one["action"] != "draft" or following is None or following["action"] != "draft"
    ]
    return kept[::-1][:HISTORY_MAX]


ROUTES: Final = [claims, of_enterprise, queue, show]
