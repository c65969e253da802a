"""A payment batch: ordered claims as the rows that a bank takes, with their total and count.

The account numbers are personal data: they are handed in by whoever may read them, stand in the
file for the bank and nowhere else, and neither a message nor a value's `repr` says one. A payee who
is not the claimant is refused, as is a text that a spreadsheet would run: an apostrophe before a
payee's name would be another name to the bank.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final, NamedTuple

from msgspec import Struct

from ledger.errors import InvalidInputError
from ledger.events.data import check_ids
from ledger.money import FEN_MAX, render_yuan
from ledger.personal import BankAccount
from ledger.text import Text
from vouchers.claims.evidence import same_name
from vouchers.claims.spreadsheet import (
    ROWS_MAX,
    Column,
    Kind,
    Spreadsheet,
    starts_formula,
)

CURRENCY: Final = "CNY"
PURPOSE_LENGTH_MAX: Final = 60
"""What banks print of a purpose; a longer one would be cut."""

_COLUMNS: Final[tuple[tuple[str, Kind], ...]] = (
    ("序号", "number"),
    ("指令编号", "text"),
    ("收款人户名", "text"),
    ("收款账号", "text"),
    ("开户行", "text"),
    ("金额(元)", "fen"),
    ("币种", "text"),
    ("用途", "text"),
)
_TOTALS: Final[tuple[tuple[str, Kind], ...]] = (
    ("批次", "text"),
    ("制单日期", "text"),
    ("笔数", "number"),
    ("合计(元)", "fen"),
)


class Flaw(NamedTuple):
    """What is wrong with one row: its number, the order that it names, and what to do."""

    row: int
    order: str
    code: str
    message: Text
    next_step: Text


class Order(Struct, frozen=True, kw_only=True):
    """An order to pay one claim: to whom, how much, and into which account, if there is one.

    `enterprise` is the claimant's credit code and `name` the name that is registered of it.
    `ordered_sha256` is the digest of the account as `claim.ordered` names it, `account_sha256` the
    one of `account` as it is held now.
    """

    order: str
    claim: str
    enterprise: str
    name: str
    amount_fen: int
    purpose: str
    ordered_sha256: str
    account_sha256: str | None
    account: BankAccount | None

    def __repr__(self) -> str:
        """Name the order and leave the account out."""
        return f"Order({self.order!r}, {self.claim!r}, {self.amount_fen})"


class Batch(Struct, frozen=True, kw_only=True):
    """Orders that go to the bank together, by their numbers."""

    batch: str
    made_on: date
    orders: tuple[Order, ...]

    @property
    def count(self) -> int:
        """Return how many orders there are."""
        return len(self.orders)

    @property
    def total_fen(self) -> int:
        """Return the sum of the orders."""
        return sum(one.amount_fen for one in self.orders)


def make_batch(batch: str, orders: Iterable[Order], made_on: date) -> Batch:
    """Return a batch in which every order can be carried out, by order.

    Raises `InvalidInputError`: `no_orders`, `too_many_orders`, `bad_id`, or `bad_batch`, which
    names each order that cannot be, what is wrong and what to do.
    """
    check_ids(batch=batch)
    listed = sorted(orders, key=lambda one: one.order)
    if not 0 < len(listed) < ROWS_MAX:
        raise InvalidInputError(
            "no_orders" if not listed else "too_many_orders",
            Text(
                f"批次 {batch} 有 {len(listed)} 笔", f"the batch {batch} has {len(listed)} orders"
            ),
            Text(f"应为 1 至 {ROWS_MAX - 1} 笔", f"it holds 1 to {ROWS_MAX - 1}"),
        )
    flaws = list(find_flaws(listed))
    if flaws:
        raise refusal("bad_batch", flaws)
    return Batch(batch=batch, made_on=made_on, orders=tuple(listed))


def find_flaws(orders: Iterable[Order]) -> Iterator[Flaw]:
    """Yield what is wrong with each order of a list, in its rows; no account is shown."""
    orders_seen, claims_seen = set[str](), set[str]()
    for row, one in enumerate(orders, 1):
        check_ids(order=one.order, claim=one.claim)
        if one.order in orders_seen or one.claim in claims_seen:
            yield _flaw(row, one, _TWICE)
        orders_seen.add(one.order)
        claims_seen.add(one.claim)
        if not 0 < one.amount_fen <= FEN_MAX:
            yield _flaw(row, one, _amount(one.amount_fen))
        if not 0 < len(one.purpose.strip()) <= PURPOSE_LENGTH_MAX:
            yield _flaw(row, one, _PURPOSE)
        if one.account is None:
            yield _flaw(row, one, _no_account(one.enterprise))
            continue
        if one.account_sha256 != one.ordered_sha256:
            yield _flaw(row, one, _CHANGED)
        if not same_name(one.account.holder, one.name):
            yield _flaw(row, one, _payee(one.name))
        for what, text in (
            (Text("户名", "the holder"), one.account.holder),
            (Text("开户行", "the bank"), one.account.bank),
            (Text("用途", "the purpose"), one.purpose),
        ):
            if starts_formula(text) or not text.isprintable():
                yield _flaw(row, one, _formula(what))


def sheet_of(batch: Batch) -> Spreadsheet:
    """Return the rows of a batch in a bank's usual columns."""
    rows = []
    for number, one in enumerate(batch.orders, 1):
        assert one.account is not None, one
        holder, account, bank = one.account.holder, one.account.number, one.account.bank
        row = (number, one.order, holder, account, bank, one.amount_fen, CURRENCY, one.purpose)
        rows.append(row)
    return Spreadsheet(
        "付款明细", tuple(Column(title, kind) for title, kind in _COLUMNS), tuple(rows)
    )


