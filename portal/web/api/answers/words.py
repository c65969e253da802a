"""Values that many answers have in common, each with what it means and an example."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Fen = Annotated[int, Meta(description="An amount in fen: CNY 0.01.", examples=[300000])]
Day = Annotated[str, Meta(description="A day at the centre.", examples=["2022-11-01"])]
Month = Annotated[str, Meta(description="A month at the centre.", examples=["2022-07"])]
Instant = Annotated[
    str, Meta(description="An instant, RFC 3339 in UTC.", examples=["2022-11-01T02:00:00.000Z"])
]
Code = Annotated[
    str, Meta(description="A unified social credit code.", examples=["91420100MA4K2XY18X"])
]
ClaimId = Annotated[str, Meta(description="A claim's id.", examples=["SQ-7K3M9XQ2AB"])]
ProgrammeId = Annotated[str, Meta(description="A programme's id.", examples=["hubei"])]
Sha256 = Annotated[str, Meta(description="A SHA-256 in hexadecimal.", examples=["0" * 64])]
Quantity = Annotated[
    str, Meta(description="An exact decimal, in the unit beside it.", examples=["86400"])
]
Sentence = Annotated[str, Meta(description="Words for people, in the language of Accept-Language.")]
Next = Annotated[
    str | None, Meta(description="What to give as `after` for the next page; null on the last.")
]
Free = dict[str, Any]
"""An object whose keys are those that the command line has for it."""

Unit = Literal["card_second", "tb_second", "unit_second"]


class Size(Struct, kw_only=True):
    """How many entries a log had when an answer was made."""

    log: Annotated[str, Meta(examples=["book"])]
    size: Annotated[int, Meta(ge=0, examples=[1204])]


class Problem(Struct, kw_only=True):
    """What went wrong (RFC 9457), with our own code and the next step."""

    type: Annotated[str, Meta(examples=["urn:suanquan:problem:unknown_claim"])]
    title: Annotated[str, Meta(examples=["Not Found"])]
    status: Annotated[int, Meta(examples=[404])]
    detail: Sentence
    code: Annotated[str, Meta(description="Stable, to decide by.", examples=["unknown_claim"])]
    next: Annotated[str, Meta(description="What to do now, in words; may be empty.")]
