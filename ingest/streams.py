"""The streams that a topic's partitions are: what the database knows of each."""

from ingest.judge import JUDGED_RECORDS
from ingest.topic import stream_of
from ledger.store import Store


class Streams:
    """The partitions of one topic in one ledger; `identity` is the topic's, as last heard."""

    def __init__(self, store: Store, topic: str) -> None:
        self._store = store
        self._topic = topic
        self.identity = ""

    def name(self, partition: int) -> str:
        """Return a partition's name for people."""
        return f"{self._topic}/{partition}"

    def stream(self, partition: int) -> str:
        """Return the name of the stream that a partition is."""
        return stream_of(self._topic, partition, self.identity)

    def position(self, partition: int) -> int:
        """Return where a partition's stream stands, zero where it was never seen."""
        return self.find_position(partition) or 0

    def find_position(self, partition: int) -> int | None:
        """Return where a partition's stream stands, None where it was never seen."""
        return self._store.find_position(self.stream(partition))

    def find_older(self, partition: int) -> dict[str, int]:
        """Return where the streams of other topics stand that have this one's name."""
        plain, own = stream_of(self._topic, partition, ""), self.stream(partition)
        found = self._store.streams(plain)
        return {
            one: at for one, at in found.items() if one.partition("#")[0] == plain and one != own
        }

    def find_bad(self, partition: int, position: int) -> list[bool]:
        """Return whether each of the newest offsets before a position was refused."""
        newest = range(max(0, position - JUDGED_RECORDS), position)
        bad = self._store.refused(self.stream(partition), newest.start, newest.stop)
        return [offset in bad for offset in newest]
