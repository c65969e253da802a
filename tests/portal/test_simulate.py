"""`suanquan simulate`: where the events go, and what it says before anything is sent."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

KAFKA = ("--kafka", "127.0.0.1:1", "--topic", "usage")


def test_a_file_is_written_as_ever(suanquan: Run, tmp_path: Path) -> None:
    path = tmp_path / "centre.ndjson"
    answer = suanquan("simulate", "--enterprises", 2, "--days", 3, "--out", path, "--json")
    assert answer.json == {"events": 71, "enterprises": 2, "card_seconds": "15914736"}
    assert len(path.read_bytes().splitlines()) == 71


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give one of --out and --kafka"),
        (("--out", "x", *KAFKA), "give one of --out and --kafka"),
        (("--kafka", "127.0.0.1:1"), "--kafka needs --topic"),
        (("--out", "x", "--rate", "5"), "--rate only goes with --kafka"),
        (("--out", "x", "--rate", "0"), "--rate only goes with --kafka"),
        (("--out", "x", "--late", "0"), "--late only goes with --kafka"),
        (
            ("--out", "x", "--topic", "t", "--tallies"),
            "--topic --tallies only goes with --kafka",
        ),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    suanquan: Run, arguments: tuple[str, ...], said: str
) -> None:
    answer = suanquan("simulate", *arguments, "--json", "--lang", "en")
    assert (answer.status, answer.out) == (2, "")
    assert answer.error == {
        "code": "usage",
        "message": said,
        "next": "see suanquan simulate --help",
    }


@pytest.mark.parametrize("share", ["-0.1", "1.1", "1.000000001", "1e-3", "half", "nan", ".5", ""])
def test_a_share_out_of_range_is_refused(suanquan: Run, share: str) -> None:
    answer = suanquan("simulate", *KAFKA, f"--late={share}", "--json", "--lang", "en")
    assert (answer.status, answer.error["code"]) == (2, "bad_share")
    assert answer.error["message"] == f"--late is not a usable share: {share}"


def test_not_everything_can_be_dropped(suanquan: Run) -> None:
    answer = suanquan("simulate", *KAFKA, "--dropped", "1.0", "--json", "--lang", "zh")
    assert (answer.status, answer.error["code"]) == (2, "bad_share")
    assert "不含 1" in answer.error["next"]


def test_security_is_checked_before_anything_connects(suanquan: Run) -> None:
    answer = suanquan("simulate", *KAFKA, "--json", SUANQUAN_KAFKA_SECURITY_PROTOCOL="TLS")
    assert (answer.status, answer.error["code"]) == (2, "bad_setting")
