"""The review of a programme: each flaw by itself, told with its place; nothing where none is."""

from datetime import date
from fractions import Fraction
from typing import Any

import msgspec
import pytest

from ledger.text import Text
from vouchers.catalogue import find_programmes
from vouchers.draft import Draft, decode_draft, encode_draft
from vouchers.mistype import WrongTypeError
from vouchers.programme import (
    AllOf,
    AnyOf,
    Band,
    ByClass,
    ByResource,
    ByYear,
    Cited,
    Class,
    CountAtLeast,
    DomiciledIn,
    FactAtLeast,
    FactBelow,
    FundingSplit,
    Held,
    Lapse,
    LevelShare,
    Listed,
    Lowest,
    NoEarlierVoucher,
    NoRecord,
    OnDay,
    Programme,
    ProviderListed,
    RegisteredIn,
    ShareAtLeast,
    Tiers,
    Version,
    Window,
    Within,
    Word,
    assume,
    hash_version,
)
from vouchers.released import RELEASED
from vouchers.remark import Remark
from vouchers.review import review

PROGRAMMES = {one.id: one for one in find_programmes()}
WUHAN = PROGRAMMES["wuhan"].versions[0]
CLAUSE = Text("第一条", "article 1")


def draft(*versions: Version, programme: str = "jinan") -> Draft:
    return Draft(
        id=programme, level="city", name=Text("济南市算力券", "Jinan voucher"), versions=versions
    )


def reviewed(**changes: object) -> list[Remark]:
    """Return the remarks on a sound version with these values changed, but for assumed ones."""
    version: Version = msgspec.structs.replace(WUHAN, **changes)
    plain = {"assumed", "no_place", "class_by_purchase"}
    return [one for one in review(draft(version), "jinan") if one.code not in plain]


def cited(value: object, clause: Text = CLAUSE) -> Cited[object]:
    return Cited(value, clause, "M")


def test_the_programmes_that_there_are_have_no_flaw() -> None:
    for one in PROGRAMMES.values():
        assert {remark.kind for remark in review(one, one.id)} <= {"warning", "advice"}, one.id
        if f"{one.id}@{one.versions[-1].id}" in RELEASED:
            assert {remark.code for remark in review(one, one.id)} <= {"assumed"}, one.id


def test_assumed_values_are_counted() -> None:
    (remark,) = review(draft(WUHAN), "jinan")
    assert remark.kind == "advice"
    assert remark.path == "versions[0]"
    assert remark.message.en.startswith("10 of 22 values of 2020 are assumed: valid_from, ")
    assert remark.message.zh.startswith("2020 版 22 项取值中有 10 项为假定：")


