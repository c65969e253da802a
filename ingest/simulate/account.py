"""What was sent, counted so that a ledger can be held to it: to the event and to the micro-second.

It holds for any prefix of a stream: what was sent twice counts once, in whichever order it came.
"""

from collections import Counter
from typing import Final

from ingest.simulate.cast import ACCELERATOR
from ingest.simulate.load import Planned
from ledger.usage import quantity_of, render_quantity

# Numbers are noted in a byte each; the notes grow by at least so many.
_GROWTH: Final = 1 << 16


class Account:
    """What a run has sent so far, and what must become of it in a ledger that knew nothing."""

    def __init__(self) -> None:
        self.made = 0
        self.sent = 0
        self.events = 0
        self.duplicate = 0
        self.dropped = 0
        self.late = 0
        self.reordered = 0
        self.tallies = 0
        self.codes: Counter[str] = Counter()
        self._customers: set[str] = set()
        self._micro: Counter[str] = Counter()
        self._arrived = bytearray()

    def add(self, planned: Planned) -> None:
        """Count a record that Kafka acknowledged, or one that is dropped."""
        if planned.record is None:
            self.made += 1
            self.dropped += 1
            return
        self.sent += 1
        self.late += planned.late
        self.reordered += planned.reordered
        if planned.code:
            self.codes[planned.code] += 1
            return
        made = planned.made
        if made.sequence >= len(self._arrived):
            self._arrived.extend(bytes(made.sequence - len(self._arrived) + _GROWTH))
        if self._arrived[made.sequence]:
            self.duplicate += 1
            return
        self._arrived[made.sequence] = 1
        if made.piece is None:
            self.tallies += 1
            return
        self.made += 1
        self.events += 1
        self._customers.add(made.subject)
        self._micro[made.piece.resource] += quantity_of(made.piece)

    @property
    def malformed(self) -> int:
        """Return how many malformed records were sent."""
        return self.codes.total()

    @property
    def distinct(self) -> int:
        """Return how many events must be recorded, tallies among them."""
        return self.events + self.tallies

    @property
    def enterprises(self) -> int:
        """Return of how many enterprises there is usage."""
        return len(self._customers)

    @property
    def card_seconds(self) -> str:
        """Return the accelerators' usage as an exact decimal."""
        return render_quantity(self._micro[ACCELERATOR])

    @property
    def quantities(self) -> dict[str, str]:
        """Return each resource's usage in unit-seconds as an exact decimal."""
        return {name: render_quantity(micro) for name, micro in sorted(self._micro.items())}

    @property
    def missing(self) -> int:
        """Return how many numbers are missing between the first and the last that was sent."""
        return self._arrived.strip(b"\0").count(0)

    @property
    def gaps(self) -> int:
        """Return in how many runs these numbers are missing."""
        return self._arrived.strip(b"\0").count(b"\1\0")
