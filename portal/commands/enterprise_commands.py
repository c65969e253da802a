"""`suanquan enterprise`: registration, personal and bank data, their erasure; accepted codes."""

import hashlib
import json
from pathlib import Path
from typing import Any, BinaryIO, Final

import click
from rich.console import Group
from rich.table import Table

from ledger.accepted import read_accepted
from ledger.credit_codes import fits, require_code
from ledger.erasable import erase_data, read_values, sweep
from ledger.errors import RuleViolationError
from ledger.events import (
    BankAccountSet,
    ContactRecorded,
    CreditCodeAccepted,
    EnterpriseForgotten,
    ForgetRequested,
)
from ledger.identifiers import check_credit_code_form
from ledger.period import render_instant
from ledger.personal import (
    VALUE_BYTES_MAX,
    BankAccount,
    Contact,
    Kind,
    parse_datum,
)
from ledger.rights import ENTERING_ROLES
from ledger.roster import Held, is_lapsed, lapses_at_ms
from ledger.text import Text
from portal.acting import Act, acting, look, not_allowed
from portal.enterprises.paper_entry import register_enterprise
from portal.enterprises.paper_form import read_form
from portal.options import answers
from portal.shell import Result, Shell, now_ms

KINDS: Final[dict[Kind, Text]] = {
    "contact": Text("联系人", "contact"),
    "bank_account": Text("银行账户", "bank account"),
    "objector": Text("异议人", "objector"),
}

_VIEWERS: Final = (*sorted(ENTERING_ROLES), "auditor")


@click.group()
def enterprise() -> None:
    """Enterprises: registered, their contacts and accounts, erasure, codes that do not fit."""


@enterprise.command(
    epilog="""\b
Example:
  suanquan enterprise register 91420100MA4K2XY18X --name 华智科技 --region 420100 --licence a.pdf"""
)
@click.argument("code", metavar="CODE")
@click.option("--name", required=True, help="As on the licence.")
@click.option("--region", help="Six digits of the place where it is registered (GB/T 2260).")
@click.option("--licence", type=click.File("rb"), help="The scan of the licence, which is filed.")
@answers
def register(
    shell: Shell, code: str, name: str, region: str | None, licence: BinaryIO | None
) -> Result:
    """Register an enterprise under its name; the same again changes nothing."""
    given = {"name": name, "registered_region": region or ""}
    scans = [] if licence is None else [(licence.name, licence)]
    judged = register_enterprise(shell, read_form("registration", code, given), scans)
    data = {"enterprise": code, "recorded": bool(judged.fresh)}
    shown = Text(
        f"已登记 {code} {name}" if judged.fresh else f"{code} 此前已登记",
        f"registered {code} {name}" if judged.fresh else f"{code} was registered before",
    )
    return Result(data, shell.say(shown))


_FILE: Final = click.option(
    "--file", "file", type=click.File("rb"), default="-", help="JSON; default: standard input."
)


@enterprise.command(
    epilog="""\b
Example:
  suanquan enterprise contact 91420100MA4K2XY18X --file contact.json
with {"name": "…", "phone": "…", "email": "…", "address": "…"}; all but the name may be left out."""
)
@click.argument("code", metavar="CODE")
@_FILE
@answers
def contact(shell: Shell, code: str, file: BinaryIO) -> Result:
    """Record a contact, read from a file or standard input: the log holds its digest only."""
    return _enter(shell, code, "contact", file)


@enterprise.command(
    epilog="""\b
Example:
  suanquan enterprise bank-account 91420100MA4K2XY18X < account.json
with {"holder": "…", "bank": "…", "number": "…"}."""
)
@click.argument("code", metavar="CODE")
@_FILE
@answers
def bank_account(shell: Shell, code: str, file: BinaryIO) -> Result:
    """Set the bank account, read from a file or standard input: the log holds its digest only."""
    return _enter(shell, code, "bank_account", file)


def _enter(shell: Shell, code: str, kind: Kind, file: BinaryIO) -> Result:
    """Record a datum of an enterprise and return under which digest."""
    datum = parse_datum(kind, file.read(VALUE_BYTES_MAX + 1))
    assert isinstance(datum, BankAccount | Contact), kind
    digest = record_datum(shell, code, datum)
    data = {"enterprise": code, "kind": kind, "digest": digest}
    shown = Text(
        f"已录入{KINDS[kind].zh}，日志只存摘要 {digest}",
        f"recorded the {KINDS[kind].en}; the log holds its digest {digest}",
    )
    return Result(data, shell.say(shown))


def record_datum(shell: Shell, code: str, datum: BankAccount | Contact) -> str:
    """Return the digest under which a datum of an enterprise was recorded."""
    with acting(shell, code) as act:
        require_code(code, read_accepted(act.connection))
        return enter_datum(act, code, datum)


