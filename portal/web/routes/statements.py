"""An enterprise's statements: listed, taken away in five formats, confirmed or disputed."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from ledger.errors import LedgerError
from ledger.events import DisputedLine
from ledger.events.answers import DISPUTED_LINES_MAX
from portal.claims.ground import Ground
from portal.claims.reading import Viewer
from portal.enterprises.reading import list_statements, name_resource, read_standing_claims
from portal.statements.answering import charge_of, confirm_statement, dispute_statement
from portal.statements.file import read_file
from portal.web.audience import ENTERPRISE, EVERYBODY_BUT_ADMINISTRATORS, unknown_page
from portal.web.dossier import opened, page_of
from portal.web.downloads import attachment
from portal.web.errors import for_page, status_of
from portal.web.page import onward, told
from portal.web.visit import Visit, Visitor
from reports.formats import FORMATS, Format
from reports.issue import Issued
from reports.kinds import FORMS
from reports.register import find_issued
from reports.remake import remake_one, render_again
from reports.verification import find_latest
from vouchers.answers import STATUSES, Answer, Standing, stand
from vouchers.claims.calendar import WorkingDays

ROWS_MAX: Final = 50

_PATH: Final = "/enterprise/{enterprise:str}/statements"
_ONE: Final = f"{_PATH}/{{number:str}}"


@get(_PATH, who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def statements(
    visit: Visitor, enterprise: FromPath[str], show: FromQuery[str] = "", after: FromQuery[str] = ""
) -> Response[Any]:
    """Return the statements of an enterprise: all, those of a kind, or those to be answered."""
    with opened(visit, enterprise) as (ground, viewer):
        found = _list(ground, viewer)
    latest = find_latest(found[::-1])
    rows = [(one, _standing(visit, ground, one, latest)) for one in found]
    rows = [(one, how) for one, how in rows if show in ("", one.data.kind) or _is_open(show, how)]
    numbers = [one.data.statement for one, _ in rows]
    start = numbers.index(after) + 1 if after in numbers else 0
    some = rows[start : start + ROWS_MAX]
    return page_of(
        visit,
        "enterprise_statements.html",
        ground,
        rows=some,
        latest=latest,
        show=show,
        start=start,
        following=some[-1][0].data.statement if len(rows) > start + ROWS_MAX else "",
        kinds=sorted({one.data.kind for one in found}),
        forms=FORMS,
        statuses=STATUSES,
    )


@get(_ONE, who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def statement(
    visit: Visitor,
    enterprise: FromPath[str],
    number: FromPath[str],
    done: FromQuery[str | None] = None,
) -> Response[Any]:
    """Return one statement: what it is, its files, and what was answered to it."""
    return _show(visit, enterprise, number, done=told(visit, done))


@get(f"{_ONE}/file/{{form:str}}", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def statement_file(
    visit: Visitor, enterprise: FromPath[str], number: FromPath[str], form: FromPath[str]
) -> Response[bytes]:
    """Return a statement's file: the PDF as it was issued, other formats made again."""
    chosen: Format | None = next((one for one in FORMATS if one == form), None)
    if chosen is None:
        raise unknown_page()
    with opened(visit, enterprise) as (ground, viewer):
        issued = _read_seal(ground, _find(_list(ground, viewer), number))
    name = f"{issued.data.statement}.{chosen}"
    if chosen == "pdf":
        return attachment(read_file(visit.shell, issued), name)
    with visit.shell.auditing() as connection:
        content = remake_one(connection, issued)
    fonts = visit.shell.press().fonts
    return attachment(render_again(issued, content, chosen, fonts, visit.language), name)


@post(f"{_ONE}/confirm", who=ENTERPRISE, sync_to_thread=True)
def confirm(visit: Visitor, enterprise: FromPath[str], number: FromPath[str]) -> Response[Any]:
    """Confirm a statement."""
    try:
        confirm_statement(visit.shell, _own(visit, enterprise, number))
    except LedgerError as error:
        return _show(visit, enterprise, number, error=error)
    return onward(f"/enterprise/{enterprise}/statements/{number}", "acted")


