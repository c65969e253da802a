"""A file of papers: read strictly, judged beside the book, the same again changes nothing."""

import copy
from pathlib import Path
from typing import Any

import pytest

from ledger.codec import encode, parse
from ledger.errors import InvalidInputError, LedgerError
from ledger.events import FactReported, InvoiceRecorded, PaperData
from tests.paper_files import FULL, INVOICE, only, raw
from tests.small_ledger import CODE, PROVIDER, SALT, book_of, events
from vouchers.book import Account, Book
from vouchers.claims.papers_file import make_papers, name_of, read_papers
from vouchers.claims.papers_judged import Judged, judge_papers
from vouchers.net import invoices_on, payments_on

TODAY = "2022-12-31"
OTHER = "91350100M000100Y43"


class Entered:
    """A book into which files are entered one after the other."""

    def __init__(self, text: str = "") -> None:
        self.book = book_of(events(text))
        self.names: set[str] = set()

    def enter(self, papers: dict[str, Any], by: str = "li.si", today: str = TODAY) -> Judged:
        made = make_papers(read_papers(raw(papers)), by)
        judged = judge_papers(self.book, CODE, made, self.names, today)
        self.names |= {one.name for one in judged.fresh}
        return judged

    @property
    def account(self) -> Account:
        return self.book.account(CODE)

    def codes(self, papers: dict[str, Any]) -> list[str]:
        """Return the codes of what is to be looked at in a file."""
        return [one.code for one in self.enter(papers).notices]


def refused(papers: dict[str, Any], entered: Entered | None = None) -> LedgerError:
    """Return the refusal of a file, after everything else was entered."""
    if entered is None:
        entered = Entered()
        entered.enter(FULL)
    with pytest.raises(LedgerError) as caught:
        entered.enter(papers)
    return caught.value


# --- what a file makes ---


def test_a_file_of_everything_makes_an_event_of_each() -> None:
    entered = Entered()
    judged = entered.enter(FULL)
    kinds = [type(one.data).__name__ for one in judged.fresh]
    assert kinds == [
        "EnterpriseRegistered",
        "QualificationGranted",
        "QualificationRevoked",
        "TaxDomicileRecorded",
        "FactReported",
        "FundingReported",
        "DeclarationFiled",
        "ContractRegistered",
        "ContractAmended",
        "InvoiceRecorded",
        "PaymentRecorded",
        "PaymentCorrected",
        "InvoiceReversed",
        "PaymentReversed",
    ]
    assert (judged.known, judged.notices) == (0, [])
    assert {one.data.recorded_by for one in judged.fresh} == {"li.si"}
    assert [one.amount_fen for one in invoices_on(entered.account)] == [95_400]
    assert [(one.paid_on, one.amount_fen) for one in payments_on(entered.account)[INVOICE]] == [
        ("2022-08-11", 95_400)
    ]


def test_every_event_of_a_file_is_one_that_the_log_takes() -> None:
    for one in make_papers(read_papers(raw(FULL)), "li.si"):
        event = encode("urn:suanquan:papers", one.name, CODE, one.data, SALT)
        assert parse(event.raw).data == one.data


def test_the_file_in_the_documentation_says_everything_that_one_can() -> None:
    page = (Path(__file__).parents[3] / "docs" / "papers.md").read_text("utf-8")
    found = page.partition("```json\n")[2].partition("```")[0]
    papers = read_papers(found.encode())
    assert all(getattr(papers, name) for name in papers.__struct_fields__)
    judged = judge_papers(Book(), CODE, make_papers(papers, None), (), TODAY)
    assert (len(judged.fresh), judged.notices) == (14, [])


def test_the_same_file_again_changes_nothing_whoever_enters_it() -> None:
    entered = Entered()
    first = entered.enter(FULL)
    again = entered.enter(FULL, by="wang.wu")
    assert (again.fresh, again.known) == ([], len(first.fresh))
    assert again.notices == []


def test_a_paper_is_named_by_its_number_and_its_content() -> None:
    names = [one.name for one in make_papers(read_papers(raw(FULL)), "li.si")]
    assert len(set(names)) == len(names)
    (invoice,) = [one for one in names if "/invoice.recorded/" in one]
    assert invoice.startswith(f"{CODE}/invoice.recorded/{INVOICE}/")
    others = [one.name for one in make_papers(read_papers(raw(FULL)), "wang.wu")]
    assert names == others
    dearer = only("invoices", amount_fen=212_000, net_fen=200_000, tax_fen=12_000)
    assert make_papers(read_papers(raw(dearer)), "li.si")[-1].name not in names


def test_the_book_takes_each_new_paper_in_once() -> None:
    papers = only("facts", value=7)
    papers["facts"] += papers["facts"]
    judged = Entered().enter(papers)
    assert (len(judged.fresh), judged.known) == (2, 1)


