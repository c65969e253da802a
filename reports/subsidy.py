"""补贴结算单: what three levels refund to one enterprise by a month's end, step by step.

What is dated after the month's end is left out, so that it changes no statement; but for what
became of claims that were handed in by then, which stand as the book leaves them.
"""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from ledger.money import render_decimal
from ledger.period import last_day
from ledger.text import Text
from reports.annex import counted_fen, make_annex, paid_fen
from reports.claims import acts_in, claims_section, digest_claims
from reports.snapshot import Snapshot
from reports.statement import (
    Amount,
    Block,
    Cell,
    Column,
    Number,
    Paragraph,
    Section,
    Signatures,
    Statement,
    Table,
    Words,
    Yuan,
    digest_values,
)
from reports.supplement import supplement_section
from vouchers.book import Account, Book
from vouchers.case import Case
from vouchers.decision import Decision, Step
from vouchers.names import LEVELS, RESOURCES, STATUSES, call
from vouchers.plan import Plan
from vouchers.programme import Programme, ResourceIs, Version
from vouchers.ruling import Ruling, rule_on
from vouchers.showing import show
from vouchers.wording import cite

# Any change of words or layout on this statement is a new version.
MAKER = "subsidy/4"

TITLE = Text("补贴结算单", "Subsidy settlement statement")

ASSUMED = Text(
    "标注“A”的条款值未见公开文本，系按假定取值，须由主管部门确认后方可兑付。",
    "Values graded A are assumed: no public text was found, and the authority must confirm them.",
)

CUTS = {
    "no_version_in_force": Text("认定日没有施行的规则版本", "no version in force on its day"),
    "already_refunded": Text("此前已获本项目补贴", "refunded by this programme before"),
    "nothing_spent": Text("没有可计入的金额", "nothing was spent"),
    "resource_not_covered": Text("不在支持的资源类别内", "of a kind that is not covered"),
    "not_paid_in_full": Text("截至申请日未全额付款", "not paid in full by the application"),
    "paid_in_other_year": Text("不是在申请当年付清", "paid in full in another year"),
    "not_signed_in_year": Text("合同不在年度内签订", "contract signed in another year"),
    "not_completed_in_year": Text("服务不在年度内完成", "service completed in another year"),
    "project_already_funded": Text("研发项目已获其他财政资金", "its project had other funding"),
    "contract_already_funded": Text("合同已获其他财政资金", "its contract had other funding"),
    "enterprise_already_funded": Text("企业已获其他财政资金", "the enterprise had other funding"),
    "contract_already_refunded": Text("所属合同此前已获补贴", "its contract was refunded before"),
    "contract_below_limit": Text("合同金额低于规定", "its contract is over too little"),
    "not_signed_in_window": Text("合同不在规定期间签订", "contract signed outside the window"),
    "not_service_in_window": Text("服务不全在规定期间内", "served outside the window"),
    "not_completed_in_window": Text("服务不在规定期间完成", "completed outside the window"),
    "not_invoiced_in_window": Text("发票不在规定期间开具", "invoiced outside the window"),
    "not_paid_in_full_in_window": Text("不在规定期间付清", "paid in full outside the window"),
    "provider_not_listed": Text("服务机构不在名单有效期内", "the provider was not listed"),
    "self_use": Text("自用", "self-use"),
}
"""Why a programme leaves a purchase out, by the reason's code."""

GRADES = Text(
    "依据等级：P 官方原文；M 转载的官方文本；N 新闻报道；A 假定。",
    "Grades of evidence: P official text; M official text in a repost; N press; A assumed.",
)

SYNTHETIC = Text(
    "本单含演示用的合成数据，不构成兑付依据。",
    "This statement contains synthetic data; nothing is payable on it.",
)


