"""Programmes that exclude each other by contract or project: who counts which, and the best of it.

Every plan of small worlds is compared with all ways to share, each decided by `decide` itself.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from functools import cache
from itertools import combinations, product
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import InvalidInputError
from ledger.money import parse_yuan, round_down
from ledger.text import Text
from vouchers.case import Case, Earlier, FundingScope, Payment, Purchase, ResourceKind
from vouchers.decide import decide
from vouchers.plan import Plan, plan
from vouchers.programme import Cited, Level, NoEarlierVoucher, Programme, ResourceIs, Version

ASSUMED = Text("假定", "assumed")
DAY = date(2022, 6, 1)
LEVELS: tuple[Level, ...] = ("province", "city", "district")


def cited(value: object) -> Cited[Any]:
    return Cited(value, ASSUMED, "A")


class Rule(NamedTuple):
    """A toy programme: what it pays, and which levels it excludes over what."""

    level: Level
    rate: Fraction = Fraction(1, 2)
    cap_fen: int = 1_000
    unit_fen: int = 1
    floor_fen: int | None = None
    excluded: tuple[Level, ...] = ()
    scope: FundingScope = "contract"
    accelerator_only: bool = False


def programme(name: str, rule: Rule) -> Programme:
    version = Version(
        id="1",
        document=ASSUMED,
        valid_from=cited(date(2020, 1, 1)),
        legal_date=cited("application"),
        claim_year=cited("of_application"),
        eligibility=(cited(NoEarlierVoucher(rule.excluded, rule.scope)),) if rule.excluded else (),
        purchases=(cited(ResourceIs("accelerator")),) if rule.accelerator_only else (),
        base=cited("paid"),
        tax=cited("included"),
        rate=cited(rule.rate),
        yearly_cap_fen=cited(rule.cap_fen),
        rounding_unit_fen=cited(rule.unit_fen),
        rounding_direction=cited("down"),
        claim_floor_fen=cited(rule.floor_fen) if rule.floor_fen is not None else None,
    )
    return Programme(id=name, level=rule.level, name=Text(name, name), versions=(version,))


def purchase(
    contract: str | None,
    paid_fen: int,
    project: str = "P",
    resource_kind: ResourceKind = "accelerator",
    refunded_by: tuple[str, ...] = (),
) -> Purchase:
    return Purchase(
        contract=contract,
        project=project,
        resource_kind=resource_kind,
        invoiced_fen=paid_fen,
        payments=(Payment(paid_on=DAY, amount_fen=paid_fen),),
        refunded_by=refunded_by,
    )


def case_of(*purchases: Purchase) -> Case:
    return Case(purchases=purchases, apply_on=date(2022, 12, 1))


def find(plans: Sequence[Plan], ids: str) -> Plan:
    return next(one for one in plans if "+".join(one.programmes) == ids)


PROVINCE = programme("p", Rule("province", Fraction(3, 10), 200, excluded=("city",)))
CITY = programme("c", Rule("city", Fraction(1, 2), 100))


def test_each_contract_goes_where_it_pays_most() -> None:
    """The city pays half of up to 200; the province 30 percent of what is left to it.

    Alone the city pays 100, the province 150. With 210 to the city and the other 290 to the
    province both pay 100 + 87; any other way to share is worse.
    """
    plans = plan(case_of(*(purchase(f"C{n}", n) for n in (210, 150, 140))), [PROVINCE, CITY])
    assert [("+".join(one.programmes), one.total_fen) for one in plans] == [
        ("p+c", 187),
        ("p", 150),
        ("c", 100),
    ]
    best = plans[0]
    assert (best.amounts_fen, best.counted, best.proved) == ((87, 100), ((1, 2), (0,)), True)
    assert best.reason is not None
    assert best.reason.code == "shared_out"
    assert "a contract with the c gets no p" in best.reason.message.en
    assert "p counts purchases 2, 3; c counts purchases 1" in best.reason.message.en


def test_two_lines_of_one_contract_stay_together() -> None:
    case = case_of(purchase("A", 100), purchase("B", 100), purchase("A", 100))
    best = find(plan(case, [PROVINCE, CITY]), "p+c")
    assert (best.counted, best.total_fen) == (((1,), (0, 2)), 130)


def test_one_contract_leaves_nothing_to_the_other_side() -> None:
    out = find(plan(case_of(purchase("A", 100), purchase("A", 50)), [PROVINCE, CITY]), "p+c")
    assert (out.lawful, out.counted, out.amounts_fen) == (False, ((), ()), (0, 0))
    assert out.reason is not None
    assert (out.reason.code, out.reason.clause) == ("excluded_combination", ASSUMED)


def test_a_project_holds_all_its_contracts() -> None:
    by_project = programme(
        "p", Rule("province", Fraction(3, 10), excluded=("city",), scope="project")
    )
    case = case_of(
        purchase("A", 100, project="P1"),
        purchase("B", 100, project="P1"),
        purchase("C", 10, project="P2"),
    )
    best = find(plan(case, [by_project, CITY]), "p+c")
    assert (best.counted, best.amounts_fen) == (((2,), (0, 1)), (3, 100))


def test_with_the_scope_of_the_enterprise_nothing_is_shared() -> None:
    whole = programme("p", Rule("province", excluded=("city",), scope="enterprise"))
    out = find(plan(case_of(purchase("A", 1), purchase("B", 1)), [whole, CITY]), "p+c")
    assert not out.lawful
    assert out.reason is not None
    assert out.reason.code == "excluded_combination"


def test_a_third_programme_that_excludes_nobody_counts_everything() -> None:
    third = programme("d", Rule("district", Fraction(1, 10)))
    case = case_of(purchase("A", 200), purchase("B", 100))
    best = plan(case, [third, CITY, PROVINCE])[0]
    assert best.programmes == ("p", "c", "d")
    assert best.counted == ((1,), (0,), (0, 1))
    assert best.amounts_fen == (30, 100, 30)


def test_a_missing_contract_makes_the_shares_undetermined_and_is_asked_for() -> None:
    out = find(plan(case_of(purchase("A", 9), purchase(None, 9)), [PROVINCE, CITY]), "p+c")
    assert not out.lawful
    assert out.reason is not None
    assert out.reason.code == "undetermined_member"
    assert "supply purchases[1].contract" in out.reason.message.en
    alone = find(plan(case_of(purchase(None, 9)), [PROVINCE, CITY]), "p+c")
    assert alone.reason is not None
    assert alone.reason.code == "excluded_combination"


def test_a_contract_that_an_excluded_level_paid_on_before_counts_no_more() -> None:
    """Wuhan paid on one line of the contract: for the province the other one is out too."""
    case = case_of(
        purchase("A", 100, refunded_by=("wuhan",)), purchase("A", 100), purchase("B", 100)
    )
    decision = decide(PROVINCE, case)
    assert (decision.counted, decision.amount_fen) == ((2,), 30)
    assert [(one.code, one.purchase) for one in decision.reasons] == [
        ("earlier_voucher", 0),
        ("earlier_voucher", 1),
    ]
    other_level = case_of(purchase("A", 100, refunded_by=("hubei", "east_lake")))
    assert decide(PROVINCE, other_level).counted == (0,)
    of_project = programme("p", Rule("province", excluded=("city",), scope="project"))
    assert decide(of_project, case).status == "ineligible"
    unknown = case_of(purchase("A", 100, refunded_by=("wuhan",)), purchase(None, 100))
    assert decide(PROVINCE, unknown).status == "undetermined"
    own = case_of(purchase("A", 100, refunded_by=("p",)), purchase("A", 100))
    assert decide(PROVINCE, own).counted == (1,)
    year = msgspec.structs.replace(
        case_of(purchase("A", 100)),
        earlier=(Earlier(programme="wuhan", year=2022, claimed_fen=9, redeemed_fen=9),),
    )
    assert decide(PROVINCE, year).counted == (0,)
    nobody = case_of(purchase("A", 100, refunded_by=("nobody-knows",)))
    assert decide(PROVINCE, nobody).status == "undetermined"


def test_the_scope_stands_in_the_hash_only_where_it_is_not_the_enterprise() -> None:
    encoded = msgspec.to_builtins(NoEarlierVoucher(("city",)))
    assert encoded == {"type": "no_earlier_voucher", "levels": ("city",)}
    scoped = msgspec.to_builtins(NoEarlierVoucher(("city",), "contract"))
    assert scoped["scope"] == "contract"


# --- Against every way to share -------------------------------------------------------------------


@cache
def amount_on(rule: Programme, case: Case, part: tuple[int, ...]) -> int:
    """Return what a programme decides on some of the purchases."""
    purchases = case.purchases or ()
    narrowed = msgspec.structs.replace(case, purchases=tuple(purchases[at] for at in part))
    return decide(rule, narrowed).amount_fen or 0


def limited(case: Case, rules: Sequence[Programme], parts: Sequence[Sequence[int]]) -> int:
    """Return what all pay together when the later one is cut to what was paid."""
    paid = [
        sum(one.amount_fen or 0 for one in each.payments or ()) for each in case.purchases or ()
    ]
    amounts: list[int] = []
    for at, (rule, part) in enumerate(zip(rules, parts, strict=True)):
        alone = amount_on(rule, case, tuple(part))
        rooms = []
        for size in range(at + 1):
            for others in combinations(range(at), size):
                union = set(part).union(*(parts[one] for one in others))
                rooms.append(sum(paid[one] for one in union) - sum(amounts[one] for one in others))
        room = max(min(rooms), 0)
        unit = rule.versions[0].rounding_unit_fen.value
        amounts.append(alone if room >= alone else round_down(room, unit))
    return sum(amounts)


def clashes_of(rules: Sequence[Programme]) -> Iterator[tuple[int, int, FundingScope]]:
    for (i, one), (j, other) in product(enumerate(rules), repeat=2):
        for condition in one.versions[0].eligibility:
            assert isinstance(condition.value, NoEarlierVoucher)
            if i != j and other.level in condition.value.levels:
                yield i, j, condition.value.scope


def key_of(case: Case, at: int, scope: FundingScope) -> str | None:
    one = (case.purchases or ())[at]
    return {"contract": one.contract, "project": one.project}.get(scope, "the enterprise")


def best_by_trying(case: Case, rules: Sequence[Programme]) -> int | None:
    """Return what the best of all lawful ways to share pays, None when there is none.

    Who clashes with nobody counts all; everybody counts something.
    """
    alone = [decide(rule, case).counted for rule in rules]
    clashes = [
        (i, j, scope)
        for i, j, scope in clashes_of(rules)
        if {key_of(case, at, scope) for at in alone[i]}
        & {key_of(case, at, scope) for at in alone[j]}
    ]
    scopes = {scope for _, _, scope in clashes}
    lots: dict[Any, list[int]] = {}
    for at in range(len(case.purchases or ())):
        lots.setdefault(tuple(key_of(case, at, scope) for scope in sorted(scopes)), []).append(at)
    sharers = {one for i, j, _ in clashes for one in (i, j)}
    choices = []
    for member, counted in enumerate(alone):
        mine = [[at for at in lot if at in counted] for lot in lots.values()]
        mine = [lot for lot in mine if lot]
        subsets = product((True, False), repeat=len(mine)) if member in sharers else [[True] * 99]
        choices.append(
            [
                sorted(at for lot, taken in zip(mine, marks, strict=False) if taken for at in lot)
                for marks in subsets
            ]
        )
    best = None
    for parts in product(*choices):
        lawful = all(parts) and not any(
            {key_of(case, at, scope) for at in parts[i]}
            & {key_of(case, at, scope) for at in parts[j]}
            for i, j, scope in clashes
        )
        if lawful:
            total = limited(case, rules, parts)
            best = total if best is None else max(best, total)
    return best


def check_every_plan(case: Case, rules: Sequence[Programme]) -> None:
    plans = plan(case, rules)
    for one in plans:
        chosen = [next(rule for rule in rules if rule.id == name) for name in one.programmes]
        if any(decide(rule, case).status != "eligible" for rule in chosen):
            assert not one.lawful
            continue
        expected = best_by_trying(case, chosen)
        assert (one.total_fen if one.lawful else None) == expected, one
        assert one.proved
        if one.lawful:
            assert limited(case, chosen, one.counted) == one.total_fen
    totals = [one.total_fen or 0 for one in plans if one.lawful]
    assert totals == sorted(totals, reverse=True)


def test_every_small_world_of_two_sides_is_shared_as_well_as_can_be() -> None:
    for paid in product((1, 4, 7), repeat=3):
        case = case_of(*(purchase(f"C{n}", fen) for n, fen in enumerate(paid)))
        for cap, unit, floor in product((2, 5), (1, 3), (None, 3)):
            sides = [
                programme("p", Rule("province", Fraction(3, 5), cap, unit, floor, ("city",))),
                programme("c", Rule("city", Fraction(4, 5), 4)),
            ]
            check_every_plan(case, sides)


def test_a_part_below_the_claim_floor_pays_nothing() -> None:
    """Each side must count one of two equal contracts, and the province's floor is above that."""
    sides = [
        programme("p", Rule("province", Fraction(3, 5), 9, 1, 3, ("city",))),
        programme("c", Rule("city", Fraction(4, 5))),
    ]
    case = case_of(purchase("A", 4), purchase("B", 4))
    check_every_plan(case, sides)
    assert find(plan(case, sides), "p+c").amounts_fen == (0, 3)


