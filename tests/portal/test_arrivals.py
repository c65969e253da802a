"""What agents sent and what arrived: gaps, tallies, refusals taken in; by the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.portal.conftest import Run

CODE = "91420100MA4K2XY18X"
SOURCE = "urn:agent:rack-7"


def event(event_id: str, kind: str, data: dict[str, object], **attributes: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "type": f"cn.suanquan.usage.{kind}.v1",
        "source": SOURCE,
        "id": event_id,
        "data": data,
        **attributes,
    }


def usage(number: int, amount: str = "1") -> dict[str, Any]:
    data: dict[str, object] = {
        "job": "j",
        "resource": "r",
        "amount": amount,
        "start": "2022-07-01T00:00:00Z",
        "end": "2022-07-01T01:00:00Z",
    }
    return event(f"u-{number:03}", "recorded", data, subject=CODE, sequence=str(number))


def tally(event_id: str, events: int, quantity: str, day: str = "2022-07-01") -> dict[str, Any]:
    data: dict[str, object] = {
        "day": day,
        "resource": "r",
        "events": events,
        "quantity": quantity,
    }
    return event(event_id, "tallied", data)


def ingest(suanquan: Run, home: Path, *events: dict[str, Any]) -> None:
    path = home.with_suffix(".ndjson")
    path.write_text("".join(json.dumps(one) + "\n" for one in events), "utf-8")
    answer = suanquan("ingest", "file", path, "--format", "cloudevents", "--json")
    assert (answer.status, answer.json["recorded"]) == (0, len(events)), answer.err


def test_gaps_are_listed_by_source(suanquan: Run, home: Path) -> None:
    ingest(suanquan, home, *(usage(number) for number in (3, 4, 7, 8, 200)))
    answer = suanquan("ingest", "gaps", "--json")
    assert answer.json == {
        "rows": [
            {"source": SOURCE, "first_missing": 5, "last_missing": 6},
            {"source": SOURCE, "first_missing": 9, "last_missing": 199},
        ]
    }
    shown = suanquan("ingest", "gaps", "--lang", "en")
    assert (SOURCE in shown.out, "191" in shown.out) == (True, True)
    limited = suanquan("ingest", "gaps", "--limit", 1, "--lang", "en")
    assert "199" not in limited.out
    assert "only the first 1" in limited.err
    assert suanquan("ingest", "gaps", "--source", "urn:other", "--json").json == {"rows": []}
    ingest(suanquan, home, *(usage(number) for number in [5, 6, *range(9, 200)]))
    assert "未发现缺号" in suanquan("ingest", "gaps").out


def test_a_tally_that_differs_is_listed_and_keeps_the_month_from_being_settled(
    suanquan: Run, home: Path
) -> None:
    ingest(suanquan, home, usage(1), tally("t-1", 2, "7200"))
    answer = suanquan("ingest", "tallies", "--json")
    assert answer.json == {
        "rows": [
            {
                "source": SOURCE,
                "resource": "r",
                "day": "2022-07-01",
                "agrees": False,
                "tallied": True,
                "events": 1,
                "tallied_events": 2,
                "missing_events": 1,
                "unit": "unit_second",
                "quantity": "3600",
                "tallied_quantity": "7200",
                "missing_quantity": "3600",
            }
        ],
        "compared": 1,
        "differing": 1,
    }
    shown = suanquan("ingest", "tallies", "--lang", "en").out
    assert ("−3,600" in shown, "missing" in shown) == (True, True)
    make = ("statement", "make", "--month", "2022-07", "--json", "--lang", "en")
    refused = suanquan(*make)
    assert (refused.status, refused.error["code"]) == (3, "tally_differs")
    assert f"{SOURCE} r 2022-07-01" in refused.error["message"]
    assert "suanquan ingest tallies" in refused.error["next"]
    ingest(suanquan, home, usage(2))
    assert suanquan("ingest", "tallies", "--json").json["differing"] == 0
    assert "全部一致" in suanquan("ingest", "tallies").out
    assert len(suanquan(*make).json["rows"]) == 1


def test_only_the_month_that_differs_is_kept_back(suanquan: Run, home: Path) -> None:
    ingest(suanquan, home, usage(1), tally("t-1", 1, "3600"), tally("t-2", 1, "5", "2022-08-03"))
    assert suanquan("statement", "make", "--month", "2022-07", "--json").status == 0
    days = [row["day"] for row in suanquan("ingest", "tallies", "--json").json["rows"]]
    assert days == ["2022-08-03"]
    none = suanquan("ingest", "tallies", "--month", "2022-07", "--all", "--json").json
    assert [row["agrees"] for row in none["rows"]] == [True]


def test_without_tallies_there_is_nothing_to_compare(suanquan: Run, home: Path) -> None:
    ingest(suanquan, home, usage(1))
    assert suanquan("ingest", "tallies", "--json").json == {
        "rows": [],
        "compared": 0,
        "differing": 0,
    }
    assert "No agent has sent tallies" in suanquan("ingest", "tallies", "--lang", "en").out


def test_refusals_are_tried_again_from_the_command_line(suanquan: Run, home: Path) -> None:
    path = home.with_suffix(".ndjson")
    path.write_text(json.dumps(usage(1)) + "\n{\n", "utf-8")
    suanquan("ingest", "file", path, "--format", "cloudevents")
    (row,) = suanquan("ingest", "rejected", "list", "--open", "--json").json["rows"]
    assert (row["settled"], row["code"]) == (False, "not_json")
    retried = suanquan("ingest", "rejected", "retry", row["id"], "--json")
    assert retried.json == {
        "recorded": 0,
        "duplicate": 0,
        "rejected": 1,
        "codes": {"not_json": 1},
    }
    everything = suanquan("ingest", "rejected", "retry", "--all", "--lang", "en")
    assert "1 stay refused" in everything.out
    assert "not_json" in everything.out
    none = suanquan("ingest", "rejected", "retry", "--all", "--code", "conflict", "--json")
    assert none.json == {"recorded": 0, "duplicate": 0, "rejected": 0, "codes": {}}


@pytest.mark.parametrize("options", [(), ("--all", "1"), ("1", "--code", "x")])
def test_it_must_be_said_what_to_try_again(suanquan: Run, options: tuple[str, ...]) -> None:
    suanquan("db", "upgrade")
    answer = suanquan("ingest", "rejected", "retry", *options, "--json")
    assert (answer.status, answer.error["code"]) == (2, "usage")


def test_an_unknown_refusal_is_named(suanquan: Run) -> None:
    suanquan("db", "upgrade")
    answer = suanquan("ingest", "rejected", "retry", 99, "--json", "--lang", "en")
    assert (answer.status, answer.error["code"]) == (2, "no_rejection")
    assert "no rejection 99" in answer.error["message"]


def test_overlapping_slices_are_listed_and_still_counted(suanquan: Run, home: Path) -> None:
    ingest(suanquan, home, usage(1), usage(2, "3"))
    answer = suanquan("ingest", "overlaps", "--month", "2022-07", "--json")
    assert answer.json == {
        "rows": [
            {
                "enterprise": CODE,
                "job": "j",
                "resource": "r",
                "first": {"log": "usage", "index": 0},
                "second": {"log": "usage", "index": 1},
                "start": "2022-07-01T00:00:00Z",
                "end": "2022-07-01T01:00:00Z",
                "unit": "unit_second",
                "quantity": "3600",
            }
        ],
        "total": 1,
    }
    assert suanquan("usage", "--json").json["total"][0]["quantity"] == "14400"
    shown = suanquan("ingest", "overlaps", "--lang", "en")
    assert "usage[1]" in shown.out
    none = suanquan("ingest", "overlaps", "--month", "2022-08", "--lang", "en")
    assert "No slices of one job share time." in none.out
