"""How many requests, how long each took, and a line of JSON for each: for whoever runs the portal.

A line names the route, not the address: what stands in an address may be an enterprise's.
"""

import json
import logging
import time
from collections.abc import Mapping
from typing import Any, Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess

from ledger.period import render_instant
from portal.serving import MULTIPROCESS
from portal.shell import now_ms
from portal.web.headers import REQUEST_ID

LOG: Final = logging.getLogger("suanquan.requests")

# Around the 50 ms that a page may take, and up to the half minute after which nobody waits.
BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

_REQUESTS: Final = Counter("suanquan_requests", "Requests answered.", ("method", "route", "status"))
_SECONDS: Final = Histogram(
    "suanquan_request_seconds", "How long an answer took.", ("method", "route"), buckets=BUCKETS_S
)

# What no route answers is one line of the metrics, however many addresses somebody tries.
_NO_ROUTE: Final = "none"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Telemetry:
    """Counts and tells of each request once it is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 0

        async def send_and_look(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_and_look)
        finally:
            _tell(scope, status, time.perf_counter() - begun)


def _tell(scope: Mapping[str, Any], status: int, seconds: float) -> None:
    """Count one request and write its line; status 0 is a visitor who left."""
    method = scope["method"] if scope["method"] in _METHODS else "OTHER"
    route = scope.get("path_template") or _NO_ROUTE
    _REQUESTS.labels(method, route, str(status)).inc()
    _SECONDS.labels(method, route).observe(seconds)
    line = {
        "at": render_instant(now_ms()),
        "request": scope["state"].get(REQUEST_ID),
        "method": method,
        "route": route,
        "status": status,
        "ms": round(seconds * 1000, 1),
    }
    LOG.info("%s", json.dumps(line))


def write_log() -> None:
    """Let the portal's log go to standard error, a line each, as a supervisor keeps it."""
    for logger, level in (
        (LOG, logging.INFO),
        (logging.getLogger("suanquan.portal"), logging.ERROR),
    ):
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
        logger.handlers[:], logger.propagate = [handler], False
        logger.setLevel(level)


def render_metrics(environment: Mapping[str, str]) -> bytes:
    """Return the metrics in Prometheus' text format, of all workers where they count together."""
    if not environment.get(MULTIPROCESS):
        return generate_latest()
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
