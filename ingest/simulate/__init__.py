"""A seeded centre: the events of its enterprises over some days, in the order of their arrival.

Nothing here is real and all of it says so. The same arguments give the same bytes on any machine:
one seeded generator of whole numbers an enterprise, no clock, no hash order.
"""

import hashlib
import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from ingest.simulate.billing import Billing
from ingest.simulate.cast import CENTRE, FIRST_DAY, PROVIDER, RESOURCES, Member, engage
from ingest.simulate.workload import Workload
from ledger.codec import Event, encode
from ledger.events import Data, UsageRecorded
from ledger.period import midnight_ms, render_instant
from ledger.usage import Slice, quantity_of, render_quantity

USAGE_SOURCE = "urn:suanquan:simulated:agent"
BOOK_SOURCE = "urn:suanquan:simulated:book"

_ACCELERATORS = frozenset(one.resource for one in RESOURCES if one.kind == "accelerator")


def simulate(enterprises: int, days: int, seed: int) -> Iterator[Event]:
    """Yield the events of a number of enterprises from 2022-01-01 on, in the order of arrival.

    Invoices add up to the charges of their period to the fen; each is issued, and most are paid,
    after it, so the last documents are dated after the last day.
    """
    centre = _Centre(seed)
    last = FIRST_DAY + timedelta(days - 1)
    members = [engage(seed, index, last) for index in range(enterprises)]
    yield from centre.opening(members)
    works = [(member, Workload(member, last), Billing(member, last)) for member in members]
    for number in range(days):
        day = FIRST_DAY + timedelta(number)
        for member, work, billing in works:
            for piece, arrives_ms in work.slices(day):
                billing.add(piece)
                centre.expect(arrives_ms, member.credit_code, piece)
            for document, filed_ms in billing.close(day):
                centre.expect(filed_ms, member.credit_code, document)
        yield from centre.arrivals(midnight_ms(day + timedelta(1)))
    yield from centre.arrivals(None)


class _Centre:
    """What is under way to the ledger, and the names that events get when they arrive."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._usage_events = 0
        self._book_events = 0
        self._expected = 0
        self._under_way: list[tuple[int, int, str, Data | Slice]] = []

    def opening(self, members: list[Member]) -> Iterator[Event]:
        """Yield what is known on the first day: the centre, its offer, its enterprises."""
        yield self._book(PROVIDER, CENTRE)
        for resource in RESOURCES:
            yield self._book("", resource)
        for member in members:
            for data in member.papers():
                yield self._book(member.credit_code, data)

    def expect(self, at_ms: int, subject: str, what: Data | Slice) -> None:
        """Let something arrive at an instant, after what was expected earlier for the same one."""
        self._expected += 1
        heapq.heappush(self._under_way, (at_ms, self._expected, subject, what))

    def arrivals(self, until_ms: int | None) -> Iterator[Event]:
        """Yield what has arrived before an instant; None: all that is left."""
        while self._under_way and (until_ms is None or self._under_way[0][0] < until_ms):
            _, _, subject, what = heapq.heappop(self._under_way)
            yield (
                self._usage(subject, what) if isinstance(what, Slice) else self._book(subject, what)
            )

    def _usage(self, subject: str, piece: Slice) -> Event:
        """Return the event of a usage slice; agents send ids that grow."""
        self._usage_events += 1
        whole, thousandths = divmod(piece.amount_milli, 1000)
        amount = f"{whole}.{thousandths:03d}".rstrip("0").rstrip(".")
        data = UsageRecorded(
            job=piece.job,
            resource=piece.resource,
            amount=amount,
            start=render_instant(piece.start_ms),
            end=render_instant(piece.end_ms),
            contract=piece.contract or None,
        )
        return encode(USAGE_SOURCE, f"{self._usage_events:010d}", subject, data)

    def _book(self, subject: str, data: Data) -> Event:
        """Return a book event."""
        self._book_events += 1
        event_id = f"{self._book_events:06d}"
        name = f"{self._seed}/{event_id}".encode()
        salt = hashlib.sha256(name).hexdigest()[:32]
        return encode(BOOK_SOURCE, event_id, subject, data, salt)


@dataclass(slots=True)
class Tally:
    """What a run of events holds: how many, of how many customers, how many card-seconds."""

    events: int = 0
    _customers: set[str] = field(default_factory=set)
    _micro: int = 0

    def add(self, event: Event) -> None:
        """Count an event."""
        self.events += 1
        if event.subject not in ("", PROVIDER):
            self._customers.add(event.subject)
        if event.usage is not None and event.usage.resource in _ACCELERATORS:
            self._micro += quantity_of(event.usage)

    @property
    def enterprises(self) -> int:
        """Return the number of enterprises, the centre not counted."""
        return len(self._customers)

    @property
    def card_seconds(self) -> str:
        """Return the accelerators' usage as an exact decimal."""
        return render_quantity(self._micro)
