"""What vouchers would have cost: worlds small enough to be worked out by hand."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from ledger.codec import Event
from ledger.identifiers import synthetic_credit_code
from ledger.period import last_day, months_between
from ledger.text import Text
from tests.small_ledger import book_of, events, usage_of
from tests.vouchers.values import yearly_cap
from vouchers.amend import change_programmes
from vouchers.catalogue import find_programmes, select_programmes
from vouchers.change import parse_change
from vouchers.impact import Impact, Sum, render_impact
from vouchers.ledger_case import case_of
from vouchers.plan import plan
from vouchers.programme import Cited, Programme
from vouchers.ruling import rule_on
from vouchers.what_if import compare, months_of

ANNA, BEN, CARL = (synthetic_credit_code(name) for name in ("anna", "ben", "carl"))

CENTRE = events(
    "resource a100 accelerator card 2021-12-01 0.32\nresource disk storage tb 2021-12-01"
)
CONTRACT = """
    contract C-1 2022-01-01 2022-12-31 0.06 a100=12.50/card_hour disk=12.50/tb_day
    usage a100 10 2022-10-01T00:00 2022-10-02T00:00 C-1
    usage a100 10 2022-11-01T00:00 2022-11-02T00:00 C-1
"""
OCTOBER = "invoice 1 C-1 2022-11-05 {0} 0 2022-10-01 2022-10-31\npayment 1 2022-11-10 {0}\n"
NOVEMBER = "invoice 2 C-1 2022-12-05 {0} 0 2022-11-01 2022-11-30\npayment 2 2022-12-10 {0}\n"
SME = "enterprise 420100 安\nqualification technology_sme 2022-01-01 2022-12-31\ndeclaration 2022\n"

# Anna: an SME of Wuhan, CNY 100,000 in November and again in December.
# Ben: the same elsewhere, CNY 200,000 in November. Carl: a large one in the zone, 400,000.
THREE = [
    *CENTRE,
    *events(SME + CONTRACT + OCTOBER.format(100000) + NOVEMBER.format(100000), ANNA),
    *events(
        SME.replace("420100", "430100") + CONTRACT + OCTOBER.format(200000),
        BEN,
    ),
    *events(
        "enterprise 420100 卡\nqualification high_tech_enterprise 2021-01-01\ndeclaration 2022\n"
        "qualification above_scale 2021-01-01\ndomicile east-lake 2021-01-01\n"
        "fact sales_fen 2021 15000000000\n" + CONTRACT + NOVEMBER.format(400000),
        CARL,
    ),
]
TWO_MONTHS = ("2022-11", "2022-12")
GENEROUS = """
    [[change]]
    programme = "hubei"
    version = "2022"
    set.rate = "3/5"
    set.yearly_cap_fen = "50万元"
    drop = ["eligibility[0]"]
