"""Ten thousand malformed records through a real Kafka: each one kept with its reason, none lost.

Three sorts between good records: the catalogue, good records with bytes changed, and what
hypothesis makes up. A changed record may still be good, so `parse_record` is asked what it is: that
it decides rightly is shown elsewhere and, for all that it takes, by a slow reading of its own here;
what is shown here is that its decision and the whole record reach the ledger through everything
that lies between.
"""

import hashlib
import json
import os
import random
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from ingest.cloudevents import parse_record
from ingest.file_worker import refuse_own
from ingest.quarantine import render_record, restore_record
from ingest.retry import retry
from ingest.simulate.malformed import CODES, MALFORMED
from ingest.simulate.sent import STRUCTURED, Sent, to_binary
from ledger.codec import Event
from ledger.credit_codes import NONE, require_codes
from ledger.errors import InvalidInputError, RuleViolationError
from ledger.query import Refused, RefusedFilter, read_refused
from ledger.rejection import REJECTION_BODY_BYTES_MAX
from tests.ingest.topics import KEY, NOW_MS, Kafka, RawName, check_batches, read, usage

Ledger = Any

BAD = 10_000
EACH_KIND = 60
MADE_UP = 1_000

# Where nothing is that could be quoted, and where the parser's own words say what and where.
NOTHING_TO_QUOTE: Final = frozenset({"tombstone", "ambiguous_mode", "missing_headers"})
PARSER_SAYS: Final = frozenset({"not_json", "bad_data", "not_cloudevent", "duplicate_member"})


def structured(number: int, source: str) -> Sent:
    return Sent(KEY, STRUCTURED, usage(number, source=source))


# --- good records with something changed ---


def change(good: Sent, dice: random.Random) -> Sent:
    """Return a record with one to three changes to its bytes, headers or key."""
    record = to_binary(good) if dice.random() < 0.3 else good
    for _ in range(dice.randint(1, 3)):
        record = dice.choice((_change_value, _change_value, _change_headers, _change_key))(
            record, dice
        )
    return record


def _change_value(record: Sent, dice: random.Random) -> Sent:
    return record._replace(value=_changed(record.value or b"", dice))


def _change_key(record: Sent, dice: random.Random) -> Sent:
    return record._replace(key=dice.choice((None, b"", dice.randbytes(18), _changed(KEY, dice))))


def _change_headers(record: Sent, dice: random.Random) -> Sent:
    headers = list(record.headers)
    at = dice.randrange(len(headers) + 1)
    match dice.randrange(4):
        case 0:
            headers[at : at + 1] = []
        case 1:
            headers[at:at] = headers[at : at + 1]
        case 2:
            headers[at:at] = [(RawName(dice.randbytes(4) + b"\xff"), dice.randbytes(3))]
        case _:
            headers[at : at + 1] = [
                (name, _changed(raw, dice)) for name, raw in headers[at : at + 1]
            ]
    return record._replace(headers=tuple(headers))


def _changed(raw: bytes, dice: random.Random) -> bytes:
    """Return bytes of which one or some were flipped, put in, left out, repeated or cut off."""
    at = dice.randrange(len(raw) + 1)
    match dice.randrange(5):
        case 0:
            return (
                raw[:at]
                + bytes(one ^ dice.randint(1, 255) for one in raw[at : at + 1])
                + raw[at + 1 :]
            )
        case 1:
            return raw[:at] + dice.randbytes(dice.randint(1, 3)) + raw[at:]
        case 2:
            return raw[:at] + raw[at + dice.randint(1, 9) :]
        case 3:
            return raw[:at] + raw[max(0, at - 9) :]
        case _:
            return raw[:at]


# --- what nobody thinks of ---

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
_GOOD: Final[dict[str, Any]] = json.loads(usage(0, source="urn:made-up"))


