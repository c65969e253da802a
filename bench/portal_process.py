"""The portal in processes of its own, on a day of its own: `PORT WORKERS AT_MS`."""

import os
import sys
from typing import Any, Final

from portal import serving
from portal.commands import schedule_commands
from portal.web import gate
from portal.web.app import of_environment

AT_MS: Final = "SUANQUAN_BENCH_AT_MS"
"""The setting by which each worker finds its instant."""


def of_an_instant() -> Any:  # noqa: ANN401 - as the server takes it
    """Return the portal of the environment's ledger as if it were some instant."""
    at_ms = int(os.environ[AT_MS])
    for module in (gate, schedule_commands):
        vars(module)["now_ms"] = lambda: at_ms
    return of_environment()


def main() -> None:
    """Serve it by some workers."""
    _, port, workers, os.environ[AT_MS] = sys.argv
    vars(serving)["OF_ENVIRONMENT"] = "bench.portal_process:of_an_instant"
    serving.serve_environment("127.0.0.1", int(port), int(workers))


if __name__ == "__main__":
    main()
