"""A file → entries, exactly once: it may be killed anywhere and run again.

A file is a stream named by its content's hash; its line numbers are the positions. Every run reads
from the first line: what is recorded already is a duplicate and what was refused keeps its one row,
so a run that was cut short and repeated leaves the same entries in the same order as an undisturbed
one. Batches end where the content says, not where a run began.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ingest.adapters import Adapter, Reader
from ingest.lines import Content, Progress, Record, open_content
from ingest.overlap import Item, read_spans, refuse_overlap, span_of
from ingest.settlement import STREAM, How, settle, usage_log_of
from ledger.accepted import read_accepted_of
from ledger.codec import Event
from ledger.credit_codes import require_codes
from ledger.errors import InvalidInputError
from ledger.events import LogName
from ledger.identity import find_standing
from ledger.query import read_open
from ledger.rejection import Rejection
from ledger.store import RESERVED_SOURCES, Batch, Outcome, Store
from ledger.text import Text

BATCH_RECORDS: Final = 20_000

# With short lines a batch ends by its count; with the longest ones it would not fit into memory.
BATCH_BYTES: Final = 1 << 25

# As many as a person reads before running the next try.
SHOWN_REJECTIONS_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of a file's records: seen = recorded + duplicate + rejected.

    `book_recorded` and `book_rejected` count the events that the map made beside them: rejected
    ones say something else than the book knows from an earlier map.
    """

    sha256: str
    seen: int = 0
    recorded: int = 0
    duplicate: int = 0
    rejected: int = 0
    book_recorded: int = 0
    book_rejected: int = 0


def ingest_file(  # noqa: PLR0913 - the whole interface in one call; four are options
    store: Store,
    path: str | Path,
    adapter: Adapter,
    clock: Callable[[], int],
    *,
    strict: bool = False,
    confirm_overlap: bool = False,
    batch_records: int = BATCH_RECORDS,
    progress: Progress = lambda _: None,
) -> FileOutcome:
    """Return what became of a file (`-` for standard input) after recording it.

    `clock` gives the UTC milliseconds of recording; `progress` is told of the file's bytes as they
    are recorded. Raises `InvalidInputError` before anything is written: the file cannot be read or
    has the wrong columns; with `strict`, a line is refused; rows name the events and the file is
    broken. Raises `RuleViolationError` (`overlapping_file`) when rows name the events and another
    file of the source covers the same time.
    """
    with open_content(path) as content:
        reader = _begin(content, adapter)
        stream = f"file:{content.sha256}"
        accepted = read_accepted_of(store)
        if strict:
            _refuse_rejections(_parse(content, reader, accepted))
        if reader.row_source is not None:
            _refuse_broken(content)
            if not confirm_overlap:
                source = f"{reader.row_source}#sha256:"
                others = read_spans(store, source, content.sha256)
                if others:
                    own = span_of(_parse(content, reader, accepted))
                    if store.position(stream) < own.end:
                        refuse_overlap(content.sha256, own, others)
        runs = _runs(_parse(content, reader, accepted, progress), batch_records)
        if not strict:
            return _record(store, stream, runs, reader, clock)
        with store.together() as whole:
            outcome = _record(whole, stream, runs, reader, clock)
            if outcome.rejected:
                raise _conflicts(outcome)
        return outcome


def _begin(content: Content, adapter: Adapter) -> Reader:
    """Return the reader of a file."""
    first: Record | None = next(content.records(), None) if adapter.needs_header else None
    if isinstance(first, Rejection):
        raise InvalidInputError(
            first.code,
            Text(
                f"第 {first.position} 行：{first.message.zh}",
                f"line {first.position}: {first.message.en}",
            ),
            Text("未写入任何内容", "nothing was written"),
        )
    return adapter.begin(content.sha256, b"" if first is None else first[1])


def _parse(
    content: Content,
    reader: Reader,
    accepted: Container[str],
    progress: Progress = lambda _: None,
) -> Iterator[Item]:
    """Yield what each record of a file is: an event at its line, or a rejection."""
    records = content.records(progress)
    if reader.has_header:
        next(records, None)
    for record in records:
        if isinstance(record, Rejection):
            yield record
            continue
        number, raw = record
        try:
            event = reader.read(number, raw)
            refuse_own(event)
            require_codes(event, accepted)
        except InvalidInputError as error:
            yield reject(number, error, raw)
        else:
            yield number, event


def reject(position: int, error: InvalidInputError, raw: bytes) -> Rejection:
    """Return the rejection of a record, with what is wrong and what to do."""
    message = Text(
        f"{error.message.zh}；{error.next_step.zh}", f"{error.message.en}; {error.next_step.en}"
    )
    return Rejection.of(position, error.code, message, raw)


def refuse_own(event: Event) -> None:
    """Raise `InvalidInputError` for an event that pretends to be the ledger's own."""
    if event.source in RESERVED_SOURCES:
        raise InvalidInputError(
            "reserved_source",
            Text(f"来源 {event.source} 专属账本", f"the source {event.source} is the ledger's own"),
            Text("请改用自己的来源名", "use a source of your own"),
        )


def _refuse_rejections(items: Iterable[Item]) -> None:
    """Raise `InvalidInputError` with the first rejections when there are any."""
    shown: list[Rejection] = []
    count = 0
    for item in items:
        if isinstance(item, Rejection):
            count += 1
            if count <= SHOWN_REJECTIONS_MAX:
                shown.append(item)
    if count:
        zh = "\n".join(f"第 {one.position} 行 {one.code}：{one.message.zh}" for one in shown)
        en = "\n".join(f"line {one.position} {one.code}: {one.message.en}" for one in shown)
        raise InvalidInputError(
            "rejected_lines",
            Text(f"{count} 行不能接收，前几行：\n{zh}", f"{count} lines are refused, first:\n{en}"),
            Text(
                "未写入任何内容；请修正，或不加 --strict 运行",
                "nothing was written; mend them, or run without --strict",
            ),
        )


def _conflicts(outcome: FileOutcome) -> InvalidInputError:
    """Return the error for lines that only the ledger could refuse."""
    return InvalidInputError(
        "conflict",
        Text(
            f"{outcome.rejected} 行与已有记录或前面的行同名而内容不同",
            f"{outcome.rejected} lines contradict the ledger or an earlier line of the same name",
        ),
        Text(
            "未写入任何内容；不加 --strict 运行可逐行查看原因",
            "nothing was written; run without --strict to see each line's reason",
        ),
    )


def _refuse_broken(content: Content) -> None:
    """Raise when the content whose hash would name every row is not all there."""
    if content.broken is not None:
        raise InvalidInputError(
            "broken_file",
            Text(
                f"{content.broken.zh}；该文件的行没有编号，以整个文件的哈希命名，残缺文件不能导入",
                f"{content.broken.en}; its rows have no ids and are named by the whole file's hash,"
                " so a part of it cannot be imported",
            ),
            Text("未写入任何内容；请重新取得完整文件", "nothing was written; fetch the whole file"),
        )


def _record(
    store: Store,
    stream: str,
    runs: Iterable[Sequence[Item]],
    reader: Reader,
    clock: Callable[[], int],
) -> FileOutcome:
    """Return what became of a file after appending it batch by batch."""
    expected = store.position(stream)
    book = _Book(store, f"{stream}#book", reader)
    recorded = duplicate = rejected = 0
    first = 1
    for run in runs:
        batch = _batch(stream, expected, first, run)
        recorded_at_ms = clock()
        book.append([event.subject for _, event in batch.events], recorded_at_ms)
        outcome = _append(store, batch, recorded_at_ms)
        expected, first = outcome.next, batch.next
        recorded += outcome.recorded
        duplicate += outcome.duplicate
        rejected += outcome.rejected
    seen = recorded + duplicate + rejected
    return FileOutcome(
        stream.removeprefix("file:"),
        seen,
        recorded,
        duplicate,
        rejected,
        book.recorded,
        book.rejected,
    )


def _append(store: Store, batch: Batch, recorded_at_ms: int) -> Outcome:
    """Record a batch, and settle what was refused of these lines before and now is an event."""
    if batch.expected <= batch.first:
        return store.append(batch, recorded_at_ms)
    with store.together() as whole, whole.transaction() as connection:
        events = dict(batch.events)
        refused = read_open(connection, batch.stream, batch.first, batch.next)
        mended = [one for one in refused if one.position in events]
        names = {
            one.position: (events[one.position].source, events[one.position].id) for one in mended
        }
        # Of several lines of one name the first one is recorded, if none stood before.
        firsts = {(event.source, event.id): at for at, event in reversed(batch.events)}
        before = find_standing(connection, names.values())
        outcome = whole.append(batch, recorded_at_ms)
        after = find_standing(connection, names.values())
        settled: dict[LogName, list[Event]] = {}
        for one in mended:
            name = names[one.position]
            if events[one.position].same_meaning(after[name]):
                is_first = name not in before and firsts[name] == one.position
                how: How = "recorded" if is_first else "duplicate"
                settled.setdefault(usage_log_of(one), []).append(settle(one, how))
        for log, leaves in sorted(settled.items()):
            whole.append_own(leaves, recorded_at_ms, STREAM, log)
        return outcome


def _runs(items: Iterable[Item], batch_records: int) -> Iterator[list[Item]]:
    """Yield the items in runs that end by the content alone."""
    run: list[Item] = []
    length = 0
    for item in items:
        run.append(item)
        length += len(item.body) if isinstance(item, Rejection) else len(item[1].raw)
        if len(run) == batch_records or length >= BATCH_BYTES:
            yield run
            run, length = [], 0
    if run:
        yield run


def _batch(stream: str, expected: int, first: int, items: Sequence[Item]) -> Batch:
    """Return a run of items as a batch from a position on."""
    last = items[-1]
    return Batch(
        stream=stream,
        expected=expected,
        first=first,
        next=(last.position if isinstance(last, Rejection) else last[0]) + 1,
        events=[item for item in items if not isinstance(item, Rejection)],
        rejections=[item for item in items if isinstance(item, Rejection)],
    )


class _Book:
    """The book events that a file's map makes, on a stream beside the file's.

    They go ahead of the batch that needs them and are counted apart, for they are no lines.
    """

    def __init__(self, store: Store, stream: str, reader: Reader) -> None:
        self._store = store
        self._stream = stream
        self._reader = reader
        self._known: set[str | None] = set()
        self._first = 0
        self.recorded = 0
        self.rejected = 0

    def append(self, subjects: Iterable[str], recorded_at_ms: int) -> None:
        """Record what the book must know before usage of some enterprises."""
        new: list[str | None] = [
            subject for subject in dict.fromkeys([None, *subjects]) if subject not in self._known
        ]
        self._known.update(new)
        events = [event for subject in new for event in self._reader.book(subject)]
        if not events:
            return
        batch = Batch(
            stream=self._stream,
            expected=self._store.position(self._stream),
            first=self._first,
            next=self._first + len(events),
            events=list(enumerate(events, self._first)),
        )
        self._first = batch.next
        outcome: Outcome = self._store.append(batch, recorded_at_ms)
        self.recorded += outcome.recorded
        self.rejected += outcome.rejected
