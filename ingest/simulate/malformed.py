"""Every way in which a record from a topic can be wrong, with the code that refuses it.

Each kind makes a bad record of a good one: structured, usage, key = subject, canonical bytes. What
is drawn comes from the generator that is handed in, so a seed gives the same records again.
"""

from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType
from typing import Any, Final

from ingest.simulate.sent import Sent, compact, read_event, to_binary
from ledger.codec import ENTRY_BYTES_MAX, NAME_LENGTH_MAX
from ledger.identifiers import CREDIT_CODE_ALPHABET, synthetic_credit_code
from ledger.usage import AMOUNT_MAX

Kind = Callable[[Sent, Random], Sent]
"""Makes a bad record of a good one."""

_KINDS: dict[str, Kind] = {}
_CODES: dict[str, str] = {}

MALFORMED: Final[Mapping[str, Kind]] = MappingProxyType(_KINDS)
"""Every kind by its name."""

CODES: Final[Mapping[str, str]] = MappingProxyType(_CODES)
"""The code that a record of each kind must be refused with."""


def _refused(code: str) -> Callable[[Kind], Kind]:
    """Return a decorator that enters a kind and its code into the catalogue under its own name."""
    return lambda kind: _enter(kind.__name__, code, kind)


def _enter(name: str, code: str, kind: Kind) -> Kind:
    """Return a kind after entering it and its code into the catalogue."""
    assert name not in _KINDS, name
    _KINDS[name] = kind
    _CODES[name] = code
    return kind


# --- the event: one member of it says something else ---

_DATA: Final[Mapping[str, tuple[str, dict[str, object]]]] = {
    "negative_amount": ("bad_amount", {"amount": "-8"}),
    "zero_amount": ("bad_amount", {"amount": "0"}),
    "four_decimals": ("bad_amount", {"amount": "0.1250"}),
    "exponent": ("bad_amount", {"amount": "8e0"}),
    "amount_that_is_no_number": ("bad_amount", {"amount": "NaN"}),
    "amount_in_full_width_digits": ("bad_amount", {"amount": "８"}),
    "absurd_amount": ("absurd_amount", {"amount": str(AMOUNT_MAX + 1)}),
    "number_for_a_string": ("bad_data", {"amount": 8}),
    "null_for_a_string": ("bad_data", {"job": None}),
    "unknown_field": ("bad_data", {"gpu_model": "910B"}),
    "quantity_that_is_none": ("bad_quantity", {"quantity": "many"}),
    "quantity_that_is_wrong": ("quantity_mismatch", {"quantity": "0.000001"}),
    "naive_time": ("bad_instant", {"start": "2022-07-01T00:00:00"}),
    "time_with_a_space": ("bad_instant", {"start": "2022-07-01 00:00:00Z"}),
    "time_too_fine": ("bad_instant", {"start": "2022-07-01T00:00:00.000001Z"}),
    "day_that_is_none": ("bad_instant", {"start": "2022-02-30T00:00:00Z"}),
    "unset_clock": (
        "absurd_instant",
        {"start": "1970-01-01T00:00:00Z", "end": "1970-01-01T01:00:00Z"},
    ),
    "slice_of_years": (
        "absurd_slice",
        {"start": "2020-01-01T00:00:00Z", "end": "2022-01-01T00:00:00Z"},
    ),
    "empty_job": ("bad_name", {"job": ""}),
    "control_character_in_a_name": ("bad_name", {"job": "train\x07-42"}),
    "line_break_in_a_name": ("bad_name", {"resource": "ascend\n910b"}),
    "hidden_character_in_a_name": ("bad_name", {"job": "train\u200b-42"}),
    "name_too_long": ("bad_name", {"job": "j" * (NAME_LENGTH_MAX + 1)}),
}
"""Kinds that change members of the data: the code, and what the members say instead."""


