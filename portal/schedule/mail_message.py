"""The message that brings an enterprise its statement: Chinese first, English below, the PDF."""

import hashlib
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final, NamedTuple

from reports.issue import Issued
from reports.kinds import FORMS

# Seven bits everywhere: no server between has to be able to do more.
_POLICY: Final = policy.SMTP.clone(cte_type="7bit")


class Letter(NamedTuple):
    """A statement on its way: whose ledger it is of, to whom, and the file that counts."""

    origin: str
    issued: Issued
    name: str
    file_name: str
    pdf: bytes


def message_id(letter: Letter, sender: str) -> str:
    """Return a statement's Message-ID (RFC 5322, 3.6.4), the same whenever it is sent."""
    named = f"{letter.origin}\n{letter.issued.data.statement}".encode()
    digest = hashlib.sha256(named).hexdigest()[:32]
    return f"<{digest}@{sender.rpartition('@')[2]}>"


def compose(letter: Letter, sender: str, address: str, at: datetime) -> bytes:
    """Return a message as it goes over the wire; no text in it can begin a header of its own."""
    data = letter.issued.data
    title = FORMS[data.kind].title
    message = EmailMessage(_POLICY)
    message["From"] = sender
    message["To"] = address
    message["Subject"] = one_line(f"{title.zh} {data.period}（{data.statement}）")
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id(letter, sender)
    # RFC 3834: no out-of-office reply is wanted.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_body(letter), cte="base64")
    message.add_attachment(
        letter.pdf, maintype="application", subtype="pdf", filename=one_line(letter.file_name)
    )
    return message.as_bytes()


def one_line(text: str) -> str:
    """Return a text on one line: what cannot be printed becomes a space."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _body(letter: Letter) -> str:
    """Return the words of a message; no amount stands in them, for mail is read on its way."""
    data, seal = letter.issued.data, letter.issued.seal
    title, name = FORMS[data.kind].title, one_line(letter.name)
    digest = hashlib.sha256(letter.pdf).hexdigest()
    first = one_line(data.supplements or "")
    zh = [
        f"{name}：",
        "",
        f"附件为贵单位 {data.period} 的{title.zh}，编号 {data.statement}，第 {data.revision} 版。",
        *([f"本单补充 {first}。"] if first else []),
        "附件已加盖电子印章。" if seal else "附件未加盖印章，仅为样张。",
        f"附件的 SHA-256：{digest}",
        "邮件由系统自动发出。若非贵单位所有，请删除并告知发件人。",
    ]
    en = [
        f"{name},",
        "",
        f"attached is your {title.en} of {data.period}, revision {data.revision}:",
        f"{data.statement}.",
        *([f"It supplements {first}."] if first else []),
        "The file bears an electronic seal." if seal else "The file bears no seal: a sample.",
        f"SHA-256 of the file: {digest}",
        "This message was sent by a program. If it is not yours, delete it and tell the sender.",
    ]
    return "\n".join([*zh, "", "—", "", *en, ""])
