"""Golden files: values reviewed once by a person and held from then on.

They are compared by value. `REWRITE_GOLDEN=1` writes them anew, for review as a diff.
"""

import json
import os
from pathlib import Path

import msgspec
import pytest


def check_golden(path: Path, value: object) -> None:
    """Fail unless a value is what its golden file says; with `REWRITE_GOLDEN=1` write it, skip."""
    found = msgspec.to_builtins(value)
    if os.environ.get("REWRITE_GOLDEN") == "1":
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
        pytest.skip(f"{path.name} was rewritten: read its diff")
    assert json.loads(json.dumps(found)) == json.loads(path.read_text("utf-8"))