_ATTRIBUTES: Final[Mapping[str, tuple[str, dict[str, object]]]] = {
    "number_for_an_id": ("not_cloudevent", {"id": 7}),
    "another_specversion": ("not_cloudevent", {"specversion": "0.3"}),
    "data_in_xml": ("not_cloudevent", {"datacontenttype": "application/xml"}),
    "time_attribute_that_is_none": ("not_cloudevent", {"time": "yesterday"}),
    "unknown_type": ("unknown_type", {"type": "cn.suanquan.usage.recorded.v9"}),
    "empty_id": ("bad_name", {"id": ""}),
    "control_character_in_an_id": ("bad_name", {"id": "0001\u0000"}),
    "source_too_long": ("bad_name", {"source": "urn:" + "a" * NAME_LENGTH_MAX}),
    "reserved_source": ("reserved_source", {"source": "urn:suanquan:ledger"}),
    "no_subject": ("credit_code_form", {"subject": ""}),
    "tenant_for_a_credit_code": ("credit_code_form", {"subject": "tenant-42"}),
    "entry_too_long": ("entry_too_long", {"padding": "x" * ENTRY_BYTES_MAX}),
    "data_that_is_a_list": ("bad_data", {"data": []}),
    "data_that_is_text": ("bad_data", {"data": "{}"}),
}
"""Kinds that change attributes of the event: the code, and what the attributes say instead."""


def _saying(attributes: dict[str, object], data: dict[str, object]) -> Kind:
    """Return the kind that changes attributes of the event and members of its data."""

    def kind(good: Sent, _random: Random) -> Sent:
        event = read_event(good)
        event["data"] |= data
        return good._replace(value=compact(event | attributes))

    return kind


for _name, (_code, _members) in _DATA.items():
    _enter(_name, _code, _saying({}, _members))
for _name, (_code, _members) in _ATTRIBUTES.items():
    _enter(_name, _code, _saying(_members, {}))


@_refused("bad_data")
def missing_field(good: Sent, random: Random) -> Sent:
    """Return a record whose data lacks one of its members."""
    event = read_event(good)
    del event["data"][random.choice(("job", "resource", "amount", "start", "end"))]
    return good._replace(value=compact(event))


@_refused("empty_slice")
def end_before_start(good: Sent, random: Random) -> Sent:
    """Return a record whose slice ends at its start or before it."""
    event = read_event(good)
    start, end = event["data"]["start"], event["data"]["end"]
    event["data"] |= {"start": end, "end": random.choice((start, end))}
    return good._replace(value=compact(event))


@_refused("not_cloudevent")
def missing_member(good: Sent, random: Random) -> Sent:
    """Return a record whose event lacks a required attribute."""
    event = read_event(good)
    del event[random.choice(("id", "source", "specversion", "type", "data"))]
    return good._replace(value=compact(event))


@_refused("credit_code_check")
def bad_check_character(good: Sent, random: Random) -> Sent:
    """Return a record about a credit code whose check character does not fit; so says its key."""
    event = read_event(good)
    body, right = event["subject"][:17], event["subject"][17]
    code = body + random.choice([char for char in CREDIT_CODE_ALPHABET if char != right])
    return good._replace(key=code.encode(), value=compact(event | {"subject": code}))


@_refused("credit_code_form")
def credit_code_in_lower_case(good: Sent, _random: Random) -> Sent:
    """Return a record about a credit code in lower case; so says its key."""
    event = read_event(good)
    # An old code may hold digits only; the letter is one that the standard leaves out.
    code = event["subject"][:17].lower() + "z"
    return good._replace(key=code.encode(), value=compact(event | {"subject": code}))


# --- events that a topic does not bring ---


def _event_of(good: Sent, name: str, data: dict[str, Any]) -> Sent:
    """Return a record with an event of another type."""
    salt = {"salt": "0123456789abcdef" * 2}
    return good._replace(value=compact(read_event(good) | salt | {"type": name, "data": data}))


@_refused("type_not_accepted")
def book_event(good: Sent, random: Random) -> Sent:
    """Return a record with a payment, which an agent that meters must not be able to write."""
    data = {
        "payment": f"PAY-{random.randrange(10**6)}",
        "invoice": "22420000000000000001",
        "paid_on": "2022-07-01",
        "amount_fen": 63_600_000,
    }
    return _event_of(good, "cn.suanquan.payment.recorded.v1", data)


