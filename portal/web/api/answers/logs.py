"""Logs, entries and proofs."""

from typing import Annotated

from msgspec import Meta, Struct

from portal.web.api.answers.words import Next

Root = Annotated[str, Meta(description="The root of the tree, in hexadecimal.")]


class LogRow(Struct, kw_only=True):
    """A log: how many entries it has, its root, and its last signed checkpoint."""

    name: Annotated[str, Meta(examples=["book"])]
    size: int
    root: Root
    origin: str
    note: str | None


class LogList(Struct, kw_only=True):
    """The logs."""

    logs: list[LogRow]


class Entry(Struct, kw_only=True):
    """An entry of a log: the text whose hash is its leaf."""

    index: int
    entry: Annotated[str, Meta(description="The event, exactly as it was recorded.")]


class ProofOf(Struct, kw_only=True):
    """An entry with its proof and a checkpoint, as one text (C2SP tlog-proof)."""

    log: str
    index: int
    size: int
    vkey: Annotated[str, Meta(description="The log's public key, to check the proof by.")]
    proof: str


class EntryPage(Struct, kw_only=True):
    """Entries of a log, in their order."""

    log: str
    size: int
    rows: list[Entry]
    next: Next
