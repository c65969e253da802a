"""Days on a page, and labels under bars: each as its language writes them."""

from decimal import Decimal

from portal.web.chart import LABELS_MAX, Value, draw
from portal.web.figures import brief_day, brief_month, days_in, period


def test_days_within_a_sentence_are_written_as_its_language_does() -> None:
    assert days_in("服务 2022-03-01 至 2022-12-31", "zh") == "服务 2022年3月1日 至 2022年12月31日"
    assert days_in("valid on 2022-03-01", "en") == "valid on 1 March 2022"


def test_numbers_and_what_is_no_day_stay() -> None:
    for said in (
        "付款凭证 P-9-2022-10-10",
        "2022-10-10-B1",
        "不是日期：'2022-07-01'",
        "2022-02-30",
    ):
        assert days_in(said, "zh") == said


def test_a_period_of_the_schedule_is_a_year_a_month_a_day_or_an_hour() -> None:
    said = [period(one, "zh") for one in ("2022", "2022-09", "2022-09-01", "2022-09-01T17")]
    assert said == ["2022", "2022年9月", "2022年9月1日", "2022年9月1日 17:00"]
    assert period("2022-09-01T17", "en") == "1 September 2022, 17:00"


def test_where_room_is_short_days_and_months_are_brief() -> None:
    assert [brief_day("2022-07-01", one) for one in ("zh", "en")] == ["7月1日", "1 Jul"]
    assert [brief_month("2022-07", one) for one in ("zh", "en")] == ["2022年7月", "Jul 2022"]


def test_a_bar_without_a_label_stands_with_the_one_before_over_one_label() -> None:
    values = [Value("" if other else "7月", "1", "一", other) for other in (False, True)]
    bars = draw(values, "", "")
    assert [one.title for one in bars.bars] == ["7月: 一", "7月: 一"]
    assert [(one.text, one.x) for one in bars.ticks] == [("7月", "360.00")]
    one, other = bars.bars
    assert Decimal(other.x) - Decimal(one.x) - Decimal(one.width) == Decimal(3), "side by side"
    assert (Decimal(one.x) + Decimal(other.x) + Decimal(other.width)) / 2 == Decimal(360)


def test_labels_do_not_run_into_each_other() -> None:
    values = [Value(f"{day}日", "1", "一") for day in range(1, 32)]
    assert len(draw(values, "", "").ticks) <= LABELS_MAX
