"""Statements printed in numbers: the same here and by processes, and nobody sees one too early."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from multiprocessing import active_children
from pathlib import Path
from signal import SIGKILL
from subprocess import PIPE, Popen
from sys import executable
from typing import Final

import pytest

from ledger.codec import encode
from ledger.errors import InvalidInputError
from ledger.events import EnterpriseRegistered
from ledger.identifiers import synthetic_credit_code
from reports.fonts import Fonts
from reports.formats import FORMATS, Format
from reports.issue import Issued, Press, path_in
from reports.print_room import Made, Wanted, count_processes, print_room
from reports.reading import read_snapshot
from reports.snapshot import Snapshot
from tests.small_ledger import SALT, SmallLedger, events

CODES: Final = [synthetic_credit_code(f"print-{number}") for number in range(4)]
ODD: Final = CODES[1]

_LEFT = """
import sys, time
from pathlib import Path
from reports.fonts import CACHE, load
from reports.issue import Press
from reports.print_room import print_room
with print_room(Press(Path(sys.argv[1]), load(CACHE))) as room:
    print(room.press.home, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def snapshot(tmp_path: Path) -> Iterator[Snapshot]:
    """Yield a ledger of four enterprises, the name of one of which cannot be printed."""
    with closing(SmallLedger(f"sqlite:///{tmp_path / 'ledger.db'}")) as ledger:
        ledger.append(*events("resource a100 accelerator card 2021-12-01 0.32"))
        for number, code in enumerate(CODES):
            lines = (
                f"enterprise 420100 企业{number}",
                f"contract C-{number} 2022-03-01 2022-12-31 0.06 a100=12.50/card_hour",
                f"usage a100 {number + 1} 2022-07-01T00:00 2022-07-02T00:00 C-{number}",
            )
            ledger.append(*events("\n".join(lines), code))
        odd = EnterpriseRegistered(name="𠀀𠀁\U0002ffff", registered_region="420100")
        ledger.append(encode("urn:test", "odd", ODD, odd, SALT))
        with ledger.reading() as connection:
            yield read_snapshot(connection)


@pytest.fixture
def press(tmp_path: Path, faces: Fonts) -> Press:
    """Return a press with a home of its own."""
    return Press(tmp_path / "home", faces)


def print_all(
    snapshot: Snapshot, press: Press, processes: int, others: Sequence[Format] = ()
) -> list[Made[str]]:
    """Return what came of July's statements by enterprise, the new ones brought home."""
    wanted: list[tuple[str, Wanted]] = [(code, ("compute", "2022-07", code)) for code in CODES]
    with print_room(press, others) as room:
        made = sorted(room.make(snapshot, wanted, processes), key=lambda one: CODES.index(one.key))
        assert files(press.home) == {}, "no file before its event"
        room.keep(one.outcome for one in made if isinstance(one.outcome, Issued))
    return made


def files(home: Path) -> dict[str, bytes]:
    """Return the bytes of every file among a home's statements."""
    return {one.name: one.read_bytes() for one in (home / "statements").rglob("*.*")}


def test_processes_print_what_one_prints_and_one_that_cannot_be_stops_no_other(
    snapshot: Snapshot, tmp_path: Path, faces: Fonts
) -> None:
    alone, crew = Press(tmp_path / "alone", faces), Press(tmp_path / "crew", faces)
    mine = print_all(snapshot, alone, 1, FORMATS[1:])
    theirs = print_all(snapshot, crew, 2, FORMATS[1:])
    assert active_children() == []
    assert [one.key for one in mine if one.is_new] == [code for code in CODES if code != ODD]
    assert [one.outcome for one in theirs if one.is_new] == [
        one.outcome for one in mine if one.is_new
    ]
    for odd in (mine[1], theirs[1]):
        assert isinstance(odd.outcome, InvalidInputError)
        assert odd.outcome.code == "missing_glyph"
    assert files(crew.home) == files(alone.home)
    assert len(files(crew.home)) == 3 * len(FORMATS)


def test_what_is_not_brought_home_is_gone(snapshot: Snapshot, press: Press) -> None:
    with print_room(press) as room:
        (made,) = room.make(snapshot, [(0, ("compute", "2022-07", CODES[0]))], 1)
        assert isinstance(made.outcome, Issued)
        assert path_in(room.press.home, made.outcome).exists()
    assert files(press.home) == {}
    assert [one.name for one in (press.home / ".printing").iterdir()] == [".lock"]


def test_a_statement_is_composed_when_somebody_is_free_to_print_it(
    snapshot: Snapshot, press: Press
) -> None:
    asked: list[str] = []

    def wanted() -> Iterator[tuple[str, Wanted]]:
        for code in CODES:
            asked.append(code)
            yield code, ("compute", "2022-07", code)

    with print_room(press) as room, closing(room.make(snapshot, wanted(), 1)) as coming:
        next(coming)
        assert asked == CODES[:1]


def test_whoever_was_killed_is_tidied_up_after_and_whoever_lives_is_left_alone(
    press: Press,
) -> None:
    with Popen([executable, "-c", _LEFT, str(press.home)], stdout=PIPE, text=True) as other:
        assert other.stdout is not None
        aside = Path(other.stdout.readline().strip())
        try:
            with print_room(press):
                assert aside.is_dir(), "it lives"
        finally:
            os.kill(other.pid, SIGKILL)
    assert aside.is_dir()
    with print_room(press):
        assert not aside.exists()


def test_a_handful_is_not_worth_a_process() -> None:
    assert count_processes(0) == count_processes(179) == 1
    assert count_processes(1_000_000) == len(os.sched_getaffinity(0))
