"""`suanquan document`: papers are filed, listed, taken out again, checked; strays are pruned."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
from rich.table import Table

from ledger.accepted import read_accepted
from ledger.credit_codes import require_code
from ledger.documents import DocumentStore, Filing, Unnamed
from ledger.errors import InvalidInputError, TamperedLogError
from ledger.events import DocumentFiled
from ledger.media import NAMES
from ledger.period import render_instant
from ledger.read import read_heads
from ledger.secret import write_file
from ledger.text import Text
from portal.acting import acting, look, not_allowed
from portal.audit.checking import finding_row
from portal.commands.log_commands import findings_shown
from portal.enterprises.filing import (
    VIEWERS,
    Filed,
    What,
    check_documents,
    file_documents,
    find_seen,
    find_strays,
    may_see,
    name_kind,
    read_filings_of,
    require_kind,
)
from portal.options import answers
from portal.shell import Result, Shell, now_ms

# More at once is a folder named by mistake.
FILES_MAX: Final = 100

_FILE: Final = click.Path(path_type=Path)


@click.group()
def document() -> None:
    """Contracts, invoices, bank slips and other papers, kept by the digest of their bytes."""


@document.command(
    epilog="""\b
Examples:
  suanquan document add 91420100MA4K2XY18X contract.pdf --kind contract --ref C-1
  suanquan document add 91420100MA4K2XY18X *.ofd --kind invoice --json"""
)
@click.argument("enterprise", metavar="CODE")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=_FILE)
@click.option("--kind", required=True, help="What they are, such as contract or bank_slip.")
@click.option("--ref", help="The contract, invoice, project or claim that they belong to.")
@answers
def add(
    shell: Shell, enterprise: str, files: tuple[Path, ...], kind: str, ref: str | None
) -> Result:
    """File documents: PDF, OFD, XML, PNG or JPEG, all of them or none.

    Names of files are not kept. The same document again changes nothing.
    """
    require_kind(kind)
    if len(files) > FILES_MAX:
        raise InvalidInputError(
            "too_many_files",
            Text(f"一次 {len(files)} 个文件", f"{len(files)} files at once"),
            Text(f"每次至多 {FILES_MAX} 个，请分批提交", f"file {FILES_MAX} at most, in parts"),
        )
    store = DocumentStore(shell.settings.home)
    with store.staging(files) as staged, acting(shell) as act:
        filed = file_documents(act, store, enterprise, staged, What(kind, ref))
    rows = [{"file": one.name, **filed_row(one)} for one in filed]
    count = Counter(row["state"] for row in rows)
    data = {
        "enterprise": enterprise,
        "rows": rows,
        "recorded": count["recorded"],
        "duplicate": count["duplicate"],
    }
    said = Text(
        f"已为 {enterprise} 登记 {count['recorded']} 份文件，{count['duplicate']} 份此前已登记",
        f"filed {count['recorded']} documents for {enterprise};"
        f" {count['duplicate']} had been filed before",
    )
    return Result(
        data, "\n".join([*(f"{one['sha256']}  {one['file']}" for one in rows), shell.say(said)])
    )


def filed_row(one: Filed) -> dict[str, Any]:
    """Return a document's keys of the command line, and whether it was entered now or was there."""
    return {**_row(one.data), "state": "recorded" if one.is_new else "duplicate"}


def _row(data: DocumentFiled) -> dict[str, Any]:
    """Return a document's keys of the command line."""
    return {
        "sha256": data.sha256,
        "media_type": data.media_type,
        "size_bytes": data.size_bytes,
        "kind": data.kind,
        "ref": data.ref,
        "recorded_at": data.at,
        "recorded_by": data.recorded_by,
    }


@document.command("list", epilog="Example:  suanquan document list 91420100MA4K2XY18X --json")
@click.argument("enterprise", metavar="CODE")
@answers
def list_(shell: Shell, enterprise: str) -> Result:
    """List an enterprise's documents in the order in which they were filed."""
    with shell.reading() as connection:
        roster, actor = look(shell, connection)
        require_code(enterprise, read_accepted(connection))
        if not may_see(roster, actor, enterprise):
            raise not_allowed(
                Text(
                    f"{actor} 无权查看 {enterprise} 的文件",
                    f"{actor} may not see documents of {enterprise}",
                )
            )
        own = read_filings_of(connection, enterprise, roster.index)
    # Where a filing stands in the book would tell an enterprise how much others do.
    inside = roster.has(actor, *VIEWERS)
    rows = [{**({"index": one.index} if inside else {}), **_row(one.data)} for one in own]
    return Result({"enterprise": enterprise, "rows": rows}, _table(shell, own, inside=inside))


