"""Statistics: sums of several, and never a figure that is one enterprise's."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Engine

from ledger.config import Settings
from ledger.query import Spread
from portal.known.public_statistics import KEPT_MS, read_kept
from portal.shell import Shell
from reports.public_figures import Figure, read_public_figures, tell
from tests.portal.lobby import Lobby, lobby, office
from tests.portal.stages import pay
from tests.queries import counted
from tests.small_ledger import CODE, SmallLedger, events

__all__ = ["lobby", "office"]

CODES: Final = [CODE, "91420100MA4KGJ3R4X", "91420100MA49P8T68D"]


@pytest.fixture
def ledger(database_url: str) -> Iterator[SmallLedger]:
    with closing(SmallLedger(database_url)) as made:
        made.append(
            *events("resource a100 accelerator card 2021-12-01 0.32"),
            *events("resource ssd storage tb 2021-12-01"),
        )
        yield made


def use(ledger: SmallLedger, month: str, *cards: int) -> None:
    """Record an hour's use of some cards by as many enterprises, and storage that counts not."""
    for code, number in zip(CODES, cards, strict=False):
        span = f"{month}-01T00:00 {month}-01T01:00"
        ledger.append(*events(f"usage a100 {number} {span}\nusage ssd 1000 {span}", code))


def test_what_is_of_few_or_mostly_of_one_is_kept_back() -> None:
    assert tell(Spread(2, 100, 50)) == Figure(None, None)
    assert tell(Spread(3, 100, 81)) == Figure(3, None)
    assert tell(Spread(3, 100, 80)) == Figure(3, 100)
    assert tell(Spread(3, 7_199, 3_600), 3_600) == Figure(3, 1)
    assert tell(Spread(3, 0, 0)) == Figure(3, 0)


def test_card_hours_are_summed_by_month_over_enterprises(ledger: SmallLedger) -> None:
    use(ledger, "2022-07", 1, 2, 3)
    use(ledger, "2022-08", 1, 2)
    use(ledger, "2022-09", 1, 1, 100)
    with ledger.reading() as connection:
        figures = read_public_figures(connection)
    assert figures.months == {
        "2022-07": Figure(3, 6),
        "2022-08": Figure(None, None),
        "2022-09": Figure(3, None),
    }
    assert figures.refunds == []


def test_the_page_names_nobody_and_shows_no_single_refund(lobby: Lobby) -> None:
    pay(lobby.office)
    with lobby.shell.reading() as connection:
        (refund,) = read_public_figures(connection).refunds
    assert (refund.programme, refund.figure) == ("hubei", Figure(None, None))
    text = lobby.browser().open("/statistics").text
    assert "湖北省科技创新券" in text
    for secret in ("华智科技", CODE, "90,000"):
        assert secret not in text


def test_many_who_look_at_once_ask_the_database_once(
    ledger: SmallLedger, database_url: str, tmp_path: Path
) -> None:
    shell = Shell(Settings.of_home(tmp_path, database_url), "zh", as_json=True)
    use(ledger, "2022-07", 1, 2, 3)
    now_ms = 1_700_000_000_000
    first = read_kept(shell, now_ms)
    use(ledger, "2022-08", 1, 2, 3)
    with counted(Engine) as said:
        assert read_kept(shell, now_ms + KEPT_MS - 1) is first
        assert read_kept(shell, now_ms) is first
    assert not said
    with counted(Engine) as said:
        assert list(read_kept(shell, now_ms + KEPT_MS).months) == ["2022-07", "2022-08"]
    assert len(said) <= 12
