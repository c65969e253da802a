"""Documents by the digest of their bytes, for whoever may see one."""

from typing import Final

from litestar import Response, Router, get

from portal.enterprises.document_desk import read_document
from portal.web.api.body import FILE
from portal.web.api.download import download
from portal.web.api.params import Digest
from portal.web.audience import EVERYBODY_BUT_ADMINISTRATORS
from portal.web.visit import Visitor


@get("/{sha256:str}", who=EVERYBODY_BUT_ADMINISTRATORS, media_type=FILE, sync_to_thread=True)
def download_document(visit: Visitor, sha256: Digest) -> Response[bytes]:
    """Return a document's bytes, once they are shown to be what was filed."""
    return download(read_document(visit.shell, sha256), sha256)


ROUTER: Final = Router("/documents", route_handlers=[download_document], tags=["documents"])
