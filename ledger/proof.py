"""A proof in one file: an entry, where it stands, and the signed checkpoint that it is under.

C2SP tlog-proof, version 1, with the entry's bytes as its extra data: whoever holds the log's public
key needs nothing else, neither the database nor a home nor a network. The extra data is not
authenticated by itself; its leaf hash is what the inclusion proof shows.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from ledger import merkle, tlog
from ledger.errors import InvalidInputError, TamperedLogError
from ledger.note import VerifierKey, open_note
from ledger.text import Text

_HEADER: Final = "c2sp.org/tlog-proof@v1"
_EXTRA: Final = "extra "
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Proof:
    """An entry, its index, the hashes from its sibling to the root's child, and the signed note."""

    entry: bytes
    index: int
    hashes: tuple[bytes, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Growth:
    """The size of an earlier tree, the hashes that lead from it, and the later signed note."""

    old_size: int
    hashes: tuple[bytes, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What a proof shows, once checked."""

    entry: bytes
    index: int
    checkpoint: tlog.Checkpoint


@dataclass(frozen=True, slots=True)
class Grown:
    """Two checkpoints of one log, the later one an extension of the earlier."""

    old: tlog.Checkpoint
    new: tlog.Checkpoint


def render_proof(proof: Proof) -> str:
    """Return a proof as the text of its file."""
    lines = [
        _HEADER,
        _EXTRA + b64encode(proof.entry).decode(),
        f"index {proof.index}",
        *(b64encode(one).decode() for one in proof.hashes),
        "",
    ]
    return "\n".join(lines) + "\n" + proof.note


def parse_proof(text: str) -> Proof:
    """Return the proof of a file's text; `InvalidInputError` (`proof_form`) otherwise."""
    head, gap, note = text.partition("\n\n")
    lines = head.split("\n")
    with suppress(ValueError):
        header, extra, place, *hashes = lines
        match = _INDEX.fullmatch(place)
        if header == _HEADER and extra.startswith(_EXTRA) and match and gap:
            entry = b64decode(extra.removeprefix(_EXTRA), validate=True)
            decoded = tuple(b64decode(one, validate=True) for one in hashes)
            proof = Proof(entry, int(match[1]), decoded, note)
            if render_proof(proof) == text:
                return proof
    raise InvalidInputError(
        "proof_form",
        Text(f"不是本系统的证明文件：{text[:60]!r}", f"not a proof with its entry: {text[:60]!r}"),
        Text(
            "请使用 suanquan log prove 生成的 .tlog-proof 文件",
            "give the .tlog-proof file that suanquan log prove wrote",
        ),
    )


def check_proof(proof: Proof, keys: Sequence[VerifierKey]) -> Shown:
    """Return what a proof shows under a log's public key.

    Raises `TamperedLogError`: `bad_signature` and the like from the note, `not_included` when the
    entry does not stand under the checkpoint's root at the index.
    """
    checkpoint = tlog.parse_checkpoint(open_note(proof.note, keys).text)
    leaf = merkle.leaf_hash(proof.entry)
    size, root = checkpoint.size, checkpoint.root
    if not merkle.check_inclusion(leaf, proof.index, size, root, proof.hashes):
        raise TamperedLogError(
            "not_included",
            Text(
                f"条目不在 {checkpoint.origin}（共 {checkpoint.size} 条）的第 {proof.index} 位",
                f"the entry does not stand at {proof.index} of {checkpoint.origin},"
                f" which has {checkpoint.size} entries",
            ),
            Text(
                "该条目或证明被改动；请向日志运行方索取原件",
                "the entry or the proof was changed; ask the log's operator for the original",
            ),
        )
    return Shown(proof.entry, proof.index, checkpoint)


# --- from one checkpoint to a later one ---


def render_growth(growth: Growth) -> str:
    """Return a consistency proof as its file's text: what C2SP tlog-witness sends a witness."""
    lines = [
        f"old {growth.old_size}",
        *(b64encode(one).decode() for one in growth.hashes),
        "",
    ]
    return "\n".join(lines) + "\n" + growth.note


def parse_growth(text: str) -> Growth:
    """Return the consistency proof of a file; `InvalidInputError` (`proof_form`) otherwise."""
    head, gap, note = text.partition("\n\n")
    with suppress(ValueError):
        place, *hashes = head.split("\n")
        match = _OLD.fullmatch(place)
        if match and gap:
            decoded = tuple(b64decode(one, validate=True) for one in hashes)
            growth = Growth(int(match[1]), decoded, note)
            if render_growth(growth) == text:
                return growth
    raise InvalidInputError(
        "proof_form",
        Text(f"不是一致性证明：{text[:60]!r}", f"not a consistency proof: {text[:60]!r}"),
        Text(
            "请使用 suanquan log prove-growth 生成的文件",
            "give the file that suanquan log prove-growth wrote",
        ),
    )


def check_growth(growth: Growth, old_note: str, keys: Sequence[VerifierKey]) -> Grown:
    """Return both checkpoints once it is shown that the later one only appends to the earlier.

    Raises `TamperedLogError`: signatures that do not hold, `forked` when it does not.
    """
    old = tlog.parse_checkpoint(open_note(old_note, keys).text)
    new = tlog.parse_checkpoint(open_note(growth.note, keys).text)
    sizes, roots = (old.size, new.size), (old.root, new.root)
    grows = merkle.check_consistency(*sizes, *roots, growth.hashes)
    if (old.origin, old.size) != (new.origin, growth.old_size) or not grows:
        raise TamperedLogError(
            "forked",
            Text(
                f"{new.origin} 大小 {new.size} 的日志不是 {old.origin} 大小 {old.size} 的延续",
                f"{new.origin} of size {new.size} does not extend {old.origin} of size {old.size}",
            ),
            Text(
                "两个检查点都请留存：日志被改写，或文件被改动",
                "keep both checkpoints: the log was rewritten, or a file was changed",
            ),
        )
    return Grown(old, new)
