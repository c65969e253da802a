"""The stream of a load test: always the same, each trouble exact to the record, no total moved."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.cloudevents import parse_record
from ingest.file_worker import refuse_own
from ingest.simulate import simulate
from ingest.simulate.account import Account
from ingest.simulate.agent import Agent
from ingest.simulate.load import (
    BLOCK,
    LATE_HOURS_MAX,
    LATE_HOURS_MIN,
    Mode,
    Plan,
    Planned,
    plan_records,
)
from ingest.simulate.malformed import MALFORMED
from ingest.simulate.pace import FREE, SECOND_NS, SLICE_NS, Pace
from ingest.simulate.sent import Sent
from ledger.codec import Event, encode
from ledger.credit_codes import NONE, require_codes
from ledger.errors import InvalidInputError
from ledger.events import UsageTallied
from ledger.gap import find_gaps
from ledger.period import HOUR_MS, day_of
from ledger.quantity import parse_quantity
from ledger.usage import by_day, render_quantity

ROOT = Path(__file__).parents[2]

CLEAN = Plan(enterprises=13, days=25, seed=3)
TROUBLED = replace(
    CLEAN,
    late=Fraction("0.03"),
    duplicated=Fraction("0.05"),
    reordered=Fraction("0.2"),
    malformed=Fraction("0.08"),
    dropped=Fraction("0.01"),
    mode="mixed",
    tallies=True,
)

MODES: Final[tuple[Mode, ...]] = ("structured", "binary", "mixed")


def read(record: Sent) -> Event:
    event = parse_record(record.key, record.value, list(record.headers))
    refuse_own(event)
    require_codes(event, NONE)
    return event


def good(plan: Plan) -> list[Event]:
    """Return the events of the good records in the order of their numbers, each once."""
    found = [read(one.record) for one in plan_records(plan) if one.record and not one.code]
    return sorted({event.id: event for event in found}.values(), key=lambda one: one.sequence or 0)


def records(plan: Plan) -> list[Sent]:
    return [one.record for one in plan_records(plan) if one.record is not None]


def account_of(planned: Iterable[Planned]) -> Account:
    account = Account()
    for one in planned:
        account.add(one)
    return account


# --- what is sent when nothing goes wrong ---


def test_the_usage_is_that_of_the_simulation() -> None:
    simulated = [event for event in simulate(13, 25, 3) if event.usage is not None]
    sent = good(CLEAN)
    assert [(one.id, one.subject, one.data) for one in sent] == [
        (one.id, one.subject, one.data) for one in simulated
    ]
    assert [one.sequence for one in sent] == list(range(1, len(sent) + 1))


@pytest.mark.parametrize("tallies", [False, True])
def test_structured_records_are_canonical_bytes_under_their_subject(*, tallies: bool) -> None:
    found = records(replace(CLEAN, tallies=tallies))
    for number, record in enumerate(found, start=1):
        event = read(record)
        plain = encode(event.source, event.id, event.subject, event.data).raw
        numbered = plain.replace(b',"source"', b',"sequence":"%d","source"' % number, 1)
        assert record.value == event.raw == numbered
        assert record.key == event.subject.encode()


def test_both_modes_mean_the_same_and_mixed_has_both() -> None:
    plain, binary, mixed = (records(replace(CLEAN, mode=mode)) for mode in MODES)
    assert [read(one).same_meaning(read(other)) for one, other in zip(plain, binary, strict=True)]
    assert [read(one).sequence for one in binary] == list(range(1, len(binary) + 1))
    which = Counter(one in plain for one in mixed)
    assert which.keys() == {True, False}
    assert all(
        one in (first, second) for one, first, second in zip(mixed, plain, binary, strict=True)
    )
    assert min(which.values()) > len(mixed) // 3


def test_other_arguments_give_another_source() -> None:
    plans = (CLEAN, replace(CLEAN, seed=4), replace(CLEAN, days=26), replace(CLEAN, enterprises=14))
    sources = {next(plan_records(replace(plan, records=1))).made.source for plan in plans}
    assert len(sources) == len(plans)


def digest(found: list[Sent]) -> str:
    return hashlib.sha256(repr(found).encode()).hexdigest()


def test_the_same_plan_gives_the_same_records_on_any_machine() -> None:
    program = (
        "import hashlib\n"
        "from fractions import Fraction\n"
        "from ingest.simulate.load import Plan, plan_records\n"
        f"plan = {TROUBLED!r}\n"
        "found = [one.record for one in plan_records(plan) if one.record is not None]\n"
        "print(hashlib.sha256(repr(found).encode()).hexdigest())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            check=True,
            cwd=ROOT,
            text=True,
            env=os.environ | {"PYTHONHASHSEED": seed, "TZ": zone},
        ).stdout.strip()
        for seed, zone in (("1", "UTC"), ("2", "America/New_York"))
    }
    assert runs == {digest(records(TROUBLED))}
    assert digest(records(replace(TROUBLED, seed=4))) not in runs


# --- each trouble ---


@pytest.mark.parametrize("share", ["0", "0.001", "0.01", "0.5", "0.999", "1"])
@pytest.mark.parametrize("made", [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 1500])
def test_shares_are_exact(share: str, made: int) -> None:
    part = Fraction(share)
    plan = replace(CLEAN, records=made, duplicated=part, malformed=part, late=part, reordered=part)
    account = account_of(plan_records(plan))
    extra = int(made * part)
    assert (account.events, account.duplicate, account.malformed) == (made, extra, extra)
    assert account.sent == made + 2 * extra
    assert account.late == int(account.sent * part)
    # One that is left alone in the last block cannot change places.
    assert 0 <= int(account.sent * part) - account.reordered <= 1


@pytest.mark.parametrize("share", ["0.001", "0.01", "0.5", "0.999"])
@pytest.mark.parametrize("made", [1, 2, BLOCK + 1, 1500])
def test_what_is_dropped_is_numbered_all_the_same(share: str, made: int) -> None:
    half = Fraction("0.5")
    plan = replace(
        CLEAN, records=made, dropped=Fraction(share), duplicated=half, late=half, reordered=half
    )
    planned = list(plan_records(plan))
    account = account_of(planned)
    assert account.dropped == int(made * Fraction(share))
    assert (account.events, account.duplicate) == (made - account.dropped, made // 2)
    assert account.late == account.sent // 2
    assert 0 <= account.sent // 2 - account.reordered <= 1
    kept = {one.made.sequence for one in planned if one.record is not None}
    lost = {one.made.sequence for one in planned if one.record is None}
    assert kept | lost == set(range(1, made + 1))
    assert not kept & lost
    bits = sum(1 << number for number in kept)
    gaps = list(find_gaps([("urn:a", 0, bits)], made + 1))
    assert (account.gaps, account.missing) == (len(gaps), sum(gap.missing for gap in gaps))


def test_trouble_changes_no_event() -> None:
    kept = good(TROUBLED)
    by_id = {event.id: event for event in good(replace(CLEAN, tallies=True))}
    assert all(event.same_meaning(by_id[event.id]) for event in kept)
    assert len(kept) == len(by_id) - account_of(plan_records(TROUBLED)).dropped


def test_a_late_record_comes_hours_after_its_time() -> None:
    waits_ms: list[int] = []
    now_ms: int | None = None
    for one in reversed(list(plan_records(replace(CLEAN, late=Fraction("0.05"))))):
        if not one.late:
            now_ms = one.made.made_at_ms
        elif now_ms is not None:
            waits_ms.append(now_ms - one.made.made_at_ms)
    assert len(waits_ms) > 50
    assert min(waits_ms) >= LATE_HOURS_MIN * HOUR_MS
    assert 48 * HOUR_MS < max(waits_ms) < (LATE_HOURS_MAX + 12) * HOUR_MS


def test_reordered_records_change_places_within_a_block_and_within_a_key() -> None:
    before = [one.made.sequence for one in plan_records(CLEAN)]
    planned = list(plan_records(replace(CLEAN, reordered=Fraction("0.1"))))
    moved = {one.made.sequence for one in planned if one.reordered}
    for at, (sequence, one) in enumerate(zip(before, planned, strict=True)):
        assert (sequence == one.made.sequence) is (not one.reordered)
        assert at // BLOCK == before.index(one.made.sequence) // BLOCK
    assert len(moved) == len(before) // 10
    of_one_key = [one.made for one in planned if one.made.subject == planned[0].made.subject]
    assert any(one.sequence > other.sequence for one, other in pairwise(of_one_key))


def test_duplicates_follow_their_event_in_every_form() -> None:
    plan = replace(CLEAN, duplicated=Fraction("0.2"))
    first: dict[int, Sent] = {}
    forms: Counter[str] = Counter()
    for one in plan_records(plan):
        assert one.record is not None
        if one.made.sequence not in first:
            first[one.made.sequence] = one.record
            continue
        original, event = read(first[one.made.sequence]), read(one.record)
        assert event.same_meaning(original)
        assert (event.source, event.id, one.record.key) == (
            original.source,
            original.id,
            first[one.made.sequence].key,
        )
        traced = "" if b"traceparent" not in event.raw else "traced "
        forms[traced + ("structured" if len(one.record.headers) == 1 else "binary")] += 1
    assert forms.keys() == {"structured", "binary", "traced structured", "traced binary"}


def test_malformed_records_are_of_every_kind_and_refused_with_their_codes() -> None:
    plan = replace(CLEAN, malformed=Fraction("0.2"))
    wrong = [one for one in plan_records(plan) if one.code]
    assert len(wrong) > 2 * len(MALFORMED)
    for one in wrong:
        assert one.record is not None
        with pytest.raises(InvalidInputError) as caught:
            read(one.record)
        assert caught.value.code == one.code


@pytest.mark.parametrize("made", [None, 700])
def test_tallies_add_up_to_all_that_was_numbered_and_come_once(made: int | None) -> None:
    half = Fraction("0.5")
    planned = list(plan_records(replace(TROUBLED, records=made, dropped=half, late=half)))
    tallied: Counter[tuple[str, str, str]] = Counter()
    for one in planned:
        if one.made.piece is None:
            assert (one.late, one.code) == (False, "")
            assert one.record is not None
            data = read(one.record).data
            assert isinstance(data, UsageTallied)
            tallied[data.day, data.resource, "events"] += data.events
            tallied[data.day, data.resource, "micro"] += parse_quantity(data.quantity)
    counted: Counter[tuple[str, str, str]] = Counter()
    numbered = {one.made.sequence: one.made for one in planned}
    for each in numbered.values():
        if each.piece is not None:
            counted[day_of(each.piece.start_ms), each.piece.resource, "events"] += 1
            for (_, _, resource, day), micro in by_day(each.subject, each.piece):
                counted[day, resource, "micro"] += micro
    assert +tallied == +counted
    assert sorted(numbered) == list(range(1, len(numbered) + 1))


def test_a_day_is_tallied_soon_after_it_ended() -> None:
    made = list(Agent(3, 4, 1, tallies=True).events())
    for one, other in pairwise(made):
        assert one.made_at_ms <= other.made_at_ms
    days = {one.data[8:18] for one in made if one.piece is None}
    assert {"2022-01-01", "2022-01-02", "2022-01-03"} <= days


# --- the account ---


def ledger_of(planned: list[Planned]) -> tuple[Counter[str], Counter[str], dict[str, int]]:
    """Return outcomes, codes and quantities as a ledger of a dictionary finds them."""
    outcomes: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    micro: Counter[str] = Counter()
    known: dict[tuple[str, str], Event] = {}
    for one in planned:
        if one.record is None:
            continue
        try:
            event = read(one.record)
        except InvalidInputError as error:
            codes[error.code] += 1
            outcomes["rejected"] += 1
            continue
        earlier = known.setdefault((event.source, event.id), event)
        if earlier is not event:
            assert event.same_meaning(earlier)
            outcomes["duplicate"] += 1
            continue
        outcomes["recorded"] += 1
        if event.usage is not None:
            for (_, _, resource, _), quantity in by_day(event.subject, event.usage):
                micro[resource] += quantity
    return outcomes, codes, micro


@settings(max_examples=15, deadline=None)
@given(
    stop=st.integers(0, 2500),
    seed=st.integers(0, 3),
    shares=st.lists(st.fractions(0, Fraction(1, 3)), min_size=5, max_size=5),
    mode=st.sampled_from(MODES),
)
def test_the_account_of_any_beginning_is_what_a_ledger_finds(
    stop: int, seed: int, shares: list[Fraction], mode: Mode
) -> None:
    names = ("late", "duplicated", "reordered", "malformed", "dropped")
    troubles: dict[str, Any] = dict(zip(names, shares, strict=True))
    plan = replace(CLEAN, seed=seed, tallies=True, mode=mode, **troubles)
    planned = list(plan_records(plan))[:stop]
    account = account_of(planned)
    outcomes, codes, micro = ledger_of(planned)
    assert (
        Counter(recorded=account.distinct, duplicate=account.duplicate, rejected=account.malformed)
        == +outcomes
    )
    assert account.codes == codes
    assert account.quantities == {name: render_quantity(micro[name]) for name in sorted(micro)}
    assert account.card_seconds == render_quantity(micro["ascend-910b"])
    assert account.enterprises == len({one.made.subject for one in planned if is_usage(one)})
    assert account.made == account.events + account.dropped


def test_an_account_of_very_many_knows_each_by_its_number() -> None:
    first = next(plan_records(CLEAN))
    numbers = [1, 200_000, 65_536, 1, 65_535, 200_000]
    account = account_of(
        first._replace(made=first.made._replace(sequence=number)) for number in numbers
    )
    assert (account.events, account.duplicate) == (4, 2)
    assert (account.gaps, account.missing) == (2, 200_000 - 4)


def is_usage(one: Planned) -> bool:
    return one.record is not None and one.made.piece is not None and not one.code


# --- the pace ---


def run_for(pace: Pace, until_ns: int, now_ns: int = 0, work_ns: int = 0) -> list[int]:
    """Return what is taken in each slice until an instant, when a slice's work takes a time."""
    taken = []
    while now_ns < until_ns:
        taken.append(pace.take(now_ns))
        now_ns += work_ns
        now_ns += pace.rest_ns(now_ns)
    return taken


