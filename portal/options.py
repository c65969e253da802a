"""Options that every command takes, how its result is printed, and how others ask for it."""

import inspect
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

import click

from ledger.config import Settings
from ledger.text import Language
from portal.shell import Result, Shell, language_of_locale

_ASKED_BY_ALL = frozenset({"as_json", "lang"})


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
        if result.then is not None:
            sys.stdout.flush()
            result.then()
        return result.exit_status

    return cast("Callable[..., int]", command)


def ask(command: click.Command, shell: Shell, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - the command's own
    """Return the object that a command answers with `--json`, for whoever a shell acts as.

    The portal's interface answers by it what the command line does, so that there is one way to an
    answer and one set of keys. An option that is left out has the command's default.
    """
    assert command.callback is not None, command
    function: Callable[..., Result] = inspect.unwrap(command.callback)
    named = {one.name: one for one in command.params if one.name not in _ASKED_BY_ALL}
    assert set(options) <= set(named), set(options) - set(named)
    context = click.Context(command)
    given = {name: _default(one, context) for name, one in named.items() if name not in options}
    return function(shell, **given, **options).data


def _default(parameter: click.Parameter, context: click.Context) -> Any:  # noqa: ANN401 - the option's own
    """Return what a command is given for a parameter that is left out."""
    value = parameter.get_default(context)
    if not parameter.value_is_missing(value):
        return value
    return () if parameter.nargs == -1 or getattr(parameter, "multiple", False) else None
