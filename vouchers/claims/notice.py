"""Public notice (公示): the list of approved claims, for how long it stands, and how it is shown.

A list names number, enterprise, provider, contract or service, amount and remark of each claim; its
head names the document that it rests on, who gives notice, the first and the last day, and where to
object. It runs for the programme's working days by adopted calendars, the first day counted. What
is not public has no place in it: a text that holds a person's number is refused.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from ledger.errors import InvalidInputError
from ledger.events import ClaimNoticed, ClaimStep
from ledger.events.data import check_amount, check_ids, check_words
from ledger.money import render_capital, render_yuan
from ledger.period import DAY
from ledger.text import Language, Text
from vouchers.book import Book
from vouchers.cited import Cited, assume
from vouchers.claims.calendar import WorkingDays
from vouchers.claims.spreadsheet import Column, Kind, Spreadsheet, digest_of
from vouchers.programme import Programme, Version

PRACTICE: Final = Cited(5, assume("武汉惯例", "the practice in Wuhan"), "A")
"""How many working days a notice stands where the programme's rule does not say."""

LINES_MAX: Final = 10_000

_OBJECTIONS: Final = Text("公示单位，书面、实名", "to whoever gives notice, in writing and by name")


class Approved(Struct, frozen=True, kw_only=True):
    """An approved claim, as much of it as the public is told.

    `service` is the contracts' numbers or what was bought.
    """

    claim: str
    revision: int
    programme: str
    enterprise: str
    provider: str
    service: str
    amount_fen: int
    remark: str = ""


class Heading(Struct, frozen=True, kw_only=True):
    """What stands above the lines: `basis` is the document, `objections` where to object."""

    notice: str
    programme: str
    name: Text
    basis: str
    authority: str
    objections: Text
    first_day: date
    working_days: Cited[int]


class Line(Struct, frozen=True, kw_only=True):
    """One claim of a notice, numbered from 1."""

    line: int
    approved: Approved


class Notice(Struct, frozen=True, kw_only=True):
    """A notice from its first through its last day, counted by `calendars`, their digests."""

    heading: Heading
    last_day: date
    calendars: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def total_fen(self) -> int:
        """Return the sum of the lines."""
        return sum(one.approved.amount_fen for one in self.lines)

    @property
    def digest(self) -> str:
        """Return the SHA-256 of what the public is shown, in hex."""
        return digest_of(msgspec.json.encode(render_notice(self), order="sorted"))

    def is_over(self, day: date) -> bool:
        """Return whether all days of the notice have passed: the last one still belongs to it."""
        return day > self.last_day

    @property
    def clears_from(self) -> date:
        """Return the first day on which a claim of the notice may be cleared."""
        return self.last_day + DAY


def length_of(version: Version) -> Cited[int]:
    """Return how many working days a version's notices stand, with the clause or the practice."""
    return version.notice_days or PRACTICE


class Given(NamedTuple):
    """What whoever gives a notice says of it; what is left out has a default."""

    notice: str
    basis: str
    authority: str | None = None
    objections: str | None = None


def head_notice(programme: Programme, first_day: date, given: Given) -> Heading:
    """Return the head of a programme's notice from a day on."""
    version = programme.version_on(first_day) or programme.versions[-1]
    where = given.objections
    return Heading(
        notice=given.notice,
        programme=programme.id,
        name=programme.name,
        basis=given.basis,
        authority=given.authority or f"{programme.name.zh}主管部门",
        objections=Text(where, where) if where else _OBJECTIONS,
        first_day=first_day,
        working_days=length_of(version),
    )


def head_noticed(programme: Programme, line: ClaimNoticed) -> Heading:
    """Return the head of a notice by one of its lines."""
    given = Given(line.notice, line.basis or "—", line.authority, line.objections)
    return head_notice(programme, date.fromisoformat(line.first_day), given)


def describe_claim(
    book: Book, step: ClaimStep, enterprise: str, contracts: Iterable[str], amount_fen: int
) -> Approved:
    """Return a claim as its notice lists it: names as the book has them, contracts by number.

    `step` is any step of the claim's revision; a contract that the book does not know names no
    provider.
    """
    account, numbers = book.account(enterprise), sorted(set(contracts))
    known = [account.contracts[one] for one in numbers if one in account.contracts]
    providers = sorted({book.account(one.provider).name for one in known})
    return Approved(
        claim=step.claim,
        revision=step.revision,
        programme=step.programme,
        enterprise=account.name,
        provider="、".join(providers) or "—",
        service="、".join(numbers) or "—",
        amount_fen=amount_fen,
    )


