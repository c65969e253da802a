"""Events that change what papers said, and what papers say of their parties: what is refused."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from ledger.errors import InvalidInputError
from ledger.events import (
    ContractAmended,
    ContractRegistered,
    InvoiceCorrected,
    InvoiceRecorded,
    InvoiceReversed,
    Party,
    PaymentCorrected,
    PaymentRecorded,
    PaymentReversed,
    PriceLine,
)
from tests.ledger.papers import EXAMPLES, FILED, INVOICE, PAYMENT

AMENDED, CORRECTED, RED, REPAID, BACK = (msgspec.structs.asdict(one) for one in EXAMPLES[:5])
CONTRACT: dict[str, Any] = {
    "contract": "C-1",
    "provider": "91350100M000100Y43",
    "signed_on": "2022-03-01",
    "service_from": "2022-03-01",
    "service_to": "2022-12-31",
    "amount_fen": 1,
    "vat_rate": "0.06",
    "prices": (),
    **FILED,
}


def price(**days: str) -> dict[str, Any]:
    return {"prices": (PriceLine(resource="a100", unit_price="7", per="card_hour", **days),)}


@pytest.mark.parametrize(
    ("make", "fields", "wrong", "code"),
    [
        (Party, {"name": "x"}, {"name": None}, "nobody_named"),
        (Party, {"name": "x"}, {"name": " "}, "bad_words"),
        (Party, {"name": "x"}, {"credit_code": "91350100M000100Y4"}, "credit_code_form"),
        (ContractRegistered, CONTRACT, {"recorded_by": "张 三"}, "bad_id"),
        (ContractRegistered, CONTRACT, {"document_sha256": "x"}, "bad_digest"),
        (InvoiceRecorded, INVOICE, {"net_fen": 60_000_001}, "tax_does_not_add_up"),
        (InvoiceRecorded, INVOICE, {"document_sha256": "x"}, "bad_digest"),
        (PaymentRecorded, PAYMENT, {"payer_account": "6222"}, "bad_digest"),
        (InvoiceCorrected, CORRECTED, {"reason": ""}, "bad_words"),
        (InvoiceCorrected, CORRECTED, {"invoice": "1"}, "invoice_number_form"),
        (InvoiceCorrected, CORRECTED, {"net_fen": 1}, "tax_does_not_add_up"),
        (InvoiceReversed, RED, {"red_invoice": "1"}, "invoice_number_form"),
        (InvoiceReversed, RED, {"invoice": "1"}, "invoice_number_form"),
        (InvoiceReversed, RED, {"red_invoice": RED["invoice"]}, "reverses_itself"),
        (InvoiceReversed, RED, {"issued_on": "2022-02-30"}, "bad_date"),
        (InvoiceReversed, RED, {"amount_fen": 0, "tax_fen": 0, "net_fen": 0}, "absurd_money"),
        (InvoiceReversed, RED, {"tax_fen": 601}, "tax_does_not_add_up"),
        (InvoiceReversed, RED, {"tax_fen": 10_601}, "absurd_money"),
        (PaymentCorrected, REPAID, {"reason": " "}, "bad_words"),
        (PaymentCorrected, REPAID, {"paid_on": "x"}, "bad_date"),
        (PaymentReversed, BACK, {"invoice": "1"}, "invoice_number_form"),
        (PaymentReversed, BACK, {"amount_fen": 0}, "absurd_money"),
        (PaymentReversed, BACK, {"reversed_on": "x"}, "bad_date"),
        (PaymentReversed, BACK, {"reason": ""}, "bad_words"),
        (ContractAmended, AMENDED, {"effective_on": "0001-01-01"}, "absurd_year"),
        (ContractAmended, AMENDED, {"service_to": "x"}, "bad_date"),
        (ContractAmended, AMENDED, {"amount_fen": -1}, "absurd_money"),
        (ContractAmended, AMENDED, price(valid_from="2022-06-30"), "price_too_early"),
        (ContractAmended, AMENDED, price(valid_to="2022-06-30"), "price_too_early"),
    ],
)
def test_a_wrong_value_is_refused_under_its_code(
    make: Callable[..., object], fields: dict[str, Any], wrong: dict[str, Any], code: str
) -> None:
    assert make(**fields)
    with pytest.raises(InvalidInputError) as caught:
        make(**fields | wrong)
    assert caught.value.code == code


def test_an_amendment_changes_something() -> None:
    nothing = {"service_to": None, "amount_fen": None, "prices": ()}
    with pytest.raises(InvalidInputError) as caught:
        ContractAmended(**AMENDED | nothing)
    assert caught.value.code == "nothing_amended"
    for one in ({"service_to": "2023-01-01"}, {"amount_fen": 0}, price(valid_to="2022-07-01")):
        assert ContractAmended(**AMENDED | nothing | one)


def test_what_papers_could_not_say_before_leaves_no_trace_where_it_is_not_said() -> None:
    plain = {name: value for name, value in INVOICE.items() if name not in FILED}
    for name in ("net_fen", "buyer", "seller"):
        del plain[name]
    assert msgspec.to_builtins(InvoiceRecorded(**plain)) == plain
