"""Adopted rules: what was adopted decides, whatever programmes the program brings."""

from datetime import date
from pathlib import Path

import msgspec
import pytest

from ledger.codec import encode
from ledger.errors import InvalidInputError, RuleViolationError
from ledger.events import ProgrammeAdopted
from ledger.text import Text
from tests.programme_files import ANOTHER_RATE, ENDED, another_city, like, programme_files
from tests.small_ledger import SALT, account_of
from vouchers.adoption import (
    FOUNDING,
    VALUES_BYTES_MAX,
    Change,
    Decided,
    Pin,
    Ruled,
    Rules,
    adopt,
    choose,
    compare_values,
    find_differences,
    programmes_of,
    require_same,
    rules_of,
)
from vouchers.book import Book
from vouchers.catalogue import find_programmes, select_programmes
from vouchers.programme import hash_version
from vouchers.ruling import Ruling, rule_on

YEAR_END = date(2022, 12, 31)
FOUNDERS = ["hubei", "wuhan", "east_lake"]
DECIDED = Decided("2026-11-26", "2026-11-26T08:00:00Z")

LEDGER = """
    resource      a100 accelerator card 2021-12-01 0.32
    enterprise    420100 华智科技
    qualification high_tech_enterprise 2021-11-15
    qualification above_scale 2021-01-01
    domicile      east-lake 2021-01-01
    fact          sales_fen 2021 15000000000
    declaration   2022
    contract      C-1 2022-03-01 2022-12-31 0.06 a100=12.50/card_hour
    usage         a100 100 2022-07-01T00:00 2022-07-21T00:00
    invoice       1 C-1 2022-08-05 600000 33962.26 2022-07-01 2022-07-31
    payment       1 2022-08-10 600000
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder for programmes of this test's own."""
    return tmp_path / "programmes"


@pytest.fixture
def book() -> Book:
    """Return a book that has adopted nothing."""
    return account_of(LEDGER)[0]


def ruling(book: Book) -> Ruling:
    """Return the ruling under what a book has adopted."""
    _, account, usage = account_of(LEDGER)
    return rule_on(book, account, usage, YEAR_END)


def adopt_into(book: Book, *ids: str) -> list[ProgrammeAdopted]:
    """Return what adopting programmes records, taken into the book."""
    made = [adopt(one, book, DECIDED) for one in select_programmes(ids)]
    recorded = [one for one in made if one is not None]
    for number, data in enumerate(recorded):
        book.apply(encode("urn:test", str(number), "", data, SALT))
    return recorded


def deciding(book: Book) -> list[str]:
    """Return who decides under what a book has adopted."""
    return [decision.programme for _, decision in ruling(book).decisions]


# --- the founding set ---


def test_the_founding_set_is_pinned_for_ever() -> None:
    """Every ledger that has adopted nothing is ruled by it: a change here rewrites history."""
    assert FOUNDING.hash == "eaf3cdcf356a418c52b5471ff89c74373dc7ead9cb6d6ce276196c835a50a6b1"
    assert [one.programme for one in FOUNDING.ruled] == FOUNDERS
    assert find_differences(FOUNDING, {}) == ()
    pins = [
        Pin(version.id, hash_version(one, version))
        for one in programmes_of(FOUNDING)
        for version in one.versions
    ]
    assert pins == [pin for one in FOUNDING.ruled for pin in one.versions]


def test_a_programme_that_is_there_later_decides_nothing_until_it_is_adopted(
    book: Book, folder: Path
) -> None:
    before = ruling(book)
    with programme_files(folder, {"jinan": another_city("jinan")}):
        assert "jinan" in [one.id for one in find_programmes()]
        assert ruling(book) == before
        assert rules_of(book) == FOUNDING
        adopt_into(book, *FOUNDERS)
        assert ruling(book) == before
        adopt_into(book, "jinan")
        assert deciding(book) == ["hubei", "jinan", "wuhan", "east_lake"]
    assert [one.programme for one in rules_of(book).ruled][1] == "jinan", "the file is gone"
    assert ruling(book) == before


def test_the_first_adoption_replaces_the_founding_set(book: Book, folder: Path) -> None:
    with programme_files(folder, {"jinan": another_city("jinan")}):
        adopt_into(book, "jinan")
        assert deciding(book) == ["jinan"]
        assert not rules_of(book).founding


# --- adopting ---


def test_adopting_the_same_again_changes_nothing(book: Book) -> None:
    assert [one.programme for one in adopt_into(book)] == [one.id for one in find_programmes()]
    rules = rules_of(book)
    assert adopt_into(book) == []
    assert rules_of(book) == rules


def test_adopting_the_founders_gives_their_hash_and_their_values(book: Book) -> None:
    adopt_into(book, *FOUNDERS)
    assert rules_of(book).hash == FOUNDING.hash
    assert rules_of(book).ruled == FOUNDING.ruled
    assert set(book.values) == {pin.hash for one in FOUNDING.ruled for pin in one.versions}


