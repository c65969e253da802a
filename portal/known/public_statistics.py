"""The public's statistics, worked out once for many who look at the same time."""

from threading import Lock
from typing import Any, Final

from portal.shell import Shell
from reports.public_figures import Figure, PublicFigures, read_public_figures

# They add up every day of every enterprise; nobody needs them fresher than a few minutes.
KEPT_MS: Final = 5 * 60_000

_kept: dict[str, tuple[int, PublicFigures]] = {}
_lock = Lock()


def read_kept(shell: Shell, at_ms: int) -> PublicFigures:
    """Return what the public is told of a ledger, at most `KEPT_MS` old."""
    url = shell.settings.database_url
    with _lock:
        since_ms, figures = _kept.get(url, (0, None))
        if figures is None or not 0 <= at_ms - since_ms < KEPT_MS:
            with shell.reading() as connection:
                figures = read_public_figures(connection)
            _kept[url] = at_ms, figures
        return figures


def show_statistics(shell: Shell, at_ms: int) -> dict[str, Any]:
    """Return the same as rows: card-hours by month, and refunds by year and programme.

    A sum that is kept back is None, and so is a count below the least that is told.
    """
    found = read_kept(shell, at_ms)
    return {
        "months": [
            {"month": month, **_told(one, "card_hours")} for month, one in found.months.items()
        ],
        "refunds": [
            {"year": one.year, "programme": one.programme, **_told(one.figure, "paid_fen")}
            for one in found.refunds
        ],
    }


def _told(figure: Figure, name: str) -> dict[str, int | None]:
    """Return a figure under the name of what it sums."""
    return {"enterprises": figure.enterprises, name: figure.total}
