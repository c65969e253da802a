"""An enterprise's usage is found in its blocks: all of it, at any size, and nobody else's."""

import pytest
from sqlalchemy import Engine

from ledger import facts, usage_blocks
from ledger.codec import Event
from ledger.read import read_events
from ledger.usage import DayKey, Held, by_day
from ledger.usage_blocks import find_usage, read_usage
from tests.ledger.conftest import CODE, HOUR_MS, OTHER_CODE, Ledger, fact, usage
from tests.queries import counted

DAY_MS = 24 * HOUR_MS


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a block of four entries."""
    monkeypatch.setattr(facts, "BLOCK_ENTRIES", 4)
    monkeypatch.setattr(usage_blocks, "BLOCK_ENTRIES", 4)


def fill(ledger: Ledger) -> None:
    """Append slices of two enterprises that reach into other days and months, out of order."""
    for at in range(6):
        begin = (at * 5 % 7 - 2) * DAY_MS + at * HOUR_MS
        ledger.append(
            usage(f"a{at}", span_ms=(begin, begin + (1 + at * 30) * HOUR_MS)),
            fact(f"f{at}"),
            usage(f"b{at}", subject=OTHER_CODE, amount="2"),
            usage(f"c{at}", span_ms=(begin, begin + HOUR_MS), amount="0.125"),
        )


def add(events: list[Event], month: str) -> dict[DayKey, Held]:
    """Return what some events hold of each day of a month, one by one."""
    total: dict[DayKey, Held] = {}
    for event in events:
        assert event.usage is not None
        for place, (key, micro) in enumerate(by_day(event.subject, event.usage)):
            if key[3].startswith(month):
                old = total.get(key, Held(0, 0, 0))
                starts, continued = (0, 1) if place else (1, 0)
                total[key] = Held(
                    old.starts + starts, old.continued + continued, old.quantity + micro
                )
    return total


@pytest.mark.parametrize("month", ["2022-06", "2022-07", "2022-09"])
def test_at_every_size_each_block_has_what_its_entries_say(ledger: Ledger, month: str) -> None:
    fill(ledger)
    size = ledger.heads()["usage"].size
    with ledger.keep.connect() as connection:
        for end in range(size + 1):
            found = find_usage(connection, CODE, month, {"usage": end, "book": 1})
            whole = dict[DayKey, Held]()
            for place, held in found.items():
                assert place.end == min(place.start + 4, end)
                events = [one for _, one in read_usage(connection, CODE, *place)]
                assert {one.subject for one in events} <= {CODE}
                assert held == add(events, month)
                for key, one in held.items():
                    old = whole.get(key, Held(0, 0, 0))
                    whole[key] = Held(*map(sum, zip(old, one, strict=True)))
            every = [event for _, event in read_events(connection, "usage", 0, end)]
            mine = [event for event in every if event.usage and event.subject == CODE]
            assert whole == add(mine, month)


def test_blocks_of_others_are_not_read(ledger: Ledger) -> None:
    fill(ledger)
    for at in range(40):
        ledger.append(usage(f"o{at}", subject=OTHER_CODE))
    sizes = {log: head.size for log, head in ledger.heads().items()}
    with ledger.keep.connect() as connection, counted(Engine) as said:
        found = find_usage(connection, CODE, "2022-07", sizes)
    assert max(place.end for place in found) < sizes["usage"] - 40
    assert len(said) <= 2
