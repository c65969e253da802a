"""A crew of processes: what it takes, what it yields, and what becomes of an error."""

import os
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing import active_children
from signal import SIG_BLOCK, SIGINT, SIGKILL, pthread_sigmask

import pytest

from ledger.crew import DEATHS_MAX, by_crew
from ledger.errors import InvalidInputError, LedgerError
from ledger.text import Text


def square(number: int) -> int:
    """Return the square, but for numbers that are refused or that kill."""
    if number == -1:
        raise InvalidInputError("bad_number", Text("负数", "negative"), Text("换一个", "another"))
    if number == -2:
        os.kill(os.getpid(), SIGKILL)
    return number * number


def test_each_piece_is_done_once_and_none_is_taken_before_a_process_is_free() -> None:
    taken: list[int] = []

    def pieces() -> Iterator[int]:
        for number in range(9):
            taken.append(number)
            yield number

    done = []
    for made in by_crew(square, 2, pieces()):
        done.append(made)
        assert len(taken) <= len(done) + 2
    assert sorted(done) == [number * number for number in range(9)]
    assert active_children() == []


def test_no_piece_needs_no_process() -> None:
    assert list(by_crew(square, 2, [])) == []


def test_an_error_of_the_work_is_raised_here() -> None:
    with pytest.raises(InvalidInputError, match="negative"):
        list(by_crew(square, 2, [1, -1, *range(100)]))
    assert active_children() == []


def test_an_error_of_the_pieces_ends_the_processes() -> None:
    def pieces() -> Iterator[int]:
        yield from range(3)
        raise OSError

    with pytest.raises(OSError, match=r"^$"):
        list(by_crew(square, 2, pieces()))
    assert active_children() == []


def test_a_piece_that_no_process_outlives_is_named() -> None:
    with pytest.raises(LedgerError, match=rf"number -2 died {DEATHS_MAX} times") as told:
        list(by_crew(square, 2, [-2, 3], "number {}".format))
    assert told.value.code == "processes_die"
    assert active_children() == []


def masked(_number: int) -> bool:
    """Return whether the process that does this piece is deaf to Ctrl-C."""
    return SIGINT in pthread_sigmask(SIG_BLOCK, ())


def test_ctrl_c_reaches_not_even_the_first_process() -> None:
    # What Python starts along with the first process of all unmasks signals: begin without it.
    code = "from tests.ledger.test_crew import *; print(list(by_crew(masked, 2, range(4))))"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert said.stdout == "[True, True, True, True]\n"
    assert SIGINT not in pthread_sigmask(SIG_BLOCK, ())