def test_a_smaller_share_is_taken_where_a_limit_would_cut_more() -> None:
    """Of 30 the third pays whole sixes: the province's second contract would cost it 12."""
    sides = [
        programme("p", Rule("province", Fraction(1), excluded=("city",))),
        programme("c", Rule("city", Fraction(1, 2), 5)),
        programme("d", Rule("district", Fraction(1, 2), 100, 6)),
    ]
    case = case_of(*(purchase(name, 10) for name in "ABC"))
    check_every_plan(case, sides)
    best = find(plan(case, sides), "p+c+d")
    assert (best.amounts_fen, best.proved) == ((10, 5, 12), True)


def test_limits_follow_who_counts_what_through_any_number_of_programmes() -> None:
    """Each purchase is counted by some of four: what one lays there drives another one away."""
    names = ("a", "b", "c", "d")
    for rates, unit in product(product((Fraction(1, 2), Fraction(1)), repeat=4), (1, 3)):
        for masks in (("abd", "bc", "cd"), ("d", "dc", "cb", "ba"), ("ab", "bcd", "ad", "c")):
            case = case_of(
                *(
                    purchase(f"C{at}", 10, refunded_by=tuple(set(names) - set(mask)))
                    for at, mask in enumerate(masks)
                )
            )
            rules = [
                programme(name, Rule("district", rate, unit_fen=unit))
                for name, rate in zip(names, rates, strict=True)
            ]
            found = find(plan(case, rules), "a+b+c+d")
            parts = [decide(rule, case).counted for rule in rules]
            assert found.total_fen == limited(case, rules, parts)


