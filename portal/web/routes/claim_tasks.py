"""A claim as a task list that saves as it goes: programme, invoices, papers, account, hand in."""

import secrets
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from ledger.documents import DocumentStore
from ledger.errors import InvalidInputError, LedgerError
from ledger.money import parse_typed_yuan
from ledger.text import Text
from portal.acting import acting, looking
from portal.claims.desk import Desk, open_desk, require_may
from portal.claims.tasks import (
    Tasks,
    begin,
    find_prepared,
    hand_in_kept,
    keep,
    list_choices,
    list_invoices,
    look_at,
)
from portal.enterprises.filing import KINDS, What, file_documents, name_kind
from portal.web.audience import ENTERPRISE, TASK_FORCE
from portal.web.claim_forms import Said, number_in, seen_in
from portal.web.dossier import page_of
from portal.web.errors import for_page, status_of
from portal.web.limits import UPLOAD_BYTES_MAX
from portal.web.page import onward, told
from portal.web.plan_view import group_reasons, lines_of
from portal.web.routes.claims import words
from portal.web.visit import Visit, Visitor
from vouchers.claims.checklist import ITEMS
from vouchers.decision import tell_reason
from vouchers.names import STATUSES

CLAIMANTS: Final = ENTERPRISE | TASK_FORCE
"""Who puts a claim together: its enterprise, or the task force that assists it."""

# A page of two years' monthly invoices of four contracts, under 60 KB.
INVOICES_MAX: Final = 100

_PATH: Final = "/enterprise/{enterprise:str}/claims"
_FORM: Final = Body(media_type=RequestEncodingType.URL_ENCODED)

_SUBMIT: Final = "submit"


@get(f"{_PATH}/new", who=CLAIMANTS, sync_to_thread=True)
def new(visit: Visitor, enterprise: FromPath[str]) -> Response[Any]:
    """Return the programmes that a claim could be made to, with what each would give."""
    return _new(visit, enterprise, {})


@post(f"{_PATH}/new", who=CLAIMANTS, sync_to_thread=True)
def begun(
    visit: Visitor, enterprise: FromPath[str], data: Annotated[dict[str, Any], _FORM]
) -> Response[Any]:
    """Begin a claim: its draft is saved, and the task list is shown."""
    programme, request = str(data.get("programme", "")), str(data.get("request", ""))
    try:
        with acting(visit.shell, alone=True) as one:
            claim = begin(open_desk(one), enterprise, programme, request[:64]).claim.claim
    except LedgerError as error:
        return _new(visit, enterprise, data, error)
    return onward(_at(enterprise, claim), "saved")


def _new(
    visit: Visit, enterprise: str, said: Said, error: LedgerError | None = None
) -> Response[Any]:
    """Return the page on which a programme is chosen."""
    with looking(visit.shell) as one:
        desk = open_desk(one)
        choices, ground = list_choices(desk, enterprise), desk.ground(enterprise)
    values = {
        "choices": [(one, group_reasons(one.worth.reasons)) for one in choices],
        "request": str(said.get("request") or secrets.token_hex(16)),
        "chosen": said.get("programme", ""),
        "statuses": STATUSES,
        "error": for_page(error, visit) if error else None,
        **words(visit),
    }
    return page_of(visit, "claim_new.html", ground, _status(error), **values)


@get(f"{_PATH}/{{claim:str}}", who=CLAIMANTS, sync_to_thread=True)
def tasks(
    visit: Visitor, enterprise: FromPath[str], claim: FromPath[str], done: FromQuery[str] = ""
) -> Response[Any]:
    """Return what there is of a claim, and what is left to do."""
    with looking(visit.shell) as one:
        _, found = _open(open_desk(one), enterprise, claim)
        return _page(visit, "claim_tasks.html", found, done=told(visit, done))


@get(f"{_PATH}/{{claim:str}}/invoices", who=CLAIMANTS, sync_to_thread=True)
def invoices(visit: Visitor, enterprise: FromPath[str], claim: FromPath[str]) -> Response[Any]:
    """Return the enterprise's invoices: which are chosen, which count, and why not."""
    with looking(visit.shell) as one:
        desk, found = _open(open_desk(one), enterprise, claim)
        return _invoices(visit, desk, found)


