"""Credit codes whose check character does not fit: read back always, taken in where accepted."""

import pytest

from ledger.codec import encode, parse, parse_usage
from ledger.credit_codes import NONE, codes_of, fits, require_code, require_codes
from ledger.errors import InvalidInputError
from ledger.events import (
    CreditCodeAccepted,
    Data,
    EnterpriseRegistered,
    Party,
    ResourceListed,
    UsageRecorded,
)
from ledger.identifiers import CREDIT_CODE_ALPHABET
from tests.ledger.conftest import CODE, EXAMPLES, OTHER_CODE, SALT

STRANGE = CODE[:-1] + "4"
USAGE = UsageRecorded(
    job="j", resource="a", amount="8", start="2022-07-01T00:00:00Z", end="2022-07-01T01:00:00Z"
)


def refusal(data: Data, subject: str, accepted: frozenset[str] = NONE) -> str:
    """Return the code under which an event is refused where it enters, or nothing."""
    salt = SALT if data.log == "book" else None
    event = encode("urn:x", "1", subject if data.about_enterprise else "", data, salt)
    assert parse(event.raw) == event, "reading back asks for the form alone"
    try:
        require_codes(event, accepted)
    except InvalidInputError as error:
        return error.code
    return ""


@pytest.mark.parametrize("data", [USAGE, EnterpriseRegistered(name="x")])
def test_a_subject_that_does_not_fit_is_refused_unless_it_is_accepted(data: Data) -> None:
    assert refusal(data, CODE) == ""
    assert refusal(data, STRANGE) == "credit_code_check"
    assert refusal(data, STRANGE, frozenset({STRANGE})) == ""
    assert refusal(data, STRANGE, frozenset({CODE})) == "credit_code_check"


def test_every_code_that_a_paper_names_is_asked_for() -> None:
    named = {type(data).__name__: set(codes_of(data)) for data in EXAMPLES if set(codes_of(data))}
    assert named == {
        "ContractRegistered": {OTHER_CODE, CODE},
        "InvoiceRecorded": {CODE},
        "InvoiceCorrected": {CODE},
        "PaymentRecorded": {OTHER_CODE},
        "PaymentCorrected": {OTHER_CODE},
    }
    invoice = next(one for one in EXAMPLES if type(one).__name__ == "InvoiceRecorded")
    fields = {name: getattr(invoice, name) for name in invoice.__struct_fields__}
    wrong = type(invoice)(**fields | {"seller": Party(credit_code=STRANGE)})
    assert refusal(wrong, CODE) == "credit_code_check"
    assert refusal(wrong, CODE, frozenset({STRANGE})) == ""


def test_what_is_about_no_enterprise_names_no_code() -> None:
    listed = ResourceListed(
        resource="a", name="a", kind="storage", unit="tb", listed_on="2022-01-01"
    )
    assert refusal(listed, "") == ""


def test_the_form_is_asked_for_always() -> None:
    with pytest.raises(InvalidInputError) as caught:
        encode("urn:x", "1", CODE[:-1], EnterpriseRegistered(name="x"), SALT)
    assert caught.value.code == "credit_code_form"


def test_exactly_one_check_character_fits() -> None:
    assert [char for char in CREDIT_CODE_ALPHABET if fits(CODE[:-1] + char)] == [CODE[-1]]
    assert not fits("")
    with pytest.raises(InvalidInputError) as caught:
        require_code("x", NONE)
    assert caught.value.code == "credit_code_form"


def test_usage_of_an_accepted_code_goes_the_long_way_to_the_same_event() -> None:
    event = encode("urn:x", "1", STRANGE, USAGE)
    assert parse_usage([event.raw]) is None
    assert parse(event.raw) == event


@pytest.mark.parametrize("wrong", [{"reason": " "}, {"evidence_sha256": "x"}, {"at": "x"}])
def test_an_acceptance_names_its_evidence(wrong: dict[str, str]) -> None:
    said = {
        "at": "2022-08-01T00:00:00Z",
        "reason": "x",
        "evidence_sha256": "e" * 64,
        "accepted_by": "t",
    }
    assert CreditCodeAccepted(**said)
    with pytest.raises(InvalidInputError):
        CreditCodeAccepted(**said | wrong)
