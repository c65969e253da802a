"""Lists page by page, by the key of the last row and not by a count.

What comes in between moves nothing, and no row is shown twice or left out.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final

from litestar.params import QueryParameter

from portal.listing import bad_after

# A page that a program reads at once; the default is what a person reads.
LIMIT_MAX: Final = 200
LIMIT: Final = 50

Row = dict[str, Any]

Limit = Annotated[int, QueryParameter(ge=1, le=LIMIT_MAX, description="At most so many rows.")]
After = Annotated[
    str | None,
    QueryParameter(
        max_length=200, description="Go on after this row: the `next` of the page before."
    ),
]

IndexAfter = Annotated[
    int | None, QueryParameter(ge=0, le=2**62, description="Go on after the entry of this index.")
]


def page_of(
    data: Row, key_of: Callable[[Row], str], limit: int, after: str | None
) -> dict[str, Any]:
    """Return the part of an answer's rows after the one with a key, and `next`.

    Raises `InvalidInputError` (`bad_after`) where no row has that key any more.
    """
    rows: Sequence[Row] = data["rows"]
    first = 0
    if after is not None:
        places = [place for place, row in enumerate(rows) if key_of(row) == after]
        if not places:
            raise bad_after(after)
        first = places[-1] + 1
    page = list(rows[first : first + limit])
    more = first + limit < len(rows)
    return {**data, "rows": page, "next": key_of(page[-1]) if more else None}


def usage_key(row: Row) -> str:
    """Return by what a row of usage is known: what it is a sum of."""
    return "/".join(str(row[name]) for name in row if name not in {"name", "unit", "quantity"})
