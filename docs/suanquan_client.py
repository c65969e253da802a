"""A client of Suanquan's interface `/api/v1`, in one file, of the standard library alone.

    from suanquan_client import Client

    client = Client("https://suanquan.example", "sq_…")
    for claim in client.pages("/claims", state="submitted"):
        print(claim["id"], claim["amount_fen"])

Copy it beside your program. What there is to ask, `/api/v1/openapi.json` says.
"""

import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

Json = dict[str, Any]

Value = str | int | bool | Sequence[str] | None
"""What a query says: a list says its name once for each, None leaves it out."""

TIMEOUT_S = 60
TRIES = 5


class ProblemError(Exception):
    """A refusal (RFC 9457): decide by `code`, show `detail` and `next` to people."""

    def __init__(self, said: Json) -> None:
        super().__init__(f"{said['code']}: {said['detail']} {said['next']}".rstrip())
        self.status: int = said["status"]
        self.code: str = said["code"]
        self.detail: str = said["detail"]
        self.next: str = said["next"]


class _Body(NamedTuple):
    """What is sent, and the key under which it is done once."""

    content: bytes
    media_type: str
    key: str | None


@dataclass(frozen=True)
class Client:
    """Asks in the name of a token's holder; `language` is that of words, `zh` or `en`."""

    address: str
    token: str
    language: str = "en"

    def get(self, path: str, **query: Value) -> Json:
        """Return what an address answers."""
        found: Json = json.loads(self._ask("GET", path, query))
        return found

    def pages(self, path: str, **query: Value) -> Iterator[Json]:
        """Yield every row of a list, page by page."""
        after: dict[str, str] = {}
        while True:
            page = self.get(path, **query, **after)
            yield from page["rows"]
            if page["next"] is None:
                return
            after = {"after": page["next"]}

    def download(self, path: str, **query: Value) -> bytes:
        """Return a file."""
        return self._ask("GET", path, query)

    def post(self, path: str, body: Json, key: str | None = None, **query: Value) -> Json:
        """Return what became of a request; the same `key` once more does nothing twice."""
        raw = json.dumps(body, ensure_ascii=False).encode()
        answer = self._ask("POST", path, query, _Body(raw, "application/json", key))
        found: Json = json.loads(answer)
        return found

    def upload(self, path: str, content: bytes, key: str | None = None, **query: Value) -> Json:
        """Return what became of a file that is sent."""
        body = _Body(content, "application/octet-stream", key)
        answer = self._ask("POST", path, query, body)
        found: Json = json.loads(answer)
        return found

    # --- what programs ask most ---

    def hand_in(self, claim: Json) -> Json:
        """Return a claim once it is handed in: enterprise, programme, invoices, documents."""
        return self.post("/claims", claim)

    def act(self, claim: Json, action: str, said: Json | None = None) -> Json:
        """Return a claim after an act on it, refused where it has moved since it was read."""
        return self.post(f"/claims/{claim['id']}/{action}", said or {}, seen=claim["seen"])

    def _ask(
        self, method: str, path: str, query: Mapping[str, Value], body: _Body | None = None
    ) -> bytes:
        """Return the body of an answer; asked too often, it waits as long as it is told."""
        asked = {name: value for name, value in query.items() if value is not None}
        url = f"{self.address}/api/v1{path}?{urlencode(asked, doseq=True)}".rstrip("?")
        headers = {"Authorization": f"Bearer {self.token}", "Accept-Language": self.language}
        content = None
        if body is not None:
            content = body.content
            # One key for all tries: what was done at the first one is answered at the next.
            headers["Idempotency-Key"] = body.key or str(uuid.uuid4())
            headers["Content-Type"] = body.media_type
        for left in reversed(range(TRIES)):
            request = Request(url, content, headers, method=method)  # noqa: S310 - the caller's
            try:
                with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - the same
                    found: bytes = answer.read()
                    return found
            except HTTPError as error:
                wait_s = error.headers.get("Retry-After")
                if wait_s is None or not left:
                    raise ProblemError(json.loads(error.read())) from None
                time.sleep(int(wait_s))
        raise AssertionError(url)
