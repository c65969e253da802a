"""What commands on many claims share: who was left out, and files that are tables."""

from pathlib import Path

from ledger.errors import InvalidInputError
from ledger.text import Text
from portal.claims.batch import Done
from portal.shell import Shell


def show_left_out(shell: Shell, done: Done) -> list[str]:
    """Return a line for each claim that was left out."""
    colon = shell.say(Text("：", ": "))
    lines = [f"  • {one['id']}{colon}{one['why']}" for one in done.rows(shell.language)]
    return [shell.say(Text("未列入：", "Left out:")), *lines] if lines else []


def require_ending(out: Path) -> str:
    """Return how a file's name ends; `InvalidInputError` (`file_type`) unless it is a table's."""
    ending = out.suffix.lower()
    if ending in (".csv", ".xlsx"):
        return ending
    raise InvalidInputError(
        "file_type",
        Text(f"不能写 {out.name}", f"cannot write {out.name}"),
        Text("文件名请以 .csv 或 .xlsx 结尾", "end the name with .csv or .xlsx"),
    )
