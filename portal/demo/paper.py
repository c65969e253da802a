"""Samples of the papers that a demo's enterprises file, drawn as pictures: nobody's real ones."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Final

from ledger.money import render_yuan
from reports.drawing import Box, Drawing, Label, render_png
from reports.fonts import CACHE, Fonts, load
from vouchers.book import Account

_WIDTH: Final = 520
_HEIGHT: Final = 360
_INK: Final = "#1c2733"
_PALE: Final = "#eef2f6"


def sample_papers(account: Account, invoices: Sequence[str]) -> Iterator[tuple[str, str, BytesIO]]:
    """Yield the kind, the number and a picture of each invoice and of each of their contracts."""
    fonts = load(CACHE)
    records = [account.invoices[one] for one in invoices if one in account.invoices]
    for number in dict.fromkeys(one.contract for one in records):
        found = account.contracts[number]
        lines = [
            ("合同编号", number),
            ("签订日期", found.signed_on),
            ("服务期", f"{found.service_from} 至 {found.service_to}"),
            ("甲方", account.name),
        ]
        yield "contract", number, _draw(fonts, "算力服务合同", lines)
    for one in records:
        lines = [
            ("发票号码", one.invoice),
            ("开票日期", one.issued_on),
            ("购买方", account.name),
            ("合同", one.contract),
            ("价税合计", f"¥{render_yuan(one.amount_fen)}"),
        ]
        yield "invoice", one.invoice, _draw(fonts, "电子发票（普通发票）", lines)


def _draw(fonts: Fonts, title: str, lines: Sequence[tuple[str, str]]) -> BytesIO:
    """Return a picture of a paper, plainly marked as made up."""
    shapes: list[Box | Label] = [
        Box(0, 0, _WIDTH, _HEIGHT, "#ffffff"),
        Box(0, 0, _WIDTH, 64, _PALE),
        Label(_WIDTH / 2, 42, title, 22, _INK, bold=True, anchor="middle"),
    ]
    for number, (name, said) in enumerate(lines):
        y = 110 + 40 * number
        shapes += [Label(40, y, name, 15, "#5a6b7b"), Label(160, y, said, 15, _INK)]
    shapes.append(
        Label(_WIDTH - 20, _HEIGHT - 16, "演示样张，数据均为虚构", 13, "#aa3333", anchor="end")
    )
    return BytesIO(render_png(Drawing(_WIDTH, _HEIGHT, title, shapes), fonts))