def make_subsidy(snapshot: Snapshot, enterprise: str, month: str) -> Statement:
    """Return the subsidy statement of an enterprise by a month's end, not yet numbered."""
    account = snapshot.book.account(enterprise)
    apply_on = last_day(month)
    usage = snapshot.usage.get(enterprise, [])
    ruling = rule_on(snapshot.book, account, usage, apply_on)
    total_fen, values_sha256 = ruling.total_fen, _digest(account, ruling, apply_on)
    acts, earlier = acts_in(snapshot, enterprise, month), account.issued("subsidy", month)
    programmes = [one for one, _ in ruling.decisions]
    changed = (values_sha256, total_fen, programmes)
    sections = (
        *([supplement_section(earlier, acts, *changed)] if earlier else ()),
        _summary(ruling, total_fen),
        claims_section(acts, programmes),
        *(_decision(*one) for one in ruling.decisions),
        _plans(ruling),
        _vouchers(account, ruling, apply_on),
        _confirmation(snapshot.book, account, ruling.case),
        make_annex(ruling, apply_on),
    )
    return Statement(
        kind="subsidy",
        title=TITLE,
        subject=enterprise,
        subject_name=account.name,
        period=month,
        facts=_facts(account, apply_on),
        sections=sections,
        notices=(SYNTHETIC, ASSUMED) if _is_synthetic(account, ruling.case) else (ASSUMED,),
        total_fen=total_fen,
        values_sha256=values_sha256,
        maker=MAKER,
        claims_sha256=digest_claims(acts),
    )


def _digest(account: Account, ruling: Ruling, apply_on: date) -> str:
    """Return the digest of what is stated: findings and amounts, combinations, vouchers."""
    findings = [
        (
            decision.programme,
            decision.version_hash,
            decision.status,
            decision.amount_fen,
            decision.year,
            [reason.code for reason in decision.reasons],
            sorted(counted_fen(ruling, programme, decision).items()),
        )
        for programme, decision in ruling.decisions
    ]
    plans = [(one.programmes, one.amounts_fen, one.lawful) for one in ruling.plans]
    purchases = [
        (one.invoice, one.resource_kind, one.invoiced_fen, paid_fen(one, apply_on))
        for one in ruling.case.purchases or ()
    ]
    vouchers = [
        (draw.programme, draw.year, draw.amount_fen)
        for draw in account.drawn
        if draw.drawn_on <= apply_on.isoformat()
    ]
    return digest_values(account.credit_code, apply_on, findings, plans, purchases, vouchers)


def _is_synthetic(account: Account, case: Case) -> bool:
    """Return whether a name or a contract behind the refund was made up."""
    made_up = account.registered is not None and account.registered.synthetic
    contracts = [account.contracts.get(one.contract or "") for one in case.purchases or ()]
    return made_up or any(contract.synthetic for contract in contracts if contract)


def _facts(account: Account, apply_on: date) -> tuple[tuple[Text, Cell], ...]:
    """Return who, for which year, decided as of which day."""
    return (
        (Text("申请企业", "Enterprise"), Words(account.name)),
        (Text("统一社会信用代码", "Credit code"), Words(account.credit_code)),
        (Text("年度", "Year"), Words(str(apply_on.year))),
        (Text("认定日期", "Decided as of"), Words(apply_on.isoformat())),
    )


def _summary(ruling: Ruling, total_fen: int) -> Section:
    """Return one row a level, and what they come to together."""
    columns = (
        Column(Text("级别", "Level"), 10),
        Column(Text("项目", "Programme"), 32),
        Column(Text("认定", "Finding"), 16),
        Column(Text("单独可得（元）", "Alone"), 20, figures=True),
        Column(Text("最优组合中（元）", "In the best plan"), 22, figures=True),
    )
    rows = tuple(
        (
            _words(LEVELS[programme.level]),
            Words(programme.name.zh),
            _words(STATUSES[decision.status]),
            Words("—") if decision.amount_fen is None else Yuan(decision.amount_fen),
            Yuan(ruling.paid_fen(programme.id)),
        )
        for programme, decision in ruling.decisions
    )
    label = Text("补贴合计（最优合规组合）", "Refund in the best lawful combination")
    blocks = (Table(columns, rows), Paragraph(_chosen(ruling), strong=True))
    return Section(Text("结论", "Result"), (*blocks, Amount(label, total_fen)))


