"""Why Kafka did not let us in, and what to check: from what its client says to its log only.

kafka-python tries a bootstrap again until its time is up and then says no more than that. The
reasons are in its log, as exceptions: OpenSSL's, or those with the error codes of Apache Kafka.
"""

import logging
import ssl
from typing import Final

from ingest.security import Security
from ledger.errors import InvalidInputError
from ledger.text import Text

# Error codes of Apache Kafka's protocol; the client's errors carry them as `errno`.
_UNSUPPORTED_MECHANISM: Final = 33
_ILLEGAL_SASL_STATE: Final = 34
_SIGN_IN_FAILED: Final = 58
_SIGN_IN_CODES: Final = frozenset({_UNSUPPORTED_MECHANISM, _ILLEGAL_SASL_STATE, _SIGN_IN_FAILED})

# OpenSSL's codes of a certificate that names another host, or another address.
_OTHER_NAME: Final = frozenset({62, 64})

_CHECK_PROTOCOL: Final = Text(
    "请核对端口与 SUANQUAN_KAFKA_SECURITY_PROTOCOL",
    "check the port and SUANQUAN_KAFKA_SECURITY_PROTOCOL",
)

# A broker that is asked in the wrong protocol closes the connection without a word.
_WITHOUT_ANSWER: Final = {
    "PLAINTEXT": Text(
        "请核对 --bootstrap 与网络；端口要求 TLS 或口令时须设 SUANQUAN_KAFKA_SECURITY_PROTOCOL",
        "check --bootstrap and the network; a port that demands TLS or a password needs"
        " SUANQUAN_KAFKA_SECURITY_PROTOCOL",
    ),
    "SSL": Text(
        "请核对 --bootstrap 与网络；端口要求口令时须设 SUANQUAN_KAFKA_SECURITY_PROTOCOL=SASL_SSL",
        "check --bootstrap and the network; a port that demands a password needs"
        " SUANQUAN_KAFKA_SECURITY_PROTOCOL=SASL_SSL",
    ),
    "SASL_SSL": Text(
        "请核对 --bootstrap、网络、用户名与口令",
        "check --bootstrap, the network, user name and password",
    ),
}


