"""Where each claim stands: any cut of the book says the same, and lists show what is asked for."""

import random
from collections.abc import Iterator
from itertools import pairwise, product
from typing import get_args

import msgspec
import pytest
from sqlalchemy import select

from ledger import tables
from ledger.claim_list import ClaimFilter, Listed, list_claims
from ledger.claim_state import STATE_OF, STATES, Key, Standing, State, stand, state_of
from ledger.codec import Event, encode
from ledger.events import (
    TYPES,
    ClaimClawbackAssessed,
    ClaimClawbackRecovered,
    ClaimCut,
    ClaimData,
    ClaimObjected,
    ClaimObjectionSettled,
    ClaimResubmitted,
    ClaimStep,
    ClaimSubmitted,
    Data,
)
from ledger.projection import PROJECTIONS
from ledger.replay import replay
from tests.ledger import books, steps
from tests.ledger.conftest import CODE, OTHER_CODE, Ledger, fact

RESTING = {ClaimCut, ClaimObjected, ClaimObjectionSettled}
RESTING |= {ClaimClawbackAssessed, ClaimClawbackRecovered}

EXAMPLES = [
    one for one in (*books.EXAMPLES, *steps.EXAMPLES) if isinstance(one, ClaimData | ClaimStep)
]


def event_of(number: int, data: Data, subject: str = CODE) -> Event:
    return encode("urn:test", str(number), subject, data, books.SALT)


def any_events(seed: int, count: int, kinds: type[Data] | tuple[type[Data], ...]) -> list[Event]:
    """Return events of a few claims in any order, lawful or not."""
    chance = books.seeded(seed)
    examples = [one for one in EXAMPLES if isinstance(one, kinds)]
    return [event_of(number, *_any_data(chance, examples)) for number in range(count)]


def _any_data(chance: random.Random, examples: list[ClaimData | ClaimStep]) -> tuple[Data, str]:
    data: Data = msgspec.structs.replace(
        chance.choice(examples),
        claim=f"SQ-{chance.randrange(12)}",
        programme=chance.choice(("hubei", "wuhan", "east_lake")),
        year=chance.choice((2022, 2023)),
        revision=chance.randrange(1, 4),
        effective_on=f"2022-{chance.randrange(10, 13)}-{chance.randrange(10, 13)}",
    )
    return data, chance.choice((CODE, OTHER_CODE))


def slowly(entries: list[tuple[int, Event]]) -> dict[Key, Standing]:
    """Return the same as `stand`, one claim after the other, as one would say it."""
    found = {}
    keys = {(e.data.claim, e.subject, e.data.programme, e.data.year) for _, e in entries}  # type: ignore[attr-defined]
    for key in keys:
        mine = [
            (index, one.data)
            for index, one in entries
            if isinstance(one.data, ClaimData | ClaimStep)
            and (one.data.claim, one.subject, one.data.programme, one.data.year) == key
        ]
        moves = [(index, data) for index, data in mine if type(data) in STATE_OF]
        asked = [one for _, one in mine if isinstance(one, ClaimSubmitted | ClaimResubmitted)]
        cuts = [data.amount_fen for _, data in mine if isinstance(data, ClaimCut)]
        index, last = moves[-1] if moves else (-1, None)
        found[key] = Standing(
            moved_by=index,
            state=STATES.index(STATE_OF[type(last)]) if last else 0,
            since=int("".join(last.effective_on.split("-"))) if last else 0,
            revision=max(data.revision for _, data in mine),
            amount=sum(one.moved_fen for one in asked) - sum(cuts),
            objections=sum(isinstance(data, ClaimObjected) for _, data in mine)
            - sum(isinstance(data, ClaimObjectionSettled) for _, data in mine),
        )
    return found


def test_every_event_of_a_claim_leads_to_a_state_or_is_known_to_leave_it() -> None:
    kinds = {one for one in TYPES.values() if issubclass(one, ClaimData | ClaimStep)}
    assert STATE_OF.keys() | RESTING == kinds
    assert not STATE_OF.keys() & RESTING
    assert set(STATE_OF.values()) == set(STATES) - {"new", "objected"}
    assert list(STATES) == list(get_args(State))


def test_the_last_event_that_moves_a_claim_says_its_state_and_since_when() -> None:
    for one, other in product(EXAMPLES, repeat=2):
        first = msgspec.structs.replace(one, effective_on="2022-01-02")
        second = msgspec.structs.replace(other, effective_on="2022-03-04")
        (found,) = stand([(7, event_of(1, first)), (9, event_of(2, second))]).values()
        moved = [at for at, data in ((7, one), (9, other)) if type(data) in STATE_OF]
        assert found.moved_by == (moved[-1] if moved else -1)
        assert found.since == {-1: 0, 7: 20220102, 9: 20220304}[found.moved_by]