def draw_up(heading: Heading, claims: Iterable[Approved], days: WorkingDays) -> Notice:
    """Return the notice of approved claims of one programme, by claim.

    Raises `InvalidInputError`: `no_lines`, `too_many_lines`, `other_programme`, `claim_twice`,
    `personal_data`, `bad_words`, `bad_id`, `absurd_money`; `RuleViolationError`: `no_calendar`.
    """
    listed = sorted(claims, key=lambda one: one.claim)
    _check_heading(heading)
    if not 0 < len(listed) <= LINES_MAX:
        raise InvalidInputError(
            "no_lines" if not listed else "too_many_lines",
            Text(
                f"公示 {heading.notice} 有 {len(listed)} 项申请",
                f"the notice {heading.notice} has {len(listed)} claims",
            ),
            Text(f"应为 1 至 {LINES_MAX} 项", f"it holds 1 to {LINES_MAX}"),
        )
    seen = set[str]()
    for one in listed:
        _check_claim(heading, one, seen)
    last_day = days.last_day(heading.first_day, heading.working_days.value)
    return Notice(
        heading=heading,
        last_day=last_day,
        calendars=days.digests(heading.first_day, last_day),
        lines=tuple(Line(line=number, approved=one) for number, one in enumerate(listed, 1)),
    )


def _check_heading(heading: Heading) -> None:
    """Raise unless the head says everything that it has to."""
    check_ids(notice=heading.notice, programme=heading.programme)
    check_words(
        basis=heading.basis,
        authority=heading.authority,
        objections=heading.objections.zh,
        objections_en=heading.objections.en,
    )


def _check_claim(heading: Heading, one: Approved, seen: set[str]) -> None:
    """Raise unless a claim stands once, under its own programme, with nothing personal in it."""
    check_ids(claim=one.claim)
    check_amount(one.amount_fen, one.claim)
    check_words(enterprise=one.enterprise, provider=one.provider, service=one.service)
    check_words(remark=one.remark or None)
    if one.programme != heading.programme:
        raise InvalidInputError(
            "other_programme",
            Text(
                f"申请 {one.claim} 属于 {one.programme}，公示的是 {heading.programme}",
                f"the claim {one.claim} is of {one.programme}, the notice of {heading.programme}",
            ),
            Text("各项目分别公示", "give notice of each programme by itself"),
        )
    if one.claim in seen:
        raise InvalidInputError(
            "claim_twice",
            Text(f"申请 {one.claim} 列了两次", f"the claim {one.claim} is listed twice"),
            Text("每项申请列一次", "list each claim once"),
        )
    seen.add(one.claim)
    for name in ("enterprise", "provider", "service", "remark"):
        if holds_personal_number(getattr(one, name)):
            # The number itself must not stand in a message either.
            raise InvalidInputError(
                "personal_data",
                Text(
                    f"申请 {one.claim} 的 {name} 含有疑似个人号码",
                    f"{name} of the claim {one.claim} holds what looks like a person's number",
                ),
                Text(
                    "请删去手机号、身份证号或银行卡号后再公示",
                    "leave out mobile, identity card and bank card numbers",
                ),
            )


# --- a person's number ---

_DIGITS: Final = re.compile(r"(?<![0-9A-Za-z])[0-9]{11,19}[Xx]?(?![0-9A-Za-z])", re.ASCII)
_MOBILE: Final = re.compile(r"(?:86)?1[3-9][0-9]{9}", re.ASCII)
_IDENTITY: Final = re.compile(r"[1-9][0-9]{5}(?:19|20)[0-9]{9}[0-9X]", re.ASCII)
_CARD: Final = re.compile(r"[3-6][0-9]{15,18}", re.ASCII)
_SEPARATORS: Final = re.compile(r"(?<=[0-9])[ \-‑–](?=[0-9])")

# GB 11643-1999: the check character of an identity number.
_IDENTITY_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_CHECKS: Final = "10X98765432"


def holds_personal_number(text: str) -> bool:
    """Return whether a text holds a mobile, identity card or bank card number.

    Identity and card numbers are told from contracts and invoices by their check characters.
    """
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    return any(_is_personal(found[0].upper()) for found in _DIGITS.finditer(plain))


def _is_personal(digits: str) -> bool:
    """Return whether a run of digits is a person's number."""
    if _MOBILE.fullmatch(digits):
        return True
    if _IDENTITY.fullmatch(digits):
        weighed = zip(_IDENTITY_WEIGHTS, digits, strict=False)
        total = sum(weight * int(digit) for weight, digit in weighed)
        return digits[-1] == _IDENTITY_CHECKS[total % len(_IDENTITY_CHECKS)]
    return _CARD.fullmatch(digits) is not None and _luhn(digits)


