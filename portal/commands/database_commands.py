"""`suanquan db`: build or upgrade the database."""

import click

from ledger.database import open_engine
from ledger.text import Text
from portal.options import answers
from portal.shell import Result, Shell


@click.group()
def db() -> None:
    """Build or upgrade the database."""


@db.command(epilog="Example:  suanquan db upgrade --json")
@answers
def upgrade(shell: Shell) -> Result:
    """Apply every migration that the database lacks."""
    revision = shell.create_schema()
    dialect = open_engine(shell.settings.database_url, "own").dialect.name
    shown = Text(f"数据库（{dialect}）版本：{revision}", f"{dialect} is at revision {revision}")
    return Result({"revision": revision, "dialect": dialect}, shell.say(shown))
