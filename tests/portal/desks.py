"""Sixteen processes that each give a command at the same moment, as sixteen people would.

They are started once and wait for work, so that a test does not wait for sixteen interpreters.
"""

import io
import json
import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any, Final, NamedTuple

import pytest

from portal import acting, cli
from portal.commands import claim_commands

PROCESSES: Final = 16
ANSWER_S_MAX: Final = 120

Words = tuple[object, ...]

# Each is forked off a process that has the program loaded and no connection open.
_CONTEXT: Final = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])


class Order(NamedTuple):
    """A command, whose token gives it, and the instant that its clock shows."""

    token: str
    words: Words
    at_ms: int
    environment: dict[str, str]


def answer(token: str, *words: object) -> Any:  # noqa: ANN401 - one JSON object
    """Return what a command answers in this process: its object, or its error."""
    out, err = io.StringIO(), io.StringIO()
    # What is left of a token here would be the token of whichever test comes next.
    patching = pytest.MonkeyPatch.context()
    with patching as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("SUANQUAN_TOKEN", token)
        status = cli.run([*map(str, words), "--json"])
    try:
        return json.loads(out.getvalue() or err.getvalue().splitlines()[-1])
    except (ValueError, IndexError):
        # Whoever asserts on it sees what was said instead of one JSON object.
        return {"error": {"code": f"status {status}", "message": err.getvalue()}}


class Desks:
    """The processes, each with the pipe by which it is told what to do."""

    def __init__(self, pipes: Sequence[Connection]) -> None:
        self._pipes = pipes

    def ask(self, orders: Sequence[Order]) -> list[Any]:
        """Return what each of sixteen commands answers when all are given at the same moment."""
        assert len(orders) == len(self._pipes)
        for pipe, order in zip(self._pipes, orders, strict=True):
            pipe.send(order)
        found = []
        for pipe, order in zip(self._pipes, orders, strict=True):
            assert pipe.poll(ANSWER_S_MAX), f"no answer to {order.words}"
            found.append(pipe.recv())
        return found


@contextmanager
def opened_desks(count: int = PROCESSES) -> Iterator[Desks]:
    """Yield processes that wait for work; they end with the pipes."""
    barrier = _CONTEXT.Barrier(count)
    pairs = [_CONTEXT.Pipe() for _ in range(count)]
    workers = [_CONTEXT.Process(target=_work, args=(theirs, barrier)) for _, theirs in pairs]
    for one in workers:
        one.start()
    try:
        yield Desks([ours for ours, _ in pairs])
    finally:
        for ours, _ in pairs:
            ours.send(None)
        for one in workers:
            one.join(ANSWER_S_MAX)


def _work(pipe: Connection, barrier: Barrier) -> None:
    """Give each command when everybody is ready, until there is none."""
    while order := pipe.recv():
        os.environ.update(order.environment)
        for module in (acting, claim_commands):
            vars(module)["now_ms"] = lambda at_ms=order.at_ms: at_ms
        barrier.wait(ANSWER_S_MAX)
        pipe.send(answer(order.token, *order.words))


def codes(answers: Sequence[Any]) -> Counter[str]:
    """Return how often each refusal was given; "" for what was done."""
    return Counter(one["error"]["code"] if "error" in one else "" for one in answers)
