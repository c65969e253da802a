"""An enterprise's papers as rows of a page, the newest first; of personal data only since when."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from ledger.events import BankAccountSet, ContactRecorded, DocumentFiled, EnterpriseForgotten
from ledger.media import NAMES
from ledger.money import render_yuan
from ledger.personal import Kind
from ledger.text import Text
from portal.claims.ground import Ground
from portal.enterprises.paper_form import What
from vouchers.book import Account
from vouchers.names import DECLARATIONS, FACTS, QUALIFICATIONS, ZONES, call
from vouchers.net import END, contract_on, invoices_on, payments_on
from vouchers.regions import place_of

NUMBERS_MAX: Final = 100


class Known(NamedTuple):
    """As what an enterprise is registered."""

    name: str
    region: str
    place: Text | None


class Trait(NamedTuple):
    """What is known of an enterprise beside its papers: a status, a figure, a declaration."""

    what: What
    name: Text
    says: Text
    since: str = ""
    until: str = ""
    value_fen: int | None = None
    code: str = ""
    number: str = ""

    @property
    def dated(self) -> bool:
        """Return whether it holds for a time."""
        return self.what in {"qualification", "domicile"}


class Row(NamedTuple):
    """A paper: its number, on what it rests, its days, its amount, what is left, its document.

    `unpaid_fen` is what of an invoice no payment on record has paid.
    """

    key: str
    of: str
    on: str
    until: str = ""
    amount_fen: int | None = None
    left_fen: int | None = None
    unpaid_fen: int = 0
    sha256: str = ""
    format: str = ""
    size_bytes: int = 0


LISTS: Final[Mapping[str, Text]] = {
    "contracts": Text("合同", "Contracts"),
    "invoices": Text("发票", "Invoices"),
    "payments": Text("付款", "Payments"),
    "documents": Text("已上传的材料", "Documents filed"),
}


def rows_of(ground: Ground, name: str) -> list[Row]:
    """Return the papers of one of the lists, the newest first."""
    return sorted(_MAKERS[name](ground), key=lambda row: (row.on, row.key), reverse=True)


def _contracts(ground: Ground) -> Iterator[Row]:
    """Yield contracts as amended."""
    account = ground.account
    for number in account.signed:
        one = contract_on(account, number, END)
        assert one is not None, number
        yield Row(number, f"{one.service_from}/{one.service_to}", one.signed_on, "", one.amount_fen)


def _invoices(ground: Ground) -> Iterator[Row]:
    """Yield invoices as corrected, with what red ones left of each."""
    account = ground.account
    left = {one.invoice: one.amount_fen for one in invoices_on(account)}
    paid = {
        number: sum(one.amount_fen for one in some) for number, some in payments_on(account).items()
    }
    for number, one in account.invoices.items():
        left_fen = left.get(number, 0)
        unpaid_fen = max(0, left_fen - paid.get(number, 0))
        yield Row(number, one.contract, one.issued_on, "", one.amount_fen, left_fen, unpaid_fen)


def _payments(ground: Ground) -> Iterator[Row]:
    """Yield payments as corrected, with what is left of each after what came back."""
    account = ground.account
    left = {one.payment: one.amount_fen for some in payments_on(account).values() for one in some}
    for number, one in account.payments.items():
        yield Row(number, one.invoice, one.paid_on, "", one.amount_fen, left.get(number, 0))


def _documents(ground: Ground) -> Iterator[Row]:
    """Yield documents as they were filed."""
    for place, one in enumerate(ground.said):
        if isinstance(one, DocumentFiled):
            yield Row(
                f"{place}-{one.kind}",
                one.ref or "",
                one.at,
                one.kind,
                sha256=one.sha256,
                format=NAMES[one.media_type],
                size_bytes=one.size_bytes,
            )


def begun_with(ground: Ground, what: What, named: Mapping[str, str]) -> dict[str, str]:
    """Return what a form begins with: what its address names, and what follows from the ledger.

    A payment is of what is not paid yet of its invoice; an invoice of the only contract there is.
    """
    filled = {name: value for name, value in named.items() if value}
    if what == "invoice" and "contract" not in filled and len(ground.account.contracts) == 1:
        filled["contract"] = next(iter(ground.account.contracts))
    if what == "payment" and "invoice" in filled:
        unpaid_fen = sum(
            one.unpaid_fen for one in _invoices(ground) if one.key == filled["invoice"]
        )
        if unpaid_fen:
            filled["amount"] = render_yuan(unpaid_fen)
    return filled


_MAKERS: Final[Mapping[str, Callable[[Ground], Iterator[Row]]]] = {
    "contracts": _contracts,
    "invoices": _invoices,
    "payments": _payments,
    "documents": _documents,
}


def known_of(ground: Ground) -> Known | None:
    """Return as what an enterprise is registered, None where it is not."""
    known = ground.account.registered
    if known is None:
        return None
    place = place_of(known.registered_region)
    return Known(known.name, known.registered_region or "", place and place.name)


def traits_of(ground: Ground) -> list[Trait]:
    """Return what is known of an enterprise beside its papers, kind by kind."""
    return [*_statuses(ground.account), *_said_of_years(ground.account)]


def _statuses(account: Account) -> Iterator[Trait]:
    """Yield qualifications, their revocations and tax domiciles, as they were entered."""
    for one in account.qualifications:
        number = one.number or ""
        name, days = call(QUALIFICATIONS, one.kind), (one.valid_from or "", one.valid_to or "")
        yield Trait("qualification", name, plain(number), *days, code=one.kind, number=number)
    for gone in account.revocations:
        name = call(QUALIFICATIONS, gone.kind)
        told = Text(f"{name.zh}（已撤销）", f"{name.en} (revoked)")
        yield Trait("revocation", told, plain(gone.number or ""), gone.revoked_on)
    for zone in account.domiciles:
        days = zone.valid_from or "", zone.valid_to or ""
        yield Trait("domicile", Text("税务关系", "Tax domicile"), call(ZONES, zone.zone), *days)


def _said_of_years(account: Account) -> Iterator[Trait]:
    """Yield figures and declarations, by year."""
    for (name, year), fact in sorted(account.facts.items()):
        called = call(FACTS, name)
        told = Text(f"{year} 年{called.zh}", f"{called.en} of {year}")
        yield Trait("fact", told, plain(""), value_fen=fact.value)
    for year, one in sorted(account.declarations.items()):
        said = [name for key, name in DECLARATIONS.items() if getattr(one, key)]
        told = Text("、".join(name.zh for name in said), ", ".join(name.en for name in said))
        nothing = Text("无关联关系，无严重失信", "neither related nor dishonest")
        yield Trait(
            "declaration",
            Text(f"{year} 年度声明", f"Declaration of {year}"),
            told if said else nothing,
        )


def plain(code: str) -> Text:
    """Return what is the same in both languages."""
    return Text(code, code)


def known_numbers(ground: Ground) -> list[str]:
    """Return the numbers that a scan may belong to: contracts first, then the newest invoices."""
    account = ground.account
    numbers = [*list(account.contracts)[::-1], *list(account.invoices)[::-1]]
    return numbers[:NUMBERS_MAX]


def personal_of(ground: Ground) -> dict[Kind, str]:
    """Return since when a contact and a bank account are on record, of those that still are.

    What they say is not read: no page shows it.
    """
    since: dict[Kind, str] = {}
    for one in ground.said:
        match one:
            case ContactRecorded():
                since["contact"] = one.at
            case BankAccountSet():
                since["bank_account"] = one.at
            case EnterpriseForgotten():
                since.clear()
    return since
