"""`suanquan demo`: a year of a centre, from usage records to settled statements, in one command."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

import click
from rich.console import Group

from ingest.adapters.ndjson import NdjsonAdapter
from ledger.bookkeeping import read_balances
from ledger.config import Settings
from ledger.database import REVISION
from ledger.errors import TamperedLogError
from ledger.period import day_of, midnight_ms, parse_date
from ledger.read import read_heads
from ledger.text import Text
from portal.acting import at_console
from portal.audit.checking import check_all, compare_projections, head_row
from portal.audit.replaying import replay_statements
from portal.commands.adoption_commands import adopt_programmes, read_book
from portal.commands.calendar_commands import adopted
from portal.commands.fund_commands import fund_row
from portal.commands.ingest_commands import record
from portal.commands.simulate_command import write_simulation
from portal.commands.statement_commands import issue
from portal.demo.claims import play_claims
from portal.demo.counts import count_claims
from portal.demo.door import open_accounts
from portal.demo.home import (
    empty_home,
    is_played,
    keep_clock,
    mark_played,
    open_once,
    read_clock,
)
from portal.demo.left_open import leave_open
from portal.demo.people import add_people
from portal.demo.summary import Outcome, founding, summarise
from portal.demo.way import Days
from portal.options import answers
from portal.serving import serve_app
from portal.shell import Result, Shell, now_ms
from reports.issue import subjects_of
from reports.reading import read_snapshot
from reports.snapshot import Snapshot
from reports.statement import Kind
from vouchers.calendar import DOCUMENTS, published
from vouchers.rating import rate
from vouchers.ruling import Ruling, rule_on


class Size(NamedTuple):
    """How many enterprises a demo has, for how many days each is metered, and its own today.

    On a Monday after the year, when its claims are paid and the next year's are under way.
    """

    enterprises: int
    days: int
    today: date


# Enough enterprises for every standing to occur twice, few enough for three minutes on two cores.
SMALL: Final = Size(24, 365, date(2023, 3, 20))
# As many as the centre in Wuhan has; what nobody mended has lapsed.
FULL: Final = Size(186, 365, date(2023, 4, 3))
YEAR: Final = 2022
APPLY_ON: Final = date(YEAR, 12, 31)
WORK: Final = Days(
    applied=APPLY_ON,
    checked=date(YEAR + 1, 1, 5),
    noticed=date(YEAR + 1, 1, 6),
    cleared=date(YEAR + 1, 1, 20),
    paid=date(YEAR + 1, 1, 28),
    # By then no window of the year is open any more.
    lapsed=date(YEAR + 1, 4, 1),
)
MONTHS: Final = tuple(f"{YEAR}-{month:02d}" for month in range(1, 13))

_MORNING_MS: Final = (9 * 60 + 30) * 60_000

DOOR: Final = "127.0.0.1"
"""Where a demo is served: whoever reaches it is anybody he likes, so nobody else may."""


@click.command(
    epilog="""\b
Examples:
  suanquan demo
  suanquan demo --serve                    # then look around in a browser, as anybody
  suanquan demo --dir /tmp/demo --seed 7 --json"""
)
@click.option("--dir", "directory", type=click.Path(path_type=Path), help="Default: HOME/demo.")
@click.option("--seed", default=1, show_default=True, help="Another seed, another centre.")
@click.option("--full", is_flag=True, help="186 enterprises, each claiming by invoice.")
@click.option(
    "--serve",
    "port",
    type=click.IntRange(1, 65_535),
    is_flag=False,
    flag_value=8000,
    metavar="[PORT]",
    help="Then serve it here, at port 8000.",
)
@answers
def demo(
    shell: Shell, directory: Path | None, seed: int, port: int | None, *, full: bool
) -> Result:
    """Simulate a year of a centre, settle it, refund it at three levels, and prove it.

    The directory is then a complete SUANQUAN_HOME to look around in. With --serve, one in which
    this demo was played is served as it was left.
    """
    home = (directory or shell.settings.home / "demo").absolute()
    inner = Shell(Settings.of_home(home), shell.language, as_json=shell.as_json)
    size = FULL if full else SMALL
    what = name_demo(size, seed)
    if port is not None and is_played(home, what):
        url, told = _tell(port)
        data: dict[str, Any] = {"dir": str(home), "url": url}
        inner.behind_ms = read_clock(home)
        return Result(data, shell.say(told), then=lambda: _serve(inner, port))
    empty_home(home)
    inner.behind_ms = now_ms() - _morning_ms(size.today)
    keep_clock(home, inner.behind_ms)
    events = _ingest(inner, home, size, seed)
    with inner.staying_connected():
        _adopt(inner)
        accounts = _read(inner).book.accounts
        users = add_people(inner, {code: one.name for code, one in accounts.items()})
        outcome = _settle(inner, split=full)
        _prove(inner)
    mark_played(home, what)
    data = {
        "users": users,
        "dir": str(home),
        "events": events,
        "year": YEAR,
        "enterprises": size.enterprises,
        "claims": sum(row["claims"] for row in outcome.claims),
        "claims_by_level": outcome.claims,
        "charged_fen": outcome.charged_fen,
        "decisions": [_count(one.id, outcome.rulings) for one in founding()],
        "refunded_fen": sum(ruling.total_fen for ruling in outcome.rulings.values()),
        "statements": len(outcome.issued),
        "funds": [fund_row(*one) for one in sorted(outcome.funds.items())],
        "checkpoint": [
            {"log": head.name, "size": head.size, "root": head_row(head)["root"]}
            for head in outcome.heads
        ],
        "verified": True,
    }
    shown = summarise(shell, inner, data, outcome, full=full)
    if port is None:
        return Result(data, shown)
    data["url"], told = _tell(port)
    return Result(data, Group(shown, shell.say(told)), then=lambda: _serve(inner, port))


def name_demo(size: Size, seed: int) -> str:
    """Return which demo it is; one of another schema has to be played anew."""
    numbers = f"{size.enterprises} enterprises, {size.days} days, today {size.today}"
    return f"seed {seed}, {numbers}, schema {REVISION}"


def _tell(port: int) -> tuple[str, Text]:
    """Return where a demo's door is, and what is said of it."""
    url = f"http://{DOOR}:{port}/demo"
    return url, Text(
        f"门户：{url}（点一下即可换人；Ctrl-C 结束）",
        f"the portal: {url} (come in as anybody by a click; Ctrl-C ends it)",
    )


