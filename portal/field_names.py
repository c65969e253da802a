"""What the fields of forms are called, in both languages: by a page, and by a refusal on it.

The core names what was wrong by its key, as a file has it (`LedgerError.place`). Nobody
who fills in a form sees a key, so a page says the field's name instead.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ledger.errors import LedgerError
from ledger.text import Text
from vouchers.names import FIELDS as VALUES

NAMES: Final[Mapping[str, Text]] = {
    "actor": Text("经办人", "who acted"),
    "address": Text("地址", "address"),
    "amendment": Text("补充协议编号", "number of the amendment"),
    "amount": Text("金额", "amount"),
    "asked": Text("申请金额", "amount asked for"),
    "authority": Text("公示单位", "authority that gives notice"),
    "before": Text("原金额", "amount before"),
    "bank": Text("开户银行", "bank"),
    "bank_reference": Text("银行流水号", "bank reference"),
    "base": Text("基数", "base"),
    "base_cut": Text("核减基数", "cut of the base"),
    "basis": Text("依据文件", "document that it rests on"),
    "batch": Text("批次编号", "name of the batch"),
    "buyer": Text("购买方名称", "buyer's name"),
    "claim": Text("申请编号", "claim"),
    "claims": Text("申请", "claims"),
    "contract": Text("合同编号", "number of the contract"),
    "credit_code": Text("统一社会信用代码", "credit code"),
    "cut": Text("核减金额", "cut"),
    "cuts": Text("核减", "cuts"),
    "digest": Text("摘要", "digest"),
    "document": Text("文号", "document number"),
    "documents": Text("材料", "documents"),
    "effective_on": Text("生效日期", "day from which it counts"),
    "email": Text("电子邮箱", "e-mail"),
    "enterprise": Text("企业", "enterprise"),
    "first_day": Text("公示首日", "first day"),
    "fund": Text("资金", "fund"),
    "holder": Text("户名", "account holder"),
    "invoice": Text("发票号码", "number of the invoice"),
    "invoices": Text("发票", "invoices"),
    "issued_on": Text("开票日期", "day of issue"),
    "item": Text("核查事项", "item"),
    "items": Text("核查事项", "items"),
    "kind": Text("种类", "kind"),
    "matter": Text("异议内容", "what is objected"),
    "month": Text("月份", "month"),
    "name": Text("名称", "name"),
    "net": Text("不含税金额", "amount before tax"),
    "notice": Text("公示编号", "number of the notice"),
    "number": Text("账号", "account number"),
    "objection": Text("异议", "objection"),
    "objections": Text("异议受理方式", "where to object"),
    "objector": Text("异议人", "objector"),
    "order": Text("付款指令编号", "number of the order"),
    "outcome": Text("认定", "outcome"),
    "paid_on": Text("付款日期", "day of payment"),
    "payee": Text("收款方名称", "payee's name"),
    "payer": Text("付款方名称", "payer's name"),
    "payment": Text("付款编号", "number of the payment"),
    "per": Text("计价单位", "unit"),
    "phone": Text("电话", "telephone"),
    "prices": Text("单价", "prices"),
    "programme": Text("项目", "programme"),
    "provider": Text("服务方统一社会信用代码", "provider's credit code"),
    "reason": Text("理由", "reason"),
    "recorded_by": Text("录入人", "who entered it"),
    "red_invoice": Text("红字发票号码", "number of the red invoice"),
    "ref": Text("所属编号", "number that it belongs to"),
    "request": Text("申请标识", "mark of the request"),
    "resource": Text("资源", "resource"),
    "reversal": Text("退款编号", "number of the reversal"),
    "reversed_on": Text("退款日期", "day on which it came back"),
    "role": Text("角色", "role"),
    "scope": Text("范围", "what it is limited to"),
    "seller": Text("销售方名称", "seller's name"),
    "service": Text("服务内容", "service"),
    "service_from": Text("服务开始日期", "first day of the service"),
    "service_to": Text("服务结束日期", "last day of the service"),
    "signed_on": Text("签订日期", "day of signature"),
    "tax": Text("税额", "tax"),
    "title": Text("名称", "title"),
    "to_fund": Text("转入资金", "other fund"),
    "to_year": Text("转入年度", "other year"),
    "unit": Text("单位", "organisation"),
    "unit_price": Text("单价", "price"),
    "value": Text("取值", "value"),
    "vat_rate": Text("增值税税率", "VAT rate"),
    "verdict": Text("意见", "finding"),
    "year": Text("年度", "year"),
}
"""A field's name by its key, without the unit that an amount's key ends with."""

UNKNOWN: Final = Text("所填内容", "what was filled in")

_LAST_KEY: Final = re.compile(r"(\w+)(?:\[\d+\])*$")


def last_key(place: str) -> str:
    """Return the key that a path ends with: `reason` of `items[0].reason`, empty for none."""
    found = _LAST_KEY.search(place)
    return found[1] if found else ""


def name_place(place: str, own: Mapping[str, Text] = MappingProxyType({})) -> Text:
    """Return what the field at a place is called: by the form's own names first.

    `place` is a key or a path as `LedgerError.place` has it, such as `items[0].reason`.
    """
    key = last_key(place).removesuffix("_sha256")
    for names in (own, VALUES, NAMES):
        for one in (place, key, key.removesuffix("_fen")):
            if one in names:
                return names[one]
    return UNKNOWN


def without_keys(error: LedgerError, own: Mapping[str, Text] = MappingProxyType({})) -> Text:
    """Return an error's message with the field's name where it has a key."""
    if not error.place:
        return error.message
    name = name_place(error.place, own)
    zh, en = error.message
    at = f"{error.place} " if f"{error.place} " in zh else error.place
    return Text(zh.replace(at, name.zh, 1), en.replace(error.place, name.en, 1))
