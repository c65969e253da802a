"""A case: the facts about one enterprise and its purchases, on which every programme decides.

A fact that is not given is None, which means unknown: never false and never zero. `qualifications`
and `tax_domicile`, once given, are complete. Days are policy days; a period contains both its first
and its last day, and a missing edge is open. Money is integer fen.
"""

from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from ledger.errors import InvalidInputError
from ledger.identifiers import parse_credit_code
from ledger.money import FEN_MAX
from ledger.text import Text
from vouchers.regions import MADE_UP, PROVINCES
from vouchers.spelling import find_slip
from vouchers.strict_json import decode, refuse

Fen = Annotated[int, Meta(ge=0, le=FEN_MAX)]
Year = Annotated[int, Meta(ge=1949, le=9998)]
Name = Annotated[str, Meta(max_length=200)]
Authority = Literal["national", "province", "city", "district"]
ResourceKind = Literal["accelerator", "storage", "network", "support"]
FundingScope = Literal["enterprise", "project", "contract"]

# Other kinds and zones are allowed and match no rule; one that is a slip of the pen away from these
# would silently count as not held.
QUALIFICATION_KINDS: Final = (
    "technology_sme",
    "high_tech_enterprise",
    "advanced_service",
    "incubated",
    "above_scale",
)
ZONES: Final = ("east-lake",)
FACT_NAMES: Final = ("sales_fen",)

_YEAR_MIN: Final = 1949
_YEAR_MAX: Final = 9998

_EDGES: Final = {"valid_from": "from", "valid_to": "to"}


class Domicile(Struct, frozen=True, kw_only=True, rename=_EDGES):
    """The zone to which the enterprise pays its taxes, and when."""

    zone: Name | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class Qualification(Struct, frozen=True, kw_only=True, rename=_EDGES):
    """A status that somebody granted: its kind, its certificate and its validity."""

    kind: Name | None = None
    number: Name | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    carrier: Name | None = None
    recognised_by: Authority | None = None


class Fact(Struct, frozen=True, kw_only=True):
    """A numeric attribute of one year, such as `sales_fen`."""

    name: Name | None = None
    year: Year | None = None
    value: Fen | None = None


class Record(Struct, frozen=True, kw_only=True):
    """Something on record against the enterprise, such as `serious_dishonesty`, and its day."""

    kind: Name | None = None
    on: date | None = None


class Enterprise(Struct, frozen=True, kw_only=True):
    """Who applies. `registered_region` has the six digits of GB/T 2260.

    `controller` names the group that it belongs to; `records`, once given, are complete.
    """

    credit_code: Name | None = None
    name: Name | None = None
    registered_region: Annotated[str, Meta(pattern="[1-9][0-9]{5}", max_length=6)] | None = None
    tax_domicile: tuple[Domicile, ...] | None = None
    qualifications: tuple[Qualification, ...] | None = None
    facts: tuple[Fact, ...] | None = None
    records: tuple[Record, ...] | None = None
    controller: Name | None = None


class Payment(Struct, frozen=True, kw_only=True):
    """One payment from the enterprise to the provider."""

    paid_on: date | None = None
    amount_fen: Fen | None = None


class Purchase(Struct, frozen=True, kw_only=True):
    """One invoice line of a contract; `invoiced_fen` includes `tax_fen`.

    `settled_fen` is what both parties settled on, `approved_fen` what an authority approved of the
    contract. `refunded_by` names the programmes that have paid on it before. `cut_fen` is what a
    reviewer took out of the base, with the reason. `confirmed` is the provider's confirmation.
    """

    contract: Name | None = None
    project: Name | None = None
    signed_on: date | None = None
    contract_fen: Fen | None = None
    approved_fen: Fen | None = None
    service_from: date | None = None
    service_to: date | None = None
    completed_on: date | None = None
    resource_kind: ResourceKind | None = None
    invoice: Name | None = None
    invoiced_on: date | None = None
    invoiced_fen: Fen | None = None
    tax_fen: Fen | None = None
    payments: tuple[Payment, ...] | None = None
    metered_fen: Fen | None = None
    settled_fen: Fen | None = None
    provider: Name | None = None
    refunded_by: tuple[Name, ...] = ()
    cut_fen: Fen = 0
    cut_reason: Name | None = None
    confirmed: bool | None = None


class ContractRefund(Struct, frozen=True, kw_only=True):
    """What a voucher has refunded on one contract."""

    contract: Name | None = None
    amount_fen: Fen | None = None


