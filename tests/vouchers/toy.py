"""A programme that pays half of everything, changed by its fields; an independent evaluator."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final, TypeVar

from ledger.text import Text
from vouchers.decision import Step
from vouchers.programme import Cited, Programme, Version

T = TypeVar("T")

CLAUSE: Final = Text("第一条", "article 1")


def cited(value: T) -> Cited[T]:
    """Return a value with a clause, graded as official text."""
    return Cited(value, CLAUSE, "P")


def rule(**changes: object) -> Programme:
    """Return a programme that pays half of what was invoiced, to the fen, but for the changes.

    A change is a bare value, or a tuple of bare values; None takes a field away.
    """
    values: dict[str, object] = {
        "legal_date": "application",
        "claim_year": "of_application",
        "eligibility": (),
        "purchases": (),
        "base": "invoiced",
        "tax": "included",
        "rate": Fraction(1, 2),
        "rounding_unit_fen": 1,
        "rounding_direction": "down",
        "valid_from": date(2020, 1, 1),
    }
    values |= changes
    fields: dict[str, Any] = {
        name: tuple(cited(one) for one in value) if isinstance(value, tuple) else cited(value)
        for name, value in values.items()
        if value is not None
    }
    version = Version(id="1", document=CLAUSE, **fields)
    return Programme(
        id="toy", level="city", name=Text("试点券", "toy voucher"), versions=(version,)
    )


def evaluate(steps: Sequence[Step]) -> int | Fraction | str:
    """Return what the steps come to, each worked out again from the values of those before it."""
    values: list[Any] = []
    for step in steps:
        of = [values[i] for i in step.inputs]
        result: Any = step.value
        if step.operation == "sum":
            result = sum(of)
        elif step.operation == "times":
            result = Fraction(of[0]) * of[1]
        elif step.operation == "minus":
            result = max(of[0] - of[1], 0)
        elif step.operation == "least":
            result = min(of[0], of[1])
        elif step.operation == "at_least":
            result = of[0] * (of[0] >= of[1])
        elif step.operation in {"down", "half_up", "up"}:
            part = {"down": Fraction(0), "half_up": Fraction(1, 2), "up": Fraction(1)}
            units = Fraction(of[0]) / of[1] + part[step.operation]
            exact_up = step.operation == "up" and units.denominator == 1
            result = (units.__floor__() - exact_up) * of[1]
        assert result == step.value, step
        values.append(result)
    last: int | Fraction | str = values[-1]
    return last
