"""算力服务结算单: what one enterprise used in one month and what it costs.

Invoices and payments are those dated by the month's end, so that later ones change no statement.
"""

from collections.abc import Iterator
from fractions import Fraction

from ledger.events import PriceUnit
from ledger.money import parse_decimal, render_decimal
from ledger.period import days_of_month
from ledger.quantity import MICRO
from ledger.text import Text
from ledger.usage import render_quantity, separate_thousands
from reports.billing import billing, papers_of
from reports.metered import card_hours_by_day
from reports.snapshot import Snapshot
from reports.statement import (
    Amount,
    Block,
    Cell,
    Chart,
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
from vouchers.answers import ANSWER_WORKING_DAYS
from vouchers.book import Account, Book
from vouchers.rating import Charge, ChargeLine, DayUsage, rate
from vouchers.showing import render_exact
from vouchers.tariff import SECONDS

# Decimals of a converted quantity in print; the exact unit-seconds stand in the annex.
QUANTITY_PLACES = 4

UNITS: dict[PriceUnit, Text] = {
    "card_hour": Text("卡时", "card-hour"),
    "pflops_day": Text("P·天", "PFLOPS-day"),
    "tb_day": Text("TB·天", "TB-day"),
}

CONVERTED: dict[str, PriceUnit] = {"card": "card_hour", "tb": "tb_day"}
"""What the annex converts a resource's unit-seconds to."""

SYNTHETIC = Text(
    "本单所用的企业名称、合同与单价为演示用的合成数据，不构成付款依据。",
    "Enterprise, contract and price on this statement are synthetic; no payment is due on it.",
)

# Any change of words or layout on this statement is a new version.
MAKER = "compute/2"

TITLE = Text("算力服务结算单", "Compute settlement statement")


def make_compute(snapshot: Snapshot, enterprise: str, month: str) -> Statement:
    """Return the compute statement of an enterprise for a month, not yet numbered."""
    account = snapshot.book.account(enterprise)
    usage = snapshot.usage_in(enterprise, month)
    charge = rate(snapshot.book, account, usage)
    sections = [_charges(snapshot.book, charge)]
    if charge.unrated:
        sections.append(_unrated(charge))
    sections += [
        billing(account, month),
        _daily(snapshot.book, month, usage),
        _basis(charge),
        _confirmation(snapshot.book, account, charge),
        _annex(snapshot.book, usage),
    ]
    return Statement(
        kind="compute",
        title=TITLE,
        subject=enterprise,
        subject_name=account.name,
        period=month,
        facts=_facts(snapshot.book, account, month, charge),
        sections=tuple(sections),
        notices=(SYNTHETIC,) if _is_synthetic(account, charge) else (),
        total_fen=charge.amount_fen,
        values_sha256=_digest(account, month, usage, charge),
        maker=MAKER,
    )


def _digest(account: Account, month: str, usage: list[DayUsage], charge: Charge) -> str:
    """Return the digest of what is stated: usage, lines, and the documents of the month."""
    papers = papers_of(account, month)
    taken_back = [papers.red, papers.back] if papers.red or papers.back else []
    lines = [
        (line.contract.contract, line.resource, line.quantity, line.net_fen, line.tax_fen)
        for line in charge.lines
    ]
    parts = [
        (part.tariff.line.unit_price, part.tariff.line.per, part.units)
        for line in charge.lines
        for part in line.parts
    ]
    return digest_values(
        account.credit_code,
        month,
        usage,
        lines,
        parts,
        charge.unrated,
        papers.invoices,
        papers.payments,
        *taken_back,
    )


def _is_synthetic(account: Account, charge: Charge) -> bool:
    """Return whether a name or a price on the statement was made up."""
    made_up = account.registered is not None and account.registered.synthetic
    return made_up or any(line.contract.synthetic for line in charge.lines)


def _facts(
    book: Book, account: Account, month: str, charge: Charge
) -> tuple[tuple[Text, Cell], ...]:
    """Return who settles with whom, for when and under which contracts."""
    contracts = sorted({line.contract.contract for line in charge.lines})
    providers = sorted({line.contract.provider for line in charge.lines})
    provider_code = Text("服务方统一社会信用代码", "Provider's credit code")
    days = list(days_of_month(month))
    return (
        (Text("用户", "Customer"), Words(account.name)),
        (Text("用户统一社会信用代码", "Customer's credit code"), Words(account.credit_code)),
        (Text("服务方", "Provider"), Words(_providers(book, charge))),
        (provider_code, Words("、".join(providers) or "—")),
        (Text("结算期间", "Period"), Words(f"{days[0]} 至 {days[-1]}", f"{days[0]} to {days[-1]}")),
        (Text("合同", "Contract"), Words("、".join(contracts) or "—")),
    )


def _providers(book: Book, charge: Charge) -> str:
    """Return the providers' names, the code where no name is registered."""
    codes = sorted({line.contract.provider for line in charge.lines})
    return "、".join(book.account(code).name for code in codes) or "—"


def _charges(book: Book, charge: Charge) -> Section:
    """Return the lines with quantity, price, net, tax and total."""
    columns = (
        Column(Text("合同", "Contract"), 14),
        Column(Text("资源", "Resource"), 14),
        Column(Text("单位", "Unit"), 8),
        Column(Text("数量", "Quantity"), 15, figures=True),
        Column(Text("含税单价", "Price incl. tax"), 10, figures=True),
        Column(Text("不含税金额", "Net"), 12, figures=True),
        Column(Text("税率", "VAT"), 6, figures=True),
        Column(Text("税额", "Tax"), 10, figures=True),
        Column(Text("价税合计", "Total"), 13, figures=True),
    )
    total: tuple[Cell, ...] = (
        Words("合计", "Total"),
        Words(""),
        Words(""),
        Words(""),
        Words(""),
        Yuan(sum(line.net_fen for line in charge.lines)),
        Words(""),
        Yuan(sum(line.tax_fen for line in charge.lines)),
        Yuan(charge.amount_fen),
    )
    rows = tuple(_charge_row(book, line) for line in charge.lines)
    blocks: tuple[Block, ...] = (
        Table(columns, rows, total),
        Amount(Text("本期应付（价税合计）", "Due for the period, tax included"), charge.amount_fen),
    )
    return Section(Text("结算金额（元）", "Charges, in CNY"), blocks)


def _charge_row(book: Book, line: ChargeLine) -> tuple[Cell, ...]:
    """Return one line as cells; a price that changed in the month shows each part in its order."""
    units = dict.fromkeys(UNITS[part.tariff.line.per] for part in line.parts)
    vat = render_exact(parse_decimal(line.contract.vat_rate) * 100)
    listed = book.resources.get(line.resource)
    return (
        Words(line.contract.contract),
        Words(listed.name if listed else line.resource),
        Words(" / ".join(unit.zh for unit in units), " / ".join(unit.en for unit in units)),
        Number("/ ".join(render_decimal(part.units, QUANTITY_PLACES) for part in line.parts)),
        Number("/ ".join(part.tariff.line.unit_price for part in line.parts)),
        Yuan(line.net_fen),
        Number(f"{vat}%"),
        Yuan(line.tax_fen),
        Yuan(line.amount_fen),
    )


def _unrated(charge: Charge) -> Section:
    """Return the usage that no single contract prices."""
    columns = (
        Column(Text("日期", "Day"), 20),
        Column(Text("资源", "Resource"), 30),
        Column(Text("注明的合同", "Contract named"), 30),
        Column(Text("单位·秒", "Unit-seconds"), 20, figures=True),
    )
    rows = tuple(
        (Words(day), Words(resource), Words(contract or "—"), Number(render_quantity(quantity)))
        for (_, contract, resource, day), quantity in charge.unrated
    )
    why = Text(
        "下列用量当日没有唯一适用的合同单价，未计入本期金额；合同补录后另出补充结算单。",
        "No single contract price applies to this usage; it is not charged until a contract does.",
    )
    return Section(Text("未计价用量", "Unrated usage"), (Paragraph(why), Table(columns, rows)))


def _daily(book: Book, month: str, usage: list[DayUsage]) -> Section:
    """Return the chart of card-hours by day."""
    by_day = card_hours_by_day(book, month, usage)
    chart = Chart(
        title=Text("每日加速卡用量", "Accelerator use by day"),
        labels=tuple(day[8:] for day, _ in by_day),
        values=tuple(render_decimal(hours, 2).replace(",", "") for _, hours in by_day),
        unit=Text("卡时", "card-hours"),
    )
    return Section(Text("每日用量", "Daily usage"), (chart,))


def convert(unit: PriceUnit, quantity: int) -> Fraction:
    """Return a quantity in micro-unit-seconds in a unit that needs no PFLOPS."""
    return Fraction(quantity, MICRO * SECONDS[unit])


def _annex(book: Book, usage: list[DayUsage]) -> Section:
    """Return the daily detail, exact to the unit-second."""
    columns = (
        Column(Text("日期", "Day"), 14),
        Column(Text("资源", "Resource"), 22),
        Column(Text("注明的合同", "Contract named"), 20),
        Column(Text("单位·秒（精确）", "Unit-seconds, exact"), 22, figures=True),
        Column(Text("折合", "Converted"), 22, figures=True),
    )
    rows = []
    for (_, contract, resource, day), quantity in sorted(usage, key=lambda one: (one[0][3], one)):
        listed = book.resources.get(resource)
        unit = listed and CONVERTED[listed.unit]
        rows.append(
            (
                Words(day),
                Words(listed.name if listed else resource),
                Words(contract or "—"),
                Number(separate_thousands(render_quantity(quantity))),
                Words(f"{render_decimal(convert(unit, quantity), 4)} {UNITS[unit].zh}")
                if unit
                else Words("—"),
            )
        )
    return Section(Text("附件：每日明细", "Annex: daily detail"), (Table(columns, tuple(rows)),))


def _basis(charge: Charge) -> Section:
    """Return how the figures follow from the log."""
    how = Text(
        "用量按北京时间零点切分，以单位·秒精确累加；每份合同、每种资源、每月只四舍五入一次到分；"
        "税额按合同整月计算，以最大余额法分摊到各行。单价为合同约定的成交价，折扣已在价内。",
        "Usage is cut at midnight, Beijing time, and summed exactly in unit-seconds; each contract,"
        " resource and month is rounded once, half up to the fen; tax is computed for the"
        " contract's month and split over its lines by the largest remainder. Prices are those"
        " agreed in the contract, after any discount.",
    )
    blocks: list[Block] = [Paragraph(how)]
    blocks += [Paragraph(_parts(line)) for line in charge.lines if len(line.parts) > 1]
    blocks += [Paragraph(one) for one in dict.fromkeys(_conversions(charge))]
    return Section(Text("计算说明", "How it was computed"), tuple(blocks))


def _parts(line: ChargeLine) -> Text:
    """Return the sentence that says how much of a line was charged at which price."""
    said = [
        (render_decimal(part.units, QUANTITY_PLACES), UNITS[part.tariff.line.per], part.tariff.line)
        for part in line.parts
    ]
    zh = "；".join(f"{units} {unit.zh} × {price.unit_price} 元" for units, unit, price in said)
    en = "; ".join(f"{units} {unit.en} × CNY {price.unit_price}" for units, unit, price in said)
    name = f"{line.contract.contract} {line.resource}"
    return Text(f"{name} 月内分段计价：{zh}。", f"{name} was priced in parts: {en}.")


def _conversions(charge: Charge) -> Iterator[Text]:
    """Yield what one card of a resource priced per P·day does."""
    for line in charge.lines:
        for part in line.parts:
            if part.tariff.line.per == "pflops_day":
                pflops = render_decimal(part.tariff.pflops, 6).rstrip("0").rstrip(".")
                yield Text(
                    f"{line.resource} 每卡按 {pflops} PFLOPS（FP16）折算 P·天。",
                    f"One card of {line.resource} counts as {pflops} PFLOPS at FP16.",
                )


def _confirmation(book: Book, account: Account, charge: Charge) -> Section:
    """Return room for both parties' stamps."""
    parties = (
        (Text("服务方", "Provider"), _providers(book, charge)),
        (Text("用户", "Customer"), account.name),
    )
    how = Text(
        f"请自签发次日起 {ANSWER_WORKING_DAYS} 个工作日内确认，或逐行写明理由提出异议；"
        "有异议的行在处理完毕前不得申请补贴。逾期未答复的如实记为未答复，不视为确认。",
        f"Please confirm within {ANSWER_WORKING_DAYS} working days after the day of issue, or"
        " dispute lines with your reasons; no refund is claimed for a disputed line until it is"
        " settled. Silence is shown as silence and is no agreement.",
    )
    blocks = (Paragraph(how), Signatures(parties))
    return Section(Text("双方确认", "Confirmation"), blocks)
