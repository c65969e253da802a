"""What people wait for at the portal: every kind of page, at 50 requests a second, on PostgreSQL.

The ledger has 1,000,000 entries of usage and 50,000 claims. The portal is a process of its own with
one worker, beside the database and the visitors on the same machine; requests come at their
instants, whether the last one was answered or not.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import httpx
import pytest

from bench.claim_world import CLAIMS, fill, give_papers
from bench.curve import store_usage
from bench.measure import Measurement, Reading
from bench.world import Databases
from ledger.accounts import confirm_secret, propose_secret, set_password
from ledger.config import Settings
from portal.account_keys import AccountKeys
from portal.one_time_code import new_secret
from portal.sessions import begin_session
from portal.shell import Shell, now_ms
from portal.web.cookies import SESSION_COOKIE
from tests.portal.desks import answer
from tests.portal.office import opened
from tests.servers.kafka import free_ports
from tests.small_ledger import CODE

ENTRIES: Final = 1_000_000
PER_SECOND: Final = 50
NOTICE: Final = "N-SQ-B000000001"
BATCH: Final = "O-SQ-B000000001"
ROUNDS: Final = 60
"""How often each page is asked for; three of them are slower than the 95th percentile."""

START_S: Final = 60


class Page(NamedTuple):
    """A page and who asks for it; nobody is the public."""

    path: str
    person: str = ""


def portal(_broker: object, databases: Databases) -> Iterator[Measurement | Reading]:
    """Yield each page's times."""
    with (
        databases.empty("PostgreSQL") as url,
        TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as monkeypatch,
        opened(url, Path(folder), monkeypatch, answer) as office,
    ):
        fill(office)
        store_usage(url, "growing", 0, ENTRIES)
        firm, invoice = give_papers(office, 1)
        asked = {"enterprise": firm, "programme": "hubei", "invoices": [invoice]}
        claim = office.ask("task-2", "claim", "submit", "--file", office.file("claim.json", asked))
        yield Reading("the portal's ledger", ENTRIES, f"{CLAIMS:,} claims, PostgreSQL")
        with _served() as address:
            yield from _rows(address, _pages(claim["id"], firm), _sessions())


def _pages(claim: str, firm: str) -> list[Page]:
    """Return every kind of page that people open all day.

    What a form asks to be worked out over many claims or the whole history is none of them: a
    notice or a payment drawn up, what a changed rule would have cost, a month reconciled.
    """
    of_firm = ("", "/usage", "/plan", "/claims", "/claims/new", "/papers", "/statements")
    of_staff = (
        *("/queue", "/claims", "/enterprises", "/desk/notices", "/desk/payments", "/funds"),
        *("/reports/claims", "/reports/schedule", "/what-if", f"/claims/{claim}/review"),
    )
    public = ("/", "/notices", f"/notices/{NOTICE}", "/verify", "/statistics", "/sign-in")
    return [
        *(Page(path) for path in public),
        *(Page(f"/enterprise/{CODE}{path}", "firm-1") for path in of_firm),
        *(Page(path, "task-1") for path in of_staff),
        Page(f"/claims/{claim}", "task-1"),
        Page(f"/enterprise/{firm}", "task-1"),
        Page("/queue", "authority-1"),
        Page("/queue", "finance-1"),
        Page("/reports", "task-1"),
        Page(f"/desk/notices/{NOTICE}", "authority-1"),
        Page(f"/desk/payments/batch/{BATCH}", "finance-1"),
        Page("/funds/hubei/2022", "finance-1"),
        Page("/people", "admin-1"),
        Page("/audit/people", "auditor-1"),
        Page("/audit", "auditor-1"),
        Page("/audit/log/book", "auditor-1"),
        Page("/audit/statements", "auditor-1"),
        Page(f"/claims/{claim}", "auditor-1"),
    ]


def _sessions() -> dict[str, str]:
    """Return the secret of a session of each person that asks."""
    settings = Settings.load()
    shell, keys, found = Shell(settings, "zh", as_json=True), AccountKeys(settings.home), {}
    at_ms = now_ms()
    with shell.writing() as engine, engine.begin() as connection:
        for person in ("firm-1", "task-1", "authority-1", "finance-1", "auditor-1", "admin-1"):
            set_password(connection, person, "none: opened by a benchmark", at_ms)
            sealed = keys.seal(person, new_secret())
            propose_secret(connection, person, sealed)
            confirm_secret(connection, person, sealed, at_ms)
            found[person] = begin_session(connection, person, at_ms).secret
    return found


class _served:  # noqa: N801 - reads as what it yields
    """A portal that is served meanwhile by a process of its own."""

    def __enter__(self) -> str:
        """Return its address once it answers."""
        port = free_ports(1)[0]
        command = [sys.executable, "-m", "portal", "serve", "--port", str(port)]
        self._process = subprocess.Popen(
            command, env=dict(os.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        address, until = f"http://127.0.0.1:{port}", time.monotonic() + START_S
        while True:
            try:
                httpx.get(f"{address}/readyz").raise_for_status()
            except httpx.HTTPError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)
            else:
                return address

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self._process.terminate()
        self._process.wait(START_S)


def _rows(address: str, pages: list[Page], sessions: dict[str, str]) -> Iterator[Reading]:
    """Yield the times of each page, once each has been asked for some times beforehand."""
    asyncio.run(_visit(address, pages, sessions, 3))
    timed = asyncio.run(_visit(address, pages, sessions, ROUNDS))
    for page, times in timed.items():
        median, slow = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        said = f"median {median * 1000:.1f} ms, 95th percentile {slow * 1000:.1f} ms"
        path = page.path.replace(CODE, "…")
        yield Reading(f"{path} {page.person}"[:42], len(times), said)
    every = [one for times in timed.values() for one in times]
    slow = statistics.quantiles(every, n=20)[-1]
    yield Reading(
        f"all pages at {PER_SECOND}/s", len(every), f"95th percentile {slow * 1000:.1f} ms"
    )


async def _visit(
    address: str, pages: list[Page], sessions: dict[str, str], rounds: int
) -> dict[Page, list[float]]:
    """Return how long each page took, each asked for so many times at a steady pace."""
    timed: dict[Page, list[float]] = {page: [] for page in pages}
    async with httpx.AsyncClient(base_url=address, timeout=START_S) as client:
        begun, tasks = time.perf_counter(), []
        for number, page in zip(range(rounds * len(pages)), cycle(pages)):
            await asyncio.sleep(max(0.0, begun + number / PER_SECOND - time.perf_counter()))
            tasks.append(asyncio.create_task(_ask(client, page, sessions, timed[page])))
        await asyncio.gather(*tasks)
    return timed


async def _ask(
    client: httpx.AsyncClient, page: Page, sessions: dict[str, str], times: list[float]
) -> None:
    """Ask for a page once, and note how long it took."""
    cookies = {"cookie": f"{SESSION_COOKIE}={sessions[page.person]}"} if page.person else {}
    start = time.perf_counter()
    answered = await client.get(page.path, headers=cookies)
    times.append(time.perf_counter() - start)
    assert answered.status_code == 200, (page, answered.status_code, answered.text[:300])  # noqa: PLR2004
