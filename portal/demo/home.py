"""The directory of a demo: made anew, or as it was played to its end; no other is ever touched."""

import shutil
from pathlib import Path
from typing import Final

from ledger.errors import RuleViolationError
from ledger.text import Text

_MARK: Final = "demo.txt"
_PLAYED: Final = "played.txt"
_CLOCK: Final = "clock.txt"
_OPENED: Final = "opened.txt"


def empty_home(home: Path) -> None:
    """Empty a directory that an earlier demo made.

    Raises `RuleViolationError` (`not_a_demo`) for any other that is not empty.
    """
    if home.exists() and any(home.iterdir()):
        if not (home / _MARK).exists():
            raise RuleViolationError(
                "not_a_demo",
                Text(f"{home} 不是演示目录，且不为空", f"{home} is not empty, and no demo made it"),
                Text("请用 --dir 指定新的目录", "name another directory with --dir"),
            )
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    (home / _MARK).write_text("Made by `suanquan demo`, which may delete it.\n", "utf-8")


def mark_played(home: Path, what: str) -> None:
    """Say in a demo's directory which demo it is, once it was played to its end."""
    (home / _PLAYED).write_text(f"{what}\n", "utf-8")


def is_played(home: Path, what: str) -> bool:
    """Return whether a demo was played to its end in a directory, and this very one."""
    played = home / _PLAYED
    return (home / _MARK).exists() and played.exists() and played.read_text("utf-8") == f"{what}\n"


def keep_clock(home: Path, behind_ms: int) -> None:
    """Keep by how much the demo's clock is slow, for whoever serves it later."""
    (home / _CLOCK).write_text(f"{behind_ms}\n", "utf-8")


def read_clock(home: Path) -> int:
    """Return by how much the demo's clock is slow; by nothing where nobody has said."""
    path = home / _CLOCK
    return int(path.read_text("utf-8")) if path.exists() else 0


def open_once(home: Path) -> bool:
    """Return whether nobody has left anything open in a demo yet; from now on somebody has."""
    path = home / _OPENED
    if path.exists():
        return False
    path.touch()
    return True
