"""A replay on a real Dask cluster of two workers, of which one dies, is that of one process."""

import os
from collections.abc import Iterator, Sequence
from signal import SIGKILL

import pytest
from distributed import LocalCluster

from ledger.cluster import by_dask
from ledger.errors import InvalidInputError
from ledger.history import Place, StoredHistory
from ledger.partial import Partial, Span
from ledger.projection import PROJECTIONS
from ledger.rebuild import rebuild
from ledger.replay import derives_of
from ledger.spans import Job, here
from tests.ledger import books
from tests.ledger.conftest import CODE, Ledger, fill

DERIVES = derives_of(PROJECTIONS)


def test_a_cluster_of_which_a_worker_dies_gives_what_one_process_gives(ledger: Ledger) -> None:
    fill(ledger)
    ledger.append(*books.year(CODE), stream="books")
    job = Job(Place(url=ledger.url), DERIVES)
    killed: list[int] = []
    with (
        LocalCluster(  # type: ignore[no-untyped-call]
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        ledger.read.connect() as connection,
    ):

        def run(spans: Sequence[Span]) -> Iterator[Partial]:
            for partial in by_dask(job, cluster.scheduler_address)(spans):
                if not killed:
                    killed.append(next(iter(cluster.workers.values())).process.pid)
                    os.kill(killed[0], SIGKILL)
                yield partial

        history = StoredHistory(connection)
        sizes = {name: head.size for name, head in history.heads().items()}
        found = rebuild(history, PROJECTIONS, sizes, run, width=256)
        assert found == rebuild(history, PROJECTIONS, sizes, here(history, DERIVES), width=256)
        assert all(found.rows.values())
    assert killed


def test_an_address_where_nobody_listens_is_named() -> None:
    job = Job(Place(url="sqlite:///x"), DERIVES)
    with pytest.raises(InvalidInputError, match=r"no scheduler at tcp://127\.0\.0\.1:1") as told:
        list(by_dask(job, "tcp://127.0.0.1:1")([Span("usage", 0, 1)]))
    assert told.value.code == "no_cluster"
    with pytest.raises(InvalidInputError, match="no scheduler at nonsense://"):
        list(by_dask(job, "nonsense://")([]))
