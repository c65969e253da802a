"""What whoever runs the portal relies on: probes, metrics, log lines, slow bodies, a clean stop."""

import asyncio
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar, Request, post
from litestar.testing import TestClient

from ledger.config import Settings
from portal.serving import without_delay
from portal.shell import Shell
from portal.web.app import make_portal
from portal.web.limits import Limits
from tests.portal.conftest import Run, environment_of
from tests.servers.kafka import free_ports

Client = TestClient[Any]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    shell = Shell(Settings.of_home(tmp_path), "zh", as_json=True)
    shell.create_schema()
    with TestClient(make_portal(shell)) as found:
        yield found


def test_probes_tell_life_from_readiness(client: Client, tmp_path: Path) -> None:
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").text == "ready\n"
    (tmp_path / "suanquan.db").rename(tmp_path / "away.db")
    assert client.get("/healthz").status_code == 200


def test_metrics_name_routes_and_nothing_that_somebody_typed(client: Client) -> None:
    client.get("/language/en?back=/secret-91420100MA4K2XY18X")
    client.get("/no-such-place-91420100MA4K2XY18X")
    text = client.get("/metrics").text
    assert 'suanquan_requests_total{method="GET",route="/language/{language}"' in text
    assert "91420100MA4K2XY18X" not in text


def test_each_request_is_a_line_of_json_without_its_address(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "suanquan.requests"):
        answer = client.get("/nowhere/91420100MA4K2XY18X")
    told = [one for one in caplog.records if one.name == "suanquan.requests"]
    line = json.loads(told[-1].getMessage())
    assert line["request"] == answer.headers["x-request-id"]
    assert (line["status"], line["method"]) == (404, "GET")
    assert "91420100MA4K2XY18X" not in told[-1].getMessage()


def test_a_body_that_trickles_in_is_given_up() -> None:
    @post("/")
    async def take(request: Request[Any, Any, Any]) -> str:
        return str(len(await request.body()))

    app = Limits(Litestar([take], openapi_config=None, logging_config=None), within_s=0.05)
    sent: list[Any] = []
    parts = [b"a", b"b", b"c"]

    async def receive() -> Any:  # noqa: ANN401 - a message
        await asyncio.sleep(0.03)
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: Any) -> None:  # noqa: ANN401 - a message
        sent.append(message)

    scope: Any = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "headers": [(b"content-type", b"text/plain")],
        "state": {},
    }
    # In a thread of its own: a browser of another test may have a loop in this one.
    with ThreadPoolExecutor() as pool:
        pool.submit(asyncio.run, app(scope, receive, send)).result()
    assert sent[0]["status"] == 500  # the bare application's; the portal's is below
    assert parts


def test_a_portal_is_served_by_workers_and_stops_when_it_is_told(
    home: Path, tmp_path: Path, suanquan: Run
) -> None:
    assert suanquan("serve", "--json").error["code"] == "no_schema"
    suanquan("db", "upgrade")
    log, port, temporary = tmp_path / "log", free_ports(1)[0], tmp_path / "temporary"
    temporary.mkdir()
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "portal", "serve", "--port", str(port), "--workers", "2"],
            env=environment_of(home) | {"TMPDIR": str(temporary)},
            cwd=tmp_path,
            stderr=errors,
            stdout=subprocess.DEVNULL,
        )
    try:
        answer = _wait(f"http://127.0.0.1:{port}/")
        assert "算券" in answer.text
        assert (
            'suanquan_requests_total{method="GET",route="/"'
            in _wait(f"http://127.0.0.1:{port}/metrics").text
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
    assert list(temporary.iterdir()) == []
    lines = [json.loads(one) for one in log.read_text().splitlines() if one.startswith("{")]
    assert {one["route"] for one in lines} >= {"/"}


def _wait(url: str) -> httpx.Response:
    """Return the answer of a server that may still be starting."""
    until = time.monotonic() + 30
    while True:
        try:
            return httpx.get(url)
        except httpx.ConnectError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def test_the_environment_of_this_test_counts_alone() -> None:
    assert "PROMETHEUS_MULTIPROC_DIR" not in os.environ


def test_a_socket_that_workers_share_sends_answers_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:
        assert not plain.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        with (
            without_delay(plain) as listening,
            socket.create_connection(listening.getsockname()),
            listening.accept()[0] as accepted,
        ):
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
