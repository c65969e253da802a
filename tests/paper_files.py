"""Files of papers for tests: one of everything, and changes to it by key."""

import copy
import json
from typing import Any, Final

from tests.small_ledger import CODE, PROVIDER

INVOICE: Final = "22420000000000000001"
RED: Final = "22420000000000000002"

FULL: Final[dict[str, Any]] = {
    "enterprise": {"credit_code": CODE, "name": "华智科技", "registered_region": "420100"},
    "qualifications": [
        {"kind": "high_tech_enterprise", "number": "GR1", "from": "2021-01-01", "to": "2023-12-31"}
    ],
    "revocations": [{"kind": "high_tech_enterprise", "number": "GR1", "revoked_on": "2023-07-01"}],
    "tax_domicile": [{"zone": "east-lake", "from": "2021-01-01"}],
    "facts": [{"name": "sales_fen", "year": 2021, "value": 15_000_000_000}],
    "other_funding": [
        {"scope": "project", "level": "city", "year": 2021, "amount_fen": 5, "ref": "P-1"}
    ],
    "declarations": [{"year": 2022, "related_party": False, "serious_dishonesty": False}],
    "contracts": [
        {
            "contract": "C-1",
            "provider": PROVIDER,
            "signed_on": "2022-01-01",
            "service_from": "2022-01-01",
            "service_to": "2022-12-31",
            "amount_fen": 100_000_000,
            "vat_rate": "0.06",
            "prices": [{"resource": "a100", "unit_price": "12.50", "per": "card_hour"}],
            "buyer": {"name": "华智科技", "credit_code": CODE},
            "seller": {"name": "武汉算力中心"},
            "document_sha256": "a" * 64,
        }
    ],
    "amendments": [
        {
            "amendment": "C-1-补1",
            "contract": "C-1",
            "effective_on": "2022-07-01",
            "prices": [{"resource": "a100", "unit_price": "10", "per": "card_hour"}],
        }
    ],
    "invoices": [
        {
            "invoice": INVOICE,
            "contract": "C-1",
            "issued_on": "2022-08-05",
            "amount_fen": 106_000,
            "net_fen": 100_000,
            "tax_fen": 6_000,
            "service_from": "2022-07-01",
            "service_to": "2022-07-31",
        }
    ],
    "payments": [
        {
            "payment": "B-1",
            "invoice": INVOICE,
            "paid_on": "2022-08-10",
            "amount_fen": 106_000,
            "payer": {"name": "华智科技"},
            "payee": {"credit_code": PROVIDER},
        }
    ],
    "corrections": [
        {
            "reason": "日期录入有误",
            "payment": {
                "payment": "B-1",
                "invoice": INVOICE,
                "paid_on": "2022-08-11",
                "amount_fen": 106_000,
            },
        }
    ],
    "red_invoices": [
        {
            "red_invoice": RED,
            "invoice": INVOICE,
            "issued_on": "2022-09-01",
            "amount_fen": 10_600,
            "tax_fen": 600,
        }
    ],
    "reversals": [
        {
            "reversal": "B-1-R",
            "payment": "B-1",
            "invoice": INVOICE,
            "reversed_on": "2022-09-02",
            "amount_fen": 10_600,
            "reason": "部分退款",
        }
    ],
}


def only(*keys: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """Return the file with these parts alone; `changes` go into the first item of the last one."""
    made = {key: copy.deepcopy(FULL[key]) for key in ("enterprise", *keys)}
    if changes:
        made[keys[-1]][0].update(changes)
    return made


def raw(papers: dict[str, Any]) -> bytes:
    """Return a file's bytes."""
    return json.dumps(papers, ensure_ascii=False).encode()
