"""`suanquan statement deliver`: a year's statements as a tree, with zips, a manifest and hashes."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import click

from ledger.errors import InvalidInputError
from ledger.secret import write_file
from ledger.text import Text
from portal.commands.statement_commands import file_lost, keep_missing
from portal.enterprises.known import require_known
from portal.options import answers
from portal.shell import Result, Shell
from reports.delivery import (
    NOBODYS,
    Kept,
    folder_name,
    kept_files,
    read_kept,
    render_sums,
    zip_of,
)
from reports.issue import Issued, list_issued
from reports.reading import read_snapshot
from reports.verification import find_latest
from vouchers.book import Book

MANIFEST: Final = "manifest.json"
SUMS: Final = "SHA256SUMS"


@click.command(
    epilog="""\b
Examples:
  suanquan statement deliver --year 2022 --out handed-over
  suanquan statement deliver --year 2022 --enterprise 91420100MA4K2XY18X --out for-them
  (cd handed-over/2022 && sha256sum -c SHA256SUMS)

\b
Run it again after each month: what is there stays as it is, what is new is added."""
)
@click.option("--year", type=click.IntRange(1000, 9999), required=True, help="Such as 2022.")
@click.option("--enterprise", help="Only this credit code.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@answers
def deliver(shell: Shell, year: int, enterprise: str | None, out: Path) -> Result:
    """Write a year's statements by month and enterprise, a zip for each enterprise, and hashes.

    Nothing is written where a file is not as its event says (exit 4) or cannot be made again.
    """
    target = out / str(year)
    with shell.reading() as connection:
        snapshot = read_snapshot(connection)
    require_known(snapshot, enterprise)
    everything = list_issued(snapshot)
    issued = [
        one
        for one in everything
        if one.data.period.startswith(f"{year}-") and enterprise in (None, one.subject)
    ]
    if not issued:
        raise _nothing(year, enterprise)
    _require_scope(target, year, enterprise)
    if lost := keep_missing(shell, shell.press(), issued):
        raise file_lost(lost)
    folders = _folders(target, snapshot.book, issued)
    placed = {
        f"{one.data.period}/{folders[one.subject]}/{kept.path.name}": kept
        for one in issued
        for kept in kept_files(shell.settings.home, one)
    }
    _require_plain(target, placed)
    _require_intact(target, placed)
    written, rows = _write_files(shell, target, placed)
    latest = find_latest(everything)
    for row in rows:
        later = latest.get(row["id"])
        row["superseded_by"] = later.data.statement if later else None
    zips = []
    for code in sorted({one.subject for one in issued} - {""}):
        name, count = _write_zip(target, folders[code], year, placed, code)
        zips.append({"enterprise": code, **name})
        written += count
    manifest = {"year": year, "enterprise": enterprise, "files": rows, "zips": zips}
    raw = json.dumps(manifest, ensure_ascii=False, indent=1).encode() + b"\n"
    written += _write(target / MANIFEST, raw)
    sums = [(row["path"], row["sha256"]) for row in [*rows, *zips]]
    sums.append((MANIFEST, hashlib.sha256(raw).hexdigest()))
    written += _write(target / SUMS, render_sums(sums))
    data = {"dir": str(target), "statements": len(issued), "written": written, **manifest}
    told = Text(
        f"{target}：{len(issued)} 份结算单，{len(zips)} 个压缩包；新写入 {written} 个文件",
        f"{target}: {len(issued)} statements, {len(zips)} zips; {written} files written now",
    )
    return Result(data, shell.say(told))


def _nothing(year: int, enterprise: str | None) -> InvalidInputError:
    """Return the refusal to deliver nothing."""
    whose = f" {enterprise} 的" if enterprise else ""
    of = f" of {enterprise}" if enterprise else ""
    return InvalidInputError(
        "nothing_to_deliver",
        Text(f"{year} 年没有{whose}结算单", f"there are no statements of {year}{of}"),
        Text("已签发的见 suanquan statement list", "see suanquan statement list"),
    )


def _require_scope(target: Path, year: int, enterprise: str | None) -> None:
    """Raise `InvalidInputError` (`other_delivery`) where a folder holds another delivery.

    Its manifest would otherwise lose what it said of the others.
    """
    path = target / MANIFEST
    if not path.exists():
        return
    try:
        found = json.loads(path.read_bytes())
        same = (found["year"], found["enterprise"]) == (year, enterprise)
    except (ValueError, KeyError, TypeError):
        same = False
    if not same:
        raise InvalidInputError(
            "other_delivery",
            Text(f"{target} 已是另一次交付的目录", f"{target} holds another delivery"),
            Text(
                "请用 --out 另选目录，或给出与当时相同的 --enterprise",
                "choose another --out, or give the same --enterprise as then",
            ),
        )


def _folders(target: Path, book: Book, issued: Sequence[Issued]) -> dict[str, str]:
    """Return each enterprise's folder; one that it has stays, whatever it is called by now."""
    there = {}
    for path in target.glob("*-*/*_*"):
        name, _, code = path.name.rpartition("_")
        # One that we did not make could hold what no path in the hashes may.
        if folder_name(name, code) == path.name:
            there[code] = path.name
    return {
        code: there.get(code) or folder_name(book.account(code).name, code) if code else NOBODYS
        for code in {one.subject for one in issued}
    }


