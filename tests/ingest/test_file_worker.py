"""Files into the ledger: counted, once, and never half understood."""

import gzip
import os
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ingest.adapters import Adapter
from ingest.file_worker import BATCH_BYTES, FileOutcome
from ledger.codec import encode
from ledger.errors import InvalidInputError, LedgerError, RuleViolationError
from ledger.events import FactReported, UsageRecorded
from ledger.store import Batch, Outcome, Store

ROOT = Path(__file__).parents[2]
CODE = "91350100M000100Y43"

Ledger = Any
Adapt = Callable[[bytes | Path | None], Adapter]
Write = Callable[[Sequence[str]], Path]

ROWS = [
    "a,8,2022-07-01 08:00:00,66.0",
    "b,,2022-07-01 08:00:00,66.0",
    "a,8,2022-07-01 08:00:00,66.0",
    "b,1,2022-07-31 23:59:00,120",
]


def event(number: int, *, amount: str = "8", source: str = "urn:test:agent") -> bytes:
    data = UsageRecorded(
        job="j",
        resource="g",
        amount=amount,
        start="2022-07-01T00:00:00Z",
        end="2022-07-01T01:00:00Z",
    )
    return encode(source, f"{number:04d}", CODE, data).raw


def fact(number: int, value: int) -> bytes:
    data = FactReported(name="sales_fen", year=2021, value=value)
    return encode("urn:test:book", f"{number:04d}", CODE, data, "0" * 32).raw


def counts(outcome: FileOutcome) -> tuple[int, int, int, int]:
    return outcome.seen, outcome.recorded, outcome.duplicate, outcome.rejected


def refusal(call: Callable[[], object]) -> LedgerError:
    with pytest.raises(LedgerError) as caught:
        call()
    return caught.value


def test_a_file_is_recorded_once_and_its_bad_lines_are_kept(
    either_ledger: Ledger, csv_adapter: Adapter, write_csv: Write
) -> None:
    path, ledger = write_csv(ROWS), either_ledger
    first = ledger.ingest(path, csv_adapter)
    assert counts(first) == (4, 3, 0, 1)
    assert (first.book_recorded, first.book_rejected) == (6, 0)
    assert [one[:3] for one in ledger.rejections()] == [(3, "bad_amount", ROWS[1].encode())]
    ((zh, en),) = ledger.messages()
    assert "''" in en
    assert "positive decimal" in en
    assert "正的十进制数" in zh
    assert [one.id for one in ledger.events("usage")] == ["000000002", "000000004", "000000005"]
    size = ledger.size()
    second = ledger.ingest(path, csv_adapter)
    assert counts(second) == (4, 0, 3, 1)
    assert second.book_recorded == 0
    assert ledger.size() == size, "a run that brings nothing writes nothing"
    assert len(ledger.rejections()) == 1
    assert ledger.findings() == []


def test_usage_is_cut_at_the_month_of_the_centre(
    ledger: Ledger, csv_adapter: Adapter, write_csv: Write
) -> None:
    ledger.ingest(write_csv(ROWS), csv_adapter)
    total: Counter[str] = Counter()
    for _, _, _, day, micro in ledger.rows("usage_day"):
        total[day[:7]] += micro
    assert total == {"2022-07": (2 * 8 * 66 + 60) * 10**6, "2022-08": 60 * 10**6}


def test_events_of_both_logs_come_from_one_file(
    either_ledger: Ledger, adapt: Adapt, tmp_path: Path
) -> None:
    lines = [event(1), fact(1, 5), b"{", event(1), event(2), event(1, amount="9"), fact(1, 6)]
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"\n".join(lines) + b"\n\n")
    ledger = either_ledger
    assert counts(ledger.ingest(path, adapt(None))) == (7, 3, 1, 3)
    assert [one[:2] for one in ledger.rejections()] == [
        (3, "not_json"),
        (6, "conflict"),
        (7, "conflict"),
    ]
    assert [one.raw for one in ledger.events("usage")] == [lines[0], lines[4]]
    assert [one.raw for one in ledger.events("book")] == [lines[1]]
    assert counts(ledger.ingest(path, adapt(None))) == (7, 0, 4, 3)
    assert len(ledger.rejections()) == 3
    assert ledger.findings() == []


