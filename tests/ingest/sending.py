"""Usage that comes all the time, whatever is killed, and what of it Kafka acknowledged."""

import random
import threading
import time
from collections import defaultdict
from functools import partial
from types import TracebackType
from typing import Any, Self

from kafka import KafkaProducer

from tests.ingest.topics import KEY, STRUCTURED, usage

PAUSE_S = 0.02
BURST = 12
FLUSH_S = 60


class Load:
    """A producer that sends while its context lasts: idempotent, acknowledged by all replicas.

    Each partition has a source of its own, whose ids grow. Now and then an event comes twice, as
    from an agent that lost an answer.
    """

    def __init__(self, bootstrap: str, topic: str, partitions: int, dice: random.Random) -> None:
        self.failed: list[BaseException] = []
        self._topic = topic
        self._dice = dice
        self._made = [0] * partitions
        self._acknowledged: dict[int, dict[int, str]] = defaultdict(dict)
        self._stopping = threading.Event()
        self._producer = KafkaProducer(
            bootstrap_servers=bootstrap,
            enable_idempotence=True,
            acks="all",
            linger_ms=5,
            delivery_timeout_ms=600_000,
            reconnect_backoff_max_ms=500,
        )
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._producer.close(FLUSH_S)

    def stop(self) -> None:
        """Send no more, and return when all that was sent is acknowledged."""
        self._stopping.set()
        self._thread.join()
        self._producer.flush(FLUSH_S)

    def sent(self, partition: int) -> list[str]:
        """Return the ids in a partition by offset, those that came twice included.

        Raises when one was not acknowledged: then what follows is not what it seems.
        """
        assert not self.failed, self.failed
        held = self._acknowledged[partition]
        assert sorted(held) == list(range(len(held))), "an offset was not acknowledged"
        return [held[offset] for offset in range(len(held))]

    def _run(self) -> None:
        """Send until stopped."""
        while not self._stopping.is_set():
            partition = self._dice.randrange(len(self._made))
            for _ in range(self._dice.randint(1, BURST)):
                self._send(partition)
            time.sleep(self._dice.uniform(0, 2 * PAUSE_S))

    def _send(self, partition: int) -> None:
        """Send the next event of a partition, or one of the last ones again."""
        number = self._made[partition]
        if number and self._dice.random() < 0.1:
            number = self._dice.randrange(max(0, number - 50), number)
        else:
            self._made[partition] += 1
        future = self._producer.send(
            self._topic,
            key=KEY,
            value=usage(number, source=f"urn:{partition}"),
            headers=STRUCTURED,
            partition=partition,
        )
        future.add_callback(partial(self._note, f"{number:06}"))
        future.add_errback(self.failed.append)

    def _note(self, event_id: str, metadata: Any) -> None:  # noqa: ANN401 - the library has no types
        """Note where an event was put."""
        self._acknowledged[metadata.partition][metadata.offset] = event_id
