"""The log of accesses: no table changes, and whoever migrates finds its head inserted.

Heads are rows of `log`; `ledger.schema` inserts each one that a ledger lacks.
"""

revision: str = "0012"
down_revision: str | None = "0011"


def upgrade() -> None:
    """Change nothing but the revision, by which a ledger without this log is told to migrate."""
