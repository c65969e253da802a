"""A witness in ten lines, as C2SP tlog-cosignature and tlog-witness describe one; for tests."""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.cosignature import WitnessKey, render_witness
from ledger.note import encode_base64
from ledger.tlog import parse_checkpoint


@dataclass
class Witness:
    """Signs a note's text at a time; remembers sizes, and refuses to go back or to be shown two."""

    name: str
    seed: int = 1
    seen: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    @property
    def private_key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(bytes([self.seed]) * 32)

    @property
    def key(self) -> WitnessKey:
        return WitnessKey(self.name, self.private_key.public_key().public_bytes_raw())

    @property
    def vkey(self) -> str:
        return render_witness(self.key)

    def line(self, text: str, time_s: int) -> str:
        """Return the signature line under a note's text, whatever it says."""
        message = b"cosignature/v1\ntime %d\n" % time_s + text.encode()
        data = self.key.key_id + time_s.to_bytes(8, "big") + self.private_key.sign(message)
        return f"— {self.name} {encode_base64(data)}\n"

    def cosign(self, note: str, time_s: int) -> str:
        """Return a note with the witness's line; `AssertionError` where it goes behind the last."""
        text = note.rpartition("\n\n")[0] + "\n"
        now = parse_checkpoint(text)
        size, root = self.seen.get(now.origin, (0, b""))
        assert now.size > size or (now.size, now.root) == (size, root) or size == 0, "goes back"
        self.seen[now.origin] = now.size, now.root
        return note + self.line(text, time_s)
