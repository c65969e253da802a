"""What went wrong, as a calm page or, under `/api/`, as problem details (RFC 9457).

An error of the ledger keeps its code, its words and its next step. A bug shows its request's id and
nothing else: what it was stands in the machine's own log.
"""

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect

from ledger.errors import InvalidInputError, LedgerError, RuleViolationError, TamperedLogError
from ledger.text import Language, Text
from portal.fault import is_for_terminal, tell_fault
from portal.field_names import without_keys
from portal.web.address import is_of_interface
from portal.web.api.pace import ThrottledError
from portal.web.audience import unknown_page
from portal.web.figures import days_in
from portal.web.gate import visit_of
from portal.web.headers import REQUEST_ID
from portal.web.page import SEE_OTHER, page
from portal.web.visit import Visit

PROBLEM: Final = "application/problem+json"

_log: Final = logging.getLogger("suanquan.portal")

_STATUS: Final[Mapping[str, HTTPStatus]] = {
    "not_signed_in": HTTPStatus.UNAUTHORIZED,
    "wrong_credentials": HTTPStatus.UNAUTHORIZED,
    "unknown_token": HTTPStatus.UNAUTHORIZED,
    "expired_token": HTTPStatus.UNAUTHORIZED,
    "exchange_token": HTTPStatus.UNAUTHORIZED,
    "limited_token": HTTPStatus.FORBIDDEN,
    "unknown_page": HTTPStatus.NOT_FOUND,
    "key_reused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "throttled": HTTPStatus.TOO_MANY_REQUESTS,
    "second_factor_missing": HTTPStatus.FORBIDDEN,
    "not_yours": HTTPStatus.FORBIDDEN,
    "not_allowed": HTTPStatus.FORBIDDEN,
    "bad_form": HTTPStatus.FORBIDDEN,
    "stale_sign_on": HTTPStatus.BAD_REQUEST,
    "unknown_provider": HTTPStatus.NOT_FOUND,
    "bad_identity": HTTPStatus.FORBIDDEN,
    "provider_refused": HTTPStatus.FORBIDDEN,
    "unknown_sign_on": HTTPStatus.FORBIDDEN,
    "provider_away": HTTPStatus.SERVICE_UNAVAILABLE,
    "no_database": HTTPStatus.SERVICE_UNAVAILABLE,
    "no_schema": HTTPStatus.SERVICE_UNAVAILABLE,
    "other_schema": HTTPStatus.SERVICE_UNAVAILABLE,
    "database": HTTPStatus.SERVICE_UNAVAILABLE,
    "file": HTTPStatus.SERVICE_UNAVAILABLE,
    "bug": HTTPStatus.INTERNAL_SERVER_ERROR,
}

_NAMED: Final[Mapping[str, frozenset[str]]] = {
    "no_entry": frozenset({"index"}),
    "no_log": frozenset({"log"}),
    "no_statement": frozenset({"number"}),
    "unknown_account": frozenset({"person"}),
    "unknown_batch": frozenset({"batch"}),
    "unknown_check": frozenset({"number"}),
    "unknown_claim": frozenset({"claim", "claim_id"}),
    "unknown_document": frozenset({"digest", "sha256"}),
    "unknown_enterprise": frozenset({"enterprise"}),
    "unknown_fund": frozenset({"fund"}),
    "unknown_invitation": frozenset({"secret"}),
    "unknown_notice": frozenset({"notice"}),
    "unknown_programme": frozenset({"programme"}),
    "unknown_statement": frozenset({"number"}),
}
"""What is not there, by the parameters of an address that name it: named in a body, it is wrong."""

