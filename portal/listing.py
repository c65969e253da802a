"""What lists that go on page by page have in common: the refusal of a place that is none."""

from ledger.errors import InvalidInputError
from ledger.text import Text


def bad_after(after: str) -> InvalidInputError:
    """Return the refusal of a place from which no list goes on."""
    return InvalidInputError(
        "bad_after",
        Text(f"列表中没有 {after[:60]!r}", f"the list has no row {after[:60]!r}"),
        Text("请用上一页的 next，或从头开始", "give the next of a page, or begin again"),
    )
