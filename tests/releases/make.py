"""Make the small ledger that a release leaves behind: `python -m tests.releases.make 1.0`.

It holds every kind of event, records refused and one of them taken in after all, numbers that are
missing, a tally, two usage logs, a year of funds and claims, claims in every state, people with
personal data kept and forgotten, a document, a key that took over, both statements, a seal, signed
checkpoints, an export and a proof, and beside it what this version says of it. A later version
migrates a copy and must say the same.

The keys in it were made for it and guard nothing: that they lie in the repository does no harm.
"""

import json
import os
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from ingest.cloudevents import parse_record
from ingest.file_worker import reject
from ingest.quarantine import render_record
from ledger.database import open_engine
from ledger.documents import DocumentStore
from ledger.errors import InvalidInputError
from ledger.events import DocumentFiled, RoleGranted, RoleRequested, RoleRevoked, TokenIssued
from ledger.projection import PROJECTIONS
from ledger.store import Batch, Store
from tests.ledger import books, people
from tests.papers import make_pdf
from tests.releases import ANSWERS, ARCHIVE, DATABASE, QUESTIONS, ROOT, claims
from tests.reports.seals import Authority, key_pem, pem, write
from tests.small_ledger import CODE, PROVIDER, RECORDED_AT_MS, events

AGENT: Final = "urn:agent:1"
DAYS: Final = [f"2022-07-{day:02d}" for day in range(1, 32)]

BOOK: Final = """
    resource     a100 accelerator card 2021-12-01 0.32
    enterprise   420100 武汉某智能科技有限公司
    contract     C-1 2022-01-01 2022-12-31 0.06 a100=12.50/card_hour a100=9/card_hour@2022-07-16..
    qualification technology_sme 2022-01-01 2022-12-31
    qualification high_tech_enterprise 2021-11-15 2024-11-14
    revoked      technology_sme 2022-10-01
    domicile     east-lake 2021-01-01
    funding      project city 2021 5000 P-1
    fact         sales_fen 2021 15000000000
    declaration  2022
    invoice      1 C-1 2022-08-05 600000 33962.26 2022-07-01 2022-07-31
    payment      1 2022-08-10 600000
"""
VOUCHERS: Final = """
    granted      hubei 2022 200000 2022-06-01
    drawn        hubei 2022 90000 2022-11-01
"""
_C: Final[dict[str, Any]] = {"at": people.AT, "person": "c", "role": "finance"}
FINANCE: Final = (
    RoleRequested(**_C, requested_by="a"),
    RoleGranted(**_C, granted_by="a", consented_by="b"),
    TokenIssued(
        at=people.AT,
        person="c",
        token_sha256="6" * 64,
        expires_at="2022-09-01T00:00:00Z",
        issued_by="a",
    ),
    RoleRevoked(**_C, revoked_by="b"),
)
LATE: Final = """
    usage        a100 4 2022-07-31T08:00 2022-07-31T09:30 C-1
    usage        a100 4 2022-07-31T10:00 2022-07-31T10:30 C-1
"""


def usage() -> str:
    """Return more usage than one full tile holds, each day with a slice over midnight."""
    days = [
        f"usage a100 8 {day}T{hour:02d}:00 {day}T{hour + 1:02d}:00 C-1"
        for day in DAYS[:-1]
        for hour in range(8, 17)
    ]
    nights = [f"usage a100 0.125 {day}T20:00 {after}T04:00" for day, after in pairwise(DAYS)]
    return "\n".join(days + nights)


def sent_by_an_agent() -> Iterator[bytes]:
    """Yield numbered usage with the third missing, and the agent's tally of the day."""
    for number in (1, 2, 4):
        hour = f"2022-07-03T{number:02d}"
        data = {
            "job": f"j-{number}",
            "resource": "h800",
            "amount": "2.5",
            "start": f"{hour}:00:00.001+08:00",
            "end": f"{hour}:59:59.999+08:00",
        }
        yield _cloudevent(
            "usage.recorded", f"{number:04d}", data, subject=PROVIDER, sequence=number
        )
    said = {"day": "2022-07-03", "resource": "h800", "events": 3, "quantity": "26999.985"}
    yield _cloudevent("usage.tallied", "tally", said)


def refused() -> Iterator[bytes]:
    """Yield lines of a file that no version takes: no JSON, another event's name, a wrong end."""
    yield b"{"
    data = {"job": "j-1", "resource": "h800", "amount": "3"}
    hour = {"start": "2022-07-03T01:00:00Z", "end": "2022-07-03T02:00:00Z"}
    yield _cloudevent("usage.recorded", "0001", data | hour, subject=PROVIDER)
    backwards = {"start": hour["end"], "end": hour["start"]}
    yield _cloudevent("usage.recorded", "0009", data | backwards, subject=PROVIDER)


def _cloudevent(kind: str, event_id: str, data: dict[str, Any], **more: Any) -> bytes:  # noqa: ANN401
    event = {"specversion": "1.0", "type": f"cn.suanquan.{kind}.v1", "source": AGENT}
    return json.dumps({**event, "id": event_id, **more, "data": data}).encode()


