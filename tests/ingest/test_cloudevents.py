"""Kafka records to events: both modes, and every way to be wrong."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.cloudevents import Headers, parse_record
from ingest.quarantine import render_record, restore_record, split_record
from ledger.codec import parse
from ledger.errors import InvalidInputError

CODE = "91420100MA4K2XY18X"
KEY = CODE.encode()
DATA = {
    "job": "j",
    "resource": "r",
    "amount": "8",
    "start": "2022-07-01T00:00:00Z",
    "end": "2022-07-01T01:00:00Z",
}
EVENT = {
    "specversion": "1.0",
    "type": "cn.suanquan.usage.recorded.v1",
    "source": "urn:a",
    "id": "1",
    "subject": CODE,
    "data": DATA,
}
VALUE = json.dumps(EVENT).encode()
STRUCTURED: Headers = [("content-type", b"application/cloudevents+json")]
BINARY: Headers = [
    (f"ce_{name}", value.encode()) for name, value in EVENT.items() if isinstance(value, str)
]


def code_of(key: bytes | None, value: bytes | None, headers: Headers) -> str:
    with pytest.raises(InvalidInputError) as caught:
        parse_record(key, value, headers)
    return caught.value.code


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/cloudevents+json",
        b"application/cloudevents+json; charset=utf-8",
        b"Application/CloudEvents+JSON",
        b"application/cloudevents",
    ],
)
def test_a_structured_record_is_kept_as_it_came(content_type: bytes) -> None:
    event = parse_record(KEY, VALUE, [("content-type", content_type)])
    assert event.raw == VALUE
    assert event == parse(VALUE)


def test_a_binary_record_becomes_canonical_json() -> None:
    event = parse_record(KEY, json.dumps(DATA).encode(), BINARY)
    assert event.raw == json.dumps(EVENT, sort_keys=True, separators=(",", ":")).encode()


def test_both_modes_mean_the_same() -> None:
    binary = parse_record(KEY, json.dumps(DATA).encode(), BINARY)
    assert parse_record(KEY, VALUE, STRUCTURED).same_meaning(binary)


def test_a_binary_record_keeps_time_content_type_and_extensions() -> None:
    more = [
        ("ce_time", b"2022-07-01T01:00:00Z"),
        ("ce_rack", "七".encode()),
        ("content-type", b"application/json"),
    ]
    raw = parse_record(KEY, json.dumps(DATA).encode(), [*BINARY, *more]).raw
    kept = json.loads(raw)
    assert (kept["time"], kept["rack"]) == ("2022-07-01T01:00:00Z", "七")
    assert kept["datacontenttype"] == "application/json"
    assert list(kept) == sorted(kept)


def test_headers_of_others_are_none_of_our_business() -> None:
    others: Headers = [("traceparent", b"\xff"), ("traceparent", None)]
    assert parse_record(KEY, VALUE, [*STRUCTURED, *others]).raw == VALUE


def test_a_record_without_a_key_is_taken() -> None:
    assert parse_record(None, VALUE, STRUCTURED).subject == CODE


@pytest.mark.parametrize("key", [b"", b"91420100MA49P8T68D", b"\xff", KEY + b" "])
def test_a_key_that_is_not_the_subject_is_refused(key: bytes) -> None:
    assert code_of(key, VALUE, STRUCTURED) == "key_mismatch"


@pytest.mark.parametrize(
    ("value", "headers", "code"),
    [
        (None, STRUCTURED, "tombstone"),
        (b"", STRUCTURED, "not_json"),
        (VALUE, [], "ambiguous_mode"),
        (VALUE, [("content-type", b"application/json")], "ambiguous_mode"),
        (VALUE, [("Content-Type", b"application/cloudevents+json")], "ambiguous_mode"),
        (b"job,1", [], "missing_headers"),
        (VALUE, [*STRUCTURED, *STRUCTURED], "repeated_header"),
        (VALUE, [*BINARY, BINARY[0]], "repeated_header"),
        (VALUE, [("content-type", None)], "bad_header"),
        (VALUE, [("content-type", b"\xff")], "bad_header"),
        (VALUE, [*BINARY, ("ce_x", b"\xff\xfe")], "bad_header"),
        (VALUE, [*BINARY, ("ce_", b"x")], "bad_header"),
        (VALUE, [*BINARY, ("ce_Rack\x00", b"x")], "bad_header"),
        (VALUE, [*BINARY, ("ce_data", b"{}")], "bad_header"),
        (VALUE, [*BINARY, ("ce_datacontenttype", b"text/plain")], "bad_header"),
        (VALUE, [("content-type", b"application/cloudevents-batch+json")], "batch_mode"),
        (VALUE, [("content-type", b"application/cloudevents-batch")], "batch_mode"),
        (VALUE, [("content-type", b"application/cloudevents+avro")], "format_not_accepted"),
        (VALUE, [("content-type", b"application/cloudeventsx")], "format_not_accepted"),
        (b"{}", [*BINARY, ("content-type", b"text/csv")], "bad_data"),
    ],
)
def test_a_malformed_record_is_refused(value: bytes | None, headers: Headers, code: str) -> None:
    assert code_of(KEY, value, headers) == code


@pytest.mark.parametrize("name", ["specversion", "type", "source", "id"])
def test_a_missing_attribute_is_named(name: str) -> None:
    headers = [pair for pair in BINARY if pair[0] != f"ce_{name}"]
    with pytest.raises(InvalidInputError) as caught:
        parse_record(KEY, json.dumps(DATA).encode(), headers)
    assert caught.value.code == "missing_attribute"
    assert f"ce_{name}" in caught.value.message.en


COUNTS = dict.fromkeys(["first", "next", "seen", "recorded", "duplicate", "rejected"], 0)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (
            "payment.recorded",
            {"payment": "P", "invoice": "0" * 20, "paid_on": "2022-07-01", "amount_fen": 1},
        ),
        (
            "batch.recorded",
            {"stream": "s", "rejections_sha256": "", "recorded_at": "", **COUNTS},
        ),
    ],
)
def test_only_usage_may_come_from_a_topic(name: str, data: dict[str, object]) -> None:
    event = EVENT | {"type": f"cn.suanquan.{name}.v1", "salt": "0" * 32, "data": data}
    assert code_of(KEY, json.dumps(event).encode(), STRUCTURED) == "type_not_accepted"


def test_a_member_that_stands_twice_in_binary_data_is_refused() -> None:
    twice = json.dumps(DATA)[:-1].encode() + b', "job": "k"}'
    assert code_of(KEY, twice, BINARY) == "duplicate_member"


@given(
    st.none() | st.binary(max_size=40),
    st.none() | st.binary(max_size=200) | st.just(VALUE),
    st.lists(
        st.tuples(
            st.sampled_from(["content-type", *(name for name, _ in BINARY)])
            | st.text(max_size=8).filter(lambda text: text.isascii()),
            st.none() | st.binary(max_size=30) | st.sampled_from([value for _, value in BINARY]),
        ),
        max_size=8,
    ),
)
def test_any_record_is_an_event_or_refused_and_can_be_kept(
    key: bytes | None, value: bytes | None, headers: Headers
) -> None:
    with suppress(InvalidInputError):
        parse_record(key, value, headers)
    body = render_record(key, value, headers)
    assert restore_record(body) == (key, value, list(headers))
    _, _, kept = split_record(body)
    assert kept == (value or b"")


def test_quarantine_keeps_key_headers_and_value() -> None:
    headers: Headers = [("a", b"1"), ("a", b"\xff"), ("b", None)]
    body = render_record(b"k\n", b"\n\xff", headers)
    assert split_record(body) == (
        "k\n",
        {"a": ["1", {"base64": "/w=="}], "b": [None]},
        b"\n\xff",
    )


def test_a_record_cut_short_in_its_headers_shows_what_is_there() -> None:
    body = render_record(None, b"v", [("a", b"1" * 100)])[:50]
    assert split_record(body) == (None, {}, body)
