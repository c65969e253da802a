"""Read a map strictly: TOML 1.0, written by the centre's people.

A key that is not known is refused with the nearest one that is, for a map that is half understood
would bill half right. Numbers with a decimal point are taken as their text, dates too.
"""

import re
import tomllib
from datetime import date
from difflib import get_close_matches
from typing import Final, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import inspect

from ingest.adapters.cell import FOREIGN_FORM
from ingest.map_shape import TENANT, Cell, Mapping, Tenant, TenantMap, TimeMap, UsageMap
from ledger.codec import check_name
from ledger.errors import InvalidInputError
from ledger.identifiers import parse_credit_code
from ledger.text import Text


def parse_mapping(raw: bytes, file: str) -> Mapping:
    """Return the map that stands in a TOML file, whose name is for the messages.

    Raises `InvalidInputError` (`bad_map`) with the file, the key, the value and the next step.
    """
    try:
        table = tomllib.loads(raw.decode(), parse_float=str)
    except ValueError as error:
        _refuse(file, "", Text(f"不是 TOML：{error}", f"not TOML: {error}"), _FIX_FORM)
    try:
        mapping = msgspec.convert(_dates_as_text(table), Mapping)
    except msgspec.ValidationError as error:
        _refuse_shape(file, table, str(error))
    try:
        _check(file, mapping)
    except InvalidInputError as error:
        if error.code == "bad_map":
            raise
        _refuse(file, "", error.message, error.next_step)
    return mapping


_FIX_FORM: Final = Text(
    "请对照 examples/ 下的映射文件修改", "compare with the maps under examples/ and mend it"
)
_UNKNOWN_KEY = re.compile(r"unknown field `(.*?)`")
_PATH = re.compile(r" - at `\$(.*)`$")
_STEP = re.compile(r"\.(\w+)|\[(\d+|\.\.\.)\]")


