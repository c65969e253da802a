"""A programme file's text, before anybody runs it: whether it can be read, and what stands where.

A programme is data. A file that imports anything but the vocabulary, dates and fractions, or calls
what reaches out of the program, is refused unread; that keeps a slip out, not an enemy.
"""

import ast
import re
from collections.abc import Iterator
from typing import Final

from vouchers import programme

ALLOWED_MODULES: Final = ("datetime", "fractions", "typing", "ledger.text", "vouchers")
_REACHING: Final = frozenset(
    {"__import__", "breakpoint", "compile", "eval", "exec", "exit", "input", "open", "print"}
)
Span = tuple[int | None, int | None, int | None, int | None]
"""Where an expression stands: first line and column, last line and column, columns in bytes."""

_STEP: Final = re.compile(r"\.?([A-Za-z_]\w*)|\[(\d+)\]", re.ASCII)


def find_foreign(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield (line, name) of each import and call that a programme file does without."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "."]
        elif isinstance(node, ast.Name) and node.id in _REACHING:
            yield node.lineno, node.id
            continue
        else:
            continue
        yield from ((node.lineno, name) for name in names if not _is_allowed(name))


def _is_allowed(module: str) -> bool:
    return any(module == one or module.startswith(f"{one}.") for one in ALLOWED_MODULES)


def find_line(tree: ast.Module, path: str) -> int | None:
    """Return the line of what stands at a path of `PROGRAMME`, or the nearest one above it.

    None when the file has no `PROGRAMME`. What a function of the file makes has the line of the
    call.
    """
    bound = dict(_bindings(tree))
    at = bound.get("PROGRAMME")
    line = at.lineno if at is not None else None
    for name, index in _STEP.findall(path):
        at = _resolve(at, bound)
        at = _find_item(at, int(index), bound) if index else _find_field(at, name, bound)
        if at is None:
            break
        line = (_resolve(at, bound) or at).lineno
    return line


def find_call(tree: ast.Module, span: Span | None) -> ast.Call | None:
    """Return the call that stands exactly there, None where none does."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return next((one for one in calls if span is not None and _span_of(one) == tuple(span)), None)


def _span_of(node: ast.expr) -> Span:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def name_called(call: ast.Call) -> str:
    """Return the name of what is called: `Held`, or `article` of a source."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def names_of(tree: ast.Module) -> list[str]:
    """Return the names that a file gives to its values."""
    return [name for name, _ in _bindings(tree)]


def _bindings(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node.value
        elif isinstance(node, ast.Assign):
            yield from (
                (target.id, node.value) for target in node.targets if isinstance(target, ast.Name)
            )


def _resolve(at: ast.expr | None, bound: dict[str, ast.expr]) -> ast.expr | None:
    """Return what a name stands for; a name for itself, in a circle, stands for nothing."""
    for _ in bound:
        if not isinstance(at, ast.Name):
            break
        at = bound.get(at.id)
    return None if isinstance(at, ast.Name) else at


def _find_field(at: ast.expr | None, name: str, bound: dict[str, ast.expr]) -> ast.expr | None:
    """Return an argument of a call by the name of its field; of a `Cited(…)` also its value's."""
    if not isinstance(at, ast.Call):
        return None
    named = next((one.value for one in at.keywords if one.arg == name), None)
    fields = _fields(at)
    if named is not None or name in fields[: len(at.args)]:
        return named or at.args[fields.index(name)]
    return _find_field(_unwrap(at, bound), name, bound) if _is_cited(at) else None


def _fields(call: ast.Call) -> tuple[str, ...]:
    """Return the fields of a shape of the vocabulary in the order of a call without names."""
    shape = getattr(programme, call.func.id, None) if isinstance(call.func, ast.Name) else None
    found: tuple[str, ...] = getattr(shape, "__struct_fields__", ())
    return found


def _find_item(at: ast.expr | None, index: int, bound: dict[str, ast.expr]) -> ast.expr | None:
    if isinstance(at, ast.Call) and _is_cited(at):
        at = _unwrap(at, bound)
    if not isinstance(at, ast.Tuple | ast.List) or index >= len(at.elts):
        return None
    if any(isinstance(one, ast.Starred) for one in at.elts[: index + 1]):
        return None
    return at.elts[index]


def _is_cited(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "Cited"


def _unwrap(call: ast.Call, bound: dict[str, ast.expr]) -> ast.expr | None:
    """Return the value of a `Cited(…)`."""
    named = next((one.value for one in call.keywords if one.arg == "value"), None)
    return _resolve(named or (call.args[0] if call.args else None), bound)
