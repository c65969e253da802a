"""`suanquan log export`, `prove` and their kin: what outsiders check with tools of their own."""

from pathlib import Path
from typing import Any

import click

from ledger import merkle, tlog
from ledger.database import Connection
from ledger.errors import InvalidInputError, TamperedLogError
from ledger.export import export_log
from ledger.head import Head
from ledger.proof import (
    Growth,
    Proof,
    check_growth,
    check_proof,
    parse_growth,
    parse_proof,
    render_growth,
    render_proof,
)
from ledger.read import CHECK_THE_LOG, read_entries, read_heads, tiles_at
from ledger.text import Text
from portal.options import answers
from portal.shell import Result, Shell


@click.command(
    epilog="""\b
Examples:
  suanquan log export /srv/log
  suanquan log export /srv/public --public

\b
A second export adds to the first. DIR/<log>/checkpoint, tile/… and vkey are what C2SP tlog-tiles
names; stock transparency-log tools read them as they are."""
)
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option("--public", is_flag=True, help="Leave out the entries: checkpoints and hashes only.")
@click.option("--signed", is_flag=True, help="Export at the last signed checkpoint; sign nothing.")
@answers
def export(shell: Shell, directory: Path, *, public: bool, signed: bool) -> Result:
    """Write every log as a C2SP tlog-tiles tree, under a checkpoint that is signed now."""
    done: list[dict[str, Any]] = []
    with shell.auditing() as connection:
        heads = read_heads(connection)
        total = sum(head.size for head in heads.values())
        with shell.progress(Text("导出", "exporting"), total) as step:
            for head in heads.values():
                note = _note(shell, connection, head, signed=signed)
                exported = export_log(
                    connection,
                    head,
                    note,
                    shell.signer.verifier_key(head),
                    directory / head.name,
                    with_entries=not public,
                    progress=step,
                )
                size, files = exported.size, exported.files
                done.append({"name": head.name, "size": size, "files": files, "note": note})
    lines = [
        shell.say(
            Text(
                f"{one['name']}：{one['size']:,} 条，新写 {one['files']:,} 个文件",
                f"{one['name']}: {one['size']:,} entries, {one['files']:,} new files",
            )
        )
        for one in done
    ]
    return Result({"logs": done, "dir": str(directory)}, "\n".join([*lines, f"{directory}/"]))


def _note(shell: Shell, connection: Connection, head: Head, *, signed: bool) -> str:
    """Return the checkpoint to show a log under: one signed now, or the last that was."""
    if not signed:
        return shell.signer.checkpoint(connection, head)
    note = shell.signer.last_note(head)
    if note is None:
        raise InvalidInputError(
            "no_checkpoint",
            Text(f"日志 {head.name} 尚无签名的检查点", f"{head.name} has no signed checkpoint yet"),
            Text("请先运行 suanquan log checkpoint", "run suanquan log checkpoint first"),
        )
    return note


@click.command(
    epilog="""\b
Example:
  suanquan log prove usage 1204 --out 1204.tlog-proof"""
)
@click.argument("log", metavar="LOG")
@click.argument("index", type=click.IntRange(0), metavar="INDEX")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@answers
def prove(shell: Shell, log: str, index: int, out: Path) -> Result:
    """Write one entry with its proof and a checkpoint into a file (C2SP tlog-proof)."""
    with shell.auditing() as connection:
        head = _head(connection, log)
        note = _covering_note(shell, connection, head, index)
        size = tlog.parse_checkpoint(tlog.parse_note(note).text).size
        ((_, entry),) = read_entries(connection, log, index, index + 1)
        hashes = merkle.prove_inclusion(index, size, tiles_at(connection, log, size))
    out.write_text(render_proof(Proof(entry, index, tuple(hashes), note)), "utf-8")
    vkey = tlog.render_vkey(shell.signer.verifier_key(head))
    data = {"log": log, "index": index, "size": size, "path": str(out), "vkey": vkey}
    check = f"suanquan log check-proof {out} --key '{vkey}'"
    shown = Text(f"已写入 {out}；核对：\n{check}", f"wrote {out}; check it with:\n{check}")
    return Result(data, shell.say(shown))


def _head(connection: Connection, log: str) -> Head:
    """Return the head of a log that a person named."""
    heads = read_heads(connection)
    if log not in heads:
        names = ", ".join(heads)
        raise InvalidInputError(
            "no_log",
            Text(f"没有日志 {log!r}", f"there is no log {log!r}"),
            Text(f"可选：{names}", f"choose from {names}"),
        )
    return heads[log]


