"""Seals: who puts a signature under a statement's file, and what everyone who does must hold to.

A seal is an incremental update (ISO 32000-1, 7.5.6): the file that was given stays the beginning of
the sealed one. `pades` seals with a key of ours by PAdES (ETSI EN 319 142-1); an electronic seal
service is one more `Sealer`, and without any the file stays as it was issued and calls itself 样章.
"""

from dataclasses import dataclass
from typing import Final, Protocol

# What every signature in a PDF has (ISO 32000-1, 12.8.1).
_SIGNED: Final = b"/ByteRange"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed file, and what its signature says: by whom, how and when.

    `certificate_sha256` is the fingerprint in hexadecimal, `signer` the certificate's subject (RFC
    4514), `profile` such as `PAdES-B-B`.
    """

    pdf: bytes
    profile: str
    signer: str
    certificate_sha256: str
    sealed_at_ms: int


class Sealer(Protocol):
    """Who seals: a key of ours, or a service elsewhere."""

    def seal(self, pdf: bytes) -> Sealed:
        """Return the file sealed: it begins with the bytes given and only adds a signature.

        A second call may give other bytes. Raises `LedgerError` where it cannot be sealed.
        """


def is_checkable(profile: str) -> bool:
    """Return whether this program can check such a signature: PAdES, but not one by SM2."""
    return profile.startswith("PAdES-")


def is_signed(pdf: bytes) -> bool:
    """Return whether a file bears a signature, or says so."""
    return _SIGNED in pdf
