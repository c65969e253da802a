"""A record as a producer sends it: CloudEvents' Kafka protocol binding 1.0, both content modes."""

import json
from typing import Any, Final, NamedTuple

STRUCTURED: Final = (("content-type", b"application/cloudevents+json"),)
"""The headers of a structured record, which is nearly every one."""

BINARY: Final = ("content-type", b"application/json")
"""The header that says of what kind the data of a binary record is."""


class Sent(NamedTuple):
    """A record's key, headers and value; a value of None is a tombstone."""

    key: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    value: bytes | None


def compact(value: object) -> bytes:
    """Return a value as JSON without spaces, its members in the order that they have."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def read_event(record: Sent) -> dict[str, Any]:
    """Return the members of the event in a good structured record."""
    event: dict[str, Any] = json.loads(record.value or b"")
    return event


def to_binary(record: Sent) -> Sent:
    """Return a good structured record in binary mode: attributes as headers, data as the value."""
    event = read_event(record)
    data = compact(event.pop("data"))
    attributes = tuple((f"ce_{name}", str(said).encode()) for name, said in event.items())
    return Sent(record.key, (*attributes, BINARY), data)
