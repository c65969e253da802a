"""`suanquan backup` and `suanquan restore`: a consistent copy under load, and back, proved."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Group

from ledger import tlog
from ledger.config import Settings
from ledger.database import REVISION, open_engine, require_schema
from ledger.errors import InvalidInputError
from ledger.events import LogName
from ledger.finding import Finding
from ledger.head import Head
from ledger.keyring import Keyring, add_retired, write_public
from ledger.note import parse_note
from ledger.period import render_instant
from ledger.read import read_heads
from ledger.secret import write_file
from ledger.signing import Signer
from ledger.text import Text
from portal.audit.checking import compare_projections, finding_row, head_row
from portal.backup.files import (
    copy_documents,
    copy_reconciliations,
    copy_statements,
    shell_of,
)
from portal.backup.folder import (
    DATABASE,
    FORMAT,
    Manifest,
    Stand,
    copy_files,
    drafting,
    finish,
    list_files,
    read_manifest,
    require_room,
    require_unchanged,
)
from portal.backup.reach import is_held, require_reach
from portal.commands.log_commands import EXIT_DISAGREES
from portal.enterprises.filing import check_documents
from portal.options import answers
from portal.schedule.restored_runs import note_restored
from portal.shell import Result, Shell, now_ms

Signed = dict[LogName, tlog.Checkpoint]

_DIRECTORY: Final = click.Path(file_okay=False, path_type=Path)


@click.command(
    epilog="""\b
Examples:
  suanquan backup /srv/backups/$(date +%F)
  suanquan backup /mnt/safe/2022-07-31 --with-keys --json"""
)
@click.argument("directory", type=_DIRECTORY, metavar="DIR")
@click.option("--with-keys", is_flag=True, help="Also copy the private keys; keep that copy safe.")
@answers
def backup(shell: Shell, directory: Path, *, with_keys: bool) -> Result:
    """Copy the ledger as of one moment, check the copy, and describe it in DIR/backup.json.

    Writers may go on meanwhile. DIR must be new or empty; it is then a SUANQUAN_HOME to read
    from, on SQLite whatever the ledger is on.
    """
    with drafting(directory.absolute()) as draft:
        # Before the copy, so that what was signed is surely in it.
        with shell.auditing() as connection:
            heads = read_heads(connection)
        signed = _write_notes(shell, draft, heads)
        rows, findings = _copy_out(shell, draft, signed)
        data = {"dir": str(directory), **_stand(shell, draft, findings)}
        if findings:
            return Result(data, _disagreeing(shell, data), EXIT_DISAGREES)
        statements = copy_statements(shell, draft)
        copy_reconciliations(shell, draft)
        documents, findings = copy_documents(shell, draft)
        if with_keys:
            held = sorted((shell.settings.home / "keys").glob("*.key"))
            names = [f"keys/{one.name}" for one in held]
            copy_files(names, shell.settings.home, draft)
            shell.warn(
                Text(
                    "此备份含私钥：持有者可以以本中心名义签名，请与其他备份分开、加密保管",
                    "this backup holds the private keys: whoever has it can rewrite the ledger and"
                    " sign it in your name; keep it encrypted, and apart from the others",
                )
            )
        stands = [
            Stand(one["name"], one["origin"], one["size"], one["root"]) for one in data["logs"]
        ]
        manifest = Manifest(
            FORMAT, render_instant(now_ms()), REVISION, with_keys, stands, list_files(draft)
        )
        finish(draft, manifest)
    data |= {
        "made_at": manifest.made_at,
        "rows": rows,
        **_found(shell, findings),
        "statements": statements,
        "documents": documents,
        "files": len(manifest.files),
        "bytes": sum(one.size for one in manifest.files),
        "with_keys": with_keys,
    }
    if findings:
        return Result(data, _without_documents(shell, data), EXIT_DISAGREES)
    fine = Text(
        f"已备份到 {directory} 并核对一致（{data['bytes']:,} 字节）",
        f"backed up to {directory} and checked ({data['bytes']:,} bytes)",
    )
    return Result(data, Group(*_log_lines(data), f"✓ {shell.say(fine)}"))


def _write_notes(shell: Shell, draft: Path, heads: Mapping[LogName, Head]) -> Signed:
    """Return the last signed checkpoints, their notes and public keys written into a draft."""
    signed: Signed = {}
    for head in heads.values():
        checkpoint, note = shell.signer.last(head), shell.signer.last_note(head)
        if checkpoint is None or note is None:
            _warn_unsigned(shell, head)
            continue
        signed[head.name] = checkpoint
        write_file(draft / "checkpoints" / head.name, note.encode())
        write_public(draft, head.name, shell.signer.verifier_keys(head))
        add_retired(draft, head.name, shell.signer.keyring(head).retired())
        for _, cosigned in shell.signer.cosigned(head):
            Signer(draft).keep_cosigned(head, cosigned)
    return signed


def _warn_unsigned(shell: Shell, head: Head) -> None:
    """Warn that nothing signed proves a log."""
    shell.warn(
        Text(
            f"日志 {head.name} 尚无签名的检查点，无法证明未被整体替换；"
            "请在备份前运行 suanquan log checkpoint",
            f"{head.name} has no signed checkpoint, so nothing shows a whole replacement;"
            " run suanquan log checkpoint before a backup",
        )
    )


def _copy_out(shell: Shell, draft: Path, signed: Signed) -> tuple[dict[str, int], list[Finding]]:
    """Return the rows copied into a draft's SQLite file, and what disagrees in it."""
    from ledger.backup import check_copy, copy_ledger  # noqa: PLC0415 - brings Alembic, which is slow

    engine = open_engine(Settings.of_home(draft).database_url, "own")
    try:
        with shell.reading("keep") as source:
            total = sum(head.size for head in read_heads(source).values())
            with shell.progress(Text("复制", "copying"), total * 2) as step:
                copied = copy_ledger(source, engine, step)
    finally:
        engine.dispose()
    inner = shell_of(shell, draft)
    total = sum(head.size for head in copied.heads.values())
    with inner.reading("keep") as copy, shell.progress(Text("核对", "checking"), total * 2) as step:
        return copied.rows, check_copy(copy, signed, step)