@_refused("type_not_accepted")
def closing_leaf(good: Sent, _random: Random) -> Sent:
    """Return a record with an event that only the ledger writes."""
    data = {"stream": "kafka:usage/0", "rejections_sha256": "0" * 64} | dict.fromkeys(
        ("first", "next", "seen", "recorded", "duplicate", "rejected"), 0
    )
    data["recorded_at"] = "2022-07-01T00:00:00Z"
    return _event_of(good, "cn.suanquan.batch.recorded.v1", data)


@_refused("bad_date")
def tally_of_no_day(good: Sent, _random: Random) -> Sent:
    """Return a record with the tally of a day that does not exist."""
    data = {"day": "2022-02-30", "resource": "ascend-910b", "events": 1, "quantity": "1"}
    return _event_of(good, "cn.suanquan.usage.tallied.v1", data)


@_refused("absurd_tally")
def absurd_tally(good: Sent, _random: Random) -> Sent:
    """Return a record with the tally of more events than any agent sends."""
    data = {"day": "2022-07-01", "resource": "a", "events": 10**15, "quantity": "1"}
    return _event_of(good, "cn.suanquan.usage.tallied.v1", data)


# --- the bytes ---

_BYTES: Final[Mapping[str, tuple[str, bytes, bytes]]] = {
    # RFC 8259, section 8.1.
    "byte_order_mark": ("not_json", b"{", b"\xef\xbb\xbf{"),
    "duplicate_attribute": ("duplicate_member", b'"source":', b'"id":"0","source":'),
    "duplicate_member": ("duplicate_member", b'"amount":', b'"amount":"99","amount":'),
    "not_utf_8": ("not_json", b'"source":"', b'"source":"' + "机架".encode("gbk")),
    "not_utf_8_in_data": ("bad_data", b'"job":"', b'"job":"' + "训练".encode("gbk")),
    "half_a_character": ("not_json", b'"job":"', b'"job":"\\ud800'),
}
"""Kinds that replace some bytes once: the code, the bytes, and what stands instead."""


def _with_bytes(old: bytes, new: bytes) -> Kind:
    """Return the kind that replaces some bytes once."""
    return lambda good, _random: _replaced(good, old, new)


for _name, (_code, _old, _new) in _BYTES.items():
    _enter(_name, _code, _with_bytes(_old, _new))


@_refused("not_json")
def broken_json(good: Sent, random: Random) -> Sent:
    """Return a record that lacks a brace, a colon or a comma between its first byte and its last.

    Without the first one it would be a string.
    """
    value = good.value or b""
    # Outside every string: a good record has no escapes.
    places = [
        at
        for at in range(1, len(value))
        if value[at] in b"{:,}" and value.count(b'"', 0, at) % 2 == 0
    ]
    at = random.choice(places)
    return good._replace(value=value[:at] + value[at + 1 :])


@_refused("not_json")
def truncated(good: Sent, random: Random) -> Sent:
    """Return a record that was cut off somewhere."""
    value = good.value or b""
    return good._replace(value=value[: random.randrange(1, len(value))])


@_refused("not_json")
def empty_value(good: Sent, _random: Random) -> Sent:
    """Return a record of no bytes, which is not a tombstone."""
    return good._replace(value=b"")


@_refused("not_json")
def two_events(good: Sent, _random: Random) -> Sent:
    """Return a record that holds two lines, as from a file."""
    value = good.value or b""
    return good._replace(value=value + b"\n" + value)


@_refused("not_json")
def utf_16(good: Sent, _random: Random) -> Sent:
    """Return a record in UTF-16."""
    return good._replace(value=(good.value or b"").decode().encode("utf-16"))


@_refused("not_json")
def bare_nan(good: Sent, random: Random) -> Sent:
    """Return a record with a number that JSON does not have."""
    word = random.choice((b"NaN", b"Infinity", b"-Infinity"))
    return _replaced(good, b'"amount":', b'"amount":' + word + b',"was":')


@_refused("not_json")
def nested_too_deep(good: Sent, random: Random) -> Sent:
    """Return a record with an attribute of many brackets within brackets."""
    depth = random.randrange(5_000, 20_000)
    return _replaced(good, b'"source":', b'"deep":' + b"[" * depth + b"]" * depth + b',"source":')


