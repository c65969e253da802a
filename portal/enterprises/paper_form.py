"""A paper of an enterprise as somebody types it, and the file of papers that it makes.

What is typed is read field by field, so that each error stands beside its field; whether the paper
can be is judged where a file's papers are, by `vouchers.claims.papers_judged`.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final, Literal, NamedTuple

import msgspec

from ledger.errors import InvalidInputError, LedgerError
from ledger.identifiers import check_credit_code_form
from ledger.money import parse_typed_yuan
from ledger.period import parse_date
from ledger.text import Text
from vouchers.names import DECLARATIONS, FACTS, LEVEL_NAMES, QUALIFICATIONS, ZONES

What = Literal[
    "registration",
    "qualification",
    "revocation",
    "fact",
    "declaration",
    "domicile",
    "contract",
    "amendment",
    "invoice",
    "payment",
]

Kind = Literal["text", "date", "yuan", "year", "region", "choice", "known"]
"""`choice` is one of some values, `known` a number that the book should have and may not."""


class Field(NamedTuple):
    """A field of a form: under which name, what it is called, how it is filled."""

    name: str
    label: Text
    kind: Kind = "text"
    hint: Text = Text("", "")
    required: bool = True


TITLES: Final[Mapping[What, Text]] = {
    "registration": Text("变更登记信息", "Change the registration"),
    "qualification": Text("录入资质", "Enter a qualification"),
    "revocation": Text("登记资质撤销", "Record that a qualification was revoked"),
    "fact": Text("录入年度数据", "Enter a figure of a year"),
    "declaration": Text("录入年度声明", "Enter a year's declaration"),
    "domicile": Text("录入税务关系", "Enter a tax domicile"),
    "contract": Text("录入合同", "Enter a contract"),
    "amendment": Text("录入补充协议", "Enter an amendment of a contract"),
    "invoice": Text("录入发票", "Enter an invoice"),
    "payment": Text("录入付款", "Enter a payment"),
}

PRICED: Final = frozenset({"contract", "amendment"})
"""Papers that say prices."""

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


_VALID: Final = (
    Field("valid_from", Text("有效期自", "Valid from"), "date", required=False),
    Field("valid_to", Text("有效期至", "Valid to"), "date", required=False),
)
_YEAR: Final = Field("year", Text("年度", "Year"), "year", Text("如 2021", "such as 2021"))
_QUALIFICATION: Final = Field("kind", Text("资质类别", "Kind of qualification"), "choice")
_NUMBER: Final = Field("number", Text("证书编号", "Number of the certificate"), required=False)
_REASON: Final = Field("reason", Text("事由", "Reason"), required=False)

CODE: Final = Field(
    "credit_code",
    Text("统一社会信用代码", "Credit code"),
    hint=Text("18 位，含校验位", "18 characters, the last one a check character"),
)
"""What only the form of an enterprise that is not registered yet asks for."""

FIELDS: Final[Mapping[What, tuple[Field, ...]]] = {
    "registration": (
        Field("name", Text("企业名称", "Name"), hint=Text("按营业执照", "as on the licence")),
        Field(
            "registered_region",
            Text("注册地行政区划代码", "Region code of the registered place"),
            "region",
            hint=Text("6 位数字，如武汉市 420100", "six digits, such as 420100 for Wuhan"),
            required=False,
        ),
    ),
    "qualification": (
        _QUALIFICATION,
        _NUMBER,
        *_VALID,
        Field("recognised_by", Text("认定级别", "Recognised by"), "choice", required=False),
        Field("carrier", Text("在孵载体", "Incubator"), required=False),
    ),
    "revocation": (
        _QUALIFICATION,
        Field("revoked_on", Text("自何日起撤销", "Held no more from"), "date"),
        _NUMBER._replace(
            hint=Text("不填则该类资质全部撤销", "left empty, every one of the kind is revoked")
        ),
    ),
    "fact": (
        Field("figure", Text("数据项", "Figure"), "choice"),
        _YEAR,
        Field("value", Text("金额（元）", "Amount in CNY"), "yuan"),
    ),
    "declaration": (
        _YEAR,
        *(Field(name, label, "choice") for name, label in DECLARATIONS.items()),
    ),
    "domicile": (Field("zone", Text("园区", "Zone"), "choice"), *_VALID),
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
    "amendment": (
        Field("amendment", Text("补充协议编号", "Number of the amendment")),
        Field("contract", Text("所属合同", "Contract"), "known"),
        Field("effective_on", Text("生效日期", "In force from"), "date"),
        _TO._replace(label=Text("新的服务结束日期", "New end of the service"), required=False),
        _AMOUNT._replace(label=Text("新的合同金额（元）", "New amount in CNY"), required=False),
        _REASON,
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

VAT_RATES: Final = {
    "0.06": "6%",
    "0.13": "13%",
    "0.09": "9%",
    "0.03": "3%",
    "0.01": "1%",
    "0": "0%",
}
"""The rates of value-added tax; a service of information technology has the first."""

CHOICES: Final[Mapping[str, Mapping[str, Text]]] = {
    "vat_rate": {rate: Text(shown, shown) for rate, shown in VAT_RATES.items()},
    "kind": QUALIFICATIONS,
    "recognised_by": LEVEL_NAMES,
    "figure": FACTS,
    "zone": ZONES,
    **{key: {"no": Text("否", "no"), "yes": Text("是", "yes")} for key in DECLARATIONS},
}
"""What each field of choice offers."""

_PARTS: Final[Mapping[What, str]] = {
    "domicile": "tax_domicile",
}
"""Where a file of papers has them, but for those that stand under their plural."""

SCANS: Final[Mapping[What, str]] = {
    "registration": "licence",
    "qualification": "qualification",
    "revocation": "qualification",
    "contract": "contract",
    "amendment": "contract",
    "invoice": "invoice",
    "payment": "payment",
}
"""As what the scan of a paper is filed, but for those that are another paper."""

_IN_FILE: Final = {
    "amount": "amount_fen",
    "tax": "tax_fen",
    "figure": "name",
    "valid_from": "from",
    "valid_to": "to",
}
_PARTIES: Final = frozenset({"buyer", "seller", "payer", "payee"})

FIELD_OF: Final[Mapping[str, str]] = {
    "invoice_number_form": "invoice",
    "credit_code_form": "provider",
    "credit_code_check": "provider",
    "enterprise_known": "credit_code",
    "nothing_amended": "service_to",
    "contract_taken": "contract",
    "empty_period": "service_to",
    "absurd_money": "amount",
    "over_taken": "amount",
}
"""Which field the refusal of a whole paper is about, by its code."""

_PLACE: Final = re.compile(r"^(?:\w+\[0\]|enterprise)[\w.\[\]]*(?:：|: )")


def field_of(what: What, error: LedgerError) -> str:
    """Return the field of a form that the refusal of its paper is about, empty for all of it."""
    names = {one.name for one in FIELDS[what]}
    found = FIELD_OF.get(error.code, "")
    if error.code == "empty_period" and found not in names:
        found = "valid_to"
    return found if found in names else ""


class Typed(NamedTuple):
    """The papers that a form makes, or what is wrong, by field."""

    what: What
    papers: dict[str, Any]
    wrong: dict[str, InvalidInputError]

    @property
    def enterprise(self) -> str:
        """Return whose paper it is, by its credit code."""
        return str(self.papers["enterprise"]["credit_code"])

    @property
    def part(self) -> dict[str, Any]:
        """Return the paper itself."""
        found = self.papers["enterprise"]
        for key in self.papers.keys() - {"enterprise"}:
            (found,) = self.papers[key]
        assert isinstance(found, dict)
        return found

    @property
    def number(self) -> str | None:
        """Return under which number its scan is looked for: a contract's for its amendments."""
        part = self.part
        found = part.get("number") or part.get(
            "contract" if self.what == "amendment" else self.what
        )
        return found if isinstance(found, str) else None

    def file(self, sha256: str | None = None) -> bytes:
        """Return the file of papers, with the digest of the scan that shows the paper, if any."""
        if sha256 is not None:
            is_evidence = self.what in {"qualification", "revocation"}
            self.part["evidence_sha256" if is_evidence else "document_sha256"] = sha256
        return msgspec.json.encode(self.papers)