def _luhn(digits: str) -> bool:
    """Return whether the last digit is the check digit of ISO/IEC 7812."""
    doubled = (int(digit) * 2 if at % 2 else int(digit) for at, digit in enumerate(digits[::-1]))
    return sum(sum(divmod(number, 10)) for number in doubled) % 10 == 0


# --- as it is shown ---

_COLUMNS: Final[tuple[tuple[Text, Kind], ...]] = (
    (Text("序号", "No."), "number"),
    (Text("企业名称", "enterprise"), "text"),
    (Text("服务机构", "provider"), "text"),
    (Text("合同或服务内容", "contract or service"), "text"),
    (Text("金额（元）", "amount, CNY"), "fen"),
    (Text("备注", "remark"), "text"),
)


def render_notice(notice: Notice) -> dict[str, Any]:
    """Return the keys of a notice as the public sees it: claims go by their line alone."""
    heading = notice.heading
    return {
        "notice": heading.notice,
        "programme": heading.programme,
        "name": heading.name._asdict(),
        "basis": heading.basis,
        "authority": heading.authority,
        "first_day": heading.first_day.isoformat(),
        "last_day": notice.last_day.isoformat(),
        "working_days": heading.working_days.value,
        "working_days_clause": heading.working_days.clause._asdict(),
        "objections": heading.objections._asdict(),
        "calendars": list(notice.calendars),
        "rows": [
            {
                "line": one.line,
                "enterprise": one.approved.enterprise,
                "provider": one.approved.provider,
                "service": one.approved.service,
                "amount_fen": one.approved.amount_fen,
                "remark": one.approved.remark,
            }
            for one in notice.lines
        ],
        "total_fen": notice.total_fen,
    }


def sheet_of(notice: Notice, language: Language) -> Spreadsheet:
    """Return the lines of a notice as a table for a file."""
    return Spreadsheet(
        Text("公示名单", "public notice").render(language),
        tuple(Column(title.render(language), kind) for title, kind in _COLUMNS),
        tuple(
            (
                one.line,
                one.approved.enterprise,
                one.approved.provider,
                one.approved.service,
                one.approved.amount_fen,
                one.approved.remark,
            )
            for one in notice.lines
        ),
    )


def render_text(notice: Notice, language: Language) -> str:
    """Return a notice as text for a board or a page, its columns aligned."""
    sheet = sheet_of(notice, language)
    cells = [
        [
            render_yuan(cell) if column.kind == "fen" and isinstance(cell, int) else str(cell)
            for column, cell in zip(sheet.columns, row, strict=True)
        ]
        for row in sheet.rows
    ]
    titles = [column.title for column in sheet.columns]
    right = [column.kind != "text" for column in sheet.columns]
    lines = [one.render(language) for one in _head(notice)]
    return "\n".join([*lines, "", *_aligned([titles, *cells], right), "", _foot(notice, language)])


def _head(notice: Notice) -> Iterator[Text]:
    """Yield what stands above the lines."""
    heading, days = notice.heading, notice.heading.working_days.value
    yield Text(
        f"{heading.name.zh}兑付公示 {heading.notice}",
        f"{heading.name.en}: public notice {heading.notice}",
    )
    yield Text(f"依据：{heading.basis}", f"Basis: {heading.basis}")
    yield Text(f"公示单位：{heading.authority}", f"Given by: {heading.authority}")
    yield Text(
        f"公示期：{heading.first_day} 至 {notice.last_day}（{days} 个工作日，含首日）",
        f"From {heading.first_day} through {notice.last_day}"
        f" ({days} working days, the first included)",
    )
    yield Text(f"异议受理：{heading.objections.zh}", f"Objections: {heading.objections.en}")


def _foot(notice: Notice, language: Language) -> str:
    """Return what stands below the lines: how many there are, and their sum."""
    count, total = len(notice.lines), render_yuan(notice.total_fen)
    capital = render_capital(notice.total_fen)
    told = Text(f"共 {count} 项，合计 {total} 元（{capital}）", f"{count} claims, CNY {total}")
    return told.render(language)


def _aligned(rows: Sequence[Sequence[str]], right: Sequence[bool]) -> Iterator[str]:
    """Yield rows as lines whose columns are as wide as their widest cell."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = []
        for cell, width, is_right in zip(row, widths, right, strict=True):
            space = " " * (width - _width(cell))
            padded.append(space + cell if is_right else cell + space)
        yield "  ".join(padded).rstrip()


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes: a Chinese character takes two."""
    return sum(1 + (unicodedata.east_asian_width(char) in "WF") for char in text)
