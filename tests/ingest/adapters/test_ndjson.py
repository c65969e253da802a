"""Events as they were sent, one a line."""

import pytest

from ingest.adapters.ndjson import NdjsonAdapter
from ledger.codec import encode
from ledger.errors import InvalidInputError
from ledger.events import TYPES, FactReported, UsageRecorded

USAGE = encode(
    "urn:test:agent",
    "1",
    "91350100M000100Y43",
    UsageRecorded(
        job="j",
        resource="gpu",
        amount="8",
        start="2022-07-01T00:00:00Z",
        end="2022-07-01T01:00:00Z",
    ),
)

READER = NdjsonAdapter().begin("", b"")


def test_the_line_is_the_leaf() -> None:
    spaced = USAGE.raw.replace(b'":', b'" :').replace(b"{", b'{"traceparent":"00-ab", ', 1)
    event = READER.read(1, spaced)
    assert event.raw == spaced
    assert event.same_meaning(USAGE)
    assert event.usage == USAGE.usage


def test_types_that_the_ledger_writes_itself_are_refused() -> None:
    inside = [name for name, cls in TYPES.items() if not cls.outside]
    assert "cn.suanquan.batch.recorded.v1" in inside
    batch = (
        b'{"data":{"stream":"s","first":0,"next":0,"seen":0,"recorded":0,"duplicate":0,'
        b'"rejected":0,"rejections_sha256":"","recorded_at":""},"id":"1","source":"urn:x",'
        b'"specversion":"1.0","type":"cn.suanquan.batch.recorded.v1"}'
    )
    with pytest.raises(InvalidInputError) as caught:
        READER.read(1, batch)
    assert caught.value.code == "type_not_accepted"
    assert "cn.suanquan.batch.recorded.v1" in caught.value.message.en


def test_a_paper_that_says_who_entered_it_here_is_refused() -> None:
    def line(by: str | None) -> bytes:
        fact = FactReported(name="sales_fen", year=2021, value=1, recorded_by=by)
        return encode("urn:test:agent", "1", USAGE.subject, fact, "0" * 32).raw

    assert READER.read(1, line(None)).raw == line(None)
    with pytest.raises(InvalidInputError) as caught:
        READER.read(1, line("gh-2"))
    assert caught.value.code == "recorded_by_outside"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'"amount":"8"', b'"amount":NaN', "not_json"),
        (b'"amount":"8"', b'"amount":"NaN"', "bad_amount"),
        (b'"amount":"8"', b'"amount":"-8"', "bad_amount"),
        (b'"amount":"8"', b'"amount":"1000000"', "absurd_amount"),
        (b'"amount":"8"', b'"amount":8', "bad_data"),
        (b"T01:00:00Z", b"T01:00:00", "bad_instant"),
        (b"T01:00:00Z", b"T00:00:00Z", "empty_slice"),
        (b"Y43", b"Y4", "credit_code_form"),
        (b'"id":"1"', b'"id":"1","id":"2"', "duplicate_member"),
        (b"usage.recorded", b"usage.guessed", "unknown_type"),
        (b"}", b"", "not_json"),
    ],
)
def test_a_line_that_is_no_event_is_refused(old: bytes, new: bytes, code: str) -> None:
    broken = USAGE.raw.replace(old, new)
    assert broken != USAGE.raw
    with pytest.raises(InvalidInputError) as caught:
        READER.read(1, broken)
    assert caught.value.code == code


def test_events_bring_their_own_names_and_book() -> None:
    assert not READER.has_header
    assert READER.row_source is None
    assert READER.book(None) == ()
    assert READER.book(USAGE.subject) == ()
