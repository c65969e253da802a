"""Which programmes rule each other out, and over what: the enterprise, a project or a contract.

With the scope of the enterprise one year has room for one side only. With the scope of a contract
(project) each contract has, and another contract may go the other way: `allocation` finds the best.
"""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from ledger.text import Text
from vouchers.application import Line
from vouchers.case import Case, Purchase
from vouchers.catalogue import level_of
from vouchers.decision import HOLDS, Finding, Reason, refused, require_all, unknown
from vouchers.names import LEVEL_NAMES, call
from vouchers.programme import NoEarlierVoucher, Version
from vouchers.spend import ask
from vouchers.truth import Truth, all_of, same

Scope = Literal["project", "contract"]
SCOPES: Final[dict[Scope, Text]] = {
    "project": Text("研发项目", "R&D project"),
    "contract": Text("合同", "contract"),
}


class Exclusion(NamedTuple):
    """A clause that rules out vouchers of other levels, by its shape and as it is cited."""

    rule: NoEarlierVoucher
    clause: Text


def list_exclusions(version: Version) -> Iterator[Exclusion]:
    """Yield the clauses of a version that rule out vouchers of other levels."""
    for cited in version.eligibility:
        if isinstance(cited.value, NoEarlierVoucher):
            yield Exclusion(cited.value, cited.clause)


def scope_of(rule: NoEarlierVoucher) -> Scope | None:
    """Return the scope of an exclusion that leaves other purchases alone, None for another one."""
    return None if rule.scope == "enterprise" else rule.scope


def key_of(purchase: Purchase, scope: Scope) -> str | None:
    """Return the contract or the project of a purchase, None while unknown."""
    return purchase.contract if scope == "contract" else purchase.project


def exclude_paid(programme_id: str, version: Version, case: Case, line: Line) -> Finding:
    """Return whether no excluded level has paid on the purchase's contract or project before."""
    return require_all(
        [
            _not_paid(payer, exclusion, scope, by_key, line)
            for exclusion in list_exclusions(version)
            if (scope := scope_of(exclusion.rule)) is not None
            for other in case.purchases or ()
            if (by_key := _is_of(other, line.purchase, scope)) is not False
            for payer in other.refunded_by
            if payer != programme_id
        ]
    )


def _is_of(other: Purchase, purchase: Purchase, scope: Scope) -> Truth:
    """Return whether a purchase belongs to the contract (project) of another one."""
    return other is purchase or same(key_of(other, scope), key_of(purchase, scope))


def _not_paid(payer: str, exclusion: Exclusion, scope: Scope, by_key: Truth, line: Line) -> Finding:
    level, (rule, clause) = level_of(payer), exclusion
    excluded = None if level is None else level in rule.levels
    truth = all_of([by_key, excluded])
    if truth is False:
        return HOLDS
    if by_key is None:
        return unknown(ask(line, scope, clause))
    name, what = line.name(), SCOPES[scope]
    if truth is None:
        missing = Text(
            f"{name.zh}的{what.zh}已由 {payer} 补贴，该项目属于哪一级不明",
            f"{payer} paid on the {what.en} of {name.en}: its level is not known",
        )
        return unknown(Reason("missing_fact", missing, clause, line.position))
    of = call(LEVEL_NAMES, str(level))
    message = Text(
        f"{name.zh}的{what.zh}已享受{of.zh}创新券（{payer}）",
        f"the {what.en} of {name.en} has had a {of.en} voucher ({payer})",
    )
    return refused(Reason("earlier_voucher", message, clause, line.position))