def enter_datum(act: Act, code: str, datum: BankAccount | Contact) -> str:
    """Return the digest under which a datum was written, beside the event that names it."""
    digest = act.keep(code, datum)
    event = BankAccountSet if isinstance(datum, BankAccount) else ContactRecorded
    act.record(event(at=act.at, digest=digest, recorded_by=act.name), code)
    return digest


@enterprise.command(epilog="Example:  suanquan enterprise show 91420100MA4K2XY18X --json")
@click.argument("code", metavar="CODE")
@answers
def show(shell: Shell, code: str) -> Result:
    """Show contacts and bank accounts, in the order of their entry, or by whom they were erased.

    The task force and administrators see what they say; an auditor sees that they are there.
    """
    with shell.reading("keep") as connection:
        require_code(code, read_accepted(connection))
        roster, actor = look(shell, connection, _VIEWERS, code)
        values = read_values(connection, code)
    may_read = roster.has(actor, *ENTERING_ROLES)
    rows = []
    for one in roster.held.values():
        if one.enterprise == code:
            value = values.get(one.digest)
            rows.append(
                {
                    **_row(one),
                    "held": value is not None,
                    "value": json.loads(value) if value is not None and may_read else None,
                }
            )
    return Result({"enterprise": code, "rows": rows}, _shown(shell, rows))


def _row(one: Held) -> dict[str, Any]:
    """Return a datum's keys of the command line, but for what it says."""
    forgotten = one.forgotten
    return {
        "kind": one.kind,
        "digest": one.digest,
        "index": one.index,
        "recorded_at": one.recorded_at,
        "recorded_by": one.recorded_by,
        "forgotten": forgotten
        and {
            "at": forgotten.at,
            "requested_by": forgotten.requested_by,
            "consented_by": forgotten.consented_by,
        },
    }


def _shown(shell: Shell, rows: list[dict[str, Any]]) -> Table | str:
    """Return personal data for a person who may see them."""
    if not rows:
        return shell.say(Text("没有联系人与银行账户", "there are no contacts and bank accounts"))
    table = Table()
    for title in (Text("条目", "index"), Text("种类", "kind"), Text("录入", "recorded")):
        table.add_column(shell.say(title), no_wrap=True)
    table.add_column(shell.say(Text("内容", "what it says")), overflow="fold")
    for row in rows:
        gone, value = row["forgotten"], row["value"]
        if gone:
            told = Text(
                f"已于 {gone['at']} 删除：{gone['requested_by']} 申请，{gone['consented_by']} 同意",
                f"erased at {gone['at']}: {gone['requested_by']} asked,"
                f" {gone['consented_by']} consented",
            )
            said = shell.say(told)
        elif value is None:
            said = shell.say(Text("有，本账号无权查看", "there, and not yours to read"))
        else:
            said = ", ".join(f"{name}: {text}" for name, text in value.items())
        entered = f"{row['recorded_at']} {row['recorded_by']}"
        table.add_row(str(row["index"]), shell.say(KINDS[row["kind"]]), entered, said)
    return table


@enterprise.command(epilog="Example:  suanquan enterprise requests --json")
@answers
def requests(shell: Shell) -> Result:
    """List the requests to forget that wait for a second administrator, oldest first."""
    with shell.reading() as connection:
        roster, _ = look(shell, connection, ("administrator", "auditor"))
    at = render_instant(now_ms())
    rows = [
        {
            "enterprise": code,
            "requested_by": one.requested_by,
            "reason": one.reason,
            "requested_at": one.at,
            "lapses_at": render_instant(lapses_at_ms(one)),
        }
        for code, one in roster.forget_requests.items()
        if not is_lapsed(one, at)
    ]
    lines = [
        f"{one['enterprise']}  {one['requested_by']}  {one['requested_at']} → {one['lapses_at']}"
        f"  {one['reason']}"
        for one in rows
    ]
    none = shell.say(Text("没有待同意的删除申请", "no request to forget is open"))
    return Result({"rows": rows}, "\n".join(lines) or none)


@enterprise.command(
    epilog="""\b
Examples:
  suanquan enterprise forget 91420100MA4K2XY18X --reason "request 2026-17"   # one administrator
  suanquan enterprise forget 91420100MA4K2XY18X                             # another one

\b
What cannot be erased here: backups made before, and on PostgreSQL the archived write-ahead log.
The answer says from when on they are free of it."""
)
@click.argument("code", metavar="CODE")
@click.option("--reason", help="Why, in the log for ever: a file number, no personal data.")
@answers
def forget(shell: Shell, code: str, reason: str | None) -> Result:
    """Erase an enterprise's personal data, with the consent of two administrators.

    The first one's command asks, the second one's erases; a request lapses after 14 days. Proofs,
    statements and replays stay as they are: the log holds digests, which nobody can guess from now.
    """
    with acting(shell, code) as act:
        require_code(code, read_accepted(act.connection))
        request = act.roster.forget_requests.get(code)
        if request is None or is_lapsed(request, act.at):
            return _ask(shell, act, code, reason)
        if request.requested_by == act.name:
            raise not_allowed(
                Text(
                    f"{act.name} 提出的申请须由另一名管理员同意",
                    f"{act.name} asked, so another administrator has to consent",
                )
            )
        erased = _erase(act, code, request)
    is_clean = sweep(shell.settings.database_url)
    data = {
        "enterprise": code,
        "state": "forgotten",
        "requested_by": request.requested_by,
        "consented_by": act.name,
        "erased": erased,
        "at": act.at,
        "database_clean": is_clean,
        "held_by_backups_before": act.at,
    }
    return Result(data, _forgotten(shell, data))


