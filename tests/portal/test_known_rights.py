"""What is kept of people's rights in a process is what the book says now, never what it said."""

import pytest

from ledger.erasable import read_person
from ledger.read import read_heads
from portal.known import rights as known_rights
from portal.known.rights import KnownRights
from tests.portal.office import Office, office

__all__ = ["office"]


def require_agreement(office: Office, known: KnownRights, *people: str) -> None:
    """Compare what is kept with what the book says now, asked twice."""
    with office.ledger.read.connect() as connection:
        size = read_heads(connection)["book"].size
        for person in people * 2:
            assert known.of(connection, person) == read_person(connection, person, size), person


def test_what_is_kept_of_rights_is_what_the_book_says(office: Office) -> None:
    known = KnownRights()
    require_agreement(office, known, "task-2", "firm-1", "nobody")
    office.open("auditor-9", "auditor", None, by=["admin-1"])
    require_agreement(office, known, "task-2", "auditor-9", "nobody")
    office.ask("admin-1", "user", "revoke", "task-2", "--role", "task_force")
    with office.ledger.read.connect() as connection:
        assert not known.of(connection, "task-2").grants.get("task-2")
    require_agreement(office, known, "task-2", "firm-1")


def test_nothing_is_read_again_of_a_book_that_stands_still(office: Office) -> None:
    known = KnownRights()
    with office.ledger.read.connect() as connection:
        assert known.of(connection, "task-2") is known.of(connection, "task-2")


def test_no_more_people_are_kept_than_fit(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_rights, "PEOPLE_KEPT", 1)
    known = KnownRights()
    require_agreement(office, known, "task-2", "firm-1")
    assert len(known._kept) == 1  # noqa: SLF001 - nothing else tells what is kept
