"""What a supplementary statement adds to the first one, and why a statement was superseded."""

from collections.abc import Iterator, Sequence
from typing import Final

from ledger.events import IssuedData
from ledger.money import render_yuan
from ledger.text import Text
from reports.claims import acts_in, name_claim, stand_now, tell_act
from reports.snapshot import Snapshot
from reports.statement import (
    Block,
    Cell,
    Column,
    Kind,
    Paragraph,
    Section,
    Table,
    Words,
    Yuan,
)
from vouchers.adoption import programmes_of, rules_of
from vouchers.claims.standing import Act, Standing, stand_at
from vouchers.programme import Programme

HEADING: Final = Text("补充说明", "What this supplements")

_CHANGED: Final[dict[Kind, Text]] = {
    "compute": Text("用量、单价或凭证有变", "usage, prices or papers changed"),
    "subsidy": Text("所依据的用量、凭证或规则有变", "usage, papers or rules behind it changed"),
    "application": Text(
        "申请重新提交，或所列材料有变", "the claim was handed in again, or its papers changed"
    ),
    "review": Text("重新初审", "the claim was reviewed again"),
    "notice": Text("公示内容有变", "what is under notice changed"),
    "fund": Text(
        "截至期末的资金变动有补记", "what counts by the end of the period was recorded after it"
    ),
    "payment": Text(
        "银行已有回复，或指令有增加", "the bank has answered, or orders were added to it"
    ),
}
"""What is said to have changed where a kind of statement states something else."""

_AMOUNTS: Final[tuple[tuple[str, Text], ...]] = (
    ("asked_fen", Text("申请金额", "asked")),
    ("refused_fen", Text("核减等", "cut or refused")),
    ("approved_fen", Text("批准", "approved")),
    ("paid_fen", Text("已支付", "paid")),
    ("assessed_fen", Text("应追缴", "claimed back")),
    ("recovered_fen", Text("已追回", "came back")),
    ("receivable_fen", Text("尚待追回", "receivable")),
    ("net_fen", Text("净额", "net")),
)


def supplement_section(
    earlier: Sequence[IssuedData],
    acts: Sequence[Act],
    values_sha256: str,
    total_fen: int,
    programmes: Sequence[Programme],
) -> Section:
    """Return what changed since the first of earlier statements, and by which acts on claims."""
    first, size = earlier[0], earlier[0].sizes["book"]
    blocks: list[Block] = [Paragraph(_named(earlier), strong=True)]
    if values_sha256 != first.values_sha256:
        blocks.append(Paragraph(_recomputed(first, total_fen)))
    rows = tuple(_changes(acts, size, programmes))
    if rows:
        columns = (
            Column(Text("申请", "Claim"), 30),
            Column(Text("项目", "Item"), 22),
            Column(Text("首份（元）", "First"), 16, figures=True),
            Column(Text("现在（元）", "Now"), 16, figures=True),
            Column(Text("差额（元）", "Difference"), 16, figures=True),
        )
        blocks.append(Table(columns, rows))
    blocks += [Paragraph(tell_act(one, programmes)) for one in acts if one.at >= size]
    return Section(HEADING, tuple(blocks))


def _named(earlier: Sequence[IssuedData]) -> Text:
    """Return which statement is supplemented, and which one was the latest until now."""
    first, last = earlier[0], earlier[-1]
    zh = f"本单补充 {first.statement}（第 {first.revision} 版，文件 SHA-256 {first.pdf_sha256}）"
    en = f"Supplements {first.statement} (revision {first.revision}, SHA-256 {first.pdf_sha256})"
    if last is not first:
        zh, en = f"{zh}，接续 {last.statement}", f"{en}, following {last.statement}"
    return Text(
        f"{zh}。原单保持不变，仍可核验；以下为与首份相比的变化及缘由。",
        f"{en}. The first stays as it is and verifies; below is what changed since, and why.",
    )


def _recomputed(first: IssuedData, total_fen: int) -> Text:
    """Return that the refund was computed on other facts, with both totals."""
    before, now = render_yuan(first.total_fen), render_yuan(total_fen)
    return Text(
        f"测算所依据的用量、凭证、额度或规则有变：补贴合计首份为 {before} 元，现为 {now} 元。",
        f"Usage, papers, vouchers or rules changed: the refund was CNY {before}, and is {now} now.",
    )


def _changes(
    acts: Sequence[Act], size: int, programmes: Sequence[Programme]
) -> Iterator[tuple[Cell, ...]]:
    """Yield a row for each amount of a claim that is another one than at a size of the book."""
    before = stand_at(acts, size)
    programme_of = {one.data.claim: one.data.programme for one in acts}
    for claim, now in stand_now(acts).items():
        then = before.get(claim, Standing())
        for name, label in _AMOUNTS:
            was_fen, is_fen = getattr(then, name) or 0, getattr(now, name) or 0
            if was_fen != is_fen:
                cell = name_claim(claim, programme_of[claim], programmes)
                item = Words(label.zh, label.en)
                yield cell, item, Yuan(was_fen), Yuan(is_fen), Yuan(is_fen - was_fen)


def explain(snapshot: Snapshot, subject: str, earlier: IssuedData, later: IssuedData) -> Text:
    """Return why a later statement about the same superseded an earlier one.

    It is told from their events and the book; `reports.changes` has what differs line by line.
    """
    told: list[Text] = []
    if earlier.values_sha256 != later.values_sha256:
        before, now = render_yuan(earlier.total_fen), render_yuan(later.total_fen)
        zh, en = _CHANGED[later.kind]
        total = Text(f"合计 {before} → {now} 元", f"total CNY {before} → {now}")
        if before == now:
            total = Text(f"合计仍为 {now} 元", f"the total is still CNY {now}")
        told.append(Text(f"{zh}，{total.zh}", f"{en}, {total.en}"))
    if later.kind == "subsidy":
        acts = acts_in(snapshot, subject, later.period, later.sizes["book"])
        programmes = programmes_of(rules_of(snapshot.book))
        told += [tell_act(one, programmes) for one in acts if one.at >= earlier.sizes["book"]]
    if not told:
        told.append(Text("文字或版式有变，数额未变", "words or layout changed, no figure did"))
    return Text("；".join(one.zh for one in told), "; ".join(one.en for one in told))
