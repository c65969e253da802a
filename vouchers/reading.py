"""Read what the book says of one enterprise, and the rules, without reading all the others.

The daily usage of one enterprise is `ledger.query.read_usage_days`, whose key begins with it.
"""

from ledger.database import Connection
from ledger.topics import RULES, enterprise_topic
from ledger.trail import read_trail
from vouchers.book import Book


def read_account(connection: Connection, enterprise: str, size: int) -> Book:
    """Return what the book's first entries say of one enterprise, of resources and of rules.

    It is the whole book's answer, but for other enterprises, of whom it knows nothing.
    """
    topics = RULES, enterprise_topic(enterprise)
    return Book(event for _, event in read_trail(connection, topics, size))


def read_rules(connection: Connection, size: int) -> Book:
    """Return what the book's first entries say of resources and of rules."""
    return Book(event for _, event in read_trail(connection, [RULES], size))
