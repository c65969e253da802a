"""Errors and their sentences: whose fault, in which language, with which exit status."""

import pytest

from ledger.errors import InvalidInputError, LedgerError, RuleViolationError, TamperedLogError
from ledger.text import Text

MESSAGE = Text("金额 -1 不合法", "amount -1 is not allowed")
NEXT_STEP = Text("请改正后重发", "mend it and send it again")


def test_a_text_renders_in_the_language_asked_for() -> None:
    assert MESSAGE.render("zh") == "金额 -1 不合法"
    assert MESSAGE.render("en") == "amount -1 is not allowed"


@pytest.mark.parametrize(
    ("kind", "status"),
    [(LedgerError, 1), (InvalidInputError, 2), (RuleViolationError, 3), (TamperedLogError, 4)],
)
def test_each_kind_of_error_has_its_exit_status(kind: type[LedgerError], status: int) -> None:
    assert kind("code", MESSAGE, NEXT_STEP).exit_status == status
    assert issubclass(kind, LedgerError)


def test_an_error_says_what_was_wrong_and_what_to_do_next() -> None:
    error = InvalidInputError("bad_amount", MESSAGE, NEXT_STEP)
    assert str(error) == "amount -1 is not allowed (bad_amount). mend it and send it again"
    assert error.render("zh") == {
        "code": "bad_amount",
        "message": "金额 -1 不合法",
        "next": "请改正后重发",
    }
    assert error.render("en")["message"] == "amount -1 is not allowed"


def test_no_kind_of_error_passes_for_another() -> None:
    kinds = (InvalidInputError, RuleViolationError, TamperedLogError)
    assert not any(issubclass(a, b) for a in kinds for b in kinds if a is not b)
