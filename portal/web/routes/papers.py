"""An enterprise's papers: what is on record, what is entered by a form, which scans are filed."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery
from msgspec import Struct

from ledger.errors import LedgerError
from ledger.media import DOCUMENT_BYTES_MAX
from portal.claims.ground import Ground
from portal.enterprises.document_desk import file_uploads
from portal.enterprises.filing import KINDS, What, name_kind
from portal.enterprises.paper_entry import BadScanError, enter_typed
from portal.enterprises.paper_form import (
    CHOICES,
    FIELDS,
    PRICED,
    PRICES,
    SCANS,
    TITLES,
    field_of,
    read_form,
    without_place,
)
from portal.enterprises.paper_form import What as Paper
from portal.web.audience import ENTERPRISE, EVERYBODY_BUT_ADMINISTRATORS, TASK_FORCE, unknown_page
from portal.web.dossier import opened, page_of
from portal.web.entries import scans_of, texts_of
from portal.web.errors import for_page, status_of
from portal.web.limits import UPLOAD_BYTES_MAX
from portal.web.page import onward, told
from portal.web.paper_view import (
    LISTS,
    begun_with,
    known_numbers,
    known_of,
    personal_of,
    rows_of,
    traits_of,
)
from portal.web.visit import Visit, Visitor
from reports.compute import UNITS

ROWS_MAX: Final = 50

# The newest of each kind; the whole list is a step away.
ROWS_SHOWN: Final = 5

_ENTERING: Final = ENTERPRISE | TASK_FORCE
_PATH: Final = "/enterprise/{enterprise:str}/papers"


@get(_PATH, who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def papers(
    visit: Visitor, enterprise: FromPath[str], done: FromQuery[str | None] = None
) -> Response[Any]:
    """Return the newest papers of each kind, and the ways to add one."""
    with opened(visit, enterprise) as (ground, _):
        held = personal_of(ground)
    rows = {name: rows_of(ground, name) for name in LISTS}
    return page_of(
        visit,
        "enterprise_papers.html",
        ground,
        done=told(visit, done),
        lists=LISTS,
        rows={name: some[:ROWS_SHOWN] for name, some in rows.items()},
        counts={name: len(some) for name, some in rows.items()},
        held=held,
        known=known_of(ground),
        traits=traits_of(ground)[-ROWS_MAX:],
        may_enter=_may_enter(visit, enterprise),
        name_kind=name_kind,
    )


@get(f"{_PATH}/all/{{name:str}}", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def papers_of_kind(
    visit: Visitor, enterprise: FromPath[str], name: FromPath[str], after: FromQuery[str] = ""
) -> Response[Any]:
    """Return all papers of one kind, page by page."""
    if name not in LISTS:
        raise unknown_page()
    with opened(visit, enterprise) as (ground, _):
        rows = rows_of(ground, name)
    keys = [row.key for row in rows]
    start = keys.index(after) + 1 if after in keys else 0
    some = rows[start : start + ROWS_MAX]
    return page_of(
        visit,
        "enterprise_papers_all.html",
        ground,
        name=name,
        may_enter=_may_enter(visit, enterprise),
        title=LISTS[name],
        rows=some,
        start=start,
        following=some[-1].key if len(rows) > start + ROWS_MAX else "",
        name_kind=name_kind,
    )


@get(f"{_PATH}/new/{{what:str}}", who=_ENTERING, sync_to_thread=True)
def paper_form(
    visit: Visitor,
    *,
    enterprise: FromPath[str],
    what: FromPath[str],
    kind: FromQuery[str] = "",
    number: FromQuery[str] = "",
    contract: FromQuery[str] = "",
    invoice: FromQuery[str] = "",
) -> Response[Any]:
    """Return the form of a paper, of whichever kind, with what its address and the ledger say."""
    named = {"kind": kind, "number": number, "contract": contract, "invoice": invoice}
    paper = _paper(what)
    with opened(visit, enterprise) as (ground, _):
        typed = begun_with(ground, paper, named)
    return _form(visit, enterprise, paper, typed)


@post(f"{_PATH}/new/{{what:str}}", who=_ENTERING, sync_to_thread=True)
def enter_paper(
    visit: Visitor,
    enterprise: FromPath[str],
    what: FromPath[str],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Enter a paper with its scan; where it rests on one that is not there yet, say so."""
    kind = _paper(what)
    typed = texts_of(data)
    read = read_form(kind, enterprise, typed)
    if read.wrong:
        return _form(visit, enterprise, kind, typed, read.wrong)
    try:
        judged = enter_typed(visit.shell, read, scans_of(data) if kind in SCANS else [])
    except LedgerError as error:
        field = "scan" if isinstance(error, BadScanError) else field_of(kind, error)
        return _form(visit, enterprise, kind, typed, {field: without_place(error)})
    if judged.notices:
        told_of = (LedgerError(one.code, one.message, one.next_step) for one in judged.notices)
        warned = [for_page(without_place(one), visit) for one in told_of]
        return _form(visit, enterprise, kind, {}, warned=warned)
    return onward(f"/enterprise/{enterprise}/papers", "saved")