RULES = st.builds(
    Rule,
    level=st.sampled_from(LEVELS),
    rate=st.sampled_from([Fraction(3, 10), Fraction(1, 2), Fraction(4, 5), Fraction(1)]),
    cap_fen=st.integers(1, 25),
    unit_fen=st.integers(1, 4),
    floor_fen=st.none() | st.integers(1, 5),
    excluded=st.lists(st.sampled_from(LEVELS), unique=True, max_size=2).map(tuple),
    scope=st.sampled_from(["contract", "contract", "project", "enterprise"]),
    accelerator_only=st.booleans(),
)
PURCHASES = st.lists(
    st.builds(
        purchase,
        st.sampled_from(["A", "B", "C", "D"]),
        st.integers(1, 12),
        project=st.sampled_from(["P", "Q"]),
        resource_kind=st.sampled_from(["accelerator", "accelerator", "storage"]),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(rules=st.lists(RULES, min_size=2, max_size=3), purchases=PURCHASES)
def test_a_plan_is_as_good_as_the_best_of_all_ways_to_share(
    rules: list[Rule], purchases: list[Purchase]
) -> None:
    check_every_plan(
        case_of(*purchases), [programme(f"x{n}", rule) for n, rule in enumerate(rules)]
    )


# --- Many programmes, many purchases --------------------------------------------------------------


def test_a_search_that_was_cut_short_says_so_and_is_no_worse_than_the_simple_choice() -> None:
    """Sums of forty odd amounts to the fen under two caps are a puzzle that nobody finishes."""
    case = case_of(*(purchase(f"C{n}", 1_000_003 + 7_919 * n * n) for n in range(40)))
    rules = [
        programme("p", Rule("province", Fraction(3, 10), 100_000_000, 100_000, None, ("city",))),
        programme("c", Rule("city", Fraction(1, 2), 10_000_019, 7)),
    ]
    best = plan(case, rules)[0]
    assert best.programmes == ("p", "c")
    assert not best.proved
    assert best.reason is not None
    most = re.search(r"that none pays more \(at most CNY ([0-9,.]+)\)", best.reason.message.en)
    assert most is not None
    assert parse_yuan(most[1].replace(",", "")) >= (best.total_fen or 0) > 54_000_000
    assert limited(case, rules, best.counted) == best.total_fen
    by_halves = ([*range(4, 40)], [*range(4)])
    assert (best.total_fen or 0) >= limited(case, rules, by_halves)


def test_ten_programmes_and_fifty_purchases_are_all_listed() -> None:
    """Every level excludes every other one by contract: each combination has a way to share."""
    case = case_of(*(purchase(f"C{n}", 100 + n) for n in range(50)))
    rules = [
        programme(f"x{n}", Rule(LEVELS[n % 3], Fraction(n + 1, 20), 1_000_000, 1, None, LEVELS))
        for n in range(10)
    ]
    plans = plan(case, rules)
    assert len({one.programmes for one in plans}) == 1_023
    assert all(one.lawful for one in plans)
    for one in plans:
        counted = [at for part in one.counted for at in part]
        assert sorted(counted) == list(range(50))
    assert plans[0].programmes == ("x9",)
    assert plan(case, rules[:4]) == plan(case, rules[3::-1])


def test_of_more_than_ten_programmes_what_is_out_is_listed_once() -> None:
    """Nine that only count storage, and four of which two exclude each other as enterprises."""
    case = case_of(purchase("A", 1_000, resource_kind="accelerator"))
    others = [programme(f"y{n}", Rule("district", Fraction(1, 20))) for n in range(3)]
    storage = [programme(f"z{n}", Rule("city", accelerator_only=True)) for n in range(9)]
    barring = programme("p", Rule("province", excluded=("district",), scope="enterprise"))
    plans = plan(
        case_of(purchase("A", 1_000, resource_kind="storage")), [*storage, *others, barring]
    )
    found = {"+".join(one.programmes): one for one in plans}
    assert {name for name, one in found.items() if one.lawful} == {
        *("p", "y0", "y1", "y2", "y0+y1", "y0+y2", "y1+y2", "y0+y1+y2")
    }
    assert {name for name, one in found.items() if not one.lawful} == {
        *(f"z{n}" for n in range(9)),
        *("p+y0", "p+y1", "p+y2"),
    }
    assert all(one.reason is not None for one in plans if not one.lawful)
    many = [programme(f"y{n}", Rule("district", Fraction(1, 20))) for n in range(12)]
    with pytest.raises(InvalidInputError, match="too_many_combinations"):
        plan(case, many)
