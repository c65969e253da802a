"""Stock transparency-log tools, built by Go from their published modules: none of them is ours.

`policy` is a main of ten lines around torchwood, which has no command that reads a witness policy.
"""

import os
import shutil
import subprocess
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
    version = TOOLS.get(name, _LIBRARY).rpartition("@")[2]
    path = _BUILT / f"{name}-{version}"
    if not path.exists():
        go = shutil.which("go")
        if go is None:
            raise MissingServerError("go")
        scratch = _BUILT / f"{name}.{os.getpid()}"
        scratch.mkdir(parents=True)
        try:
            _build(go, name, scratch)
            (scratch / name).replace(path)
        finally:
            shutil.rmtree(scratch)
    return path


def _build(go: str, name: str, scratch: Path) -> None:
    """Build a tool in an empty directory."""
    if name in TOOLS:
        steps = [[go, "install", TOOLS[name]]]
    else:
        shutil.copy(_SOURCE, scratch)
        steps = [[go, "mod", "init", "policy"], [go, "get", _LIBRARY], [go, "build", "-o", name]]
    for step in steps:
        built = subprocess.run(
            step,
            check=False,
            capture_output=True,
            text=True,
            cwd=scratch,
            env={**os.environ, "GOBIN": str(scratch)},
        )
        if built.returncode != 0:
            raise MissingServerError(built.stderr[-2000:])
