"""An answer as JSON: a command's own object, as it is."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response

from portal.fault import is_for_terminal

_NAMING_NEXT: Final = ("warnings", "flaws")
"""Lists of an answer whose rows say what to do next."""


def answer(data: Mapping[str, Any]) -> Response[Any]:
    """Return an answer; what it holds, the route's annotation describes and no one converts.

    A next step that is for a terminal is left empty, as it is in a refusal.
    """
    for name in _NAMING_NEXT:
        for row in data.get(name, ()):
            if is_for_terminal(row["next"]):
                row["next"] = ""
    return Response(data)
