"""One process at a time: who runs, what happens to it, what the time is.

A process is a thread that runs only while it holds the baton, so that a seed plays the same way
each time. It hands the baton back where it touches the world; there it may be switched, frozen,
killed or made to fail. A rare place is struck more often than a common one, so that every kind of
statement meets every fault in some hundred seeds.
"""

import random
import threading
from collections import Counter, deque
from collections.abc import Callable
from typing import Final, NamedTuple

# What a failing seed shows of its course.
TRACE_LENGTH: Final = 60

# A process that does not hand the baton back hangs in the database: no test waits longer.
TURN_S_MAX: Final = 60

KILLS_MAX: Final = 12

# A frozen worker is away for so many turns of the others, and when it slept long for so long.
FROZEN_TURNS_MAX: Final = 8
SLEPT_S: Final = 300

# One that is to be overtaken is away until the others have moved, if they do.
ZOMBIE_TURNS: Final = 30
ZOMBIE_MOVES_MAX: Final = 3
MANY: Final = 1 << 30

# Where a worker that is overtaken could do most harm; each seed picks one. Within a transaction
# only PostgreSQL lets others overtake.
HOT_PLACES: Final = {
    "sqlite": ("clock", "clock", "bounds"),
    "postgresql": ("clock", "clock", "bounds", "identity", "source", "stream"),
}


class Killed(BaseException):
    """The process is no more: nothing of it may run on."""


class Rates(NamedTuple):
    """How often each fault strikes; a seed leaves some out, so that no two hide each other."""

    kill: float = 0
    fail: float = 0
    freeze: float = 0
    zombie: float = 0
    switch: float = 0
    hear: float = 0
    silence: float = 0
    corrupt: float = 0
    unrest: float = 0


def draw_rates(dice: random.Random) -> Rates:
    """Return the rates of one seed."""
    return Rates(
        kill=dice.choice((0, 0.1, 0.3)),
        fail=dice.choice((0, 0.2, 0.6)),
        freeze=dice.choice((0, 0.2, 0.6)),
        zombie=dice.choice((0.05, 0.15, 0.3)),
        switch=dice.choice((0, 0.03, 0.2)),
        hear=dice.choice((0.1, 0.5)),
        silence=dice.choice((0, 0.02)),
        corrupt=dice.choice((0, 0, 0.01)),
        unrest=dice.choice((0, 0.05, 0.15)),
    )


class Stage:
    """Dice, time and course of one seed."""

    def __init__(self, dice: random.Random, database: str) -> None:
        """`database` is its dialect."""
        self.dice = dice
        self.rates = draw_rates(dice)
        self.hot = dice.choice(HOT_PLACES[database])
        self.now_s = 0.0
        self.slept_at_s = -1.0
        self.turns = 0
        self.moves = 0
        self.current: Process | None = None
        self.census: Counter[str] = Counter()
        self.met: Counter[str] = Counter()
        self.fallible: set[str] = set()
        self.trace: deque[str] = deque(maxlen=TRACE_LENGTH)
        self.baton = threading.Semaphore(0)
        self.kills = 0

    def note(self, what: str, detail: str = "") -> None:
        """Count something that happened, and remember it in order."""
        self.census[what] += 1
        self.trace.append(f"{self.turns:4} {self.now_s:8.3f} {what} {detail}".rstrip())

    def meet(self, what: str) -> None:
        """Count a place that a process came to."""
        self.now_s += 0.001
        self.met[what] += 1

    def strikes(self, rate: float, what: str) -> bool:
        """Return whether a fault strikes at a place, rather at one that was seldom met."""
        return rate > 0 and self.dice.random() < rate * (0.01 + 1 / (20 + self.met[what]))

    def happens(self, rate: float) -> bool:
        """Return whether something happens that has no place."""
        return rate > 0 and self.dice.random() < rate


class Process:
    """A simulated process: its body runs while it has the baton."""

    def __init__(self, stage: Stage, name: str, on_commit: Callable[[], None]) -> None:
        """`on_commit` is told when the database has taken a transaction of the process.

        `on_zombie` is told when it stands still for so long that others will take its place.
        """
        self.stage = stage
        self.name = name
        self.on_commit = on_commit
        self.on_zombie: Callable[[], None] = lambda: None
        self.killed = False
        self.writing = False
        self.failures: Counter[str] = Counter()
        self.born_s = stage.now_s
        self.exit = ""
        self.error: BaseException | None = None
        self._thaws_at = (0, 0)
        self._turn = threading.Semaphore(0)
        self._thread: threading.Thread | None = None

    def play(self, body: Callable[[], str]) -> None:
        """Begin with a body that returns in a word how it ended; it runs from the first turn on."""
        self._thread = threading.Thread(target=self._live, args=(body,), daemon=True)
        self._thread.start()

    @property
    def frozen(self) -> bool:
        """Return whether it gets no turn for a while."""
        turns, moves = self._thaws_at
        return turns > self.stage.turns and moves > self.stage.moves

    def resume(self) -> None:
        """Give it the baton and return when it gave it back."""
        self.stage.current = self
        self._turn.release()
        if not self.stage.baton.acquire(timeout=TURN_S_MAX):
            raise TimeoutError(self.name)
        self.stage.current = None
        if self.exit and self._thread is not None:
            self._thread.join()

    def kill(self, where: str) -> None:
        """End it where it stands: nothing of it runs any more."""
        self.killed = True
        self.stage.note(f"kill {where}", self.name)

    def pause(self) -> None:
        """Hand the baton back, and return with it."""
        self.stage.baton.release()
        self._turn.acquire()
        if self.killed:
            raise Killed

    def at(self, what: str, *, can_fail: bool = False, yields: bool = False) -> bool:
        """Return whether what comes next fails; here the process may be stopped or overtaken."""
        if self.killed:
            raise Killed
        stage, rates = self.stage, self.stage.rates
        stage.meet(what)
        if can_fail:
            stage.fallible.add(what)
        if stage.kills < KILLS_MAX and stage.strikes(rates.kill, what):
            stage.kills += 1
            self.kill(f"at {what}")
            raise Killed
        if stage.hot in what and stage.happens(rates.zombie):
            self.on_zombie()
            self.freeze(what, ZOMBIE_TURNS, stage.dice.randint(1, ZOMBIE_MOVES_MAX))
        elif stage.strikes(rates.freeze, what):
            self.freeze(what, stage.dice.randint(2, FROZEN_TURNS_MAX))
        elif yields or stage.happens(rates.switch):
            self.pause()
        if can_fail and stage.strikes(rates.fail, what):
            stage.note(f"fail at {what}", self.name)
            self.failures[what] += 1
            return True
        return False

    def freeze(self, what: str, turns: int, moves: int = MANY) -> None:
        """Let the others run for so many turns, or until they moved streams so many times.

        Such is a stopped process, a slow disk, a long pause.
        """
        stage = self.stage
        stage.note(f"freeze at {what}", self.name)
        self._thaws_at = stage.turns + turns, stage.moves + moves
        if stage.happens(0.01):
            stage.slept_at_s = stage.now_s
            stage.now_s += SLEPT_S
        self.pause()

    def _live(self, body: Callable[[], str]) -> None:
        """Run the body, in a thread of its own."""
        self._turn.acquire()
        try:
            if not self.killed:
                self.exit = body()
            self.exit = self.exit or "killed"
        except Killed:
            self.exit = "killed"
        except BaseException as error:  # noqa: BLE001 - whoever plays the seed raises it
            self.exit, self.error = "failed", error
        finally:
            self.stage.baton.release()
