"""Whoever asks: who he is, what he may, and until when his token counts."""

from typing import Annotated, Final

from litestar import Response, Router, get
from msgspec import Meta, Struct

from ledger.events import Role, Scope
from portal.web.api.answers.words import Code, Instant
from portal.web.api.bearer import Bearer
from portal.web.audience import SIGNED_IN
from portal.web.visit import Visitor


class Held(Struct, kw_only=True):
    """A role, and the programme or enterprise that it is limited to."""

    role: Role
    scope: str | None


class Me(Struct, kw_only=True):
    """The holder of a token."""

    name: Annotated[str, Meta(examples=["gh-0412"])]
    roles: list[Held]
    enterprises: list[Code]
    scopes: Annotated[list[Scope], Meta(description="What the token reaches here.")]
    expires_at: Instant


@get("/me", who=SIGNED_IN, sync_to_thread=False)
def show_me(visit: Visitor) -> Response[Me]:
    """Show who you are, what you may do, and until when your token counts."""
    bearer = visit.session
    assert isinstance(bearer, Bearer)
    held = sorted(visit.rights.grants[visit.person], key=str)
    me = Me(
        name=visit.person,
        roles=[Held(role=one.role, scope=one.scope) for one in held],
        enterprises=visit.enterprises,
        scopes=list(bearer.scopes),
        expires_at=bearer.expires_at,
    )
    return Response(me)


ROUTER: Final = Router("/", route_handlers=[show_me], tags=["people"])
