"""A version made ready to decide by: its hash, and every line that no case can change."""

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from msgspec import Struct, structs

from ledger.text import Text
from vouchers.amounts import ByClass, ByResource, ByYear, RoundingStep
from vouchers.case import Purchase
from vouchers.cited import Cited
from vouchers.condition import answers
from vouchers.decision import Finding, Step, Unit
from vouchers.programme import (
    AllOf,
    AnyOf,
    Condition,
    NoEarlierVoucher,
    OnDay,
    Programme,
    PurchaseRule,
    Version,
    hash_version,
)
from vouchers.sheet import Exact
from vouchers.wording import describe_condition

# More versions than any place has in force at a time; they are small.
VERSIONS_MAX: Final = 1_024


class Terms(Struct, frozen=True, gc=False):
    """The rate and the caps that apply, None where there is no such cap, and what was used of them.

    `base_before_fen` is the base of the year's earlier claims, where the rule looks at it;
    `contract_used_fen` is by contract, under None of one that is not named. All amounts in fen.
    Unless `rate_known`, the rate is a bound: no base is rounded for it, and no contracts are one.
    `refunded` are purchases of contracts that were refunded before, with which another may be one;
    day and provider are known of each.
    """

    rate: object
    contract_cap_fen: int | None
    claim_cap_fen: int | None
    yearly_cap_fen: int | None
    group_cap_fen: int | None
    used_fen: int = 0
    base_before_fen: int = 0
    group_used_fen: int = 0
    contract_used_fen: Mapping[str | None, int] = MappingProxyType({})
    rate_known: bool = True
    refunded: tuple[Purchase, ...] = ()


class Question(NamedTuple):
    """A condition, its clause, and who answers it (`condition.answers`)."""

    answer: Callable[..., Finding]
    condition: Condition
    clause: Text


class Prepared(Struct, frozen=True, gc=False):
    """The version, its hash, its constant lines, and who answers each condition.

    `rate_step` is None where the rate depends on the case, `floor_step` where there is no floor.
    `rounds_at` is the end where the version does not say. `questions` are its conditions on the
    enterprise, `lines` what is written of each once it is met, and `premises` the same by
    condition, for options too where any of several would do.
    `terms` are the rate and the caps, nothing used of them; `varying` has those of them that depend
    on class or year, and only the case can tell. `by_day`: of two purchases with one legal date the
    enterprise meets the same conditions; `excludes_paid`: what others have paid on matters.
    `by_contract` says why contracts are computed one by one, where they are; `tells_apart`: they or
    kinds of resource are treated apart; `grows`: more spend never means less, whatever is unknown;
    `asks_papers`: the claim must bring some.
    """

    programme: str
    version: Version
    hash: str
    version_step: Step
    tax_step: Step
    rate_step: Step | None
    unit_step: Step
    floor_step: Step | None
    rounds_at: RoundingStep
    rule_steps: tuple[Step, ...]
    questions: tuple[Question, ...]
    lines: tuple[Step, ...]
    premises: dict[Cited[Condition], Step]
    terms: Terms
    varying: tuple[tuple[str, Cited[object]], ...]
    by_day: bool
    excludes_paid: bool
    by_resource: ByResource | None
    by_contract: Cited[Any] | None
    tells_apart: bool
    grows: bool
    asks_papers: bool

    def met(self, cited: Cited[Condition], days: tuple[date, ...]) -> Step:
        """Return the line that a condition was met on these days; without, if it names its own."""
        step = self.premises.get(cited) or _premise(cited)
        return step if isinstance(cited.value, OnDay) else structs.replace(step, days=days)


_TERMS: Final = ("rate", "contract_cap_fen", "claim_cap_fen", "yearly_cap_fen", "group_cap_fen")


