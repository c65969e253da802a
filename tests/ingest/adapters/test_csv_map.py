"""CSV rows through a map."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.adapters import Adapter, Reader
from ingest.adapters.csv_map import split_record
from ledger.codec import Event, parse
from ledger.errors import InvalidInputError
from ledger.events import UsageRecorded
from ledger.identifiers import synthetic_credit_code

SHA256 = "ab" * 32
HEADER = b"who,cards,start,seconds"
ROW = b"lab,8,2022-07-01 08:00:00,66.0"

WITH_IDS = b"""
format = "csv"
source = "urn:test:jobs"
id = ["cluster", "number"]
[usage]
tenant = { constant = "lab" }
resource = { column = "card" }
amount = { constant = "2" }
job = { column = "job" }
contract = { column = "contract" }
start = { column = "start" }
end = { column = "end" }
[tenants.known]
lab = { credit_code = "91350100M000100Y43", name = "Lab" }
"""
ID_HEADER = b"cluster,number,card,job,contract,start,end"

Adapt = Callable[[bytes], Adapter]


@pytest.fixture
def reader(adapt: Adapt, csv_map: bytes) -> Reader:
    return adapt(csv_map).begin(SHA256, HEADER)


@pytest.fixture
def id_reader(adapt: Adapt) -> Reader:
    return adapt(WITH_IDS).begin(SHA256, ID_HEADER)


def usage(event: Event) -> UsageRecorded:
    assert isinstance(event.data, UsageRecorded)
    return event.data


def test_a_row_without_an_id_is_named_by_file_and_line(reader: Reader) -> None:
    event = reader.read(17, ROW)
    assert (event.source, event.id) == (f"urn:test:jobs#sha256:{SHA256}", "000000017")
    assert reader.row_source == "urn:test:jobs"
    assert event.subject == synthetic_credit_code("urn:test:jobs/lab")
    assert event.data == UsageRecorded(
        job="000000017",
        resource="gpu",
        amount="8",
        start="2022-07-01T00:00:00Z",
        end="2022-07-01T00:01:06Z",
    )
    assert parse(event.raw).usage == event.usage


def test_equal_rows_are_different_events(reader: Reader) -> None:
    assert reader.read(2, ROW).id != reader.read(3, ROW).id


def test_a_row_with_ids_is_named_by_them_in_every_file(adapt: Adapt) -> None:
    row = b"a,7,gpu,j-1,,2022-07-01T08:00:00+08:00,2022-07-01T08:00:30.5+08:00"
    for sha256 in (SHA256, "cd" * 32):
        reader = adapt(WITH_IDS).begin(sha256, ID_HEADER)
        event = reader.read(5, row)
        assert (event.source, event.id) == ("urn:test:jobs", "a/7")
        assert reader.row_source is None
    data = usage(event)
    assert (data.job, data.amount, data.contract) == ("j-1", "2", None)
    assert (data.start, data.end) == ("2022-07-01T00:00:00Z", "2022-07-01T00:00:30.500Z")


def test_id_columns_do_not_run_into_each_other(id_reader: Reader) -> None:
    tail = b",gpu,j,c-1,2022-07-01T00:00:00Z,2022-07-01T01:00:00Z"
    ids = {id_reader.read(1, head + tail).id for head in (b"a/b,c", b"a,b/c", b"a%2Fb,c")}
    assert len(ids) == 3


def test_columns_may_stand_in_any_order_behind_a_byte_order_mark(
    adapt: Adapt, csv_map: bytes
) -> None:
    header = b"\xef\xbb\xbfseconds,extra,who,start,cards"
    reader = adapt(csv_map).begin(SHA256, header)
    row = b'66.0,"x, ""y""",lab,2022-07-01 08:00:00,8.0'
    plain = adapt(csv_map).begin(SHA256, HEADER).read(2, ROW)
    assert reader.read(2, row).raw == plain.raw