BACKWARDS = cited(Within("signed", date(2022, 1, 2), date(2022, 1, 1)))
MISTYPED = cited(ProviderListed((Listed("91420100MA49P8T68X"),)))
UNLISTED = cited(
    ProviderListed((Listed("91420100MA49P8T68D", date(2026, 1, 2), date(2026, 1, 1)),))
)
HALF = Fraction(1, 2)
VALUES: list[tuple[str, object, str, str, str]] = [
    ("rate", cited(Fraction(3, 2)), "error", "rate_above_one", "rate"),
    ("rate", cited(Fraction(0)), "error", "rate_not_positive", "rate"),
    ("yearly_cap_fen", cited(0), "error", "amount_out_of_range", "yearly_cap_fen"),
    ("yearly_cap_fen", cited(99_999), "error", "cap_below_floor", "yearly_cap_fen"),
    ("claim_floor_fen", cited(-1), "error", "amount_out_of_range", "claim_floor_fen"),
    ("rounding_unit_fen", cited(300), "warning", "unit_does_not_divide", "rounding_unit_fen"),
    ("rounding_unit_fen", cited(10**8), "error", "unit_does_not_divide", "rounding_unit_fen"),
    ("rounding_unit_fen", cited(10**30), "error", "amount_out_of_range", "rounding_unit_fen"),
    ("rate", cited(Fraction(1, 2), Text("", " ")), "error", "no_text", "rate.clause"),
    ("rate", cited(Fraction(1, 2), Text("第一条", "")), "error", "one_language", "rate.clause"),
    ("document", Text("", "rule"), "error", "one_language", "document"),
    ("rate", cited(Fraction(1, 2), assume("a", "b")), "error", "grade_without_text", "rate.grade"),
    ("eligibility", (), "error", "no_eligibility", "eligibility"),
    ("purchases", (), "warning", "no_purchase_rule", "purchases"),
    ("windows", (), "error", "year_without_window", "claim_year"),
    ("claim_year", cited("of_application"), "warning", "window_without_year", "claim_year"),
    ("valid_to", cited(date(2019, 1, 1)), "error", "ends_before_begin", "valid_to"),
    ("purchases", (BACKWARDS,), "error", "ends_before_begin", "purchases[0]"),
    ("lapse", cited(Lapse(0)), "error", "too_few_days", "lapse"),
    ("one_contract_within_days", cited(0), "error", "too_few_days", "one_contract_within_days"),
    ("notice_days", cited(0), "error", "too_few_days", "notice_days"),
    ("base", cited(Lowest(("paid",))), "error", "too_few_bases", "base.bases"),
    ("base", cited(Lowest(("paid", "paid"))), "error", "too_few_bases", "base.bases"),
    ("rate", cited(ByYear(())), "error", "no_keys", "rate.years"),
    ("rate", cited(ByYear(((2026, HALF), (2026, HALF)))), "error", "key_twice", "rate.years"),
    ("rate", cited(ByResource((("storage", HALF),) * 2)), "error", "key_twice", "rate.rates"),
    ("rate", cited(ByClass((), Tiers(()))), "error", "tiers_out_of_order", "rate.otherwise.bands"),
    ("purchases", (MISTYPED,), "error", "bad_credit_code", "purchases[0].providers[0].credit_code"),
    ("purchases", (UNLISTED,), "error", "ends_before_begin", "purchases[0].providers[0]"),
    ("id", "a b", "error", "bad_version_id", "id"),
    ("id", "", "error", "bad_version_id", "id"),
]


@pytest.mark.parametrize(("field", "value", "kind", "code", "path"), VALUES)
def test_a_flaw_of_a_version_is_told_with_its_place(
    field: str, value: object, kind: str, code: str, path: str
) -> None:
    (remark,) = reviewed(**{field: value})
    assert (remark.kind, remark.code, remark.path) == (kind, code, f"versions[0].{path}")
    for text in (remark.message, remark.next_step):
        assert text.zh
        assert text.en
        assert "\n" not in text.zh + text.en


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rate", cited(Fraction(1))),
        ("yearly_cap_fen", cited(100_000)),
        ("rounding_unit_fen", cited(10_000_000)),
        ("claim_floor_fen", None),
        ("valid_to", cited(date(2020, 1, 1))),
        ("eligibility", (cited(FactBelow("sales_fen", 0, 1)),)),
        ("eligibility", (cited(FactBelow("sales_fen", 10, 1)),)),
        ("document", Text("武科规〔2020〕2号", "武科规〔2020〕2号")),
    ],
)
def test_the_last_value_that_can_be_meant_is_no_flaw(field: str, value: object) -> None:
    assert reviewed(**{field: value}) == []


