"""Accesses."""

from typing import Annotated

from msgspec import Meta, Struct

from ledger.events import Access, Way


class AccessRow(Struct, kw_only=True):
    """An access: who was shown or took what, by which address."""

    index: Annotated[int, Meta(description="Its entry in the log of accesses.")]
    at: Annotated[str, Meta(examples=["2022-08-01T09:30:00Z"])]
    person: Annotated[str, Meta(examples=["gh-0412"])]
    enterprise: Annotated[
        str | None, Meta(description="Whose it is; null where it is of several, or of none.")
    ]
    access: Access
    place: Annotated[str, Meta(examples=["/claims/CL-2022-00017"])]
    way: Way


class AccessPage(Struct, kw_only=True):
    """Accesses, the newest first."""

    rows: list[AccessRow]
    next: Annotated[int | None, Meta(description="Give it as `before` for the page that follows.")]
