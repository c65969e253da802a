"""Programs that call the interface, each by the token of somebody in the office."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, Final

import pytest
from litestar.testing import TestClient
from litestar.types import ASGIApp

from ledger.config import Settings
from portal.shell import Shell
from portal.web import gate
from portal.web.api.pace import Pace, Rate
from portal.web.app import make_portal
from tests.portal.office import Office

NO_LIMITS: Final = (Rate(per_s=10**6, burst=10**6),) * 2
"""How often anybody may ask where a test asks often."""

_keys: Final = count(1)


class Caller:
    """A program with a token: it asks under `/api/v1` and reads JSON."""

    def __init__(self, client: TestClient[Any], token: str) -> None:
        self.client = client
        self.headers = {"authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, **query: Any) -> Any:  # noqa: ANN401 - one JSON value
        """Return what an address answers, a refusal too."""
        return self.client.get(f"/api/v1{path}", params=query, headers=self.headers).json()

    def status(self, path: str, **query: Any) -> int:  # noqa: ANN401 - parameters
        """Return the status of what an address answers."""
        return self.client.get(f"/api/v1{path}", params=query, headers=self.headers).status_code

    def send(self, path: str, body: Any, key: str = "", **query: Any) -> Any:  # noqa: ANN401 - JSON
        """Return what an address answers to a body: an object, or a file's bytes."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = "octet-stream" if isinstance(body, bytes) else "json"
        headers = {
            **self.headers,
            "content-type": f"application/{sent}",
            "idempotency-key": key or f"a-key-of-a-test-{next(_keys)}",
        }
        return self.client.post(
            f"/api/v1{path}", params=query, headers=headers, content=content
        ).json()


@contextmanager
def calling(
    office: Office, monkeypatch: pytest.MonkeyPatch, pace: Pace | None = None
) -> Iterator[TestClient[Any]]:
    """Yield a client of the office's portal, at the office's clock."""
    app = portal_of(office, monkeypatch, pace)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def portal_of(office: Office, monkeypatch: pytest.MonkeyPatch, pace: Pace | None = None) -> ASGIApp:
    """Return the office's portal, at the office's clock; a token may ask as often as it likes."""
    monkeypatch.setattr(gate, "now_ms", office.at_ms)
    monkeypatch.delenv("SUANQUAN_TOKEN", raising=False)
    shell = Shell(Settings.load(), "zh", as_json=True)
    return make_portal(shell, pace or Pace(*NO_LIMITS))