"""


def simulate(
    log: list[Event],
    after: Sequence[Programme],
    months: Sequence[str] = TWO_MONTHS,
    before: Sequence[Programme] | None = None,
) -> Impact:
    """Return the impact of a set of programmes on a ledger."""
    book, usage = book_of(log), usage_of(log)
    sets = before or find_programmes(), after
    impact = Impact(months, sets)
    for account in book.accounts.values():
        rows = usage.get(account.credit_code, [])
        impact.add(compare(book, account, rows, months, sets))
    return impact


def changed(text: str) -> tuple[Programme, ...]:
    """Return the catalogue after a change."""
    return change_programmes(parse_change(text.encode()), find_programmes())


def with_cap(programme: Programme, cap_fen: int) -> Programme:
    """Return a programme of one version with another yearly cap."""
    (version,) = programme.versions
    cap = structs.replace(yearly_cap(version), value=cap_fen)
    return structs.replace(programme, versions=(structs.replace(version, yearly_cap_fen=cap),))


def sure(before_yuan: int, after_yuan: int, refunded: tuple[int, int]) -> Sum:
    """Return a sum in which nothing is unknown."""
    before, after = before_yuan * 100, after_yuan * 100
    return Sum(before, after, before, after, *refunded)


# --- worked out by hand ---


def test_three_enterprises_over_two_months() -> None:
    impact = simulate(THREE, changed(GENEROUS))
    # Now Anna takes the city's half: 50,000, then 100,000, its cap; the province's 30 % is less.
    # Ben is registered elsewhere. Carl has the city's cap and half from the zone: 300,000.
    # After, the province gives 60 %: Anna 60,000, then 120,000; Ben 120,000; Carl's 300,000 stay.
    assert impact.total == sure(400_000, 540_000, (2, 3))
    assert impact.by_month == {
        "2022-11": sure(50_000, 180_000, (1, 2)),
        "2022-12": sure(350_000, 360_000, (2, 2)),
    }
    assert impact.by_programme == {
        "hubei": sure(0, 240_000, (0, 2)),
        "wuhan": sure(200_000, 100_000, (2, 1)),
        "east_lake": sure(200_000, 200_000, (1, 1)),
    }
    assert list(impact.by_level) == ["province", "city", "district"]
    assert impact.by_level["city"] == impact.by_programme["wuhan"]
    assert impact.by_class == {
        ("technology_sme",): sure(100_000, 240_000, (1, 2)),
        ("above_scale", "high_tech_enterprise"): sure(300_000, 300_000, (1, 1)),
    }
    assert impact.by_year == {2022: impact.total}
    assert [(one.credit_code, one.amounts.after_fen) for one in impact.winners] == [
        (BEN, 12_000_000),
        (ANNA, 12_000_000),
    ]
    assert impact.losers == impact.unclear == []


def test_the_whole_of_a_year_is_what_the_subsidy_statement_says() -> None:
    book, usage = book_of(THREE), usage_of(THREE)
    last = date(2022, 12, 31)
    stated = {
        code: rule_on(book, account, usage.get(code, []), last).total_fen
        for code, account in book.accounts.items()
    }
    impact = simulate(THREE, find_programmes())
    assert impact.total.before_fen == sum(stated.values()) == 40_000_000


def test_a_change_that_changes_nothing_makes_no_difference() -> None:
    impact = simulate(
        THREE,
        changed(
            GENEROUS.replace("3/5", "30%")
            .replace("50万", "20万")
            .replace('drop = ["eligibility[0]"]', "")
        ),
    )
    assert impact.total.differences_fen == (0, 0)
    assert impact.affected == []
    rows = (impact.by_month, impact.by_programme, impact.by_level, impact.by_class, impact.by_year)
    assert all(one.differences_fen == (0, 0) for row in rows for one in row.values())


def test_a_programme_that_is_dropped_leaves_losers() -> None:
    impact = simulate(THREE, select_programmes(["hubei", "east_lake"]))
    # Anna falls back on the province's 30 %, Carl on the zone's half alone.
    assert impact.by_programme["hubei"].after_fen == 6_000_000
    assert impact.by_programme["wuhan"] == sure(200_000, 0, (2, 0))
    assert [(one.credit_code, *one.amounts.differences_fen) for one in impact.losers] == [
        (CARL, -10_000_000, -10_000_000),
        (ANNA, -4_000_000, -4_000_000),
    ]


def test_a_programme_that_is_added_is_paid_beside_the_others() -> None:
    (wuhan,) = select_programmes(["wuhan"])
    (version,) = wuhan.versions
    rate = structs.replace(version.rate, value=Fraction(1, 10))
    jinan = structs.replace(
        wuhan, id="jinan", versions=(structs.replace(version, rate=rate),), name=Text("济", "J")
    )
    impact = simulate(THREE, (*find_programmes(), jinan))
    assert impact.by_programme["jinan"] == sure(0, 60_000, (0, 2))
    assert [one.credit_code for one in impact.winners] == [CARL, ANNA]


# --- what time does ---


def test_a_status_that_ends_keeps_what_could_be_claimed_before() -> None:
    log = [
        *CENTRE,
        *events(
            SME.replace("2022-12-31", "2022-11-30")
            + CONTRACT
            + OCTOBER.format(100000)
            + NOVEMBER.format(100000),
            ANNA,
        ),
    ]
    (hubei,) = select_programmes(["hubei"])
    impact = simulate(log, [hubei], before=[hubei])
    assert impact.by_month["2022-11"] == sure(30_000, 30_000, (1, 1))
    assert impact.by_month["2022-12"] == Sum()


def test_a_later_application_that_gets_less_takes_nothing_back() -> None:
    # In November the city and the zone, in December the city alone.
    ended = SME.replace("technology_sme", "high_tech_enterprise") + (
        "qualification above_scale 2021-01-01 2022-11-30\ndomicile east-lake 2021-01-01\n"
    )
    log = [*CENTRE, *events(ended + CONTRACT + OCTOBER.format(400000), ANNA)]
    impact = simulate(log, find_programmes())
    assert impact.by_month["2022-11"] == impact.total == sure(300_000, 300_000, (1, 1))


def without_year() -> Programme:
    """Return the city's programme without any rule about the year: a claim could be made anew."""
    (wuhan,) = select_programmes(["wuhan"])
    (version,) = wuhan.versions
    loose = structs.replace(
        version,
        purchases=version.purchases[:1],
        windows=(),
        claim_year=structs.replace(version.claim_year, value="of_application"),
        legal_date=structs.replace(version.legal_date, value="application"),
    )
    return structs.replace(wuhan, versions=(loose,))


