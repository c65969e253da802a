"""Joins, groupings and sums by pandas: the one file that knows it.

Every column that is summed is int64, whole fen or whole micro-unit-seconds, from end to end: what a
side of a join lacks is a zero and never a missing value, which would make floats of its column. A
sum that could pass an int64 is refused before it is made.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ledger.errors import InvalidInputError
from ledger.text import Text
from reports.reconciliation import Explanation, Reconciled, Side
from vouchers.rating import DayUsage

INT64_MAX: Final = 2**63 - 1

Row = tuple[str | int, ...]


class MonthSum(NamedTuple):
    """An enterprise's month in fen.

    `difference_fen` is invoiced less metered and `open_fen` invoiced less paid; `unexplained_fen`
    and `open_unexplained_fen` are what no explanation accounts for.
    """

    enterprise: str
    metered_fen: int
    invoiced_fen: int
    paid_fen: int
    difference_fen: int
    unexplained_fen: int
    open_fen: int
    open_unexplained_fen: int


class Told(NamedTuple):
    """An explanation, and whose it is."""

    enterprise: str
    explanation: Explanation


class Compared(NamedTuple):
    """A sum that somebody published beside the one of the ledger, in micro-unit-seconds."""

    enterprise: str
    month: str
    published: int
    recorded: int


def sum_months(reconciled: Iterable[Reconciled]) -> list[MonthSum]:
    """Return the sums of enterprises' months, by enterprise: one month, each enterprise once."""
    rows: list[Row] = []
    for one in reconciled:
        kinds = ("metered", one.metered), ("invoiced", one.invoiced), ("paid", one.paid)
        rows.append((one.enterprise, "metered", 0))
        rows += [(one.enterprise, kind, part.amount_fen) for kind, parts in kinds for part in parts]
        rows += [(one.enterprise, f"why {e.side}", e.amount_fen) for e in one.explanations]
    columns = ["metered", "invoiced", "paid", "why invoiced", "why paid"]
    frame = _pivot(rows, ["enterprise"], columns)
    frame["difference"] = frame["invoiced"] - frame["metered"]
    frame["unexplained"] = frame["difference"] - frame["why invoiced"]
    frame["open"] = frame["invoiced"] - frame["paid"]
    frame["open unexplained"] = frame["open"] - frame["why paid"]
    shown = frame[
        [*columns[:3], "difference", "unexplained", "open", "open unexplained"]
    ].reset_index()
    return [MonthSum(*row) for row in _rows(shown)]


def tell(reconciled: Iterable[Reconciled], sums: Iterable[MonthSum]) -> list[Told]:
    """Return every explanation by enterprise, what is left over being named as unexplained."""
    left = {one.enterprise: one for one in sums}
    told = []
    for one in reconciled:
        told += [Told(one.enterprise, explanation) for explanation in one.explanations]
        found = left[one.enterprise]
        over: list[tuple[Side, int]] = [
            ("invoiced", found.unexplained_fen),
            ("paid", found.open_unexplained_fen),
        ]
        told += [
            Told(one.enterprise, Explanation(side, "unexplained", "", "", amount_fen))
            for side, amount_fen in over
            if amount_fen
        ]
    return told


def sum_usage(usage: Iterable[DayUsage], by: Sequence[str]) -> list[tuple[tuple[str, ...], int]]:
    """Return usage summed by some of enterprise, contract, resource, day and month, in order."""
    names = ["enterprise", "contract", "resource", "day", "month"]
    rows: list[Row] = [(*key, key[3][:7], quantity) for key, quantity in usage]
    frame = _frame(rows, names)
    grouped = frame.groupby(list(by), sort=True)["amount"].sum().reset_index()
    return [(tuple(row[:-1]), row[-1]) for row in _rows(grouped)]


def rank(sums: Mapping[str, int], number: int) -> list[tuple[str, int]]:
    """Return the largest sums, the largest first and equal ones by name."""
    frame = _frame([(name, amount) for name, amount in sums.items()], ["name"])
    ordered = frame.sort_values(["amount", "name"], ascending=[False, True], kind="stable")
    return [(name, amount) for name, amount in _rows(ordered.head(number))]


def compare(
    published: Mapping[tuple[str, str], int], recorded: Mapping[tuple[str, str], int]
) -> list[Compared]:
    """Return each enterprise's and month's published sum beside the recorded one, in order."""
    sides = ("published", published), ("recorded", recorded)
    rows: list[Row] = [(*key, side, sum_) for side, sums in sides for key, sum_ in sums.items()]
    frame = _pivot(rows, ["enterprise", "month"], [side for side, _ in sides]).reset_index()
    return [Compared(*row) for row in _rows(frame)]


def _frame(rows: Sequence[Row], names: Sequence[str]) -> Any:  # noqa: ANN401 - untyped
    """Return rows as a frame whose last column is `amount`, as int64.

    Raises `InvalidInputError` (`sum_too_large`) where the amounts could add up to more.
    """
    total = sum(abs(int(row[-1])) for row in rows)
    if total > INT64_MAX:
        raise InvalidInputError(
            "sum_too_large",
            Text(f"合计 {total} 超出可计算的范围", f"the sum of {total} is beyond 64 bits"),
            Text("请用 --enterprise 逐家计算", "ask for one --enterprise at a time"),
        )
    # Half a second that no other command needs.
    import pandas as pd  # noqa: PLC0415

    columns = list(zip(*rows, strict=True)) or [()] * (len(names) + 1)
    texts = {
        name: pd.Series(column, dtype="str")
        for name, column in zip(names, columns[:-1], strict=True)
    }
    return pd.DataFrame({**texts, "amount": pd.Series(columns[-1], dtype="int64")})


def _pivot(rows: Sequence[Row], keys: list[str], columns: list[str]) -> Any:  # noqa: ANN401 - untyped
    """Return amounts summed by keys, a column for each kind, zero where there is none."""
    frame = _frame(rows, [*keys, "kind"])
    summed = frame.groupby([*keys, "kind"], sort=True)["amount"].sum()
    # A pivot table would pass through floats where a kind is missing.
    wide = summed.unstack("kind", fill_value=0)  # noqa: PD010 - as above
    return wide.reindex(columns=columns, fill_value=0)


def _rows(frame: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - untyped
    """Return a frame's rows as Python's own values; a float in it is a mistake of ours."""
    for name, kind in frame.dtypes.items():
        assert str(kind) in {"int64", "str"}, (name, kind)
    return list(frame.itertuples(index=False, name=None))
