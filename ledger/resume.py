"""Partial results that an interrupted replay left behind, so that the next one goes on from there.

A file a span, named by all that its content follows from: the log's origin, the span, the hash that
the tiles promise for it, and the program itself. It is used only while the tiles still lead to the
head's root and promise that very hash, so none is ever stale. A finished replay removes them all.

What nobody can check is whether the rows in such a file are those of the span: who may write under
`SUANQUAN_HOME` may forge them, as he may forge the database there. So a replay says how many spans
it took from files, and an auditor may refuse them.
"""

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from ledger.compact import Compact
from ledger.partial import Derive, Partial, Span


class Kept:
    """The partial results in a directory."""

    def __init__(self, directory: Path, derives: Mapping[str, Derive]) -> None:
        self._directory = directory
        self._program = _fingerprint(derives)

    def load(self, origin: str, span: Span, promised: Compact) -> Partial | None:
        """Return the partial result that was kept of a span with that tree, if there is one."""
        try:
            mark, _, data = self._path(origin, span, promised).read_bytes().partition(b"\n")
        except OSError:
            return None
        if mark.decode("ascii", "replace") != sha256(data).hexdigest():
            # A crash of the machine tore it.
            return None
        rows = {
            name: {tuple(key): tuple(values) for key, values in pairs}
            for name, pairs in json.loads(data).items()
        }
        return Partial(span, promised, rows)

    def save(self, origin: str, partial: Partial) -> None:
        """Keep a partial result, whole or not at all."""
        path = self._path(origin, partial.span, partial.tree)
        said = {name: list(rows.items()) for name, rows in partial.rows.items()}
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        data = json.dumps(said).encode()
        draft.write_bytes(sha256(data).hexdigest().encode() + b"\n" + data)
        draft.replace(path)

    def clear(self) -> None:
        """Remove whatever was kept."""
        for path in self._directory.glob("*"):
            path.unlink(missing_ok=True)
        with suppress(OSError):
            self._directory.rmdir()

    def _path(self, origin: str, span: Span, tree: Compact) -> Path:
        """Return the path of a span's file."""
        nodes = [(node.level, node.number, node.hash.hex()) for node in tree]
        told = json.dumps([self._program, origin, span, nodes])
        return self._directory / f"{sha256(told.encode()).hexdigest()}.json"


def _fingerprint(derives: Mapping[str, Derive]) -> str:
    """Return a hash over the source of this package and of every derivation."""
    paths = set(Path(__file__).parent.rglob("*.py"))
    paths |= {Path(str(sys.modules[derive.__module__].__file__)) for derive in derives.values()}
    digest = sha256(repr(sorted(derives)).encode())
    for path in sorted(paths):
        digest.update(path.read_bytes())
    return digest.hexdigest()
