"""The command line's objects: their exact keys, in both languages, and nothing that JSON lacks."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

import msgspec
import pytest

from ledger.errors import InvalidInputError
from ledger.text import Text
from tests.vouchers.values import flat_rate, yearly_cap
from vouchers.case import Case, FundingScope
from vouchers.catalogue import find_programmes, hash_catalogue, select_programmes
from vouchers.decide import decide
from vouchers.programme import Cited, NoEarlierVoucher, hash_version
from vouchers.render import describe, list_programmes, preview
from vouchers.showing import render_exact, show_field, tell
from vouchers.treasury import FundingSplit, JointCap, LevelCap, LevelShare, Pool
from vouchers.values import walk
from vouchers.wording import describe_condition

MakeCase = Callable[..., Case]
Write = Callable[[Mapping[str, object]], bytes]

# The programmes of one place, whatever other places there are.
PLACE = ("hubei", "wuhan", "east_lake")

WORDS = {"what", "message", "clause", "reason", "name", "document"}


def without_words(value: Any) -> Any:  # noqa: ANN401 -- any JSON value
    """Return a JSON value without the keys that a language changes."""
    if isinstance(value, dict):
        return {key: without_words(one) for key, one in value.items() if key not in WORDS}
    if isinstance(value, list):
        return [without_words(one) for one in value]
    return value


def test_a_preview_has_the_keys_of_the_contract(write_case: Write) -> None:
    shown = preview(write_case({}), PLACE, language="en")
    assert list(shown) == ["decisions", "plans"]
    assert [one["programme"] for one in shown["decisions"]] == list(PLACE)
    for decision in shown["decisions"]:
        assert set(decision) == {
            *("programme", "version", "status", "amount_fen", "steps", "reasons"),
            "improvements",
        }
        assert decision["steps"]
        for step in decision["steps"]:
            assert set(step) == {
                *("what", "value", "unit", "clause", "grade", "operation", "inputs")
            }
            assert step["grade"] in {"P", "M", "N", "A"}
        for reason in decision["reasons"]:
            assert set(reason) == {"code", "message", "clause"}
    assert len(shown["plans"]) == 7
    for one in shown["plans"]:
        assert set(one) == {
            *("programmes", "amounts_fen", "total_fen", "lawful", "reason", "counted", "proved")
        }
        assert list(one["amounts_fen"]) == one["programmes"]
        assert one["total_fen"] == sum(one["amounts_fen"].values())
        assert one["lawful"] == (one["reason"] is None)


def test_a_language_changes_words_only(write_case: Write, drop: object) -> None:
    worlds: list[dict[str, object]] = [
        {},
        {"apply_on": drop},
        {"enterprise": {}},
        {"purchases": []},
    ]
    for changes in worlds:
        raw = write_case(changes)
        zh, en = (preview(raw, language=language) for language in ("zh", "en"))
        assert without_words(zh) == without_words(en)
        assert zh != en
        assert json.loads(json.dumps(zh)) == zh
        assert "湖北" not in json.dumps(en, ensure_ascii=False)


def test_an_undetermined_amount_is_null(write_case: Write, drop: object) -> None:
    shown = preview(write_case({"enterprise.registered_region": drop}), ["hubei"])
    (decision,), (only,) = shown["decisions"], shown["plans"]
    assert (decision["status"], decision["amount_fen"]) == ("undetermined", None)
    assert (only["amounts_fen"], only["total_fen"], only["lawful"]) == (
        {"hubei": None},
        None,
        False,
    )


def test_a_missed_window_is_a_reason_and_never_the_status(write_case: Write) -> None:
    (decision,) = preview(write_case({}), ["wuhan"])["decisions"]
    assert decision["status"] == "eligible"
    assert [one["code"] for one in decision["reasons"]] == ["outside_window"]


def test_the_reason_of_an_unlawful_plan_ends_in_its_clause(write_case: Write) -> None:
    plans = preview(write_case({}), ["hubei", "wuhan"], language="zh")["plans"]
    assert plans[-1]["programmes"] == ["hubei", "wuhan"]
    assert "鄂科技规〔2022〕3号" in plans[-1]["reason"]


def test_a_slip_in_an_earlier_programme_is_refused(write_case: Write) -> None:
    for wrong, near in (("east-lake", "east_lake"), ("wuhann", "wuhan")):
        with pytest.raises(InvalidInputError, match=near):
            preview(write_case({"earlier[0].programme": wrong}))
    preview(write_case({"earlier[0].programme": "changsha"}))
    with pytest.raises(InvalidInputError, match=r"purchases\[0\].refunded_by\[1\]: .*'hubie'"):
        preview(write_case({"purchases[0].refunded_by": ["changsha", "hubie"]}))


def test_the_list_has_a_row_a_version() -> None:
    shown = list_programmes()
    rows = [(one["id"], one["version"], one["from"], one["to"]) for one in shown["rows"]]
    assert [row for row in rows if row[0] in PLACE] == [
        ("hubei", "2022", "2022-05-07", "2024-12-31"),
        ("hubei", "2025", "2025-01-01", None),
        ("wuhan", "2020", "2020-01-01", None),
        ("east_lake", "2020", "2020-01-01", None),
    ]
    for row in shown["rows"]:
        assert set(row) == {"id", "level", "version", "document", "from", "to", "hash"}
    assert shown["hash"] == hash_catalogue(find_programmes())
    english = [one["hash"] for one in list_programmes(language="en")["rows"]]
    assert english == [one["hash"] for one in shown["rows"]]


def test_a_description_has_every_value_with_clause_and_grade() -> None:
    for programme in find_programmes():
        for version in programme.versions:
            shown = describe(programme, version.valid_from.value, language="en")
            assert shown["version"] == version.id
            assert shown["hash"] == hash_version(programme, version)
            values = {one["name"]: one for one in shown["values"]}
            assert len(values) == len(shown["values"])
            for one in values.values():
                assert set(one) == {"name", "what", "value", "clause", "grade"}
                assert one["what"]
                assert one["clause"]
            assert values["rate"]["value"] == render_exact(flat_rate(version))
            assert values["yearly_cap_fen"]["value"] == yearly_cap(version).value
            assert f"eligibility[{len(version.eligibility) - 1}]" in values
            assert json.loads(json.dumps(shown)) == shown


def test_nested_conditions_are_described_one_by_one() -> None:
    shown = describe(find_programmes()[0], date(2022, 5, 7), language="en")
    values = {one["name"]: one["value"] for one in shown["values"]}
    assert values["eligibility[1]"] == {"type": "any_of"}
    assert values["eligibility[1].conditions[1]"] == {"type": "all_of"}
    assert values["eligibility[1].conditions[1].conditions[1]"] == {
        "type": "fact_below",
        "name": "sales_fen",
        "years_before": 1,
        "limit_fen": 2_000_0000_000,
    }


def test_without_a_day_the_newest_version_is_described() -> None:
    hubei = find_programmes()[0]
    assert describe(hubei)["version"] == "2025"
    assert describe(hubei, date(2024, 12, 31))["version"] == "2022"
    with pytest.raises(InvalidInputError, match="2022-05-07") as caught:
        describe(hubei, date(2022, 5, 6))
    assert caught.value.code == "no_version_in_force"


def test_steps_are_told_with_their_working_clause_and_grade(make_case: MakeCase) -> None:
    used = {"programme": "hubei", "year": 2022, "claimed_fen": 10_050_000, "redeemed_fen": 0}
    case = make_case({"earlier": [used]}, spent_fen=60_000_000)
    rounded = "舍去不足一个单位的部分：99,500.00 元以 1,000.00 元为单位向下舍去"
    rule, cap = "鄂科技规〔2022〕3号，年度最高额度；转载的官方文本", "未见条文，假定"
    told = tell(decide(select_programmes(["hubei"])[0], case).steps)
    assert [one.zh for one in told[-5:]] == [
        f"当年已申领额度：100,500.00 元（{rule}）",
        f"当年剩余额度：200,000.00 元 − 100,500.00 元 ＝ 99,500.00 元（{rule}）",
        f"不超过剩余额度：180,000.00 元与99,500.00 元中的较小者 ＝ 99,500.00 元（{rule}）",
        f"金额单位：1,000.00 元（{cap}：同 2025 年，精确到千元；假定）",
        f"{rounded} ＝ 99,000.00 元（{cap}：不足部分舍去；假定）",
    ]
    assert told[-1].en == (
        "the rest of a unit is dropped: CNY 99,500.00 downwards in units of CNY 1,000.00"
        " = CNY 99,000.00 (no text found, assumed: rounded downwards; assumed)"
    )


def test_money_that_several_share_is_described_in_both_languages() -> None:
    clause = Text("第六条", "article 6")
    halves = (LevelShare("city", Fraction(1, 2)), LevelShare("district", Fraction(1, 2)))
    cap = JointCap(("city", "district"), 7_000_000, (LevelCap("district", 2_000_000),))
    hubei = find_programmes()[0]
    version = msgspec.structs.replace(
        hubei.versions[0],
        valid_to=None,
        joint_cap=Cited(cap, clause, "M"),
        combined_ceiling=Cited(Fraction(3, 5), clause, "M"),
        pool=Cited(Pool(10_000_000, "pro_rata"), clause, "N"),
        funding_split=Cited(FundingSplit(halves, "district"), clause, "M"),
        payment_form=Cited("provider_redeems", clause, "M"),
        notice_days=Cited(7, clause, "M"),
    )
    rule = msgspec.structs.replace(hubei, versions=(version,))
    shown = {one["name"]: one for one in describe(rule, language="zh")["values"]}
    assert shown["joint_cap"]["what"] == "各级合计年度最高额度"
    assert shown["combined_ceiling"]["value"] == "0.6"
    assert shown["funding_split"]["value"]["shares"][0] == {"level": "city", "share": "1/2"}
    assert shown["payment_form"]["value"] == "provider_redeems"
    said = {name: show_field(name, cited) for name, cited in walk(version)}
    assert said["joint_cap"] == Text(
        "市级、区级合计 70,000.00 元，其中区级 20,000.00 元",
        "city and district together CNY 70,000.00, of these district 20,000.00",
    )
    assert said["pool"] == Text(
        "100,000.00 元，不足时同比例兑付", "CNY 100,000.00; when short pro rata"
    )
    assert said["funding_split"] == Text(
        "市级 50%，区级 50%，尾差由区级承担", "city 50%, district 50%; the rest of a fen: district"
    )
    assert said["payment_form"] == Text("由服务机构兑付", "redeemed by the provider")
    assert said["notice_days"] == Text("7 个工作日", "7 working days")
    assert said["combined_ceiling"] == Text("60%", "60%")


def test_an_exclusion_says_its_scope() -> None:
    scopes: tuple[FundingScope, ...] = ("enterprise", "project", "contract")
    said = [describe_condition(NoEarlierVoucher(("city",), scope)) for scope in scopes]
    assert said == [
        Text("同年度未享受市级创新券", "no city voucher for the same year"),
        Text("所属研发项目未享受市级创新券", "no city voucher for its R&D project"),
        Text("所属合同未享受市级创新券", "no city voucher for its contract"),
    ]


def test_a_plan_says_which_purchases_each_programme_counts(write_case: Write) -> None:
    plans = preview(write_case({}), language="en")["plans"]
    assert plans[0]["counted"] == {one: [0] for one in plans[0]["programmes"]}
    assert plans[-1]["counted"] == {one: [] for one in plans[-1]["programmes"]}
    assert {one["proved"] for one in plans} == {True}
