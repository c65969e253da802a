"""One complete case of 2026 that the invented programmes pay on, and changes to it by path.

A contract over CNY 106,000 with 6 % tax, so that CNY 100,000 are left without it.
"""

import copy
import json
import re
from typing import Any, Final

from vouchers.case import Case, parse_case
from vouchers.decision import Decision

BUYER: Final = "91420100MA4K2XY18X"
SELLER: Final = "91420100MA49P8T68D"
HELD: Final = "enterprise.qualifications"
BOUGHT: Final = "purchases[0]"

_PURCHASE: Final = {
    "contract": "C-1",
    "project": "P-1",
    "signed_on": "2026-03-02",
    "contract_fen": 10_600_000,
    "approved_fen": 10_600_000,
    "service_from": "2026-03-02",
    "service_to": "2026-06-30",
    "completed_on": "2026-06-30",
    "resource_kind": "accelerator",
    "invoice": "26990000000000000001",
    "invoiced_on": "2026-07-01",
    "invoiced_fen": 10_600_000,
    "tax_fen": 600_000,
    "payments": [{"paid_on": "2026-07-10", "amount_fen": 10_600_000}],
    "metered_fen": 10_600_000,
    "settled_fen": 10_600_000,
    "provider": SELLER,
    "confirmed": True,
}
_FACTS: Final = {
    "enterprise": {
        "credit_code": BUYER,
        "registered_region": "990100",
        "tax_domicile": [{"zone": "qingyu"}, {"zone": "heting"}],
        "qualifications": [
            {"kind": "high_tech_enterprise", "from": "2024-12-01", "to": "2027-11-30"},
            {"kind": "above_scale"},
        ],
        "facts": [
            {"name": "sales_fen", "year": 2025, "value": 15_000_000_000},
            {"name": "insured_employees", "year": 2025, "value": 50},
            {"name": "rd_fen", "year": 2025, "value": 600_000_000},
        ],
        "records": [],
    },
    "purchases": [_PURCHASE],
    "group_earlier": [],
    "declarations": {"related_party": False, "serious_dishonesty": False},
    "apply_on": "2026-10-10",
}


def case(changes: dict[str, Any] | None = None, *, net_fen: int | None = None) -> Case:
    """Return the case with the facts at these paths changed, or left out where they are None.

    `net_fen` sets every amount of the first purchase to so much and no tax.
    """
    facts: Any = copy.deepcopy(_FACTS)
    if net_fen is not None:
        facts["purchases"][0] |= buy(net_fen, "C-1")
    for path, value in (changes or {}).items():
        *parents, last = [int(one) if one.isdigit() else one for one in re.findall(r"\w+", path)]
        at = facts
        for parent in parents:
            at = at[parent]
        if value is None:
            del at[last]
        else:
            at[last] = value
    return parse_case(json.dumps(facts).encode())


def buy(net_fen: int, contract: str, **changes: object) -> dict[str, Any]:
    """Return a purchase like the first, every amount of it so much, without tax."""
    amounts = ("contract_fen", "approved_fen", "invoiced_fen", "metered_fen", "settled_fen")
    paid = {"payments": [{"paid_on": "2026-07-10", "amount_fen": net_fen}], "tax_fen": 0}
    return _PURCHASE | dict.fromkeys(amounts, net_fen) | paid | {"contract": contract} | changes


def codes(decision: Decision) -> list[str]:
    """Return the codes of the reasons, without what the claim still has to bring."""
    notes = {"document_missing", "outside_window"}
    return [reason.code for reason in decision.reasons if reason.code not in notes]
