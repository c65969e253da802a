"""What an event of the book, or an access, is about: topics under which the trail keeps its index.

A command reads the entries of the topics that it needs, and no others. The topics, with `<>` for
what stands in the event:

| topic | entries |
|---|---|
| `people` | roles, tokens, invitations, and whose personal data are to be forgotten or are |
| `person/<name>` | a person's roles, tokens and invitations |
| `token/<digest>` | whom a token was issued to |
| `rules` | programmes and calendars that were adopted, resources that were listed |
| `codes` | credit codes that were accepted though their check character does not fit |
| `vouchers` | every grant of a voucher, and what lapsed |
| `enterprise/<code>` | an enterprise's papers, vouchers and statements |
| `personal/<code>` | its personal data, and who objected: recorded, to be forgotten, forgotten |
| `claims-of/<code>` | its drafts and submissions, each of which names a claim |
| `claim/<id>` | everything that happened to a claim, and what it drew on vouchers or gave back |
| `invoice/<number>` | an invoice, its payments, the claims that are for it, what was drawn on it |
| `notice/<id>` | a public notice and what stood in it |
| `bank/<reference>` | what was recorded by a bank's reference: paid, failed, recovered |
| `statement/<number>` | a statement, its seal, the answers to it, and those that supplement it |
| `file/<sha256>` | what says that a file of that hash was issued, sealed, confirmed or filed |
| `read-of/<code>` | accesses to what is an enterprise's |
| `read-by/<name>` | accesses of a person |

The events of a claim are not among its enterprise's: what its claims leave of a voucher is in the
draws and releases, and an enterprise has ten events of a claim for one of those. What an event is
about never changes once a trail holds it; another answer for a released event needs a migration
that fills the trail anew.
"""

import unicodedata
from functools import cache
from typing import Final

from ledger.codec import Event
from ledger.events import (
    AccessRecorded,
    AccountInvited,
    AccountOpened,
    BankAccountSet,
    CalendarAdopted,
    ClaimData,
    ClaimDrafted,
    ClaimObjected,
    ClaimStep,
    ClaimSubmitted,
    ContactRecorded,
    CreditCodeAccepted,
    Data,
    EnterpriseForgotten,
    ForgetRequested,
    LogName,
    ProgrammeAdopted,
    ResourceListed,
    RoleGranted,
    RoleRequested,
    RoleRevoked,
    TokenIssued,
    VoucherGranted,
    VoucherLapsed,
)

PEOPLE: Final = "people"
RULES: Final = "rules"
CODES: Final = "codes"
VOUCHERS: Final = "vouchers"

_GENERAL: Final[dict[type[Data], str]] = {
    RoleRequested: PEOPLE,
    RoleGranted: PEOPLE,
    RoleRevoked: PEOPLE,
    TokenIssued: PEOPLE,
    AccountInvited: PEOPLE,
    AccountOpened: PEOPLE,
    ForgetRequested: PEOPLE,
    EnterpriseForgotten: PEOPLE,
    CalendarAdopted: RULES,
    ProgrammeAdopted: RULES,
    ResourceListed: RULES,
    CreditCodeAccepted: CODES,
    VoucherGranted: VOUCHERS,
    VoucherLapsed: VOUCHERS,
}
"""Topics that an event has by its type alone."""

_PERSONAL: Final = (ContactRecorded, BankAccountSet, ForgetRequested, EnterpriseForgotten)

_CLAIM: Final = (ClaimData, ClaimStep)

_BY_FIELD: Final = {
    "bank_reference": "bank",
    "claim": "claim",
    "invoice": "invoice",
    "invoices": "invoice",
    "notice": "notice",
    "pdf_sha256": "file",
    "person": "person",
    "sha256": "file",
    "statement": "statement",
    "supplements": "statement",
    "token_sha256": "token",
}
"""Topics that an event has by what stands in a field of its data, whatever its type."""