INCUBATED: Cited[Any] = cited(Held("incubated"))
SLIP = Word("incubatd", "在孵", "incubated")
SHAPES: list[tuple[object, str, str, str, str]] = [
    (Held("high_tech_enterprize"), "error", "unknown_kind", "kind", "high_tech_enterprise"),
    (Held("little_giant"), "warning", "unknown_kind", "kind", "above_scale"),
    (DomiciledIn("eastlake"), "error", "unknown_zone", "zone", "east-lake"),
    (DomiciledIn("optics"), "warning", "unknown_zone", "zone", "east-lake"),
    (RegisteredIn("4302"), "warning", "unnamed_region", "prefix", "4302"),
    (RegisteredIn("420"), "error", "bad_region", "prefix", "GB/T 2260"),
    (RegisteredIn("济南"), "error", "bad_region", "prefix", "GB/T 2260"),
    (RegisteredIn("99"), "error", "bad_region", "prefix", "GB/T 2260"),
    (RegisteredIn(""), "error", "bad_region", "prefix", "GB/T 2260"),
    (FactBelow("sale_fen", 1, 1), "error", "unknown_fact", "name", "sales_fen"),
    (FactBelow("sales_fen", 1, 0), "error", "amount_out_of_range", "limit_fen", "fen"),
    (FactBelow("sales_fen", -1, 1), "error", "bad_look_back", "years_before", "the year before"),
    (FactBelow("sales_fen", 2021, 1), "error", "bad_look_back", "years_before", "the year before"),
    (FactAtLeast("sale_fen", 1, 1), "error", "unknown_fact", "name", "sales_fen"),
    (CountAtLeast("employees", 1, 1), "warning", "unknown_fact", "name", 'Word("employees", zh'),
    (ShareAtLeast("rd", "sales_fen", 1, HALF), "warning", "unknown_fact", "part", "sales_fen"),
    (NoRecord("serious_dishonest", 3), "error", "unknown_record", "kind", "serious_dishonesty"),
    (NoRecord("serious_dishonesty", 0), "error", "bad_look_back", "years", "write 3"),
    (
        OnDay("application", Held("incubatd")),
        "error",
        "unknown_kind",
        "condition.kind",
        "incubated",
    ),
    (Held(SLIP), "error", "unknown_kind", "kind", "incubated"),
    (NoEarlierVoucher(()), "error", "no_levels", "levels", "district"),
    (AnyOf(()), "error", "too_few_parts", "conditions", "add conditions"),
    (AllOf((Cited(Held("incubated"), CLAUSE, "M"),)), "advice", "too_few_parts", "conditions", ""),
]


@pytest.mark.parametrize(("shape", "kind", "code", "path", "said"), SHAPES)
def test_a_name_that_no_case_has_is_told_with_the_nearest_one(
    shape: object, kind: str, code: str, path: str, said: str
) -> None:
    (remark,) = reviewed(eligibility=(*WUHAN.eligibility, cited(shape)))
    assert (remark.kind, remark.code) == (kind, code)
    assert remark.path == f"versions[0].eligibility[{len(WUHAN.eligibility)}].{path}"
    assert said in remark.next_step.en


def test_a_name_deep_in_a_condition_is_found() -> None:
    inner = cited(AllOf((cited(Held("incubated")), cited(Held("incubatd")))))  # type: ignore[arg-type]
    (remark,) = reviewed(eligibility=(cited(AnyOf((inner, inner))),))[:1]  # type: ignore[arg-type]
    path = "versions[0].eligibility[0].conditions[0].conditions[1].kind"
    assert (remark.code, remark.path) == ("unknown_kind", path)


@pytest.mark.parametrize(
    ("window", "codes"),
    [
        (Window(None, "03-01", "03-31"), []),
        (Window(2023, "02-01", "02-29"), []),
        (Window(2022, "02-01", "02-29"), ["bad_window_day"]),
        (Window(None, "02-01", "02-29"), ["bad_window_day"]),
        (Window(None, "3-1", "03-31"), ["bad_window_day"]),
        (Window(None, "13-01", "02-30"), ["bad_window_day", "bad_window_day"]),
        (Window(None, "04-01", "03-31"), ["window_ends_before_begin"]),
        (Window(None, "03-31", "03-31"), []),
    ],
)
def test_a_windows_days_are_days_of_one_year(window: Window, codes: list[str]) -> None:
    assert [one.code for one in reviewed(windows=(cited(window),))] == codes


def test_a_programme_that_is_for_no_place_is_told() -> None:
    everywhere = tuple(one for one in WUHAN.eligibility if not isinstance(one.value, RegisteredIn))
    version: Version = msgspec.structs.replace(WUHAN, eligibility=everywhere)
    codes = [(one.kind, one.code) for one in review(draft(version), "jinan")]
    assert codes == [("advice", "no_place"), ("advice", "assumed")]


