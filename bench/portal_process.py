"""The portal in a process of its own, on a day of its own: `PORT AT_MS`."""

import sys

from portal.serving import serve_app
from portal.web import gate
from portal.web.app import of_environment


def main() -> None:
    """Serve the portal of the environment's ledger as if it were some instant."""
    _, port, at_ms = sys.argv
    vars(gate)["now_ms"] = lambda: int(at_ms)
    serve_app(of_environment(), "127.0.0.1", int(port))


if __name__ == "__main__":
    main()
