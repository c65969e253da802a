"""Checks and replays that an auditor starts: how far they are, and what they found."""

from typing import Final

from litestar import Response, Router, get, post
from litestar.params import JSONBody
from msgspec import Struct

from portal.audit.rows import list_checks, show_check, start_check
from portal.runs.audit_runs import Kind
from portal.web.api.answer import answer
from portal.web.api.answers import logs as answers
from portal.web.api.body import json_of
from portal.web.api.params import Number
from portal.web.audience import AUDITOR
from portal.web.visit import Visitor
from vouchers.strict_json import decode


class CheckAsked(Struct, frozen=True, kw_only=True):
    """What is to be run."""

    kind: Kind


@get("", who=AUDITOR, sync_to_thread=True)
def list_all_checks(visit: Visitor) -> Response[answers.CheckPage]:
    """List the last checks and replays, the newest first."""
    return answer(list_checks(visit.shell))


@get("/{number:int}", who=AUDITOR, sync_to_thread=True)
def show_one_check(visit: Visitor, number: Number) -> Response[answers.Check]:
    """Show how far a check or a replay is, or all that it found."""
    return answer(show_check(visit.shell, number))


@post("", who=AUDITOR, scope="read", dto=json_of(CheckAsked), status_code=200, sync_to_thread=True)
def start_one_check(visit: Visitor, data: JSONBody[bytes]) -> Response[answers.Check]:
    """Start a check or a replay; while one is at work, that one is answered and none is started."""
    return answer(start_check(visit.shell, decode(data, CheckAsked).kind, visit.at_ms))


ROUTER: Final = Router(
    "/checks", route_handlers=[list_all_checks, show_one_check, start_one_check], tags=["logs"]
)
