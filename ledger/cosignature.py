"""What witnesses say under a checkpoint: that they saw the log grow to it, and when.

C2SP tlog-cosignature, the timestamped Ed25519 kind (signature type 0x04). A witness signs two
lines, `cosignature/v1` and `time …`, and the whole text of the note. A witness counts once. Lines
of keys that nobody named, ML-DSA-44 ones (type 0x06) among them, are kept and not counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.errors import InvalidInputError, TamperedLogError
from ledger.note import (
    Note,
    Signature,
    key_id_of,
    parse_key,
    render_key,
)
from ledger.text import Text

_COSIGNATURE: Final = b"\x04"
_PUBLIC_KEY_BYTES: Final = 32
_TIME_BYTES: Final = 8
_SIGNATURE_BYTES: Final = 64
_TIME_S_MAX: Final = 2**63 - 1

# How far a witness's clock may run ahead of ours.
AHEAD_S_MAX: Final = 3_600


class WitnessKey(NamedTuple):
    """A witness's name and Ed25519 public key."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """Return the four bytes that mark this witness's cosignatures."""
        return key_id_of(self.name, _COSIGNATURE + self.public_key)


class Timestamped(NamedTuple):
    """A cosignature's own content: when it was made, in seconds since 1970, and the signature."""

    time_s: int
    signature: bytes


class Witnesses(NamedTuple):
    """The witnesses whose cosignatures count, and how many of them a checkpoint needs."""

    keys: tuple[WitnessKey, ...] = ()
    required: int = 0


@dataclass(frozen=True, slots=True)
class Cosignature:
    """One known witness's line under a note; `fault` says why it does not count, empty if it does.

    `time_s` is None where the line is no timestamped signature at all.
    """

    witness: WitnessKey
    time_s: int | None
    fault: str = ""


# --- keys ---


def render_witness(key: WitnessKey) -> str:
    """Return a witness's verifier key as text: `name+key id in hex+base64(0x04 || public key)`.

    Raises `InvalidInputError` (`key_name`) for a name that no signature line can hold.
    """
    assert len(key.public_key) == _PUBLIC_KEY_BYTES, len(key.public_key)
    return render_key(key.name, _COSIGNATURE + key.public_key)


def parse_witness(text: str) -> WitnessKey:
    """Return the witness of a verifier key of type 0x04; `InvalidInputError` (`witness_form`)."""
    found = parse_key(text)
    if found is not None:
        name, typed = found
        if typed[:1] == _COSIGNATURE and len(typed) == 1 + _PUBLIC_KEY_BYTES:
            return WitnessKey(name, typed[1:])
    raise InvalidInputError(
        "witness_form",
        Text(f"不是见证人的公钥：{text[:120]!r}", f"not a witness's key: {text[:120]!r}"),
        Text(
            "请完整复制见证人公布的公钥（C2SP tlog-cosignature，Ed25519，类型 0x04）",
            "copy the whole key that the witness published (C2SP tlog-cosignature, Ed25519, 0x04)",
        ),
    )


def parse_witnesses(text: str) -> list[WitnessKey]:
    """Return the witnesses of a list: a verifier key a line, empty lines and `#` comments left out.

    A line may also be `witness NAME VKEY`, as in C2SP tlog-policy. Two lines with one public key
    are refused (`witness_twice`), for a witness counts once whatever it is called.
    """
    witnesses: list[WitnessKey] = []
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        found = parse_witness(words[2] if words[0] == "witness" and words[2:] else line.strip())
        if found.public_key in {one.public_key for one in witnesses}:
            raise InvalidInputError(
                "witness_twice",
                Text(
                    f"见证人公钥重复：{line[:120]}", f"a witness's key stands twice: {line[:120]}"
                ),
                Text("每个见证人只保留一行", "keep one line for each witness"),
            )
        witnesses.append(found)
    return witnesses


# --- cosignatures ---


def cosigned_message(time_s: int, text: str) -> bytes:
    """Return what a witness signs at a time under a note's text."""
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def render_timestamped(content: Timestamped) -> bytes:
    """Return a cosignature's bytes as they stand in a signature line after the key id."""
    assert 0 <= content.time_s <= _TIME_S_MAX, content.time_s
    return content.time_s.to_bytes(_TIME_BYTES) + content.signature


