"""Records read together mean what each of them means alone."""

import itertools
import json
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.cloudevents import parse_usual
from ingest.reading import BLOCK_RECORDS, Part, cut, read_records, size_of
from ingest.topic import Run
from ledger.rejection import Rejection

CODE = "91420100MA4K2XY18X"
STRUCTURED: list[tuple[str, bytes | None]] = [("content-type", b"application/cloudevents+json")]


@dataclass(frozen=True)
class Given:
    """A record."""

    value: bytes | None
    key: bytes | None = CODE.encode()
    offset: int = 0
    headers: list[tuple[str, bytes | None]] = field(default_factory=lambda: STRUCTURED)


def usage(event_id: str, source: str = "urn:a", **more: object) -> bytes:
    """Return an event of usage in canonical bytes; `more` are members of its data."""
    data = {
        "amount": "1",
        "end": "2022-07-01T01:00:00Z",
        "job": "j",
        "resource": "r",
        "start": "2022-07-01T00:00:00Z",
    }
    event = {
        "data": dict(sorted({**data, **more}.items())),
        "id": event_id,
        "source": source,
        "specversion": "1.0",
        "subject": CODE,
        "type": "cn.suanquan.usage.recorded.v1",
    }
    return json.dumps(event, separators=(",", ":")).encode()


ONE, TWO = usage("1"), usage("2")
BINARY: list[tuple[str, bytes | None]] = [
    ("ce_id", b"9"),
    ("ce_source", b"urn:a"),
    ("ce_specversion", b"1.0"),
    ("ce_subject", CODE.encode()),
    ("ce_type", b"cn.suanquan.usage.recorded.v1"),
]
RECORDS = {
    "usual": Given(ONE),
    "usual, another": Given(TWO),
    "no key": Given(usage("3"), None),
    "another key": Given(ONE, b"k"),
    "no value": Given(None),
    "empty": Given(b""),
    "a line break": Given(b"\n"),
    "no header": Given(ONE, headers=[]),
    "header twice": Given(ONE, headers=STRUCTURED * 2),
    "binary": Given(json.dumps(json.loads(ONE)["data"]).encode(), headers=BINARY),
    "no json": Given(b"x"),
    "spaces": Given(ONE + b" "),
    "a line break after": Given(ONE + b"\n"),
    "two": Given(ONE + b"\n" + TWO),
    "begins": Given(TWO[:40]),
    "ends": Given(TWO[40:]),
    "one and a half": Given(ONE + b"\n" + TWO[:40]),
    "the ledger's own name": Given(usage("4", "urn:suanquan:ledger")),
    "another type": Given(ONE.replace(b"usage.recorded", b"usage.voided")),
    "another subject": Given(ONE.replace(CODE.encode(), CODE[:17].encode() + b"Y")),
    "fraction": Given(usage("5", end="2022-07-01T01:00:00.5Z")),
    "quantity": Given(usage("6", quantity="3600")),
    "wrong quantity": Given(usage("6", quantity="1")),
    "absurd": Given(usage("7", amount="1000000")),
    "backwards": Given(usage("8", end="2022-06-01T01:00:00Z")),
}


def one_by_one(records: list[Given]) -> Part:
    """Return what records are, each read alone."""
    parts = [read_records([record]) for record in records]
    return Part(
        [event for part in parts for event in part.events],
        [rejection for part in parts for rejection in part.rejections],
    )


def at(records: list[Given]) -> list[Given]:
    """Return records at offsets of their own."""
    return [replace(record, offset=3 * index) for index, record in enumerate(records)]


def test_records_that_are_alike_take_the_short_way() -> None:
    records = at([Given(usage(str(number))) for number in range(10)])
    events = parse_usual(records)
    assert events is not None
    assert [event.id for event in events] == [str(number) for number in range(10)]
    assert read_records(records) == Part([(3 * i, one) for i, one in enumerate(events)], [])


@pytest.mark.parametrize("name", RECORDS)
def test_an_odd_record_changes_nothing_for_its_neighbours(name: str) -> None:
    for place in range(3):
        records = at([Given(usage(f"n{number}")) for number in range(2)])
        records = at([*records[:place], RECORDS[name], *records[place:]])
        found = read_records(records)
        assert found == one_by_one(records)
        assert len(found.events) >= 2
        assert len(found.events) + len(found.rejections) == 3


def test_every_pair_of_records_means_what_each_means_alone() -> None:
    for first, second in itertools.product(RECORDS.values(), repeat=2):
        records = at([first, second])
        assert read_records(records) == one_by_one(records)


@given(st.lists(st.sampled_from(sorted(RECORDS)), max_size=8))
def test_any_records_mean_what_each_means_alone(names: list[str]) -> None:
    records = at([RECORDS[name] for name in names])
    assert read_records(records) == one_by_one(records)


def test_blocks_keep_the_order_and_the_offsets() -> None:
    count = 3 * BLOCK_RECORDS + 5
    records = at([Given(usage(str(number))) for number in range(count)])
    records[BLOCK_RECORDS] = replace(records[BLOCK_RECORDS], value=b"x")
    found = read_records(records)
    expected = [3 * number for number in range(count) if number != BLOCK_RECORDS]
    assert [offset for offset, _ in found.events] == expected
    assert [event.id for _, event in found.events] == [str(offset // 3) for offset in expected]
    assert [one.position for one in found.rejections if isinstance(one, Rejection)] == [
        3 * BLOCK_RECORDS
    ]


@given(st.lists(st.none() | st.integers(0, 6), max_size=12), st.integers(1, 9))
def test_a_part_ends_with_the_record_that_fills_it(lengths: list[int | None], more: int) -> None:
    values = [None if length is None else b"x" * length for length in lengths]
    records = at([Given(value) for value in values])
    # Of each record the key and the headers count too.
    bytes_max = size_of(Given(None)) + more
    parts = list(cut(Run(records, 99), bytes_max))
    assert [record for part, _ in parts for record in part] == records
    assert [end for _, end in parts] == [*(part[0].offset for part, _ in parts[1:]), 99]
    for number, (part, _) in enumerate(parts):
        sizes = [size_of(record) for record in part]
        assert sum(sizes[:-1]) < bytes_max
        assert number == len(parts) - 1 or sum(sizes) >= bytes_max
