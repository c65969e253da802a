"""The same bytes whatever Python, time zone, locale and hash seed: digests written down once."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.golden import check_golden

REPOSITORY: Final = Path(__file__).parents[2]
DIGESTS: Final = Path(__file__).parent / "golden" / "bytes.json"

ODD: Final = {
    "TZ": "America/St_Johns",
    "LC_ALL": "tr_TR.UTF-8",
    "LANG": "de_DE.UTF-8",
    "PYTHONHASHSEED": "4711",
    "COLUMNS": "20",
}
"""An environment of another machine: half an hour off, other letters and other commas."""


def test_every_machine_makes_the_bytes_that_are_written_down(tmp_path: Path) -> None:
    """Whatever is changed on purpose is written anew: `REWRITE_GOLDEN=1`, with a new version."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.reports.reproduce"],
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, **ODD, "PYTHONPATH": str(REPOSITORY)},
    )
    check_golden(DIGESTS, json.loads(done.stdout))
