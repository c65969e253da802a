"""Skimming gives what gathering each event gives, and refuses what parsing refuses."""

import random
from collections.abc import Callable

import pytest

from ledger import skim as module
from ledger.codec import parse
from ledger.errors import InvalidInputError
from ledger.facts import BLOCK_ENTRIES, Facts, gather
from ledger.skim import skim
from tests.ledger.conftest import HOUR_MS, OTHER_CODE, fact, tally, usage
from tests.ledger.test_codec_usage import TRICKY_INSTANTS, TRICKY_NAMES

FIRST = 70_000
PLAIN = usage("plain", sequence="17").raw


def outcome_of(way: Callable[[list[bytes]], Facts], raws: list[bytes]) -> object:
    """Return the facts as plain values, or the refusal's code."""
    try:
        facts = way(raws)
    except InvalidInputError as error:
        return error.code
    others = zip(facts.indexes, (one.raw for one in facts.others), strict=True)
    return facts.held, facts.spans, facts.numbers, sorted(others)


def slowly(raws: list[bytes]) -> Facts:
    return gather(map(parse, raws), first=FIRST)


def check_both_ways(*raws: bytes) -> None:
    quickly = outcome_of(lambda some: skim(some, FIRST), list(raws))
    assert quickly == outcome_of(slowly, list(raws))


def mixed(seed: int) -> list[bytes]:
    """Return a run of usage over midnights, in and out of the canonical form, and other events."""
    source = random.Random(seed)  # noqa: S311 - a test's own, seeded
    raws = []
    for number in range(60):
        start_ms = source.randrange(0, 90 * HOUR_MS, 1 + source.randrange(1000))
        piece = usage(
            f"{seed}-{number}",
            source=f"urn:agent:{source.randrange(3)}",
            subject=source.choice((parse(PLAIN).subject, OTHER_CODE)),
            amount=source.choice(("1", "0.125", "64")),
            span_ms=(start_ms, start_ms + source.choice((1, 999, HOUR_MS, 60 * HOUR_MS))),
            sequence=source.choice(("", str(number), "9" * 18, "9" * 19, "x")),
        ).raw
        raws.append(source.choice((piece, piece, piece, piece + b" ", fact(f"{number}").raw)))
    return [*raws, tally("t", 1, "-0.5").raw]


@pytest.mark.parametrize("seed", range(20))
def test_any_run_of_events_gives_the_same(seed: int) -> None:
    check_both_ways(*mixed(seed))
    check_both_ways(*(raw for raw in mixed(seed) if raw.endswith(b'recorded.v1"}')))


def test_each_block_of_a_log_is_counted_by_itself() -> None:
    raws, first = [usage(f"{at}").raw for at in range(9)], 2 * BLOCK_ENTRIES - 4
    skimmed = skim(raws, first, "usage-1")
    assert skimmed == gather(map(parse, raws), Facts(log="usage-1"), first)
    assert {cell[-1]: held[0] for cell, held in skimmed.held.items()} == {1: 4, 2: 5}


def test_nothing_gives_nothing() -> None:
    check_both_ways()


@pytest.mark.parametrize("at", range(len(PLAIN)))
def test_any_changed_byte_gives_the_same(at: int) -> None:
    for byte in (0, 32, 34, 48, 57, 92, 127, 200):
        changed = bytes((*PLAIN[:at], byte, *PLAIN[at + 1 :]))
        check_both_ways(usage("before").raw, changed, usage("after").raw)


@pytest.mark.parametrize("name", [*TRICKY_NAMES, *TRICKY_INSTANTS])
def test_a_tricky_value_in_any_place_gives_the_same(name: str) -> None:
    for old in (b'"plain"', b'"j-1"', b'"a100"', b'"17"', b'"8"', b'"2022-06-30T16:00:00Z"'):
        assert old in PLAIN
        check_both_ways(PLAIN.replace(old, b'"' + name.encode() + b'"'))


def test_instants_are_forgotten_in_time() -> None:
    moments = module._moments  # noqa: SLF001 - a cache that must stay bounded
    moments.clear()
    moments.update((str(number), (0, "", 0)) for number in range(module.INSTANTS_MAX))
    check_both_ways(PLAIN)
    assert 0 < len(moments) <= 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"amount":"8"', b'"amount":"8","amount":"9"'),
        (b'"amount":"8"', b'"amount":"9","amount":"8"'),
        (b'"id":"plain"', b'"id":"plain","id":"plain"'),
        (b'"id":"plain"', b'"id":"plain","other":"x"'),
        (b'"job":"j-1"', b'"job":"j-1","other":"x"'),
        (b'"job":"j-1"', b'"job": "j-1"'),
        (b'"job":"j-1"', b'"job":"j-1","quantity":"28800"'),
        (b'"job":"j-1"', b'"job":"j-1","quantity":"1"'),
    ],
)
def test_a_member_twice_or_too_many_gives_the_same(old: bytes, new: bytes) -> None:
    assert old in PLAIN
    check_both_ways(usage("before").raw, PLAIN.replace(old, new))