def _like(good: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects with the members of a good one, each there or not, good or anything."""
    members = {name: st.just(value) | _JSON for name, value in good.items()}
    return st.fixed_dictionaries({}, optional=members)


_EVENTS = st.builds(
    lambda event, data: event | data,
    _like({name: value for name, value in _GOOD.items() if name != "data"}),
    st.fixed_dictionaries({}, optional={"data": _like(_GOOD["data"]) | _JSON}),
)
_NAMES = (
    st.sampled_from(["content-type", "ce_id", "ce_type", "ce_source", "ce_specversion"])
    | st.text(max_size=12)
    | st.binary(min_size=1, max_size=6).map(lambda raw: RawName(raw + b"\xff"))
)
_VALUES = st.sampled_from([STRUCTURED[0][1], b"1.0", b"application/json"]) | st.binary(max_size=12)
_RECORDS = st.builds(
    Sent,
    st.none() | st.just(KEY) | st.binary(max_size=20),
    st.just(STRUCTURED) | st.lists(st.tuples(_NAMES, _VALUES), max_size=4).map(tuple),
    st.binary(max_size=80) | _EVENTS.map(lambda event: json.dumps(event).encode()),
)


def made_up(number: int) -> list[Sent]:
    """Return what hypothesis makes up."""
    found: list[Sent] = []

    @seed(number)
    @settings(
        max_examples=MADE_UP,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(_RECORDS)
    def collect(record: Sent) -> None:
        found.append(record)

    collect()
    return found


# --- what must become of all that ---


@dataclass
class Expected:
    """What must become of the records of one partition, which are read in order."""

    recorded: list[Event]
    duplicate: int
    refused: dict[int, tuple[Sent, str]]


def arrived(record: Sent) -> list[tuple[str, bytes | None]]:
    """Return a record's headers as they are read."""
    return [(str(name), raw) for name, raw in record.headers]


def decide(record: Sent) -> Event | str:
    """Return the event that a record holds, or the code of its refusal."""
    try:
        event = parse_record(record.key, record.value, arrived(record))
        refuse_own(event)
        require_codes(event, NONE)
    except InvalidInputError as error:
        return error.code
    return event


def expect(records: list[Sent]) -> Expected:
    """Return what must become of records at the offsets from zero on."""
    standing: dict[tuple[str, str], Event] = {}
    expected = Expected([], 0, {})
    for offset, record in enumerate(records):
        found = decide(record)
        if isinstance(found, str):
            expected.refused[offset] = (record, found)
            continue
        earlier = standing.setdefault((found.source, found.id), found)
        if earlier is found:
            expected.recorded.append(found)
        elif earlier.same_meaning(found):
            expected.duplicate += 1
        else:
            expected.refused[offset] = (record, "conflict")
    return expected


def read_slowly(record: Sent) -> None:
    """Read a record that was taken, as the documents say; fail where they forbid it."""
    headers = dict(record.headers)
    value = (record.value or b"").decode()
    if headers.get("content-type", b"").lower().startswith(b"application/cloudevents"):
        event = _read_json(value)
    else:
        event = {name[3:]: said.decode() for name, said in headers.items() if name[:3] == "ce_"}
        event["data"] = _read_json(value)
    data = event["data"]
    assert event["specversion"] == "1.0"
    assert event["type"] == "cn.suanquan.usage.recorded.v1"
    assert data.keys() <= {"job", "resource", "amount", "start", "end", "contract", "quantity"}
    for name in (event["source"], event["id"], data["job"], data["resource"]):
        assert 0 < len(name) <= 256
        assert name.isprintable()
    assert re.fullmatch(r"[0-9]+(\.[0-9]{1,3})?", data["amount"], re.ASCII)
    assert 0 < Decimal(data["amount"]) <= 100_000
    assert 0 < (_instant(data["end"]) - _instant(data["start"])).total_seconds() <= 366 * 86_400
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    weighed = sum(letters.index(one) * 3**at for at, one in enumerate(event["subject"][:17]))
    assert event["subject"][17:] == letters[-weighed % 31]
    assert record.key in (None, event["subject"].encode())


def _read_json(text: str) -> dict[str, Any]:
    """Return an object of JSON as RFC 8259 has it, no member twice."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs), pairs
        return dict(pairs)

    def none(word: str) -> None:
        pytest.fail(f"{word} is no JSON")

    found: dict[str, Any] = json.loads(text, object_pairs_hook=unique, parse_constant=none)
    return found


def _instant(text: str) -> datetime:
    """Return an RFC 3339 instant of whole milliseconds."""
    assert re.fullmatch(r"[0-9-]{10}[Tt][0-9:]{8}(\.[0-9]{1,3}0*)?([Zz]|[+-][0-9:]{5})", text), text
    return datetime.fromisoformat(text.upper())


# --- the tests ---


@pytest.fixture(scope="module")
def kafka(broker: str) -> Iterator[Kafka]:
    with closing(Kafka(broker)) as made:
        yield made


@pytest.fixture(scope="module")
def number() -> int:
    """Return the seed of everything here: another one each time, or the one to be played again."""
    return int(os.environ.get("SUANQUAN_TEST_SEED") or random.SystemRandom().randrange(10**6))


@pytest.fixture(scope="module")
def records(number: int) -> list[Sent]:
    """Return ten thousand bad records, shuffled, with good ones between them."""
    dice = random.Random(number)  # noqa: S311 - made-up records
    bad = [
        kind(structured(at, f"urn:{name}"), dice)
        for name, kind in MALFORMED.items()
        for at in range(EACH_KIND)
    ]
    bad += made_up(number)
    # Of each pair one contradicts the other, whichever comes first.
    bad += [
        Sent(KEY, STRUCTURED, usage(at, amount, "urn:twice"))
        for at in range(EACH_KIND)
        for amount in ("1", "2")
    ]
    count = sum(isinstance(decide(record), str) for record in bad)
    while count < BAD:
        bad.append(change(structured(len(bad), "urn:changed"), dice))
        count += isinstance(decide(bad[-1]), str)
    dice.shuffle(bad)
    return [
        record
        for at, one in enumerate(bad)
        for record in ([one, structured(at, "urn:good")] if at % 4 == 0 else [one])
    ]


@pytest.fixture(scope="module")
def topic(kafka: Kafka, records: list[Sent]) -> str:
    """Return a topic of one partition that holds them."""
    name = kafka.topic()
    kafka.send(name, [(one.key, list(one.headers), one.value) for one in records])
    return name


def refusals(ledger: Ledger, **wanted: Any) -> list[Refused]:  # noqa: ANN401 - the fields of RefusedFilter
    """Return what was refused."""
    with ledger.engine.connect() as connection:
        found, count = read_refused(connection, RefusedFilter(**wanted), 3 * BAD)
    assert len(found) == count
    return found


def check_kept(one: Refused, record: Sent, code: str) -> None:
    """Check that a record is kept whole, with a reason that says what is wrong with it."""
    whole = render_record(record.key, record.value, arrived(record))
    if code == "conflict":
        event = decide(record)
        assert isinstance(event, Event)
        whole = event.raw
    elif len(whole) <= REJECTION_BODY_BYTES_MAX:
        assert restore_record(one.body) == (record.key, record.value, arrived(record))
    assert one.code == code
    assert one.body == whole[:REJECTION_BODY_BYTES_MAX]
    assert (one.length, one.sha256) == (len(whole), hashlib.sha256(whole).digest())
    for words in (one.message.zh, one.message.en):
        assert words.isprintable(), words
        if code in PARSER_SAYS:
            assert re.search(r"(：|: ).", words), words
        elif code not in NOTHING_TO_QUOTE:
            assert any(said in words for said in fragments(record)), (words, record)


def fragments(record: Sent) -> Iterator[str]:
    """Yield how a message may quote a record: the first characters of whatever stands in it."""
    # How long it is, and what is not there.
    yield from (str(len(record.value or b"")), "''")
    names = [name for name, _ in record.headers]
    yield from {"ce_id", "ce_type", "ce_source", "ce_specversion"} - {*names}
    words = [*names, *leaves(record.value or b"")]
    words += [raw.decode("utf-8", "replace") for _, raw in record.headers]
    for word in words:
        yield repr(word) if len(word) < 2 else repr(word[:12])[1:-1]
    for raw in (record.key or b"", *(raw for _, raw in record.headers)):
        yield repr(raw[:6])[2:-1] if raw else "b''"


def leaves(value: bytes) -> list[str]:
    """Return the strings and numbers in a value, or what looks like strings where it is no JSON."""
    try:
        found = [json.loads(value)]
    except (ValueError, RecursionError):
        return re.findall('"([^"]*)"', value.decode("utf-8", "replace"))
    words: list[str] = []
    while found:
        one = found.pop()
        if isinstance(one, dict | list):
            found += one.values() if isinstance(one, dict) else one
        else:
            words.append(str(one))
    return words


def test_what_is_taken_of_all_that_is_what_the_documents_allow(records: list[Sent]) -> None:
    for record in records:
        if isinstance(decide(record), Event):
            read_slowly(record)


def test_ten_thousand_bad_records_are_kept_and_the_good_ones_recorded(
    kafka: Kafka, either_ledger: Ledger, topic: str, records: list[Sent], number: int
) -> None:
    sys.stdout.write(f"to play it again: SUANQUAN_TEST_SEED={number}\n")
    expected = expect(records)
    assert len(expected.refused) >= BAD
    assert {code for _, code in expected.refused.values()} >= {*CODES.values(), "conflict"}
    status = read(kafka.bootstrap, either_ledger, topic, bad_share_max=Fraction(1)).status
    assert (status.seen, status.recorded, status.duplicate, status.rejected) == (
        len(records),
        len(expected.recorded),
        expected.duplicate,
        len(expected.refused),
    )
    assert [one.raw for one in either_ledger.events("usage")] == [
        one.raw for one in expected.recorded
    ]
    kept = refusals(either_ledger)
    assert {one.stream.partition("#")[0] for one in kept} == {f"kafka:{topic}/0"}
    assert [one.position for one in kept] == list(expected.refused)
    for one in kept:
        check_kept(one, *expected.refused[one.position])
    check_batches(either_ledger, topic, 0, len(records), len(records))
    check_retry(either_ledger, records)
    assert either_ledger.findings() == []


def check_retry(ledger: Ledger, records: list[Sent]) -> None:
    """Check that records whose sender forgot to say what they are can be taken in once."""
    forgotten = [
        json.loads(one.value or b"")["id"]
        for one in records
        if b"urn:no_content_type" in (one.value or b"") and "content-type" not in dict(one.headers)
    ]
    assert len(forgotten) > EACH_KIND // 3
    unmarked = refusals(ledger, code="ambiguous_mode")
    others = [one for one in refusals(ledger) if one not in unmarked]
    retried = retry(ledger.store, unmarked, NOW_MS, as_structured=True)
    assert retried.recorded + retried.duplicate + retried.rejected == len(unmarked)
    found = [one.id for one in ledger.events("usage") if one.source == "urn:no_content_type"]
    assert found == forgotten
    still_open = refusals(ledger, is_open=True)
    assert [one for one in still_open if one.code != "ambiguous_mode"] == others
    assert len(still_open) == len(others) + retried.rejected
    size = ledger.size()
    again = retry(ledger.store, unmarked, NOW_MS, as_structured=True)
    assert (again.recorded, again.duplicate, again.rejected) == (0, 0, retried.rejected)
    assert ledger.size() == size


def test_a_partition_of_bad_records_stands_still_and_the_others_go_on(
    kafka: Kafka, either_ledger: Ledger
) -> None:
    topic = kafka.topic(2)
    dice = random.Random(3)  # noqa: S311 - made-up records
    bad = [kind(structured(0, f"urn:{name}"), dice) for name, kind in MALFORMED.items()]
    good = [structured(at, "urn:good") for at in range(200)]
    send: Callable[..., None] = partial(kafka.send, topic)
    send([(one.key, list(one.headers), one.value) for one in 2 * bad], 0)
    send([(one.key, list(one.headers), one.value) for one in good], 1)
    with pytest.raises(RuleViolationError) as caught:
        read(kafka.bootstrap, either_ledger, topic)
    error = caught.value
    assert error.code == "mostly_bad"
    assert (
        f"{topic}/0: {2 * len(bad)} of the newest {2 * len(bad)} records are bad"
        in error.message.en
    )
    assert "--accept-bad" in error.next_step.en
    assert [one.id for one in either_ledger.events("usage")] == [f"{at:06}" for at in range(200)]
    assert refusals(either_ledger) == []
    check_batches(either_ledger, topic, 1, 200, 200)
    status = read(kafka.bootstrap, either_ledger, topic, bad_share_max=Fraction(1)).status
    assert (status.seen, status.rejected) == (2 * len(bad), 2 * len(bad))
    assert either_ledger.findings() == []
