"""Which single values of a version cannot be meant: rates, amounts, windows, names.

Shapes that are not known here are looked at for their rates and amounts alone.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import singledispatch
from typing import Final

from msgspec import Struct

from ledger.errors import InvalidInputError
from ledger.identifiers import parse_credit_code
from ledger.money import FEN_MAX, render_yuan
from ledger.text import Text
from vouchers.case import QUALIFICATION_KINDS, ZONES
from vouchers.names import FACTS, RECORDS
from vouchers.plausible_window import review_window, review_windows
from vouchers.programme import (
    AllOf,
    AnyOf,
    ByResource,
    ByYear,
    Cited,
    CountAtLeast,
    DomiciledIn,
    FactAtLeast,
    FactBelow,
    Held,
    Lowest,
    NoEarlierVoucher,
    NoRecord,
    ProviderListed,
    RegisteredIn,
    ShareAtLeast,
    Tiers,
    Version,
    Window,
    Word,
)
from vouchers.regions import MADE_UP, PROVINCES, REGIONS, find_region
from vouchers.remark import Kind, Remark, error
from vouchers.spelling import find_nearest, find_slip
from vouchers.values import walk

_REGION: Final = re.compile(r"[1-9][0-9](?:[0-9]{2}){0,2}", re.ASCII)
# An amount, or what it is for a class or a year; the year itself is none.
_AMOUNT: Final = re.compile(r".*_fen(?:\.classes\[\d+\]\.value|\.otherwise|\.years\[\d+\]\[1\])*")
_LOOK_BACK_YEARS_MAX: Final = 10
_SHOWN_CHARS_MAX: Final = 24
_RECORD_YEARS_MAX: Final = 30
_SEVERAL: Final = 2


def review_values(version: Version, path: str) -> Iterator[Remark]:
    """Yield the remarks on the values of a version that stands at a path."""
    for place, cited in walk(version):
        at = f"{path}.{place}"
        for part_path, part in _parts(at, cited.value):
            yield from _review_leaf(part_path, part)
            yield from _review_names(part, part_path)
            yield from _review_shape(part, part_path)
    yield from _review_amounts(version, path)
    yield from review_windows(version, path)


def _parts(path: str, value: object) -> Iterator[tuple[str, object]]:
    """Yield (path, value) of a cited value and of its parts, other cited ones left out."""
    if isinstance(value, Cited):
        return
    if isinstance(value, tuple):
        for i, one in enumerate(value):
            yield from _parts(f"{path}[{i}]", one)
        return
    yield path, value
    if isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from _parts(f"{path}.{name}", getattr(value, name))


def _review_leaf(path: str, value: object) -> Iterator[Remark]:
    if isinstance(value, Fraction) and value > 1:
        yield error(
            "rate_above_one",
            path,
            Text(
                f"比例 {_short(value)} 大于 1",
                f"a rate of {_short(value)} pays more than was spent",
            ),
            Text("30% 写成 Fraction(3, 10)", "30 % is Fraction(3, 10)"),
        )
    elif isinstance(value, Fraction) and value <= 0:
        yield error(
            "rate_not_positive",
            path,
            Text(f"比例 {_short(value)} 不大于 0", f"a rate of {_short(value)} pays nothing"),
            Text("30% 写成 Fraction(3, 10)", "30 % is Fraction(3, 10)"),
        )
    elif isinstance(value, int) and _AMOUNT.fullmatch(path) and not 0 < value <= FEN_MAX:
        yield error(
            "amount_out_of_range",
            path,
            Text(
                f"金额 {_short(value)} 分不在 1 至 {FEN_MAX} 之间",
                f"{_short(value)} fen is not 1 to {FEN_MAX}",
            ),
            Text(
                "金额以分为单位；没有该项规定的，请删去该项",
                "amounts are fen; leave out what is none",
            ),
        )
    elif isinstance(value, int) and path.endswith("years_before"):
        yield from _review_look_back(path, value)


def _short(value: object) -> str:
    """Return a number as text, cut where nobody would read it."""
    text = str(value)
    return text if len(text) <= _SHOWN_CHARS_MAX else f"{text[:_SHOWN_CHARS_MAX]}…"


def _review_look_back(path: str, years: int) -> Iterator[Remark]:
    if not 0 <= years <= _LOOK_BACK_YEARS_MAX:
        yield error(
            "bad_look_back",
            path,
            Text(f"申请前第 {years} 年不合常理", f"{years} years before the application"),
            Text("上一年写 1，当年写 0", "1 is the year before, 0 the same year"),
        )


def _review_amounts(version: Version, path: str) -> Iterator[Remark]:
    cap, floor, unit = (
        _amount(version, name)
        for name in ("yearly_cap_fen", "claim_floor_fen", "rounding_unit_fen")
    )
    if cap and floor and cap < floor:
        yield error(
            "cap_below_floor",
            f"{path}.yearly_cap_fen",
            Text(
                f"年度上限 {render_yuan(cap)} 元低于单笔下限 {render_yuan(floor)} 元，谁也拿不到",
                f"the cap of CNY {render_yuan(cap)} is below the least claim of "
                f"{render_yuan(floor)}: nobody is ever paid",
            ),
            Text("请核对两个金额的单位（分）", "check both amounts; they are fen"),
        )
    if cap and unit and 0 < unit <= FEN_MAX and cap % unit:
        yield Remark(
            "warning" if unit < cap else "error",
            "unit_does_not_divide",
            f"{path}.rounding_unit_fen",
            Text(
                f"年度上限 {render_yuan(cap)} 元不是金额单位 {render_yuan(unit)} 元的整数倍，"
                f"实际最多 {render_yuan(cap - cap % unit)} 元",
                f"the cap of CNY {render_yuan(cap)} is no multiple of the unit of "
                f"{render_yuan(unit)}: {render_yuan(cap - cap % unit)} at most is paid",
            ),
            Text("请核对金额单位", "check the unit"),
        )


def _amount(version: Version, name: str) -> int | None:
    """Return an amount that a version may have, None where it has none."""
    cited = getattr(version, name, None)
    value = cited.value if isinstance(cited, Cited) else None
    return value if isinstance(value, int) else None


@singledispatch
def _review_shape(_value: object, _path: str) -> Iterable[Remark]:
    return ()


@_review_shape.register
def _(value: RegisteredIn, path: str) -> Iterator[Remark]:
    prefix, at = value.prefix, f"{path}.prefix"
    brought = isinstance(prefix, Word)
    places = (*PROVINCES, MADE_UP) if brought else PROVINCES
    if _REGION.fullmatch(prefix) is None or prefix[:2] not in places:
        near = find_region(prefix) or "42"
        yield error(
            "bad_region",
            at,
            Text(f"{prefix!r} 不是行政区划代码", f"{prefix!r} begins no region code"),
            Text(
                f"写省 2 位、市 4 位、区县 6 位数字（GB/T 2260），例如 {near}",
                f"write 2, 4 or 6 digits of GB/T 2260, such as {near}",
            ),
        )
    elif prefix not in REGIONS and not brought:
        yield Remark(
            "warning",
            "unnamed_region",
            at,
            Text(f"行政区划 {prefix} 还没有名称", f"region {prefix} has no name yet"),
            Text(
                f'请写 Word("{prefix}", "中文名称", "英文名称")，或在 vouchers/regions.py 加上',
                f'write Word("{prefix}", zh, en), or add it to vouchers/regions.py',
            ),
        )


@_review_shape.register
def _(value: AnyOf, path: str) -> Iterator[Remark]:
    yield from _review_parts(value.conditions, path, Text("任一项", "any of"))


@_review_shape.register
def _(value: AllOf, path: str) -> Iterator[Remark]:
    yield from _review_parts(value.conditions, path, Text("各项", "all of"))


def _review_parts(parts: tuple[object, ...], path: str, what: Text) -> Iterator[Remark]:
    if len(parts) > 1:
        return
    kind: Kind = "advice" if parts else "error"
    yield Remark(
        kind,
        "too_few_parts",
        f"{path}.conditions",
        Text(f"“{what.zh}”中只有 {len(parts)} 个条件", f"“{what.en}” holds {len(parts)} condition"),
        Text("请补上条件，或去掉这一层", "add conditions, or leave this level out"),
    )


@_review_shape.register
def _(value: NoEarlierVoucher, path: str) -> Iterator[Remark]:
    if not value.levels:
        yield error(
            "no_levels",
            f"{path}.levels",
            Text("没有写哪一级的创新券", "no level is named"),
            Text('请写如 ("city", "district")', 'write such as ("city", "district")'),
        )


@_review_shape.register
def _(value: NoRecord, path: str) -> Iterator[Remark]:
    if not 1 <= value.years <= _RECORD_YEARS_MAX:
        yield error(
            "bad_look_back",
            f"{path}.years",
            Text(
                f"查 {_short(value.years)} 年内的记录不合常理",
                f"records of {_short(value.years)} years",
            ),
            Text("三年内写 3", "write 3 for three years"),
        )


@_review_shape.register
def _(value: Lowest, path: str) -> Iterator[Remark]:
    if len(set(value.bases)) < len(value.bases) or len(value.bases) < _SEVERAL:
        yield error(
            "too_few_bases",
            f"{path}.bases",
            Text(
                f"孰低应有几项不同的金额，现为 {', '.join(value.bases) or '—'}",
                f"the lowest of {', '.join(value.bases) or 'none'}",
            ),
            Text(
                '例如 Lowest(("contract", "paid"))；只有一项时不用 Lowest',
                'such as Lowest(("contract", "paid")); a single one goes without',
            ),
        )


@_review_shape.register(ByYear)
def _(value: ByYear[object], path: str) -> Iterator[Remark]:
    yield from _review_keys(
        [year for year, _ in value.years], f"{path}.years", Text("年度", "year")
    )


@_review_shape.register
def _(value: ByResource, path: str) -> Iterator[Remark]:
    keys = [kind for kind, _ in value.rates]
    yield from _review_keys(keys, f"{path}.rates", Text("资源类别", "kind of resource"))


def _review_keys(keys: Sequence[object], path: str, what: Text) -> Iterator[Remark]:
    """Yield whether a value by year or kind has none, or two for one: the first would be taken."""
    twice = next((one for one in keys if keys.count(one) > 1), None)
    if twice is not None:
        yield error(
            "key_twice",
            path,
            Text(
                f"{what.zh} {twice} 写了不止一次", f"the {what.en} {twice} is there more than once"
            ),
            Text("请只保留一个", "keep one of them"),
        )
    if not keys:
        yield error(
            "no_keys",
            path,
            Text(f"没有写任何{what.zh}", f"it names no {what.en}"),
            Text("请照文件写上", "write what the document has"),
        )


@_review_shape.register
def _(value: ProviderListed, path: str) -> Iterator[Remark]:
    for i, one in enumerate(value.providers):
        try:
            parse_credit_code(one.credit_code)
        except InvalidInputError as why:
            yield error(
                "bad_credit_code", f"{path}.providers[{i}].credit_code", why.message, why.next_step
            )
        if one.first and one.last and one.first > one.last:
            yield error(
                "ends_before_begin",
                f"{path}.providers[{i}]",
                Text(
                    f"名单有效期 {one.first} 至 {one.last} 首日晚于末日",
                    f"listed from {one.first} to {one.last}",
                ),
                Text("请核对两个日期", "check both dates"),
            )


@_review_shape.register
def _(value: Window, path: str) -> Iterator[Remark]:
    yield from review_window(value, path)


@_review_shape.register
def _(value: Tiers, path: str) -> Iterator[Remark]:
    limits = [one.up_to_fen for one in value.bands]
    known = [one for one in limits[:-1] if one is not None]
    if limits[-1:] != [None] or len(known) < len(limits) - 1 or known != sorted(set(known)):
        yield error(
            "tiers_out_of_order",
            f"{path}.bands",
            Text(
                "各档上限没有逐档提高，或最后一档设了上限", "the bands' limits do not rise to none"
            ),
            Text(
                "上限由低到高排列；最后一档写 Band(None, …)，封顶写在 yearly_cap_fen",
                "order them from low to high, the last one Band(None, …); a cap is yearly_cap_fen",
            ),
        )


_KIND: Final = ("kind", Text("资质类别", "kind of qualification"), QUALIFICATION_KINDS)
_ZONE: Final = ("zone", Text("园区", "zone"), ZONES)
_FACT: Final = ("fact", Text("数据项", "fact"), tuple(FACTS))
_RECORD: Final = ("record", Text("记录类别", "kind of record"), tuple(RECORDS))

# Which fields of a shape are names, what they name, and the names that are known.
_NAMES: Final[dict[type, tuple[tuple[str, ...], tuple[str, Text, tuple[str, ...]]]]] = {
    Held: (("kind",), _KIND),
    DomiciledIn: (("zone",), _ZONE),
    FactBelow: (("name",), _FACT),
    FactAtLeast: (("name",), _FACT),
    CountAtLeast: (("name",), _FACT),
    ShareAtLeast: (("part", "whole"), _FACT),
    NoRecord: (("kind",), _RECORD),
}


def _review_names(value: object, path: str) -> Iterator[Remark]:
    """Yield which names of a shape are not known: a slip of the pen would match no case at all.

    A word that brings its name is meant as it is, unless it nearly is a known one.
    """
    keys, (what, called, known) = _NAMES.get(type(value), ((), _KIND))
    for key in keys:
        word, place = getattr(value, key), f"{path}.{key}"
        slip = find_slip(word, known)
        if word in known or (isinstance(word, Word) and slip is None):
            continue
        near = slip or find_nearest(word, known)
        message = Text(f"未知的{called.zh} {word!r}", f"unknown {called.en} {word!r}")
        if near is not None:
            step = Text(f"是否应为 {near}？", f"did you mean {near}?")
            yield error(f"unknown_{what}", place, message, step)
            continue
        step = Text(
            f'已知的有 {"、".join(known)}；新名称请写 Word("{word}", "中文名称", "英文名称")',
            f'known are {", ".join(known)}; a new one brings its name: Word("{word}", zh, en)',
        )
        yield Remark("warning", f"unknown_{what}", place, message, step)
