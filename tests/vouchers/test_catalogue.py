"""The catalogue: found by being there, in one order, with a hash of values and nothing else."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest

import vouchers.programmes
from ledger.errors import InvalidInputError
from ledger.text import Text
from vouchers.catalogue import (
    check_slip,
    find_programmes,
    hash_catalogue,
    level_of,
    select_programmes,
)
from vouchers.exclusion import list_exclusions
from vouchers.programme import (
    AnyOf,
    Cited,
    Held,
    NoEarlierVoucher,
    Programme,
    Version,
    Window,
    hash_version,
)

VERSIONS = [(one, version) for one in find_programmes() for version in one.versions]
CLAUSE = Text("第一条", "article 1")


def with_values(version: Version, **changes: object) -> Version:
    return msgspec.structs.replace(version, **changes)


def test_a_programme_is_found_by_being_there() -> None:
    (folder,) = vouchers.programmes.__path__
    files = {path.stem for path in Path(folder).glob("*.py")} - {"__init__"}
    assert {programme.id for programme in find_programmes()} == files
    assert files >= {"hubei", "wuhan", "east_lake"}


def test_the_higher_level_comes_first() -> None:
    levels = ["province", "city", "district"]
    found = [(levels.index(one.level), one.id) for one in find_programmes()]
    assert found == sorted(found)


def test_every_programme_has_its_test() -> None:
    for programme in find_programmes():
        assert Path(__file__).with_name("programmes").joinpath(f"test_{programme.id}.py").exists()


def test_none_named_is_all() -> None:
    assert select_programmes() == find_programmes()
    assert [one.id for one in select_programmes(["east_lake"])] == ["east_lake"]


def test_an_unknown_programme_is_refused_with_the_nearest_id() -> None:
    for wrong, expected in (
        ("hubie", "did you mean hubei?"),
        ("xyz", "hubei, .*wuhan, .*east_lake"),
    ):
        with pytest.raises(InvalidInputError, match=expected) as caught:
            select_programmes(["wuhan", wrong])
        assert caught.value.code == "unknown_programme"


def test_a_slip_of_the_pen_is_told_from_another_programme() -> None:
    check_slip("hubei")
    check_slip("changsha")
    with pytest.raises(InvalidInputError, match="east_lake"):
        check_slip("east-lake")


def test_the_level_of_a_programme_is_known_by_its_id() -> None:
    assert [level_of(one) for one in ("hubei", "wuhan", "east_lake", "changsha", None)] == [
        *("province", "city", "district"),
        *(None, None),
    ]


@pytest.mark.parametrize(("programme", "version"), VERSIONS)
def test_every_value_is_in_the_hash(programme: Programme, version: Version) -> None:
    original = hash_version(programme, version)
    assert len(original) == 64
    rate, any_of = version.rate, AnyOf((Cited(Held("above_scale"), CLAUSE, "M"),))
    changed = [
        with_values(version, id="x"),
        with_values(version, document=CLAUSE),
        with_values(version, valid_from=Cited(date(1999, 1, 1), CLAUSE, "A")),
        with_values(version, valid_to=Cited(date(2099, 1, 1), CLAUSE, "A")),
        with_values(version, legal_date=Cited("application", CLAUSE, "A")),
        with_values(version, claim_year=Cited("of_window", CLAUSE, "A")),
        with_values(version, windows=(Cited(Window(1999, "03-01", "03-02"), CLAUSE, "A"),)),
        with_values(version, eligibility=(*version.eligibility, Cited(any_of, CLAUSE, "A"))),
        with_values(version, eligibility=version.eligibility[::-1]),
        with_values(version, purchases=version.purchases[1:]),
        with_values(version, base=Cited("invoiced", CLAUSE, "A")),
        with_values(version, tax=Cited("excluded", version.tax.clause, version.tax.grade)),
        with_values(version, rate=Cited(Fraction(1, 3), rate.clause, rate.grade)),
        with_values(version, rate=Cited(rate.value, CLAUSE, rate.grade)),
        with_values(version, rate=Cited(rate.value, rate.clause, "P")),
        with_values(version, yearly_cap_fen=Cited(1, CLAUSE, "A")),
        with_values(version, rounding_unit_fen=Cited(2, CLAUSE, "A")),
        with_values(version, rounding_direction=Cited("down", CLAUSE, "A")),
        with_values(version, claim_floor_fen=Cited(1, CLAUSE, "A")),
    ]
    hashes = [hash_version(programme, one) for one in changed]
    hashes.append(hash_version(msgspec.structs.replace(programme, id="other"), version))
    other: Programme = msgspec.structs.replace(
        programme, level="city" if programme.level == "province" else "province"
    )
    hashes.append(hash_version(other, version))
    assert original not in hashes
    assert len(set(hashes)) == len(hashes)
    assert hash_version(programme, with_values(version)) == original


def test_the_catalogues_hash_covers_every_version_in_one_order() -> None:
    every = find_programmes()
    whole = hash_catalogue(every)
    assert hash_catalogue(every[::-1]) == whole
    assert hash_catalogue(every[1:]) != whole
    shorter = msgspec.structs.replace(every[0], versions=every[0].versions[:1])
    assert hash_catalogue((shorter, *every[1:])) != whole


def test_versions_that_overlap_are_a_mistake_in_the_file() -> None:
    programme = find_programmes()[0]
    first, second = programme.versions
    for wrong in ((second, first), (first, first), ()):
        with pytest.raises(AssertionError):
            Programme(id="x", level="city", name=CLAUSE, versions=wrong)
    early = with_values(second, valid_from=Cited(date(2024, 12, 31), CLAUSE, "A"))
    with pytest.raises(AssertionError):
        Programme(id="x", level="city", name=CLAUSE, versions=(first, early))


@pytest.mark.parametrize(("programme", "version"), VERSIONS)
def test_a_value_without_a_text_is_graded_as_assumed(
    programme: Programme, version: Version
) -> None:
    """Whoever writes `assume(…)` writes grade A."""
    for name in version.__struct_fields__:
        value = getattr(version, name)
        for cited in value if isinstance(value, tuple) else (value,):
            if isinstance(cited, Cited) and cited.clause.en.startswith("no text found"):
                assert cited.grade == "A", (programme.id, version.id, name)


def test_the_exclusion_is_a_switch_of_the_version() -> None:
    excluding = [(one.id, version.id) for one, version in VERSIONS if [*list_exclusions(version)]]
    assert excluding == [("hubei", "2022"), ("hubei", "2025")]
    version = find_programmes()[0].versions[0]
    off = [one for one in version.eligibility if not isinstance(one.value, NoEarlierVoucher)]
    assert not list(list_exclusions(with_values(version, eligibility=tuple(off))))