def test_a_name_that_changes_is_adopted_anew_and_kept_where_it_was_not(
    book: Book, folder: Path
) -> None:
    renamed = like("wuhan", "PROGRAMME = replace(PROGRAMME, name=CLAUSE, level='district')")
    adopt_into(book, "wuhan")
    with programme_files(folder, {"wuhan": renamed}):
        (kept,) = programmes_of(rules_of(book))
        assert (kept.name, kept.level) == (Text("武汉市科技创新券", kept.name.en), "city")
        assert find_differences(rules_of(book), book.values) == ()
        assert len(adopt_into(book, "wuhan")) == 1
        assert programmes_of(rules_of(book))[0].level == "district"


def test_values_that_the_book_knows_are_not_repeated_and_the_newest_fit_first() -> None:
    (wuhan,) = select_programmes(["wuhan"])
    (only,) = wuhan.versions
    replace, since = msgspec.structs.replace, only.valid_from
    years = [
        replace(
            only,
            id=str(year),
            valid_from=replace(since, value=date(year, 1, 1)),
            valid_to=replace(since, value=date(year, 12, 31)),
        )
        for year in range(2000, 2030)
    ]
    long, book = replace(wuhan, versions=tuple(years)), Book()
    told: list[str] = []
    for number in range(3):
        made = adopt(long, book, DECIDED)
        assert made is not None
        values = {one.id: one.values for one in made.versions if one.values is not None}
        size = sum(len(msgspec.json.encode(text)) for text in values.values())
        assert 0 < size <= VALUES_BYTES_MAX
        assert max(values) == max({one.id for one in years} - set(told))
        told += values
        book.apply(encode("urn:test", str(number), "", made, SALT))
        book.adopted.clear()
    assert sorted(told) == [one.id for one in years], "each once"


# --- versions that end, and values that change ---


def test_a_version_that_ends_is_still_what_was_adopted(book: Book, folder: Path) -> None:
    before = ruling(book)
    with programme_files(folder, {"wuhan": like("wuhan", ENDED)}):
        assert ruling(book) == before, "the founding set is open-ended"
        require_same(book)
        adopt_into(book, *FOUNDERS)
        wuhan = programmes_of(rules_of(book))[1]
        assert [one.id for one in wuhan.versions] == ["2020", "2026"]
        assert rules_of(book).hash != FOUNDING.hash
        require_same(book)
    assert [one.now for one in find_differences(rules_of(book), book.values)][1:] == [None]


@pytest.mark.parametrize("is_adopted", [False, True])
def test_an_edited_value_is_named_with_what_it_was(
    book: Book, folder: Path, *, is_adopted: bool
) -> None:
    if is_adopted:
        adopt_into(book, *FOUNDERS)
    then = FOUNDING.ruled[1].versions[0].hash
    with programme_files(folder, {"wuhan": like("wuhan", ANOTHER_RATE)}):
        (found,) = find_differences(rules_of(book), book.values)
        assert (found.programme, found.version, found.then) == ("wuhan", "2020", then)
        (wuhan,) = select_programmes(["wuhan"])
        assert found.now == hash_version(wuhan, wuhan.versions[0])
        changes = (Change("version.rate.value", "1/2", "3/5"),) if is_adopted else ()
        assert found.changes == changes, "known where the book has the values"
        told = found.tell()
        assert then in told.zh
        assert ("rate.value 1/2 → 3/5" in told.en) == is_adopted
        with pytest.raises(RuleViolationError, match="wuhan 2020 was adopted as") as caught:
            require_same(book)
        assert caught.value.code == "rules_differ"
    assert require_same(book) == rules_of(book)


def test_what_the_program_lacks_is_named_and_decides_nothing() -> None:
    pin, name = Pin("1", "0" * 64), Text("某", "x")
    gone = Rules((Ruled("gone", "city", name, (pin,)), Ruled("wuhan", "city", name, (pin,))))
    assert programmes_of(gone) == ()
    found = find_differences(gone, {})
    assert [(one.programme, one.version, one.now) for one in found] == [
        ("gone", "1", None),
        ("wuhan", "1", None),
    ]
    assert "lacks it" in found[0].tell().en


def test_values_are_compared_path_by_path() -> None:
    then, now = '{"a":[1,{"b":null}],"c":"x"}', '{"a":[1,{"b":2}],"d":true}'
    assert compare_values(then, now) == (
        Change("a[1].b", "None", "2"),
        Change("c", "x", None),
        Change("d", None, "True"),
    )
    assert compare_values(then, then) == ()


# --- choosing ---


def test_only_what_is_adopted_can_be_chosen() -> None:
    assert [one.id for one in choose(FOUNDING)] == FOUNDERS
    assert [one.id for one in choose(FOUNDING, ["east_lake", "hubei"])] == ["hubei", "east_lake"]
    for wrong, hint in (("wuhann", "did you mean wuhan"), ("xyz", "programme adopt")):
        with pytest.raises(InvalidInputError, match=hint) as caught:
            choose(FOUNDING, [wrong])
        assert caught.value.code == "not_adopted"
