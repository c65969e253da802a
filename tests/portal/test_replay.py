"""`suanquan replay` from a database, an export or both, at any size, alone or side by side."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from distributed import LocalCluster

from ledger.projection import PROJECTIONS
from tests.portal.conftest import Run, environment_of


@pytest.fixture
def export(suanquan: Run, tmp_path: Path) -> Path:
    """Return the export of a small ledger with statements of January."""
    path = tmp_path / "year.ndjson"
    suanquan("simulate", "--enterprises", 2, "--days", 40, "--out", path)
    suanquan("ingest", "file", path, "--format", "cloudevents")
    assert suanquan("statement", "make", "--month", "2022-01").status == 0
    assert suanquan("log", "export", tmp_path / "export").status == 0
    return tmp_path / "export"


def facts(answer: dict[str, object]) -> dict[str, object]:
    """Return what must not depend on how a replay was run."""
    return {name: answer[name] for name in ("match", "projections", "logs", "findings")}


def test_every_way_to_run_it_gives_the_same(suanquan: Run, export: Path) -> None:
    first = suanquan("replay", "--json").json
    assert first["match"]
    for options in (("--processes", 2), ("--from", export), ("--fresh",)):
        assert facts(suanquan("replay", *options, "--json").json) == facts(first)


def test_a_dask_cluster_gives_the_same(suanquan: Run, export: Path) -> None:
    first = suanquan("replay", "--json").json
    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        for options in ((), ("--from", export)):
            done = suanquan("replay", "--dask", address, *options, "--json")
            assert done.status == 0, done.err
            assert facts(done.json) == facts(first)
    gone = suanquan("replay", "--dask", address)
    assert gone.status == 2
    assert address in gone.err


def test_an_export_alone_is_enough_for_rows_and_statements(
    suanquan: Run, export: Path, home: Path
) -> None:
    first = suanquan("replay", "--statements", "--json").json
    shutil.rmtree(home)
    answer = suanquan("replay", "--from", export, "--statements", "--json")
    assert answer.status == 0, answer.err
    assert answer.json["statements"] == first["statements"]
    assert answer.json["statements"]["rendered"] > 0
    assert [one["match"] for one in answer.json["projections"]] == [None] * len(PROJECTIONS)
    for ours, theirs in zip(answer.json["projections"], first["projections"], strict=True):
        assert (ours["rows"], ours["digest"]) == (theirs["rows"], theirs["digest"])
    assert not (home / "suanquan.db").exists(), "a replay makes no database"


def test_an_altered_or_missing_bundle_ends_with_status_4_and_its_name(
    suanquan: Run, export: Path
) -> None:
    bundle = export / "usage" / "tile" / "entries" / "000"
    whole = bundle.read_bytes()
    at = whole.index(b'"amount":"') + len(b'"amount":"')
    bundle.write_bytes(whole[:at] + b"9" + whole[at + 1 :])
    answer = suanquan("replay", "--from", export, "--json")
    assert answer.status == 4
    assert "entries/000" in json.dumps(answer.json["findings"])
    bundle.unlink()
    answer = suanquan("replay", "--from", export, "--statements", "--json")
    assert answer.status == 4
    assert "entries/000" in json.dumps(answer.json["findings"])


def test_an_export_of_another_history_than_the_database_is_found(
    suanquan: Run, export: Path, home: Path, tmp_path: Path
) -> None:
    shutil.rmtree(home)
    path = tmp_path / "other.ndjson"
    suanquan("simulate", "--enterprises", 3, "--days", 40, "--out", path)
    suanquan("ingest", "file", path, "--format", "cloudevents")
    answer = suanquan("replay", "--from", export, "--json", "--lang", "en")
    assert answer.status == 4
    assert ("usage", "log.root") in {
        (one["log"], f"{one['table']}.{one['column']}") for one in answer.json["findings"]
    }


def test_an_earlier_size_is_what_usage_says_of_it(suanquan: Run, export: Path) -> None:
    assert export
    options = ("--as-of", "usage=300", "--json")
    answer = suanquan("replay", *options)
    assert answer.status == 0, answer.err
    rows = {one["name"]: one["rows"] for one in answer.json["projections"]}
    asked = suanquan("usage", "--by", "enterprise,contract,day", *options).json
    assert rows["usage_day"] == len(asked["rows"]) > 0
    assert {one["name"]: one["size"] for one in answer.json["logs"]}["usage"] == 300
    beyond = suanquan("replay", "--as-of", "usage=999999999", "--json")
    assert (beyond.status, beyond.error["code"]) == (2, "size_beyond_head")


def test_ctrl_c_ends_all_processes_and_the_next_run_agrees(
    suanquan: Run, export: Path, home: Path, tmp_path: Path
) -> None:
    assert export
    arguments = (sys.executable, "-m", "portal", "replay", "--processes", "2", "--json")
    with subprocess.Popen(
        arguments,
        cwd=tmp_path,
        env=environment_of(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while process.poll() is None and not children.read_text("ascii"):
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)
        # Its pipes end when the last process that holds them is gone.
        _, err = process.communicate(timeout=20)
    assert process.returncode in {0, 130}
    assert b"Traceback" not in err
    assert suanquan("replay", "--json").json["match"]
