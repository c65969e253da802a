"""`suanquan serve`: the portal and its API over HTTP."""

import os
import tempfile
from typing import Final

import click

from ledger.text import Text
from portal.account_commands import link_lines
from portal.invitations import invite_first
from portal.options import answers
from portal.shell import Result, Shell, now_ms

# Whoever is being answered when the portal is told to stop is answered first, for so long.
GRACE_S: Final = 20

MULTIPROCESS: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The setting by which workers count together, as the library for metrics reads it."""


@click.command(
    epilog="""\b
Examples:
  suanquan serve                                  # http://127.0.0.1:8000, until Ctrl-C
  suanquan serve --host 0.0.0.0 --port 8080 --workers 4

\b
TLS is a reverse proxy's business; SUANQUAN_PUBLIC_URL says how the portal is reached."""
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True)
@answers
def serve(shell: Shell, host: str, port: int, workers: int) -> Result:
    """Serve the portal until SIGTERM; whoever is being answered is answered first."""
    import uvicorn  # noqa: PLC0415 - no other command needs it

    with shell.reading():
        pass
    if workers > 1:
        # Before any worker counts: the library looks at it when it is first imported.
        os.environ.setdefault(MULTIPROCESS, tempfile.mkdtemp(prefix="suanquan-metrics-"))
    tell_first_link(shell)
    address = Text(f"门户：http://{host}:{port}", f"the portal: http://{host}:{port}")
    shell.errors.print(shell.say(address), markup=False)
    uvicorn.run(
        "portal.web.app:of_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        env_file=None,
    )
    return Result({"pid": os.getpid()}, shell.say(Text("已停止", "stopped")))


def tell_first_link(shell: Shell) -> None:
    """Print the link of the first administrator, where nobody could sign in otherwise."""
    link = invite_first(shell, now_ms())
    if link is not None:
        for line in link_lines(shell, link):
            shell.errors.print(line, markup=False)
