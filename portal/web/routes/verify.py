"""Verifying a statement: by the file, hashed where it lies, or by its hash."""

from typing import Any, Final

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from ledger.errors import LedgerError
from portal.statements.genuine import NUMBER_LENGTH_MAX, judge_file
from portal.web.audience import ANYBODY
from portal.web.errors import for_page, status_of
from portal.web.page import page
from portal.web.visit import Visit, Visitor


@get("/verify", who=ANYBODY, sync_to_thread=True)
def verify(
    visit: Visitor, number: FromQuery[str] = "", sha256: FromQuery[str] = ""
) -> Response[Any]:
    """Return whether a file is one of ours, where its hash is given."""
    return _answer(visit, number, sha256)


@get("/verify/{number:str}", who=ANYBODY, sync_to_thread=True)
def verify_number(
    visit: Visitor, number: FromPath[str], sha256: FromQuery[str] = ""
) -> Response[Any]:
    """Return the same for the number that a printed statement leads to."""
    return _answer(visit, number, sha256)


def _answer(visit: Visit, number: str, sha256: str) -> Response[Any]:
    """Return the page with what is told of a file."""
    number = number.strip()[:NUMBER_LENGTH_MAX]
    typed, found, wrong, status = sha256.strip(), None, None, 200
    try:
        with visit.shell.reading() as connection:
            found = judge_file(connection, typed, number) if typed else None
    except LedgerError as error:
        wrong, status = for_page(error, visit), status_of(error)
    sha256 = found.sha256 if found else typed
    return page(
        visit, "verify.html", status, number=number, sha256=sha256, found=found, error=wrong
    )


ROUTES: Final = [verify, verify_number]