def _chosen(ruling: Ruling) -> Text:
    """Return which combination the total is of."""
    if ruling.best is None:
        return Text("截至认定日没有合规的组合。", "There is no lawful combination by that day.")
    names = [one.name for one, _ in ruling.decisions if one.id in ruling.best.programmes]
    zh, en = "＋".join(name.zh for name in names), " + ".join(name.en for name in names)
    chosen = Text(f"采用组合：{zh}。", f"Combination taken: {en}.")
    if any(one.reason and one.reason.code == "excluded_combination" for one in ruling.plans):
        chosen = Text(
            f"{chosen.zh}部分项目互斥（见“组合比较”），已取合计最高的合规组合。",
            f"{chosen.en} Some programmes exclude each other (see Combinations); this is the lawful"
            " combination that pays most.",
        )
    if all(decision.status != "undetermined" for _, decision in ruling.decisions):
        return chosen
    return Text(
        f"{chosen.zh}尚有级别待补充材料，补齐后结论可能改变。",
        f"{chosen.en} A level is undetermined: what is supplied may change this.",
    )


def _decision(programme: Programme, decision: Decision) -> Section:
    """Return the steps of one programme with the clause behind each, and the reasons."""
    version = programme.version_of(decision.version)
    blocks: list[Block] = []
    if version is not None:
        blocks.append(
            Paragraph(Text(f"依据：{version.document.zh}", f"Basis: {version.document.en}"))
        )
    general = [one for one in decision.reasons if one.purchase is None]
    blocks += [Paragraph(cite(one), strong=True) for one in general]
    if decision.steps:
        columns = (
            Column(Text("步骤", "Step"), 32),
            Column(Text("结果", "Result"), 19, figures=True),
            Column(Text("条款", "Clause"), 42),
            Column(Text("等级", "Grade"), 7),
        )
        rows = tuple(
            (_words(step.what), _value(step), _words(step.clause), Words(step.grade))
            for step in decision.steps
            if step.purchase is None
        )
        blocks.append(Table(columns, rows))
    blocks += [Paragraph(one) for one in _cuts(decision, version)]
    level = LEVELS[programme.level]
    heading = Text(
        f"{level.zh}：{programme.name.zh} — {STATUSES[decision.status].zh}",
        f"{level.en}: {programme.name.en} — {STATUSES[decision.status].en}",
    )
    return Section(heading, tuple(blocks))


def _cuts(decision: Decision, version: Version | None) -> Iterator[Text]:
    """Yield one sentence a cause with the numbers of the purchases that it leaves out."""
    groups: dict[tuple[str, Text], list[int]] = {}
    for reason in decision.reasons:
        if reason.purchase is not None:
            groups.setdefault((reason.code, reason.clause), []).append(reason.purchase + 1)
    for (code, clause), numbers in groups.items():
        cause = _cause(code, clause, version)
        listed = [str(number) for number in numbers]
        yield Text(
            f"未计入第 {'、'.join(listed)} 项采购：{cause.zh}（{clause.zh}）。",
            f"Not counted, purchases {', '.join(listed)}: {cause.en} ({clause.en}).",
        )


def _cause(code: str, clause: Text, version: Version | None) -> Text:
    """Return why purchases are left out; of a kind that is not covered, by what the rule covers."""
    rules = version.purchases if version is not None and code == "resource_not_covered" else ()
    for cited in rules:
        if isinstance(cited.value, ResourceIs) and cited.clause == clause:
            kinds = [call(RESOURCES, one) for one in (cited.value.kind, *cited.value.also)]
            zh, en = "或".join(one.zh for one in kinds), " or ".join(one.en for one in kinds)
            return Text(f"不属于{zh}", f"not {en}")
    return CUTS[code]


