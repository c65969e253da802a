"""What a programme is: dated versions, each a set of cited values and conditions, and no code.

A value without its clause and grade cannot be written. The shapes below are the vocabulary of the
programme files; what they mean is in `condition`, `purchase` and `payout`. A version's hash covers
its values and `MEANING`, not source text, so that refactoring changes nothing.
"""

import hashlib
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Final, Generic, Literal, TypeVar, cast

import msgspec
from msgspec import Struct

from ledger.text import Text
from vouchers.case import Authority, FundingScope, ResourceKind
from vouchers.decision import Grade
from vouchers.treasury import FundingSplit, JointCap, PaymentForm, Pool

# Raised whenever a shape below comes to mean something else: it is part of every hash.
MEANING: Final = 1

# A cited value is read only, so a cited int serves where a cited object is asked for.
T_co = TypeVar("T_co", covariant=True)

# Fields that came after the first versions were released: left out of a hash where there are none.
_LATER: Final = ("joint_cap", "combined_ceiling", "pool", "funding_split", "payment_form")

Level = Literal["province", "city", "district"]
LEVELS: Final[tuple[Level, ...]] = ("province", "city", "district")


class Cited(Struct, Generic[T_co], frozen=True):
    """A value, the clause that says so, and the grade of that evidence.

    P official text, M official text read in a repost, N press, A assumed.
    """

    value: T_co
    clause: Text
    grade: Grade


class Held(Struct, frozen=True, tag="held"):
    """A qualification of this kind is valid on the legal date; by whom, if the rule says so."""

    kind: str
    recognised_by: tuple[Authority, ...] = ()


class FactBelow(Struct, frozen=True, tag="fact_below"):
    """A numeric attribute of so many years before the application is strictly below a limit."""

    name: str
    years_before: int
    limit_fen: int


class RegisteredIn(Struct, frozen=True, tag="registered_in"):
    """The region code of the registered place starts with these digits."""

    prefix: str


class DomiciledIn(Struct, frozen=True, tag="domiciled_in"):
    """The tax domicile is in the zone on the legal date."""

    zone: str


class NotDeclared(Struct, frozen=True, tag="not_declared"):
    """The enterprise declares that this is not so."""

    name: Literal["related_party", "serious_dishonesty"]


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


Condition = (
    Held | FactBelow | RegisteredIn | DomiciledIn | NotDeclared | NoEarlierVoucher | AllOf | AnyOf
)


class ResourceIs(Struct, frozen=True, tag="resource_is"):
    """The purchase is of this kind of resource."""

    kind: ResourceKind


class PaidInFullInYear(Struct, frozen=True, tag="paid_in_full_in_year"):
    """On the day of application the invoice is paid in full, and it became so in the year."""


class SignedAndCompletedInYear(Struct, frozen=True, tag="signed_and_completed_in_year"):
    """The contract was signed and the service completed in the year."""


class ProjectNotFunded(Struct, frozen=True, tag="project_not_funded"):
    """Its R&D project had no project money of this level so many years before the application."""

    level: Authority
    years_before: int


PurchaseRule = ResourceIs | PaidInFullInYear | SignedAndCompletedInYear | ProjectNotFunded

# Days on which the version is chosen and statuses are tested.
LegalDate = Literal["application", "service_completed"]
# The calendar year that a claim belongs to: of the application, or the one its window serves.
ClaimYear = Literal["of_application", "of_window"]
# Amounts that the rate is applied to. Payments count up to the day of application.
Base = Literal["invoiced", "paid", "paid_in_year"]


class Window(Struct, frozen=True):
    """Month and day (`03-18`), both included, of the year after the one served (None: any)."""

    serves: int | None
    first: str
    last: str


class Version(Struct, frozen=True, kw_only=True):
    """The rule from its first to its last day, both included; an amount is integer fen.

    The order is fixed: base, rate, headroom under the yearly cap, rounding, claim floor.
    """

    id: str
    document: Text
    valid_from: Cited[date]
    valid_to: Cited[date] | None = None
    legal_date: Cited[LegalDate]
    claim_year: Cited[ClaimYear]
    windows: tuple[Cited[Window], ...] = ()
    eligibility: tuple[Cited[Condition], ...]
    purchases: tuple[Cited[PurchaseRule], ...]
    base: Cited[Base]
    tax: Cited[Literal["included", "excluded"]]
    rate: Cited[Fraction]
    yearly_cap_fen: Cited[int]
    rounding_unit_fen: Cited[int]
    rounding_direction: Cited[Literal["down"]]
    claim_floor_fen: Cited[int] | None = None
    joint_cap: Cited[JointCap] | None = None
    combined_ceiling: Cited[Fraction] | None = None
    pool: Cited[Pool] | None = None
    funding_split: Cited[FundingSplit] | None = None
    payment_form: Cited[PaymentForm] | None = None

    def in_force(self, on: date) -> bool:
        """Return whether the version is in force on a day."""
        return self.valid_from.value <= on and (self.valid_to is None or on <= self.valid_to.value)

    def excludes(self) -> Cited[Condition] | None:
        """Return the clause that rules out vouchers of other levels, None when switched off."""
        for cited in self.eligibility:
            if isinstance(cited.value, NoEarlierVoucher):
                return cited
        return None


class Programme(Struct, frozen=True, kw_only=True):
    """One programme of one government; its versions follow one another without overlap."""

    id: str
    level: Level
    name: Text
    versions: tuple[Version, ...]

    def __post_init__(self) -> None:
        """Hold the versions' order: it is a mistake in the file, not in somebody's input."""
        assert self.versions, self.id
        for earlier, later in pairwise(self.versions):
            assert earlier.valid_to is not None, earlier.id
            assert earlier.valid_to.value < later.valid_from.value, later.id

    def version_on(self, on: date) -> Version | None:
        """Return the version in force on a day, None when there is none."""
        return next((version for version in self.versions if version.in_force(on)), None)

    def rank(self) -> tuple[int, str]:
        """Return the key by which programmes are ordered: the higher level first, then the id."""
        return LEVELS.index(self.level), self.id


def cite(document: Text, zh: str, en: str) -> Text:
    """Return the clause of a document, by what it settles."""
    return Text(f"{document.zh}，{zh}", f"{document.en}, {en}")


def assume(zh: str, en: str) -> Text:
    """Return the clause of a value for which no text was found."""
    return Text(f"未见条文，假定：{zh}", f"no text found, assumed: {en}")


def encode_value(value: object) -> object:
    """Return a value as JSON-able builtins: rates as exact `3/10`, dates as `2022-05-07`."""
    return cast(
        "object", msgspec.json.decode(msgspec.json.encode(value, enc_hook=_encode_fraction))
    )


def hash_version(programme: Programme, version: Version) -> str:
    """Return the SHA-256, in hex, of the canonical JSON of a version's values."""
    encoded = cast("dict[str, object]", encode_value(version))
    for name in _LATER:
        if encoded[name] is None:
            del encoded[name]
    values = {
        "meaning": MEANING,
        "programme": programme.id,
        "level": programme.level,
        "version": encoded,
    }
    return hashlib.sha256(msgspec.json.encode(values, order="sorted")).hexdigest()


def _encode_fraction(value: object) -> str:
    assert isinstance(value, Fraction), value
    return str(value)
