"""A ledger rebuilt: here, by processes, resumed, from an export: the same; tampering is named."""

import json
import os
import random
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from multiprocessing import active_children
from pathlib import Path
from signal import SIGKILL
from typing import cast

import pytest
from sqlalchemy import Connection, text

from ledger import merkle
from ledger.compact import compact
from ledger.crew import DEATHS_MAX
from ledger.errors import InvalidInputError, LedgerError, TamperedLogError
from ledger.events import LogName
from ledger.export import export_log
from ledger.facts import Facts
from ledger.finding import Finding
from ledger.head import Head
from ledger.history import ExportedHistory, History, Place, StoredHistory, root_of
from ledger.partial import Partial, Span, cut
from ledger.projection import PROJECTIONS, Rows
from ledger.rebuild import Rebuilt, _promises, rebuild
from ledger.replay import derives_of, digest, replay
from ledger.resume import Kept
from ledger.signing import Signer
from ledger.spans import Job, Runner, by_processes, here
from tests.ledger.conftest import (
    CODE,
    OTHER_CODE,
    Ledger,
    fact,
    rebuild_tree,
    set_entry,
    tampering,
    usage,
)
from tests.ledger.test_export import export

DERIVES = derives_of(PROJECTIONS)
WIDTH = 256


def sizes_of(history: History) -> dict[LogName, int]:
    return {name: head.size for name, head in history.heads().items()}


def rebuilt(
    history: History, run: Runner | None = None, kept: Kept | None = None, **sizes: int
) -> Rebuilt:
    wanted = {**sizes_of(history), **sizes}
    runner = run or here(history, DERIVES)
    return rebuild(history, PROJECTIONS, wanted, runner, kept=kept, width=WIDTH)


@contextmanager
def stored(ledger: Ledger) -> Iterator[StoredHistory]:
    with ledger.read.connect() as connection:
        yield StoredHistory(connection)


@pytest.fixture
def exported(evidence: Ledger, tmp_path: Path) -> Path:
    """Return an export of the whole evidence."""
    for log in evidence.heads():
        export(evidence, Signer(tmp_path / "signer"), tmp_path / "export", log)
    return tmp_path / "export"


def place_of(ledger: Ledger) -> Place:
    return Place(url=ledger.url)


# --- the same, whoever runs it ---


def test_the_rows_are_those_stored_and_the_root_is_the_heads(evidence: Ledger) -> None:
    dumped = evidence.dump()
    with stored(evidence) as history:
        found = rebuilt(history)
    assert found.findings == []
    assert found.heads == evidence.heads()
    assert found.resumed == 0
    for name, rows in found.rows.items():
        assert sorted(((*k, *v) for k, v in rows.items()), key=repr) == dumped[name]


def test_processes_give_the_same(evidence: Ledger) -> None:
    with stored(evidence) as history:
        assert rebuilt(history, by_processes(Job(place_of(evidence), DERIVES), 2)) == rebuilt(
            history
        )
    assert active_children() == []


def test_an_export_gives_the_same_here_and_by_processes(evidence: Ledger, exported: Path) -> None:
    history = ExportedHistory(exported)
    job = Job(Place(directory=str(exported)), DERIVES)
    with stored(evidence) as own:
        expected = rebuilt(own)
    assert rebuilt(history) == expected
    assert rebuilt(history, by_processes(job, 2)) == expected


@pytest.mark.parametrize("seed", range(3))
def test_a_random_history_at_any_size_is_the_same_from_everywhere(
    sqlite_ledger: Ledger, tmp_path: Path, seed: int
) -> None:
    source = random.Random(seed)  # noqa: S311 - a test's own, seeded
    states = []
    for batch in range(6):
        events = [
            usage(
                f"{batch}-{number}",
                subject=source.choice((CODE, OTHER_CODE)),
                span_ms=(batch * 10**7, batch * 10**7 + source.randrange(1, 10**8)),
                sequence=str(batch * 1000 + number),
            )
            for number in range(source.randrange(1, 200))
        ]
        sqlite_ledger.append(*events, fact(f"f-{batch}"))
        states.append((sqlite_ledger.heads(), sqlite_ledger.dump()))
    for log in sqlite_ledger.heads():
        export(sqlite_ledger, Signer(tmp_path / "signer"), tmp_path / "export", log)
    histories: Sequence[History] = (ExportedHistory(tmp_path / "export"),)
    with stored(sqlite_ledger) as own:
        for heads, dumped in states:
            for history in (own, *histories):
                found = rebuilt(history, None, None, **{n: h.size for n, h in heads.items()})
                assert (found.heads, found.findings) == (heads, [])
                for name, rows in found.rows.items():
                    assert sorted(((*k, *v) for k, v in rows.items()), key=repr) == dumped[name]


