"""`suanquan statement verify`: whether a file is a statement exactly as it was issued."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Group

from ledger.database import Connection
from ledger.errors import InvalidInputError, TamperedLogError
from ledger.period import parse_instant, render_instant
from ledger.read import read_events
from ledger.text import Text
from portal.options import answers
from portal.shell import Result, Shell
from portal.statements.seal_settings import seal_roots
from reports.changes import Change, find_changes
from reports.issue import Issued
from reports.reading import read_snapshot
from reports.remake import remake
from reports.seal import is_checkable, is_signed
from reports.supplement import explain
from reports.verification import Verified, find_alike
from reports.verification import verify as look_up
from vouchers.adoption import Difference, find_differences, rules_of
from vouchers.book import Book

CHANGES_SHOWN: Final = 12
"""As many changes as a person reads without scrolling; `--json` has all."""

_OBJECT: Final = b"endobj"
"""A PDF has it many times, so that no changed byte, its header's neither, makes it none."""


@click.command(
    epilog="""\b
Example:
  suanquan statement verify SQ-C-2022-07-91420100MA4K2XY18X-1.pdf

\b
Ends with 0 where the file is a statement byte for byte, sealed or not; 4 where it bears the number
of a statement but is another file, or where its seal leads to no root of SUANQUAN_SEAL_ROOTS; 2
where it is none of this ledger's."""
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@answers
def verify(shell: Shell, file: Path) -> Result:
    """Say whether a PDF is a statement as issued, and whether a later one follows it."""
    pdf = file.read_bytes()
    with shell.reading() as connection:
        found = look_up(connection, pdf)
        if found.issued is None and found.claimed is None:
            found = find_alike(connection, pdf, shell.settings.home) or found
        named, later = found.issued or found.claimed, found.superseded_by
        differing = _differing(connection, named) if named else ()
        why = None
        if named and later:
            snapshot = read_snapshot(connection)
            why = explain(snapshot, named.subject, named.data, later.data)
    changes = _changes(shell, named, later) if named and later else None
    signature = _signature(shell, pdf, found)
    data = {
        "known": found.issued is not None,
        "id": named.data.statement if named else None,
        "sha256": found.sha256,
        "issued_sha256": named.data.pdf_sha256 if named else None,
        "revision": named.data.revision if named else None,
        "superseded_by": later.data.statement if later else None,
        "superseded_why": shell.say(why) if why else None,
        "superseded_changes": None if changes is None else _change_rows(shell, changes),
        "rules": named.data.rules if named else None,
        "rules_differ": [
            {**one._asdict(), "changes": [change._asdict() for change in one.changes]}
            for one in differing
        ],
        "sealed_sha256": named.seal.sha256 if named and named.seal else None,
        "signature": signature,
    }
    texts = [
        _told(file, found, why, is_pdf=_OBJECT in pdf),
        *_told_changes((found.issued and changes) or ()),
    ]
    texts += [*_told_of(signature), *map(Difference.tell, differing)]
    return Result(data, Group(*map(shell.say, texts)), _status(found, signature))


def _changes(shell: Shell, earlier: Issued, later: Issued) -> list[Change] | None:
    """Return what a later statement states otherwise, both made again from the log.

    None where that cannot be told: the entries are for an auditor's login, or this program makes
    one of them otherwise than it was issued, which a replay tells of.
    """
    made = {}
    try:
        with shell.auditing() as connection:
            for one, content in remake(connection, [earlier, later]):
                made[one.data.statement] = content
    except (InvalidInputError, TamperedLogError):
        return None
    return find_changes(made[earlier.data.statement], made[later.data.statement])


def _change_rows(shell: Shell, changes: Sequence[Change]) -> list[dict[str, str | None]]:
    """Return the command line's keys of changes; null where a place did not stand at all."""
    return [
        {name: text and shell.say(text) for name, text in one._asdict().items()} for one in changes
    ]


def _told_changes(changes: Sequence[Change]) -> list[Text]:
    """Return the changes for a person, the first ones where there are many."""
    told = [one.tell() for one in changes[:CHANGES_SHOWN]]
    if left := len(changes) - len(told):
        told.append(Text(f"另有 {left} 处变化，见 --json", f"and {left} more changes: --json"))
    return [Text(f"  {one.zh}", f"  {one.en}") for one in told]


def _signature(shell: Shell, pdf: bytes, found: Verified) -> dict[str, Any] | None:
    """Return what a file's signature says and whether it holds, None for a file without any.

    The certificate is judged as of the time in the book, for a file that the book does not know as
    of now. What this program cannot check, such as SM2, is null: only the hash speaks for it.
    """
    seal = found.seal
    if seal is not None and not is_checkable(seal.profile):
        return {
            "profile": seal.profile,
            "signer": seal.signer,
            "certificate_sha256": seal.certificate_sha256,
            "valid": None,
            "trusted": None,
            "at": seal.sealed_at,
        }
    if not is_signed(pdf):
        return None
    from reports.seal.signature import read_signature  # noqa: PLC0415 - brings pyHanko: slow

    at_ms = None if seal is None else parse_instant(seal.sealed_at)
    read = read_signature(pdf, seal_roots(shell.settings), at_ms)
    if read is None:
        return None
    return {
        "profile": read.profile or None,
        "signer": read.signer or None,
        "certificate_sha256": read.certificate_sha256 or None,
        "valid": read.valid,
        "trusted": read.trusted,
        "at": render_instant(read.at_ms) if read.profile else None,
    }


def _told_of(signature: Mapping[str, Any] | None) -> list[Text]:
    """Return what is said of a signature to a person."""
    if signature is None:
        return []
    by = f"{signature['signer']}, {signature['profile']}, {signature['at']}"
    if signature["valid"] is None:
        zh = f"印章：{by}；本程序不能验证此种签名，请用签章服务方的阅读器验证"
        en = f"seal: {by}; this program cannot check it, use the e-seal service's reader"
    elif not signature["valid"]:
        zh, en = "印章签名无效", "the signature of its seal does not hold"
    elif signature["trusted"] is None:
        zh = f"印章签名有效：{by}；未设 SUANQUAN_SEAL_ROOTS，证书链未验证"
        en = f"the seal holds: {by}; no SUANQUAN_SEAL_ROOTS are set to check its certificate by"
    elif signature["trusted"]:
        zh, en = f"印章签名有效且可信：{by}", f"the seal holds and is trusted: {by}"
    else:
        zh = f"印章签名有效，但证书不通向 SUANQUAN_SEAL_ROOTS 中的根：{by}"
        en = f"the seal holds, but leads to no root of SUANQUAN_SEAL_ROOTS: {by}"
    return [Text(zh, en)]


def _differing(connection: Connection, named: Issued) -> tuple[Difference, ...]:
    """Return the rules of a refund's statement that this program no longer has as they were."""
    if named.data.kind != "subsidy":
        return ()
    book = Book(event for _, event in read_events(connection, "book", 0, named.data.sizes["book"]))
    return find_differences(rules_of(book), book.values)


def _status(found: Verified, signature: Mapping[str, Any] | None) -> int:
    """Return the exit status: a changed statement is evidence, a stranger's file wrong input.

    So is a seal that does not lead to a root that was named.
    """
    if found.issued is not None:
        refused = signature is not None and False in (signature["valid"], signature["trusted"])
        return TamperedLogError.exit_status if refused else 0
    return (TamperedLogError if found.claimed else InvalidInputError).exit_status


def _told(file: Path, found: Verified, why: Text | None, *, is_pdf: bool) -> Text:
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
        if not is_pdf:
            return Text(
                f"不符：{file} 带有编号 {data.statement}，但不是 PDF；签发的只有 PDF，"
                "其他格式不作凭据，可用 suanquan statement export 重新导出后比对",
                f"not genuine: {file} bears the number {data.statement} and is no PDF, which alone"
                " is issued; export the other formats again and compare",
            )
        if found.number != data.statement:
            return Text(
                f"不符：{file} 与 {data.statement} 的文件只差几个字节，编号也被改动"
                f"（签发时 SHA-256 为 {data.pdf_sha256}，此文件为 {found.sha256}）；请索取原件",
                f"not genuine: {file} is the file of {data.statement} but for some bytes, its"
                f" number among them (SHA-256 {data.pdf_sha256}, this one {found.sha256});"
                " ask for the original",
            )
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