@post(f"{_PATH}/{{claim:str}}/invoices", who=CLAIMANTS, sync_to_thread=True)
def chosen(
    visit: Visitor,
    request: Request[Any, Any, Any],
    enterprise: FromPath[str],
    claim: FromPath[str],
    data: Annotated[dict[str, Any], _FORM],
) -> Response[Any]:
    """Save which invoices are chosen; where the claim was sent back, go on to its summary."""
    partly = request.headers.get("hx-request") == "true"
    wanted = _many(data, "invoice")
    try:
        asked_fen = _asked(data)
    except LedgerError as error:
        return _refused(visit, enterprise, claim, data, error, partly=partly, wrong="asked")
    try:
        with acting(visit.shell, alone=True) as one:
            desk = open_desk(one)
            read = find_prepared(desk, enterprise, claim)
            if read.claim.state != "returned":
                read = keep(desk, read, wanted, asked_fen, seen_in(data))
            is_draft = read.claim.state == "draft"
            found = look_at(desk, read, wanted)
    except LedgerError as error:
        return _refused(visit, enterprise, claim, data, error, partly=partly)
    if partly:
        return _page(visit, "claim_saved.html", found, is_saved=is_draft, error=None)
    if is_draft:
        return onward(_at(enterprise, claim), "saved")
    said = {"invoice": wanted, **({"asked_fen": asked_fen} if asked_fen else {})}
    return onward(f"{_at(enterprise, claim)}/check?{urlencode(said, doseq=True)}")


def _refused(
    visit: Visit,
    enterprise: str,
    claim: str,
    said: Said,
    error: LedgerError,
    *,
    partly: bool,
    wrong: str = "",
) -> Response[Any]:
    """Return the form of the invoices again, or the note that stands in it, with the reason."""
    with looking(visit.shell) as one:
        desk, found = _open(open_desk(one), enterprise, claim, _many(said, "invoice"))
        if not partly:
            return _invoices(visit, desk, found, error, str(said.get("asked", "")), wrong=wrong)
        shown = for_page(error, visit)
        # Told within the page, which shows nothing of an answer that says it failed.
        return _page(visit, "claim_saved.html", found, is_saved=False, error=shown)


@get(f"{_PATH}/{{claim:str}}/papers", who=CLAIMANTS, sync_to_thread=True)
def papers(
    visit: Visitor, enterprise: FromPath[str], claim: FromPath[str], done: FromQuery[str] = ""
) -> Response[Any]:
    """Return the papers that are asked for, which are there, and where to add one."""
    with looking(visit.shell) as one:
        _, found = _open(open_desk(one), enterprise, claim)
        return _papers(visit, found, done=told(visit, done))


