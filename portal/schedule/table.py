"""The schedule as a person reads it on a terminal: when each job comes next, and its runs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from rich.table import Table

from ledger.text import Text
from portal.schedule.jobs import JOBS
from portal.schedule.restored_runs import MAIL, RESTORE
from portal.shell import Shell

NAMES: Final = {one.job.kind: one.job.name for one in JOBS}

STATES: Final = {
    "due": Text("待办", "due"),
    "waits": Text("等待", "waits"),
    "running": Text("办理中", "running"),
    "done": Text("完成", "done"),
    "failed": Text("失败", "failed"),
    "warned": Text("完成，待查", "done, to be looked at"),
}

ALSO_SHOWN: Final = {
    MAIL: Text("邮件", "mail"),
    RESTORE: Text("恢复备份", "restored from a backup"),
}
"""What other commands note among the runs."""

_OF_ENTERPRISES: Final = frozenset({"settlement", "subsidy"})


def state_of(row: dict[str, Any]) -> str:
    """Return the state in which a run is shown."""
    return "warned" if row["warning"] else str(row["state"])


def codes_in(rows: Sequence[dict[str, Any]]) -> set[str]:
    """Return the enterprises, by credit code, that rows are about."""
    return {one["subject"] for one in rows if one["kind"] in _OF_ENTERPRISES and "count" not in one}


def gather(rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield rows with the runs of a kind and period that nobody has tried yet as one of them."""
    untried = [one for one in rows if one["state"] == "due" and not one["attempts"]]
    counts = Counter((one["kind"], one["period"]) for one in untried)
    told = set[tuple[str, str]]()
    for one in rows:
        group = one["kind"], one["period"]
        if one["state"] != "due" or one["attempts"] or counts[group] == 1:
            yield one
        elif group not in told:
            told.add(group)
            yield {**one, "count": counts[group]}


def jobs_table(shell: Shell, coming: Sequence[dict[str, Any]]) -> Table:
    """Return the jobs and when each comes next as a table."""
    table = Table(title=shell.say(Text("日程", "calendar")))
    for title in (
        Text("任务", "job"),
        Text("周期", "rhythm"),
        Text("下一期间", "next period"),
        Text("时间", "at"),
        Text("上次完成", "last done"),
    ):
        table.add_column(shell.say(title), no_wrap=True)
    for one in coming:
        words = (
            one["name"],
            one["rhythm"],
            one["next_period"],
            one["next_at"],
            one["last_done_at"],
        )
        table.add_row(*(word or "–" for word in words))
    return table


def runs_table(
    shell: Shell, rows: Sequence[dict[str, Any]], names: dict[str, str], *, is_chosen: bool
) -> Table | str:
    """Return the runs as a table with enterprises' names, or the sentence that there are none."""
    if not rows and is_chosen:
        return shell.say(Text("没有符合条件的运行。", "There is no such run."))
    if not rows:
        return shell.say(Text("尚无运行记录。", "Nothing ran yet, and nothing is due."))
    table = Table(title=shell.say(Text("运行", "runs")))
    for title in (Text("任务", "job"), Text("期间", "period")):
        table.add_column(shell.say(title), no_wrap=True)
    table.add_column(shell.say(Text("对象", "subject")), min_width=18, overflow="fold")
    for title in (Text("状态", "state"), Text("次数", "tries"), Text("时间", "at")):
        table.add_column(shell.say(title), no_wrap=True)
    table.add_column(shell.say(Text("结果或原因", "outcome or reason")), overflow="fold")
    for one in rows:
        why, words = one["error"] or one["warning"], [] if one["error"] else [one["outcome"] or ""]
        if why is not None:
            words.append(f"[{why['code']}] {why['message']}")
        table.add_row(
            shell.say({**NAMES, **ALSO_SHOWN}[one["kind"]]),
            one["period"],
            _call(shell, one, names),
            shell.say(STATES[state_of(one)]),
            str(one["attempts"]),
            one["finished_at"] or one["next_try_at"],
            " ".join(words),
            style="bold" if one["warning"] or one["state"] == "failed" else None,
        )
    return table


def _call(shell: Shell, row: dict[str, Any], names: dict[str, str]) -> str:
    """Return a run's subject, an enterprise by its code and below it by its name, or how many."""
    if "count" in row:
        return shell.say(Text(f"{row['count']} 项", f"{row['count']} runs"))
    subject: str = row["subject"]
    name = names.get(subject, subject)
    return subject if name == subject else f"{subject}\n{name}"
