"""Runs of the schedule: each once, held by one at a time, taken over when its holder is gone."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ledger import runs
from ledger.erasable import lock_book
from ledger.runs import Claim, Group, Key, Run
from ledger.text import Text
from tests.ledger.conftest import Ledger

NOW = 1_669_190_400_000
LEASE = 60_000
HORIZON = 10 * LEASE

A, B = Key("settlement", "2022-07", "a", 1), Key("settlement", "2022-07", "b", 1)
NEXT = Key("settlement", "2022-08", "a", 1)
JULY, AUGUST = Group("settlement", "2022-07", NOW), Group("settlement", "2022-08", NOW + 1)
WHY = Text("不行", "no")


@contextmanager
def writing(ledger: Ledger) -> Iterator[Connection]:
    with ledger.write.begin() as connection:
        lock_book(connection)
        yield connection


def plan(ledger: Ledger, *keys: Key) -> int:
    with writing(ledger) as connection:
        return runs.add_due(connection, [(one, NOW + (one == NEXT)) for one in keys])


def claimed(
    ledger: Ledger, who: str, now: int = NOW, group: Group = JULY, attempts_max: int = 3
) -> list[Key]:
    with writing(ledger) as connection:
        claim = Claim(who, now, now + LEASE, attempts_max)
        return [one.key for one in runs.claim(connection, group, claim, HORIZON)]


def standing(ledger: Ledger) -> dict[Key, Run]:
    with ledger.read.connect() as connection:
        return {one.key: one for one in runs.read_runs(connection)}


def test_a_run_is_added_once(ledger: Ledger) -> None:
    assert plan(ledger, A, B) == 2
    assert plan(ledger, A, B, NEXT) == 1
    assert plan(ledger, A, B, NEXT) == 0
    assert [(one.key, one.state) for one in standing(ledger).values()] == [
        (A, "due"),
        (B, "due"),
        (NEXT, "due"),
    ]


def test_while_one_holds_a_run_nobody_is_offered_another(ledger: Ledger) -> None:
    plan(ledger, A, NEXT)

    def offered(now: int) -> list[Group]:
        with ledger.read.connect() as connection:
            return sorted(runs.list_claimable(connection, now, HORIZON))

    assert offered(NOW - 1) == []
    assert offered(NOW) == [JULY]
    assert offered(NOW + 1) == [JULY, AUGUST]
    claimed(ledger, "one")
    assert offered(NOW + LEASE - 1) == []
    assert offered(NOW + LEASE) == [JULY, AUGUST]


def test_what_one_holds_nobody_else_claims(ledger: Ledger) -> None:
    plan(ledger, A, B, NEXT)
    assert claimed(ledger, "one") == [A, B]
    assert claimed(ledger, "two") == []
    assert claimed(ledger, "two", group=AUGUST) == []
    assert claimed(ledger, "two", NOW + 1, group=AUGUST) == [NEXT]
    with writing(ledger) as connection:
        assert runs.read_held(connection, JULY, "one") == [A, B]
        assert runs.read_held(connection, JULY, "two") == []


def test_one_subject_of_a_group_is_claimed_alone(ledger: Ledger) -> None:
    plan(ledger, A, B)
    for who, subject, found in (("one", "b", [B]), ("two", "b", []), ("two", "a", [A])):
        with writing(ledger) as connection:
            claim = Claim(who, NOW, NOW + LEASE, 3)
            held = runs.claim(connection, JULY, claim, HORIZON, subject)
        assert [one.key for one in held] == found
        assert all(one.state == "due" for one in held)
    with writing(ledger) as connection:
        (gone,) = runs.claim(
            connection, JULY, Claim("three", NOW + LEASE, NOW + 2 * LEASE, 3), HORIZON, "a"
        )
    assert (gone.key, gone.state) == (A, "running")


def test_who_is_gone_is_followed_and_holds_nothing_any_more(ledger: Ledger) -> None:
    plan(ledger, A, B)
    claimed(ledger, "one")
    assert claimed(ledger, "two", NOW + LEASE - 1) == []
    assert claimed(ledger, "two", NOW + LEASE) == [A, B]
    with writing(ledger) as connection:
        assert runs.read_held(connection, JULY, "one") == []


def test_who_says_so_in_time_holds_on(ledger: Ledger) -> None:
    plan(ledger, A)
    claimed(ledger, "one")
    with writing(ledger) as connection:
        runs.hold_on(connection, JULY, "one", NOW + 2 * LEASE)
        runs.hold_on(connection, JULY, "two", NOW)
    assert claimed(ledger, "two", NOW + LEASE) == []
    assert claimed(ledger, "two", NOW + 2 * LEASE) == [A]


def test_what_is_done_is_done(ledger: Ledger) -> None:
    plan(ledger, A, B)
    claimed(ledger, "one")
    with writing(ledger) as connection:
        runs.note(connection, A, "SQ-1")
        runs.finish(connection, [A], NOW + 5, None)
        runs.finish(connection, [B], NOW + 5, "nothing")
    found = standing(ledger)
    assert [(found[one].state, found[one].outcome) for one in (A, B)] == [
        ("done", "SQ-1"),
        ("done", "nothing"),
    ]
    assert claimed(ledger, "two", NOW + 100 * HORIZON) == []


def test_a_run_that_was_put_off_comes_at_its_instant(ledger: Ledger) -> None:
    plan(ledger, A, B)
    claimed(ledger, "one")
    with writing(ledger) as connection:
        runs.put_off(connection, [A], ("tally_differs", WHY), NOW + 9, tried=False)
        runs.put_off(connection, [B], ("boom", WHY), NOW + 99, tried=True)
    found = standing(ledger)
    assert [(found[one].attempts, found[one].error) for one in (A, B)] == [(0, WHY), (1, WHY)]
    assert claimed(ledger, "two", NOW + 8) == []
    assert claimed(ledger, "two", NOW + 9) == [A]
    assert claimed(ledger, "three", NOW + 99) == [B]


def test_who_is_told_to_stop_leaves_no_trace(ledger: Ledger) -> None:
    plan(ledger, A)
    claimed(ledger, "one")
    with writing(ledger) as connection:
        runs.give_back(connection, [A])
    assert standing(ledger)[A].attempts == 0
    assert claimed(ledger, "two") == [A]


def test_a_run_whose_process_ends_each_time_comes_alone_and_then_has_failed(
    ledger: Ledger,
) -> None:
    plan(ledger, A, B)
    for number in range(2):
        assert claimed(ledger, "one", NOW + number * LEASE) == [A, B]
    assert claimed(ledger, "one", NOW + 2 * LEASE) == [A]
    with writing(ledger) as connection:
        runs.finish(connection, [A], NOW, None)
    assert claimed(ledger, "one", NOW + 2 * LEASE) == [B]
    assert claimed(ledger, "one", NOW + 3 * LEASE) == []
    assert standing(ledger)[B].state == "failed"
    assert standing(ledger)[B].error_code == "process_ended"


def test_an_instant_of_a_clock_that_has_gone_back_holds_nobody_up(ledger: Ledger) -> None:
    plan(ledger, A)
    claimed(ledger, "one", NOW)
    back = NOW - HORIZON
    with ledger.read.connect() as connection:
        assert runs.list_claimable(connection, back, HORIZON) == [JULY]
        assert runs.list_claimable(connection, back + LEASE, HORIZON) == []
    assert claimed(ledger, "two", back + LEASE) == []
    assert claimed(ledger, "two", back) == [A]


def test_what_failed_is_due_again_and_what_was_done_gets_a_next_run(ledger: Ledger) -> None:
    plan(ledger, A, B)
    claimed(ledger, "one")
    with writing(ledger) as connection:
        runs.finish(connection, [A], NOW, "SQ-1")
        runs.fail(connection, [B], "boom", WHY, NOW)
    with ledger.read.connect() as connection:
        found = runs.read_runs(connection, "settlement", "2022-07")
    with writing(ledger) as connection:
        again = runs.try_again(connection, found, NOW + 1)
    assert again == [B, A._replace(revision=2)]
    assert claimed(ledger, "two", NOW + 1) == [A._replace(revision=2), B]
    assert standing(ledger)[A].outcome == "SQ-1"
    assert standing(ledger)[B].error is None


@pytest.mark.parametrize("state", ["running", "waiting"])
def test_the_database_refuses_a_state_that_contradicts_itself(ledger: Ledger, state: str) -> None:
    plan(ledger, A)
    with (
        ledger.own.connect() as connection,
        pytest.raises(IntegrityError, match="ck_scheduled_run"),
    ):
        connection.exec_driver_sql(f"UPDATE scheduled_run SET state = '{state}'")
