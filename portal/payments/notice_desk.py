"""Public notices at the desk: draw the list up, and clear what stood through it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ledger.claim_list import Place
from ledger.errors import RuleViolationError
from ledger.events import ClaimNoticed, ClaimStep, Data
from ledger.period import DAY, parse_date
from ledger.text import Text
from ledger.topics import notice_topic
from ledger.trail import list_topics
from portal.claims.batch import (
    Done,
    LeftOut,
    act_on_each,
    find_waiting,
    page_waiting,
    refuse,
    refuse_all,
    require_role,
    why_not,
)
from portal.claims.desk import Desk
from portal.claims.reading import Read, read_claim
from portal.claims.shortfall import find_shortfall
from portal.payments.notice_board import contracts_of, find_lines, read_book_of
from vouchers.adoption import choose, rules_of
from vouchers.book import Book
from vouchers.claims.acts import record
from vouchers.claims.calendar import WorkingDays
from vouchers.claims.fold import Claim
from vouchers.claims.notice import (
    Approved,
    Given,
    Heading,
    Line,
    Notice,
    describe_claim,
    draw_up,
    head_notice,
)
from vouchers.claims.requests import EmptyRequest
from vouchers.claims.table import Capacity
from vouchers.programme import Programme


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a notice is asked to say; what is left out has a default."""

    programme: str
    basis: str
    notice: str | None = None
    first_day: str | None = None
    authority: str | None = None
    objections: str | None = None
    claims: Sequence[str] = ()


class Drawn(NamedTuple):
    """A notice as it was drawn up, whose claims it lists, and who was left out."""

    notice: Notice
    done: Done


def draw_notice(desk: Desk, asked: Asked) -> Drawn:
    """Return the notice of the approved claims of a programme, recorded for each of them.

    Raises `RuleViolationError`: `not_allowed`, `unknown_claim`, `nothing_to_notice`,
    `notice_known`, `no_calendar`; `InvalidInputError`: what `draw_up` refuses, `unknown_programme`.
    """
    able, left_out = find_able(desk, asked)
    if asked.claims and left_out:
        raise refuse(left_out)
    if not able:
        raise _nothing(asked.programme, left_out)
    book = read_book_of(desk.act.connection, [one.claim.enterprise for one in able], desk.size)
    heading = _heading(desk, asked, choose(rules_of(book), [asked.programme])[0])
    notice = draw_up(heading, [_approved(book, one) for one in able], WorkingDays(book.calendars))
    lines = {one.approved.claim: one for one in notice.lines}

    def make(read: Read, capacity: Capacity) -> list[Data]:
        line = lines[read.claim.claim]
        said = desk.setting(read.claim, "notice", capacity).said()
        return [_noticed(said, notice, line, asked)]

    return Drawn(notice, Done(act_on_each(desk, able, "notice", make, strict=True).reads, left_out))


def find_able(desk: Desk, asked: Asked) -> tuple[list[Read], list[LeftOut]]:
    """Return the approved claims of which notice may be given, and those of which it may not.

    Raises `RuleViolationError`: `not_allowed`, `unknown_claim`.
    """
    require_role(desk, "authority", asked.programme)
    able, left_out = list[Read](), list[LeftOut]()
    for read in find_waiting(desk, ["approved"], [asked.programme], asked.claims):
        why = _why_no_notice(desk, read)
        if isinstance(why, Text):
            left_out.append(LeftOut(read.claim.claim, why))
        else:
            able.append(read)
    return able, left_out


def page_able(
    desk: Desk, programme: str, limit: int, after: Place | None = None
) -> tuple[list[Read], list[LeftOut], Place | None]:
    """Return some of the approved claims, the longest waiting first: whose turn they are, and not.

    And after which place more wait. What each is worth now is worked out by `find_able`. Costs as
    many queries for thousands of claims as for one. Raises `RuleViolationError` (`not_allowed`).
    """
    require_role(desk, "authority", programme)
    reads, following = page_waiting(desk, ["approved"], programme, limit, after)
    able, left_out = list[Read](), list[LeftOut]()
    for read in reads:
        why = why_not(desk, read, "notice")
        if isinstance(why, Text):
            left_out.append(LeftOut(read.claim.claim, why))
        else:
            able.append(read)
    return able, left_out, following