def test_what_came_from_outside_is_known_too() -> None:
    entered = Entered("fact sales_fen 2021 15000000000\nenterprise 420100 华智科技")
    judged = entered.enter(only("facts"))
    assert (judged.fresh, judged.known) == ([], 2)


def test_a_document_may_be_added_to_a_paper_that_has_none() -> None:
    entered = Entered()
    entered.enter(only("contracts", "invoices"))
    judged = entered.enter(only("invoices", document_sha256="b" * 64))
    assert [type(one.data) for one in judged.fresh] == [InvoiceRecorded]
    assert entered.account.invoices[INVOICE].document_sha256 == "b" * 64
    assert refused(only("invoices", document_sha256="c" * 64), entered).code == "paper_differs"


def test_a_figure_that_was_replaced_does_not_come_back_by_itself() -> None:
    entered = Entered()
    entered.enter(only("facts"))
    entered.enter(only("facts", value=7))
    judged = entered.enter(only("facts"))
    assert ([one.code for one in judged.notices], judged.fresh) == (["superseded"], [])
    assert entered.account.facts["sales_fen", 2021].value == 7
    again = entered.enter(only("facts", document_sha256="b" * 64))
    assert [type(one.data) for one in again.fresh] == [FactReported]
    assert entered.account.facts["sales_fen", 2021].value == 15_000_000_000


# --- what is refused ---


