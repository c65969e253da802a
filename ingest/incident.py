"""Why a partition stands still: what a person must look at before its records are read on.

Each is a `RuleViolationError`: understood, and forbidden to pass silently. The next step names the
option that confirms it, where going on is a person's to decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from ingest.judge import BAD_SHARE_MAX, Verdict
from ingest.topic import Bounds
from ledger.errors import InvalidInputError, LedgerError, RuleViolationError
from ledger.rejection import Rejection
from ledger.text import Text


@dataclass(frozen=True, slots=True)
class Permitted:
    """What may pass: a share of bad records, and lost ones that a person has confirmed.

    `lost` maps a partition to its first offset that is still there.
    """

    bad_share_max: Fraction = BAD_SHARE_MAX
    lost: Mapping[int, int] = field(default_factory=dict)


def mostly_bad(
    place: str, start: int, rejections: Sequence[Rejection], verdict: Verdict
) -> RuleViolationError:
    """Return the incident of records of which too many cannot be recorded.

    The batch from `start` on is not written. `rejections` are its own; the verdict may count
    earlier ones too.
    """
    first, (bad, seen) = rejections[0], verdict
    return RuleViolationError(
        "mostly_bad",
        Text(
            f"{place} 最新的 {seen} 条记录中有 {bad} 条不能接收，位置 {start} 起均未写入；"
            f"如位置 {first.position}（{first.code}）：{first.message.zh}",
            f"{place}: {bad} of the newest {seen} records are bad, nothing from {start} on was"
            f" written; the one at {first.position} is {first.code}: {first.message.en}",
        ),
        Text(
            "多半是采集端改了格式：请先修正采集端；确要把坏记录放入拒收，加 --accept-bad 重新运行",
            "the producer's format has probably changed: mend it first; to quarantine the bad"
            " records nevertheless, run again with --accept-bad",
        ),
    )


def lost_offsets(place: str, position: int, bounds: Bounds) -> RuleViolationError:
    """Return the incident of records that Kafka deleted before they were read."""
    gone = f"[{position}, {bounds.first})"
    return RuleViolationError(
        "lost_offsets",
        Text(
            f"{place} 的位置 {gone} 在读取前已被 Kafka 删除，该分区停止",
            f"{place}: Kafka deleted the offsets {gone} before they were read; it stands still",
        ),
        Text(
            "请从采集端补发这些记录并延长保留期；"
            f"确认缺口后加 --accept-lost {place}={bounds.first}",
            "have the agents send those records again and keep topics longer; then confirm the gap"
            f" with --accept-lost {place}={bounds.first}",
        ),
    )


def other_topic(place: str, held: Bounds, older: Mapping[str, int]) -> RuleViolationError:
    """Return the incident of a topic that has the name of one that was read, and is another one.

    `older` maps the streams that were read under this name to where they stand.
    """
    read = "; ".join(f"{name} {position}" for name, position in older.items())
    return RuleViolationError(
        "other_topic",
        Text(
            f"{place} 不是账本读过的同名主题（已读：{read}）：主题被重建，或换了 Kafka 集群",
            f"{place} is not the topic of that name which the ledger has read ({read}):"
            " it was made anew, or this is another cluster",
        ),
        Text(
            "请查明旧主题中未读的记录是否已补发；"
            f"确认后加 --accept-lost {place}={held.first}，从头读取新主题",
            "find out whether what the old one still held was sent again; then confirm with"
            f" --accept-lost {place}={held.first}, which reads the new one from its beginning",
        ),
    )


def beyond_end(place: str, position: int, bounds: Bounds) -> RuleViolationError:
    """Return the incident of a topic that ends before what the ledger has read of it."""
    return RuleViolationError(
        "beyond_end",
        Text(
            f"{place} 在 Kafka 上止于 {bounds.end}，而账本已读到 {position}：主题被重建或截断",
            f"{place} ends at {bounds.end} in Kafka, yet the ledger has read it up to {position}:"
            " the topic was made anew or cut short",
        ),
        Text("请查明原因；重建的主题请换新名称", "find out why; give a topic made anew a new name"),
    )


def unreadable(place: str, position: int, words: str) -> RuleViolationError:
    """Return the incident of records that Kafka serves and nobody can take apart."""
    return RuleViolationError(
        "unreadable",
        Text(
            f"{place} 从 {position} 起的记录无法读取：{words}",
            f"{place} cannot be read from {position} on: {words}",
        ),
        Text(
            "请用 Kafka 自带工具查看该位置的记录",
            "look at the records there with Kafka's own tools",
        ),
    )


def no_broker() -> InvalidInputError:
    """Return the error of a worker that cannot begin because no broker answers."""
    return InvalidInputError(
        "no_broker",
        Text("Kafka 没有应答", "Kafka does not answer"),
        Text("请检查网络后重试", "check the network and try again"),
    )


def say_fenced(error: LedgerError) -> Text:
    """Return what is said of a batch that another worker was faster with; it stops nothing."""
    zh, en = error.message.zh, error.message.en
    return Text(
        f"本批未写入，已由别的进程处理：{zh}；若一再出现，请让所有进程使用同一个 --group",
        f"fenced, nothing written: {en}; if it goes on, give all workers one --group",
    )


def say_held_back(place: str, held: Bounds) -> Text:
    """Return what is said of records that are there and cannot be read yet; it stops nothing."""
    count = held.written - held.end
    return Text(
        f"{place} 自 {held.end} 起的 {count} 个位置在未结束的事务之后，尚不能读取；"
        "请检查采集端的事务",
        f"{place}: {count} offsets from {held.end} on wait for an open transaction and cannot be"
        " read yet; look at the agents' transactions",
    )
