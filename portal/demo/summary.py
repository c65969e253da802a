"""What a person reads at the end of a demo: who got what and why not, and what to look at next."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as RichText

from ledger.balance import Fund, FundKey
from ledger.config import Settings
from ledger.head import Head
from ledger.money import render_yuan
from ledger.text import Text
from portal.commands.fund_commands import funds_table
from portal.demo.counts import counts_table
from portal.shell import Shell, program
from reports.issue import Issued, path_in
from reports.snapshot import Snapshot
from vouchers.adoption import FOUNDING
from vouchers.catalogue import select_programmes
from vouchers.decision import Status
from vouchers.names import LEVELS, STATUSES
from vouchers.programme import Programme
from vouchers.ruling import Ruling

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
class Outcome:
    """What a demo made, for its summary."""

    snapshot: Snapshot
    charged_fen: int
    rulings: dict[str, Ruling]
    issued: Sequence[Issued]
    heads: Sequence[Head]
    funds: dict[FundKey, Fund]
    claims: list[dict[str, Any]]


def summarise(
    outer: Shell, shell: Shell, data: dict[str, Any], outcome: Outcome, *, full: bool
) -> Group:
    """Return what a person reads at the end; `outer` is the shell that the demo was called in.

    A small demo has too few claims to tell how many of them went which way.
    """
    spent = Text(
        f"{data['year']} 年，{data['enterprises']} 家企业产生 {data['events']:,} 条记录，"
        f"应付算力费 ¥{render_yuan(data['charged_fen'])}；"
        f"三级补贴合计 ¥{render_yuan(data['refunded_fen'])}。",
        f"In {data['year']}, {data['enterprises']} enterprises made {data['events']:,} records and"
        f" owe ¥{render_yuan(data['charged_fen'])} for compute;"
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
        *([counts_table(shell, outcome.claims)] if full else []),
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
    for programme, row in zip(founding(), data["decisions"], strict=True):
        level, name = LEVELS[programme.level], programme.name
        table.add_row(
            shell.say(Text(f"{level.zh}　{name.zh}", f"{level.en}: {name.en}")),
            str(row["refunded_to"]),
            render_yuan(row["refunded_fen"]),
            *(str(row[status]) for status in statuses),
        )
    return table


def founding() -> tuple[Programme, ...]:
    """Return the founding programmes; loaded when asked for, so that no command needs them all."""
    return select_programmes(one.programme for one in FOUNDING.ruled)


def _displaced(shell: Shell, outcome: Outcome) -> Iterator[RichText]:
    """Yield why the province refunds to fewer than it could, where the rules make it so."""
    province = next(one for one in founding() if one.level == "province").id
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


def _refusals(shell: Shell, outcome: Outcome) -> Table:
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


def _papers(shell: Shell, outcome: Outcome) -> Group:
    """Return the paths of three statements worth opening."""
    ordered = sorted(outcome.issued, key=lambda one: (-one.data.total_fen, one.data.statement))
    compute = [one for one in ordered if one.data.kind == "compute"]
    subsidy = [one for one in ordered if one.data.kind == "subsidy"]
    chosen = [*compute[:1], *subsidy[:1], *subsidy[-1:]]
    title = Text("可打开的三张结算单：", "Three statements to open:")
    paths = [f"  {shlex.quote(str(path_in(shell.settings.home, one)))}" for one in chosen]
    return Group("", shell.say(title), *paths, "")


def _next(outer: Shell, shell: Shell, outcome: Outcome) -> Group:
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
