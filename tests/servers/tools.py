"""Stock transparency-log tools, built by Go from their published modules: none of them is ours."""

import hashlib
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

_BUILT: Final = Path(__file__).parents[2] / ".cache" / "tools"


def stock_tool(name: str) -> Path:
    """Return the path of a tool, built where it is not there yet.

    Raises `MissingServerError` without Go, or where its modules cannot be had.
    """
    module = TOOLS[name]
    path = _BUILT / f"{name}-{module.rpartition('@')[2]}"
    return path if path.exists() else _build(name, path, ["install", module], Path.cwd())


def go_tlog() -> Path:
    """Return the path of a program that answers with Go's own tlog, built by `tests/servers/tlog`.

    Raises `MissingServerError` as `stock_tool` does.
    """
    folder = Path(__file__).with_name("tlog")
    sources = [folder / name for name in ("main.go", "go.mod", "go.sum")]
    digest = hashlib.sha256(b"".join(one.read_bytes() for one in sources)).hexdigest()[:16]
    path = _BUILT / f"tlogcheck-{digest}"
    return path if path.exists() else _build("tlogcheck", path, ["install", "."], folder)


def _build(name: str, path: Path, arguments: list[str], folder: Path) -> Path:
    """Return a tool's path once Go has built it there, all at once."""
    go = shutil.which("go")
    if go is None:
        raise MissingServerError("go")
    scratch = _BUILT / f"{name}.{os.getpid()}"
    scratch.mkdir(parents=True)
    try:
        built = subprocess.run(
            [go, *arguments],
            check=False,
            capture_output=True,
            text=True,
            cwd=folder,
            env={**os.environ, "GOBIN": str(scratch)},
        )
        if built.returncode != 0:
            raise MissingServerError(built.stderr[-2000:])
        (scratch / name).replace(path)
    finally:
        shutil.rmtree(scratch)
    return path
