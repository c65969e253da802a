"""The words of a statement that no maker writes and every rendering shows alike."""

from typing import Final

from ledger.money import render_capital, render_yuan
from ledger.text import Text
from reports.statement import Cell, Number, Statement, Yuan

# What stands where there is nothing to show, so that nobody takes it for a fault.
NOTHING: Final = Text("无记录", "No entries")
IN_CAPITALS: Final = Text("大写", "In capital numerals")
SEAL: Final = Text("（盖章）", "Seal")
SCAN: Final = Text("扫码核验", "Scan to verify")
NUMBER_CODE: Final = Text("单据编号", "Number")
DATED: Final = Text("日期：      年    月    日", "Date")
HEADS: Final = Text(
    "本单由下列账本树头之内的记录算出，凭此可以重新计算、逐条核对。",
    "Computed from the entries under these tree heads; anyone can replay and check them.",
)


def identify(statement: Statement) -> list[tuple[Text, str]]:
    """Return label and value of what tells a statement from every other one."""
    parts = [(Text("期间", "Period"), statement.period)]
    if statement.number:
        parts.insert(0, (Text("编号", "No."), statement.number))
    if statement.revision > 1:
        parts.append((Text("修订", "Revision"), str(statement.revision)))
    if statement.supplements is not None:
        parts.append((Text("补充单据，原编号", "Supplements"), statement.supplements))
    if statement.verify_url is not None:
        parts.append((Text("核验", "Verify at"), statement.verify_url))
    return parts


def read_cell(cell: Cell, symbol: str = "") -> Text:
    """Return what a cell says, money with a currency symbol where one is given."""
    if isinstance(cell, Yuan):
        return Text(render_digits(cell.fen, symbol), "")
    if isinstance(cell, Number):
        return Text(cell.value, "")
    return Text(cell.zh, cell.en)


def render_digits(fen: int, symbol: str) -> str:
    """Return yuan in digits, a minus before the symbol."""
    return ("-" if fen < 0 else "") + symbol + render_yuan(abs(fen))


def render_capitals(fen: int) -> str:
    """Return capital numerals; 负 stands between 人民币 and the amount of a sum below zero."""
    text = render_capital(abs(fen))
    return text.replace("人民币", "人民币负", 1) if fen < 0 else text
