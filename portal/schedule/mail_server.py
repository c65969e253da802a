"""The mail server that the settings name: reached over TLS, given one message, its answer judged.

What it answers may repeat the recipient, so only its code (RFC 5321, 4.2) is ever told, and no
error carries the one that it was made from.
"""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final, Literal, NamedTuple

from ledger.config import Settings
from ledger.errors import InvalidInputError
from ledger.text import Text

TIMEOUT_S: Final = 60

PORT_MAX: Final = 65_535

_WORD: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_ADDRESS: Final = re.compile(rf"{_WORD}(?:\.{_WORD})*@{_LABEL}(?:\.{_LABEL})*")
_ADDRESS_LENGTH_MAX: Final = 254

Outcome = Literal["mail_put_off", "mail_refused", "mail_unclear"]


class Server(NamedTuple):
    """Where the mail server is, how it is reached, and in whose name mail is sent."""

    host: str
    port: int
    user: str
    password: str
    starttls: bool
    sender: str

    def __repr__(self) -> str:
        """Name the place and nothing else: a traceback or a log may hold it."""
        return f"Server({self.host}:{self.port})"


def is_address(text: str) -> bool:
    """Return whether a text is one plain address in ASCII: no name, no list, no quoted part.

    Nothing that it may hold ends a command of SMTP or a header.
    """
    return len(text) <= _ADDRESS_LENGTH_MAX and _ADDRESS.fullmatch(text) is not None


def server_of(settings: Settings) -> Server:
    """Return the mail server of the settings.

    Raises `InvalidInputError`: `no_mail` where none is named, `bad_setting` for a value that cannot
    be, or a password that would go over the network in the clear.
    """
    if not (settings.smtp_host and settings.smtp_from):
        lacking = "SUANQUAN_SMTP_FROM" if settings.smtp_host else "SUANQUAN_SMTP_HOST"
        raise InvalidInputError(
            "no_mail",
            Text(f"未配置邮件：{lacking} 为空", f"no mail is configured: {lacking} is empty"),
            Text("设置见 README 与 docs/delivery.md", "see the README and docs/delivery.md"),
        )
    port = settings.smtp_port
    if not (port.isascii() and port.isdigit() and 0 < int(port) <= PORT_MAX):
        raise _bad("PORT", repr(port), Text(f"1 至 {PORT_MAX}", f"a number up to {PORT_MAX}"))
    if settings.smtp_starttls not in ("yes", "no"):
        raise _bad("STARTTLS", repr(settings.smtp_starttls), Text("yes 或 no", "yes or no"))
    if not is_address(settings.smtp_from):
        raise _bad(
            "FROM",
            repr(settings.smtp_from),
            Text("一个邮箱地址，不带名称", "one plain address, without a name"),
        )
    starttls = settings.smtp_starttls == "yes"
    if settings.smtp_user and not starttls:
        raise _bad("STARTTLS", "no", Text("有 USER 时须为 yes", "yes, where there is a USER"))
    return Server(
        settings.smtp_host,
        int(port),
        settings.smtp_user,
        settings.smtp_password,
        starttls,
        settings.smtp_from,
    )


def _bad(name: str, value: str, wanted: Text) -> InvalidInputError:
    """Return the error for a setting that cannot be."""
    return InvalidInputError(
        "bad_setting",
        Text(f"SUANQUAN_SMTP_{name} 不能为 {value}", f"SUANQUAN_SMTP_{name} cannot be {value}"),
        Text(f"应为{wanted.zh}", f"set it to {wanted.en}"),
    )


