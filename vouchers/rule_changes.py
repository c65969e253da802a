"""What differs between two sets of programmes, value by value, with clause and grade."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ledger.text import Language
from vouchers.programme import AllOf, AnyOf, Cited, Programme, Version
from vouchers.showing import name_field, show_field
from vouchers.values import walk

Json = dict[str, Any]


class Difference(NamedTuple):
    """One value that is not the same, `before` or `after` None where there is none.

    `version` and both values are None where a whole programme comes or goes.
    """

    programme: Programme
    version: str | None = None
    field: str = ""
    before: Cited[Any] | None = None
    after: Cited[Any] | None = None
    comes: bool = False


def find_differences(
    before: Sequence[Programme], after: Sequence[Programme]
) -> Iterator[Difference]:
    """Yield what the sets do not share: programmes that go, that come, then values that differ."""
    old, new = ({one.id: one for one in chosen} for chosen in (before, after))
    for programme in before:
        if programme.id not in new:
            yield Difference(programme)
    for programme in after:
        if programme.id not in old:
            yield Difference(programme, comes=True)
        else:
            versions = {one.id: one for one in old[programme.id].versions}
            for version in programme.versions:
                if version.id in versions:
                    yield from _compare(programme, versions[version.id], version)


def _compare(programme: Programme, old: Version, new: Version) -> Iterator[Difference]:
    """Yield the values that differ, conditions as those that went and those that came."""
    olds, news = dict(walk(old)), dict(walk(new))
    for name in [*olds, *(name for name in news if name not in olds)]:
        if "[" not in name and olds.get(name) != news.get(name):
            yield Difference(programme, new.id, name, olds.get(name), news.get(name))
    for name, cited in olds.items():
        if "[" in name and not _is_held(cited, news):
            yield Difference(programme, new.id, name, before=cited)
    for name, cited in news.items():
        if "[" in name and not _is_held(cited, olds):
            yield Difference(programme, new.id, name, after=cited)


def _is_held(cited: Cited[Any], values: dict[str, Cited[Any]]) -> bool:
    """Return whether a condition is among the values; one that only groups others always is."""
    if isinstance(cited.value, AllOf | AnyOf):
        return True
    return any(cited == other for other in values.values())


def render_difference(one: Difference, language: Language) -> Json:
    """Return the keys of the command line: names and values in words, with clause and grade."""
    before, after = one.before, one.after
    cited = after or before
    return {
        "programme": one.programme.id,
        "version": one.version,
        "name": one.field or None,
        "what": name_field(one.field, cited).render(language) if cited else None,
        "before": show_field(one.field, before).render(language) if before else None,
        "after": show_field(one.field, after).render(language) if after else None,
        "clause": cited.clause.render(language) if cited else None,
        "grade": cited.grade if cited else None,
    }
