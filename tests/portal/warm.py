"""The command line started once: each command is a fork of a process that has imported it all.

A shell script of eighty commands spends most of its time on imports. The `suanquan` that it finds
is a small client, which hands its words, directory, environment and streams to the server.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from portal.cli import run

ROOT: Final = Path(__file__).parents[2]

CLIENT: Final = """#!{python} -ES
import json, os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({path!r})
said = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(server, [len(said).to_bytes(4, "big")], [0, 1, 2])
server.sendall(said)
sys.exit(int(server.recv(8)))
"""


@contextmanager
def warm_command(folder: Path) -> Iterator[None]:
    """Put a `suanquan` into a folder that answers as long as the context lasts."""
    with TemporaryDirectory() as made:
        path = str(Path(made) / "socket")
        client = folder / "suanquan"
        client.write_text(CLIENT.format(python=sys.executable, path=path), "utf-8")
        client.chmod(0o755)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path)
            listening.listen()
            server = subprocess.Popen(
                [sys.executable, "-m", "tests.portal.warm", str(listening.fileno())],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
                pass_fds=[listening.fileno()],
                stdin=subprocess.DEVNULL,
            )
            try:
                yield
            finally:
                server.terminate()
                server.wait()


def serve(listening: socket.socket) -> None:
    """Answer each command in a process of its own."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        asking, _ = listening.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listening.close()
            status = answer(asking)
            asking.sendall(str(status).encode())
            os._exit(0)
        asking.close()


def answer(asking: socket.socket) -> int:
    """Return the exit status of a command that is run where and how the client would have."""
    head, streams, _, _ = socket.recv_fds(asking, 4, 3)
    said = b""
    while len(said) < int.from_bytes(head, "big"):
        said += asking.recv(65_536)
    words, directory, environment = json.loads(said)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    # What it was opened on may be sought in, and a pipe may not.
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - a descriptor
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    status = run(words)
    sys.stdout.flush()
    sys.stderr.flush()
    return status


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