@pytest.mark.parametrize("rate", [1, 7, 49, 50, 51, 1000, 12_345, 10**6])
def test_the_pace_is_steady(rate: int) -> None:
    taken = run_for(Pace(rate, 0), 10 * SECOND_NS)
    assert 10 * rate - rate // 50 - 1 <= sum(taken) <= 10 * rate
    assert max(taken) - min(taken[1:]) <= 1


def test_a_short_delay_is_made_good_and_a_long_one_is_not() -> None:
    for delay_ns, made_good in ((SECOND_NS // 2, 500), (10 * SECOND_NS, 1000)):
        pace = Pace(1000, 0)
        before = sum(run_for(pace, SECOND_NS))
        after = run_for(pace, delay_ns + 4 * SECOND_NS, SECOND_NS + delay_ns)
        assert max(after) == 2 * 1000 // 50
        assert abs(before + sum(after) - (4000 + made_good)) <= 40


def test_slow_work_takes_the_time_of_the_rest() -> None:
    taken = run_for(Pace(1000, 0), SECOND_NS, work_ns=SLICE_NS // 2)
    assert sum(taken) == 980
    late = run_for(Pace(1000, 0), SECOND_NS, work_ns=2 * SLICE_NS)
    assert set(late[1:]) == {40}


def test_without_a_rate_nothing_rests() -> None:
    pace = Pace(0, 0)
    assert [pace.take(5), pace.rest_ns(6), pace.take(6)] == [FREE, 0, FREE]
