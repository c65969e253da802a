"""The check list of a claim (初审事项), computed: every item of what the task force checks.

An item is met, not met, or one cannot tell; what is unknown is never met. A reviewer confirms or
overrides each of them afterwards (`first_review`).
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from msgspec import structs

from ledger.text import Text
from vouchers.claims import day_items, document_items, matching, money_items, paper_items
from vouchers.claims import rule_items as rules
from vouchers.claims.evidence import Evidence, Item, Kind, conclude, join, no
from vouchers.claims.paper_items import PAPERS
from vouchers.programme import Version

ByRule = Callable[[Evidence, Version, Kind], Item]
ByPapers = Callable[[Evidence, Kind], Item]


class _Row(NamedTuple):
    """An item, and how it is computed: by the version that applies, or by the papers alone."""

    kind: Kind
    by_rule: ByRule | None = None
    by_papers: ByPapers | None = None
    of_purchases: bool = True


_ROWS: Final[tuple[_Row, ...]] = (
    _Row(
        Kind(
            "status",
            Text("资质在认定日有效", "status valid on the date that the rule names"),
            Text("资质、注册地、税务关系登记", "qualifications, registered place, tax domicile"),
            Text(
                "对照发布名单核对资质；确不符合的不予支持",
                "compare with the issuing list; where it is not held, refuse",
            ),
        ),
        by_rule=rules.check_status,
    ),
    _Row(
        Kind(
            "parties",
            Text("各材料名称与信用代码一致", "name and credit code equal on every paper"),
            Text("申请表、合同、发票、付款凭证", "application, contract, invoices, payments"),
            Text(
                "退回企业更正材料，或附更名证明",
                "return it: correct papers, or proof of a new name",
            ),
            ("application", "contract", "invoice", "payment"),
        ),
        by_papers=paper_items.check_parties,
    ),
    _Row(
        Kind(
            "provider",
            Text("服务机构在名单内", "provider on the list during the service"),
            Text("服务机构名单、合同", "the rule's list of providers, the contract"),
            Text("核对名单与服务期；不在名单的核减", "check list and days; cut what is outside"),
            ("contract",),
        ),
        by_rule=rules.check_provider,
    ),
    _Row(
        Kind(
            "days",
            Text("各日期在规定期限内", "all days inside their windows and in order"),
            Text("合同、发票、付款凭证、申请表", "contract, invoices, payments, application"),
            Text("核对原件日期；超出期限的核减或退回", "check the papers' days; cut, or return it"),
            ("contract", "invoice", "payment"),
        ),
        by_rule=day_items.check_days,
    ),
    _Row(
        Kind(
            "invoice_unused",
            Text("发票未被重复申请", "invoices used in no other claim"),
            Text("全部申请的发票号码", "the invoice numbers of all claims"),
            Text("核对发票号码；重复的不予支持", "check the numbers; refuse what is claimed twice"),
            ("invoice",),
        ),
        by_papers=paper_items.check_unused,
    ),
    _Row(
        Kind(
            "not_reversed",
            Text("发票未被红冲", "invoices not reversed"),
            Text("红字发票记录", "the record of red invoices"),
            Text("按余额核减；已支付的认定追缴", "cut to what is left; claim back what was paid"),
            ("invoice",),
        ),
        by_papers=paper_items.check_reversed,
    ),
    _Row(
        Kind(
            "sums",
            Text("发票税价合计无误", "net and tax make up the total"),
            Text("发票票面与登记", "the invoices, and their record"),
            Text("核对发票票面，更正登记", "compare with the invoice, and correct the record"),
            ("invoice",),
        ),
        by_papers=paper_items.check_sums,
    ),
    _Row(
        Kind(
            "paid",
            Text("实付不少于申请基数", "paid at least what is claimed on"),
            Text("付款凭证", "payments"),
            Text("补交付款凭证，或按实付核减", "ask for the slips, or cut to what was paid"),
            ("payment",),
        ),
        by_rule=paper_items.check_paid,
    ),
    _Row(
        Kind(
            "payer",
            Text("由企业自有账户付至服务机构", "paid from its own account to the provider"),
            Text("付款凭证、企业账户", "payments, the enterprise's accounts"),
            Text("核对银行回单；代付、转付的核减", "check the bank's slip; cut what others paid"),
            ("payment",),
        ),
        by_papers=paper_items.check_payer,
    ),
    _Row(
        Kind(
            "lines",
            Text("服务内容属支持范围", "lines eligible, others cut"),
            Text("发票、计量用量", "invoices and metered usage"),
            Text("不属支持范围的核减", "cut what is not covered"),
            ("invoice",),
        ),
        by_rule=rules.check_lines,
    ),
    _Row(
        Kind(
            "match",
            Text("合同、发票、付款、用量相符", "contract, invoice, payment and usage match"),
            Text("合同、发票、付款凭证、计量用量", "contract, invoice, payment, metered usage"),
            Text(
                "核对用量明细与结算单；无用量佐证的核减",
                "compare with the settlement statement; cut what no usage bears out",
            ),
            ("contract", "invoice", "payment"),
        ),
        by_papers=matching.check_match,
    ),
    _Row(
        Kind(
            "related_party",
            Text("与服务机构无关联关系", "not related to the provider"),
            Text("企业声明、统一社会信用代码", "declaration, credit codes"),
            Text("补交声明；有关联关系的不予支持", "ask for the declaration; refuse the related"),
        ),
        by_rule=rules.check_related,
    ),
    _Row(
        Kind(
            "credit",
            Text("信用状况良好", "no dishonesty on record"),
            Text("企业声明、信用记录", "declaration, records"),
            Text("查询信用记录；严重失信的不予支持", "look the record up; refuse the dishonest"),
        ),
        by_rule=rules.check_credit,
        of_purchases=False,
    ),
    _Row(
        Kind(
            "other_grants",
            Text("无冲突的其他资助", "no other grant that stands against it"),
            Text("其他财政资金登记、创新券使用记录", "other public money, vouchers drawn"),
            Text("核对其他资助；重复的不予支持", "check the other grant; refuse what is doubled"),
        ),
        by_rule=rules.check_others,
    ),
    _Row(
        Kind(
            "split",
            Text("未拆分合同", "contracts not split"),
            Text("企业与服务机构的全部合同", "all its contracts with the provider"),
            Text("请企业说明；属拆分的合并计算", "ask why; count what was split as one"),
            ("contract",),
        ),
        by_rule=matching.check_split,
    ),
    _Row(
        Kind(
            "documents",
            Text("申请材料齐全", "documents of the list on file"),
            Text("归档材料", "documents on file"),
            Text("退回企业补交所列材料", "return it: the documents named are to be filed"),
        ),
        by_rule=document_items.check_documents,
    ),
    _Row(
        Kind(
            "confirmed",
            Text("服务机构已确认", "confirmed by the provider"),
            Text("服务机构确认记录", "the provider's confirmation"),
            Text("请服务机构确认", "ask the provider to confirm"),
        ),
        by_rule=document_items.check_confirmation,
    ),
    _Row(
        Kind(
            "amount",
            Text("申请金额不超过核定金额", "no more asked than the claim is worth"),
            Text("按规则核定的金额", "the amount worked out by the rule"),
            Text("按差额核减", "cut the difference"),
        ),
        by_rule=money_items.check_amount,
    ),
    _Row(
        Kind(
            "headroom",
            Text("年度额度足够", "room under the year's cap"),
            Text("创新券申领与使用记录", "vouchers granted and drawn"),
            Text("按余额核减", "cut to what is left"),
        ),
        by_rule=money_items.check_headroom,
    ),
    _Row(
        Kind(
            "pool",
            Text("资金余额足够", "room in the fund"),
            Text("资金账、申请顺序", "the fund's account, the order of claims"),
            Text("等待资金下达，或按余额核减", "wait for money, or cut to what is left"),
        ),
        by_rule=money_items.check_pool,
        of_purchases=False,
    ),
    _Row(
        Kind(
            "payee",
            Text("收款户名为申请企业", "payee is the claimant"),
            Text("收款账户", "the bank account"),
            Text("退回企业更正收款账户", "return it: the account is to be its own"),
        ),
        by_papers=money_items.check_payee,
        of_purchases=False,
    ),
    _Row(
        Kind(
            "domicile",
            Text("付款时税务关系符合要求", "tax domicile as the rule asks, at payment"),
            Text("税务关系登记", "tax domicile on record"),
            Text("核对税务关系；已迁出的不予支付", "look it up; what has moved is not paid"),
        ),
        by_rule=rules.check_domicile,
        of_purchases=False,
    ),
    _Row(
        Kind(
            "notice",
            Text("公示期满无异议", "notice over, no objection open"),
            Text("公示与异议记录", "the notice and its objections"),
            Text("等待公示期满，先处理异议", "wait for the last day, and settle the objections"),
        ),
        by_papers=money_items.check_notice,
        of_purchases=False,
    ),
)

ITEMS: Final[Mapping[str, Text]] = {one.kind.item: one.kind.name for one in _ROWS}
"""Every item and what it is called, in the order of the list."""

PAYMENT_ONLY: Final = frozenset({"domicile", "notice"})
"""Items that are asked for before a payment, and not at the first review."""


PAPERS_MAX: Final = 12
"""So many papers of a kind are named in a source: a year has twelve monthly invoices."""


def check(evidence: Evidence) -> tuple[Item, ...]:
    """Return every item of the check list, computed, in the list's order."""
    rows = [
        one for one in _ROWS if evidence.stage == "payment" or one.kind.item not in PAYMENT_ONLY
    ]
    return tuple(
        _name_papers(evidence, one.kind, _guard(evidence, one, _compute(evidence, one)))
        for one in rows
    )


