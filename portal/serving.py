"""Serve the portal over HTTP: the one file that knows uvicorn."""

import os
from contextlib import ExitStack
from socket import IPPROTO_TCP, TCP_NODELAY, socket
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
    import uvicorn  # noqa: PLC0415 - no other command needs it

    uvicorn.run(**_options(app, host, port))


def serve_environment(host: str, port: int, workers: int) -> None:
    """Serve the portal of the environment's ledger by some processes until SIGTERM or Ctrl-C."""
    import uvicorn  # noqa: PLC0415 - no other command needs it
    from uvicorn.supervisors import Multiprocess  # noqa: PLC0415 - as above

    options = _options(OF_ENVIRONMENT, host, port) | {"factory": True}
    if workers == 1:
        uvicorn.run(**options)
        return
    with ExitStack() as stack:
        if not os.environ.get(MULTIPROCESS):
            # Before any worker counts: the library looks at it when it is first imported.
            directory = TemporaryDirectory(prefix="suanquan-metrics-")
            os.environ[MULTIPROCESS] = stack.enter_context(directory)
        config = uvicorn.Config(**options, workers=workers)
        Multiprocess(config, sockets=[without_delay(config.bind_socket())]).run()


def without_delay(listening: socket) -> socket:
    """Return a listening socket whose connections send what they have at once.

    An event loop asks that of connections that it listens for itself, but not of those of a socket
    that it is given, as several workers are: the end of an answer would wait until the visitor's
    system has acknowledged its beginning, some 40 ms.
    """
    listening.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    return listening


def _options(app: object, host: str, port: int) -> dict[str, Any]:
    """Return how uvicorn serves; it says nothing of requests: `portal.web.telemetry` does."""
    return {
        "app": app,
        "host": host,
        "port": port,
        "log_level": "warning",
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": GRACE_S,
    }
