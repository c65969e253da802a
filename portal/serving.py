"""Serve the portal over HTTP: the one file that knows uvicorn."""

import os
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from typing import Any, Final

# Whoever is being answered when the portal is told to stop is answered first, for so long.
GRACE_S: Final = 20

OF_ENVIRONMENT: Final = "portal.web.app:of_environment"
"""What each worker makes its portal by."""

MULTIPROCESS: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The setting by which workers count together, as the library for metrics reads it."""


def serve_app(app: object, host: str, port: int) -> None:
    """Serve an ASGI application in this process until SIGTERM or Ctrl-C."""
    _run(app, host, port)


def serve_environment(host: str, port: int, workers: int) -> None:
    """Serve the portal of the environment's ledger by some processes until SIGTERM or Ctrl-C."""
    with ExitStack() as stack:
        if workers > 1 and not os.environ.get(MULTIPROCESS):
            # Before any worker counts: the library looks at it when it is first imported.
            directory = TemporaryDirectory(prefix="suanquan-metrics-")
            os.environ[MULTIPROCESS] = stack.enter_context(directory)
        _run(OF_ENVIRONMENT, host, port, factory=True, workers=workers)


def _run(app: Any, host: str, port: int, **options: Any) -> None:  # noqa: ANN401 - as the library has it
    """Run uvicorn, which says nothing of requests: the portal does (`portal.web.telemetry`)."""
    import uvicorn  # noqa: PLC0415 - no other command needs it

    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        **options,
    )