def _why_no_notice(desk: Desk, read: Read) -> Capacity | Text:
    """Return in which capacity the actor may give notice of a claim, or why he may not."""
    found = why_not(desk, read, "notice")
    return found if isinstance(found, Text) else find_shortfall(desk, read.claim) or found


def _noticed(said: dict[str, object], notice: Notice, line: Line, asked: Asked) -> ClaimNoticed:
    """Return that a claim stands in a line of a notice."""
    return ClaimNoticed(
        **said,  # type: ignore[arg-type]
        notice=notice.heading.notice,
        line=line.line,
        amount_fen=line.approved.amount_fen,
        first_day=notice.heading.first_day.isoformat(),
        last_day=notice.last_day.isoformat(),
        calendars=notice.calendars,
        basis=asked.basis,
        authority=asked.authority,
        objections=asked.objections,
    )


def _heading(desk: Desk, asked: Asked, programme: Programme) -> Heading:
    """Return what stands above the lines."""
    first_day = parse_date(asked.first_day) if asked.first_day else parse_date(desk.day) + DAY
    named = asked.notice or f"{asked.programme}-{first_day:%Y%m%d}"
    taken = list_topics(desk.act.connection, notice_topic(named), desk.size)
    if asked.notice is None:
        names = (named, *(f"{named}-{number}" for number in range(2, len(taken) + 2)))
        named = next(one for one in names if notice_topic(one) not in taken)
    elif notice_topic(named) in taken:
        raise RuleViolationError(
            "notice_known",
            Text(f"公示 {named} 已发布", f"the notice {named} was given before"),
            Text("请另取编号，或不填 --notice", "choose another id, or leave --notice out"),
        )
    given = Given(named, asked.basis, asked.authority, asked.objections)
    return head_notice(programme, first_day, given)


def _approved(book: Book, read: Read) -> Approved:
    """Return an approved claim as its notice lists it."""
    claim, (_, last) = read.claim, read.events[-1]
    assert isinstance(last.data, ClaimStep), last
    fen = claim.approved_fen
    assert fen is not None, claim
    return describe_claim(book, last.data, claim.enterprise, contracts_of(book, claim), fen)


def _nothing(programme: str, left_out: Sequence[LeftOut]) -> RuleViolationError:
    """Return the refusal of a notice without a line."""
    what = Text(
        f"{programme} 没有您可公示的已批准申请",
        f"no approved claim of {programme} waits for your notice",
    )
    return refuse_all("nothing_to_notice", what, left_out, ("approved", programme))


# --- clear ---


def clear(desk: Desk, programmes: Iterable[str] | None, notice: str | None = None) -> Done:
    """Return which claims were cleared: those whose notice is over, with no open objection.

    `notice` names one; those of it that cannot be cleared are left out with the reason. Raises
    `InvalidInputError` (`unknown_notice`).
    """
    if notice is None:
        found = find_waiting(desk, ["noticed"], programmes)
        reads = [one for one in found if _is_over(one.claim, desk.day)]
    else:
        connection, size = desk.act.connection, desk.size
        lines = [one for _, one in find_lines(connection, notice, size)]
        require_role(desk, "authority", lines[0].programme)
        found = [read_claim(connection, one.claim, size) for one in lines]
        reads = [one for one in found if one.claim.state in ("noticed", "objected")]

    def make(read: Read, capacity: Capacity) -> list[Data]:
        return record(EmptyRequest(), desk.setting(read.claim, "clear", capacity))

    return act_on_each(desk, reads, "clear", make)


def _is_over(claim: Claim, day: str) -> bool:
    """Return whether the notice of a claim has passed."""
    return claim.noticed is not None and day > claim.noticed.last_day