_READ_OF: Final = "read-of/"
_READ_BY: Final = "read-by/"


def person_topic(name: str) -> str:
    """Return the topic of a person's roles, tokens and invitations."""
    return f"person/{name}"


def token_topic(digest: str) -> str:
    """Return the topic of a token, by its SHA-256 in hexadecimal."""
    return f"token/{digest}"


def enterprise_topic(code: str) -> str:
    """Return the topic of an enterprise's papers, vouchers and statements."""
    return f"enterprise/{code}"


def personal_topic(code: str) -> str:
    """Return the topic of an enterprise's personal data."""
    return f"personal/{code}"


def claims_topic(code: str) -> str:
    """Return the topic of the first events of an enterprise's claims."""
    return f"claims-of/{code}"


def claim_topic(claim: str) -> str:
    """Return the topic of a claim's events, and of what it draws on vouchers."""
    return f"claim/{claim}"


def invoice_topic(number: str) -> str:
    """Return the topic of an invoice: who recorded it, paid it, claimed for it."""
    return f"invoice/{number}"


def notice_topic(notice: str) -> str:
    """Return the topic of a public notice."""
    return f"notice/{notice}"


def bank_topic(reference: str) -> str:
    """Return the topic of a bank's reference: what was paid or came back by it."""
    return f"bank/{normalise_reference(reference)}"


def statement_topic(number: str) -> str:
    """Return the topic of a statement: its issue, its seal, its answers, what supplements it."""
    return f"statement/{number}"


def file_topic(digest: str) -> str:
    """Return the topic of a file, by its SHA-256 in hexadecimal."""
    return f"file/{digest}"


def readings_topic(code: str) -> str:
    """Return the topic of accesses to what belongs to an enterprise."""
    return f"{_READ_OF}{code}"


def readings_by_topic(person: str) -> str:
    """Return the topic of a person's accesses."""
    return f"{_READ_BY}{person}"


def log_of_topic(topic: str) -> LogName:
    """Return in which log the entries of a topic are."""
    return "access" if topic.startswith((_READ_OF, _READ_BY)) else "book"


def normalise_reference(reference: str) -> str:
    """Return a bank's reference as it is compared: no width, case or space tells two apart."""
    return "".join(unicodedata.normalize("NFKC", reference).casefold().split())


def topics_of(event: Event) -> tuple[str, ...]:
    """Return what an event is about, each topic once; nothing for one of usage."""
    kind = event.kind
    if kind.log == "usage":
        return ()
    data = event.data
    if isinstance(data, AccessRecorded):
        by = readings_by_topic(data.person)
        return (readings_topic(event.subject), by) if event.subject else (by,)
    topics = [f"{prefix}/{event.subject}" for prefix in _by_subject(kind)]
    if kind in _GENERAL:
        topics.append(_GENERAL[kind])
    for field, prefix in _by_field(kind):
        said = getattr(data, field)
        names = said if isinstance(said, tuple) else (said,)
        if prefix == "bank":
            names = tuple(name and normalise_reference(name) for name in names)
        topics += [f"{prefix}/{name}" for name in names if name is not None]
    return tuple(dict.fromkeys(topics))


@cache
def _by_subject(kind: type[Data]) -> tuple[str, ...]:
    """Return the topics that a type's events have by the enterprise that they are about."""
    if not kind.about_enterprise:
        return ()
    if issubclass(kind, (*_PERSONAL, ClaimObjected)):
        return ("personal",)
    if issubclass(kind, _CLAIM):
        return ("claims-of",) if issubclass(kind, (ClaimSubmitted, ClaimDrafted)) else ()
    return ("enterprise",)


@cache
def _by_field(kind: type[Data]) -> tuple[tuple[str, str], ...]:
    """Return which fields of a type name what its events are about."""
    return tuple((name, _BY_FIELD[name]) for name in kind.__struct_fields__ if name in _BY_FIELD)
