"""What a rule can require of the enterprise and of a purchase: the words of the programme files.

Each is a small value that says one thing; what it means is in `condition` and `purchase`. A shape
is hashed by its tag and its values, so a released tag keeps its meaning; a value that a shape
gained later is left out of the hash where it is at its default.
"""

from datetime import date
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from vouchers.case import Authority, FundingScope, ResourceKind
from vouchers.cited import Cited

Level = Literal["province", "city", "district"]

# Days on which the version is chosen and statuses are tested.
LegalDate = Literal["application", "contract_signed", "service_completed", "paid_in_full"]


class Held(Struct, frozen=True, tag="held"):
    """A qualification of this kind is valid on the legal date; by whom, if the rule says so."""

    kind: str
    recognised_by: tuple[Authority, ...] = ()


class FactBelow(Struct, frozen=True, tag="fact_below"):
    """A numeric attribute of so many years before the application is strictly below a limit."""

    name: str
    years_before: int
    limit_fen: int


class FactAtLeast(Struct, frozen=True, tag="fact_at_least"):
    """A numeric attribute of so many years before the application reaches a limit."""

    name: str
    years_before: int
    limit_fen: int


class CountAtLeast(Struct, frozen=True, tag="count_at_least"):
    """A number of so many years before the application that is no money, such as of employees."""

    name: str
    years_before: int
    least: int


class ShareAtLeast(Struct, frozen=True, tag="share_at_least"):
    """One figure is at least such a share of another, such as of what was spent on R&D of sales."""

    part: str
    whole: str
    years_before: int
    least: Fraction


class RegisteredIn(Struct, frozen=True, tag="registered_in"):
    """The region code of the registered place starts with these digits."""

    prefix: str


class DomiciledIn(Struct, frozen=True, tag="domiciled_in"):
    """The tax domicile is in the zone on the legal date."""

    zone: str


class NotDeclared(Struct, frozen=True, tag="not_declared"):
    """The enterprise declares that this is not so."""

    name: Literal["related_party", "serious_dishonesty"]


class NoRecord(Struct, frozen=True, tag="no_record"):
    """No record of this kind is dated within so many years before the legal date."""

    kind: str
    years: int


class NoEarlierVoucher(Struct, frozen=True, tag="no_earlier_voucher", omit_defaults=True):
    """No voucher of these levels: for the enterprise and year, or ever for its contract or project.

    With the scope of a contract (project) each one can be paid by one side, and others by the
    other. The default scope stands in no hash.
    """

    levels: tuple[Level, ...]
    scope: FundingScope = "enterprise"


class AllOf(Struct, frozen=True, tag="all_of"):
    """Every one of these holds."""

    conditions: "tuple[Cited[Condition], ...]"


class AnyOf(Struct, frozen=True, tag="any_of"):
    """At least one of these holds."""

    conditions: "tuple[Cited[Condition], ...]"


class OnDay(Struct, frozen=True, tag="on_day"):
    """The condition holds on another day than the version's legal date."""

    date: LegalDate
    condition: "Condition"


Condition = (
    Held
    | FactBelow
    | FactAtLeast
    | CountAtLeast
    | ShareAtLeast
    | RegisteredIn
    | DomiciledIn
    | NotDeclared
    | NoRecord
    | NoEarlierVoucher
    | AllOf
    | AnyOf
    | OnDay
)


class ResourceIs(Struct, frozen=True, tag="resource_is", omit_defaults=True):
    """The purchase is of this kind of resource, or of one of the others named."""

    kind: ResourceKind
    also: tuple[ResourceKind, ...] = ()


class ContractAtLeast(Struct, frozen=True, tag="contract_at_least"):
    """The contract is over at least so much."""

    least_fen: int


class PaidInFull(Struct, frozen=True, tag="paid_in_full"):
    """On the day of application the invoice is paid in full."""


class PaidInFullInYear(Struct, frozen=True, tag="paid_in_full_in_year"):
    """On the day of application the invoice is paid in full, and it became so in the year."""


class SignedAndCompletedInYear(Struct, frozen=True, tag="signed_and_completed_in_year"):
    """The contract was signed and the service completed in the year."""


class Within(Struct, frozen=True, tag="within"):
    """This happened between two days, both included; a service, from its first day to its last.

    `paid_in_full` is the day on which the payments first reached the invoice.
    """

    what: Literal["signed", "service", "completed", "invoiced", "paid_in_full"]
    first: date
    last: date


class NotFunded(Struct, frozen=True, tag="project_not_funded", omit_defaults=True):
    """Its project, contract or enterprise had no money of this level so many years before.

    The years are counted back from the application; 0 is the same year.
    """

    level: Authority
    years_before: int
    scope: FundingScope = "project"


class NeverFunded(Struct, frozen=True, tag="never_funded"):
    """Its project, contract or enterprise has had no other public money, of any level or year."""

    scope: FundingScope


class Listed(Struct, frozen=True):
    """A provider on a list, by credit code, from its first day to its last; None is open."""

    credit_code: str
    first: date | None = None
    last: date | None = None


class ProviderListed(Struct, frozen=True, tag="provider_listed"):
    """The provider is on the list on each day of the service."""

    providers: tuple[Listed, ...]


class NotSelfUse(Struct, frozen=True, tag="not_self_use"):
    """The enterprise does not buy from itself."""


class OncePerContract(Struct, frozen=True, tag="once_per_contract"):
    """This programme has paid on no other invoice of the contract before."""


PurchaseRule = (
    ResourceIs
    | ContractAtLeast
    | PaidInFull
    | PaidInFullInYear
    | SignedAndCompletedInYear
    | Within
    | NotFunded
    | NeverFunded
    | ProviderListed
    | NotSelfUse
    | OncePerContract
)
