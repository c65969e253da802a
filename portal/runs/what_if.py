"""What if: one change of the rules over the ledger's history, worked out while others use a portal.

One at a time and over two years at most: more is for the command line. Nothing is recorded.
"""

from threading import Lock
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from ledger.errors import InvalidInputError, RuleViolationError
from ledger.text import Text
from portal.commands.impact_command import Measured, impact_of, measure
from portal.shell import Shell
from vouchers.change import PROPOSED, Change, VersionChange
from vouchers.strict_json import decode

MONTHS_MAX: Final = 24
"""Some seconds for two hundred enterprises; more is for the command line."""

_at_work: Final = Lock()
"""Held while one is worked out: a second one at once would slow everybody else."""

_Word = Annotated[str, Meta(max_length=200)]
_Month = Annotated[str, Meta(pattern="[0-9]{4}-[0-9]{2}", max_length=7, examples=["2022-07"])]


class NewValue(Struct, frozen=True, kw_only=True):
    """A value by its name, as a person writes it: 40%, 30万元."""

    name: _Word
    value: _Word


class VersionAsked(Struct, frozen=True, kw_only=True):
    """What changes in a version of a programme: values that are set, and some that are dropped."""

    programme: _Word
    version: _Word | None = None
    set: tuple[NewValue, ...] = ()
    drop: tuple[_Word, ...] = ()


class ChangeAsked(Struct, frozen=True, kw_only=True):
    """A change of the rules, and over which months; all with invoices where none is named."""

    change: tuple[VersionAsked, ...]
    month_from: _Month | None = None
    month_to: _Month | None = None


def work_out(shell: Shell, change: Change, wanted: tuple[str | None, str | None]) -> Measured:
    """Return the impact of a change over the months from one through another.

    Raises `RuleViolationError` (`busy`), and what `measure` raises.
    """
    if not _at_work.acquire(blocking=False):
        raise busy()
    try:
        return measure(shell, change, wanted, processes=1, months_max=MONTHS_MAX)
    finally:
        _at_work.release()


def work_out_asked(shell: Shell, raw: bytes) -> dict[str, Any]:
    """Return the impact of a change that a program sends, with the command line's keys."""
    asked = decode(raw, ChangeAsked)
    versions = tuple(_change_of(one, f"change[{i}]") for i, one in enumerate(asked.change))
    change = Change(PROPOSED.clause, (), (), versions)
    return impact_of(shell, work_out(shell, change, (asked.month_from, asked.month_to)))


def _change_of(asked: VersionAsked, path: str) -> VersionChange:
    """Return a change of a version; raises `InvalidInputError` (`no_value`) where there is none."""
    if not asked.set and not asked.drop:
        raise no_value()
    values = {one.name: one.value for one in asked.set}
    return VersionChange(asked.programme, asked.version, values, asked.drop, {}, PROPOSED, path)


def no_value() -> InvalidInputError:
    """Return the refusal of a change that changes nothing."""
    return InvalidInputError(
        "no_value",
        Text("没有填写调整后的取值", "no value was given"),
        Text("如 40% 或 30万元；取消该项请勾选", "such as 40% or 30万元, or tick to drop it"),
    )


def busy() -> RuleViolationError:
    """Return the refusal of a second one at once, on a page or by a program."""
    return RuleViolationError(
        "busy",
        Text("另一项测算正在进行", "another change is being worked out"),
        Text("请待其结束后再试", "try again once it is over"),
    )
