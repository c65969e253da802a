"""The application: routes, the gate before them, and how each answer leaves the house.

`make_portal` is what a server runs. Several workers may run one each: nothing that anybody said is
kept in a process, but in the database.
"""

import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from anyio.to_thread import run_sync
from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.types import ASGIApp, ControllerRouterHandler

from ledger.config import Settings
from ledger.database import DatabaseError
from ledger.errors import LedgerError
from portal.audit.accesses import Accesses
from portal.shell import Shell
from portal.web.apart import limiters
from portal.web.api.pace import Pace
from portal.web.api.router import API_V1
from portal.web.audience import require_address, require_audience, require_audiences
from portal.web.errors import answer_error
from portal.web.form_token import form_key, give_number, require_form_token
from portal.web.gate import Gate, visit_of
from portal.web.headers import Headers
from portal.web.limits import FORM_BYTES_MAX, UPLOAD_BYTES_MAX, Limits, require_few_fields
from portal.web.methods import Heads, Methods
from portal.web.recording import Recording, recording
from portal.web.routes import ROUTES
from portal.web.sent import Sent
from portal.web.telemetry import Telemetry, write_log


def make_portal(
    shell: Shell, pace: Pace | None = None, more: Sequence[ControllerRouterHandler] = ()
) -> ASGIApp:
    """Return the portal of a ledger as an ASGI application, with the routes of a demo if it is."""
    inner = Heads(make_app(shell, pace, more))
    return Headers(Telemetry(Limits(inner)), is_https=is_https(shell))


def of_environment() -> ASGIApp:
    """Return the portal of the ledger that the environment names, for a worker of a server."""
    write_log()
    return make_portal(Shell(Settings.load(), "zh", as_json=False))


def make_app(
    shell: Shell, pace: Pace | None = None, more: Sequence[ControllerRouterHandler] = ()
) -> Litestar:
    """Return the portal's routes, each with its audience.

    Raises `ImproperlyConfiguredException` where a route names none.
    """
    app = Litestar(
        # One by one, a second handler of an address would have the first one wrapped for its
        # thread anew, which then answers with a coroutine.
        route_handlers=[
            Router("/", route_handlers=[*ROUTES, *more], request_max_body_size=FORM_BYTES_MAX),
            API_V1,
        ],
        guards=[require_address, require_audience, require_few_fields, require_form_token],
        middleware=[Gate, Methods(), Recording()],
        dependencies={"visit": Provide(visit_of, sync_to_thread=False)},
        exception_handlers={Exception: answer_error},
        before_send=[give_number],
        compression_config=CompressionConfig(backend="gzip", minimum_size=1_000),
        lifespan=[_connected, recording],
        openapi_config=None,
        request_class=Sent,
        request_max_body_size=UPLOAD_BYTES_MAX,
        state=State(
            {
                "shell": shell,
                "is_https": is_https(shell),
                "form_key": form_key(shell),
                "pace": pace or Pace(),
                "apart": limiters(),
                "accesses": Accesses(shell),
            }
        ),
        logging_config=None,
    )
    require_audiences(app)
    return app


def is_https(shell: Shell) -> bool:
    """Return whether the portal is reached by TLS, as its public address says."""
    return shell.settings.public_url.startswith("https:")


@asynccontextmanager
async def _connected(app: Litestar) -> AsyncIterator[None]:
    """Keep the database's connections open while the portal runs.

    What lists need of the whole book is read before anybody comes; where the database is away, by
    whoever comes first.
    """
    shell: Shell = app.state.shell
    with shell.staying_connected():
        with suppress(LedgerError, DatabaseError):
            await run_sync(shell.warm_up)
        # What was read stays: to look through all of it for garbage would hold everybody up.
        gc.collect()
        gc.freeze()
        yield
