"""Tenants → enterprises, and what the book has to know of them before their usage counts.

All of it follows from the map and the tenant, so files read on different days say the same under
the same names, and a second telling is a duplicate.
"""

from collections.abc import Callable, Sequence

from ingest.mapping import TENANT, ContractMap, Mapping, Tenant
from ledger.codec import Event, encode
from ledger.errors import InvalidInputError
from ledger.events import (
    ContractRegistered,
    Data,
    EnterpriseRegistered,
    PriceLine,
    ResourceListed,
)
from ledger.identifiers import synthetic_credit_code
from ledger.text import Text

Salt = Callable[[str, str], str]
"""A source and an event id → 32 lower-case hex digits that nobody else can derive."""


class Tenancy:
    """The enterprises of one map's tenants."""

    def __init__(self, mapping: Mapping, salt: Salt) -> None:
        self._mapping = mapping
        self._salt = salt
        self._book_source = f"{mapping.source}#book"
        self._subjects = {
            name: tenant.credit_code for name, tenant in mapping.tenants.known.items()
        }
        self._enterprises = {
            tenant.credit_code: tenant for tenant in mapping.tenants.known.values()
        }

    def subject(self, tenant: str) -> str:
        """Return the credit code of a tenant; `InvalidInputError` (`unknown_tenant`) otherwise."""
        subject = self._subjects.get(tenant)
        return self._make(tenant) if subject is None else subject

    def _make(self, tenant: str) -> str:
        """Return the code made up for a tenant that is met for the first time."""
        tenants = self._mapping.tenants
        listed = tenants.allow is None or tenant in tenants.allow
        name = tenants.name.replace(TENANT, tenant)
        if not (tenants.synthetic and listed and tenant.strip() and name.isprintable()):
            raise InvalidInputError(
                "unknown_tenant",
                Text(f"映射文件没有租户 {tenant[:60]!r}", f"the map has no tenant {tenant[:60]!r}"),
                Text("请补入映射文件后重新导入", "add it to the map and import the file again"),
            )
        subject = synthetic_credit_code(f"{self._mapping.source}/{tenant}", tenants.region)
        self._subjects[tenant] = subject
        self._enterprises[subject] = Tenant(subject, name, tenants.region)
        return subject

    def book(self, subject: str | None) -> Sequence[Event]:
        """Return what the book must know before an enterprise's usage; None: before all usage."""
        return self._offer() if subject is None else self._join(subject)

    def _offer(self) -> list[Event]:
        """Return the provider and the resources."""
        events = []
        if (provider := self._mapping.provider) is not None:
            registered = EnterpriseRegistered(
                name=provider.name,
                registered_region=provider.registered_region,
                synthetic=provider.synthetic,
            )
            code = provider.credit_code
            events.append(self._event(f"enterprise/{code}", code, registered))
        for resource in self._mapping.resources:
            listed = ResourceListed(
                resource=resource.code,
                name=resource.name,
                kind=resource.kind,
                unit=resource.unit,
                listed_on=resource.listed_on,
                pflops=resource.pflops,
            )
            events.append(self._event(f"resource/{resource.code}", "", listed))
        return events

    def _join(self, subject: str) -> list[Event]:
        """Return an enterprise and its contract."""
        events = []
        enterprise = self._enterprises[subject]
        if enterprise.name is not None:
            registered = EnterpriseRegistered(
                name=enterprise.name,
                registered_region=enterprise.registered_region,
                synthetic=enterprise not in self._mapping.tenants.known.values(),
            )
            events.append(self._event(f"enterprise/{subject}", subject, registered))
        if (contract := self._mapping.contract) is not None:
            signed = self._sign(contract, f"{contract.number_prefix}{subject}")
            events.append(self._event(f"contract/{signed.contract}", subject, signed))
        return events

    def _sign(self, contract: ContractMap, number: str) -> ContractRegistered:
        """Return the synthetic contract under a number."""
        assert self._mapping.provider is not None, "checked with the map"
        return ContractRegistered(
            contract=number,
            provider=self._mapping.provider.credit_code,
            signed_on=contract.signed_on,
            service_from=contract.service_from,
            service_to=contract.service_to,
            amount_fen=contract.amount_fen,
            vat_rate=contract.vat_rate,
            prices=tuple(
                PriceLine(
                    resource=price.resource,
                    unit_price=price.unit_price,
                    per=price.per,
                    valid_from=price.valid_from,
                    valid_to=price.valid_to,
                )
                for price in contract.prices
            ),
            synthetic=True,
        )

    def _event(self, event_id: str, subject: str, data: Data) -> Event:
        """Return a book event under the map's own source."""
        salt = self._salt(self._book_source, event_id)
        return encode(self._book_source, event_id, subject, data, salt)
