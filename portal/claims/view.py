"""A claim for a person: where it stands, what was done, and what he may do now."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec.structs import fields
from rich.console import Group
from rich.table import Table

from ledger.money import render_yuan
from ledger.text import Text
from portal.claims.words import name_item, tell_act
from portal.shell import Shell
from vouchers.claims.evidence import Item
from vouchers.claims.first_review import Marks
from vouchers.claims.item_view import COLUMNS, list_rows
from vouchers.claims.requests import REQUESTS
from vouchers.claims.table import ACTION_NAMES, CAPACITY_NAMES, STATE_NAMES, Action


def show_claim(shell: Shell, data: dict[str, Any]) -> Group:
    """Return a claim as lines and a table of its history."""
    return Group(*_head(shell, data), "", _history(shell, data["history"]), "", *_may(shell, data))


def _head(shell: Shell, data: dict[str, Any]) -> list[str]:
    """Return what the claim is and where it stands."""
    state = STATE_NAMES[data["state"]]
    asked, amount = render_yuan(data["asked_fen"]), render_yuan(data["amount_fen"])
    title = Text(
        f"申请 {data['id']}：{data['programme']} {data['year']} 年度，企业 {data['enterprise']}",
        f"Claim {data['id']}: {data['programme']} {data['year']}, enterprise {data['enterprise']}",
    )
    stands = Text(
        f"{state.zh}（自 {data['since']}），第 {data['revision']} 版；"
        f"申请 {asked} 元，现为 {amount} 元",
        f"{state.en} since {data['since']}, revision {data['revision']};"
        f" CNY {asked} asked, {amount} now",
    )
    lines = [shell.say(title), shell.say(stands)]
    if data["receivable_fen"] or data["recovered_fen"]:
        due, back = render_yuan(data["receivable_fen"]), render_yuan(data["recovered_fen"])
        told = Text(
            f"追缴：待收回 {due} 元，已收回 {back} 元",
            f"clawback: CNY {due} receivable, {back} recovered",
        )
        lines.append(shell.say(told))
    if data["draft"] is not None:
        lines.append(shell.say(_drafted(data["draft"])))
    lines += _left(shell, data.get("headroom", {}))
    colon = shell.say(Text("：", ": "))
    lines += [f"  • {name_item(shell.say, one)}{colon}{one['reason']}" for one in data["remarks"]]
    return lines


def _drafted(draft: dict[str, Any]) -> Text:
    """Return what a draft has so far."""
    invoices, papers = len(draft.get("invoices", ())), len(draft.get("documents", ()))
    return Text(
        f"草稿：发票 {invoices} 张，材料 {papers} 份；尚未提交，不占资金与额度",
        f"draft: {invoices} invoices, {papers} documents; not handed in, and nothing is reserved",
    )


def _left(shell: Shell, headroom: dict[str, int | None]) -> Iterator[str]:
    """Yield what is left of the voucher and of the fund, as far as it is shown."""
    for name, title in (
        ("quota_fen", Text("本年度额度尚余", "left of the year's voucher: CNY")),
        ("fund_fen", Text("资金可用", "available in the fund: CNY")),
    ):
        fen = headroom.get(name)
        if fen is not None:
            yield shell.say(
                Text(f"{title.zh} {render_yuan(fen)} 元", f"{title.en} {render_yuan(fen)}")
            )


def _history(shell: Shell, rows: list[dict[str, Any]]) -> Table:
    """Return what was done, oldest first."""
    table = Table()
    for title in (Text("步", "step"), Text("日期", "day"), Text("事项", "act")):
        table.add_column(shell.say(title), no_wrap=True)
    table.add_column(shell.say(Text("经办", "by")), no_wrap=True)
    table.add_column(shell.say(Text("金额（元）", "CNY")), justify="right", no_wrap=True)
    table.add_column(shell.say(Text("说明", "said")), overflow="fold")
    for row in rows:
        by = shell.say(CAPACITY_NAMES[row["capacity"]])
        actor = row.get("actor")
        fen = row["amount_fen"]
        table.add_row(
            str(row["number"]),
            row["on"],
            shell.say(ACTION_NAMES[row["action"]]),
            f"{by} {actor}" if actor else by,
            "" if fen is None else render_yuan(fen),
            tell_act(shell.say, row),
        )
    return table


def _may(shell: Shell, data: dict[str, Any]) -> list[str]:
    """Return what the person who asks may do."""
    if not data["may"]:
        return [shell.say(Text("您目前没有可办事项", "there is nothing for you to do"))]
    lines = [shell.say(Text("您可以：", "You may:"))]
    for action in data["may"]:
        name = shell.say(ACTION_NAMES[action])
        lines.append(f"  suanquan {_command(data, action)}    # {name}")
    return lines


def _command(data: dict[str, Any], action: Action) -> str:
    """Return the command that does an act, with what it has to be told."""
    match action:
        case "submit" | "draft":
            return f"claim {action} --file FILE"
        case "notice":
            return f"notice draw {data['programme']} --claim {data['id']} --basis DOCUMENT"
        case "order":
            return f"payment order {data['programme']} --claim {data['id']}"
        case _:
            kind = REQUESTS[action]
            if action == "reject" and data["state"] in ("cleared", "failed"):
                return f"claim act {data['id']} {action} --file FILE"
            needed = {one.name for one in fields(kind) if one.required or kind is Marks}
            told = " --reason …" if needed == {"reason"} else " --file FILE" if needed else ""
            return f"claim act {data['id']} {action}{told}"


def show_list(shell: Shell, rows: list[dict[str, Any]], after: str | None) -> Group | str:
    """Return claims as a table, and how a list goes on."""
    if not rows:
        return shell.say(Text("没有这样的申请", "there are no such claims"))
    table = _claims(shell)
    for row in rows:
        table.add_row(*_cells(shell, row))
    more = Text(f"下一页：--after {after}", f"the next page: --after {after}")
    return Group(table, *([shell.say(more)] if after else []))


def show_waiting(shell: Shell, rows: list[dict[str, Any]]) -> Table | str:
    """Return what waits for a person as a table."""
    if not rows:
        return shell.say(Text("没有等您办理的申请", "nothing waits for you"))
    table = _claims(shell)
    table.add_column(shell.say(Text("已等工作日", "working days")), justify="right", no_wrap=True)
    table.add_column(shell.say(Text("可办", "to do")), overflow="fold")
    for row in rows:
        waited = "–" if row["waited"] is None else str(row["waited"])
        acts = shell.say(Text("、", ", ")).join(
            shell.say(ACTION_NAMES[action]) for action in row["actions"]
        )
        table.add_row(*_cells(shell, row), waited, acts)
    return table


def _claims(shell: Shell) -> Table:
    """Return a table with the columns of a list of claims."""
    table = Table()
    for title in (
        Text("申请", "claim"),
        Text("企业", "enterprise"),
        Text("项目", "programme"),
        Text("年度", "year"),
        Text("状态", "state"),
        Text("自", "since"),
    ):
        table.add_column(shell.say(title), no_wrap=True)
    table.add_column(shell.say(Text("金额（元）", "CNY")), justify="right", no_wrap=True)
    return table


def _cells(shell: Shell, row: dict[str, Any]) -> tuple[str, ...]:
    """Return the cells of a claim in a list."""
    return (
        row["id"],
        row["enterprise"],
        row["programme"],
        str(row["year"]),
        shell.say(STATE_NAMES[row["state"]]),
        row["since"],
        render_yuan(row["amount_fen"]),
    )


def show_items(shell: Shell, items: Sequence[Item]) -> Table:
    """Return a check list as a table; under each name stands the id by which marks name it."""
    table = Table(title=shell.say(Text("核查清单", "Check list")))
    for title in COLUMNS:
        table.add_column(shell.say(title), overflow="fold")
    for one, (name, *cells) in zip(items, list_rows(items, shell.language), strict=True):
        table.add_row(f"{name}\n{one.item}", *cells)
    return table
