"""Skim: what canonical usage says, summed straight from its bytes without making an event of each.

A replay reads millions of entries for a few thousand sums. This way is as strict as `codec.parse`
and gives what `facts.gather` gives; whatever it does not know goes the long way.
"""

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from ledger.codec import USAGE_END, Name, check_subject, parse
from ledger.errors import InvalidInputError
from ledger.events import LogName
from ledger.facts import BLOCK_ENTRIES, SEQUENCE_BITS, Cell, Facts, gather
from ledger.gap import read_sequence
from ledger.period import HOUR_MS, cut_by_day, day_of_hour, parse_instant
from ledger.usage import INSTANT_MS_MAX, INSTANT_MS_MIN, SLICE_MS_MAX, parse_amount

# Texts of instants that are remembered: agents cut their slices on ticks, so they come again.
INSTANTS_MAX: Final = 65_536


# Records decoded as one text: enough to spare the calls, few enough for the processor's caches.
# They are of one block of `facts`, which is so many of these.
BLOCK: Final = 4_096
assert BLOCK_ENTRIES % BLOCK == 0, BLOCK


class _Data(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, gc=False):
    """`UsageRecorded` without a stated quantity, the members in canonical order."""

    amount: str
    contract: Name | None = None
    end: str
    job: Name
    resource: Name
    start: str


class _Line(msgspec.Struct, omit_defaults=True, kw_only=True, gc=False):
    """The envelope of canonical usage, the members in canonical order."""

    data: _Data
    id: Name
    sequence: Name | None = None
    source: Name
    specversion: Literal["1.0"]
    subject: str
    type: Literal["cn.suanquan.usage.recorded.v1"]


_Moment = tuple[int, str, int]
"""An instant in UTC ms, the policy day that holds it, and the instant at which that day ends."""

_decode_lines = msgspec.json.Decoder(_Line).decode_lines
_encode_lines = msgspec.json.Encoder().encode_lines
_moments: dict[str, _Moment] = {}


class _UnusualError(Exception):
    """A record that goes the long way."""


def skim(raws: Sequence[bytes], first: int = 0, log: LogName = "usage") -> Facts:
    """Return what the events in records' bytes say, the same as gathering each of them parsed.

    `first` is the index of the first record in the log. Raises `InvalidInputError` for the first
    one that is no event.
    """
    facts = Facts(log=log)
    try:
        start = 0
        while start < len(raws):
            end = start + BLOCK - (first + start) % BLOCK
            _skim_block(raws[start:end], facts, first + start)
            start = end
    except (InvalidInputError, _UnusualError):
        # Half of a block may be counted by now: once more, and the long way says what is wrong.
        return gather(map(parse, raws), Facts(log=log), first)
    return facts


def _skim_block(raws: Sequence[bytes], facts: Facts, first: int) -> None:
    """Add what some records say to facts."""
    usage = [raw for raw in raws if raw.endswith(USAGE_END)]
    lines = _read(usage)
    if lines is None:
        gather(map(parse, raws), facts, first)
        return
    _count(lines, facts, first // BLOCK_ENTRIES)
    if len(usage) < len(raws):
        for index, raw in enumerate(raws, first):
            if not raw.endswith(USAGE_END):
                gather((parse(raw),), facts, index)


def _read(raws: Sequence[bytes]) -> list[_Line] | None:
    """Return records as lines if what was read gives the same bytes again, and None otherwise.

    Why that is enough to know each member, and that every name can be printed: see
    `codec.parse_usage`.
    """
    text = b"\n".join((*raws, b""))
    if not text.isascii() or b"\\" in text or b"\x7f" in text:
        return None
    try:
        lines = _decode_lines(text)
        if len(lines) != len(raws) or _encode_lines(lines) != text:
            return None
        for subject in {line.subject for line in lines}:
            check_subject(subject)
    except (msgspec.MsgspecError, RecursionError, InvalidInputError):
        return None
    return lines


def _moment(text: str) -> _Moment:
    """Return the moment of an instant's text, remembered for the next time."""
    at_ms = parse_instant(text)
    if not INSTANT_MS_MIN <= at_ms <= INSTANT_MS_MAX:
        raise _UnusualError
    if len(_moments) >= INSTANTS_MAX:
        _moments.clear()
    day, midnight_ms = day_of_hour(at_ms // HOUR_MS)
    _moments[text] = moment = (at_ms, day, midnight_ms)
    return moment


def _count(lines: Sequence[_Line], facts: Facts, place: int) -> None:
    """Add what usage records of a block say; a sum half added is the caller's to throw away."""
    # As `facts.gather` does it, with every call that can be spared written out: the hot path.
    held, spans, numbers, moments = facts.held, facts.spans, facts.numbers, _moments
    for line in lines:
        data, source, sequence = line.data, line.source, line.sequence
        start_ms, day, midnight_ms = moments.get(data.start) or _moment(data.start)
        end_ms = (moments.get(data.end) or _moment(data.end))[0]
        duration_ms = end_ms - start_ms
        if not 0 < duration_ms <= SLICE_MS_MAX:
            raise _UnusualError
        if sequence is not None and (number := read_sequence(sequence)) is not None:
            block = source, number // SEQUENCE_BITS
            numbers[block] = numbers.get(block, 0) | 1 << number % SEQUENCE_BITS
        span = spans.get(source)
        if span is None:
            spans[source] = [start_ms, end_ms]
        else:
            span[0] = min(span[0], start_ms)
            span[1] = max(span[1], end_ms)
        amount_milli = parse_amount(data.amount)
        cell = source, line.subject, data.contract or "", data.resource, day, place
        sums = held.get(cell)
        if end_ms > midnight_ms:
            _count_days(held, cell, amount_milli, (start_ms, end_ms))
        elif sums is None:
            held[cell] = [1, amount_milli * duration_ms, 0]
        else:
            sums[0] += 1
            sums[1] += amount_milli * duration_ms


def _count_days(
    held: dict[Cell, list[int]], first: Cell, amount_milli: int, span_ms: tuple[int, int]
) -> None:
    """Add a slice that touches more than one policy day, of which `first` is the first's cell."""
    starts = 1
    source, enterprise, contract, resource, _, place = first
    for day, duration_ms in cut_by_day(*span_ms):
        cell = source, enterprise, contract, resource, day, place
        sums = held.setdefault(cell, [0, 0, 0])
        sums[0] += starts
        sums[1] += amount_milli * duration_ms
        sums[2] += 1 - starts
        starts = 0
