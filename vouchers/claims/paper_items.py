"""Items of the check list that the papers answer: parties, numbers, red invoices, payments, sums.

What a paper itself says is handed in as `Printed`; what nobody read off it is unknown.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

from msgspec import structs

from ledger.money import render_yuan
from ledger.text import Text
from vouchers.claims.evidence import (
    Elsewhere,
    Evidence,
    Item,
    Kind,
    Named,
    PaperKind,
    conclude,
    join,
    no,
    open_,
    same_name,
)
from vouchers.decision import HOLDS, Finding
from vouchers.payments import sum_paid
from vouchers.programme import Version
from vouchers.spend import ask_for_payments, measure

PAPERS: Final[dict[PaperKind, Text]] = {
    "application": Text("申请表", "application"),
    "contract": Text("合同", "contract"),
    "invoice": Text("发票", "invoice"),
    "payment": Text("付款凭证", "payment"),
}
_CREDIT_CODE: Final = Text(
    "名称与统一社会信用代码（GB 32100-2015）一致",
    "one name, one unified social credit code (GB 32100-2015)",
)
_ONCE: Final = Text("一张发票只能申请一次", "an invoice is claimed on once")
_RED: Final = Text("红字发票冲销的金额不予补贴", "what a red invoice reverses is not refunded")
_PAYER: Final = Text(
    "由企业自有账户付至服务机构", "paid from the enterprise's own account to the provider"
)
_ADDS_UP: Final = Text(
    "发票：不含税金额＋税额＝价税合计", "an invoice: net and tax make up the total"
)


def check_parties(evidence: Evidence, kind: Kind) -> Item:
    """Return whether application, contracts, invoices and payments name the same enterprise.

    An application that is handed in here is of the registered enterprise by itself; one on paper
    is compared. An invoice's seller is the contract's provider.
    """
    registered = evidence.account.registered
    if registered is None:
        zh, en = "企业尚未登记名称", "the enterprise's name is not on record"
        return conclude(kind, [open_(zh, en, _CREDIT_CODE)], Text("", ""), _CREDIT_CODE)
    papers = [(paper, number) for paper in PAPERS for number in evidence.numbers_of(paper)]
    form: tuple[PaperKind, str] = ("application", evidence.claim.claim)
    if form not in {(one.kind, one.number) for one in evidence.printed}:
        papers.remove(form)
    ours = Named(registered.name, evidence.claim.enterprise)
    findings = [
        _is_party(evidence.print_of(paper, number).buyer, ours, paper, number)
        for paper, number in papers
    ]
    findings += [
        _is_provider(
            evidence.print_of("invoice", one).seller,
            _provider(evidence, one),
            ("invoice", one),
            _CREDIT_CODE,
        )
        for one in evidence.claim.invoices
    ]
    found = Text(
        f"{ours.name}（{ours.credit_code}），{len(papers)} 份材料一致",
        f"{ours.name} ({ours.credit_code}) on each of {len(papers)} papers",
    )
    return conclude(kind, findings, found, _CREDIT_CODE)


def _is_party(given: Named, ours: Named, paper: PaperKind, number: str) -> Finding:
    """Return whether a paper names a party; a bank's slip need not have its credit code."""
    what = PAPERS[paper]
    zh, en = f"{what.zh} {number}", f"{what.en} {number}"
    assert ours.name is not None, ours
    if given.name is not None and not same_name(given.name, ours.name):
        return no(
            "other_name",
            f"{zh} 写的是“{given.name}”，登记为“{ours.name}”",
            f"{en} names {given.name}, registered is {ours.name}",
            _CREDIT_CODE,
        )
    if given.credit_code is not None and given.credit_code != ours.credit_code:
        return no(
            "other_code",
            f"{zh} 的统一社会信用代码 {given.credit_code} 与 {ours.credit_code} 不同",
            f"{en} has the credit code {given.credit_code}, not {ours.credit_code}",
            _CREDIT_CODE,
        )
    if given.name is None or (given.credit_code is None and paper != "payment"):
        return open_(
            f"{zh} 的名称或信用代码尚未录入", f"name or code on {en} is not entered", _CREDIT_CODE
        )
    return HOLDS


