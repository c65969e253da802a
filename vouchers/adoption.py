"""Which rules a ledger has adopted, and how they are told from the rules of the program at hand.

A decision is made under what the book had adopted by then, never under whatever programmes the
program happens to bring: one that is added later changes no earlier decision. A ledger that has
adopted nothing is ruled by the founding set, which is pinned here by its hashes.

A version that was adopted without a last day and has been given one since is read as it was
adopted: that a rule ends one day changes nothing that was decided before.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final, NamedTuple

import msgspec

from ledger.errors import InvalidInputError, RuleViolationError
from ledger.events import AdoptedVersion, ProgrammeAdopted
from ledger.text import Text
from vouchers.book import Book
from vouchers.catalogue import find_programmes
from vouchers.programme import (
    LEVELS,
    Level,
    Programme,
    Version,
    encode_version,
    hash_version,
)
from vouchers.spelling import find_nearest

# A leaf has 65,535 bytes: the values of ten versions fit, and the newest ones come first.
VALUES_BYTES_MAX: Final = 50_000


class Pin(NamedTuple):
    """A version by its id, and the SHA-256 of its values."""

    version: str
    hash: str


class Ruled(NamedTuple):
    """A programme as a ledger has adopted it."""

    programme: str
    level: Level
    name: Text
    versions: tuple[Pin, ...]

    def rank(self) -> tuple[int, str]:
        """Return the key of the catalogue's order."""
        return LEVELS.index(self.level), self.programme


class Rules(NamedTuple):
    """All that a ledger has adopted, in the catalogue's order; `founding` where that is nothing."""

    ruled: tuple[Ruled, ...]
    founding: bool = False

    @property
    def hash(self) -> str:
        """Return the SHA-256, in hex, over the hashes of all versions, as `hash_catalogue` does."""
        hashes = [pin.hash for one in self.ruled for pin in one.versions]
        return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


FOUNDING: Final = Rules(
    (
        Ruled(
            "hubei",
            "province",
            Text("湖北省科技创新券", "Hubei provincial science and technology voucher"),
            (
                Pin("2022", "b11891cdd87512a818e4e37e07278f93948bde25567a64e18749abc7d6b05e78"),
                Pin("2025", "3f72578f2c5a3dee26aa65764e4faae54ea42ab0e4765954a9c42c8b69814447"),
            ),
        ),
        Ruled(
            "wuhan",
            "city",
            Text("武汉市科技创新券", "Wuhan science and technology voucher"),
            (Pin("2020", "77976aa28957186a16458260989f22ea9d7c28b35d4998055bf1bae39c8e037e"),),
        ),
        Ruled(
            "east_lake",
            "district",
            Text("东湖高新区算力创新券", "East Lake High-tech Zone compute voucher"),
            (Pin("2020", "72e12149c65d938b14d9145bd623d762c94909410eb02008872f4c1cf26bca5d"),),
        ),
    ),
    founding=True,
)
"""What rules a ledger that has adopted nothing. It stays as it is for ever."""


def rules_of(book: Book) -> Rules:
    """Return the rules that a book has adopted, the founding set where it has adopted none."""
    if not book.adopted:
        return FOUNDING
    found = (
        Ruled(
            one.programme,
            one.level,
            Text(one.name, one.name_en),
            tuple(Pin(version.id, version.hash) for version in one.versions),
        )
        for one in book.adopted.values()
    )
    return Rules(tuple(sorted(found, key=Ruled.rank)))


@cache
def programmes_of(rules: Rules) -> tuple[Programme, ...]:
    """Return the programmes of the program at hand, each with the versions that were adopted.

    A version is the one of the adopted hash, ended or not; where there is none, what bears its id
    now stands in, and `find_differences` names it. What the program lacks altogether is left out.
    """
    found = []
    for ruled, programme in _pair(rules):
        if programme is not None:
            versions = tuple(_versions(programme, ruled))
            if versions:
                found.append(msgspec.structs.replace(programme, versions=versions))
    return tuple(found)


def choose(rules: Rules, ids: Iterable[str] = ()) -> tuple[Programme, ...]:
    """Return the adopted programmes of these ids in order, all of them when none is named.

    Raises `InvalidInputError` (`not_adopted`).
    """
    wanted, adopted = tuple(ids), programmes_of(rules)
    known = [one.id for one in adopted]
    for programme_id in wanted:
        if programme_id not in known:
            near = find_nearest(programme_id, known)
            shown = ", ".join(known)
            raise InvalidInputError(
                "not_adopted",
                Text(f"账本未采纳项目 {programme_id!r}", f"{programme_id!r} is not adopted here"),
                Text(f"是否应为 {near}？", f"did you mean {near}?")
                if near
                else Text(
                    f"已采纳：{shown}；可用 suanquan programme adopt 采纳",
                    f"adopted are: {shown}; suanquan programme adopt adopts another",
                ),
            )
    return tuple(one for one in adopted if not wanted or one.id in wanted)


# --- what differs ---


class Change(NamedTuple):
    """A value of a version by its path, as it was and as it is; None where there was or is none."""

    path: str
    then: str | None
    now: str | None


