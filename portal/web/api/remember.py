"""A request that is sent again under the same key is answered as it was, and done once.

The first answer is kept for a day, under the digests of whose key it was and of the whole request;
another request under the key is refused. What was refused leaves its key free, for nothing was
done. A process that ends between an act and its answer leaves the key held: then the act itself
tells that it was done, by its document, its file or the number of acts that were seen.
"""

import gzip
import hashlib
import re
from typing import Any, Final, NamedTuple

from anyio.to_thread import run_sync
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from ledger.errors import InvalidInputError, RuleViolationError
from ledger.kept_answers import Kept, drop_before, hold_key, keep_answer, let_go, take_key
from ledger.text import Text
from portal.shell import Shell, now_ms
from portal.web.address import path_of, query_of
from portal.web.api.scope import READ, require_scope, scope_of
from portal.web.audience import require_audience
from portal.web.sent import Sent
from portal.web.visit import Visit

HEADER: Final = "Idempotency-Key"
KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)

# Whoever retries later than a day has looked what became of it.
KEPT_MS: Final = 86_400_000
# Longer than the largest act on a list takes; who holds a key for longer has ended.
HELD_MS: Final = 600_000

_ANSWERED: Final = 300


def records(route: BaseRouteHandler) -> bool:
    """Return whether a route records: it is sent something, under a scope beyond reading."""
    return (
        isinstance(route, HTTPRouteHandler)
        and "POST" in route.http_methods
        and scope_of(route) != READ
    )


def require_key(connection: ASGIConnection[Any, Any, Any, Any], to: BaseRouteHandler) -> None:
    """Raise `InvalidInputError` (`bad_request`) where a route records and no key is shown."""
    if records(to) and KEY.fullmatch(connection.headers.get(HEADER, "")) is None:
        raise InvalidInputError(
            "bad_request",
            Text("没有 Idempotency-Key，或写法不对", "the Idempotency-Key is missing or not right"),
            Text(
                "请给每个请求一个自己的键：16 至 64 个字母、数字、- 或 _",
                "give each request one of its own: 16 to 64 letters, digits, - and _",
            ),
        )


class _Asked(NamedTuple):
    """A request by its digests: whose key it is under, and all that it says."""

    key: bytes
    request: bytes


class _Answer:
    """What a route sends, held back until it is kept."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def send(self, message: Message) -> None:
        """Take a message."""
        self.messages.append(message)

    @property
    def status(self) -> int:
        """Return the status."""
        first = self.messages[0]
        assert first["type"] == "http.response.start", first
        return first["status"]

    @property
    def media_type(self) -> str:
        """Return the type of the body."""
        return self._headers[b"content-type"].decode()

    @property
    def body(self) -> bytes:
        """Return the body as it is kept: unpacked, for a retry may not say that it takes gzip."""
        bodies = (one for one in self.messages if one["type"] == "http.response.body")
        sent = b"".join(one["body"] for one in bodies)
        is_packed = self._headers.get(b"content-encoding") == b"gzip"
        return gzip.decompress(sent) if is_packed else sent

    @property
    def _headers(self) -> dict[bytes, bytes]:
        """Return the headers."""
        first = self.messages[0]
        assert first["type"] == "http.response.start", first
        return dict(first["headers"])


class Remember(ASGIMiddleware):
    """Answers a retry from what is kept, where a route records."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Answer a request."""
        request = Sent(scope, receive, send)
        key = request.headers.get(HEADER, "")
        is_kept = records(request.route_handler) and KEY.fullmatch(key) is not None
        if not is_kept or not _may(request):
            # Whoever may not, or shows no key, is refused by the guards.
            await next_app(scope, receive, send)
            return
        visit = request.user
        asked = _digests(visit.person, key, request, await request.body())
        kept = await run_sync(_hold, visit.shell, asked, now_ms())
        if kept is not None:
            await _send_again(kept, send)
            return
        answer = _Answer()
        try:
            await next_app(scope, receive, answer.send)
        except Exception:
            # Nothing was recorded: an act is all of it or nothing.
            await run_sync(_let_go, visit.shell, asked)
            raise
        await run_sync(_keep, visit.shell, asked, answer)
        for message in answer.messages:
            await send(message)


def _may(request: Request[Visit, Any, State]) -> bool:
    """Return whether the guards would let a request through: a kept answer is for nobody else."""
    try:
        require_audience(request, request.route_handler)
        require_scope(request, request.route_handler)
    except RuleViolationError:
        return False
    return True


def _digests(person: str, key: str, request: Request[Visit, Any, State], body: bytes) -> _Asked:
    """Return a request by its digests."""
    said = f"{request.method}\n{path_of(request)}\n{query_of(request)}\n".encode()
    return _Asked(
        hashlib.sha256(f"{person}\n{key}".encode()).digest(), hashlib.sha256(said + body).digest()
    )


def _hold(shell: Shell, asked: _Asked, at_ms: int) -> Kept | None:
    """Return what was answered under a key, None where the request is to be worked on now.

    Raises `RuleViolationError`: `key_reused`, `key_in_use`.
    """
    with shell.writing() as engine, engine.begin() as connection:
        drop_before(connection, at_ms - KEPT_MS)
        kept = hold_key(connection, *asked, at_ms)
        if kept is None:
            return None
        if kept.request != asked.request:
            raise _reused()
        if kept.status is not None:
            return kept
        is_abandoned = at_ms - kept.at_ms > HELD_MS
        if is_abandoned and take_key(connection, asked.key, kept, at_ms):
            return None
    raise _in_use()


def _keep(shell: Shell, asked: _Asked, answer: _Answer) -> None:
    """Keep an answer, or let the key go where it was refused."""
    with shell.writing() as engine, engine.begin() as connection:
        if answer.status < _ANSWERED:
            keep_answer(connection, asked.key, answer.status, answer.media_type, answer.body)
        else:
            let_go(connection, asked.key)


def _let_go(shell: Shell, asked: _Asked) -> None:
    """Let a key go."""
    with shell.writing() as engine, engine.begin() as connection:
        let_go(connection, asked.key)


async def _send_again(kept: Kept, send: Send) -> None:
    """Send a kept answer, marked as such."""
    assert kept.status is not None
    assert kept.media_type is not None
    assert kept.body is not None
    headers = [
        (b"content-type", kept.media_type.encode()),
        (b"content-length", str(len(kept.body)).encode()),
        (b"idempotency-replayed", b"true"),
    ]
    await send({"type": "http.response.start", "status": kept.status, "headers": headers})
    await send({"type": "http.response.body", "body": kept.body, "more_body": False})


def _reused() -> RuleViolationError:
    """Return the refusal of a key that was used for another request."""
    return RuleViolationError(
        "key_reused",
        Text("此 Idempotency-Key 已用于另一请求", "this Idempotency-Key was used otherwise"),
        Text("每个请求请用各自的键", "give each request a key of its own"),
    )


def _in_use() -> RuleViolationError:
    """Return the refusal of a request that is being worked on."""
    return RuleViolationError(
        "key_in_use",
        Text("同一请求正在办理", "the same request is being worked on"),
        Text("请稍后以同一键重试", "try again in a moment, with the same key"),
    )
