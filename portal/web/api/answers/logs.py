"""Logs, entries and proofs."""

from typing import Annotated

from msgspec import Meta, Struct

from portal.runs.audit_runs import Kind, State
from portal.web.api.answers.words import Instant, Next, Sentence

Root = Annotated[str, Meta(description="A hash of the tree, in hexadecimal.")]


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


class RestingOn(Struct, kw_only=True):
    """A statement that was made from an entry; `index` is where the book has its issue."""

    id: str
    kind: Annotated[str, Meta(examples=["compute"])]
    index: int
    superseded_by: str | None


class EntryShown(Entry, kw_only=True):
    """An entry with the hash by which the tree has it, and what was made from it."""

    log: str
    leaf_hash: Root
    statements: list[RestingOn]


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


class CheckRow(Struct, kw_only=True):
    """A full check or a replay: `done` of `total` steps of its phase, and how it ended."""

    number: int
    kind: Kind
    state: State
    by: str
    started_at: Instant
    finished_at: Instant | None
    phase: Sentence | None
    done: int
    total: int | None
    error: Sentence | None


class CheckPage(Struct, kw_only=True):
    """The last checks and replays, the newest first."""

    rows: list[CheckRow]


class Finding(Struct, kw_only=True):
    """What disagrees, and where; log and index are null where no one entry is meant."""

    log: str | None
    index: int | None
    table: str
    column: str
    what: Sentence


class Check(CheckRow, kw_only=True):
    """A check or a replay with what it found."""

    findings: list[Finding]