def check_unused(evidence: Evidence, kind: Kind) -> Item:
    """Return whether no other claim of the programme, and no other enterprise, has an invoice.

    Another level may refund the same invoice; whether it does so lawfully is another item's.
    """
    if evidence.elsewhere is None:
        zh, en = "尚未核对其他申请", "nobody has looked at other claims"
        return conclude(kind, [open_(zh, en, _ONCE)], Text("", ""), _ONCE)
    stand = [one for one in evidence.elsewhere if one.live]
    findings = [_used(one, evidence) for one in stand]
    count = len(evidence.claim.invoices)
    if not count:
        findings.append(open_("申请未列明发票", "the claim names no invoice", _ONCE))
    beside = [one for one in stand if _stands_beside(one, evidence)]
    found = [Text(f"{count} 张发票均未被使用", f"invoices used nowhere else: {count}")]
    found += [
        Text(
            f"{one.invoice} 另由 {one.programme} 受理",
            f"{one.invoice} is also with {one.programme}",
        )
        for one in beside
    ]
    made = conclude(kind, findings, join(found), _ONCE)
    foreign = any(one.enterprise != evidence.claim.enterprise for one in stand)
    return structs.replace(made, inside=foreign)


def _stands_beside(one: Elsewhere, evidence: Evidence) -> bool:
    """Return whether an invoice is with the same enterprise's claim of another programme."""
    own = one.enterprise == evidence.claim.enterprise
    return own and one.claim is not None and one.programme not in (None, evidence.claim.programme)


def _used(one: Elsewhere, evidence: Evidence) -> Finding:
    if one.enterprise != evidence.claim.enterprise:
        return no(
            "invoice_of_another",
            f"发票 {one.invoice} 已在另一企业 {one.enterprise} 名下登记或申请",
            f"invoice {one.invoice} is on record, or claimed on, by {one.enterprise}",
            _ONCE,
        )
    if one.claim is None or _stands_beside(one, evidence):
        return HOLDS
    if one.programme is None:
        zh = f"发票 {one.invoice} 在申请 {one.claim} 中，其项目不明"
        en = f"invoice {one.invoice} is in {one.claim}, of no known programme"
        return open_(zh, en, _ONCE)
    return no(
        "invoice_used",
        f"发票 {one.invoice} 已用于本项目申请 {one.claim}",
        f"invoice {one.invoice} is in {one.claim} of this programme",
        _ONCE,
    )


def check_reversed(evidence: Evidence, kind: Kind) -> Item:
    """Return whether no red invoice takes back what the claim rests on.

    One for a part is no obstacle where the claim rests on what is left.
    """
    if evidence.reversals is None:
        zh, en = "尚未查询红字发票", "nobody has looked for red invoices"
        return conclude(kind, [open_(zh, en, _RED)], Text("", ""), _RED)
    findings, shown = [], []
    for invoice, record in evidence.invoices:
        reds = [one for one in evidence.reversals if one.invoice == invoice]
        fen = sum(one.amount_fen for one in reds)
        if record is None:
            findings.append(open_(f"发票 {invoice} 未登记", f"no record of {invoice}", _RED))
        elif reds:
            numbers, yuan = "、".join(one.red for one in reds), render_yuan(fen)
            left_fen = record.amount_fen - fen
            rests_fen = _rests_on(evidence, invoice)
            zh = f"发票 {invoice} 被红字发票 {numbers} 冲销 {yuan} 元"
            en = f"invoice {invoice} is reversed by {numbers} over CNY {yuan}"
            if left_fen <= 0:
                findings.append(no("reversed", f"{zh}（全部）", f"{en}, all of it", _RED))
            elif rests_fen is not None and rests_fen > left_fen:
                over = render_yuan(rests_fen - left_fen)
                findings.append(
                    no("reversed_in_part", f"{zh}，应核减 {over} 元", f"{en}: cut {over}", _RED)
                )
            else:
                shown.append(Text(f"{zh}，已按余额计算", f"{en}; what is left was counted"))
    found = shown or [Text("未查到红字发票", "no red invoice was found")]
    return conclude(kind, findings, join(found), _RED)