LASTING = SME.replace("2022-12-31", "") + "declaration 2023\n" + CONTRACT
FOUR_MONTHS = tuple(months_between("2022-11", "2023-02"))


def test_an_invoice_is_refunded_in_one_year_only() -> None:
    bought = OCTOBER.format(100000) + NOVEMBER.format(20000)
    log = [*CENTRE, *events(LASTING + bought, ANNA)]
    city = without_year()
    impact = simulate(log, [city], FOUR_MONTHS, before=[city])
    assert impact.by_year == {2022: sure(60_000, 60_000, (1, 1))}


def test_what_one_world_has_refunded_is_still_open_in_the_other() -> None:
    # The province pays 60 % and shuts the city out of 2022; in 2023 what was paid leaves it 40 %.
    log = [*CENTRE, *events(LASTING + OCTOBER.format(100000), ANNA)]
    served = 'set.windows = [{ first = "03-01", last = "03-31" }]\nset.claim_year = "of_window"\n'
    province = changed(GENEROUS + served)[0]
    city = without_year()
    impact = simulate(log, [city], FOUR_MONTHS, before=[province, city])
    assert impact.by_year == {
        2022: sure(60_000, 50_000, (1, 1)),
        2023: sure(40_000, 0, (1, 0)),
    }
    turned = simulate(log, [province, city], FOUR_MONTHS, before=[city])
    assert turned.by_year == {
        2022: sure(50_000, 60_000, (1, 1)),
        2023: sure(0, 40_000, (0, 1)),
    }


def test_vouchers_drawn_within_the_range_are_replaced_and_those_before_it_count() -> None:
    (wuhan,) = select_programmes(["wuhan"])
    for day, left in (("2022-10-31", 40_000), ("2022-11-01", 100_000)):
        log = THREE + events(f"drawn wuhan 2022 60000 {day}", ANNA)
        impact = simulate(log, [wuhan], before=[wuhan])
        assert impact.by_class["technology_sme",].before_fen == left * 100


def test_a_city_pays_for_the_year_that_its_window_serves() -> None:
    (wuhan,) = select_programmes(["wuhan"])
    months = tuple(months_between("2023-01", "2023-04"))
    declared = [one for code in (ANNA, CARL) for one in events("declaration 2023", code)]
    impact = simulate(THREE + declared, [wuhan], months, before=[wuhan])
    # In April the window for 2022 has closed, and nothing was bought in 2023.
    assert impact.by_year == {2022: sure(200_000, 200_000, (2, 2))}
    assert impact.by_month["2023-01"].before_fen == 20_000_000


# --- what is unknown ---


def test_an_unknown_kind_of_purchase_leaves_a_span() -> None:
    unmetered = CONTRACT.replace("usage a100 10 2022-11-01T00:00 2022-11-02T00:00 C-1", "")
    log = [
        *CENTRE,
        *events(SME + unmetered + OCTOBER.format(100000) + NOVEMBER.format(40000), ANNA),
    ]
    (wuhan,) = select_programmes(["wuhan"])
    impact = simulate(log, [with_cap(wuhan, 6_000_000)], before=[wuhan])
    assert impact.total == Sum(5_000_000, 5_000_000, 7_000_000, 6_000_000, 1, 1)
    assert impact.by_month["2022-12"] == Sum(0, 0, 2_000_000, 1_000_000, 0, 0)
    (loser,) = impact.losers
    assert loser.amounts.differences_fen == (0, -1_000_000)


def test_a_purchase_below_the_least_claim_is_unclear_like_any_other() -> None:
    # CNY 2,000 for cards are CNY 1,000, the least claim; CNY 1 is for nobody knows what.
    unmetered = CONTRACT.replace("usage a100 10 2022-10-01T00:00 2022-10-02T00:00 C-1", "")
    log = [
        *CENTRE,
        *events(SME + unmetered + OCTOBER.format(1) + NOVEMBER.format(2000), ANNA),
    ]
    (wuhan,) = select_programmes(["wuhan"])
    impact = simulate(log, [wuhan], before=[wuhan])
    assert impact.total == Sum(100_000, 100_000, 100_050, 100_050, 1, 1)


