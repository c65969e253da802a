"""兑付申请表: a claim as its enterprise handed it in, to be signed and stamped.

The bank account is personal data and stands beside the log: the form bears the digest under which
it was entered.
"""

from itertools import chain
from typing import Final

from ledger.events import (
    ClaimResubmitted,
    ClaimSubmitted,
    ContractRegistered,
    FundingReported,
    PaymentRecorded,
    QualificationGranted,
)
from ledger.money import render_yuan
from ledger.text import Text
from reports.claim_facts import Form, claim_until, last_done, records_of, state_claim
from reports.snapshot import Snapshot
from reports.statement import (
    Amount,
    Block,
    Cell,
    Column,
    Paragraph,
    Section,
    Signatures,
    Statement,
    Table,
    Words,
    Yuan,
)
from vouchers.book import Account
from vouchers.claims.fold import Claim
from vouchers.names import LEVEL_NAMES, QUALIFICATIONS, call
from vouchers.net import payments_on

# Any change of words or layout on this statement is a new version.
MAKER: Final = "application/3"

TITLE: Final = Text("兑付申请表", "Redemption claim form")

PROMISE: Final = Text(
    "本单位承诺：所填内容与所附材料真实、完整、有效，未重复申报其他财政资金；"
    "如有不实，愿退回资金并承担责任。",
    "We declare that what is entered and attached is true and complete and was claimed nowhere"
    " else; else we pay the refund back and answer for it.",
)

_HANDED: Final = (ClaimSubmitted, ClaimResubmitted)


def handed_in(snapshot: Snapshot, month: str) -> list[str]:
    """Return the claims, by id, that were last handed in in a month."""
    return last_done(snapshot, _HANDED, month)


def make_application(snapshot: Snapshot, claim: str, month: str) -> Statement:
    """Return the claim form of a claim as it was last handed in, not yet numbered."""
    folded, _ = claim_until(snapshot, claim, _HANDED)
    account = snapshot.book.account(folded.enterprise)
    sections = (
        _standing(account, folded),
        _contracts(snapshot, account, folded),
        _invoices(account, folded),
        _payments(account, folded),
        _asked(account, folded),
        _promise(account),
    )
    values = _values(account, folded)
    form = Form("application", TITLE, MAKER, sections, values, folded.asked_fen)
    return state_claim(snapshot, folded, month, form)


def _values(account: Account, claim: Claim) -> tuple[object, ...]:
    """Return what the sections state, by codes, figures and days."""
    declared = account.declarations.get(claim.year)
    said = None if declared is None else (declared.related_party, declared.serious_dishonesty)
    before = int(claim.applied_on[:4]) - 1
    sales = account.facts.get(("sales_fen", before))
    return (
        [
            (one.kind, one.number, one.valid_from, one.valid_to)
            for one in _held(account, claim.applied_on)
        ],
        (before, sales.value if sales else None),
        said,
        [
            (one.contract, one.project, one.provider, one.signed_on, span, one.amount_fen)
            for one in _contracts_of(account, claim)
            for span in [(one.service_from, one.service_to)]
        ],
        [
            (one.invoice, one.contract, one.issued_on, one.amount_fen, one.tax_fen)
            for one in records_of(account, claim)
        ],
        [
            (one.payment, one.invoice, one.paid_on, one.amount_fen)
            for one in _paid_on(account, claim)
        ],
        [(one.year, one.level, one.amount_fen) for one in _funding(account, claim)],
        (claim.asked_fen, claim.account),
    )


def _standing(account: Account, claim: Claim) -> Section:
    """Return the qualifications that the enterprise holds on the day, its sales, its word."""
    rows = tuple(
        (
            Words(*call(QUALIFICATIONS, one.kind)),
            Words(one.number or "—"),
            Words(f"{one.valid_from or '—'} 至 {one.valid_to or '—'}"),
        )
        for one in _held(account, claim.applied_on)
    )
    columns = (
        Column(Text("资质", "Qualification"), 40),
        Column(Text("证书编号", "Number"), 30),
        Column(Text("有效期", "Valid"), 30),
    )
    before = int(claim.applied_on[:4]) - 1
    sales = account.facts.get(("sales_fen", before))
    declared = account.declarations.get(claim.year)
    said = Text("未申报", "nothing declared")
    if declared is not None:
        related, dishonest = declared.related_party, declared.serious_dishonesty
        said = Text(
            f"关联交易：{'有' if related else '无'}；严重失信：{'有' if dishonest else '无'}",
            f"related party: {'yes' if related else 'no'};"
            f" serious dishonesty: {'yes' if dishonest else 'no'}",
        )
    amount = render_yuan(sales.value) if sales else "—"
    told = Text(
        f"上年度（{before}）销售收入 {amount} 元。企业声明：{said.zh}。",
        f"Sales of {before}: CNY {amount}. Declared: {said.en}.",
    )
    none = Text("申请日没有登记在册的有效资质。", "No qualification on record is valid that day.")
    first: Block = Table(columns, rows) if rows else Paragraph(none)
    return Section(Text("一、企业资质", "1. The enterprise"), (first, Paragraph(told)))


def _held(account: Account, day: str) -> list[QualificationGranted]:
    """Return the statuses that are held on a day."""
    return [
        one
        for one in account.qualifications
        if (one.valid_from or "") <= day <= (one.valid_to or "9999-12-31")
    ]


