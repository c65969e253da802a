"""What somebody asks of a claim: one small value an act, read strictly from JSON."""

from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from ledger.errors import InvalidInputError
from ledger.events import Remark
from ledger.text import Text
from vouchers.claims.first_review import Marks, parse_marks
from vouchers.claims.table import ACTION_NAMES, Action
from vouchers.strict_json import decode


class ReturnRequest(Struct, frozen=True, kw_only=True):
    """Send a claim back, with a reason for each item."""

    items: tuple[Remark, ...]


class ReasonRequest(Struct, frozen=True, kw_only=True):
    """Withdraw a claim."""

    reason: str


class RejectRequest(Struct, frozen=True, kw_only=True):
    """Reject a claim; after it was cleared, by a document that revokes it (撤销)."""

    reason: str
    document: str | None = None


class PaperRequest(Struct, frozen=True, kw_only=True):
    """Approve or close a claim, by a paper if there is one."""

    document: str | None = None


class Objector(Struct, frozen=True, kw_only=True):
    """Who objects, in writing and by name; personal data, which the log does not hold."""

    name: str
    phone: str
    address: str
    unit: str | None = None


class ObjectRequest(Struct, frozen=True, kw_only=True):
    """Record an objection."""

    objector: Objector
    matter: str
    objection: str | None = None


class SettleRequest(Struct, frozen=True, kw_only=True):
    """Settle an objection; where it is upheld, `cut_fen` says by how much the refund is cut.

    Upheld without a cut, the claim is rejected.
    """

    objection: str
    outcome: Literal["dismissed", "upheld"]
    reason: str
    cut_fen: int | None = None
    document: str | None = None


class PayRequest(Struct, frozen=True, kw_only=True):
    """Record that the bank paid an order."""

    bank_reference: str
    order: str | None = None


class FailRequest(Struct, frozen=True, kw_only=True):
    """Record that the bank did not pay an order."""

    reason: str
    order: str | None = None
    bank_reference: str | None = None


class AssessRequest(Struct, frozen=True, kw_only=True):
    """Claim an amount back that was paid (追缴), by a decision."""

    amount_fen: int
    document: str
    reason: str


class RecoverRequest(Struct, frozen=True, kw_only=True):
    """Record what the enterprise paid back."""

    amount_fen: int
    document: str
    bank_reference: str


class EmptyRequest(Struct, frozen=True, kw_only=True):
    """An act that needs no word."""


Request = (
    ReturnRequest
    | Marks
    | ReasonRequest
    | RejectRequest
    | PaperRequest
    | ObjectRequest
    | SettleRequest
    | PayRequest
    | FailRequest
    | AssessRequest
    | RecoverRequest
    | EmptyRequest
)

REQUESTS: Final[dict[Action, type[Request]]] = {
    "return": ReturnRequest,
    "check": Marks,
    "cut": Marks,
    "reject": RejectRequest,
    "withdraw": ReasonRequest,
    "approve": PaperRequest,
    "close": PaperRequest,
    "object": ObjectRequest,
    "settle": SettleRequest,
    "clear": EmptyRequest,
    "pay": PayRequest,
    "fail": FailRequest,
    "assess": AssessRequest,
    "recover": RecoverRequest,
}
"""Acts on one claim by itself; `notice` and `order` are acts on a list, `submit` has its file."""


def parse_request(action: Action, raw: bytes | None, reason: str | None) -> Request:
    """Return what is asked, from a file, from a reason alone, or from nothing where that will do.

    Raises `InvalidInputError`: `no_request` where the act needs a file, else what `strict_json`
    raises.
    """
    kind = REQUESTS[action]
    names = kind.__struct_fields__
    if raw is None:
        values: dict[str, Any] = {} if reason is None else {"reason": reason}
        needed = {one.name for one in msgspec.structs.fields(kind) if one.required}
        if needed - set(values) or set(values) - set(names):
            raise InvalidInputError(
                "no_request",
                Text(
                    f"{ACTION_NAMES[action].zh}需要填写：{'、'.join(names)}",
                    f"to {ACTION_NAMES[action].en} takes: {', '.join(names) or 'nothing'}",
                ),
                Text(
                    "请用 --file 给出 JSON，或在只需理由时用 --reason",
                    "give them as JSON in --file, or --reason where that is all",
                ),
            )
        return kind(**values)
    return parse_marks(raw) if kind is Marks else decode(raw, kind)
