"""The house rules, read off the source tree.

A rule is a pure function from a path and its text to the list of what is wrong there. Each is
tested twice: with a violation that it must catch, and over the whole tree, which must be clean.
A module is named by its dotted path; what holds for a module holds for what is inside it.

No rule here is about true division: `/` of two integers makes a float and of a `Fraction` does not,
and which one it is does not stand in the text. mypy and the reviewer tell them apart.
"""

import ast
import fnmatch
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

import pytest

from tests.house import (
    ARROWS,
    CLOCKS,
    CORE,
    CORE_EXCEPTIONS,
    FILE_METHODS,
    FUNCTION_LINES_MAX,
    HOMES,
    INDEX_OPTION,
    MACHINE_PATH,
    MODULE_LINES_MAX,
    PACKAGES,
    REGISTRY_HOST,
    SETTING_ROW,
    SHELL,
    TEST_LINES_MAX,
    VAGUE_NAMES,
    WORLD,
    WORLD_CALLS,
)

ROOT: Final = Path(__file__).parents[1]

Rule = Callable[[str, str], list[str]]


# --- Reading a module -----------------------------------------------------------------------------


def module_name(path: str) -> str:
    """Return the dotted name of a file: `ledger/store.py` is `ledger.store`."""
    return path.removesuffix(".py").replace("/", ".")


def nearest(module: str, names: Mapping[str, object] | frozenset[str]) -> str | None:
    """Return the longest of the names that is the module or holds it."""
    parts = module.split(".")
    chain = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in chain if name in names), None)


def is_within(module: str, places: tuple[str, ...]) -> bool:
    """Return whether a module is one of the places or inside one."""
    return nearest(module, frozenset(places)) is not None


def imports(path: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of each thing that a module imports, wherever it does so."""
    package = module_name(path).split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{origin}.{alias.name}"


def local_names(tree: ast.AST) -> dict[str, str]:
    """Return what each imported local name stands for, as a dotted name."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                full = alias.name if alias.asname else alias.name.partition(".")[0]
                names[alias.asname or full] = full
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def dotted(node: ast.AST, names: Mapping[str, str]) -> str:
    """Return the dotted name of an expression such as `dt.now`, imports resolved, else nothing."""
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value, names)
        return f"{owner}.{node.attr}" if owner else ""
    return names.get(node.id, f"builtins.{node.id}") if isinstance(node, ast.Name) else ""


def side(module: str) -> str:
    """Return `core` or `shell`, or nothing where no table names the module."""
    name = nearest(module, CORE | SHELL)
    return "" if name is None else "core" if name in CORE else "shell"


# --- The rules ------------------------------------------------------------------------------------


def check_arrows(path: str, source: str) -> list[str]:
    """Return the imports of ours that point the wrong way."""
    allowed = ARROWS[path.partition("/")[0]]
    return [
        f"{path}:{line}: may not import {name}"
        for line, name in imports(path, ast.parse(source))
        if is_within(name, (*PACKAGES, "bench", "tests")) and not is_within(name, allowed)
    ]


def check_side_is_known(path: str, _source: str) -> list[str]:
    """Return the module when nobody has decided whether it is core or shell."""
    known = side(module_name(path))
    return [] if known else [f"{path}: name it in CORE or in SHELL (tests/house.py)"]


def check_core_imports(path: str, source: str) -> list[str]:
    """Return the imports of a core module that reach the shell or the world."""
    if side(module_name(path)) != "core":
        return []
    return [
        f"{path}:{line}: core may not import {name}"
        for line, name in imports(path, ast.parse(source))
        if (name.partition(".")[0] in WORLD or side(name) == "shell")
        and (module_name(path), name) not in CORE_EXCEPTIONS
    ]


def check_core_calls(path: str, source: str) -> list[str]:
    """Return where a core module reads a clock, touches a file or draws unseeded numbers."""
    if side(module_name(path)) != "core":
        return []
    tree = ast.parse(source)
    names = local_names(tree)
    return [
        f"{path}:{node.lineno}: core may not use {what}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call | ast.Attribute | ast.Name) and (what := impurity(node, names))
    ]


