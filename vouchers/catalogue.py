"""The programmes that there are: every module in `vouchers.programmes`, found by being there.

A new programme is one new file with a `PROGRAMME`; nothing else is edited.
"""

import hashlib
import pkgutil
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import NoReturn

from ledger.errors import InvalidInputError
from ledger.text import Text
from vouchers import programmes
from vouchers.programme import Level, Programme, hash_version
from vouchers.spelling import find_nearest, find_slip


@cache
def find_programmes() -> tuple[Programme, ...]:
    """Return every programme, the higher level first, then by id.

    Raises `InvalidInputError` (code `broken_programme`) for a file that gives none.
    """
    found = [_load(module.name) for module in pkgutil.iter_modules(programmes.__path__)]
    return tuple(sorted(found, key=Programme.rank))


def _load(name: str) -> Programme:
    """Return the programme of a file: a mistake in it is its author's, and no bug of ours."""
    try:
        found = import_module(f"{programmes.__name__}.{name}").PROGRAMME
        assert isinstance(found, Programme), "PROGRAMME is no Programme"
        assert found.id == name, "a file and its programme have one name"
    except Exception as error:
        path, told = f"vouchers/programmes/{name}.py", f"{type(error).__name__}: {error}"[:200]
        raise InvalidInputError(
            "broken_programme",
            Text(f"项目文件 {path} 无法使用：{told}", f"{path} cannot be used: {told}"),
            Text(f"请运行 suanquan programme check {path}", f"run suanquan programme check {path}"),
        ) from error
    return found


def select_programmes(ids: Iterable[str] = ()) -> tuple[Programme, ...]:
    """Return the programmes of these ids in the catalogue's order, all of them when none is named.

    Raises `InvalidInputError` (code `unknown_programme`, with the nearest known id).
    """
    wanted = set(ids)
    known = {programme.id: programme for programme in find_programmes()}
    for programme_id in sorted(wanted - known.keys()):
        refuse_programme(programme_id)
    return tuple(one for one in known.values() if not wanted or one.id in wanted)


def refuse_programme(programme_id: str, path: str | None = None) -> NoReturn:
    """Raise `InvalidInputError` (code `unknown_programme`) that names the known ids.

    `path` says where in a document the id stands.
    """
    zh, en = (f"{path}：", f"{path}: ") if path else ("", "")
    known = tuple(programme.id for programme in find_programmes())
    near, ids = find_nearest(programme_id, known), ", ".join(known)
    raise InvalidInputError(
        "unknown_programme",
        Text(f"{zh}没有项目 {programme_id!r}", f"{en}no programme {programme_id!r}"),
        Text(f"是否应为 {near}？", f"did you mean {near}?")
        if near
        else Text(f"现有项目：{ids}", f"the programmes are: {ids}"),
    )


def level_of(programme_id: str | None) -> Level | None:
    """Return the level of a programme, None when it is not in the catalogue."""
    return _levels().get(programme_id)


@cache
def _levels() -> dict[str | None, Level]:
    """Return the level of every programme by its id."""
    return {one.id: one.level for one in find_programmes()}


def name_programme(programme_id: str) -> Text:
    """Return what people call a programme; one that is not in the catalogue, by its id."""
    found = (one.name for one in find_programmes() if one.id == programme_id)
    return next(found, Text(programme_id, programme_id))


def check_slip(programme_id: str, path: str | None = None) -> None:
    """Raise `InvalidInputError` when an id is not in the catalogue but one slip away."""
    if find_slip(programme_id, (programme.id for programme in find_programmes())):
        refuse_programme(programme_id, path)


def hash_catalogue(chosen: Iterable[Programme]) -> str:
    """Return the SHA-256, in hex, over the hashes of all versions in the catalogue's order."""
    ordered = sorted(chosen, key=Programme.rank)
    hashes = [hash_version(one, version) for one in ordered for version in one.versions]
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()