def make(name: str) -> Path:
    """Return the folder of a new kept ledger, made by the code at hand."""
    folder = ROOT / name
    folder.mkdir()
    with TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        _play(home, Path(scratch))
        assert run(home, "log", "check", "--full")["findings"] == []
        answers = {what: run(home, *words) for what, words in QUESTIONS.items()}
        text = json.dumps(answers, ensure_ascii=False, indent=1).replace(str(home), "HOME")
        (folder / ANSWERS).write_text(text + "\n", "utf-8")
        # Closing the last connection moves the write-ahead log into the file and removes it.
        with closing(sqlite3.connect(home / DATABASE)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with tarfile.open(folder / ARCHIVE, "x:xz") as archive:
            for path in sorted(home.iterdir()):
                archive.add(path, path.name, filter=_nobodys)
    return folder


def run(home: Path, *words: str, **settings: str) -> dict[str, Any]:
    """Return what a command answers on a home."""
    done = subprocess.run(
        [sys.executable, "-m", "portal", *words, "--json"],
        check=True,
        stdout=subprocess.PIPE,
        env={**os.environ, **_environment(home), **settings},
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _environment(home: Path) -> dict[str, str]:
    """Return the environment of a command on a home."""
    return {"LC_ALL": "C.UTF-8", "SUANQUAN_HOME": str(home), "SUANQUAN_USAGE_LOGS": "2"}


def _play(home: Path, scratch: Path) -> None:
    """Live through a month of a centre, and settle it."""
    run(home, "db", "upgrade")
    path = scratch / "july.ndjson"
    lines = [event.raw for event in events(BOOK) + events(usage())]
    lines += [event.raw for event in events(claims.USAGE, claims.FIRM)]
    path.write_bytes(b"\n".join([*lines, *sent_by_an_agent(), lines[0], *refused()]) + b"\n")
    run(home, "ingest", "file", str(path), "--format", "cloudevents")
    # While there are no accounts whoever runs the program may adopt, and move money.
    run(home, "programme", "adopt", "hubei", "wuhan", "east_lake", "--on", "2022-01-01")
    engine = open_engine(f"sqlite:///{home / DATABASE}", "write")
    store = Store(engine, PROJECTIONS)
    _write(store)
    paper = ("--on", "2022-01-10", "--document", "2022-1", "--amount", "500000")
    for fund, year in (("east_lake", "2022"), ("hubei", "2023")):
        run(home, "fund", "appropriate", fund, "--year", year, *paper)
    people.fill_people(store)
    people.record(store, *(("", data) for data in (*FINANCE, *claims.invited())))
    _file(store, home, scratch)
    office = claims.Office(_environment(home), scratch)
    claims.play(office, lambda made: store.append_own(made, RECORDED_AT_MS))
    engine.dispose()
    run(home, "ingest", "rejected", "retry", "--all", "--as-structured")
    run(home, "log", "checkpoint")
    for more in ((), ("--retire",)):
        run(home, "log", "rotate-key", "usage", *more)
    for kind, month in (("compute", "2022-07"), ("subsidy", "2022-08")):
        run(home, "statement", "make", "--kind", kind, "--month", month)
    _seal(home, scratch / "seal")
    run(home, "log", "export", str(home / "export"))
    run(home, "log", "prove", "usage", "7", "--out", str(home / "entry.tlog-proof"))


def _seal(home: Path, directory: Path) -> None:
    """Seal one of the statements, by a certificate made for it."""
    identity = Authority.made().identity()
    key, certificate = write(directory, key_pem(identity.key), pem(identity.certificate))
    settings = {"SUANQUAN_SEAL_KEY": str(key), "SUANQUAN_SEAL_CERTIFICATE": str(certificate)}
    run(home, "statement", "seal", "--month", "2022-07", **settings)


def _write(store: Store) -> None:
    """Record what no file brings: vouchers, claims, a second log's usage, a refusal."""
    store.append_own(events(VOUCHERS), RECORDED_AT_MS)
    store.append_own(events(claims.PAPERS, claims.FIRM), RECORDED_AT_MS)
    store.append_own(books.year(CODE), RECORDED_AT_MS)
    store.append_own(books.next_year(PROVIDER), RECORDED_AT_MS)
    first, second = events(LATE)
    try:
        parse_record(CODE.encode(), second.raw, [])
    except InvalidInputError as error:
        refusal = reject(1, error, render_record(CODE.encode(), second.raw, []))
    batch = Batch("kafka:usage/1", 0, 0, 2, [(0, first)], [refusal], "usage-1")
    store.append(batch, RECORDED_AT_MS)


def _file(store: Store, home: Path, scratch: Path) -> None:
    """File a document for an enterprise, by somebody of the task force."""
    path, documents = scratch / "contract.pdf", DocumentStore(home)
    path.write_bytes(make_pdf())
    with documents.staging([path]) as (staged,):
        documents.place(staged)
    filed = DocumentFiled(
        at=people.AT,
        sha256=staged.sha256,
        media_type=staged.media_type,
        size_bytes=staged.size_bytes,
        kind="contract",
        recorded_by="d",
        ref="C-1",
    )
    helper = RoleGranted(at=people.AT, person="d", role="task_force", granted_by="a")
    people.record(store, ("", helper), (CODE, filed))


def _nobodys(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """Return a member of the archive that belongs to nobody in particular."""
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


if __name__ == "__main__":
    sys.stdout.write(f"{make(sys.argv[1])}\n")
