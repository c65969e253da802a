"""A claim's file: what an enterprise asks for, and on which papers; one JSON object.

    {"enterprise": "91420100MA4K2XY18X", "programme": "hubei",
     "invoices": ["22420000000000000001"],
     "documents": [{"path": "contract.pdf", "kind": "contract", "ref": "C-1"}]}

Unknown keys are refused with the nearest known name. The bank account is the one that was set for
the enterprise: an account's number stands in no file that is kept.
"""

from collections import Counter
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from ledger.identifiers import check_credit_code_form, parse_invoice_number
from ledger.text import Text
from vouchers.case import Fen
from vouchers.strict_json import decode, refuse

# A claim of a year's monthly invoices of several contracts; more make a claim nobody can review.
INVOICES_MAX: Final = 200
DOCUMENTS_MAX: Final = 500

Word = Annotated[str, Meta(max_length=200)]
Digest = Annotated[str, Meta(pattern="[0-9a-f]{64}", max_length=64)]


class DocumentEntry(Struct, frozen=True, kw_only=True):
    """A document to be filed with the claim, by the path of its file."""

    path: Annotated[str, Meta(max_length=4_000)]
    kind: Word
    ref: Word | None = None


class ClaimFile(Struct, frozen=True, kw_only=True):
    """What is handed in.

    `asked_fen` is less than the rules would pay, where the enterprise wants less. `claim` is the
    claim that is handed in again. `request` tells apart two claims whose files say the same.
    """

    enterprise: Word
    programme: Word
    invoices: tuple[Word, ...]
    asked_fen: Fen | None = None
    documents: tuple[DocumentEntry, ...] = ()
    claim: Word | None = None
    request: Word | None = None


class DraftFile(ClaimFile, frozen=True, kw_only=True):
    """What there is so far of what is to be handed in."""

    invoices: tuple[Word, ...] = ()


def parse_draft_file(raw: bytes) -> DraftFile:
    """Return a draft's file, which may have no invoice yet.

    Raises `InvalidInputError` as `parse_claim_file` does for what stands there.
    """
    file = decode(raw, DraftFile)
    _check(file, invoices_min=0)
    return file


def parse_claim_file(raw: bytes) -> ClaimFile:
    """Return a claim's file.

    Raises `InvalidInputError`: what `strict_json.decode` refuses; `bad_value` for a list that is
    empty, too long or has an invoice twice, and for an amount of zero; a credit code's and an
    invoice number's own codes.
    """
    file = decode(raw, ClaimFile)
    _check(file, invoices_min=1)
    return file


def _check(file: "ClaimFile | FiledClaim", invoices_min: int) -> None:
    """Raise unless a file's codes, numbers, lists and amount can be."""
    check_credit_code_form(file.enterprise)
    for number in file.invoices:
        parse_invoice_number(number)
    if not invoices_min <= len(file.invoices) <= INVOICES_MAX:
        expected = Text(
            f"{invoices_min} 至 {INVOICES_MAX} 张发票",
            f"{invoices_min} to {INVOICES_MAX} invoices",
        )
        refuse("invoices", len(file.invoices), expected)
    if len(file.documents) > DOCUMENTS_MAX:
        expected = Text(f"至多 {DOCUMENTS_MAX} 份材料", f"{DOCUMENTS_MAX} documents at most")
        refuse("documents", len(file.documents), expected)
    twice = [number for number, times in Counter(file.invoices).items() if times > 1]
    if twice:
        refuse("invoices", twice[0], Text("每张发票只列一次", "each invoice once"))
    if file.asked_fen == 0:
        refuse("asked_fen", 0, Text("大于 0 的金额，或不填", "an amount above zero, or nothing"))


class FiledClaim(Struct, frozen=True, kw_only=True):
    """What is handed in where its documents were filed before: named by their SHA-256."""

    enterprise: Word
    programme: Word
    invoices: tuple[Word, ...] = ()
    asked_fen: Fen | None = None
    documents: tuple[Digest, ...] = ()
    claim: Word | None = None
    request: Word | None = None

    def file(self, entries: tuple[DocumentEntry, ...]) -> DraftFile:
        """Return the file that says the same, of which the documents are these entries."""
        return DraftFile(
            enterprise=self.enterprise,
            programme=self.programme,
            invoices=self.invoices,
            asked_fen=self.asked_fen,
            documents=entries,
            claim=self.claim,
            request=self.request,
        )


def parse_filed_claim(raw: bytes, *, draft: bool = False) -> FiledClaim:
    """Return what is handed in, or kept as a draft; raises as `parse_claim_file` does."""
    filed = decode(raw, FiledClaim)
    _check(filed, invoices_min=0 if draft else 1)
    return filed


def canonical(file: ClaimFile) -> bytes:
    """Return the bytes that tell one request from another; where a document lies is not of it."""
    said = msgspec.to_builtins(file)
    said["documents"] = sorted([one["kind"], one["ref"] or ""] for one in said["documents"])
    said["invoices"] = sorted(said["invoices"])
    return msgspec.json.encode(said, order="sorted")