def totals_of(batch: Batch) -> Spreadsheet:
    """Return number, day, count and total of a batch, for a sheet beside its rows."""
    row = batch.batch, batch.made_on.isoformat(), batch.count, batch.total_fen
    return Spreadsheet("合计", tuple(Column(title, kind) for title, kind in _TOTALS), (row,))


def render_batch(batch: Batch) -> dict[str, object]:
    """Return the keys of a batch without any account: what may be shown and recorded."""
    return {
        "batch": batch.batch,
        "made_on": batch.made_on.isoformat(),
        "count": batch.count,
        "total_fen": batch.total_fen,
        "rows": [
            {
                "order": one.order,
                "claim": one.claim,
                "enterprise": one.enterprise,
                "name": one.name,
                "amount_fen": one.amount_fen,
                "purpose": one.purpose,
            }
            for one in batch.orders
        ],
    }


# How many rows a refusal names; the others are counted.
_SHOWN_MAX: Final = 10


def refusal(code: str, flaws: list[Flaw]) -> InvalidInputError:
    """Return the refusal of a whole table, which names its first flawed rows and what to do."""
    shown = flaws[:_SHOWN_MAX]
    zh = "；".join(f"第 {one.row} 行 {one.order}：{one.message.zh}" for one in shown)
    en = "; ".join(f"row {one.row} {one.order}: {one.message.en}" for one in shown)
    left = len(flaws) - len(shown)
    if left:
        zh, en = f"{zh}；另有 {left} 处", f"{en}; and {left} more"
    steps = dict.fromkeys(one.next_step for one in shown)
    return InvalidInputError(
        code,
        Text(zh, en),
        Text("；".join(one.zh for one in steps), "; ".join(one.en for one in steps)),
    )


class _Wrong(NamedTuple):
    """A flaw before it has a row."""

    code: str
    message: Text
    next_step: Text


_TWICE: Final = _Wrong(
    "order_twice",
    Text("指令或申请在本批次出现两次", "the order or its claim stands twice in the batch"),
    Text("每笔付款列一次", "list each payment once"),
)
_CHANGED: Final = _Wrong(
    "account_changed",
    Text("下达指令后收款账户已变更", "the account was changed after the order was given"),
    Text(
        "请核实变更；属实的，原指令记为失败后重新下达",
        "verify the change; if it stands, let the order fail and give another one",
    ),
)
_PURPOSE: Final = _Wrong(
    "bad_purpose",
    Text(
        f"用途为空或超过 {PURPOSE_LENGTH_MAX} 字",
        f"the purpose is empty or over {PURPOSE_LENGTH_MAX} characters",
    ),
    Text("请写明项目与申请编号", "name the programme and the claim"),
)


def _amount(amount_fen: int) -> _Wrong:
    """Return that an amount cannot be paid."""
    shown = render_yuan(amount_fen)
    return _Wrong(
        "bad_amount",
        Text(f"金额 {shown} 元不可支付", f"CNY {shown} cannot be paid"),
        Text("请核对付款指令的金额", "check the order's amount"),
    )


def _no_account(enterprise: str) -> _Wrong:
    """Return that an enterprise has no account at hand, or that it was erased."""
    return _Wrong(
        "no_account",
        Text(f"{enterprise} 没有收款账户", f"{enterprise} has no bank account"),
        Text(
            f"请先运行 suanquan enterprise bank-account {enterprise}",
            f"enter it first: suanquan enterprise bank-account {enterprise}",
        ),
    )


def _payee(name: str) -> _Wrong:
    """Return that the holder is not the claimant; whose account it is stays untold."""
    return _Wrong(
        "payee_differs",
        Text(f"收款户名与申请企业“{name}”不一致", f"the payee is not the claimant, {name}"),
        Text(
            "请企业提供本单位账户；已更名的先更新登记名称",
            "ask for the enterprise's own account; after a change of name register the new one",
        ),
    )


def _formula(what: Text) -> _Wrong:
    """Return that a text of the row cannot stand in a spreadsheet."""
    return _Wrong(
        "unsafe_text",
        Text(
            f"{what.zh}以 = + - @ 开头或含控制字符",
            f"{what.en} starts with = + - @ or holds control characters",
        ),
        Text("请更正后重新录入", "mend it and enter it anew"),
    )


def _flaw(row: int, one: Order, wrong: _Wrong) -> Flaw:
    """Return a flaw in its row."""
    return Flaw(row, one.order, *wrong)