_TITLES: Final[Mapping[HTTPStatus, Text]] = {
    HTTPStatus.BAD_REQUEST: Text("填写有误", "Something is not right"),
    HTTPStatus.UNAUTHORIZED: Text("请先登录", "Sign in first"),
    HTTPStatus.FORBIDDEN: Text("不能办理", "This is not for you"),
    HTTPStatus.NOT_FOUND: Text("没有这个页面", "No such page"),
    HTTPStatus.METHOD_NOT_ALLOWED: Text("不支持的操作", "Not possible here"),
    HTTPStatus.CONFLICT: Text("按规则不能办理", "The rules forbid it"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Text("内容太大", "Too large"),
    HTTPStatus.TOO_MANY_REQUESTS: Text("请稍后再试", "Try again later"),
    HTTPStatus.INTERNAL_SERVER_ERROR: Text("系统出错了", "We made a mistake"),
    HTTPStatus.SERVICE_UNAVAILABLE: Text("系统暂时不可用", "Not available right now"),
}

_AGAIN: Final = Text(
    "请稍后再试；仍不行请联系专班", "try again in a minute, and tell the task force if it stays"
)
_AWAY: Final = Text(
    "系统暂时连不上数据库，已保存的内容不受影响", "the database is away; what was saved is safe"
)
_PAPER: Final = Text(
    "这份材料与登记时不一致，不能提供", "this paper is not what was filed, and is not handed out"
)
_TELL: Final = Text("请联系专班核查", "tell the task force")
_UNTOLD: Final[Mapping[str, LedgerError]] = {
    "document_altered": TamperedLogError("document_altered", _PAPER, _TELL),
    "document_missing": TamperedLogError("document_missing", _PAPER, _TELL),
    "statement_changed": TamperedLogError("statement_changed", _PAPER, _TELL),
    "bug": LedgerError(
        "bug", Text("系统出错，未作任何改动", "we made a mistake; nothing was changed"), _AGAIN
    ),
    "database": InvalidInputError("database", _AWAY, _AGAIN),
    "file": InvalidInputError(
        "file", Text("系统暂时不能读写文件", "our files cannot be used right now"), _AGAIN
    ),
    "no_database": InvalidInputError("no_database", _AWAY, _AGAIN),
    "no_schema": InvalidInputError("no_schema", _AWAY, _AGAIN),
    "other_schema": InvalidInputError("other_schema", _AWAY, _AGAIN),
}
"""What is said in place of an error that would speak of the machine."""


_TOO_SLOW: Final = InvalidInputError(
    "too_slow",
    Text("提交的内容没有在限定时间内传完", "what was sent did not arrive in time"),
    Text("请检查网络后再试", "check your connection and try again"),
)


def _next_of(error: LedgerError) -> Text | None:
    """Return an error's next step, None where it is for a terminal: nobody can follow it here."""
    said = error.next_step
    return None if is_for_terminal(said.en) or is_for_terminal(said.zh) else said


def for_page(
    error: LedgerError, visit: Visit, names: Mapping[str, Text] = MappingProxyType({})
) -> dict[str, str]:
    """Return an error's words as sentences; a field is called as its form calls it."""
    following = _next_of(error)
    return {
        "code": error.code,
        "message": days_in(sentence(without_keys(error, names), visit.language), visit.language),
        "next": "" if following is None else sentence(following, visit.language),
    }


def sentence(text: Text, language: Language) -> str:
    """Return words as a sentence that begins and ends as one."""
    said = text.render(language)
    if language == "zh":
        return said if said.endswith(("。", "？", "！")) else f"{said}。"
    return f"{said[:1].upper()}{said[1:]}" + ("" if said.endswith((".", "?", "!")) else ".")


def status_of(error: LedgerError, named: Iterable[str] = ()) -> HTTPStatus:
    """Return the status of an error: by its code where that says more than its class.

    `named` are the parameters of the address. What they name may be missing; what a form or a body
    names is wrong.
    """
    if error.code in _STATUS:
        return _STATUS[error.code]
    if error.code in _NAMED or error.code.startswith("unknown_"):
        is_named = not _NAMED.get(error.code, frozenset()).isdisjoint(named)
        return HTTPStatus.NOT_FOUND if is_named else HTTPStatus.BAD_REQUEST
    match error:
        case InvalidInputError():
            return HTTPStatus.BAD_REQUEST
        case RuleViolationError():
            return HTTPStatus.CONFLICT
        case TamperedLogError():
            return HTTPStatus.SERVICE_UNAVAILABLE
        case _:
            return HTTPStatus.INTERNAL_SERVER_ERROR


def answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Return the answer to a request that failed."""
    told, status = _tell(error, request.scope.get("path_params", {}))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("%s %s", request.scope["state"].get(REQUEST_ID), told.code, exc_info=error)
    visit = visit_of(request)
    if is_of_interface(request):
        return problem(told, status, visit.language, _headers(error, status))
    # A script would follow, and put the page to which it is led into a form, as if it were saved.
    if request.headers.get("hx-request") != "true":
        if told.code == "not_signed_in":
            return Redirect(f"/sign-in?back={quote(visit.path, safe='')}", status_code=SEE_OTHER)
        if told.code == "second_factor_missing":
            return Redirect("/account/second-factor", status_code=SEE_OTHER)
    title = visit.say(_TITLES.get(status, _TITLES[HTTPStatus.BAD_REQUEST]))
    answer = page(
        visit, "error.html", status, title=title, error=for_page(told, visit), code=int(status)
    )
    answer.headers.update(_headers(error, status))
    return answer


def problem(
    error: LedgerError,
    status: HTTPStatus,
    language: Language,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Response[bytes]:
    """Return problem details: `type`, `title`, `status`, `detail`, and our `code` and `next`."""
    following = _next_of(error)
    body = {
        "type": f"urn:suanquan:problem:{error.code}",
        "title": status.phrase,
        "status": int(status),
        "detail": error.message.render(language),
        "code": error.code,
        "next": "" if following is None else following.render(language),
    }
    return Response(
        msgspec.json.encode(body), media_type=PROBLEM, status_code=status, headers=headers
    )


def _headers(error: Exception, status: HTTPStatus) -> dict[str, str]:
    """Return what a refusal tells a program: how to ask (RFC 6750), when, by which methods."""
    if isinstance(error, ThrottledError):
        return {"retry-after": str(error.retry_after_s)}
    if status == HTTPStatus.UNAUTHORIZED:
        return {"www-authenticate": 'Bearer realm="suanquan"'}
    return dict((error.headers if isinstance(error, HTTPException) else None) or {})


def _tell(error: Exception, named: Iterable[str]) -> tuple[LedgerError, HTTPStatus]:
    """Return an error in the ledger's words, with its status."""
    if isinstance(error, HTTPException):
        return _tell_of_http(error)
    if isinstance(error, TimeoutError):
        return _TOO_SLOW, HTTPStatus.REQUEST_TIMEOUT
    told = tell_fault(error)
    # What it was is for the log; a stranger learns nothing of our insides.
    return _UNTOLD.get(told.code, told), status_of(told, named)


def _tell_of_http(error: HTTPException) -> tuple[LedgerError, HTTPStatus]:
    """Return what the library refused, in the ledger's words."""
    status = HTTPStatus(error.status_code)
    match status:
        case HTTPStatus.NOT_FOUND:
            return unknown_page(), status
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            message = Text("提交的内容太大", "what was sent is too large")
            following = Text("请减小文件后再试", "send a smaller file")
            return InvalidInputError("too_large", message, following), status
        case HTTPStatus.METHOD_NOT_ALLOWED:
            message = Text("此地址不支持这种请求", "this address does not take such a request")
            return InvalidInputError("bad_method", message, unknown_page().next_step), status
        case _:
            message = Text("请求的写法不对", f"the request is not right: {error.detail}"[:200])
            following = Text("请核对后再试", "check it and try again")
            return InvalidInputError("bad_request", message, following), status
