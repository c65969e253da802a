"""A real Apache Kafka 4 from its jars by Maven: one node, broker and controller."""

import base64
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tests.servers import BrokenServerError, MissingServerError, alone, find_program

START_TIMEOUT_S: Final = 60

KAFKA_VERSION: Final = "4.1.0"
KAFKA_JARS: Final = Path(__file__).parents[2] / ".cache" / "kafka" / KAFKA_VERSION

_POM: Final = f"""<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>cn.suanquan</groupId><artifactId>broker</artifactId><version>1</version>
  <packaging>pom</packaging>
  <dependencies><dependency>
    <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
    <version>{KAFKA_VERSION}</version>
  </dependency></dependencies>
</project>
"""

# One node is broker and controller; short sessions are allowed so that a test need not wait long.
_BROKER_PROPERTIES: Final = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
log.dirs={data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
"""

_FORMAT: Final = ("kafka.tools.StorageTool", "format")


class Broker:
    """A broker that can be killed and started again, with its address and its data."""

    def __init__(self, command: list[str], home: Path, port: int) -> None:
        self.bootstrap = f"127.0.0.1:{port}"
        self._command = command
        self._log = home / "log"
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when the broker answers; raise `BrokenServerError` with its log if it does not."""
        with self._log.open("ab") as log:
            # A session of its own: Ctrl-C is for whoever waits, who then stops the broker.
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, start_new_session=True
            )
        _wait_for_port(self._port, self._process, self._log)

    def kill(self) -> None:
        """End the broker by SIGKILL, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def kafka(more_properties: str = "") -> Iterator[str]:
    """Yield `host:port` of an Apache Kafka broker that lives as long as the context.

    `more_properties` are lines of its configuration that add to ours or overrule them; `{port}` and
    `{controller}` in them are the ports that it was given.
    """
    with kafka_broker(more_properties) as broker:
        yield broker.bootstrap


@contextmanager
def kafka_broker(more_properties: str = "") -> Iterator[Broker]:
    """Yield an Apache Kafka broker that can be killed and started again, as `kafka` does."""
    program = find_program("java", "openjdk-17-jre-headless")
    with alone("kafka"):
        jars = _kafka_jars()
    port, controller = free_ports(2)
    home = Path(tempfile.mkdtemp(prefix="kafka-"))
    try:
        properties = home / "server.properties"
        properties.write_text(
            (_BROKER_PROPERTIES + more_properties).format(
                port=port, controller=controller, data=home / "data"
            )
        )
        # The second compiler pays for itself after minutes only.
        java = [program, "-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp", f"{jars}/*"]
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        with (home / "log").open("wb") as log:
            subprocess.run(
                # One word each: an identifier may begin with a dash.
                [*java, *_FORMAT, f"--cluster-id={cluster}", f"--config={properties}"],
                check=True,
                stdout=log,
                stderr=log,
            )
        broker = Broker([*java, "kafka.Kafka", str(properties)], home, port)
        try:
            broker.start()
            yield broker
        finally:
            broker.kill()
    finally:
        shutil.rmtree(home)


def _kafka_jars() -> Path:
    """Return the directory of the broker's jars, fetched by Maven where it is not there yet."""
    if not KAFKA_JARS.exists():
        maven = find_program("mvn", "maven")
        KAFKA_JARS.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=KAFKA_JARS.parent) as scratch:
            (Path(scratch) / "pom.xml").write_text(_POM)
            fetched = subprocess.run(
                [maven, "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars"],
                cwd=scratch,
                check=False,
                capture_output=True,
                text=True,
            )
            if fetched.returncode != 0:
                raise MissingServerError(fetched.stdout[-2000:])
            # Whole or not at all, whoever else fetches it at the same time.
            with suppress(OSError):
                (Path(scratch) / "jars").rename(KAFKA_JARS)
    return KAFKA_JARS


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback address that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _wait_for_port(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    """Return when a server answers; its log is the error when it ends or stays silent."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while server.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise BrokenServerError(log.read_text())