def _covering_note(shell: Shell, connection: Connection, head: Head, index: int) -> str:
    """Return the last signed checkpoint if it covers an entry, else one that is signed now."""
    if index >= head.size:
        raise InvalidInputError(
            "no_entry",
            Text(f"日志 {head.name} 只有 {head.size} 条", f"{head.name} has {head.size} entries"),
            Text("条目从 0 编号，见 suanquan log list", "entries count from 0; see log list"),
        )
    last = shell.signer.last(head)
    note = shell.signer.last_note(head)
    if last is None or note is None or last.size <= index:
        return shell.signer.checkpoint(connection, head)
    return note


@click.command(
    "prove-growth",
    epilog="""\b
Example:
  suanquan log prove-growth usage --old 2022-07.checkpoint --out growth.txt""",
)
@click.argument("log", metavar="LOG")
@click.option("--old", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@answers
def prove_growth(shell: Shell, log: str, old: Path, out: Path) -> Result:
    """Write the proof that a log only grew since an earlier checkpoint (consistency)."""
    with shell.auditing() as connection:
        head = _head(connection, log)
        key = shell.signer.verifier_key(head)
        earlier = tlog.parse_checkpoint(tlog.open_note(_read(old), [key]).text)
        note = shell.signer.checkpoint(connection, head)
        if earlier.size > head.size:
            raise TamperedLogError(
                "rolled_back",
                Text(
                    f"日志 {log} 只有 {head.size} 条，{old} 却签到第 {earlier.size} 条",
                    f"{log} has {head.size} entries, but {old} was signed over {earlier.size}",
                ),
                CHECK_THE_LOG,
            )
        hashes = merkle.prove_consistency(
            earlier.size, head.size, tiles_at(connection, log, head.size)
        )
    out.write_text(render_growth(Growth(earlier.size, tuple(hashes), note)), "utf-8")
    vkey = tlog.render_vkey(key)
    data = {"log": log, "old_size": earlier.size, "size": head.size, "path": str(out), "vkey": vkey}
    check = f"suanquan log check-proof {out} --old {old} --key '{vkey}'"
    shown = Text(f"已写入 {out}；核对：\n{check}", f"wrote {out}; check it with:\n{check}")
    return Result(data, shell.say(shown))


@click.command(
    "check-proof",
    epilog="""\b
Examples:
  suanquan log check-proof 1204.tlog-proof --key "$(cat /srv/log/usage/vkey)"
  suanquan log check-proof growth.txt --old 2022-07.checkpoint --key "$(cat vkey)"

\b
It needs neither database nor home, only the public key that the log's operator published.""",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", required=True, metavar="VKEY", help="The log's public key.")
@click.option(
    "--old",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The earlier checkpoint, for a proof of growth.",
)
@answers
def check_proof_(shell: Shell, file: Path, key: str, old: Path | None) -> Result:
    """Check a proof's signature and hashes; exit 4 when it does not hold."""
    vkey = tlog.parse_vkey(key.strip())
    if old is not None:
        grown = check_growth(parse_growth(_read(file)), _read(old), [vkey])
        sizes = grown.old.size, grown.new.size
        data: dict[str, Any] = {
            "ok": True,
            "origin": grown.new.origin,
            "old_size": sizes[0],
            "size": sizes[1],
            "root": grown.new.root.hex(),
        }
        told = Text(
            f"成立：{grown.new.origin} 从 {sizes[0]:,} 条到 {sizes[1]:,} 条只增未改",
            f"it holds: {grown.new.origin} only grew from {sizes[0]:,} to {sizes[1]:,} entries",
        )
        return Result(data, f"✓ {shell.say(told)}")
    shown = check_proof(parse_proof(_read(file)), [vkey])
    checkpoint = shown.checkpoint
    data = {
        "ok": True,
        "origin": checkpoint.origin,
        "index": shown.index,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "entry": shown.entry.decode(errors="replace"),
    }
    told = Text(
        f"成立：以下条目是 {checkpoint.origin} 的第 {shown.index} 条（共 {checkpoint.size:,} 条）",
        f"it holds: this is entry {shown.index} of {checkpoint.origin}, of {checkpoint.size:,}",
    )
    return Result(data, f"✓ {shell.say(told)}\n\n{data['entry']}")


def _read(path: Path) -> str:
    """Return a text file's content, strictly UTF-8 and with its newlines as they are."""
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            "proof_form",
            Text(f"{path} 不是 UTF-8 文本", f"{path} is no UTF-8 text: {error}"),
            Text("请给出证明文件", "give the file of a proof"),
        ) from error
