"""What quarantine keeps of a Kafka record, and the record made whole again.

One body: a line of JSON with key and headers, then the value as it is. The value comes last, so
that what is cut off a long record is the value's end. Bytes that are no text stand in base64.
"""

from base64 import b64decode, b64encode

import msgspec

from ingest.cloudevents import Headers


def render_record(key: bytes | None, value: bytes | None, headers: Headers) -> bytes:
    """Return a whole record for quarantine: a line of JSON with key and headers, then the value.

    The value comes last and as it is, so that what is cut off a long record is the value's end.
    """
    said = {
        "headers": [[name, _readable(raw)] for name, raw in headers],
        "key": _readable(key),
    }
    if value is None:
        return msgspec.json.encode({**said, "value": None}) + b"\n"
    return msgspec.json.encode(said) + b"\n" + value


def restore_record(
    body: bytes,
) -> tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]:
    """Return (key, value, headers) of a record that was kept whole, byte for byte."""
    line, _, value = body.partition(b"\n")
    said = msgspec.json.decode(line)
    headers = [(name, _restored(shown)) for name, shown in said["headers"]]
    return _restored(said["key"]), None if "value" in said else value, headers


def split_record(body: bytes) -> tuple[object, dict[str, list[object]], bytes]:
    """Return (key, headers, value) of what `render_record` gave; a header may have several values.

    Where not even the headers fit into what was kept, the value is the bytes that are there.
    """
    line, _, value = body.partition(b"\n")
    try:
        said = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None, {}, body
    headers: dict[str, list[object]] = {}
    for name, shown in said["headers"]:
        headers.setdefault(name, []).append(shown)
    return said["key"], headers, value


def _readable(raw: bytes | None) -> str | dict[str, str] | None:
    """Return bytes as text where they are text."""
    if raw is None:
        return None
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(raw).decode()}


def _restored(shown: str | dict[str, str] | None) -> bytes | None:
    """Return the bytes that `_readable` showed."""
    if isinstance(shown, dict):
        return b64decode(shown["base64"])
    return None if shown is None else shown.encode()
