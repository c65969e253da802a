"""Items of the check list that the programme's rule answers: status, provider, days, lines, money.

A rule that asks for nothing of the kind is met, and says so; the clause is the version's document.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from ledger.money import render_yuan
from ledger.text import Text
from vouchers.application import Line, Moment, moment_of
from vouchers.case import Qualification
from vouchers.catalogue import level_of
from vouchers.cited import Cited
from vouchers.claims.evidence import Evidence, Item, Kind, conclude, join, no
from vouchers.condition import evaluate
from vouchers.decision import HOLDS, Finding, require_all
from vouchers.exclusion import exclude_paid, list_exclusions
from vouchers.names import LEVEL_NAMES, QUALIFICATIONS, RESOURCES, SCOPES, call
from vouchers.prepared import prepare
from vouchers.programme import Version
from vouchers.purchase import judge
from vouchers.requirement import (
    Condition,
    DomiciledIn,
    NeverFunded,
    NoEarlierVoucher,
    NoRecord,
    NotDeclared,
    NotFunded,
    NotSelfUse,
    PaidInFullInYear,
    ProviderListed,
    PurchaseRule,
    SignedAndCompletedInYear,
    Within,
)

DATED: Final = (Within, SignedAndCompletedInYear, PaidInFullInYear)
"""The rules on days, which are an item of their own."""
_FUNDED: Final = (NotFunded, NeverFunded)
_UNRELATED: Final = Text("关联关系声明", "the declaration on related parties")
_CREDIT: Final = Text("信用审查", "credit check")


def check_status(evidence: Evidence, version: Version, kind: Kind) -> Item:
    """Return whether the enterprise had its status on the day that the rule names."""
    asked = [one for one in version.eligibility if _is_of_status(one.value)]
    found = join(_show_held(evidence, version))
    return conclude(kind, _evaluate_all(evidence, asked), found, _clauses(asked, version))


def check_provider(evidence: Evidence, version: Version, kind: Kind) -> Item:
    """Return whether the provider was on the rule's list throughout the service."""
    asked = [one for one in version.purchases if isinstance(one.value, ProviderListed)]
    providers = dict.fromkeys(one.purchase.provider or "?" for one in evidence.counting)
    zh, en = "、".join(providers), ", ".join(providers)
    found = Text(f"服务机构 {zh} 服务期内均在名单内", f"listed throughout the service: {en}")
    if not asked:
        found = Text(
            f"本版本未设服务机构名单（服务机构 {zh}）", f"the version has no list (provider: {en})"
        )
    findings = judge_all(evidence, asked, evidence.counting)
    return conclude(kind, findings, found, _clauses(asked, version))


def check_lines(evidence: Evidence, version: Version, kind: Kind) -> Item:
    """Return whether something of the claim is of an eligible kind; what is not has been cut."""
    others = (*DATED, *_FUNDED, ProviderListed, NotSelfUse)
    asked = [one for one in version.purchases if not isinstance(one.value, others)]
    counts, shown, findings = False, list[Text](), list[Finding]()
    for line in evidence.lines:
        found = require_all(judge_all(evidence, asked, [line]))
        left_out = _left_out(evidence, line)
        if found.truth is False or left_out.zh:
            shown.append(_show_line(line, Text("核减", "is cut"), left_out))
        elif found.truth is None:
            findings.append(found)
        else:
            counts = True
            shown.append(_show_line(line, Text("计入", "counts"), left_out))
    if not counts and not findings:
        findings = judge_all(evidence, asked) or [HOLDS]
        if require_all(findings).truth:
            zh, en = "没有可以计入的采购", "no purchase counts"
            findings = [no("no_line", zh, en, version.base.clause)]
    return conclude(kind, findings, join(shown), _clauses(asked, version))


def _left_out(evidence: Evidence, line: Line) -> Text:
    """Return why the decision left a purchase out, empty where it counts, or nothing does."""
    decision = evidence.worth.decision
    if not decision.counted or line.position in decision.counted:
        return Text("", "")
    why = join(one.message for one in decision.reasons if one.purchase == line.position)
    return why if why.zh else Text("未计入", "left out")


