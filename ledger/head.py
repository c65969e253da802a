"""Where a log stands: the tree head that proofs, checkpoints and statements start from."""

from dataclasses import dataclass

from ledger.events import LogName


@dataclass(frozen=True, slots=True)
class Head:
    """Where a log stands: its origin, how many entries it has, and the root over them."""

    name: LogName
    origin: str
    size: int
    root: bytes
