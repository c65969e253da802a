"""What an auditor looks at: how each log stands, its entries and their proofs, who held which role.

Every page of it reads a bounded number of entries, however long a log is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ledger import merkle, tlog
from ledger.codec import Event
from ledger.database import Connection
from ledger.errors import TamperedLogError
from ledger.events import BatchRecorded, LogName
from ledger.head import Head
from ledger.read import parse_entry, read_entries, read_heads
from ledger.text import Text
from ledger.topics import PEOPLE, person_topic, topics_of
from ledger.trail import read_newest
from portal.audit.witnessed import contradict, cosignature_rows, find_cosigned
from portal.commands.key_commands import key_rows
from portal.commands.proof_commands import prove_entries
from portal.shell import Shell

# A batch from a file has 20,000 records, and one from a topic or of our own has fewer.
BATCH_ENTRIES_MAX: Final = 20_001

_BATCH: Final = BatchRecorded.type.encode()


class Standing(NamedTuple):
    """How a log stands: its head, and the last checkpoint that was signed for it.

    `signed` is None before the first. `fault` says why log and checkpoint are not of one history.
    """

    head: Head
    signed: tlog.Checkpoint | None
    fault: Text | None
    keys: Sequence[dict[str, str]]
    cosignatures: Sequence[dict[str, Any]]


def read_standings(shell: Shell, connection: Connection) -> list[Standing]:
    """Return how each log stands."""
    return [_standing(shell, connection, head) for head in read_heads(connection).values()]


def _standing(shell: Shell, connection: Connection, head: Head) -> Standing:
    """Return how a log stands, held against what was signed."""
    signed, fault, note = None, None, None
    try:
        signed = shell.signer.last(head)
        if signed is not None:
            contradict(connection, head, signed)
        note = shell.signer.last_note(head)
    except TamperedLogError as error:
        fault = error.message
    rows = cosignature_rows(shell, head, note)
    return Standing(head, signed, fault, key_rows(shell, head), rows)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a log as it was recorded."""

    log: LogName
    index: int
    event: Event

    @property
    def type(self) -> str:
        """Return the event's type without what all of ours begin with."""
        return self.event.kind.type.removeprefix("cn.suanquan.")

    @property
    def text(self) -> str:
        """Return the entry's bytes as text."""
        return self.event.raw.decode(errors="replace")

    @property
    def leaf_hash(self) -> str:
        """Return the hash by which the tree has the entry, in hexadecimal."""
        (found,) = merkle.leaf_hashes([self.event.raw])
        return found.hex()

    @property
    def topics(self) -> tuple[str, ...]:
        """Return what the entry is about."""
        return topics_of(self.event)


def list_entries(connection: Connection, head: Head, before: int, limit: int) -> list[Entry]:
    """Return the entries of a log below an index, the newest first."""
    end = max(0, min(before, head.size))
    found = read_entries(connection, head.name, max(0, end - limit), end)
    entries = [Entry(head.name, at, parse_entry(head.name, at, raw)) for at, raw in found]
    return entries[::-1]


def find_batch(
    connection: Connection, entry: Entry, head: Head
) -> tuple[int, BatchRecorded] | None:
    """Return the leaf that closes the batch of an entry, and its index.

    None where there is none so near, which a check names.
    """
    end = min(entry.index + BATCH_ENTRIES_MAX, head.size)
    for index, raw in read_entries(connection, head.name, entry.index, end):
        if _BATCH in raw:
            event = parse_entry(head.name, index, raw)
            if event.kind is BatchRecorded:
                data = event.data
                assert isinstance(data, BatchRecorded)
                return index, data
    return None


def find_note(shell: Shell, head: Head, index: int) -> str | None:
    """Return the signed checkpoint under which an entry is proved, None while none covers it.

    The newest that enough witnesses cosigned, else the last one; none is signed for it.
    """
    last = shell.signer.last(head)
    if last is None or last.size <= index:
        return None
    return find_cosigned(shell, head, index + 1) or shell.signer.last_note(head)


def prove_entry(connection: Connection, entry: Entry, note: str) -> str:
    """Return the proof of an entry under a checkpoint, as a file has it (C2SP tlog-proof)."""
    ((_, proof),) = prove_entries(connection, entry.log, [entry.index], note)
    return proof


def list_changes(
    connection: Connection, size: int, person: str, limit: int, before: int | None
) -> list[Entry]:
    """Return what happened to accounts and roles, of one person where he is named, newest first."""
    topic = person_topic(person) if person else PEOPLE
    found = read_newest(connection, topic, size, limit, before)
    return [Entry("book", index, event) for index, event in found]
