"""The process in which a programme file under review runs, by `python -O -m`.

It prints one JSON object: the programme's values, or why there are none. Assertions are off, so
that a programme whose versions overlap still comes to be, and the review can say so.
"""

import json
import runpy
import sys
import traceback
from contextlib import redirect_stdout
from typing import Any

from ledger.errors import LedgerError
from vouchers.draft import encode_draft
from vouchers.programme import Programme


def run(path: str) -> dict[str, Any]:
    """Return `{programme}` of a file, or `{failure}` with the fields of `mishap.Failure`."""
    try:
        found = runpy.run_path(path).get("PROGRAMME")
        if isinstance(found, Programme):
            return {"programme": encode_draft(found)}
    except BaseException as error:  # noqa: BLE001 - whatever ends the file is what is to be told
        return {"failure": _describe(error, path)}
    return {"failure": None}


def _describe(error: BaseException, path: str) -> dict[str, Any]:
    """Return what ended the file, and where in it: lines from one, columns in bytes from zero."""
    own = [one for one in traceback.extract_tb(error.__traceback__) if one.filename == path]
    span = (own[-1].lineno, own[-1].colno, own[-1].end_lineno, own[-1].end_colno) if own else None
    holder = getattr(error, "obj", None) or sys.modules.get(getattr(error, "name", None) or "")
    return {
        "kind": type(error).__name__,
        "message": str(error).partition("\n")[0][:200],
        "span": span,
        "told": [error.message, error.next_step] if isinstance(error, LedgerError) else None,
        "known": [one for one in dir(holder) if not one.startswith("_")] if holder else [],
    }


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):
        answer = run(sys.argv[1])
    sys.stdout.write(json.dumps(answer))
