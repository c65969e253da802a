"""Attributes and data that came apart become the canonical bytes that `encode` would give."""

import json

import pytest

from ledger.codec import encode, encode_attributes, parse
from ledger.errors import InvalidInputError
from ledger.events import UsageRecorded

CODE = "91420100MA4K2XY18X"
DATA = UsageRecorded(
    job="j",
    resource="r",
    amount="8",
    start="2022-07-01T00:00:00Z",
    end="2022-07-01T01:00:00Z",
)
ATTRIBUTES = {
    "specversion": "1.0",
    "type": DATA.type,
    "source": "urn:a",
    "id": "1",
    "subject": CODE,
}
BODY = (
    b'{ "start": "2022-07-01T00:00:00Z", "end": "2022-07-01T01:00:00Z",'
    b' "job": "j", "resource": "r", "amount": "8", "contract": null }'
)


def test_the_bytes_are_those_of_encode() -> None:
    assert encode_attributes(ATTRIBUTES, BODY) == encode("urn:a", "1", CODE, DATA)


def test_time_and_extensions_are_kept_in_order() -> None:
    more = {"time": "2022-07-01T01:00:00+08:00", "rack": "七", "zone": "a", "abc": '"'}
    event = encode_attributes(ATTRIBUTES | more, BODY)
    kept = json.loads(event.raw)
    assert {name: kept[name] for name in more} == more
    assert list(kept) == sorted(kept)
    assert parse(event.raw) == event
    assert event.same_meaning(encode_attributes(ATTRIBUTES, BODY))


@pytest.mark.parametrize(
    ("change", "body", "code"),
    [
        ({"time": "yesterday"}, BODY, "not_cloudevent"),
        ({"specversion": "0.3"}, BODY, "not_cloudevent"),
        ({"datacontenttype": "text/csv"}, BODY, "not_cloudevent"),
        ({"type": "cn.suanquan.usage.recorded.v9"}, BODY, "unknown_type"),
        ({"source": ""}, BODY, "bad_name"),
        ({"subject": "x"}, BODY, "credit_code_form"),
        ({"rack": "x" * 65_536}, BODY, "entry_too_long"),
        ({}, BODY[:-1] + b', "job": "k"}', "duplicate_member"),
        ({}, BODY[:-1] + b', "other": 1}', "bad_data"),
        ({}, b"", "bad_data"),
        ({}, b"\xff", "bad_data"),
    ],
)
def test_what_parse_refuses_is_refused(change: dict[str, str], body: bytes, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        encode_attributes(ATTRIBUTES | change, body)
    assert caught.value.code == code
