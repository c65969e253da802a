"""The short way that canonical usage takes through the codec gives what the long way gives."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.codec import encode, parse, parse_usage
from ledger.errors import InvalidInputError
from ledger.events import FactReported, UsageRecorded
from tests.ledger.conftest import CODE, SALT

USAGE_TYPE = UsageRecorded.type
FACT_TYPE = FactReported.type


def outcome_of(raw: bytes) -> tuple[object, ...]:
    """Return what parsing gives: the event but for its bytes, or the refusal's code and words."""
    try:
        event = parse(raw)
    except InvalidInputError as error:
        return error.code, error.message
    assert event.raw == raw
    named = event.source, event.id, event.subject, event.sequence
    return *named, event.kind, event.usage, event.data


def check_both_ways(raw: bytes) -> None:
    """Check that a record means the same with a space after it, which is not canonical."""
    assert outcome_of(raw) == outcome_of(raw + b" ")


TRICKY_NAMES = [
    "1",
    "",
    "x" * 256,
    "x" * 257,
    "\x7f",
    "\n",
    "\\",
    '"',
    "字",
    " ",
    "\x00",
    "/",
    "\u2028",
]
TRICKY_INSTANTS = [
    "2022-07-01T00:00:00Z",
    "2022-07-01T08:00:00+08:00",
    "2022-07-01T01:00:00Z",
    "2022-07-01T01:00:00.5Z",
    "2022-07-01T01:00:00.500000Z",
    "2022-07-01T01:00:00.000001Z",
    "2022-07-01T01:00:00.0Z",
    "2022-07-01T01:00:00",
    "2022-07-01 01:00:00Z",
    "2022-07-01t01:00:00z",
    "2022-07-01T01:00:00+0800",
    "2022-07-01T01:00:00+00:00",
    "2022-07-01T01:00:00-00:00",
    "2022-07-01T01:00:00+23:59",
    "2022-07-01T01:00:00+24:00",
    "2022-07-01T01:00:00+08:60",
    "2022-07-01T24:00:00Z",
    "2022-07-01T23:59:60Z",
    "0001-01-01T00:00:00+08:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-01:00",
    "1999-12-31T23:59:59Z",
    "2000-01-01T00:00:00Z",
    "2100-01-01T00:00:00Z",
    "2100-01-01T00:00:01Z",
    "2023-07-02T00:00:00Z",
    "2023-07-02T00:00:01Z",
    "",
]
TRICKY: dict[str, list[str] | list[str | None]] = {
    "id": TRICKY_NAMES,
    "source": TRICKY_NAMES,
    "job": TRICKY_NAMES,
    "resource": TRICKY_NAMES,
    "contract": [None, *TRICKY_NAMES],
    "start": TRICKY_INSTANTS,
    "end": TRICKY_INSTANTS,
    "amount": ["8", "0", "-1", "0.125", "0.1250", "1e3", "100000", "100000.001", "", "NaN"],
    "quantity": [None, "28800", "1", ""],
    "sequence": [None, "1", "007", "", "x", "-1", "1.0", "9" * 18, "9" * 19, "٣", "１"],
    "subject": [CODE, CODE[:17] + "4", "", None, CODE.lower()],
    "specversion": ["1.0", "1.1", "", None],
    "type": [USAGE_TYPE, USAGE_TYPE + "1", FACT_TYPE],
    "time": [None, "2022-07-01T00:00:00Z", "x"],
    "salt": [None, SALT],
    "zzz": [None, "1"],
}
PLAIN = {
    "id": "1",
    "source": "urn:agent",
    "job": "j",
    "resource": "a100",
    "start": "2022-07-01T00:00:00Z",
    "end": "2022-07-01T01:00:00Z",
    "amount": "8",
    "subject": CODE,
    "specversion": "1.0",
    "type": USAGE_TYPE,
}
IN_DATA = ("amount", "contract", "end", "job", "quantity", "resource", "start")


def canonical(values: Mapping[str, str | None]) -> bytes:
    """Return the canonical bytes of a usage record with whatever values; None leaves one out."""
    given_values = {name: value for name, value in values.items() if value is not None}
    data = {name: value for name, value in given_values.items() if name in IN_DATA}
    members: dict[str, object] = {
        name: value for name, value in given_values.items() if name not in IN_DATA
    }
    members["data"] = data
    return json.dumps(members, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def test_the_plain_record_is_what_we_write_ourselves() -> None:
    data = UsageRecorded(**{name: PLAIN[name] for name in IN_DATA if name in PLAIN})
    assert canonical(PLAIN) == encode(PLAIN["source"], "1", CODE, data).raw


@pytest.mark.parametrize("name", TRICKY)
def test_every_tricky_value_means_the_same_both_ways(name: str) -> None:
    for value in TRICKY[name]:
        check_both_ways(canonical(PLAIN | {name: value}))
    check_both_ways(canonical({**PLAIN, name: None}))


def test_every_pair_of_tricky_instants_means_the_same_both_ways() -> None:
    for start in TRICKY_INSTANTS:
        for end in TRICKY_INSTANTS:
            check_both_ways(canonical(PLAIN | {"start": start, "end": end}))


@settings(max_examples=300)
@given(st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in TRICKY.items()}))
def test_tricky_values_together_mean_the_same_both_ways(values: dict[str, str | None]) -> None:
    check_both_ways(canonical({**PLAIN, **values}))


def test_every_damaged_byte_means_the_same_both_ways() -> None:
    raw = canonical(PLAIN | {"contract": "C-1"})
    for at in range(len(raw)):
        for piece in (
            b"",
            b" ",
            b'"',
            b"\\",
            b"0",
            b"\x7f",
            b"\xff",
            bytes([raw[at] ^ 1]),
            raw[at : at + 1] * 2,
        ):
            check_both_ways(raw[:at] + piece + raw[at + 1 :])


def test_members_that_stand_twice_are_refused_both_ways() -> None:
    raw = canonical(PLAIN)
    for piece in (
        b'"id":"1"',
        b'"job":"j"',
        b'"resource":"a100"',
        b'"subject":"' + CODE.encode() + b'"',
    ):
        twice = raw.replace(piece, piece + b"," + piece)
        assert outcome_of(twice)[0] == "duplicate_member"
        check_both_ways(twice)


def test_records_read_together_are_each_read_as_alone() -> None:
    raws = [canonical(PLAIN | {"id": str(number), "sequence": "7"}) for number in range(5)]
    assert parse_usage(raws) == [parse(raw) for raw in raws]
    assert parse_usage([]) == []


@pytest.mark.parametrize(
    "odd",
    [
        b"",
        b"\n",
        canonical(PLAIN) + b"\n",
        canonical(PLAIN) + b"\n" + canonical(PLAIN),
        canonical(PLAIN | {"quantity": "28800"}),
        canonical(PLAIN | {"amount": "0"}),
        canonical(PLAIN | {"sequence": "1" * 65_535}),
    ],
)
def test_one_record_that_is_unlike_sends_all_the_long_way(odd: bytes) -> None:
    raw = canonical(PLAIN)
    for raws in ([odd], [odd, raw], [raw, odd], [raw, odd, raw]):
        assert parse_usage(raws) is None


def test_two_halves_of_a_record_are_not_taken_for_one() -> None:
    raw = canonical(PLAIN)
    for at in range(1, len(raw)):
        assert parse_usage([raw[:at], raw[at:]]) is None
        assert parse_usage([raw + b"\n" + raw[:at], raw[at:]]) is None
