"""The annex: a purchase stands under the levels that pay on it, with what they pay on."""

from datetime import date
from typing import Any

import pytest
from msgspec import structs

from ledger.text import Text
from reports.annex import counted_fen, make_annex
from reports.statement import Table, Words, Yuan
from tests.vouchers.invented.facts import BOUGHT, buy, case
from tests.vouchers.toy import rule
from vouchers.case import Case
from vouchers.decide import decide
from vouchers.plan import plan
from vouchers.programme import NoEarlierVoucher, Programme
from vouchers.ruling import Ruling


def rule_by(of: Case, *programmes: Programme) -> Ruling:
    decisions = tuple((one, decide(one, of)) for one in programmes)
    return Ruling(of, decisions, plan(of, programmes))


@pytest.mark.parametrize(
    ("changes", "facts", "fen"),
    [
        ({}, {}, 10_600_000),
        ({"tax": "excluded"}, {}, 10_000_000),
        ({}, {f"{BOUGHT}.cut_fen": 600_000}, 10_000_000),
        ({"claim_floor_fen": 10_600_000}, {}, None),
    ],
)
def test_what_counts_is_what_the_rate_applies_to(
    changes: dict[str, Any], facts: dict[str, Any], fen: int | None
) -> None:
    made = rule_by(case(facts), rule(**changes))
    assert counted_fen(made, *made.decisions[0]) == ({} if fen is None else {0: fen})


def test_two_levels_that_share_contracts_do_not_both_count_one() -> None:
    excludes = NoEarlierVoucher(("district",), scope="contract")
    district = structs.replace(
        rule(yearly_cap_fen=1), id="other", level="district", name=Text("区", "district")
    )
    of = case({"purchases": [buy(200, "C-1"), buy(100, "C-2")]})
    made = rule_by(of, rule(eligibility=(excludes,), yearly_cap_fen=100), district)
    (table,) = make_annex(made, date(2026, 10, 10)).blocks
    assert isinstance(table, Table)
    nothing = Words("—")
    assert [row[6:] for row in table.rows] == [(Yuan(200), nothing), (nothing, Yuan(100))]
    assert (table.total or ())[6:] == (Yuan(200), Yuan(100))
