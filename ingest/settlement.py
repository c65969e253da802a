"""The leaf that settles a refusal: a refused record was taken in after all, and how.

A refusal is settled once, for the leaf is named after it. Nothing of the refusal itself changes.
"""

from typing import Final, Literal

from ledger.codec import Event, encode
from ledger.events import LogName, RejectionSettled, kind_of_log
from ledger.query import Refused

SOURCE: Final = "urn:suanquan:retry"
"""The CloudEvents source of these leaves."""

STREAM: Final = "retry"
"""The stream on which they are recorded."""

How = Literal["recorded", "duplicate"]


def name_of(one: Refused) -> tuple[str, str]:
    """Return the name of the leaf that settles a refusal."""
    return SOURCE, f"{one.log}/{one.batch_index}/{one.position}"


def usage_log_of(one: Refused) -> LogName:
    """Return the usage log that takes what a refusal gives."""
    return one.log if kind_of_log(one.log) == "usage" else "usage"


def settle(one: Refused, outcome: How) -> Event:
    """Return the leaf that settles a refusal."""
    data = RejectionSettled(
        batch_log=one.log,
        batch_index=one.batch_index,
        stream=one.stream,
        position=one.position,
        outcome=outcome,
    )
    return encode(*name_of(one), "", data)
