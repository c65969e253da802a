"""What a rule answers: a decision with its steps and reasons, and the finding it is made from.

A finding is three-valued and carries its own explanation: the refusals when it is False, the facts
to supply when it is unknown. A known no beats an unknown in `require_all`, a known yes in
`require_any`, and the explanation follows: what cannot change the answer is not asked for.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from msgspec import Struct

from ledger.text import Text
from vouchers.truth import Truth, all_of, any_of

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


class Step(NamedTuple):
    """One line of the computation. Money is an integer (or exact decimal) of unit `fen`.

    `purchase` is the position of the purchase that it is about, None where it is about none.
    """

    what: Text
    value: int | str
    unit: str
    clause: Text
    grade: Grade
    purchase: int | None = None


class Decision(Struct, frozen=True, kw_only=True):
    """What one programme alone would pay, and why.

    `amount_fen` is 0 when ineligible and None when undetermined. `year` is the year whose cap and
    budget it draws on; `counted` holds the positions of the purchases that it is paid for.
    `version_hash` pins the values that were applied.
    """

    programme: str
    status: Status
    amount_fen: int | None
    version: str | None = None
    version_hash: str | None = None
    year: int | None = None
    counted: tuple[int, ...] = ()
    steps: tuple[Step, ...] = ()
    reasons: tuple[Reason, ...] = ()


class Finding(NamedTuple):
    """The truth of a condition with its refusals (when False) or missing facts (when unknown)."""

    truth: Truth
    refusals: tuple[Reason, ...] = ()
    missing: tuple[Reason, ...] = ()


HOLDS = Finding(truth=True)


def refused(reason: Reason) -> Finding:
    """Return the finding of a known no."""
    return Finding(truth=False, refusals=(reason,))


def unknown(*missing: Reason) -> Finding:
    """Return the finding that waits for the facts named."""
    return Finding(truth=None, missing=missing)


def missing_fact(path: str, what: Text, clause: Text) -> Reason:
    """Return the reason that asks for one fact at its path in the case."""
    return Reason(
        "missing_fact",
        Text(f"缺少{what.zh}，请填报 {path}", f"missing: {what.en}; supply {path}"),
        clause,
    )


def require_all(findings: Iterable[Finding]) -> Finding:
    """Return the conjunction: every refusal when False, every missing fact when unknown."""
    found = tuple(findings)
    truth = all_of(one.truth for one in found)
    return Finding(truth, *_explain(truth, found))


def require_any(findings: Iterable[Finding]) -> Finding:
    """Return the disjunction: every refusal when False, every missing fact when unknown."""
    found = tuple(findings)
    truth = any_of(one.truth for one in found)
    return Finding(truth, *_explain(truth, found))


def distinct(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return the reasons in order, each sentence once, with the clause that said it first."""
    first: dict[tuple[str, Text], Reason] = {}
    for reason in reasons:
        first.setdefault((reason.code, reason.message), reason)
    return tuple(first.values())


def _explain(
    truth: Truth, found: tuple[Finding, ...]
) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    if truth is None:
        return (), distinct(reason for one in found for reason in one.missing)
    if truth is False:
        return distinct(reason for one in found for reason in one.refusals), ()
    return (), ()