class Overheard(logging.Handler):
    """Keeps why connections failed: the newest reason, but none that says less than an earlier."""

    def __init__(self) -> None:
        """Listen until `close`."""
        super().__init__(logging.WARNING)
        self.error: BaseException | None = None
        self._logger = logging.getLogger("kafka.net.connection")
        self._logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the error that a record is about."""
        for one in record.args or ():
            if isinstance(one, Exception) and _weight(one) >= _weight(self.error):
                self.error = one

    def close(self) -> None:
        """Listen no more."""
        self._logger.removeHandler(self)
        super().close()


def refusal(bootstrap: str, security: Security, error: BaseException | None) -> InvalidInputError:
    """Return what is wrong with the connection and what to check; `error` may be unknown."""
    cause = _cause(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _untrusted_broker(bootstrap, cause)
    if isinstance(cause, ssl.SSLError):
        return _broken_tls(bootstrap, security, cause)
    code = getattr(cause, "errno", None)
    # kafka-python drops what comes together with the end of a connection: a refusal's reason.
    is_cut_off = security.protocol == "SASL_SSL" and "disconnected" in str(cause)
    if code in _SIGN_IN_CODES or is_cut_off:
        return _refused_user(bootstrap, security, code)
    return InvalidInputError(
        "no_broker",
        Text(
            f"连不上 Kafka {bootstrap}" + (f"：{cause}" if cause else ""),
            f"cannot reach Kafka at {bootstrap}" + (f": {cause}" if cause else ""),
        ),
        _WITHOUT_ANSWER[security.protocol],
    )


def _untrusted_broker(bootstrap: str, error: ssl.SSLCertVerificationError) -> InvalidInputError:
    """Return the error of a broker whose certificate we do not accept."""
    words = error.verify_message
    if error.verify_code in _OTHER_NAME:
        next_step = Text(
            "请用证书中的主机名连接，或让代理换用含此名称的证书；主机名检查不能关闭",
            "connect by a name that is in the certificate, or give the broker one with this name;"
            " host names are always checked",
        )
    else:
        next_step = Text(
            "请核对 SUANQUAN_KAFKA_CA_FILE 是否为签发代理证书的 CA，以及证书有效期",
            "check that SUANQUAN_KAFKA_CA_FILE holds the authority of the broker's certificate, and"
            " the certificate's dates",
        )
    return InvalidInputError(
        "untrusted_broker",
        Text(
            f"Kafka {bootstrap} 的证书不可信：{words}",
            f"the certificate of Kafka at {bootstrap} is not trusted: {words}",
        ),
        next_step,
    )


def _broken_tls(bootstrap: str, security: Security, error: ssl.SSLError) -> InvalidInputError:
    """Return the error of a broker that ends TLS: for our certificate, or for want of one."""
    reason = error.reason or ""
    if "CERTIFICATE" not in reason and "UNKNOWN_CA" not in reason:
        return InvalidInputError(
            "no_tls",
            Text(
                f"与 Kafka {bootstrap} 的 TLS 握手失败：{reason}，该端口可能不用 TLS",
                f"TLS with Kafka at {bootstrap} failed, perhaps that port speaks none: {reason}",
            ),
            _CHECK_PROTOCOL,
        )
    if not security.certificate_file:
        return InvalidInputError(
            "certificate_refused",
            Text(
                f"Kafka {bootstrap} 要求客户端证书",
                f"Kafka at {bootstrap} demands a client's certificate",
            ),
            Text(
                "请设置 SUANQUAN_KAFKA_CERTIFICATE_FILE 与 SUANQUAN_KAFKA_KEY_FILE",
                "set SUANQUAN_KAFKA_CERTIFICATE_FILE and SUANQUAN_KAFKA_KEY_FILE",
            ),
        )
    return InvalidInputError(
        "certificate_refused",
        Text(
            f"Kafka {bootstrap} 不接受证书 {security.certificate_file}：{reason}",
            f"Kafka at {bootstrap} refused the certificate {security.certificate_file}: {reason}",
        ),
        Text(
            "请核对该证书的签发 CA 是否为代理所信任，以及有效期",
            "check that the broker trusts the authority that signed it, and its dates",
        ),
    )


def _refused_user(bootstrap: str, security: Security, code: int | None) -> InvalidInputError:
    """Return the error of a broker that lets a user not sign in, or leaves while one does."""
    user = f"{security.user} ({security.mechanism})"
    next_step = Text("请核对用户名与口令", "check user name and password")
    if code == _SIGN_IN_FAILED:
        message = Text(
            f"Kafka {bootstrap} 拒绝用户 {user} 登录",
            f"Kafka at {bootstrap} refused the user {user}",
        )
    elif code == _UNSUPPORTED_MECHANISM:
        message = Text(
            f"Kafka {bootstrap} 不支持 {security.mechanism}",
            f"Kafka at {bootstrap} does not offer {security.mechanism}",
        )
        next_step = Text("请改 SUANQUAN_KAFKA_SASL_MECHANISM", "set SUANQUAN_KAFKA_SASL_MECHANISM")
    elif code == _ILLEGAL_SASL_STATE:
        message = Text(
            f"Kafka {bootstrap} 的该端口不接受口令登录",
            f"Kafka at {bootstrap} lets nobody sign in on that port",
        )
        next_step = _CHECK_PROTOCOL
    else:
        message = Text(
            f"Kafka {bootstrap} 在用户 {user} 登录时断开连接",
            f"Kafka at {bootstrap} left while it was to let in the user {user}",
        )
    return InvalidInputError("sign_in_refused", message, next_step)


def _cause(error: BaseException | None) -> BaseException | None:
    """Return OpenSSL's error in or behind an error, else the error."""
    if error is not None:
        for one in (error, error.__context__, *error.args):
            if isinstance(one, ssl.SSLError):
                return one
    return error


def _weight(error: BaseException | None) -> int:
    """Return how much an error says: a closed connection little, a lack of time nothing."""
    cause = _cause(error)
    code = getattr(cause, "errno", None)
    if isinstance(cause, ssl.SSLError) or code in _SIGN_IN_CODES:
        return 2
    # What is under way when the time is up ends so, whatever was wrong before.
    is_late = "Timeout" in type(cause).__name__ or "TimedOut" in type(cause).__name__
    return 0 if cause is None or is_late else 1
