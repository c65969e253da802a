"""Which types the values of a rule have, read from the annotations of the rule itself.

A rule's vocabulary is generic and recursive (a rate by class is a rate for each class), so that its
types are resolved one step at a time, where somebody asks for one.
"""

import types
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, ForwardRef, NamedTuple, TypeVar, Union, get_args, get_origin
from typing import get_type_hints as hints_of

import msgspec
from msgspec import Struct

from vouchers import programme
from vouchers.programme import Cited

Kind = Any
"""A type as an annotation writes it: a class, a union, a generic with its arguments."""


def origin_of(kind: Kind) -> Any:  # noqa: ANN401 - typing has no type for it
    """Return what a generic type is made of, None for a type without arguments."""
    return get_origin(kind)


class Field(NamedTuple):
    """The type of a struct's field, and whether it has to be given."""

    kind: Kind
    required: bool


def members(kind: Kind) -> tuple[Kind, ...]:
    """Return the types that a union allows, None left out; the type itself where it is no union."""
    kind = _resolve(kind)
    if origin_of(kind) in {Union, types.UnionType}:
        parts = (one for part in get_args(kind) for one in members(part))
        return tuple(one for one in parts if one is not type(None))
    return (kind,)


def is_optional(kind: Kind) -> bool:
    """Return whether a value of the type may be left out altogether."""
    kind = _resolve(kind)
    return origin_of(kind) in {Union, types.UnionType} and type(None) in get_args(kind)


def member_of(kind: Kind, value: object) -> Kind:
    """Return which of a union's types a value has, the first where none is of its class."""
    found = (one for one in members(kind) if (origin_of(one) or one) is type(value))
    return next(found, members(kind)[0])


def struct_of(kind: Kind) -> type[Struct] | None:
    """Return the struct that a type is, its arguments left out, None for any other type."""
    bare = origin_of(kind) or kind
    return bare if isinstance(bare, type) and issubclass(bare, Struct) else None


def tag_of(kind: Kind) -> str | None:
    """Return the word by which a struct is told from others of its union, if it has one."""
    struct = struct_of(kind)
    tag = struct.__struct_config__.tag if struct else None
    return tag if isinstance(tag, str) else None


def is_cited(kind: Kind) -> bool:
    """Return whether values of the type carry their clause and grade."""
    return struct_of(kind) is Cited


def is_list(kind: Kind) -> bool:
    """Return whether the type is a tuple of any length."""
    return origin_of(kind) is tuple and get_args(kind)[-1] is ...


def fields_of(kind: Kind) -> Mapping[str, Field]:
    """Return the fields of a struct by name, its arguments put in their places."""
    struct = struct_of(kind)
    assert struct is not None, kind
    given = dict(zip(_parameters(struct), get_args(kind), strict=False))
    return {
        name: Field(_put(hint, given), required)
        for name, (hint, required) in _fields(struct).items()
    }


@lru_cache(maxsize=256)
def _fields(struct: type[Struct]) -> Mapping[str, Field]:
    hints = hints_of(struct, localns=vars(programme))
    return {
        one.name: Field(hints[one.name], one.required) for one in msgspec.structs.fields(struct)
    }


def _parameters(struct: type[Struct]) -> tuple[TypeVar, ...]:
    """Return the type variables of a generic struct."""
    found: tuple[TypeVar, ...] = getattr(struct, "__parameters__", ())
    return found


def _put(kind: Kind, given: Mapping[TypeVar, Kind]) -> Kind:
    """Return a type with its variables replaced."""
    if isinstance(kind, TypeVar):
        return given.get(kind, kind)
    open_ones = getattr(kind, "__parameters__", ())
    return kind[tuple(given[one] for one in open_ones)] if open_ones and given else kind


def _resolve(kind: Kind) -> Kind:
    """Return what a name of a type stands for, and a type without its remarks."""
    if isinstance(kind, str | ForwardRef):
        holder = types.SimpleNamespace(__annotations__={"kind": kind})
        kind = hints_of(holder, vars(programme))["kind"]
    return get_args(kind)[0] if origin_of(kind) is Annotated else kind
