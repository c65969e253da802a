"""Records about a credit code that does not fit: refused, and taken in once it is accepted."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ingest.adapters.ndjson import NdjsonAdapter
from ingest.cloudevents import STRUCTURED
from ingest.file_worker import ingest_file
from ingest.reading import read_records
from ingest.retry import retry
from ledger.accepted import AcceptedCodes, read_accepted
from ledger.codec import encode
from ledger.database import Connection, OperationalError
from ledger.events import CreditCodeAccepted, RejectionSettled, UsageRecorded
from ledger.query import RefusedFilter, read_refused
from ledger.store import Store
from tests.ingest.test_worker import FakeTopic, run
from tests.ingest.test_worker import Given as At

CODE = "91350100M000100Y43"
STRANGE = "91350100M000100Y44"
NOW_MS = 1_669_190_400_000

Ledger = Any


class Given(NamedTuple):
    """A record without a key."""

    value: bytes
    key: bytes | None = None
    offset: int = 0
    headers: Sequence[tuple[str, bytes | None]] = (("content-type", STRUCTURED),)


def usage(number: int, subject: str) -> bytes:
    data = UsageRecorded(
        job="j",
        resource="g",
        amount="8",
        start="2022-07-01T00:00:00Z",
        end="2022-07-01T01:00:00Z",
    )
    return encode("urn:test:agent", f"{number:04d}", subject, data).raw


def accept(ledger: Ledger, code: str = STRANGE) -> None:
    data = CreditCodeAccepted(
        at="2022-08-01T00:00:00Z", reason="x", evidence_sha256="e" * 64, accepted_by="t"
    )
    event = encode("urn:suanquan:people", code, code, data, "0" * 32)
    ledger.store.append_own([event], NOW_MS)


def recorded(ledger: Ledger) -> list[str]:
    return [one.subject for one in ledger.events("usage") if one.kind is UsageRecorded]


def test_a_refused_line_is_recorded_by_a_retry_once_its_code_is_accepted(
    either_ledger: Ledger, tmp_path: Path
) -> None:
    ledger = either_ledger
    file = tmp_path / "usage.ndjson"
    file.write_bytes(b"\n".join([usage(1, CODE), usage(2, STRANGE), b""]))

    def ingest(path: Path) -> tuple[int, int]:
        outcome = ingest_file(ledger.store, path, NdjsonAdapter(), lambda: NOW_MS)
        return outcome.recorded, outcome.rejected

    def again() -> tuple[int, list[str]]:
        with ledger.engine.connect() as connection:
            refused, _ = read_refused(connection, RefusedFilter(is_open=True), 100)
        done = retry(ledger.store, refused, NOW_MS)
        return done.recorded, [one.code for one in done.refusals.values()]

    assert ingest(file) == (1, 1)
    assert again() == (0, ["credit_code_check"])
    accept(ledger, "91350100M000100Y45")
    assert again() == (0, ["credit_code_check"])
    accept(ledger)
    assert again() == (1, [])
    assert again() == (0, [])
    assert recorded(ledger) == [CODE, STRANGE]
    (settled,) = [one for one in ledger.events("usage") if one.kind is RejectionSettled]
    assert settled.data.outcome == "recorded"

    later = tmp_path / "later.ndjson"
    later.write_bytes(usage(3, STRANGE) + b"\n")
    assert ingest(later) == (1, 0)
    assert ledger.findings() == []


def test_a_topics_records_are_judged_by_what_is_accepted_when_they_come(ledger: Ledger) -> None:
    values = [usage(1, CODE), usage(2, STRANGE)]
    records = [Given(value) for value in values]
    early = AcceptedCodes(ledger.store)
    part = read_records(records, early)
    assert [event.subject for _, event in part.events] == [CODE]
    assert [one.code for one in part.rejections] == ["credit_code_check"]
    accept(ledger)
    part = read_records(records, AcceptedCodes(ledger.store))
    assert [event.subject for _, event in part.events] == [CODE, STRANGE]
    assert read_records(records, early).rejections, "one run asks once"


def test_nothing_is_asked_of_the_book_while_all_codes_fit() -> None:
    class Book(frozenset[str]):
        def __contains__(self, code: object) -> bool:
            pytest.fail(f"asked about {code}")

    records = [Given(usage(1, CODE)), Given(usage(2, CODE) + b" ")]
    part = read_records(records, Book())
    assert len(part.events) + len(part.rejections) == 2


def test_accepted_codes_are_those_of_the_book(ledger: Ledger) -> None:
    def found() -> frozenset[str]:
        with ledger.engine.connect() as connection:
            return read_accepted(connection)

    assert found() == frozenset()
    accept(ledger)
    assert found() == {STRANGE}


def test_a_database_that_is_away_while_it_is_asked_for_codes_loses_nothing(
    make_ledger: Callable[..., Ledger], tmp_path: Path
) -> None:
    class AwayStore(Store):
        """Away for one transaction, the one that is `away`."""

        away = -1

        @contextmanager
        def transaction(self) -> Iterator[Connection]:
            self.away -= 1
            if self.away == 0:
                raise OperationalError("BEGIN", None, Exception("connection lost"))
            with super().transaction() as connection:
                yield connection

    retried = []
    for away in (8, 9, 10):  # where the stream begins, the accepted codes, the records
        ledger = make_ledger(f"sqlite:///{tmp_path / f'{away}.db'}", AwayStore)
        accept(ledger)
        ledger.store.away = away
        records = [usage(1, CODE), usage(2, STRANGE), usage(3, "91350100M000100Y45")]
        topic = FakeTopic([At(offset, value, None) for offset, value in enumerate(records)])
        retried.append(run(ledger, topic).status.retried)
        assert recorded(ledger) == [CODE, STRANGE], away
        ledger.close()
    assert retried == [1, 1, 1]