@contextmanager
def connected(server: Server) -> Iterator[smtplib.SMTP]:
    """Yield a connection that takes mail, encrypted and signed in as the settings say.

    Raises `InvalidInputError` (`mail_server`) before anything could be sent.
    """
    step, smtp = Text("连接", "connect"), None
    try:
        smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
        if server.starttls:
            step = Text("加密（STARTTLS）", "encrypt (STARTTLS)")
            _require(smtp.starttls(context=ssl.create_default_context())[0])
        if server.user:
            step = Text("登录", "sign in")
            smtp.login(server.user, server.password)
        smtp.ehlo_or_helo_if_needed()
    except (OSError, ValueError) as error:
        if smtp is not None:
            smtp.close()
        raise _unreachable(server, step, error) from None
    try:
        yield smtp
    finally:
        # What it took, it took: a server that is gone by now has nothing to add.
        with suppress(OSError):
            smtp.quit()
        smtp.close()


def _require(code: int) -> None:
    """Raise `SMTPResponseException` unless a code says that all is well."""
    if code // 100 != 2:  # noqa: PLR2004 - RFC 5321, 4.2.1
        raise smtplib.SMTPResponseException(code, "")


def _unreachable(server: Server, step: Text, error: Exception) -> InvalidInputError:
    """Return the error for a server that takes no mail from us."""
    why = getattr(error, "smtp_code", None) or type(error).__name__
    place = f"{server.host}:{server.port}"
    return InvalidInputError(
        "mail_server",
        Text(f"邮件服务器 {place} 无法{step.zh}（{why}）", f"{place}: cannot {step.en} ({why})"),
        Text(
            "未发出任何邮件；请检查 SUANQUAN_SMTP_… 设置与网络后重新运行",
            "nothing was sent; check the settings SUANQUAN_SMTP_… and the network, run it again",
        ),
    )


def hand_over(smtp: smtplib.SMTP, sender: str, address: str, raw: bytes) -> None:
    """Return once the server has taken a message for an address.

    Raises `InvalidInputError`: `mail_put_off` where it surely has not and may later,
    `mail_refused` where it never will, `mail_unclear` where its answer was lost.
    """
    step = "MAIL"
    try:
        size = [f"size={len(raw)}"] if smtp.has_extn("size") else []
        _judge(step, smtp.mail(sender, size)[0])
        step = "RCPT"
        _judge(step, smtp.rcpt(address)[0])
    except OSError as error:
        raise _not_sent("mail_put_off", step, type(error).__name__) from None
    step = "DATA"
    try:
        code, _ = smtp.data(raw)
    except smtplib.SMTPDataError as error:
        # It did not ask for the message (354): nothing of it went out.
        code = error.smtp_code
    except OSError as error:
        raise _not_sent("mail_unclear", step, type(error).__name__) from None
    _judge(step, code)


def _judge(step: str, code: int) -> None:
    """Raise unless a code says that the server agrees."""
    match code // 100:
        case 2:
            return
        case 4:
            raise _not_sent("mail_put_off", step, str(code))
        case 5:
            raise _not_sent("mail_refused", step, str(code))
        case _:
            raise _not_sent("mail_unclear", step, str(code))


def _not_sent(outcome: Outcome, step: str, why: str) -> InvalidInputError:
    """Return the error for a message that was not taken, or of which nobody knows."""
    said = {
        "mail_put_off": (
            Text("邮件服务器暂不接收", "the mail server does not take it now"),
            Text("稍后重新运行同一命令", "give the same command again later"),
        ),
        "mail_refused": (
            Text("邮件服务器拒收", "the mail server refuses it"),
            Text(
                "请核对企业联系人的邮箱与服务器设置，再用 --again 编号 重发",
                "check the contact's address and the server, then send it by --again ID",
            ),
        ),
        "mail_unclear": (
            Text("不知是否已发出", "nobody knows whether it was sent"),
            Text(
                "请问收件人或查邮件服务器日志；确未收到再用 --again 编号 重发",
                "ask the recipient or see the mail server's log; if it did not come, --again ID",
            ),
        ),
    }
    what, following = said[outcome]
    return InvalidInputError(
        outcome, Text(f"{what.zh}（{step} {why}）", f"{what.en} ({step} {why})"), following
    )


def taken_over() -> InvalidInputError:
    """Return the error for a message whose sender ended before he could say what came of it."""
    return _not_sent("mail_unclear", "DATA", "interrupted")
