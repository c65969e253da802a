"""若…则可得…: what would change a refusal, by the same rules."""

from collections.abc import Callable

from tests.vouchers.toy import rule
from vouchers.case import Case
from vouchers.catalogue import select_programmes
from vouchers.decide import decide
from vouchers.improve import improve
from vouchers.programme import Held, NotDeclared, RegisteredIn

MakeCase = Callable[..., Case]
HELD = "enterprise.qualifications"
(WUHAN,) = select_programmes(["wuhan"])


def test_a_refusal_names_each_requirement_that_would_be_enough(make_case: MakeCase) -> None:
    case = make_case({HELD: [{"kind": "above_scale"}]})
    found = improve(WUHAN, case, decide(WUHAN, case))
    assert [one.message.zh for one in found] == [
        "若符合“高新技术企业”，则可得 50,000.00 元",
        "若符合“技术先进型服务企业”，则可得 50,000.00 元",
        "若符合“全国科技型中小企业库在库企业”，则可得 50,000.00 元",
        "若符合“在孵企业（载体由区级以上认定）”，则可得 50,000.00 元",
    ]
    assert {one.clause.zh for one in found} == {"武科规〔2020〕2号，支持对象"}


def test_what_it_is_worth_is_what_the_rule_then_pays(make_case: MakeCase) -> None:
    lacking: dict[str, object] = {HELD: []}
    having = {HELD: [{"kind": "technology_sme"}]}
    for spent_fen in (199_999, 200_000, 19_999_999, 99_000_000):
        case = make_case(lacking, spent_fen=spent_fen)
        found = improve(WUHAN, case, decide(WUHAN, case))
        paid_fen = decide(WUHAN, make_case(having, spent_fen=spent_fen)).amount_fen
        assert {one.amount_fen for one in found} == ({paid_fen} if paid_fen else set())


def test_where_no_single_one_is_enough_the_fewest_that_are(make_case: MakeCase) -> None:
    programme = rule(eligibility=(Held("a"), RegisteredIn("42"), Held("b"), Held("c")))
    case = make_case({HELD: [{"kind": "c"}]})
    (only,) = improve(programme, case, decide(programme, case))
    assert [one.value for one in only.requirements] == [Held("a"), Held("b")]
    assert (only.message.zh, only.amount_fen) == ("若符合“a，且b”，则可得 50,000.00 元", 5_000_000)


def test_a_missing_fact_is_told_with_what_it_is_worth(make_case: MakeCase, drop: object) -> None:
    programme = rule(eligibility=(NotDeclared("related_party"),))
    case = make_case({"declarations.related_party": drop})
    (only,) = improve(programme, case, decide(programme, case))
    assert only.amount_fen == 5_000_000


def test_nothing_is_promised_where_nothing_would_help_or_is_needed(make_case: MakeCase) -> None:
    used = {"programme": "wuhan", "year": 2022, "claimed_fen": 10_000_000, "redeemed_fen": 0}
    for case in (
        make_case(),
        make_case({HELD: [], "earlier": [used]}),
        make_case({"purchases": []}),
    ):
        assert improve(WUHAN, case, decide(WUHAN, case)) == ()
