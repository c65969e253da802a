"""Programmes and cases drawn at random by seed: every field of a version, every fact of a case.

Plain seeds instead of strategies: a world is drawn in a tenth of a millisecond, so that thousands
of them are tried in the time that fifty would take.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from random import Random
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from ledger.text import Text
from tests.vouchers.invented import heting, lanpu, qingyu, songlan, wangchuan, yunting
from vouchers.case import (
    Case,
    ContractRefund,
    Declarations,
    Domicile,
    Earlier,
    Enterprise,
    Fact,
    OtherFunding,
    Payment,
    Purchase,
    Qualification,
    Record,
)
from vouchers.catalogue import find_programmes
from vouchers.programme import (
    AllOf,
    AnyOf,
    Apportion,
    Band,
    ByClass,
    ByResource,
    ByYear,
    Cited,
    Class,
    Condition,
    ContractAtLeast,
    CountAtLeast,
    DomiciledIn,
    FactAtLeast,
    FactBelow,
    FlatAmount,
    Held,
    Listed,
    Lowest,
    NeverFunded,
    NoRecord,
    NotDeclared,
    NotFunded,
    NotSelfUse,
    OncePerContract,
    OnDay,
    Own,
    PaidInFull,
    PaidInFullInYear,
    Programme,
    ProviderListed,
    PurchaseRule,
    RegisteredIn,
    ResourceIs,
    ShareAtLeast,
    SignedAndCompletedInYear,
    Tiers,
    Version,
    Within,
)

T = TypeVar("T")
Draw = Callable[[Random], Any]

YEAR: Final = 2026
BUYER, SELLER, OTHER_SELLER = "91420100MA4K2XY18X", "91420100MA49P8T68D", "91110108MA01ABCD4P"
# Amounts are multiples of this, so that a purchase can be split at any twelfth without a rest.
PARTS: Final = 12

INVENTED: Final = tuple(
    one.PROGRAMME for one in (heting, lanpu, qingyu, songlan, wangchuan, yunting)
)
NAMED: Final = (*find_programmes(), *INVENTED)


class World(NamedTuple):
    """A programme, a case in which every fact is known, and what more is drawn by its seed."""

    programme: Programme
    case: Case
    random: Random


def worlds(many: int, **fixed: Draw) -> Iterator[World]:
    """Yield worlds by seed; with `fixed` fields of the programme, all programmes are random."""
    for seed in range(many):
        yield world_of(seed, **fixed)


def world_of(seed: int, **fixed: Draw) -> World:
    """Return the world of a seed."""
    random = Random(seed)  # noqa: S311
    named = not fixed and random.random() < 1 / 3
    programme = random.choice(NAMED) if named else draw_programme(random, **fixed)
    return World(programme, draw_case(random, programme.id), random)


def fixed(*values: object) -> Draw:
    """Return the drawing of one of some values."""
    return lambda random: random.choice(values)


def some(random: Random, draw: Callable[[Random], T], least: int, most: int) -> tuple[T, ...]:
    """Return several values, each drawn by itself."""
    return tuple(draw(random) for _ in range(random.randint(least, most)))


def amount(random: Random) -> int:
    """Return an amount in fen, a small one half of the time."""
    return random.randint(1, random.choice([20, 5_000_000])) * PARTS


def rate(random: Random) -> Fraction:
    return Fraction(random.choice([0, 10, 33, 50, 100]), 100)


def cap(random: Random) -> int:
    return random.choice([100, 1_234_567, 3_000_000, 20_000_000])


def cite(random: Random, value: object, name: str) -> Cited[Any]:
    """Return a value cited by its field's name, of any grade."""
    grade: Any = random.choice("PMNA")
    return Cited(value, Text(f"{name}（{grade}）", f"{name} ({grade})"), grade)


# What an enterprise must be, and what must hold of a purchase.

