"""Event ⇄ bytes: the strict reading of a CloudEvent, and the canonical bytes that we write.

A leaf is the event's bytes as they came. What we write ourselves is canonical JSON: members in
order of their names, no spaces, UTF-8, no member that holds its default. Sources: CloudEvents 1.0
(JSON event format), RFC 8259, RFC 8785 for the order.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

import msgspec

from ledger.errors import InvalidInputError
from ledger.events import TYPES, Data, UsageRecorded, UsageTallied
from ledger.gap import read_sequence
from ledger.identifiers import check_credit_code_form, parse_credit_code
from ledger.period import DAY_MS, EPOCH
from ledger.text import Text
from ledger.usage import Slice, check_quantity, is_usable_span, parse_amount, slice_of

# C2SP tlog-tiles writes an entry's length in 16 bits.
ENTRY_BYTES_MAX: Final = 65_535

# Long enough for a URI with a hash in it; short enough to be a key in every database's index.
NAME_LENGTH_MAX: Final = 256

# What a refusal quotes of the parser's words; they may repeat a name of any length.
DETAIL_LENGTH_MAX: Final = 300

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SALT = re.compile(r"[0-9a-f]{32}", re.ASCII)

_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:[0-5]\d)", re.ASCII
)


class Event(msgspec.Struct, frozen=True, gc=False):
    """One event: who says it under which id, about whom, what, and the very bytes of it.

    `kind` is the class of its data. `usage` is the slice that a usage record describes, None for
    every other type. `sequence` is the number that its source gave it, None where it gave none.
    """

    source: str
    id: str
    subject: str
    kind: type[Data]
    raw: bytes
    usage: Slice | None = None
    sequence: int | None = None

    @property
    def data(self) -> Data:
        """Return what the event says, decoded from its bytes; of the book's the last are kept."""
        return _recall(self.raw) if self.kind.log == "book" else _decode_all(self.raw)

    def same_meaning(self, other: "Event") -> bool:
        """Return whether both say the same: type, subject and data, compared as values."""
        same = self.subject == other.subject and self.kind is other.kind
        return same and self.data == other.data


class _Envelope(msgspec.Struct, omit_defaults=True):
    """The CloudEvents attributes that we read, in the canonical order of members."""

    data: msgspec.Raw
    id: str
    source: str
    specversion: str
    type: str
    datacontenttype: str | None = None
    salt: str | None = None
    sequence: str | int | None = None
    subject: str | None = None
    time: str | None = None


_decode_envelope = msgspec.json.Decoder(_Envelope).decode
_encode = msgspec.json.Encoder(order="sorted").encode
_decode_data = {name: msgspec.json.Decoder(cls).decode for name, cls in TYPES.items()}


def _decode_all(raw: bytes) -> Data:
    """Return what an event that was checked says."""
    envelope = _decode_envelope(raw)
    data: Data = _decode_data[envelope.type](envelope.data)
    return data


# By the very bytes, so that it is never what another event says; some 10 MB at most. Whoever folds
# a claim or an enterprise asks each of its events several times.
_recall = lru_cache(16_384)(_decode_all)


def encode(
    source: str,
    event_id: str,
    subject: str,
    data: Data,
    salt: str | None = None,
) -> Event:
    """Return an event with its canonical bytes.

    Raises `InvalidInputError` for whatever `parse` would refuse of it.
    """
    envelope = _Envelope(
        data=msgspec.Raw(),
        id=event_id,
        salt=salt,
        source=source,
        specversion="1.0",
        subject=subject or None,
        type=data.type,
    )
    try:
        envelope.data = msgspec.Raw(_encode(data))
        raw = _encode(envelope)
    except UnicodeEncodeError as error:
        raise _bad("bad_data", "文字无法编码", "text that has no UTF-8 form", error) from None
    return _checked(envelope, data, raw)


def encode_attributes(attributes: Mapping[str, str], data: bytes) -> Event:
    """Return the event of attributes and data that came apart, with its canonical bytes.

    Every attribute is kept, extensions and `time` too. Raises `InvalidInputError` for whatever
    `parse` would refuse of them together, a member of the data that stands twice included.
    """
    value = _read_data(attributes.get("type", ""), data)
    canonical = _encode(value)
    if canonical != data:
        _refuse_duplicate_members(data)
    return parse(_encode({**attributes, "data": msgspec.Raw(canonical)}))


