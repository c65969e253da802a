"""A Kafka broker that demands certificates on one port, passwords on another, and TLS on both.

Its authority and all certificates are made for the occasion and live in the directory that the
caller gives. A plain third port is there for whoever fills topics.
"""

import datetime as dt
import ipaddress
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from kafka import KafkaAdminClient
from kafka.admin import ScramMechanism, UserScramCredentialUpsertion

from tests.servers.kafka import free_ports, kafka

USER: Final = "agent"
PASSWORD: Final = "no-such-word-in-any-log"  # noqa: S105 - of a broker that lives for a test
KEY_PASSWORD: Final = "nor-this-one"  # noqa: S105 - as above

HOST: Final = "127.0.0.1"
"""The only name in the broker's certificate."""

# The controller speaks to itself only; what is under test are the two listeners with TLS.
_PROPERTIES: Final = """
listeners=PLAINTEXT://{host}:{{port}},CONTROLLER://{host}:{{controller}},\\
  MTLS://{host}:{mtls},SASL://{host}:{sasl}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,MTLS:SSL,SASL:SASL_SSL
ssl.keystore.type=PEM
ssl.keystore.location={home}/broker.pem
ssl.truststore.type=PEM
ssl.truststore.location={home}/ca.pem
listener.name.mtls.ssl.client.auth=required
listener.name.sasl.sasl.enabled.mechanisms=SCRAM-SHA-512,SCRAM-SHA-256,PLAIN
listener.name.sasl.scram-sha-512.sasl.jaas.config={security}.scram.ScramLoginModule required;
listener.name.sasl.scram-sha-256.sasl.jaas.config={security}.scram.ScramLoginModule required;
listener.name.sasl.plain.sasl.jaas.config={security}.plain.PlainLoginModule required \\
  user_{user}="{password}";
"""


@dataclass(frozen=True, slots=True)
class SecureBroker:
    """Where the broker listens, and the directory of the certificates.

    There are `ca.pem`; `client.pem` and `client.key`, which it trusts; `locked.key`, the same key
    under `KEY_PASSWORD`; `stranger.pem` and `stranger.key` of `other-ca.pem`, which it does not.
    """

    plain: str
    mtls: str
    sasl: str
    home: Path


@contextmanager
def secure_kafka(home: Path) -> Iterator[SecureBroker]:
    """Yield a broker with both listeners, and one user of every SASL mechanism."""
    make_certificates(home)
    mtls, sasl = free_ports(2)
    properties = _PROPERTIES.format(
        host=HOST,
        mtls=mtls,
        sasl=sasl,
        home=home,
        user=USER,
        password=PASSWORD,
        security="org.apache.kafka.common.security",
    )
    with kafka(properties) as plain:
        with closing(KafkaAdminClient(bootstrap_servers=plain)) as admin:
            # One request each: a broker takes one change of a user at a time.
            for one in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
                change = UserScramCredentialUpsertion(USER, one, PASSWORD)
                assert admin.alter_user_scram_credentials([change]) == {USER: None}
        yield SecureBroker(plain, f"{HOST}:{mtls}", f"{HOST}:{sasl}", home)


def make_certificates(home: Path) -> None:
    """Write an authority's certificate, the broker's and two clients', one of another authority."""
    ours, other = _Authority("Test CA"), _Authority("Other CA")
    (home / "ca.pem").write_bytes(_pem(ours.certificate))
    (home / "other-ca.pem").write_bytes(_pem(other.certificate))
    key = ec.generate_private_key(ec.SECP256R1())
    (home / "broker.pem").write_bytes(_pem_of_key(key) + _pem(ours.certify("broker", key)))
    for name, authority in (("client", ours), ("stranger", other)):
        key = ec.generate_private_key(ec.SECP256R1())
        (home / f"{name}.pem").write_bytes(_pem(authority.certify(name, key)))
        (home / f"{name}.key").write_bytes(_pem_of_key(key))
        if name == "client":
            (home / "locked.key").write_bytes(_pem_of_key(key, KEY_PASSWORD))


class _Authority:
    """Signs certificates with a key that nobody keeps."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        self.certificate = self._sign(self._name, self._key.public_key(), is_authority=True)

    def certify(self, name: str, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
        """Return a certificate for a key, good for the loopback address."""
        return self._sign(_name(name), key.public_key(), is_authority=False)

    def _sign(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, is_authority: bool
    ) -> x509.Certificate:
        """Return a certificate that is good from yesterday to tomorrow."""
        now, day = dt.datetime.now(dt.UTC), dt.timedelta(days=1)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - day)
            .not_valid_after(now + day)
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        )
        if not is_authority:
            host = x509.IPAddress(ipaddress.ip_address(HOST))
            builder = builder.add_extension(x509.SubjectAlternativeName([host]), critical=False)
        return builder.sign(self._key, hashes.SHA256())


def _name(common: str) -> x509.Name:
    """Return a distinguished name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(certificate: x509.Certificate) -> bytes:
    """Return a certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def _pem_of_key(key: ec.EllipticCurvePrivateKey, password: str = "") -> bytes:
    """Return a private key as PEM (PKCS #8), encrypted where there is a password."""
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        encryption = serialization.BestAvailableEncryption(password.encode())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )
