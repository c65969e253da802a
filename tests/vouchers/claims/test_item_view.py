"""The check list as it is read: the same codes in each language, and nothing of others."""

from tests.vouchers.claims.world import FIRST, OTHER, evidence_of
from vouchers.claims.checklist import check
from vouchers.claims.evidence import Elsewhere
from vouchers.claims.item_view import COLUMNS, hide, list_rows, render_items


def test_an_enterprise_reads_nothing_of_others() -> None:
    items = check(evidence_of(elsewhere=(Elsewhere(FIRST, OTHER, "CL-8", "wuhan"),)))
    assert OTHER in str(items)
    assert OTHER not in str(hide(items))
    assert [one.verdict for one in hide(items)] == [one.verdict for one in items]


def test_a_language_changes_words_and_nothing_else() -> None:
    items = check(evidence_of(holder=None))
    zh, en = render_items(items, "zh"), render_items(items, "en")
    assert [sorted(one) for one in zh] == [sorted(one) for one in en]
    assert sorted(zh[0]) == ["basis", "computed", "found", "item", "name", "next", "source"]
    assert [(one["item"], one["computed"]) for one in zh] == [
        (one["item"], one["computed"]) for one in en
    ]


def test_the_table_has_a_row_for_each_item() -> None:
    items = check(evidence_of(holder=None))
    rows = list_rows(items, "zh")
    assert len(rows) == len(items)
    assert {len(one) for one in rows} == {len(COLUMNS)}
    assert rows[-1][:2] == ("收款户名为申请企业", "无法认定")
