"""Released versions stay what they were: their values by hash, their decisions by golden cases."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.programme_files import ANOTHER_RATE, ENDED, like, programme_files
from tests.vouchers.pinning import (
    CASES,
    TABLE,
    judge,
    key_of,
    read_table,
    what_changed,
    write_table,
)
from vouchers.adoption import FOUNDING, as_adopted
from vouchers.catalogue import find_programmes, select_programmes
from vouchers.programme import Programme, Version, hash_version
from vouchers.released import RELEASED

PINNED = read_table()
VERSIONS = {
    key_of(one, version): (one, version) for one in find_programmes() for version in one.versions
}

EDITED = """
{name} is released, and its values are not what they were:
  {changes}
A released version is never edited, for statements and claims rest on it.
  - The rule has changed: give this version its last day (`valid_to`) and write the next one.
  - It was a slip: take it back.
"""
NOT_PINNED = """
{name} is not pinned yet. Once two people have compared it with its document, pin it:
  .venv/bin/python -m tests.vouchers.pinning
and read the cases that this adds to {table}.
"""


def test_what_is_pinned_has_its_hash_and_nothing_else_has_one() -> None:
    assert set(PINNED) == set(RELEASED)


@pytest.mark.parametrize("name", VERSIONS)
def test_every_version_is_pinned(name: str) -> None:
    if name not in PINNED:
        pytest.fail(NOT_PINNED.format(name=name, table=TABLE.name))


@pytest.mark.parametrize("name", PINNED)
def test_a_released_version_is_never_edited(name: str) -> None:
    assert name in VERSIONS, f"{name} is released: statements rest on it, so it stays"
    changes = what_changed(*VERSIONS[name], PINNED[name])
    if changes:
        pytest.fail(EDITED.format(name=name, changes="\n  ".join(changes)))


@pytest.mark.parametrize("name", PINNED)
def test_a_released_version_decides_as_it_did(name: str) -> None:
    programme, version = VERSIONS[name]
    pinned = PINNED[name]
    released = as_adopted(programme, version, RELEASED[name])
    assert released is not None, "see the test above"
    found = {
        case: judge(programme, released, golden["case"]) for case, golden in pinned["cases"].items()
    }
    if os.environ.get("REWRITE_GOLDEN") == "1":
        _rewrite_steps(name, found)
    for case, golden in pinned["cases"].items():
        assert found[case] == golden["decision"], f"{name}, {case}"


def _rewrite_steps(name: str, found: dict[str, dict[str, Any]]) -> None:
    """Write the steps anew, where a decision is otherwise what it was, and skip."""
    table = read_table()
    for case, golden in table[name]["cases"].items():
        for key, value in found[case].items():
            if key != "steps":
                assert value == golden["decision"][key], f"{name}, {case}: {key} is not rewritten"
        golden["decision"]["steps"] = found[case]["steps"]
    write_table(table)
    pytest.skip(f"the steps of {name} were rewritten: read the diff of {TABLE.name}")


def test_the_founding_set_is_released() -> None:
    for ruled in FOUNDING.ruled:
        for pin in ruled.versions:
            assert RELEASED[f"{ruled.programme}@{pin.version}"] == pin.hash


@pytest.mark.parametrize("name", PINNED)
def test_the_cases_of_a_version_pay_and_refuse_and_cannot_tell(name: str) -> None:
    cases = PINNED[name]["cases"]
    assert list(cases) == list(CASES)
    decisions = [one["decision"] for one in cases.values()]
    assert {one["status"] for one in decisions} == {"eligible", "ineligible", "undetermined"}
    assert len({one["amount_fen"] for one in decisions}) > 4
    assert all(one["steps"] for one in decisions if one["status"] != "ineligible")


# --- that the two tests above would fail ---


def of_files(folder: Path, more: str) -> tuple[Programme, tuple[Version, ...], list[str]]:
    """Return Wuhan as an edit leaves it, and what the table says of its version of 2020."""
    with programme_files(folder, {"wuhan": like("wuhan", more)}):
        (wuhan,) = select_programmes(["wuhan"])
        return wuhan, wuhan.versions, what_changed(wuhan, wuhan.versions[0], PINNED["wuhan@2020"])


def test_an_edit_is_named_and_would_decide_otherwise(tmp_path: Path) -> None:
    wuhan, (edited,), changes = of_files(tmp_path / "x", ANOTHER_RATE)
    assert changes == ["version.rate.value: 1/2 → 3/5"]
    golden = PINNED["wuhan@2020"]["cases"]["everything is in order"]
    assert judge(wuhan, edited, golden["case"])["amount_fen"] != golden["decision"]["amount_fen"]


def test_a_last_day_is_no_edit(tmp_path: Path) -> None:
    wuhan, (ended, following), changes = of_files(tmp_path / "x", ENDED)
    assert changes == []
    assert hash_version(wuhan, ended) != RELEASED["wuhan@2020"]
    assert key_of(wuhan, following) not in PINNED


def test_an_earlier_last_day_than_the_released_one_is_an_edit(tmp_path: Path) -> None:
    sooner = """
    PROGRAMME = replace(PROGRAMME, versions=(
        replace(PROGRAMME.versions[0], valid_to=Cited(date(2024, 12, 30), CLAUSE, 'M')), LAST
    ))"""
    with programme_files(tmp_path / "x", {"hubei": like("hubei", sooner.replace("\n    ", "\n"))}):
        (hubei,) = select_programmes(["hubei"])
        changes = what_changed(hubei, hubei.versions[0], PINNED["hubei@2022"])
    assert any("2024-12-31 → 2024-12-30" in one for one in changes)
