"""Examples of what is sent and answered, by operation: as a ledger took them and gave them.

They are written by the test that holds the interface to them, never by hand.
"""

import json
from importlib.resources import files
from typing import Any, Literal

Example = dict[Literal["body", "answer"], Any]


def read_examples() -> dict[str, Example]:
    """Return the examples: `body` where an operation is sent JSON, `answer` where it answers it."""
    raw = files("portal.web.api").joinpath("examples.json").read_text("utf-8")
    found: dict[str, Example] = json.loads(raw)
    return found