def test_every_width_of_span_gives_the_same(evidence: Ledger) -> None:
    with stored(evidence) as history:
        sizes = sizes_of(history)
        run = here(history, DERIVES)
        found = [rebuild(history, PROJECTIONS, sizes, run, width=256 * n) for n in range(1, 5)]
    assert all(one == found[0] for one in found)


def test_the_order_in_which_spans_come_changes_nothing(evidence: Ledger) -> None:
    with stored(evidence) as history:
        run = here(history, DERIVES)
        backwards = rebuilt(history, lambda spans: iter(list(run(spans))[::-1]))
        assert backwards == rebuilt(history)


def test_every_entry_is_told_to_the_progress(evidence: Ledger) -> None:
    told: list[int] = []
    with stored(evidence) as history:
        sizes = sizes_of(history)
        rebuild(history, PROJECTIONS, sizes, here(history, DERIVES), progress=told.append)
    assert sum(told) == sum(sizes.values())


def test_a_digest_stands_for_rows_and_their_order_is_no_matter() -> None:
    rows: Rows = {("b", 1): (2,), ("a", 2): (3,)}
    assert digest(rows) == digest(dict(reversed(rows.items())))
    assert digest(rows) != digest({("b", 1): (2,), ("a", 2): (4,)})
    assert digest({}) != digest(rows)


# --- processes that die ---


def test_a_killed_process_changes_nothing(evidence: Ledger) -> None:
    job = Job(place_of(evidence), DERIVES)
    killed: list[object] = []

    def run(spans: Sequence[Span]) -> Iterator[Partial]:
        for partial in by_processes(job, 2)(spans):
            if not killed:
                victim = active_children()[0]
                assert victim.pid is not None
                os.kill(victim.pid, SIGKILL)
                killed.append(victim)
            yield partial

    with stored(evidence) as history:
        assert rebuilt(history, run) == rebuilt(history)
    assert killed


def test_processes_end_when_nobody_wants_more(evidence: Ledger) -> None:
    spans = list(cut("usage", 512, WIDTH))
    results = by_processes(Job(place_of(evidence), DERIVES), 2)(spans)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert active_children() == []


def die(_: Facts) -> Rows:
    os.kill(os.getpid(), SIGKILL)
    raise AssertionError


def test_a_span_that_kills_every_process_is_named(evidence: Ledger) -> None:
    job = Job(place_of(evidence), {"x": die})
    with pytest.raises(LedgerError, match=rf"usage \[0, 256\) died {DEATHS_MAX} times") as told:
        list(by_processes(job, 1)([Span("usage", 0, 256)]))
    assert told.value.code == "processes_die"
    assert active_children() == []


def test_what_a_process_finds_is_raised_here(evidence: Ledger, exported: Path) -> None:
    assert evidence
    path = exported / "usage" / "tile" / "entries" / "001"
    path.unlink()
    job = Job(Place(directory=str(exported)), DERIVES)
    with pytest.raises(TamperedLogError, match="entries/001 is missing or altered"):
        rebuilt(ExportedHistory(exported), by_processes(job, 2))
    assert active_children() == []


# --- an interrupted run ---


class InterruptError(Exception):
    pass


def interrupted(run: Runner, after: int) -> Runner:
    """Return a runner that breaks off after some spans."""

    def broken(spans: Sequence[Span]) -> Iterator[Partial]:
        for number, partial in enumerate(run(spans)):
            if number == after:
                raise InterruptError
            yield partial

    return broken


def test_a_resumed_run_gives_the_same_and_does_only_the_rest(
    evidence: Ledger, tmp_path: Path
) -> None:
    kept = Kept(tmp_path / "replay", DERIVES)
    done: list[Span] = []
    with stored(evidence) as history:
        run = here(history, DERIVES)
        expected = rebuilt(history)
        with pytest.raises(InterruptError):
            rebuilt(history, interrupted(run, 2), kept)
        assert len(list((tmp_path / "replay").iterdir())) == 2

        def noted(spans: Sequence[Span]) -> Iterator[Partial]:
            done.extend(spans)
            return run(spans)

        found = rebuilt(history, noted, Kept(tmp_path / "replay", DERIVES))
    assert found == replace(expected, resumed=2)
    assert len(done) == sum(len(list(cut(n, h.size, WIDTH))) for n, h in found.heads.items()) - 2
    assert not (tmp_path / "replay").exists(), "what is finished leaves nothing to believe"