def parse(raw: bytes) -> Event:
    """Return the event that stands in a record's bytes, which are kept as they are.

    Of credit codes the form is checked; whoever takes a record in asks `credit_codes` for the rest.
    Usage in canonical bytes, which is nearly all there is, takes a shorter way to the same answer.

    Raises `InvalidInputError`: `not_json`, `duplicate_member`, `not_cloudevent`, `unknown_type`,
    `bad_data`, `bad_name`, `missing_salt`, `entry_too_long`, the credit code's and the slice's own
    codes.
    """
    events = parse_usage([raw]) if raw.endswith(USAGE_END) else None
    return events[0] if events else _parse_any(raw)


def _parse_any(raw: bytes) -> Event:
    """Return the event of any record, member by member, or raise with what is wrong."""
    return parse_with_data(raw)[0]


def parse_with_data(raw: bytes) -> tuple[Event, Data]:
    """Return the event of any record and its data, decoded once; raises what `parse` raises."""
    envelope = _parse_envelope(raw)
    data = _read_data(envelope.type, envelope.data)
    if _encode(envelope) != raw or _encode(data) != bytes(envelope.data):
        _refuse_duplicate_members(raw)
    return _checked(envelope, data, raw), data


def _read_data(name: str, raw: bytes | msgspec.Raw) -> Data:
    """Return the data of an event type."""
    decode = _decode_data.get(name)
    if decode is None:
        raise InvalidInputError(
            "unknown_type",
            Text(f"未知的事件类型 {name[:80]!r}", f"unknown type {name[:80]!r}"),
            Text(
                "请升级本系统或核对采集端版本", "upgrade this program or check the agent's version"
            ),
        )
    try:
        data: Data = decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _bad(
            "bad_data", "data 不符合该类型的定义", "data does not fit the type", error
        ) from None
    return data


def _parse_envelope(raw: bytes) -> _Envelope:
    """Return the attributes, their form checked."""
    try:
        envelope = _decode_envelope(raw)
    except msgspec.ValidationError as error:
        raise _bad("not_cloudevent", "不是 CloudEvent", "not a CloudEvent", error) from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _bad("not_json", "不是合法的 JSON", "not valid JSON", error) from None
    except RecursionError as error:
        raise _bad("not_json", "JSON 嵌套过深", "JSON nested too deeply", error) from None
    wrong = ""
    if envelope.specversion != "1.0":
        wrong = f"specversion {envelope.specversion[:20]!r}"
    elif envelope.datacontenttype not in (None, "application/json"):
        wrong = f"datacontenttype {envelope.datacontenttype[:40]!r}"
    elif envelope.time is not None and _TIME.fullmatch(envelope.time) is None:
        wrong = f"time {envelope.time[:40]!r}"
    if wrong:
        raise _bad("not_cloudevent", "不是 CloudEvents 1.0", "not CloudEvents 1.0", wrong)
    return envelope


def _bad(code: str, zh: str, en: str, detail: object) -> InvalidInputError:
    """Return the refusal of a malformed record, with the parser's own words as the detail."""
    said = _printable(str(detail)[:DETAIL_LENGTH_MAX])
    return InvalidInputError(
        code,
        Text(f"{zh}：{said}", f"{en}: {said}"),
        Text(
            "请按 README 的事件格式修正后重发", "mend it after the README's event format and resend"
        ),
    )


