"""The interface written down: OpenAPI 3.1, made of the routes themselves.

What holds for every route is added here once: who may ask, how a refusal looks, which limits there
are. A request's object takes no other key than those described, as its parser does not.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any, Final

import msgspec
from litestar import Litestar, Response, Router, get
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, License, SecurityScheme
from litestar.types import Method

from portal.web.api.answers.words import Problem
from portal.web.api.body import RawBody
from portal.web.api.examples import Example, read_examples
from portal.web.api.remember import HEADER, KEY, records
from portal.web.api.scope import scope_of
from portal.web.audience import ANYBODY

Json = dict[str, Any]

VERSION: Final = "1.0.0"

_REFUSALS: Final = {
    400: ("bad_value", "What was sent is not right: a key, a value, a day."),
    401: ("unknown_token", "No token was sent, or it is not valid."),
    403: ("limited_token", "Not for whoever asks, or not within the token's scopes."),
    404: ("unknown_claim", "Not there, or not for whoever asks to know of."),
    405: ("bad_method", "The address does not take such a request."),
    408: ("too_slow", "The body did not arrive in time."),
    409: ("stale", "The rules forbid it, or the claim has moved."),
    413: ("too_large", "The body is too large."),
    422: ("key_reused", "The Idempotency-Key was used for another request."),
    429: ("throttled", "Too many requests; `Retry-After` says when to try again."),
    500: ("bug", "A bug of ours; nothing was changed."),
    503: ("database", "The database is away, or the evidence disagrees."),
}
"""How each status is explained, with a code that one may have."""

_KEY: Final = {
    "name": HEADER,
    "in": "header",
    "description": "Yours for this request, such as a UUID: the same once more changes nothing.",
    "required": True,
    "schema": {"type": "string", "pattern": f"^{KEY.pattern}$"},
}

_DESCRIPTION: Final = """\
The ledger's interface for programs: what the pages do, with the keys of the command line's JSON.

Money is integer fen (`*_fen`), quantities are exact decimals as text, instants are RFC 3339 in UTC.
Lists go on by `limit`, `after` and `next`. Every POST that records takes an `Idempotency-Key`. An
error is an `application/problem+json` with a stable `code`, and the words of `Accept-Language`.
"""


def operation_id(handler: HTTPRouteHandler, _method: Method, _path: list[Any]) -> str:
    """Return what an operation is called: the name of its function."""
    return handler.handler_name


CONFIG: Final = OpenAPIConfig(
    title="Suanquan 算券",
    version=VERSION,
    description=_DESCRIPTION,
    license=License(name="Apache-2.0", identifier="Apache-2.0"),
    components=Components(
        security_schemes={
            "token": SecurityScheme(
                type="http",
                scheme="bearer",
                description="A token of `suanquan user token`, or of the page Account security.",
            )
        }
    ),
    use_handler_docstrings=True,
    operation_id_creator=operation_id,
)


def description_route(subjects: Sequence[Router]) -> HTTPRouteHandler:
    """Return the route that answers with the description of all others."""

    @get("/openapi.json", who=ANYBODY, sync_to_thread=True)
    def describe_interface() -> Response[bytes]:
        return Response(encoded(), media_type="application/json")

    @cache
    def encoded() -> bytes:
        return msgspec.json.encode(describe(subjects))

    return describe_interface


def describe(subjects: Sequence[Router]) -> Json:
    """Return the description of the routes under `/api/v1`.

    They are given to an application that serves nothing, so that the library's own pages about
    them are on none of ours.
    """
    app = Litestar(
        [Router("/api/v1", route_handlers=subjects, return_dto=None)],
        dependencies={"visit": Provide(lambda: None, sync_to_thread=False)},
        openapi_config=CONFIG,
        logging_config=None,
    )
    # Defaults of parameters are values of ours, which JSON says in its own words.
    made: Json = msgspec.to_builtins(app.openapi_schema.to_schema())
    handlers = _handlers(app)
    schemas, refs = _schemas(handlers.values())
    made["components"]["schemas"] = schemas
    made["components"]["responses"] = {
        f"Refused{status}": _refusal(status, *told) for status, told in _REFUSALS.items()
    }
    examples = read_examples()
    for path, item in made["paths"].items():
        for method, operation in item.items():
            _complete(operation, handlers[path, method], refs, examples)
    return made


def _handlers(app: Litestar) -> dict[tuple[str, str], HTTPRouteHandler]:
    """Return the handler of each operation, by its path and method."""
    return {
        (route.path_format, method.lower()): handler
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if "who" in handler.opt
        for method in handler.http_methods
    }


def _schemas(handlers: Iterable[HTTPRouteHandler]) -> tuple[Json, dict[type, Json]]:
    """Return the schemas of all bodies and answers, and what refers to each.

    The types' own library writes them: the framework's would leave out the limits within lists.
    """
    bodies = {kind for one in handlers if (kind := body_of(one)) is not None}
    answers = {kind for one in handlers if (kind := answer_of(one)) is not None}
    kinds: list[type] = sorted({*bodies, *answers, Problem}, key=lambda kind: kind.__qualname__)
    refs, schemas = msgspec.json.schema_components(
        kinds, ref_template="#/components/schemas/{name}"
    )
    found = dict(zip(kinds, refs, strict=True))
    for kind in bodies:
        _close(found[kind], schemas, set())
    return schemas, found


def body_of(handler: HTTPRouteHandler) -> type[msgspec.Struct] | None:
    """Return what a route's body holds as JSON, None for a file or no body."""
    dto = handler.resolve_data_dto()
    return dto.kind if dto is not None and issubclass(dto, RawBody) else None


