"""A ledger as a province has it after a year: what the portal's pages are measured on.

A million entries of usage over the year, of five hundred enterprises with contract, invoices and
payments behind their claims; 50,000 claims in every state, by some hundred in a notice and a
payment batch; thousands of statements.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

import msgspec

from bench.claim_world import CLAIMS, ENTERPRISES, fill, firm_code, live
from ledger.claim_state import State
from ledger.codec import Event, encode, parse_usage
from ledger.events import ClaimNoticed, ClaimOrdered, Data
from ledger.period import parse_instant, render_instant
from ledger.projection import PROJECTIONS
from ledger.store import Batch, Store
from tests.issued import issue
from tests.portal.office import Office
from tests.small_ledger import CODE, RECORDED_AT_MS, SALT, events

ENTRIES: Final = 1_000_000
FIRMS: Final = 500
"""Enterprises with usage and papers, and so are their claims."""

STATEMENTS: Final = 3_000
OF_ONE: Final = 500
"""Statements, and those among them of one enterprise: ten years of four kinds each month."""

LINES: Final = 500
NOTICE: Final = "hubei-2022-G900"
BATCH: Final = "hubei-2022-B900"
"""A notice and a payment batch of many lines."""

_BATCH: Final = 20_000
_HOUR_MS: Final = 3_600_000
_FIRST_MS: Final = parse_instant("2022-01-01T00:00:00+08:00")
_YEAR_MS: Final = 330 * 24 * _HOUR_MS
_MONTHS: Final = 10

_LINE: Final = (
    '{{"data":{{"amount":"{amount}","contract":"{contract}","end":"{end}","job":"job-{number:07}",'
    '"resource":"a100","start":"{start}"}},"id":"{number:012}","sequence":"{number}",'
    '"source":"urn:agent:centre","specversion":"1.0","subject":"{subject}",'
    '"type":"cn.suanquan.usage.recorded.v1"}}'
)


def fill_portal(office: Office) -> None:
    """Append all that the portal's pages are measured on."""
    fill(office)
    store = Store(office.ledger.write, PROJECTIONS)
    more = _more()
    while some := list(islice(more, 2_000)):
        store.append_own(some, RECORDED_AT_MS)
    for first in range(0, ENTRIES, _BATCH):
        read = parse_usage([_usage(number) for number in range(first, first + _BATCH)])
        assert read is not None
        end = first + _BATCH
        batch = Batch("bench:usage", first, first, end, list(enumerate(read, first)))
        assert store.append(batch, RECORDED_AT_MS).recorded == _BATCH


def _more() -> Iterator[Event]:
    """Yield papers, a long notice, a long batch, and statements."""
    for firm in range(1, FIRMS + 1):
        yield from _papers(firm)
    for line in range(LINES):
        yield from _within(CLAIMS + line, "noticed", line + 1)
        yield from _within(CLAIMS + LINES + line, "ordered", line + 1)
    for number in range(STATEMENTS):
        yield issue(number, of=CODE if number < OF_ONE else firm_code(number % FIRMS + 1))


def _papers(firm: int) -> list[Event]:
    """Return the papers behind the claims of an enterprise: an invoice of a month for each."""
    lines = [
        "fact          sales_fen 2021 15000000000",
        "declaration   2022",
        "qualification high_tech_enterprise 2021-11-15",
        f"contract      K-{firm} 2022-01-01 2022-12-31 0.06 a100=12.50/card_hour",
    ]
    for at in range(_MONTHS):
        month, number = f"2022-{at + 1:02}", f"{firm + at * ENTERPRISES:020}"
        said = f"300000 16981.13 {month}-01 {month}-28"
        lines.append(f"invoice {number} K-{firm} {month}-28 {said}")
        lines.append(f"payment {number} {month}-28 300000")
    return events("\n".join(lines), firm_code(firm))


def _within(number: int, state: State, line: int) -> Iterator[Event]:
    """Yield the events of a claim that stands with others in one notice and one batch."""
    for event in live(number, state):
        data: Data = event.data
        if isinstance(data, ClaimNoticed) and state == "noticed":
            data = msgspec.structs.replace(data, notice=NOTICE, line=line)
        elif isinstance(data, ClaimOrdered):
            data = msgspec.structs.replace(data, order=f"{BATCH}-{line:04}")
        yield encode("urn:bench", event.id, event.subject, data, SALT)


def _usage(number: int) -> bytes:
    """Return the record of a number: some hours on some cards, in the order of the year."""
    firm = number * 7919 % (FIRMS + 1)
    end_ms = _FIRST_MS + (number * _YEAR_MS // ENTRIES // 1000 + 3600) * 1000
    return _LINE.format(
        amount=1 << number % 4,
        contract=f"K-{firm}" if firm else "C-1",
        end=render_instant(end_ms),
        start=render_instant(end_ms - _HOUR_MS // 2),
        number=number,
        subject=firm_code(firm) if firm else CODE,
    ).encode()
