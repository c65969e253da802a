"""One month's run, ended at a point and gone on with by two: the log and files of a quiet run."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import psycopg

from ledger.database import make_url, open_engine
from ledger.read import read_heads
from ledger.runs import Key, read_runs
from portal.commands.log_commands import sign_heads
from tests.portal.killed import CONTEXT, Looking, Order
from tests.portal.schedules import AUGUST, Centre


class End(NamedTuple):
    """What a ledger and its home hold: each log's size and root, the files, what the runs say."""

    heads: dict[str, tuple[int, bytes]]
    files: dict[str, bytes]
    outcomes: dict[Key, str | None]


class Scene:
    """A centre before its first run, of which each story takes a copy."""

    def __init__(self, folder: Path, server: str | None) -> None:
        self._folder, self._server, self._number = folder, server, 0
        with self._copied() as (url, home), closing(Centre(url, home)) as centre:
            # Salts and keys are this home's secret: with others every leaf and note would differ.
            centre.shell.salt("urn:test", "1")
            sign_heads(centre.shell)
            self._base = url, home

    def quiet(self) -> tuple[End, list[str]]:
        """Return what a run leaves that nobody disturbs, and the points that it passes."""
        with self._copied() as (url, home):
            passed = Looking(Order(url, home, AUGUST)).end()
            assert passed is not None
            return _end(url, home), passed

    def ended_at(self, point: int) -> End:
        """Return what is left of a run that is ended at a point and gone on with by two."""
        with self._copied() as (url, home):
            assert Looking(Order(url, home, AUGUST, point)).end() is None
            _let_leases_end(url)
            start = CONTEXT.Barrier(2)
            two = [Looking(Order(url, home, AUGUST), start) for _ in range(2)]
            for one in two:
                assert one.end() is not None
            return _end(url, home)

    @contextmanager
    def _copied(self) -> Iterator[tuple[str, Path]]:
        """Yield the URL and the home of a copy; the first one is what is copied, and stays."""
        self._number += 1
        home = self._folder / str(self._number)
        base = getattr(self, "_base", None)
        if base is not None:
            shutil.copytree(base[1], home)
        if self._server is None:
            yield f"sqlite:///{home / 'suanquan.db'}", home
        else:
            name = f"{self._folder.name.replace('-', '_')}_{self._number}"
            template = "template0" if base is None else make_url(base[0]).database
            server = self._server.replace("+psycopg", "")
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(
                    f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy'
                )
            yield self._server.replace("/postgres?", f"/{name}?"), home
            if base is not None:
                with psycopg.connect(server, autocommit=True) as connection:
                    connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        if base is not None:
            shutil.rmtree(home)


def _let_leases_end(url: str) -> None:
    """Let time pass until nobody holds a run any more; the clocks stand, for bytes to compare."""
    engine = open_engine(url, "write")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE scheduled_run SET held_until_ms = {AUGUST} WHERE state = 'running'"
        )
    engine.dispose()


def _end(url: str, home: Path) -> End:
    """Return what a ledger and its home hold, each run of which is done."""
    engine = open_engine(url, "audit")
    with engine.connect() as connection:
        heads = {one.name: (one.size, one.root) for one in read_heads(connection).values()}
        found = read_runs(connection)
    engine.dispose()
    assert {one.state for one in found} == {"done"}, found
    folders = (home / "statements", home / "reconciliations", home / "checkpoints")
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    # Whoever was killed before a file got its name left the draft, which is nobody's.
    files = {one.name: one.read_bytes() for one in paths if not one.name.startswith(".")}
    return End(heads, files, {one.key: one.outcome for one in found})