@lru_cache(maxsize=VERSIONS_MAX)
def prepare(programme: Programme, version: Version) -> Prepared:
    """Return a version of a programme made ready to decide by."""
    legal, rate, floor = version.legal_date, version.rate, version.claim_floor_fen
    unit = version.rounding_unit_fen
    terms: dict[str, Cited[Any] | None] = {name: getattr(version, name) for name in _TERMS}
    flat = rate.value if isinstance(rate.value, Fraction) else None
    by_resource, by_contract = _by_resource(rate.value), _by_contract(version)
    return Prepared(
        programme=programme.id,
        version=version,
        hash=hash_version(programme, version),
        version_step=Step(
            Text("适用版本", "version"), version.id, "version", legal.clause, legal.grade
        ),
        tax_step=_switch(version.tax),
        rate_step=_step(Text("支持比例", "rate"), flat, rate, "ratio")
        if flat is not None
        else None,
        unit_step=_step(Text("金额单位", "unit of the refund"), unit.value, unit),
        floor_step=_step(Text("单笔申请下限", "least claim"), floor.value, floor)
        if floor
        else None,
        rounds_at=version.rounding_step.value if version.rounding_step else "refund",
        rule_steps=tuple(_premise(one) for one in version.purchases),
        questions=tuple(
            Question(answers(one.value), one.value, one.clause) for one in version.eligibility
        ),
        lines=tuple(_premise(one) for one in version.eligibility),
        premises=_premises(version),
        terms=_terms(terms),
        varying=tuple(
            (name, cited)
            for name, cited in terms.items()
            if cited and isinstance(cited.value, ByClass | ByYear)
        ),
        excludes_paid=any(_is_narrow(one.value) for one in version.eligibility),
        by_day=not any(_names_day(one.value) for one in version.eligibility),
        by_resource=by_resource,
        by_contract=by_contract,
        tells_apart=by_resource is not None or by_contract is not None,
        grows=by_contract is None and version.rate_over is None,
        asks_papers=bool(version.documents or version.provider_confirms),
    )


def _is_narrow(condition: object) -> bool:
    """Return whether a condition excludes other vouchers for a contract or a project alone."""
    return isinstance(condition, NoEarlierVoucher) and condition.scope != "enterprise"


def _names_day(condition: object) -> bool:
    """Return whether a condition is tested on another day than the version's legal date."""
    if isinstance(condition, AllOf | AnyOf):
        return any(_names_day(one.value) for one in condition.conditions)
    return isinstance(condition, OnDay)


def _by_resource(rate: object) -> ByResource | None:
    """Return the rate by resource within a rate, the first of several, None where there is none."""
    if isinstance(rate, ByResource):
        return rate
    inner: tuple[object, ...] = ()
    if isinstance(rate, ByYear):
        inner = tuple(value for _, value in rate.years)
    elif isinstance(rate, ByClass):
        inner = (*(one.value for one in rate.classes), rate.otherwise)
    return next((found for one in inner if (found := _by_resource(one))), None)


def _by_contract(version: Version) -> Cited[Any] | None:
    """Return why contracts are computed one by one: a cap of each, or rounding at each."""
    step = version.rounding_step
    at_each = step is not None and step.value == "contract"
    return version.contract_cap_fen or (step if at_each else None)


def _terms(cited: Mapping[str, Cited[Any] | None]) -> Terms:
    """Return the rate and the caps that a version names."""
    values: dict[str, Any] = {name: one.value if one else None for name, one in cited.items()}
    return Terms(**values)


def _premises(version: Version) -> dict[Cited[Condition], Step]:
    """Return the line of each condition, and of each option where any of several would do."""
    found: dict[Cited[Condition], Step] = {}
    for cited in version.eligibility:
        options = cited.value.conditions if isinstance(cited.value, AnyOf) else ()
        for one in (cited, *options):
            found[one] = _premise(one)
    return found


def _premise(cited: Cited[Condition] | Cited[PurchaseRule]) -> Step:
    """Return the line that a condition or a rule was met."""
    label = describe_condition(cited.value)
    return Step(label, "yes", "condition", cited.clause, cited.grade)


def _switch(cited: Cited[str]) -> Step:
    label = Text("基数是否含税", "tax in the base")
    return Step(label, cited.value, "switch", cited.clause, cited.grade)


def _step(label: Text, value: Exact, cited: Cited[object], unit: Unit = "fen") -> Step:
    return Step(label, value, unit, cited.clause, cited.grade)