@pytest.mark.parametrize("seed", range(30))
def test_any_cut_and_order_of_parts_gives_the_same(seed: int) -> None:
    entries = list(enumerate(any_events(seed, 60, (ClaimData, ClaimStep)), 5))
    whole = stand(entries)
    assert whole == slowly(entries)
    chance = books.seeded(seed)
    cuts = sorted({0, 60, *(chance.randrange(60) for _ in range(8))})
    parts = [stand(entries[start:end]) for start, end in pairwise(cuts)]
    chance.shuffle(parts)
    merged: dict[Key, Standing] = {}
    for key, said in (pair for part in parts for pair in part.items()):
        merged[key] = merged[key].merge(said) if key in merged else said
    assert merged == whole


def test_under_notice_a_claim_is_objected_to_while_one_objection_is_open() -> None:
    notice = STATES.index("noticed")
    assert [state_of(notice, number) for number in (-1, 0, 1, 2)] == [
        *("noticed", "noticed", "objected", "objected")
    ]
    assert state_of(STATES.index("paid"), 1) == "paid"


# --- lists ---


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    """Return a ledger with steps of claims in every state, some with money behind them."""
    ledger.append(*books.year(CODE), stream="books")
    events = any_events(7, 400, ClaimStep)
    for first in range(0, len(events), 37):
        ledger.append(fact(f"f-{first}"), *events[first : first + 37])
    with ledger.read.connect() as connection:
        sizes = {name: head.size for name, head in ledger.heads().items()}
        assert not [
            found for one in replay(connection, PROJECTIONS, sizes) for found in one.findings
        ]
    return ledger


def all_listed(ledger: Ledger) -> list[Listed]:
    """Return every claim of the table, in the order of a list."""
    with ledger.own.connect() as connection:
        rows = connection.execute(select(tables.claim_state)).all()
    listed = [
        Listed(
            *(row.claim, row.enterprise, row.programme, row.year),
            *(state_of(row.state, row.objections), row.since, row.revision),
            *(row.amount, row.objections),
        )
        for row in rows
    ]
    return sorted(listed, key=lambda one: one.place)


SOME_STATES: tuple[tuple[State, ...] | None, ...] = (
    *(None, (), ("noticed",), ("objected",)),
    ("checked", "submitted", "objected", "draft"),
)
FILTERS = [
    ClaimFilter(states=states, programmes=programmes, enterprise=enterprise, year=year)
    for states, programmes, enterprise, year in product(
        SOME_STATES,
        (None, (), ("hubei",), ("wuhan", "east_lake")),
        (None, CODE, OTHER_CODE, "nobody"),
        (None, 2022, 2023),
    )
]


def matches(one: Listed, wanted: ClaimFilter) -> bool:
    return (
        (wanted.states is None or one.state in wanted.states)
        and (wanted.programmes is None or one.programme in wanted.programmes)
        and (wanted.enterprise is None or one.enterprise == wanted.enterprise)
        and (wanted.year is None or one.year == wanted.year)
    )


def test_a_list_has_just_the_claims_that_are_asked_for(filled: Ledger) -> None:
    every = all_listed(filled)
    assert {one.state for one in every} >= {"noticed", "objected", "draft", "submitted", "new"}
    with filled.reader.connect() as connection:
        for wanted in FILTERS:
            expected = [one for one in every if matches(one, wanted)]
            found = list_claims(connection, wanted, 1_000)
            assert found == list_claims(connection, wanted, limit=None)
            assert sorted(found) == sorted(expected)
            assert [one.place for one in found] == [one.place for one in expected]
            few = list_claims(connection, wanted, 3)
            assert [one.place for one in few] == [one.place for one in expected[:3]]


def pages(ledger: Ledger, wanted: ClaimFilter, limit: int) -> Iterator[Listed]:
    """Yield a list page by page."""
    with ledger.reader.connect() as connection:
        after = None
        while page := list_claims(connection, wanted, limit, after):
            yield from page
            after = page[-1].place


def test_pages_follow_each_other_without_a_gap(ledger: Ledger) -> None:
    draft = next(one for one in steps.EXAMPLES if isinstance(one, ClaimStep))
    events = [
        event_of(
            number,
            msgspec.structs.replace(
                draft, claim=f"SQ-{number:03}", effective_on=f"2022-11-{number * 7 % 5 + 1:02}"
            ),
            (CODE, OTHER_CODE)[number % 2],
        )
        for number in range(40)
    ]
    ledger.append(*events)
    for wanted in (ClaimFilter(), ClaimFilter(enterprise=CODE)):
        expected = [one for one in all_listed(ledger) if matches(one, wanted)]
        for limit in (1, 3, 7, 40, 41):
            assert list(pages(ledger, wanted, limit)) == expected