def _serve(shell: Shell, port: int) -> None:
    """Serve a demo on this machine, with a door that lets everybody in as anybody."""
    from portal.web.app import make_portal  # noqa: PLC0415 - no other demo needs it
    from portal.web.routes.demo import DEMO_ROUTES  # noqa: PLC0415 - as above

    at_ms = shell.by_clock(now_ms())
    with shell.staying_connected():
        if open_once(shell.settings.home):
            leave_open(shell, parse_date(day_of(at_ms)))
        open_accounts(shell, at_ms)
    serve_app(make_portal(shell, more=DEMO_ROUTES), DOOR, port)


def _morning_ms(day: date) -> int:
    """Return the instant of a day at which a demo begins, in the zone of the centre."""
    return midnight_ms(day) + _MORNING_MS


def _adopt(shell: Shell) -> None:
    """Adopt the founding programmes, and the working days on which their claims stand."""
    with at_console(shell) as act:
        adopt_programmes(act, read_book(act), founding(), decided_by="演示")
        for year in (YEAR, YEAR + 1):
            days = published(year)
            assert days is not None
            act.record(adopted(act, days, DOCUMENTS[year]))


def _ingest(shell: Shell, home: Path, size: Size, seed: int) -> int:
    """Return how many events were simulated, written to a file and recorded from there."""
    path = home / "simulated.ndjson"
    written = write_simulation(shell, size.enterprises, size.days, seed, str(path))
    engine = shell.writer(create=True)
    try:
        outcome = record(shell, shell.store(engine), str(path), NdjsonAdapter())
    finally:
        engine.dispose()
    assert outcome.recorded == outcome.seen == written["events"], outcome
    return outcome.recorded


def _settle(shell: Shell, *, split: bool) -> Outcome:
    """Return the year settled: compute statements, rulings, vouchers, subsidy statements."""
    press = shell.press()
    before = _read(shell)
    wanted: list[tuple[Kind, str, str]] = [
        ("compute", month, code)
        for month in MONTHS
        for code in subjects_of(before, "compute", month)
    ]
    issued = issue(shell, press, before, wanted)
    rulings = _rule(shell, before)
    play_claims(shell, before, rulings, WORK, split=split)
    after = _read(shell)
    last = MONTHS[-1]
    subjects = subjects_of(after, "subsidy", last)
    issued += issue(shell, press, after, [("subsidy", last, code) for code in subjects])
    charged_fen = sum(
        rate(after.book, after.book.account(code), usage).amount_fen
        for code, usage in after.usage.items()
    )
    with shell.reading() as connection:
        heads = read_heads(connection)
        funds = read_balances(connection).funds
        claims = count_claims(connection, founding(), heads["book"].size)
    return Outcome(after, charged_fen, rulings, issued, list(heads.values()), funds, claims)


def _read(shell: Shell) -> Snapshot:
    """Return the ledger as it stands."""
    with shell.reading() as connection:
        return read_snapshot(connection)


def _rule(shell: Shell, snapshot: Snapshot) -> dict[str, Ruling]:
    """Return the ruling on each enterprise that was invoiced."""
    subjects = subjects_of(snapshot, "subsidy", MONTHS[-1])
    rulings = {}
    with shell.progress(Text("三级认定", "deciding at three levels"), len(subjects)) as step:
        for code in subjects:
            account, usage = snapshot.book.account(code), snapshot.usage.get(code, [])
            rulings[code] = rule_on(snapshot.book, account, usage, APPLY_ON)
            step(1)
    return rulings


def _prove(shell: Shell) -> None:
    """Sign, check and replay; raise `TamperedLogError` if anything disagrees."""
    with shell.reading("keep") as connection:
        heads = list(read_heads(connection).values())
        for head in heads:
            shell.signer.checkpoint(connection, head)
        findings = check_all(shell, connection, heads)
        findings += compare_projections(shell, connection, heads)[1]
        sizes = {head.name: head.size for head in heads}
        findings += replay_statements(shell, connection, sizes, own=True)[1]
    if findings:
        raise TamperedLogError(
            "demo_disagrees",
            findings[0].what,
            Text("请把演示目录发给维护者", "send the demo's directory to the maintainers"),
        )


def _count(programme: str, rulings: dict[str, Ruling]) -> dict[str, Any]:
    """Return how often a programme decided what, and what it would pay alone."""
    decisions = [
        decision
        for ruling in rulings.values()
        for one, decision in ruling.decisions
        if one.id == programme
    ]
    statuses = Counter(decision.status for decision in decisions)
    return {
        "programme": programme,
        "eligible": statuses["eligible"],
        "ineligible": statuses["ineligible"],
        "undetermined": statuses["undetermined"],
        "amount_fen": sum(decision.amount_fen or 0 for decision in decisions),
        "refunded_fen": sum(ruling.paid_fen(programme) for ruling in rulings.values()),
        "refunded_to": sum(ruling.paid_fen(programme) > 0 for ruling in rulings.values()),
    }