def test_a_name_or_clause_that_waits_for_its_text_is_told() -> None:
    waiting = cited(Fraction(1, 2), Text("待填写：比例", "to be filled in: the rate"))
    (remark,) = reviewed(rate=waiting, yearly_cap_fen=cited(10_000_000))
    assert (remark.kind, remark.code, remark.path) == ("warning", "to_fill", "versions[0].rate")
    unnamed = Draft(id="jinan", level="city", name=Text("待填写", "Jinan"), versions=(WUHAN,))
    assert ("to_fill", "name") in [(one.code, one.path) for one in review(unnamed, "jinan")]


def test_a_base_that_the_ledger_does_not_know_yet_is_told() -> None:
    for base, said in (
        ("approved_contract", "核定"),
        ("settled", "结算"),
        (Lowest(("paid", "approved_contract")), "核定"),
    ):
        (remark,) = reviewed(base=cited(base))
        assert (remark.kind, remark.code) == ("advice", "base_not_in_ledger")
        assert remark.path == "versions[0].base"
        assert said in remark.message.zh
    assert reviewed(base=cited(Lowest(("paid", "metered", "contract", "invoiced")))) == []


def test_a_class_that_one_purchase_more_may_leave_is_told() -> None:
    for day, number in (("service_completed", 1), ("application", 0)):
        changed: Version = msgspec.structs.replace(
            WUHAN, legal_date=cited(day), rate=cited(ByClass((Class(INCUBATED, HALF),), HALF / 2))
        )
        found = [one for one in review(draft(changed), "jinan") if one.code == "class_by_purchase"]
        assert len(found) == number
        assert all(one.kind == "advice" and "在孵企业" in one.message.zh for one in found)


def test_two_windows_of_one_year_are_told() -> None:
    window = cited(Window(None, "03-01", "03-31"))
    (remark,) = reviewed(windows=(window, window))
    assert (remark.code, remark.path) == ("windows_overlap", "versions[0].windows[1]")


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        (Window(None, "03-01", "03-31"), Window(None, "04-01", "04-30"), False),
        (Window(None, "03-01", "04-01"), Window(None, "04-01", "04-30"), True),
        (Window(None, "12-01", "12-31", years_after=0), Window(None, "01-01", "01-31"), False),
        (Window(None, "03-01", "03-31", years_after=0), Window(None, "03-01", "03-31"), False),
        (Window(2022, "03-01", "03-31"), Window(None, "03-01", "03-31"), False),
    ],
)
def test_several_windows_serve_a_year_one_after_another(
    first: Window, second: Window, *, overlap: bool
) -> None:
    found = [one.code for one in reviewed(windows=(cited(first), cited(second)))]
    assert found == (["windows_overlap"] if overlap else [])


@pytest.mark.parametrize(("years_after", "codes"), [(-1, 1), (0, 0), (1, 0), (2, 1)])
def test_a_window_is_in_the_year_that_it_serves_or_in_the_next(
    years_after: int, codes: int
) -> None:
    window = cited(Window(None, "03-01", "03-31", years_after=years_after))
    assert [one.code for one in reviewed(windows=(window,))] == ["bad_window_year"] * codes


def test_a_window_in_the_year_itself_serves_the_year_of_the_application() -> None:
    window = cited(Window(None, "04-01", "04-10", years_after=0))
    assert reviewed(windows=(window,), claim_year=cited("of_application")) == []


@pytest.mark.parametrize(
    "brought",
    [
        Held(Word("little_giant", "“小巨人”企业", "“little giant”")),
        DomiciledIn(Word("optics", "光谷", "Optics Valley")),
        RegisteredIn(Word("9901", "云汀省", "Yunting Province")),
        RegisteredIn(Word("420106", "武昌区", "Wuchang District")),
        NoRecord(Word("safety_accident", "安全生产事故", "an accident at work"), 3),
        CountAtLeast(Word("insured_employees", "参保职工", "insured employees"), 1, 10),
    ],
)
def test_a_word_that_brings_its_name_needs_no_table(brought: object) -> None:
    assert reviewed(eligibility=(*WUHAN.eligibility, cited(brought))) == []


