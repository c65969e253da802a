"""Event ⇄ bytes: one value has one canonical form, and nothing but an event gets in."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ledger import codec
from ledger.codec import (
    ENTRY_BYTES_MAX,
    NAME_LENGTH_MAX,
    Event,
    encode,
    parse,
    parse_with_data,
)
from ledger.errors import InvalidInputError
from ledger.events import (
    TYPES,
    ContractRegistered,
    Data,
    EnterpriseRegistered,
    FactReported,
    UsageRecorded,
    VoucherGranted,
)
from ledger.money import FEN_MAX
from ledger.period import parse_instant
from tests.ledger.conftest import CODE, EXAMPLES, OTHER_CODE, SALT

GOLDEN = Path(__file__).parent / "golden" / "events.ndjson"
# Of types that gained a field since: what older releases wrote without it.
OLDER = GOLDEN.with_name("older_events.ndjson")

USAGE_TYPE = UsageRecorded.type
FACT_TYPE = FactReported.type

FACT = {"name": "sales_fen", "year": 2021, "value": 1}

LACKING: list[dict[str, Any]] = [
    {name: None} for name in ("id", "source", "specversion", "type", "data")
]


def written(data: Data) -> Event:
    """Return the event that an example makes."""
    subject = CODE if data.about_enterprise else ""
    return encode("urn:example", "id-1", subject, data, None if data.log == "usage" else SALT)


def record(type_name: str = FACT_TYPE, data: object = FACT, **changes: object) -> bytes:
    """Return a record as an agent might send it; None as a value leaves the member out."""
    members: dict[str, object] = {
        "specversion": "1.0",
        "id": "1",
        "source": "urn:agent",
        "type": type_name,
        "subject": CODE,
        "salt": SALT,
        "data": data,
    }
    members |= changes
    return json.dumps(
        {name: value for name, value in members.items() if value is not None}
    ).encode()


def usage_record(**changes: object) -> bytes:
    data = {
        "job": "j",
        "resource": "a100",
        "amount": "8",
        "start": "2022-07-01T00:00:00Z",
        "end": "2022-07-01T01:00:00Z",
    }
    return record(USAGE_TYPE, data | changes, salt=None)


def code_of(raw: bytes) -> str:
    """Return the code under which a record is refused, or nothing."""
    try:
        parse(raw)
    except InvalidInputError as error:
        return error.code
    return ""


# --- canonical bytes ---


def test_there_is_an_example_of_every_type() -> None:
    assert [type(data) for data in EXAMPLES] == list(TYPES.values())
    for data in EXAMPLES:
        fields = msgspec.structs.fields(data)
        assert all(getattr(data, one.name) != one.default for one in fields), "give every field"


@pytest.mark.parametrize("data", EXAMPLES, ids=lambda data: data.type)
def test_what_is_encoded_is_parsed_back(data: Data) -> None:
    event = written(data)
    assert parse(event.raw) == event
    assert type(parse(event.raw).data) is type(data)


@pytest.mark.parametrize("data", EXAMPLES, ids=lambda data: data.type)
def test_canonical_bytes_are_sorted_and_without_spaces(data: Data) -> None:
    raw = written(data).raw
    members = json.loads(raw)
    again = json.dumps(members, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert raw == again.encode()


def test_the_canonical_bytes_of_a_released_type_never_change() -> None:
    golden = GOLDEN.read_bytes().splitlines()
    for data, line in zip(EXAMPLES, golden, strict=True):
        assert written(data).raw == line, f"{data.type} was released as it stands in {GOLDEN.name}"


@pytest.mark.parametrize("line", GOLDEN.read_bytes().splitlines())
def test_what_was_written_once_is_readable_for_ever(line: bytes) -> None:
    assert parse(line).raw == line


@pytest.mark.parametrize("line", OLDER.read_bytes().splitlines())
def test_what_an_older_release_wrote_is_written_as_it_was(line: bytes) -> None:
    event = parse(line)
    again = encode(event.source, event.id, event.subject, event.data, SALT)
    assert event.raw == again.raw == line


def test_a_member_that_holds_its_default_is_left_out() -> None:
    raw = written(EnterpriseRegistered(name="x")).raw
    assert json.loads(raw)["data"] == {"name": "x"}


TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20)


@given(TEXTS, st.integers(1949, 9998), st.integers(0, FEN_MAX))
def test_any_fact_is_parsed_back(name: str, year: int, value: int) -> None:
    event = written(FactReported(name=name, year=year, value=value))
    assert parse(event.raw) == event


REGIONS = st.none() | st.from_regex(r"\A[1-9][0-9]{5}\Z")


@given(st.builds(EnterpriseRegistered, name=TEXTS, registered_region=REGIONS))
def test_any_enterprise_is_parsed_back(data: EnterpriseRegistered) -> None:
    event = written(data)
    assert parse(event.raw) == event


# --- what a record may say in its own way ---


def test_the_bytes_of_a_record_are_kept_as_they_came() -> None:
    raw = b" " + record(traceparent="00-ab", time="2022-07-01T00:00:00.123456789Z") + b"\n"
    assert parse(raw).raw == raw


def test_unknown_extension_attributes_are_kept() -> None:
    raw = record(partitionkey="7", dataschema="https://x", deep={"a": [{"b": None}]})
    event = parse(raw)
    assert event.raw == raw
    assert b"partitionkey" in event.raw


def test_escapes_and_the_order_of_members_change_no_meaning() -> None:
    plain = parse(record(data={"name": "销售", "year": 2021, "value": 1}))
    escaped = record(data={"value": 1, "year": 2021, "name": "销售"}).replace(
        b'"id"', rb'"\u0069d"'
    )
    assert rb"\u9500" in escaped
    assert parse(escaped).same_meaning(plain)
    assert parse(escaped).id == plain.id == "1"


def test_null_says_the_same_as_leaving_out() -> None:
    raw = record()[:-1] + b',"time":null,"datacontenttype":null}'
    assert parse(raw).same_meaning(parse(record()))


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": OTHER_CODE},
        {"data": {"name": "sales_fen", "year": 2021, "value": 2}},
        {
            "type_name": VoucherGranted.type,
            "data": {"programme": "p", "year": 2021, "quota_fen": 1, "granted_on": "x"},
        },
    ],
)
def test_another_type_subject_or_data_is_another_meaning(changes: dict[str, Any]) -> None:
    assert not parse(record(**changes)).same_meaning(parse(record()))


def test_another_envelope_is_the_same_meaning() -> None:
    other = parse(record(traceparent="x", time="2022-07-01T00:00:00Z", salt="f" * 32))
    assert other.same_meaning(parse(record()))


def test_a_usage_record_brings_its_slice() -> None:
    piece = parse(usage_record(contract="C-1")).usage
    assert piece is not None
    assert piece.amount_milli == 8000
    assert piece.contract == "C-1"
    assert piece.start_ms == parse_instant("2022-07-01T00:00:00Z")
    assert parse(record()).usage is None


# --- what is refused ---


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xef\xbb\xbf" + record(),
        record().decode().encode("utf-16"),
        record() + b"x",
        record() + record(),
        record(x="y").replace(b'"y"', b'"\xff"'),
        record(x="y").replace(b'"y"', b'"\x01"'),
        record(x="y").replace(b'"y"', b"NaN"),
        record(x="y").replace(b'"y"', b"-Infinity"),
        record(x="y").replace(b'"y"', b"01"),
        record(x="y").replace(b'"y"', b"'y'"),
        record(x="y").replace(b'"y"', rb'"\ud800"'),
        record(x="y").replace(b'"y"', rb'"\x41"'),
        record().replace(b"}}", b"},}"),
        record().replace(b": 1}", b": NaN}"),
        record().replace(b": 1}", b": Infinity}"),
        record(x="y").replace(b'"y"', b"[" * 100_000 + b"]" * 100_000),
        record(x="y").replace(b'"y"', b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    ],
)
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    assert code_of(raw) == "not_json"


@pytest.mark.parametrize(
    "raw",
    [
        b"null",
        b"[]",
        b'"x"',
        b"{}",
        *(record(**without) for without in LACKING),
    ],
)
def test_what_is_no_cloudevent_is_refused(raw: bytes) -> None:
    assert code_of(raw) == "not_cloudevent"


@pytest.mark.parametrize(
    "changes",
    [
        {"specversion": "0.3"},
        {"specversion": 1.0},
        {"datacontenttype": "text/plain"},
        {"time": "2022-07-01T00:00:00"},
        {"time": "2022-07-01T00:00:00+0800"},
        {"time": "yesterday"},
        {"id": 7},
        {"source": []},
        {"salt": 7},
    ],
)
def test_a_wrong_attribute_is_refused(changes: dict[str, Any]) -> None:
    assert code_of(record(**changes)) == "not_cloudevent"


def test_an_unknown_type_is_refused_by_its_name() -> None:
    with pytest.raises(InvalidInputError, match=r"cn\.suanquan\.usage\.recorded\.v9") as caught:
        parse(record("cn.suanquan.usage.recorded.v9"))
    assert caught.value.code == "unknown_type"


@pytest.mark.parametrize(
    "data",
    [
        {"name": "x", "year": 2021, "value": 1, "extra": 1},
        {"name": "x", "year": 2021},
        {"name": "x", "year": "2021", "value": 1},
        {"name": "x", "year": 2021.5, "value": 1},
        {"name": "x", "year": 2021.0, "value": 1},
        {"name": "x", "year": True, "value": 1},
        {"name": None, "year": 2021, "value": 1},
        [],
        "text",
        7,
    ],
)
def test_data_that_does_not_fit_its_type_is_refused(data: object) -> None:
    assert code_of(record(data=data)) == "bad_data"


def test_an_unknown_field_is_refused_inside_data_too() -> None:
    contract = json.loads(written(EXAMPLES[8]).raw)
    assert contract["type"] == ContractRegistered.type
    contract["data"]["prices"][0]["discount"] = "0.9"
    with pytest.raises(InvalidInputError, match="discount"):
        parse(json.dumps(contract).encode())


@pytest.mark.parametrize(
    "raw",
    [
        record()[:-1] + b',"id":"1"}',
        record()[:-1] + rb',"\u0069d":"2"}',
        record()[:-1] + b',"x":1,"x":1}',
        record(deep={"a": 1})[:-2] + b',"a":2}}',
        record(deep=[[{"a": 1}]])[:-4] + b',"a":2}]]}',
        record(deep=[[{"a": 1}]])[:-4] + rb',"\u0061":2}]]}',
        record().replace(b'"year": 2021', b'"year": 2021, "year": 2021'),
        record().replace(b'"year": 2021', rb'"year": 2021, "ye\u0061r": 2022'),
    ],
)
def test_a_member_that_stands_twice_is_refused(raw: bytes) -> None:
    json.loads(raw)
    assert code_of(raw) == "duplicate_member"


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""},
        {"id": "a\nb"},
        {"id": "\x00"},
        {"source": "\x7f"},
        {"source": "a\u200b"},
        {"id": "x" * (NAME_LENGTH_MAX + 1)},
        {"source": ""},
        {"id": "\u2028"},
    ],
)
def test_a_name_that_cannot_be_shown_is_refused(changes: dict[str, Any]) -> None:
    assert code_of(record(**changes)) == "bad_name"


@pytest.mark.parametrize(
    "changes", [{"job": "\x00"}, {"resource": ""}, {"contract": "x" * 257}, {"contract": ""}]
)
def test_a_usage_record_names_what_can_be_shown(changes: dict[str, Any]) -> None:
    assert code_of(usage_record(**changes)) == "bad_name"


def test_the_longest_name_is_taken() -> None:
    assert parse(record(id="字" * NAME_LENGTH_MAX)).id == "字" * NAME_LENGTH_MAX


@pytest.mark.parametrize("salt", [None, "", "0" * 31, "0" * 33, "F" * 32, "g" * 32, "０" * 32])
def test_a_book_event_without_a_salt_is_refused(salt: str | None) -> None:
    assert code_of(record(salt=salt)) == "missing_salt"
    with pytest.raises(InvalidInputError, match="missing_salt"):
        encode("urn:agent", "1", CODE, FactReported(name="x", year=2021, value=1), salt)


def test_a_usage_event_needs_no_salt() -> None:
    assert b"salt" not in usage_record()
    assert code_of(usage_record()) == ""


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"subject": "91350100M000100Y4"}, "credit_code_form"),
        ({"subject": ""}, "credit_code_form"),
        ({"subject": None}, "credit_code_form"),
        ({"subject": "x" * 60_000}, "credit_code_form"),
    ],
)
def test_an_event_about_no_enterprise_is_refused(changes: dict[str, Any], code: str) -> None:
    assert code_of(record(**changes)) == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": "-1"}, "bad_amount"),
        ({"amount": "100001"}, "absurd_amount"),
        ({"start": "2022-07-01 00:00:00Z"}, "bad_instant"),
        ({"end": "2022-07-01T00:00:00Z"}, "empty_slice"),
        ({"quantity": "1"}, "quantity_mismatch"),
    ],
)
def test_an_absurd_slice_is_refused(changes: dict[str, Any], code: str) -> None:
    assert code_of(usage_record()) == ""
    assert code_of(usage_record(**changes)) == code


def test_an_entry_may_fill_its_16_bit_length_and_no_more() -> None:
    raw = record(x="")
    longest = record(x="y" * (ENTRY_BYTES_MAX - len(raw)))
    assert len(longest) == ENTRY_BYTES_MAX
    assert code_of(longest) == ""
    assert code_of(longest.replace(b"yy", b"yyy", 1)) == "entry_too_long"


def test_encoding_refuses_what_parsing_would() -> None:
    fact = FactReported(name="x", year=2021, value=1)
    refused = [
        ("", "1", CODE, fact, "bad_name"),
        ("s", "", CODE, fact, "bad_name"),
        ("s", "\ud800", CODE, fact, "bad_data"),
        ("s", "1", CODE[:17] + "I", fact, "credit_code_form"),
        ("s", "1", CODE, FactReported(name="x" * 70_000, year=2021, value=1), "entry_too_long"),
        ("s", "1", CODE, FactReported(name="\ud800", year=2021, value=1), "bad_data"),
    ]
    for source, event_id, subject, data, code in refused:
        with pytest.raises(InvalidInputError) as caught:
            encode(source, event_id, subject, data, SALT)
        assert caught.value.code == code


# --- fuzz ---


def check_record(raw: bytes) -> None:
    """Check that bytes are an event or refused, and that a refusal can be stored anywhere."""
    try:
        event = parse(raw)
    except InvalidInputError as error:
        for sentence in (*error.message, *error.next_step):
            sentence.encode()
            assert sentence.isprintable(), sentence
            assert len(sentence) < 1000
    else:
        assert event.raw == raw
        assert parse(raw) == event


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_an_event_or_refused(raw: bytes) -> None:
    check_record(raw)


@given(JSON, JSON, st.text(), st.text())
def test_arbitrary_json_is_an_event_or_refused(
    data: object, more: object, name: str, key: str
) -> None:
    members = {"specversion": "1.0", "id": name, "source": "s", "type": FACT_TYPE, key: more}
    check_record(json.dumps(members | {"data": data}).encode())
    check_record(
        json.dumps(members | {"data": {"name": name, "year": 2021, "value": 1, key: more}}).encode()
    )


@settings(max_examples=300)
@given(
    st.sampled_from(EXAMPLES), st.integers(min_value=0), st.binary(max_size=8), st.integers(0, 8)
)
@example(EXAMPLES[5], 17, b"\xff", 1)
def test_a_damaged_event_is_an_event_or_refused(
    data: Data, at: int, piece: bytes, cut: int
) -> None:
    raw = written(data).raw
    at %= len(raw) + 1
    check_record(raw[:at] + piece + raw[at + cut :])


@pytest.mark.parametrize(
    "raw",
    [
        record().replace(b'"sales_fen"', b'"\xed\xa0\x80"'),
        record().replace(b'"sales_fen"', b'"\xc0\x80"'),
        record().replace(b'"year"', rb'"y\u0000"'),
        record().replace(b'"year"', b'"' + b"y" * 60_000 + b'"'),
        record()[:-1] + rb',"\u0000":1,"\u0000":2}',
        record()[:-1] + b',"' + b"z" * 30_000 + b'":1,"' + b"z" * 30_000 + b'":1}',
        record()[:-1] + b',"x":' + b"9" * 5000 + b"}",
        record().replace(b": 1}", b": " + b"9" * 5000 + b"}"),
        record().replace(b": 1}", b": 1e400}"),
        record("cn.suanquan.\x00\ud800".encode("utf-8", "surrogatepass").decode("latin-1")),
        record(type_name="\x00"),
        record(specversion="\x00\n"),
        record(subject="\x00\n"),
    ],
)
def test_a_refusal_repeats_nothing_that_cannot_be_stored(raw: bytes) -> None:
    with pytest.raises(InvalidInputError):
        parse(raw)
    check_record(raw)


@given(st.data())
def test_the_short_way_for_usage_says_what_the_long_way_says(data: st.DataObject) -> None:
    line = bytearray(
        b'{"data":{"amount":"8","contract":"C-1","end":"2022-07-01T01:00:00Z","job":"j",'
        b'"resource":"gpu","start":"2022-07-01T00:00:00Z"},"id":"1","source":"urn:a",'
        b'"specversion":"1.0","subject":"91350100M000100Y43",'
        b'"type":"cn.suanquan.usage.recorded.v1"}'
    )
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(line) - 1))
        change = data.draw(st.sampled_from([b"", b"0", b"9", b'"', b"\\", b"T", b"+08:00", b".5"]))
        line[at : at + data.draw(st.integers(0, 1))] = change
    raw = bytes(line)
    try:
        short = codec.parse_usage([raw])
    except InvalidInputError:
        short = None
    if short is not None:
        assert short == [codec._parse_any(raw)]  # noqa: SLF001 - as above


def test_canonical_usage_takes_the_short_way() -> None:
    hour = {"start": "2022-07-01T00:00:00Z", "end": "2022-07-01T01:00:00Z"}
    event = encode("urn:a", "1", CODE, UsageRecorded(job="j", resource="gpu", amount="8", **hour))
    assert codec.parse_usage([event.raw]) == [event]


@pytest.mark.parametrize("text", ["a\nb", "\x00", "\x7f", "\x85"])
def test_a_text_that_nobody_can_print_is_refused_in_a_book_event(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        written(EnterpriseRegistered(name=text))
    assert caught.value.code == "bad_data"
    escaped = record(EnterpriseRegistered.type, {"name": f"武汉 {text}"})
    with pytest.raises(InvalidInputError, match="bad_data"):
        parse(escaped)


def test_an_event_and_its_data_come_as_they_come_apart() -> None:
    for data in EXAMPLES:
        event = written(data)
        assert parse_with_data(event.raw) == (parse(event.raw), data) == (event, event.data)


@pytest.mark.parametrize(
    "data", [one for one in EXAMPLES if one.log == "book"], ids=lambda data: data.type
)
def test_every_type_of_the_book_is_refused_without_its_salt(data: Data) -> None:
    raw = written(data).raw
    salted = json.loads(raw)
    assert len(bytes.fromhex(salted.pop("salt"))) == 16
    with pytest.raises(InvalidInputError, match="missing_salt"):
        parse(json.dumps(salted).encode())
    with pytest.raises(InvalidInputError, match="missing_salt"):
        encode("urn:x", "1", CODE, data)
