"""Refused records → entries after a fix: read again as they were kept, and recorded once.

Nothing of a refusal is changed. What can be recorded now is appended together with a leaf that says
which refusal it settles; a refusal is settled once, by that leaf's name. What still cannot be
recorded stays as it is. What was kept is all there is: a record that was cut, or a row of a file
that only its map explains, is sent or imported again instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ingest.cloudevents import CONTENT_TYPE, STRUCTURED, parse_record
from ingest.file_worker import refuse_own
from ingest.quarantine import restore_record
from ingest.settlement import STREAM, How, name_of, settle, usage_log_of
from ingest.topic import KAFKA_PREFIX
from ledger.accepted import read_accepted
from ledger.codec import Event, parse
from ledger.credit_codes import require_codes
from ledger.errors import InvalidInputError
from ledger.events import LogName
from ledger.identity import find_standing
from ledger.query import Refused
from ledger.store import Store
from ledger.text import Text

# Refusals read and settled in one transaction; each may hold 64 KiB.
RETRY_RECORDS: Final = 500


@dataclass(slots=True)
class Retried:
    """What became of refused records: tried = recorded + duplicate + rejected.

    `refusals` holds why each that stays refused does, by its number.
    """

    recorded: int = 0
    duplicate: int = 0
    refusals: dict[int, InvalidInputError] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        """Return how many stay refused."""
        return len(self.refusals)


def retry(
    store: Store, refused: Sequence[Refused], recorded_at_ms: int, *, as_structured: bool = False
) -> Retried:
    """Return what became of refused records that are read again, in one transaction.

    Those that were settled already are left alone. `as_structured` reads a record without a
    content type as a structured CloudEvent: its sender forgot to say so.
    """
    result = Retried()
    with store.together() as whole, whole.transaction() as connection:
        accepted = read_accepted(connection)
        read: list[tuple[Refused, Event]] = []
        for one in refused:
            try:
                event = _read(one, as_structured=as_structured)
                require_codes(event, accepted)
                read.append((one, event))
            except InvalidInputError as error:
                result.refusals[one.number] = error
        names = [(event.source, event.id) for _, event in read]
        standing = find_standing(connection, [*names, *(name_of(one) for one in refused)])
        fresh: dict[LogName, list[Event]] = {}
        for one, event in read:
            if name_of(one) in standing:
                continue
            earlier = standing.setdefault((event.source, event.id), event)
            if not event.same_meaning(earlier):
                result.refusals[one.number] = _conflict(event)
                continue
            outcome: How = "duplicate"
            if earlier is event:
                outcome = "recorded"
                fresh.setdefault(usage_log_of(one), []).append(event)
            settled = settle(one, outcome)
            standing[name_of(one)] = settled
            fresh.setdefault(usage_log_of(one), []).append(settled)
            result.recorded += outcome == "recorded"
            result.duplicate += outcome == "duplicate"
        for log, events in sorted(fresh.items()):
            whole.append_own(events, recorded_at_ms, STREAM, log)
    return result


def _read(one: Refused, *, as_structured: bool) -> Event:
    """Return the event of a refused record as it was kept."""
    if one.length > len(one.body):
        raise InvalidInputError(
            "cut_off",
            Text(
                f"记录 {one.length} 字节，只保留了前 {len(one.body)} 字节",
                f"only the first {len(one.body)} of {one.length} bytes were kept",
            ),
            Text("请让采集端重发", "have the agent send it again"),
        )
    if one.stream.startswith(KAFKA_PREFIX) and one.code != "conflict":
        key, value, headers = restore_record(one.body)
        if as_structured and all(name != CONTENT_TYPE for name, _ in headers):
            headers = [(CONTENT_TYPE, STRUCTURED), *headers]
        event = parse_record(key, value, headers)
    elif one.code != "conflict" and not one.body.lstrip().startswith(b"{"):
        raise InvalidInputError(
            "needs_map",
            Text("这一行要凭列映射才能读懂", "only its map says what this row means"),
            Text(
                "请用改好的映射（--map）重新导入原文件；文件本身有误的，改正后另行导入",
                "import the file again with its mended map (--map); a row that is wrong itself is"
                " mended in a new file",
            ),
        )
    else:
        event = parse(one.body)
    refuse_own(event)
    return event


def _conflict(event: Event) -> InvalidInputError:
    """Return the refusal of an event whose name has another meaning in the ledger."""
    name = f"{event.source} {event.id}"
    return InvalidInputError(
        "conflict",
        Text(f"事件 {name} 已有另一内容", f"{name} stands in the ledger with another meaning"),
        Text("若为新事件请换新 id 重发", "send a new event under a new id"),
    )
