"""Ends a process that makes no progress, so that whoever supervises it starts a new one.

Twice as strict as it looks: a loop that turns without moving gets an error that says so; a call
that never returns is ended from outside by the interpreter, which prints where every thread stands.
"""

import faulthandler
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, NamedTuple, Self

from ledger.errors import LedgerError
from ledger.text import Text

STALLED_S: Final = 120


class Timer(NamedTuple):
    """How a process measures time and lets it pass, in seconds; a simulation has its own."""

    now_s: Callable[[], float] = time.monotonic
    wait: Callable[[float], None] = time.sleep


class Watchdog:
    """Wants to be patted at each progress, while its context lasts."""

    def __init__(
        self,
        stalled_s: int = STALLED_S,
        *,
        ends_process: bool = True,
        timer: Timer | None = None,
    ) -> None:
        """`ends_process` is for processes of our own; a guest's must not be ended."""
        self._stalled_s = stalled_s
        self._ends_process = ends_process
        self.timer = timer or Timer()
        self._patted_at = self.timer.now_s()

    def __enter__(self) -> Self:
        self.pat()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._ends_process:
            faulthandler.cancel_dump_traceback_later()

    def pat(self) -> None:
        """Note progress."""
        self._patted_at = self.timer.now_s()
        if self._ends_process:
            faulthandler.dump_traceback_later(2 * self._stalled_s, exit=True)

    def check(self) -> None:
        """Raise `LedgerError` (`stalled`) when there was no progress for too long."""
        if self.timer.now_s() - self._patted_at > self._stalled_s:
            raise LedgerError(
                "stalled",
                Text(
                    f"{self._stalled_s} 秒没有进展，而 Kafka 上仍有未读记录",
                    f"no progress for {self._stalled_s} s while records wait in Kafka",
                ),
                Text(
                    "已写入的不受影响；请检查数据库与 Kafka 后重新启动",
                    "what is recorded is safe; check database and Kafka, then start again",
                ),
            )