def _without_documents(shell: Shell, data: Mapping[str, Any]) -> Group:
    """Return what a backup lacks that was made or restored all the same: the rest is sound."""
    title = Text(
        f"备份 {data['dir']} 其余完好，但缺以下文件：",
        f"{data['dir']} is sound, but for these documents, which it lacks:",
    )
    left = Text(
        "请重新提交同一文件（suanquan document add）或从较早的备份放回，然后再备份",
        "file the same documents again (suanquan document add) or take them from an earlier"
        " backup, and back up again",
    )
    lines = [f"  book {one['index']}: {one['what']}" for one in data["findings"]]
    return Group(shell.say(title), *lines, f"✗ {shell.say(left)}")


def _stand(shell: Shell, home: Path, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return where the logs of a backup stand and what disagrees there."""
    with shell_of(shell, home).reading() as connection:
        heads = read_heads(connection)
    return {
        "logs": [{**head_row(head), "origin": head.origin} for head in heads.values()],
        **_found(shell, findings),
    }


def _found(shell: Shell, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the keys of what disagrees."""
    return {"ok": not findings, "findings": [finding_row(shell, one) for one in findings]}


def _log_lines(data: Mapping[str, Any]) -> list[str]:
    """Return one line a log: its origin, size and root."""
    return [f"{one['origin']} {one['size']:,} {one['root']}" for one in data["logs"]]


def _disagreeing(shell: Shell, data: Mapping[str, Any]) -> Group:
    """Return what disagrees, and what became of the copy."""
    title = Text("副本与证据不符：", "the copy disagrees with the evidence:")
    lines = [
        f"  {one['log'] or ''} {one['index'] if one['index'] is not None else ''}"
        f" {one['table']}.{one['column']}: {one['what']}"
        for one in data["findings"]
    ]
    kept = (
        Text(
            f"数据库 {data['database']} 留待查看，勿在其上运行任何写入",
            f"the database {data['database']} is left to look at; let nothing write to it",
        )
        if "database" in data
        else Text("未留下备份；请运行 suanquan log check", "no backup is left; see log check")
    )
    return Group(shell.say(title), *lines, f"✗ {shell.say(kept)}")


@click.command(
    epilog="""\b
Examples:
  suanquan restore /srv/backups/2022-07-31
  SUANQUAN_DATABASE_URL=postgresql://centre@db/ledger suanquan restore /srv/2022-07-31"""
)
@click.argument("directory", type=_DIRECTORY, metavar="DIR")
@answers
def restore(shell: Shell, directory: Path) -> Result:
    """Restore a backup into an empty database and home, and prove it by the last checkpoint.

    The home may hold keys, statements and signed checkpoints still: what is restored must then
    reach and extend the last signed checkpoint, or nothing is restored.
    """
    from ledger.backup import copy_ledger  # noqa: PLC0415 - brings Alembic, which is slow

    home, directory = shell.settings.home, directory.absolute()
    manifest = _open(directory)
    names = [one.path for one in manifest.files if one.path != DATABASE]
    merged = ("checkpoints/", "cosigned/", "keys/retired/")
    kept = [one for one in names if not one.startswith(merged) and not is_held(home, one)]
    require_room(home, directory, kept)
    target = open_engine(shell.settings.database_url, "own")
    try:
        with shell_of(shell, directory).reading("keep") as source:
            heads = read_heads(source)
            newest = require_reach(shell, directory, source, heads)
            total = sum(head.size for head in heads.values())
            with shell.progress(Text("恢复", "restoring"), total * 2) as step:
                copied = copy_ledger(
                    source,
                    target,
                    step,
                    lambda copy: note_restored(copy, manifest.made_at, now_ms()),
                )
    finally:
        target.dispose()
    signed = {name: tlog.parse_checkpoint(parse_note(note).text) for name, note in newest.items()}
    findings = _prove(shell, copied.heads, signed)
    data = {
        "dir": str(directory),
        "database": target.url.render_as_string(hide_password=True),
        **_stand(shell, directory, findings),
        "made_at": manifest.made_at,
        "rows": copied.rows,
        "signed": {name: _signed_row(one) for name, one in signed.items()},
    }
    if findings:
        return Result(data, _disagreeing(shell, data), EXIT_DISAGREES)
    for name, note in newest.items():
        write_file(home / "checkpoints" / name, note.encode())
    copy_files(kept, directory, home)
    for head in copied.heads.values():
        add_retired(home, head.name, Keyring(directory, head).retired())
        for _, cosigned in Signer(directory).cosigned(head):
            shell.signer.keep_cosigned(head, cosigned)
    _warn_after(shell, copied.heads, signed)
    with shell.reading() as connection:
        size = copied.heads["book"].size
        data["documents"], lacking = check_documents(shell, connection, size)
    if lacking:
        data |= _found(shell, lacking)
        return Result(data, _without_documents(shell, data), EXIT_DISAGREES)
    fine = Text(
        f"已恢复到 {data['database']}，与最后签名的检查点一致",
        f"restored into {data['database']}, in agreement with the last signed checkpoints",
    )
    return Result(data, Group(*_log_lines(data), f"✓ {shell.say(fine)}"))


def _open(directory: Path) -> Manifest:
    """Return the manifest of a backup that is unchanged and of this program's revision."""
    manifest = read_manifest(directory)
    require_unchanged(directory, manifest)
    if manifest.revision != REVISION:
        raise InvalidInputError(
            "other_schema",
            Text(
                f"备份的版本为 {manifest.revision}，本程序需要 {REVISION}",
                f"the backup is of revision {manifest.revision}, this program needs {REVISION}",
            ),
            Text(
                "请用写成它的程序版本恢复，再用本程序运行 suanquan db upgrade",
                "restore it with the program that made it, then run suanquan db upgrade with this",
            ),
        )
    return manifest


def _prove(
    shell: Shell, heads: Mapping[LogName, Head], signed: Mapping[LogName, tlog.Checkpoint]
) -> list[Finding]:
    """Return what disagrees in the restored database, read back by another connection."""
    from ledger.backup import check_copy  # noqa: PLC0415 - brings Alembic, which is slow

    # A SQLite ledger gets its write-ahead log, which the copy does without.
    engine = open_engine(shell.settings.database_url, "write")
    require_schema(engine)
    engine.dispose()
    total = sum(head.size for head in heads.values())
    with shell.reading("keep") as connection:
        with shell.progress(Text("核对", "checking"), total * 2) as step:
            findings = check_copy(connection, signed, step)
        if not findings:
            findings += compare_projections(shell, connection, list(heads.values()))[1]
    return findings


def _signed_row(checkpoint: tlog.Checkpoint) -> dict[str, Any]:
    """Return a signed checkpoint's keys of the command line."""
    return {"size": checkpoint.size, "root": checkpoint.root.hex()}


def _warn_after(
    shell: Shell, heads: Mapping[LogName, Head], signed: Mapping[LogName, tlog.Checkpoint]
) -> None:
    """Warn of what a restored home still lacks."""
    home = shell.settings.home
    for head in heads.values():
        if head.name not in signed:
            _warn_unsigned(shell, head)
        elif not (home / "keys" / f"{head.name}.key").exists():
            shell.warn(
                Text(
                    f"请把日志 {head.name} 的私钥放回 {home / 'keys'}，否则不能继续签名",
                    f"put the private key of {head.name} back into {home / 'keys'};"
                    " nothing can be signed without it",
                )
            )
    origin = heads["book"].origin.removesuffix("/book")
    if origin != shell.settings.origin:
        shell.warn(
            Text(f"请设置 SUANQUAN_ORIGIN={origin}", f"set SUANQUAN_ORIGIN={origin} from now on")
        )
