"""What every sealer must hold to, and that one which does not is refused."""

import asyncio
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from asn1crypto.tsp import TimeStampReq
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from pyhanko.keys.internal import (
    translate_pyca_cryptography_cert_to_asn1,
    translate_pyca_cryptography_key_to_asn1,
)
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

from ledger.errors import InvalidInputError, RuleViolationError
from reports.fonts import Fonts
from reports.pdf import render
from reports.pdf.mark import unmark
from reports.seal import Sealed, Sealer, is_checkable
from reports.seal.kept import seal
from reports.seal.pades import PadesSealer, timestamper_at
from reports.seal.signature import only_signs, read_signature
from reports.statement import Statement
from tests.conftest import missing_service
from tests.reports.seals import Authority, span, usage
from tests.servers import MissingServerError, find_program


class ServiceElsewhere:
    """An e-seal service as one is expected: bytes in, sealed bytes out, by a key that stays there.

    It says SM2, which this program cannot check, so what it returns is judged by its shape alone.
    """

    def __init__(self, inside: Sealer) -> None:
        self.inside = inside

    def seal(self, pdf: bytes) -> Sealed:
        return replace(self.inside.seal(pdf), profile="SM2")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.made()


@pytest.fixture(scope="module")
def unsealed(subsidy: Statement, faces: Fonts) -> bytes:
    made = unmark(render(subsidy, faces))
    assert made is not None
    return made


@contextmanager
def time_stamps(authority: Authority) -> Iterator[str]:
    """Yield the address of a time stamp authority of the same root, on this machine."""
    key = rsa.generate_private_key(65537, 2048)
    issued = authority.issue(key, "时间戳 TSA", allowed=usage(sign=True), stamps=True)
    stamper = DummyTimeStamper(
        translate_pyca_cryptography_cert_to_asn1(issued),
        translate_pyca_cryptography_key_to_asn1(key),
    )

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
            said = asyncio.run(stamper.async_request_tsa_response(asked)).dump()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module", params=["B-B", "B-T", "elsewhere"])
def sealer(request: pytest.FixtureRequest, authority: Authority) -> Iterator[Sealer]:
    """Yield each kind of sealer."""
    if request.param == "B-T":
        with time_stamps(authority) as url:
            yield PadesSealer(authority.identity(), timestamper_at(url))
    elif request.param == "elsewhere":
        yield ServiceElsewhere(PadesSealer(authority.identity()))
    else:
        yield PadesSealer(authority.identity())


# --- the contract ---


def test_a_sealed_file_is_the_file_and_a_signature(
    sealer: Sealer, authority: Authority, unsealed: bytes
) -> None:
    made = seal(sealer, unsealed, [authority.certificate])
    assert made.pdf.startswith(unsealed)
    assert only_signs(unsealed, made.pdf)
    read = read_signature(made.pdf, [authority.certificate])
    assert read is not None
    assert (read.valid, read.trusted) == (True, True)
    assert (read.signer, read.certificate_sha256) == (made.signer, made.certificate_sha256)
    assert read.at_ms == made.sealed_at_ms
    if is_checkable(made.profile):
        assert read.profile == made.profile


def test_a_file_sealed_twice_gives_two_files_that_both_hold(
    sealer: Sealer, unsealed: bytes
) -> None:
    first, second = sealer.seal(unsealed), sealer.seal(unsealed)
    assert first.pdf != second.pdf
    assert first.certificate_sha256 == second.certificate_sha256
    for made in (first, second):
        read = read_signature(made.pdf)
        assert read is not None
        assert (read.valid, read.trusted) == (True, None)


def test_a_stock_reader_accepts_the_seal(sealer: Sealer, unsealed: bytes, tmp_path: Path) -> None:
    try:
        pdfsig = find_program("pdfsig", "poppler-utils")
    except MissingServerError:
        missing_service("pdfsig", "as root: apt-get install poppler-utils")
    path = tmp_path / "sealed.pdf"
    for pdf, verdict in (
        (made := sealer.seal(unsealed).pdf, "Signature is Valid."),
        (made.replace(b"%PDF-1", b"%PDF-2", 1), "Digest Mismatch."),
    ):
        path.write_bytes(pdf)
        said = subprocess.run([pdfsig, path], check=False, capture_output=True, text=True).stdout
        assert f"Signature Validation: {verdict}" in said
        assert "Total document signed" in said
        assert "ETSI.CAdES.detached" in said
        assert "武汉人工智能计算中心" in said


# --- those that break it ---


class Bad:
    """A sealer that does something to what a good one returns."""

    def __init__(self, inside: Sealer, change: Callable[[Sealed], Sealed]) -> None:
        self.inside, self.change = inside, change

    def seal(self, pdf: bytes) -> Sealed:
        return self.change(self.inside.seal(pdf))


