"""Tenants → enterprises, and what the book has to know of them before their usage counts.

All of it follows from the map and the tenant, so files read on different days say the same under
the same names, and a second telling is a duplicate.
"""

from collections.abc import Callable, Sequence

from ingest.map_shape import TENANT, Mapping, Tenant
from ledger.codec import Event, encode
from ledger.errors import InvalidInputError
from ledger.events import Data, EnterpriseRegistered
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
        events = [
            self._event(f"resource/{resource.code}", "", resource.listed())
            for resource in self._mapping.resources
        ]
        if (provider := self._mapping.provider) is not None:
            code = provider.credit_code
            events.insert(0, self._event(f"enterprise/{code}", code, provider.registered()))
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
        contract, provider = self._mapping.contract, self._mapping.provider
        if contract is not None and provider is not None:
            signed = contract.signed(subject, provider)
            events.append(self._event(f"contract/{signed.contract}", subject, signed))
        return events

    def _event(self, event_id: str, subject: str, data: Data) -> Event:
        """Return a book event under the map's own source."""
        salt = self._salt(self._book_source, event_id)
        return encode(self._book_source, event_id, subject, data, salt)
