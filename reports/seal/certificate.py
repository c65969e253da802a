"""The key that seals and its certificate (RFC 5280), read from PEM files and judged before use."""

from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import (
    Certificate,
    ExtensionNotFound,
    KeyUsage,
    load_pem_x509_certificates,
)

from ledger.errors import InvalidInputError
from ledger.period import render_instant, to_ms
from ledger.secret import read_secret
from ledger.text import Text


@dataclass(frozen=True, slots=True)
class Identity:
    """A P-256 key, its certificate, and the certificates that lead from it towards a root."""

    key: EllipticCurvePrivateKey = field(repr=False)
    certificate: Certificate
    chain: tuple[Certificate, ...] = ()


def read_identity(key: Path, certificate: Path, now_ms: int) -> Identity:
    """Return the key and the certificate that seal, judged as of now.

    The certificate's file has that of the key first, then the others of its chain. Raises
    `InvalidInputError`: `open_key`, `bad_seal_key`, `bad_seal_certificate`.
    """
    private = _read_key(key)
    own, *chain = read_certificates(certificate)
    if own.public_key() != private.public_key():
        raise _refused(
            certificate,
            Text(f"第一张证书不是密钥 {key} 的", f"its first certificate is not of the key {key}"),
            Text("请把该密钥的证书放在最前", "put the certificate of that key first"),
        )
    _require_in_force(certificate, own, now_ms)
    _require_usage(certificate, own)
    return Identity(private, own, tuple(chain))


def _read_key(path: Path) -> EllipticCurvePrivateKey:
    """Return the private key of a file that only its owner may read."""
    try:
        found = load_pem_private_key(read_secret(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _bad_key(path, Text("不是未加密的 PEM 私钥", "is no unencrypted PEM key")) from error
    if not isinstance(found, EllipticCurvePrivateKey) or not isinstance(found.curve, SECP256R1):
        raise _bad_key(path, Text("不是 P-256 私钥", "is no P-256 key"))
    return found


def _bad_key(path: Path, what: Text) -> InvalidInputError:
    """Return the error for a key that cannot seal."""
    return InvalidInputError(
        "bad_seal_key",
        Text(f"签章密钥 {path} {what.zh}", f"the seal's key {path} {what.en}"),
        Text(
            "请申请 P-256（ECDSA）证书，密钥存为 PKCS#8 PEM；"
            "国密 SM2 印章由电子印章服务加盖，见 docs/seals.md",
            "have a P-256 (ECDSA) certificate issued and keep its key as PKCS#8 PEM; an SM2 seal"
            " comes from an e-seal service, see docs/seals.md",
        ),
    )


def read_certificates(path: Path) -> list[Certificate]:
    """Return the certificates of a PEM file, one at least."""
    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _refused(
            path,
            Text("不含 PEM 证书", "holds no PEM certificates"),
            Text("请提供 BEGIN CERTIFICATE 开头的文件", "name a file of BEGIN CERTIFICATE blocks"),
        ) from error


def _require_in_force(path: Path, certificate: Certificate, now_ms: int) -> None:
    """Raise unless a certificate is in force: what an expired one signs, every reader refuses."""
    first_ms = to_ms(certificate.not_valid_before_utc)
    last_ms = to_ms(certificate.not_valid_after_utc)
    if not first_ms <= now_ms <= last_ms:
        span = f"{render_instant(first_ms)} … {render_instant(last_ms)}"
        raise _refused(
            path,
            Text(
                f"现在（{render_instant(now_ms)}）不在有效期 {span} 内",
                f"it is in force {span}, not now ({render_instant(now_ms)})",
            ),
            Text("请续期或换证后再加盖", "have it renewed, then seal"),
        )


def _require_usage(path: Path, certificate: Certificate) -> None:
    """Raise unless a certificate is for signatures."""
    try:
        usage = certificate.extensions.get_extension_for_class(KeyUsage).value
    except ExtensionNotFound:
        usage = None
    if usage is None or not (usage.digital_signature or usage.content_commitment):
        raise _refused(
            path,
            Text(
                "密钥用途不含数字签名（digitalSignature）或抗抵赖（nonRepudiation）",
                "its key usage has neither digitalSignature nor nonRepudiation",
            ),
            Text("请申请用于签名的证书", "have a certificate for signatures issued"),
        )


def _refused(path: Path, what: Text, next_step: Text) -> InvalidInputError:
    """Return the error for a certificate that cannot be used."""
    return InvalidInputError(
        "bad_seal_certificate",
        Text(f"签章证书 {path}：{what.zh}", f"the seal's certificate {path}: {what.en}"),
        next_step,
    )
