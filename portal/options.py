"""Options that every command takes, and how a command's result is printed."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

import click

from ledger.config import Settings
from ledger.text import Language
from portal.shell import Result, Shell, language_of_locale


def answers(function: Callable[..., Result]) -> Callable[..., int]:
    """Return a command that is given a `Shell` first and whose result is printed.

    Adds `--json` and `--lang`. The command returns its exit status.
    """

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    @click.option("--lang", type=click.Choice(["zh", "en"]), help="Language of the words.")
    @wraps(function)
    def command(*, as_json: bool, lang: Language | None, **options: Any) -> int:  # noqa: ANN401 - each command's own
        language = lang or language_of_locale()
        shell = Shell(Settings.load(), language, as_json=as_json)
        result = function(shell, **options)
        shell.print(result)
        return result.exit_status

    return cast("Callable[..., int]", command)