def test_a_word_keeps_its_name_in_a_file_that_runs_apart() -> None:
    word = Word("little_giant", "“小巨人”企业", "“little giant”")
    held = cited(Held(word))
    made: Version = msgspec.structs.replace(WUHAN, eligibility=(held,))
    (back,) = decode_draft(encode(draft(made))).versions
    kind = back.eligibility[0].value.kind  # type: ignore[union-attr]
    assert isinstance(kind, Word)
    assert (kind, kind.name) == (word, word.name)


def bands(*limits: int | None) -> Cited[Any]:
    return cited(Tiers(tuple(Band(one, Fraction(1, 2)) for one in limits)))


@pytest.mark.parametrize(
    ("limits", "wrong"),
    [
        ((1, 2, None), False),
        ((None,), False),
        ((2, 1, None), True),
        ((1, 1, None), True),
        ((1, None, None), True),
        ((1, 2), True),
        ((), True),
    ],
)
def test_the_limits_of_bands_rise_to_none(limits: tuple[int | None, ...], *, wrong: bool) -> None:
    found = [one.code for one in reviewed(rate=bands(*limits))]
    assert found == (["tiers_out_of_order"] if wrong else [])


@pytest.mark.parametrize(
    ("cap", "place"),
    [
        (ByClass((Class(INCUBATED, 0),), 10**7), "classes[0].value"),
        (ByClass((), 0), "otherwise"),
        (ByYear(((2025, 10**7), (2026, ByClass((), 0)))), "years[1][1].otherwise"),
    ],
)
def test_a_cap_of_nothing_is_told_within_a_class_or_a_year(cap: object, place: str) -> None:
    (remark,) = reviewed(yearly_cap_fen=cited(cap))
    assert remark.code == "amount_out_of_range"
    assert remark.path == f"versions[0].yearly_cap_fen.{place}"


@pytest.mark.parametrize(
    ("ends", "begins", "code"),
    [
        ("2024-12-31", "2025-01-01", None),
        ("2024-12-30", "2025-01-01", "versions_gap"),
        ("2025-01-01", "2025-01-01", "versions_overlap"),
        ("2026-01-01", "2025-01-01", "versions_overlap"),
        (None, "2025-01-01", "versions_overlap"),
    ],
)
def test_versions_follow_one_another(ends: str | None, begins: str, code: str | None) -> None:
    last = None if ends is None else cited(date.fromisoformat(ends))
    first: Version = msgspec.structs.replace(WUHAN, id="1", valid_to=last)
    second: Version = msgspec.structs.replace(
        WUHAN, id="2", valid_from=cited(date.fromisoformat(begins))
    )
    found = [one.code for one in review(draft(first, second), "jinan") if one.code != "assumed"]
    assert found == ([] if code is None else [code])


def test_shares_that_do_not_sum_to_one_are_told() -> None:
    halves = FundingSplit((LevelShare("city", HALF), LevelShare("district", HALF)), "city")
    split: Version = msgspec.structs.replace(WUHAN, funding_split=cited(halves))
    raw = encode(draft(split)).replace(b'"ratio":"1/2"}}}],', b'"ratio":"1/3"}}}],')
    with pytest.raises(WrongTypeError, match="sum to 5/6") as caught:
        decode_draft(raw)
    assert caught.value.path == "versions[0].funding_split"


def test_a_rate_over_the_year_and_a_cap_of_each_contract_are_told() -> None:
    (remark,) = reviewed(rate_over=cited("year"), contract_cap_fen=cited(10**6))
    assert (remark.code, remark.path) == ("year_and_contract", "versions[0].rate_over")