def impurity(node: ast.Call | ast.Attribute | ast.Name, names: Mapping[str, str]) -> str:
    """Return the name of the clock, file or dice that an expression reaches for, else nothing."""
    if not isinstance(node, ast.Call):
        name = dotted(node, names)
        unseeded = name.startswith("random.") and name.split(".")[1] != "Random"
        return name if name in CLOCKS or unseeded else ""
    name = dotted(node.func, names)
    if name in WORLD_CALLS:
        return name
    if name == "random.Random" and not node.args:
        return "random.Random without a seed"
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    return method if method in FILE_METHODS else ""


def check_core_floats(path: str, source: str) -> list[str]:
    """Return the float literals and float annotations of a core module."""
    if side(module_name(path)) != "core":
        return []
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            found.append(f"{path}:{node.lineno}: core may not hold the float {node.value}")
        for annotation in annotations(node):
            found.extend(
                f"{path}:{name.lineno}: core may not declare a float"
                for name in ast.walk(annotation)
                if isinstance(name, ast.Name) and name.id == "float"
            )
    return found


def annotations(node: ast.AST) -> list[ast.expr]:
    """Return the annotations that a node itself carries."""
    candidates = (getattr(node, "annotation", None), getattr(node, "returns", None))
    return [found for found in candidates if isinstance(found, ast.expr)]


def check_library_homes(path: str, source: str) -> list[str]:
    """Return the imports of a library outside the files that may know it."""
    module = module_name(path)
    return [
        f"{path}:{line}: {library} belongs to {', '.join(HOMES[library])}"
        for line, name in imports(path, ast.parse(source))
        if (library := name.partition(".")[0]) in HOMES and not is_within(module, HOMES[library])
    ]


def check_function_length(path: str, source: str) -> list[str]:
    """Return the functions that do not fit a screen, their docstrings left out."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = line_count(node)
            if ast.get_docstring(node) is not None:
                lines -= line_count(node.body[0])
            if lines > FUNCTION_LINES_MAX:
                found.append(f"{path}:{node.lineno}: {node.name} has {lines} lines")
    return found


def line_count(node: ast.stmt) -> int:
    """Return the number of lines from a statement's first to its last."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def check_module_length(path: str, source: str) -> list[str]:
    """Return the module when it is too long to hold one idea."""
    lines = len(source.splitlines())
    lines_max = TEST_LINES_MAX if path.startswith("tests/") else MODULE_LINES_MAX
    return [f"{path}: {lines} lines, at most {lines_max}"] if lines > lines_max else []


def check_module_name(path: str, _source: str) -> list[str]:
    """Return the module when a part of its name says nothing."""
    vague = VAGUE_NAMES.intersection(PurePosixPath(path).with_suffix("").parts)
    return [f"{path}: {name} says nothing; name the idea" for name in sorted(vague)]


def check_docstring(path: str, source: str) -> list[str]:
    """Return the module when it does not open by saying what it is."""
    opening = ast.get_docstring(ast.parse(source)) or ""
    return [] if opening.strip() else [f"{path}:1: say what this module is"]


def check_addresses(path: str, source: str) -> list[str]:
    """Return the package registries and the paths of one machine that a file names."""
    return [
        f"{path}:{number}: names {match[0]}"
        for number, line in enumerate(source.splitlines(), start=1)
        for pattern in (REGISTRY_HOST, MACHINE_PATH)
        if (match := pattern.search(line))
    ]


def check_lock(path: str, source: str) -> list[str]:
    """Return the lines of the lock that say where to fetch from: that is the machine's matter."""
    return [
        f"{path}: names an index ({match[0].strip()})" for match in INDEX_OPTION.finditer(source)
    ]


def programmes_without_test(paths: frozenset[str]) -> list[str]:
    """Return the programmes of a tree that have no test file of the same name."""
    return [
        f"{path}: write tests/vouchers/programmes/test_{PurePosixPath(path).name}"
        for path in sorted(paths)
        if re.fullmatch(r"vouchers/programmes/[a-z]\w*\.py", path)
        and f"tests/vouchers/programmes/test_{PurePosixPath(path).name}" not in paths
    ]


def settings_not_in_readme(config: str, readme: str) -> list[str]:
    """Return where the fields of `Settings` and the README's table of settings differ."""
    fields = {
        f"SUANQUAN_{field.target.id.upper()}"
        for node in ast.walk(ast.parse(config))
        if isinstance(node, ast.ClassDef) and node.name == "Settings"
        for field in node.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    }
    if not fields:
        return ["ledger/config.py: no class Settings with fields"]
    rows = set(SETTING_ROW.findall(readme))
    missing = [f"README.md: the settings table lacks `{name}`" for name in sorted(fields - rows)]
    stale = [f"README.md: `{name}` is no field of Settings" for name in sorted(rows - fields)]
    return missing + stale


