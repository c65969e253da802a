"""The units and the compose file call commands that there are, with options that they take."""

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml  # type: ignore[import-untyped]

from portal.cli import cli

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def parse(arguments: list[str]) -> None:
    """Raise unless the command line takes some arguments; nothing is run."""
    command: click.Command = cli
    while isinstance(command, click.Group) and arguments:
        command = command.commands[arguments.pop(0)]
    command.make_context(command.name, arguments)


@pytest.mark.parametrize("unit", UNITS, ids=lambda one: one.name)
def test_a_unit_starts_a_command_that_there_is(unit: Path) -> None:
    started = re.search(r"^ExecStart=(.*)$", unit.read_text("utf-8"), re.MULTILINE)
    assert started is not None
    words = shlex.split(started[1])
    if words[0] == "/bin/sh":
        words = shlex.split(re.sub(r"\$\$\(.*?\)", "today", words[2]))
    parse(words[next(n for n, word in enumerate(words) if word.endswith("/suanquan")) + 1 :])


def test_containers_start_commands_that_there_are() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    ours = [one for one in services.values() if one["image"] == "suanquan"]
    assert len(ours) == 4
    for one in ours:
        parse(list(one["command"]))


def test_the_proxy_keeps_every_spelling_of_an_address_inside() -> None:
    proxy = (DEPLOY / "nginx.conf").read_text("utf-8")
    kept = re.findall(r"location (\S+) (\S+) \{ deny all; \}", proxy)
    # An address that has to be equal is another one with a slash at its end, but not to the portal.
    assert kept == [("^~", "/metrics"), ("^~", "/readyz")]


def test_settings_of_the_example_are_settings() -> None:
    known = set(
        re.findall(r"`(SUANQUAN_[A-Z_]+)`", (DEPLOY.parent / "README.md").read_text("utf-8"))
    )
    lines = (DEPLOY / "suanquan.env.example").read_text("utf-8").splitlines()
    names = {line.partition("=")[0] for line in lines}
    assert names - known == {"KAFKA_BOOTSTRAP"}
