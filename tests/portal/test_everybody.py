"""What is kept of everybody in a process says what the book says, at any of its sizes."""

from ledger.erasable import read_roster
from ledger.read import read_heads
from portal.known.everybody import Everybody
from tests.portal.office import Office, office

__all__ = ["office"]


def test_what_is_kept_of_everybody_is_what_the_book_says(office: Office) -> None:
    everybody = Everybody()
    with office.ledger.read.connect() as connection:
        size = read_heads(connection)["book"].size
        for at in (size // 2, size, size // 3):
            assert everybody.read_on(connection, at) == read_roster(connection, at), at
    office.open("auditor-9", "auditor", None, by=["admin-1"])
    with office.ledger.read.connect() as connection:
        now = read_heads(connection)["book"].size
        assert now > size
        kept = everybody.read_on(connection, now)
        assert kept == read_roster(connection, now)
        assert "auditor-9" in kept.grants
        assert everybody.read_on(connection, now) == kept
