"""What a statement is: one value, from which every rendering is made.

A statement is a pure function of the log. Its cells keep their kind (money, quantity, text), so
that a PDF prints them and a later spreadsheet can type them. Its canonical bytes are hashed into
the `statement.issued` event; equal values give equal bytes.
"""

import hashlib

import msgspec

from ledger.events import StatementKind
from ledger.text import Text

Kind = StatementKind


class Yuan(msgspec.Struct, frozen=True, tag="yuan"):
    """Money in integer fen, printed in yuan with two decimals."""

    fen: int


class Number(msgspec.Struct, frozen=True, tag="number"):
    """An exact decimal string such as a quantity or a unit price, printed as it is."""

    value: str


class Words(msgspec.Struct, frozen=True, tag="words"):
    """A cell in words: Chinese, and English where it helps (empty where it would only repeat)."""

    zh: str
    en: str = ""


Cell = Yuan | Number | Words


class Column(msgspec.Struct, frozen=True):
    """One column: its heading, how wide it is beside the others, and whether it holds figures."""

    title: Text
    weight: int
    figures: bool = False


class Table(msgspec.Struct, frozen=True, tag="table"):
    """Rows under headings, with an optional line of sums, which has as many cells as a row."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None


class Paragraph(msgspec.Struct, frozen=True, tag="paragraph"):
    """One paragraph; `strong` for the sentence that a reader looks for first."""

    text: Text
    strong: bool = False


class Amount(msgspec.Struct, frozen=True, tag="amount"):
    """A sum that counts: printed in digits and in capital numerals, under its label."""

    label: Text
    fen: int


class Chart(msgspec.Struct, frozen=True, tag="chart"):
    """Bars over the days of a period: labels and exact non-negative decimal strings, one unit."""

    title: Text
    labels: tuple[str, ...]
    values: tuple[str, ...]
    unit: Text


class Signatures(msgspec.Struct, frozen=True, tag="signatures"):
    """Room for the stamps of two parties: the role of each, and its name."""

    parties: tuple[tuple[Text, str], tuple[Text, str]]


Block = Table | Paragraph | Amount | Chart | Signatures


class Section(msgspec.Struct, frozen=True):
    """A heading and what stands under it."""

    heading: Text
    blocks: tuple[Block, ...]


class Head(msgspec.Struct, frozen=True):
    """The tree head of one log that the statement was made from; `root` in hexadecimal."""

    origin: str
    size: int
    root: str


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A document of one period, complete but for its rendering.

    `subject` is the credit code of the enterprise that it is for, empty where it is for none, and
    `about` what it is about instead of an enterprise's month: a claim, a notice, a fund, a batch.

    `facts` is the block of label and value under the title. `notices` are warnings that no reader
    may miss (synthetic prices). `total_fen` is what it comes to, and
    `values_sha256` the digest of the figures and findings that it states: two statements with one
    digest, and one of claims (`claims_sha256`, None where there are none), differ at most in words
    and layout, whose version is `maker`. `number`, `revision` and `heads` are empty until it is
    issued. `supplements` is the number of the first statement for the same period when this one
    follows it. `verify_url` is the page on which anybody can verify it, once it is issued by a
    centre that has one.
    """

    kind: Kind
    title: Text
    subject: str
    subject_name: str
    period: str
    facts: tuple[tuple[Text, Cell], ...]
    sections: tuple[Section, ...]
    total_fen: int
    values_sha256: str
    maker: str
    number: str = ""
    revision: int = 0
    notices: tuple[Text, ...] = ()
    heads: tuple[Head, ...] = ()
    supplements: str | None = None
    claims_sha256: str | None = None
    about: str | None = None
    verify_url: str | None = None


def encode(statement: Statement) -> bytes:
    """Return the canonical JSON of a statement: sorted keys, no spaces, UTF-8."""
    return msgspec.json.encode(statement, order="sorted")


def digest(statement: Statement) -> str:
    """Return the SHA-256 of the canonical bytes, in hexadecimal."""
    return hashlib.sha256(encode(statement)).hexdigest()


def digest_values(*values: object) -> str:
    """Return the SHA-256, in hexadecimal, of figures and findings as canonical JSON.

    Fractions stand as `numerator/denominator`.
    """
    encoder = msgspec.json.Encoder(order="sorted", enc_hook=str)
    return hashlib.sha256(encoder.encode(values)).hexdigest()
