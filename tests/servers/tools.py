"""Stock transparency-log tools, built by Go from their published modules: none of them is ours."""

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
    version = module.rpartition("@")[2]
    path = _BUILT / f"{name}-{version}"
    if not path.exists():
        go = shutil.which("go")
        if go is None:
            raise MissingServerError("go")
        scratch = _BUILT / f"{name}.{os.getpid()}"
        scratch.mkdir(parents=True)
        try:
            built = subprocess.run(
                [go, "install", module],
                check=False,
                capture_output=True,
                text=True,
                env={**os.environ, "GOBIN": str(scratch)},
            )
            if built.returncode != 0:
                raise MissingServerError(built.stderr[-2000:])
            (scratch / name).replace(path)
        finally:
            shutil.rmtree(scratch)
    return path
