"""Issued statements made again in any format, from the logs as they saw them."""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from ledger.codec import encode
from ledger.database import Connection
from ledger.errors import InvalidInputError, TamperedLogError
from reports.fonts import Fonts
from reports.formats import FORMATS, render
from reports.issue import Composed, Draft, Issued, Press, path_in
from reports.reading import read_near, read_snapshot, replay_snapshots
from reports.remake import remake, remake_one, render_again
from reports.snapshot import Snapshot
from tests.small_ledger import CODE, SALT, SmallLedger, events

BOOK = """
    resource      a100 accelerator card 2021-12-01 0.32
    enterprise    420100 华智科技
    contract      C-1 2022-03-01 2022-12-31 0.06 a100=12.50/card_hour
"""
USAGE = "usage a100 100 2022-07-01T00:00 2022-07-02T00:00\n"
LATE = "usage a100 8 2022-07-31T22:00 2022-08-01T02:00\n"


class Office:
    """A ledger and a press, and the drafts that were issued."""

    def __init__(self, url: str, home: Path, fonts: Fonts) -> None:
        self.ledger = SmallLedger(url)
        self.press = Press(home, fonts)

    def issue(self, *lines: str) -> Draft:
        """Return July's statement after some facts, kept in all formats and recorded."""
        self.ledger.append(*events("\n".join(lines)))
        with self.ledger.reading() as connection:
            composed = self.press.compose(read_snapshot(connection), "compute", "2022-07", CODE)
        assert isinstance(composed, Composed)
        made = self.press.print(composed)
        data = made.issued.data
        self.ledger.append(encode("urn:test:statements", data.statement, CODE, data, SALT))
        self.press.keep(made)
        for form in FORMATS:
            self.press.keep_beside(made, form)
        return made


@pytest.fixture
def office(database_url: str, tmp_path: Path, faces: Fonts) -> Iterator[Office]:
    """Yield an office on each kind of database."""
    made = Office(database_url, tmp_path / "home", faces)
    with closing(made.ledger):
        yield made


def test_a_statement_is_made_again_in_every_format_whatever_came_after(office: Office) -> None:
    first, second = office.issue(BOOK, USAGE), office.issue(LATE)
    with office.ledger.reading() as connection:
        made = list(remake(connection, [second.issued, first.issued]))
    assert made == [(first.issued, first.content), (second.issued, second.content)]
    assert second.content.supplements == first.content.number
    for issued, content in made:
        for form in FORMATS:
            again = render_again(issued, content, form, office.press.fonts)
            assert again == path_in(office.press.home, issued, form).read_bytes()
    assert hashlib.sha256(first.pdf).hexdigest() == first.issued.data.pdf_sha256


def test_one_statement_is_the_same_by_todays_usage_and_by_that_of_then(office: Office) -> None:
    first = office.issue(BOOK, USAGE)
    with office.ledger.reading() as connection:
        assert remake_one(connection, first.issued) == first.content
    second = office.issue(LATE)
    with office.ledger.reading() as connection:
        # Today's usage is not what the first one saw.
        near = read_near(connection, first.issued.data.sizes, CODE)
        assert near.usage[CODE] != read_snapshot_at(connection, first).usage[CODE]
        assert remake_one(connection, first.issued) == first.content
        assert remake_one(connection, second.issued) == second.content


def read_snapshot_at(connection: Connection, draft: Draft) -> Snapshot:
    return next(replay_snapshots(connection, [draft.issued.data.sizes]))


@pytest.mark.parametrize("field", ["values_sha256", "claims_sha256"])
def test_a_statement_that_now_says_otherwise_is_not_handed_out(office: Office, field: str) -> None:
    issued = office.issue(BOOK, USAGE).issued
    data = msgspec.structs.replace(issued.data, **{field: "0" * 64})
    with (
        office.ledger.reading() as connection,
        pytest.raises(TamperedLogError, match=data.statement) as caught,
    ):
        list(remake(connection, [Issued(CODE, data)]))
    assert caught.value.code == "statement_differs"


def test_a_pdf_of_another_version_is_refused_and_other_formats_are_not(office: Office) -> None:
    draft = office.issue(BOOK, USAGE)
    data = msgspec.structs.replace(
        draft.issued.data, renderer="pdf/0 compute/0", pdf_sha256="0" * 64
    )
    issued, fonts = Issued(CODE, data), office.press.fonts
    with pytest.raises(InvalidInputError, match="pdf/0 compute/0") as caught:
        render_again(issued, draft.content, "pdf", fonts)
    assert caught.value.code == "other_renderer"
    again = render_again(issued, draft.content, "csv", fonts)
    assert again == render(draft.content, "csv", fonts)
