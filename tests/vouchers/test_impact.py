"""Outcomes added up in parts: it does not matter which parts, nor in which order they come."""

import pickle
from itertools import permutations

from ledger.identifiers import synthetic_credit_code
from tests.small_ledger import book_of, events, usage_of
from tests.vouchers.test_what_if import (
    BEN,
    CARL,
    CONTRACT,
    GENEROUS,
    OCTOBER,
    SME,
    THREE,
    TWO_MONTHS,
    changed,
)
from vouchers.catalogue import find_programmes
from vouchers.impact import RUN, Impact, Simulation, cut_into_runs, render_impact

DORA = synthetic_credit_code("dora")
# Dora is like Anna, but has not declared anything: all of it is unknown.
FOUR = [
    *THREE,
    *events(SME.replace("declaration 2022", "") + CONTRACT + OCTOBER.format(70000), DORA),
]


def test_parts_joined_in_any_order_are_the_whole() -> None:
    book, usage = book_of(FOUR), usage_of(FOUR)
    simulation = Simulation(
        book.without_accounts(), TWO_MONTHS, (find_programmes(), changed(GENEROUS))
    )
    four = [(account, usage.get(code, [])) for code, account in book.accounts.items()]
    whole = simulation.work(four)
    assert whole.enterprises == len(four) == 4
    assert whole.total.after_fen > whole.total.before_fen > 0
    assert whole.total.after_high_fen > whole.total.after_fen
    assert {one.credit_code for one in whole.affected} >= {BEN, DORA}
    assert CARL not in {one.credit_code for one in whole.affected}
    for order in permutations(four):
        for cut in range(5):
            joined = Impact(simulation.months, simulation.programmes)
            for part in (order[:cut], order[cut:]):
                joined.join(simulation.work(part))
            assert render_impact(joined, "zh") == render_impact(whole, "zh")
            assert joined.enterprises == 4


def test_a_simulation_and_its_part_can_be_sent_to_another_process() -> None:
    book, usage = book_of(FOUR), usage_of(FOUR)
    sets = find_programmes(), changed(GENEROUS)
    simulation = Simulation(book.without_accounts(), TWO_MONTHS, sets)
    part = [(account, usage.get(code, [])) for code, account in book.accounts.items()]
    sent, sent_part = (pickle.loads(pickle.dumps(one)) for one in (simulation, part))  # noqa: S301
    made = pickle.loads(pickle.dumps(sent.work(sent_part)))  # noqa: S301
    assert render_impact(made, "zh") == render_impact(simulation.work(part), "zh")
    assert sent.book.accounts == {}
    # What both sets share is still decided once.
    assert sent.programmes[0][1] is sent.programmes[1][1]


def test_a_run_is_never_empty_and_never_too_long() -> None:
    accounts = [(account, ()) for account in book_of(FOUR).accounts.values()]
    for number in (0, 1, RUN - 1, RUN, RUN + 1, 2 * RUN, 2 * RUN + 1):
        many = (accounts * RUN)[:number]
        runs = list(cut_into_runs(iter(many)))
        assert [one for run in runs for one in run] == many
        assert all(0 < len(run) <= RUN for run in runs)
        assert len(runs) == -(-number // RUN)
