"""What a programme is: dated versions, each a set of cited values and conditions, and no code.

A version's hash covers its values and `MEANING`, not source text, so that refactoring changes
nothing. Everything that a programme file writes with is imported from here.
"""

import hashlib
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Final, Literal, cast

import msgspec
from msgspec import Struct

from ledger.text import Text
from vouchers.amounts import (
    Amount,
    Apportion,
    Band,
    Base,
    ByClass,
    ByResource,
    ByYear,
    Class,
    Direction,
    FlatAmount,
    Lapse,
    Lowest,
    Own,
    Rate,
    RateOver,
    RoundingStep,
    Tiers,
)
from vouchers.cited import Cited, Source, assume, cite
from vouchers.requirement import (
    AllOf,
    AnyOf,
    Condition,
    ContractAtLeast,
    CountAtLeast,
    DomiciledIn,
    FactAtLeast,
    FactBelow,
    Held,
    LegalDate,
    Level,
    Listed,
    NeverFunded,
    NoEarlierVoucher,
    NoRecord,
    NotDeclared,
    NotFunded,
    NotSelfUse,
    OncePerContract,
    OnDay,
    PaidInFull,
    PaidInFullInYear,
    ProviderListed,
    PurchaseRule,
    RegisteredIn,
    ResourceIs,
    ShareAtLeast,
    SignedAndCompletedInYear,
    Within,
)
from vouchers.treasury import FundingSplit, JointCap, LevelCap, LevelShare, PaymentForm, Pool
from vouchers.word import Word

__all__ = [
    "LEVELS",
    "AllOf",
    "AnyOf",
    "Apportion",
    "Band",
    "ByClass",
    "ByResource",
    "ByYear",
    "Cited",
    "Class",
    "Condition",
    "ContractAtLeast",
    "CountAtLeast",
    "Document",
    "DomiciledIn",
    "FactAtLeast",
    "FactBelow",
    "FlatAmount",
    "FundingSplit",
    "Held",
    "JointCap",
    "Lapse",
    "Level",
    "LevelCap",
    "LevelShare",
    "Listed",
    "Lowest",
    "NeverFunded",
    "NoEarlierVoucher",
    "NoRecord",
    "NotDeclared",
    "NotFunded",
    "NotSelfUse",
    "OnDay",
    "OncePerContract",
    "Own",
    "PaidInFull",
    "PaidInFullInYear",
    "Pool",
    "Programme",
    "ProviderListed",
    "PurchaseRule",
    "RegisteredIn",
    "ResourceIs",
    "ShareAtLeast",
    "SignedAndCompletedInYear",
    "Source",
    "Tiers",
    "Version",
    "Window",
    "Within",
    "Word",
    "assume",
    "cite",
    "hash_version",
]

# Raised whenever a shape comes to mean something else: it is part of every hash.
MEANING: Final = 1

LEVELS: Final[tuple[Level, ...]] = ("province", "city", "district")

# The calendar year that a claim belongs to: of the application, or the one its window serves.
ClaimYear = Literal["of_application", "of_window"]

# The fields that the first released versions had: hashed even where they say nothing. A field that
# came later is hashed only where it says something, so that a released hash never changes.
_FOUNDING: Final = frozenset({"valid_to", "windows", "claim_floor_fen"})


class Window(Struct, frozen=True, omit_defaults=True):
    """Month and day (`03-18`), both included, so many years after the year served (None: any).

    Several windows that serve the same year are open one after another.
    """

    serves: int | None
    first: str
    last: str
    years_after: int = 1


class Document(Struct, frozen=True, tag="document"):
    """A paper that a claim needs: one for the claim, or one for each contract or R&D project."""

    kind: str
    name: Text
    each: Literal["claim", "contract", "project"] = "claim"


class Version(Struct, frozen=True, kw_only=True, cache_hash=True):
    """The rule from its first to its last day, both included; an amount is integer fen.

    The order is fixed: each purchase's base (without tax, its days in the year, a reviewer's cut);
    the rate, for each contract where contracts have a cap; caps of the contract, of the claim, of
    the enterprise's and the group's year; rounding where the rule says; the claim's floor.
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
    base: Cited[Base | Lowest]
    tax: Cited[Literal["included", "excluded"]]
    apportion: Cited[Apportion] | None = None
    yearly_spend_floor_fen: Cited[int] | None = None
    rate: Cited[Rate]
    rate_over: Cited[RateOver] | None = None
    contract_cap_fen: Cited[Amount] | None = None
    one_contract_within_days: Cited[int] | None = None
    claim_cap_fen: Cited[Amount] | None = None
    yearly_cap_fen: Cited[Amount] | None = None
    group_cap_fen: Cited[Amount] | None = None
    rounding_unit_fen: Cited[int]
    rounding_direction: Cited[Direction]
    rounding_step: Cited[RoundingStep] | None = None
    claim_floor_fen: Cited[int] | None = None
    lapse: Cited[Lapse] | None = None
    documents: tuple[Cited[Document], ...] = ()
    provider_confirms: Cited[bool] | None = None
    joint_cap: Cited[JointCap] | None = None
    combined_ceiling: Cited[Fraction] | None = None
    pool: Cited[Pool] | None = None
    funding_split: Cited[FundingSplit] | None = None
    payment_form: Cited[PaymentForm] | None = None
    notice_days: Cited[int] | None = None

    def in_force(self, on: date) -> bool:
        """Return whether the version is in force on a day."""
        return self.valid_from.value <= on and (self.valid_to is None or on <= self.valid_to.value)


class Programme(Struct, frozen=True, kw_only=True, cache_hash=True):
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
        for one in self.versions:
            by_contract = one.contract_cap_fen or (
                one.rounding_step and one.rounding_step.value == "contract"
            )
            assert not (one.rate_over and by_contract), one.id

    def version_of(self, version_id: str | None) -> Version | None:
        """Return the version of an id, such as the one that a decision applied."""
        return next((one for one in self.versions if one.id == version_id), None)

    def version_on(self, on: date) -> Version | None:
        """Return the version in force on a day, None when there is none."""
        for version in self.versions:
            if version.in_force(on):
                return version
        return None

    def rank(self) -> tuple[int, str]:
        """Return the key by which programmes are ordered: the higher level first, then the id."""
        return LEVELS.index(self.level), self.id


def encode_value(value: object) -> object:
    """Return a value as JSON-able builtins: rates as exact `3/10`, dates as `2022-05-07`."""
    return cast("object", msgspec.json.decode(msgspec.json.encode(value, enc_hook=_encode_exact)))


def hash_version(programme: Programme, version: Version) -> str:
    """Return the SHA-256, in hex, of the canonical JSON of a version's values."""
    return hashlib.sha256(encode_version(programme, version)).hexdigest()


def encode_version(programme: Programme, version: Version) -> bytes:
    """Return the canonical JSON of a version's values: what its hash is of."""
    values = {
        "meaning": MEANING,
        "programme": programme.id,
        "level": programme.level,
        "version": _hashed(version),
    }
    return msgspec.json.encode(values, order="sorted")


def _hashed(version: Version) -> dict[str, object]:
    """Return a version's values without the later fields that say nothing."""
    values = cast("dict[str, object]", encode_value(version))
    return {
        name: value
        for name, value in values.items()
        if name in _FOUNDING or value not in (None, [])
    }


def _encode_exact(value: object) -> str:
    """Return a rate as `3/10`, a word as its code; of a function only that it is one."""
    if isinstance(value, Fraction | Word):
        return str(value)
    assert callable(value), value
    return "function"