def _value(step: Step) -> Cell:
    """Return a step's value as a cell: money in whole fen as money, all else in words."""
    if step.unit == "fen" and isinstance(step.value, int):
        return Yuan(step.value)
    if step.unit == "fen" and isinstance(step.value, Fraction):
        return Number(render_decimal(step.value / 100, 4))
    return _words(show(step))


def _plans(ruling: Ruling) -> Section:
    """Return every combination with what it pays, or why it is out."""
    heading, plans = Text("组合比较", "Combinations"), ruling.plans
    if all(one.reason and one.reason.code == "ineligible_member" for one in plans):
        none = Text(
            "各级均不予支持，无可比较的组合。", "No level supports it: there is nothing to combine."
        )
        return Section(heading, (Paragraph(none), Paragraph(GRADES)))
    columns = (
        Column(Text("组合", "Combination"), 28),
        Column(Text("合计（元）", "Total"), 18, figures=True),
        Column(Text("是否合规及理由", "Lawful, or why not"), 54),
    )
    names = {programme.id: programme.name.zh for programme, _ in ruling.decisions}
    rows = tuple(
        (
            Words(" + ".join(names[one] for one in made.programmes)),
            Yuan(made.total_fen) if made.lawful and made.total_fen is not None else Words("—"),
            _words(_verdict(made)),
        )
        for made in plans
    )
    return Section(heading, (Table(columns, rows), Paragraph(GRADES)))


def _verdict(made: Plan) -> Text:
    """Return whether a combination is lawful, with the reason and its clause where there is one."""
    lawful = Text("合规", "lawful") if made.lawful else Text("不可", "not lawful")
    if made.reason is None:
        return lawful
    cited = cite(made.reason)
    return Text(f"{lawful.zh}：{cited.zh}", f"{lawful.en}: {cited.en}")


def _vouchers(account: Account, ruling: Ruling, apply_on: date) -> Section:
    """Return the vouchers of the years concerned as they stood on the day: quota, drawn, left."""
    heading = Text("创新券额度", "Vouchers")
    rows = tuple(_voucher_rows(account, ruling, apply_on))
    if not rows:
        none = Text("截至认定日尚未申领创新券。", "No voucher was granted by that day.")
        return Section(heading, (Paragraph(none),))
    columns = (
        Column(Text("项目", "Programme"), 40),
        Column(Text("年度", "Year"), 12),
        Column(Text("申领额度", "Granted"), 16, figures=True),
        Column(Text("已使用", "Drawn"), 16, figures=True),
        Column(Text("剩余", "Left"), 16, figures=True),
    )
    return Section(heading, (Table(columns, rows),))


def _voucher_rows(account: Account, ruling: Ruling, apply_on: date) -> Iterator[tuple[Cell, ...]]:
    """Yield a row for each voucher, for the year of the day and for that of the decision."""
    day = apply_on.isoformat()
    for programme, decision in ruling.decisions:
        for year in sorted({apply_on.year, decision.year or apply_on.year}):
            granted = account.granted.get((programme.id, year))
            if granted is not None and granted.granted_on <= day:
                drawn_fen = account.drawn_fen(programme.id, year, day)
                yield (
                    Words(programme.name.zh),
                    Words(str(year)),
                    Yuan(granted.quota_fen),
                    Yuan(drawn_fen),
                    Yuan(granted.quota_fen - drawn_fen),
                )


def _confirmation(book: Book, account: Account, case: Case) -> Section:
    """Return room for both parties' stamps."""
    providers = sorted({one.provider for one in case.purchases or () if one.provider})
    parties = (
        (Text("申请企业", "Enterprise"), account.name),
        (Text("服务方", "Provider"), "、".join(book.account(one).name for one in providers) or "—"),
    )
    return Section(Text("双方确认", "Confirmation"), (Signatures(parties),))


def _words(text: Text) -> Words:
    """Return a sentence as a cell in both languages."""
    return Words(text.zh, "" if text.en == text.zh else text.en)