@_refused("not_cloudevent")
def no_object(good: Sent, random: Random) -> Sent:
    """Return a record that is JSON, but no object."""
    return good._replace(value=random.choice((b"null", b"7", b'"usage"', b"[]")))


def _replaced(good: Sent, old: bytes, new: bytes) -> Sent:
    """Return a record with some of its bytes replaced once."""
    assert good.value is not None
    assert old in good.value, good
    return good._replace(value=good.value.replace(old, new, 1))


# --- key, headers, mode ---


@_refused("tombstone")
def tombstone(good: Sent, _random: Random) -> Sent:
    """Return a record without a value."""
    return good._replace(value=None)


@_refused("key_mismatch")
def key_of_another(good: Sent, random: Random) -> Sent:
    """Return a record under the key of another enterprise."""
    other = synthetic_credit_code(f"another/{random.randrange(10**6)}")
    return good._replace(key=other.encode())


@_refused("ambiguous_mode")
def no_content_type(good: Sent, random: Random) -> Sent:
    """Return a structured record that does not say so."""
    return good._replace(
        headers=random.choice(((), (("content-type", b"application/json"),), (("rack", b"7"),)))
    )


@_refused("missing_headers")
def no_event(good: Sent, random: Random) -> Sent:
    """Return a record of another application."""
    return Sent(good.key, (), b"job,%d,8" % random.randrange(1000))


@_refused("batch_mode")
def batch_mode(good: Sent, _random: Random) -> Sent:
    """Return a record in the batched content mode."""
    headers = (("content-type", b"application/cloudevents-batch+json"),)
    return Sent(good.key, headers, b"[" + (good.value or b"") + b"]")


@_refused("format_not_accepted")
def avro(good: Sent, random: Random) -> Sent:
    """Return a record that says that it is in Avro."""
    headers = (("content-type", b"application/cloudevents+avro"),)
    return Sent(good.key, headers, bytes(random.choices(range(256), k=60)))


@_refused("repeated_header")
def repeated_header(good: Sent, _random: Random) -> Sent:
    """Return a record with two content types."""
    return good._replace(headers=good.headers * 2)


@_refused("bad_header")
def header_that_is_not_utf_8(good: Sent, random: Random) -> Sent:
    """Return a record with a header in GBK, in the one mode or the other."""
    binary = to_binary(good)
    return random.choice(
        (
            good._replace(headers=(("content-type", b"\xff\xfe"),)),
            binary._replace(headers=(*binary.headers, ("ce_rack", "机架".encode("gbk")))),
        )
    )


@_refused("bad_header")
def empty_header(good: Sent, _random: Random) -> Sent:
    """Return a record whose content type is empty."""
    return good._replace(headers=(("content-type", b" "),))


@_refused("bad_header")
def header_that_names_no_attribute(good: Sent, random: Random) -> Sent:
    """Return a binary record with a header that CloudEvents does not know."""
    binary = to_binary(good)
    name = random.choice(("ce_data", "ce_Rack", "ce_", "ce_rack-7", "ce_机架"))
    return binary._replace(headers=(*binary.headers, (name, b"x")))


@_refused("missing_attribute")
def missing_attribute(good: Sent, random: Random) -> Sent:
    """Return a binary record without one of the headers that every event has."""
    binary = to_binary(good)
    missing = random.choice(("ce_id", "ce_source", "ce_specversion", "ce_type"))
    return binary._replace(headers=tuple(one for one in binary.headers if one[0] != missing))


@_refused("bad_data")
def binary_that_is_broken(good: Sent, random: Random) -> Sent:
    """Return a binary record whose data was cut off somewhere."""
    binary = to_binary(good)
    value = binary.value or b""
    return binary._replace(value=value[: random.randrange(1, len(value))])


@_refused("not_cloudevent")
def binary_in_protobuf(good: Sent, _random: Random) -> Sent:
    """Return a binary record that says that its data is no JSON."""
    binary = to_binary(good)
    attributes = tuple(one for one in binary.headers if one[0] != "content-type")
    return binary._replace(headers=(*attributes, ("content-type", b"application/protobuf")))