@post(
    f"{_PATH}/{{claim:str}}/papers",
    who=CLAIMANTS,
    request_max_body_size=UPLOAD_BYTES_MAX,
    sync_to_thread=True,
)
def filed(
    visit: Visitor,
    enterprise: FromPath[str],
    claim: FromPath[str],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """File papers for the claim, its contract, invoice or project: all that were sent, or none."""
    store = DocumentStore(visit.shell.settings.home)
    what = What(str(data.get("kind", "")), str(data.get("ref", "")).strip()[:200] or claim)
    try:
        sent = [one for one in _list(data.get("file")) if isinstance(one, UploadFile)]
        if not sent:
            raise _no_file()
        files = [(one.filename, one.file) for one in sent]
        with store.receiving(files) as staged, acting(visit.shell, alone=True) as one:
            desk = open_desk(one)
            require_may(desk, find_prepared(desk, enterprise, claim), _SUBMIT)
            file_documents(one, store, enterprise, staged, what)
    except LedgerError as error:
        with looking(visit.shell) as one:
            _, found = _open(open_desk(one), enterprise, claim)
            return _papers(visit, found, error=error, what=what)
    return onward(f"{_at(enterprise, claim)}/papers", "saved")


@get(f"{_PATH}/{{claim:str}}/check", who=CLAIMANTS, sync_to_thread=True)
def summary(
    visit: Visitor,
    enterprise: FromPath[str],
    claim: FromPath[str],
    invoice: FromQuery[list[str] | None] = None,
    asked_fen: FromQuery[int | None] = None,
) -> Response[Any]:
    """Return what will be claimed, step by step with clauses, before it is handed in."""
    with looking(visit.shell) as one:
        _, found = _open(open_desk(one), enterprise, claim, invoice, asked_fen)
        return _summary(visit, found)


@post(f"{_PATH}/{{claim:str}}/check", who=CLAIMANTS, sync_to_thread=True)
def hand_in(
    visit: Visitor,
    enterprise: FromPath[str],
    claim: FromPath[str],
    data: Annotated[dict[str, Any], _FORM],
) -> Response[Any]:
    """Hand the claim in, for the first time or again, on what the page had shown."""
    wanted, asked_fen = _many(data, "invoice"), number_in(data, "asked_fen")
    try:
        with acting(visit.shell, alone=True) as one:
            desk = open_desk(one)
            read = find_prepared(desk, enterprise, claim)
            hand_in_kept(desk, read, wanted, asked_fen, seen_in(data))
    except LedgerError as error:
        with looking(visit.shell) as one:
            _, found = _open(open_desk(one), enterprise, claim, wanted, asked_fen)
            return _summary(visit, found, error)
    return onward(f"/claims/{claim}", "acted")


# --- pages ---


def _open(
    desk: Desk,
    enterprise: str,
    claim: str,
    invoices: list[str] | None = None,
    asked_fen: int | None = None,
) -> tuple[Desk, Tasks]:
    """Return a claim that its visitor puts together; raises what `require_may` does."""
    read = find_prepared(desk, enterprise, claim)
    require_may(desk, read, _SUBMIT)
    return desk, look_at(desk, read, invoices, asked_fen)


def _page(
    visit: Visit,
    template: str,
    found: Tasks,
    status: int = 200,
    **more: Any,  # noqa: ANN401
) -> Response[Any]:
    """Return a page of the task list."""
    claim = found.read.claim
    values = {
        "claim": claim,
        "at": _at(claim.enterprise, claim.claim),
        "tasks": found,
        "seen": claim.events,
        "items": ITEMS,
        "error": None,
        **words(visit),
        **more,
    }
    return page_of(visit, template, found.ground, status, **values)


def _status(error: LedgerError | None) -> int:
    """Return the status of a page, which is an error's where one stands on it."""
    return int(status_of(error)) if error else 200


def _invoices(
    visit: Visit,
    desk: Desk,
    found: Tasks,
    error: LedgerError | None = None,
    asked: str | None = None,
    *,
    wrong: str = "",
) -> Response[Any]:
    """Return the page on which invoices are chosen; `wrong` is the field with the error."""
    lines = list_invoices(desk, found)
    values = {
        "lines": lines[:INVOICES_MAX],
        "more": max(0, len(lines) - INVOICES_MAX),
        "asked": asked,
        "wrong": wrong,
        "error": for_page(error, visit) if error else None,
        "tell": tell_reason,
    }
    return _page(visit, "claim_invoices.html", found, _status(error), **values)


def _papers(
    visit: Visit,
    found: Tasks,
    done: str | None = None,
    error: LedgerError | None = None,
    what: What | None = None,
) -> Response[Any]:
    """Return the page of papers; `what` are those that could not be filed."""
    account = found.ground.account
    records = [account.invoices[one] for one in found.chosen if one in account.invoices]
    values = {
        "contracts": list(dict.fromkeys(one.contract for one in records)),
        "kinds": KINDS,
        "name_kind": name_kind,
        "done": done,
        "what": what,
        "error": for_page(error, visit) if error else None,
    }
    return _page(visit, "claim_papers.html", found, _status(error), **values)


def _summary(visit: Visit, found: Tasks, error: LedgerError | None = None) -> Response[Any]:
    """Return the summary of what will be claimed."""
    worth = found.worth
    values = {
        "lines": lines_of(worth.steps) if worth else [],
        "whys": group_reasons(worth.reasons) if worth else [],
        "statuses": STATUSES,
        "error": for_page(error, visit) if error else None,
    }
    return _page(visit, "claim_check.html", found, _status(error), **values)


# --- what a form says ---


def _at(enterprise: str, claim: str) -> str:
    """Return the address of a claim's task list."""
    return f"/enterprise/{enterprise}/claims/{claim}"


def _many(said: Said, name: str) -> list[str]:
    """Return all answers to a question that may have several."""
    return [str(one) for one in _list(said.get(name))]


def _list(value: Any) -> list[Any]:  # noqa: ANN401 - what a form has under a name
    """Return one value or several as a list."""
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, list) else [value]


def _asked(said: Said) -> int | None:
    """Return what less is asked for than the rules give, None where it is all."""
    text = str(said.get("asked", "")).strip()
    return parse_typed_yuan(text) if text else None


def _no_file() -> InvalidInputError:
    """Return the refusal of a form without a file."""
    return InvalidInputError(
        "no_file",
        Text("没有选择文件", "no file was chosen"),
        Text("请选择一个或几个文件", "choose one or several files"),
    )


ROUTES: Final = [new, begun, tasks, invoices, chosen, papers, filed, summary, hand_in]