def answer_of(handler: HTTPRouteHandler) -> type[msgspec.Struct] | None:
    """Return what a route answers as JSON, None for a file."""
    inner = handler.parsed_fn_signature.return_type.inner_types
    kind = inner[0].annotation if inner else None
    return kind if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else None


def _complete(
    operation: Json,
    handler: HTTPRouteHandler,
    refs: dict[type, Json],
    examples: dict[str, Example],
) -> None:
    """Say of an operation what its route says: who may, what is sent and answered, refusals."""
    text: str = operation["description"]
    operation["summary"] = text.partition("\n")[0].rstrip(".")
    if handler.opt["who"] == ANYBODY:
        operation["security"] = []
    else:
        operation["security"] = [{"token": []}]
        operation["description"] = f"{text}\n\nScope: `{scope_of(handler)}`."
    if records(handler):
        operation.setdefault("parameters", []).append(_KEY)
    example = examples.get(operation["operationId"], {})
    answered = operation["responses"][str(handler.status_code)]
    if (sent := body_of(handler)) is not None:
        _fill(operation["requestBody"], refs[sent], example.get("body"))
    if (kind := answer_of(handler)) is not None:
        _fill(answered, refs[kind], example.get("answer"))
    for status in _REFUSALS:
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/Refused{status}"}


def _fill(described: Json, schema: Json, example: object) -> None:
    """Say what a body or an answer is in JSON, with an example if there is one."""
    content = described["content"]["application/json"]
    content["schema"] = schema
    if example is not None:
        content["example"] = example


def _close(schema: Json, schemas: Json, seen: set[str]) -> None:
    """Say of a request's objects that they take no other key."""
    name = schema.get("$ref", "").rpartition("/")[2]
    if name:
        if name not in seen:
            seen.add(name)
            _close(schemas[name], schemas, seen)
        return
    if "properties" in schema:
        schema["additionalProperties"] = False
    for one in _parts(schema):
        _close(one, schemas, seen)


def _parts(schema: Json) -> Iterator[Json]:
    """Yield the schemas within a schema."""
    yield from schema.get("properties", {}).values()
    for name in ("oneOf", "anyOf", "allOf"):
        yield from schema.get(name, ())
    if isinstance(schema.get("items"), dict):
        yield schema["items"]


def _refusal(status: int, code: str, said: str) -> Json:
    """Return how a refusal is described."""
    title = HTTPStatus(status).phrase
    example = {
        "type": f"urn:suanquan:problem:{code}",
        "title": title,
        "status": status,
        "detail": said,
        "code": code,
        "next": "",
    }
    schema = {"$ref": "#/components/schemas/Problem"}
    refusal: Json = {
        "description": f"{title}. {said}",
        "content": {"application/problem+json": {"schema": schema, "example": example}},
    }
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        refusal["headers"] = {
            "Retry-After": {"schema": {"type": "integer"}, "description": "In seconds."}
        }
    return refusal
