"""`suanquan log export`, `prove` and their kin: what outsiders check with tools of their own."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import click

from ledger import merkle, tlog
from ledger.cosignature import Witnesses, is_cosigned, parse_witnesses, require_cosigned
from ledger.database import Connection
from ledger.errors import InvalidInputError
from ledger.events import LogName
from ledger.export import export_log
from ledger.head import Head
from ledger.note import VerifierKey, open_note, parse_note, parse_vkey, render_vkey
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
from ledger.read import read_entries, read_heads, read_tile, tiles_at
from ledger.text import Text
from portal.audit.witnessed import contradict, find_cosigned, instant, now_s, require_enough
from portal.options import answers
from portal.out_file import write_out
from portal.shell import Result, Shell

# A tile has 8 KiB.
TILES_KEPT: Final = 256


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
                    shell.signer.known_keys(head),
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
        note: str | None = shell.signer.checkpoint(connection, head)
    else:
        note = find_cosigned(shell, head) or shell.signer.last_note(head)
    if note is None:
        raise InvalidInputError(
            "no_checkpoint",
            Text(f"日志 {head.name} 尚无签名的检查点", f"{head.name} has no signed checkpoint yet"),
            Text("请先运行 suanquan log checkpoint", "run suanquan log checkpoint first"),
        )
    require_enough(shell, note)
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
        head = head_of(connection, log)
        note = covering_note(shell, connection, head, index)
        size = tlog.parse_checkpoint(parse_note(note).text).size
        ((_, proof),) = prove_entries(connection, head.name, [index], note)
    write_out(out, proof.encode())
    vkey = render_vkey(shell.signer.verifier_key(head))
    data = {"log": log, "index": index, "size": size, "path": str(out), "vkey": vkey}
    check = f"suanquan log check-proof {out} --key '{vkey}'"
    shown = Text(f"已写入 {out}；核对：\n{check}", f"wrote {out}; check it with:\n{check}")
    return Result(data, shell.say(shown))


def prove_entries(
    connection: Connection, log: LogName, indexes: Sequence[int], note: str
) -> Iterator[tuple[int, str]]:
    """Yield the index of each entry and its proof under one checkpoint, which covers them all."""
    size = tlog.parse_checkpoint(parse_note(note).text).size
    # Proofs of one tree share most of their tiles.
    tile = lru_cache(TILES_KEPT)(
        lambda level, index: read_tile(connection, log, level, index, size)
    )
    reader = merkle.tile_reader(tile)
    for index in indexes:
        ((_, entry),) = read_entries(connection, log, index, index + 1)
        hashes = merkle.prove_inclusion(index, size, reader)
        yield index, render_proof(Proof(entry, index, tuple(hashes), note))


def head_of(connection: Connection, log: str) -> Head:
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


def require_entry(head: Head, index: int) -> None:
    """Raise `InvalidInputError` (`no_entry`) for an index beyond a log's end."""
    if index >= head.size:
        raise InvalidInputError(
            "no_entry",
            Text(f"日志 {head.name} 只有 {head.size} 条", f"{head.name} has {head.size} entries"),
            Text(
                "条目从 0 编号，见 suanquan log list", "entries count from 0; see suanquan log list"
            ),
        )


def covering_note(shell: Shell, connection: Connection, head: Head, index: int) -> str:
    """Return the last signed checkpoint if it covers an entry, else one that is signed now."""
    require_entry(head, index)
    last = shell.signer.last(head)
    note = find_cosigned(shell, head, index + 1) or shell.signer.last_note(head)
    if last is None or note is None or last.size <= index:
        note = shell.signer.checkpoint(connection, head)
    if not is_cosigned(parse_note(note), shell.witnesses(), now_s()):
        shell.warn(
            Text(
                "证明所依的检查点尚无足够见证人联署",
                "the proof's checkpoint is not cosigned by enough witnesses yet",
            )
        )
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
        head = head_of(connection, log)
        keys = shell.signer.known_keys(head)
        opened = open_note(read_text(old), keys)
        earlier = tlog.parse_checkpoint(opened.text)
        contradict(connection, head, earlier)
        note = shell.signer.checkpoint(connection, head)
        hashes = merkle.prove_consistency(
            earlier.size, head.size, tiles_at(connection, log, head.size)
        )
    write_out(out, render_growth(Growth(earlier.size, tuple(hashes), note)).encode())
    vkeys = _enough(opened.signers, open_note(note, keys).signers)
    data = {
        "log": log,
        "old_size": earlier.size,
        "size": head.size,
        "path": str(out),
        "vkey": vkeys[-1],
        "vkeys": vkeys,
    }
    named = " ".join(f"--key '{vkey}'" for vkey in vkeys)
    check = f"suanquan log check-proof {out} --old {old} {named}"
    shown = Text(f"已写入 {out}；核对：\n{check}", f"wrote {out}; check it with:\n{check}")
    return Result(data, shell.say(shown))


def _enough(old: Sequence[VerifierKey], new: Sequence[VerifierKey]) -> list[str]:
    """Return public keys that check both of two notes: one that signed both, or one of each."""
    both = [key for key in new if key in old]
    return [render_vkey(key) for key in (both[:1] or [old[-1], new[0]])]


@click.command(
    "check-proof",
    epilog="""\b
Examples:
  suanquan log check-proof 1204.tlog-proof --key "$(cat /srv/log/usage/vkey)"
  suanquan log check-proof growth.txt --old 2022-07.checkpoint --key "$(cat vkey)"

\b
It needs neither database nor home, only the public key that the log's operator published. Over a
change of keys give both: --key OLD --key NEW.""",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--key", "keys", required=True, multiple=True, metavar="VKEY", help="A public key of the log."
)
@click.option(
    "--old",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The earlier checkpoint, for a proof of growth.",
)
@click.option(
    "--witness", "witnesses", multiple=True, metavar="VKEY", help="A witness's public key."
)
@click.option("--require", type=click.IntRange(0), help="How many of them; all by default.")
@answers
def check_proof_(
    shell: Shell,
    file: Path,
    *,
    keys: tuple[str, ...],
    old: Path | None,
    witnesses: tuple[str, ...],
    require: int | None,
) -> Result:
    """Check a proof's signature and hashes; exit 4 when it does not hold."""
    vkeys = [parse_vkey(key.strip()) for key in keys]
    known = parse_witnesses("\n".join(witnesses))
    needed = Witnesses(tuple(known), len(known) if require is None else require)
    if old is not None:
        growth = parse_growth(read_text(file))
        grown = check_growth(growth, read_text(old), vkeys)
        sizes = grown.old.size, grown.new.size
        data: dict[str, Any] = {
            "ok": True,
            "cosignatures": _require(growth.note, needed),
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
    proof = parse_proof(read_text(file))
    shown = check_proof(proof, vkeys)
    checkpoint = shown.checkpoint
    data = {
        "ok": True,
        "cosignatures": _require(proof.note, needed),
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


def _require(note: str, witnesses: Witnesses) -> list[dict[str, Any]]:
    """Return the witnesses that count under a note; raises where they are fewer than required."""
    return [
        {"name": one.witness.name, "at": instant(one.time_s)}
        for one in require_cosigned(parse_note(note), witnesses, now_s())
    ]


def read_text(path: Path) -> str:
    """Return a text file's content, strictly UTF-8 and with its newlines as they are."""
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            "proof_form",
            Text(f"{path} 不是 UTF-8 文本", f"{path} is no UTF-8 text: {error}"),
            Text("请给出证明文件", "give the file of a proof"),
        ) from error
