"""`suanquan demo`: a year of a centre, from usage records to settled statements, in one command."""

import shlex
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as RichText

from ingest.adapters.ndjson import NdjsonAdapter
from ledger.balance import Fund, FundKey
from ledger.bookkeeping import read_balances
from ledger.codec import Event
from ledger.config import Settings
from ledger.errors import RuleViolationError, TamperedLogError
from ledger.head import Head
from ledger.money import render_yuan
from ledger.read import read_heads
from ledger.text import Text
from portal.acting import at_console
from portal.adoption_commands import adopt_programmes, read_book
from portal.demo_books import play_books
from portal.demo_people import add_people
from portal.fund_commands import fund_row, funds_table
from portal.ingest_commands import record
from portal.log_commands import check_all, compare_projections, head_row
from portal.options import answers
from portal.replay_command import replay_statements
from portal.shell import Result, Shell, now_ms, program
from portal.simulate_command import write_simulation
from portal.statement_commands import issue, statement_row
from reports.issue import Issued, subjects_of
from reports.reading import read_snapshot
from reports.snapshot import Snapshot
from reports.statement import Kind
from vouchers.adoption import FOUNDING
from vouchers.catalogue import select_programmes
from vouchers.decision import Status
from vouchers.names import LEVELS, STATUSES
from vouchers.programme import Programme
from vouchers.rating import rate
from vouchers.ruling import Ruling, rule_on
from vouchers.settle import settle

# Enough enterprises for every standing to occur twice, few enough for three minutes on two cores.
ENTERPRISES: Final = 24
YEAR: Final = 2022
DAYS: Final = 365
APPLY_ON: Final = date(YEAR, 12, 31)
MONTHS: Final = tuple(f"{YEAR}-{month:02d}" for month in range(1, 13))

_MARK: Final = "demo.txt"

CAUSES: Final = {
    "no_qualifying_status": Text("不具备任何一类支持资格", "holds none of the statuses"),
    "qualification_not_held": Text("缺少必备资格", "lacks a status that is required"),
    "fact_not_below_limit": Text("上年销售收入超过上限", "last year's sales are above the limit"),
    "not_registered_in_place": Text("注册地不在支持范围", "is registered elsewhere"),
    "not_domiciled_in_zone": Text("税收不在该区", "pays its taxes elsewhere"),
    "related_party": Text("与服务机构存在关联关系", "is a related party of the provider"),
    "missing_fact": Text("待补充材料", "a fact is missing: undetermined"),
    "below_claim_floor": Text("低于单笔申请下限", "is below the least claim"),
    "not_signed_in_year": Text("合同不是在年度内签订", "signed its contract in another year"),
    "rounds_to_nothing": Text("不足一个兑付单位", "is less than one unit of payment"),
}


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a demo made, for its summary."""

    snapshot: Snapshot
    charged_fen: int
    rulings: dict[str, Ruling]
    issued: Sequence[Issued]
    heads: Sequence[Head]
    funds: dict[FundKey, Fund]


@click.command(
    epilog="""\b
