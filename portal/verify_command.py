"""`suanquan statement verify`: whether a file is a statement exactly as it was issued."""

from pathlib import Path

import click
from rich.console import Group

from ledger.database import Connection
from ledger.errors import InvalidInputError, TamperedLogError
from ledger.read import read_events
from ledger.text import Text
from portal.options import answers
from portal.shell import Result, Shell
from reports.issue import Issued, list_issued
from reports.reading import read_snapshot
from reports.supplement import explain
from reports.verification import Verified
from reports.verification import verify as look_up
from vouchers.adoption import Difference, find_differences, rules_of
from vouchers.book import Book


@click.command(
    epilog="""\b
Example:
  suanquan statement verify SQ-C-2022-07-91420100MA4K2XY18X-1.pdf

\b
Ends with 0 where the file is a statement byte for byte; 4 where it bears the number of a statement
but is another file; 2 where it is none of this ledger's."""
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@answers
def verify(shell: Shell, file: Path) -> Result:
    """Say whether a PDF is a statement as issued, and whether a later one follows it."""
    pdf = file.read_bytes()
    with shell.reading() as connection:
        snapshot = read_snapshot(connection)
        found = look_up(list_issued(snapshot), pdf)
        named = found.issued or found.claimed
        differing = _differing(connection, named) if named else ()
    later = found.superseded_by
    why = explain(snapshot, named.subject, named.data, later.data) if named and later else None
    data = {
        "known": found.issued is not None,
        "id": named.data.statement if named else None,
        "sha256": found.sha256,
        "issued_sha256": named.data.pdf_sha256 if named else None,
        "revision": named.data.revision if named else None,
        "superseded_by": later.data.statement if later else None,
        "superseded_why": shell.say(why) if why else None,
        "rules": named.data.rules if named else None,
        "rules_differ": [
            {**one._asdict(), "changes": [change._asdict() for change in one.changes]}
            for one in differing
        ],
        # No seal signs statements yet.
        "signature": None,
    }
    told = [shell.say(text) for text in (_told(file, found, why), *map(Difference.tell, differing))]
    return Result(data, Group(*told), _status(found))


def _differing(connection: Connection, named: Issued) -> tuple[Difference, ...]:
    """Return the rules of a refund's statement that this program no longer has as they were."""
    if named.data.kind != "subsidy":
        return ()
    book = Book(event for _, event in read_events(connection, "book", 0, named.data.sizes["book"]))
    return find_differences(rules_of(book), book.values)


def _status(found: Verified) -> int:
    """Return the exit status: a changed statement is evidence, a stranger's file wrong input."""
    if found.issued is not None:
        return 0
    return (TamperedLogError if found.claimed else InvalidInputError).exit_status


def _told(file: Path, found: Verified, why: Text | None) -> Text:
    """Return the answer for a person."""
    if found.issued is not None:
        data = found.issued.data
        if found.superseded_by is not None and why is not None:
            later = found.superseded_by.data.statement
            return Text(
                f"属实：{data.statement}，第 {data.revision} 版；其后已有 {later}，因：{why.zh}",
                f"genuine: {data.statement}, revision {data.revision};"
                f" {later} follows it: {why.en}",
            )
        return Text(
            f"属实：{data.statement}，第 {data.revision} 版，为该期最新一版",
            f"genuine: {data.statement}, revision {data.revision}, the latest of its period",
        )
    if found.claimed is not None:
        data = found.claimed.data
        return Text(
            f"不符：{file} 自称 {data.statement}，但内容不是签发的文件"
            f"（签发时 SHA-256 为 {data.pdf_sha256}，此文件为 {found.sha256}）；请索取原件",
            f"not genuine: {file} calls itself {data.statement}, but is not the file that was"
            f" issued (SHA-256 {data.pdf_sha256}, this one {found.sha256}); ask for the original",
        )
    return Text(
        f"未知：{file} 不是本账本签发的结算单（编号 {found.number or '无'}）；"
        "签发的结算单见 suanquan statement list",
        f"unknown: {file} is no statement of this ledger (number {found.number or 'none'});"
        " see suanquan statement list",
    )
