"""`suanquan serve`: the portal and its API over HTTP."""

import click

from ledger.text import Text
from portal.accounts.invitations import invite_first
from portal.accounts.provider_settings import read_provider
from portal.commands.account_commands import link_lines
from portal.options import answers
from portal.serving import serve_environment
from portal.shell import Result, Shell, now_ms


@click.command(
    epilog="""\b
Examples:
  suanquan serve                                  # http://127.0.0.1:8000, until Ctrl-C
  suanquan serve --host 0.0.0.0 --port 8080 --workers 4

\b
TLS is a reverse proxy's business; SUANQUAN_PUBLIC_URL says how the portal is reached. While nobody
can sign in, a link for the first administrator is printed, which serves once."""
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(1, 65_535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True)
@answers
def serve(shell: Shell, host: str, port: int, workers: int) -> Result:
    """Serve the portal until SIGTERM; whoever is being answered is answered first."""
    # What is wrong with it is told before anybody is answered; whether it is there is not asked.
    read_provider(shell.settings)
    address = shell.settings.public_url or f"http://{host}:{port}"
    tell_first_link(shell, address)
    said = Text(f"门户：{address}", f"the portal: {address}")
    return Result(
        {"url": address}, shell.say(said), then=lambda: serve_environment(host, port, workers)
    )


def tell_first_link(shell: Shell, address: str) -> None:
    """Print the link of the first administrator, where nobody could sign in otherwise."""
    link = invite_first(shell, now_ms())
    if link is not None:
        for line in link_lines(shell, link, address):
            shell.errors.print(line, markup=False)