def _rests_on(evidence: Evidence, invoice: str) -> int | None:
    """Return the amount of an invoice that the claim was worked out on."""
    parts = [one.purchase.invoiced_fen for one in evidence.lines if one.purchase.invoice == invoice]
    return None if None in parts else sum(one or 0 for one in parts)


def check_paid(evidence: Evidence, version: Version, kind: Kind) -> Item:
    """Return whether as much was paid on each purchase as its base is."""
    findings, shown, clause = [], [], version.base.clause
    for line in evidence.counting:
        base = measure(version, evidence.application, line).span
        paid = sum_paid(line.purchase, date.min, evidence.applied_on)
        name = line.name()
        given, wanted = render_yuan(paid.low), render_yuan(base.low)
        if paid.high < base.low:
            zh = f"{name.zh}已付 {render_yuan(paid.high)} 元，少于计算基数 {wanted} 元"
            en = f"{name.en}: CNY {render_yuan(paid.high)} paid, below its base of {wanted}"
            findings.append(no("paid_less", zh, en, clause))
        elif paid.low < base.high:
            asked = ask_for_payments(line, clause)
            zh, en = f"{name.zh}的付款或基数不明", f"payments or base of {name.en} are not known"
            findings += [open_(*one.message, clause) for one in asked] or [open_(zh, en, clause)]
        shown.append(
            Text(
                f"{name.zh}已付 {given} 元，计算基数 {wanted} 元",
                f"{name.en}: CNY {given} paid, base {wanted}",
            )
        )
    findings += _paid_back(evidence, clause)
    return conclude(kind, findings, join(shown), clause)


def _paid_back(evidence: Evidence, clause: Text) -> Iterator[Finding]:
    """Yield where money of an invoice came back after it was claimed on."""
    for one in evidence.account.payments_back.values():
        if one.invoice not in evidence.claim.invoices:
            continue
        left = [paid.amount_fen for paid in evidence.payments if paid.invoice == one.invoice]
        is_later = one.reversed_on > evidence.on.isoformat()
        if is_later or sum(left) >= _paid_for(evidence, one.invoice):
            continue
        back, rest = render_yuan(one.amount_fen), render_yuan(sum(left))
        yield no(
            "paid_back",
            f"发票 {one.invoice} 的付款 {one.payment} 于 {one.reversed_on} 退回 {back} 元，"
            f"实付余 {rest} 元",
            f"CNY {back} of payment {one.payment} of invoice {one.invoice} came back on"
            f" {one.reversed_on}: {rest} is left",
            clause,
        )


def _paid_for(evidence: Evidence, invoice: str) -> int:
    """Return what the case says was paid of an invoice by the day of application."""
    lines = [one.purchase for one in evidence.lines if one.purchase.invoice == invoice]
    return sum(sum_paid(one, date.min, evidence.applied_on).low for one in lines)


def check_payer(evidence: Evidence, kind: Kind) -> Item:
    """Return whether each payment went from the enterprise's own account to the provider."""
    registered, payments = evidence.account.registered, evidence.payments
    findings = []
    if registered is None or not payments:
        zh, en = "企业名称或付款尚未登记", "no name of the enterprise, or no payment, is on record"
        findings.append(open_(zh, en, _PAYER))
    ours = Named(registered.name if registered else None, evidence.claim.enterprise)
    for one in payments if registered else ():
        printed = evidence.print_of("payment", one.payment)
        findings.append(_is_party(printed.buyer, ours, "payment", one.payment))
        findings.append(_from_own_account(printed.own_account, one.payment))
        provider = _provider(evidence, one.invoice)
        findings.append(_is_provider(printed.seller, provider, ("payment", one.payment), _PAYER))
    found = Text(
        f"{len(payments)} 笔付款均由企业自有账户付至服务机构",
        f"paid from its own account to the provider: {len(payments)} payments",
    )
    return conclude(kind, findings, found, _PAYER)


