"""What people wait for at the portal, on PostgreSQL with a year of a province: every page.

    python -m bench.portal DIRECTORY cost   # what each page costs the process, one after the other
    python -m bench.portal DIRECTORY wait   # 95th percentiles at 50 requests a second

DIRECTORY is filled first where it is new, which takes some ten minutes, and kept. `wait` means
something on a quiet machine only: the portal has two workers, beside the database and the visitors
on the same processors; requests come at their instants, whether the last one was answered or not.
Every page is asked for as often as every other one, in an order by chance, which is harder than a
real day.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

import httpx

from bench.claim_world import CLAIMS
from bench.measure import Measurement, Reading
from bench.portal_cost import HEAD, weigh
from bench.portal_kept import kept_office
from bench.portal_pages import PAGES, Page, is_under_way, list_pages
from bench.portal_world import ENTRIES
from bench.world import Databases
from ledger.accounts import confirm_secret, find_account, propose_secret, set_password
from ledger.config import Settings
from portal.accounts.keys import AccountKeys
from portal.accounts.one_time_code import new_secret
from portal.accounts.sessions import begin_session
from portal.shell import Shell
from portal.web import gate
from portal.web.cookies import SESSION_COOKIE
from tests.portal.office import Office
from tests.servers.kafka import free_ports

PER_SECOND: Final = 50
WORKERS: Final = 2
ROUNDS: Final = 150
"""How often each page is asked for; seven of them are slower than the 95th percentile.

With three, whatever stops the machine for a moment makes another page the slowest each time.
"""

START_S: Final = 120


def portal(_broker: object, _databases: Databases) -> Iterator[Measurement | Reading]:
    """Yield each page's times, on a ledger that is gone afterwards."""
    with TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Reading("the portal's ledger", ENTRIES, f"{CLAIMS:,} claims, PostgreSQL")
        with kept_office(Path(folder)) as (office, shown):
            yield from _wait(office, shown)


def _wait(office: Office, shown: dict[str, str]) -> Iterator[Reading]:
    """Yield how long each page takes at a steady pace."""
    sessions = open_sessions(Shell(Settings.load(), "zh", as_json=True), office.at_ms())
    with _served(office.at_ms()) as address:
        yield from _rows(address, list(list_pages(shown)), sessions)


def _cost(office: Office, shown: dict[str, str]) -> None:
    """Print what each page costs."""
    shell = Shell(Settings.load(), "zh", as_json=True)
    sessions = open_sessions(shell, office.at_ms())
    vars(gate)["now_ms"] = office.at_ms
    print(HEAD)
    for cost in weigh(shell, list(list_pages(shown)), sessions):
        print(cost.render(), flush=True)


def open_sessions(shell: Shell, at_ms: int) -> dict[str, str]:
    """Return the secret of a session of each person that asks."""
    keys, found = AccountKeys(shell.settings.home), {}
    with shell.writing() as engine, engine.begin() as connection:
        for person in {page.person for pages in PAGES.values() for page in pages if page.person}:
            if find_account(connection, person) is None:
                set_password(connection, person, "none: opened by a benchmark", at_ms)
                sealed = keys.seal(person, new_secret())
                propose_secret(connection, person, sealed)
                confirm_secret(connection, person, sealed, at_ms)
            found[person] = begin_session(connection, person, at_ms).secret
    return found


@contextmanager
def _served(at_ms: int) -> Iterator[str]:
    """Yield the address of a portal, served by a process of its own on the ledger's day."""
    port = free_ports(1)[0]
    words = [sys.executable, "-m", "bench.portal_process", *map(str, (port, WORKERS, at_ms))]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(words, env=dict(os.environ), stdout=quiet, stderr=quiet)
    address, until = f"http://127.0.0.1:{port}", time.monotonic() + START_S
    try:
        while not _is_ready(address):
            assert time.monotonic() < until, "the portal does not start"
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(START_S)


def _is_ready(address: str) -> bool:
    """Return whether a portal can work."""
    try:
        return httpx.get(f"{address}/readyz").is_success
    except httpx.HTTPError:
        return False


def _rows(address: str, pages: list[Page], sessions: dict[str, str]) -> Iterator[Reading]:
    """Yield the times of each page, once each has been asked for some times beforehand."""
    _settle(address, pages, sessions)
    asyncio.run(_visit(address, pages, sessions, 3))
    timed = asyncio.run(_visit(address, pages, sessions, ROUNDS))
    for page, times in timed.items():
        median, slow = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        said = f"median {median * 1000:.1f} ms, 95th percentile {slow * 1000:.1f} ms"
        yield Reading(f"{page.path} {page.person}", len(times), said)
    every = [one for times in timed.values() for one in times]
    slow = statistics.quantiles(every, n=20)[-1]
    yield Reading(
        f"all pages at {PER_SECOND}/s", len(every), f"95th percentile {slow * 1000:.1f} ms"
    )


def _settle(address: str, pages: list[Page], sessions: dict[str, str]) -> None:
    """Ask for each page until what it shows has been worked out."""
    for page in pages:
        headers = _headers(page, sessions)
        while is_under_way(httpx.get(address + page.path, headers=headers, timeout=START_S).text):
            time.sleep(1)


def _headers(page: Page, sessions: dict[str, str]) -> dict[str, str]:
    """Return what a browser sends with a request for a page."""
    return {"cookie": f"{SESSION_COOKIE}={sessions[page.person]}"} if page.person else {}


async def _visit(
    address: str, pages: list[Page], sessions: dict[str, str], rounds: int
) -> dict[Page, list[float]]:
    """Return how long each page took, each asked for so many times at a steady pace."""
    timed: dict[Page, list[float]] = {page: [] for page in pages}
    asked = pages * rounds
    Random(0).shuffle(asked)  # noqa: S311 - an order, no secret
    async with httpx.AsyncClient(base_url=address, timeout=START_S) as client:
        begun, tasks = time.perf_counter(), []
        for number, page in enumerate(asked):
            await asyncio.sleep(max(0.0, begun + number / PER_SECOND - time.perf_counter()))
            tasks.append(asyncio.create_task(_ask(client, page, sessions, timed[page])))
        await asyncio.gather(*tasks)
    return timed


async def _ask(
    client: httpx.AsyncClient, page: Page, sessions: dict[str, str], times: list[float]
) -> None:
    """Ask for a page once, and note how long it took."""
    start = time.perf_counter()
    answered = await client.get(page.path, headers=_headers(page, sessions))
    times.append(time.perf_counter() - start)
    # The home page of whoever has signed in leads on.
    assert answered.status_code in (200, 303), (page, answered.status_code, answered.text[:300])


def main() -> None:
    """Measure the ledger of a directory."""
    _, folder, what = sys.argv
    measure: Callable[[Office, dict[str, str]], None] = {"cost": _cost, "wait": _print}[what]
    with kept_office(Path(folder)) as (office, shown):
        measure(office, shown)


def _print(office: Office, shown: dict[str, str]) -> None:
    """Print how long each page takes."""
    for row in _wait(office, shown):
        print(row.render(), flush=True)


if __name__ == "__main__":
    main()
