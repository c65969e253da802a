"""Credit codes whose check character does not fit: refused where they enter, unless accepted.

Some registers hold real codes that fail GB 32100. A log must read back whatever it has taken in, so
reading asks for a code's form alone; whoever takes something in asks for more.
"""

from collections.abc import Container, Iterator
from functools import lru_cache

from ledger.codec import Event
from ledger.errors import InvalidInputError
from ledger.events import ContractRegistered, Data, InvoiceData, PaperData, Party, PaymentData
from ledger.identifiers import parse_credit_code

NONE: frozenset[str] = frozenset()


@lru_cache(maxsize=4096)
def fits(code: str) -> bool:
    """Return whether a code is one by form and check character."""
    try:
        parse_credit_code(code)
    except InvalidInputError:
        return False
    return True


def require_code(code: str, accepted: Container[str]) -> None:
    """Raise `InvalidInputError` as `parse_credit_code` does, unless a code is an accepted one."""
    if not fits(code) and code not in accepted:
        parse_credit_code(code)


def require_codes(event: Event, accepted: Container[str]) -> None:
    """Raise unless every code that an event names fits or is accepted.

    Nearly every event is of usage, which names its enterprise only and costs one look.
    """
    if event.kind.about_enterprise and not fits(event.subject):
        require_code(event.subject, accepted)
    if issubclass(event.kind, PaperData):
        for code in codes_of(event.data):
            require_code(code, accepted)


def codes_of(data: Data) -> Iterator[str]:
    """Yield the credit codes that a paper names besides the enterprise that it is about."""
    if isinstance(data, ContractRegistered):
        yield data.provider
    parties: tuple[Party | None, ...] = ()
    if isinstance(data, ContractRegistered | InvoiceData):
        parties = data.buyer, data.seller
    elif isinstance(data, PaymentData):
        parties = data.payer, data.payee
    for party in parties:
        if party is not None and party.credit_code is not None:
            yield party.credit_code
