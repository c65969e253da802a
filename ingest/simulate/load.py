"""The seeded stream of records that a load test sends: a centre's usage, and what goes wrong on it.

A pipe of stages: what the agent made, what is lost or sent again or sent wrong, what comes late,
what changes places. Each trouble has its share, its own seed, and exact counts: after each block,
and at the end, as many are in trouble as the share says, rounded down. No clock is read, so the
same plan gives the same records at whatever pace they are taken.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from random import Random
from typing import Final, Literal, NamedTuple

from ingest.simulate.agent import Agent, Made
from ingest.simulate.malformed import CODES, MALFORMED
from ingest.simulate.sent import Sent
from ledger.period import HOUR_MS, render_instant

Mode = Literal["structured", "binary", "mixed"]
"""CloudEvents' content modes of the records; in `mixed` each record draws its own."""

# Records change places within a block, those of one key among themselves too.
BLOCK: Final = 512

# A duplicate comes after up to so many others: in the same transaction as its event, or far behind.
REMEMBERED: Final = 10_000

# A late record is held back so many hours of simulated time.
LATE_HOURS_MIN: Final = 1
LATE_HOURS_MAX: Final = 72

NONE: Final = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to send.

    `records` are made, None as many as the days give; the shares of what is duplicated, malformed
    and dropped are shares of these, the shares of what is late and reordered of what is then sent.
    Duplicates, malformed records and tallies come on top. A tally may change places, no more.
    """

    enterprises: int
    days: int
    seed: int
    records: int | None = None
    late: Fraction = NONE
    duplicated: Fraction = NONE
    reordered: Fraction = NONE
    malformed: Fraction = NONE
    dropped: Fraction = NONE
    mode: Mode = "structured"
    tallies: bool = False

    def __post_init__(self) -> None:
        """Check the shares; where all is dropped nothing is there to be duplicated."""
        shares = (self.late, self.duplicated, self.reordered, self.malformed)
        assert all(0 <= share <= 1 for share in shares), shares
        assert 0 <= self.dropped < 1, self.dropped


class Planned(NamedTuple):
    """A record to send, None where it is dropped, and what it is.

    `code` is the refusal of a malformed record, which was made of the event; empty for a good one.
    """

    record: Sent | None
    made: Made
    code: str = ""
    late: bool = False
    reordered: bool = False


Block = list[Planned]


def plan_records(plan: Plan) -> Iterator[Planned]:
    """Yield the records of a plan in the order in which they are sent."""
    blocks = _trouble(plan)
    if plan.late:
        blocks = _delay(plan, blocks)
    if plan.reordered:
        blocks = _reorder(plan, blocks)
    for block in blocks:
        yield from block


class _Share:
    """Draws who of what goes by is in one kind of trouble."""

    def __init__(self, plan: Plan, name: str) -> None:
        self.random = Random(f"{plan.seed}/{name}")  # noqa: S311 - made-up trouble, no secret
        self._share: Fraction = getattr(plan, name)
        self._seen = 0
        self._drawn = 0

    def draw(self, places: list[int], least: int = 1) -> list[int]:
        """Return the places in trouble among those that go by, at random; fewer than `least` wait.

        What could not be drawn yet is drawn from what comes next.
        """
        self._seen += len(places)
        count = min(int(self._seen * self._share) - self._drawn, len(places))
        if count < least:
            return []
        self._drawn += count
        return self.random.sample(places, count)


# --- lost, sent again, sent wrong ---


def _trouble(plan: Plan) -> Iterator[Block]:
    """Yield what the agent made, with what is lost, sent again and sent wrong."""
    agent = Agent(plan.enterprises, plan.days, plan.seed, tallies=plan.tallies)
    stage = _Trouble(plan)
    at_ms = 0
    for batch in _batches(agent.events(), plan.records):
        at_ms = batch[-1].made_at_ms
        yield stage.block(batch)
    yield stage.block(list(agent.tally(at_ms)))


def _batches(events: Iterable[Made], records: int | None) -> Iterator[list[Made]]:
    """Yield events in batches until so many of usage have come; tallies are not counted."""
    batch: list[Made] = []
    usage = 0
    for made in events if records != 0 else ():
        batch.append(made)
        usage += made.piece is not None
        if len(batch) == BLOCK or usage == records:
            yield batch
            batch = []
        if usage == records:
            return
    if batch:
        yield batch


class _Trouble:
    """Loses some events, sends some again and some wrong."""

    def __init__(self, plan: Plan) -> None:
        self._dropped = _Share(plan, "dropped")
        self._duplicated = _Share(plan, "duplicated")
        self._malformed = _Share(plan, "malformed")
        self._modes = Random(f"{plan.seed}/mode")  # noqa: S311 - as above
        self._kinds: list[str] = []
        self._remembered: list[Made] = []
        self._owed = 0
        render: dict[Mode, Callable[[Made], Sent]] = {
            "structured": Made.structured,
            "binary": Made.binary,
            "mixed": self._draw_mode,
        }
        self._render = render[plan.mode]
        self._is_clean = not (plan.dropped or plan.duplicated or plan.malformed)

    def block(self, batch: list[Made]) -> Block:
        """Return the records of some events."""
        if self._is_clean:
            return [Planned(self._render(made), made) for made in batch]
        usage = [at for at, made in enumerate(batch) if made.piece is not None]
        dropped, duplicated, malformed = (
            frozenset(share.draw(usage))
            for share in (self._dropped, self._duplicated, self._malformed)
        )
        block: Block = []
        for at, made in enumerate(batch):
            if at in dropped:
                block.append(Planned(None, made))
            else:
                block.append(Planned(self._render(made), made))
                if made.piece is not None:
                    self._remember(made)
            self._owed += at in duplicated
            # Before the first event that is sent there is nothing to send again.
            while self._owed and self._remembered:
                self._owed -= 1
                block.append(self._duplicate())
            if at in malformed:
                block.append(self._malform(made))
        return block

    def _draw_mode(self, made: Made) -> Sent:
        """Return the record of an event in the one content mode or the other."""
        return made.binary() if self._modes.getrandbits(1) else made.structured()

    def _remember(self, made: Made) -> None:
        """Keep an event for a while, so that it can be sent again."""
        if len(self._remembered) < REMEMBERED:
            self._remembered.append(made)
        else:
            self._remembered[made.sequence % REMEMBERED] = made

    def _duplicate(self) -> Planned:
        """Return an event again: in this content mode or the other, or with other attributes."""
        random = self._duplicated.random
        made = random.choice(self._remembered)
        way = random.choice(("structured", "binary", "traced"))
        if way != "traced":
            return Planned(made.structured() if way == "structured" else made.binary(), made)
        time = render_instant(made.made_at_ms + random.randrange(HOUR_MS))
        trace = f"00-{random.getrandbits(128):032x}-{random.getrandbits(64):016x}-01"
        if random.getrandbits(1):
            headers = (("ce_time", time.encode()), ("ce_traceparent", trace.encode()))
            return Planned(made.binary(headers), made)
        return Planned(made.structured(f'"time":"{time}","traceparent":"{trace}",'), made)

    def _malform(self, made: Made) -> Planned:
        """Return a record that was to hold an event, wrong in one way after the other."""
        random = self._malformed.random
        if not self._kinds:
            self._kinds = random.sample(list(MALFORMED), len(MALFORMED))
        kind = self._kinds.pop()
        return Planned(MALFORMED[kind](made.structured(), random), made, CODES[kind])


# --- late, in another order ---


def _delay(plan: Plan, blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the blocks, some records held back by hours of simulated time."""
    share = _Share(plan, "late")
    held: list[tuple[int, int, Planned]] = []
    count = 0
    for block in blocks:
        sent = [at for at, one in enumerate(block) if one.record and one.made.piece]
        late = frozenset(share.draw(sent))
        passed: Block = []
        for at, one in enumerate(block):
            while held and held[0][0] <= one.made.made_at_ms:
                passed.append(heapq.heappop(held)[2])
            if at in late:
                count += 1
                hours = share.random.randint(LATE_HOURS_MIN, LATE_HOURS_MAX)
                until_ms = one.made.made_at_ms + hours * HOUR_MS
                heapq.heappush(held, (until_ms, count, one._replace(late=True)))
            else:
                passed.append(one)
        yield passed
    left = (heapq.heappop(held)[2] for _ in range(len(held)))
    while block := list(islice(left, BLOCK)):
        yield block


def _reorder(plan: Plan, blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the blocks, some records of each in each other's places."""
    share = _Share(plan, "reordered")
    for block in blocks:
        # One alone has nowhere to go.
        places = share.draw([at for at, one in enumerate(block) if one.record], least=2)
        moving = [block[at] for at in places]
        for at, one in zip(places, moving[1:] + moving[:1], strict=True):
            block[at] = one._replace(reordered=True)
        yield block
