"""The scheduler: each thing that is due is done once, whoever looks, whenever, and beside whom."""

import random
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from ledger.codec import encode
from ledger.errors import InvalidInputError
from ledger.events import EnterpriseRegistered, UsageTallied
from ledger.period import HOUR_MS
from ledger.query import read_source_days
from portal.commands.statement_commands import issue
from reports.due import WAIT_MS, backoff_ms
from reports.issue import Issued
from reports.reading import read_snapshot
from tests.portal.office import OTHER
from tests.portal.schedules import AUGUST, AUGUST_NUMBERS, JULY, JULY_NUMBERS, Centre
from tests.small_ledger import CODE, SALT, events

ALL = sorted(JULY_NUMBERS + AUGUST_NUMBERS)


@pytest.fixture
def centre(database_url: str, tmp_path: Path) -> Iterator[Centre]:
    """Yield a centre on each kind of database."""
    with closing(Centre(database_url, tmp_path / "home")) as made:
        yield made


def statements(centre: Centre) -> list[str]:
    """Return the outcome of each run that makes a statement."""
    kinds = ("settlement", "subsidy", "fund")
    return [str(one.outcome) for one in centre.runs() if one.kind in kinds]


def is_working(centre: Centre) -> bool:
    """Return whether somebody holds runs of July, and is about to draft."""
    return any(one.state == "running" for one in centre.runs("settlement"))


# --- once ---


def test_months_are_settled_when_they_are_due_and_never_again(centre: Centre) -> None:
    told = centre.look(JULY - 1)
    assert ("settlement", "2022-07", CODE) not in told
    told = centre.look(JULY)
    assert told["settlement", "2022-07", CODE].outcome == JULY_NUMBERS[1]
    assert centre.numbers() == sorted(JULY_NUMBERS)
    centre.look(AUGUST)
    assert centre.numbers() == ALL
    assert sorted(statements(centre)) == ALL
    assert sorted(centre.files()) == [f"{one}.pdf" for one in ALL]
    size = centre.size()
    assert centre.look() == {}
    assert centre.size() == size, "no new event"
    assert centre.replay() == []


def test_missed_months_are_caught_up_in_order_and_a_missed_day_by_its_last(centre: Centre) -> None:
    told = list(centre.look(AUGUST))
    assert told == [
        ("settlement", "2022-07", CODE),
        ("settlement", "2022-07", OTHER),
        ("fund", "2022-07", "hubei"),
        ("reconciliation", "2022-07", ""),
        ("settlement", "2022-08", CODE),
        ("subsidy", "2022-08", CODE),
        ("fund", "2022-08", "hubei"),
        ("reconciliation", "2022-08", ""),
        ("notice_end", "2022-10-01", ""),
        ("lapse", "2022-10-01", ""),
        ("checkpoint", "2022-10-01T00", ""),
    ]


def test_a_clock_that_jumps_does_nothing_twice(centre: Centre) -> None:
    dice = random.Random(7)  # noqa: S311 - when to look is no secret
    for _ in range(12):
        centre.look(AUGUST + dice.randrange(-2_000, 2_000) * HOUR_MS)
    centre.look(AUGUST + 2_000 * HOUR_MS)
    assert centre.numbers() == ALL
    assert sorted(statements(centre)) == ALL
    assert {one.state for one in centre.runs()} == {"done"}


def test_what_is_written_of_runs_decides_nothing_about_statements(centre: Centre) -> None:
    centre.look(AUGUST)
    files, size = centre.files(), centre.size()
    with centre.ledger.write.begin() as connection:
        connection.exec_driver_sql("UPDATE scheduled_run SET state = 'due', outcome = NULL")
    told = centre.look()
    assert {one.outcome for one in told.values()} >= set(ALL), "each finds what stands"
    assert (centre.files(), centre.size()) == (files, size)


def test_a_file_that_was_not_written_any_more_is_written_by_the_next_run(centre: Centre) -> None:
    centre.look(AUGUST)
    files = centre.files()
    for path in (centre.settings.home / "statements").rglob("*.pdf"):
        path.unlink()
    centre.ledger.append(*events("usage a100 1 2022-07-05T00:00 2022-07-06T00:00"))
    with centre.ledger.write.begin() as connection:
        connection.exec_driver_sql("UPDATE scheduled_run SET state = 'due'")
    centre.look()
    assert centre.files() == files, "of the recorded sizes, not of what came later"


# --- beside others ---


def test_who_was_followed_by_another_records_nothing(centre: Centre) -> None:
    """The first one sleeps over its drafts until its lease is over; a second one does it all."""
    slept: list[bool] = []

    def sleep() -> bool:
        if not slept and is_working(centre):
            slept.append(True)
            centre.now += centre.settings.schedule_lease_seconds * 1000
            centre.scheduler("two").look()
        return False

    told = centre.scheduler("one", sleep).look()
    assert slept
    assert told == []
    assert centre.numbers() == sorted(JULY_NUMBERS)
    assert {one.state for one in centre.runs()} == {"done"}
    assert centre.replay() == []


