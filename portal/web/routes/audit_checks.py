"""Checks and replays that an auditor starts from a page: how far they are, what they found."""

import json
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from portal.audit.checking import finding_row
from portal.runs.audit_runs import (
    KIND_NAMES,
    RUNS_KEPT,
    Standing,
    find_run,
    list_runs,
    parse_kind,
    start_run,
)
from portal.web.audience import AUDITOR, unknown_page
from portal.web.downloads import attachment
from portal.web.page import onward, page
from portal.web.visit import Visit, Visitor

# A screen or two; all of them are in the file.
FINDINGS_SHOWN: Final = 50


class StartForm(msgspec.Struct):
    """What is to be run."""

    kind: str = ""


@get("/audit/checks", who=AUDITOR, sync_to_thread=True)
def checks(visit: Visitor) -> Response[Any]:
    """Return what was run, and the forms that start another one."""
    standings = list_runs(visit.shell.settings.home)
    going = next((one for one in standings if one.state == "running"), None)
    return page(
        visit,
        "audit_checks.html",
        standings=standings,
        going=going,
        kept=RUNS_KEPT,
        kinds=KIND_NAMES,
    )


@post("/audit/checks", who=AUDITOR, sync_to_thread=True)
def start(
    visit: Visitor, data: Annotated[StartForm, Body(media_type=RequestEncodingType.URL_ENCODED)]
) -> Response[Any]:
    """Start a check or a replay, and lead to it; to the one that is at work, if there is one."""
    kind = parse_kind(data.kind)
    number = start_run(visit.shell.settings, kind, visit.person, visit.at_ms)
    return onward(f"/audit/checks/{number}")


@get("/audit/checks/{number:int}", who=AUDITOR, sync_to_thread=True)
def check(visit: Visitor, number: FromPath[int]) -> Response[Any]:
    """Return how far a run is, or what it found."""
    return _shown(visit, number, "audit_check.html")


@get("/audit/checks/{number:int}/now", who=AUDITOR, live=True, sync_to_thread=True)
def now(visit: Visitor, number: FromPath[int]) -> Response[Any]:
    """Return the same as the part of the page that is brought up to date."""
    return _shown(visit, number, "audit_check_now.html")


@get("/audit/checks/{number:int}/findings", who=AUDITOR, sync_to_thread=True)
def findings(visit: Visitor, number: FromPath[int]) -> Response[bytes]:
    """Return all findings of a run as a file, with the command line's keys."""
    run = _standing(visit, number).run
    if run.finished_ms is None or run.error is not None:
        raise unknown_page()
    rows = [finding_row(visit.shell, one) for one in run.findings]
    raw = json.dumps({"findings": rows}, ensure_ascii=False, indent=2).encode()
    return attachment(raw, f"{run.kind}-{number}.json")


def _shown(visit: Visit, number: int, template: str) -> Response[Any]:
    """Return a run by a template."""
    standing = _standing(visit, number)
    return page(visit, template, standing=standing, shown_max=FINDINGS_SHOWN, kinds=KIND_NAMES)


def _standing(visit: Visit, number: int) -> Standing:
    """Return a run as it stands."""
    found = find_run(visit.shell.settings.home, number)
    if found is None:
        raise unknown_page()
    return found


ROUTES: Final = [checks, start, check, now, findings]
