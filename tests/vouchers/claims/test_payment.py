"""Payment batches: what a bank is sent, what is refused, and that no account shows elsewhere."""

from datetime import date
from typing import Any

import pytest

from ledger.errors import InvalidInputError
from ledger.money import FEN_MAX
from ledger.personal import BankAccount
from vouchers.claims.evidence import same_name
from vouchers.claims.payment import (
    PURPOSE_LENGTH_MAX,
    Batch,
    Order,
    make_batch,
    render_batch,
    sheet_of,
    totals_of,
)
from vouchers.claims.spreadsheet import parse_csv, render_csv

NUMBER = "420501234567890123456"
ACCOUNT = BankAccount(holder="华智科技（武汉）有限公司", bank="中国银行武汉分行", number=NUMBER)
DAY = date(2022, 12, 8)


def order(number: int = 1, **changes: Any) -> Order:  # noqa: ANN401 - any field
    fields: dict[str, Any] = {
        "order": f"FK-2022-{number}",
        "claim": f"SQ-2022-{number}",
        "enterprise": "91420100MA4K2XY18X",
        "name": "华智科技(武汉)有限公司",
        "amount_fen": 12_345_678,
        "purpose": f"武汉科技创新券 SQ-2022-{number}",
        "ordered_sha256": "a" * 64,
        "account_sha256": "a" * 64,
        "account": ACCOUNT,
    }
    return Order(**fields | changes)


def batch(*orders: Order) -> Batch:
    return make_batch("PC-2022-1", orders, DAY)


def account(**changes: str) -> BankAccount:
    fields = {"holder": ACCOUNT.holder, "bank": ACCOUNT.bank, "number": NUMBER}
    return BankAccount(**fields | changes)


def test_a_batch_has_a_banks_columns_its_total_and_its_count() -> None:
    made = batch(order(2, amount_fen=1), order(1))
    assert (made.count, made.total_fen) == (2, 12_345_679)
    header, *rows = [row for row in parse_csv(render_csv(sheet_of(made))) if row]
    assert header == [
        *("序号", "指令编号", "收款人户名", "收款账号", "开户行", "金额(元)", "币种", "用途"),
    ]
    holder, bank = ACCOUNT.holder, ACCOUNT.bank
    assert rows == [
        ["1", "FK-2022-1", holder, NUMBER, bank, "123456.78", "CNY", "武汉科技创新券 SQ-2022-1"],
        ["2", "FK-2022-2", holder, NUMBER, bank, "0.01", "CNY", "武汉科技创新券 SQ-2022-2"],
    ]
    (totals,) = totals_of(made).rows
    assert totals == ("PC-2022-1", "2022-12-08", 2, 12_345_679)
    assert render_csv(sheet_of(batch(order(1), order(2, amount_fen=1)))) == render_csv(
        sheet_of(made)
    )


def test_no_account_stands_in_what_is_shown_or_recorded() -> None:
    made = batch(order())
    for shown in (repr(made), str(made.orders[0]), repr(render_batch(made)), f"{made.orders}"):
        assert NUMBER not in shown
        assert "中国银行" not in shown


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"account": None}, "has no bank account"),
        ({"account_sha256": "b" * 64}, "was changed after the order"),
        ({"account": account(holder="张三")}, "not the claimant, 华智"),
        ({"account": account(holder="华智科技（武汉）有限公司二")}, "not the claimant"),
        ({"account": account(bank="=cmd|x")}, "the bank starts with"),
        ({"account": account(holder="@x"), "name": "@x"}, "the holder starts with"),
        ({"purpose": "-1+1"}, "the purpose starts with"),
        ({"purpose": "\t=1"}, "the purpose starts with"),
        ({"purpose": "券\n兑付"}, "the purpose starts with"),
        ({"purpose": " "}, "the purpose is empty"),
        ({"purpose": "券" * (PURPOSE_LENGTH_MAX + 1)}, "the purpose is empty or over"),
        ({"amount_fen": 0}, "cannot be paid"),
        ({"amount_fen": -5}, "cannot be paid"),
        ({"amount_fen": FEN_MAX + 1}, "cannot be paid"),
    ],
)
def test_an_order_that_cannot_be_paid_is_named_and_nothing_is_made(
    changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        batch(order(1), order(2, **changes))
    assert refused.value.code == "bad_batch"
    assert f"row 2 FK-2022-2: {says}"[:14] in refused.value.message.en
    assert says in refused.value.message.en
    assert "FK-2022-1" not in refused.value.message.en
    for text in (str(refused.value), refused.value.message.zh, repr(refused.value.args)):
        assert NUMBER not in text
        assert "张三" not in text
    assert refused.value.next_step.zh


def test_an_order_or_a_claim_stands_once() -> None:
    for other in (order(1, claim="SQ-9"), order(3, claim="SQ-2022-1")):
        with pytest.raises(InvalidInputError) as refused:
            batch(order(1), other)
        assert "twice in the batch" in refused.value.message.en


def test_every_flaw_is_told_up_to_ten() -> None:
    with pytest.raises(InvalidInputError) as refused:
        batch(*(order(number, account=None) for number in range(12)))
    assert refused.value.message.en.count("has no bank account") == 10
    assert refused.value.message.en.endswith("and 2 more")
    assert refused.value.next_step.en.count("bank-account") == 1


def test_an_empty_batch_is_none() -> None:
    with pytest.raises(InvalidInputError) as refused:
        batch()
    assert refused.value.code == "no_orders"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("华智（武汉）公司", "华智(武汉)公司", True),
        ("华智 科技", "华智科技", True),
        ("ＡＩ科技", "AI科技", True),
        ("华智科技", "华智科枝", False),
        ("华智科技", "华智科技有限公司", False),
        ("ai科技", "AI科技", False),
    ],
)
def test_names_are_compared_by_their_characters(one: str, other: str, same: bool) -> None:  # noqa: FBT001
    assert same_name(one, other) is same