@pytest.mark.parametrize(
    ("key", "changes", "code", "said"),
    [
        ("invoices", {"invoice": "2242"}, "invoice_number_form", "invoices[0]: not an invoice"),
        ("invoices", {"net_fen": 100_001}, "tax_does_not_add_up", "net 100001 fen + tax 6000"),
        ("invoices", {"tax_fen": 106_001, "net_fen": None}, "absurd_money", "invoices[0]"),
        ("invoices", {"service_to": "2022-06-30"}, "empty_period", "invoices[0]"),
        ("invoices", {"issued_on": "2023-01-01"}, "future_date", "issued_on is 2023-01-01"),
        ("invoices", {"buyer": {}}, "nobody_named", "invoices[0].buyer"),
        ("invoices", {"buyer": {"credit_code": CODE[::-1]}}, "credit_code_check", CODE[::-1]),
        ("payments", {"payment": "B-2", "paid_on": "2023-01-01"}, "future_date", "paid_on"),
        ("payments", {"payment": "B-2", "paid_on": "2021-12-31"}, "wrong_order", "2022-01-01"),
        ("contracts", {"provider": PROVIDER[:-1] + "A"}, "credit_code_check", "contracts[0]"),
        ("contracts", {"vat_rate": "6%"}, "bad_decimal", "contracts[0]"),
        ("contracts", {"provider": OTHER}, "contract_taken", f"not {OTHER}"),
        ("contracts", {"amount_fen": 1}, "paper_differs", "amount_fen 100000000"),
        ("amendments", {"effective_on": "2021-12-31"}, "paper_differs", "2022-07-01"),
        (
            "amendments",
            {"amendment": "2", "effective_on": "2021-12-31"},
            "wrong_order",
            "signed 2022-01-01",
        ),
        ("amendments", {"amendment": "2", "service_to": "2021-12-31"}, "wrong_order", "serves"),
        ("invoices", {"amount_fen": 212_000, "net_fen": None}, "paper_differs", "amount_fen"),
        ("payments", {"amount_fen": 1}, "paper_differs", "amount_fen 106000"),
        ("red_invoices", {"amount_fen": 10_601}, "paper_differs", "amount_fen 10600"),
        ("red_invoices", {"red_invoice": "9" * 20, "issued_on": "2022-08-04"}, "wrong_order", ""),
        (
            "red_invoices",
            {"red_invoice": "9" * 20, "amount_fen": 95_401},
            "over_taken",
            "of CNY 1,060.00, and 1,060.01 would be taken back",
        ),
        ("reversals", {"reversal": "2", "amount_fen": 95_401}, "over_taken", "1,060.01"),
        ("reversals", {"reversal": "2", "reversed_on": "2022-08-10"}, "wrong_order", ""),
        ("reversals", {"amount_fen": 1}, "paper_differs", "amount_fen 10600"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(
    key: str, changes: dict[str, Any], code: str, said: str
) -> None:
    error = refused(only(key, **changes))
    assert error.code == code
    assert f"{key}[0]" in error.message.en
    assert f"{key}[0]" in error.message.zh
    assert said in error.message.en


def test_a_code_that_does_not_fit_is_refused_until_it_is_accepted() -> None:
    strange = CODE[:-1] + "Y"
    papers = FULL | {"enterprise": {"credit_code": strange}}
    made = make_papers(read_papers(raw(papers)), "li.si")
    with pytest.raises(InvalidInputError) as caught:
        judge_papers(Book(), strange, made, (), TODAY, accepted={CODE})
    assert caught.value.code == "credit_code_check"
    assert "enterprise.credit_code" in caught.value.message.en
    assert len(judge_papers(Book(), strange, made, (), TODAY, accepted={strange}).fresh) == 13


def test_a_correction_names_something_that_is_there() -> None:
    error = refused(only("corrections"), Entered())
    assert (error.code, "B-1" in error.message.en) == ("unknown_paper", True)


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("payments", {"payment": "B-2", "paid_on": "2022-01-01"}),
        ("payments", {"payment": "B-2", "paid_on": TODAY}),
        ("red_invoices", {"red_invoice": "9" * 20, "issued_on": "2022-08-05"}),
        ("reversals", {"reversal": "2", "reversed_on": "2022-08-11"}),
        ("amendments", {"amendment": "2", "effective_on": "2022-01-01"}),
        ("amendments", {"amendment": "2", "service_to": "2022-01-01"}),
    ],
)
def test_what_is_on_the_edge_is_taken(key: str, changes: dict[str, Any]) -> None:
    entered = Entered()
    entered.enter(FULL)
    judged = entered.enter(only(key, **changes))
    assert (len(judged.fresh), judged.notices) == (1, [])


def test_a_correction_leaves_no_less_than_was_taken_back() -> None:
    papers = only("corrections")
    papers["corrections"][0]["payment"]["amount_fen"] = 10_599
    assert refused(papers).code == "over_taken"
    papers["corrections"][0]["payment"]["amount_fen"] = 10_600
    entered = Entered()
    entered.enter(FULL)
    assert entered.enter(papers).notices == []


@pytest.mark.parametrize("parts", [(), ("invoice", "payment")])
def test_a_correction_is_of_one_paper(parts: tuple[str, ...]) -> None:
    one = {"reason": "x", "invoice": FULL["invoices"][0], "payment": FULL["payments"][0]}
    papers = only() | {"corrections": [{key: one[key] for key in ("reason", *parts)}]}
    assert refused(papers, Entered()).code == "bad_correction"


@pytest.mark.parametrize(
    ("changes", "code", "next_step"),
    [
        ({"invoyces": []}, "unknown_key", "invoices"),
        ({"invoices": {}}, "bad_value", "array"),
        ({"invoices": [{"invoice": 1}]}, "missing_key", "contract"),
        ({"facts": [{"name": "x", "year": 1, "value": 1}]}, "bad_value", "1949"),
        ({"payments": [{**FULL["payments"][0], "payed_on": "x"}]}, "unknown_key", "paid_on"),
        ({"payments": [{**FULL["payments"][0], "paid_on": "2022/8/1"}]}, "bad_date", "2022-08-01"),
        ({"payments": [{**FULL["payments"][0], "amount_fen": "1"}]}, "bad_value", "quotes"),
        ({"enterprise": {"name": "x"}}, "missing_key", "credit_code"),
        ({"enterprise": {"credit_code": "x"}}, "credit_code_form", "18"),
        ({"enterprise": {"credit_code": CODE, "registered_region": "420100"}}, "bad_value", "name"),
    ],
)
def test_a_file_is_read_strictly(changes: dict[str, Any], code: str, next_step: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        make_papers(read_papers(raw(copy.deepcopy(FULL) | changes)), "li.si")
    assert caught.value.code == code
    assert next_step in caught.value.next_step.en


# --- what is to be looked at ---


@pytest.mark.parametrize(
    ("keys", "codes"),
    [
        (("invoices",), ["unknown_paper"]),
        (("payments",), ["unknown_paper"]),
        (("amendments",), ["unknown_paper"]),
        (("red_invoices",), ["unknown_paper"]),
        (("reversals",), ["unknown_paper"]),
        (("contracts", "invoices", "payments"), []),
    ],
)
def test_facts_do_not_wait_for_what_they_rest_on(keys: tuple[str, ...], codes: list[str]) -> None:
    judged = Entered().enter(only(*keys))
    assert [one.code for one in judged.notices] == codes
    assert len(judged.fresh) == 1 + len(keys)
    for one in judged.notices:
        assert one.path == f"{keys[0]}[0]"
        assert one.next_step.en


def test_an_invoice_before_its_contract_is_shown() -> None:
    papers = only("contracts", "invoices", issued_on="2021-12-30")
    assert Entered().codes(papers) == ["invoiced_before_contract"]


def test_a_whole_invoice_may_be_taken_back_to_the_fen() -> None:
    entered = Entered()
    entered.enter(FULL)
    rest = only("red_invoices", red_invoice="9" * 20, amount_fen=95_400, tax_fen=5_400)
    assert entered.enter(rest).notices == []
    assert list(invoices_on(entered.account)) == []


def test_the_name_of_a_paper_follows_from_what_it_says() -> None:
    fact: PaperData = FactReported(name="sales_fen", year=2021, value=1)
    assert name_of(CODE, fact) != name_of(OTHER, fact)
    assert name_of(CODE, fact) == name_of(
        CODE, FactReported(name="sales_fen", year=2021, value=1, recorded_by="li.si")
    )
