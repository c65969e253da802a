"""Read the rules that the book has adopted, without reading what it says of enterprises."""

from ledger.database import Connection
from ledger.topics import RULES
from ledger.trail import read_trail
from vouchers.book import Book


def read_rules(connection: Connection, size: int) -> Book:
    """Return what the book's first entries say of resources and of rules."""
    return Book(event for _, event in read_trail(connection, [RULES], size))