def test_what_was_kept_of_other_bytes_is_not_used(evidence: Ledger, tmp_path: Path) -> None:
    kept = Kept(tmp_path / "replay", DERIVES)
    with tampering(evidence.own) as connection:
        history = StoredHistory(connection)
        with pytest.raises(InterruptError):
            rebuilt(history, interrupted(here(history, DERIVES), 1), kept)
        set_entry(connection, "usage", 3, usage("other", amount="77").raw)
        rebuild_tree(connection, "usage")
        found = rebuilt(history, None, kept)
        assert (found.resumed, found.findings) == (0, [])
        assert found == rebuilt(history)


def test_what_another_program_kept_is_not_used(evidence: Ledger, tmp_path: Path) -> None:
    with stored(evidence) as history:
        run = here(history, DERIVES)
        with pytest.raises(InterruptError):
            rebuilt(history, interrupted(run, 2), Kept(tmp_path, {**DERIVES, "x": die}))
        assert rebuilt(history, None, Kept(tmp_path, DERIVES)).resumed == 0


def test_a_torn_file_is_done_again(evidence: Ledger, tmp_path: Path) -> None:
    kept = Kept(tmp_path / "replay", DERIVES)
    with stored(evidence) as history:
        with pytest.raises(InterruptError):
            rebuilt(history, interrupted(here(history, DERIVES), 1), kept)
        (path,) = (tmp_path / "replay").iterdir()
        whole = path.read_bytes()
        for torn in (b"", whole[:-2], b"[]", b'{"usage_day": 1}', json.dumps({}).encode()):
            path.write_bytes(torn)
            assert kept.load("x", Span("usage", 0, 1), ()) is None
            found = rebuilt(history, None, kept)
            assert found == rebuilt(history)
            path.parent.mkdir(exist_ok=True)


def test_where_the_tiles_do_not_lead_to_the_root_nothing_kept_is_used(
    evidence: Ledger, tmp_path: Path
) -> None:
    kept = Kept(tmp_path / "replay", DERIVES)
    with tampering(evidence.own) as connection:
        history = StoredHistory(connection)
        with pytest.raises(InterruptError):
            rebuilt(history, interrupted(here(history, DERIVES), 2), kept)
        connection.execute(text("UPDATE log SET root = :root"), {"root": bytes(32)})
        found = rebuilt(history, None, kept)
    assert found.resumed == 0
    assert {(one.log, one.table, one.column) for one in found.findings} == {
        ("usage", "log", "root"),
        ("book", "log", "root"),
        ("access", "log", "root"),
    }


# --- what was altered ---


def test_an_entry_that_was_changed_is_found_in_its_tile(evidence: Ledger) -> None:
    with tampering(evidence.own) as connection:
        set_entry(connection, "usage", 300, usage("other").raw)
        history = StoredHistory(connection)
        found = rebuilt(history).findings
        assert [(one.log, one.index, one.table, one.column) for one in found] == [
            ("usage", 256, "chunk", "body"),
            ("usage", None, "log", "root"),
        ]
        assert "entries 256 to 511" in found[0].what.en
        # The rows too, where the change is one of meaning.
        assert any(one.findings for one in replay(connection, PROJECTIONS, sizes_of(history)))


def test_an_earlier_size_is_proved_by_the_head_or_not_at_all(evidence: Ledger) -> None:
    with tampering(evidence.own) as connection:
        history = StoredHistory(connection)
        assert rebuilt(history, usage=300).findings == []
        assert root_of(history, "usage", 300) == rebuilt(history, usage=300).heads["usage"].root
        connection.execute(text("DELETE FROM tile WHERE level = 0 AND start < 256"))
        (finding,) = rebuilt(history, usage=100).findings
    assert (finding.log, finding.table, finding.column) == ("usage", "tile", "hashes")


def damaged(directory: Path, path: str, data: bytes) -> list[Finding]:
    """Return what is found in an export of which a file holds other bytes."""
    (directory / path).write_bytes(data)
    return rebuilt(ExportedHistory(directory)).findings


def test_any_altered_bundle_is_named(exported: Path) -> None:
    for path in sorted((exported / "usage" / "tile" / "entries").rglob("*")):
        if path.is_file():
            whole = path.read_bytes()
            at = whole.index(b'"amount":"') + len(b'"amount":"')
            altered = whole[:at] + b"9" + whole[at + 1 :]
            found = damaged(exported, str(path.relative_to(exported)), altered)
            assert str(path) in found[0].what.en
            assert (found[-1].table, found[-1].column) == ("log", "root")
            path.write_bytes(whole)
    assert rebuilt(ExportedHistory(exported)).findings == []


