"""One enterprise's account, read by the trail, is the one that the whole book has."""

import random
from collections.abc import Iterator

import msgspec
import pytest

from ledger.codec import Event, encode
from ledger.events import BatchRecorded, ClaimData, FundData
from ledger.identifiers import synthetic_credit_code
from ledger.query import read_usage_days
from ledger.read import read_events, read_heads
from portal.claims.ground import read_ground
from tests.ledger.conftest import EXAMPLES
from tests.small_ledger import SALT, SmallLedger
from vouchers.book import Book
from vouchers.reading import read_rules

CODES = [synthetic_credit_code(name) for name in ("one", "two", "three")]
SILENT = synthetic_credit_code("silent")

# What money moves needs a lawful order; the book of vouchers does not look at it.
KINDS = [one for one in EXAMPLES if not isinstance(one, ClaimData | FundData | BatchRecorded)]

IDS = ("contract", "resource", "programme", "payment", "name", "statement")


def random_batch(seed: int, number: int) -> list[Event]:
    """Return events of every type about a few enterprises, contracts, resources and programmes."""
    chance = random.Random(seed * 1_000 + number)  # noqa: S311 - a test's own, seeded
    made = []
    for at in range(chance.randrange(1, 25)):
        data = chance.choice(KINDS)
        renamed = {
            name: f"{getattr(data, name)}-{chance.randrange(2)}"
            for name in IDS
            if isinstance(getattr(data, name, None), str) and chance.random() < 0.5
        }
        data = msgspec.structs.replace(data, **renamed)
        about = chance.choice(CODES) if data.about_enterprise else ""
        salt = None if data.log == "usage" else SALT
        made.append(encode("urn:test", f"{seed}-{number}-{at}", about, data, salt))
    return made


@pytest.fixture
def ledger(database_url: str) -> Iterator[SmallLedger]:
    """Yield an empty ledger, of each kind of database in turn."""
    made = SmallLedger(database_url)
    yield made
    made.close()


@pytest.mark.parametrize("seed", range(3))
def test_an_account_is_that_of_the_whole_book_at_every_size(ledger: SmallLedger, seed: int) -> None:
    for number in range(70):
        ledger.append(*random_batch(seed, number))
    with ledger.reading() as connection:
        size = read_heads(connection)["book"].size
        book, heard = Book(), set[str]()
        for index, event in read_events(connection, "book", 0, size):
            for code in (*CODES, SILENT) if index % 23 == 0 else ():
                rules = read_rules(connection, index)
                found = read_ground(connection, code, index, rules).book
                assert found.account(code) == book.account(code)
                assert found.accounts.keys() == book.accounts.keys() & {code}
                assert rules_in(found) == rules_in(book) == rules_in(rules)
            book.apply(event)
            heard.add(event.subject)
        assert heard >= set(CODES)
        drawn = [account.drawn and account.granted for account in book.accounts.values()]
        assert any(drawn)
        assert all(rules_in(book).values())


def rules_in(book: Book) -> dict[str, object]:
    """Return all that a book says of no single enterprise, but for what was issued and sealed."""
    elsewhere = {"accounts", "reports", "seals"}
    return {name: said for name, said in vars(book).items() if name not in elsewhere}


def test_usage_of_one_enterprise_is_read_by_itself(ledger: SmallLedger) -> None:
    for number in range(30):
        ledger.append(*random_batch(9, number))
    with ledger.reading() as connection:
        every = list(read_usage_days(connection))
        for code in CODES:
            mine = [(key, quantity) for key, quantity in every if key[0] == code]
            assert list(read_usage_days(connection, code)) == mine != []
