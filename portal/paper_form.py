"""A contract, an invoice or a payment as somebody types it, and the file of papers that it makes.

What is typed is read field by field, so that each error stands beside its field; whether the paper
can be is judged where a file's papers are, by `vouchers.claims.papers_judged`.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final, Literal, NamedTuple

import msgspec

from ledger.errors import InvalidInputError, LedgerError
from ledger.money import parse_yuan
from ledger.period import parse_date
from ledger.text import Text

What = Literal["contract", "invoice", "payment"]

Kind = Literal["text", "date", "yuan", "choice", "known"]
"""`choice` is one of some values, `known` a number that the book should have and may not."""


class Field(NamedTuple):
    """A field of a form: under which name, what it is called, how it is filled."""

    name: str
    label: Text
    kind: Kind = "text"
    hint: Text = Text("", "")
    required: bool = True


TITLES: Final[Mapping[What, Text]] = {
    "contract": Text("录入合同", "Enter a contract"),
    "invoice": Text("录入发票", "Enter an invoice"),
    "payment": Text("录入付款", "Enter a payment"),
}

PRICES: Final = 4
"""How many prices a form has room for; a contract of more is entered by the task force."""

_FROM: Final = Field("service_from", Text("服务开始日期", "Service from"), "date")
_TO: Final = Field("service_to", Text("服务结束日期", "Service to"), "date")
_AMOUNT: Final = Field(
    "amount",
    Text("金额（元，含税）", "Amount in CNY, tax included"),
    "yuan",
    Text("如 300000.00", "such as 300000.00"),
)
_AS_PRINTED: Final = Text("按材料上的写法", "as it stands on the paper")


def _party(name: str, zh: str, en: str) -> Field:
    """Return the field of a party that a paper names."""
    return Field(name, Text(zh, en), hint=_AS_PRINTED, required=False)


FIELDS: Final[Mapping[What, tuple[Field, ...]]] = {
    "contract": (
        Field("contract", Text("合同编号", "Number of the contract")),
        Field(
            "provider",
            Text("服务方统一社会信用代码", "Provider's credit code"),
            hint=Text("18 位", "18 characters"),
        ),
        Field("signed_on", Text("签订日期", "Signed on"), "date"),
        _FROM,
        _TO,
        _AMOUNT,
        Field("vat_rate", Text("增值税税率", "VAT rate"), "choice"),
        _party("buyer", "购买方名称", "Buyer's name"),
        _party("seller", "销售方名称", "Seller's name"),
    ),
    "invoice": (
        Field(
            "invoice",
            Text("发票号码", "Number of the invoice"),
            hint=Text("数电票 20 位数字", "20 digits on a digital invoice"),
        ),
        Field("contract", Text("所属合同", "Contract"), "known"),
        Field("issued_on", Text("开票日期", "Issued on"), "date"),
        _AMOUNT._replace(label=Text("价税合计（元）", "Total in CNY, tax included")),
        Field("tax", Text("税额（元）", "Tax in CNY"), "yuan"),
        _FROM,
        _TO,
        _party("buyer", "购买方名称", "Buyer's name"),
        _party("seller", "销售方名称", "Seller's name"),
    ),
    "payment": (
        Field(
            "payment",
            Text("付款编号", "Number of the payment"),
            hint=Text("银行回单的流水号", "the reference on the bank's slip"),
        ),
        Field("invoice", Text("所付发票", "Invoice that it pays"), "known"),
        Field("paid_on", Text("付款日期", "Paid on"), "date"),
        _AMOUNT._replace(label=Text("付款金额（元）", "Amount paid in CNY")),
        _party("payer", "付款方名称", "Payer's name"),
        _party("payee", "收款方名称", "Payee's name"),
    ),
}

VAT_RATES: Final = ("0.06", "0.13", "0.09", "0.03", "0.01", "0")
"""The rates of value-added tax; a service of information technology has the first."""

_IN_FILE: Final = {"amount": "amount_fen", "tax": "tax_fen"}
_PARTIES: Final = frozenset({"buyer", "seller", "payer", "payee"})

FIELD_OF: Final[Mapping[str, str]] = {
    "invoice_number_form": "invoice",
    "credit_code_form": "provider",
    "credit_code_check": "provider",
    "contract_taken": "contract",
    "empty_period": "service_to",
    "absurd_money": "amount",
    "over_taken": "amount",
}
"""Which field the refusal of a whole paper is about, by its code."""

_PLACE: Final = re.compile(r"^\w+\[0\][\w.\[\]]*(?:：|: )")


class Typed(NamedTuple):
    """The file that a form makes, or what is wrong, by field."""

    raw: bytes
    wrong: dict[str, InvalidInputError]


def read_form(what: What, enterprise: str, typed: Mapping[str, str]) -> Typed:
    """Return the file of papers that a filled form makes; `wrong` has each field that is not right.

    Prices of a contract are in `resource-0`, `price-0`, `per-0` and so on.
    """
    said, wrong = dict[str, Any](), dict[str, InvalidInputError]()
    for field in FIELDS[what]:
        try:
            value = _read(field, typed.get(field.name, "").strip())
        except InvalidInputError as error:
            wrong[field.name] = error
        else:
            if value is not None:
                said[_IN_FILE.get(field.name, field.name)] = value
    if what == "contract":
        said["prices"] = [
            {"resource": resource, "unit_price": price, "per": per}
            for resource, price, per in _prices(typed)
        ]
        if not said["prices"]:
            wrong["price-0"] = _missing(Text("单价", "a price"))
    papers = {"enterprise": {"credit_code": enterprise}, f"{what}s": [said]}
    return Typed(msgspec.json.encode(papers), wrong)


def _prices(typed: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return the prices that are filled in: resource, yuan a unit, and the unit."""
    rows = [
        tuple(typed.get(f"{name}-{place}", "").strip() for name in ("resource", "price", "per"))
        for place in range(PRICES)
    ]
    return [(resource, price, per) for resource, price, per in rows if price]


def _read(field: Field, text: str) -> Any:  # noqa: ANN401 - what a file of papers holds
    """Return what a field says in a file of papers, None where it may be left open and is."""
    if not text:
        if field.required:
            raise _missing(field.label)
        return None
    match field.kind:
        case "date":
            day: date = parse_date(text)
            return day.isoformat()
        case "yuan":
            return parse_yuan(text.replace(",", "").replace("，", ""))
        case _:
            return {"name": text} if field.name in _PARTIES else text


def _missing(label: Text) -> InvalidInputError:
    """Return that a field is empty."""
    return InvalidInputError(
        "empty_field",
        Text(f"请填写{label.zh}", f"{label.en} is missing"),
        Text("请补上后再提交", "fill it in"),
    )


def without_place(error: LedgerError) -> LedgerError:
    """Return the refusal of a form's only paper without its place in a file."""
    zh, en = (_PLACE.sub("", said) for said in error.message)
    return type(error)(error.code, Text(zh, en), error.next_step, error.place)