Examples:
  suanquan demo
  suanquan demo --dir /tmp/demo --seed 7 --json"""
)
@click.option("--dir", "directory", type=click.Path(path_type=Path), help="Default: HOME/demo.")
@click.option("--seed", default=1, show_default=True, help="Another seed, another centre.")
@answers
def demo(shell: Shell, directory: Path | None, seed: int) -> Result:
    """Simulate a year of a centre, settle it, refund it at three levels, and prove it.

    The directory is then a complete SUANQUAN_HOME to look around in.
    """
    home = (directory or shell.settings.home / "demo").absolute()
    _prepare(home)
    inner = Shell(Settings.of_home(home), shell.language, as_json=shell.as_json)
    events = _ingest(inner, home, seed)
    with at_console(inner) as act:
        adopt_programmes(act, read_book(act), _programmes(), decided_by="演示")
    users = add_people(inner, _read(inner).book.accounts)
    outcome = _settle(inner)
    _prove(inner)
    data = {
        "users": users,
        "dir": str(home),
        "events": events,
        "enterprises": ENTERPRISES,
        "charged_fen": outcome.charged_fen,
        "decisions": [_count(one.id, outcome.rulings) for one in _programmes()],
        "refunded_fen": sum(ruling.total_fen for ruling in outcome.rulings.values()),
        "statements": len(outcome.issued),
        "funds": [fund_row(*one) for one in sorted(outcome.funds.items())],
        "checkpoint": [
            {"log": head.name, "size": head.size, "root": head_row(head)["root"]}
            for head in outcome.heads
        ],
        "verified": True,
    }
    return Result(data, _summary(shell, inner, data, outcome))


def _prepare(home: Path) -> None:
    """Empty a directory that an earlier demo made; leave any other that is not empty alone."""
    if home.exists() and any(home.iterdir()):
        if not (home / _MARK).exists():
            raise RuleViolationError(
                "not_a_demo",
                Text(f"{home} 不是演示目录，且不为空", f"{home} is not empty, and no demo made it"),
                Text("请用 --dir 指定新的目录", "name another directory with --dir"),
            )
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    (home / _MARK).write_text("Made by `suanquan demo`, which may delete it.\n", "utf-8")


def _ingest(shell: Shell, home: Path, seed: int) -> int:
    """Return how many events were simulated, written to a file and recorded from there."""
    path = home / "simulated.ndjson"
    written = write_simulation(shell, ENTERPRISES, DAYS, seed, str(path))
    engine = shell.writer(create=True)
    try:
        outcome = record(shell, shell.store(engine), str(path), NdjsonAdapter())
    finally:
        engine.dispose()
    assert outcome.recorded == outcome.seen == written["events"], outcome
    return outcome.recorded


def _settle(shell: Shell) -> _Outcome:
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
    _draw(shell, before, rulings)
    after = _read(shell)
    last = MONTHS[-1]
    subjects = subjects_of(after, "subsidy", last)
    issued += issue(shell, press, after, [("subsidy", last, code) for code in subjects])
    charged_fen = sum(
        rate(after.book, after.book.account(code), usage).amount_fen
        for code, usage in after.usage.items()
    )
    with shell.reading() as connection:
        heads = list(read_heads(connection).values())
        funds = read_balances(connection).funds
    return _Outcome(after, charged_fen, rulings, issued, heads, funds)


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


def _draw(shell: Shell, snapshot: Snapshot, rulings: dict[str, Ruling]) -> None:
    """Record the vouchers that the rulings grant and draw, and the claims that are paid for it."""
    events: list[Event] = []
    for code, ruling in rulings.items():
        account = snapshot.book.account(code)
        events += settle(account, ruling, APPLY_ON, shell.salt)
    events += play_books(snapshot, rulings, YEAR, shell.salt)
    engine = shell.writer()
    try:
        shell.store(engine).append_own(events, now_ms())
    finally:
        engine.dispose()


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


# --- the summary ---


def _summary(outer: Shell, shell: Shell, data: dict[str, Any], outcome: _Outcome) -> Group:
    """Return what a person reads at the end; `outer` is the shell that the demo was called in."""
    spent = Text(
        f"{YEAR} 年，{data['enterprises']} 家企业产生 {data['events']:,} 条记录，"
        f"应付算力费 ¥{render_yuan(data['charged_fen'])}；"
        f"三级补贴合计 ¥{render_yuan(data['refunded_fen'])}。",
        f"In {YEAR}, {data['enterprises']} enterprises made {data['events']:,} records and owe"
        f" ¥{render_yuan(data['charged_fen'])} for compute;"
        f" three levels refund ¥{render_yuan(data['refunded_fen'])}.",
    )
    proved = Text(
        "已签名检查点，逐条核对日志，并重放每个汇总与每张结算单：全部一致。",
        "Checkpoints are signed, every entry is checked, every sum and statement was made again:"
        " all agree.",
    )
    return Group(
        Panel(shell.say(spent), title=shell.say(Text("算券演示", "Suanquan demo"))),
        _levels(shell, data),
        *_displaced(shell, outcome),
        funds_table(shell, outcome.funds, ("appropriated", "available", "paid")),
        _refusals(shell, outcome),
        _papers(shell, outcome),
        RichText(f"✓ {shell.say(proved)}"),
        _next(outer, shell, outcome),
    )


def _levels(shell: Shell, data: dict[str, Any]) -> Table:
    """Return one row a level: to how many it refunds, how much, and what it decided."""
    table = Table(title=shell.say(Text("各级补贴", "What each level refunds")))
    table.add_column(shell.say(Text("级别与项目", "Level and programme")), overflow="fold")
    statuses: tuple[Status, ...] = ("eligible", "ineligible", "undetermined")
    for title in (
        Text("补贴企业", "refunded"),
        Text("金额（元）", "CNY"),
        *(STATUSES[status] for status in statuses),
    ):
        heading = shell.say(title).replace(" ", "\n")
        table.add_column(heading[0].upper() + heading[1:], justify="right", no_wrap=True)
    for programme, row in zip(_programmes(), data["decisions"], strict=True):
        level, name = LEVELS[programme.level], programme.name
        table.add_row(
            shell.say(Text(f"{level.zh}　{name.zh}", f"{level.en}: {name.en}")),
            str(row["refunded_to"]),
            render_yuan(row["refunded_fen"]),
            *(str(row[status]) for status in statuses),
        )
    return table


def _programmes() -> tuple[Programme, ...]:
    """Return the founding programmes; loaded when asked for, so that no command needs them all."""
    return select_programmes(one.programme for one in FOUNDING.ruled)


def _displaced(shell: Shell, outcome: _Outcome) -> Iterator[RichText]:
    """Yield why the province refunds to fewer than it could, where the rules make it so."""
    province = next(one for one in _programmes() if one.level == "province").id
    could = [one for one in outcome.rulings.values() if _alone_fen(one, province)]
    gave_way = sum(_is_excluded(one, province) for one in could)
    if gave_way:
        told = Text(
            "省级与市、区级互斥，按合计最高者取用，"
            f"故单独可得省级补贴的 {len(could)} 家中，有 {gave_way} 家取用市、区级补贴。",
            "The province's voucher and the city's and district's exclude each other, and the"
            f" highest total is taken: of {len(could)} to whom the province alone would pay,"
            f" {gave_way} take the city's and district's.",
        )
        yield RichText(shell.say(told))


def _alone_fen(ruling: Ruling, programme: str) -> int:
    """Return what a programme alone would pay, zero where that is not known."""
    return sum(
        decision.amount_fen or 0 for one, decision in ruling.decisions if one.id == programme
    )


def _is_excluded(ruling: Ruling, programme: str) -> bool:
    """Return whether a programme pays nothing because what is paid in its stead excludes it."""
    if ruling.best is None or programme in ruling.best.programmes:
        return False
    return any(
        programme in one.programmes
        and set(one.programmes) & set(ruling.best.programmes)
        and one.reason is not None
        and one.reason.code == "excluded_combination"
        for one in ruling.plans
    )


def _refusals(shell: Shell, outcome: _Outcome) -> Table:
    """Return why some got nothing: the first reason of each level, and how many it concerns."""
    names: dict[tuple[tuple[int, str], str, str], list[str]] = {}
    for code, ruling in outcome.rulings.items():
        if not ruling.total_fen:
            for programme, decision in ruling.decisions:
                reason = decision.reasons[0]
                why = CAUSES.get(reason.code, reason.message)
                key = programme.rank(), shell.say(LEVELS[programme.level]), shell.say(why)
                names.setdefault(key, []).append(outcome.snapshot.book.account(code).name)
    table = Table(
        title=shell.say(
            Text("未获补贴的企业：各级首要原因", "Who gets nothing: the first reason at each level")
        )
    )
    table.add_column(shell.say(Text("级别", "Level")), no_wrap=True)
    table.add_column(shell.say(Text("原因", "First reason")), overflow="fold")
    table.add_column(shell.say(Text("家数", "How many")), justify="right", no_wrap=True)
    table.add_column(shell.say(Text("例如", "Such as")), overflow="fold")
    for (_, level, cause), concerned in sorted(names.items(), key=lambda one: one[0][0]):
        table.add_row(level, cause, str(len(concerned)), concerned[0])
    return table


def _papers(shell: Shell, outcome: _Outcome) -> Group:
    """Return the paths of three statements worth opening."""
    ordered = sorted(outcome.issued, key=lambda one: (-one.data.total_fen, one.data.statement))
    compute = [one for one in ordered if one.data.kind == "compute"]
    subsidy = [one for one in ordered if one.data.kind == "subsidy"]
    chosen = [*compute[:1], *subsidy[:1], *subsidy[-1:]]
    title = Text("可打开的三张结算单：", "Three statements to open:")
    paths = [f"  {shlex.quote(statement_row(shell, one)['path'])}" for one in chosen]
    return Group("", shell.say(title), *paths, "")


def _next(outer: Shell, shell: Shell, outcome: _Outcome) -> Group:
    """Return the next commands to try, as they can be pasted into the shell that called us."""
    code = max(outcome.rulings, key=lambda one: outcome.rulings[one].total_fen)
    suanquan = shlex.quote(program())
    home = f"export SUANQUAN_HOME={shlex.quote(str(shell.settings.home))}"
    if outer.settings.database_url != Settings.of_home(outer.settings.home).database_url:
        home += " SUANQUAN_DATABASE_URL="
    commands = (
        home,
        f"{suanquan} usage --by enterprise --month 2022-07",
        f"{suanquan} statement make --kind subsidy --month 2022-12 --enterprise {code}",
        f"{suanquan} programme show hubei --on 2022-11-01",
        f"{suanquan} log check --full",
    )
    title = Text("接下来可以试试：", "Next, try:")
    return Group("", shell.say(title), *(f"  {command}" for command in commands))
