"""The review of a programme as it is written: what is wrong with it, and how sure one can be of it.

What a single value may be is in `plausible`; here is what concerns a version or a file as a whole.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Final

import msgspec

from ledger.text import Text
from vouchers.class_days import list_dated_classes
from vouchers.names import BASES, DAYS
from vouchers.plausible import review_values
from vouchers.programme import (
    DomiciledIn,
    Lowest,
    Programme,
    RegisteredIn,
    Version,
    Within,
    assume,
    hash_version,
)
from vouchers.released import RELEASED
from vouchers.remark import TO_FILL, Remark
from vouchers.values import walk
from vouchers.wording import describe_condition

_VERSION_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
# What an authority approves, and both parties settle on, is in no event before there are claims.
_NOT_IN_LEDGER: Final = ("approved_contract", "settled")
_ASSUMED: Final = assume("", "")
_WRITE_BOTH: Final = Text("请写成 Text(中文, 英文)", "write Text(zh, en), both of them")


def review(programme: Programme, file_id: str) -> list[Remark]:
    """Return the remarks on a programme that stands in a file of this name."""
    remarks = [*_review_head(programme, file_id), *_review_order(programme.versions)]
    for i, version in enumerate(programme.versions):
        path = f"versions[{i}]"
        remarks.extend(_review_version(version, path))
        remarks.extend(_review_together(version, path))
        remarks.extend(review_values(version, path))
        remarks.extend(_review_evidence(version, path))
        remarks.extend(_review_release(programme, version, path))
    remarks.extend(_review_gone(programme))
    return remarks


def _review_head(programme: Programme, file_id: str) -> Iterator[Remark]:
    if programme.id != file_id:
        message = Text(
            f"项目 id 为 {programme.id!r}，与文件名 {file_id}.py 不一致",
            f"the programme's id is {programme.id!r}, the file is {file_id}.py",
        )
        step = Text(
            f'请改为 id="{file_id}"，或改文件名', f'write id="{file_id}", or rename the file'
        )
        yield Remark("error", "id_differs", "id", message, step)
    yield from _review_text(programme.name, "name", Text("项目名称", "the name"))
    if _to_fill(programme.name):
        message = Text("项目名称待填写", "the name is to be filled in")
        step = Text("请照文件写全称", "write it in full, as the document does")
        yield Remark("warning", "to_fill", "name", message, step)
    if not programme.versions:
        message = Text("没有任何版本", "there is no version")
        step = Text("请至少写一个 Version(…)", "write at least one Version(…)")
        yield Remark("error", "no_versions", "versions", message, step)
    for version_id, times in Counter(one.id for one in programme.versions).items():
        if times > 1:
            message = Text(
                f"版本 {version_id} 写了 {times} 次", f"version {version_id} is there {times} times"
            )
            step = Text("每个版本应有自己的 id", "give each version an id of its own")
            yield Remark("error", "version_twice", "versions", message, step)


def _review_order(versions: tuple[Version, ...]) -> Iterator[Remark]:
    for i, (earlier, later) in enumerate(pairwise(versions), start=1):
        path, first = f"versions[{i}].valid_from", later.valid_from.value
        before, after = (DAYS[one.legal_date.value] for one in (earlier, later))
        if before != after:
            message = Text(
                f"版本 {earlier.id} 按{before.zh}认定，{later.id} 按{after.zh}认定，"
                "两者之间的采购可能都不适用",
                f"{earlier.id} goes by {before.en}, {later.id} by {after.en}: a purchase between"
                " them may fall under neither",
            )
            step = Text("请核对文件的衔接规定", "see what the documents say of the change")
            yield Remark(
                "warning", "legal_date_differs", f"versions[{i}].legal_date", message, step
            )
        if earlier.valid_to is None:
            message = Text(
                f"版本 {earlier.id} 没有终止日期，与 {later.id} 重叠",
                f"version {earlier.id} has no last day and overlaps {later.id}",
            )
            day = first - timedelta(days=1)
            step = Text(
                f"请给 {earlier.id} 写上 valid_to（例如 {day}）及其条款",
                f"give {earlier.id} a valid_to, such as {day}, with its clause",
            )
            yield Remark("error", "versions_overlap", f"versions[{i - 1}]", message, step)
            continue
        days = (first - earlier.valid_to.value).days - 1
        if days < 0:
            message = Text(
                f"版本 {later.id} 自 {first} 施行，{earlier.id} 至 {earlier.valid_to.value} 终止",
                f"version {later.id} begins on {first}, {earlier.id} ends on "
                f"{earlier.valid_to.value}",
            )
            step = Text("请按时间先后排列，前后不重叠", "order them by date, without overlap")
            yield Remark("error", "versions_overlap", path, message, step)
        elif days > 0:
            message = Text(
                f"版本 {earlier.id} 与 {later.id} 之间有 {days} 天没有规则",
                f"{days} days between {earlier.id} and {later.id} have no rule",
            )
            step = Text(
                "如文件确有空档，请在说明中写明", "if the documents leave it so, say it above"
            )
            yield Remark("warning", "versions_gap", path, message, step)


def _review_version(version: Version, path: str) -> Iterator[Remark]:
    if _VERSION_ID.fullmatch(version.id) is None:
        message = Text(f"版本 id {version.id!r} 不便引用", f"version id {version.id!r} is no name")
        step = Text('请写成如 "2025" 的字母或数字', 'write letters or digits, such as "2025"')
        yield Remark("error", "bad_version_id", f"{path}.id", message, step)
    yield from _review_text(version.document, f"{path}.document", Text("文件名称", "the document"))
    last = version.valid_to
    if last is not None and last.value < version.valid_from.value:
        message = Text(
            f"终止日期 {last.value} 早于施行日期 {version.valid_from.value}",
            f"it ends on {last.value}, before it begins on {version.valid_from.value}",
        )
        step = Text("请核对两个日期", "check both dates")
        yield Remark("error", "ends_before_begin", f"{path}.valid_to", message, step)
    if not version.eligibility:
        message = Text("没有任何申请条件，谁都可以申请", "no condition: everybody is eligible")
        step = Text("请在 eligibility 中写上支持对象", "say in eligibility who is supported")
        yield Remark("error", "no_eligibility", f"{path}.eligibility", message, step)
    elif not any(isinstance(one.value, RegisteredIn | DomiciledIn) for _, one in walk(version)):
        message = Text("没有限定注册地或税务关系", "nothing says where an enterprise must be")
        step = Text(
            "如限本地企业，请加上 RegisteredIn(…) 或 DomiciledIn(…)",
            "if it is for a place's own, add RegisteredIn(…) or DomiciledIn(…)",
        )
        yield Remark("advice", "no_place", f"{path}.eligibility", message, step)
    yield from _review_base(version, path)
    yield from _review_classes(version, path)
    if not version.purchases:
        message = Text("没有限定采购范围，什么采购都计入", "no rule: every purchase counts")
        step = Text(
            "请在 purchases 中写上资源类别，例如 ResourceIs(…)",
            "say in purchases what is covered, such as ResourceIs(…)",
        )
        yield Remark("warning", "no_purchase_rule", f"{path}.purchases", message, step)


def _review_base(version: Version, path: str) -> Iterator[Remark]:
    """Yield which amounts that the rule counts the ledger does not know yet."""
    base = version.base.value
    for one in base.bases if isinstance(base, Lowest) else (base,):
        if one in _NOT_IN_LEDGER:
            name = BASES[one]
            message = Text(
                f"账本尚未记载“{name.zh}”，按账本数据一律待补充",
                f"the ledger does not record “{name.en}” yet: by it every decision stays open",
            )
            step = Text(
                "可在自写的案例中填写后用 programme preview 试算",
                "write it in a case of your own, and try it with programme preview",
            )
            yield Remark("advice", "base_not_in_ledger", f"{path}.base", message, step)


def _review_classes(version: Version, path: str) -> Iterator[Remark]:
    """Yield whether a claim on fewer purchases may pay more: its class holds of them alone."""
    if classes := list_dated_classes(version):
        names = [describe_condition(one.value) for one in classes]
        zh, en = "；".join(one.zh for one in names), "; ".join(one.en for one in names)
        message = Text(
            f"类别逐项采购按认定日判断（{zh}）：少申请一项采购可能得到更多",
            f"a class is tested on the day of each purchase ({en}): leaving one out may pay more",
        )
        step = Text(
            '如文件按申请日认定类别，请写 OnDay("application", …)；否则试算时会提示不申请哪几项',
            'write OnDay("application", …) where the document tests classes then; else previews say'
            " which purchases to leave out",
        )
        yield Remark("advice", "class_by_purchase", path, message, step)


def _review_together(version: Version, path: str) -> Iterator[Remark]:
    """Yield which values contradict one another, or say nothing that can be."""
    if version.rate_over and version.contract_cap_fen:
        message = Text(
            "比例按全年累计基数计算，不能同时有每份合同的上限",
            "a rate over the year and a cap of each contract do not stand together",
        )
        step = Text("请删去 rate_over 或 contract_cap_fen", "leave out rate_over or the cap")
        yield Remark("error", "year_and_contract", f"{path}.rate_over", message, step)
    for i, cited in enumerate(version.purchases):
        rule = cited.value
        if isinstance(rule, Within) and rule.first > rule.last:
            message = Text(
                f"期间 {rule.first} 至 {rule.last} 首日晚于末日，什么采购都不计入",
                f"{rule.first} to {rule.last} ends before it begins: nothing ever counts",
            )
            step = Text("请核对两个日期", "check both dates")
            yield Remark("error", "ends_before_begin", f"{path}.purchases[{i}]", message, step)
    within, lapse, notice = version.one_contract_within_days, version.lapse, version.notice_days
    days = {
        "one_contract_within_days": within.value if within else None,
        "lapse": lapse.value.days if lapse else None,
        "notice_days": notice.value if notice else None,
    }
    for name, number in days.items():
        if number is not None and number < 1:
            message = Text(f"天数 {number} 小于 1", f"{number} days are fewer than one")
            step = Text("请写天数，例如 30", "write a number of days, such as 30")
            yield Remark("error", "too_few_days", f"{path}.{name}", message, step)


def _review_text(text: Text, path: str, what: Text) -> Iterator[Remark]:
    blank = [one for one in ("zh", "en") if not getattr(text, one).strip()]
    if len(blank) == len(text):
        message = Text(f"{what.zh}没有写", f"{what.en} is blank")
        yield Remark("error", "no_text", path, message, _WRITE_BOTH)
    elif blank:
        language = Text(*(("中文", "Chinese") if blank == ["zh"] else ("英文", "English")))
        message = Text(f"{what.zh}缺{language.zh}", f"{what.en} has no {language.en}")
        yield Remark("error", "one_language", path, message, _WRITE_BOTH)


def _review_evidence(version: Version, path: str) -> Iterator[Remark]:
    """Yield what is wrong with clauses and grades, and how much of the version is assumed."""
    found = [(f"{path}.{place}", cited) for place, cited in walk(version)]
    for place, cited in found:
        name = place.removeprefix(f"{path}.")
        what = Text(f"{name} 的条款", f"the clause of {name}")
        yield from _review_text(cited.clause, f"{place}.clause", what)
        unread = cited.clause.en.startswith(_ASSUMED.en) or cited.clause.zh.startswith(_ASSUMED.zh)
        if unread and cited.grade != "A":
            message = Text(
                f"{name} 未见条文，等级却是 {cited.grade}",
                f"{name} has no text, yet its grade is {cited.grade}",
            )
            step = Text(
                "请写明条款，或把等级改为 A", "cite the clause with cite(…), or write grade A"
            )
            yield Remark("error", "grade_without_text", f"{place}.grade", message, step)
    if unfilled := [place for place, cited in found if _to_fill(cited.clause)]:
        names = _list_names(unfilled, path)
        message = Text(
            f"{len(unfilled)} 项条款待填写：{names}",
            f"{len(unfilled)} clauses are to be filled in: {names}",
        )
        step = Text("请逐项查文件", "look each of them up in the document")
        yield Remark("warning", "to_fill", unfilled[0], message, step)
    if _to_fill(version.document):
        message = Text("文件名称待填写", "the document is to be filled in")
        step = Text("请写上文号", "write its number")
        yield Remark("warning", "to_fill", f"{path}.document", message, step)
    if assumed := [place for place, cited in found if cited.grade == "A"]:
        names = _list_names(assumed, path)
        message = Text(
            f"{version.id} 版 {len(found)} 项取值中有 {len(assumed)} 项为假定：{names}",
            f"{len(assumed)} of {len(found)} values of {version.id} are assumed: {names}",
        )
        step = Text(
            "请查找条文；查不到的，保留等级 A",
            "look for their texts; what has none stays grade A",
        )
        yield Remark("advice", "assumed", path, message, step)


def _to_fill(text: Text) -> bool:
    return TO_FILL.zh in text.zh or TO_FILL.en in text.en


def _list_names(places: list[str], path: str) -> str:
    return ", ".join(place.removeprefix(f"{path}.") for place in places)


def _review_release(programme: Programme, version: Version, path: str) -> Iterator[Remark]:
    """Yield whether a released version is no longer what was released."""
    name = f"{programme.id}@{version.id}"
    released = RELEASED.get(name)
    if released is None or released == hash_version(programme, version):
        return
    if released == hash_version(programme, msgspec.structs.replace(version, valid_to=None)):
        message = Text(
            f"{name} 发布后写上了终止日期，其余未变",
            f"{name} was given a last day after its release; nothing else changed",
        )
        step = Text(
            "如已有下一版本，请在 vouchers/released.py 记下新的哈希",
            "if the next version is there, note the new hash in vouchers/released.py",
        )
        yield Remark("warning", "released_ended", f"{path}.valid_to", message, step)
        return
    message = Text(
        f"{name} 已发布，取值、条款或等级却变了（哈希应为 {released[:12]}…）",
        f"{name} is released, yet a value, clause or grade changed (its hash was {released[:12]}…)",
    )
    step = Text(
        f"请撤回改动，另写一个新版本；差异见 suanquan programme diff {programme.id} 文件",
        f"take it back and add a version; suanquan programme diff {programme.id} FILE shows it",
    )
    yield Remark("error", "released_changed", path, message, step)


def _review_gone(programme: Programme) -> Iterator[Remark]:
    there = {f"{programme.id}@{version.id}" for version in programme.versions}
    for name in RELEASED:
        if name.partition("@")[0] == programme.id and name not in there:
            message = Text(f"已发布的 {name} 不见了", f"{name} is released and no longer there")
            step = Text("请恢复该版本", "put the version back")
            yield Remark("error", "released_gone", "versions", message, step)
