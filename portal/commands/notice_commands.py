"""`suanquan notice`: draw a public notice up, clear what stood through it, show it to anybody."""

from pathlib import Path
from typing import Any, Literal

import click
from rich.console import Group
from rich.table import Table

from ledger.errors import RuleViolationError
from ledger.money import render_yuan
from ledger.period import day_of
from ledger.read import read_heads
from ledger.roster import Roster
from ledger.text import Text
from portal.acting import Act, acting, is_anybody, look
from portal.claims.batch import Done, programmes_of
from portal.claims.batch_view import require_ending, show_left_out
from portal.claims.desk import open_desk
from portal.claims.reading import Viewer
from portal.options import answers
from portal.out_file import write_out
from portal.payments.notice_board import Stood, list_posted, make_again, render_file
from portal.payments.notice_desk import Asked, clear, draw_notice
from portal.shell import Result, Shell
from vouchers.claims.notice import render_notice, render_text
from vouchers.claims.table import STATE_NAMES

_ON = click.option("--on", "on", metavar="DATE", help="The day that counts (default: today).")


@click.group()
def notice() -> None:
    """Public notices (公示) of approved claims: draw up, clear, list, show."""


@notice.command(
    epilog="""\b
Examples:
  suanquan notice draw hubei --basis "鄂科技通〔2022〕9号"
  suanquan notice draw hubei --basis 公示1号 --first-day 2022-11-08 --claim SQ-7K3M9XQ2"""
)
@click.argument("programme")
@click.option("--basis", required=True, metavar="DOCUMENT", help="The paper that it rests on.")
@click.option("--first-day", metavar="DATE", help="The first day (default: the next one).")
@click.option("--notice", "notice_id", metavar="ID", help="Its id (default: made of the day).")
@click.option("--authority", metavar="NAME", help="Who gives notice, as the list names it.")
@click.option("--objections", metavar="WHERE", help="Where to object, as the list names it.")
@click.option("--claim", "claims", multiple=True, metavar="ID", help="Just these claims.")
@click.option("--published", metavar="WHERE", help="Where a past notice stood, entered from paper.")
@_ON
@answers
def draw(
    shell: Shell,
    *,
    programme: str,
    basis: str,
    first_day: str | None,
    notice_id: str | None,
    authority: str | None,
    objections: str | None,
    claims: tuple[str, ...],
    published: str | None,
    on: str | None,
) -> Result:
    """Give public notice of the approved claims of a programme, for its working days.

    A claim that you may not act on is named and left out; one that --claim names is refused. A
    notice whose days are past is entered from its paper: --published says where the public saw it,
    and stands in the list for everybody to check.
    """
    asked = Asked(
        programme=programme,
        basis=f"{basis}；已公示于 {published}" if published else basis,
        notice=notice_id,
        first_day=first_day,
        authority=authority,
        objections=objections,
        claims=claims,
    )
    with acting(shell) as act:
        drawn = draw_notice(open_desk(act, on), asked)
        if published is None:
            _require_ahead(act, drawn.notice.heading.first_day.isoformat())
    data = render_notice(drawn.notice)
    for row, line in zip(data["rows"], drawn.notice.lines, strict=True):
        row["claim"] = line.approved.claim
    data["left_out"] = drawn.done.rows(shell.language)
    shown = render_text(drawn.notice, shell.language)
    return Result(data, Group(shown, *show_left_out(shell, drawn.done)))


def _require_ahead(act: Act, first_day: str) -> None:
    """Raise for a notice whose first day is over, when nobody could have read it."""
    today = day_of(act.at_ms)
    if first_day < today:
        raise RuleViolationError(
            "past_notice",
            Text(
                f"公示自 {first_day} 起，今天已是 {today}，公众尚未见到名单",
                f"the notice would begin on {first_day}, and today is {today}: nobody has seen it",
            ),
            Text(
                "请填不早于今天的 --first-day；已在别处公示的，用 --published 写明何处",
                "give a --first-day of today or later; --published says where a past one stood",
            ),
        )


@notice.command(
    "clear",
    epilog="""\b
Examples:
  suanquan notice clear
  suanquan notice clear hubei-20221108""",
)
@click.argument("notice_id", required=False, metavar="[ID]")
@_ON
@answers
def clear_(shell: Shell, notice_id: str | None, on: str | None) -> Result:
    """Clear every claim whose notice is over and that nobody objects to, of one notice or all."""
    with acting(shell) as act:
        desk = open_desk(act, on)
        done = clear(desk, programmes_of(desk, "authority"), notice_id)
    return cleared(shell, done)


