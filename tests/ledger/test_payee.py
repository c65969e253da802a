"""Bank accounts are read by who pays the programme, and only as the log names them."""

import pytest
from sqlalchemy import Connection, text

from ledger.erasable import read_roster
from ledger.errors import RuleViolationError, TamperedLogError
from ledger.events import RoleGranted, RoleRequested
from ledger.payee import HeldAccount, read_accounts
from ledger.personal import BankAccount, Contact
from ledger.read import read_heads
from tests.ledger.conftest import Ledger, tampering
from tests.ledger.people import (
    ACCOUNT,
    AT,
    CONTACT,
    FORGOTTEN,
    KEPT,
    SALTS,
    digest_of,
    fill_people,
    forget,
    keep,
    record,
)

NEVER = "91420100MA4K2XY18X"
LATER = BankAccount(holder="云栖", bank="建设银行", number="4205000011112222")


@pytest.fixture
def payers(ledger: Ledger) -> Ledger:
    """Return a ledger with accounts, and finance of one programme and of all."""
    fill_people(ledger.store)
    for person, scope in (("f", "hubei"), ("g", None)):
        asked = RoleRequested(at=AT, person=person, role="finance", scope=scope, requested_by="a")
        granted = RoleGranted(
            at=AT, person=person, role="finance", scope=scope, granted_by="a", consented_by="b"
        )
        record(ledger.store, ("", asked), ("", granted))
    return ledger


def read(
    connection: Connection, person: str | None, programme: str = "hubei"
) -> dict[str, HeldAccount]:
    roster = read_roster(connection, read_heads(connection)["book"].size)
    return read_accounts(connection, roster, person, programme, {KEPT, FORGOTTEN, NEVER})


def test_finance_of_the_programme_reads_the_account_last_entered(payers: Ledger) -> None:
    with payers.keep.connect() as connection:
        held = HeldAccount(digest_of(KEPT, ACCOUNT).hex(), ACCOUNT)
        assert read(connection, "f") == read(connection, "g") == {KEPT: held}
        assert read(connection, "g", "wuhan") == {KEPT: held}
    keep(payers.store, KEPT, LATER)
    keep(payers.store, FORGOTTEN, LATER)
    with payers.keep.connect() as connection:
        assert read(connection, "f") == {
            KEPT: HeldAccount(digest_of(KEPT, LATER).hex(), LATER),
            FORGOTTEN: HeldAccount(digest_of(FORGOTTEN, LATER).hex(), LATER),
        }


def test_a_contact_is_no_account_and_a_forgotten_account_is_none(payers: Ledger) -> None:
    keep(payers.store, KEPT, Contact(name="李四"))
    with payers.keep.connect() as connection:
        assert read(connection, "f")[KEPT].account == ACCOUNT
    forget(payers.store, KEPT)
    with payers.keep.connect() as connection:
        assert read(connection, "f") == {}


@pytest.mark.parametrize(
    ("person", "programme"), [("f", "wuhan"), ("a", "hubei"), ("x", "hubei"), (None, "hubei")]
)
def test_nobody_else_reads_one(payers: Ledger, person: str | None, programme: str) -> None:
    with payers.keep.connect() as connection, pytest.raises(RuleViolationError) as refused:
        read(connection, person, programme)
    assert refused.value.code == "not_allowed"
    assert ACCOUNT.number not in str(refused.value)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE personal_datum SET value = :other WHERE kind = 'bank_account'",
        "UPDATE personal_datum SET salt = digest WHERE kind = 'bank_account'",
        "UPDATE personal_datum SET salt = NULL, value = NULL WHERE kind = 'bank_account'",
        "DELETE FROM personal_datum WHERE kind = 'bank_account'",
    ],
)
def test_money_does_not_go_where_a_changed_row_says(payers: Ledger, change: str) -> None:
    other = b'{"bank":"x","holder":"x","number":"9999000011112222"}'
    with tampering(payers.own) as connection:
        statement = text(change)
        connection.execute(statement.bindparams(other=other) if ":other" in change else statement)
        with pytest.raises(TamperedLogError) as refused:
            read(connection, "f")
    assert refused.value.code == "account_differs"
    assert "9999" not in str(refused.value)


def test_a_datum_does_not_show_itself() -> None:
    for datum in (ACCOUNT, CONTACT, Contact(name="x")):
        for shown in (repr(datum), str(datum), f"{[datum]}"):
            assert shown in {"BankAccount(…)", "Contact(…)", f"[{datum!r}]"}
    assert SALTS[KEPT].hex() not in repr(HeldAccount("d", ACCOUNT))
    assert ACCOUNT.number not in repr(HeldAccount("d", ACCOUNT))
