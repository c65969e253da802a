"""公示栏: public notices as anybody finds them, the newest first, and each made again as it stood.

A list is made again from the book as it stood when it was drawn up: a name that was changed later
stays as the public read it. How many queries that takes does not grow with the number of lines.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal, NamedTuple

from ledger.database import Connection
from ledger.errors import InvalidInputError
from ledger.events import ClaimData, ClaimNoticed, ClaimStep, VoucherDrawn, VoucherReleased
from ledger.period import parse_date
from ledger.read import read_heads
from ledger.text import Language, Text
from ledger.topics import claim_topic, enterprise_topic, notice_topic
from ledger.trail import read_trail
from portal.known.gathered import Gathered, Noticed, page_before
from portal.shell import Shell
from reports.sheets import render_xlsx
from vouchers.adoption import choose, rules_of
from vouchers.book import Book
from vouchers.catalogue import name_programme
from vouchers.claims.fold import Claim
from vouchers.claims.notice import (
    Line,
    Notice,
    describe_claim,
    head_noticed,
    sheet_of,
)
from vouchers.claims.spreadsheet import render_csv
from vouchers.reading import read_rules

Said = tuple[int, ClaimNoticed]
"""A line of a notice, with its index in the book."""


Stage = Literal["coming", "running", "over"]


def stage_of(first_day: date, last_day: date, day: date) -> Stage:
    """Return how far a notice is on a day: its first day and its last one belong to it."""
    if day < first_day:
        return "coming"
    return "running" if day <= last_day else "over"


class Posted(NamedTuple):
    """A notice as a board lists it; `place` is after what a list goes on that ended with it."""

    notice: str
    programme: str
    basis: str
    first_day: date
    last_day: date
    claims: int
    total_fen: int
    place: int

    @property
    def name(self) -> Text:
        """Return what the programme is called."""
        return name_programme(self.programme)

    def stage(self, day: date) -> Stage:
        """Return whether the notice comes, runs or is over."""
        return stage_of(self.first_day, self.last_day, day)


class Stood(NamedTuple):
    """A notice as it stood, and where each of its claims stands now, by line.

    `claims` and `total_fen` are those of all its lines, also where it has only some of them.
    """

    notice: Notice
    claims: tuple[Claim, ...]
    lines: int
    total_fen: int


def list_posted(
    connection: Connection,
    known: Gathered,
    size: int,
    limit: int | None = None,
    before: int | None = None,
) -> tuple[list[Posted], int | None]:
    """Return the notices that were given last, and after which place the list goes on, if it does.

    Claims of the time before the desk were cleared after notices of which the book has no line.
    """
    notices = known.read_on(connection, size).notices
    found, following = page_before(notices, size, limit, before)
    return [post(one) for one in found], following


def post(noticed: Noticed) -> Posted:
    """Return a notice as a board lists it."""
    first = noticed.first
    return Posted(
        notice=first.notice,
        programme=first.programme,
        basis=first.basis or "—",
        first_day=parse_date(first.first_day),
        last_day=parse_date(first.last_day),
        claims=len(noticed.claims),
        total_fen=noticed.total_fen,
        place=noticed.place,
    )


def make_again(
    connection: Connection, notice: str, size: int, after: int = 0, limit: int | None = None
) -> Stood:
    """Return a notice as it stood, and its claims as they stand now.

    `after` and `limit` choose some of its lines. Raises `InvalidInputError` (`unknown_notice`).
    """
    rows = find_lines(connection, notice, size)
    first = rows[0][1]
    shown = [row for row in rows if row[1].line > after][:limit]
    then, now = _fold_claims(connection, shown, size)
    book = read_book_of(connection, (one.enterprise for one in then), first.sizes["book"])
    lines = tuple(
        Line(
            line=one.line,
            approved=describe_claim(
                book, one, claim.enterprise, contracts_of(book, claim), one.amount_fen
            ),
        )
        for (_, one), claim in zip(shown, then, strict=True)
    )
    drawn = Notice(
        heading=head_noticed(choose(rules_of(book), [first.programme])[0], first),
        last_day=parse_date(first.last_day),
        calendars=first.calendars,
        lines=lines,
    )
    return Stood(drawn, now, len(rows), sum(one.amount_fen for _, one in rows))


def _fold_claims(
    connection: Connection, lines: Sequence[Said], size: int
) -> tuple[tuple[Claim, ...], tuple[Claim, ...]]:
    """Return the claims of some lines as they stood in the notice, and as they stand now."""
    noticed_at = {claim_topic(one.claim): index for index, one in lines}
    then = {topic: Claim(one.claim) for topic, (_, one) in zip(noticed_at, lines, strict=True)}
    now = {topic: Claim(one.claim) for topic, (_, one) in zip(noticed_at, lines, strict=True)}
    for index, event in read_trail(connection, noticed_at, size):
        assert isinstance(event.data, ClaimData | ClaimStep | VoucherDrawn | VoucherReleased), index
        assert event.data.claim is not None, index
        topic = claim_topic(event.data.claim)
        now[topic].apply(event)
        if index <= noticed_at[topic]:
            then[topic].apply(event)
    return tuple(then.values()), tuple(now.values())


def find_lines(connection: Connection, notice: str, size: int) -> list[Said]:
    """Return the lines of a notice in their order; raise `InvalidInputError` where it has none."""
    rows = [
        (index, event.data)
        for index, event in read_trail(connection, [notice_topic(notice)], size)
        if isinstance(event.data, ClaimNoticed)
    ]
    if not rows:
        raise unknown_notice(notice)
    return sorted(rows, key=lambda row: row[1].line)


def unknown_notice(notice: str) -> InvalidInputError:
    """Return the refusal of a notice that is not there, or not for whoever asks."""
    return InvalidInputError(
        "unknown_notice",
        Text(f"没有公示 {notice[:40]}", f"there is no notice {notice[:40]}"),
        Text("已发布的公示见 suanquan notice list", "see suanquan notice list"),
    )


def contracts_of(book: Book, claim: Claim) -> list[str]:
    """Return the contracts of a claim's invoices."""
    invoices = book.account(claim.enterprise).invoices
    return [invoices[one].contract for one in claim.invoices if one in invoices]


def read_book_of(connection: Connection, enterprises: Iterable[str], size: int) -> Book:
    """Return what the book's first entries say of rules, some enterprises and their providers."""
    wanted = set(enterprises)
    book = read_rules(connection, size)
    _take(book, connection, wanted, size)
    accounts = [book.account(one) for one in wanted]
    providers = {one.provider for each in accounts for one in each.contracts.values()}
    _take(book, connection, providers - wanted, size)
    return book


def _take(book: Book, connection: Connection, enterprises: Iterable[str], size: int) -> None:
    """Let a book take in what is said of some enterprises."""
    for _, event in read_trail(connection, map(enterprise_topic, enterprises), size):
        book.apply(event)


def read_file_of(shell: Shell, notice: str, form: Literal["csv", "xlsx"]) -> tuple[bytes, str]:
    """Return the lines of a notice as a file, and its name; raises `unknown_notice`."""
    with shell.reading() as connection:
        stood = make_again(connection, notice, read_heads(connection)["book"].size)
    name = f"{stood.notice.heading.notice}.{form}"
    return render_file(stood.notice, form, shell.language), name


def render_file(notice: Notice, form: Literal["csv", "xlsx"], language: Language) -> bytes:
    """Return the lines of a notice as a file."""
    sheet = sheet_of(notice, language)
    if form == "csv":
        return render_csv(sheet)
    return render_xlsx([sheet], notice.heading.first_day)
