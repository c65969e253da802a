"""Waking: now and then again, one call at a time, until told to stop."""

import time

import pytest

from reports.schedule import wake

LONG_S = 3


def test_it_wakes_at_once_and_again_until_told_to_stop() -> None:
    calls = list[float]()

    def tick() -> None:
        calls.append(time.monotonic())

    began = time.monotonic()
    wake(tick, 1, lambda: len(calls) == 2)
    assert calls[0] - began < 1
    assert 0.5 < calls[1] - calls[0] < LONG_S


def test_a_long_call_is_not_made_twice_and_is_waited_for() -> None:
    told = list[str]()

    def tick() -> None:
        told.append("begins")
        time.sleep(1.5)
        told.append("ends")

    wake(tick, 1, lambda: "begins" in told)
    assert told == ["begins", "ends"]


def test_what_a_call_raises_ends_the_waking() -> None:
    def tick() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        wake(tick, 1, lambda: False)