def _dates_as_text(value: object) -> object:
    """Return a TOML value with its dates as text, so that a date may stand without quotes."""
    if isinstance(value, dict):
        return {key: _dates_as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_dates_as_text(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _refuse(file: str, key: str, what: Text, next_step: Text) -> NoReturn:
    """Raise the refusal of a map."""
    place = f"{file}: {key}" if key else file
    raise InvalidInputError(
        "bad_map", Text(f"{place}：{what.zh}", f"{place}: {what.en}"), next_step
    )


def _refuse_shape(file: str, table: object, error: str) -> NoReturn:
    """Raise the refusal of a key or a value that has no place in a map."""
    path = match[1] if (match := _PATH.search(error)) else ""
    unknown = _UNKNOWN_KEY.search(error)
    if unknown is not None:
        known = _names_at(path)
        near = next(iter(get_close_matches(unknown[1], known, n=1)), None)
        hint = near or ", ".join(known)
        _refuse(
            file,
            f"{path}.{unknown[1]}".lstrip("."),
            Text("没有这个键", "there is no such key"),
            Text(f"是否应为 {hint}", f"did you mean {hint}"),
        )
    value, what = _value_at(table, path), _PATH.sub("", error)
    _refuse(file, path.lstrip("."), Text(f"{value}：{what}", f"{value}: {what}"), _FIX_FORM)


def _names_at(path: str) -> list[str]:
    """Return the keys that the table at a path may have."""
    kind: inspect.Type = inspect.type_info(Mapping)
    for name, _ in _STEP.findall(path):
        if isinstance(kind, inspect.StructType) and name:
            kind = next(field.type for field in kind.fields if field.encode_name == name)
        elif isinstance(kind, inspect.VarTupleType):
            kind = kind.item_type
        elif isinstance(kind, inspect.DictType):
            kind = kind.value_type
        if isinstance(kind, inspect.UnionType):
            kind = next(one for one in kind.types if not isinstance(one, inspect.NoneType))
    return (
        [field.encode_name for field in kind.fields] if isinstance(kind, inspect.StructType) else []
    )


def _value_at(value: object, path: str) -> str:
    """Return what stands at a path, to be shown."""
    for name, number in _STEP.findall(path):
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and number.isdecimal():
            value = value[int(number)]
        else:
            return ""
    return repr(value)[:60]


def _check(file: str, mapping: Mapping) -> None:
    """Raise unless a map's parts fit each other and its values can be used."""
    check_name("source", mapping.source)
    if "#" in mapping.source:
        _refuse(
            file,
            "source",
            Text(f"{mapping.source} 不得含 #", f"{mapping.source} may not hold #"),
            Text("片段由系统添加，请去掉", "drop it: fragments are added by the program"),
        )
    _check_time(file, mapping.time)
    if mapping.format == "csv":
        _check_csv(file, mapping)
    else:
        _check_sacct(file, mapping)
    _check_tenants(file, mapping.tenants)
    _check_book(file, mapping)


def _check_time(file: str, time: TimeMap) -> None:
    """Raise for a zone or a form of time that cannot be used."""
    try:
        ZoneInfo(time.zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        _refuse(
            file,
            "time.zone",
            Text(f"没有时区 {time.zone}", f"there is no zone {time.zone}"),
            Text("请写如 Asia/Shanghai 或 UTC", "write one such as Asia/Shanghai or UTC"),
        )
    if time.form is not None and FOREIGN_FORM.search(time.form):
        _refuse(
            file,
            "time.format",
            Text(f"不支持的格式 {time.form}", f"{time.form} cannot be used"),
            Text("可用 %Y %m %d %H %M %S %f %z", "use %Y %m %d %H %M %S %f %z"),
        )


def _cells(usage: UsageMap) -> dict[str, Cell]:
    """Return the cells that are given, by their keys."""
    return {
        field: cell
        for field in usage.__struct_fields__
        if (cell := getattr(usage, field)) is not None
    }


def _check_csv(file: str, mapping: Mapping) -> None:
    """Raise unless a map of a CSV file says each value once, and from where."""
    usage = mapping.usage
    for key, cell in _cells(usage).items():
        fixed_allowed = key in ("tenant", "resource", "amount", "contract")
        if (cell.column is None) == (cell.constant is None) or not (cell.column or fixed_allowed):
            allowed = "column 或 constant" if fixed_allowed else "column"
            _refuse(
                file,
                f"usage.{key}",
                Text("来源不明", "does not say where it comes from"),
                Text(f"请给出 {allowed} 之一", f"give {allowed.replace('或', 'or')}"),
            )
        if cell.tres is not None:
            _refuse_tres(file, key)
    if usage.start is None or (usage.end is None) == (usage.duration is None):
        _refuse(
            file,
            "usage",
            Text("起止时间不全或重复", "does not say the time once"),
            Text("请给出 start 以及 end、duration 之一", "give start, and either end or duration"),
        )
    if mapping.columns:
        _refuse(
            file,
            "columns",
            Text("CSV 必须有表头", "a CSV file has its header"),
            Text("请去掉该键", "drop the key"),
        )


def _refuse_tres(file: str, key: str) -> NoReturn:
    """Raise for a count of trackable resources where there can be none."""
    _refuse(
        file,
        f"usage.{key}.tres",
        Text("只用于 sacct 的 amount", "is for the amount in sacct output"),
        Text("请去掉该键", "drop the key"),
    )


def _check_sacct(file: str, mapping: Mapping) -> None:
    """Raise unless a map of `sacct` output says no more than its columns leave open."""
    for key, cell in _cells(mapping.usage).items():
        if key not in ("tenant", "resource", "amount"):
            _refuse(
                file,
                f"usage.{key}",
                Text("sacct 的该列由系统识别", "is known in sacct output"),
                Text("请去掉该键", "drop the key"),
            )
        if (cell.column is None) == (cell.constant is None):
            _refuse(
                file,
                f"usage.{key}",
                Text("来源不明", "does not say where it comes from"),
                Text("请给出 column 或 constant 之一", "give column or constant"),
            )
        if cell.tres is not None and (key != "amount" or cell.column is None):
            _refuse_tres(file, key)
    if mapping.id or mapping.time.form:
        _refuse(
            file,
            "id" if mapping.id else "time.format",
            Text("sacct 的作业号与时间格式是固定的", "is fixed in sacct output"),
            Text("请去掉该键", "drop the key"),
        )


def _check_tenants(file: str, tenants: TenantMap) -> None:
    """Raise unless each tenant can become one enterprise."""
    if not tenants.synthetic and (not tenants.known or tenants.allow is not None):
        _refuse(
            file,
            "tenants",
            Text("未说明租户对应的企业", "does not say which enterprises the tenants are"),
            Text("请填 known 表，或写 synthetic = true", "fill known, or write synthetic = true"),
        )
    if tenants.synthetic and TENANT not in tenants.name:
        _refuse(
            file,
            "tenants.name",
            Text(f"{tenants.name!r} 对各租户相同", f"{tenants.name!r} is the same for all"),
            Text(f"请包含 {TENANT}", f"put {TENANT} into it"),
        )
    seen: dict[str, Tenant] = {}
    for name, tenant in tenants.known.items():
        key = f"tenants.known.{name}"
        try:
            parse_credit_code(tenant.credit_code)
        except InvalidInputError as error:
            _refuse(file, key, error.message, error.next_step)
        if seen.setdefault(tenant.credit_code, tenant) != tenant:
            _refuse(
                file,
                key,
                Text(
                    f"{tenant.credit_code} 已以另一名称出现",
                    f"{tenant.credit_code} stands there under another name",
                ),
                Text("同一企业请写同样的内容", "say the same of one enterprise everywhere"),
            )


def _check_book(file: str, mapping: Mapping) -> None:
    """Raise unless the book events that a map makes can be made."""
    contract, provider = mapping.contract, mapping.provider
    if contract is not None and provider is None:
        _refuse(
            file,
            "contract",
            Text("缺少供方", "has no provider"),
            Text("请填写 [provider]", "add [provider]"),
        )
    for resource in mapping.resources:
        resource.listed()
    if provider is not None:
        parse_credit_code(provider.credit_code)
    if contract is None or provider is None:
        return
    contract.signed(provider.credit_code, provider)
    if not contract.prices:
        _refuse(
            file,
            "contract.prices",
            Text("没有单价", "there is no price"),
            Text("至少给出一条", "give one at least"),
        )
