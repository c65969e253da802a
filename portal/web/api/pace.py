"""How often somebody may ask: a bucket of requests for each token, and for each stranger's address.

A bucket fills steadily up to its size, and each request takes one out. Buckets are kept in memory,
so that each worker of a server has its own: a limit is for that many requests of each worker.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

from ledger.errors import RuleViolationError
from ledger.text import Text


class Rate(NamedTuple):
    """How many requests a second in the long run, and how many at once after a pause."""

    per_s: int
    burst: int


# A program that goes through ten thousand claims by pages needs some hundred requests.
PER_TOKEN: Final = Rate(per_s=10, burst=200)

# Public notices and checkpoints are read now and then; a stranger tries tokens no faster.
PER_ADDRESS: Final = Rate(per_s=2, burst=60)

# More than call within a minute; whoever has not called for longest has a full bucket again.
KEYS_MAX: Final = 10_000


class ThrottledError(RuleViolationError):
    """Somebody asks too often; `retry_after_s` is when there is room again."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            "throttled",
            Text("请求过于频繁", "too many requests"),
            Text(f"请 {retry_after_s} 秒后再试", f"try again in {retry_after_s} s"),
        )
        self.retry_after_s = retry_after_s


class Pace:
    """The buckets of one worker."""

    def __init__(
        self,
        token: Rate = PER_TOKEN,
        address: Rate = PER_ADDRESS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._token = token
        self._address = address
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take_of_token(self, person: str) -> None:
        """Take one request out of the bucket of a token's holder; raises `ThrottledError`."""
        self._take(f"token {person}", self._token)

    def take_of_address(self, address: str) -> None:
        """Take one request out of the bucket of a stranger's address; raises `ThrottledError`."""
        self._take(f"address {address}", self._address)

    def _take(self, key: str, rate: Rate) -> None:
        now = self._clock()
        left, at = self._left.pop(key, (float(rate.burst), now))
        left = min(float(rate.burst), left + (now - at) * rate.per_s)
        self._left[key] = (max(left - 1, 0.0) if left >= 1 else left, now)
        if len(self._left) > KEYS_MAX:
            self._left.popitem(last=False)
        if left < 1:
            raise ThrottledError(math.ceil((1 - left) / rate.per_s))
