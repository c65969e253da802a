"""Events of the usage logs: what agents metered, how batches ended, which refusals were settled."""

from typing import ClassVar, Final, Literal

from ledger.errors import InvalidInputError
from ledger.events.data import Data, LogKind, check_dates
from ledger.quantity import MICRO, parse_quantity
from ledger.text import Text

# Far beyond what an agent sends of one resource in a day; sums of many stay within 64 bits.
TALLIED_EVENTS_MAX: Final = 10**9
TALLIED_MICRO_MAX: Final = 100_000_000_000 * MICRO


class UsageRecorded(Data, frozen=True):
    """A job held an amount of a resource for a while; a long job comes as many slices."""

    type: ClassVar[str] = "cn.suanquan.usage.recorded.v1"
    log: ClassVar[LogKind] = "usage"

    job: str
    resource: str
    amount: str
    start: str
    end: str
    contract: str | None = None
    quantity: str | None = None


class BatchRecorded(Data, frozen=True):
    """The leaf that closes a batch: what was seen of `[first, next)` of a stream, and when.

    seen = recorded + duplicate + rejected, counted for this log. `rejections_sha256` is the digest
    of what was refused, so that nothing can later be called a duplicate or a rejection.
    """

    type: ClassVar[str] = "cn.suanquan.batch.recorded.v1"
    log: ClassVar[LogKind] = "usage"
    outside: ClassVar[bool] = False
    about_enterprise: ClassVar[bool] = False

    stream: str
    first: int
    next: int
    seen: int
    recorded: int
    duplicate: int
    rejected: int
    rejections_sha256: str
    recorded_at: str


class UsageTallied(Data, frozen=True):
    """What an agent says that it sent of a resource for one policy day of the centre.

    `events` counts the slices that start on the day. `quantity` is what was held during the day, in
    unit-seconds, exactly: a slice that passes midnight gives each day its part. Tallies of one
    source, resource and day add up: what is reported late is tallied by another one, and a wrong
    one is mended by one that is negative.
    """

    type: ClassVar[str] = "cn.suanquan.usage.tallied.v1"
    log: ClassVar[LogKind] = "usage"
    about_enterprise: ClassVar[bool] = False

    day: str
    resource: str
    events: int
    quantity: str

    def __post_init__(self) -> None:
        """Check the day and both figures."""
        check_dates(day=self.day)
        micro = parse_quantity(self.quantity)
        if abs(self.events) > TALLIED_EVENTS_MAX or abs(micro) > TALLIED_MICRO_MAX:
            said = f"{self.events} / {self.quantity}"
            raise InvalidInputError(
                "absurd_tally",
                Text(f"日计数超出范围：{said}", f"the tally is out of range: {said}"),
                Text("请核对采集端的日计数", "check the agent's daily count"),
            )


class RejectionSettled(Data, frozen=True):
    """A record that was refused at `position` of a stream was taken in after all.

    `batch_log` and `batch_index` name the closing leaf whose digest covers the refusal. `outcome`
    says whether its event was recorded now or had come another way meanwhile.
    """

    type: ClassVar[str] = "cn.suanquan.rejection.settled.v1"
    log: ClassVar[LogKind] = "usage"
    outside: ClassVar[bool] = False
    about_enterprise: ClassVar[bool] = False

    batch_log: str
    batch_index: int
    stream: str
    position: int
    outcome: Literal["recorded", "duplicate"]