def parse_timestamped(data: bytes) -> Timestamped | None:
    """Return the content of a cosignature's bytes, None where they are none."""
    time_s = int.from_bytes(data[:_TIME_BYTES])
    if len(data) != _TIME_BYTES + _SIGNATURE_BYTES or time_s > _TIME_S_MAX:
        return None
    return Timestamped(time_s, data[_TIME_BYTES:])


def judge(note: Note, witnesses: Sequence[WitnessKey], now_s: int) -> list[Cosignature]:
    """Return each known witness's line under a note, those that count and those that do not.

    A witness with a line that counts is named once, with its latest; else with its first fault.
    """
    verdicts: list[Cosignature] = []
    for witness in witnesses:
        marked = [one for one in note.signatures if one[:2] == (witness.name, witness.key_id)]
        found = [_judge_one(note.text, one, witness, now_s) for one in marked]
        good = [one for one in found if not one.fault]
        if good:
            verdicts.append(max(good, key=lambda one: one.time_s or 0))
        else:
            verdicts += found[:1]
    return verdicts


def counting(note: Note, witnesses: Sequence[WitnessKey], now_s: int) -> list[Cosignature]:
    """Return the cosignatures under a note that count, one a witness."""
    return [one for one in judge(note, witnesses, now_s) if not one.fault]


def _judge_one(text: str, line: Signature, witness: WitnessKey, now_s: int) -> Cosignature:
    content = parse_timestamped(line.signature)
    if content is None:
        return Cosignature(witness, None, "form")
    try:
        public_key = Ed25519PublicKey.from_public_bytes(witness.public_key)
        public_key.verify(content.signature, cosigned_message(content.time_s, text))
    except InvalidSignature:
        return Cosignature(witness, content.time_s, "signature")
    ahead = content.time_s > now_s + AHEAD_S_MAX
    return Cosignature(witness, content.time_s, "future" if ahead else "")


def is_cosigned(note: Note, witnesses: Witnesses, now_s: int) -> bool:
    """Return whether as many witnesses as are required cosigned a note."""
    return len(counting(note, witnesses.keys, now_s)) >= witnesses.required


def require_cosigned(note: Note, witnesses: Witnesses, now_s: int) -> list[Cosignature]:
    """Return the cosignatures that count under a note.

    Raises `TamperedLogError` (`too_few_witnesses`) when fewer witnesses than required have one.
    """
    keys, required = witnesses
    verdicts = judge(note, keys, now_s)
    good = [one for one in verdicts if not one.fault]
    if len(good) < required:
        who = ", ".join(one.witness.name for one in good) or "—"
        bad = ", ".join(f"{one.witness.name} ({one.fault})" for one in verdicts if one.fault)
        head = " ".join(note.text.split("\n")[:2])
        raise TamperedLogError(
            "too_few_witnesses",
            Text(
                f"检查点 {head} 需 {required} 位见证人联署，已知 {len(keys)} 位中有效的只有"
                f" {len(good)} 位：{who}；不计入：{bad or '—'}",
                f"the checkpoint {head} needs {required} witnesses; of the {len(keys)} known,"
                f" {len(good)} count: {who}; not counted: {bad or '—'}",
            ),
            Text(
                "请把检查点交见证人联署，再运行 suanquan log cosign；见证人拒绝时请查明原因",
                "give the checkpoint to the witnesses and take in what they sign with suanquan log"
                " cosign; where one refuses, find out why",
            ),
        )
    return good


def merge(note: Note, others: Iterable[Signature]) -> Note:
    """Return a note with further signature lines; of one key the line with the latest time stays.

    Our own lines come first and stay as they are.
    """
    lines = {one[:2]: one for one in note.signatures}
    for one in others:
        held = lines.get(one[:2])
        if held is None or _time_of(one) > _time_of(held):
            lines[one[:2]] = one
    return Note(note.text, tuple(lines.values()))


def _time_of(line: Signature) -> int:
    content = parse_timestamped(line.signature)
    return -1 if content is None else content.time_s
