"""Public notices: what a list says, for how long, what is kept out of it, and how it is shown."""

import json
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from ledger.errors import InvalidInputError, RuleViolationError
from ledger.events import CalendarAdopted, ClaimApproved, ClaimStep
from ledger.text import Text
from tests.small_ledger import CODE, book_of, events
from vouchers.calendar import published
from vouchers.catalogue import find_programmes
from vouchers.cited import Cited
from vouchers.claims.calendar import WorkingDays
from vouchers.claims.notice import (
    PRACTICE,
    Approved,
    Heading,
    Notice,
    describe_claim,
    draw_up,
    holds_personal_number,
    length_of,
    render_notice,
    render_text,
    sheet_of,
)
from vouchers.claims.spreadsheet import parse_csv, render_csv
from vouchers.programme import hash_version


def calendar(year: int) -> CalendarAdopted:
    days = published(year)
    assert days is not None
    return CalendarAdopted(
        year=year,
        off=days.off,
        worked=days.worked,
        document="x",
        digest=days.digest,
        adopted_on=f"{year}-01-01",
        at=f"{year}-01-01T00:00:00Z",
    )


DAYS = WorkingDays({2022: calendar(2022), 2023: calendar(2023)})
HEADING = Heading(
    notice="GS-2022-1",
    programme="wuhan",
    name=Text("武汉市科技创新券", "Wuhan voucher"),
    basis="武科规〔2020〕2号",
    authority="武汉市科技创新局",
    objections=Text("市科技局规划处，027-65692023", "planning office, 027-65692023"),
    first_day=date(2022, 9, 28),
    working_days=PRACTICE,
)


def approved(claim: str = "SQ-2022-1", **changes: Any) -> Approved:  # noqa: ANN401 - any field
    fields: dict[str, Any] = {
        "claim": claim,
        "revision": 1,
        "programme": "wuhan",
        "enterprise": "华智科技",
        "provider": "武汉智算中心",
        "service": "HT-2022-18",
        "amount_fen": 10_000_001,
    }
    return Approved(**fields | changes)


def notice(*claims: Approved, **changes: object) -> Notice:
    return draw_up(msgspec.structs.replace(HEADING, **changes), claims, DAYS)


def test_a_notice_runs_its_working_days_and_a_claim_clears_after_the_last() -> None:
    made = notice(approved())
    # Wed 28, Thu 29, Fri 30 September, Sat 8 and Sun 9 October, which are worked.
    assert made.last_day == date(2022, 10, 9)
    assert [made.is_over(date(2022, 10, day)) for day in (8, 9, 10)] == [False, False, True]
    assert made.clears_from == date(2022, 10, 10)
    assert made.calendars == (calendar(2022).digest,)


def test_a_notice_over_the_new_year_names_both_calendars_and_none_is_guessed() -> None:
    made = notice(approved(), first_day=date(2022, 12, 30))
    # Fri 30, Tue 3 January (Monday makes up for New Year's Sunday), Wed 4, Thu 5, Fri 6.
    assert made.last_day == date(2023, 1, 6)
    assert made.calendars == (calendar(2022).digest, calendar(2023).digest)
    with pytest.raises(RuleViolationError) as refused:
        notice(approved(), first_day=date(2023, 12, 28))
    assert refused.value.code == "no_calendar"
    assert refused.value.next_step.en.endswith("calendar adopt 2024")


def test_a_rule_says_how_long_and_where_it_does_not_the_practice_does() -> None:
    wuhan = next(one for one in find_programmes() if one.id == "wuhan")
    version = wuhan.versions[0]
    assert length_of(version) == PRACTICE
    assert (PRACTICE.value, PRACTICE.grade) == (5, "A")
    seven = Cited(7, Text("第九条", "article 9"), "M")
    changed = msgspec.structs.replace(version, notice_days=seven)
    assert length_of(changed) == seven
    assert hash_version(wuhan, changed) != hash_version(wuhan, version)
    assert notice(approved(), working_days=seven).last_day == date(2022, 10, 11)


def test_no_released_programme_says_it() -> None:
    said = {one.id: one.versions for one in find_programmes()}
    for programme in ("hubei", "wuhan", "east_lake"):
        assert not any(version.notice_days for version in said[programme]), programme


def test_lines_are_numbered_by_claim_and_add_up() -> None:
    made = notice(approved("SQ-2022-2", amount_fen=1), approved("SQ-2022-1"))
    assert [(one.line, one.approved.claim) for one in made.lines] == [
        (1, "SQ-2022-1"),
        (2, "SQ-2022-2"),
    ]
    assert made.total_fen == 10_000_002
    assert made == notice(approved("SQ-2022-1"), approved("SQ-2022-2", amount_fen=1))
    assert made.digest != notice(approved("SQ-2022-1")).digest


