"""Hand a claim in, for the first time or again: what it is worth, what is drawn and reserved.

The amount is worked out under the lock of the book's head, so that two claims for one enterprise's
last headroom, for one invoice or for a fund's last fen come one after the other.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger.documents import DocumentStore, Staged
from ledger.errors import InvalidInputError, RuleViolationError
from ledger.events import (
    ClaimResubmitted,
    ClaimSubmitted,
    Data,
    VoucherDrawn,
    VoucherGranted,
)
from ledger.money import render_yuan
from ledger.text import Text
from portal.acting import not_allowed
from portal.claims.desk import Desk, find_claim, require_may, require_unmoved
from portal.claims.ground import Ground, read_ground
from portal.claims.reading import Read, read_claim, unknown_claim
from portal.enterprises.filing import What, file_documents
from vouchers.answers import find_disputes, tell_dispute
from vouchers.claims.authorise import may_see
from vouchers.claims.claim_file import ClaimFile, canonical
from vouchers.claims.fold import Claim
from vouchers.claims.table import HOLDING_NOTHING, Capacity
from vouchers.claims.worth import Worth

# 50 bits: nobody guesses one, and a number of them says nothing about how many there are.
ID_LENGTH: Final = 10


def claim_id(file: ClaimFile, key: bytes) -> str:
    """Return the id of a file's claim: the same file has the same one, and no order is in it."""
    if file.claim is not None:
        return file.claim
    digest = hmac.new(key, b"cn.suanquan.claim.v1\n" + canonical(file), hashlib.sha256).digest()
    return "SQ-" + base64.b32encode(digest).decode("ascii")[:ID_LENGTH]


def hand_in(
    desk: Desk,
    file: ClaimFile,
    store: DocumentStore,
    staged: Sequence[Staged],
    seen: int | None = None,
) -> Read:
    """Return a claim once its documents are filed and it is handed in; again changes nothing."""
    digests = list[str]()
    for entry, one in zip(file.documents, staged, strict=True):
        what = What(entry.kind, entry.ref)
        filed = file_documents(desk.act, store, file.enterprise, [one], what)
        digests += [each.data.sha256 for each in filed]
    return submit(desk, file, tuple(dict.fromkeys(digests)), seen)


def submit(
    desk: Desk, file: ClaimFile, documents: tuple[str, ...], seen: int | None = None
) -> Read:
    """Return a claim once it is handed in; the same file again changes nothing.

    `documents` are the digests of what was filed with it, `seen` is how many steps of the claim
    were seen. Raises `RuleViolationError`: `unknown_claim`, `not_allowed`, `stale`, `no_account`,
    `invoice_claimed`, `undetermined`, `ineligible`, `other_year`, and what the books refuse;
    `InvalidInputError`: `unknown_invoice`, `too_much`.
    """
    act, read = desk.act, find_named(desk, file)
    claim = read.claim
    if claim.events and file.claim is None and claim.state not in ("draft", "returned"):
        return read
    if seen is not None and _is_handed_in(read, seen, file, act.name):
        return read
    require_unmoved(read, seen)
    capacity = require_may(desk, read, "submit")
    ground = read_ground(act.connection, claim.enterprise, desk.size, desk.book)
    for event in act.events:
        if event.subject == claim.enterprise:
            ground.take(event)
    read.papers = ground.papers_apart()
    desk.append(read, _hand_in(desk, _Handing(read, ground, file, documents, capacity)))
    return read


def _is_handed_in(read: Read, seen: int, file: ClaimFile, actor: str) -> bool:
    """Return whether all that was done since is this very handing in, by the same actor."""
    since = [event.data for _, event in read.events[seen:]]
    return (
        len(since) == 1
        and isinstance(since[0], ClaimSubmitted | ClaimResubmitted)
        and (since[0].actor, since[0].invoices) == (actor, file.invoices)
    )