def check_domicile(evidence: Evidence, version: Version, kind: Kind) -> Item:
    """Return whether the tax domicile is in the rule's zone on the day of the check itself.

    A zone that pays looks once more, whatever was so on the day of application.
    """
    asked = [one for one in version.eligibility if isinstance(one.value, DomiciledIn)]
    if not asked:
        found = Text("本版本对税务关系无要求", "the version asks for no tax domicile")
        return conclude(kind, [], found, version.document)
    now = Moment(evidence.on, "on")
    findings = [evaluate(one, evidence.application, now) for one in asked]
    zh = f"{evidence.on} 税务关系仍在规定区域"
    found = Text(zh, f"the tax domicile is where it must be on {evidence.on}")
    return conclude(kind, findings, found, _clauses(asked, version))


def check_related(evidence: Evidence, version: Version, kind: Kind) -> Item:
    """Return whether the enterprise declares that it is not related, and does not buy from itself.

    The declaration is asked for whether the rule names it or not.
    """
    declared = Cited[Condition](NotDeclared("related_party"), _UNRELATED, "A")
    asked = _of_declaration(version, "related_party") or [declared]
    own = Cited[PurchaseRule](NotSelfUse(), _UNRELATED, "A")
    findings = [*_evaluate_all(evidence, asked), *judge_all(evidence, [own])]
    found = Text(
        f"企业声明 {evidence.applied_on.year} 年度与服务机构无关联关系，且非自用",
        f"declared for {evidence.applied_on.year}: not related to the provider; no self-use",
    )
    return conclude(kind, findings, found, join(dict.fromkeys(one.clause for one in asked)))


def check_credit(evidence: Evidence, version: Version, kind: Kind) -> Item:
    """Return whether nothing is on record against the enterprise, nor declared by itself."""
    declared = Cited[Condition](NotDeclared("serious_dishonesty"), _CREDIT, "A")
    asked = _of_declaration(version, "serious_dishonesty") or [declared]
    asked += [one for one in version.eligibility if isinstance(one.value, NoRecord)]
    found = Text("企业声明无严重失信，亦无不良记录", "declared honest, and nothing on record")
    findings = _evaluate_all(evidence, asked)
    return conclude(kind, findings, found, join(dict.fromkeys(one.clause for one in asked)))


def check_others(evidence: Evidence, version: Version, kind: Kind) -> Item:
    """Return whether no other grant and no other voucher stands against the claim."""
    vouchers = [one for one in version.eligibility if isinstance(one.value, NoEarlierVoucher)]
    funded = [one for one in version.purchases if isinstance(one.value, _FUNDED)]
    application, own = evidence.application, evidence.programme.id
    findings = [
        *_evaluate_all(evidence, vouchers),
        *judge_all(evidence, funded),
        *(exclude_paid(own, version, evidence.case, line) for line in application.lines),
        *_excluded_by_others(evidence),
    ]
    found = join(_show_others(evidence))
    clauses = join(dict.fromkeys([one.clause for one in (*vouchers, *funded)]))
    return conclude(kind, findings, found, clauses if clauses.zh else version.document)


def _is_of_status(condition: Condition) -> bool:
    """Return whether a condition is about what the enterprise is, and no other item's business."""
    return not isinstance(condition, NotDeclared | NoRecord | NoEarlierVoucher)


def _of_declaration(version: Version, name: str) -> list[Cited[Condition]]:
    """Return the version's conditions on one declaration."""
    return [
        one
        for one in version.eligibility
        if isinstance(one.value, NotDeclared) and one.value.name == name
    ]


def _clauses(asked: Iterable[Cited[object]], version: Version) -> Text:
    """Return the clauses of some rules, the version's document where there is none."""
    clauses = dict.fromkeys(one.clause for one in asked)
    return join(clauses) if clauses else version.document


def _evaluate_all(evidence: Evidence, asked: Iterable[Cited[Condition]]) -> list[Finding]:
    """Return what conditions find on the day that the rule names, of each purchase that counts."""
    version, application = evidence.version, evidence.application
    assert version is not None, evidence.programme.id
    lines: list[Line | None] = [*evidence.counting] or [None]
    moments = [moment_of(version.legal_date.value, application, line) for line in lines]
    return [evaluate(one, application, moment) for one in asked for moment in moments]


def judge_all(
    evidence: Evidence, asked: Iterable[Cited[PurchaseRule]], lines: Iterable[Line] | None = None
) -> list[Finding]:
    """Return what rules find of each purchase of the claim, or of those given."""
    application, own = evidence.application, evidence.programme.id
    rules, judged = list(asked), evidence.lines if lines is None else list(lines)
    return [judge(one, own, application, line) for line in judged for one in rules]


