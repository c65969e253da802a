"""Other public money for a purchase: whether it rules the purchase out, and what is missing."""

from ledger.text import Text
from vouchers.application import Application, Line
from vouchers.case import OtherFunding
from vouchers.decision import Finding, missing_fact, require_all, unknown
from vouchers.names import LEVEL_NAMES, SCOPES, call
from vouchers.requirement import NeverFunded, NotFunded
from vouchers.spend import ask, cut
from vouchers.truth import Truth, all_of, same
from vouchers.wording import name_money


def not_funded(rule: NotFunded, clause: Text, application: Application, line: Line) -> Finding:
    """Return whether no money of the level and the year has been given for it."""
    year = application.applied_on.year - rule.years_before
    found = []
    for i, given in enumerate(application.case.other_funding):
        truth = _funds(given, rule, year, line)
        if truth:
            found.append(_funded(rule, year, clause, line))
        elif truth is None and None in (given.scope, given.level, given.year, given.ref):
            what = Text(
                "其他财政资金的范围、编号、级次或年度", "scope, ref, level or year of the funding"
            )
            found.append(unknown(missing_fact(f"other_funding[{i}]", what, clause)))
        elif truth is None:
            found.append(unknown(ask(line, rule.scope, clause)))
    return require_all(found)


def _funded(rule: NotFunded, year: int, clause: Text, line: Line) -> Finding:
    """Return the refusal of a purchase that other public money has been given for."""
    level, scope = call(LEVEL_NAMES, rule.level), SCOPES[rule.scope]
    ref = _named(rule, line)
    message = Text(
        f"{scope.zh}{ref} {year} 年已获{level.zh}{name_money(rule.scope)}",
        f"belongs to {scope.en}{ref}, which had {level.en} money in {year}",
    )
    return cut(line, f"{rule.scope}_already_funded", message, clause)


def never_funded(rule: NeverFunded, clause: Text, application: Application, line: Line) -> Finding:
    """Return whether no money at all has been given for it."""
    scope, ref, found = SCOPES[rule.scope], _ref(rule, line), []
    for i, given in enumerate(application.case.other_funding):
        same_ref = True if rule.scope == "enterprise" else same(given.ref, ref)
        truth = all_of((same(given.scope, rule.scope), same_ref))
        if truth:
            name = _named(rule, line)
            message = Text(
                f"{scope.zh}{name} 已获其他财政资金",
                f"belongs to {scope.en}{name}, which had public money",
            )
            found.append(cut(line, f"{rule.scope}_already_funded", message, clause))
        elif truth is None and None in (given.scope, given.ref):
            what = Text("其他财政资金的范围或编号", "scope or ref of the funding")
            found.append(unknown(missing_fact(f"other_funding[{i}]", what, clause)))
        elif truth is None:
            found.append(unknown(ask(line, rule.scope, clause)))
    return require_all(found)


def _funds(given: OtherFunding, rule: NotFunded, year: int, line: Line) -> Truth:
    """Return whether the money is of the scope, level and year that the rule names."""
    same_ref = True if rule.scope == "enterprise" else same(given.ref, _ref(rule, line))
    return all_of(
        (
            same(given.scope, rule.scope),
            same(given.level, rule.level),
            same(given.year, year),
            same_ref,
        )
    )


def _named(rule: NotFunded | NeverFunded, line: Line) -> str:
    """Return what the money was for, to stand after its scope: nothing for an enterprise."""
    ref = _ref(rule, line)
    return f" {ref}" if ref else ""


def _ref(rule: NotFunded | NeverFunded, line: Line) -> str | None:
    """Return what the purchase belongs to: its project, its contract, or nothing narrower."""
    if rule.scope == "enterprise":
        return None
    return line.purchase.project if rule.scope == "project" else line.purchase.contract