LEGAL_DATES: Final = ("application", "contract_signed", "service_completed", "paid_in_full")
_PLAIN: Final[tuple[Condition, ...]] = (
    Held("high_tech_enterprise"),
    Held("little_giant"),
    Held("incubated", ("province",)),
    FactBelow("sales_fen", 1, 20_000_000_000),
    FactAtLeast("sales_fen", 1, 1_000_000),
    CountAtLeast("insured_employees", 1, 10),
    ShareAtLeast("rd_fen", "sales_fen", 1, Fraction(3, 100)),
    RegisteredIn("99"),
    DomiciledIn("heting"),
    NotDeclared("related_party"),
    NoRecord("tax_arrears", 3),
)
_YEAR_2026: Final = (date(2026, 1, 1), date(2026, 12, 31))
_RULES: Final[tuple[PurchaseRule, ...]] = (
    ResourceIs("accelerator", ("storage",)),
    ContractAtLeast(100),
    PaidInFull(),
    PaidInFullInYear(),
    SignedAndCompletedInYear(),
    Within("signed", date(2025, 1, 1), date(2026, 12, 31)),
    Within("service", *_YEAR_2026),
    Within("completed", *_YEAR_2026),
    Within("invoiced", *_YEAR_2026),
    Within("paid_in_full", *_YEAR_2026),
    NotFunded("city", 0, "contract"),
    NotFunded("province", 1, "project"),
    NotFunded("national", 0, "enterprise"),
    NeverFunded("contract"),
    ProviderListed((Listed(SELLER), Listed(OTHER_SELLER, date(2026, 1, 1)))),
    NotSelfUse(),
    OncePerContract(),
)


def condition(random: Random) -> Condition:
    shape = random.choice(["plain", "plain", "on day", "all", "any"])
    if shape == "plain":
        return random.choice(_PLAIN)
    if shape == "on day":
        day: Any = random.choice(LEGAL_DATES)
        return OnDay(day, random.choice(_PLAIN))
    inner = some(random, lambda one: cite(one, random.choice(_PLAIN), "inner"), 1, 3)
    return AllOf(inner) if shape == "all" else AnyOf(inner)


# What is paid.


def _third(base_fen: int) -> Fraction:
    return Fraction(base_fen, 3)


def _square(base_fen: int) -> Fraction:
    return Fraction(base_fen * base_fen, 1_000)


def _tiers(random: Random) -> Tiers:
    limits = sorted(random.sample(range(1, 5_000_000), random.randint(0, 2)))
    ends = [*limits, random.choice([None, 9_000_000])]
    return Tiers(tuple(Band(end, rate(random)) for end in ends))


def _by_resource(random: Random) -> ByResource:
    kinds: Any = random.sample(_KINDS, random.randint(1, 4))
    return ByResource(tuple((kind, rate(random)) for kind in kinds))


_KINDS: Final = ("accelerator", "storage", "network", "support")
_OWN: Final = (Own("third", 1, _third), Own("square", 1, _square))
_FLAT_RATES: Final[tuple[Draw, ...]] = (
    rate,
    rate,
    _tiers,
    lambda random: FlatAmount(amount(random)),
    _by_resource,
    lambda random: random.choice(_OWN),
)


def flat_rate(random: Random) -> object:
    return random.choice(_FLAT_RATES)(random)


def varied(random: Random, draw: Draw, depth: int = 0) -> object:
    """Return a value that may differ by class or year; a year that is not named is unknown."""
    shape = random.choice(["flat", "flat", "flat", "class", "year"]) if depth < 2 else "flat"
    if shape == "flat":
        return draw(random)
    if shape == "year":
        years = random.choice([(YEAR,), (YEAR - 1, YEAR), (YEAR, YEAR + 1), (YEAR - 1,)])
        return ByYear(tuple((year, varied(random, draw, depth + 1)) for year in years))
    classes = some(
        random,
        lambda one: Class(cite(one, condition(one), "class"), varied(one, draw, depth + 1)),
        1,
        2,
    )
    return ByClass(classes, varied(random, draw, depth + 1))


