"""The forms of acts on a claim: what each asks for, and the request that its answers make.

The answers become the JSON that the command line reads from a file, and go through the same strict
reading; only what a person types otherwise than a program, an amount in yuan, is turned here.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

import msgspec

from ledger.errors import InvalidInputError
from ledger.events.data import WORDS_LENGTH_MAX
from ledger.money import FEN_MAX, parse_typed_yuan
from ledger.text import Text
from vouchers.claims.checklist import ITEMS
from vouchers.claims.fold import Claim
from vouchers.claims.requests import Request, parse_request
from vouchers.claims.table import Action

Kind = Literal["text", "area", "yuan", "choice", "remarks"]
Said = Mapping[str, Any]

# More than any amount in fen has; to read one of thousands is refused by the language.
_DIGITS_MAX: Final = 18


class Option(NamedTuple):
    """One of several answers."""

    value: str
    name: Text


class Field(NamedTuple):
    """One question: the request's key (`objector.name` is inside), and how it is put."""

    name: str
    label: Text
    kind: Kind = "text"
    hint: Text | None = None
    required: bool = True
    options: tuple[Option, ...] = ()


class FieldError(InvalidInputError):
    """An answer that cannot be, with the field that it stands in."""

    def __init__(self, field: str, code: str, message: Text, next_step: Text) -> None:
        super().__init__(code, message, next_step)
        self.field = field


_REASON: Final = Field(
    "reason",
    Text("理由", "Reason"),
    "area",
    Text("企业会看到，将记入账本，不能更改", "The enterprise reads it; it is recorded for good"),
)
_OPTIONAL_PAPER: Final = Field(
    "document",
    Text("文号", "Document number"),
    hint=Text("有文件时填写", "If there is one"),
    required=False,
)
_PAPER: Final = Field(
    "document", Text("文号", "Document number"), hint=Text("作出决定的文件", "Of the decision")
)
_BANK: Final = Field(
    "bank_reference",
    Text("银行流水号", "Bank reference"),
    hint=Text("以银行回单为准", "As on the bank's slip"),
)
_AMOUNT: Final = Field(
    "amount_fen", Text("金额（元）", "Amount (CNY)"), "yuan", Text("如 1234.50", "Such as 1234.50")
)

_PLAIN: Final[Mapping[Action, tuple[Field, ...]]] = {
    "withdraw": (_REASON,),
    "approve": (_OPTIONAL_PAPER,),
    "close": (_OPTIONAL_PAPER,),
    "clear": (),
    "pay": (_BANK,),
    "fail": (_REASON, _BANK._replace(required=False)),
    "assess": (_AMOUNT, _PAPER, _REASON),
    "recover": (_AMOUNT, _PAPER, _BANK),
    "return": (
        Field(
            "items",
            Text("需要补正的事项", "What has to be mended"),
            "remarks",
            Text(
                "逐项写明缺什么、怎么补；留空的事项不退回",
                "Say of each what is missing; leave the others empty",
            ),
        ),
    ),
    "object": (
        Field("matter", Text("异议内容", "What is objected"), "area"),
        Field(
            "objector.name",
            Text("异议人姓名", "Objector's name"),
            hint=Text(
                "须书面、实名；不进入日志", "In writing and by name; the log does not hold it"
            ),
        ),
        Field("objector.unit", Text("单位", "Organisation"), required=False),
        Field("objector.phone", Text("电话", "Telephone")),
        Field("objector.address", Text("地址", "Address")),
    ),
}


def fields_of(action: Action, claim: Claim) -> tuple[Field, ...]:
    """Return what an act on a claim asks for where it stands."""
    owed = claim.stage == "payment"
    match action:
        case "reject":
            return (_REASON, _PAPER) if owed else (_REASON,)
        case "settle":
            return tuple(_settling(claim))
        case "cut":
            return tuple(_cutting(claim, owed=owed))
        case _:
            return _PLAIN[action]


def _settling(claim: Claim) -> Iterator[Field]:
    """Yield what the settling of an objection asks for."""
    open_ones = tuple(
        Option(one, _as_it_is(f"{one}：{claim.objections[one].matter[:60]}"))
        for one in claim.open_objections
    )
    outcomes = (
        Option("dismissed", Text("不成立", "Dismissed")),
        Option("upheld", Text("成立", "Upheld")),
    )
    yield Field("objection", Text("异议", "Objection"), "choice", options=open_ones)
    yield Field("outcome", Text("认定", "Outcome"), "choice", options=outcomes)
    yield Field(
        "cut_fen",
        Text("核减金额（元）", "Cut by (CNY)"),
        "yuan",
        Text(
            "异议成立且只核减一部分时填写；成立而不填，则全部不予支持",
            "Where it is upheld and a part is cut; upheld without it, the claim is rejected",
        ),
        required=False,
    )
    yield _REASON
    yield _OPTIONAL_PAPER


def _cutting(claim: Claim, *, owed: bool) -> Iterator[Field]:
    """Yield what a cut asks for: of an invoice's base at the review, of the amount after."""
    if owed:
        yield _AMOUNT
        yield _REASON
        yield _PAPER
        return
    options = (
        Option("", Text("不针对某张发票，直接核减申请金额", "None: cut the claim's amount")),
        *(
            Option(one, Text(f"核减发票 {one} 的基数", f"The base of invoice {one}"))
            for one in claim.invoices
        ),
    )
    yield Field(
        "invoice", Text("核减对象", "What is cut"), "choice", options=options, required=False
    )
    yield _AMOUNT._replace(
        hint=Text(
            "针对发票时为从其基数中剔除的金额，补贴随之按规则减少",
            "Of an invoice: what is taken out of its base; the refund follows by the rule",
        )
    )
    yield _REASON