def _show_held(evidence: Evidence, version: Version) -> Iterator[Text]:
    """Yield what the enterprise holds on each legal date, with number and validity."""
    application = evidence.application
    moments = [moment_of(version.legal_date.value, application, line) for line in evidence.counting]
    for day in sorted({one.on for one in moments if one.on is not None}):
        held = [
            one
            for one in evidence.case.enterprise.qualifications or ()
            if (one.valid_from or date.min) <= day <= (one.valid_to or date.max)
        ]
        shown = [_show_qualification(one) for one in held]
        zh, en = "、".join(one.zh for one in shown), ", ".join(one.en for one in shown)
        yield Text(f"{day} 有效：{zh}", f"valid on {day}: {en}")


def _show_qualification(held: Qualification) -> Text:
    name, first, last = call(QUALIFICATIONS, held.kind or "?"), held.valid_from, held.valid_to
    if first and last:
        days = Text(f"{first} 至 {last}", f"{first} to {last}")
    elif first or last:
        days = Text(f"{first} 起", f"from {first}") if first else Text(f"至 {last}", f"to {last}")
    else:
        days = Text("未注明有效期", "no dates")
    zh, en = (f"{held.number}，", f"{held.number}, ") if held.number else ("", "")
    return Text(f"{name.zh}（{zh}{days.zh}）", f"{name.en} ({en}{days.en})")


def _show_line(line: Line, verdict: Text, why: Text) -> Text:
    """Return a purchase with its amount, whether it counts, and why it does not."""
    name, kind = line.name(), call(RESOURCES, line.purchase.resource_kind or "?")
    yuan = render_yuan(line.purchase.invoiced_fen or 0)
    zh, en = (f"（{why.zh}）", f" ({why.en})") if why.zh else ("", "")
    return Text(
        f"{name.zh}（{kind.zh}）{yuan} 元{verdict.zh}{zh}",
        f"{name.en} ({kind.en}): CNY {yuan} {verdict.en}{en}",
    )


def _excluded_by_others(evidence: Evidence) -> Iterator[Finding]:
    """Yield where a voucher of another programme rules one of this level out.

    It does so whichever of the two came first: for its whole year, or on the claim's invoices where
    its scope is a contract or a project.
    """
    level, year = evidence.programme.level, evidence.application.year
    claimed = set(evidence.claim.invoices)
    for programme in evidence.beside:
        for version in programme.versions:
            hash_ = prepare(programme, version).hash
            drawn = [one for one in evidence.vouchers.drawn if one.version == hash_]
            in_year = any(one.year == year for one in drawn)
            on_these = any(claimed & set(one.invoices) for one in drawn)
            for rule, clause in list_exclusions(version):
                stands = in_year if rule.scope == "enterprise" else on_these
                if stands and level in rule.levels:
                    name, of = programme.name, call(LEVEL_NAMES, level)
                    yield no(
                        "excluded_by_other",
                        f"已使用{name.zh}，该券不得与{of.zh}创新券同时享受",
                        f"{name.en} was drawn on: it rules out a {of.en} voucher",
                        clause,
                    )


def _show_others(evidence: Evidence) -> Iterator[Text]:
    """Yield what other public money is on record, and what other vouchers were drawn."""
    case = evidence.case
    others = [one for one in case.earlier if one.programme != evidence.programme.id]
    if not case.other_funding and not others:
        yield Text("未登记其他财政资金或其他创新券", "no other public money or voucher on record")
    for given in case.other_funding:
        level, scope = call(LEVEL_NAMES, given.level or "?"), call(SCOPES, given.scope or "?")
        ref = f" {given.ref}" if given.ref else ""
        yield Text(
            f"{given.year} 年{level.zh}资金（{scope.zh}{ref}）不影响本申请",
            f"{level.en} money of {given.year} ({scope.en}{ref}) does not matter",
        )
    for one in others:
        known = level_of(one.programme)
        level = call(LEVEL_NAMES, known or "?")
        yuan = render_yuan(one.redeemed_fen or 0)
        yield Text(
            f"{one.year} 年度{level.zh}创新券（{one.programme}）{yuan} 元，可以叠加",
            f"{level.en} voucher of {one.year} ({one.programme}), CNY {yuan}: may stand beside",
        )
