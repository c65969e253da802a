"""What fields are called: each key that the core may name has a name in both languages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from msgspec import inspect

from ledger.errors import LedgerError
from ledger.events.data import check_amount, check_ids, check_words
from ledger.text import Text
from portal.field_names import NAMES, UNKNOWN, last_key, name_place, without_keys
from vouchers.claims.requests import REQUESTS, parse_request

EVENTS: Final = Path(__file__).parents[2] / "ledger" / "events"


def checked_keys() -> Iterator[str]:
    """Yield the keys by which checks of events that people cause name what is wrong."""
    for module in ("claims", "claim_steps", "funds", "papers", "paper_changes"):
        for call in ast.walk(ast.parse((EVENTS / f"{module}.py").read_text("utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            if call.func.id in {"check_words", "check_ids"}:
                yield from (one.arg for one in call.keywords if one.arg)
            elif call.func.id in {"check_fen", "check_amount"}:
                yield from (str(one.value) for one in call.args if isinstance(one, ast.Constant))


def asked_keys(kind: inspect.Type) -> Iterator[str]:
    """Yield the keys of what an act takes, those inside too."""
    match kind:
        case inspect.StructType():
            for field in kind.fields:
                yield field.encode_name
                yield from asked_keys(field.type)
        case inspect.VarTupleType():
            yield from asked_keys(kind.item_type)


KEYS: Final = sorted(
    {
        *checked_keys(),
        *(key for one in REQUESTS.values() for key in asked_keys(inspect.type_info(one))),
    }
)


@pytest.mark.parametrize("key", KEYS)
def test_each_key_that_is_asked_for_or_checked_has_a_name(key: str) -> None:
    assert name_place(key) != UNKNOWN, f"{key}: add it to portal.field_names.NAMES"


def test_names_are_there_in_both_languages() -> None:
    for key, name in NAMES.items():
        assert re.search(r"[\u4e00-\u9fff]", name.zh), key
        assert re.fullmatch(r"[A-Za-z' -]+", name.en), key


def refusals() -> Iterator[LedgerError]:
    """Yield refusals that name a key or a path."""
    calls = (
        lambda: check_words(basis=" "),
        lambda: check_ids(objection="x y"),
        lambda: check_amount(0, "amount_fen"),
        lambda: parse_request("settle", b'{"objection":"x","outcome":"?","reason":"x"}', None),
        lambda: parse_request("return", b'{"items":[{"item":"payee","reason":""}]}', None),
        lambda: parse_request("recover", b'{"amount_fen":1,"document":"1"}', None),
        lambda: parse_request("object", b'{"matter":"x","objector":{"name":"x"}}', None),
    )
    for call in calls:
        with pytest.raises(LedgerError) as raised:
            call()
        yield raised.value


def test_a_refusal_on_a_page_has_the_fields_name_and_no_key() -> None:
    assert [without_keys(one).zh for one in refusals()] == [
        "依据文件为空或过长：' '",
        "异议不可用：'x y'",
        "金额为 0，无须记账",
        '认定的值不对："?"',
        '理由的值不对：""',
        "银行流水号没有填写",
        "电话没有填写",
    ]


def test_the_forms_own_name_comes_first() -> None:
    own = {"name": Text("资金名称", "what the fund is called")}
    with pytest.raises(LedgerError) as raised:
        check_words(name="")
    assert without_keys(raised.value, own).zh.startswith("资金名称为空")


def test_a_path_ends_with_its_key() -> None:
    assert last_key("items[0].reason") == "reason"
    assert last_key("enterprise.facts[2]") == "facts"
    assert last_key("$") == ""
    assert name_place("$") == UNKNOWN
