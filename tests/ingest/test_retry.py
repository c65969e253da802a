"""Refused records read again after a fix: recorded once, linked to their refusal, or left alone."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from ingest.cloudevents import STRUCTURED, parse_record
from ingest.file_worker import reject
from ingest.quarantine import render_record
from ingest.retry import Retried, retry
from ingest.settlement import SOURCE, STREAM
from ledger import tables
from ledger.codec import Event, encode
from ledger.errors import InvalidInputError
from ledger.events import BatchRecorded, RejectionSettled
from ledger.query import RefusedFilter, read_refused
from ledger.rejection import Rejection
from ledger.store import Batch
from ledger.text import Text

CODE = "91420100MA4K2XY18X"
NOW_MS = 1_669_190_400_000
MARKED = [("content-type", STRUCTURED)]

Ledger = Any
Headers = list[tuple[str, bytes]]


def usage(event_id: str, amount: str = "1") -> bytes:
    event = {
        "specversion": "1.0",
        "type": "cn.suanquan.usage.recorded.v1",
        "source": "urn:a",
        "id": event_id,
        "subject": CODE,
        "data": {
            "job": "j",
            "resource": "r",
            "amount": amount,
            "start": "2022-07-01T00:00:00Z",
            "end": "2022-07-01T01:00:00Z",
        },
    }
    return json.dumps(event).encode()


def refuse(ledger: Ledger, *records: tuple[Headers, bytes | None], log: str = "usage") -> None:
    """Quarantine records that a worker refused, each at the next offset."""
    stream = f"kafka:t/{log}"
    at = ledger.store.position(stream)
    refused: list[Rejection] = []
    for offset, (headers, value) in enumerate(records, at):
        with pytest.raises(InvalidInputError) as caught:
            parse_record(CODE.encode(), value, headers)
        body = render_record(CODE.encode(), value, headers)
        refused.append(reject(offset, caught.value, body))
    batch = Batch(stream, at, at, at + len(records), [], refused, log)
    ledger.store.append(batch, NOW_MS)


def again(ledger: Ledger, **options: bool) -> Retried:
    """Retry everything that was refused, settled or not."""
    with ledger.engine.connect() as connection:
        refused, _ = read_refused(connection, RefusedFilter(), 100)
    return retry(ledger.store, refused, NOW_MS, **options)


def counts(retried: Retried) -> tuple[int, int, int]:
    return retried.recorded, retried.duplicate, retried.rejected


def kept(ledger: Ledger) -> list[Event]:
    return [one for one in ledger.events("usage") if one.kind is not RejectionSettled]


def open_codes(ledger: Ledger) -> list[str]:
    with ledger.engine.connect() as connection:
        found, _ = read_refused(connection, RefusedFilter(is_open=True), 100)
    return [one.code for one in found]


def test_a_record_whose_sender_forgot_the_content_type_is_recorded_once(
    either_ledger: Ledger,
) -> None:
    refuse(either_ledger, ([], usage("1")), ([("trace", b"\xff")], usage("2")), (MARKED, b"{"))
    assert counts(again(either_ledger)) == (0, 0, 3)
    assert counts(again(either_ledger, as_structured=True)) == (2, 0, 1)
    assert [one.raw for one in kept(either_ledger)] == [usage("1"), usage("2")]
    assert open_codes(either_ledger) == ["not_json"]
    size = either_ledger.size()
    assert counts(again(either_ledger, as_structured=True)) == (0, 0, 1)
    assert either_ledger.size() == size
    assert either_ledger.findings() == []


def test_the_leaf_that_settles_names_the_refusal(ledger: Ledger) -> None:
    refuse(ledger, (MARKED, b"{"), ([], usage("1")))
    again(ledger, as_structured=True)
    (settled,) = [one.data for one in ledger.events("usage") if one.kind is RejectionSettled]
    assert settled == RejectionSettled(
        batch_log="usage", batch_index=0, stream="kafka:t/usage", position=1, outcome="recorded"
    )
    closing = ledger.batches()[-1]
    assert (closing.stream, closing.recorded) == ("retry", 2)


def test_what_came_another_way_meanwhile_is_settled_as_a_duplicate(ledger: Ledger) -> None:
    refuse(ledger, ([], usage("1")), ([], usage("1")))
    ledger.store.append(Batch("f", 0, 0, 1, [(0, parse(usage("1")))]), NOW_MS)
    assert counts(again(ledger, as_structured=True)) == (0, 2, 0)
    assert [one.id for one in kept(ledger)] == ["1"]
    assert open_codes(ledger) == []


def parse(value: bytes) -> Event:
    return parse_record(None, value, MARKED)


def test_one_event_refused_twice_is_recorded_once(ledger: Ledger) -> None:
    refuse(ledger, ([], usage("1")), ([], usage("1")))
    assert counts(again(ledger, as_structured=True)) == (1, 1, 0)
    assert [one.id for one in kept(ledger)] == ["1"]


def test_what_contradicts_the_ledger_stays_refused(ledger: Ledger) -> None:
    refuse(ledger, ([], usage("1", "2")), ([], usage("2", "3")), ([], usage("2", "4")))
    ledger.store.append(Batch("f", 0, 0, 1, [(0, parse(usage("1")))]), NOW_MS)
    retried = again(ledger, as_structured=True)
    assert counts(retried) == (1, 0, 2)
    assert {error.code for error in retried.refusals.values()} == {"conflict"}
    assert [(one.id, one.usage.amount_milli) for one in kept(ledger) if one.usage] == [
        ("1", 1_000),
        ("2", 3_000),
    ]
    assert ledger.findings() == []


def test_a_conflict_from_a_topic_is_read_as_the_event_that_it_is(ledger: Ledger) -> None:
    first, second = parse(usage("1")), parse(usage("1", "2"))
    ledger.store.append(Batch("kafka:t/0", 0, 0, 2, [(0, first), (1, second)]), NOW_MS)
    assert open_codes(ledger) == ["conflict"]
    retried = again(ledger)
    assert [error.code for error in retried.refusals.values()] == ["conflict"]
    assert ledger.size() == 2


def test_a_line_of_a_file_is_read_again(ledger: Ledger) -> None:
    line = usage("1")
    refused = [Rejection.of(1, "unknown_type", Text("旧", "old"), line)]
    ledger.store.append(Batch("file:00", 0, 0, 2, [], refused), NOW_MS)
    assert counts(again(ledger)) == (1, 0, 0)
    assert [one.raw for one in kept(ledger)] == [line]


def test_a_record_of_which_only_a_part_was_kept_stays(ledger: Ledger) -> None:
    refuse(ledger, (MARKED, b"x" * 70_000))
    retried = again(ledger)
    assert [error.code for error in retried.refusals.values()] == ["cut_off"]
    assert "65536 of 70" in str(next(iter(retried.refusals.values())))


@pytest.mark.parametrize("source", ["urn:suanquan:retry", "urn:suanquan:ledger"])
def test_the_ledgers_own_names_stay_its_own(ledger: Ledger, source: str) -> None:
    line = usage("1").replace(b"urn:a", source.encode())
    refused = [Rejection.of(0, "reserved_source", Text("", ""), line)]
    ledger.store.append(Batch("file:00", 0, 0, 1, [], refused), NOW_MS)
    assert [error.code for error in again(ledger).refusals.values()] == ["reserved_source"]


def test_a_refusal_of_another_log_is_settled_there(ledger: Ledger) -> None:
    ledger.widen(3)
    refuse(ledger, ([], usage("1")), log="usage-2")
    refuse(ledger, ([], usage("2")))
    assert counts(again(ledger, as_structured=True)) == (2, 0, 0)
    assert [one.id for one in kept(ledger)] == ["2"]
    assert [one.id for one in ledger.events("usage-2")] == ["1", "usage-2/0/0"]
    assert ledger.findings() == []


def test_nothing_of_a_refusal_changes(ledger: Ledger) -> None:
    refuse(ledger, ([], usage("1")))
    before = ledger.rows("rejection")
    again(ledger, as_structured=True)
    assert ledger.rows("rejection") == before
    assert ledger.rows("settlement") == [("kafka:t/usage", 0, 1)]


def test_a_settlement_that_is_removed_is_found(ledger: Ledger) -> None:
    refuse(ledger, ([], usage("1")))
    again(ledger, as_structured=True)
    with ledger.engine.begin() as connection:
        connection.execute(tables.settlement.delete())
    assert [one.table for one in ledger.findings()] == ["settlement"]


def test_a_page_of_refusals_begins_after_a_number(ledger: Ledger) -> None:
    refuse(ledger, *[(MARKED, b"{")] * 5, ([], usage("1")))
    with ledger.engine.connect() as connection:
        numbers = list(connection.scalars(select(tables.rejection.c.id)))
        page, total = read_refused(connection, RefusedFilter(after=numbers[1]), 2)
        coded, of_code = read_refused(connection, RefusedFilter(code="ambiguous_mode"), 9)
    assert ([one.number for one in page], total) == (numbers[2:4], 4)
    assert ([one.number for one in coded], of_code) == (numbers[5:], 1)


def test_batches_still_add_up(ledger: Ledger) -> None:
    refuse(ledger, ([], usage("1")), (MARKED, b"{"))
    again(ledger, as_structured=True)
    for one in ledger.batches():
        assert isinstance(one, BatchRecorded)
        assert one.seen == one.recorded + one.duplicate + one.rejected


def test_a_settlement_of_nothing_is_found(ledger: Ledger) -> None:
    data = RejectionSettled(
        batch_log="usage", batch_index=0, stream="kafka:t/usage", position=5, outcome="recorded"
    )
    ledger.store.append_own([encode(SOURCE, "usage/0/5", "", data)], NOW_MS, STREAM)
    assert [(one.table, one.column) for one in ledger.findings()] == [("settlement", "position")]
