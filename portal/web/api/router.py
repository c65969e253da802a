"""Every route of the interface under `/api/v1`, and the one that describes them."""

from typing import Final

from litestar import Router

from portal.web.api import (
    accesses,
    checks,
    claims,
    documents,
    enterprises,
    funds,
    logs,
    notices,
    payments,
    people,
    programmes,
    reports,
    statements,
)
from portal.web.api.openapi import description_route
from portal.web.api.remember import Remember, require_key
from portal.web.api.scope import require_scope

SUBJECTS: Final = (
    people.ROUTER,
    enterprises.ROUTER,
    programmes.ROUTER,
    claims.ROUTER,
    notices.ROUTER,
    payments.ROUTER,
    funds.ROUTER,
    statements.ROUTER,
    documents.ROUTER,
    logs.ROUTER,
    checks.ROUTER,
    accesses.ROUTER,
    reports.ROUTER,
)

API_V1: Final = Router(
    "/api/v1",
    route_handlers=[*SUBJECTS, description_route(SUBJECTS)],
    guards=[require_scope, require_key],
    middleware=[Remember()],
    return_dto=None,
)
