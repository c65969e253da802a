"""The catalogue of malformed records: every kind is refused, always with its own code."""

from random import Random

import pytest

from ingest.cloudevents import parse_record
from ingest.file_worker import refuse_own
from ingest.simulate.malformed import CODES, MALFORMED
from ingest.simulate.sent import STRUCTURED, Sent, to_binary
from ledger.codec import Event, encode
from ledger.credit_codes import NONE, require_codes
from ledger.errors import InvalidInputError
from ledger.events import UsageRecorded

CODE = "91420100MA4K2XY18X"
TIMES = 100


def good(contract: str | None) -> Sent:
    data = UsageRecorded(
        job="train-001-000007",
        resource="ascend-910b",
        amount="8.125",
        start="2022-07-01T00:00:00.250Z",
        end="2022-07-01T01:00:00Z",
        contract=contract,
    )
    return Sent(CODE.encode(), STRUCTURED, encode("urn:a", "0000000001", CODE, data).raw)


def read(record: Sent) -> Event:
    event = parse_record(record.key, record.value, list(record.headers))
    refuse_own(event)
    require_codes(event, NONE)
    return event


def code_of(record: Sent) -> str:
    try:
        read(record)
    except InvalidInputError as error:
        return error.code
    return "accepted"


@pytest.mark.parametrize("kind", MALFORMED)
def test_every_kind_is_refused_with_its_code(kind: str) -> None:
    random = Random(kind)  # noqa: S311 - made-up records
    for contract in (None, "SIM-2022-001-1"):
        found = {code_of(MALFORMED[kind](good(contract), random)) for _ in range(TIMES)}
        assert found == {CODES[kind]}


def test_what_the_kinds_are_made_of_is_good() -> None:
    event = read(good("C-1"))
    assert read(to_binary(good("C-1"))).same_meaning(event)
    assert read(to_binary(good("C-1"))).raw == event.raw.replace(
        b'"id"', b'"datacontenttype":"application/json","id"'
    )


def test_a_seed_gives_the_same_records_again() -> None:
    def records() -> list[Sent]:
        random = Random(3)  # noqa: S311 - made-up records
        return [kind(good(None), random) for kind in MALFORMED.values()]

    assert records() == records()
    assert CODES.keys() == MALFORMED.keys()