def _printable(text: str) -> str:
    """Return a text that any database stores: the sender's controls and surrogates are escaped."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _refuse_duplicate_members(raw: bytes) -> None:
    """Raise when any object in the record names a member twice, which readers take differently."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """Return the members; raise at the first name that stands twice."""
        members = dict(pairs)
        if len(members) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise _bad("duplicate_member", "同名字段出现两次", "a member stands twice", twice)
        return members

    try:
        json.loads(raw, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise _bad("not_json", "不是合法的 JSON", "not valid JSON", error) from None


def _checked(envelope: _Envelope, data: Data, raw: bytes) -> Event:
    """Return the event, after the checks that its types alone do not make."""
    source, event_id, subject = envelope.source, envelope.id, envelope.subject or ""
    if data.log != "usage" and _SALT.fullmatch(envelope.salt or "") is None:
        raise InvalidInputError(
            "missing_salt",
            Text("事件缺少扩展属性 salt", "the event lacks the extension attribute salt"),
            Text(
                "请附 32 位小写十六进制随机数", "send 128 random bits as 32 lower-case hex digits"
            ),
        )
    check_name("source", source)
    check_name("id", event_id)
    if len(raw) > ENTRY_BYTES_MAX:
        raise InvalidInputError(
            "entry_too_long",
            Text(
                f"事件 {len(raw)} 字节，超过 {ENTRY_BYTES_MAX}",
                f"{len(raw)} bytes, over {ENTRY_BYTES_MAX}",
            ),
            Text("请把长内容存为文件，事件里只放哈希", "file long content and send its hash"),
        )
    if data.about_enterprise:
        check_credit_code_form(subject)
    sequence = read_sequence(envelope.sequence)
    if isinstance(data, UsageTallied):
        check_name("resource", data.resource)
    if not isinstance(data, UsageRecorded):
        # Where every character is printable and none is escaped, so are those of each text.
        if b"\\" in raw or not raw.decode(errors="replace").isprintable():
            _refuse_controls(msgspec.to_builtins(data))
        return Event(source, event_id, subject, type(data), raw, None, sequence)
    check_name("job", data.job)
    check_name("resource", data.resource)
    if data.contract is not None:
        check_name("contract", data.contract)
    piece = slice_of(data)
    if data.quantity is not None:
        check_quantity(piece, data.quantity)
    return Event(source, event_id, subject, UsageRecorded, raw, piece, sequence)


def _refuse_controls(value: object) -> None:
    """Raise when a text anywhere in a value holds a control character, which nobody can print."""
    if isinstance(value, str) and (found := _CONTROL.search(value)):
        raise _bad(
            "bad_data", "文字含控制字符", "a text holds a control character", found[0].encode()
        )
    if isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            _refuse_controls(one)


@lru_cache(maxsize=4096)
def check_subject(subject: str) -> None:
    """Raise unless the subject is a credit code whose check character fits, as nearly all do."""
    parse_credit_code(subject)


def check_name(field: str, name: str) -> None:
    """Raise `InvalidInputError` (`bad_name`) unless a name is printable and not too long."""
    if not name or len(name) > NAME_LENGTH_MAX or not name.isprintable():
        raise InvalidInputError(
            "bad_name",
            Text(f"{field} 的值不可用：{name[:60]!r}", f"{field} cannot be used: {name[:60]!r}"),
            Text(
                f"应为 1 至 {NAME_LENGTH_MAX} 个可见字符",
                f"send 1 to {NAME_LENGTH_MAX} printable characters",
            ),
        )


# --- canonical usage: the hot path ---

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_LENGTH_MAX)]
_Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class _UsageData(
    msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, gc=False
):
    """`UsageRecorded` with its instants read; the members in canonical order."""

    amount: str
    contract: Name | None = None
    end: _Instant
    job: Name
    resource: Name
    start: _Instant


class _UsageLine(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """The envelope of canonical usage: every member that it may have, in canonical order."""

    data: _UsageData
    id: Name
    sequence: Name | None = None
    source: Name
    specversion: Literal["1.0"]
    subject: str
    type: Literal["cn.suanquan.usage.recorded.v1"]


class _UnusualError(Exception):
    """A record in canonical bytes that goes the long way all the same."""


USAGE_END: Final = f'"type":"{UsageRecorded.type}"}}'.encode()

_decode_usage_lines = msgspec.json.Decoder(_UsageLine).decode_lines
_encode_usage_lines = msgspec.json.Encoder().encode_lines


def parse_usage(raws: Sequence[bytes]) -> list[Event] | None:
    """Return the events of usage records in canonical bytes; None if any record is anything else.

    They are decoded as one text, a record a line, and what was read must give the same text again.
    So no member stands twice or is unknown, and instants are written in full. Canonical JSON holds
    no line break, so as many lines as records means that each line is a record. Plain ASCII without
    escapes shows that every name is printable, and with names so short no entry is too long. All
    else goes the long way, which says what is wrong.
    """
    text = b"\n".join((*raws, b""))
    if not text.isascii() or b"\\" in text or b"\x7f" in text:
        return None
    try:
        lines = _decode_usage_lines(text)
        if len(lines) != len(raws) or _encode_usage_lines(lines) != text:
            return None
        for subject in {line.subject for line in lines}:
            check_subject(subject)
        return [_usage_event(raw, line) for raw, line in zip(raws, lines, strict=True)]
    except (msgspec.MsgspecError, RecursionError, InvalidInputError, _UnusualError):
        return None


def _usage_event(raw: bytes, line: _UsageLine) -> Event:
    """Return the event of a line whose instants and amount are still to be checked."""
    data = line.data
    start, end = data.start - EPOCH, data.end - EPOCH
    start_ms = start.days * DAY_MS + start.seconds * 1000
    end_ms = end.days * DAY_MS + end.seconds * 1000
    if start.microseconds or end.microseconds or not is_usable_span(start_ms, end_ms):
        raise _UnusualError
    piece = Slice(
        data.job,
        data.resource,
        data.contract or "",
        parse_amount(data.amount),
        start_ms,
        end_ms,
    )
    sequence = read_sequence(line.sequence)
    return Event(line.source, line.id, line.subject, UsageRecorded, raw, piece, sequence)
