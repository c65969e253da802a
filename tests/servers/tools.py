"""Stock transparency-log tools, built by Go from their published modules: none of them is ours.

`policy` is a main of ten lines around torchwood, which has no command that reads a witness policy.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.servers import MissingServerError

TOOLS: Final = {
    "fsck": "github.com/transparency-dev/tessera/cmd/fsck@v1.0.4",
    "spicy": "filippo.io/torchwood/cmd/spicy@v0.9.0",
}

_LIBRARY: Final = "filippo.io/torchwood@v0.9.0"
_SOURCE: Final = Path(__file__).parent / "policy" / "main.go"

_BUILT: Final = Path(__file__).parents[2] / ".cache" / "tools"


def stock_tool(name: str) -> Path:
    """Return the path of a tool, built where it is not there yet.

    Raises `MissingServerError` without Go, or where its modules cannot be had.
    """
    module = TOOLS.get(name, _LIBRARY)
    path = _BUILT / f"{name}-{module.rpartition('@')[2]}"
    if path.exists():
        return path
    if name in TOOLS:
        return _build(name, path, [["install", module]])
    steps = [["mod", "init", "policy"], ["get", _LIBRARY], ["build", "-o", name]]
    return _build(name, path, steps, [_SOURCE])


def go_tlog() -> Path:
    """Return the path of a program that answers with Go's own tlog, built by `tests/servers/tlog`.

    Raises `MissingServerError` as `stock_tool` does.
    """
    folder = Path(__file__).with_name("tlog")
    sources = [folder / name for name in ("main.go", "go.mod", "go.sum")]
    digest = hashlib.sha256(b"".join(one.read_bytes() for one in sources)).hexdigest()[:16]
    path = _BUILT / f"tlogcheck-{digest}"
    return path if path.exists() else _build("tlogcheck", path, [["install", "."]], sources)


def _build(
    name: str, path: Path, steps: Sequence[Sequence[str]], sources: Sequence[Path] = ()
) -> Path:
    """Return a tool's path once Go has built it there of some sources, all at once."""
    go = shutil.which("go")
    if go is None:
        raise MissingServerError("go")
    scratch = _BUILT / f"{name}.{os.getpid()}"
    scratch.mkdir(parents=True)
    try:
        for one in sources:
            shutil.copy(one, scratch)
        for step in steps:
            built = subprocess.run(
                [go, *step],
                check=False,
                capture_output=True,
                text=True,
                cwd=scratch,
                env={**os.environ, "GOBIN": str(scratch)},
            )
            if built.returncode != 0:
                raise MissingServerError(built.stderr[-2000:])
        (scratch / name).replace(path)
    finally:
        shutil.rmtree(scratch)
    return path
