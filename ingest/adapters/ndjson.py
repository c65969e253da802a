"""One CloudEvent a line (JSON event format, structured): the bytes of the line are the leaf."""

from collections.abc import Sequence

from ledger.codec import Event, parse
from ledger.errors import InvalidInputError
from ledger.events import Data, PaperData
from ledger.text import Text


class NdjsonAdapter:
    """Reads events as they were sent; it is its own reader, since nothing depends on the file."""

    needs_header = False
    has_header = False
    row_source = None

    def begin(self, _sha256: str, _first: bytes) -> "NdjsonAdapter":
        """Return the reader of a file."""
        return self

    def read(self, _number: int, raw: bytes) -> Event:
        """Return the event of a line.

        Raises `InvalidInputError`: what `ledger.codec.parse` refuses; `type_not_accepted` for a
        type that only the ledger itself writes; `recorded_by_outside` for a paper that says who
        entered it here, which only an act with a token says.
        """
        event = parse(raw)
        if issubclass(event.kind, PaperData):
            _refuse_entered(event.data)
        if not event.kind.outside:
            raise InvalidInputError(
                "type_not_accepted",
                Text(
                    f"事件类型 {event.kind.type} 只能由账本自己写入",
                    f"{event.kind.type} is written by the ledger itself only",
                ),
                Text("请勿从外部提交此类事件", "leave it out: it cannot be sent from outside"),
            )
        return event

    def book(self, _subject: str | None) -> Sequence[Event]:
        """Return nothing: what the book needs to know is sent as events too."""
        return ()


def _refuse_entered(data: Data) -> None:
    """Raise for a paper from outside that says who entered it here."""
    if isinstance(data, PaperData) and data.recorded_by is not None:
        raise InvalidInputError(
            "recorded_by_outside",
            Text(
                f"外来材料写了录入人 {data.recorded_by}",
                f"a paper from outside says that {data.recorded_by} entered it",
            ),
            Text("请去掉 recorded_by", "drop recorded_by"),
        )