def _table(shell: Shell, filings: Sequence[Filing], *, inside: bool) -> Table | str:
    """Return documents for a person."""
    if not filings:
        return shell.say(Text("没有文件", "there are no documents"))
    table = Table()
    for title in (
        *(Text("条目", "index"), Text("种类", "kind"), Text("所属", "belongs to")),
        *(Text("格式", "format"), Text("字节", "bytes"), Text("登记", "filed")),
    ):
        table.add_column(shell.say(title), no_wrap=True)
    table.add_column("SHA-256", overflow="fold")
    for one in filings:
        data = one.data
        table.add_row(
            str(one.index) if inside else "",
            shell.say(name_kind(data.kind)),
            data.ref or "",
            NAMES[data.media_type],
            f"{data.size_bytes:,}",
            f"{data.at} {data.recorded_by}",
            data.sha256,
        )
    return table


@document.command(epilog="Example:  suanquan document show 3f0a…9c --out contract.pdf")
@click.argument("sha256", metavar="SHA256")
@click.option("--out", type=_FILE, required=True, metavar="FILE", help="Where to write it.")
@answers
def show(shell: Shell, sha256: str, out: Path) -> Result:
    """Write a document to a file, once it is shown to be what was filed."""
    with shell.reading() as connection:
        roster, actor = look(shell, connection)
        found = find_seen(connection, roster, actor, sha256)
    if out.exists() or out.is_symlink():
        raise InvalidInputError(
            "file_exists",
            Text(f"{out} 已存在", f"{out} is there already"),
            Text("请另选文件名，或先移走该文件", "choose another name, or move that file away"),
        )
    write_file(out, DocumentStore(shell.settings.home).read(found.data))
    data = {"enterprise": found.enterprise, **_row(found.data), "out": str(out)}
    said = Text(f"已写到 {out}，与登记时一致", f"written to {out}, as it was filed")
    return Result(data, shell.say(said))


@document.command(epilog="Example:  suanquan document check --json")
@answers
def check(shell: Shell) -> Result:
    """Read every document that the book names, and find those that are gone or altered.

    Run it on the machine that has the home; log check --full and replay look at them too.
    """
    with shell.reading() as connection:
        size = read_heads(connection)["book"].size
        documents, findings = check_documents(shell, connection, size)
    data = {
        "ok": not findings,
        "documents": documents,
        "findings": [finding_row(shell, one) for one in findings],
    }
    fine = Text(
        f"{documents} 份文件齐全，与登记时一致",
        f"all {documents} documents are there and as they were filed",
    )
    status = TamperedLogError.exit_status if findings else 0
    return Result(data, findings_shown(shell, findings, fine), status)


@document.command(epilog="Examples:  suanquan document prune    suanquan document prune --remove")
@click.option("--remove", is_flag=True, help="Remove them; else they are only listed.")
@answers
def prune(shell: Shell, *, remove: bool) -> Result:
    """List files of the store that no event names: what an interrupted command left.

    Only those older than a day; none that is just being filed is among them.
    """
    found = find_strays(shell, now_ms(), remove=remove)
    rows = [_stray(one) for one in found]
    data = {"removed": remove, "rows": rows}
    done = (
        Text("已删除", "removed") if remove else Text("可用 --remove 删除", "--remove removes them")
    )
    none = Text("没有多余的文件", "there are no files that no event names")
    lines = [f"{row['path']}  {row['size_bytes']:,}  {row['written_at']}" for row in rows]
    return Result(data, "\n".join([*lines, shell.say(done if found else none)]))


def _stray(one: Unnamed) -> dict[str, Any]:
    """Return the keys of a file that no event names."""
    return {
        "path": str(one.path),
        "size_bytes": one.size_bytes,
        "written_at": render_instant(one.written_at_s * 1000),
    }
