"""Why a partition stands still: what a person must look at before its records are read on.

Each is a `RuleViolationError`: understood, and forbidden to pass silently. The next step names the
option that confirms it, where going on is a person's to decide.
"""

from collections.abc import Sequence

from ingest.judge import Verdict
from ingest.topic import Bounds
from ledger.errors import RuleViolationError
from ledger.rejection import Rejection
from ledger.text import Text


def mostly_bad(place: str, rejections: Sequence[Rejection], verdict: Verdict) -> RuleViolationError:
    """Return the incident of records of which too many cannot be recorded.

    `rejections` are those of the batch that is not written; the verdict may count earlier ones too.
    """
    first, (bad, seen) = rejections[0], verdict
    return RuleViolationError(
        "mostly_bad",
        Text(
            f"{place} 最新的 {seen} 条记录中有 {bad} 条不能接收，位置 {first.position} 起均未写入；"
            f"该条 {first.code}：{first.message.zh}",
            f"{place}: {bad} of the newest {seen} records are bad, nothing from {first.position} on"
            f" was written; that one is {first.code}: {first.message.en}",
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
