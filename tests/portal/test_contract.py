"""The README's table of commands is the command tree: nothing missing, nothing promised."""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from portal.cli import cli

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


def listed(readme: str) -> set[str]:
    """Return the commands in the first column of the table under `## Commands`."""
    section = readme.partition("\n## Commands\n")[2].partition("\n## ")[0]
    first_cells = re.findall(r"^\|([^|]*)\|", section, re.MULTILINE)
    return {name for cell in first_cells for name in re.findall(r"`([^`]+)`", cell)}


def existing(command: click.Command, path: str = "") -> Iterator[str]:
    """Yield every command that does something, with the groups that lead to it."""
    if not isinstance(command, click.Group):
        yield path
        return
    if command.invoke_without_command:
        yield path
    for name, inner in command.commands.items():
        yield from existing(inner, f"{path} {name}".strip())


def test_the_readme_lists_the_commands_that_exist() -> None:
    assert listed(README.read_text("utf-8")) == set(existing(cli))


def named(text: str) -> set[str]:
    """Return the commands that a text names in backticks, by their group and their name."""
    return set(re.findall(r"`suanquan ([a-z][a-z-]* [a-z][a-z-]*)", text))


def test_no_page_names_a_command_that_does_not_exist() -> None:
    known = {name[:end] for name in existing(cli) for end in _ends(name)}
    groups = {name.partition(" ")[0] for name in known if " " in name}
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/*.md")]
    assert len(pages) > 20
    for page in pages:
        for name in named(page.read_text("utf-8")):
            group = name.partition(" ")[0]
            assert (name if group in groups else group) in known, (page.name, name)


def _ends(name: str) -> list[int]:
    """Return where the words of a command's name end."""
    return [found.end() for found in re.finditer(r"\S+", name)]


def test_a_command_is_told_from_its_arguments() -> None:
    assert named("`suanquan log keys`, `suanquan verify x.pdf`, suanquan log list") == {
        "log keys",
        "verify x",
    }


def test_only_the_first_column_of_that_table_names_commands() -> None:
    readme = (
        "# x\n\n| `other` | x |\n\n## Commands\n\n| command | what it does |\n|---|---|\n"
        "| `log list`, `log check` | sign `x` |\n\nEach takes `--json`.\n"
        "\n## Settings\n\n| `S` | x |\n"
    )
    assert listed(readme) == {"log list", "log check"}


def test_commands_are_found_through_their_groups() -> None:
    inner = click.Group("log", commands={"check": click.Command("check")})
    outer = click.Group("x", commands={"log": inner, "demo": click.Command("demo")})
    assert set(existing(outer)) == {"log check", "demo"}
    inner.invoke_without_command = True
    assert set(existing(outer)) == {"log", "log check", "demo"}
