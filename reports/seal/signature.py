"""What a PDF's signature says and whether it holds, checked by pyHanko (ISO 32000-2, 12.8)."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate, load_der_x509_certificate
from pyhanko.keys.internal import translate_pyca_cryptography_cert_to_asn1
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, DiffResult
from pyhanko.sign.validation import (
    EmbeddedPdfSignature,
    PdfSignatureStatus,
    SignatureCoverageLevel,
    validate_pdf_signature,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

from ledger.period import to_datetime, to_ms
from reports.seal import is_signed

# Why something does not hold is in what it answers; it need not stand on standard error too.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).addHandler(logging.NullHandler())


# ETSI EN 319 142-1: the SubFilter of every PAdES signature.
_PADES: Final = "/ETSI.CAdES.detached"

_USAGE: Final = KeyUsageConstraints(
    key_usage={"digital_signature", "non_repudiation"}, match_all_key_usages=False
)


@dataclass(frozen=True, slots=True)
class Signature:
    """The last signature of a file.

    `valid` says that it covers the whole file and that the certificate's key made it; `trusted`
    that the certificate, and the time stamp's where there is one, lead to a given root, None where
    no roots were given. What cannot be read of a damaged one is empty.
    """

    valid: bool
    trusted: bool | None = None
    profile: str = ""
    signer: str = ""
    certificate_sha256: str = ""
    at_ms: int = 0


def read_signature(
    pdf: bytes, roots: Sequence[Certificate] = (), moment_ms: int | None = None
) -> Signature | None:
    """Return a file's last signature, None for a file without any.

    The certificate is judged as of a moment, now where none is given. Nothing is fetched: whether
    it was revoked is for a reader with access to the network.
    """
    if not is_signed(pdf):
        return None
    try:
        found = PdfFileReader(BytesIO(pdf)).embedded_regular_signatures
        if not found:
            return None
        return _judge(found[-1], roots, moment_ms)
    except Exception:  # noqa: BLE001 - a file made to do so can have a parser raise anything
        return Signature(valid=False, trusted=False if roots else None)


def _judge(
    signed: EmbeddedPdfSignature, roots: Sequence[Certificate], moment_ms: int | None
) -> Signature:
    """Return what a signature says and whether it holds."""
    status = validate_pdf_signature(
        signed,
        ValidationContext(
            trust_roots=[translate_pyca_cryptography_cert_to_asn1(one) for one in roots],
            moment=None if moment_ms is None else to_datetime(moment_ms),
            allow_fetching=False,
        ),
        key_usage_settings=_USAGE,
    )
    stamp = status.timestamp_validity
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    valid = status.intact and status.valid and whole
    if stamp is not None:
        valid = valid and stamp.intact and stamp.valid
    own = load_der_x509_certificate(signed.signer_cert.dump())
    at = stamp.timestamp if stamp is not None else signed.self_reported_timestamp
    return Signature(
        valid=valid,
        trusted=valid and status.trusted and (stamp is None or stamp.trusted) if roots else None,
        profile=_profile(signed, status),
        signer=own.subject.rfc4514_string(),
        certificate_sha256=own.fingerprint(SHA256()).hex(),
        at_ms=0 if at is None else to_ms(at),
    )


def _profile(signed: EmbeddedPdfSignature, status: PdfSignatureStatus) -> str:
    """Return how a file was signed: `PAdES-B-B`, `PAdES-B-T`, else what the file calls it."""
    said = str(signed.sig_object.get("/SubFilter", ""))
    if said != _PADES:
        return said.removeprefix("/")
    return "PAdES-B-B" if status.timestamp_validity is None else "PAdES-B-T"


def only_signs(before: bytes, sealed: bytes) -> bool:
    """Return whether a file is another one and a signature after it, no page changed."""
    if not sealed.startswith(before) or not is_signed(sealed[len(before) :]):
        return False
    try:
        revisions = PdfFileReader(BytesIO(before)).xrefs.total_revisions
        reader = PdfFileReader(BytesIO(sealed))
        return isinstance(DEFAULT_DIFF_POLICY.review_file(reader, revisions - 1), DiffResult)
    except Exception:  # noqa: BLE001 - a file made to do so can have a parser raise anything
        return False