@post(f"{_ONE}/dispute", who=ENTERPRISE, sync_to_thread=True)
def dispute(
    visit: Visitor,
    enterprise: FromPath[str],
    number: FromPath[str],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    """Dispute the lines of a statement for which a reason is given."""
    typed = _typed(data)
    try:
        lines = [
            DisputedLine(contract=line[0], resource=line[1], reason=reason)
            for line, reason in typed.items()
            if reason
        ]
        dispute_statement(visit.shell, _own(visit, enterprise, number), lines)
    except LedgerError as error:
        return _show(visit, enterprise, number, error=error, typed=typed)
    return onward(f"/enterprise/{enterprise}/statements/{number}", "acted")


def _typed(data: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Return the reason that was typed for each line of a statement, by contract and resource."""
    found = {}
    for place in range(DISPUTED_LINES_MAX):
        contract, resource, reason = (
            str(data.get(f"{name}-{place}", "")) for name in ("contract", "resource", "reason")
        )
        if contract and resource:
            found[contract, resource] = reason.strip()
    return found


def _own(visit: Visit, enterprise: str, number: str) -> str:
    """Return the number of a statement that is the enterprise's own, as its address says."""
    with opened(visit, enterprise) as (ground, viewer):
        return _find(_list(ground, viewer), number).data.statement


def _show(
    visit: Visit,
    enterprise: str,
    number: str,
    *,
    done: str | None = None,
    error: LedgerError | None = None,
    typed: Mapping[tuple[str, str], str] | None = None,
) -> Response[Any]:
    """Return the page of one statement."""
    with opened(visit, enterprise) as (ground, viewer):
        found = _list(ground, viewer)
        one = _read_seal(ground, _find(found, number))
    latest = find_latest(found[::-1])
    standing = _standing(visit, ground, one, latest)
    answer = ground.account.answers.get(number, Answer())
    charge = charge_of(ground, one.data.period) if one.data.kind == "compute" else None
    may_answer = standing is not None and standing.status != "confirmed"
    return page_of(
        visit,
        "enterprise_statement.html",
        ground,
        status=status_of(error) if error else 200,
        done=done,
        wrong=for_page(error, visit) if error else None,
        typed=typed or {},
        one=one,
        seal=one.seal,
        later=latest.get(number),
        standing=standing,
        statuses=STATUSES,
        answer=answer,
        lines=charge.lines if charge else (),
        is_as_issued=charge is not None and charge.amount_fen == one.data.total_fen,
        may_answer=may_answer and visit.acts_for(enterprise),
        resource=lambda code: name_resource(ground, code),
        forms=FORMS,
        formats=FORMATS,
    )


def _list(ground: Ground, viewer: Viewer) -> list[Issued]:
    """Return the statements that the visitor may see, the last issued first."""
    return list_statements(ground, read_standing_claims(ground, viewer), viewer)


def _find(found: list[Issued], number: str) -> Issued:
    """Return a statement among some; raises `RuleViolationError` (`unknown_page`)."""
    one = next((one for one in found if one.data.statement == number), None)
    if one is None:
        raise unknown_page()
    return one


def _read_seal(ground: Ground, one: Issued) -> Issued:
    """Return a statement with its seal, if it has one."""
    found = find_issued(ground.connection, one.data.statement, ground.size)
    return one if found is None else found.issued


def _standing(
    visit: Visit, ground: Ground, one: Issued, latest: Mapping[str, Issued]
) -> Standing | None:
    """Return how far the answer to a statement is, None for one that is not to be answered."""
    if one.data.kind != "compute" or one.data.statement in latest:
        return None
    answer = ground.account.answers.get(one.data.statement, Answer())
    return stand(one.data, answer, visit.today, WorkingDays(ground.book.calendars))


def _is_open(show: str, standing: Standing | None) -> bool:
    """Return whether those to be answered are asked for, and this is one of them."""
    return show == "open" and standing is not None and standing.is_open


ROUTES: Final = [statements, statement, statement_file, confirm, dispute]