def test_a_bundle_that_is_missing_or_cut_is_named(exported: Path) -> None:
    path = exported / "usage" / "tile" / "entries" / "000"
    whole = path.read_bytes()
    length = 2 + int.from_bytes(whole[:2])
    for altered in (None, whole[:-1], whole[length:], b""):
        path.unlink() if altered is None else path.write_bytes(altered)
        with pytest.raises(TamperedLogError, match="entries/000 is missing or altered") as told:
            rebuilt(ExportedHistory(exported))
        assert told.value.code == "bad_export"


def test_a_bundle_that_holds_no_event_is_named(exported: Path) -> None:
    path = exported / "usage" / "tile" / "entries" / "001"
    path.write_bytes(path.read_bytes().replace(b'"amount"', b'"amouns"', 1))
    with pytest.raises(TamperedLogError, match=r"usage\[256\] is no event \(.*entries/001\)"):
        rebuilt(ExportedHistory(exported))


def test_a_tree_that_was_altered_as_a_whole_does_not_give_the_signed_root(
    evidence: Ledger, exported: Path, tmp_path: Path
) -> None:
    """Bundles and tiles of another history fit each other, and not the checkpoint."""
    with tampering(evidence.own) as connection:
        set_entry(connection, "usage", 3, usage("other", amount="77").raw)
        rebuild_tree(connection, "usage")
        head = StoredHistory(connection).heads()["usage"]
        signer = Signer(tmp_path / "forger")
        note, key = signer.checkpoint(connection, head), signer.verifier_key(head)
        export_log(connection, head, note, [key], tmp_path / "forged")
    (tmp_path / "forged" / "checkpoint").unlink()
    shutil.copytree(tmp_path / "forged" / "tile", exported / "usage" / "tile", dirs_exist_ok=True)
    (finding,) = rebuilt(ExportedHistory(exported)).findings
    assert (finding.log, finding.table, finding.column) == ("usage", "log", "root")
    (finding, *_) = rebuilt(ExportedHistory(exported), usage=300).findings
    assert (finding.table, finding.column) == ("tile", "hashes")


def test_an_altered_checkpoint_or_a_foreign_one_is_refused(exported: Path) -> None:
    path = exported / "usage" / "checkpoint"
    whole = path.read_text("utf-8")
    for altered in (whole.replace("centre", "center"), whole.replace("\n5", "\n4", 1)):
        path.write_text(altered, "utf-8")
        with pytest.raises(TamperedLogError):
            ExportedHistory(exported)
    path.write_text(whole, "utf-8")
    ExportedHistory(exported)
    for name in ("checkpoint", "vkey", "vkeys"):
        (exported / "usage" / name).write_bytes((exported / "book" / name).read_bytes())
    with pytest.raises(TamperedLogError, match=r"it belongs to centre\.example/book"):
        ExportedHistory(exported)


def test_only_a_key_that_is_given_is_believed(exported: Path) -> None:
    vkeys = [path.read_text("utf-8") for path in sorted(exported.glob("*/vkey"))]
    ExportedHistory(exported, vkeys)
    with pytest.raises(TamperedLogError, match="no signature by a known key"):
        ExportedHistory(exported, vkeys[:1])


def test_a_directory_that_is_no_export_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="should hold every log's export") as told:
        ExportedHistory(tmp_path)
    assert told.value.code == "no_export"


def test_promises_under_a_whole_tile_must_give_the_root_too() -> None:
    """From 65,536 entries on the frontier is read from higher tiles than the spans' hashes are."""
    leaves = [sha256(str(number).encode()).digest() for number in range(65_536 + 3 * 256 + 5)]
    frontier, segments = merkle.extend(merkle.EMPTY_FRONTIER, leaves)
    tiles = {(level, start // 256): data for level, start, data in segments}
    head = Head("usage", "x/usage", len(leaves), merkle.root(frontier))

    class Forged(StoredHistory):
        def heads(self) -> dict[LogName, Head]:
            return {"usage": head}

        def tiles(self, log: LogName) -> merkle.ReadHashes:
            assert log == "usage"
            return merkle.tile_reader(lambda level, index: tiles[level, index])

    history = Forged(cast("Connection", None))
    spans = list(cut("usage", head.size, WIDTH))
    promised = _promises(history, "usage", head.size, spans)
    assert promised == {one: compact(one.start, leaves[one.start : one.end]) for one in spans}
    tiles[1, 0] = bytes(32) + tiles[1, 0][32:]
    assert root_of(history, "usage", head.size) == head.root
    assert _promises(history, "usage", head.size, spans) == {}
