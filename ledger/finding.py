"""One place where the evidence disagrees, named so that an auditor can go there."""

from dataclasses import dataclass
from typing import Final

from ledger.text import Text

# The first disagreements of a walk say where to look; a log that is wholly wrong has millions.
FINDINGS_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """What disagrees, and where; log and index are None where no one entry is meant."""

    log: str | None
    index: int | None
    table: str
    column: str
    what: Text
