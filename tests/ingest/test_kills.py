"""SIGKILL to workers, broker and PostgreSQL at random moments, under load: all is recorded once."""

import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ledger.database import TRANSACTION_IDLE_MAX_MS
from tests.ingest.kills import kill_again_and_again, running_scene
from tests.ingest.topics import Driven, Kafka, check_batches, ids, structured, usage

Ledger = Any

KILLS = 3
DOWN_S = 1.0


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_whatever_is_killed_nothing_is_lost_or_doubled(
    make_ledger: Callable[[str], Ledger], tmp_path: Path
) -> None:
    with running_scene(make_ledger, tmp_path) as scene:
        kill_again_and_again(scene, KILLS, DOWN_S)


def test_a_worker_frozen_in_its_transaction_does_not_stop_the_others(
    broker: str, postgres_database: str, make_ledger: Callable[[str], Ledger]
) -> None:
    with closing(make_ledger(postgres_database)) as ledger, closing(Kafka(broker)) as kafka:
        with ledger.engine.connect() as connection:
            name = "idle_in_transaction_session_timeout"
            query = text(f"SELECT setting FROM pg_settings WHERE name = '{name}'")
            assert connection.scalar(query) == str(TRANSACTION_IDLE_MAX_MS)
        topic = kafka.topic()
        kafka.send(topic, [structured(usage(i)) for i in range(1_000)])
        frozen = Driven(ledger.url, broker, topic, "freeze")
        other: Driven | None = None
        try:
            frozen.wait_until("reading")
            # It holds the rows of the stream and of the log's head.
            frozen.wait_until("frozen")
            other = Driven(ledger.url, broker, topic)
            assert other.end() == [1_000, 1_000, 0, 0]
            frozen.process.send_signal(signal.SIGCONT)
            assert frozen.end() == [0, 0, 0, 0]
        finally:
            for one in filter(None, (frozen, other)):
                one.kill()
        assert ids(ledger) == [f"{i:06}" for i in range(1_000)]
        check_batches(ledger, topic, 0, 1_000, 1_000)
        assert ledger.findings() == []
