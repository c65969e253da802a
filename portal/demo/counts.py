"""How many claims of a demo went which way, by level, counted from the ledger."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from rich.table import Table

from ledger.claim_list import ClaimFilter, list_claims
from ledger.database import Connection
from ledger.events import (
    ClaimClawbackAssessed,
    ClaimClawbackRecovered,
    ClaimClosed,
    ClaimCut,
    ClaimFailed,
    ClaimLapsed,
    ClaimObjected,
    ClaimObjectionSettled,
    ClaimPaid,
    ClaimRejected,
    ClaimResubmitted,
    ClaimReturned,
    ClaimWithdrawn,
    Data,
)
from ledger.text import Text
from portal.claims.batch import read_each
from portal.claims.reading import Read
from portal.shell import Shell
from vouchers.names import LEVELS
from vouchers.programme import Programme


class _Kind(NamedTuple):
    """A way that a claim may have gone: what it is called, and whether a claim did."""

    name: Text
    went: Callable[[Read], bool]


def _said(kind: type[Data]) -> Callable[[Read], bool]:
    """Return what tells whether an event of some kind is among a claim's."""
    return lambda read: any(event.kind is kind for _, event in read.events)


def _settled(outcome: str) -> Callable[[Read], bool]:
    """Return what tells whether an objection to a claim had an outcome."""
    return lambda read: any(
        isinstance(event.data, ClaimObjectionSettled) and event.data.outcome == outcome
        for _, event in read.events
    )


KINDS: Final = {
    "returned": _Kind(Text("退回补正", "returned"), _said(ClaimReturned)),
    "resubmitted": _Kind(Text("补正后再提交", "resubmitted"), _said(ClaimResubmitted)),
    "withdrawn": _Kind(Text("撤回", "withdrawn"), _said(ClaimWithdrawn)),
    "lapsed": _Kind(Text("失效", "lapsed"), _said(ClaimLapsed)),
    "cut": _Kind(Text("核减", "cut"), _said(ClaimCut)),
    "rejected": _Kind(Text("不予支持", "rejected"), _said(ClaimRejected)),
    "objected": _Kind(Text("公示有异议", "objected to"), _said(ClaimObjected)),
    "upheld": _Kind(Text("异议成立", "objection upheld"), _settled("upheld")),
    "dismissed": _Kind(Text("异议不成立", "objection dismissed"), _settled("dismissed")),
    "failed": _Kind(Text("付款失败", "payment failed"), _said(ClaimFailed)),
    "retried": _Kind(
        Text("失败后付成", "paid after that"),
        lambda read: _said(ClaimFailed)(read) and _said(ClaimPaid)(read),
    ),
    "paid": _Kind(Text("已支付", "paid"), _said(ClaimPaid)),
    "assessed": _Kind(Text("认定追缴", "clawback assessed"), _said(ClaimClawbackAssessed)),
    "recovered": _Kind(Text("已有追回", "clawback recovered"), _said(ClaimClawbackRecovered)),
    "closed": _Kind(Text("已办结", "closed"), _said(ClaimClosed)),
    "draft": _Kind(Text("仍为草稿", "still a draft"), lambda read: read.claim.state == "draft"),
}
"""Every kind that is counted; a claim may be of several."""


def count_claims(
    connection: Connection, programmes: Sequence[Programme], size: int
) -> list[dict[str, Any]]:
    """Return how many claims each programme has after the book's first entries, and of which kinds.

    In the order of the programmes.
    """
    rows = []
    for programme in programmes:
        listed = list_claims(connection, ClaimFilter(programmes=(programme.id,)), limit=None)
        reads = read_each(connection, [(one.claim, one.enterprise) for one in listed], size)
        kinds = {name: sum(map(kind.went, reads)) for name, kind in KINDS.items()}
        rows.append(
            {
                "programme": programme.id,
                "level": programme.level,
                "claims": len(reads),
                "kinds": kinds,
            }
        )
    return rows


def counts_table(shell: Shell, rows: Sequence[dict[str, Any]]) -> Table:
    """Return one row a kind and one column a level."""
    table = Table(title=shell.say(Text("申请办理情况（件）", "How many claims went which way")))
    table.add_column(shell.say(Text("办理情况", "What happened")), overflow="fold")
    for row in rows:
        table.add_column(shell.say(LEVELS[row["level"]]), justify="right", no_wrap=True)
    table.add_column(shell.say(Text("合计", "Total")), justify="right", no_wrap=True)
    every = [(Text("提出申请", "handed in"), [row["claims"] for row in rows])]
    every += [(kind.name, [row["kinds"][name] for row in rows]) for name, kind in KINDS.items()]
    for name, counts in every:
        table.add_row(shell.say(name), *(f"{one:,}" for one in (*counts, sum(counts))))
    return table