def test_nobody_speaks_for_the_ledger(ledger: Ledger, adapt: Adapt, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(event(1, source="urn:suanquan:ledger"))
    assert counts(ledger.ingest(path, adapt(None))) == (1, 0, 0, 1)
    assert ledger.rejections()[0][1] == "reserved_source"


def test_a_batch_of_long_lines_ends_before_it_fills_the_memory(
    ledger: Ledger, adapt: Adapt, tmp_path: Path
) -> None:
    path = tmp_path / "long.ndjson"
    padding = b'{"padding":"' + b"x" * 60_000 + b'",'
    lines = BATCH_BYTES // 60_000 + 20
    with path.open("wb") as file:
        file.writelines(event(number).replace(b"{", padding, 1) + b"\n" for number in range(lines))
    assert counts(ledger.ingest(path, adapt(None))) == (lines, lines, 0, 0)
    assert ledger.size() == lines + 2, "two batches, each with its closing leaf"


def test_an_empty_file_of_events_changes_nothing(
    ledger: Ledger, adapt: Adapt, tmp_path: Path
) -> None:
    path = tmp_path / "empty.ndjson"
    for data in (b"", b"\n \r\n\n"):
        path.write_bytes(data)
        assert counts(ledger.ingest(path, adapt(None))) == (0, 0, 0, 0)
    assert ledger.size() == 0


def test_a_table_without_rows_changes_nothing(
    ledger: Ledger, csv_adapter: Adapter, write_csv: Write
) -> None:
    assert counts(ledger.ingest(write_csv([]), csv_adapter)) == (0, 0, 0, 0)
    assert ledger.size() == 0


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "wrong_columns"),
        (b"a,b\n1,2\n", "wrong_columns"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not_text"),
        ("who,cards,start,seconds\n".encode("utf-16"), "not_text"),
        (b"\x1f\x8b\x08\x00", "broken_file"),
        (b"x" * 100_000, "line_too_long"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_as_a_whole(
    ledger: Ledger, csv_adapter: Adapter, tmp_path: Path, data: bytes, code: str
) -> None:
    path = tmp_path / "wrong.csv"
    path.write_bytes(data)
    error = refusal(lambda: ledger.ingest(path, csv_adapter))
    assert isinstance(error, InvalidInputError)
    assert error.code == code
    assert ledger.size() == 0


def test_of_a_cut_stream_of_events_the_whole_lines_are_recorded(
    ledger: Ledger, adapt: Adapt, tmp_path: Path
) -> None:
    lines = [event(number) for number in range(2000)]
    whole = gzip.compress(b"\n".join(lines) + b"\n")
    path = tmp_path / "events.ndjson.gz"
    path.write_bytes(whole[: len(whole) // 2])
    outcome = ledger.ingest(path, adapt(None))
    assert outcome.rejected == 1
    assert 100 < outcome.recorded < 1900
    ((position, code, _, _),) = ledger.rejections()
    assert (position, code) == (outcome.recorded + 1, "broken_file")
    path.write_bytes(whole)
    again = ledger.ingest(path, adapt(None))
    assert counts(again) == (2000, 2000 - outcome.recorded, outcome.recorded, 0)
    assert [one.raw for one in ledger.events("usage")] == lines


def test_a_cut_table_whose_rows_have_no_ids_is_refused(
    ledger: Ledger, csv_adapter: Adapter, tmp_path: Path, write_csv: Write
) -> None:
    whole = gzip.compress(write_csv([ROWS[0]] * 5).read_bytes())
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(whole[:-4])
    error = refusal(lambda: ledger.ingest(path, csv_adapter))
    assert error.code == "broken_file"
    assert ledger.size() == 0


def test_strict_writes_nothing_and_shows_the_first_bad_lines(
    ledger: Ledger, csv_adapter: Adapter, write_csv: Write
) -> None:
    bad = [ROWS[0], *(f"a,{text},2022-07-01 08:00:00,1" for text in "zyxwvuts")]
    error = refusal(lambda: ledger.ingest(write_csv(bad), csv_adapter, strict=True))
    assert isinstance(error, InvalidInputError)
    assert error.code == "rejected_lines"
    message = error.message.en
    assert message.startswith("8 lines are refused")
    for line, text in enumerate("zyxwv", start=3):
        assert f"line {line} bad_amount: not a usable amount: '{text}'" in message
    assert "'u'" not in message, "five are enough"
    assert ledger.size() == 0
    assert counts(ledger.ingest(write_csv(ROWS[:1]), csv_adapter, strict=True)) == (1, 1, 0, 0)


def test_strict_says_so_when_the_ledger_knows_otherwise(
    ledger: Ledger, adapt: Adapt, tmp_path: Path
) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(event(1) + b"\n" + event(1, amount="9"))
    error = refusal(lambda: ledger.ingest(path, adapt(None), strict=True))
    assert isinstance(error, InvalidInputError)
    assert error.code == "conflict"
    assert error.message.en.startswith("1 lines contradict")
    assert ledger.size() == 0


def test_a_map_that_says_otherwise_than_before_is_counted_apart(
    ledger: Ledger, adapt: Adapt, csv_map: bytes, csv_adapter: Adapter, write_csv: Write
) -> None:
    ledger.ingest(write_csv(ROWS), csv_adapter)
    dearer = csv_map.replace(b"4.80", b"5.80")
    outcome = ledger.ingest(write_csv(ROWS), adapt(dearer))
    assert counts(outcome) == (4, 0, 3, 1)
    assert (outcome.book_recorded, outcome.book_rejected) == (0, 2), "two contracts"
    assert ledger.findings() == []


def test_a_mended_map_takes_the_lines_that_it_refused(
    either_ledger: Ledger, adapt: Adapt, csv_map: bytes, csv_adapter: Adapter, write_csv: Write
) -> None:
    ledger = either_ledger
    narrow = csv_map.replace(b"synthetic = true", b'synthetic = true\nallow = ["a"]', 1)
    path = write_csv(ROWS)
    assert counts(ledger.ingest(path, adapt(narrow))) == (4, 2, 0, 2)
    assert ledger.still_open() == [3, 5]
    assert counts(ledger.ingest(path, csv_adapter)) == (4, 1, 2, 1)
    assert ledger.still_open() == [3], "the other one was taken in, and a leaf says so"
    assert [one.data.outcome for one in ledger.events("usage") if one.subject == ""] == ["recorded"]
    size = ledger.size()
    assert counts(ledger.ingest(path, csv_adapter)) == (4, 0, 3, 1)
    assert ledger.size() == size, "a refusal is settled once"
    assert ledger.findings() == []


def test_a_line_that_came_another_way_settles_its_refusal_as_a_duplicate(
    ledger: Ledger, adapt: Adapt, csv_adapter: Adapter, write_csv: Write, csv_map: bytes
) -> None:
    narrow = csv_map.replace(b"synthetic = true", b'synthetic = true\nallow = ["a"]', 1)
    path = write_csv(ROWS)
    ledger.ingest(path, csv_adapter)
    taken = ledger.events("usage")[-1]
    assert counts(ledger.ingest(path, adapt(narrow))) == (4, 0, 2, 2)
    assert ledger.still_open() == [3, 5], "another map refuses what is recorded"
    assert counts(ledger.ingest(path, csv_adapter)) == (4, 0, 3, 1)
    assert ledger.still_open() == [3]
    assert ledger.events("usage")[-1].data.outcome == "duplicate"
    assert ledger.events("usage")[-2] == taken
    assert ledger.findings() == []


def test_of_refused_lines_of_one_name_the_first_is_recorded(
    ledger: Ledger, adapt: Adapt, csv_map: bytes, write_csv: Write
) -> None:
    named = csv_map.replace(b"[time]", b'id = ["who", "start"]\n[time]', 1)
    narrow = named.replace(b"synthetic = true", b'synthetic = true\nallow = ["a"]', 1)
    row = "b,1,2022-07-01 08:00:00,66.0"
    path = write_csv([row, row, "b,1,2022-07-02 08:00:00,66.0"])
    assert counts(ledger.ingest(path, adapt(narrow))) == (3, 0, 0, 3)
    assert counts(ledger.ingest(path, adapt(named))) == (3, 2, 1, 0)
    found = [one.data for one in ledger.events("usage") if one.subject == ""]
    assert [(one.position, one.outcome) for one in found] == [
        (2, "recorded"),
        (3, "duplicate"),
        (4, "recorded"),
    ]
    assert ledger.findings() == []


def test_a_line_that_contradicts_what_stands_settles_nothing(
    ledger: Ledger, adapt: Adapt, csv_adapter: Adapter, write_csv: Write, csv_map: bytes
) -> None:
    path = write_csv(ROWS)
    ledger.ingest(path, csv_adapter)
    narrow = csv_map.replace(b"synthetic = true", b'synthetic = true\nallow = ["a"]', 1)
    ledger.ingest(path, adapt(narrow))
    other = csv_map.replace(b'amount = { column = "cards" }', b'amount = { constant = "7" }')
    assert counts(ledger.ingest(path, adapt(other))) == (4, 1, 0, 3)
    assert sorted(ledger.still_open()) == [2, 4, 5], "only the third line was never recorded"
    assert ledger.findings() == []


# --- Another file over the same time ------------------------------------------------------------


def test_another_file_over_the_same_time_needs_a_word(
    either_ledger: Ledger, csv_adapter: Adapter, write_csv: Write
) -> None:
    ledger, first, second = either_ledger, write_csv(ROWS), write_csv(ROWS[:3])
    sha256 = ledger.ingest(first, csv_adapter).sha256
    size = ledger.size()
    error = refusal(lambda: ledger.ingest(second, csv_adapter))
    assert isinstance(error, RuleViolationError)
    assert error.code == "overlapping_file"
    assert sha256 in error.message.en
    assert "2022-07-01T00:00:00Z" in error.message.en
    assert "2022-07-31T16:01:00Z" in error.message.en
    assert "--allow-overlap" in error.next_step.zh
    assert ledger.size() == size
    outcome = ledger.ingest(second, csv_adapter, confirm_overlap=True)
    assert counts(outcome) == (3, 2, 0, 1)
    assert counts(ledger.ingest(second, csv_adapter)) == (3, 0, 2, 1), "nothing new: no question"
    assert counts(ledger.ingest(first, csv_adapter)) == (4, 0, 3, 1)


@pytest.mark.parametrize(
    ("row", "overlaps"),
    [
        ("a,1,2022-07-01 07:00:00,3600", False),
        ("a,1,2022-07-01 07:00:00,3600.001", True),
        ("a,1,2022-08-01 00:00:59,1", True),
        ("a,1,2022-08-01 00:01:00,1", False),
        ("a,1,2022-07-15 00:00:00,1", True),
        ("a,1,2022-06-01 00:00:00,8640000", True),
    ],
)
def test_only_time_in_common_is_an_overlap(
    ledger: Ledger, csv_adapter: Adapter, write_csv: Write, row: str, *, overlaps: bool
) -> None:
    ledger.ingest(write_csv(ROWS), csv_adapter)
    if overlaps:
        error = refusal(lambda: ledger.ingest(write_csv([row]), csv_adapter))
        assert error.code == "overlapping_file"
    else:
        assert ledger.ingest(write_csv([row]), csv_adapter).recorded == 1


def test_other_sources_and_files_with_ids_may_overlap(
    ledger: Ledger, adapt: Adapt, csv_map: bytes, csv_adapter: Adapter, write_csv: Write
) -> None:
    ledger.ingest(write_csv(ROWS), csv_adapter)
    for name in (b"urn:test:job", b"urn:test:jobs2", b"urn:Test:jobs", b"urn:test_jobs"):
        other = csv_map.replace(b"urn:test:jobs", name)
        assert ledger.ingest(write_csv(ROWS[:1]), adapt(other)).recorded == 1
    named = csv_map.replace(b"[time]", b'id = ["start", "who"]\n[time]')
    assert ledger.ingest(write_csv(ROWS[:1]), adapt(named)).recorded == 1
    assert ledger.ingest(write_csv([ROWS[0], ROWS[3]]), adapt(named)).recorded == 1


# --- Killed anywhere ----------------------------------------------------------------------------


class MortalStore(Store):
    """A writer whose process is killed at its n-th append: before it, within it or after it."""

    dies_at = (0, "never")
    appended = 0

    def append(self, batch: Batch, recorded_at_ms: int) -> Outcome:
        self.appended += 1
        moment = self.dies_at[1] if self.appended == self.dies_at[0] else "never"
        if moment == "before":
            die()
        if moment == "within":
            with self._engine.begin() as connection:
                self._append(connection, batch, recorded_at_ms)
                die()
        outcome = super().append(batch, recorded_at_ms)
        if moment == "after":
            die()
        return outcome


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def run_and_die(
    url: str, make: Callable[..., Ledger], adapter: Adapter, path: Path, dies_at: tuple[int, str]
) -> bool:
    """Read a file in a process of its own and return whether it was killed."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            MortalStore.dies_at = dies_at
            make(url, MortalStore).ingest(path, adapter, batch_records=7)
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL), "neither finished nor killed"
    return status == signal.SIGKILL


def lasting(ledger: Ledger) -> dict[str, object]:
    """Return what a run leaves for ever; where batches end may differ."""
    return {
        "usage": [one.raw for one in ledger.events("usage")],
        "book": [one.raw for one in ledger.events("book")],
        "rejections": ledger.rejections(),
        "usage_day": ledger.rows("usage_day"),
        "source_span": ledger.rows("source_span"),
        "stream": ledger.rows("stream"),
        "findings": ledger.findings(),
    }


def many_rows() -> list[str]:
    """Return rows of tenants that appear by and by, with blank, bad and equal ones among them."""
    rows = []
    for number in range(36):
        rows.append(f"t{number // 9},{number % 5},2022-07-{1 + number % 20:02d} 08:00:00,600")
        if number % 8 == 0:
            rows += ["", rows[-1]]
    return rows


def test_killed_anywhere_and_run_again_leaves_what_an_undisturbed_run_leaves(
    tmp_path: Path,
    make_ledger: Callable[..., Ledger],
    csv_adapter: Adapter,
    write_csv: Write,
) -> None:
    path = write_csv(many_rows())
    with closing(make_ledger(f"sqlite:///{tmp_path / 'whole.db'}")) as whole:
        undisturbed = whole.ingest(path, csv_adapter, batch_records=7)
        expected = lasting(whole)
    assert expected["findings"] == []
    assert len(expected["usage"]) == undisturbed.recorded > 28  # type: ignore[arg-type]
    deaths = 0
    for number in range(1, 100):
        for moment in ("before", "within", "after"):
            url = f"sqlite:///{tmp_path / f'{number}-{moment}.db'}"
            killed = run_and_die(url, make_ledger, csv_adapter, path, (number, moment))
            deaths += killed
            with closing(make_ledger(url)) as ledger:
                outcome = ledger.ingest(path, csv_adapter, batch_records=7)
                assert lasting(ledger) == expected, (number, moment)
            assert outcome.seen == undisturbed.seen
            assert outcome.rejected == undisturbed.rejected
        if not killed:
            break
    assert deaths >= 3 * 6


def test_killed_twice_with_other_batches_on_either_database(
    database_url: str,
    tmp_path: Path,
    make_ledger: Callable[..., Ledger],
    csv_adapter: Adapter,
    write_csv: Write,
) -> None:
    path = write_csv(many_rows())
    with closing(make_ledger(f"sqlite:///{tmp_path / 'whole.db'}")) as whole:
        whole.ingest(path, csv_adapter)
        expected = lasting(whole)
    assert run_and_die(database_url, make_ledger, csv_adapter, path, (3, "within"))
    assert run_and_die(database_url, make_ledger, csv_adapter, path, (5, "after"))
    with closing(make_ledger(database_url)) as ledger:
        ledger.ingest(path, csv_adapter, batch_records=11)
        assert lasting(ledger) == expected
