"""A Kafka record → event, strictly: CloudEvents' Kafka protocol binding 1.0, both content modes.

Structured (`content-type` starts with `application/cloudevents`): the record's value is the event
and becomes the leaf as it is. Binary (headers `ce_…`): the value is the event's data, and the leaf
is the canonical JSON of both. What says neither is refused, not guessed. Only usage is taken: an
agent that meters must not be able to write payments.
"""

import re
from collections.abc import Sequence
from typing import Final

from ingest.topic import Record
from ledger.codec import Event, encode_attributes, parse, parse_usage
from ledger.errors import InvalidInputError
from ledger.text import Text

Headers = Sequence[tuple[str, bytes | None]]
"""Names and values of a record's headers as they came; a name may stand more than once."""

CONTENT_TYPE: Final = "content-type"
PREFIX: Final = "ce_"

_STRUCTURED_TYPE: Final = "application/cloudevents"
STRUCTURED: Final = f"{_STRUCTURED_TYPE}+json".encode()
_JSON_TYPES: Final = frozenset({_STRUCTURED_TYPE, f"{_STRUCTURED_TYPE}+json"})

# What nearly every record has, so that it need not be taken apart a million times.
_USUAL: Final = [(CONTENT_TYPE, STRUCTURED)]

_REQUIRED: Final = ("specversion", "type", "source", "id")

# CloudEvents 1.0, section 3.1: lower-case letters and digits. The content type has its own header.
_ATTRIBUTE = re.compile(r"[a-z0-9]+", re.ASCII)
_NOT_HEADERS: Final = frozenset({"data", "datacontenttype"})

_RESEND: Final = Text(
    "请按 CloudEvents 的 Kafka 绑定修正采集端后重发",
    "mend the agent after CloudEvents' Kafka binding and resend",
)


def parse_record(key: bytes | None, value: bytes | None, headers: Headers) -> Event:
    """Return the usage event that a Kafka record holds.

    Raises `InvalidInputError`: `tombstone`, `repeated_header`, `bad_header`, `batch_mode`,
    `format_not_accepted`, `ambiguous_mode`, `missing_headers`, `missing_attribute`,
    `type_not_accepted`, `key_mismatch`, and what `ledger.codec.parse` refuses.
    """
    if value is None:
        raise _refusal("tombstone", "记录没有内容", "the record has no value")
    event = parse(value) if headers == _USUAL else _parse_marked(value, headers)
    _refuse_type(event)
    if key is not None and key != event.subject.encode():
        raise _refusal(
            "key_mismatch",
            f"消息键 {key[:40]!r} 与 subject {event.subject} 不同",
            f"the key {key[:40]!r} is not the subject {event.subject}",
        )
    return event


def parse_usual(records: Sequence[Record]) -> list[Event] | None:
    """Return the events of records as nearly all are; None if any record is anything else.

    That is: canonical usage in structured mode, under no key or its subject's. What this returns is
    what `parse_record` returns of each, for a third of the time.
    """
    if [record.headers for record in records].count(_USUAL) < len(records):
        return None
    values = [record.value for record in records if record.value is not None]
    events = parse_usage(values) if len(values) == len(records) else None
    if events is not None:
        keys = {(record.key, event.subject) for record, event in zip(records, events, strict=True)}
        if any(key is not None and key != subject.encode() for key, subject in keys):
            return None
    return events


def _parse_marked(value: bytes, headers: Headers) -> Event:
    """Return the event of a record whose headers say in which mode it is."""
    known = _read_headers(headers)
    content_type = known.pop(CONTENT_TYPE, None)
    if content_type is not None and content_type.lower().startswith(_STRUCTURED_TYPE):
        _require_json(content_type)
        return parse(value)
    if known:
        return _parse_binary(known, content_type, value)
    raise _unmarked(value)


def _read_headers(headers: Headers) -> dict[str, str]:
    """Return the headers that CloudEvents speaks of; others are not ours to judge."""
    known: dict[str, str] = {}
    for name, raw in headers:
        if name != CONTENT_TYPE and not name.startswith(PREFIX):
            continue
        if name in known:
            raise _refusal(
                "repeated_header", f"消息头 {name[:60]!r} 重复", f"the header {name[:60]!r} repeats"
            )
        try:
            known[name] = (raw or b"").decode()
        except UnicodeDecodeError:
            raise _bad_header(name, raw) from None
        if not known[name].strip():
            raise _bad_header(name, raw)
    return known


def _bad_header(name: str, raw: bytes | None) -> InvalidInputError:
    """Return the refusal of a header that says nothing."""
    return _refusal(
        "bad_header",
        f"消息头 {name[:60]!r} 的值 {(raw or b'')[:40]!r} 为空或不是 UTF-8",
        f"the header {name[:60]!r} is empty or not UTF-8: {(raw or b'')[:40]!r}",
    )


def _require_json(content_type: str) -> None:
    """Raise unless a structured record is one event in JSON."""
    media_type = content_type.lower().partition(";")[0].strip()
    if media_type.startswith(f"{_STRUCTURED_TYPE}-batch"):
        raise _refusal(
            "batch_mode",
            f"不接收成批的 CloudEvents（{media_type[:60]!r}）：一条消息只放一个事件",
            f"batches ({media_type[:60]!r}) are not accepted: send one event a record",
        )
    if media_type not in _JSON_TYPES:
        raise _refusal(
            "format_not_accepted",
            f"content-type {media_type[:60]!r} 不是 JSON 格式",
            f"the content-type {media_type[:60]!r} is not the JSON format",
        )


def _parse_binary(known: dict[str, str], content_type: str | None, value: bytes) -> Event:
    """Return the event whose attributes are headers and whose data is the value."""
    attributes = {name.removeprefix(PREFIX): said for name, said in known.items()}
    for name in attributes:
        if name in _NOT_HEADERS or _ATTRIBUTE.fullmatch(name) is None:
            raise _refusal(
                "bad_header",
                f"消息头 {PREFIX + name[:60]!r} 不是 CloudEvents 属性",
                f"the header {PREFIX + name[:60]!r} names no CloudEvents attribute",
            )
    missing = [f"{PREFIX}{name}" for name in _REQUIRED if name not in attributes]
    if missing:
        names = " ".join(missing)
        raise _refusal("missing_attribute", f"缺少消息头 {names}", f"headers are missing: {names}")
    if content_type is not None:
        attributes["datacontenttype"] = content_type
    return encode_attributes(attributes, value)


def _unmarked(value: bytes) -> InvalidInputError:
    """Return the refusal of a record whose headers do not say what it is."""
    if b'"specversion"' in value:
        return _refusal(
            "ambiguous_mode",
            "内容像结构化 CloudEvent，但没有 content-type 头",
            "it looks like a structured CloudEvent but has no content-type header",
        )
    return _refusal(
        "missing_headers",
        "既没有 content-type: application/cloudevents+json，也没有 ce_ 消息头",
        "it has neither content-type: application/cloudevents+json nor ce_ headers",
    )


def _refuse_type(event: Event) -> None:
    """Raise for an event that may not come from a topic."""
    if event.kind.log != "usage" or not event.kind.outside:
        raise InvalidInputError(
            "type_not_accepted",
            Text(
                f"Kafka 主题只收用量，不收 {event.kind.type}",
                f"a topic brings usage only, not {event.kind.type}",
            ),
            Text("账簿事件请用 suanquan ingest file 导入", "record it with suanquan ingest file"),
        )


def _refusal(code: str, zh: str, en: str) -> InvalidInputError:
    """Return the refusal of a record."""
    return InvalidInputError(code, Text(zh, en), _RESEND)
