"""What the invented programmes say to people: in words, by their clauses, with no code in it."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.vouchers.invented.facts import BOUGHT, HELD, buy, case
from tests.vouchers.worlds import INVENTED
from vouchers.case import Case
from vouchers.decide import decide
from vouchers.improve import improve
from vouchers.programme import Cited, Programme, Word
from vouchers.showing import name_field, show, show_field
from vouchers.values import walk

HERE = Path(__file__).parent
IDS = [one.id for one in INVENTED]
CODE = re.compile(r"[a-z]{2,}")


def spoken(programme: Programme, of: Case) -> Iterator[str]:
    """Yield all that is said in Chinese about a programme and its decision on a case."""
    for version in programme.versions:
        for name, cited in walk(version):
            yield name_field(name, cited).zh
            yield show_field(name, cited).zh
            yield cited.clause.zh
    decision = decide(programme, of)
    for step in decision.steps:
        yield step.what.zh
        yield show(step).zh
    for reason in decision.reasons:
        yield reason.message.zh.partition("请填报")[0]
    for one in improve(programme, of, decision):
        yield one.message.zh


REFUSED: dict[str, object] = {
    "enterprise.tax_domicile": [],
    "enterprise.registered_region": "420100",
    HELD: [{"kind": "incubated", "recognised_by": "district"}],
    "enterprise.facts[0].value": 40_000_000_000,
    "enterprise.facts[1].value": 1,
    "enterprise.facts[2].value": 1,
    "enterprise.records": [
        {"kind": kind, "on": "2026-01-01"}
        for kind in ("serious_dishonesty", "tax_penalty", "safety_accident", "tax_arrears")
    ],
    "other_funding": [
        {"scope": scope, "ref": ref, "level": level, "year": year}
        for scope, ref in (("enterprise", None), ("project", "P-1"), ("contract", "C-1"))
        for level in ("national", "province", "city")
        for year in (2025, 2026)
    ],
    "purchases": [
        buy(1, "C-1", signed_on="2020-01-01", completed_on="2020-01-01", confirmed=False),
        buy(30_000_000, "C-2", resource_kind="support"),
    ],
}


@pytest.mark.parametrize("programme", INVENTED, ids=IDS)
@pytest.mark.parametrize(
    "changes",
    [{}, REFUSED, {HELD: None, f"{BOUGHT}.settled_fen": None, f"{BOUGHT}.metered_fen": None}],
    ids=["paid", "refused", "unknown"],
)
def test_what_is_said_in_chinese_has_no_code_in_it(
    programme: Programme, changes: dict[str, object]
) -> None:
    said = list(spoken(programme, case(changes, net_fen=None if "purchases" in changes else 10**7)))
    assert len(said) > 50
    for sentence in said:
        assert not CODE.search(sentence), sentence
        assert "  " not in sentence
        assert sentence


@pytest.mark.parametrize("programme", INVENTED, ids=IDS)
def test_every_article_that_is_cited_stands_in_the_notice(programme: Programme) -> None:
    notice = (HERE / f"{programme.id}.md").read_text("utf-8")
    assert "虚构" in notice
    for version in programme.versions:
        number = version.document.zh.removesuffix("（虚构）")
        assert number in notice.replace(" ", "")
        for _, cited in walk(version):
            article = re.search(r"第([一二三四五六七八九十]+)条(?:第（(.)）项)?", cited.clause.zh)
            if article is None:
                assert cited.grade == "A" or "文末" in cited.clause.zh
                continue
            head = re.search(rf"\*\*(第{article[1]}条|{article[1]}、[^*]*)\*\*", notice)
            assert head is not None, cited.clause
            if article[2]:
                body = re.split(r"\n\*\*(?:第|[一二三四五六七八九十]+、)", notice[head.end() :])[0]
                assert f"（{article[2]}）" in body, cited.clause


@pytest.mark.parametrize("programme_id", IDS)
def test_a_programme_is_a_page(programme_id: str) -> None:
    assert len((HERE / f"{programme_id}.py").read_text("utf-8").splitlines()) <= 80


def words_in(value: object) -> Iterator[Word]:
    if isinstance(value, Word):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from words_in(one)
    elif isinstance(value, msgspec.Struct | Cited):
        for name in value.__struct_fields__:
            yield from words_in(getattr(value, name))


def test_a_word_has_one_name_everywhere() -> None:
    names: dict[str, object] = {}
    for programme in INVENTED:
        for word in words_in(programme):
            assert names.setdefault(str(word), word.name) == word.name
    assert len(names) > 10


def test_a_refusal_reads_as_a_civil_servant_writes() -> None:
    qingyu, lanpu = INVENTED[2], INVENTED[1]
    reasons = [*decide(lanpu, case(REFUSED)).reasons, *decide(qingyu, case(REFUSED)).reasons]
    said = [reason.message.zh for reason in reasons]
    for sentence in (
        "注册地（行政区划代码 420100）不在澜浦市",
        "2025 年月均参保职工人数为 1，未达到 10",
        "2026-10-10 税务关系不在青屿区",
        "2026-01-01 有安全生产事故记录，距 2026-10-10 不满 3 年",
        "第 1 项采购（合同 C-1）的合同金额 0.01 元，低于 100,000.00 元",
        "第 1 项采购（合同 C-1）所属合同 C-1 已获其他财政资金",
        "第 1 项采购（合同 C-1）所属企业 2026 年已获市级财政资金",
    ):
        assert sentence in said, said
