"""A mail server that runs in a thread, takes what comes, and answers as a test tells it to."""

import asyncio
import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Event
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from tests.reports.seals import key_pem, name, pem, span
from tests.servers.kafka import free_ports

HOST = "127.0.0.1"
USER, PASSWORD = "centre", "no-such-word-in-any-log"


@dataclass
class Letterbox:
    """What came, with its envelope; `rcpt` and `data` are answered in order, then with 250."""

    raw: list[bytes] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    users: list[object] = field(default_factory=list)
    rcpt: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    hangs_up: bool = False
    came: Event = field(default_factory=Event)
    goes_on: Event = field(default_factory=Event)
    port: int = 0

    def __post_init__(self) -> None:
        self.goes_on.set()

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd calls it
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _more: list[str],
    ) -> str:
        answer = self.rcpt.pop(0) if self.rcpt else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.data.pop(0) if self.data else "250 OK"
        assert isinstance(envelope.content, bytes)
        if answer.startswith("250"):
            self.raw.append(envelope.content)
            self.recipients.append(list(envelope.rcpt_tos))
            self.encrypted.append(session.ssl is not None)
            self.users.append(session.auth_data)
        self.came.set()
        await asyncio.to_thread(self.goes_on.wait)
        if self.hangs_up:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return answer

    @property
    def letters(self) -> list[EmailMessage]:
        """Return the messages that came."""
        found = [message_from_bytes(one, policy=policy.default) for one in self.raw]
        assert all(isinstance(one, EmailMessage) for one in found)
        return found


def authenticate(_server: Any, _session: Any, _envelope: Any, _how: str, said: Any) -> AuthResult:  # noqa: ANN401
    """Return whether it is the one user."""
    assert isinstance(said, LoginPassword)
    known = (said.login, said.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=False, auth_data=said.login.decode())


@contextmanager
def letterbox(tls: ssl.SSLContext | None = None) -> Iterator[Letterbox]:
    """Yield a server, which offers STARTTLS and signing in where it has a context."""
    box = Letterbox()
    (box.port,) = free_ports(1)
    if tls is None:
        controller = Controller(box, hostname=HOST, port=box.port)
    else:
        controller = Controller(
            box, hostname=HOST, port=box.port, tls_context=tls, authenticator=authenticate
        )
    controller.start()
    try:
        yield box
    finally:
        box.goes_on.set()
        controller.stop()


def certificate(folder: Path, host: str = HOST) -> tuple[ssl.SSLContext, Path]:
    """Return a server's context, and the file of the certificate that it shows."""
    key = ec.generate_private_key(ec.SECP256R1())
    first, last = span()
    address = x509.IPAddress(ipaddress.ip_address(host))
    made = (
        x509.CertificateBuilder()
        .subject_name(name("mail"))
        .issuer_name(name("mail"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(last)
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, SHA256())
    )
    shown, secret = folder / "mail.pem", folder / "mail.key"
    shown.write_bytes(pem(made))
    secret.write_bytes(key_pem(key))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(shown, secret)
    return context, shown