@pytest.mark.parametrize(
    ("claims", "changes", "code"),
    [
        ((), {}, "no_lines"),
        ((approved(programme="hubei"),), {}, "other_programme"),
        ((approved(), approved()), {}, "claim_twice"),
        ((approved(amount_fen=0),), {}, "absurd_money"),
        ((approved(enterprise=" "),), {}, "bad_words"),
        ((approved(claim="a/b"),), {}, "bad_id"),
        ((approved(),), {"basis": ""}, "bad_words"),
        ((approved(),), {"authority": ""}, "bad_words"),
        ((approved(),), {"objections": Text("", "x")}, "bad_words"),
        ((approved(),), {"notice": ""}, "bad_id"),
        ((approved(remark="联系人 138 0013 8000"),), {}, "personal_data"),
        ((approved(service="11010519491231002X"),), {}, "personal_data"),
    ],
)
def test_a_list_that_cannot_be_shown_is_refused(
    claims: tuple[Approved, ...], changes: dict[str, object], code: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        notice(*claims, **changes)
    assert refused.value.code == code
    assert "8000" not in str(refused.value)
    assert "1949" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        *("13800138000", "电话13800138000。", "86 138-0013-8000", "１３８００１３８０００"),
        *("11010519491231002X", "身份证11010519491231002x", "6222 0212 3456 7890 128"),
    ],
)
def test_a_persons_number_is_found_however_it_is_written(text: str) -> None:
    assert holds_personal_number(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "HT-2022-0018", "22420000000000000001", "20220100001", "027-65692023"),
        *("110105194912310021", "91420100MA4K2XY18X", "6222021234567890123", "A13800138000"),
    ],
)
def test_numbers_of_papers_are_no_persons(text: str) -> None:
    assert not holds_personal_number(text)


def test_the_public_sees_the_papers_columns_and_no_claim() -> None:
    shown = render_notice(notice(approved(remark="核减 1 元")))
    assert shown["rows"] == [
        {
            "line": 1,
            "enterprise": "华智科技",
            "provider": "武汉智算中心",
            "service": "HT-2022-18",
            "amount_fen": 10_000_001,
            "remark": "核减 1 元",
        }
    ]
    assert (shown["first_day"], shown["last_day"]) == ("2022-09-28", "2022-10-09")
    assert shown["total_fen"] == 10_000_001
    assert "SQ-2022-1" not in json.dumps(shown)


def test_the_csv_opens_in_a_spreadsheet_and_runs_nothing_there() -> None:
    names = ("=1+1", "+86", "-华智", "@SUM(A1)", "\t=1", "＝1", '华智,“科技”"')
    made = notice(*(approved(f"SQ-{at}", enterprise=name) for at, name in enumerate(names)))
    raw = render_csv(sheet_of(made, "zh"))
    assert raw.startswith(b"\xef\xbb\xbf")
    header, *rows = parse_csv(raw)[: len(names) + 1]
    assert header == ["序号", "企业名称", "服务机构", "合同或服务内容", "金额（元）", "备注"]
    assert [row[1].removeprefix("'") for row in rows] == list(names)
    assert rows[0][4] == "100000.01"
    for row in (header, *rows):
        assert not any(cell[:1] in set("=+-@\t\r＝＋－＠") for cell in row if cell)


def test_the_text_is_aligned_in_both_languages() -> None:
    made = notice(
        approved("SQ-1", enterprise="甲公司", amount_fen=1),
        approved("SQ-2", enterprise="一个名字很长的公司"),
    )
    zh = render_text(made, "zh")
    assert zh.splitlines() == [
        "武汉市科技创新券兑付公示 GS-2022-1",
        "依据：武科规〔2020〕2号",
        "公示单位：武汉市科技创新局",
        "公示期：2022-09-28 至 2022-10-09（5 个工作日，含首日）",
        "异议受理：市科技局规划处，027-65692023",
        "",
        "序号  企业名称            服务机构      合同或服务内容  金额（元）  备注",
        "   1  甲公司              武汉智算中心  HT-2022-18            0.01",
        "   2  一个名字很长的公司  武汉智算中心  HT-2022-18      100,000.01",
        "",
        "共 2 项，合计 100,000.02 元（人民币壹拾万元零贰分）",
    ]
    en = render_text(made, "en")
    assert "From 2022-09-28 through 2022-10-09 (5 working days, the first included)" in en
    assert "2 claims, CNY 100,000.02" in en


def test_names_and_providers_come_from_the_book() -> None:
    book = book_of(
        events("""
            enterprise 420100 华智科技
            contract   C-2 2022-01-01 2022-12-31 0.06 a100=12.50/card_hour
        """)
    )
    step: ClaimStep = ClaimApproved(
        claim="SQ-9",
        revision=2,
        programme="wuhan",
        year=2022,
        effective_on="2022-09-01",
        acted_at="2022-09-01T00:00:00Z",
        sizes={"book": 2},
        rules="6" * 64,
        actor="a",
        amount_fen=5,
    )
    said = describe_claim(book, step, CODE, ["C-2", "C-9"], 5)
    provider = book.account(CODE).contracts["C-2"].provider
    assert (said.claim, said.revision, said.programme) == ("SQ-9", 2, "wuhan")
    assert (said.enterprise, said.provider, said.service) == ("华智科技", provider, "C-2、C-9")
    assert describe_claim(book, step, CODE, [], 5).service == "—"


def test_every_day_of_a_year_gives_a_notice_of_its_length() -> None:
    first = date(2022, 1, 1)
    for number in range(365):
        one = first + timedelta(days=number)
        made = notice(approved(), first_day=one)
        counted = [
            day
            for day in (one + timedelta(days=at) for at in range((made.last_day - one).days + 1))
            if DAYS.is_working_day(day)
        ]
        assert len(counted) == 5
        assert counted[-1] == made.last_day
