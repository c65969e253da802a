"""Vouchers at the desk: take one out before any claim (申领), and see what each stands at."""

from collections.abc import Iterable
from itertools import groupby
from typing import Final, NamedTuple

from msgspec import structs

from ledger.accepted import read_accepted
from ledger.credit_codes import require_code
from ledger.database import Connection
from ledger.errors import RuleViolationError
from ledger.events import Data, VoucherGranted, VoucherLapsed, VoucherReleased
from ledger.text import Text
from ledger.topics import VOUCHERS, enterprise_topic
from ledger.trail import read_trail
from portal.acting import not_allowed
from portal.claims.desk import VOUCHERS as SOURCE
from portal.claims.desk import Desk
from portal.claims.ground import read_ground
from vouchers.claims.drawn import fold_vouchers
from vouchers.decide import decide
from vouchers.decision import Decision

# What a decision without any purchase says beside what it says of the enterprise.
_OF_PURCHASES: Final = frozenset({"no_purchase", "outside_window", "missing_fact"})


class Voucher(NamedTuple):
    """A voucher as it stands; `drawn_fen` is without what was released again."""

    enterprise: str
    programme: str
    year: int
    granted_on: str
    granted_fen: int
    drawn_fen: int
    released_fen: int
    left_fen: int
    lapsed_fen: int
    lapsed_on: str | None


class Granted(NamedTuple):
    """A voucher, and whether it was granted just now."""

    voucher: Voucher
    is_new: bool


def grant(desk: Desk, enterprise: str, programme: str, year: int | None) -> Granted:
    """Return an enterprise's voucher of a programme, granted now unless it was before.

    Its quota is the year's cap for the enterprise. Raises `RuleViolationError`: `not_allowed`,
    `ineligible`, `undetermined`, `no_cap`, `other_year`.
    """
    act = desk.act
    require_code(enterprise, read_accepted(act.connection))
    own = act.roster.acts_for(desk.name, enterprise)
    if not own and not act.roster.holds(desk.name, "task_force", programme):
        raise not_allowed(
            Text(
                f"{desk.name} 无权为 {enterprise} 申领 {programme}",
                f"{desk.name} may not take out a voucher of {programme} for {enterprise}",
            )
        )
    ground = read_ground(act.connection, enterprise, desk.size, desk.book)
    case = structs.replace(ground.case(desk.day), purchases=())
    decision = decide(ground.programme(programme), case)
    of_year = _year(decision, year, desk.day)
    there = {(one.programme, one.year): one for one in vouchers_of(enterprise, ground.said)}
    if (programme, of_year) in there:
        return Granted(there[programme, of_year], is_new=False)
    data = VoucherGranted(
        programme=programme,
        year=of_year,
        quota_fen=_quota(decision),
        granted_on=desk.day,
        actor=desk.name,
    )
    act.write(data, enterprise, SOURCE)
    (made,) = vouchers_of(enterprise, [data])
    return Granted(made, is_new=True)


def _year(decision: Decision, asked: int | None, day: str) -> int:
    """Return the year of a voucher: the one that a claim made today belongs to, or this one."""
    _require_eligible(decision)
    assert decision.year is not None, decision
    if asked is None or asked == decision.year:
        return decision.year
    if str(asked) == day[:4]:
        return asked
    raise RuleViolationError(
        "other_year",
        Text(
            f"{day} 不能申领 {asked} 年度，今天的申请属 {decision.year} 年度",
            f"{day} is not of {asked}: a claim made today would be of {decision.year}",
        ),
        Text(f"请填 --year {decision.year}，或不填", f"give --year {decision.year}, or none"),
    )


def _require_eligible(decision: Decision) -> None:
    """Raise unless the enterprise may be supported, whatever it buys."""
    refusals = [one for one in decision.reasons if one.code not in _OF_PURCHASES]
    if refusals or decision.year is None:
        zh = "；".join(one.message.zh for one in refusals or decision.reasons)
        en = "; ".join(one.message.en for one in refusals or decision.reasons)
        raise RuleViolationError(
            "ineligible",
            Text(f"不能申领：{zh}", f"no voucher: {en}"),
            Text(
                "请先登记资格、注册地等，见 suanquan programme decide",
                "enter status, place and so on first; see suanquan programme decide",
            ),
        )


def _quota(decision: Decision) -> int:
    """Return the year's cap for the enterprise."""
    if decision.quota_fen is not None:
        return decision.quota_fen
    missing = [one for one in decision.reasons if one.code == "missing_fact"]
    if missing:
        raise RuleViolationError(
            "undetermined",
            Text(
                "额度尚不能认定：" + "；".join(one.message.zh for one in missing),
                "the quota is open: " + "; ".join(one.message.en for one in missing),
            ),
            Text("请补充后再申领", "supply it, then try again"),
        )
    raise RuleViolationError(
        "no_cap",
        Text(
            f"{decision.programme} 没有可认定的年度上限",
            f"{decision.programme} has no yearly cap that is known",
        ),
        Text(
            "不必申领，提交申请时按核定金额授予",
            "there is nothing to take out: it is granted with the claim",
        ),
    )


def vouchers_of(enterprise: str, said: Iterable[Data]) -> list[Voucher]:
    """Return an enterprise's vouchers, by programme and year, as its events leave them."""
    events = list(said)
    folded = fold_vouchers(events)
    grants = {(one.programme, one.year): one for one in events if isinstance(one, VoucherGranted)}
    found = []
    for (programme, year), granted in sorted(grants.items()):
        mine = [
            one
            for one in events
            if isinstance(one, VoucherReleased | VoucherLapsed)
            and (one.programme, one.year) == (programme, year)
        ]
        lapsed = [one for one in mine if isinstance(one, VoucherLapsed)]
        left_fen = folded.left_fen(programme, year)
        assert left_fen is not None, granted
        found.append(
            Voucher(
                enterprise=enterprise,
                programme=programme,
                year=year,
                granted_on=granted.granted_on,
                granted_fen=granted.quota_fen,
                drawn_fen=folded.drawn_fen(programme, year),
                released_fen=sum(
                    one.amount_fen for one in mine if isinstance(one, VoucherReleased)
                ),
                left_fen=left_fen,
                lapsed_fen=sum(one.amount_fen for one in lapsed),
                lapsed_on=lapsed[-1].lapsed_on if lapsed else None,
            )
        )
    return found


def list_vouchers(
    connection: Connection, size: int, enterprises: Iterable[str] | None = None
) -> list[Voucher]:
    """Return the vouchers of some enterprises, or of all, by enterprise, programme and year."""
    if enterprises is None:
        enterprises = {event.subject for _, event in read_trail(connection, [VOUCHERS], size)}
    topics = map(enterprise_topic, enterprises)
    events = sorted(
        (event for _, event in read_trail(connection, topics, size)),
        key=lambda event: event.subject,
    )
    by_enterprise = groupby(events, key=lambda event: event.subject)
    return [
        one
        for code, some in by_enterprise
        for one in vouchers_of(code, (event.data for event in some))
    ]
