"""Sealed files beside the unsigned ones: how they come about, and what a check finds in them.

A signature cannot be made again, so a sealed file is known by its hash. What can be shown of it
without trust is that it begins with the statement as issued, that only a signature was added, and
that the signature holds.
"""

import fcntl
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography.x509 import Certificate

from ledger.errors import InvalidInputError, RuleViolationError, TamperedLogError
from ledger.events import StatementSealed
from ledger.finding import Finding
from ledger.period import render_instant
from ledger.text import Text
from reports.issue import Issued, path_in, sealed_path_in
from reports.pdf.mark import unmark
from reports.seal import Sealed, Sealer, is_checkable
from reports.seal.signature import only_signs, read_signature


@contextmanager
def sealing_alone(home: Path) -> Iterator[None]:
    """Keep every other process from sealing in this home meanwhile; it waits, and then looks."""
    directory = home / "statements"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (directory / ".sealing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def read_unsealed(home: Path, issued: Issued) -> bytes:
    """Return the issued file, without its mark and ready for a seal.

    Raises `TamperedLogError` (`statement_changed`) where it is missing or not as issued,
    `RuleViolationError` (`old_layout`) where it was printed as no seal can go on it.
    """
    data, path = issued.data, path_in(home, issued)
    pdf = path.read_bytes() if path.exists() else b""
    if hashlib.sha256(pdf).hexdigest() != data.pdf_sha256:
        raise TamperedLogError(
            "statement_changed",
            Text(
                f"{path} 不是签发的文件，或已缺失", f"{path} is not the file as issued, or missing"
            ),
            Text("请从备份恢复该文件后再加盖", "restore it from a backup, then seal it"),
        )
    made = unmark(pdf)
    if made is None:
        raise RuleViolationError(
            "old_layout",
            Text(
                f"{data.statement} 由较早版式 {data.renderer} 印出，不能加盖电子印章",
                f"{data.statement} was printed by the older layout {data.renderer}, which takes no"
                " seal",
            ),
            Text(
                "请打印后加盖实物印章，或待其有补充结算单后加盖后者",
                "print and stamp it by hand, or seal the statement that supplements it",
            ),
        )
    return made


def seal(sealer: Sealer, before: bytes, roots: Sequence[Certificate]) -> Sealed:
    """Return a file sealed, what came back judged like a stranger's.

    Raises `InvalidInputError` (`bad_seal`) unless it begins with the file, adds only a signature,
    and this holds and leads to one of the roots, where there are any.
    """
    made = sealer.seal(before)
    wrong = _wrong(made, before, roots)
    if wrong is not None:
        raise InvalidInputError(
            "bad_seal",
            Text(
                f"{made.signer} 的印章不可用：{wrong.zh}",
                f"the seal of {made.signer} is no good: {wrong.en}",
            ),
            Text(
                "未写入任何内容；请核对证书链与 SUANQUAN_SEAL_ROOTS，或询问印章服务方",
                "nothing was written; check the chain and SUANQUAN_SEAL_ROOTS, or ask the service",
            ),
        )
    return made


def _wrong(made: Sealed, before: bytes, roots: Sequence[Certificate]) -> Text | None:
    """Return what is wrong with a sealed file, None where it is as it must be."""
    if not only_signs(before, made.pdf):
        return Text("它改动了文件", "it changes the file")
    if not is_checkable(made.profile):
        return None
    signature = read_signature(made.pdf, roots)
    if signature is None or not signature.valid:
        return Text("签名无效", "the signature does not hold")
    said = signature.profile, signature.signer, signature.certificate_sha256, signature.at_ms
    if said != (made.profile, made.signer, made.certificate_sha256, made.sealed_at_ms):
        return Text("签名内容与所称不符", "the signature says something else than it")
    if signature.trusted is False:
        return Text("证书链不通向受信任的根", "its certificate leads to no trusted root")
    return None


def event_of(issued: Issued, made: Sealed) -> StatementSealed:
    """Return what the book says of a seal."""
    return StatementSealed(
        statement=issued.data.statement,
        profile=made.profile,
        sha256=hashlib.sha256(made.pdf).hexdigest(),
        certificate_sha256=made.certificate_sha256,
        signer=made.signer,
        sealed_at=render_instant(made.sealed_at_ms),
    )


def find_seal_faults(
    home: Path, issued: Sequence[Issued], *, must_be_kept: bool = True
) -> Iterator[Finding]:
    """Yield what is wrong with statements' sealed files; a missing one if it `must_be_kept`."""
    for one in issued:
        if one.seal is not None:
            path = sealed_path_in(home, one)
            if path.exists():
                yield from _check(home, one, one.seal, path.read_bytes())
            elif must_be_kept:
                yield _finding(one, f"盖章文件缺失：{path}", f"{path} is missing")


def _check(home: Path, issued: Issued, said: StatementSealed, pdf: bytes) -> Iterator[Finding]:
    """Yield what is wrong with one sealed file."""
    path, unsigned = sealed_path_in(home, issued), path_in(home, issued)
    if hashlib.sha256(pdf).hexdigest() != said.sha256:
        yield _finding(issued, f"盖章文件被改动：{path}", f"{path} was changed")
        return
    before = unmark(unsigned.read_bytes()) if unsigned.exists() else None
    if before is not None and not only_signs(before, pdf):
        zh = "盖章文件不是在签发文件上加盖的"
        yield _finding(issued, zh, "its sealed file is another one than was issued")
    if is_checkable(said.profile):
        signature = read_signature(pdf)
        if signature is None or not signature.valid:
            yield _finding(issued, "印章签名无效", "the signature of its seal does not hold")
        elif signature.certificate_sha256 != said.certificate_sha256:
            zh = f"印章证书不是所记的 {said.certificate_sha256}"
            en = f"its seal is by another certificate than {said.certificate_sha256}"
            yield _finding(issued, zh, en)


def _finding(issued: Issued, zh: str, en: str) -> Finding:
    """Return a finding about a seal."""
    number = issued.data.statement
    return Finding("book", None, "statement", "seal", Text(f"{number}：{zh}", f"{number}: {en}"))