def _base(random: Random) -> object:
    if random.random() < 2 / 3:
        return random.choice(_BASES)
    return Lowest(tuple(random.sample(_BASES, random.randint(2, 3))))


_BASES: Final[tuple[Any, ...]] = (
    *("invoiced", "paid", "paid_in_year", "contract", "approved_contract", "settled", "metered"),
)


def _optional(draw: Draw) -> Draw:
    return lambda random: draw(random) if random.random() < 1 / 2 else None


_FIELDS: Final[dict[str, Draw]] = {
    "valid_from": fixed(date(2020, 1, 1)),
    "legal_date": fixed(*LEGAL_DATES),
    "claim_year": fixed("of_application"),
    "base": _base,
    "tax": fixed("included", "excluded"),
    "apportion": fixed(None, None, Apportion("actual"), Apportion("thirty_360")),
    "yearly_spend_floor_fen": fixed(None, None, 1, 100, 1_000_000),
    "rate": lambda random: varied(random, flat_rate),
    "rate_over": fixed(None, "year"),
    "contract_cap_fen": _optional(lambda random: varied(random, cap)),
    "one_contract_within_days": fixed(None, 0, 18, 30),
    "claim_cap_fen": _optional(lambda random: varied(random, cap)),
    "yearly_cap_fen": _optional(lambda random: varied(random, cap)),
    "group_cap_fen": _optional(lambda random: varied(random, cap)),
    "rounding_unit_fen": fixed(1, 7, 100, 100_000),
    "rounding_direction": fixed("down", "half_up", "up"),
    "rounding_step": fixed(None, "base", "contract", "before_caps", "refund"),
    "claim_floor_fen": fixed(None, None, 1, 100, 1_000_000),
}


def draw_programme(random: Random, **fields: Draw) -> Programme:
    """Return a programme; some of its fields may be drawn in another way."""
    drawn = {name: draw(random) for name, draw in (_FIELDS | fields).items()}
    if drawn["contract_cap_fen"] is not None or drawn["rounding_step"] == "contract":
        drawn["rate_over"] = None
    cited: dict[str, Any] = {
        name: cite(random, value, name) for name, value in drawn.items() if value is not None
    }
    conditions = some(random, lambda one: cite(one, condition(one), "eligibility"), 0, 2)
    rules = some(random, lambda one: cite(one, one.choice(_RULES), "purchases"), 0, 2)
    version = Version(
        id="1", document=Text("办法", "rule"), eligibility=conditions, purchases=rules, **cited
    )
    return Programme(id="toy", level="city", name=Text("试点券", "toy"), versions=(version,))


# The facts.

_DAYS: Final = tuple(
    date.fromisoformat(day)
    for day in ("2019-12-31", "2026-01-01", "2026-03-02", "2026-03-20", "2026-06-30")
)
_LATE_DAYS: Final = tuple(
    date.fromisoformat(day) for day in ("2026-07-01", "2026-09-30", "2026-10-10", "2026-10-11")
)
_ENTERPRISE: Final = Enterprise(
    credit_code=BUYER,
    registered_region="990100",
    tax_domicile=(
        Domicile(zone="heting", valid_from=date(2026, 3, 10)),
        Domicile(zone="qingyu"),
        Domicile(zone="east-lake"),
    ),
    qualifications=(
        Qualification(kind="little_giant", valid_from=date(2026, 3, 10)),
        Qualification(kind="high_tech_enterprise", valid_from=date(2024, 1, 1)),
        Qualification(kind="above_scale"),
        Qualification(kind="incubated", recognised_by="province"),
    ),
    facts=(
        Fact(name="sales_fen", year=2025, value=15_000_000_000),
        Fact(name="insured_employees", year=2025, value=50),
        Fact(name="rd_fen", year=2025, value=600_000_000),
    ),
    records=(),
)


