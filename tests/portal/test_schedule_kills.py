"""A month's run ended by SIGKILL, and two schedulers after it: each statement once, same bytes."""

from pathlib import Path

import pytest

from tests.portal.kills import Scene
from tests.portal.schedules import AUGUST_NUMBERS, JULY_NUMBERS


@pytest.fixture(params=["sqlite", "postgresql"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Scene:
    """Return a centre on each kind of database."""
    server = None if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    return Scene(tmp_path, server)


def test_a_run_that_is_ended_leaves_what_a_quiet_one_does(scene: Scene) -> None:
    """At the edges of recording: before it counts, before the first file, before the second."""
    quiet, passed = scene.quiet()
    made = {f"{one}.pdf" for one in JULY_NUMBERS + AUGUST_NUMBERS}
    assert set(quiet.files) == made | {"2022-07.xlsx", "2022-08.xlsx", "access", "book", "usage"}
    first = passed.index("name 2022-07")
    assert passed[first - 2 : first + 2] == [
        "UPDATE scheduled_run",
        "COMMIT",
        "name 2022-07",
        "name 2022-07",
    ]
    workbook = passed.index("name reconciliations")
    assert passed[workbook + 1 : workbook + 3] == ["UPDATE scheduled_run", "COMMIT"]
    fund = passed.index("name 2022-07", first + 2)
    assert passed[fund - 1] == "COMMIT"
    for point in (first - 1, first, first + 1, fund, workbook, workbook + 2):
        assert scene.ended_at(point) == quiet, f"ended before {passed[point]} ({point})"


@pytest.mark.soak
def test_a_run_may_be_ended_at_any_point(scene: Scene) -> None:
    quiet, passed = scene.quiet()
    for point, what in enumerate(passed):
        assert scene.ended_at(point) == quiet, f"ended before {what} ({point})"
