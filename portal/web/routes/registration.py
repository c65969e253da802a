"""An enterprise is registered: its code, its name, where it is, and the scan of its licence."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body

from ledger.errors import LedgerError
from ledger.media import DOCUMENT_BYTES_MAX
from portal.enterprises.paper_entry import BadScanError, register_enterprise
from portal.enterprises.paper_form import CODE, FIELD_OF, FIELDS, read_registration, without_place
from portal.web.audience import TASK_FORCE
from portal.web.entries import scans_of, texts_of
from portal.web.errors import for_page, status_of
from portal.web.page import onward, page
from portal.web.visit import Visit, Visitor

_FIELDS: Final = (CODE, *FIELDS["registration"])

# Here the code is the enterprise's own, and no provider's.
_FIELD_OF: Final = {**FIELD_OF, "credit_code_form": CODE.name, "credit_code_check": CODE.name}


@get("/enterprises/new", who=TASK_FORCE, sync_to_thread=True)
def registration_form(visit: Visitor) -> Response[Any]:
    """Return the empty form of an enterprise."""
    return _form(visit, {})


@post("/enterprises/new", who=TASK_FORCE, sync_to_thread=True)
def register(
    visit: Visitor,
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Register an enterprise and lead on to its papers."""
    typed = texts_of(data)
    read = read_registration(typed)
    if read.wrong:
        return _form(visit, typed, read.wrong)
    try:
        register_enterprise(visit.shell, read, scans_of(data))
    except LedgerError as error:
        field = "scan" if isinstance(error, BadScanError) else _FIELD_OF.get(error.code, "")
        return _form(visit, typed, {field: without_place(error)})
    return onward(f"/enterprise/{read.enterprise}/papers", "registered")


def _form(
    visit: Visit, typed: Mapping[str, str], wrong: Mapping[str, LedgerError] | None = None
) -> Response[Any]:
    """Return the form of an enterprise, with what was typed and each error beside its field."""
    wrongs, names = wrong or {}, {one.name: one.label for one in _FIELDS}
    return page(
        visit,
        "enterprise_new.html",
        max((int(status_of(one)) for one in wrongs.values()), default=200),
        fields=_FIELDS,
        typed=typed,
        wrongs={name: for_page(error, visit, names) for name, error in wrongs.items()},
        megabytes=DOCUMENT_BYTES_MAX // 1_000_000,
    )


ROUTES: Final = [registration_form, register]