def _compute(evidence: Evidence, row: _Row) -> Item:
    if row.by_papers is not None:
        return row.by_papers(evidence, row.kind)
    assert row.by_rule is not None, row.kind.item
    version = evidence.version
    if version is not None:
        return row.by_rule(evidence, version, row.kind)
    decision = evidence.worth.decision
    document = evidence.programme.versions[-1].document
    findings = [no(one.code, *one.message, one.clause) for one in decision.reasons] or [
        no("no_version_in_force", "没有施行的规则版本", "no version is in force", document)
    ]
    return conclude(row.kind, findings, Text("", ""), document)


def _guard(evidence: Evidence, row: _Row, item: Item) -> Item:
    """Return the item, but met only where each invoice of the claim was there to be looked at."""
    if not row.of_purchases or item.verdict != "met":
        return item
    there = {one.purchase.invoice for one in evidence.lines}
    absent = [one for one in evidence.claim.invoices if one not in there]
    if there and not absent:
        return item
    missing = [Text(f"发票 {one} 未登记", f"invoice {one} is not on record") for one in absent]
    none = Text("申请没有可核查的发票", "the claim has no invoice to look at")
    return structs.replace(
        item,
        verdict="cannot_tell",
        found=join(missing or [none]),
        next_step=Text("先登记发票及其合同", "enter the invoice and its contract first"),
    )


def _name_papers(evidence: Evidence, kind: Kind, item: Item) -> Item:
    """Return the item with the papers that it rests on named in its source, the first ones."""
    named = []
    for paper in kind.papers:
        numbers, name = evidence.numbers_of(paper), PAPERS[paper]
        shown, more = ", ".join(numbers[:PAPERS_MAX]), len(numbers) - PAPERS_MAX
        rest = Text(f" 等 {len(numbers)} 份", f" and {more} more") if more > 0 else Text("", "")
        if numbers:
            named.append(Text(f"{name.zh} {shown}{rest.zh}", f"{name.en} {shown}{rest.en}"))
    return structs.replace(item, source=join(named)) if named else item
