"""What a map can say, and the book events that follow from it.

A map tells which column of somebody's table is what, who the tenants are, and what prices them.
"""

from typing import Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from ledger.events import (
    ContractRegistered,
    EnterpriseRegistered,
    PriceLine,
    PriceUnit,
    ResourceKind,
    ResourceListed,
)

TENANT: Final = "{tenant}"
"""What stands for the tenant in the pattern of a synthetic name."""


class Cell(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a value comes from: a column, or the same for every row.

    `tres` names what to count in a column of Slurm's trackable resources, such as `gres/gpu`.
    """

    column: str | None = None
    constant: str | None = None
    tres: str | None = None


class UsageMap(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the values of a usage record stand; `duration` is in seconds."""

    tenant: Cell
    resource: Cell
    amount: Cell
    start: Cell | None = None
    end: Cell | None = None
    duration: Cell | None = None
    job: Cell | None = None
    contract: Cell | None = None


class TimeMap(Struct, frozen=True, forbid_unknown_fields=True):
    """How points in time are written, and the zone of those that do not say theirs."""

    zone: str | None = None
    form: str | None = field(default=None, name="format")


class Tenant(Struct, frozen=True, forbid_unknown_fields=True):
    """The enterprise that a tenant is; without a name the book is taken to know it already."""

    credit_code: str
    name: str | None = None
    registered_region: str | None = None


class TenantMap(Struct, frozen=True, forbid_unknown_fields=True):
    """How a tenant becomes an enterprise: by the table `known`, or by a code that is made up.

    Where `allow` is given, a tenant that is neither in it nor in `known` is refused.
    """

    synthetic: bool = False
    name: str = TENANT
    region: str = "420100"
    allow: tuple[str, ...] | None = None
    known: dict[str, Tenant] = {}


class Resource(Struct, frozen=True, forbid_unknown_fields=True):
    """A resource that the centre offers."""

    code: str
    name: str
    kind: ResourceKind
    unit: Literal["card", "tb"]
    listed_on: str
    pflops: str | None = None

    def listed(self) -> ResourceListed:
        """Return the event that lists it; `InvalidInputError` where a value cannot be."""
        return ResourceListed(
            resource=self.code,
            name=self.name,
            kind=self.kind,
            unit=self.unit,
            listed_on=self.listed_on,
            pflops=self.pflops,
        )


class Provider(Struct, frozen=True, forbid_unknown_fields=True):
    """Who sells."""

    credit_code: str
    name: str
    registered_region: str | None = None
    synthetic: bool = False

    def registered(self) -> EnterpriseRegistered:
        """Return the event that registers it."""
        return EnterpriseRegistered(
            name=self.name, registered_region=self.registered_region, synthetic=self.synthetic
        )


class Price(Struct, frozen=True, forbid_unknown_fields=True):
    """A unit price in yuan, tax included."""

    resource: str
    unit_price: str
    per: PriceUnit
    valid_from: str | None = None
    valid_to: str | None = None

    def line(self) -> PriceLine:
        """Return it as a contract's price line; `InvalidInputError` where a value cannot be."""
        return PriceLine(
            resource=self.resource,
            unit_price=self.unit_price,
            per=self.per,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
        )


class ContractMap(Struct, frozen=True, forbid_unknown_fields=True):
    """The contract laid over each enterprise's usage, marked synthetic.

    Its number is the prefix and the credit code. Contracts that were really signed are no matter
    for a map: they come as events.
    """

    number_prefix: str
    signed_on: str
    service_from: str
    service_to: str
    amount_fen: int
    vat_rate: str
    prices: tuple[Price, ...]

    def signed(self, subject: str, provider: Provider) -> ContractRegistered:
        """Return an enterprise's contract; `InvalidInputError` where a value cannot be."""
        return ContractRegistered(
            contract=f"{self.number_prefix}{subject}",
            provider=provider.credit_code,
            signed_on=self.signed_on,
            service_from=self.service_from,
            service_to=self.service_to,
            amount_fen=self.amount_fen,
            vat_rate=self.vat_rate,
            prices=tuple(price.line() for price in self.prices),
            synthetic=True,
        )


class Mapping(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole map. `source` is the CloudEvents source, the same for every file of one system.

    `id` are the columns that name a row for ever; without them its line number in the file does.
    `columns` is the order of columns in `sacct` output that has no header.
    """

    format: Literal["csv", "sacct"]
    source: str
    usage: UsageMap
    tenants: TenantMap
    id: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    time: TimeMap = TimeMap()
    resources: tuple[Resource, ...] = ()
    provider: Provider | None = None
    contract: ContractMap | None = None

    @property
    def time_zone(self) -> ZoneInfo | None:
        """Return the zone of naive times, None where the map states none."""
        return ZoneInfo(self.time.zone) if self.time.zone else None