def cleared(shell: Shell, done: Done) -> Result:
    """Return which claims were cleared, and which were left out."""
    rows = [
        {
            "id": one.claim.claim,
            "amount_fen": one.claim.amount_fen,
            "programme": one.claim.programme,
        }
        for one in done.reads
    ]
    total_fen = sum(one.claim.amount_fen for one in done.reads)
    told = Text(
        f"已确认 {len(rows)} 项申请公示期满无异议，合计 {render_yuan(total_fen)} 元",
        f"cleared {len(rows)} claims, CNY {render_yuan(total_fen)}",
    )
    data = {"rows": rows, "total_fen": total_fen, "left_out": done.rows(shell.language)}
    return Result(data, Group(shell.say(told), *show_left_out(shell, done)))


@notice.command("list", epilog="Example:  suanquan notice list hubei --json")
@click.argument("programme", required=False, metavar="[PROGRAMME]")
@answers
def list_(shell: Shell, programme: str | None) -> Result:
    """List the public notices by their first day; anybody may."""
    with shell.reading() as connection:
        size = read_heads(connection)["book"].size
        posted, _ = list_posted(connection, shell.gathered, size)
    rows = [
        {
            "notice": one.notice,
            "programme": one.programme,
            "basis": one.basis,
            "first_day": one.first_day.isoformat(),
            "last_day": one.last_day.isoformat(),
            "claims": one.claims,
            "total_fen": one.total_fen,
        }
        for one in sorted(posted, key=lambda one: (one.first_day, one.notice))
        if programme in {None, one.programme}
    ]
    if not rows:
        none = Text(
            "还没有公示。主管部门可用 suanquan notice draw 发布。",
            "There are no notices. The authority gives one with suanquan notice draw.",
        )
        return Result({"rows": rows}, shell.say(none))
    table = Table()
    for title in (
        Text("公示", "notice"),
        Text("项目", "programme"),
        Text("首日", "first day"),
        Text("末日", "last day"),
        Text("项数", "claims"),
        Text("合计（元）", "CNY"),
    ):
        table.add_column(shell.say(title), no_wrap=True)
    table.add_column(shell.say(Text("依据", "basis")), overflow="fold")
    for row in rows:
        names = ("notice", "programme", "first_day", "last_day", "claims")
        cells = [str(row[name]) for name in names]
        table.add_row(*cells, render_yuan(int(str(row["total_fen"]))), str(row["basis"]))
    return Result({"rows": rows}, table)


@notice.command(
    epilog="""\b
Examples:
  suanquan notice show hubei-20221108
  suanquan notice show hubei-20221108 --out notice.xlsx"""
)
@click.argument("notice_id", metavar="ID")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@answers
def show(shell: Shell, notice_id: str, out: Path | None) -> Result:
    """Show a notice as it stood; officials with a token also see where each claim stands now."""
    with shell.reading() as connection:
        size = read_heads(connection)["book"].size
        viewer = Viewer(Roster(), "")
        if is_anybody(shell):
            roster, actor = look(shell, connection)
            viewer = Viewer(roster, actor)
        stood = make_again(connection, notice_id, size)
    data = {**render_notice(stood.notice), "sha256": stood.notice.digest}
    shown = [render_text(stood.notice, shell.language)]
    if viewer.is_insider():
        _add_states(shell, viewer, stood, data["rows"])
        shown += ["", *_states(shell, data["rows"])]
    if out is not None:
        form: Literal["csv", "xlsx"] = "csv" if require_ending(out) == ".csv" else "xlsx"
        write_out(out, render_file(stood.notice, form, shell.language))
        shown.append(shell.say(Text(f"已写入 {out}", f"written to {out}")))
    return Result(data, Group(*shown))


def _add_states(shell: Shell, viewer: Viewer, stood: Stood, rows: list[dict[str, Any]]) -> None:
    """Add to each row the claim and where it stands now, where the viewer may know of it."""
    for row, claim in zip(rows, stood.claims, strict=True):
        if viewer.may_see(claim):
            name = STATE_NAMES[claim.state].render(shell.language)
            row |= {"claim": claim.claim, "state": claim.state, "state_name": name}


def _states(shell: Shell, rows: list[dict[str, Any]]) -> list[str]:
    """Return a line for each claim of which the viewer knows."""
    colon = shell.say(Text("：", ": "))
    return [
        f"{row['line']}  {row['claim']}{colon}{row['state_name']}" for row in rows if "claim" in row
    ]