def _from_own_account(own: bool | None, payment: str) -> Finding:  # noqa: FBT001 - a fact
    if own is None:
        zh, en = f"付款 {payment} 的付款账户未核对", f"the account of {payment} was not compared"
        return open_(zh, en, _PAYER)
    if own:
        return HOLDS
    zh, en = f"付款 {payment} 不是由企业自有账户支付", f"{payment} is not from its own account"
    return no("other_account", zh, en, _PAYER)


def _provider(evidence: Evidence, number: str) -> Named:
    """Return an invoice's provider: by code as its contract is recorded, by name as printed."""
    invoice = evidence.account.invoices.get(number)
    if invoice is None:
        return Named()
    contract = evidence.account.contracts.get(invoice.contract)
    seller = evidence.print_of("contract", invoice.contract).seller.name
    return Named(seller, contract.provider if contract else None)


def _is_provider(
    given: Named, provider: Named, paper: tuple[PaperKind, str], clause: Text
) -> Finding:
    """Return whether a paper's seller is the provider, by its credit code, or else by its name."""
    if given.credit_code is not None and provider.credit_code is not None:
        right: bool | None = given.credit_code == provider.credit_code
    elif given.name is not None and provider.name is not None:
        right = same_name(given.name, provider.name)
    else:
        right = None
    if right:
        return HOLDS
    what, wanted = PAPERS[paper[0]], provider.name or provider.credit_code or "?"
    zh, en = f"{what.zh} {paper[1]}", f"{what.en} {paper[1]}"
    if right is None:
        return open_(
            f"{zh} 的收款方与服务机构 {wanted} 无法核对",
            f"the seller on {en} cannot be compared with the provider {wanted}",
            clause,
        )
    got = given.name or given.credit_code or "?"
    return no(
        "other_payee",
        f"{zh} 的收款方为“{got}”，不是服务机构“{wanted}”",
        f"{en} is to {got}, not to the provider {wanted}",
        clause,
    )


def check_sums(evidence: Evidence, kind: Kind) -> Item:
    """Return whether net and tax make up the total of each invoice, and it is what is on record."""
    findings = [_adds_up(evidence, invoice) for invoice in evidence.claim.invoices]
    count = len(findings)
    if not count:
        findings.append(open_("申请未列明发票", "the claim names no invoice", _ADDS_UP))
    found = Text(f"{count} 张发票税价合计无误", f"invoices whose sums are right: {count}")
    return conclude(kind, findings, found, _ADDS_UP)


def _adds_up(evidence: Evidence, invoice: str) -> Finding:
    record = evidence.account.invoices.get(invoice)
    printed = evidence.print_of("invoice", invoice)
    tax_fen = printed.tax_fen if record is None or printed.tax_fen is not None else record.tax_fen
    total_fen = (
        printed.total_fen if record is None or printed.total_fen is not None else record.amount_fen
    )
    net_fen = printed.net_fen
    if net_fen is None or tax_fen is None or total_fen is None or record is None:
        zh, en = (
            f"发票 {invoice} 的不含税金额尚未录入",
            f"the net amount of {invoice} is not entered",
        )
        return open_(zh, en, _ADDS_UP)
    net, tax, total = (render_yuan(one) for one in (net_fen, tax_fen, total_fen))
    if net_fen + tax_fen != total_fen:
        zh = f"发票 {invoice}：{net} ＋ {tax} ≠ {total} 元"
        return no("sum_differs", zh, f"invoice {invoice}: {net} + {tax} ≠ CNY {total}", _ADDS_UP)
    if (total_fen, tax_fen) != (record.amount_fen, record.tax_fen):
        on_record = render_yuan(record.amount_fen), render_yuan(record.tax_fen)
        zh = f"发票 {invoice} 票面 {total} 元（税 {tax}），登记为 {' / '.join(on_record)} 元"
        en = f"invoice {invoice} prints {total} (tax {tax}), on record: {' / '.join(on_record)}"
        return no("record_differs", zh, en, _ADDS_UP)
    return HOLDS
