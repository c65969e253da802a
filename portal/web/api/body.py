"""Bodies as the core's own parsers take them: the bytes as they came, described by their type.

The library would decode a body itself and drop what it does not know. Here the parser of the file
that a command takes refuses it, with the nearest known name.
"""

from typing import Annotated, Any, ClassVar, Final

from litestar.dto import AbstractDTO, DTOConfig
from litestar.dto._backend import DTOBackend
from litestar.openapi.spec import Reference, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.typing import FieldDefinition
from msgspec import Meta, Struct

FILE: Final = "application/octet-stream"

Word = Annotated[str, Meta(max_length=200)]
"""A name, a place, the number of a paper: one line of a body."""


class RawBody(AbstractDTO[Any]):
    """A body handed on as it came; `kind` is what it holds as JSON, None for a file."""

    config = DTOConfig()
    kind: ClassVar[type[Struct] | None] = None

    def decode_bytes(self, value: bytes) -> bytes:
        """Return the body."""
        return value

    @classmethod
    def create_for_field_definition(
        cls,
        field_definition: FieldDefinition,
        handler_id: str,
        backend_cls: type[DTOBackend] | None = None,
    ) -> None:
        """Make nothing: no field is taken out of the body here."""

    @classmethod
    def create_openapi_schema(
        cls,
        field_definition: FieldDefinition,  # noqa: ARG003 - the library's form
        handler_id: str,  # noqa: ARG003 - the same
        schema_creator: Any,  # noqa: ANN401 - the library keeps its type to itself
    ) -> Reference | Schema:
        """Return how a body is described."""
        if cls.kind is None:
            return Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        found: Reference | Schema = schema_creator.for_field_definition(
            FieldDefinition.from_annotation(cls.kind)
        )
        return found


def json_of(kind: type[Struct]) -> type[RawBody]:
    """Return how a body is taken that holds a value of a type as JSON."""
    return type(f"JsonOf{kind.__name__}", (RawBody,), {"kind": kind})