@get(f"{_PATH}/upload", who=_ENTERING, sync_to_thread=True)
def upload_form(visit: Visitor, enterprise: FromPath[str]) -> Response[Any]:
    """Return the form that files scans."""
    return _upload(visit, enterprise)


class Upload(Struct):
    """What the form of scans sends."""

    kind: str = ""
    ref: str = ""
    files: list[UploadFile] = []


@post(
    f"{_PATH}/upload",
    who=_ENTERING,
    request_max_body_size=UPLOAD_BYTES_MAX,
    sync_to_thread=True,
)
def upload(
    visit: Visitor,
    enterprise: FromPath[str],
    data: Annotated[Upload, Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """File scans, all of them or none."""
    sent = [(one.filename, one.file) for one in data.files if one.filename]
    try:
        file_uploads(visit.shell, enterprise, sent, What(data.kind, data.ref.strip() or None))
    except LedgerError as error:
        return _upload(visit, enterprise, data, error)
    return onward(f"/enterprise/{enterprise}/papers", "saved")


def _upload(
    visit: Visit, enterprise: str, typed: Upload | None = None, error: LedgerError | None = None
) -> Response[Any]:
    """Return the form that files scans, with what was typed."""
    with opened(visit, enterprise) as (ground, _):
        refs = known_numbers(ground)
    return page_of(
        visit,
        "enterprise_upload.html",
        ground,
        status=status_of(error) if error else 200,
        wrong=for_page(error, visit) if error else None,
        typed=typed or Upload(),
        kinds=KINDS,
        refs=refs,
        megabytes=DOCUMENT_BYTES_MAX // 1_000_000,
    )


def _form(
    visit: Visit,
    enterprise: str,
    what: Paper,
    typed: Mapping[str, str],
    wrong: Mapping[str, LedgerError] | None = None,
    *,
    warned: list[dict[str, str]] | None = None,
) -> Response[Any]:
    """Return the form of a paper, with what was typed and each error beside its field."""
    with opened(visit, enterprise) as (ground, _):
        pass
    names = {one.name: one.label for one in FIELDS[what]}
    wrongs = {name: for_page(error, visit, names) for name, error in (wrong or {}).items()}
    return page_of(
        visit,
        "enterprise_paper.html",
        ground,
        status=max((status_of(one) for one in (wrong or {}).values()), default=200),
        what=what,
        title=TITLES[what],
        fields=FIELDS[what],
        typed=typed,
        wrongs=wrongs,
        warned=warned,
        choices=CHOICES,
        known=_known(ground),
        priced=what in PRICED,
        prices=range(PRICES),
        resources=ground.book.resources,
        units=UNITS,
        scanned=what in SCANS,
        megabytes=DOCUMENT_BYTES_MAX // 1_000_000,
    )


def _known(ground: Ground) -> dict[str, list[str]]:
    """Return what a field offers: contracts, and the newest invoices, of which there are many."""
    account = ground.account
    return {
        "contract": list(account.contracts)[::-1][:ROWS_MAX],
        "invoice": list(account.invoices)[::-1][:ROWS_MAX],
    }


def _paper(what: str) -> Paper:
    """Return which paper an address names."""
    found = next((one for one in TITLES if one == what), None)
    if found is None:
        raise unknown_page()
    return found


def _may_enter(visit: Visit, enterprise: str) -> bool:
    """Return whether the visitor is shown the forms; the roster judges what they send."""
    return visit.acts_for(enterprise) or visit.has("task_force")


ROUTES: Final = [papers, papers_of_kind, paper_form, enter_paper, upload_form, upload]