def test_versions_that_go_by_different_days_are_told() -> None:
    first: Version = msgspec.structs.replace(WUHAN, id="1", valid_to=cited(date(2024, 12, 31)))
    second: Version = msgspec.structs.replace(
        WUHAN, id="2", valid_from=cited(date(2025, 1, 1)), legal_date=cited("application")
    )
    (remark,) = (one for one in review(draft(first, second), "jinan") if one.kind != "advice")
    assert (remark.kind, remark.code) == ("warning", "legal_date_differs")
    assert "按服务完成日认定，2 按申请日认定" in remark.message.zh


def test_a_programme_is_named_as_its_file_and_has_versions_of_different_names() -> None:
    assert [one.code for one in review(draft(), "jinan")] == ["no_versions"]
    assert [one.code for one in review(draft(), "qingdao")] == ["id_differs", "no_versions"]
    ended: Version = msgspec.structs.replace(WUHAN, valid_to=cited(date(2024, 12, 31)))
    later: Version = msgspec.structs.replace(WUHAN, valid_from=cited(date(2025, 1, 1)))
    assert "version_twice" in [one.code for one in review(draft(ended, later), "jinan")]


def test_the_released_versions_are_what_they_were() -> None:
    found = {
        f"{one.id}@{version.id}": hash_version(one, version)
        for one in find_programmes()
        for version in one.versions
    }
    assert {name: found[name] for name in RELEASED} == RELEASED


def test_a_change_of_a_released_version_is_told_and_an_end_alone_is_less() -> None:
    wuhan = PROGRAMMES["wuhan"]

    def codes(*versions: Version) -> list[tuple[str, str]]:
        changed = draft(*versions, programme="wuhan")
        return [(one.kind, one.code) for one in review(changed, "wuhan") if one.code != "assumed"]

    assert codes(*wuhan.versions) == []
    graded: Version = msgspec.structs.replace(WUHAN, rate=Cited(Fraction(1, 2), CLAUSE, "P"))
    assert codes(graded) == [("error", "released_changed")]
    ended: Version = msgspec.structs.replace(WUHAN, valid_to=cited(date(2026, 12, 31)))
    assert codes(ended) == [("warning", "released_ended")]
    renamed: Version = msgspec.structs.replace(WUHAN, id="2021")
    assert codes(renamed) == [("error", "released_gone")]


def encode(programme: Programme) -> bytes:
    return msgspec.json.encode(encode_draft(programme))


def test_a_programme_comes_back_from_its_values_as_it_was() -> None:
    for one in find_programmes():
        back = decode_draft(encode(one))
        assert back.versions == one.versions
        hashes = [hash_version(back, version) for version in back.versions]
        assert hashes == [hash_version(one, version) for version in one.versions]


@pytest.mark.parametrize(
    ("field", "value", "path", "said"),
    [
        ("rate", "3/10", "rate", "text"),
        ("rate", cited(0.3), "rate", "the decimal number"),
        ("rate", cited("0.3"), "rate", "text"),
        ("rate", cited(1), "rate", "the whole number 1"),
        ("rate", cited(Fraction(1, 2), "第一条"), "rate.clause", "text"),  # type: ignore[arg-type]
        ("rate", Cited(Fraction(1, 2), CLAUSE, "Q"), "rate.grade", "'Q'"),  # type: ignore[arg-type]
        ("base", cited("payed"), "base", "'payed'"),
        ("yearly_cap_fen", cited(10_000.5), "yearly_cap_fen", "the decimal number"),
        ("valid_from", cited("2022-02-30"), "valid_from", ""),
        ("eligibility", cited(Held("incubated")), "eligibility", "Cited"),
        ("eligibility", (cited("incubated"),), "eligibility[0]", "text"),
        ("windows", (cited(Held("incubated")),), "windows[0]", ""),
    ],
)
def test_a_value_of_another_type_is_told_with_its_place(
    field: str, value: object, path: str, said: str
) -> None:
    broken: Version = msgspec.structs.replace(WUHAN, **{field: value})
    with pytest.raises(WrongTypeError) as caught:
        decode_draft(encode(draft(broken)))
    assert caught.value.path == f"versions[0].{path}"
    assert said in caught.value.message.en
    assert caught.value.next_step.zh
