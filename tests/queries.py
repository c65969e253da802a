"""What a database is asked meanwhile: tests that bound how many queries something costs."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event


@contextmanager
def counted(on: Connection | Engine | type[Engine]) -> Iterator[list[str]]:
    """Yield the statements that a connection, or every one of an engine's, is given meanwhile."""
    said: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    event.listen(on, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(on, "before_cursor_execute", note)
