"""A programme file named by its path: read, run apart from us, and reviewed.

Whatever the file does wrong is a remark about it; only a file that cannot be read is an error.
"""

import ast
import json
import os
import runpy
import subprocess
import sys
import warnings
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

from ledger.errors import InvalidInputError
from ledger.text import Text
from vouchers.draft import Draft, decode_draft
from vouchers.mishap import Failure, explain_failure, explain_syntax
from vouchers.mistype import WrongTypeError
from vouchers.programme import Programme
from vouchers.remark import Remark, grade_remarks
from vouchers.review import review
from vouchers.source import ALLOWED_MODULES, find_foreign, find_line
from vouchers.spelling import find_nearest

SECONDS_MAX: Final = 10
BYTES_MAX: Final = 2**20


class Reviewed(NamedTuple):
    """A file's programme, None where there is none to be had, and the remarks, gravest first."""

    programme: Draft | None
    remarks: list[Remark]


def review_file(path: Path, seconds_max: int = SECONDS_MAX) -> Reviewed:
    """Return the review of a programme file. Raises `OSError` when it cannot be read."""
    with path.open("rb") as file:
        tree = _parse(file.read(BYTES_MAX + 1), path)
    if isinstance(tree, Remark):
        return _only(tree)
    if foreign := [_explain_foreign(line, name) for line, name in find_foreign(tree)]:
        return Reviewed(None, grade_remarks(foreign))
    answer = _run_apart(path, seconds_max)
    if "programme" not in answer:
        return _only(_explain_answer(answer, tree))
    try:
        programme = decode_draft(json.dumps(answer["programme"]).encode())
    except WrongTypeError as error:
        line = find_line(tree, error.path)
        remark = Remark("error", error.code, error.path, error.message, error.next_step, line)
        return _only(remark)
    found = review(programme, path.stem)
    placed = [one._replace(line=find_line(tree, one.path)) for one in found]
    return Reviewed(programme, grade_remarks(placed))


def read_programme(path: Path) -> Draft:
    """Return the programme of a file, whatever the review would say of its values.

    Raises `InvalidInputError` (code `broken_programme`) for a file that gives none.
    """
    programme, remarks = review_file(path)
    if programme is None:
        _refuse(path, remarks[0])
    return programme


def load_programme(path: Path) -> Programme:
    """Return the programme of a file that stands without an error, ready to decide by.

    It runs here only after its review; one that a released programme is changed to may be tried.
    Raises `InvalidInputError`: `bad_programme_file` for a path that is none, `broken_programme`.
    """
    if path.suffix != ".py" or not path.stem.isidentifier() or not path.is_file():
        raise InvalidInputError(
            "bad_programme_file",
            Text(f"{path} 不是项目文件", f"{path} is no programme file"),
            Text(
                "请给出 jinan.py 这样的文件；路径从更改文件所在目录算起",
                "name a file like jinan.py; paths begin at the change file's directory",
            ),
        )
    for one in review_file(path).remarks:
        if one.kind == "error" and one.code not in {"released_changed", "released_gone"}:
            _refuse(path, one)
    # What a file prints must not come between a script and the one JSON object.
    with redirect_stdout(sys.stderr):
        found = runpy.run_path(str(path))["PROGRAMME"]
    assert isinstance(found, Programme), path
    return found


def _refuse(path: Path, remark: Remark) -> NoReturn:
    """Raise what a remark says of a file."""
    line = Text(f"第 {remark.line} 行：", f"line {remark.line}: ") if remark.line else Text("", "")
    raise InvalidInputError(
        "broken_programme",
        Text(f"{path} {line.zh}{remark.message.zh}", f"{path}, {line.en}{remark.message.en}"),
        remark.next_step,
    )


def _parse(raw: bytes, path: Path) -> ast.Module | Remark:
    """Return the tree of a file's text, or why it is no Python."""
    if len(raw) > BYTES_MAX:
        return explain_syntax(f"> {BYTES_MAX} bytes", None)
    try:
        tree = ast.parse(raw.decode("utf-8"), str(path))
        # What only the compiler minds: a name given twice, brackets after what is no function.
        with warnings.catch_warnings():
            warnings.simplefilter("error", SyntaxWarning)
            compile(tree, str(path), "exec")
    except SyntaxError as error:
        return explain_syntax(error.msg, error.lineno)
    except (ValueError, RecursionError, MemoryError) as error:
        return explain_syntax(str(error) or type(error).__name__, None)
    return tree


def _only(remark: Remark) -> Reviewed:
    return Reviewed(None, [remark])


def _explain_foreign(line: int, name: str) -> Remark:
    message = Text(f"用到了 {name}：项目文件只有数据", f"it uses {name}; a programme is data alone")
    near = find_nearest(name, ALLOWED_MODULES)
    step = Text(
        "只需 datetime、fractions、typing、ledger.text 和 vouchers，请删去其余",
        "datetime, fractions, typing, ledger.text and vouchers are all that it needs",
    )
    if near is not None:
        step = Text(f"是否应为 {near}？", f"did you mean {near}?")
    return Remark("error", "foreign", "", message, step, line)


def _explain_answer(answer: dict[str, Any], tree: ast.Module) -> Remark:
    failure = answer.get("failure")
    if failure is not None:
        return explain_failure(Failure(**failure), tree)
    line = find_line(tree, "")
    message = Text("文件中没有 PROGRAMME", "the file has no PROGRAMME")
    if line is not None:
        message = Text("PROGRAMME 不是 Programme(…)", "PROGRAMME is no Programme(…)")
    step = Text(
        "请写上 PROGRAMME: Final = Programme(id=…, level=…, name=…, versions=(…,))",
        "write PROGRAMME: Final = Programme(id=…, level=…, name=…, versions=(…,))",
    )
    return Remark("error", "no_programme", "", message, step, line)


def _run_apart(path: Path, seconds_max: int) -> dict[str, Any]:
    """Return what the file gave in a process of its own, or why it gave nothing."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-O", "-B", "-X", "utf8", "-m", "portal.commands.programme_child"]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, given a path
            [*command, str(path)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=seconds_max,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        return _failed("TimeoutExpired", f"no end after {seconds_max} s")
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return _failed("Exit", str(done.returncode))
    return answer


def _failed(kind: str, message: str) -> dict[str, Any]:
    return {"failure": {"kind": kind, "message": message}}