def _enterprise(random: Random) -> Enterprise:
    """Return an enterprise, most of them one that is supported."""
    held = _ENTERPRISE.qualifications or ()
    records = [(Record(kind="tax_arrears", on=date(2024, 1, 1)),), (Record(kind="other"),)]
    return msgspec.structs.replace(
        _ENTERPRISE,
        registered_region=random.choice(["990100", "990521", "991101", "420100", "310000"]),
        qualifications=tuple(random.sample(held, random.randint(2, 4))),
        records=random.choice([(), (), (), *records]),
    )


def _contract(random: Random) -> dict[str, Any]:
    """Return the facts of a contract, which all its purchases share."""
    contract_fen = amount(random)
    return {
        "project": random.choice(["P-1", "P-2"]),
        "signed_on": random.choice(_DAYS),
        "contract_fen": contract_fen,
        "approved_fen": random.choice([contract_fen, amount(random)]),
        "provider": random.choice([SELLER, OTHER_SELLER]),
    }


def _purchase(random: Random, contracts: dict[str, dict[str, Any]]) -> Purchase:
    name, invoiced_fen = random.choice(sorted(contracts)), amount(random)
    first, last = sorted(random.choices(_DAYS, k=2))
    kind: Any = random.choice(_KINDS)

    def near(random: Random) -> int:
        return random.choice([invoiced_fen, amount(random)])

    return Purchase(
        contract=name,
        **contracts[name],
        service_from=first,
        service_to=last,
        completed_on=last,
        resource_kind=kind,
        invoiced_on=random.choice(_DAYS),
        invoiced_fen=invoiced_fen,
        tax_fen=random.choice([0, invoiced_fen // PARTS]),
        payments=some(
            random,
            lambda one: Payment(paid_on=one.choice(_LATE_DAYS), amount_fen=near(one)),
            random.choice([0, 1, 1, 1]),
            random.choice([1, 2]),
        ),
        metered_fen=near(random),
        settled_fen=near(random),
        cut_fen=random.choice([0, 0, 0, 5]),
    )


def _earlier(random: Random, programme: str) -> Earlier:
    """Return what a programme has refunded before: no more on contracts than in all."""
    refunds = some(
        random,
        lambda one: ContractRefund(
            contract=one.choice(["C-1", "C-2"]), amount_fen=one.choice([0, 90, 1_000_000])
        ),
        0,
        2,
    )
    return Earlier(
        programme=random.choice([programme, programme, "another"]),
        year=random.choice([YEAR, YEAR - 1]),
        claimed_fen=sum(one.amount_fen or 0 for one in refunds) + random.choice([0, 50, 1_000_000]),
        redeemed_fen=random.choice([0, 70, 900_000]),
        base_fen=amount(random),
        contracts=refunds,
    )


def _money(random: Random) -> OtherFunding:
    return OtherFunding(
        scope=random.choice(["enterprise", "project", "contract"]),
        ref=random.choice(["P-1", "C-1", "elsewhere"]),
        level=random.choice(["national", "province", "city"]),
        year=random.choice([YEAR - 1, YEAR]),
    )


def draw_case(random: Random, programme: str = "toy") -> Case:
    """Return a case in which every fact is known, and no two facts contradict each other."""
    contracts = {f"C-{i}": _contract(random) for i in (1, 2, 3)}
    before: Callable[[Random], Earlier] = lambda one: _earlier(one, programme)  # noqa: E731
    return Case(
        enterprise=_enterprise(random),
        purchases=some(random, lambda one: _purchase(one, contracts), 1, 4),
        earlier=some(random, before, 0, 2),
        group_earlier=some(random, before, 0, 2),
        other_funding=some(random, _money, 0, random.choice([0, 2])),
        declarations=Declarations(related_party=random.random() < 1 / 10, serious_dishonesty=False),
        apply_on=date(2026, 10, 10),
    )


def shuffled(random: Random, values: Sequence[T] | None) -> tuple[T, ...]:
    """Return the values in another order."""
    given = list(values or ())
    random.shuffle(given)
    return tuple(given)
