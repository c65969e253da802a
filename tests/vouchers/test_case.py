"""Reading a case: what is left out stays unknown, and what is wrong is refused with its path."""

import json
from collections.abc import Callable, Mapping
from datetime import date

import pytest

from ledger.errors import InvalidInputError
from ledger.money import FEN_MAX
from vouchers.case import Case, Declarations, Domicile, Enterprise, Qualification, parse_case

Write = Callable[[Mapping[str, object]], bytes]
ITEMS = "enterprise.qualifications[0]"


def refusal(raw: bytes) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as caught:
        parse_case(raw)
    return caught.value


def test_every_fact_is_read(write_case: Write) -> None:
    case = parse_case(write_case({}))
    assert case.apply_on == date(2022, 11, 1)
    assert case.enterprise.tax_domicile == (
        Domicile(zone="east-lake", valid_from=date(2021, 1, 1)),
    )
    assert case.enterprise.qualifications is not None
    assert case.enterprise.qualifications[0] == Qualification(
        kind="high_tech_enterprise", valid_from=date(2021, 11, 15), valid_to=date(2024, 11, 14)
    )
    assert case.purchases is not None
    assert case.purchases[0].payments is not None
    assert case.purchases[0].payments[0].amount_fen == 10_000_000
    assert case.earlier[0].programme == "hubei"
    assert case.other_funding[0].ref == "P-9"
    assert case.declarations == Declarations(related_party=False, serious_dishonesty=False)


def test_a_case_without_facts_is_unknown_throughout() -> None:
    empty = parse_case(b"{}")
    assert empty == Case(enterprise=Enterprise(), declarations=Declarations())
    assert empty.purchases is None
    assert empty.earlier == ()


def test_every_fact_may_be_left_out(
    write_case: Write, every_key: tuple[str, ...], drop: object
) -> None:
    for path in every_key:
        parse_case(write_case({path: drop}))


def test_null_is_unknown(write_case: Write) -> None:
    assert parse_case(write_case({"apply_on": None})).apply_on is None


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("aply_on", "apply_on"),
        ("enterprise.credit_cod", "credit_code"),
        ("purchases[0].invoice_fen", "invoiced_fen"),
        ("purchases[0].payments[0].payed_on", "paid_on"),
        (f"{ITEMS}.valid_from", "from"),
        ("declarations.related_parties", "related_party"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_name(
    write_case: Write, path: str, near: str
) -> None:
    error = refusal(write_case({path: "2022-01-01"}))
    assert error.code == "unknown_key"
    assert path.rpartition(".")[2] in error.message.en
    assert (path.rpartition(".")[0] or "$") in error.message.en
    assert f" {near}" in error.next_step.en or near in error.next_step.zh


def test_an_unknown_key_near_nothing_is_refused_with_the_known_names(write_case: Write) -> None:
    error = refusal(write_case({"declarations.xyz": True}))
    assert error.next_step.en == "known keys: related_party, serious_dishonesty"


@pytest.mark.parametrize(
    ("raw", "key", "place"),
    [
        (b'{"apply_on": "2022-01-01", "apply_on": "2022-01-02"}', "apply_on", "$"),
        (b'{"earlier": [{"year": 1, "year": 1}]}', "year", "earlier[0]"),
        (b'{"enterprise": {"facts": [], "name": "a", "facts": []}}', "facts", "enterprise"),
    ],
)
def test_a_key_written_twice_is_refused_at_any_depth(raw: bytes, key: str, place: str) -> None:
    error = refusal(raw)
    assert error.code == "duplicate_key"
    assert key in error.message.en
    assert error.message.en.endswith(f" {place}")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("enterprise", []),
        ("purchases", {}),
        ("purchases[0]", "C-1"),
        ("purchases[0].invoiced_fen", -1),
        ("purchases[0].invoiced_fen", FEN_MAX + 1),
        ("purchases[0].invoiced_fen", 10**40),
        ("purchases[0].invoiced_fen", 1.0),
        ("purchases[0].invoiced_fen", "1"),
        ("purchases[0].invoiced_fen", True),
        ("purchases[0].payments[0].amount_fen", -1),
        ("purchases[0].tax_fen", 10_000_001),
        ("purchases[0].resource_kind", "gpu"),
        ("purchases[0].service_to", "2022-02-28"),
        ("purchases[0].contract", ""),
        ("purchases[0].contract", "x" * 201),
        ("purchases[0].completed_on", 20220630),
        ("declarations.related_party", 0),
        ("declarations.related_party", "false"),
        ("enterprise.registered_region", "42010"),
        ("enterprise.registered_region", "420100\n"),
        ("enterprise.registered_region", 420100),
        ("enterprise.registered_region", "890100"),
        ("enterprise.name", "a\x00b"),
        ("enterprise.name", "a\u202eb"),
        ("enterprise.facts[0].name", "sale_fen"),
        ("apply_on", "1948-12-31"),
        ("apply_on", "9999-01-01"),
        (f"{ITEMS}.to", "2021-11-14"),
        (f"{ITEMS}.kind", "high_tech_enterprize"),
        (f"{ITEMS}.kind", "technology-sme"),
        ("enterprise.tax_domicile[0].zone", "east_lake"),
        ("earlier[0].year", 22),
        ("other_funding[0].level", "provincial"),
        ("other_funding[0].scope", "firm"),
    ],
)
def test_a_wrong_value_is_refused_with_its_path(
    write_case: Write, path: str, value: object
) -> None:
    error = refusal(write_case({path: value}))
    assert error.code == "bad_value"
    assert path in error.message.en
    assert path in error.message.zh


