"""What protects each column: a declaration, held by a test against the schema and against attacks.

Evidence is something that disagrees when a value is changed below the program with every trigger
put back afterwards. A column without any is listed by `log check` and explained in SECURITY.md.
"""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from ledger.balance import Claim, Fund, Order
from ledger.claim_state import Standing
from ledger.text import Text

Evidence = Literal["names", "origins", "tree", "leaf", "closing leaf", "fold"]
"""What a value is held against.

names: the program's own list of logs. origins: each other, and the last signed checkpoint.
tree: entries, hashes and heads give one root. leaf: the events themselves. closing leaf: counts,
positions and digests of `batch.recorded`. fold: all events folded again.
"""


class Guard(NamedTuple):
    """What protects a column, and the places, `table.column`, one of which a finding names."""

    evidence: Evidence
    places: str


class Unprotected(NamedTuple):
    """A column whose values nothing proves, and why that may be."""

    table: str
    column: str
    why: Text


def _fold(table: str, keys: str, values: str) -> dict[str, Guard | Text]:
    """Return the guards of a projection: a row that has moved is named by its first column."""
    first = keys.split(maxsplit=1)[0]
    return {
        **{column: Guard("fold", f"{table}.{first}") for column in keys.split()},
        **{column: Guard("fold", f"{table}.{column}") for column in values.split()},
    }


COLUMNS: Final[dict[str, dict[str, Guard | Text]]] = {
    "log": {
        "number": Guard("names", "log.name"),
        "name": Guard("names", "log.name"),
        "origin": Guard("origins", "log.origin"),
        "size": Guard("tree", "log.root"),
        "root": Guard("tree", "log.root"),
        "frontier": Guard("tree", "log.frontier"),
    },
    "chunk": {
        "log": Guard("tree", "chunk.start"),
        "start": Guard("tree", "chunk.start"),
        "count": Guard("tree", "chunk.body"),
        "body": Guard("tree", "chunk.body"),
    },
    "tile": dict.fromkeys(("log", "level", "start", "hashes"), Guard("tree", "tile.hashes")),
    "source": {
        "number": Guard("leaf", "source.number"),
        "name": Guard("leaf", "source.name"),
    },
    "identity": {
        "source": Guard("leaf", "identity.source"),
        "event_id": Guard("leaf", "identity.event_id"),
        "log": Guard("leaf", "identity.leaf_index"),
        "leaf_index": Guard("leaf", "identity.leaf_index"),
    },
    "stream": dict.fromkeys(("name", "next"), Guard("closing leaf", "stream.next")),
    "rejection": {
        "id": Text(
            "拒收记录的编号由数据库给出，只供人引用；同一日志内的先后有核对，数值本身无证据",
            "the number that the database gives a refusal, for people to name it; its order within"
            " a log is checked, its value is in no leaf",
        ),
        **dict.fromkeys(
            (
                "stream",
                "position",
                "code",
                "message_zh",
                "message_en",
                "body",
                "length",
                "sha256",
                "conflict_log",
                "conflict_index",
                "batch_index",
                "recorded_at_ms",
            ),
            Guard("closing leaf", "rejection.sha256"),
        ),
        "log": Guard("closing leaf", "rejection.sha256 rejection.position"),
    },
    "usage_day": _fold("usage_day", "enterprise contract resource day", "quantity"),
    "usage_block": _fold(
        "usage_block",
        "enterprise contract resource day log block",
        "starts continued quantity",
    ),
    "source_span": _fold("source_span", "source", "first_ms last_ms"),
    "source_day": _fold(
        "source_day",
        "source resource day",
        "events quantity tallies tallied_events tallied_quantity",
    ),
    "sequence_block": _fold("sequence_block", "source block", "bits"),
    "settlement": _fold("settlement", "stream position", "settled"),
    "fund_balance": _fold("fund_balance", "fund year", " ".join(Fund._fields)),
    "claim_balance": _fold("claim_balance", "claim fund year enterprise", " ".join(Claim._fields)),
    "payment_order": _fold("payment_order", "order_id claim", " ".join(Order._fields)),
    "trail": _fold("trail", "topic leaf_index", ""),
    "claim_state": _fold(
        "claim_state", "claim enterprise programme year", " ".join(Standing._fields)
    ),
    "personal_datum": {
        "digest": Guard("leaf", "personal_datum.digest"),
        "enterprise": Guard("leaf", "personal_datum.enterprise"),
        "kind": Guard("leaf", "personal_datum.kind"),
        **dict.fromkeys(("salt", "value"), Guard("leaf", "personal_datum.value")),
    },
}
"""Each table's columns: what protects each, or why nothing does."""


OPERATIONS: Final[dict[str, Text]] = {
    "scheduled_run": Text(
        "日程的运行记录只供运维，办了什么以日志为准；改动只会使其重办（无事可办）或不办（所缺可见于日志）；"
        "邮件只记于此，改动会使其再发或不发",
        "what the schedule ran is for operators, what was done stands in the log; a changed row"
        " makes a run come again, with nothing left to do, or stay away, which the log shows;"
        " mail stands here alone, and is sent again or not at all",
    ),
    "kept_answer": Text(
        "接口已作的答复：能改动者可令重试得到另一答复；是否办理以日志为准",
        "what the interface answered: whoever changes it makes a retry get another answer; whether"
        " something was done stands in the log",
    ),
    "review_draft": Text(
        "审核人尚未签署的意见：能改动者可改其所见，签署的以日志为准",
        "what a reviewer has marked and not signed: whoever changes it changes what he is shown;"
        " what he signs stands in the log",
    ),
    **dict.fromkeys(
        (
            *("account", "recovery_code", "invitation", "session", "throttle"),
            *("linked_sign_on", "departure"),
        ),
        Text(
            "登录账号、统一认证绑定、邀请、会话与限速：能改动者可冒名登录；谁被邀请、何时启用以日志为准",
            "accounts, linked identities, invitations, sessions and throttles: whoever can change"
            " them can sign in as somebody else; who was invited and when stands in the log",
        ),
    ),
}
"""Tables of which nothing proves a row, and why that may be."""


def unprotected() -> Iterator[Unprotected]:
    """Yield the columns whose values nothing proves; `*` stands for all of a table."""
    for table, why in OPERATIONS.items():
        yield Unprotected(table, "*", why)
    for table, columns in COLUMNS.items():
        for column, guard in columns.items():
            if isinstance(guard, Text):
                yield Unprotected(table, column, guard)