def _require_plain(target: Path, placed: Iterable[str]) -> None:
    """Raise `InvalidInputError` (`linked`) where a folder of a delivery leads somewhere else.

    Whoever may write to it would have us write wherever he likes.
    """
    folders = {target, *(folder for path in placed for folder in _within(target, path))}
    links = sorted(str(one) for one in folders if one.is_symlink())
    if links:
        raise InvalidInputError(
            "linked",
            Text(f"交付目录中的 {links[0]} 是符号链接", f"{links[0]} is a symbolic link"),
            Text(
                "请移走该链接；--out 本身可以是链接",
                "take the link away; what --out names may be one itself",
            ),
        )


def _within(target: Path, path: str) -> Iterable[Path]:
    """Return the folders between a delivery's own and a file in it."""
    return [target / one for one in Path(path).parents if one.parts]


def _require_intact(target: Path, placed: dict[str, Kept]) -> None:
    """Raise `TamperedLogError` for a file, here or delivered, that is not as its event says."""
    for path, kept in placed.items():
        read_kept(kept)
        there = target / path
        if kept.sha256 is not None and there.exists():
            read_kept(kept._replace(path=there))


def _write_files(
    shell: Shell, target: Path, placed: dict[str, Kept]
) -> tuple[int, list[dict[str, Any]]]:
    """Return how many files were written now, and what the manifest says of each."""
    written, rows = 0, []
    with shell.progress(Text("交付", "delivering"), len(placed)) as step:
        for path in sorted(placed):
            data, raw = placed[path].issued.data, read_kept(placed[path])
            written += _write(target / path, raw)
            rows.append(
                {
                    **_row(path, raw),
                    "id": data.statement,
                    "kind": data.kind,
                    "period": data.period,
                    "revision": data.revision,
                    "enterprise": placed[path].issued.subject or None,
                }
            )
            step(1)
    return written, rows


def _write_zip(
    target: Path, folder: str, year: int, placed: dict[str, Kept], code: str
) -> tuple[dict[str, Any], int]:
    """Return what the manifest says of an enterprise's zip, and whether it was written now."""
    files = {
        f"{folder}/{kept.issued.data.period}/{kept.path.name}": read_kept(kept)
        for kept in placed.values()
        if kept.issued.subject == code
    }
    path, raw = f"{folder}_{year}.zip", zip_of(files)
    return _row(path, raw), _write(target / path, raw)


def _row(path: str, raw: bytes) -> dict[str, Any]:
    """Return a file's keys of the manifest."""
    return {"path": path, "bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}


def _write(path: Path, raw: bytes) -> bool:
    """Return whether a file was written, which it is not where it says the same already."""
    if path.exists() and path.read_bytes() == raw:
        return False
    write_file(path, raw)
    return True