class Earlier(Struct, frozen=True, kw_only=True):
    """What the enterprise has had of a programme's voucher in one year, and on which contracts.

    `base_fen` is what that was computed on; `contracts`, once given, are complete.
    """

    programme: Name | None = None
    year: Year | None = None
    claimed_fen: Fen | None = None
    redeemed_fen: Fen | None = None
    base_fen: Fen | None = None
    contracts: tuple[ContractRefund, ...] | None = None


class OtherFunding(Struct, frozen=True, kw_only=True):
    """Other public money for the enterprise, a project or a contract (`ref`), and how much."""

    scope: FundingScope | None = None
    ref: Name | None = None
    level: Authority | None = None
    year: Year | None = None
    amount_fen: Fen | None = None


class Paper(Struct, frozen=True, kw_only=True):
    """A document that was filed: what it is, and the contract or project it belongs to."""

    kind: Name | None = None
    ref: Name | None = None


class Declarations(Struct, frozen=True, kw_only=True):
    """What the enterprise declares about itself."""

    related_party: bool | None = None
    serious_dishonesty: bool | None = None


class Case(Struct, frozen=True, kw_only=True):
    """All facts of one application; `purchases` left out are unknown, an empty list is none.

    `group_earlier` is what other firms under the same controller have had of vouchers.
    """

    enterprise: Enterprise = Enterprise()
    purchases: tuple[Purchase, ...] | None = None
    earlier: tuple[Earlier, ...] = ()
    group_earlier: tuple[Earlier, ...] | None = None
    other_funding: tuple[OtherFunding, ...] = ()
    declarations: Declarations = Declarations()
    documents: tuple[Paper, ...] | None = None
    apply_on: date | None = None


def parse_case(raw: bytes) -> Case:
    """Return the case written as one JSON object.

    Raises `InvalidInputError`: everything that `strict_json.decode` refuses; a credit code that
    does not check; `bad_value` for an order of dates or amounts that cannot be and for a kind or
    zone that nearly is a known one; `contradicting_fact` for a fact or an invoice given twice.
    """
    case = decode(raw, Case)
    # The years around it are looked at too.
    if case.apply_on is not None and not _YEAR_MIN <= case.apply_on.year <= _YEAR_MAX:
        years = Text(f"{_YEAR_MIN} 至 {_YEAR_MAX} 年的日期", f"a day of {_YEAR_MIN} to {_YEAR_MAX}")
        refuse("apply_on", case.apply_on.isoformat(), years)
    _check_enterprise(case.enterprise)
    for i, purchase in enumerate(case.purchases or ()):
        _check_purchase(purchase, f"purchases[{i}]")
    _check_contracts(case.purchases or ())
    _check_invoices(case.purchases or ())
    return case


def encode_case(case: Case) -> dict[str, Any]:
    """Return a case as the JSON object that `parse_case` reads; what is unknown is left out."""
    found: dict[str, Any] = _known(msgspec.json.decode(msgspec.json.encode(case)))
    return found


