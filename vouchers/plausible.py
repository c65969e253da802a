"""Which single values of a version cannot be meant: rates, amounts, windows, names.

Shapes that are not known here are looked at for their rates and amounts alone.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from fractions import Fraction
from functools import singledispatch
from typing import Final

from msgspec import Struct

from ledger.money import FEN_MAX, render_yuan
from ledger.text import Text
from vouchers.case import QUALIFICATION_KINDS, ZONES
from vouchers.names import FACTS
from vouchers.programme import (
    AllOf,
    AnyOf,
    Cited,
    DomiciledIn,
    FactBelow,
    Held,
    NoEarlierVoucher,
    RegisteredIn,
    Version,
    Window,
)
from vouchers.regions import PROVINCES, REGIONS
from vouchers.remark import Kind, Remark
from vouchers.spelling import find_nearest, find_slip
from vouchers.values import walk

_REGION: Final = re.compile(r"[1-9][0-9](?:[0-9]{2}){0,2}", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{2}-[0-9]{2}", re.ASCII)
_LEAP_YEAR: Final = 2024
_LOOK_BACK_YEARS_MAX: Final = 10
_SHOWN_CHARS_MAX: Final = 24


def review_values(version: Version, path: str) -> Iterator[Remark]:
    """Yield the remarks on the values of a version that stands at a path."""
    for place, cited in walk(version):
        at = f"{path}.{place}"
        for leaf_path, leaf in _leaves(at, cited.value):
            yield from _review_leaf(leaf_path, leaf)
        yield from _review_shape(cited.value, at)
    yield from _review_amounts(version, path)
    yield from _review_windows(version, path)


def _leaves(path: str, value: object) -> Iterator[tuple[str, object]]:
    """Yield (path, value) of all that a cited value is made of, other cited values left out."""
    if isinstance(value, Cited):
        return
    if isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from _leaves(f"{path}.{name}", getattr(value, name))
    elif isinstance(value, tuple):
        for i, one in enumerate(value):
            yield from _leaves(f"{path}[{i}]", one)
    else:
        yield path, value


def _review_leaf(path: str, value: object) -> Iterator[Remark]:
    if isinstance(value, Fraction) and value > 1:
        yield _error(
            "rate_above_one",
            path,
            Text(
                f"比例 {_short(value)} 大于 1",
                f"a rate of {_short(value)} pays more than was spent",
            ),
            Text("30% 写成 Fraction(3, 10)", "30 % is Fraction(3, 10)"),
        )
    elif isinstance(value, Fraction) and value <= 0:
        yield _error(
            "rate_not_positive",
            path,
            Text(f"比例 {_short(value)} 不大于 0", f"a rate of {_short(value)} pays nothing"),
            Text("30% 写成 Fraction(3, 10)", "30 % is Fraction(3, 10)"),
        )
    elif isinstance(value, int) and path.endswith("_fen") and not 0 < value <= FEN_MAX:
        yield _error(
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
        yield _error(
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
        yield _error(
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


def _review_windows(version: Version, path: str) -> Iterator[Remark]:
    seen: set[int | None] = set()
    for i, cited in enumerate(version.windows):
        served = cited.value.serves
        if served in seen:
            which = (
                Text(f"{served} 年度", f"{served}") if served else Text("其他年度", "other years")
            )
            yield _error(
                "window_twice",
                f"{path}.windows[{i}]",
                Text(f"{which.zh}有两个申请窗口，后一个不起作用", f"two windows for {which.en}"),
                Text("请只保留一个", "keep one of them"),
            )
        seen.add(served)
    if version.windows and version.claim_year.value == "of_application":
        yield Remark(
            "warning",
            "window_without_year",
            f"{path}.claim_year",
            Text(
                "有申请窗口，年度却是申请当年：窗口服务的是上一年度",
                "there are windows, yet the claim's year is that of the application",
            ),
            Text('通常应为 "of_window"', 'it usually is "of_window"'),
        )
    if not version.windows and version.claim_year.value == "of_window":
        yield _error(
            "year_without_window",
            f"{path}.claim_year",
            Text("年度由申请窗口决定，却没有窗口", "the year is that of a window; there is none"),
            Text('请写上 windows，或改为 "of_application"', 'add windows, or "of_application"'),
        )


@singledispatch
def _review_shape(_value: object, _path: str) -> Iterable[Remark]:
    return ()


@_review_shape.register
def _(value: Held, path: str) -> Iterator[Remark]:
    yield from _review_name(value.kind, QUALIFICATION_KINDS, f"{path}.kind", "kind")


@_review_shape.register
def _(value: DomiciledIn, path: str) -> Iterator[Remark]:
    yield from _review_name(value.zone, ZONES, f"{path}.zone", "zone")


@_review_shape.register
def _(value: FactBelow, path: str) -> Iterator[Remark]:
    yield from _review_name(value.name, tuple(FACTS), f"{path}.name", "fact")


@_review_shape.register
def _(value: RegisteredIn, path: str) -> Iterator[Remark]:
    prefix, at = value.prefix, f"{path}.prefix"
    if _REGION.fullmatch(prefix) is None or prefix[:2] not in PROVINCES:
        near = find_nearest(prefix, REGIONS) or "42"
        yield _error(
            "bad_region",
            at,
            Text(f"{prefix!r} 不是行政区划代码", f"{prefix!r} begins no region code"),
            Text(
                f"写省 2 位、市 4 位、区县 6 位数字（GB/T 2260），例如 {near}",
                f"write 2, 4 or 6 digits of GB/T 2260, such as {near}",
            ),
        )
    elif prefix not in REGIONS:
        yield Remark(
            "warning",
            "unnamed_region",
            at,
            Text(f"行政区划 {prefix} 还没有名称", f"region {prefix} has no name yet"),
            Text(
                f'请在 vouchers/regions.py 加上 "{prefix}"',
                f'add "{prefix}" to vouchers/regions.py',
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
        yield _error(
            "no_levels",
            f"{path}.levels",
            Text("没有写哪一级的创新券", "no level is named"),
            Text('请写如 ("city", "district")', 'write such as ("city", "district")'),
        )


@_review_shape.register
def _(value: Window, path: str) -> Iterator[Remark]:
    year = value.serves + 1 if value.serves is not None else _LEAP_YEAR
    days = []
    for name, text in (("first", value.first), ("last", value.last)):
        day = _parse_day(year, text)
        days.append(day)
        if day is None:
            yield _error(
                "bad_window_day",
                f"{path}.{name}",
                Text(f"{year} 年没有 {text!r} 这一天", f"{year} has no day {text!r}"),
                Text("请写月日，例如 03-18", "write month and day, such as 03-18"),
            )
        elif value.serves is None and text == "02-29":
            yield _error(
                "bad_window_day",
                f"{path}.{name}",
                Text("02-29 只有闰年才有", "02-29 exists in leap years only"),
                Text("请写 02-28 或 03-01", "write 02-28 or 03-01"),
            )
    if None not in days and value.first > value.last:
        yield _error(
            "window_ends_before_begin",
            path,
            Text(
                f"申请窗口 {value.first} 至 {value.last} 首日晚于末日",
                f"the window {value.first} to {value.last} ends before it begins",
            ),
            Text("两天都在次年，首日在前", "both are days of one year, the first one first"),
        )


def _parse_day(year: int, text: str) -> date | None:
    if _DAY.fullmatch(text) is None:
        return None
    try:
        return date.fromisoformat(f"{year}-{text}")
    except ValueError:
        return None


_NAMED: Final = {
    "kind": (Text("资质类别", "kind of qualification"), "QUALIFICATION_KINDS (vouchers/case.py)"),
    "zone": (Text("园区", "zone"), "ZONES (vouchers/case.py)"),
    "fact": (Text("数据项", "fact"), "FACTS (vouchers/wording.py)"),
}


def _review_name(word: str, known: tuple[str, ...], path: str, what: str) -> Iterator[Remark]:
    """Yield whether a name is not known: a slip of the pen would match no case at all."""
    if word in known:
        return
    called, table = _NAMED[what]
    near = find_slip(word, known) or find_nearest(word, known)
    message = Text(f"未知的{called.zh} {word!r}", f"unknown {called.en} {word!r}")
    if near is not None:
        step = Text(f"是否应为 {near}？", f"did you mean {near}?")
        yield _error(f"unknown_{what}", path, message, step)
        return
    step = Text(
        f"已知的有 {'、'.join(known)}；确为新名称的，请加入 {table}",
        f"known are {', '.join(known)}; add one that is new to {table}",
    )
    yield Remark("warning", f"unknown_{what}", path, message, step)


def _error(code: str, path: str, message: Text, step: Text) -> Remark:
    return Remark("error", code, path, message, step)