# --- The tree -------------------------------------------------------------------------------------


def read_tree() -> dict[str, str]:
    """Return the text of each file of ours by its path, leaving out what .gitignore leaves out."""
    ignored = [".git", *(ROOT / ".gitignore").read_text(encoding="utf-8").split()]
    patterns = [pattern.strip("/") for pattern in ignored]

    def is_ours(name: str) -> bool:
        return not any(fnmatch.fnmatch(name, pattern) for pattern in patterns)

    tree: dict[str, str] = {}
    for directory, subdirectories, names in os.walk(ROOT):
        subdirectories[:] = sorted(filter(is_ours, subdirectories))
        for path in (Path(directory, name) for name in sorted(filter(is_ours, names))):
            try:
                tree[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
    return tree


TREE: Final = read_tree()

IN_PACKAGES: Final = rf"(?:{'|'.join(PACKAGES)})/.*\.py"
IN_CODE: Final = rf"(?:{'|'.join((*PACKAGES, 'bench'))})/.*\.py"
IN_PYTHON: Final = rf"(?:{'|'.join((*PACKAGES, 'bench', 'tests'))})/.*\.py"

RULES: Final[Mapping[Rule, str]] = {
    check_arrows: IN_PACKAGES,
    check_side_is_known: IN_PACKAGES,
    check_core_imports: IN_PACKAGES,
    check_core_calls: IN_PACKAGES,
    check_core_floats: IN_PACKAGES,
    check_library_homes: IN_PACKAGES,
    check_function_length: IN_CODE,
    check_module_length: IN_PYTHON,
    check_module_name: IN_PYTHON,
    check_docstring: IN_PYTHON,
    check_addresses: r".*",
    check_lock: r"requirements\.txt",
}
"""Each rule, and the files that it is about."""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_tree_keeps(rule: Rule) -> None:
    about = [path for path in TREE if re.fullmatch(RULES[rule], path)]
    assert about, "the rule is about no file"
    found = [line for path in about for line in rule(path, TREE[path])]
    assert not found, "\n".join(found)


def test_each_programme_has_its_test() -> None:
    found = programmes_without_test(frozenset(TREE))
    assert not found, "\n".join(found)


def test_the_readme_lists_the_settings() -> None:
    config, readme = TREE.get("ledger/config.py", ""), TREE.get("README.md", "")
    found = settings_not_in_readme(config, readme)
    assert not found, "\n".join(found)


# --- The rules catch ------------------------------------------------------------------------------

LONG_FUNCTION: Final = "def decide():\n" + "    x = 1\n" * FUNCTION_LINES_MAX
LONG_DOCSTRING: Final = 'def decide():\n    """' + "Why.\n" * 80 + '"""\n' + "    x = 1\n" * 59

VIOLATIONS: Final[list[tuple[Rule, str, str]]] = [
    (check_arrows, "ledger/store.py", "import vouchers.tariff"),
    (check_arrows, "ledger/store.py", "from ..ingest import worker"),
    (check_arrows, "ingest/worker.py", "from vouchers import tariff"),
    (check_arrows, "vouchers/rating.py", "from ingest.simulate import centre"),
    (check_arrows, "vouchers/rating.py", "import reports"),
    (check_arrows, "reports/pdf.py", "from ingest import cloudevents"),
    (check_arrows, "reports/schedule.py", "def tick():\n    from portal import cli"),
    (check_arrows, "portal/cli.py", "from tests import conftest"),
    (check_arrows, "ledger/store.py", "import bench"),
    (check_arrows, "migrations/env.py", "from ledger import store"),
    (check_side_is_known, "ledger/newcomer.py", ""),
    (check_side_is_known, "reports/newcomer/page.py", ""),
    (check_core_imports, "ledger/merkle.py", "from ledger import store"),
    (check_core_imports, "ledger/merkle.py", "from ledger.store import append"),
    (check_core_imports, "vouchers/programmes/hubei.py", "import vouchers.commands"),
    (check_core_imports, "ledger/period.py", "import time"),
    (check_core_imports, "ingest/adapters/sacct.py", "from pathlib import Path"),
    (check_core_imports, "reports/statement.py", "import os.path as p"),
    (check_core_imports, "reports/compute.py", "import sqlalchemy as sa"),
    (check_core_imports, "vouchers/rating.py", "from importlib import import_module"),
    (check_core_imports, "vouchers/catalogue.py", "from importlib import resources"),
    (check_core_calls, "ledger/period.py", "import datetime as dt\ndt.datetime.now(dt.UTC)"),
    (check_core_calls, "ledger/period.py", "from datetime import datetime\ndatetime.utcnow()"),
    (check_core_calls, "vouchers/claims.py", "from datetime import date as d\nclock = d.today"),
    (check_core_calls, "ledger/events.py", "from uuid import uuid4\nuuid4()"),
    (check_core_calls, "ledger/codec.py", "open('x')"),
    (check_core_calls, "ledger/codec.py", "print(1)"),
    (check_core_calls, "ledger/codec.py", "def load(path): return path.read_text()"),
    (check_core_calls, "ledger/codec.py", "float('1')"),
    (check_core_calls, "ingest/simulate.py", "import random\nrandom.shuffle([])"),
    (check_core_calls, "ingest/simulate.py", "from random import choice as pick\npick([1])"),
    (check_core_calls, "ingest/simulate.py", "import random\nrandom.Random()"),
    (check_core_calls, "ingest/simulate.py", "import random as r\nr.SystemRandom()"),
    (check_core_floats, "ledger/money.py", "RATE = 0.06"),
    (check_core_floats, "ledger/money.py", "RATE = 1e3"),
    (check_core_floats, "vouchers/rating.py", "def charge(price: int | float) -> int: ..."),
    (check_core_floats, "vouchers/rating.py", "def charge(price: int) -> list[float]: ..."),
    (check_core_floats, "vouchers/rating.py", "price: float = 1"),
    (check_library_homes, "ingest/worker.py", "import kafka"),
    (check_library_homes, "reports/seal.py", "from reportlab.pdfgen import canvas"),
    (check_library_homes, "portal/cli.py", "from litestar import get"),
    (check_library_homes, "portal/api.py", "import sqlalchemy as sa"),
    (check_library_homes, "ledger/store.py", "import alembic.command"),
    (check_library_homes, "reports/pdf.py", "from fontTools.ttLib import TTFont"),
    (check_function_length, "ledger/store.py", LONG_FUNCTION),
    (check_function_length, "ledger/store.py", "async " + LONG_FUNCTION),
    (check_module_length, "ledger/store.py", "x = 1\n" * (MODULE_LINES_MAX + 1)),
    (check_module_length, "tests/ledger/test_store.py", "x = 1\n" * (TEST_LINES_MAX + 1)),
    (check_module_name, "ledger/utils.py", ""),
    (check_module_name, "portal/common/page.py", ""),
    (check_docstring, "ledger/store.py", "import ast\n'''Too late.'''"),
    (check_docstring, "ledger/store.py", "''' '''"),
    (check_addresses, "Makefile", "curl https://files.pythonhosted." + "org/x"),
    (check_addresses, "pom.xml", "<url>https://repo1.maven." + "org/maven2</url>"),
    (check_addresses, "README.md", "pip -i https://mirrors" + ".example.com/pypi"),
    (check_addresses, "README.md", "pip -i https://10.0.0.7:8080/root" + "/simple"),
    (check_addresses, "README.md", "wheels.example.com/sim" + "ple/x"),
    (check_addresses, "README.md", "PyPI" + ".example.edu.cn"),
    (check_addresses, "README.md", "registry" + ".example.com/image"),
    (check_addresses, "README.md", "static.crates" + ".io"),
    *(
        (check_addresses, "bench/log.py", f"'/{top}/x'")
        for top in ("work", "root", "home", "Users")
    ),
    (check_lock, "requirements.txt", "--index-url x"),
    (check_lock, "requirements.txt", "a==1\n-i x"),
    (check_lock, "requirements.txt", "a @ https://x/a.whl"),
]

INNOCENT: Final[list[tuple[Rule, str, str]]] = [
    (check_arrows, "ledger/store.py", "from ledger import tables\nimport ledgers, portalis"),
    (check_arrows, "ingest/worker.py", "from . import consumer\nfrom ledger import store"),
    (check_arrows, "reports/pdf.py", "from vouchers.claims import fold"),
    (check_arrows, "portal/cli.py", "from ingest import worker\nimport migrations"),
    (check_arrows, "migrations/versions/0001.py", "from ledger.tables import metadata"),
    (check_side_is_known, "reports/pdf/table.py", ""),
    (check_side_is_known, "vouchers/programmes/hubei.py", ""),
    (check_core_imports, "vouchers/rating.py", "from ledger import money\nimport hashlib"),
    (check_core_imports, "ledger/period.py", "from datetime import time"),
    (check_core_imports, "vouchers/commands.py", "from ledger import store\nimport time"),
    (check_core_imports, "vouchers/catalogue.py", "import pkgutil"),
    (check_core_calls, "ingest/simulate.py", "import random\nrandom.Random(7).randrange(9)"),
    (check_core_calls, "ingest/simulate.py", "from random import Random\nRandom(7)"),
    (check_core_calls, "ingest/simulate.py", "def jobs(random): return random.randrange(9)"),
    (check_core_calls, "ledger/period.py", "from datetime import datetime\ndatetime(2022, 7, 1)"),
    (check_core_calls, "ledger/store.py", "from datetime import datetime\ndatetime.now()"),
    (check_core_floats, "ledger/codec.py", "refused = isinstance(1, float)\nwhole: int = 1"),
    (check_core_floats, "reports/pdf.py", "WIDTH = 0.5"),
    (check_library_homes, "reports/pdf/table.py", "from reportlab.lib import pagesizes"),
    (check_library_homes, "portal/web/pages/home.py", "from litestar import get"),
    (check_function_length, "ledger/store.py", LONG_DOCSTRING),
    (check_module_length, "ledger/store.py", "x = 1\n" * MODULE_LINES_MAX),
    (check_module_name, "ledger/database.py", ""),
    (check_docstring, "ledger/store.py", '"""The only writer."""'),
    (check_addresses, "README.md", "open /log/usage/checkpoint, var/root/x; see PyPI."),
    (check_addresses, "README.md", "tmp/home/x, /users/7, https://c2sp.org/tlog-tiles, a/simple/b"),
    (check_addresses, "ledger/tables.py", "registry.metadata.tables; a registry. A simpler one"),
    (check_lock, "requirements.txt", "a==1 \\\n    --hash=sha256:00\n    # via suanquan (-r x)"),
]


@pytest.mark.parametrize(("rule", "path", "source"), VIOLATIONS)
def test_a_violation_is_caught(rule: Rule, path: str, source: str) -> None:
    assert rule(path, source), f"{rule.__name__} lets {source!r} pass in {path}"
    assert re.fullmatch(RULES[rule], path), "the tree's own check would not look there"


@pytest.mark.parametrize(("rule", "path", "source"), INNOCENT)
def test_what_is_allowed_passes(rule: Rule, path: str, source: str) -> None:
    assert rule(path, source) == []


def test_every_rule_is_tested_both_ways() -> None:
    assert {rule for rule, _, _ in VIOLATIONS} == set(RULES)
    assert {rule for rule, _, _ in INNOCENT} == set(RULES)


def test_core_and_shell_are_apart() -> None:
    assert frozenset() == CORE & SHELL


def test_a_programme_without_its_test_is_caught() -> None:
    programme, test = "vouchers/programmes/jinan.py", "tests/vouchers/programmes/test_jinan.py"
    assert programmes_without_test(frozenset({programme})) != []
    assert programmes_without_test(frozenset({programme, test})) == []
    assert programmes_without_test(frozenset({"vouchers/programmes/__init__.py"})) == []


def test_a_setting_that_the_readme_lacks_is_caught() -> None:
    config = "class Settings:\n    home: str\n    usage_logs: int = 1\n"
    readme = "| setting | what |\n|---|---|\n| `SUANQUAN_HOME` | state |\n"
    row = "| `SUANQUAN_USAGE_LOGS` | how many |\n"
    assert settings_not_in_readme(config, readme + row) == []
    assert settings_not_in_readme(config, readme) != []
    assert settings_not_in_readme(config, readme + row + "| `SUANQUAN_GONE` | x |\n") != []
    assert settings_not_in_readme("", readme) != []


def test_a_violation_put_into_the_real_tree_is_caught() -> None:
    poisoned = TREE["ledger/money.py"] + "\nfrom portal import cli\nRATE = 0.1\n"
    caught = [line for rule in RULES for line in rule("ledger/money.py", poisoned)]
    assert len(caught) == len(["the arrow", "core imports shell", "the float"])
