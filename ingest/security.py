"""How Kafka lets us in: settings → TLS and SASL options of a client, checked before it connects.

TLS 1.2 or later, the broker's host name always checked; SASL (RFC 4422) with SCRAM (RFC 5802) or
PLAIN (RFC 4616), never without TLS.
"""

import ssl
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from ledger.config import Settings
from ledger.errors import InvalidInputError
from ledger.text import Text

PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_SSL")
MECHANISMS: Final = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN")

_TLS_ONLY: Final = (
    "kafka_ca_file",
    "kafka_certificate_file",
    "kafka_key_file",
    "kafka_key_password",
)
_SASL_ONLY: Final = ("kafka_user", "kafka_password", "kafka_password_file")


@dataclass(frozen=True, slots=True)
class Security:
    """How to connect; `Security()` is plain text. Secrets stay out of the representation.

    Empty is not used; without a `ca_file` the authorities that the system trusts count.
    """

    protocol: str = "PLAINTEXT"
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    key_password: str = field(default="", repr=False)
    mechanism: str = ""
    user: str = ""
    password: str = field(default="", repr=False)


PLAINTEXT: Final = Security()


def client_options(security: Security) -> dict[str, Any]:
    """Return the keyword arguments of any kafka-python client, none for plain text."""
    if security.protocol == "PLAINTEXT":
        return {}
    options: dict[str, Any] = {
        "security_protocol": security.protocol,
        "ssl_check_hostname": True,
        "ssl_cafile": security.ca_file or None,
        "ssl_certfile": security.certificate_file or None,
        "ssl_keyfile": security.key_file or None,
        "ssl_password": security.key_password or None,
    }
    if security.protocol == "SASL_SSL":
        options |= {
            "sasl_mechanism": security.mechanism,
            "sasl_plain_username": security.user,
            "sasl_plain_password": security.password,
        }
    return options


def load_security(settings: Settings) -> Security:
    """Return how to connect, after all was checked that can be checked without a broker.

    Reads the files that the settings name. Raises `InvalidInputError` (`bad_setting`).
    """
    protocol = settings.kafka_security_protocol
    if protocol == "SASL_PLAINTEXT":
        raise _bad(
            "kafka_security_protocol",
            Text(
                "为 SASL_PLAINTEXT，口令会明文传输", "is SASL_PLAINTEXT: the password would be bare"
            ),
            Text("请在代理上启用 TLS，用 SASL_SSL", "let the brokers speak TLS and use SASL_SSL"),
        )
    _check_one_of("kafka_security_protocol", protocol, PROTOCOLS)
    _check_used(settings)
    security = Security(
        protocol,
        ca_file=settings.kafka_ca_file,
        certificate_file=settings.kafka_certificate_file,
        key_file=settings.kafka_key_file,
        key_password=settings.kafka_key_password,
    )
    if protocol == "PLAINTEXT":
        return security
    _check_certificates(security)
    if protocol == "SSL":
        return security
    _check_one_of("kafka_sasl_mechanism", settings.kafka_sasl_mechanism, MECHANISMS)
    return replace(
        security,
        mechanism=settings.kafka_sasl_mechanism,
        user=settings.kafka_user,
        password=_password(settings),
    )


def _check_one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    """Refuse a value that is not known."""
    if value not in known:
        raise _bad(
            name,
            Text(f"不能为 {value!r}", f"cannot be {value!r}"),
            Text(f"可用：{'、'.join(known)}", f"it can be {', '.join(known)}"),
        )


def _check_used(settings: Settings) -> None:
    """Refuse a setting that the protocol ignores: nobody shall count on what protects nothing."""
    protocol = settings.kafka_security_protocol
    unused = {"PLAINTEXT": _TLS_ONLY + _SASL_ONLY, "SSL": _SASL_ONLY, "SASL_SSL": ()}[protocol]
    for name in unused:
        if getattr(settings, name):
            needed = "SASL_SSL" if name in _SASL_ONLY else "SSL"
            raise _bad(
                name,
                Text(
                    f"已设置，但 {protocol} 不会用到", f"is set, and {protocol} makes no use of it"
                ),
                Text(
                    f"请设 SUANQUAN_KAFKA_SECURITY_PROTOCOL={needed}，或去掉该项",
                    f"set SUANQUAN_KAFKA_SECURITY_PROTOCOL={needed}, or remove it",
                ),
            )


