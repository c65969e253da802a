"""Identifiers of Chinese public administration: the credit code and invoice numbers.

Sources: GB 32100-2015 (unified social credit code), the fully digitalised e-invoice (数电票).
"""

import hashlib
import re
from typing import Final

from ledger.errors import InvalidInputError
from ledger.text import Text

CREDIT_CODE_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_CODE_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_CREDIT_CODE = re.compile(rf"[{CREDIT_CODE_ALPHABET}]{{18}}", re.ASCII)
_INVOICE = re.compile(r"[0-9]{20}|(?:[0-9]{10}|[0-9]{12})-[0-9]{8}", re.ASCII)


def credit_code_check_character(body: str) -> str:
    """Return the 18th character that belongs to the first 17 (GB 32100-2015, section 5)."""
    total = sum(
        CREDIT_CODE_ALPHABET.index(char) * weight
        for char, weight in zip(body, _CREDIT_CODE_WEIGHTS, strict=True)
    )
    return CREDIT_CODE_ALPHABET[(31 - total % 31) % 31]


def check_credit_code_form(text: str) -> None:
    """Raise `InvalidInputError` (`credit_code_form`) unless a code has 18 of the alphabet."""
    if _CREDIT_CODE.fullmatch(text) is None:
        raise InvalidInputError(
            "credit_code_form",
            Text(
                f"统一社会信用代码格式不对：{text[:40]!r}",
                f"not a unified social credit code: {text[:40]!r}",
            ),
            Text(
                "应为 18 位数字或大写字母（不含 I、O、S、V、Z）",
                "it has 18 digits or capitals, without I, O, S, V, Z",
            ),
        )


def parse_credit_code(text: str) -> str:
    """Return the credit code as given.

    Raises `InvalidInputError`: `credit_code_form` when it is not 18 characters of the standard's
    alphabet, `credit_code_check` when the check character does not fit.
    """
    check_credit_code_form(text)
    expected = credit_code_check_character(text[:17])
    if text[17] != expected:
        raise InvalidInputError(
            "credit_code_check",
            Text(
                f"统一社会信用代码 {text} 的校验位是 {text[17]}，按 GB 32100 应为 {expected}",
                f"credit code {text} ends in {text[17]}, GB 32100 gives {expected}",
            ),
            Text(
                "请对照营业执照核对后重新提交；证照确系如此的，凭证据办理"
                " suanquan enterprise accept-code",
                "check it against the licence and send it again; if the licence says so, have it"
                " accepted on evidence: suanquan enterprise accept-code",
            ),
        )
    return text


def synthetic_credit_code(name: str, region: str = "420100") -> str:
    """Return a valid credit code derived from a name, for tenants that have none of their own.

    It starts with `91`, then the region's six digits, then nine characters of the name's SHA-256.
    """
    number = int.from_bytes(hashlib.sha256(name.encode()).digest())
    tail = ""
    for _ in range(9):
        number, digit = divmod(number, len(CREDIT_CODE_ALPHABET))
        tail += CREDIT_CODE_ALPHABET[digit]
    body = f"91{region}{tail}"
    return body + credit_code_check_character(body)


def parse_invoice_number(text: str) -> str:
    """Return an invoice number: 20 digits (数电票), or `code-number` of 10 or 12 and 8 digits.

    Raises `InvalidInputError` (code `invoice_number_form`).
    """
    if _INVOICE.fullmatch(text) is None:
        raise InvalidInputError(
            "invoice_number_form",
            Text(f"发票号码格式不对：{text[:40]!r}", f"not an invoice number: {text[:40]!r}"),
            Text(
                "数电票为 20 位数字；旧票写成“代码-号码”，代码 10 或 12 位，号码 8 位",
                "20 digits, or code-number with 10 or 12 and 8 digits for older invoices",
            ),
        )
    return text
