"""The computation as it is written down: every amount that is paid is worked out line by line.

There is no other arithmetic: what the steps say is what was computed.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

from ledger.text import Text
from vouchers.cited import Cited
from vouchers.decision import Operation, Step, Unit

Exact = int | Fraction


def exact(value: Exact) -> Exact:
    """Return a whole fraction as the integer that it is."""
    return value.numerator if value.denominator == 1 else value


def times(amount: Exact, rate: Exact) -> Exact:
    """Return the exact product."""
    above, below = amount.numerator * rate.numerator, amount.denominator * rate.denominator
    whole, rest = divmod(above, below)
    return Fraction(above, below) if rest else whole


def least(amount: Exact, limit: Exact) -> Exact:
    """Return the smaller, the first of two that are equal."""
    if limit.numerator * amount.denominator < amount.numerator * limit.denominator:
        return limit
    return amount


def round_to(amount: Exact, unit: int, direction: Operation) -> int:
    """Return the multiple of a unit below (`down`), nearest to (`half_up`) or above an amount."""
    down = amount.numerator // (amount.denominator * unit) * unit
    if direction == "down" or down == amount:
        return down
    return down + unit if direction == "up" or 2 * (amount - down) >= unit else down


# Each works on two lines but the sum, which takes any number.
_WORK: Final[dict[Operation, Callable[[Any, Any], Any]]] = {
    "times": times,
    "minus": lambda amount, less: exact(max(amount - less, 0)),
    "least": least,
    "down": lambda amount, unit: round_to(amount, unit, "down"),
    "half_up": lambda amount, unit: round_to(amount, unit, "half_up"),
    "up": lambda amount, unit: round_to(amount, unit, "up"),
    "at_least": lambda amount, least: amount if amount >= least else 0,
}


class Sheet:
    """Steps in the making; each line is known by its number."""

    __slots__ = ("steps",)

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def put(self, step: Step) -> int:
        """Write down a step as it is, and return its number."""
        steps = self.steps
        steps.append(step)
        return len(steps) - 1

    def work(
        self,
        label: Text,
        operation: Operation,
        inputs: tuple[int, ...],
        cited: Cited[object],
        unit: Unit = "fen",
    ) -> int:
        """Compute from earlier lines, write the result down, and return its number."""
        steps = self.steps
        value: Any
        number = len(steps)
        if operation != "sum":
            first, second = inputs
            value = _WORK[operation](steps[first].value, steps[second].value)
        elif len(inputs) == 1:
            value = steps[inputs[0]].value
        else:
            parts: list[Any] = [steps[i].value for i in inputs]
            value = exact(sum(parts))
        steps.append(Step(label, value, unit, cited.clause, cited.grade, operation, inputs))
        return number

    def apply(
        self, label: Text, operation: Operation, first: int, operand: Step, cited: Cited[object]
    ) -> int:
        """Compute from an earlier line and an operand, and return the line of the result.

        The operand is written down on the line before it.
        """
        steps = self.steps
        number = len(steps)
        value = _WORK[operation](steps[first].value, operand.value)
        inputs = (first, number)
        made = Step(label, value, "fen", cited.clause, cited.grade, operation, inputs)
        steps += (operand, made)
        return number + 1

    def value(self, number: int) -> Exact:
        """Return the value of a line that is a number."""
        value = self.steps[number].value
        assert not isinstance(value, str), value
        return value
