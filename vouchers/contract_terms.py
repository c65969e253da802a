"""What a contract says after its amendments, each of which counts from its day.

Amendments apply in the order of those days, in log order within a day. One that would have the
service end before it begins is no contract's and is left out.
"""

from collections.abc import Iterable, Iterator

import msgspec

from ledger.events import ContractAmended, ContractRegistered, PriceLine
from ledger.period import DAY, parse_date


def amend(
    contract: ContractRegistered, amendments: Iterable[ContractAmended], day: str = "9999-12-31"
) -> ContractRegistered:
    """Return a contract as it stands on a day: after the amendments in effect by then."""
    for one in sorted(amendments, key=lambda one: one.effective_on):
        if one.effective_on <= day:
            contract = _apply(contract, one)
    return contract


def is_applicable(contract: ContractRegistered, amendment: ContractAmended) -> bool:
    """Return whether a contract can say what an amendment wants."""
    return amendment.service_to is None or contract.service_from <= amendment.service_to


def _apply(contract: ContractRegistered, amendment: ContractAmended) -> ContractRegistered:
    """Return a contract with what an amendment changes, or as it is where that cannot be."""
    if not is_applicable(contract, amendment):
        return contract
    amount_fen = amendment.amount_fen
    return msgspec.structs.replace(
        contract,
        service_to=amendment.service_to or contract.service_to,
        amount_fen=contract.amount_fen if amount_fen is None else amount_fen,
        prices=tuple(_prices(contract, amendment)),
    )


def _prices(contract: ContractRegistered, amendment: ContractAmended) -> Iterator[PriceLine]:
    """Yield the lines that end before an amendment that replaces them, then its own."""
    replaced = {line.resource for line in amendment.prices}
    last = (parse_date(amendment.effective_on) - DAY).isoformat()
    for line in contract.prices:
        if line.resource not in replaced:
            yield line
        elif (line.valid_from or last) <= last:
            yield msgspec.structs.replace(line, valid_to=min(line.valid_to or last, last))
    for line in amendment.prices:
        since = line.valid_from or amendment.effective_on
        yield msgspec.structs.replace(line, valid_from=since)
