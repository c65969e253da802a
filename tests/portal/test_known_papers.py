"""What is kept of enterprises' papers in a process says what the book says, at any of its sizes."""

import pytest

from ledger.read import read_heads
from portal.claims.reading import read_papers
from portal.known import papers as known_papers
from portal.known.papers import KnownPapers
from tests.portal.office import OTHER, Office, office
from tests.small_ledger import CODE

__all__ = ["office"]


def require_agreement(office: Office, known: KnownPapers, *asked: tuple[str, ...]) -> None:
    """Compare what is kept with what the book says, after some of its entries and after all."""
    with office.ledger.read.connect() as connection:
        size = read_heads(connection)["book"].size
        for at in (size // 2, size - 1, size, size // 3, size):
            for codes in asked:
                found = known.of(connection, codes, at)
                assert found == {code: read_papers(connection, code, at) for code in codes}, at


def test_what_is_kept_of_papers_is_what_the_book_says(office: Office) -> None:
    known = KnownPapers()
    require_agreement(office, known, (CODE, OTHER), (CODE,), (OTHER,), ())
    with office.ledger.read.connect() as connection:
        size = read_heads(connection)["book"].size
        before = known.of(connection, (CODE, OTHER), size)
    office.set_account()
    office.submit()
    with office.ledger.read.connect() as connection:
        size = read_heads(connection)["book"].size
        after = known.of(connection, (CODE, OTHER), size)
        assert after[CODE] == read_papers(connection, CODE, size)
        assert after[CODE].newest_account(CODE) != before[CODE].newest_account(CODE)
        assert after[OTHER] is before[OTHER], "what did not change is not read again"
        assert known.of(connection, (CODE,), size)[CODE] is after[CODE]
    require_agreement(office, known, (CODE, OTHER))


def test_no_more_papers_are_kept_than_fit(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_papers, "ENTERPRISES_KEPT", 1)
    known = KnownPapers()
    require_agreement(office, known, (CODE, OTHER), (OTHER,), (CODE,))
    assert len(known._kept) == 1  # noqa: SLF001 - nothing else tells what is kept