def _known(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value without the members that are null, all the way down."""
    if isinstance(value, dict):
        return {name: _known(one) for name, one in value.items() if one is not None}
    return [_known(one) for one in value] if isinstance(value, list) else value


def _check_enterprise(enterprise: Enterprise) -> None:
    _check_credit_code(enterprise.credit_code, "enterprise.credit_code")
    region = enterprise.registered_region
    if region is not None and not region.startswith((*PROVINCES, MADE_UP)):
        form = Text("六位行政区划代码（GB/T 2260）", "six digits of GB/T 2260")
        refuse("enterprise.registered_region", region, form)
    for i, held in enumerate(enterprise.qualifications or ()):
        path = f"enterprise.qualifications[{i}]"
        _check_slip(held.kind, QUALIFICATION_KINDS, f"{path}.kind")
        _check_order(path, {"from": held.valid_from, "to": held.valid_to})
    for i, domicile in enumerate(enterprise.tax_domicile or ()):
        path = f"enterprise.tax_domicile[{i}]"
        _check_slip(domicile.zone, ZONES, f"{path}.zone")
        _check_order(path, {"from": domicile.valid_from, "to": domicile.valid_to})
    seen: set[tuple[str | None, int | None]] = set()
    for i, fact in enumerate(enterprise.facts or ()):
        _check_slip(fact.name, FACT_NAMES, f"enterprise.facts[{i}].name")
        key = (fact.name, fact.year)
        if key in seen and None not in key:
            raise InvalidInputError(
                "contradicting_fact",
                Text(
                    f"enterprise.facts[{i}]：{fact.name} {fact.year} 填报了两次",
                    f"enterprise.facts[{i}]: {fact.name} of {fact.year} is given twice",
                ),
                Text("请只保留一项", "keep one of them"),
            )
        seen.add(key)


def _check_purchase(purchase: Purchase, path: str) -> None:
    _check_credit_code(purchase.provider, f"{path}.provider")
    _check_order(path, {"service_from": purchase.service_from, "service_to": purchase.service_to})
    invoiced_fen, tax_fen = purchase.invoiced_fen, purchase.tax_fen
    if invoiced_fen is not None and tax_fen is not None and tax_fen > invoiced_fen:
        limit = Text(
            f"不大于 invoiced_fen（{invoiced_fen}）的整数", f"at most invoiced_fen ({invoiced_fen})"
        )
        refuse(f"{path}.tax_fen", tax_fen, limit)


def _check_contracts(purchases: tuple[Purchase, ...]) -> None:
    """Refuse a contract that is over two amounts."""
    seen: dict[tuple[str | None, str], int] = {}
    for i, purchase in enumerate(purchases):
        for key in ("contract_fen", "approved_fen"):
            amount_fen: int | None = getattr(purchase, key)
            if purchase.contract is None or amount_fen is None:
                continue
            before = seen.setdefault((purchase.contract, key), amount_fen)
            if before != amount_fen:
                name, path = purchase.contract, f"purchases[{i}].{key}"
                raise InvalidInputError(
                    "contradicting_fact",
                    Text(
                        f"{path}：合同 {name} 前面填报为 {before}，此处为 {amount_fen}",
                        f"{path}: {amount_fen}, but {before} further up for contract {name}",
                    ),
                    Text("同一合同请填报同一金额", "give one amount for one contract"),
                )


def _check_invoices(purchases: tuple[Purchase, ...]) -> None:
    """Refuse a line of an invoice that is given twice: both would be paid."""
    seen: dict[tuple[object, ...], int] = {}
    for i, one in enumerate(purchases):
        of_service = (one.resource_kind, one.service_from, one.service_to)
        key = (one.invoice, one.contract, one.invoiced_fen, *of_service)
        before = seen.setdefault(key, i)
        if one.invoice is not None and before != i:
            raise InvalidInputError(
                "contradicting_fact",
                Text(
                    f"purchases[{i}]：发票 {one.invoice} 的同一项已在 purchases[{before}] 填报",
                    f"purchases[{i}]: that line of invoice {one.invoice} is purchases[{before}]",
                ),
                Text(
                    "请删去重复项；确为两项的，请合并金额",
                    "leave one out; of two real lines give the sum as one",
                ),
            )


def _check_credit_code(code: str | None, path: str) -> None:
    if code is None:
        return
    try:
        parse_credit_code(code)
    except InvalidInputError as error:
        meant = _mend_credit_code(code)
        raise InvalidInputError(
            error.code,
            Text(f"{path}：{error.message.zh}", f"{path}: {error.message.en}"),
            Text(f"是否应为 {meant}？", f"did you mean {meant}?") if meant else error.next_step,
        ) from None


def _mend_credit_code(code: str) -> str | None:
    """Return the code in capitals and with digits for the letters that no code has, if it checks.

    The standard leaves out I, O, S, V and Z because they are misread.
    """
    mended = "".join(code.split()).upper().translate(str.maketrans("IOSZ", "1052"))
    try:
        return parse_credit_code(mended)
    except InvalidInputError:
        return None


def _check_slip(word: str | None, known: tuple[str, ...], path: str) -> None:
    """Refuse a word that is a slip away from a known one, or a name where a code is due."""
    if word is None or word in known:
        return
    meant = find_slip(word, known)
    if meant is not None:
        refuse(path, word, Text(meant, meant))
    if not word.isascii():
        codes = " / ".join(known)
        refuse(path, word, Text(f"代码，例如 {codes}", f"a code, such as {codes}"))


def _check_order(path: str, days: dict[str, date | None]) -> None:
    for (first, first_on), (last, last_on) in pairwise(days.items()):
        if first_on is not None and last_on is not None and first_on > last_on:
            earliest = Text(
                f"不早于 {first}（{first_on}）的日期", f"a day not before {first} ({first_on})"
            )
            refuse(f"{path}.{last}", last_on.isoformat(), earliest)