def find_named(desk: Desk, file: ClaimFile) -> Read:
    """Return the claim that a file names or is, `new` where it is not there yet.

    Raises `RuleViolationError`: `unknown_claim`, `not_allowed`.
    """
    act = desk.act
    # Before any claim is looked for: a file that somebody guessed tells him nothing.
    if not may_see(act.roster, act.name, file.enterprise, file.programme):
        raise _not_yours(file.enterprise)
    name = claim_id(file, act.shell.signer.salt_key())
    known = file.claim is not None
    read = find_claim(desk, name) if known else read_claim(act.connection, name, desk.size)
    claim = read.claim
    if not claim.events:
        claim.enterprise, claim.programme = file.enterprise, file.programme
    if claim.enterprise != file.enterprise:
        raise unknown_claim(name)
    return read


def _not_yours(enterprise: str) -> RuleViolationError:
    """Return the refusal of a claim for an enterprise that the actor has nothing to do with."""
    return not_allowed(
        Text(f"无权为 {enterprise} 提交申请", f"you may not hand in a claim for {enterprise}")
    )


class _Handing(NamedTuple):
    """What is handed in, for which claim, on what grounds, in which capacity."""

    read: Read
    ground: Ground
    file: ClaimFile
    documents: tuple[str, ...]
    capacity: Capacity


def _hand_in(desk: Desk, handing: _Handing) -> list[Data]:
    """Return the events of handing a claim in: the voucher granted, drawn, the claim itself."""
    read, ground, file, documents, capacity = handing
    before = read.claim
    claim = Claim(before.claim, before.enterprise, file.programme, applied_on=desk.day)
    claim.invoices = file.invoices
    _require_free(ground, claim)
    account = read.papers.newest_account(claim.enterprise)
    if account is None:
        raise _no_account(claim.enterprise)
    worth = ground.work_out(claim, {})
    amount_fen = _amount(worth, file, claim)
    decision = worth.decision
    year, version = decision.year, decision.version_hash
    assert year is not None
    assert version is not None
    if before.events and before.year not in (0, year):
        raise _other_year(before, year)
    made: list[Data] = []
    if ground.vouchers().left_fen(file.programme, year) is None:
        quota_fen = amount_fen if decision.quota_fen is None else decision.quota_fen
        made.append(
            VoucherGranted(
                programme=file.programme,
                year=year,
                quota_fen=quota_fen,
                granted_on=desk.day,
                actor=desk.act.name,
            )
        )
    made.append(
        VoucherDrawn(
            programme=file.programme,
            year=year,
            amount_fen=amount_fen,
            drawn_on=desk.day,
            version=version,
            invoices=file.invoices,
            claim=claim.claim,
            parts_fen=_parts(worth, file, amount_fen),
            base_fen=sum(worth.bases.values()) if amount_fen == worth.amount_fen else None,
        )
    )
    again = before.state == "returned"
    claim.year, claim.fund = year, file.programme
    claim.revision = before.revision + again
    said = {
        **desk.setting(claim, "submit", capacity).money(amount_fen),
        "invoices": file.invoices,
        "documents": documents or before.documents,
        "account": account,
        "version": version,
        "assisted": capacity == "assistant",
    }
    if again:
        made.append(ClaimResubmitted(**said, before_fen=before.reserved_fen))
    else:
        before.year = year
        made.append(ClaimSubmitted(**said))
    return made


def _parts(worth: Worth, file: ClaimFile, amount_fen: int) -> tuple[int, ...]:
    """Return what of the amount is for each invoice; nothing where less is asked than is due."""
    shares = dict(worth.shares)
    if sum(shares.values()) != amount_fen:
        return ()
    return tuple(shares.get(invoice, 0) for invoice in file.invoices)


