"""A document of an enterprise as it was filed: handed out to be saved, never shown in place."""

from typing import Final

from litestar import Response, get
from litestar.params import FromPath

from ledger.documents import DocumentStore
from ledger.media import EXTENSIONS
from portal.acting import look
from portal.enterprises.filing import find_filing
from portal.web.audience import EVERYBODY_BUT_ADMINISTRATORS
from portal.web.visit import Visitor

# Whoever opens it all the same, by a browser that shows what it should save, is in a sandbox.
_POLICY: Final = "sandbox; default-src 'none'"

_ENDINGS: Final = {media_type: ending for ending, media_type in EXTENSIONS.items()}


@get(
    "/enterprise/{enterprise:str}/documents/{sha256:str}",
    who=EVERYBODY_BUT_ADMINISTRATORS,
    sync_to_thread=True,
)
def document(visit: Visitor, enterprise: FromPath[str], sha256: FromPath[str]) -> Response[bytes]:
    """Return a document, once it is shown to be what was filed; its name says nothing of anybody.

    Raises `InvalidInputError` (`unknown_document`).
    """
    with visit.shell.reading() as connection:
        roster, person = look(visit.shell, connection, alone=True)
        data = find_filing(connection, roster, person, enterprise, sha256).data
    content = DocumentStore(visit.shell.settings.home).read(data)
    name = f"{data.kind}-{sha256[:12]}.{_ENDINGS[data.media_type]}"
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "content-security-policy": _POLICY,
    }
    return Response(content, media_type=data.media_type, headers=headers)


ROUTES: Final = [document]