def read_form(what: What, enterprise: str, typed: Mapping[str, str]) -> Typed:
    """Return the papers that a filled form makes; `wrong` has each field that is not right.

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
    if what in PRICED:
        said["prices"] = [
            {"resource": resource, "unit_price": price, "per": per}
            for resource, price, per in _prices(typed)
        ]
        if what == "contract" and not said["prices"]:
            wrong["price-0"] = _missing(Text("单价", "a price"))
    if what == "registration":
        return Typed(what, {"enterprise": {"credit_code": enterprise, **said}}, wrong)
    part = _PARTS.get(what, f"{what}s")
    return Typed(what, {"enterprise": {"credit_code": enterprise}, part: [said]}, wrong)


def read_registration(typed: Mapping[str, str]) -> Typed:
    """Return an enterprise that is to be registered, as `read_form` does, with its code."""
    code = typed.get(CODE.name, "").strip().upper()
    read = read_form("registration", code, typed)
    try:
        if not code:
            raise _missing(CODE.label)
        check_credit_code_form(code)
    except InvalidInputError as error:
        return read._replace(wrong={CODE.name: error, **read.wrong})
    return read


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
            return parse_typed_yuan(text)
        case "year" | "region":
            return _read_digits(field, text)
        case "choice":
            return _chosen(field, text)
        case _:
            return {"name": text} if field.name in _PARTIES else text


_DIGITS: Final = {"year": "20[0-9]{2}", "region": "[1-9][0-9]{5}"}


def _read_digits(field: Field, text: str) -> int | str:
    """Return a year, or a region's code, as it is typed."""
    if not re.fullmatch(_DIGITS[field.kind], text, re.ASCII):
        zh, en = field.label
        raise InvalidInputError(
            "bad_digits",
            Text(f"{zh}不对：{text[:20]!r}", f"{en} is not right: {text[:20]!r}"),
            field.hint,
        )
    return int(text) if field.kind == "year" else text


def _chosen(field: Field, text: str) -> str | bool:
    """Return what was chosen, as a file of papers holds it."""
    if field.name in DECLARATIONS and text in CHOICES[field.name]:
        return text == "yes"
    return text


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
