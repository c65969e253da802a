"""Programmes that are there for a while: files of a test's own, found as any other is.

Each is the text of a real programme with a few lines behind it that change what it says.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from vouchers import programmes
from vouchers.adoption import programmes_of
from vouchers.catalogue import find_programmes

_FOLDER: Final = Path(next(iter(programmes.__path__)))

_TOOLS: Final = """
from datetime import date
from fractions import Fraction
from msgspec.structs import replace
from vouchers.programme import Cited
LAST = PROGRAMME.versions[-1]
CLAUSE = LAST.rate.clause
"""

ANOTHER_RATE: Final = (
    "PROGRAMME = replace(PROGRAMME, versions=("
    "replace(LAST, rate=Cited(Fraction(3, 5), CLAUSE, 'M')),))"
)
"""The rate of the only version is edited."""

ENDED: Final = """
PROGRAMME = replace(PROGRAMME, versions=(
    replace(LAST, valid_to=Cited(date(2025, 12, 31), CLAUSE, 'M')),
    replace(
        LAST,
        id='2026',
        valid_from=Cited(date(2026, 1, 1), CLAUSE, 'M'),
        rate=Cited(Fraction(3, 5), CLAUSE, 'M'),
        legal_date=Cited('application', CLAUSE, 'M'),
    ),
))
"""
"""The only version has a last day, and another one follows it."""


def like(name: str, more: str) -> str:
    """Return a programme's text with lines behind it."""
    return (_FOLDER / f"{name}.py").read_text("utf-8") + _TOOLS + more + "\n"


def another_city(name: str) -> str:
    """Return a programme like that of Wuhan by another name."""
    return like("wuhan", f"PROGRAMME = replace(PROGRAMME, id={name!r})")


@contextmanager
def programme_files(folder: Path, files: Mapping[str, str]) -> Iterator[None]:
    """Let programmes of these texts be there, in place of those of the same name."""
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, "utf-8")
    _forget(files)
    programmes.__path__.insert(0, str(folder))
    try:
        yield
    finally:
        programmes.__path__.remove(str(folder))
        _forget(files)


def _forget(names: Mapping[str, str]) -> None:
    """Let modules be imported, and what was made of them be made, anew."""
    for name in names:
        sys.modules.pop(f"{programmes.__name__}.{name}", None)
    find_programmes.cache_clear()
    programmes_of.cache_clear()
