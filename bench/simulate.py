"""What it takes to simulate a change of rules: ten thousand enterprises over twelve months.

The ledger is on SQLite: each enterprise has a contract, statuses, a declaration, last year's sales,
and in each month usage, an invoice and its payment. All of it differs from one to the next, so that
no two cases are equal. Measured is the whole command, reading and adding up included, with a
process for each processor and without a cache. Beside what the clock says stands what processors
worked, which other work on the machine changes little.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench.files import RECORDED_AT_MS
from bench.measure import Measurement, Reading
from bench.world import Databases, workspace, writer
from ledger.codec import Event, encode
from ledger.events import (
    ContractRegistered,
    Data,
    DeclarationFiled,
    EnterpriseRegistered,
    FactReported,
    InvoiceRecorded,
    PaymentRecorded,
    PriceLine,
    QualificationGranted,
    ResourceListed,
    TaxDomicileRecorded,
    UsageRecorded,
)
from ledger.identifiers import synthetic_credit_code
from ledger.period import last_day, months_between
from ledger.projection import PROJECTIONS
from ledger.store import Store

SIZES: Final = (1_000, 10_000)
MONTHS: Final = tuple(months_between("2022-01", "2022-12"))

_SALT: Final = "0123456789abcdef" * 2
_PIECE: Final = 500
_CHANGE: Final = '[[change]]\nprogramme = "hubei"\nversion = "2022"\nset.rate = "2/5"\n'
_KINDS: Final = ("technology_sme", "high_tech_enterprise", "advanced_service", "above_scale")


def simulate(databases: Databases) -> Iterator[Measurement | Reading]:
    """Yield the seconds and the memory of the command at each size."""
    for size in SIZES:
        with workspace() as home, databases.ledger("SQLite") as url:
            fill(url, size)
            yield _measure(home, url, size)


def fill(url: str, enterprises: int) -> None:
    """Record a year of so many enterprises."""
    with writer(url) as engine:
        store = Store(engine, PROJECTIONS)
        listed = ResourceListed(
            resource="a100", name="a100", kind="accelerator", unit="card", listed_on="2021-12-01"
        )
        store.append_own([_event("resource", "", listed)], RECORDED_AT_MS)
        for first in range(0, enterprises, _PIECE):
            numbers = range(first, min(first + _PIECE, enterprises))
            events = [event for number in numbers for event in _enterprise(number)]
            store.append_own(events, RECORDED_AT_MS)


def _measure(home: Path, url: str, size: int) -> Reading:
    """Return what one run of the command takes."""
    change = home / "change.toml"
    change.write_text(_CHANGE, "utf-8")
    asked = ("programme", "simulate", "--change", str(change), "--json")
    start, worked_before_s = time.perf_counter(), _worked_s()
    done = subprocess.run(
        [sys.executable, "-m", "portal", *asked],
        check=True,
        capture_output=True,
        env={**os.environ, "SUANQUAN_HOME": str(home), "SUANQUAN_DATABASE_URL": url},
    )
    seconds = time.perf_counter() - start
    worked_s = _worked_s() - worked_before_s
    peak_mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    data = json.loads(done.stdout)
    assert data["months"] == [MONTHS[0], MONTHS[-1]], data["months"]
    assert data["before_fen"] > 0, data
    cases = size * len(MONTHS)
    said = (
        f"{seconds:.1f} s, {worked_s:.1f} s of processor time,"
        f" {cases / seconds:,.0f} cases a second, {peak_mib} MiB in the largest process"
    )
    return Reading("programme simulate, twelve months, SQLite", size, said)


def _worked_s() -> float:
    """Return the processor time of all processes that have ended under this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _enterprise(number: int) -> Iterator[Event]:
    """Yield what the ledger knows of one enterprise."""
    code, name = synthetic_credit_code(f"bench-{number}"), f"C-{number}"

    def say(what: str, data: Data) -> Event:
        return _event(f"{number}/{what}", code, data)

    region = "420100" if number % 5 else "430100"
    yield say("self", EnterpriseRegistered(name=f"企业 {number}", registered_region=region))
    for kind in (_KINDS[number % 4], _KINDS[number // 4 % 4]):
        yield say(f"held/{kind}", QualificationGranted(kind=kind, valid_from="2021-06-01"))
    if number % 3 == 0:
        yield say("zone", TaxDomicileRecorded(zone="east-lake", valid_from="2021-01-01"))
    yield say("sales", FactReported(name="sales_fen", year=2021, value=number * 10_000_000))
    declared = DeclarationFiled(year=2022, related_party=False, serious_dishonesty=False)
    yield say("declared", declared)
    yield say("contract", _contract(name, number))
    for i, month in enumerate(MONTHS):
        for what, data in _month(name, month, number * 13 + i):
            yield say(f"{month}/{what}", data)


def _contract(name: str, number: int) -> ContractRegistered:
    price = PriceLine(resource="a100", unit_price=f"{8 + number % 90 / 10}", per="card_hour")
    return ContractRegistered(
        contract=name,
        provider=synthetic_credit_code("bench-provider"),
        signed_on="2022-01-01",
        service_from="2022-01-01",
        service_to="2022-12-31",
        amount_fen=100_000_000,
        vat_rate="0.06",
        prices=(price,),
    )


def _month(contract: str, month: str, chance: int) -> Iterator[tuple[str, Data]]:
    """Yield a month's usage, the invoice for it and its payment, paid within the month."""
    last, fen = last_day(month).isoformat(), 100_000 + chance % 9_973 * 700
    yield (
        "usage",
        UsageRecorded(
            job="j-1",
            resource="a100",
            amount=str(1 + chance % 64),
            start=f"{month}-03T00:00:00+08:00",
            end=f"{month}-03T{1 + chance % 23:02d}:00:00+08:00",
            contract=contract,
        ),
    )
    number = f"{chance:014d}{month[2:4]}{month[5:]}"
    yield (
        "invoice",
        InvoiceRecorded(
            invoice=number.zfill(20),
            contract=contract,
            issued_on=last,
            amount_fen=fen,
            tax_fen=fen * 6 // 106,
            service_from=f"{month}-01",
            service_to=last,
        ),
    )
    paid = PaymentRecorded(
        payment=f"P-{number}", invoice=number.zfill(20), paid_on=last, amount_fen=fen
    )
    yield "payment", paid


def _event(event_id: str, subject: str, data: Data) -> Event:
    salt = None if data.log == "usage" else _SALT
    return encode("urn:bench", event_id, subject, data, salt)
