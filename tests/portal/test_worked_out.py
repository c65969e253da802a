"""What takes the whole ledger: at once for a small one, by a process apart for a large one."""

import time

import pytest

from ledger.database import Connection
from ledger.read import read_heads
from portal.known import worked_out
from portal.known.worked_out import Found, work_out
from tests.portal.office import Office, office
from tests.small_ledger import events

__all__ = ["office"]

WAIT_S = 120
LINES = ("enterprise 420100 甲", "enterprise 420100 乙")


def count_entries(connection: Connection, log: str) -> int:
    """Return how many entries a log has."""
    return {name: head.size for name, head in read_heads(connection).items()}[log]


def fail(connection: Connection) -> int:
    """Return nothing."""
    raise ZeroDivisionError(connection)


def ask(office: Office) -> Found[int]:
    """Return what is known of the size of an office's book."""
    url = office.ledger.read.url.render_as_string(hide_password=False)
    with office.ledger.reading() as connection:
        return work_out(url, connection, count_entries, "book")


def test_a_small_ledger_is_worked_out_as_it_stands(office: Office) -> None:
    for line in LINES:
        office.ledger.append(*events(line))
        found = ask(office)
        assert found.is_current
        assert found.value == found.sizes["book"]


def test_a_large_one_is_shown_as_it_was_until_it_is_worked_out_anew(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worked_out, "APART_ENTRIES", 0)
    monkeypatch.setattr(worked_out, "REST_S", 0.0)
    assert ask(office) == Found(None, {}, is_current=False)
    first = wait(office)
    assert first.value == first.sizes["book"]
    office.ledger.append(*events(LINES[0]))
    stale = ask(office)
    assert (stale.value, stale.sizes, stale.is_current) == (first.value, first.sizes, False)
    again = wait(office)
    assert again.value == again.sizes["book"] > first.sizes["book"]


def test_a_process_that_fails_is_followed_by_another(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worked_out, "APART_ENTRIES", 0)
    monkeypatch.setattr(worked_out, "REST_S", 0.0)
    url = office.ledger.read.url.render_as_string(hide_password=False)
    begun = []
    monkeypatch.setattr(worked_out, "_begin", lambda *_: begun.append(1))
    with office.ledger.reading() as connection:
        for _ in range(2):
            assert work_out(url, connection, fail).value is None
    assert len(begun) == 2


def wait(office: Office) -> Found[int]:
    """Return what is worked out of the ledger as it stands, once it is."""
    until = time.monotonic() + WAIT_S
    while not (found := ask(office)).is_current:
        assert time.monotonic() < until, "nobody works it out"
        time.sleep(0.05)
    return found
