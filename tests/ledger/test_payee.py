"""Bank accounts are read as the log names them, and no others."""

import pytest
from sqlalchemy import Connection, text

from ledger.errors import TamperedLogError
from ledger.payee import read_accounts
from ledger.personal import BankAccount, Contact
from ledger.read import read_heads
from tests.ledger.conftest import Ledger, tampering
from tests.ledger.people import (
    ACCOUNT,
    CONTACT,
    FORGOTTEN,
    KEPT,
    digest_of,
    fill_people,
    forget,
    keep,
)

NEVER = "91420100MA4K2XY18X"
LATER = BankAccount(holder="云栖", bank="建设银行", number="4205000011112222")


@pytest.fixture
def payers(ledger: Ledger) -> Ledger:
    """Return a ledger with accounts."""
    fill_people(ledger.store)
    return ledger


OURS = digest_of(KEPT, ACCOUNT).hex()


def read(connection: Connection, *wanted: tuple[str, str]) -> dict[str, BankAccount]:
    """Return accounts, that of one enterprise where none is named."""
    return read_accounts(connection, wanted or [(KEPT, OURS)], read_heads(connection)["book"].size)


def test_an_account_is_read_by_its_digest(payers: Ledger) -> None:
    keep(payers.store, KEPT, LATER)
    later = digest_of(KEPT, LATER).hex()
    with payers.keep.connect() as connection:
        assert read(connection) == {OURS: ACCOUNT}
        assert read(connection, (KEPT, later), (KEPT, OURS)) == {OURS: ACCOUNT, later: LATER}
        assert read(connection, (NEVER, OURS), (FORGOTTEN, OURS), (KEPT, "00")) == {}


def test_a_contact_is_no_account_and_a_forgotten_account_is_none(payers: Ledger) -> None:
    contact = Contact(name="李四")
    keep(payers.store, KEPT, contact)
    with payers.keep.connect() as connection:
        assert read(connection, (KEPT, digest_of(KEPT, contact).hex())) == {}
    forget(payers.store, KEPT)
    with payers.keep.connect() as connection:
        assert read(connection) == {}


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
            read(connection)
    assert refused.value.code == "account_differs"
    assert "9999" not in str(refused.value)


def test_a_datum_does_not_show_itself() -> None:
    for datum in (ACCOUNT, CONTACT, Contact(name="x")):
        for shown in (repr(datum), str(datum), f"{[datum]}"):
            assert shown in {"BankAccount(…)", "Contact(…)", f"[{datum!r}]"}
