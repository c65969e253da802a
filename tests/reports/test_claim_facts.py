"""What a claim's forms say of its enterprise, and by what they are another form."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from ledger.codec import encode
from ledger.events import (
    ClaimChecked,
    ClaimCut,
    ClaimSubmitted,
    ContractRegistered,
    EnterpriseRegistered,
    FactReported,
    InvoiceRecorded,
    PaymentRecorded,
    QualificationGranted,
    StatementIssued,
)
from ledger.text import Text
from reports.claim_facts import digest_words
from reports.fonts import Fonts
from reports.issue import Composed, Issued, Press, make_again
from reports.kinds import FORMS
from reports.pdf import RENDERER
from reports.snapshot import Snapshot
from reports.statement import Kind, Statement, Words
from tests.ledger.books import SALT, SOURCE
from tests.reports.kind_worlds import CASES, MONTH, statement_of, world_of
from tests.small_ledger import CODE, snapshot_of
from vouchers.claims.checklist import ITEMS
from vouchers.names import QUALIFICATIONS

BY_WORDS: Final[dict[Kind, str]] = {
    "application": "d1533b4d5d4cd04486bc1de3ce1b8ef699fa24bf0abf18682905ff37fcff24e7",
    "review": "c9d139fd71e76cb278a8998a2908f5cd718e44f3694801229fab6e73fe58078b",
}
"""The digests under which the second versions of the forms issued the case of one line."""


def world(change: Callable[[Any], Any] = lambda data: data, case: str = "refused") -> Snapshot:
    """Return a case's ledger in which what events say is changed; cuts come before the review."""
    happened = list(world_of(CASES[case]))
    reviewed_at = next(at for at, one in enumerate(happened) if one.kind is ClaimChecked)
    cuts = [one for one in happened if one.kind is ClaimCut]
    happened[reviewed_at:] = cuts + [one for one in happened[reviewed_at:] if one not in cuts]
    made = [(one, change(one.data)) for one in happened]
    return snapshot_of(
        [
            one if data is one.data else encode(SOURCE, one.id, one.subject, data, SALT)
            for one, data in made
        ]
    )


def form_of(snapshot: Snapshot, kind: Kind) -> Statement:
    """Return the form of the claim that a case is about."""
    (about, *_) = FORMS[kind].subjects(snapshot, MONTH)
    return FORMS[kind].make(snapshot, about, MONTH)


def changed(cls: type[msgspec.Struct], **changes: object) -> Callable[[Any], Any]:
    """Return what changes fields of one type of event."""
    return lambda data: msgspec.structs.replace(data, **changes) if isinstance(data, cls) else data


def items(**changes: object) -> Callable[[Any], Any]:
    """Return what changes fields of every reviewed item."""

    def change(data: Any) -> Any:  # noqa: ANN401 - any event's data
        if not isinstance(data, ClaimChecked):
            return data
        changed = tuple(msgspec.structs.replace(one, **changes) for one in data.items)
        return msgspec.structs.replace(data, items=changed)

    return change


@pytest.mark.parametrize("kind", ["application", "review"])
def test_a_place_is_printed_by_its_name(kind: Kind) -> None:
    said = {title.en: cell for title, cell in statement_of(kind, CASES["one line"]).facts}
    assert said["Registered in"] == Words("武汉市（420100）", "Wuhan")


def test_other_words_for_the_same_make_no_other_form(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds: tuple[Kind, ...] = ("application", "review")
    before = [statement_of(kind, CASES["one line"]) for kind in kinds]
    monkeypatch.setitem(ITEMS, "payments", Text("款项付清", "paid in full"))
    monkeypatch.setitem(QUALIFICATIONS, "above_scale", Text("规上", "of scale"))
    after = [statement_of(kind, CASES["one line"]) for kind in kinds]
    assert all(one.sections != two.sections for one, two in zip(before, after, strict=True))
    assert [one.values_sha256 for one in after] == [one.values_sha256 for one in before]


@pytest.mark.parametrize(
    ("kind", "case", "change"),
    [
        ("application", "one line", changed(ClaimSubmitted, account="8" * 64)),
        ("application", "one line", changed(ContractRegistered, signed_on="2022-01-02")),
        ("application", "one line", changed(EnterpriseRegistered, registered_region="420500")),
        ("application", "one line", changed(FactReported, value=1)),
        ("application", "one line", changed(InvoiceRecorded, issued_on="2022-11-09")),
        ("application", "one line", changed(PaymentRecorded, amount_fen=1)),
        ("application", "one line", changed(QualificationGranted, number="GR-2")),
        ("review", "refused", changed(ClaimCut, amount_fen=2)),
        ("review", "refused", changed(ClaimCut, reason="重复")),
        ("review", "refused", items(confirmed="cannot_tell")),
        ("review", "refused", items(computed="cannot_tell")),
        ("review", "refused", items(item="invoices")),
    ],
)
def test_another_amount_verdict_or_paper_makes_another_form(
    kind: Kind, case: str, change: Callable[[Any], Any]
) -> None:
    before, after = form_of(world(case=case), kind), form_of(world(change, case), kind)
    assert after.values_sha256 != before.values_sha256


@pytest.mark.parametrize("kind", ["application", "review"])
def test_other_sums_and_invoices_make_another_form(kind: Kind) -> None:
    made = [statement_of(kind, CASES[name]) for name in ("one line", "the highest amount")]
    assert made[0].values_sha256 != made[1].values_sha256


@pytest.mark.parametrize("kind", ["application", "review"])
def test_a_form_whose_words_were_digested_stands_and_is_made_again(
    faces: Fonts, tmp_path: Path, kind: Kind
) -> None:
    """It is told by its recorded version, and must be whatever its successor says by figures."""
    press, snapshot = Press(tmp_path, faces), world(case="one line")
    made = form_of(snapshot, kind)
    assert digest_words(snapshot, made) == BY_WORDS[kind]
    composed = press.compose(snapshot, kind, MONTH, made.about or "")
    assert isinstance(composed, Composed)
    data = press.print(composed).issued.data
    assert isinstance(data, StatementIssued)
    early = msgspec.structs.replace(
        data, renderer=f"{RENDERER} {kind}/2", values_sha256=BY_WORDS[kind]
    )
    for one in (data, early):
        snapshot.book.account(CODE).statements[:] = [one]
        issued = Issued(CODE, one)
        assert press.compose(snapshot, kind, MONTH, made.about or "") == issued
        assert make_again(snapshot, issued).values_sha256 == one.values_sha256
    unmarked = msgspec.structs.replace(early, renderer=data.renderer)
    snapshot.book.account(CODE).statements[:] = [unmarked]
    assert isinstance(press.compose(snapshot, kind, MONTH, made.about or ""), Composed)
