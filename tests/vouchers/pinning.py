"""Released versions, pinned: `python -m tests.vouchers.pinning` adds those that are not yet.

`released.json` holds for each released version the values that its hash in `vouchers/released.py`
is of, and golden cases with what is decided on them. What stands there is never written again;
`REWRITE_GOLDEN=1` lets a test write the steps of its cases anew, and nothing else, for review.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.vouchers.conftest import DROP, render_facts
from vouchers.adoption import as_adopted, compare_values
from vouchers.case import encode_case, parse_case
from vouchers.catalogue import find_programmes
from vouchers.decide import decide
from vouchers.programme import Programme, Version, encode_version, hash_version
from vouchers.released import RELEASED

TABLE: Final = Path(__file__).with_name("released.json")
YEAR: Final = 2022
"""The year of the facts that the cases are made from."""

Pinned = dict[str, Any]

OWN: Final = "own"
"""Stands for the programme that is asked."""


def _drawn(programme: str, fen: int) -> dict[str, object]:
    return {"programme": programme, "year": YEAR, "claimed_fen": fen, "redeemed_fen": fen}


CASES: Final[dict[str, Mapping[str, object]]] = {
    "everything is in order": {},
    "the cap is reached": {
        "purchases[0].invoiced_fen": 150_000_000,
        "purchases[0].payments": [{"paid_on": "2022-07-10", "amount_fen": 150_000_000}],
    },
    "an odd amount is rounded": {
        "purchases[0].invoiced_fen": 12_345_678,
        "purchases[0].payments": [{"paid_on": "2022-07-10", "amount_fen": 12_345_678}],
    },
    "half of it is paid": {
        "purchases[0].payments": [{"paid_on": "2022-07-10", "amount_fen": 5_000_000}]
    },
    "most of the cap is used": {"earlier": [_drawn(OWN, 9_900_000)]},
    "other levels have paid": {"earlier": [_drawn("wuhan", 1), _drawn("east_lake", 1)]},
    "it is too small": {
        "purchases[0].invoiced_fen": 199_999,
        "purchases[0].tax_fen": 0,
        "purchases[0].payments": [{"paid_on": "2022-07-10", "amount_fen": 199_999}],
    },
    "it is no compute": {"purchases[0].resource_kind": "storage"},
    "no status is held": {"enterprise.qualifications": []},
    "it is elsewhere": {
        "enterprise.registered_region": "430100",
        "enterprise.tax_domicile": [],
    },
    "the statuses are unknown": {"enterprise.qualifications": DROP},
    "its project is funded": {
        "other_funding": [{"scope": "project", "ref": "P-1", "level": "province", "year": 2021}]
    },
    "it is a related party": {"declarations.related_party": True},
}
"""Changes to the case of `conftest.py` that every version is asked about."""


def key_of(programme: Programme, version: Version) -> str:
    """Return the name of a version in the table."""
    return f"{programme.id}@{version.id}"


def read_table() -> dict[str, Pinned]:
    """Return the table of released versions."""
    found: dict[str, Pinned] = json.loads(TABLE.read_text("utf-8"))
    return found


def write_table(table: Mapping[str, Pinned]) -> None:
    """Write the table, a case a line."""
    parts = []
    for name, pinned in table.items():
        rows = [f"  {_json(key)}: {_json(value)}" for key, value in pinned["cases"].items()]
        head = [f" {_json(key)}: {_json(pinned[key])}" for key in ("document", "values")]
        cases = ' "cases": {\n' + ",\n".join(rows) + "\n }"
        parts.append(f"{_json(name)}: {{\n" + ",\n".join([*head, cases]) + "\n}")
    TABLE.write_text("{\n" + ",\n".join(parts) + "\n}\n", "utf-8")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def what_changed(programme: Programme, version: Version, pinned: Pinned) -> list[str]:
    """Return the values of a version that are not as released, none where only its end is new."""
    released = RELEASED[key_of(programme, version)]
    if as_adopted(programme, version, released) is not None:
        return []
    then = json.dumps(pinned["values"], ensure_ascii=False)
    now = encode_version(programme, version).decode()
    changes = [f"{one.path}: {one.then} → {one.now}" for one in compare_values(then, now)]
    return changes or [f"the hash: {released} → {hash_version(programme, version)}"]


def judge(programme: Programme, version: Version, case: object) -> dict[str, Any]:
    """Return what a version, with no other beside it, decides on a case.

    Its words are left out: they may be put better.
    """
    alone = type(programme)(
        id=programme.id, level=programme.level, name=programme.name, versions=(version,)
    )
    decision = decide(alone, parse_case(json.dumps(case).encode()))
    return {
        "status": decision.status,
        "amount_fen": decision.amount_fen,
        "year": decision.year,
        "counted": list(decision.counted),
        "reasons": [one.code for one in decision.reasons],
        "steps": [f"{one.value} {one.unit} {one.grade}" for one in decision.steps],
    }


def pin(programme: Programme, version: Version) -> Pinned:
    """Return what the table says of a version."""
    first = version.valid_from.value.year
    cases = {
        name: _facts(changes, programme.id, max(first, YEAR)) for name, changes in CASES.items()
    }
    return {
        "document": version.document.zh,
        "values": json.loads(encode_version(programme, version)),
        "cases": {
            name: {"case": case, "decision": judge(programme, version, case)}
            for name, case in cases.items()
        },
    }


def _facts(changes: Mapping[str, object], programme: str, year: int) -> dict[str, Any]:
    """Return a case as JSON with every year moved along."""

    def moved(found: re.Match[str]) -> str:
        return str(int(found[0]) + year - YEAR)

    text = render_facts(changes).decode().replace(f'"{OWN}"', f'"{programme}"')
    later = re.sub(r"\b20\d\d(?=-\d\d-\d\d\b)|(?<=\"year\": )20\d\d\b", moved, text)
    return encode_case(parse_case(later.encode()))


def main() -> None:
    """Pin what is not pinned, and leave all else as it is."""
    table = read_table() if TABLE.exists() else {}
    for programme in find_programmes():
        for version in programme.versions:
            name = key_of(programme, version)
            if name not in table:
                table[name] = pin(programme, version)
                line = f'    "{name}": "{hash_version(programme, version)}",'
                sys.stdout.write(f"add to vouchers/released.py:\n{line}\n")
    write_table(table)


if __name__ == "__main__":
    main()
