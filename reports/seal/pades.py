"""A seal by a key of ours: PAdES B-B, or B-T with a time stamp (ETSI EN 319 142-1), by pyHanko."""

from io import BytesIO

from pyhanko.keys.internal import (
    translate_pyca_cryptography_cert_to_asn1,
    translate_pyca_cryptography_key_to_asn1,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.timestamps import HTTPTimeStamper, TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko_certvalidator.registry import CertificateStore, SimpleCertificateStore

from ledger.errors import RuleViolationError
from ledger.text import Text
from reports.seal import Sealed
from reports.seal.certificate import Identity
from reports.seal.signature import read_signature


class PadesSealer:
    """Seals with a P-256 key; a time stamp is asked of an authority where there is one."""

    def __init__(self, identity: Identity, timestamper: TimeStamper | None = None) -> None:
        own, *others = map(
            translate_pyca_cryptography_cert_to_asn1, (identity.certificate, *identity.chain)
        )
        key = translate_pyca_cryptography_key_to_asn1(identity.key)
        chain: CertificateStore = SimpleCertificateStore.from_certs(others)  # type: ignore[no-untyped-call] # pyHanko's
        signer = SimpleSigner(own, key, chain)
        said = PdfSignatureMetadata(
            field_name="Seal", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
        )
        self._signer = PdfSigner(said, signer, timestamper=timestamper)

    def seal(self, pdf: bytes) -> Sealed:
        """Return the file sealed.

        Raises `RuleViolationError` (`no_timestamp`) where the authority gives no time stamp.
        """
        try:
            output = self._signer.sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)))
        except (TimestampRequestError, SigningError, OSError) as error:
            raise RuleViolationError(
                "no_timestamp",
                Text(f"未能取得时间戳：{error}", f"no time stamp was given: {error}"),
                Text(
                    "请检查 SUANQUAN_SEAL_TIMESTAMP_URL，或留空以只签名不加时间戳",
                    "check SUANQUAN_SEAL_TIMESTAMP_URL, or leave it empty to sign without one",
                ),
            ) from error
        sealed = output.getvalue()
        signature = read_signature(sealed)
        assert signature is not None
        assert signature.profile, "what was just signed can be read"
        return Sealed(
            sealed,
            signature.profile,
            signature.signer,
            signature.certificate_sha256,
            signature.at_ms,
        )


def timestamper_at(url: str) -> TimeStamper | None:
    """Return the time stamp authority (RFC 3161) at an address, None for no address."""
    return HTTPTimeStamper(url, timeout=30) if url else None
