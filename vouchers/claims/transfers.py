"""Bank transfers by the bank's references: each pays one claim of a fund, or recovers for one.

A fund is paid by one treasury at one bank, where a reference tells one transfer from every other;
other funds have banks of their own. What came in is told apart from what went out.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from ledger.codec import Event
from ledger.events import ClaimClawbackRecovered, ClaimPaid
from ledger.text import Text
from ledger.topics import normalise_reference

Transfer = ClaimPaid | ClaimClawbackRecovered

_Key = tuple[type[Transfer], str, str]


class Served(NamedTuple):
    """The claim that a transfer was recorded of."""

    claim: str
    enterprise: str
    programme: str


@dataclass(slots=True)
class Transfers:
    """The transfers that were recorded, each with the first claim that it was recorded of."""

    served: dict[_Key, Served] = field(default_factory=dict)

    def apply(self, event: Event) -> None:
        """Take in the next event of the book."""
        data = event.data
        if isinstance(data, Transfer):
            self.served.setdefault(_key(data), Served(data.claim, event.subject, data.programme))

    def find(self, data: Transfer) -> Served | None:
        """Return of which claim the transfer of an event was recorded before, None of none."""
        return self.served.get(_key(data))


def name_repeat(data: Transfer, claim: str | None) -> Text:
    """Return that a transfer was recorded before, of a claim where one may be named."""
    what = Text("付款", "payment") if isinstance(data, ClaimPaid) else Text("追回", "recovery")
    of = Text(f"申请 {claim} 的", f" of {claim}") if claim else Text("另一笔", "")
    return Text(
        f"银行流水号 {data.bank_reference} 已记为{of.zh}{what.zh}，一个流水号只对应一笔转账；"
        "请核对银行回单",
        f"the bank's reference {data.bank_reference} is recorded of a {what.en}{of.en} already, and"
        " tells one transfer: check the bank's answer",
    )


def _key(data: Transfer) -> _Key:
    """Return what tells a transfer from every other."""
    return type(data), data.fund, normalise_reference(data.bank_reference)
