"""Two statements as a centre would issue them, and the fonts, made once for all test runs."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from ledger.text import Text
from reports import fonts
from reports.statement import (
    Amount,
    Cell,
    Chart,
    Column,
    Head,
    Number,
    Paragraph,
    Section,
    Signatures,
    Statement,
    Table,
    Words,
    Yuan,
)

FONT_CACHE = fonts.CACHE

ENTERPRISE = "武汉光谷云栖智能科技有限公司"
CREDIT_CODE = "91420100MA4K2XY18X"
CENTRE = "武汉人工智能计算中心运营有限公司"

HEADS = (
    Head("suanquan.example/usage", 1_204_511, "9f1c" * 16),
    Head("suanquan.example/book", 3_907, "07ab" * 16),
)


@pytest.fixture(scope="session")
def faces() -> fonts.Fonts:
    """Return the two weights; the first run on a machine makes them."""
    return fonts.load(FONT_CACHE)


@pytest.fixture(scope="session")
def compute() -> Callable[[int], Statement]:
    """Return the builder of a compute statement; its argument is the length of the annex."""
    return compute_statement


@pytest.fixture(scope="session")
def subsidy() -> Statement:
    """Return a subsidy statement."""
    return subsidy_statement()


def column(zh: str, en: str, weight: int, *, figures: bool = False) -> Column:
    return Column(Text(zh, en), weight, figures)


def compute_statement(annex_rows: int = 110) -> Statement:
    """Return a month's usage and charges: a chart, lines with VAT, and a daily annex."""
    return Statement(
        number="JS-2022-07-000186",
        kind="compute",
        title=Text("算力服务结算单", "Compute Settlement Statement"),
        subject=CREDIT_CODE,
        subject_name=ENTERPRISE,
        period="2022-07",
        revision=1,
        facts=(
            (Text("供方（计算中心）", "Provider"), Words(CENTRE)),
            (Text("需方（用户单位）", "Customer"), Words(ENTERPRISE)),
            (Text("供方统一社会信用代码", "Credit code"), Words("91420100MA49P8T68D")),
            (Text("需方统一社会信用代码", "Credit code"), Words(CREDIT_CODE)),
            (Text("结算期间", "Period"), Words("2022年7月1日至7月31日", "Asia/Shanghai")),
            (Text("合同编号", "Contract"), Words("WHAICC-2022-0317、WHAICC-2022-0422")),
        ),
        sections=(
            Section(
                Text("一、应付金额", "Amount due"),
                (
                    Amount(Text("本期价税合计", "Total with tax"), 635_215_43),
                    Paragraph(
                        Text(
                            "双方应在收到本结算单之日起五个工作日内确认或提出异议；有异议的明细在解决之前不得申请兑付。",
                            "Confirm or dispute within five working days; a disputed line cannot"
                            " be claimed until it is settled.",
                        )
                    ),
                ),
            ),
            Section(Text("二、合同明细", "Contract lines"), (contract_table(),)),
            Section(Text("三、每日用量", "Daily usage"), (daily_chart(),)),
            Section(
                Text("四、双方确认", "Confirmation"),
                (
                    Signatures(
                        (
                            (Text("供方", "Provider"), CENTRE),
                            (Text("需方", "Customer"), ENTERPRISE),
                        )
                    ),
                ),
            ),
            Section(Text("附件：每日明细", "Annex: daily detail"), (annex(annex_rows),)),
        ),
        notices=(
            Text(
                "样章：本单未加盖电子印章，仅供核对。",
                "Sample without a seal, for checking only.",
            ),
            Text(
                "价格为模拟数据，不得作为付款依据。",
                "The prices are synthetic; no payment may be based on them.",
            ),
        ),
        heads=HEADS,
        total_fen=635_215_43,
        values_sha256="0" * 64,
        maker="test/1",
    )


