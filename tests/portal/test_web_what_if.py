"""What if: a value changed by a form, worked out over the history, and nothing recorded."""

from portal.what_if import _at_work
from tests.portal.lobby import Lobby, lobby, office, on_sqlite

__all__ = ["lobby", "office"]

CHANGE = {"rule": "hubei@2022", "name": "yearly_cap_fen", "value": "5万元"}
MONTHS = {"month_from": "2022-07", "month_to": "2022-11"}


def test_a_lower_cap_is_shown_with_who_gets_less(lobby: Lobby) -> None:
    browser = lobby.browser("task-1", "en")
    before = lobby.office.ask("", "log", "list")
    browser.open("/what-if")
    shown = browser.send("/what-if", **CHANGE, **MONTHS).text
    assert "What it comes to" in shown
    assert "180,000.00" in shown
    assert "100,000.00" in shown  # another programme pays more by then
    assert "Who gets less" in shown
    assert "华智科技" in shown
    assert shown.count('class="bar other"') == 5
    assert lobby.office.ask("", "log", "list") == before


@on_sqlite
def test_what_cannot_be_changed_so_is_told_beside_its_field(lobby: Lobby) -> None:
    browser = lobby.browser("task-1")
    browser.open("/what-if")
    for typed, field in (
        ({"value": ""}, "value"),
        ({"value": "much"}, "value"),
        ({"name": "id"}, "value"),
        ({"month_from": "2010-01"}, "month_from"),
        ({"month_from": "July"}, "month_from"),
    ):
        answer = browser.send("/what-if", **{**CHANGE, **MONTHS, **typed})
        assert answer.status_code == 400, typed
        assert f'id="{field}-wrong"' in answer.text, typed
    assert browser.send("/what-if", **{**CHANGE, "rule": "none@1"}).status_code == 400


@on_sqlite
def test_one_is_worked_out_at_a_time_and_for_the_task_force_alone(lobby: Lobby) -> None:
    browser = lobby.browser("task-1")
    browser.open("/what-if")
    with _at_work:
        assert browser.send("/what-if", **CHANGE, **MONTHS).status_code == 409
    assert browser.send("/what-if", **CHANGE, **MONTHS).status_code == 200
    for who in ("authority-1", "finance-1", "auditor-1", "admin-1", "firm-1"):
        assert lobby.browser(who).open("/what-if").status_code == 403
