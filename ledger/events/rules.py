"""Events of the rules: which programmes a ledger has adopted, and by which calendar it counts."""

import hashlib
from datetime import date
from itertools import pairwise
from typing import ClassVar, Final, Literal

import msgspec

from ledger.errors import InvalidInputError
from ledger.events.data import Data, check_dates, check_digests, check_words, check_year
from ledger.period import parse_date, parse_instant
from ledger.text import Text


class AdoptedVersion(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """One version of a programme: its document and the SHA-256 of its values.

    `values`, where they are given, are the very text that the hash is of: canonical JSON, in which
    the version numbers of the functions that the version calls stand too. Once they are in the book
    a later adoption of the same hash need not repeat them.
    """

    id: str
    document: str
    hash: str
    values: str | None = None

    def __post_init__(self) -> None:
        """Check the hash, against the values where they are given."""
        check_digests(hash=self.hash)
        if self.values is None:
            return
        found = hashlib.sha256(self.values.encode("utf-8", "surrogatepass")).hexdigest()
        if found != self.hash:
            raise InvalidInputError(
                "bad_digest",
                Text(
                    f"版本 {self.id} 的取值摘要为 {found}，所记为 {self.hash}",
                    f"the values of version {self.id} hash to {found}, not to {self.hash}",
                ),
                Text("请由 suanquan programme adopt 生成", "let suanquan programme adopt make it"),
            )


class ProgrammeAdopted(Data, frozen=True):
    """A programme applies from now on as it is here, in place of its last adoption.

    `decided_by` is the body that decided, on `adopted_on`; the paper is known by its digest.
    `recorded_by` is the account that entered it `at` an instant, empty for the console.
    """

    type: ClassVar[str] = "cn.suanquan.programme.adopted.v1"
    outside: ClassVar[bool] = False
    about_enterprise: ClassVar[bool] = False

    programme: str
    level: Literal["province", "city", "district"]
    name: str
    name_en: str
    versions: tuple[AdoptedVersion, ...]
    adopted_on: str
    at: str
    decided_by: str = ""
    evidence_sha256: str | None = None
    recorded_by: str = ""

    def __post_init__(self) -> None:
        """Check the dates, the paper's digest, and that each version stands once."""
        check_dates(adopted_on=self.adopted_on)
        parse_instant(self.at)
        check_digests(evidence_sha256=self.evidence_sha256)
        ids = [version.id for version in self.versions]
        if not ids or len(set(ids)) != len(ids):
            shown = ", ".join(ids) or "–"
            raise InvalidInputError(
                "bad_versions",
                Text(f"{self.programme} 的版本缺失或重复：{shown}", f"not distinct: {shown}"),
                Text("每个版本应列一次", "each version stands once, and there is at least one"),
            )


SATURDAY: Final = 5
"""The first day of the weekend, as `date.weekday` counts."""


class CalendarAdopted(Data, frozen=True):
    """The working days of a year are those of this calendar from now on.

    `off` are the days from Monday to Friday that are holidays, `worked` the days of a weekend that
    are worked to make up for some (调休), both in order: every other day is what the week says.
    `document` is the State Council's notice, its paper known by `evidence_sha256`. `digest` is the
    SHA-256 of `encode_calendar`, by which a public notice names the calendar that it was counted
    by. Where the notice for the next year moves days of a December, that year is adopted anew.
    """

    type: ClassVar[str] = "cn.suanquan.calendar.adopted.v1"
    outside: ClassVar[bool] = False
    about_enterprise: ClassVar[bool] = False

    year: int
    off: tuple[str, ...]
    worked: tuple[str, ...]
    document: str
    digest: str
    adopted_on: str
    at: str
    evidence_sha256: str | None = None
    recorded_by: str = ""

    def __post_init__(self) -> None:
        """Check each day, the document, the digests and the date."""
        check_year(self.year)
        _check_days(self.year, "off", self.off, weekend=False)
        _check_days(self.year, "worked", self.worked, weekend=True)
        check_words(document=self.document)
        check_digests(digest=self.digest, evidence_sha256=self.evidence_sha256)
        check_dates(adopted_on=self.adopted_on)
        parse_instant(self.at)
        if not self.off:
            raise InvalidInputError(
                "no_holidays",
                Text(f"{self.year} 年未列任何放假日", f"no holiday of {self.year} is listed"),
                Text("请照放假通知逐日列出", "list the days that the notice names"),
            )
        found = hash_calendar(self.year, self.off, self.worked)
        if found != self.digest:
            raise InvalidInputError(
                "bad_digest",
                Text(
                    f"{self.year} 年日历的摘要为 {found}，所记为 {self.digest}",
                    f"the calendar of {self.year} hashes to {found}, not to {self.digest}",
                ),
                Text("请由 suanquan calendar adopt 生成", "let suanquan calendar adopt make it"),
            )


def encode_calendar(year: int, off: tuple[str, ...], worked: tuple[str, ...]) -> bytes:
    """Return the canonical JSON of a year's days: what a calendar's digest is of."""
    return msgspec.json.encode({"off": off, "worked": worked, "year": year})


def hash_calendar(year: int, off: tuple[str, ...], worked: tuple[str, ...]) -> str:
    """Return the SHA-256, in hex, of a calendar's days."""
    return hashlib.sha256(encode_calendar(year, off, worked)).hexdigest()


def _check_days(year: int, name: str, days: tuple[str, ...], *, weekend: bool) -> None:
    """Raise unless days lie in their year, in order, each once, on days of the week that count."""
    for text in days:
        day = parse_date(text)
        if day.year != year:
            raise _bad_day(
                text,
                Text(f"不在 {year} 年", f"it does not lie in {year}"),
                Text("每年的日历单独采纳", "each year's calendar is adopted by itself"),
            )
        if (day.weekday() >= SATURDAY) != weekend:
            raise _bad_day(text, _week(day, name), _REMEDIES[name])
    for earlier, later in pairwise(days):
        if earlier >= later:
            raise _bad_day(
                later,
                Text(f"排在 {earlier} 之后", f"it stands after {earlier}"),
                Text("请按日期先后列出，每日一次", "list each day once, in order"),
            )


_WEEKDAYS: Final = (
    Text("一", "Monday"),
    Text("二", "Tuesday"),
    Text("三", "Wednesday"),
    Text("四", "Thursday"),
    Text("五", "Friday"),
    Text("六", "Saturday"),
    Text("日", "Sunday"),
)

_REMEDIES: Final = {
    "off": Text(
        "只列周一至周五的放假日，周末本来就休息", "leave weekends out: they are off anyway"
    ),
    "worked": Text("只列周末的上班日", "list only days of a weekend that are worked"),
}


def _week(day: date, name: str) -> Text:
    """Return what is wrong with a day of the week in a list."""
    zh, en = _WEEKDAYS[day.weekday()]
    return Text(f"是星期{zh}，不能列入 {name}", f"it is a {en}, which {name} does not hold")


def _bad_day(day: str, why: Text, step: Text) -> InvalidInputError:
    """Return the refusal of a day of a calendar."""
    return InvalidInputError("bad_day", Text(f"{day} {why.zh}", f"{day}: {why.en}"), step)