def _check_certificates(security: Security) -> None:
    """Refuse files that are not there, cannot be read or do not belong together."""
    files = {
        "kafka_ca_file": security.ca_file,
        "kafka_certificate_file": security.certificate_file,
        "kafka_key_file": security.key_file,
    }
    for one, other in (("certificate", "key"), ("key", "certificate")):
        if files[f"kafka_{one}_file"] and not files[f"kafka_{other}_file"]:
            raise _missing(f"kafka_{other}_file", f"kafka_{one}_file")
    if security.key_password and not security.key_file:
        raise _missing("kafka_key_file", "kafka_key_password")
    for name, path in files.items():
        if path:
            _read(name, path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if security.ca_file:
            context.load_verify_locations(security.ca_file)
    except ssl.SSLError as error:
        raise _bad(
            "kafka_ca_file",
            Text(f"{security.ca_file} 中没有证书", f"{security.ca_file} holds no certificate"),
            Text("请给出 PEM 格式的 CA 证书", "name a file of the authority's certificates in PEM"),
        ) from error
    try:
        if security.key_file:
            # Asked for a password on the terminal instead, a service would stand still for ever.
            secret = security.key_password
            context.load_cert_chain(security.certificate_file, security.key_file, lambda: secret)
    except ssl.SSLError as error:
        raise _unusable_key(security, error) from error


def _unusable_key(security: Security, error: ssl.SSLError) -> InvalidInputError:
    """Return the error of a certificate and a key that cannot be used together."""
    files = f"{security.certificate_file}, {security.key_file}"
    if error.reason == "KEY_VALUES_MISMATCH":
        what = Text(f"不是该证书的私钥：{files}", f"is not the key of the certificate: {files}")
    else:
        what = Text(f"无法读取：{files}", f"cannot be read together with its certificate: {files}")
    return _bad(
        "kafka_key_file",
        what,
        Text(
            "两个文件均应为 PEM；私钥有口令时核对 SUANQUAN_KAFKA_KEY_PASSWORD",
            "both must be PEM and belong together; an encrypted key needs the right"
            " SUANQUAN_KAFKA_KEY_PASSWORD",
        ),
    )


def _password(settings: Settings) -> str:
    """Return the password, read from its file where one is named."""
    if not settings.kafka_user:
        raise _missing("kafka_user", "kafka_security_protocol")
    if settings.kafka_password and settings.kafka_password_file:
        raise _bad(
            "kafka_password_file",
            Text(
                "与 SUANQUAN_KAFKA_PASSWORD 不能同时设置",
                "and SUANQUAN_KAFKA_PASSWORD are both set",
            ),
            Text("请去掉其中一项", "remove one of them"),
        )
    password = settings.kafka_password
    if settings.kafka_password_file:
        raw = _read("kafka_password_file", settings.kafka_password_file)
        try:
            password = raw.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            # Without its cause, which holds the bytes.
            raise _bad(
                "kafka_password_file",
                Text("不是 UTF-8 文本", "is no text in UTF-8"),
                Text("请只写一行口令", "let it hold one line, the password"),
            ) from None
    if not password:
        raise _missing("kafka_password_file", "kafka_user")
    return password


def _read(name: str, path: str) -> bytes:
    """Return the bytes of a file that a setting names."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise _bad(
            name,
            Text(f"无法读取 {path}：{error.strerror}", f"cannot be read: {path}: {error.strerror}"),
            Text("请检查路径与权限", "check the path and its permissions"),
        ) from error


def _missing(name: str, because: str) -> InvalidInputError:
    """Return the error of a setting that another one needs."""
    needing = _variable(because)
    return _bad(
        name,
        Text(f"为空，而 {needing} 需要它", f"is empty, and {needing} needs it"),
        Text(f"请设置 {_variable(name)}", f"set {_variable(name)}"),
    )


def _bad(name: str, what: Text, next_step: Text) -> InvalidInputError:
    """Return the error of a setting."""
    variable = _variable(name)
    return InvalidInputError(
        "bad_setting", Text(f"{variable} {what.zh}", f"{variable} {what.en}"), next_step
    )


def _variable(name: str) -> str:
    """Return the environment's name of a setting."""
    return f"SUANQUAN_{name.upper()}"
