"""What a rule answers: a decision with its steps and reasons, and the finding it is made from.

A finding is three-valued and carries its own explanation: the refusals when it is False, the facts
to supply when it is unknown. A known no beats an unknown in `require_all`, a known yes in
`require_any`, and the explanation follows: what cannot change the answer is not asked for.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from msgspec import Struct

from ledger.text import Text
from vouchers.truth import Truth

if TYPE_CHECKING:
    from vouchers.cited import Cited
    from vouchers.requirement import Condition

Grade = Literal["P", "M", "N", "A"]
Status = Literal["eligible", "ineligible", "undetermined"]


class Reason(NamedTuple):
    """Why not, or what to supply: a stable code, the sentence and the clause behind it.

    `purchase` is the position of the purchase that it is about, None where it is about none.
    """

    code: str
    message: Text
    clause: Text
    purchase: int | None = None


# How a step's value comes from those of earlier steps, in the order of `inputs`:
# `given` by the case or the rule; `minus` stops at zero; `least` is the smaller; `down`, `half_up`
# and `up` round the first to a multiple of the second; `at_least` is the first where it reaches
# the second, else zero.
Operation = Literal["given", "sum", "times", "minus", "least", "down", "half_up", "up", "at_least"]
Unit = Literal["fen", "ratio", "number", "version", "year", "switch", "condition"]


class Step(Struct, frozen=True, gc=False):
    """One line of the computation: what, how it comes from earlier lines, its clause and grade.

    Money is an integer, or an exact fraction, of unit `fen`. `inputs` are the numbers of earlier
    steps, counted from zero. `purchase` is the position of the purchase that it is about and
    `contract` that purchase's contract, None where it is about none. `days` are the days on which a
    condition was met.
    """

    label: Text
    value: int | Fraction | str
    unit: Unit
    clause: Text
    grade: Grade
    operation: Operation = "given"
    inputs: tuple[int, ...] = ()
    purchase: int | None = None
    contract: str | None = None
    days: tuple[date, ...] = ()

    @property
    def what(self) -> Text:
        """Return what the step says: its label with the purchase or the days it is about."""
        label = self.label
        if self.unit == "condition":
            on = _name_days(self.days)
            return Text(f"{on.zh}符合：{label.zh}", f"{on.en}met: {label.en}")
        if self.purchase is None:
            return label
        name = name_purchase(self.purchase, self.contract)
        return Text(f"{name.zh}：{label.zh}", f"{name.en}: {label.en}")


def name_purchase(position: int, contract: str | None) -> Text:
    """Return what people call a purchase: its position counted from one, and its contract."""
    zh, en = f"第 {position + 1} 项采购", f"purchase {position + 1}"
    return Text(f"{zh}（合同 {contract}）", f"{en} ({contract})") if contract else Text(zh, en)


def _name_days(days: Sequence[date]) -> Text:
    """Return one day as it is, several as their number with the first and the last."""
    if not days:
        return Text("", "")
    first, last = min(days), max(days)
    if first == last:
        return Text(f"{first} ", f"{first} ")
    return Text(
        f"{first} 至 {last} 的 {len(days)} 个日期均",
        f"on all {len(days)} days from {first} to {last} ",
    )


class Decision(Struct, frozen=True, kw_only=True):
    """What one programme alone would pay, and why.

    `amount_fen` is 0 when ineligible and None when undetermined. `year` is the year whose cap and
    budget it draws on; `counted` holds the positions of the purchases that it is paid for.
    `version_hash` pins the values that were applied; `quota_fen` is the year's cap for this
    enterprise, None where there is none or it is not known.
    """

    programme: str
    status: Status
    amount_fen: int | None
    version: str | None = None
    version_hash: str | None = None
    year: int | None = None
    counted: tuple[int, ...] = ()
    quota_fen: int | None = None
    steps: tuple[Step, ...] = ()
    reasons: tuple[Reason, ...] = ()


class Finding(Struct, frozen=True, gc=False):
    """The truth of a condition with its refusals (when False) or missing facts (when unknown).

    `met` is the option that holds where any of several would do. `why` gives a refusal when it is
    asked for: most that are found are of an option that another one makes up for.
    """

    truth: Truth
    refused: tuple[Reason, ...] = ()
    missing: tuple[Reason, ...] = ()
    met: "Cited[Condition] | None" = None
    why: Callable[[], Reason] | None = None

    @property
    def refusals(self) -> tuple[Reason, ...]:
        """Return the reasons of a known no."""
        return self.refused if self.why is None else (self.why(),)


HOLDS = Finding(truth=True)


def refused(reason: Reason) -> Finding:
    """Return the finding of a known no."""
    return Finding(truth=False, refused=(reason,))


def unknown(*missing: Reason) -> Finding:
    """Return the finding that waits for the facts named."""
    return Finding(truth=None, missing=missing)


_SUPPLY: Final = Text("，请填报 ", "; supply ")
# A sentence may join several facts that are missing, each with its path.
_PATH_ZH: Final = re.compile(f"{_SUPPLY.zh}[^；]*")
_PATH_EN: Final = re.compile(f"{_SUPPLY.en}[^;]*")
_WITH_PATHS: Final = frozenset({"missing_fact", "undetermined_member"})


def missing_fact(path: str, what: Text, clause: Text) -> Reason:
    """Return the reason that asks for one fact at its path in the case."""
    return Reason(
        "missing_fact",
        Text(f"缺少{what.zh}{_SUPPLY.zh}{path}", f"missing: {what.en}{_SUPPLY.en}{path}"),
        clause,
    )


def tell_reason(reason: Reason) -> Text:
    """Return a reason's sentence without paths in a case, which say nothing to most people."""
    if reason.code not in _WITH_PATHS:
        return reason.message
    zh, en = reason.message
    return Text(_PATH_ZH.sub("", zh), _PATH_EN.sub("", en))


def require_all(findings: Sequence[Finding]) -> Finding:
    """Return the conjunction: every refusal when False, every missing fact when unknown."""
    for one in findings:
        if not one.truth:
            break
    else:
        return HOLDS
    found = [one for one in findings if not one.truth]
    if any(one.truth is False for one in found):
        return Finding(truth=False, refused=distinct(r for one in found for r in one.refusals))
    return Finding(truth=None, missing=distinct(r for one in found for r in one.missing))


def require_any(findings: Iterable[Finding]) -> Finding:
    """Return the disjunction: every refusal when False, every missing fact when unknown."""
    found = tuple(findings)
    for one in found:
        if one.truth:
            return one
    if any(one.truth is None for one in found):
        return Finding(truth=None, missing=distinct(r for one in found for r in one.missing))
    return Finding(truth=False, refused=distinct(r for one in found for r in one.refusals))


def distinct(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return the reasons in order, each sentence once, with the clause that said it first."""
    first: dict[tuple[str, Text], Reason] = {}
    for reason in reasons:
        first.setdefault((reason.code, reason.message), reason)
    return tuple(first.values())
