"""What each page costs the portal's process: processor time, queries, bytes; nobody else asks."""

import asyncio
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Final, NamedTuple

import httpx
from sqlalchemy import Engine

from bench.portal_pages import Page, is_under_way
from portal.shell import Shell
from portal.web.app import make_portal
from portal.web.cookies import SESSION_COOKIE
from tests.queries import counted

REPEATS: Final = 7
SLOW_S: Final = 5
"""A page that takes so long is asked for once again."""

HEAD: Final = (
    f"| {'page':<60} | {'who':<11} | status | queries | {'bytes':>7} | {'CPU ms':>7} | "
    f"{'wall ms':>7} | {'first ms':>8} |\n"
    f"| {':---':<60} | {':---':<11} | -----: | ------: | {'---:':>7} | {'---:':>7} | "
    f"{'---:':>7} | {'---:':>8} |"
)


class Cost(NamedTuple):
    """What a page cost: the medians, and the wall time of whoever asked first in this process."""

    page: Page
    status: int
    queries: int
    size: int
    cpu_ms: float
    wall_ms: float
    first_ms: float

    def render(self) -> str:
        """Return it as a row of a table in Markdown."""
        return (
            f"| {self.page.path[:60]:<60} | {self.page.person:<11} | {self.status:>6} |"
            f" {self.queries:>7} | {self.size:>7,} | {self.cpu_ms:>7.1f} | {self.wall_ms:>7.1f} |"
            f" {self.first_ms:>8.0f} |"
        )


def weigh(shell: Shell, pages: list[Page], sessions: dict[str, str]) -> Iterator[Cost]:
    """Yield what each page costs, asked for one after the other in this process."""
    transport = httpx.ASGITransport(make_portal(shell))  # type: ignore[arg-type]
    with shell.staying_connected(), asyncio.Runner() as runner:
        start = time.perf_counter()
        shell.warm_up()
        print(f"warm-up: {time.perf_counter() - start:.1f} s", file=sys.stderr, flush=True)
        client = httpx.AsyncClient(transport=transport, base_url="http://portal", timeout=600)
        for page in pages:
            secret = sessions.get(page.person, "")
            while (cost := runner.run(_weigh(client, page, secret))) is None:
                time.sleep(1)
            yield cost


async def _weigh(client: httpx.AsyncClient, page: Page, secret: str) -> Cost | None:
    """Return what one page costs, None where it is still being worked out."""
    headers = {"cookie": f"{SESSION_COOKIE}={secret}"} if secret else {}
    first = await _time(client, page, headers)
    if is_under_way((await client.get(page.path, headers=headers)).text):
        return None
    with counted(Engine) as asked:
        answer = await client.get(page.path, headers=headers)
    repeats = REPEATS if first[1] < SLOW_S else 1
    times = [await _time(client, page, headers) for _ in range(repeats)]
    cpu, wall = (statistics.median(one) * 1000 for one in zip(*times, strict=True))
    return Cost(
        page, answer.status_code, len(asked), len(answer.content), cpu, wall, first[1] * 1000
    )


async def _time(
    client: httpx.AsyncClient, page: Page, headers: dict[str, str]
) -> tuple[float, float]:
    """Return the processor time of this process and the wall time that a request took."""
    cpu, wall = time.process_time(), time.perf_counter()
    await client.get(page.path, headers=headers)
    return time.process_time() - cpu, time.perf_counter() - wall