@pytest.mark.parametrize("day", ["2022-02-29", "2022-7-1", "2022-07-01T00:00:00Z", "20220701", ""])
def test_a_date_that_is_none_is_refused_with_its_path(write_case: Write, day: str) -> None:
    error = refusal(write_case({"purchases[0].payments[0].paid_on": day}))
    assert error.code == "bad_date"
    assert "purchases[0].payments[0].paid_on" in error.message.zh


@pytest.mark.parametrize(
    ("day", "meant"),
    [
        ("2022/7/1", '"2022-07-01"?'),
        ("2022-7-1", '"2022-07-01"?'),
        ("20220701", '"2022-07-01"?'),
        (20220701, '"2022-07-01"?'),
        (" 2022-07-01", '"2022-07-01"?'),
        ("2022.07.01", '"2022-07-01"?'),
        ("2022年7月1日", '"2022-07-01"?'),
        ("２０２２-07-01", '"2022-07-01"?'),
        ("2022-07-01T08:00:00", '"2022-07-01"?'),
        ("2022-02-30", 'write it like "2022-07-01"'),
        ("soon", 'write it like "2022-07-01"'),
        (7, 'write it like "2022-07-01"'),
    ],
)
def test_a_date_written_otherwise_is_refused_with_the_day_that_it_means(
    write_case: Write, day: object, meant: str
) -> None:
    error = refusal(write_case({"apply_on": day}))
    assert error.next_step.en.endswith(meant)
    said = "no such day" if day == "2022-02-30" else "not a date"
    assert error.message.en.startswith(f"apply_on: {said}: ")


@pytest.mark.parametrize(
    "written",
    ["1e3", "100.50", "-1.0", "1E+2", "1e999", "9" * 50, "9" * 5000],
)
def test_a_number_is_shown_as_it_was_written(write_case: Write, written: str) -> None:
    path = "purchases[0].invoiced_fen"
    raw = write_case({path: "@"}).replace(b'"@"', written.encode())
    error = refusal(raw)
    assert error.code == "bad_value"
    assert error.message.en.startswith(f"wrong value at {path}: {written[:60]}")
    wanted = "at most" if written.isdigit() else "at least 0, in fen"
    assert wanted in error.next_step.en


