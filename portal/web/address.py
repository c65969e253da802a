"""Where a request goes, by its path alone: what it says of the host is believed by nobody."""

from typing import Any, Final

from litestar.connection import ASGIConnection

API: Final = "/api/"
"""What addresses of the interface begin with: there a token counts, and no cookie."""


def path_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Return the path within the site."""
    return str(connection.scope["path"])


def is_of_interface(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Return whether a request is for the interface for programs."""
    return path_of(connection).startswith(API)


def query_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Return the query as it came."""
    return connection.scope["query_string"].decode("latin-1")
