"""For whoever runs the portal: is it alive, can it work, and how much it does."""

import os
from typing import Final

from litestar import MediaType, Response, get
from prometheus_client import CONTENT_TYPE_LATEST

from ledger.database import require_schema
from ledger.read import read_heads
from portal.web.audience import ANYBODY
from portal.web.telemetry import render_metrics
from portal.web.visit import Visitor

# The library for pages adds the charset of every text.
_PROMETHEUS: Final = CONTENT_TYPE_LATEST.partition("; charset")[0]


@get("/healthz", who=ANYBODY, static=True, media_type=MediaType.TEXT, sync_to_thread=False)
def alive() -> str:
    """Return that the process answers."""
    return "ok\n"


@get("/readyz", who=ANYBODY, static=True, media_type=MediaType.TEXT, sync_to_thread=True)
def ready(visit: Visitor) -> str:
    """Return that the database answers and has this program's tables."""
    with visit.shell.reading() as connection:
        require_schema(connection.engine)
        read_heads(connection)
    return "ready\n"


@get("/metrics", who=ANYBODY, static=True, sync_to_thread=False)
def metrics() -> Response[bytes]:
    """Return counts and times of requests; no label has anything of a person or an enterprise."""
    return Response(render_metrics(os.environ), media_type=_PROMETHEUS)


ROUTES: Final = [alive, ready, metrics]
