"""One complete case that all three programmes pay on, and changes to it by path.

It is an accelerator purchase of CNY 100,000, tax included, signed, served and paid in full in 2022
by a high-tech, above-scale enterprise of the East Lake zone with sales of CNY 150 million.
"""

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pytest

from vouchers.case import Case, parse_case

DROP: Final = object()

MakeCase = Callable[..., Case]

_FACTS: Final = {
    "enterprise": {
        "credit_code": "91420100MA4K2XY18X",
        "name": "武汉某智能科技有限公司",
        "registered_region": "420100",
        "tax_domicile": [{"zone": "east-lake", "from": "2021-01-01"}],
        "qualifications": [
            {"kind": "high_tech_enterprise", "from": "2021-11-15", "to": "2024-11-14"},
            {"kind": "above_scale", "from": "2021-01-01"},
        ],
        "facts": [{"name": "sales_fen", "year": 2021, "value": 15_000_000_000}],
    },
    "purchases": [
        {
            "contract": "C-1",
            "project": "P-1",
            "signed_on": "2022-03-01",
            "contract_fen": 10_000_000,
            "service_from": "2022-03-01",
            "service_to": "2022-06-30",
            "completed_on": "2022-06-30",
            "resource_kind": "accelerator",
            "invoice": "22420000000000000001",
            "invoiced_on": "2022-07-01",
            "invoiced_fen": 10_000_000,
            "tax_fen": 566_037,
            "payments": [{"paid_on": "2022-07-10", "amount_fen": 10_000_000}],
            "metered_fen": 10_000_000,
            "provider": "91420100MA49P8T68D",
        }
    ],
    "earlier": [{"programme": "hubei", "year": 2022, "claimed_fen": 0, "redeemed_fen": 0}],
    "other_funding": [{"scope": "project", "ref": "P-9", "level": "province", "year": 2021}],
    "declarations": {"related_party": False, "serious_dishonesty": False},
    "apply_on": "2022-11-01",
}


def render_facts(changes: Mapping[str, object]) -> bytes:
    """Return the case as JSON with the facts at these paths changed, added or dropped."""
    facts = copy.deepcopy(_FACTS)
    for path, value in changes.items():
        *parents, last = [int(one) if one.isdigit() else one for one in re.findall(r"\w+", path)]
        at: Any = facts
        for parent in parents:
            at = at[parent]
        if value is DROP:
            del at[last]
        else:
            at[last] = value
    return json.dumps(facts).encode()


def find_keys(at: object, path: str = "") -> Iterator[str]:
    """Yield the path of every key of every object."""
    if isinstance(at, dict):
        for key, value in at.items():
            inner = f"{path}.{key}" if path else key
            yield inner
            yield from find_keys(value, inner)
    elif isinstance(at, list):
        for i, value in enumerate(at):
            yield from find_keys(value, f"{path}[{i}]")


@pytest.fixture(scope="session")
def drop() -> object:
    """Return the value that means: leave the fact out."""
    return DROP


@pytest.fixture(scope="session")
def write_case() -> Callable[[Mapping[str, object]], bytes]:
    """Return the writer of the case's JSON."""
    return render_facts


@pytest.fixture(scope="session")
def make_case() -> MakeCase:
    """Return the maker of the case: `make_case({"purchases[0].invoiced_fen": 1})`.

    `spent_fen` sets invoice, contract and payment of the first purchase together.
    """

    def make(changes: Mapping[str, object] | None = None, *, spent_fen: int | None = None) -> Case:
        spent: dict[str, object] = {}
        if spent_fen is not None:
            paid = {"paid_on": "2022-07-10", "amount_fen": spent_fen}
            spent = {
                "purchases[0].invoiced_fen": spent_fen,
                "purchases[0].tax_fen": 0,
                "purchases[0].payments": [paid],
            }
        return parse_case(render_facts({**spent, **(changes or {})}))

    return make


@pytest.fixture(scope="session")
def every_key() -> tuple[str, ...]:
    """Return the path of every fact of the case."""
    return tuple(find_keys(_FACTS))
