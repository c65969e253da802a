"""Replay: the stored projections equal a fold of the log's bytes, or the row is named."""

import pytest
from sqlalchemy import text

from ledger import tables
from ledger.errors import TamperedLogError
from ledger.events import LogName
from ledger.finding import FINDINGS_MAX, Finding
from ledger.projection import PROJECTIONS, Rows
from ledger.read import read_events
from ledger.rebuild import merge_into
from ledger.replay import Comparison, fold, replay
from tests.ledger.conftest import AGENT, CODE, OTHER_CODE, Ledger, fact, set_entry, tampering, usage


def sizes_of(ledger: Ledger) -> dict[LogName, int]:
    return {name: head.size for name, head in ledger.heads().items()}


def compare(ledger: Ledger, sizes: dict[LogName, int]) -> dict[str, Comparison]:
    with ledger.read.connect() as connection:
        return {one.name: one for one in replay(connection, PROJECTIONS, sizes)}


def test_an_untouched_ledger_matches(evidence: Ledger) -> None:
    stored = evidence.dump()
    for name, comparison in compare(evidence, sizes_of(evidence)).items():
        assert comparison.findings == []
        assert comparison.rows == len(stored[name])
        # Without a claim these have no row; `test_bookkeeping` and `test_claim_state` fill them.
        assert comparison.rows > 0 or name in {*tables.BOOKS, "claim_state"}


def test_an_empty_ledger_matches(ledger: Ledger) -> None:
    for comparison in compare(ledger, sizes_of(ledger)).values():
        assert comparison == Comparison(comparison.name, 0)


def test_every_event_is_told_to_the_progress(evidence: Ledger) -> None:
    told: list[int] = []
    sizes = sizes_of(evidence)
    with evidence.read.connect() as connection:
        replay(connection, PROJECTIONS, sizes, told.append)
    assert sum(told) == sum(sizes.values())


def test_as_of_a_smaller_size_the_log_gives_what_was_stored_then(ledger: Ledger) -> None:
    states = []
    for number in range(4):
        ledger.append(
            usage(f"{number}-1", span_ms=(number * 40_000_000, (number + 1) * 40_000_000)),
            usage(f"{number}-2", source="urn:agent:2", subject=OTHER_CODE),
            fact(f"{number}-f"),
        )
        states.append((sizes_of(ledger), ledger.dump()))
    for sizes, dumped in states:
        with ledger.read.connect() as connection:
            logs = [
                [event for _, event in read_events(connection, log, 0, size)]
                for log, size in sizes.items()
            ]
        rows = {one.name: Rows() for one in PROJECTIONS}
        for events in logs:
            merge_into(rows, PROJECTIONS, fold(PROJECTIONS, events))
        for name, comparison in compare(ledger, sizes).items():
            assert sorted(((*k, *v) for k, v in rows[name].items()), key=repr) == dumped[name]
            assert comparison.rows == len(dumped[name])
            assert (comparison.findings == []) == (dumped[name] == states[-1][1][name])


ROW = f"enterprise = '{CODE}' AND day = '2022-07-01'"
SPAN = f"source = '{AGENT}'"

TAMPERINGS = [
    (f"UPDATE usage_day SET quantity = quantity + 1 WHERE {ROW}", "usage_day", "quantity", CODE),
    (f"UPDATE usage_day SET quantity = -quantity WHERE {ROW}", "usage_day", "quantity", CODE),
    (f"DELETE FROM usage_day WHERE {ROW}", "usage_day", "enterprise", "the row is missing"),
    ("DELETE FROM usage_day", "usage_day", "enterprise", "the row is missing"),
    (
        "INSERT INTO usage_day VALUES ('x', '', 'a100', '2022-07-01', 1)",
        "usage_day",
        "enterprise",
        "(x, , a100, 2022-07-01) the log gives no such row",
    ),
    (f"UPDATE usage_day SET enterprise = 'x' WHERE {ROW}", "usage_day", "enterprise", "(x, "),
    (f"UPDATE usage_day SET contract = 'x' WHERE {ROW}", "usage_day", "enterprise", ", x, "),
    (f"UPDATE usage_day SET resource = 'x' WHERE {ROW}", "usage_day", "enterprise", ", x, "),
    (f"UPDATE usage_day SET day = 'x' WHERE {ROW}", "usage_day", "enterprise", ", x) "),
    ("UPDATE source_span SET first_ms = first_ms - 1", "source_span", "first_ms", AGENT),
    ("UPDATE source_span SET last_ms = last_ms + 1", "source_span", "last_ms", AGENT),
    (
        f"UPDATE source_span SET source = 'x' WHERE source = '{AGENT}'",
        "source_span",
        "source",
        "(x)",
    ),
    (f"DELETE FROM source_span WHERE {SPAN}", "source_span", "source", "is missing"),
    ("INSERT INTO source_span VALUES ('x', 1, 2)", "source_span", "source", "no such row"),
]


@pytest.mark.parametrize(("statement", "table", "column", "words"), TAMPERINGS)
def test_raw_sql_is_found_and_its_row_and_column_are_named(
    evidence: Ledger, statement: str, table: str, column: str, words: str
) -> None:
    sizes = sizes_of(evidence)
    with tampering(evidence.own) as connection:
        assert connection.execute(text(statement)).rowcount > 0
        found = [f for one in replay(connection, PROJECTIONS, sizes) for f in one.findings]
    assert found
    assert {(one.log, one.index, one.table) for one in found} == {(None, None, table)}
    assert any(one.column == column and words in one.what.en for one in found)


def test_a_finding_says_what_is_stored_and_what_the_log_gives(ledger: Ledger) -> None:
    ledger.append(usage("1"))
    sizes = sizes_of(ledger)
    with tampering(ledger.own) as connection:
        connection.execute(text("UPDATE usage_day SET quantity = 1"))
        (finding,) = replay(connection, PROJECTIONS[:1], sizes)[0].findings
    key = f"{CODE}, , a100, 2022-07-01"
    assert isinstance(finding, Finding)
    assert finding.what.en == f"({key}) stored 1, the log gives 28800000000"
    assert finding.what.zh == f"（{key}）存为 1，重放得 28800000000"


def test_the_first_differences_are_enough(ledger: Ledger) -> None:
    with tampering(ledger.own) as connection:
        for number in range(FINDINGS_MAX + 20):
            connection.execute(text(f"INSERT INTO source_span VALUES ('x{number}', 1, 2)"))
        comparison = replay(connection, PROJECTIONS, {"usage": 0, "book": 0})[1]
    assert len(comparison.findings) == FINDINGS_MAX


def test_an_entry_that_is_no_event_stops_the_replay(evidence: Ledger) -> None:
    sizes = sizes_of(evidence)
    with tampering(evidence.own) as connection:
        set_entry(connection, "usage", 300, b"{}")
        with pytest.raises(TamperedLogError, match=r"usage\[300\] is no event"):
            replay(connection, PROJECTIONS, sizes)