def test_the_workbook_is_the_one_that_the_outcome_tells_of(centre: Centre) -> None:
    """The first one sleeps over its figures while an invoice comes and a second one does it all."""
    slept: list[bool] = []

    def sleep() -> bool:
        if not slept and any(one.state == "running" for one in centre.runs("reconciliation")):
            slept.append(True)
            centre.ledger.append(
                *events("invoice 7 C-9 2022-08-20 240 0 2022-07-01 2022-07-31", OTHER)
            )
            centre.now += centre.settings.schedule_lease_seconds * 1000
            centre.scheduler("two").look()
        return False

    centre.scheduler("one", sleep).look()
    assert slept
    (run,) = centre.runs("reconciliation")
    assert str(run.outcome).endswith(f"usage=4 book={centre.size()}")
    ((name, workbook),) = centre.files("reconciliations").items()
    assert name == "2022-07.xlsx"
    reasons = openpyxl.load_workbook(BytesIO(workbook)).worksheets[1]
    said = [str(row[4].value) for row in reasons.iter_rows(min_row=2)]
    assert said[0].startswith("尚未付款"), "and no more that nothing is invoiced"


def test_a_statement_that_somebody_makes_meanwhile_is_found_and_not_made_again(
    centre: Centre,
) -> None:
    made: list[Issued] = []

    def meanwhile() -> bool:
        if not made and is_working(centre):
            centre.ledger.append(*events("invoice 7 C-1 2022-09-05 1 0 2022-08-01 2022-08-31"))
            with centre.shell.reading() as connection:
                snapshot = read_snapshot(connection)
            press = centre.shell.press()
            made.extend(issue(centre.shell, press, snapshot, [("compute", "2022-07", CODE)]))
        return False

    told = centre.scheduler("one", meanwhile).look()
    outcomes = {one.key.subject: one.outcome for one in told if one.key.kind == "settlement"}
    assert outcomes == {OTHER: JULY_NUMBERS[0], CODE: JULY_NUMBERS[1]}
    assert centre.numbers() == sorted(JULY_NUMBERS)
    assert centre.replay() == []


def test_who_is_told_to_stop_leaves_what_he_held_as_it_was(centre: Centre) -> None:
    asked: list[bool] = []

    def stopped() -> bool:
        asked.append(True)
        return len(asked) > 2

    assert centre.scheduler("one", stopped).look() == []
    assert {(one.state, one.attempts) for one in centre.runs()} == {("due", 0)}
    centre.look()
    assert centre.numbers() == sorted(JULY_NUMBERS)


# --- what cannot be done ---


def test_a_month_of_which_usage_is_missing_waits_says_why_and_stops_no_other(
    centre: Centre,
) -> None:
    def tally(number: str, count: int) -> None:
        data = UsageTallied(day="2022-07-01", resource="a100", events=count, quantity=str(count))
        centre.ledger.append(encode("urn:test", number, "", data, None))

    tally("t-1", 1)
    told = centre.look(AUGUST)
    why = told["settlement", "2022-07", CODE]
    assert why.waits
    assert why.error is not None
    assert why.error.code == "tally_differs"
    assert centre.numbers() == sorted([*AUGUST_NUMBERS, JULY_NUMBERS[2]]), "a fund has no usage"
    assert told["reconciliation", "2022-07", ""].waits, "what is not all there is not reconciled"
    assert {one.attempts for one in centre.runs("settlement") if one.state == "due"} == {0}
    assert centre.look(AUGUST + WAIT_MS - 1) == {}
    assert len(centre.look(AUGUST + WAIT_MS)) == 3, "both and the reconciliation, they wait on"
    tally("t-2", -1)
    with centre.shell.reading() as connection:
        (row,) = [one for one in read_source_days(connection) if one.tallies]
    missing = UsageTallied(
        day=row.day,
        resource=row.resource,
        events=row.events,
        quantity=str(row.quantity // 1_000_000),
    )
    centre.ledger.append(encode("urn:test", "t-3", "", missing, None))
    centre.look(AUGUST + 2 * WAIT_MS)
    assert centre.numbers() == ALL


def test_one_that_cannot_be_printed_is_tried_again_then_has_failed_and_stops_no_other(
    centre: Centre,
) -> None:
    name = EnterpriseRegistered(name="𠀀𠀁\U0002ffff", registered_region="420100")
    centre.ledger.append(encode("urn:test", "odd", OTHER, name, SALT))
    told = centre.look(JULY)
    odd = told["settlement", "2022-07", OTHER]
    assert isinstance(odd.error, InvalidInputError)
    assert not odd.waits
    assert centre.numbers() == JULY_NUMBERS[1:]
    now = JULY
    for attempts in range(1, centre.settings.schedule_attempts):
        assert ("settlement", "2022-07", OTHER) not in centre.look(now + backoff_ms(attempts) - 1)
        now += backoff_ms(attempts)
        assert ("settlement", "2022-07", OTHER) in centre.look(now)
    (failed,) = [one for one in centre.runs() if one.state == "failed"]
    assert (failed.subject, failed.attempts) == (OTHER, centre.settings.schedule_attempts)
    assert failed.error is not None
    assert ("settlement", "2022-07", OTHER) not in centre.look(now + 1_000 * HOUR_MS)
