"""`python -m tests.reports.reproduce`: the digests of fixed statements in every format, as JSON.

They are functions of the code alone. So what it prints on any machine, by any Python that is
supported, in any time zone and locale, is what stands in `golden/bytes.json`.
"""

import hashlib
import json
import sys

from reports.fonts import CACHE, load
from reports.formats import FORMATS, Format, render
from reports.issue import renderer_of
from tests.reports.kind_worlds import CASES, KINDS, statement_of

CASE = "rare characters"


def digests() -> dict[str, dict[Format, str]]:
    """Return the SHA-256 of a statement of each kind in each format, under its renderer."""
    fonts, found = load(CACHE), dict[str, dict[Format, str]]()
    for kind in KINDS:
        made = statement_of(kind, CASES[CASE])
        found[f"{kind}: {renderer_of(made)}"] = {
            form: hashlib.sha256(render(made, form, fonts)).hexdigest() for form in FORMATS
        }
    return found


if __name__ == "__main__":
    json.dump(digests(), sys.stdout)