def test_what_certainly_does_not_count_leaves_no_room_to_what_may() -> None:
    # Two programmes of 80 % each, on an invoice of an unknown kind that is paid by half; the other
    # one is for storage.
    (wuhan,) = select_programmes(["wuhan"])
    (version,) = with_cap(wuhan, 100_000_000).versions
    high = structs.replace(version, rate=structs.replace(version.rate, value=Fraction(4, 5)))
    sets = [structs.replace(wuhan, id=name, versions=(high,)) for name in ("jinan", "wuhan")]
    stored = CONTRACT.replace("usage a100 10 2022-10", "usage x 1 2022-10")
    stored = stored.replace("usage a100 10 2022-11", "usage disk 10 2022-11")
    half_paid = (
        OCTOBER.replace("{0} 0", "200000 0").format(100000) + "payment 1 2023-01-05 100000\n"
    )
    log = [
        *CENTRE,
        *events(SME + stored + half_paid + NOVEMBER.format(100000), ANNA),
    ]
    impact = simulate(log, sets, before=sets)
    assert (impact.total.after_fen, impact.total.after_high_fen) == (0, 10_000_000)


def test_a_missing_declaration_leaves_everything_open() -> None:
    log = [
        *CENTRE,
        *events(SME.replace("declaration 2022", "") + CONTRACT + OCTOBER.format(100000), ANNA),
    ]
    impact = simulate(log, find_programmes())
    assert impact.total == Sum(0, 0, 5_000_000, 5_000_000, 0, 0)


def test_known_levels_are_certain_where_another_one_is_not() -> None:
    # Carl's sales are unknown: the province may pay 30 % of 400,000, the other two pay 300,000.
    log = [one for one in THREE if getattr(one.data, "name", "") != "sales_fen"]
    impact = simulate(log, changed(GENEROUS.replace("3/5", "1")))
    carl = next(one for one in impact.affected if one.credit_code == CARL)
    assert carl.amounts.before_fen == carl.amounts.after_fen == 30_000_000
    assert (carl.amounts.before_high_fen, carl.amounts.after_high_fen) == (30_000_000, 40_000_000)


def test_a_refund_that_may_rise_or_fall_is_neither_won_nor_lost() -> None:
    # The zone's half is certain; with the sales known the province would pay more than both.
    log = [one for one in THREE if getattr(one.data, "name", "") != "sales_fen"]
    kinder = changed(GENEROUS.replace("3/5", "1"))
    impact = simulate(log, [one for one in kinder if one.id != "wuhan"])
    (carl,) = impact.unclear
    assert (carl.credit_code, carl.amounts.differences_fen) == (CARL, (-10_000_000, 10_000_000))