@pytest.mark.parametrize(
    ("header", "wrong"),
    [
        (b"who,cards,start", "seconds"),
        (b"a;b;c", "cards, seconds, start, who"),
        (b"", "cards, seconds, start, who"),
        (b"who,cards,start,seconds,who", "who"),
        (b"Who,cards,start,seconds", "who"),
    ],
)
def test_a_header_without_the_columns_is_refused(
    adapt: Adapt, csv_map: bytes, header: bytes, wrong: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        adapt(csv_map).begin(SHA256, header)
    assert caught.value.code == "wrong_columns"
    message = caught.value.message
    assert f": {wrong};" in message.en
    assert ", ".join(header.decode().split(",")) in message.zh


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (b"lab,,2022-07-01 08:00:00,66.0", "bad_amount"),
        (b"lab,0,2022-07-01 08:00:00,66.0", "bad_amount"),
        (b"lab,-8,2022-07-01 08:00:00,66.0", "bad_amount"),
        (b"lab,NaN,2022-07-01 08:00:00,66.0", "bad_amount"),
        (b"lab,1e9,2022-07-01 08:00:00,66.0", "bad_amount"),
        (b"lab,9999999,2022-07-01 08:00:00,66.0", "absurd_amount"),
        (b"lab,8,2022-07-01,66.0", "bad_time"),
        (b"lab,8,1970-01-01 00:00:00,66.0", "absurd_instant"),
        (b"lab,8,2022-07-01 08:00:00,0.0", "bad_duration"),
        (b"lab,8,2022-07-01 08:00:00,-66", "bad_duration"),
        (b"lab,8,2022-07-01 08:00:00,nan", "bad_duration"),
        (b"lab,8,2022-07-01 08:00:00,999999999", "absurd_duration"),
        (b"lab,8,2099-12-31 08:00:00,31622400", "absurd_instant"),
        (b"lab,8,2022-07-01 08:00:00", "wrong_width"),
        (b"lab,8,2022-07-01 08:00:00,66.0,", "wrong_width"),
        (b",8,2022-07-01 08:00:00,66.0", "unknown_tenant"),
        (b"l\x01b,8,2022-07-01 08:00:00,66.0", "unknown_tenant"),
        (b'"lab,8,2022-07-01 08:00:00,66.0', "bad_csv"),
        (b'"lab"x,8,2022-07-01 08:00:00,66.0', "bad_csv"),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_what_to_do(
    reader: Reader, row: bytes, code: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        reader.read(9, row)
    assert caught.value.code == code
    assert all(caught.value.message)
    assert all(caught.value.next_step)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (b"a,,gpu,j,,2022-07-01T00:00:00Z,2022-07-01T01:00:00Z", "missing_id"),
        (b"a,1,gpu,j,,2022-07-01T00:00:00Z,2022-07-01T00:00:00Z", "empty_slice"),
        (b"a,1,gpu,j,,2022-07-01T01:00:00Z,2022-07-01T00:00:00Z", "empty_slice"),
        (b"a,1,gpu,j,,2022-07-01 00:00:00,2022-07-01T01:00:00Z", "naive_time"),
        (b"a,1,,j,,2022-07-01T00:00:00Z,2022-07-01T01:00:00Z", "bad_name"),
        (b"a,1,gpu,,,2022-07-01T00:00:00Z,2022-07-01T01:00:00Z", "bad_name"),
    ],
)
def test_a_row_with_ids_that_cannot_be_is_refused(id_reader: Reader, row: bytes, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        id_reader.read(9, row)
    assert caught.value.code == code


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8")), min_size=1))
def test_a_record_is_split_as_csv_writes_it(cells: list[str]) -> None:
    line = io.StringIO()
    csv.writer(line, lineterminator="", quoting=csv.QUOTE_MINIMAL).writerow(cells)
    assert split_record(line.getvalue().encode()) == cells


def test_a_map_makes_the_book_once_and_the_same_for_every_file(
    adapt: Adapt, csv_map: bytes
) -> None:
    books: list[Any] = []
    for sha256 in (SHA256, "cd" * 32):
        reader = adapt(csv_map).begin(sha256, HEADER)
        subject = reader.read(2, ROW).subject
        books.append([*reader.book(None), *reader.book(subject)])
    first, second = books
    assert [event.raw for event in first] == [event.raw for event in second]
    assert [(event.id, event.subject) for event in first] == [
        ("enterprise/91420100MA49P8T68D", "91420100MA49P8T68D"),
        ("resource/gpu", ""),
        (f"enterprise/{subject}", subject),
        (f"contract/T-{subject}", subject),
    ]
    assert {event.source for event in first} == {"urn:test:jobs#book"}
    for event in first:
        assert parse(event.raw).same_meaning(event)
    enterprise, contract = first[2].data, first[3].data
    assert (enterprise.name, enterprise.synthetic) == ("lab (made up)", True)
    assert (contract.vat_rate, contract.prices[0].unit_price) == ("0.06", "4.80")
    assert contract.synthetic


def test_an_enterprise_of_the_table_keeps_its_code_and_is_not_synthetic(
    id_reader: Reader,
) -> None:
    event = id_reader.read(1, b"a,1,gpu,j,,2022-07-01T00:00:00Z,2022-07-01T01:00:00Z")
    assert event.subject == "91350100M000100Y43"
    (registered,) = id_reader.book(event.subject)
    assert (registered.data.name, registered.data.synthetic) == ("Lab", False)  # type: ignore[attr-defined]
    assert id_reader.book(None) == []


def test_a_tenant_that_the_map_does_not_name_is_refused(adapt: Adapt, csv_map: bytes) -> None:
    listed = csv_map.replace(b"synthetic = true", b'synthetic = true\nallow = ["lab"]', 1)
    named = csv_map.replace(
        b'synthetic = true\nname = "{tenant} (made up)"',
        b'[tenants.known]\nlab = { credit_code = "91350100M000100Y43", name = "Lab" }',
    )
    for raw in (listed, named):
        assert raw != csv_map
        reader = adapt(raw).begin(SHA256, HEADER)
        assert reader.read(2, ROW).subject
        with pytest.raises(InvalidInputError) as caught:
            reader.read(3, ROW.replace(b"lab", b"other"))
        assert caught.value.code == "unknown_tenant"
        assert "'other'" in caught.value.message.en
