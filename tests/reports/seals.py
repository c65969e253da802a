"""Certificates made for tests: a root, what it issues, and the files that settings name."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from reports.seal.certificate import Identity

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

DAY = timedelta(days=1)


def name(words: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.COMMON_NAME, words),
        ]
    )


def usage(*, sign: bool = False, commit: bool = False, issue: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=commit,
        key_encipherment=not (sign or commit or issue),
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issue,
        crl_sign=issue,
        encipher_only=False,
        decipher_only=False,
    )


def span(days_from: int = -1, days_to: int = 365) -> tuple[datetime, datetime]:
    """Return a validity around today: what signs is judged by the clock."""
    now = datetime.now(UTC).replace(microsecond=0)
    return now + days_from * DAY, now + days_to * DAY


@dataclass(frozen=True)
class Authority:
    """A root that issues certificates."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def made(cls, words: str = "测试根 Test Root") -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        first, last = span(-3650, 3650)
        built = (
            x509.CertificateBuilder()
            .subject_name(name(words))
            .issuer_name(name(words))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(first)
            .not_valid_after(last)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage(issue=True), critical=True)
        )
        return cls(key, built.sign(key, SHA256()))

    def issue(
        self,
        key: PrivateKey,
        words: str = "武汉人工智能计算中心",
        *,
        valid: tuple[datetime, datetime] | None = None,
        allowed: x509.KeyUsage | None = None,
        stamps: bool = False,
    ) -> x509.Certificate:
        """Return a certificate for a key; one that says no usage where none is allowed."""
        first, last = valid or span()
        built = (
            x509.CertificateBuilder()
            .subject_name(name(words))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(first)
            .not_valid_after(last)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        )
        if allowed is not None:
            built = built.add_extension(allowed, critical=True)
        if stamps:
            purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            built = built.add_extension(purpose, critical=True)
        return built.sign(self.key, SHA256())

    def identity(self) -> Identity:
        """Return a new key that may seal, with its certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        return Identity(key, self.issue(key, allowed=usage(sign=True, commit=True)))


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)


def key_pem(key: PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write(directory: Path, key: bytes, certificates: bytes) -> tuple[Path, Path]:
    """Return the paths of a key that only its owner reads and of certificates, both written."""
    directory.mkdir(mode=0o700, exist_ok=True)
    paths = directory / "seal.key", directory / "seal.pem"
    for path, data in zip(paths, (key, certificates), strict=True):
        path.write_bytes(data)
        path.chmod(0o600)
    return paths