# --- properties ---


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(1, 11), st.integers(1, 400_000), st.booleans()), max_size=6),
    st.integers(0, 30_000_000),
    st.integers(0, 30_000_000),
    st.sampled_from(["wuhan", "east_lake"]),
)
def test_a_higher_cap_never_lowers_a_total_where_nothing_excludes(
    bought: list[tuple[int, int, bool]], one_cap: int, other_cap: int, name: str
) -> None:
    lines = [
        SME,
        CONTRACT,
        "qualification high_tech_enterprise 2021-01-01",
        "qualification above_scale 2021-01-01",
        "domicile east-lake 2021-01-01",
    ]
    for number, (month, yuan, metered) in enumerate(bought, start=1):
        last, later = f"2022-{month:02d}-28", f"2022-{month + 1:02d}"
        lines.append(f"invoice {number} C-1 {later}-05 {yuan} 0 2022-{month:02d}-01 {last}")
        lines.append(f"payment {number} {later}-10 {yuan}")
        if metered:
            lines.append(f"usage a100 1 2022-{month:02d}-02T00:00 2022-{month:02d}-03T00:00 C-1")
    log = [*CENTRE, *events("\n".join(lines), ANNA)]
    (programme,) = select_programmes([name])
    low, high = sorted((one_cap, other_cap))
    months = tuple(months_between("2022-01", "2022-12"))
    impact = simulate(log, [with_cap(programme, high)], months, before=[with_cap(programme, low)])
    assert min(impact.total.differences_fen) >= 0
    assert impact.losers == impact.unclear == []
    assert impact.total.before_fen <= impact.total.before_high_fen <= low
    for one in (*impact.by_year.values(), *impact.by_class.values()):
        assert one.before_fen <= one.before_high_fen
        assert one.after_fen <= one.after_high_fen
    for row in (impact.by_month, impact.by_programme, impact.by_class, impact.by_year):
        for key in ("before_fen", "after_fen", "before_high_fen", "after_high_fen"):
            parts = [getattr(one, key) for one in row.values()]
            assert sum(parts) == getattr(impact.total, key)
            assert min(parts, default=0) >= 0


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(st.integers(4, 11), st.integers(1, 400_000)), max_size=6),
    st.integers(0, 30_000_000),
    st.sampled_from(["05-31", "09-30", "12-31"]),
)
def test_a_month_is_credited_with_what_its_ruling_adds_to_the_best_before(
    bought: list[tuple[int, int]], cap_fen: int, until: str
) -> None:
    lines = [
        SME + CONTRACT,
        f"qualification high_tech_enterprise 2021-01-01 2022-{until}",
        "qualification above_scale 2021-01-01\ndomicile east-lake 2021-01-01",
        "fact sales_fen 2021 15000000000",
    ]
    for number, (at, yuan) in enumerate(bought, start=1):
        last = f"2022-{at:02d}-28"
        lines.append(f"usage a100 1 2022-{at:02d}-02T00:00 2022-{at:02d}-03T00:00 C-1")
        lines.append(f"invoice {number} C-1 {last} {yuan} 0 2022-{at:02d}-01 {last}")
        lines.append(f"payment {number} {last} {yuan}")
    log = [*CENTRE, *events("\n".join(lines), ANNA)]
    hubei, *others = find_programmes()
    after = [hubei, *(with_cap(one, cap_fen) for one in others)]
    months = tuple(months_between("2022-04", "2022-12"))
    impact = simulate(log, after, months)
    book, usage = book_of(log), usage_of(log).get(ANNA, [])
    for programmes, name in ((find_programmes(), "before_fen"), (after, "after_fen")):
        best = 0
        for month in months:
            case = case_of(book, book.account(ANNA), usage, last_day(month))
            first = plan(case, programmes)[0]
            more = max((first.total_fen or 0 if first.lawful else 0) - best, 0)
            assert getattr(impact.by_month[month], name) == more
            best += more


def test_the_order_of_enterprises_changes_nothing() -> None:
    after = changed(GENEROUS)
    backwards = sorted(THREE, key=lambda one: one.subject, reverse=True)
    forwards = sorted(THREE, key=lambda one: one.subject)
    made = [render_impact(simulate(log, after), "zh") for log in (backwards, forwards)]
    assert made[0] == made[1]


# --- edges ---


def test_months_follow_each_other_over_the_year() -> None:
    assert list(months_between("2022-11", "2023-02")) == [
        "2022-11",
        "2022-12",
        "2023-01",
        "2023-02",
    ]
    assert list(months_between("2022-11", "2022-11")) == ["2022-11"]
    assert list(months_between("2022-11", "2022-10")) == []
    assert list(months_between("9999-11", "9999-12")) == ["9999-11", "9999-12"]


def test_the_months_of_a_ledger_are_those_of_the_services_invoiced() -> None:
    assert months_of(book_of(THREE)) == ("2022-10", "2022-11")
    assert months_of(book_of(CENTRE)) is None


@pytest.mark.parametrize("log", [[], CENTRE, [*CENTRE, *events(SME + CONTRACT, ANNA)]])
def test_nobody_who_bought_nothing_is_counted(log: list[Event]) -> None:
    impact = simulate(log, changed(GENEROUS))
    assert impact.total == Sum()
    assert impact.classes == {}
    assert [row["after_fen"] for row in render_impact(impact, "en")["by_programme"]] == [0, 0, 0]


def test_every_case_without_purchases_is_refunded_nothing() -> None:
    # `compare` does not ask where nothing was bought; this is what it would be told.
    book = book_of([*CENTRE, *events(SME + CONTRACT, ANNA)])
    ruling = rule_on(book, book.account(ANNA), [], date(2022, 12, 31))
    assert [decision.amount_fen for _, decision in ruling.decisions] == [0, 0, 0]


def test_a_changed_clause_alone_decides_the_same() -> None:
    (hubei,) = select_programmes(["hubei"])
    versions = tuple(
        structs.replace(one, rate=Cited(one.rate.value, Text("改", "new"), "N"))
        for one in hubei.versions
    )
    impact = simulate(THREE, [structs.replace(hubei, versions=versions)], before=[hubei])
    assert impact.total.before_fen == impact.total.after_fen > 0