class Difference(NamedTuple):
    """A version that is not what was adopted; `now` is None where the program lacks it.

    `changes` names the values, as far as the earlier ones are known.
    """

    programme: str
    version: str
    then: str
    now: str | None
    changes: tuple[Change, ...] = ()

    def tell(self) -> Text:
        """Return the sentence: which version, both hashes, and the first values that differ."""
        name = f"{self.programme} {self.version}"
        if self.now is None:
            return Text(
                f"账本采纳的 {name}（{self.then}）不在本程序中",
                f"{name} was adopted ({self.then}), and this program lacks it",
            )
        shown = "; ".join(
            f"{one.path} {one.then or '–'} → {one.now or '–'}" for one in self.changes[:3]
        )
        more = len(self.changes) - 3
        zh, en = (f"；{shown}", f"; {shown}") if shown else ("", "")
        if more > 0:
            zh, en = f"{zh} 等，另有 {more} 处", f"{en} and {more} more"
        return Text(
            f"{name} 采纳时为 {self.then}，本程序中为 {self.now}{zh}",
            f"{name} was adopted as {self.then}, this program has {self.now}{en}",
        )


def find_differences(rules: Rules, values: Mapping[str, str]) -> tuple[Difference, ...]:
    """Return the adopted versions that the program does not have as they were adopted.

    `values` holds the text behind a hash, where it is known.
    """
    return tuple(_differences(rules, values))


def require_same(book: Book) -> Rules:
    """Return a book's rules once the program has every version as it was adopted.

    Raises `RuleViolationError` (`rules_differ`): nothing new is decided under other values.
    """
    rules = rules_of(book)
    for one in _differences(rules, book.values):
        raise RuleViolationError(
            "rules_differ",
            one.tell(),
            Text(
                "规则有变请另立新版本并运行 suanquan programme adopt；误改请恢复原值",
                "for a new rule write a new version and run suanquan programme adopt; for a slip,"
                " restore the values",
            ),
        )
    return rules


def compare_values(then: str, now: str) -> tuple[Change, ...]:
    """Return the values that differ between two canonical texts, by path."""
    before, after = (dict(_flatten(msgspec.json.decode(text))) for text in (then, now))
    return tuple(
        Change(path, before.get(path), after.get(path))
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    )


def _differences(rules: Rules, values: Mapping[str, str]) -> Iterator[Difference]:
    for ruled, programme in _pair(rules):
        for pin in ruled.versions:
            version = _version_of(programme, pin.version) if programme else None
            if programme is None or version is None:
                yield Difference(ruled.programme, pin.version, pin.hash, None)
            elif as_adopted(programme, version, pin.hash) is None:
                then, now = values.get(pin.hash), encode_version(programme, version).decode()
                changes = compare_values(then, now) if then is not None else ()
                found = hash_version(programme, version)
                yield Difference(ruled.programme, pin.version, pin.hash, found, changes)


def as_adopted(programme: Programme, version: Version, adopted: str) -> Version | None:
    """Return a version in the form that has a hash, None where it has none.

    It has the values of today, or all of them but a last day that was added since.
    """
    for form in (version, msgspec.structs.replace(version, valid_to=None)):
        if hash_version(programme, form) == adopted:
            return form
    return None


def _pair(rules: Rules) -> Iterator[tuple[Ruled, Programme | None]]:
    """Yield what was adopted with the program's programme, under the level and name of then."""
    known = {one.id: one for one in find_programmes()}
    for ruled in rules.ruled:
        programme = known.get(ruled.programme)
        if programme is not None:
            programme = msgspec.structs.replace(programme, level=ruled.level, name=ruled.name)
        yield ruled, programme


def _versions(programme: Programme, ruled: Ruled) -> Iterator[Version]:
    for pin in ruled.versions:
        version = _version_of(programme, pin.version)
        if version is not None:
            yield as_adopted(programme, version, pin.hash) or version


def _version_of(programme: Programme, version_id: str) -> Version | None:
    return next((one for one in programme.versions if one.id == version_id), None)


def _flatten(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each leaf of a JSON value by its path, such as `version.rate.value`."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _flatten(one, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for i, one in enumerate(value):
            yield from _flatten(one, f"{path}[{i}]")
    else:
        yield path, str(value)


# --- adopting ---


def adopt(programme: Programme, book: Book, decided: "Decided") -> ProgrammeAdopted | None:
    """Return the event that adopts a programme as it is, None where the book has it already.

    Values that the book knows are not repeated.
    """
    room = VALUES_BYTES_MAX
    versions: list[AdoptedVersion] = []
    for version in reversed(programme.versions):
        text = encode_version(programme, version).decode()
        pinned = hash_version(programme, version)
        # A text within JSON is escaped again.
        size = len(msgspec.json.encode(text))
        is_told = pinned not in book.values and size <= room
        room -= size if is_told else 0
        versions.append(
            AdoptedVersion(
                id=version.id,
                document=version.document.zh,
                hash=pinned,
                values=text if is_told else None,
            )
        )
    made = ProgrammeAdopted(
        programme=programme.id,
        level=programme.level,
        name=programme.name.zh,
        name_en=programme.name.en,
        versions=tuple(reversed(versions)),
        adopted_on=decided.on,
        at=decided.at,
        decided_by=decided.by,
        evidence_sha256=decided.evidence_sha256,
        recorded_by=decided.recorded_by,
    )
    before = book.adopted.get(programme.id)
    return None if before is not None and _same(before, made) else made


class Decided(NamedTuple):
    """Who decided on an adoption and when, and who entered it at which instant."""

    on: str
    at: str
    by: str = ""
    evidence_sha256: str | None = None
    recorded_by: str = ""


def _same(before: ProgrammeAdopted, after: ProgrammeAdopted) -> bool:
    """Return whether two adoptions adopt the same."""
    return (before.level, before.name, before.name_en, _pins(before)) == (
        *(after.level, after.name, after.name_en, _pins(after)),
    )


def _pins(adopted: ProgrammeAdopted) -> list[tuple[str, str]]:
    return [(one.id, one.hash) for one in adopted.versions]