def rewritten(made: Sealed) -> Sealed:
    return replace(made, pdf=made.pdf.replace(b"/Lang (zh", b"/Lang (en", 1))


def more_after(made: Sealed) -> Sealed:
    return replace(made, pdf=made.pdf + b"\n")


def update_of(made: Sealed) -> int:
    """Return where the seal's own update begins."""
    return made.pdf.rindex(b"%%EOF\n", 0, made.pdf.rindex(b"%%EOF")) + len(b"%%EOF\n")


def unsigned(made: Sealed) -> Sealed:
    return replace(made, pdf=made.pdf[: update_of(made)])


def another_page(made: Sealed) -> Sealed:
    """Return a file whose first page shows another's text, by the update that is said to seal."""
    start = made.pdf.index(b"/Contents ", update_of(made))
    number = made.pdf[start : start + 13].split()[1]
    changed = b"/Contents %d" % (int(number) + 1)
    end = start + len(changed)
    return replace(made, pdf=made.pdf[:start] + changed + made.pdf[end:])


@pytest.mark.parametrize("profile", ["PAdES-B-B", "SM2"])
@pytest.mark.parametrize("change", [rewritten, unsigned, another_page])
def test_a_sealer_that_changes_the_file_is_refused(
    authority: Authority, unsealed: bytes, change: Callable[[Sealed], Sealed], profile: str
) -> None:
    inside = PadesSealer(authority.identity())
    bad = Bad(inside, lambda made: replace(change(made), profile=profile))
    with pytest.raises(InvalidInputError, match="it changes the file") as caught:
        seal(bad, unsealed, [])
    assert caught.value.code == "bad_seal"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (more_after, "does not hold"),
        (lambda made: replace(made, signer="CN=x"), "something else"),
        (lambda made: replace(made, certificate_sha256="0" * 64), "something else"),
        (lambda made: replace(made, sealed_at_ms=0), "something else"),
        (lambda made: replace(made, profile="PAdES-B-T"), "something else"),
    ],
)
def test_a_signature_that_is_not_what_is_said_is_refused(
    authority: Authority, unsealed: bytes, change: Callable[[Sealed], Sealed], said: str
) -> None:
    with pytest.raises(InvalidInputError, match=said):
        seal(Bad(PadesSealer(authority.identity()), change), unsealed, [])


def test_a_chain_that_leads_to_no_root_seals_nothing(authority: Authority, unsealed: bytes) -> None:
    sealer = PadesSealer(authority.identity())
    with pytest.raises(InvalidInputError, match="no trusted root"):
        seal(sealer, unsealed, [Authority.made().certificate])


def test_an_authority_that_gives_no_time_stamp_is_told(
    authority: Authority, unsealed: bytes
) -> None:
    sealer = PadesSealer(authority.identity(), timestamper_at("http://127.0.0.1:9/"))
    with pytest.raises(RuleViolationError) as caught:
        sealer.seal(unsealed)
    assert caught.value.code == "no_timestamp"
    assert "SUANQUAN_SEAL_TIMESTAMP_URL" in caught.value.next_step.en


# --- what a changed file says ---


def test_any_byte_that_is_changed_breaks_the_signature(
    authority: Authority, unsealed: bytes
) -> None:
    pdf = PadesSealer(authority.identity()).seal(unsealed).pdf
    start = pdf.index(b"/Contents <", len(unsealed))
    covered = [*range(0, start, start // 40), *range(pdf.index(b">", start), len(pdf), 37)]
    for place in covered:
        changed = pdf[:place] + bytes([pdf[place] ^ 1]) + pdf[place + 1 :]
        read = read_signature(changed)
        assert read is None or not read.valid, place


def test_what_is_no_signature_is_none(unsealed: bytes) -> None:
    assert read_signature(unsealed) is None
    assert read_signature(b"") is None
    for bytes_ in (b"/ByteRange", b"%PDF-1.4 /ByteRange [ 0 1 2 3 ]"):
        read = read_signature(bytes_)
        assert read is not None
        assert not read.valid


def test_a_certificate_is_judged_as_of_the_day_it_sealed(
    authority: Authority, unsealed: bytes
) -> None:
    identity = authority.identity()
    short = authority.issue(identity.key, valid=span(-1, 2), allowed=usage(commit=True))
    made = PadesSealer(replace(identity, certificate=short)).seal(unsealed)
    roots = [authority.certificate]
    later_ms = made.sealed_at_ms + 7 * 86_400_000
    assert [trusted(made.pdf, roots, at) for at in (made.sealed_at_ms, later_ms)] == [True, False]


def trusted(pdf: bytes, roots: list[x509.Certificate], at_ms: int) -> bool | None:
    read = read_signature(pdf, roots, at_ms)
    assert read is not None
    assert read.valid
    return read.trusted