@pytest.mark.parametrize(
    "written",
    ["91420100ma4k2xy18x", "9142O1OOMA4K2XY18X", "91420100MA4K2XY18X ", "9142 0100MA4K2XY18X"],
)
def test_a_credit_code_that_was_misread_is_refused_with_the_one_meant(
    write_case: Write, written: str
) -> None:
    error = refusal(write_case({"enterprise.credit_code": written}))
    assert error.next_step.en == "did you mean 91420100MA4K2XY18X?"


def test_a_name_where_a_code_is_due_is_refused_with_the_codes(write_case: Write) -> None:
    for path, name in (
        (f"{ITEMS}.kind", "高新技术企业"),
        ("enterprise.tax_domicile[0].zone", "东湖"),
    ):
        error = refusal(write_case({path: name}))
        assert error.code == "bad_value"
        assert "a code, such as " in error.next_step.en


@pytest.mark.parametrize("path", ["enterprise.credit_code", "purchases[0].provider"])
def test_a_credit_code_is_checked(write_case: Write, path: str) -> None:
    error = refusal(write_case({path: "91420100MA4K2XY180"}))
    assert error.code == "credit_code_check"
    assert path in error.message.en
    assert refusal(write_case({path: "9142"})).code == "credit_code_form"


def test_the_same_fact_given_twice_is_refused(write_case: Write) -> None:
    facts = [{"name": "sales_fen", "year": 2021, "value": value} for value in (1, 2)]
    assert refusal(write_case({"enterprise.facts": facts})).code == "contradicting_fact"
    facts[0]["year"] = 2020
    parse_case(write_case({"enterprise.facts": facts}))


def test_a_line_of_an_invoice_given_twice_is_refused(write_case: Write) -> None:
    (line,) = json.loads(write_case({}))["purchases"]
    error = refusal(write_case({"purchases": [line, dict(line)]}))
    assert error.code == "contradicting_fact"
    assert line["invoice"] in error.message.zh
    for other in ({"invoice": "2"}, {"contract": "C-2"}, {"resource_kind": "storage"}):
        parse_case(write_case({"purchases": [line, line | other]}))
    del line["invoice"]
    parse_case(write_case({"purchases": [line, line]}))


def test_kinds_and_zones_that_no_rule_reads_are_kept(write_case: Write) -> None:
    changes = {f"{ITEMS}.kind": "little_giant", "enterprise.tax_domicile[0].zone": "optics-hub"}
    case = parse_case(write_case(changes))
    assert case.enterprise.qualifications is not None
    assert case.enterprise.qualifications[0].kind == "little_giant"


def test_the_edges_of_money_and_periods_are_taken(write_case: Write) -> None:
    for amount_fen in (0, FEN_MAX):
        parse_case(write_case({"purchases[0].payments[0].amount_fen": amount_fen}))
    parse_case(write_case({"purchases[0].service_to": "2022-03-01"}))
    parse_case(write_case({"purchases[0].tax_fen": 10_000_000}))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"{} {}",
        b'{"apply_on": NaN}',
        b'{"apply_on": -Infinity}',
        b'{"enterprise": {"name": "\xff"}}',
        b'{"enterprise": {"name": "\\ud800"}}',
        b'{"\\udc00": 1}',
        b"\xef\xbb\xbf{}",
        b'{"earlier": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_what_is_not_json_is_refused(raw: bytes) -> None:
    assert refusal(raw).code == "bad_json"


@pytest.mark.parametrize("raw", [b"[]", b"null", b'"case"', b"1"])
def test_a_case_is_one_object(raw: bytes) -> None:
    assert refusal(raw).code == "bad_value"


def test_a_document_has_a_greatest_length() -> None:
    longest = 4 * 2**20
    assert parse_case(b"{}".ljust(longest)) == Case()
    assert refusal(b"{}".ljust(longest + 1)).code == "document_too_long"