def _as_it_is(words: str) -> Text:
    """Return words that somebody wrote, in the language in which he did."""
    return Text(words, words)


def seen_in(said: Said) -> int:
    """Return how many steps of the claim somebody saw who sent a form.

    What is no number, or is left out, is none of them, so that it is told of everything that
    happened: nobody acts on what he does not say that he saw.
    """
    return number_in(said, "seen") or 0


def number_in(said: Said, name: str) -> int | None:
    """Return a whole number as a form of ours writes it, None for anything else."""
    text = str(said.get(name, ""))
    return int(text) if len(text) <= _DIGITS_MAX and text.isdecimal() else None


def read_request(action: Action, claim: Claim, said: Said) -> Request:
    """Return the request that a form's answers make.

    Raises `FieldError`: `empty` for what has to be said and was not, `bad_amount`; and what
    `parse_request` refuses.
    """
    if action == "check":
        return parse_request("check", msgspec.json.encode(_marks(claim, said)), None)
    values = _answers(fields_of(action, claim), said)
    if action == "cut":
        values = _cuts(values)
    return parse_request(action, msgspec.json.encode(values), None)


def _answers(fields: Iterable[Field], said: Said) -> dict[str, Any]:
    """Return the answers to questions as the members of a JSON object.

    Raises `FieldError` (`empty`, `bad_amount`).
    """
    values: dict[str, Any] = {}
    for one in fields:
        value = _read(one, said)
        if value is None or value == []:
            if one.required:
                raise _empty(one)
            continue
        outer, _, inner = one.name.partition(".")
        if inner:
            values.setdefault(outer, {})[inner] = value
        else:
            values[outer] = value
    return values


def _marks(claim: Claim, said: Said) -> dict[str, Any]:
    """Return a reviewer's marks: a verdict of each item that he gave one, and a cut, if any."""
    for item, name in ITEMS.items():
        _require_short(f"items.{item}", name, _text(said, f"items.{item}"))
    marks = [
        {"item": item, "verdict": verdict, "reason": _text(said, f"items.{item}") or None}
        for item in ITEMS
        if (verdict := _text(said, f"verdict.{item}"))
    ]
    cutting = fields_of("cut", claim)
    if not any(_text(said, one.name) for one in cutting):
        return {"items": marks}
    return {"items": marks, **_cuts(_answers(cutting, said))}


def _read(field: Field, said: Said) -> Any:  # noqa: ANN401 - a JSON value
    """Return what was answered to a question, None where nothing was."""
    if field.kind == "remarks":
        return [{"item": item, "reason": reason} for item, reason in read_remarks(said)]
    text = _text(said, field.name)
    if not text:
        return None
    _require_short(field.name, field.label, text)
    return _fen(field, text) if field.kind == "yuan" else text


def read_remarks(said: Said) -> Iterator[tuple[str, str]]:
    """Yield each item of the check list that something was said of, but of one that is met."""
    for item in ITEMS:
        reason = _text(said, f"items.{item}")
        _require_short(f"items.{item}", ITEMS[item], reason)
        if reason and _text(said, f"verdict.{item}") != "met":
            yield item, reason


def _text(said: Said, name: str) -> str:
    """Return what was typed into a field."""
    return str(said.get(name, "")).strip()


def _fen(field: Field, text: str) -> int:
    """Return an amount as a person types it, with or without thousands separators, in fen."""
    try:
        fen = parse_typed_yuan(text)
    except InvalidInputError:
        fen = 0
    if not 0 < fen <= FEN_MAX:
        raise FieldError(
            field.name,
            "bad_amount",
            Text(f"{field.label.zh}填写有误：{text[:40]}", f"{field.label.en}: {text[:40]}"),
            Text(
                "请写成如 1234.50 的金额，至多两位小数",
                "write it like 1234.50, with two decimals at most",
            ),
        )
    return fen


def _require_short(name: str, label: Text, text: str) -> None:
    """Raise `FieldError` (`too_long`) for words that no event takes."""
    if len(text) > WORDS_LENGTH_MAX:
        raise FieldError(
            name,
            "too_long",
            Text(f"{label.zh}有 {len(text)} 字", f"{label.en}: {len(text)} characters"),
            Text(f"至多 {WORDS_LENGTH_MAX} 字", f"{WORDS_LENGTH_MAX} at most"),
        )


def _empty(field: Field) -> FieldError:
    """Return the refusal of a form in which something was left out."""
    return FieldError(
        field.name,
        "empty",
        Text(f"请填写：{field.label.zh}", f"fill in: {field.label.en}"),
        Text("填好后再提交", "then send it again"),
    )


def _cuts(values: dict[str, Any]) -> dict[str, Any]:
    """Return the marks of one cut."""
    cut = {"reason": values["reason"]}
    invoice = values.get("invoice")
    if invoice is None:
        cut["amount_fen"] = values["amount_fen"]
    else:
        cut |= {"invoice": invoice, "base_cut_fen": values["amount_fen"]}
    document = values.get("document")
    return {"cuts": [cut], **({} if document is None else {"document": document})}


def fill(fields: Iterable[Field], said: Said) -> dict[str, str]:
    """Return what was typed, by field, for a form that is shown again."""
    names = [one.name for one in fields if one.kind != "remarks"]
    return {name: str(said.get(name, "")) for name in (*names, *(f"items.{one}" for one in ITEMS))}
