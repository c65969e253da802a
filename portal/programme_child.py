"""The process in which a programme file under review runs: `python -O -m portal.programme_child`.

It prints one JSON object: the programme's values, or why there are none. Assertions are off, so
that a programme whose versions overlap still comes to be, and the review can say so.
"""

import json
import runpy
import sys
import traceback
from contextlib import redirect_stdout
from typing import Any

from vouchers.programme import Programme, encode_named


def run(path: str) -> dict[str, Any]:
    """Return `{programme}` of a file, or `{failure: {kind, message, line}}`."""
    try:
        found = runpy.run_path(path).get("PROGRAMME")
        if isinstance(found, Programme):
            return {"programme": encode_named(found)}
    except BaseException as error:  # noqa: BLE001 - whatever ends the file is what is to be told
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame.lineno for frame in frames if frame.filename == path]
        failure = {
            "kind": type(error).__name__,
            "message": str(error).partition("\n")[0][:200],
            "line": own[-1] if own else None,
        }
        return {"failure": failure}
    return {"failure": None}


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):
        answer = run(sys.argv[1])
    sys.stdout.write(json.dumps(answer))
