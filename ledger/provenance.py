"""Check where entries came from: identities, closing leaves, stream positions and refusals.

Each of these tables says again what the leaves say; whatever was changed behind our back disagrees
with a leaf, and the leaves are under the root.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import msgspec
from sqlalchemy import Connection, func, select

from ledger import tables
from ledger.codec import parse
from ledger.errors import InvalidInputError, TamperedLogError
from ledger.events import BatchRecorded, LogName
from ledger.finding import FINDINGS_MAX, Finding
from ledger.head import Head
from ledger.read import decode_chunk, read_chunks
from ledger.rejection import rejections_digest
from ledger.store import OWN_SOURCE
from ledger.tables import LOG_NUMBERS
from ledger.text import Text


class _Name(msgspec.Struct):
    """The attributes that name an event."""

    source: str
    id: str


_decode_name = msgspec.json.Decoder(_Name).decode

_NO_REJECTIONS = rejections_digest(())


@dataclass(slots=True)
class _Walk:
    """What the walk over the leaves has gathered."""

    findings: list[Finding] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=dict)
    misnamed: Counter[str] = field(default_factory=Counter)
    digests: dict[tuple[LogName, int], str] = field(default_factory=dict)

    def note(self, log: LogName | None, index: int | None, place: str, what: Text) -> None:
        """Add a finding; `place` is `table.column`."""
        table, column = place.split(".")
        self.findings.append(Finding(log, index, table, column, what))


def check_provenance(
    connection: Connection,
    heads: Sequence[Head],
    progress: Callable[[int], None] = lambda _: None,
) -> list[Finding]:
    """Return what disagrees between the leaves of all logs and the tables beside them.

    Entries that cannot be read are left to the check of the tree.
    """
    walk = _Walk()
    for head in heads:
        _check_log(connection, head, walk, progress)
    _check_streams(connection, walk)
    names = {LOG_NUMBERS[head.name]: head.name for head in heads}
    _check_rejections(connection, walk, names)
    _check_numbers(connection, walk, names)
    _check_strangers(connection, walk, names)
    _check_sources(connection, walk)
    _check_origins(walk, heads)
    return walk.findings


def _readable_entries(
    connection: Connection, head: Head, progress: Callable[[int], None]
) -> Iterator[tuple[int, bytes]]:
    """Yield (index, entry) of every chunk that can be read."""
    for chunk in read_chunks(connection, head.name, 0, head.size):
        try:
            yield from enumerate(decode_chunk(chunk), chunk.start)
        except TamperedLogError:
            continue
        finally:
            progress(chunk.count)


def _check_log(
    connection: Connection, head: Head, walk: _Walk, progress: Callable[[int], None]
) -> None:
    """Walk a log's entries beside its identities, and close each batch."""
    names = _stored_names(connection, head.name)
    name = next(names, None)
    open_entries = 0
    for index, entry in _readable_entries(connection, head, progress):
        try:
            said = _decode_name(entry)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            what = Text(f"不是事件：{error}", f"no event: {error}")
            walk.note(head.name, index, "chunk.body", what)
            continue
        while name is not None and name[2] < index:
            _note_stray(walk, head.name, name)
            name = next(names, None)
        if said.source == OWN_SOURCE:
            _close_batch(walk, head.name, index, entry, open_entries)
            open_entries = 0
            continue
        open_entries += 1
        if name is None or name[2] != index:
            what = Text("身份行缺失", f"no identity for {said.source} {said.id}")
            walk.note(head.name, index, "identity.leaf_index", what)
            continue
        if (name[0], name[1]) != (said.source, said.id):
            column = "identity.event_id" if name[0] == said.source else "identity.source"
            what = Text(
                f"身份为 {name[0]} {name[1]}，条目为 {said.source} {said.id}",
                f"identity says {name[0]} {name[1]}, the entry {said.source} {said.id}",
            )
            walk.note(head.name, index, column, what)
            if name[0] not in {said.source, None}:
                walk.misnamed[name[0]] += 1
        name = next(names, None)
    while name is not None:
        _note_stray(walk, head.name, name)
        name = next(names, None)
    if open_entries:
        what = Text("末批没有结束条目", "the last batch has no closing leaf")
        walk.note(head.name, head.size - 1, "chunk.body", what)


def _stored_names(connection: Connection, log: LogName) -> Iterator[tuple[str | None, str, int]]:
    """Yield (source, event id, index) of every identity of a log, by index."""
    table = tables.identity.c
    query = (
        select(tables.source.c.name, table.event_id, table.leaf_index)
        .outerjoin_from(tables.identity, tables.source, table.source == tables.source.c.number)
        .where(table.log == LOG_NUMBERS[log])
        .order_by(table.leaf_index, table.event_id)
    )
    with connection.execute(query.execution_options(yield_per=10_000)) as rows:
        for row in rows:
            yield row[0], row[1], row[2]


def _note_stray(walk: _Walk, log: LogName, name: tuple[str | None, str, int]) -> None:
    """Add a finding for an identity that belongs to no entry."""
    what = Text(
        f"身份 {name[0]} {name[1]} 没有对应条目", f"identity {name[0]} {name[1]} has no entry"
    )
    walk.note(log, name[2], "identity.leaf_index", what)


