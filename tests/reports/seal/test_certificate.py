"""Which keys and certificates may seal, and how each other one is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from ledger.errors import InvalidInputError
from ledger.period import to_ms
from reports.seal.certificate import read_certificates, read_identity
from tests.reports.seals import Authority, key_pem, pem, span, usage, write

SIGN = usage(sign=True)
NOW_MS = to_ms(span(0)[0])


@dataclass(frozen=True)
class Desk:
    """A root, a key of a centre, and where their files go."""

    root: Authority
    key: ec.EllipticCurvePrivateKey
    directory: Path

    def read(self, key: bytes, certificates: bytes, now_ms: int = NOW_MS) -> object:
        return read_identity(*write(self.directory, key, certificates), now_ms)

    def refused(self, key: bytes, certificates: bytes, now_ms: int = NOW_MS) -> InvalidInputError:
        with pytest.raises(InvalidInputError) as caught:
            self.read(key, certificates, now_ms)
        return caught.value


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(Authority.made(), ec.generate_private_key(ec.SECP256R1()), tmp_path / "seal")


@pytest.mark.parametrize("allowed", [SIGN, usage(commit=True), usage(sign=True, commit=True)])
def test_a_certificate_for_signatures_may_seal(desk: Desk, allowed: object) -> None:
    issued = desk.root.issue(desk.key, allowed=allowed)  # type: ignore[arg-type] # cryptography's
    paths = write(desk.directory, key_pem(desk.key), pem(issued, desk.root.certificate))
    made = read_identity(*paths, NOW_MS)
    assert (made.certificate, made.chain) == (issued, (desk.root.certificate,))
    assert "key=" not in repr(made)


@pytest.mark.parametrize("allowed", [None, usage(), usage(issue=True)])
def test_a_certificate_for_something_else_seals_nothing(desk: Desk, allowed: object) -> None:
    issued = desk.root.issue(desk.key, allowed=allowed)  # type: ignore[arg-type] # cryptography's
    error = desk.refused(key_pem(desk.key), pem(issued))
    assert error.code == "bad_seal_certificate"
    assert "nonRepudiation" in error.message.en
    assert "issued" in error.next_step.en


def test_a_certificate_seals_from_its_first_moment_to_its_last(desk: Desk) -> None:
    first, last = valid = span(-10, 10)
    files = key_pem(desk.key), pem(desk.root.issue(desk.key, valid=valid, allowed=SIGN))
    for moment in (first, last):
        assert desk.read(*files, to_ms(moment))
    for moment in (first - timedelta(seconds=1), last + timedelta(seconds=1)):
        error = desk.refused(*files, to_ms(moment))
        assert error.code == "bad_seal_certificate"
        assert "not now" in error.message.en
        assert "renewed" in error.next_step.en


def test_a_certificate_of_another_key_seals_nothing(desk: Desk) -> None:
    issued = desk.root.issue(desk.key, allowed=SIGN)
    other = ec.generate_private_key(ec.SECP256R1())
    error = desk.refused(key_pem(other), pem(issued))
    assert (error.code, "not of the key" in error.message.en) == ("bad_seal_certificate", True)
    assert desk.refused(key_pem(desk.key), pem(desk.root.certificate, issued)).code == error.code


@pytest.mark.parametrize(
    "make",
    [
        lambda _: b"",
        lambda _: b"-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n",
        lambda _: key_pem(ec.generate_private_key(ec.SECP384R1())),
        lambda _: key_pem(rsa.generate_private_key(65537, 2048)),
        lambda key: key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")
        ),
    ],
)
def test_a_key_that_is_no_plain_p256_key_is_refused(
    desk: Desk, make: Callable[[ec.EllipticCurvePrivateKey], bytes]
) -> None:
    error = desk.refused(make(desk.key), pem(desk.root.issue(desk.key, allowed=SIGN)))
    assert error.code == "bad_seal_key"
    assert "SM2" in error.next_step.en


def test_a_key_that_others_may_read_is_refused(desk: Desk) -> None:
    key, certificate = write(
        desk.directory, key_pem(desk.key), pem(desk.root.issue(desk.key, allowed=SIGN))
    )
    key.chmod(0o640)
    with pytest.raises(InvalidInputError) as caught:
        read_identity(key, certificate, NOW_MS)
    assert caught.value.code == "open_key"
    assert f"chmod 600 {key}" in caught.value.next_step.en


@pytest.mark.parametrize("data", [b"", b"-----BEGIN CERTIFICATE-----\nx", b"x"])
def test_a_file_without_certificates_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "roots.pem"
    path.write_bytes(data)
    with pytest.raises(InvalidInputError) as caught:
        read_certificates(path)
    assert caught.value.code == "bad_seal_certificate"
    assert str(path) in caught.value.message.en
