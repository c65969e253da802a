"""Write today-usage.ndjson, today-papers.json and today-claim.json: a claim on papers of today.

The service was used yesterday and is invoiced and paid today, in Beijing time, so that the files
are right on any day of any year.
"""

import json
import secrets
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

CODE = "91420100MA4K2XY18X"
PROVIDER = "91420100MA49P8T68D"


def main() -> None:
    """Write the three files."""
    day = datetime.now(UTC).astimezone(timezone(timedelta(hours=8))).date()
    used = (day - timedelta(days=1)).isoformat()
    number, contract = f"{day:%Y%m%d}", f"C-{day:%Y%m%d}"
    invoice = f"2442{number}00000001"
    event = {
        "specversion": "1.0",
        "type": "cn.suanquan.usage.recorded.v1",
        "source": "urn:example:rack-7",
        "id": f"today-{number}",
        "subject": CODE,
        "salt": secrets.token_hex(16),
        "data": {
            "job": "train-9",
            "contract": contract,
            "resource": "a100",
            "amount": "400",
            "start": f"{used}T00:00:00+08:00",
            "end": f"{used}T20:00:00+08:00",
        },
    }
    paid = {"payment": f"HD-{number}", "invoice": invoice, "paid_on": day.isoformat()}
    money = {"net_fen": 9_433_962, "tax_fen": 566_038, "amount_fen": 10_000_000}
    period = {"service_from": used, "service_to": used}
    prices = [{"resource": "a100", "unit_price": "12.50", "per": "card_hour"}]
    papers = {
        "enterprise": {"credit_code": CODE},
        "qualifications": [{"kind": "technology_sme", "from": used, "to": f"{day.year}-12-31"}],
        "declarations": [
            {"year": day.year, "related_party": False, "serious_dishonesty": False},
        ],
        "contracts": [
            {"contract": contract, "provider": PROVIDER, "signed_on": used, "prices": prices}
            | {"amount_fen": 10_000_000, "vat_rate": "0.06"}
            | period
        ],
        "invoices": [
            {"invoice": invoice, "contract": contract, "issued_on": day.isoformat()}
            | period
            | money
        ],
        "payments": [paid | {"amount_fen": 10_000_000}],
    }
    claim = {"enterprise": CODE, "programme": "hubei", "invoices": [invoice]}
    for name, said in (
        ("today-usage.ndjson", event),
        ("today-papers.json", papers),
        ("today-claim.json", claim),
    ):
        Path(name).write_text(json.dumps(said, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