def _close_batch(walk: _Walk, log: LogName, index: int, entry: bytes, recorded: int) -> None:
    """Hold a closing leaf against the entries before it, and remember what it covers."""
    try:
        data = parse(entry).data
    except InvalidInputError as error:
        walk.note(log, index, "chunk.body", error.message)
        return
    if not isinstance(data, BatchRecorded):
        what = Text("账本来源的条目不是批结束条目", "an entry of the ledger's own closes no batch")
        walk.note(log, index, "chunk.body", what)
        return
    if data.recorded != recorded or data.seen != data.recorded + data.duplicate + data.rejected:
        what = Text(
            f"结束条目记 {data.recorded} 条，实有 {recorded} 条",
            f"the closing leaf counts {data.recorded} entries, {recorded} are there",
        )
        walk.note(log, index, "chunk.body", what)
    walk.ends[data.stream] = max(walk.ends.get(data.stream, 0), data.next)
    if data.rejections_sha256 != _NO_REJECTIONS:
        walk.digests[log, index] = data.rejections_sha256


def _check_streams(connection: Connection, walk: _Walk) -> None:
    """Hold each stream's position against the furthest closing leaf that names it."""
    stored: dict[str, int] = {
        row.name: row.next for row in connection.execute(select(tables.stream))
    }
    for name in sorted(stored.keys() | walk.ends.keys()):
        have, want = stored.get(name), walk.ends.get(name)
        if have != want:
            what = Text(f"{name} 位置为 {have}，日志为 {want}", f"{name} is at {have}, log: {want}")
            walk.note(None, None, "stream.next", what)


def _check_rejections(connection: Connection, walk: _Walk, names: Mapping[int, LogName]) -> None:
    """Hold the refusals of each batch against the digest in its closing leaf."""
    table = tables.rejection.c
    query = (
        select(tables.rejection)
        .where(table.log.in_(names))
        .order_by(table.log, table.batch_index, table.position)
    )
    rows = connection.execute(query.execution_options(yield_per=1000)).mappings()
    found: set[tuple[LogName, int]] = set()
    for key, group in groupby(rows, lambda row: (names[row["log"]], row["batch_index"])):
        found.add(key)
        if rejections_digest(group) != walk.digests.get(key, _NO_REJECTIONS):
            what = Text("拒收记录与批摘要不符", "refusals do not give the batch's digest")
            walk.note(key[0], key[1], "rejection.sha256", what)
    for log, index in sorted(walk.digests.keys() - found):
        what = Text("该批的拒收记录缺失", "the batch's refusals are gone")
        walk.note(log, index, "rejection.position", what)


def _check_numbers(connection: Connection, walk: _Walk, names: Mapping[int, LogName]) -> None:
    """Look for refusals that are not numbered in the order in which a log took them."""
    table = tables.rejection.c
    order = (table.batch_index, table.position)
    before = func.lag(table.id).over(partition_by=table.log, order_by=order).label("before")
    rows = select(table.id, table.log, table.batch_index, before).subquery()
    query = select(rows).where(rows.c.id < rows.c.before, rows.c.log.in_(names))
    for row in connection.execute(query.order_by(rows.c.id).limit(FINDINGS_MAX)):
        what = Text(
            f"拒收记录 {row.id} 排在 {row.before} 之后",
            f"refusal {row.id} comes after {row.before}",
        )
        walk.note(names[row.log], row.batch_index, "rejection.id", what)


def _check_strangers(connection: Connection, walk: _Walk, names: Mapping[int, LogName]) -> None:
    """Look for rows of no log, and settlements of no refusal."""
    for table in (one for one in tables.metadata.sorted_tables if "log" in one.c):
        query = select(table.c.log).where(table.c.log.not_in(names)).distinct()
        for number in connection.scalars(query):
            what = Text(f"没有编号为 {number} 的日志", f"there is no log number {number}")
            walk.note(None, None, f"{table.name}.log", what)
    settlement, rejection = tables.settlement.c, tables.rejection.c
    refused = (
        select(rejection.id)
        .where(rejection.stream == settlement.stream, rejection.position == settlement.position)
        .exists()
    )
    query = select(settlement.stream, settlement.position).where(~refused)
    for stream, position in connection.execute(query.order_by(*tables.settlement.primary_key)):
        what = Text(
            f"{stream} 第 {position} 条记为已补录，却从未拒收",
            f"{stream} at {position} is settled but was never refused",
        )
        walk.note(None, None, "settlement.position", what)


def _check_sources(connection: Connection, walk: _Walk) -> None:
    """Look for sources that gave no event, whose name no event says, or that are not there."""
    identity, source = tables.identity.c, tables.source.c
    known = select(identity.source).where(identity.source == source.number).exists()
    for name in connection.scalars(select(source.name).where(~known).order_by(source.name)):
        what = Text(f"来源 {name} 没有任何事件", f"source {name} has no event")
        walk.note(None, None, "source.name", what)
    for name, misnamed in sorted(walk.misnamed.items()):
        query = select(func.count()).join_from(
            tables.identity, tables.source, identity.source == source.number
        )
        if misnamed == connection.scalar(query.where(source.name == name)):
            what = Text(f"来源 {name} 的条目另有其名", f"no entry of source {name} says that name")
            walk.note(None, None, "source.name", what)
    present = select(source.number).where(source.number == identity.source).exists()
    for number in connection.scalars(select(identity.source).where(~present).distinct()):
        what = Text(f"编号为 {number} 的来源不见了", f"source number {number} is gone")
        walk.note(None, None, "source.number", what)


def _check_origins(walk: _Walk, heads: Sequence[Head]) -> None:
    """Look for logs whose origins do not have one and the same first part."""
    if len({head.origin.removesuffix(f"/{head.name}") for head in heads}) > 1:
        for head in heads:
            what = Text(f"来源名 {head.origin} 不一致", f"{head.origin} differs from the others")
            walk.note(head.name, None, "log.origin", what)