def contract_table() -> Table:
    lines: tuple[tuple[str, str, str, str, str, int, int], ...] = (
        ("WHAICC-2022-0317", "昇腾 910 加速卡", "Ascend 910", "12,480.5", "12.50", 156_006_25, 6),
        ("WHAICC-2022-0317", "并行文件存储", "Parallel file store", "310", "18", 5_580_00, 6),
        (
            "WHAICC-2022-0422",
            "昇腾 910 加速卡（夜间）",
            "Ascend 910, night",
            "52,104",
            "8.40",
            437_673_60,
            6,
        ),
    )
    rows = tuple(
        (
            Words(contract),
            Words(zh, en),
            Words("卡时" if "卡" in zh else "TB·天", "card-hour" if "卡" in zh else "TB·day"),
            Number(quantity),
            Number(price),
            Yuan(net),
            Words(f"{rate}%"),
            Yuan(net * rate // 100),
            Yuan(net + net * rate // 100),
        )
        for contract, zh, en, quantity, price, net, rate in lines
    )
    blank = Words("")
    total: tuple[Cell, ...] = (
        Words("合计", "Total"),
        *[blank] * 4,
        Yuan(sum(line[5] for line in lines)),
        blank,
        Yuan(sum(line[5] * 6 // 100 for line in lines)),
        Yuan(sum(line[5] + line[5] * 6 // 100 for line in lines)),
    )
    return Table(
        (
            column("合同", "Contract", 3),
            column("资源", "Resource", 4),
            column("单位", "Unit", 2),
            column("数量", "Quantity", 2, figures=True),
            column("单价", "Price", 2, figures=True),
            column("不含税金额", "Net", 3, figures=True),
            column("税率", "VAT", 1, figures=True),
            column("税额", "Tax", 2, figures=True),
            column("价税合计", "Total", 3, figures=True),
        ),
        rows,
        total,
    )


def daily_chart() -> Chart:
    values = tuple(
        f"{(day * 7919) % 2900 + (0 if day % 7 in (2, 3) else 400)}.5" for day in range(31)
    )
    return Chart(
        Text("加速卡每日用量", "Accelerator usage by day"),
        tuple(f"7-{day}" for day in range(1, 32)),
        values,
        Text("卡时", "card-hour"),
    )


def annex(rows: int) -> Table:
    return Table(
        (
            column("序号", "No.", 1, figures=True),
            column("日期", "Date", 2),
            column("作业", "Job", 4),
            column("资源", "Resource", 3),
            column("用量（卡时）", "Card-hours", 2, figures=True),
            column("金额（元）", "Amount", 2, figures=True),
        ),
        tuple(
            (
                Number(str(n)),
                Words(f"2022-07-{n % 31 + 1:02d}"),
                Words(f"train-llm-{n:05d}"),
                Words("昇腾 910 加速卡"),
                Number(f"{n * 13 % 977}.125"),
                Yuan(n * 104_729 % 9_000_000),
            )
            for n in range(1, rows + 1)
        ),
        (
            Words("合计", "Total"),
            *[Words("")] * 3,
            Number(f"{sum(n * 13 % 977 for n in range(1, rows + 1)) + Decimal(rows) / 8:.3f}"),
            Yuan(sum(n * 104_729 % 9_000_000 for n in range(1, rows + 1))),
        ),
    )


def step_table(*steps: tuple[str, str, int, str]) -> Table:
    return Table(
        (
            column("步骤", "Step", 5),
            column("依据条款", "Clause", 6),
            column("证据", "Grade", 1),
            column("金额（元）", "Amount", 2, figures=True),
        ),
        tuple(
            (
                Words(zh, en),
                Words(clause),
                Words("假定" if "假定" in clause else "有据"),
                Yuan(fen),
            )
            for zh, en, fen, clause in steps
        ),
    )


def subsidy_statement() -> Statement:
    """Return the refunds of one claim over the three levels, with steps, clauses and refusals."""
    return Statement(
        number="BT-2022-000031",
        kind="subsidy",
        title=Text("补贴结算单", "Subsidy Statement"),
        subject=CREDIT_CODE,
        subject_name=ENTERPRISE,
        period="2022",
        revision=2,
        supplements="BT-2022-000012",
        facts=(
            (Text("申请单位", "Claimant"), Words(ENTERPRISE)),
            (Text("统一社会信用代码", "Credit code"), Words(CREDIT_CODE)),
            (Text("服务提供方", "Provider"), Words(CENTRE)),
            (Text("申请日期", "Applied on"), Words("2022-11-01")),
            (Text("实际支付金额", "Amount paid"), Yuan(63_600_000)),
            (
                Text("研发项目", "R&D project"),
                Words(
                    "面向城市治理的多模态大模型训练与推理一体化关键技术研究及其在突发公共事件应急指挥调度中的示范应用（第二期）"
                ),
            ),
        ),
        sections=(
            Section(
                Text("一、核定补贴", "Refund decided"),
                (
                    Amount(Text("三级合计", "Total of three levels"), 40_000_000),
                    Paragraph(
                        Text(
                            "采用方案：武汉市科技创新券与东湖高新区创新券并用。",
                            "Plan taken: Wuhan together with East Lake.",
                        ),
                        strong=True,
                    ),
                ),
            ),
            Section(
                Text("二、武汉市科技创新券", "Wuhan"),
                (
                    step_table(
                        (
                            "计算基数：实际支付金额",
                            "Base: amount paid",
                            63_600_000,
                            "武科规〔2020〕2号 第八条",
                        ),
                        ("按 50% 计算", "At 50 %", 31_800_000, "武科规〔2020〕2号 第八条"),
                        (
                            "不超过年度上限",
                            "Capped for the year",
                            10_000_000,
                            "武科规〔2020〕2号 第八条：每家企业每年不超过10万元",
                        ),
                    ),
                    Amount(Text("市级补贴", "City refund"), 10_000_000),
                ),
            ),
            Section(
                Text("三、东湖高新区创新券", "East Lake"),
                (
                    step_table(
                        (
                            "计算基数：实际支付金额",
                            "Base: amount paid",
                            63_600_000,
                            "假定：未见条文",
                        ),
                        ("按 50% 计算", "At 50 %", 31_800_000, "假定：未见条文"),
                        (
                            "不超过年度上限",
                            "Capped for the year",
                            50_000_000,
                            "新闻报道：每年最高50万元",
                        ),
                        (
                            "三级合计不超过实际支付",
                            "Never above what was paid",
                            30_000_000,
                            "假定：各级合计不超过实际支付金额",
                        ),
                    ),
                    Amount(Text("区级补贴", "District refund"), 30_000_000),
                ),
            ),
            Section(
                Text("四、湖北省科技创新券：不予补贴", "Hubei: refused"),
                (
                    Paragraph(
                        Text(
                            "不予补贴的理由：已享受市、区科技创新券的企业，不再享受省科技创新券"
                            "（鄂科技规〔2022〕3号 第十一条）。",
                            "Refused: an enterprise that has had a city or district voucher gets no"
                            " provincial one.",
                        ),
                        strong=True,
                    ),
                    Table(
                        (
                            column("方案", "Plan", 4),
                            column("省", "Province", 2, figures=True),
                            column("市", "City", 2, figures=True),
                            column("区", "District", 2, figures=True),
                            column("合计（元）", "Total", 2, figures=True),
                            column("可否", "Lawful", 3),
                        ),
                        (
                            (
                                Words("市＋区", "City and district"),
                                Yuan(0),
                                Yuan(10_000_000),
                                Yuan(30_000_000),
                                Yuan(40_000_000),
                                Words("可以，金额最高", "Yes, pays most"),
                            ),
                            (
                                Words("仅省", "Province alone"),
                                Yuan(19_000_000),
                                Yuan(0),
                                Yuan(0),
                                Yuan(19_000_000),
                                Words("可以", "Yes"),
                            ),
                            (
                                Words("省＋市", "Province and city"),
                                Yuan(19_000_000),
                                Yuan(10_000_000),
                                Yuan(0),
                                Yuan(29_000_000),
                                Words("不可：省券排除已用市券的企业", "No: excluded"),
                            ),
                        ),
                    ),
                ),
            ),
        ),
        notices=(
            Text(
                "标为“假定”的数值没有找到公布的条文，须由主管部门确认。",
                "Values graded as assumed have no published text and need confirmation.",
            ),
        ),
        heads=HEADS,
        total_fen=40_000_000,
        values_sha256="0" * 64,
        maker="test/1",
    )
