"""A fund by the days from which its movements count."""

from typing import Any, Final

from ledger.by_day import find_shortage
from ledger.events import (
    ClaimRejected,
    ClaimSubmitted,
    Data,
    FundAppropriated,
    FundClosed,
    FundTransferred,
)

HUBEI: Final[dict[str, Any]] = {"fund": "hubei", "year": 2022}
CLAIM: Final[dict[str, Any]] = {
    **HUBEI,
    "claim": "SQ-1",
    "revision": 1,
    "programme": "hubei",
    "amount_fen": 80,
    "sizes": {"book": 1},
    "rules": "0" * 64,
}
BUDGET: Final = FundAppropriated(**HUBEI, amount_fen=100, effective_on="2022-01-05", document="1")
SAID: Final[list[tuple[Data, str]]] = [
    (BUDGET, ""),
    (ClaimSubmitted(**CLAIM, effective_on="2022-11-01", invoices=("1" * 20,)), "x"),
    (ClaimRejected(**CLAIM, effective_on="2022-11-20", at="approval", reason="x"), "x"),
]


def move(day: str, fen: int = 30) -> FundTransferred:
    """Return a transfer to another fund on a day."""
    to: dict[str, Any] = {"to_fund": "wuhan", "to_year": 2022, "document": "2"}
    return FundTransferred(**HUBEI, **to, amount_fen=fen, effective_on=day)


def test_what_was_reserved_on_a_day_cannot_have_gone_elsewhere_before() -> None:
    assert find_shortage(SAID, move("2022-05-11")) == ("2022-11-01", 10)
    assert find_shortage(SAID, move("2022-11-01")) == ("2022-11-01", 10)
    assert find_shortage(SAID, move("2022-11-19")) == ("2022-11-19", 10)


def test_what_was_released_by_a_day_can_go_from_that_day_on() -> None:
    assert find_shortage(SAID, move("2022-11-20")) is None
    assert find_shortage(SAID, move("2022-12-01", 100)) is None
    assert find_shortage(SAID, move("2022-05-11", 20)) is None


def test_a_year_is_not_closed_on_a_day_on_which_something_was_reserved() -> None:
    close = FundClosed(**HUBEI, amount_fen=100, effective_on="2022-11-10", document="3")
    assert find_shortage(SAID, close) == ("2022-11-10", 80)


def test_nothing_can_go_before_the_budget_gave_it() -> None:
    assert find_shortage(SAID, move("2022-01-04")) == ("2022-01-04", 30)


def test_another_fund_and_another_year_are_not_looked_at() -> None:
    other = FundTransferred(
        **HUBEI | {"year": 2021},
        to_fund="hubei",
        to_year=2022,
        amount_fen=1,
        effective_on="2022-05-11",
        document="4",
    )
    assert find_shortage([(BUDGET, "")], other) == ("2022-05-11", 1)