def _contracts(snapshot: Snapshot, account: Account, claim: Claim) -> Section:
    """Return the contracts of the claim's invoices."""
    columns = (
        Column(Text("合同", "Contract"), 16),
        Column(Text("研发项目", "Project"), 14),
        Column(Text("服务机构", "Provider"), 30),
        Column(Text("签订日期", "Signed on"), 12),
        Column(Text("服务期间", "Service"), 13),
        Column(Text("合同金额（元）", "CNY"), 15, figures=True),
    )
    rows = tuple(
        (
            Words(one.contract),
            Words(one.project or "—"),
            Words(snapshot.book.account(one.provider).name, one.provider),
            Words(one.signed_on),
            Words(f"{one.service_from} 至 {one.service_to}"),
            Yuan(one.amount_fen),
        )
        for one in _contracts_of(account, claim)
    )
    return Section(Text("二、合同", "2. Contracts"), (Table(columns, rows),))


def _contracts_of(account: Account, claim: Claim) -> list[ContractRegistered]:
    """Return the contracts on record of the claim's invoices, in their order."""
    names = dict.fromkeys(one.contract for one in records_of(account, claim))
    found = (account.contracts.get(name) for name in names)
    return [one for one in found if one is not None]


def _invoices(account: Account, claim: Claim) -> Section:
    """Return the claim's invoices and their sum."""
    records = records_of(account, claim)
    columns = (
        Column(Text("发票号码", "Invoice"), 24),
        Column(Text("合同", "Contract"), 16),
        Column(Text("开票日期", "Issued on"), 12),
        Column(Text("不含税金额", "Net"), 16, figures=True),
        Column(Text("税额", "Tax"), 14, figures=True),
        Column(Text("价税合计（元）", "CNY, tax included"), 18, figures=True),
    )
    rows = tuple(
        (
            Words(one.invoice),
            Words(one.contract),
            Words(one.issued_on),
            Yuan(one.amount_fen - one.tax_fen),
            Yuan(one.tax_fen),
            Yuan(one.amount_fen),
        )
        for one in records
    )
    tax_fen, total_fen = sum(one.tax_fen for one in records), sum(one.amount_fen for one in records)
    total: tuple[Cell, ...] = (
        Words("合计", "Total"),
        Words(""),
        Words(""),
        Yuan(total_fen - tax_fen),
        Yuan(tax_fen),
        Yuan(total_fen),
    )
    return Section(Text("三、发票", "3. Invoices"), (Table(columns, rows, total),))


def _payments(account: Account, claim: Claim) -> Section:
    """Return what was paid on the claim's invoices by the day, less what came back."""
    heading = Text("四、付款", "4. Payments")
    paid = _paid_on(account, claim)
    if not paid:
        none = Text("申请日前没有登记的付款。", "No payment is on record by that day.")
        return Section(heading, (Paragraph(none),))
    columns = (
        Column(Text("付款编号", "Payment"), 34),
        Column(Text("发票号码", "Invoice"), 30),
        Column(Text("付款日期", "Paid on"), 16),
        Column(Text("金额（元）", "CNY"), 20, figures=True),
    )
    rows = tuple(
        (Words(one.payment), Words(one.invoice), Words(one.paid_on), Yuan(one.amount_fen))
        for one in paid
    )
    total: tuple[Cell, ...] = (
        Words("合计", "Total"),
        Words(""),
        Words(""),
        Yuan(sum(one.amount_fen for one in paid)),
    )
    return Section(heading, (Table(columns, rows, total),))


def _paid_on(account: Account, claim: Claim) -> list[PaymentRecorded]:
    """Return what was paid on the claim's invoices by its day, each less what came back."""
    left = payments_on(account, claim.applied_on)
    of_claim = chain.from_iterable(left.get(one, ()) for one in claim.invoices)
    return [one for one in of_claim if one.paid_on <= claim.applied_on]


def _asked(account: Account, claim: Claim) -> Section:
    """Return what is asked for, into which account, beside which other public money."""
    others = [_tell_funding(one) for one in _funding(account, claim)] or [Text("无", "none")]
    zh, en = "；".join(one.zh for one in others), "; ".join(one.en for one in others)
    digest = claim.account or "—"
    told = Text(f"其他财政资金：{zh}。", f"Other public money: {en}.")
    into = Text(
        f"收款账户须为本企业账户；登记摘要 {digest}。",
        f"Paid into the enterprise's own account, entered under the digest {digest}.",
    )
    label = Text("申请金额", "Amount asked for")
    blocks = (Amount(label, claim.asked_fen), Paragraph(told), Paragraph(into))
    return Section(Text("五、申请金额与收款账户", "5. Amount and account"), blocks)


def _funding(account: Account, claim: Claim) -> list[FundingReported]:
    """Return the other public money that was reported by the claim's year."""
    return [one for one in account.funding.values() if one.year <= claim.year]


def _tell_funding(one: FundingReported) -> Text:
    """Return other public money in words."""
    level, zh, en = call(LEVEL_NAMES, one.level), "金额未报", "an amount not told"
    if one.amount_fen is not None:
        zh, en = f"{render_yuan(one.amount_fen)} 元", f"CNY {render_yuan(one.amount_fen)}"
    return Text(f"{one.year} 年{level.zh} {zh}", f"{level.en} {one.year}, {en}")


def _promise(account: Account) -> Section:
    """Return the enterprise's word, and room for the stamps."""
    parties = (
        (Text("申请企业", "Enterprise"), account.name),
        (Text("受理", "Received by"), "创新券专班"),
    )
    blocks = (Paragraph(PROMISE), Signatures(parties))
    return Section(Text("六、承诺与签章", "6. Declaration and stamps"), blocks)