def _ask(shell: Shell, act: Act, code: str, reason: str | None) -> Result:
    """Record a request to forget and return until when it waits."""
    if not _held(act, code):
        raise not_allowed(Text(f"{code} 没有可删除的数据", f"there is nothing of {code} to erase"))
    if reason is None:
        raise click.MissingParameter(param_type="option", param_hint="--reason")
    request = ForgetRequested(at=act.at, requested_by=act.name, reason=reason)
    act.record(request, code)
    data = {
        "enterprise": code,
        "state": "requested",
        "requested_by": act.name,
        "lapses_at": render_instant(lapses_at_ms(request)),
    }
    shown = Text(
        f"已申请删除 {code} 的个人信息；请另一名管理员在 {data['lapses_at']} 前运行同一命令",
        f"asked to forget {code}; another administrator gives the same command"
        f" before {data['lapses_at']}",
    )
    return Result(data, shell.say(shown))


def _held(act: Act, code: str) -> int:
    """Return how many personal data of an enterprise are not erased."""
    return sum(one.enterprise == code and not one.forgotten for one in act.roster.held.values())


def _erase(act: Act, code: str, request: ForgetRequested) -> int:
    """Return how many data were erased, in the transaction of the event that says so."""
    held = _held(act, code)
    forgotten = EnterpriseForgotten(
        at=act.at, requested_by=request.requested_by, consented_by=act.name
    )
    act.record(forgotten, code)
    erase_data(act.connection, code)
    return held


def _forgotten(shell: Shell, data: dict[str, Any]) -> Group:
    """Return what was erased, and where it may still stand."""
    at = data["at"]
    done = Text(
        f"已删除 {data['enterprise']} 的 {data['erased']} 项个人信息："
        f"{data['requested_by']} 申请，{data['consented_by']} 同意",
        f"erased {data['erased']} personal data of {data['enterprise']}:"
        f" {data['requested_by']} asked, {data['consented_by']} consented",
    )
    left = Text(
        f"{at} 之前的备份（及 PostgreSQL 的归档日志、从库）仍含这些数据，请予销毁",
        f"backups made before {at} (and PostgreSQL's archived log and replicas) still hold them:"
        " destroy those",
    )
    lines = [f"✓ {shell.say(done)}", shell.say(left)]
    if not data["database_clean"]:
        unclean = Text(
            "另一进程正读着数据库，或本账户不是其属主，旧字节尚未离开数据库文件；"
            "请按 SECURITY.md“删除个人信息”处理",
            "somebody is reading the database, or this account is not its owner: old bytes are"
            " still in its files; see SECURITY.md, erasing personal data",
        )
        lines.append(f"✗ {shell.say(unclean)}")
    return Group(*lines)


@enterprise.command(
    "accept-code",
    epilog="""\b
Example:
  suanquan enterprise accept-code 91420100MA4K2XY180 --evidence licence.pdf --reason 营业执照如此

\b
Then `suanquan ingest rejected retry` takes in what was refused for that code.""",
)
@click.argument("code", metavar="CODE")
@click.option(
    "--evidence",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="The licence or an extract of the register: its SHA-256 is recorded.",
)
@click.option("--reason", required=True, help="Why it is right, in the log for ever.")
@answers
def accept_code(shell: Shell, code: str, evidence: Path, reason: str) -> Result:
    """Accept a credit code whose check character does not fit, on evidence; again changes nothing.

    The task force and administrators may. The code is then taken like any other, everywhere.
    """
    check_credit_code_form(code)
    if fits(code):
        raise RuleViolationError(
            "code_fits",
            Text(f"{code} 的校验位无误", f"the check character of {code} fits"),
            Text("无须认可，可直接使用", "use it: there is nothing to accept"),
        )
    digest = hashlib.sha256(evidence.read_bytes()).hexdigest()
    with acting(shell) as act:
        is_new = code not in read_accepted(act.connection)
        if is_new:
            accepted = CreditCodeAccepted(
                at=act.at, reason=reason, evidence_sha256=digest, accepted_by=act.name
            )
            act.record(accepted, code)
    data = {"enterprise": code, "recorded": is_new, "evidence_sha256": digest}
    shown = Text(
        f"已认可 {code}" if is_new else f"{code} 此前已认可",
        f"accepted {code}" if is_new else f"{code} was accepted before",
    )
    return Result(data, shell.say(shown))