def _require_free(ground: Ground, claim: Claim) -> None:
    """Raise unless the enterprise knows each invoice and no claim of this programme holds it.

    Only its own claims are looked at: another one's are none of its business, and stand in the
    check list for those who review.
    """
    for invoice in claim.invoices:
        if invoice not in ground.account.invoices:
            raise InvalidInputError(
                "unknown_invoice",
                Text(f"发票 {invoice} 尚未登记", f"invoice {invoice} is not on record"),
                Text(
                    "请先用 suanquan paper add 登记发票、合同与付款",
                    "enter the invoice, its contract and payments: suanquan paper add",
                ),
            )
        _require_undisputed(ground, invoice)
    # Only now: of an invoice that the enterprise does not know, nothing that others said is read.
    mentions = ground.mentions(claim.invoices)
    for invoice in claim.invoices:
        own = [one for one in mentions[invoice] if one.subject == claim.enterprise]
        for other in ground.claims_on(invoice, own, claim.claim):
            if other.programme == claim.programme and other.state not in HOLDING_NOTHING:
                raise RuleViolationError(
                    "invoice_claimed",
                    Text(
                        f"发票 {invoice} 已在申请 {other.claim} 中申报",
                        f"invoice {invoice} is claimed already, in {other.claim}",
                    ),
                    Text(
                        "请从本申请中去掉这张发票，或先撤回那一申请",
                        "leave the invoice out, or withdraw that claim first",
                    ),
                )


def _require_undisputed(ground: Ground, invoice: str) -> None:
    """Raise where a line of a settlement statement that an invoice is for is disputed."""
    for statement, line in find_disputes(ground.account, ground.account.invoices[invoice]):
        raise RuleViolationError(
            "disputed",
            tell_dispute(invoice, statement, line),
            Text(
                "异议由专班处理（suanquan statement settle）后再申请；或先不申报这张发票",
                "claim it once the task force has settled the dispute (suanquan statement settle),"
                " or leave the invoice out",
            ),
        )


def _amount(worth: Worth, file: ClaimFile, claim: Claim) -> int:
    """Return what is claimed: what the rules give, or less where less is asked."""
    if worth.status != "eligible":
        reasons = worth.reasons
        zh = "；".join(one.message.zh for one in reasons) or "不符合规则"
        en = "; ".join(one.message.en for one in reasons) or "the rules give nothing"
        undetermined = worth.status == "undetermined"
        raise RuleViolationError(
            worth.status,
            Text(
                f"申请{'尚不能认定' if undetermined else '不符合规则'}：{zh}",
                f"{'undetermined' if undetermined else 'ineligible'}: {en}",
            ),
            Text(
                f"请补充后再提交；逐步计算见 suanquan programme decide {claim.enterprise}",
                f"see suanquan programme decide {claim.enterprise} for each step, then try again",
            ),
        )
    assert worth.amount_fen is not None
    asked_fen = worth.amount_fen if file.asked_fen is None else file.asked_fen
    if asked_fen > worth.amount_fen:
        asked, most = render_yuan(asked_fen), render_yuan(worth.amount_fen)
        raise InvalidInputError(
            "too_much",
            Text(f"申请 {asked} 元，按规则至多 {most} 元", f"CNY {asked} asked of {most} at most"),
            Text("请减少申请金额，或不填", "ask for less, or leave it out"),
        )
    return asked_fen


def _no_account(enterprise: str) -> RuleViolationError:
    """Return the refusal of a claim that nobody knows where to pay."""
    return RuleViolationError(
        "no_account",
        Text(f"{enterprise} 尚未登记收款账户", f"no bank account of {enterprise} is on record"),
        Text(
            f"请先运行 suanquan enterprise bank-account {enterprise}",
            f"set it first: suanquan enterprise bank-account {enterprise}",
        ),
    )


def _other_year(claim: Claim, year: int) -> RuleViolationError:
    """Return the refusal of a claim that is handed in again for another year."""
    return RuleViolationError(
        "other_year",
        Text(
            f"申请属 {claim.year} 年度，现在提交属 {year} 年度",
            f"the claim is of {claim.year}; handed in now it would be of {year}",
        ),
        Text("请另提申请，不填 claim", "make a new claim: leave claim out of the file"),
    )
