"""Load a programme from a file that somebody names: its code is run, so that it is asked for only.

What is wrong with the file is told in one sentence with its place, never as a traceback.
"""

import sys
import traceback
from contextlib import redirect_stdout
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import NoReturn

from ledger.errors import InvalidInputError
from ledger.text import Text
from vouchers.programme import LEVELS, Programme


def load_programme(path: Path) -> Programme:
    """Return the `PROGRAMME` of a Python file, whose name is the programme's id.

    Raises `InvalidInputError` (code `bad_programme_file`) for a file that is none.
    """
    if path.suffix != ".py" or not path.stem.isidentifier():
        _refuse(
            path,
            Text("文件名不是小写标识符加 .py", "is not named by an identifier and .py"),
            Text("请改为 jinan.py 这样的文件名", "call it like jinan.py"),
        )
    if not path.is_file():
        _refuse(
            path,
            Text("没有这个文件", "there is no such file"),
            Text("路径从更改文件所在目录算起", "paths begin at the change file's directory"),
        )
    found = getattr(_run(path), "PROGRAMME", None)
    if not isinstance(found, Programme):
        _refuse(
            path,
            Text("没有名为 PROGRAMME 的政策项目", "has no programme of the name PROGRAMME"),
            Text("写法见 CONTRIBUTING.md", "see CONTRIBUTING.md for how one is written"),
        )
    if found.id != path.stem:
        _refuse(
            path,
            Text(
                f"id 是 {found.id!r}，与文件名不同", f"its id is {found.id!r}, not its file's name"
            ),
            Text("请改成一样", "make them the same"),
        )
    if found.level not in LEVELS:
        levels = " / ".join(LEVELS)
        _refuse(
            path,
            Text(f"没有级别 {found.level!r}", f"there is no level {found.level!r}"),
            Text(f"级别为 {levels} 之一", f"its level is one of {levels}"),
        )
    return found


def _run(path: Path) -> object:
    """Return the module of a file after running it."""
    spec = spec_from_file_location(f"proposed_{path.stem}", path)
    assert spec is not None, path
    assert spec.loader is not None, path
    module = module_from_spec(spec)
    try:
        # What a file prints must not come between a script and the one JSON object.
        with redirect_stdout(sys.stderr):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it raises is told of the file
        line = _line_of(path, error)
        kind = type(error).__name__
        _refuse(
            path,
            Text(f"第 {line} 行出错：{kind}: {error}", f"fails at line {line}: {kind}: {error}"),
            Text("请修改该行后重试", "mend that line and try again"),
        )
    return module


def _line_of(path: Path, error: BaseException) -> int:
    """Return the last line of the file that an error passed through."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno or 1
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    return (lines[-1] if lines else None) or 1


def _refuse(path: Path, message: Text, step: Text) -> NoReturn:
    raise InvalidInputError(
        "bad_programme_file", Text(f"{path}：{message.zh}", f"{path}: {message.en}"), step
    )
