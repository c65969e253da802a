"""公示名单: a public notice as the public read it, to be stamped and put up."""

from ledger.text import Text
from reports.snapshot import Snapshot
from reports.statement import (
    Amount,
    Cell,
    Column,
    Number,
    Paragraph,
    Section,
    Statement,
    Table,
    Words,
    Yuan,
    digest_values,
)
from vouchers.adoption import choose, rules_of
from vouchers.claims.notice import Heading, head_noticed

# Any change of words or layout on this statement is a new version.
MAKER = "notice/1"

TITLE = Text("公示名单", "Public notice list")

HOW_TO_OBJECT = Text(
    "对名单有异议的单位和个人，请在公示期内以书面形式实名提出，写明事实与依据；异议处理完毕前不予付款。",
    "Whoever objects does so in writing and by name within the notice, with facts and grounds;"
    " nothing is paid before an objection is settled.",
)


def notices_in(snapshot: Snapshot, month: str) -> list[str]:
    """Return the public notices, by id, whose first day is in a month."""
    named = snapshot.notices.items()
    return sorted(one for one, lines in named if lines[0].data.first_day[:7] == month)


def make_notice_list(snapshot: Snapshot, notice: str, month: str) -> Statement:
    """Return the list of a public notice, not yet numbered."""
    lines = sorted(snapshot.notices[notice], key=lambda one: one.data.line)
    first = lines[0].data
    programme = choose(rules_of(snapshot.book), [first.programme])[0]
    heading = head_noticed(programme, first)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            Number(str(one.data.line)),
            Words(one.approved.enterprise),
            Words(one.approved.provider),
            Words(one.approved.service),
            Yuan(one.approved.amount_fen),
            Words(one.approved.remark or "—"),
        )
        for one in lines
    )
    total_fen = sum(one.approved.amount_fen for one in lines)
    columns = (
        Column(Text("序号", "No."), 7, figures=True),
        Column(Text("企业名称", "Enterprise"), 27),
        Column(Text("服务机构", "Provider"), 22),
        Column(Text("合同或服务内容", "Contract or service"), 20),
        Column(Text("金额（元）", "CNY"), 14, figures=True),
        Column(Text("备注", "Remark"), 10),
    )
    total: tuple[Cell, ...] = (
        Words(""),
        Words("合计", "Total"),
        *[Words("")] * 2,
        Yuan(total_fen),
        Words(""),
    )
    listed = Section(
        Text("名单", "List"),
        (
            Table(columns, rows, total),
            Amount(Text("公示金额合计", "Total under notice"), total_fen),
        ),
    )
    return Statement(
        kind="notice",
        title=TITLE,
        subject="",
        subject_name=programme.name.zh,
        period=month,
        facts=_facts(heading, first.last_day),
        sections=(listed, _how(heading, first.calendars)),
        total_fen=total_fen,
        values_sha256=digest_values(
            [(one.data.line, *_shown(one.approved)) for one in lines],
            (heading.basis, heading.authority, heading.objections, first.first_day),
            (first.last_day, first.calendars),
        ),
        maker=MAKER,
        about=notice,
    )


def _shown(approved: object) -> tuple[object, ...]:
    """Return what the public reads of a line, by field."""
    names = ("enterprise", "provider", "service", "amount_fen", "remark")
    return tuple(getattr(approved, name) for name in names)


def _facts(heading: Heading, last_day: str) -> tuple[tuple[Text, Cell], ...]:
    """Return what stands above the list: on which document, by whom, how long, where to object."""
    first, days = heading.first_day.isoformat(), heading.working_days.value
    return (
        (Text("公示编号", "Notice"), Words(heading.notice)),
        (Text("项目", "Programme"), Words(heading.name.zh, heading.name.en)),
        (Text("依据", "Basis"), Words(heading.basis)),
        (Text("公示单位", "Given by"), Words(heading.authority)),
        (
            Text("公示期", "From and through"),
            Words(
                f"{first} 至 {last_day}（{days} 个工作日）",
                f"{first} to {last_day}, {days} working days",
            ),
        ),
        (Text("异议受理", "Objections"), Words(heading.objections.zh, heading.objections.en)),
    )


def _how(heading: Heading, calendars: tuple[str, ...]) -> Section:
    """Return how the days were counted and how to object."""
    clause, digests = heading.working_days.clause, ", ".join(one[:16] for one in calendars) or "—"
    how = Text(
        f"公示期自首日起按工作日计算，首日与调休上班日计入（{clause.zh}；日历摘要 {digests}）。",
        f"The days are working days, the first one and make-up workdays counted ({clause.en};"
        f" calendars {digests}).",
    )
    return Section(Text("说明", "Notes"), (Paragraph(how), Paragraph(HOW_TO_OBJECT)))
